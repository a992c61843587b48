// SPDX-License-Identifier: GPL-3.0-or-later
#include "gather.h"

#include <stdlib.h>

/// Weights under this share of the start are drawn by lot
#define ROULETTE_SHARE 0.25f
/// Reflections of a gather ray, at most
#define MAX_CHAIN 256u
/// Entries looked ahead, so that their memory is near when it is wanted
#define AHEAD 6u
/// Emitters that are all looked for from each place; of more, one is drawn
#define ALL_EMITTERS 3u

FhStatus
gather_scratch_init(const Patches* const patches,
                    const unsigned n_octets,
                    GatherScratch* const scratch)
{
  memset(scratch, 0, sizeof *scratch);
  const size_t n_delayed = patches->n_fields * MAX_DELAYS;
  scratch->n_room = 4096;
  scratch->glances = (Glance*)engine_alloc(scratch->n_room, sizeof(Glance));
  if (n_octets > 1) {
    scratch->further = (F8(*)[MAX_OCTETS - 1])
      engine_alloc(scratch->n_room, sizeof *scratch->further);
  }
  scratch->delayed = (F8*)engine_alloc(n_delayed, sizeof(F8));
  scratch->delayed_list = (uint32_t*)engine_alloc(n_delayed, sizeof(uint32_t));
  scratch->delayed_used = (uint8_t*)engine_alloc(n_delayed, 1);
  scratch->tile_weight = (F8*)engine_alloc(patches->n_tiles, sizeof(F8));
  scratch->tile_list =
    (uint32_t*)engine_alloc(patches->n_tiles, sizeof(uint32_t));
  scratch->tile_used = (uint8_t*)engine_alloc(patches->n_tiles, 1);
  if (!scratch->glances || (n_octets > 1 && !scratch->further) ||
      !scratch->delayed || !scratch->delayed_list || !scratch->delayed_used ||
      !scratch->tile_weight || !scratch->tile_list || !scratch->tile_used) {
    gather_scratch_clear(scratch);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

void
gather_scratch_clear(GatherScratch* const scratch)
{
  free(scratch->glances);
  free(scratch->further);
  free(scratch->delayed);
  free(scratch->delayed_list);
  free(scratch->delayed_used);
  free(scratch->tile_weight);
  free(scratch->tile_list);
  free(scratch->tile_used);
  memset(scratch, 0, sizeof *scratch);
}

/// Twice the room of a table; null when out of memory, with the old one kept
static void*
grow_table(void* const old, const size_t n, const size_t size)
{
  void* const grown = engine_alloc(2 * n, size);
  if (grown) {
    memcpy(grown, old, n * size);
    free(old);
  }
  return grown;
}

static bool
grow_scratch(GatherScratch* const scratch)
{
  const size_t n = scratch->n_room;
  void* const glances = grow_table(scratch->glances, n, sizeof(Glance));
  if (!glances) {
    return false;
  }
  scratch->glances = (Glance*)glances;
  if (scratch->further) {
    void* const further =
      grow_table(scratch->further, n, sizeof *scratch->further);
    if (!further) {
      return false;
    }
    scratch->further = (F8(*)[MAX_OCTETS - 1]) further;
  }
  scratch->n_room = 2 * n;
  return true;
}

/// The next free entry; null when out of memory
FOR_EACH_N Glance*
add_glance(GatherScratch* const scratch,
           const F8* const weight,
           const unsigned n)
{
  if (scratch->n_glances == scratch->n_room && !grow_scratch(scratch)) {
    return NULL;
  }
  Glance* const glance = &scratch->glances[scratch->n_glances];
  glance->weight = weight[0];
  for (unsigned o = 1; o < n; ++o) {
    scratch->further[scratch->n_glances][o - 1] = weight[o];
  }
  ++scratch->n_glances;
  return glance;
}

/// Weight of a glance in an octet
static inline F8
glance_weight(const GatherScratch* const scratch,
              const size_t i,
              const unsigned octet)
{
  return octet ? scratch->further[i][octet - 1] : scratch->glances[i].weight;
}

/// Follow one ray from a seat through mirrors and thin surfaces
FOR_EACH_N FhStatus
look_along(const Engine* const engine,
           const Patches* const patches,
           const uint64_t key,
           const uint32_t ray,
           const uint8_t block,
           float at[3],
           float d[3],
           const F8 first,
           GatherScratch* const scratch,
           const unsigned n)
{
  const FhScene* const scene = engine->scene;
  const float end_m = engine->duration_s * engine->speed_m_s;
  const float start = f8_max(first);
  F8 weight[MAX_OCTETS];
  for (unsigned o = 0; o < n; ++o) {
    weight[o] = first;
  }
  float length = 0.0f;
  for (uint32_t step = 1; step < MAX_CHAIN; ++step) {
    FhHit hit;
    if (!engine_cast(engine, at, d, &hit)) {
      return FH_OK;
    }
    length += hit.distance_m;
    const uint32_t material = scene->material[hit.triangle];
    const Surface* const s = &engine->surfaces[material];
    float normal[3];
    memcpy(normal, scene->normal[hit.triangle], sizeof normal);
    float cosine = dot3(normal, d);
    const bool back = cosine > 0.0f;
    if ((back && s->one_sided) || length >= end_m) {
      return FH_OK;
    }
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = back ? -normal[k] : normal[k];
      at[k] += hit.distance_m * d[k] + LIFT_M * normal[k];
    }
    cosine = -fabsf(cosine);
    const Random4 random =
      random4(engine->desc->seed, key, step, ray, DRAW_GATHER);
    if (s->scatters) {
      Glance* const glance = add_glance(scratch, weight, n);
      if (!glance) {
        return FH_ERR_NO_MEM;
      }
      memcpy(glance->at, at, sizeof glance->at);
      memcpy(glance->normal, normal, sizeof glance->normal);
      glance->length_m = length;
      glance->dither = random.u[0];
      glance->chip = (uint32_t)patch_chip(patches, &hit);
      glance->material = material;
      glance->back = back;
      glance->block = block;
    }

    const float chance = surface_chance(engine, material, n);
    if (random.u[1] < chance) {
      for (unsigned o = 0; o < n; ++o) {
        weight[o] *=
          engine[o].surfaces[material].through * f8_all(1.0f / chance);
      }
      for (size_t k = 0; k < 3; ++k) {
        at[k] -= 2.0f * LIFT_M * normal[k];
      }
    } else if (s->mirrors) {
      for (unsigned o = 0; o < n; ++o) {
        weight[o] *=
          engine[o].surfaces[material].mirror * f8_all(1.0f / (1.0f - chance));
      }
      for (size_t k = 0; k < 3; ++k) {
        d[k] -= 2.0f * cosine * normal[k];
      }
    } else {
      return FH_OK;
    }
    const float share = octets_max(weight, n) / (ROULETTE_SHARE * start);
    if (share < 1.0f) {
      if (random.u[2] >= share) {
        return FH_OK;
      }
      for (unsigned o = 0; o < n; ++o) {
        weight[o] *= f8_all(1.0f / share);
      }
    }
  }
  return FH_OK;
}

FOR_EACH_N FhStatus
look(const Engine* const engine,
     const Patches* const patches,
     const Detector* const seat,
     const uint64_t key,
     const unsigned n_rays,
     GatherScratch* const scratch,
     const unsigned n_octets)
{
  scratch->n_glances = 0;
  const uint32_t n = n_rays / GATHER_BLOCKS;
  // Intensity is the integral of radiance, sent / pi, over all directions
  const F8 weight = f8_all(4.0f / (float)(n * GATHER_BLOCKS));
  for (uint32_t block = 0; block < GATHER_BLOCKS; ++block) {
    // Each set is a Fibonacci lattice on the sphere, turned by chance
    const Random4 turn =
      random4(engine->desc->seed, key, 0, block, DRAW_GATHER);
    for (uint32_t i = 0; i < n; ++i) {
      const float u = ((float)i + turn.u[0]) / (float)n;
      const float v = (float)i * 0.618033989f + turn.u[1];
      float from[3] = {seat->at[0], seat->at[1], seat->at[2]};
      float d[3];
      sphere_direction(u, v - floorf(v), d);
      const FhStatus status = look_along(engine,
                                         patches,
                                         key,
                                         block * n + i + 1,
                                         (uint8_t)block,
                                         from,
                                         d,
                                         weight * engine_graze(engine, seat, d),
                                         scratch,
                                         n_octets);
      if (status) {
        return status;
      }
    }
  }
  return FH_OK;
}

FhStatus
gather_look(const Engine* const engine,
            const Patches* const patches,
            const Detector* const seat,
            const uint64_t key,
            const unsigned n_rays,
            GatherScratch* const scratch)
{
  return engine->n_octets > 1
           ? look(engine, patches, seat, key, n_rays, scratch, MAX_OCTETS)
           : look(engine, patches, seat, key, n_rays, scratch, 1);
}

/// Ask for the memory of an entry that comes soon
static inline void
look_ahead(const Patches* const patches,
           const PatchMap* const map,
           const Glance* const glance)
{
  const uint32_t spot = patches->spot[glance->chip][glance->back];
  const uint32_t tile = patches->tile_of[spot];
  __builtin_prefetch(&map->sharp[spot]);
  const size_t shift = (size_t)(glance->length_m * patches->per_m);
  const F8* const row = map->fine + (size_t)tile * patches->n_fine;
  for (size_t i = map->first[tile]; i + shift < patches->n_fine; i += 2) {
    __builtin_prefetch(row + i);
  }
}

/// Late part: each delay of each field once, however many rays saw it
static void
add_late(const Patches* const patches,
         const PatchMap* const map,
         GatherScratch* const scratch,
         const size_t n_delayed,
         F8* const bins)
{
  const size_t start = patches->n_fine / COARSE_FACTOR;
  F8* const late = bins + patches->n_fine;
  for (size_t i = 0; i < n_delayed; ++i) {
    const uint32_t entry = scratch->delayed_list[i];
    const size_t field = entry / MAX_DELAYS;
    const size_t delay = entry % MAX_DELAYS;
    const F8 weight = scratch->delayed[entry];
    scratch->delayed[entry] = f8_all(0.0f);
    scratch->delayed_used[entry] = 0;
    const F8* const row = map->late + field * patches->n_coarse;
    for (size_t k = delay < start ? start - delay : 0;
         k + delay < patches->n_coarse;
         ++k) {
      late[k + delay - start] += weight * row[k];
    }
  }
}

static void
add_columns(const PatchMap* const map,
            GatherScratch* const scratch,
            const size_t n_tiles,
            SeatEnergy* const seat)
{
  for (size_t i = 0; i < n_tiles; ++i) {
    const uint32_t tile = scratch->tile_list[i];
    const F8 weight = scratch->tile_weight[tile];
    scratch->tile_weight[tile] = f8_all(0.0f);
    scratch->tile_used[tile] = 0;
    const F8* const blocks = map->blocks + (size_t)tile * N_BLOCKS;
    for (size_t b = 0; b < N_BLOCKS; ++b) {
      seat->columns[b] += weight * blocks[b];
    }
  }
}

void
gather_patches(const Engine* const engine,
               const Patches* const patches,
               const PatchMap* const map,
               GatherScratch* const scratch,
               SeatEnergy* const seat)
{
  size_t n_delayed = 0;
  size_t n_tiles = 0;
  for (size_t i = 0; i < scratch->n_glances; ++i) {
    if (i + AHEAD < scratch->n_glances) {
      look_ahead(patches, map, &scratch->glances[i + AHEAD]);
    }
    const Glance* const glance = &scratch->glances[i];
    if (!(patches->seen[glance->chip] >> glance->back & 1)) {
      continue;
    }
    const uint32_t spot = patches->spot[glance->chip][glance->back];
    const uint32_t tile = patches->tile_of[spot];
    const F8 weight = glance_weight(scratch, i, engine->octet) *
                      engine_air(engine, glance->length_m);
    const F8 early = weight * map->sharp[spot][0];
    const float delay = glance->length_m * patches->per_m;
    const size_t shift = (size_t)(delay + glance->dither);
    const F8* const row = map->fine + (size_t)tile * patches->n_fine;
    F8* const to = seat->bins + shift;
    for (size_t k = map->first[tile]; k + shift < patches->n_fine; ++k) {
      to[k] += early * row[k];
    }
    seat->rows[glance->block] += early * map->total[tile];
    seat->coarser += (weight - early) * map->total[tile];
    if (!scratch->tile_used[tile]) {
      scratch->tile_used[tile] = 1;
      scratch->tile_list[n_tiles++] = tile;
    }
    scratch->tile_weight[tile] += early;

    size_t coarse = (size_t)(delay / (float)COARSE_FACTOR + glance->dither);
    coarse = coarse < MAX_DELAYS ? coarse : MAX_DELAYS - 1;
    const size_t entry = patches->field_of[tile] * MAX_DELAYS + coarse;
    if (!scratch->delayed_used[entry]) {
      scratch->delayed_used[entry] = 1;
      scratch->delayed_list[n_delayed++] = (uint32_t)entry;
    }
    scratch->delayed[entry] += weight * map->sharp[spot][1];
  }
  add_late(patches, map, scratch, n_delayed, seat->bins);
  add_columns(map, scratch, n_tiles, seat);
}

/**
   Sight of a source from a place that scatters its sound for the first time.

   @param[out] away Unit vector in which the sound leaves the source.
   @param[out] length_m From the source to the place.
   @return Intensity on the surface per watt of an even source [1/m2]; 0 where
   it is out of sight, or so near that its sound goes through the patches.
*/
static float
gather_sight(const Engine* const engine,
             const float from[3],
             const float at[3],
             const float normal[3],
             float away[3],
             float* const length_m)
{
  const float to[3] = {from[0] - at[0], from[1] - at[1], from[2] - at[2]};
  const float facing = dot3(to, normal);
  const float r2 = dot3(to, to);
  if (!(facing > 0.0f) || !(r2 >= NEAR_SOURCE_M * NEAR_SOURCE_M) ||
      !fh_visible(engine->caster, at, from)) {
    return 0.0f;
  }
  const float r = sqrtf(r2);
  for (size_t k = 0; k < 3; ++k) {
    away[k] = -to[k] / r;
  }
  *length_m = r;
  return facing / (4.0f * (float)FH_PI * r2 * r);
}

/// Sound from one emitter scattered at a place, where it is in sight
static void
scatter_once(const Engine* const engine,
             const Patches* const patches,
             const size_t e,
             const GatherScratch* const scratch,
             const size_t i,
             const F8 factor,
             SeatEnergy* const seat)
{
  const Glance* const glance = &scratch->glances[i];
  const Emitter* const emitter = &engine->emitters[e];
  float away[3];
  float r = 0.0f;
  const float share = gather_sight(
    engine, emitter->radiator.at, glance->at, glance->normal, away, &r);
  if (!(share > 0.0f)) {
    return;
  }
  const float length = glance->length_m + r;
  const F8 power =
    f8_load(emitter->radiator.power_w) * emitter_gain(emitter, away);
  const float bin = length * patches->per_m +
                    (float)(emitter->radiator.delay_s / (double)SEAT_FINE_S);
  const size_t at = seat_bin_of(patches, bin);
  if (at >= seat_bin_count(patches)) {
    return;
  }
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    const F8 sent =
      power * engine[o].surfaces[glance->material].diffuse * f8_all(share);
    const F8 energy = sent * glance_weight(scratch, i, o) * factor *
                      engine_air(&engine[o], length);
    seat[o].bins[at] += energy;
    seat[o].rows[glance->block] += energy;
  }
}

