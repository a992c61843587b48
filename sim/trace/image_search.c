// SPDX-License-Identifier: GPL-3.0-or-later
#include "image_private.h"
#include "pool.h"
#include "team.h"

#include <stdlib.h>

size_t
image_find_pair(const Images* const images, const uint64_t pair)
{
  size_t at = mix64(1, pair) & (images->n_pair_slots - 1);
  while (images->pairs[at] && images->pairs[at] != pair) {
    at = (at + 1) & (images->n_pair_slots - 1);
  }
  return at;
}

/// Note that a sequence reaches a zone
static FhStatus
add_pair(Images* const images, const uint32_t zone, const uint32_t node)
{
  if (2 * images->n_pairs >= images->n_pair_slots) {
    uint64_t* const old = images->pairs;
    const size_t n_old = images->n_pair_slots;
    const size_t n = n_old ? 2 * n_old : 16384;
    uint64_t* const pairs = (uint64_t*)calloc(n, sizeof(uint64_t));
    if (!pairs) {
      return FH_ERR_NO_MEM;
    }
    images->pairs = pairs;
    images->n_pair_slots = n;
    for (size_t i = 0; i < n_old; ++i) {
      if (old[i]) {
        pairs[image_find_pair(images, old[i])] = old[i];
      }
    }
    free(old);
  }
  const uint64_t pair = (uint64_t)zone << 32 | node;
  const size_t at = image_find_pair(images, pair);
  if (!images->pairs[at]) {
    images->pairs[at] = pair;
    ++images->n_pairs;
  }
  return FH_OK;
}

/// Note every zone with seats that a segment passes
static FhStatus
note_zones(Images* const images,
           const uint32_t node,
           const float at[3],
           const float d[3],
           const float length)
{
  const SeatGrid* const grid = images->grid;
  CubeWalk walk;
  FhStatus status = FH_OK;
  cube_walk_begin(&grid->zones, at, d, length, &walk);
  while (walk.inside && !status) {
    const int32_t zone = grid->zone_at[cube_of_walk(&grid->zones, &walk)];
    if (zone >= 0) {
      status = add_pair(images, (uint32_t)zone, node);
    }
    (void)cube_walk_next(&grid->zones, &walk);
  }
  return status;
}

static int
by_number(const void* const a, const void* const b)
{
  const uint64_t x = *(const uint64_t*)a;
  const uint64_t y = *(const uint64_t*)b;
  return x < y ? -1 : x > y;
}

/// Lists of nodes by zone, in order
static FhStatus
sort_zones(Images* const images)
{
  const size_t n_zones = images->grid->n_zones;
  uint64_t* const sorted =
    (uint64_t*)engine_alloc(images->n_pairs, sizeof(uint64_t));
  images->zone_first = (uint32_t*)engine_alloc(n_zones + 1, sizeof(uint32_t));
  images->zone_nodes =
    (uint32_t*)engine_alloc(images->n_pairs, sizeof(uint32_t));
  if (!sorted || !images->zone_first || !images->zone_nodes) {
    free(sorted);
    return FH_ERR_NO_MEM;
  }
  size_t n = 0;
  for (size_t i = 0; i < images->n_pair_slots; ++i) {
    if (images->pairs[i]) {
      sorted[n++] = images->pairs[i];
    }
  }
  if (n) {
    qsort(sorted, n, sizeof *sorted, by_number);
  }
  for (size_t i = 0; i < n; ++i) {
    images->zone_nodes[i] = (uint32_t)sorted[i];
    ++images->zone_first[(sorted[i] >> 32) + 1];
  }
  for (size_t z = 0; z < n_zones; ++z) {
    images->zone_first[z + 1] += images->zone_first[z];
  }
  free(sorted);
  return FH_OK;
}

/// What a mirrored ray met
typedef struct {
  float distance_m;
  uint32_t triangle; ///< And one; 0 for nothing
} Met;

/// Rays that look for sequences, as they are sent
typedef struct {
  const Images* images;
  uint64_t emitter_index;
  size_t n_steps;
  Met* met; ///< [n_search][n_steps]; owned
} Search;

/// Rays that one thread takes at a time
#define SEARCH_CHUNK 256u

