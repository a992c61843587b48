// SPDX-License-Identifier: GPL-3.0-or-later
#include "gather.h"
#include "image.h"
#include "memory.h"
#include "pool.h"
#include "seat_grid.h"

#include <fh/gather_cache.h>

#include <stdlib.h>
#include <time.h>

#define N_DIRECTIONS ((size_t)FH_TRANSFER_DIRECTIONS)
#define N_WINDOWS    ((size_t)FH_TRANSFER_WINDOWS)
/// Width of the patches' bins [s]; look-ups are rounded by chance
#define BIN_S 0.02f
/// Where the windows end after the direct sound [s]
#define FIRST_WINDOW_S  0.05f
#define SECOND_WINDOW_S 0.08f
/// Gather rays end after this path [m]
#define LOOK_M 600.0f
/// Radius of the volume around a seat, and directions of sight to find it
#define SEAT_RADIUS_M      1.0f
#define SEAT_VOLUME_POINTS 64u
/// Paths from a seat to one tile that differ by less are joined [m]
#define JOIN_M 2.0f
/// Seats that one thread takes at a time
#define CHUNK_SEATS 8u
/// Rays of one direction that one thread takes at a time
#define CHUNK 64u
/// Rays end by lot under this mean weight
#define LOT_BELOW 0.25f
#define MAX_STEPS 400u
/// Mirrored rays end by lot under this weight
#define MIRROR_LOT_BELOW 0.1f
/// Rays that look for sequences of mirrors
#define SEARCH_RAYS 20000u
/// A side of the sub-cells by which a cell's power is averaged
#define SUB_CELLS 4u

/// A patch seen from a seat, as it is kept
typedef struct {
  F8 weight; ///< Air included
  uint32_t tile;
  float length_m;
  float dither;
  uint32_t unused[5];
} View;

struct FhGatherCacheImpl {
  FhScene scene; ///< Borrowed arrays, but for the seats; those are owned
  FhTraceDesc desc;
  Engine engine;
  Patches patches;
  SeatGrid grid;
  unsigned gather_rays;
  float reach_m;
  size_t n_bins;
  size_t n_rows;
  void* spare;     ///< Sums of the last position, all zero; atomic; owned
  size_t* n_views; ///< [n_seats]; owned
  View** views;    ///< [n_seats]; each owned
};

FhGatherCacheDesc
fh_gather_cache_desc_default(void)
{
  FhGatherCacheDesc desc;
  memset(&desc, 0, sizeof desc);
  desc.seed = 1;
  desc.gather_rays = 256;
  desc.image_order = 2;
  return desc;
}

void
fh_gather_cache_free(FhGatherCache* const cache)
{
  if (!cache) {
    return;
  }
  for (size_t s = 0; cache->views && s < cache->scene.n_seats; ++s) {
    free(cache->views[s]);
  }
  memory_free(cache->spare, cache->n_rows, 8 * sizeof(int64_t));
  free(cache->views);
  free(cache->n_views);
  free(cache->scene.seats);
  free(cache->engine.surfaces);
  free(cache->engine.air_at);
  planes_clear(&cache->engine.planes);
  patches_clear(&cache->patches);
  seat_grid_clear(&cache->grid);
  free(cache);
}

size_t
fh_gather_cache_seats(const FhGatherCache* const cache)
{
  return cache->scene.n_seats;
}

static FhStatus
choose_seats(const FhScene* const scene,
             const FhGatherCacheDesc* const desc,
             FhGatherCache* const cache)
{
  cache->scene = *scene;
  cache->scene.n_microphones = 0;
  const size_t n = desc->seats ? desc->n_seats : scene->n_seats;
  cache->scene.n_seats = 0;
  cache->scene.seats = (FhSeat*)calloc(n + 1, sizeof(FhSeat));
  if (!cache->scene.seats) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    const size_t at = desc->seats ? desc->seats[i] : i;
    if (at >= scene->n_seats) {
      return FH_ERR_INVALID_DATA;
    }
    cache->scene.seats[i] = scene->seats[at];
  }
  cache->scene.n_seats = n;
  return n ? FH_OK : FH_ERR_INVALID_DATA;
}

