// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_SHADOW_PRIVATE_H
#define FH_SOURCE_SHADOW_PRIVATE_H

#include "../trace/simd.h"
#include "shadow.h"

#include <math.h>

/*
  What the search for edges and the ways over them share.
*/

/// Lines of sight end this far off the edge [m]
#define OFF_M 0.004
/// Second edges kept for each first one
#define MAX_SECOND 6

/// Edges that an emitter sees, one array per coordinate for the search
typedef struct {
  size_t n;
  uint32_t* edge; ///< [n]
  float* column;  ///< [9 * n]: from, along, length, d1, z1
} Seen;

struct ShadowImpl {
  const FhSources* sources;
  const FhRaycaster* caster;
  size_t n_edges;
  const FhEdge* edges;
  Seen* seen;                     ///< [n_emitters]
  uint32_t (*second)[MAX_SECOND]; ///< [n_edges], UINT32_MAX for none
};

static inline float
distance(const float a[3], const float b[3])
{
  const float v[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
  return sqrtf(dot3(v, v));
}

/// Coordinate of a point along an edge, and its distance from the edge's line
static inline double
along_edge(const FhEdge* const edge, const float p[3], double* const off)
{
  double z = 0.0;
  double square = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double v = (double)p[k] - (double)edge->from[k];
    z += v * (double)edge->along[k];
    square += v * v;
  }
  *off = sqrt(fmax(0.0, square - z * z));
  return z;
}

#endif // FH_SOURCE_SHADOW_PRIVATE_H