void
gather_first(const Engine* const engine,
             const Patches* const patches,
             const size_t first,
             const size_t last,
             const uint64_t key,
             const GatherScratch* const scratch,
             SeatEnergy* const seat)
{
  if (last - first <= ALL_EMITTERS) {
    for (size_t i = 0; i < scratch->n_glances; ++i) {
      for (size_t e = first; e < last; ++e) {
        scatter_once(engine, patches, e, scratch, i, f8_all(1.0f), seat);
      }
    }
    return;
  }
  for (size_t i = 0; i < scratch->n_glances; ++i) {
    // Draw one emitter by what it would send, were it in sight and even
    const Glance* const glance = &scratch->glances[i];
    float sum = 0.0f;
    size_t chosen = last;
    float share = 0.0f;
    const float pick =
      random4(engine->desc->seed, key, (uint32_t)i, UINT32_MAX, DRAW_GATHER)
        .u[0];
    float u = pick;
    for (size_t e = first; e < last; ++e) {
      const FhRadiator* const radiator = &engine->emitters[e].radiator;
      const float to[3] = {radiator->at[0] - glance->at[0],
                           radiator->at[1] - glance->at[1],
                           radiator->at[2] - glance->at[2]};
      const float facing = dot3(to, glance->normal);
      if (!(facing > 0.0f)) {
        continue;
      }
      const float r2 = greater(dot3(to, to), 1.0f);
      const float w =
        facing / (r2 * sqrtf(r2)) * f8_sum(f8_load(radiator->power_w));
      if (!(w > 0.0f)) {
        continue;
      }
      // Reservoir of one: each stays with its share of the sum so far
      sum += w;
      const float p = w / sum;
      if (u < p) {
        chosen = e;
        share = w;
        u = u / p;
      } else {
        u = (u - p) / (1.0f - p);
      }
    }
    if (chosen < last) {
      scatter_once(
        engine, patches, chosen, scratch, i, f8_all(sum / share), seat);
    }
  }
}