static FhStatus
prepare(FhGatherCache* const cache,
        const FhRaycaster* const caster,
        const FhGatherCacheDesc* const desc,
        FhDiag* const diag)
{
  Engine* const engine = &cache->engine;
  const FhScene* const scene = &cache->scene;
  cache->desc = fh_trace_desc_default();
  cache->desc.seed = desc->seed;
  cache->desc.image_order = desc->image_order < 3 ? desc->image_order : 3;
  cache->gather_rays =
    (desc->gather_rays + GATHER_BLOCKS - 1) / GATHER_BLOCKS * GATHER_BLOCKS;
  engine->scene = scene;
  engine->caster = caster;
  engine->desc = &cache->desc;
  engine->n_threads = desc->n_threads ? desc->n_threads : pool_processors();
  engine->n_search = SEARCH_RAYS;
  engine->speed_m_s = (float)fh_air_speed_m_s(&scene->air);
  engine->duration_s = LOOK_M / engine->speed_m_s;
  double air[FH_N_OCTAVES];
  fh_air_octaves(&scene->air, air);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    engine->air[b] = (float)air[b];
  }
  engine->n_air = (size_t)(4.0f * LOOK_M / AIR_STEP_M);
  engine->air_at = (F8*)engine_alloc(engine->n_air, sizeof(F8));
  if (!engine->air_at) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < engine->n_air; ++i) {
    engine->air_at[i] = engine_air_loss(engine, (float)i * AIR_STEP_M);
  }
  float diagonal = 0.0f;
  for (size_t k = 0; k < 3; ++k) {
    const float size = scene->high[k] - scene->low[k];
    diagonal += size * size;
  }
  cache->reach_m = desc->reach_m > 0.0f ? desc->reach_m : sqrtf(diagonal);
  cache->n_bins =
    (size_t)ceilf((cache->reach_m / engine->speed_m_s + SECOND_WINDOW_S) /
                  BIN_S) +
    2;
  FhStatus status = surfaces_new(engine, diag);
  status = status ? status : planes_new(engine, &engine->planes);
  status = status ? status : seat_grid_new(engine, SEAT_RADIUS_M, &cache->grid);
  for (size_t s = 0; s < cache->scene.n_seats && !status; ++s) {
    detector_init(engine,
                  scene->seats[s].at,
                  SEAT_RADIUS_M,
                  s,
                  SEAT_VOLUME_POINTS,
                  &cache->grid.seats[s]);
  }
  // Bins are kept here: the patches' own are not used
  return status ? status : patches_new(engine, 0.04f, 0.04f, &cache->patches);
}

/// Looks from the seats; the progress function comes first, for the watch
typedef struct {
  FhProgressFn progress;
  void* user;
  FhGatherCache* cache;
  GatherScratch* scratch; ///< [n_threads]
  bool failed;            ///< Atomic
} LookJob;

static bool
watch_looks(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  const LookJob* const job = (const LookJob*)user;
  return !job->progress || job->progress(job->user,
                                         "looking from the seats",
                                         (double)n_done / (double)n_chunks);
}

static int
by_tile(const void* const a, const void* const b)
{
  const View* const x = (const View*)a;
  const View* const y = (const View*)b;
  if (x->tile != y->tile) {
    return x->tile < y->tile ? -1 : 1;
  }
  return x->length_m < y->length_m ? -1 : x->length_m > y->length_m;
}

/// Join views of one tile by paths of nearly the same length; their number
static size_t
join_views(View* const views, const size_t n)
{
  if (n) {
    qsort(views, n, sizeof *views, by_tile);
  }
  size_t kept = 0;
  for (size_t i = 0; i < n; ++i) {
    View* const last = kept ? &views[kept - 1] : NULL;
    if (last && last->tile == views[i].tile &&
        views[i].length_m - last->length_m < JOIN_M) {
      last->weight += views[i].weight;
    } else {
      views[kept++] = views[i];
    }
  }
  return kept;
}

