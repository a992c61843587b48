// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_SHADOW_H
#define FH_SOURCE_SHADOW_H

#include "sources.h"

#include <fh/edges.h>

/*
  Ways over edges from the elements of an emitter to a point: what reaches a
  seat that the direct sound does not, and what softens the border of the
  shadow on its lit side.
*/

/// Edges looked at for one emitter and point
#define MAX_DETOURS 8
/// On the lit side edges count within this much longer way, falling smoothly
#define LIT_REACH_M 0.4

typedef struct ShadowImpl Shadow;

/// One edge, or two in a row
typedef struct {
  uint32_t edge;
  uint32_t second; ///< Second edge, or UINT32_MAX
} Bend;

/// The edges that may matter between an emitter and a point
typedef struct {
  size_t n;
  Bend bend[MAX_DETOURS];
} Bends;

/// A way from an element to a point over one edge or two
typedef struct {
  double length_m;
  float depart[3]; ///< Unit vector from the element
  size_t n_edges;
  FhEdgePath path[2];
  double incident[2]; ///< Weights of fh_edge_factor()
  double reflected[2];
  double weight; ///< Of the whole, 0 to 1
} Detour;

/// Find the edges that emitters see; null out of memory
Shadow*
shadow_new(const FhSources* sources, const FhRaycaster* caster);

void
shadow_free(Shadow* shadow);

/**
   Choose the edges between an emitter and a point.

   @param hidden Some element of the emitter is out of sight: look for the
   shortest ways round, else only at edges close to the straight way.
*/
void
shadow_find(const Shadow* shadow,
            size_t emitter,
            const float point[3],
            bool hidden,
            Bends* out);

/// Ways of one element over chosen edges; returns how many there are
size_t
shadow_detours(const Shadow* shadow,
               const Bends* bends,
               const Element* element,
               const float point[3],
               bool visible,
               Detour out[MAX_DETOURS]);

#endif // FH_SOURCE_SHADOW_H
