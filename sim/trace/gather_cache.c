// SPDX-License-Identifier: GPL-3.0-or-later
#include "gather_cache_private.h"
#include "memory.h"
#include "pool.h"

#include <stdlib.h>

/// Gather rays end after this path [m]
#define LOOK_M 600.0f
/// Radius of the volume around a seat, and directions of sight to find it
#define SEAT_RADIUS_M      1.0f
#define SEAT_VOLUME_POINTS 64u
/// Paths from a seat to one tile that differ by less are joined [m]
#define JOIN_M 2.0f
/// Seats that one thread takes at a time
#define CHUNK_SEATS 8u
/// Rays that look for sequences of mirrors
#define SEARCH_RAYS 20000u

FhGatherCacheDesc
fh_gather_cache_desc_default(void)
{
  FhGatherCacheDesc desc;
  memset(&desc, 0, sizeof desc);
  desc.seed = 1;
  desc.gather_rays = 256;
  desc.image_order = 3;
  return desc;
}

void
fh_gather_cache_free(FhGatherCache* const cache)
{
  if (!cache) {
    return;
  }
  for (size_t s = 0; cache->sights && s < cache->scene.n_seats; ++s) {
    free(cache->sights[s].views);
    free(cache->sights[s].places);
  }
  memory_free(cache->spare, cache->n_rows, 8 * sizeof(int64_t));
  free(cache->sights);
  free(cache->sides);
  diffraction_clear(&cache->diffraction);
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
  engine->n_octets = 1;
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
  if (!status && engine->any_mirror) {
    status = diffraction_new(engine, &cache->diffraction);
    engine->diffraction = &cache->diffraction;
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

/// Keep the patches that a seat sees; false when out of memory
static bool
keep_views(FhGatherCache* const cache,
           const GatherScratch* const scratch,
           Sights* const sights)
{
  View* const views = (View*)engine_alloc(scratch->n_glances, sizeof(View));
  if (!views) {
    return false;
  }
  for (size_t i = 0; i < scratch->n_glances; ++i) {
    const Glance* const g = &scratch->glances[i];
    View* const view = &views[i];
    view->weight = g->weight * engine_air(&cache->engine, g->length_m);
    view->tile = cache->patches.tile_of[cache->patches.spot[g->chip][g->back]];
    view->length_m = g->length_m;
    view->dither = g->dither;
    patch_see(&cache->patches, g->chip, g->back);
  }
  sights->n_views = join_views(views, scratch->n_glances);
  sights->views = (View*)engine_alloc(sights->n_views, sizeof(View));
  if (sights->views) {
    memcpy(sights->views, views, sights->n_views * sizeof(View));
  }
  free(views);
  return sights->views != NULL;
}

/// Keep the places where a seat sees sound scattered; false when out of memory
static bool
keep_places(const Engine* const engine,
            const GatherScratch* const scratch,
            Sights* const sights)
{
  sights->places = (Place*)engine_alloc(scratch->n_glances, sizeof(Place));
  if (!sights->places) {
    return false;
  }
  for (size_t i = 0; i < scratch->n_glances; ++i) {
    const Glance* const g = &scratch->glances[i];
    Place* const place = &sights->places[i];
    place->weight = g->weight * engine->surfaces[g->material].diffuse;
    memcpy(place->at, g->at, sizeof place->at);
    memcpy(place->normal, g->normal, sizeof place->normal);
    place->length_m = g->length_m;
    place->side = 2 * g->chip + g->back;
  }
  sights->n_places = scratch->n_glances;
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
        !keep_views(cache, scratch, &cache->sights[s]) ||
        !keep_places(&cache->engine, scratch, &cache->sights[s])) {
      __atomic_store_n(&job->failed, true, __ATOMIC_RELAXED);
    }
  }
}

/// Number the sides of chips on which there are places, in order of seats
static FhStatus
number_sides(FhGatherCache* const cache)
{
  uint32_t* const number =
    (uint32_t*)engine_alloc(2 * cache->patches.n_chips, sizeof(uint32_t));
  size_t n_room = 4096;
  Side* sides = (Side*)malloc(n_room * sizeof(Side));
  size_t n = 0;
  for (size_t s = 0; s < cache->scene.n_seats && number && sides; ++s) {
    const Sights* const sights = &cache->sights[s];
    for (size_t i = 0; i < sights->n_places; ++i) {
      Place* const place = &sights->places[i];
      if (!number[place->side]) {
        if (n == n_room) {
          n_room *= 2;
          Side* const grown = (Side*)realloc(sides, n_room * sizeof(Side));
          if (!grown) {
            free(sides);
            sides = NULL;
            break;
          }
          sides = grown;
        }
        memcpy(sides[n].at, place->at, sizeof place->at);
        memcpy(sides[n].normal, place->normal, sizeof place->normal);
        number[place->side] = (uint32_t)++n;
      }
      place->side = number[place->side] - 1;
    }
  }
  const bool ok = number && sides;
  free(number);
  cache->sides = sides;
  cache->n_sides = n;
  return ok ? FH_OK : FH_ERR_NO_MEM;
}

static FhStatus
look(FhGatherCache* const cache, const FhProgressFn progress, void* const user)
{
  const size_t n = cache->scene.n_seats;
  const unsigned n_threads = cache->engine.n_threads;
  LookJob job = {progress, user, cache, NULL, false};
  cache->sights = (Sights*)calloc(n, sizeof(Sights));
  job.scratch = (GatherScratch*)calloc(n_threads, sizeof(GatherScratch));
  FhStatus status = cache->sights && job.scratch ? FH_OK : FH_ERR_NO_MEM;
  for (unsigned i = 0; i < n_threads && !status; ++i) {
    status = gather_scratch_init(&cache->patches, 1, &job.scratch[i]);
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
  status = status ? status : job.failed ? FH_ERR_NO_MEM : FH_OK;
  return status ? status : number_sides(cache);
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
  cache->n_rows = cache->patches.n_tiles * cache->n_bins * N_CELLS;
  *out = cache;
  return FH_OK;
}