/// Keep what a seat sees; false when out of memory
static bool
keep_views(FhGatherCache* const cache,
           const size_t s,
           const GatherScratch* const scratch)
{
  View* const views = (View*)engine_alloc(scratch->n_glances, sizeof(View));
  if (!views) {
    return false;
  }
  size_t n = 0;
  for (size_t i = 0; i < scratch->n_glances; ++i) {
    const Glance* const g = &scratch->glances[i];
    View* const view = &views[n++];
    view->weight = g->weight * engine_air(&cache->engine, g->length_m);
    view->tile = cache->patches.tile_of[cache->patches.spot[g->chip][g->back]];
    view->length_m = g->length_m;
    view->dither = g->dither;
    patch_see(&cache->patches, g->chip, g->back);
  }
  n = join_views(views, n);
  cache->views[s] = (View*)engine_alloc(n, sizeof(View));
  if (!cache->views[s]) {
    free(views);
    return false;
  }
  memcpy(cache->views[s], views, n * sizeof(View));
  free(views);
  cache->n_views[s] = n;
  return true;
}

static void
look_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  LookJob* const job = (LookJob*)user;
  FhGatherCache* const cache = job->cache;
  GatherScratch* const scratch = &job->scratch[worker];
  for (size_t s = chunk * CHUNK_SEATS;
       s < (chunk + 1) * CHUNK_SEATS && s < cache->scene.n_seats;
       ++s) {
    const FhSeat* const seat = &cache->scene.seats[s];
    if (gather_look(&cache->engine,
                    &cache->patches,
                    &cache->grid.seats[s],
                    (uint64_t)1 << 55 | seat->id,
                    cache->gather_rays,
                    scratch) ||
        !keep_views(cache, s, scratch)) {
      __atomic_store_n(&job->failed, true, __ATOMIC_RELAXED);
    }
  }
}

static FhStatus
look(FhGatherCache* const cache, const FhProgressFn progress, void* const user)
{
  const size_t n = cache->scene.n_seats;
  const unsigned n_threads = cache->engine.n_threads;
  LookJob job = {progress, user, cache, NULL, false};
  cache->n_views = (size_t*)calloc(n, sizeof(size_t));
  cache->views = (View**)calloc(n, sizeof(View*));
  job.scratch = (GatherScratch*)calloc(n_threads, sizeof(GatherScratch));
  FhStatus status =
    cache->n_views && cache->views && job.scratch ? FH_OK : FH_ERR_NO_MEM;
  for (unsigned i = 0; i < n_threads && !status; ++i) {
    status = gather_scratch_init(&cache->patches, &job.scratch[i]);
  }
  if (!status) {
    status = pool_run(n_threads,
                      0,
                      (n + CHUNK_SEATS - 1) / CHUNK_SEATS,
                      look_chunk,
                      watch_looks,
                      &job);
  }
  for (unsigned i = 0; job.scratch && i < n_threads; ++i) {
    gather_scratch_clear(&job.scratch[i]);
  }
  free(job.scratch);
  return status ? status : job.failed ? FH_ERR_NO_MEM : FH_OK;
}

FhStatus
fh_gather_cache_new(const FhScene* const scene,
                    const FhRaycaster* const caster,
                    const FhGatherCacheDesc* const desc,
                    const FhProgressFn progress,
                    void* const user,
                    FhGatherCache** const out,
                    FhDiag* const diag)
{
  *out = NULL;
  if (!scene->n_triangles || !scene->n_seats || !desc->gather_rays) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                NULL,
                0,
                0,
                "the scene has no %s; give an audience and a geometry",
                scene->n_seats ? "surface" : "seats");
    return FH_ERR_INVALID_DATA;
  }
  FhGatherCache* const cache =
    (FhGatherCache*)engine_alloc(1, sizeof(FhGatherCache));
  if (!cache) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = choose_seats(scene, desc, cache);
  status = status ? status : prepare(cache, caster, desc, diag);
  status = status ? status : look(cache, progress, user);
  if (status) {
    fh_gather_cache_free(cache);
    return status;
  }
  cache->n_rows = cache->patches.n_tiles * cache->n_bins * N_DIRECTIONS;
  *out = cache;
  return FH_OK;
}

/// Rays from one position, and what the patches receive of them
typedef struct {
  const FhGatherCache* cache;
  Patches met; ///< The cache's, with its own record of chips that were met
  Emitter emitter;
  Images* images;
  uint64_t rays_per_direction;
  int64_t (*sums)[8];     ///< [tile][bin][direction]
  int64_t (*mirrored)[8]; ///< [seat][direction][window]; null for none
  FhTransfer* out;
} Position;

