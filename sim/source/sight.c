// SPDX-License-Identifier: GPL-3.0-or-later
#include "sight.h"

#include <math.h>

/// Surfaces of blocks that a line may cross: two for each block, and slack
#define MAX_CROSSINGS 32
/// A line goes on this far behind a surface [m]
#define STEP_M 1e-3f

/// Does only audience stand in the way of a blocked line?
static bool
is_audience(const FhSources* const sources,
            const FhRaycaster* const caster,
            const float from[3],
            const float to[3])
{
  double v[3];
  double r2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    v[k] = (double)to[k] - (double)from[k];
    r2 += v[k] * v[k];
  }
  const double r = sqrt(r2);
  if (!(r > 0.0)) {
    return true;
  }
  const float d[3] = {(float)(v[0] / r), (float)(v[1] / r), (float)(v[2] / r)};
  const float end = (float)r - STEP_M;
  float start = STEP_M;
  for (size_t i = 0; i < MAX_CROSSINGS; ++i) {
    FhHit hit;
    fh_raycast(caster, from, d, start, end, &hit);
    if (hit.triangle == FH_NO_HIT) {
      return true;
    }
    if (hit.triangle >= sources->n_kinds ||
        sources->kind[hit.triangle] == FH_SURFACE_PLAIN) {
      return false;
    }
    start = hit.distance_m + STEP_M;
    if (start >= end) {
      return true;
    }
  }
  return false;
}

bool
sight(const FhSources* const sources,
      const FhRaycaster* const caster,
      const float from[3],
      const float to[3])
{
  return fh_visible(caster, from, to) ||
         (sources->has_audience && is_audience(sources, caster, from, to));
}

void
sight_many(const FhSources* const sources,
           const FhRaycaster* const caster,
           const float from[3],
           const float (*const to)[3],
           const size_t n,
           uint8_t* const visible)
{
  fh_visible_many(caster, from, to, n, visible);
  for (size_t i = 0; sources->has_audience && i < n; ++i) {
    if (!visible[i]) {
      visible[i] = is_audience(sources, caster, from, to[i]);
    }
  }
}
