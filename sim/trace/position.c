// SPDX-License-Identifier: GPL-3.0-or-later
#include "gather_cache_private.h"
#include "memory.h"
#include "pool.h"

#include <stdlib.h>
#include <time.h>

/// What counts as left by first surfaces that leave less
#define LEAST_LEFT 0.02f
/// Entries of the next tile that are asked for while one is added
#define AHEAD 12u

/// A line along which sound comes to a seat
typedef struct {
  F8 energy;
  uint32_t direction;
  uint32_t window;
  uint32_t unused[6];
} Line;

/// Lines of one seat on their way to where they are kept; one of each thread
typedef struct {
  const Engine* engine;
  const Detector* seat;
  float direct_s;
  size_t n, n_room;
  Line* lines; ///< Owned
  bool failed;
} Bundle;

static void
add_line(Bundle* const bundle,
         const float departure[3],
         const float time_s,
         const F8 energy)
{
  if (bundle->n == bundle->n_room) {
    Line* const grown =
      (Line*)engine_alloc(2 * bundle->n_room + 64, sizeof(Line));
    if (!grown) {
      bundle->failed = true;
      return;
    }
    if (bundle->n) {
      memcpy(grown, bundle->lines, bundle->n * sizeof(Line));
    }
    free(bundle->lines);
    bundle->lines = grown;
    bundle->n_room = 2 * bundle->n_room + 64;
  }
  Line* const line = &bundle->lines[bundle->n++];
  line->energy = energy;
  line->direction = direction_of(departure);
  line->window = (uint32_t)window_of(time_s - bundle->direct_s);
}

static void
add_arrival(void* const user, const FhArrival* const arrival)
{
  Bundle* const bundle = (Bundle*)user;
  add_line(bundle,
           arrival->departure,
           arrival->time_s,
           f8_load(arrival->intensity) *
             engine_graze(bundle->engine, bundle->seat, arrival->direction));
}

/// Sound scattered once
static void
add_first(const Position* const position, const size_t s, Bundle* const bundle)
{
  const Engine* const engine = bundle->engine;
  const Sights* const sights = &position->cache->sights[s];
  const float* const from = position->out->at;
  for (size_t i = 0; i < sights->n_places; ++i) {
    const Place* const place = &sights->places[i];
    if (!position->lit[place->side]) {
      continue;
    }
    const float to[3] = {
      place->at[0] - from[0], place->at[1] - from[1], place->at[2] - from[2]};
    const float facing = -dot3(to, place->normal);
    const float r2 = dot3(to, to);
    if (!(facing > 0.0f) || !(r2 >= NEAR_SOURCE_M * NEAR_SOURCE_M)) {
      continue;
    }
    const float r = sqrtf(r2);
    const float away[3] = {to[0] / r, to[1] / r, to[2] / r};
    const float share = facing / (4.0f * (float)FH_PI * r2 * r);
    const float length = place->length_m + r;
    add_line(bundle,
             away,
             length / engine->speed_m_s,
             place->weight * f8_all(share) * engine_air(engine, length));
  }
}

/// Keep the lines of a seat, by windows; false when out of memory
static bool
keep_lines(const Bundle* const bundle, Lines* const out)
{
  out->energy = (F8*)engine_alloc(bundle->n, sizeof(F8));
  out->direction = (uint16_t*)engine_alloc(bundle->n, sizeof(uint16_t));
  if (!out->energy || !out->direction || bundle->failed) {
    return false;
  }
  uint32_t n = 0;
  for (uint32_t w = 0; w < N_WINDOWS; ++w) {
    for (size_t i = 0; i < bundle->n; ++i) {
      if (bundle->lines[i].window == w) {
        out->energy[n] = bundle->lines[i].energy;
        out->direction[n++] = (uint16_t)bundle->lines[i].direction;
      }
    }
    out->end[w] = n;
  }
  return true;
}

/// Row before which a tile has sent what comes to a view until a time
static uint32_t
row_until(const Position* const position,
          const View* const view,
          const float until_s)
{
  const FhGatherCache* const cache = position->cache;
  const float bin =
    (until_s - view->length_m / cache->engine.speed_m_s) / BIN_S + view->dither;
  const uint32_t last = (uint32_t)cache->n_bins - 1;
  const uint32_t until = bin > 0.0f ? (uint32_t)bin : 0;
  return (until < last ? until : last) * (uint32_t)N_CELLS;
}