static size_t
window_of(const float after_s)
{
  return after_s < FIRST_WINDOW_S ? 0 : after_s < SECOND_WINDOW_S ? 1 : 2;
}

static uint32_t
direction_of(const float d[3])
{
  const float ring = (1.0f - d[2]) * 0.5f * (float)FH_TRANSFER_RINGS;
  const float turn = atan2f(d[1], d[0]) / (2.0f * (float)FH_PI);
  const float sector =
    (turn < 0.0f ? turn + 1.0f : turn) * (float)FH_TRANSFER_SECTORS;
  const uint32_t r =
    (uint32_t)lesser(greater(ring, 0.0f), (float)FH_TRANSFER_RINGS - 0.5f);
  const uint32_t s =
    (uint32_t)lesser(greater(sector, 0.0f), (float)FH_TRANSFER_SECTORS - 0.5f);
  return r * FH_TRANSFER_SECTORS + s;
}

static void
direction_in(const uint32_t direction, const float u, const float v, float d[3])
{
  const uint32_t ring = direction / FH_TRANSFER_SECTORS;
  const uint32_t sector = direction % FH_TRANSFER_SECTORS;
  sphere_direction(((float)ring + u) / (float)FH_TRANSFER_RINGS,
                   ((float)sector + v) / (float)FH_TRANSFER_SECTORS,
                   d);
}

/// Follow one ray; all octaves share it, as in transport.c
static void
send_ray(Position* const position,
         const uint32_t direction,
         const uint64_t number)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  const FhScene* const scene = engine->scene;
  const uint64_t key = (uint64_t)1 << 54 | (uint64_t)direction << 40 | number;
  const unsigned leader = (unsigned)(number % FH_N_OCTAVES);
  Random4 r = random4(engine->desc->seed, key, 0, 0, DRAW_EMIT);
  float at[3];
  float d[3];
  memcpy(at, position->out->at, sizeof at);
  direction_in(direction, r.u[0], r.u[1], d);
  F8 energy = f8_all(1.0f);
  F8 path = f8_all(1.0f);
  float length = 0.0f;
  for (uint32_t step = 1; step < MAX_STEPS; ++step) {
    FhHit hit;
    if (!engine_cast(engine, at, d, &hit)) {
      return;
    }
    length += hit.distance_m;
    const Surface* const s = &engine->surfaces[scene->material[hit.triangle]];
    float normal[3];
    memcpy(normal, scene->normal[hit.triangle], sizeof normal);
    float cosine = dot3(normal, d);
    const bool back = cosine > 0.0f;
    if (back && s->one_sided) {
      return;
    }
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = back ? -normal[k] : normal[k];
      at[k] += hit.distance_m * d[k] + LIFT_M * normal[k];
    }
    cosine = -fabsf(cosine);

    const F8 sent = energy * path * s->diffuse;
    const size_t chip = patch_chip(&position->met, &hit);
    patch_see(&position->met, chip, back);
    if (f8_max(sent) > 0.0f) {
      const uint32_t tile =
        cache->patches.tile_of[cache->patches.spot[chip][back]];
      size_t bin = (size_t)(length / engine->speed_m_s / BIN_S);
      bin = bin < cache->n_bins ? bin : cache->n_bins - 1;
      patch_add(
        position->sums[(tile * cache->n_bins + bin) * N_DIRECTIONS + direction],
        sent * engine_air(engine, length));
    }

    r = random4(engine->desc->seed, key, step, 0, DRAW_BOUNCE);
    const float through = s->p_through[leader];
    if (r.u[0] < through) {
      path *= s->p_through;
      for (size_t k = 0; k < 3; ++k) {
        at[k] -= 2.0f * LIFT_M * normal[k];
      }
    } else if (r.u[0] < through + s->p_diffuse[leader]) {
      path *= s->p_diffuse;
      lambert_direction(normal, r.u[1], r.u[2], d);
    } else {
      path *= s->p_mirror;
      for (size_t k = 0; k < 3; ++k) {
        d[k] -= 2.0f * cosine * normal[k];
      }
    }
    const float mean = f8_sum(path) * 0.125f;
    path *= f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);
    energy *= s->keep;
    const float left = f8_sum(energy * path) * 0.125f / LOT_BELOW;
    if (left < 1.0f) {
      if (r.u[3] >= left) {
        return;
      }
      energy *= f8_all(1.0f / left);
    }
  }
}

