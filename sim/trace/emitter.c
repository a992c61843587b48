// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include <stdlib.h>

/*
  Rays start where the sound goes: the sphere is cut into cells of equal solid
  angle, drawn by their share of the power. A fifth of the rays is spread
  evenly, which bounds their weights where the cells miss a lobe.
*/

#define N_RINGS    48u
#define N_SECTORS  96u
#define N_CELLS    (N_RINGS * N_SECTORS)
#define EVEN_SHARE 0.2

static void
cell_direction(const uint32_t cell, const float u, const float v, float d[3])
{
  const uint32_t ring = cell / N_SECTORS;
  const uint32_t sector = cell % N_SECTORS;
  sphere_direction(((float)ring + u) / (float)N_RINGS,
                   ((float)sector + v) / (float)N_SECTORS,
                   d);
}

static FhStatus
build_cdf(Emitter* const emitter)
{
  emitter->cdf = (float*)engine_alloc(N_CELLS + 1, sizeof(float));
  double* const power = (double*)engine_alloc(N_CELLS, sizeof(double));
  if (!emitter->cdf || !power) {
    free(power);
    return FH_ERR_NO_MEM;
  }

  double total = 0.0;
  for (uint32_t cell = 0; cell < N_CELLS; ++cell) {
    float d[3];
    cell_direction(cell, 0.5f, 0.5f, d);
    power[cell] = (double)f8_sum(emitter_gain(emitter, d));
    total += power[cell];
  }
  double sum = 0.0;
  for (uint32_t cell = 0; cell < N_CELLS; ++cell) {
    const double even = 1.0 / N_CELLS;
    const double own = total > 0.0 ? power[cell] / total : even;
    sum += EVEN_SHARE * even + (1.0 - EVEN_SHARE) * own;
    emitter->cdf[cell + 1] = (float)sum;
  }
  emitter->cdf[N_CELLS] = 1.0f;
  free(power);
  return FH_OK;
}

FhStatus
emitter_init(Emitter* const emitter, const FhRadiator* const radiator)
{
  memset(emitter, 0, sizeof *emitter);
  emitter->radiator = *radiator;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const float power = radiator->power_w[b];
    emitter->inverse_power[b] = power > 0.0f ? 1.0f / power : 0.0f;
  }
  return radiator->octaves ? build_cdf(emitter) : FH_OK;
}

void
emitter_clear(Emitter* const emitter)
{
  free(emitter->cdf);
  memset(emitter, 0, sizeof *emitter);
}

F8
emitter_gain(const Emitter* const emitter, const float direction[3])
{
  const FhRadiator* const radiator = &emitter->radiator;
  float w[FH_N_OCTAVES];
  if (radiator->octaves) {
    radiator->octaves(radiator->user, direction, w);
  } else {
    memcpy(w, radiator->power_w, sizeof w);
  }
  return f8_load(w) * emitter->inverse_power;
}

F8
emitter_sample(const Emitter* const emitter,
               const Random4* const random,
               float d[3])
{
  if (!emitter->cdf) {
    sphere_direction(random->u[0], random->u[1], d);
    return emitter_gain(emitter, d);
  }

  const float x = random->u[2];
  uint32_t low = 0;
  uint32_t high = N_CELLS;
  while (high - low > 1) {
    const uint32_t middle = (low + high) / 2;
    if (emitter->cdf[middle] <= x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  cell_direction(low, random->u[0], random->u[1], d);
  const float share = emitter->cdf[low + 1] - emitter->cdf[low];
  return emitter_gain(emitter, d) * f8_all(1.0f / (share * (float)N_CELLS));
}