/// Add what a tile sends to all views of it: until 50 ms, until 80 ms, all
static void
add_views(const Position* const position,
          const View* const views,
          const size_t n_views,
          const float direct_s,
          F8 (*const sums)[N_CELLS])
{
  const Sent* const sent = &position->sent;
  const uint32_t begin = sent->first[views->tile];
  const uint32_t end = sent->first[views->tile + 1];
  F8 together = f8_all(0.0f);
  for (size_t i = 0; i < n_views; ++i) {
    const View* const view = &views[i];
    const F8 weight = view->weight;
    together += weight;
    const uint32_t first = row_until(position, view, direct_s + FIRST_WINDOW_S);
    const uint32_t second =
      row_until(position, view, direct_s + SECOND_WINDOW_S);
    for (uint32_t k = begin; k < end && sent->row[k] < second; ++k) {
      const F8 energy = weight * sent->energy[k];
      sums[1][sent->row[k] % N_CELLS] += energy;
      if (sent->row[k] < first) {
        sums[0][sent->row[k] % N_CELLS] += energy;
      }
    }
  }
  for (uint32_t k = begin; k < end; ++k) {
    sums[2][sent->row[k] % N_CELLS] += together * sent->energy[k];
  }
}

/// Ask for the memory of a tile that comes next
static inline void
look_ahead(const Sent* const sent, const uint32_t tile)
{
  const uint32_t begin = sent->first[tile];
  const uint32_t end = sent->first[tile + 1];
  for (uint32_t k = begin; k < end && k < begin + AHEAD; k += 2) {
    __builtin_prefetch(&sent->energy[k]);
  }
  __builtin_prefetch(&sent->row[begin < end ? begin : 0]);
}

/// What a seat receives of the patches, and of mirrors without image sources
static void
sum_cells(const Position* const position,
          const size_t s,
          const float direct_s,
          F8* const cells)
{
  const Sights* const sights = &position->cache->sights[s];
  const View* const views = sights->views;
  F8 sums[FH_TRANSFER_WINDOWS][N_CELLS];
  memset(sums, 0, sizeof sums);
  for (size_t i = 0, end = 0; i < sights->n_views; i = end) {
    while (end < sights->n_views && views[end].tile == views[i].tile) {
      ++end;
    }
    if (end < sights->n_views) {
      look_ahead(&position->sent, views[end].tile);
    }
    add_views(position, views + i, end - i, direct_s, sums);
  }
  for (size_t c = 0; c < N_CELLS; ++c) {
    cells[c * N_WINDOWS] = sums[0][c];
    cells[c * N_WINDOWS + 1] = sums[1][c] - sums[0][c];
    cells[c * N_WINDOWS + 2] = sums[2][c] - sums[1][c];
  }
  if (!position->mirrored) {
    return;
  }
  const double n_rays = (double)(position->rays_per_cell * N_CELLS);
  const float unit = (float)(1.0 / (PATCH_ONE * n_rays));
  for (size_t i = 0; i < N_CELLS * N_WINDOWS; ++i) {
    const int64_t* const sum = position->mirrored[s * N_CELLS * N_WINDOWS + i];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      cells[i][b] += (float)sum[b] * unit;
    }
  }
}

/// Seats of a position; the failure of one is that of all
typedef struct {
  const Position* position;
  Bundle* bundles; ///< [n_threads]
  bool failed;     ///< Atomic
} SeatJob;