/// Count a mirrored segment at the seats for which no image source stands
static void
count_seats(const Position* const position,
            const uint32_t direction,
            const float at[3],
            const float d[3],
            const float hit_m,
            const float length,
            const uint64_t sequence,
            const unsigned order,
            const F8 weight)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  const SeatGrid* const grid = &cache->grid;
  CubeWalk walk;
  cube_walk_begin(&grid->cells, at, d, hit_m, &walk);
  for (; walk.inside; (void)cube_walk_next(&grid->cells, &walk)) {
    const size_t cell = cube_of_walk(&grid->cells, &walk);
    for (size_t i = grid->first[cell]; i < grid->first[cell + 1]; ++i) {
      const size_t s = grid->member[i];
      const Detector* const seat = &grid->seats[s];
      float along = 0.0f;
      if (!seat_grid_meets(grid, seat, at, d, hit_m, cell, &along) ||
          images_own(position->images, sequence, order, grid->zone_of[s])) {
        continue;
      }
      const float chord = detector_chord(engine, seat, at, d, hit_m);
      if (!(chord > 0.0f)) {
        continue;
      }
      const float towards[3] = {-d[0], -d[1], -d[2]};
      const float path = greater(length + along, 0.0f);
      const float to[3] = {seat->at[0] - position->out->at[0],
                           seat->at[1] - position->out->at[1],
                           seat->at[2] - position->out->at[2]};
      const float after = (path - sqrtf(dot3(to, to))) / engine->speed_m_s;
      const size_t window = window_of(after);
      patch_add(
        position->mirrored[(s * N_DIRECTIONS + direction) * N_WINDOWS + window],
        weight * engine_graze(engine, seat, towards) *
          engine_air(engine, path) * f8_all(chord * seat->inverse_volume));
    }
  }
}

/// Follow one ray that never scatters
static void
send_mirrored(const Position* const position,
              const uint32_t direction,
              const uint64_t number)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  const FhScene* const scene = engine->scene;
  const uint64_t key = (uint64_t)1 << 53 | (uint64_t)direction << 40 | number;
  Random4 r = random4(engine->desc->seed, key, 0, 0, DRAW_EMIT);
  float at[3];
  float d[3];
  memcpy(at, position->out->at, sizeof at);
  direction_in(direction, r.u[0], r.u[1], d);
  F8 weight = f8_all(1.0f);
  float length = 0.0f;
  uint64_t sequence = 0;
  for (uint32_t step = 0; step < MAX_STEPS; ++step) {
    FhHit hit;
    const bool met = engine_cast(engine, at, d, &hit);
    const float hit_m = met ? hit.distance_m : FAR_M;
    if (step) {
      count_seats(
        position, direction, at, d, hit_m, length, sequence, step, weight);
    }
    if (!met) {
      return;
    }
    const Surface* const s = &engine->surfaces[scene->material[hit.triangle]];
    const float* const n = scene->normal[hit.triangle];
    const float cosine = dot3(n, d);
    if (cosine > 0.0f && s->one_sided) {
      return;
    }
    length += hit.distance_m;
    const float lift = cosine > 0.0f ? -LIFT_M : LIFT_M;
    for (size_t k = 0; k < 3; ++k) {
      at[k] += hit.distance_m * d[k] + lift * n[k];
      d[k] -= 2.0f * cosine * n[k];
    }
    sequence = image_sequence(sequence, engine->planes.plane_of[hit.triangle]);
    weight *= s->mirror;
    const float left = f8_max(weight) / MIRROR_LOT_BELOW;
    if (left < 1.0f) {
      r = random4(engine->desc->seed, key, step + 1, 0, DRAW_BOUNCE);
      if (r.u[0] >= left) {
        return;
      }
      weight *= f8_all(1.0f / left);
    }
  }
}

