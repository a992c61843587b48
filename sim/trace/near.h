// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_NEAR_H
#define FH_TRACE_NEAR_H

#include "engine.h"

/*
  Surfaces close to a microphone. A line of sight to a point on them is worth
  1 / r^2: a few hits just under the microphone decide what it gets, most runs
  of few rays have none of them, and neither the level nor its error shows it.

  Where such a surface is plane, of one material and in sight, all hits on a
  disc about the microphone's foot count alike instead: with the mean over the
  disc of what a line of sight is worth, which is known in closed form. The
  expectation changes only by how much the irradiance over the disc is curved
  (it is exact for one that is even or has a slope), under 0.01 dB of the whole
  where it changes over lengths of 5 m.

  Source: bounding the geometric term of next-event estimation, as in Kollig
  and Keller, "Illumination in the presence of weak singularities", 2004, with
  what is cut off put back over the neighbourhood.
*/

/// Discs of one microphone, at most
#define NEAR_MAX 4u

/// Part of a plane surface under a microphone
typedef struct {
  float foot[3];   ///< Of the perpendicular from the microphone
  float normal[3]; ///< Towards it
  float height_m;
  float radius_m;
  uint32_t material;
  float share; ///< Mean over the disc of cos / (pi r^2) [1/m2]
} NearDisc;

/// All discs of a microphone
typedef struct NearDiscsImpl {
  size_t n;
  float reach2; ///< Squared distance beyond which nothing of them is [m2]
  NearDisc disc[NEAR_MAX];
} NearDiscs;

/// Find the discs of all microphones; [n_mics], owned by the caller; null when
/// out of memory
NearDiscs*
near_discs_new(const Engine* engine);

/// The disc that holds a hit; null for none
const NearDisc*
near_disc_of(const NearDiscs* discs,
             const float at[3],
             const float normal[3],
             uint32_t material);

/// A point of the disc, drawn by what a line of sight from it is worth
void
near_disc_draw(const NearDisc* disc, float u, float v, float at[3]);

#endif // FH_TRACE_NEAR_H