static void
seat_chunk(void* const user, const unsigned worker, const uint64_t s)
{
  SeatJob* const job = (SeatJob*)user;
  const Position* const position = job->position;
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  FhTransfer* const out = position->out;
  const float* const at = cache->scene.seats[s].at;
  const float to[3] = {
    out->at[0] - at[0], out->at[1] - at[1], out->at[2] - at[2]};
  const float direct_s = sqrtf(dot3(to, to)) / engine->speed_m_s;
  out->direct_s[s] = direct_s;
  sum_cells(position, s, direct_s, out->sums->cells + s * N_CELLS * N_WINDOWS);
  Bundle* const bundle = &job->bundles[worker];
  bundle->engine = engine;
  bundle->seat = &cache->grid.seats[s];
  bundle->direct_s = direct_s;
  bundle->n = 0;
  add_first(position, s, bundle);
  images_arrivals(
    position->images, at, cache->grid.zone_of[s], add_arrival, bundle);
  diffraction_arrivals(engine, &position->emitter, at, add_arrival, bundle);
  if (!keep_lines(bundle, &out->sums->lines[s])) {
    __atomic_store_n(&job->failed, true, __ATOMIC_RELAXED);
  }
}

/// Shares of the directions of each cell in what it sends after the first
/// surface
static void
fill_shares(const Position* const position)
{
  F8 sum[N_CELLS];
  memset(sum, 0, sizeof sum);
  F8* const share = position->out->sums->share;
  const double n = (double)position->rays_per_cell * (double)N_CELLS /
                   (double)N_DIRECTIONS * PATCH_ONE;
  for (uint32_t d = 0; d < N_DIRECTIONS; ++d) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      share[d][b] =
        greater((float)((double)position->left[d][b] / n), LEAST_LEFT);
    }
    sum[cell_of(d)] += share[d];
  }
  for (uint32_t d = 0; d < N_DIRECTIONS; ++d) {
    share[d] /= sum[cell_of(d)];
  }
}

static FhStatus
trace_position(Position* const position)
{
  const FhGatherCache* const cache = position->cache;
  const unsigned n_threads = cache->engine.n_threads;
  SeatJob job = {
    position, (Bundle*)engine_alloc(n_threads, sizeof(Bundle)), false};
  FhStatus status = job.bundles ? position_send(position) : FH_ERR_NO_MEM;
  if (!status) {
    fill_shares(position);
    status =
      pool_run(n_threads, 0, cache->scene.n_seats, seat_chunk, NULL, &job);
  }
  for (unsigned i = 0; job.bundles && i < n_threads; ++i) {
    free(job.bundles[i].lines);
  }
  free(job.bundles);
  return status ? status : job.failed ? FH_ERR_NO_MEM : FH_OK;
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

static FhStatus
sums_new(const FhGatherCache* const cache, FhTransfer* const out)
{
  const size_t n = cache->scene.n_seats;
  out->n_seats = n;
  out->direct_s = (float*)calloc(n, sizeof(float));
  struct FhTransferSumsImpl* const sums =
    (struct FhTransferSumsImpl*)calloc(1, sizeof *sums);
  out->sums = sums;
  if (!sums || !out->direct_s) {
    return FH_ERR_NO_MEM;
  }
  sums->lines = (Lines*)calloc(n, sizeof(Lines));
  sums->cells = (F8*)engine_alloc(n * N_CELLS * N_WINDOWS, sizeof(F8));
  sums->share = (F8*)engine_alloc(N_DIRECTIONS, sizeof(F8));
  return sums->lines && sums->cells && sums->share ? FH_OK : FH_ERR_NO_MEM;
}

void
fh_seat_transfer_clear(FhTransfer* const transfer)
{
  struct FhTransferSumsImpl* const sums = transfer->sums;
  for (size_t s = 0; sums && sums->lines && s < transfer->n_seats; ++s) {
    free(sums->lines[s].energy);
    free(sums->lines[s].direction);
  }
  if (sums) {
    free(sums->lines);
    free(sums->cells);
    free(sums->share);
  }
  free(sums);
  free(transfer->direct_s);
  memset(transfer, 0, sizeof *transfer);
}

/// Room for the rays of a position
static FhStatus
position_new(const FhGatherCache* const cache, Position* const position)
{
  // Areas are those that the rays of this position meet, or a seat does
  position->met = cache->patches;
  position->met.spot_m2 = NULL;
  position->met.tile_m2 = NULL;
  position->met.field_m2 = NULL;
  position->met.seen = (uint8_t*)engine_alloc(cache->patches.n_chips, 1);
  position->sums = (int64_t(*)[8])take_room(cache);
  position->left =
    (int64_t(*)[8])engine_alloc(N_DIRECTIONS, sizeof *position->left);
  position->lit = (uint8_t*)engine_alloc(cache->n_sides, 1);
  if (cache->engine.any_mirror) {
    position->mirrored = (int64_t(*)[8])memory_new(
      cache->scene.n_seats * N_CELLS * N_WINDOWS, sizeof *position->mirrored);
  }
  if (!position->met.seen || !position->sums || !position->left ||
      !position->lit || (cache->engine.any_mirror && !position->mirrored)) {
    return FH_ERR_NO_MEM;
  }
  memcpy(position->met.seen, cache->patches.seen, cache->patches.n_chips);
  FhRadiator radiator;
  memset(&radiator, 0, sizeof radiator);
  memcpy(radiator.at, position->out->at, sizeof radiator.at);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    radiator.power_w[b] = 1.0f;
  }
  const FhStatus status = emitter_init(&position->emitter, &radiator);
  return status ? status
                : images_new(&cache->engine,
                             &position->emitter,
                             1,
                             cache->desc.image_order,
                             &cache->grid,
                             &position->images);
}