static void
send_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  Position* const position = (Position*)user;
  const uint64_t first = chunk / N_DIRECTIONS * CHUNK;
  for (uint64_t i = first; i < first + CHUNK; ++i) {
    send_ray(position, (uint32_t)(chunk % N_DIRECTIONS), i);
    if (position->mirrored) {
      send_mirrored(position, (uint32_t)(chunk % N_DIRECTIONS), i);
    }
  }
}

/// [bin][direction] what a tile has sent until the bin's start, per area, all
/// of it in the last; takes the place of the first half of its sums
static F8*
sent_by(const Position* const position, const size_t tile)
{
  return (F8*)(void*)
    position->sums[tile * position->cache->n_bins * N_DIRECTIONS];
}

/// Turn the sums of a tile into what it has sent
static void
sum_tile(void* const user, const unsigned worker, const uint64_t tile)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  const FhGatherCache* const cache = position->cache;
  const float area = position->met.tile_m2[tile];
  if (!(area > 0.0f)) {
    // No ray came here, nor does a seat see it
    return;
  }
  const double n = (double)(position->rays_per_direction * N_DIRECTIONS);
  const float unit = (float)(1.0 / (PATCH_ONE * n * (double)area));
  // In the order of memory, which there is a lot of
  F8* const sent = sent_by(position, (size_t)tile);
  F8 sum[N_DIRECTIONS];
  F8 before[N_DIRECTIONS];
  memset(sum, 0, sizeof sum);
  for (size_t bin = 0; bin < cache->n_bins; ++bin) {
    const size_t row = ((size_t)tile * cache->n_bins + bin) * N_DIRECTIONS;
    memcpy(before, sum, sizeof sum);
    for (size_t direction = 0; direction < N_DIRECTIONS; ++direction) {
      const int64_t* const got = position->sums[row + direction];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        sum[direction][b] += (float)got[b] * unit;
      }
    }
    // Never beyond what was read
    memset(position->sums[row], 0, N_DIRECTIONS * sizeof *position->sums);
    memcpy(sent + bin * N_DIRECTIONS,
           bin + 1 < cache->n_bins ? before : sum,
           sizeof sum);
  }
}

static void
clear_tile(void* const user, const unsigned worker, const uint64_t tile)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  if (position->met.tile_m2[tile] > 0.0f) {
    memset(sent_by(position, (size_t)tile),
           0,
           position->cache->n_bins * N_DIRECTIONS * sizeof(F8));
  }
}

/// Image sources on their way into one seat's windows
typedef struct {
  const Engine* engine;
  const Detector* seat;
  F8* energy; ///< [direction][window]
  float direct_s;
} ImageWindows;

static void
window_arrival(void* const user, const FhArrival* const arrival)
{
  const ImageWindows* const sink = (const ImageWindows*)user;
  const float after = arrival->time_s - sink->direct_s;
  sink
    ->energy[direction_of(arrival->departure) * N_WINDOWS + window_of(after)] +=
    f8_load(arrival->intensity) *
    engine_graze(sink->engine, sink->seat, arrival->direction);
}

/// Add rows of a tile for one view: early, until 80 ms, all
static void
add_view(const Position* const position,
         const View* const view,
         const float direct_s,
         F8* const sums)
{
  const FhGatherCache* const cache = position->cache;
  const float delay = view->length_m / cache->engine.speed_m_s;
  const size_t last = cache->n_bins - 1;
  const F8* const tile = sent_by(position, view->tile);
  const float until[2] = {
    (direct_s + FIRST_WINDOW_S - delay) / BIN_S + view->dither,
    (direct_s + SECOND_WINDOW_S - delay) / BIN_S + view->dither};
  const F8 weight = view->weight;
  for (size_t w = 0; w < N_WINDOWS; ++w) {
    size_t bin = last;
    if (w < 2) {
      if (!(until[w] >= 1.0f)) {
        continue;
      }
      bin = (size_t)until[w] < last ? (size_t)until[w] : last - 1;
    }
    const F8* const row = tile + bin * N_DIRECTIONS;
    F8* const to = sums + w * N_DIRECTIONS;
    for (size_t d = 0; d < N_DIRECTIONS; ++d) {
      to[d] += weight * row[d];
    }
  }
}

