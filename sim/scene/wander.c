// SPDX-License-Identifier: GPL-3.0-or-later
#include "wander.h"

#include <fh/bands.h>

#include <math.h>
#include <stddef.h>

/// From 0 to below 1
static float
uniform(uint64_t* const state)
{
  uint64_t z = (*state += 0x9E3779B97F4A7C15U);
  z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27U) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return (float)(z >> 40U) / 16777216.0f;
}

void
wander_direction(uint64_t* const state, float out[3])
{
  const float z = 2.0f * uniform(state) - 1.0f;
  const float phi = 2.0f * (float)FH_PI * uniform(state);
  const float r = sqrtf(fmaxf(1.0f - z * z, 0.0f));
  out[0] = r * cosf(phi);
  out[1] = r * sinf(phi);
  out[2] = z;
}

float
wander_side(const float normal[3], const float direction[3])
{
  const float along = normal[0] * direction[0] + normal[1] * direction[1] +
                      normal[2] * direction[2];
  return along > 0.0f ? -1.0f : 1.0f;
}

void
wander_scatter(uint64_t* const state,
               const float normal[3],
               const float from[3],
               float out[3])
{
  const float side = wander_side(normal, from);
  // A point of the unit sphere that touches the surface, hardly lifted so that
  // its direction is never zero
  wander_direction(state, out);
  float length = 0.0f;
  for (size_t k = 0; k < 3; ++k) {
    out[k] += 1.001f * side * normal[k];
    length += out[k] * out[k];
  }
  length = sqrtf(length);
  for (size_t k = 0; k < 3; ++k) {
    out[k] /= length;
  }
}
