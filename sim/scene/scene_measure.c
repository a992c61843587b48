// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Cells per side of the grid that volume is sampled on
#define VOLUME_CELLS 16U

/// Directions in which a place has to meet a surface to be inside
#define N_DIRECTIONS 32U

/// Of these, so many may lead out through holes
#define MAX_MISSES 3U

/// Share of directions that lead out, from which on a room is open
#define OPEN_SHARE 0.25

/// Seats that are asked whether the room is closed
#define MAX_SEATS_ASKED 16U

#define FAR_M 1e6f

void
even_direction(const size_t i, const size_t n, float out[3])
{
  // Points of a spherical Fibonacci lattice (Hannay and Nye, 2004)
  const double golden = FH_PI * (3.0 - sqrt(5.0));
  const double z = 1.0 - (2.0 * (double)i + 1.0) / (double)n;
  const double r = sqrt(fmax(1.0 - z * z, 0.0));
  const double phi = golden * (double)i;
  out[0] = (float)(r * cos(phi));
  out[1] = (float)(r * sin(phi));
  out[2] = (float)z;
}

double
triangle_m2(const double a[3], const double b[3], const double c[3])
{
  double e[2][3];
  for (size_t k = 0; k < 3; ++k) {
    e[0][k] = b[k] - a[k];
    e[1][k] = c[k] - a[k];
  }
  const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                       e[0][2] * e[1][0] - e[0][0] * e[1][2],
                       e[0][0] * e[1][1] - e[0][1] * e[1][0]};
  return 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
}

/// Six times the volume under oriented triangles
static double
signed_volume(const FhMesh* const m)
{
  double sum = 0.0;
  for (size_t t = 0; t < m->n_triangles; ++t) {
    double p[3][3];
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 3; ++k) {
        p[i][k] = m->vertex[m->triangle[t][i]][k] - m->vertex[0][k];
      }
    }
    sum += p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) +
           p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
           p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
  }
  return sum / 6.0;
}

/// Directions of N_DIRECTIONS that meet nothing, at most `enough`
static unsigned
count_misses(const FhRaycaster* const caster,
             const float at[3],
             const unsigned enough)
{
  unsigned misses = 0;
  for (unsigned i = 0; i < N_DIRECTIONS && misses < enough; ++i) {
    // In an order that meets all sides early
    float d[3];
    even_direction(i * 13U % N_DIRECTIONS, N_DIRECTIONS, d);
    FhHit hit;
    fh_raycast(caster, at, d, 0.0f, FAR_M, &hit);
    misses += hit.triangle == FH_NO_HIT;
  }
  return misses;
}

static uint32_t
hash32(uint32_t x)
{
  x ^= x >> 16U;
  x *= 0x7FEB352DU;
  x ^= x >> 15U;
  x *= 0x846CA68BU;
  return x ^ x >> 16U;
}

/// Share of the bounding box that is enclosed, times the box
static double
sampled_volume(const FhRaycaster* const caster, const FhScene* const scene)
{
  size_t inside = 0;
  const uint32_t n = VOLUME_CELLS * VOLUME_CELLS * VOLUME_CELLS;
  double box = 1.0;
  for (size_t k = 0; k < 3; ++k) {
    box *= (double)scene->high[k] - (double)scene->low[k];
  }
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t cell[3] = {i % VOLUME_CELLS,
                              i / VOLUME_CELLS % VOLUME_CELLS,
                              i / VOLUME_CELLS / VOLUME_CELLS};
    float at[3];
    for (uint32_t k = 0; k < 3; ++k) {
      const float jitter = (float)(hash32(3 * i + k) >> 8U) / 16777216.0f;
      at[k] = scene->low[k] + (scene->high[k] - scene->low[k]) *
                                ((float)cell[k] + jitter) / (float)VOLUME_CELLS;
    }
    inside += count_misses(caster, at, MAX_MISSES + 1) <= MAX_MISSES;
  }
  return box * (double)inside / (double)n;
}

static int
by_size(const void* const a, const void* const b)
{
  const unsigned p = *(const unsigned*)a;
  const unsigned q = *(const unsigned*)b;
  return p < q ? -1 : p > q;
}

/// Share of directions that lead out from where sound is made and heard: the
/// lower quartile of the places, for some may be outside or in a wall
static double
open_share(const FhVenue* const venue,
           const FhRaycaster* const caster,
           const FhScene* const scene)
{
  const size_t step = scene->n_seats / MAX_SEATS_ASKED + 1;
  const size_t room = venue->n_loudspeakers + venue->n_arrays +
                      scene->n_microphones + MAX_SEATS_ASKED + 2;
  unsigned* const misses = (unsigned*)calloc(room, sizeof *misses);
  size_t n = 0;
  if (!misses) {
    return 0.0;
  }
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    float at[3];
    fh_scene_from_world(scene, venue->loudspeakers[i].at, at);
    misses[n++] = count_misses(caster, at, N_DIRECTIONS);
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    float at[3];
    fh_scene_from_world(scene, venue->arrays[i].top, at);
    misses[n++] = count_misses(caster, at, N_DIRECTIONS);
  }
  for (size_t i = 0; i < scene->n_microphones; ++i) {
    misses[n++] = count_misses(caster, scene->microphone[i], N_DIRECTIONS);
  }
  for (size_t i = 0; i < scene->n_seats; i += step) {
    misses[n++] = count_misses(caster, scene->seats[i].at, N_DIRECTIONS);
  }
  if (!n) {
    const float middle[3] = {0.5f * (scene->low[0] + scene->high[0]),
                             0.5f * (scene->low[1] + scene->high[1]),
                             0.5f * (scene->low[2] + scene->high[2])};
    misses[n++] = count_misses(caster, middle, N_DIRECTIONS);
  }
  qsort(misses, n, sizeof *misses, by_size);
  const size_t quartile = n / 4;
  const double share = (double)misses[quartile] / (double)N_DIRECTIONS;
  free(misses);
  return share;
}

void
scene_measure(const FhVenue* const venue,
              const Weld* const weld,
              const FhRaycaster* const caster,
              FhScene* const scene,
              FhDiag* const diag)
{
  scene->n_open_edges = weld->n_open_edges;
  scene->volume_m3 = 0.0;
  scene->closed = false;
  if (venue->open_air) {
    return;
  }
  const double share = open_share(venue, caster, scene);
  if (share > OPEN_SHARE) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "%.0f %% of all directions lead out of the model: it counts "
                "as open; set `open_air: true` if that is meant, or close the "
                "model",
                100.0 * share);
    return;
  }
  scene->closed = true;
  if (weld->n_open_edges == 0 && weld->oriented) {
    scene->volume_m3 = fabs(signed_volume(&weld->mesh));
  }
  // Normals that point both ways leave next to nothing of the signed sum
  const double box = (double)(scene->high[0] - scene->low[0]) *
                     (double)(scene->high[1] - scene->low[1]) *
                     (double)(scene->high[2] - scene->low[2]);
  if (!(scene->volume_m3 > 0.02 * box)) {
    scene->volume_m3 = sampled_volume(caster, scene);
  }
}