static void
seat_chunk(void* const user, const unsigned worker, const uint64_t s)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  const FhGatherCache* const cache = position->cache;
  FhTransfer* const out = position->out;
  const float* const at = cache->scene.seats[s].at;
  const float to[3] = {
    out->at[0] - at[0], out->at[1] - at[1], out->at[2] - at[2]};
  const float direct_s = sqrtf(dot3(to, to)) / cache->engine.speed_m_s;
  out->direct_s[s] = direct_s;
  F8 sums[FH_TRANSFER_WINDOWS * FH_TRANSFER_DIRECTIONS];
  memset(sums, 0, sizeof sums);
  const View* const views = cache->views[s];
  for (size_t i = 0; i < cache->n_views[s]; ++i) {
    add_view(position, &views[i], direct_s, sums);
  }
  F8 energy[FH_TRANSFER_DIRECTIONS * FH_TRANSFER_WINDOWS];
  for (size_t d = 0; d < N_DIRECTIONS; ++d) {
    const F8 first = sums[d];
    const F8 second = sums[N_DIRECTIONS + d];
    energy[d * N_WINDOWS] = first;
    energy[d * N_WINDOWS + 1] = second - first;
    energy[d * N_WINDOWS + 2] = sums[2 * N_DIRECTIONS + d] - second;
  }
  if (position->mirrored) {
    const double n_rays = (double)(position->rays_per_direction * N_DIRECTIONS);
    const float unit = (float)(1.0 / (PATCH_ONE * n_rays));
    for (size_t i = 0; i < N_DIRECTIONS * N_WINDOWS; ++i) {
      const int64_t* const sum =
        position->mirrored[s * N_DIRECTIONS * N_WINDOWS + i];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        energy[i][b] += (float)sum[b] * unit;
      }
    }
  }
  ImageWindows sink = {&cache->engine, &cache->grid.seats[s], energy, direct_s};
  images_arrivals(
    position->images, at, cache->grid.zone_of[s], window_arrival, &sink);
  memcpy(out->energy[s * N_DIRECTIONS * N_WINDOWS], energy, sizeof energy);
}

static double
cpu_time_s(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static FhStatus
trace_position(Position* const position)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  FhStatus status =
    pool_run(engine->n_threads,
             0,
             position->rays_per_direction / CHUNK * N_DIRECTIONS,
             send_chunk,
             NULL,
             position);
  status = status ? status : patches_measure(&position->met);
  if (!status) {
    status = pool_run(
      engine->n_threads, 0, cache->patches.n_tiles, sum_tile, NULL, position);
  }
  if (!status) {
    status = pool_run(
      engine->n_threads, 0, cache->scene.n_seats, seat_chunk, NULL, position);
  }
  if (!status) {
    status = pool_run(
      engine->n_threads, 0, cache->patches.n_tiles, clear_tile, NULL, position);
  }
  return status;
}

/// Room for a position's sums, all zero: that of the one before if it is free
static void*
take_room(const FhGatherCache* const cache)
{
  // Only this corner of a cache changes once it is made
  FhGatherCache* const own = (FhGatherCache*)(uintptr_t)cache;
  void* const spare = __atomic_exchange_n(&own->spare, NULL, __ATOMIC_ACQ_REL);
  return spare ? spare : memory_new(cache->n_rows, 8 * sizeof(int64_t));
}

static void
give_room(const FhGatherCache* const cache, void* const room)
{
  FhGatherCache* const own = (FhGatherCache*)(uintptr_t)cache;
  void* const other = __atomic_exchange_n(&own->spare, room, __ATOMIC_ACQ_REL);
  memory_free(other, cache->n_rows, 8 * sizeof(int64_t));
}