/// @param clean The sums are all zero again
static void
position_clear(Position* const position, const bool clean)
{
  const FhGatherCache* const cache = position->cache;
  images_free(position->images);
  emitter_clear(&position->emitter);
  if (clean) {
    give_room(cache, position->sums);
  } else {
    memory_free(position->sums, cache->n_rows, sizeof *position->sums);
  }
  memory_free(position->mirrored,
              cache->scene.n_seats * N_CELLS * N_WINDOWS,
              sizeof *position->mirrored);
  free(position->left);
  free(position->sent.first);
  free(position->sent.energy);
  free(position->sent.row);
  free(position->lit);
  free(position->met.seen);
  free(position->met.spot_m2);
  free(position->met.tile_m2);
  free(position->met.field_m2);
}

static double
cpu_time_s(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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
  Position position;
  memset(&position, 0, sizeof position);
  position.cache = cache;
  position.out = out;
  position.rays_per_cell = n_rays / N_CELLS + 1;
  FhStatus status = sums_new(cache, out);
  status = status ? status : position_new(cache, &position);
  status = status ? status : trace_position(&position);
  position_clear(&position, !status);
  if (status) {
    fh_seat_transfer_clear(out);
  }
  out->cpu_s = cpu_time_s() - started_s;
  return status;
}

void
fh_transfer_powers(const FhRadiator* const radiator,
                   float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES])
{
  for (uint32_t i = 0; i < N_DIRECTIONS; ++i) {
    if (radiator->octaves) {
      float d[3];
      direction_in(i, 0.5f, 0.5f, d);
      radiator->octaves(radiator->user, d, power_w[i]);
    } else {
      memcpy(power_w[i], radiator->power_w, sizeof power_w[i]);
    }
  }
}

void
fh_transfer_weigh(const FhTransfer* const transfer,
                  const float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES],
                  float (*const out)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])
{
  const struct FhTransferSumsImpl* const sums = transfer->sums;
  F8 cell_w[N_CELLS];
  memset(cell_w, 0, sizeof cell_w);
  for (uint32_t d = 0; d < N_DIRECTIONS; ++d) {
    cell_w[cell_of(d)] += sums->share[d] * f8_load(power_w[d]);
  }
  for (size_t s = 0; s < transfer->n_seats; ++s) {
    F8 sum[FH_TRANSFER_WINDOWS];
    memset(sum, 0, sizeof sum);
    const F8* const cells = sums->cells + s * N_CELLS * N_WINDOWS;
    for (size_t c = 0; c < N_CELLS; ++c) {
      for (size_t w = 0; w < N_WINDOWS; ++w) {
        sum[w] += cell_w[c] * cells[c * N_WINDOWS + w];
      }
    }
    const Lines* const lines = &sums->lines[s];
    uint32_t i = 0;
    for (size_t w = 0; w < N_WINDOWS; ++w) {
      for (; i < lines->end[w]; ++i) {
        sum[w] += lines->energy[i] * f8_load(power_w[lines->direction[i]]);
      }
    }
    memcpy(out[s], sum, sizeof sum);
  }
}
