// SPDX-License-Identifier: GPL-3.0-or-later
#include "gather.h"

#include <stdlib.h>

void
patch_map_clear(PatchMap* const map)
{
  free(map->fine);
  free(map->late);
  free(map->total);
  free(map->blocks);
  free(map->sharp);
  free(map->first);
  memset(map, 0, sizeof *map);
}

static F8
load_sum(const int64_t sum[8])
{
  F8 v;
  for (size_t b = 0; b < 8; ++b) {
    v[b] = (float)((double)sum[b] / PATCH_ONE);
  }
  return v;
}

static float
inverse_of(const float x)
{
  return x > 0.0f ? 1.0f / x : 0.0f;
}

/// One over each octave, 0 where there is nothing
static F8
inverse8(const F8 x)
{
  F8 v;
  for (size_t b = 0; b < 8; ++b) {
    v[b] = inverse_of(x[b]);
  }
  return v;
}

/// Echograms of the tiles; sums over fields in `field_total` and `late`
static void
fill_tiles(const Patches* const p,
           const PatchTally* const tally,
           const unsigned octet,
           const F8 unit,
           const double n_rays[N_BLOCKS],
           PatchMap* const map,
           F8* const field_total)
{
  double all = 0.0;
  for (size_t k = 0; k < N_BLOCKS; ++k) {
    all += n_rays[k];
  }
  for (size_t tile = 0; tile < p->n_tiles; ++tile) {
    const size_t field = p->field_of[tile];
    map->first[tile] = (uint32_t)p->n_fine;
    if (!(p->tile_m2[tile] > 0.0f)) {
      continue;
    }
    const F8 per_tile = unit * f8_all(1.0f / p->tile_m2[tile]);
    const F8 per_field = unit * f8_all(1.0f / p->field_m2[field]);
    for (size_t i = 0; i < p->n_fine; ++i) {
      const size_t at = tile * p->n_fine + i;
      const F8 sum = load_sum(patch_sum(tally, tally->fine + at, octet));
      if (!(f8_max(sum) > 0.0f)) {
        continue;
      }
      if (map->first[tile] > i) {
        map->first[tile] = (uint32_t)i;
      }
      map->fine[at] = sum * per_tile;
      map->late[field * p->n_coarse + i / COARSE_FACTOR] += sum * per_field;
    }
    F8 total = f8_all(0.0f);
    for (size_t k = 0; k < N_BLOCKS; ++k) {
      const F8 sum =
        load_sum(patch_sum(tally, tally->blocks + tile * N_BLOCKS + k, octet));
      total += sum;
      if (n_rays[k] > 0.0) {
        map->blocks[tile * N_BLOCKS + k] =
          sum * per_tile * f8_all((float)(all / n_rays[k]));
      }
    }
    map->total[tile] = total * per_tile;
    field_total[field] += total * per_field;
  }
}

FhStatus
patch_map_init(const Patches* const p,
               const PatchTally* const tally,
               const unsigned octet,
               const F8 scale,
               const double n_rays[N_BLOCKS],
               PatchMap* const map)
{
  memset(map, 0, sizeof *map);
  map->fine = (F8*)engine_alloc(p->n_tiles * p->n_fine, sizeof(F8));
  map->late = (F8*)engine_alloc(p->n_fields * p->n_coarse, sizeof(F8));
  map->total = (F8*)engine_alloc(p->n_tiles, sizeof(F8));
  map->blocks = (F8*)engine_alloc(p->n_tiles * N_BLOCKS, sizeof(F8));
  map->sharp = (F8(*)[2])engine_alloc(p->n_spots, sizeof *map->sharp);
  map->first = (uint32_t*)engine_alloc(p->n_tiles, sizeof(uint32_t));
  F8* const field_total = (F8*)engine_alloc(p->n_fields, sizeof(F8));
  if (!map->fine || !map->late || !map->total || !map->blocks || !map->sharp ||
      !map->first || !field_total) {
    free(field_total);
    patch_map_clear(map);
    return FH_ERR_NO_MEM;
  }
  fill_tiles(p, tally, octet, scale, n_rays, map, field_total);
  for (size_t i = 0; i < p->n_fields * p->n_coarse; ++i) {
    const float area = p->field_m2[i / p->n_coarse];
    if (area > 0.0f) {
      const F8 sum = load_sum(patch_sum(tally, tally->late + i, octet));
      map->late[i] += sum * scale * f8_all(1.0f / area);
    }
  }
  for (size_t spot = 0; spot < p->n_spots; ++spot) {
    const uint32_t tile = p->tile_of[spot];
    if (p->spot_m2[spot] > 0.0f) {
      const F8 sum = load_sum(patch_sum(tally, tally->spots + spot, octet));
      const F8 sent = sum * scale * f8_all(1.0f / p->spot_m2[spot]);
      map->sharp[spot][0] = sent * inverse8(map->total[tile]);
      map->sharp[spot][1] = sent * inverse8(field_total[p->field_of[tile]]);
    }
  }
  free(field_total);
  return FH_OK;
}