FhStatus
fh_transfer_trace(const FhGatherCache* const cache,
                  const float at[3],
                  const uint64_t n_rays,
                  FhTransfer* const out)
{
  const double started_s = cpu_time_s();
  memset(out, 0, sizeof *out);
  memcpy(out->at, at, sizeof out->at);
  const size_t n = cache->scene.n_seats;
  out->n_seats = n;
  out->energy = (float(*)[FH_N_OCTAVES])engine_alloc(
    n * N_DIRECTIONS * N_WINDOWS, sizeof *out->energy);
  out->direct_s = (float*)calloc(n, sizeof(float));

  Position position;
  memset(&position, 0, sizeof position);
  position.cache = cache;
  position.out = out;
  // Areas are those that the rays of this position meet, or a seat does
  position.met = cache->patches;
  position.met.spot_m2 = NULL;
  position.met.tile_m2 = NULL;
  position.met.field_m2 = NULL;
  position.met.seen = (uint8_t*)engine_alloc(cache->patches.n_chips, 1);
  position.rays_per_direction = (n_rays / N_DIRECTIONS + CHUNK) / CHUNK * CHUNK;
  position.sums = (int64_t(*)[8])take_room(cache);
  const bool mirrors = cache->engine.any_mirror;
  const size_t n_mirrored = n * N_DIRECTIONS * N_WINDOWS;
  if (mirrors) {
    position.mirrored =
      (int64_t(*)[8])memory_new(n_mirrored, sizeof *position.mirrored);
  }
  FhRadiator radiator;
  memset(&radiator, 0, sizeof radiator);
  memcpy(radiator.at, at, sizeof radiator.at);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    radiator.power_w[b] = 1.0f;
  }
  FhStatus status = FH_ERR_NO_MEM;
  if (out->energy && out->direct_s && position.met.seen && position.sums &&
      (position.mirrored || !mirrors)) {
    memcpy(position.met.seen, cache->patches.seen, cache->patches.n_chips);
    status = emitter_init(&position.emitter, &radiator);
  }
  if (!status) {
    status = images_new(&cache->engine,
                        &position.emitter,
                        1,
                        cache->desc.image_order,
                        &cache->grid,
                        &position.images);
  }
  status = status ? status : trace_position(&position);
  images_free(position.images);
  emitter_clear(&position.emitter);
  if (status) {
    memory_free(position.sums, cache->n_rows, sizeof *position.sums);
  } else {
    give_room(cache, position.sums);
  }
  memory_free(position.mirrored, n_mirrored, sizeof *position.mirrored);
  free(position.met.seen);
  free(position.met.spot_m2);
  free(position.met.tile_m2);
  free(position.met.field_m2);
  if (status) {
    fh_seat_transfer_clear(out);
  }
  out->cpu_s = cpu_time_s() - started_s;
  return status;
}

void
fh_seat_transfer_clear(FhTransfer* const transfer)
{
  free(transfer->energy);
  free(transfer->direct_s);
  memset(transfer, 0, sizeof *transfer);
}

void
fh_transfer_powers(const FhRadiator* const radiator,
                   float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES])
{
  for (uint32_t d = 0; d < N_DIRECTIONS; ++d) {
    F8 sum = f8_all(0.0f);
    for (uint32_t i = 0; i < SUB_CELLS * SUB_CELLS; ++i) {
      const uint32_t row = i / SUB_CELLS;
      const uint32_t column = i % SUB_CELLS;
      float direction[3];
      float w[FH_N_OCTAVES];
      direction_in(d,
                   ((float)row + 0.5f) / (float)SUB_CELLS,
                   ((float)column + 0.5f) / (float)SUB_CELLS,
                   direction);
      if (radiator->octaves) {
        radiator->octaves(radiator->user, direction, w);
      } else {
        memcpy(w, radiator->power_w, sizeof w);
      }
      sum += f8_load(w);
    }
    f8_store(power_w[d], sum * f8_all(1.0f / (SUB_CELLS * SUB_CELLS)));
  }
}

void
fh_transfer_weigh(const FhTransfer* const transfer,
                  const float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES],
                  float (*const out)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])
{
  for (size_t s = 0; s < transfer->n_seats; ++s) {
    F8 sum[FH_TRANSFER_WINDOWS];
    memset(sum, 0, sizeof sum);
    const float(*const row)[FH_N_OCTAVES] =
      (const float(*)[FH_N_OCTAVES])transfer->energy +
      s * N_DIRECTIONS * N_WINDOWS;
    for (size_t d = 0; d < N_DIRECTIONS; ++d) {
      const F8 power = f8_load(power_w[d]);
      for (size_t w = 0; w < N_WINDOWS; ++w) {
        sum[w] += power * f8_load(row[d * N_WINDOWS + w]);
      }
    }
    memcpy(out[s], sum, sizeof sum);
  }
}