static void
begin_ray(const Images* const images,
          const uint64_t emitter_index,
          const uint64_t number,
          float at[3],
          float d[3])
{
  const uint64_t key = (uint64_t)1 << 57 | emitter_index << 36 | number;
  const Random4 random =
    random4(images->engine->desc->seed, key, 0, 0, DRAW_EMIT);
  memcpy(at, images->emitter->radiator.at, 3 * sizeof *at);
  (void)emitter_sample(images->emitter, &random, d);
}

/// Go on from what was met
static void
mirror_ray(const FhScene* const scene, const Met met, float at[3], float d[3])
{
  const float* const n = scene->normal[met.triangle - 1];
  const float c = dot3(n, d);
  const float lift = c > 0.0f ? -LIFT_M : LIFT_M;
  for (size_t k = 0; k < 3; ++k) {
    at[k] += met.distance_m * d[k] + lift * n[k];
    d[k] -= 2.0f * c * n[k];
  }
}

static const Surface*
surface_of(const Engine* const engine, const Met met)
{
  return &engine->surfaces[engine->scene->material[met.triangle - 1]];
}

/// Send some rays; a PoolWork
static void
send_search(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Search* const search = (const Search*)user;
  const Engine* const engine = search->images->engine;
  const FhTeam* const team = engine->desc->team;
  if (team && chunk % team->n_ranks != team->rank) {
    return;
  }
  const uint64_t end = (chunk + 1) * SEARCH_CHUNK;
  for (uint64_t i = chunk * SEARCH_CHUNK; i < end && i < engine->n_search;
       ++i) {
    float at[3];
    float d[3];
    begin_ray(search->images, search->emitter_index, i, at, d);
    for (size_t step = 0; step < search->n_steps; ++step) {
      Met* const met = &search->met[i * search->n_steps + step];
      FhHit hit;
      if (!engine_cast(engine, at, d, &hit)) {
        break;
      }
      met->distance_m = hit.distance_m;
      met->triangle = hit.triangle + 1;
      if (!surface_of(engine, *met)->mirrors) {
        break;
      }
      mirror_ray(engine->scene, *met, at, d);
    }
  }
}

/// Note the planes that a ray met, and the zones that it passed
static FhStatus
note_ray(const Search* const search,
         const uint64_t number,
         Images* const images)
{
  const Engine* const engine = images->engine;
  float at[3];
  float d[3];
  begin_ray(images, search->emitter_index, number, at, d);
  uint32_t node = 0;
  for (unsigned step = 0; step <= images->order; ++step) {
    const Met met = search->met[number * search->n_steps + step];
    const float length = met.triangle ? met.distance_m : FAR_M;
    if (node && images->grid && note_zones(images, node, at, d, length)) {
      return FH_ERR_NO_MEM;
    }
    if (!met.triangle || step == images->order) {
      break;
    }
    node = surface_of(engine, met)->mirrors
             ? image_add_node(
                 images, node, engine->planes.plane_of[met.triangle - 1])
             : 0;
    if (!node) {
      break;
    }
    mirror_ray(engine->scene, met, at, d);
  }
  return FH_OK;
}

// Threads and ranks send the rays, and all ranks note them in order
FhStatus
image_search(Images* const images, const uint64_t emitter_index)
{
  const Engine* const engine = images->engine;
  const FhTeam* const team = engine->desc->team;
  Search search = {images, emitter_index, (size_t)images->order + 1, NULL};
  const size_t n = engine->n_search * search.n_steps;
  search.met = (Met*)engine_alloc(n, sizeof(Met));
  FhStatus status = search.met ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    status = pool_run(engine->n_threads,
                      0,
                      (engine->n_search + SEARCH_CHUNK - 1) / SEARCH_CHUNK,
                      send_search,
                      NULL,
                      &search);
  }
  if (team) {
    const FhStatus met = team_meet(team, status);
    status = status ? status : met;
    if (!status && !team_share_floats(team, &search.met->distance_m, 2 * n)) {
      status = FH_ERR_DEVICE;
    }
  }
  for (uint64_t i = 0; i < engine->n_search && !status; ++i) {
    status = note_ray(&search, i, images);
  }
  free(search.met);
  return status || !images->grid ? status : sort_zones(images);
}
