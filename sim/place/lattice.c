// SPDX-License-Identifier: GPL-3.0-or-later
#include "lattice.h"

#include <fh/places.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t
node_count(const Lattice* const lattice)
{
  return lattice->n[0] * lattice->n[1] * lattice->n[2];
}

static void
node_place(const Lattice* const lattice, const size_t node, float at[3])
{
  size_t rest = node;
  for (size_t k = 0; k < 3; ++k) {
    const size_t n = lattice->n[k] ? lattice->n[k] : 1;
    const size_t i = rest % n;
    rest /= n;
    const float share = n > 1 ? (float)i / (float)(n - 1) : 0.5f;
    at[k] = lattice->low[k] + share * (lattice->high[k] - lattice->low[k]);
  }
}

static void
lay_out(Lattice* const lattice)
{
  double step = LATTICE_STEP_M;
  for (;;) {
    for (size_t k = 0; k < 3; ++k) {
      const double range = (double)lattice->high[k] - (double)lattice->low[k];
      // A tenth of a step is not worth a second node
      lattice->n[k] =
        range < 0.1 * step ? 1 : 2 + (size_t)fmax(range / step - 0.5, 0.0);
    }
    if (node_count(lattice) <= LATTICE_NODES) {
      return;
    }
    step *= 1.25;
  }
}

FhStatus
lattice_init(Lattice* const lattice,
             const FhScene* const scene,
             const FhRaycaster* const caster,
             const float low[3],
             const float high[3])
{
  memset(lattice, 0, sizeof *lattice);
  memcpy(lattice->low, low, sizeof lattice->low);
  memcpy(lattice->high, high, sizeof lattice->high);
  lay_out(lattice);
  const size_t n = node_count(lattice);
  float at[LATTICE_NODES][3];
  FhPlace place[LATTICE_NODES];
  memset(place, 0, sizeof place);
  for (size_t i = 0; i < n; ++i) {
    node_place(lattice, i, at[i]);
  }
  if (scene->n_triangles) {
    const FhStatus status =
      fh_scene_places(scene, caster, (const float(*)[3])at, n, place);
    if (status) {
      return status;
    }
  }
  bool any = false;
  for (size_t i = 0; i < n; ++i) {
    lattice->valid[i] = !scene->n_triangles || place[i] == FH_PLACE_ROOM ||
                        place[i] == FH_PLACE_SURFACE;
    any = any || lattice->valid[i];
  }
  return any ? FH_OK : FH_ERR_NOT_FOUND;
}

void
lattice_clear(Lattice* const lattice)
{
  for (size_t i = 0; i < LATTICE_NODES; ++i) {
    if (lattice->node[i]) {
      fh_seat_transfer_clear(lattice->node[i]);
      free(lattice->node[i]);
    }
  }
  memset(lattice, 0, sizeof *lattice);
}

size_t
lattice_traced(const Lattice* const lattice)
{
  size_t n = 0;
  for (size_t i = 0; i < LATTICE_NODES; ++i) {
    n += lattice->node[i] != NULL;
  }
  return n;
}

/// Weights of the nodes about a place; those in walls give theirs to the rest
static void
node_weights(const Lattice* const lattice,
             const float at[3],
             double weight[LATTICE_NODES])
{
  const size_t n = node_count(lattice);
  double sum = 0.0;
  double nearest = HUGE_VAL;
  size_t fallback = 0;
  for (size_t i = 0; i < n; ++i) {
    size_t rest = i;
    double w = 1.0;
    for (size_t k = 0; k < 3; ++k) {
      const size_t own = rest % lattice->n[k];
      rest /= lattice->n[k];
      const double range = (double)lattice->high[k] - (double)lattice->low[k];
      if (lattice->n[k] > 1 && range > 0.0) {
        const double x = ((double)at[k] - (double)lattice->low[k]) / range *
                         (double)(lattice->n[k] - 1);
        const double last = (double)(lattice->n[k] - 1);
        w *= fmax(0.0, 1.0 - fabs(fmin(fmax(x, 0.0), last) - (double)own));
      }
    }
    weight[i] = lattice->valid[i] ? w : 0.0;
    sum += weight[i];
    if (lattice->valid[i]) {
      float node[3];
      node_place(lattice, i, node);
      const double d =
        hypot(hypot((double)(node[0] - at[0]), (double)(node[1] - at[1])),
              (double)(node[2] - at[2]));
      if (d < nearest) {
        nearest = d;
        fallback = i;
      }
    }
  }
  for (size_t i = 0; i < n; ++i) {
    weight[i] = sum > 1e-6 ? weight[i] / sum : i == fallback ? 1.0 : 0.0;
  }
}

bool
lattice_sees(const Lattice* const lattice,
             const FhRaycaster* const caster,
             const float at[3])
{
  double weight[LATTICE_NODES];
  node_weights(lattice, at, weight);
  for (size_t i = 0; i < node_count(lattice); ++i) {
    float node[3];
    node_place(lattice, i, node);
    if (weight[i] > 0.0 && fh_visible(caster, node, at)) {
      return true;
    }
  }
  return false;
}

/// The transfer of a node, traced when it is first asked for
static FhStatus
node_transfer(Lattice* const lattice,
              const FhGatherCache* const cache,
              const uint64_t n_rays,
              const size_t i)
{
  if (lattice->node[i]) {
    return FH_OK;
  }
  FhTransfer* const transfer = (FhTransfer*)calloc(1, sizeof(FhTransfer));
  if (!transfer) {
    return FH_ERR_NO_MEM;
  }
  float at[3];
  node_place(lattice, i, at);
  const FhStatus status = fh_transfer_trace(cache, at, n_rays, transfer);
  if (status) {
    free(transfer);
    return status;
  }
  lattice->node[i] = transfer;
  return FH_OK;
}

FhStatus
lattice_weigh(Lattice* const lattice,
              const FhGatherCache* const cache,
              const uint64_t n_rays,
              const float at[3],
              const float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES],
              float (*const scratch)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES],
              float (*const out)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])
{
  const size_t n_seats = fh_gather_cache_seats(cache);
  memset(out, 0, n_seats * sizeof *out);
  double weight[LATTICE_NODES];
  node_weights(lattice, at, weight);
  for (size_t i = 0; i < node_count(lattice); ++i) {
    if (!(weight[i] > 0.0)) {
      continue;
    }
    const FhStatus status = node_transfer(lattice, cache, n_rays, i);
    if (status) {
      return status;
    }
    fh_transfer_weigh(lattice->node[i], power_w, scratch);
    const float w = (float)weight[i];
    for (size_t s = 0; s < n_seats; ++s) {
      for (size_t k = 0; k < FH_TRANSFER_WINDOWS; ++k) {
        for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
          out[s][k][b] += w * scratch[s][k][b];
        }
      }
    }
  }
  return FH_OK;
}
