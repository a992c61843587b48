// SPDX-License-Identifier: GPL-3.0-or-later
#include "seats.h"

#include "memory.h"

#include <stdlib.h>

/// Radius of the volume around a seat where there is room [m]
#define SEAT_RADIUS_M 1.0f
/// Radius of the small volume in which the gather is checked [m]
#define NEAR_RADIUS_M 0.35f
/// Directions of sight by which these volumes are found
#define SEAT_VOLUME_POINTS 64u
/// Early bins reach this far beyond the last direct sound [s]
#define EARLY_S 0.24f
/// Sums of all threads together take this much at most [bytes]
#define PRIVATE_BYTES ((size_t)1 << 30)

/// Volumes of a chunk of seats; a PoolWork
typedef struct {
  const Engine* engine;
  Seats* seats;
} VolumeJob;

static void
measure_volumes(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const VolumeJob* const job = (const VolumeJob*)user;
  const SeatGrid* const grid = &job->seats->grid;
  for (size_t s = chunk * SEATS_PER_CHUNK;
       s < (chunk + 1) * SEATS_PER_CHUNK && s < grid->n_seats;
       ++s) {
    float at[3];
    memcpy(at, grid->seats[s].at, sizeof at);
    detector_init(job->engine,
                  at,
                  SEAT_RADIUS_M,
                  SEATS_KEY | s,
                  SEAT_VOLUME_POINTS,
                  &grid->seats[s]);
    detector_init(job->engine,
                  at,
                  NEAR_RADIUS_M,
                  SEATS_KEY | s,
                  SEAT_VOLUME_POINTS,
                  &grid->near[s]);
  }
}

/// Latest direct sound at a seat [s]
static float
last_direct(const Engine* const engine)
{
  const FhScene* const scene = engine->scene;
  float last = 0.0f;
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    const FhRadiator* const radiator = &engine->emitters[e].radiator;
    for (size_t s = 0; s < scene->n_seats; ++s) {
      const float d[3] = {scene->seats[s].at[0] - radiator->at[0],
                          scene->seats[s].at[1] - radiator->at[1],
                          scene->seats[s].at[2] - radiator->at[2]};
      last = fmaxf(
        last, sqrtf(dot3(d, d)) / engine->speed_m_s + (float)radiator->delay_s);
    }
  }
  return last;
}

static FhStatus
make_groups(const Engine* const engine, Seats* const seats)
{
  const size_t n_emitters = engine->n_emitters;
  seats->n_groups = engine->desc->per_emitter_seats ? n_emitters : 1;
  seats->groups = (Group*)engine_alloc(seats->n_groups, sizeof(Group));
  // Threads add faster to sums of their own, where there is room
  const size_t bytes =
    patch_tally_bytes(&seats->patches, seats->n_octets) * seats->n_groups;
  seats->n_private =
    bytes * engine->n_threads <= PRIVATE_BYTES ? engine->n_threads : 1;
  seats->scattered = (PatchTally*)engine_alloc(
    seats->n_groups * seats->n_private, sizeof(PatchTally));
  seats->power = (F8*)engine_alloc(n_emitters, sizeof(F8));
  seats->images = (Images**)engine_alloc(n_emitters, sizeof(void*));
  if (!seats->groups || !seats->scattered || !seats->power || !seats->images) {
    return FH_ERR_NO_MEM;
  }
  for (size_t g = 0; g < seats->n_groups; ++g) {
    seats->groups[g].first = seats->n_groups > 1 ? g : 0;
    seats->groups[g].last = seats->n_groups > 1 ? g + 1 : n_emitters;
  }
  for (size_t e = 0; e < n_emitters; ++e) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      seats->most_power[b] =
        fmaxf(seats->most_power[b], engine->emitters[e].radiator.power_w[b]);
    }
  }
  for (size_t e = 0; e < n_emitters; ++e) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const float most = seats->most_power[b];
      seats->power[e][b] =
        most > 0.0f ? engine->emitters[e].radiator.power_w[b] / most : 0.0f;
    }
  }
  return FH_OK;
}

static FhStatus
make_tallies(const Engine* const engine, Seats* const seats)
{
  FhStatus status = FH_OK;
  const size_t n_sums = seats->n_octets * seats->n_groups;
  for (size_t i = 0; i < seats->n_groups * seats->n_private && !status; ++i) {
    status =
      patch_tally_init(&seats->patches, seats->n_octets, &seats->scattered[i]);
    seats->scattered[i].is_shared = seats->n_private < engine->n_threads;
  }
  for (size_t e = 0; e < engine->n_emitters && !status; ++e) {
    status = images_new(engine,
                        &engine->emitters[e],
                        e,
                        engine->desc->image_order,
                        &seats->grid,
                        &seats->images[e]);
  }
  const size_t n = seats->grid.n_seats;
  if (!status && (engine->any_mirror || engine->any_through)) {
    seats->mirrored = (int64_t(*)[8])memory_new(n_sums * n * seats->n_bins,
                                                sizeof *seats->mirrored);
    seats->mirrored_blocks = (int64_t(*)[8])memory_new(
      n_sums * n * N_BLOCKS, sizeof *seats->mirrored_blocks);
    if (!seats->mirrored || !seats->mirrored_blocks) {
      status = FH_ERR_NO_MEM;
    }
  }
  return status;
}

/// What all seats will take, before any of it is taken [bytes]
static double
memory_needed(const Engine* const engine, const Seats* const seats)
{
  const double n_groups =
    engine->desc->per_emitter_seats ? (double)engine->n_emitters : 1.0;
  const double n = (double)seats->grid.n_seats;
  const double tally =
    (double)patch_tally_bytes(&seats->patches, seats->n_octets);
  const double n_octets = (double)seats->n_octets;
  // Of the patches' sides, those that nothing meets take none
  const double patches = 0.6 * tally * n_groups;
  const double threads = fmin(patches * (double)engine->n_threads,
                              fmax(patches, (double)PRIVATE_BYTES));
  const double mirrored =
    n * n_groups * ((double)seats->n_bins + N_BLOCKS) * 64.0;
  const double result =
    n * (n_groups > 1.0 ? n_groups + 1.0 : 1.0) * (double)seats->n_bins * 32.0;
  // Their echograms are floats and are filled with zeros all over
  const double maps = 0.5 * tally * n_groups;
  return threads + maps + n_octets * (mirrored + result);
}

static FhStatus
check_memory(const Engine* const engine, Seats* const seats, FhDiag* const diag)
{
  const double needed = memory_needed(engine, seats);
  seats->memory_bytes = (double)memory_used() + needed;
  const double available = (double)memory_available();
  if (!(available > 0.0) || needed < 0.5 * available) {
    return FH_OK;
  }
  const bool fails = needed > 0.95 * available;
  fh_diag_add(diag,
              fails ? FH_DIAG_ERROR : FH_DIAG_WARNING,
              NULL,
              0,
              0,
              "%zu seats need about %.1f GB of memory, %.1f GB are free; give "
              "a wider spacing_m or a shorter duration",
              seats->grid.n_seats,
              1e-9 * needed,
              1e-9 * available);
  return fails ? FH_ERR_NO_MEM : FH_OK;
}

FhStatus
seats_new(const Engine* const engine, Seats* const seats, FhDiag* const diag)
{
  memset(seats, 0, sizeof *seats);
  seats->n_octets = engine->n_octets;
  FhStatus status = seat_grid_new(engine, SEAT_RADIUS_M, &seats->grid);
  if (!status) {
    VolumeJob job = {engine, seats};
    status = pool_run(
      engine->n_threads, 0, seats_chunks(seats), measure_volumes, NULL, &job);
  }
  status = status ? status
                  : patches_new(engine,
                                last_direct(engine) + EARLY_S,
                                engine->duration_s,
                                &seats->patches);
  seats->n_bins = status ? 0 : seat_bin_count(&seats->patches);
  status = status ? status : check_memory(engine, seats, diag);
  status = status ? status : make_groups(engine, seats);
  status = status ? status : make_tallies(engine, seats);
  if (status) {
    seats_clear(engine, seats);
  }
  return status;
}

void
seats_clear(const Engine* const engine, Seats* const seats)
{
  const size_t n = seats->grid.n_seats;
  const size_t n_sums = seats->n_octets * seats->n_groups;
  for (size_t g = 0; seats->groups && g < seats->n_groups; ++g) {
    for (size_t o = 0; o < seats->n_octets; ++o) {
      patch_map_clear(&seats->groups[g].map[o]);
    }
  }
  for (size_t i = 0; seats->scattered && i < seats->n_groups * seats->n_private;
       ++i) {
    patch_tally_clear(&seats->scattered[i]);
  }
  for (size_t e = 0; seats->images && e < engine->n_emitters; ++e) {
    images_free(seats->images[e]);
  }
  memory_free(
    seats->mirrored, n_sums * n * seats->n_bins, sizeof *seats->mirrored);
  memory_free(seats->mirrored_blocks,
              n_sums * n * N_BLOCKS,
              sizeof *seats->mirrored_blocks);
  free(seats->groups);
  free(seats->scattered);
  free(seats->power);
  free(seats->images);
  patches_clear(&seats->patches);
  seat_grid_clear(&seats->grid);
  memset(seats, 0, sizeof *seats);
}

SeatMirror
seats_mirror(const Engine* const engine,
             const Seats* const seats,
             const size_t emitter)
{
  const size_t n = seats->grid.n_seats;
  const double delay_s = engine->emitters[emitter].radiator.delay_s;
  SeatMirror mirror;
  memset(&mirror, 0, sizeof mirror);
  mirror.grid = &seats->grid;
  mirror.patches = &seats->patches;
  mirror.images = seats->images[emitter];
  mirror.power = seats->power[emitter];
  mirror.delay_bins = (float)(delay_s / (double)SEAT_FINE_S);
  for (size_t o = 0; o < seats->n_octets && seats->mirrored; ++o) {
    const size_t row = o * seats->n_groups + seats_group(seats, emitter);
    mirror.sum[o] = seats->mirrored + row * n * seats->n_bins;
    mirror.blocks[o] = seats->mirrored_blocks + row * n * N_BLOCKS;
  }
  return mirror;
}

void
seats_begin(Seats* const seats, const FhTeam* const team)
{
  if (!team || !team->rank) {
    return;
  }
  const size_t n_sums = seats->n_octets * seats->n_groups;
  const size_t n = n_sums * seats->grid.n_seats;
  for (size_t g = 0; g < seats->n_groups; ++g) {
    PatchTally* const tally = &seats->scattered[g * seats->n_private];
    memset(tally->words, 0, tally->n_words * sizeof(int64_t));
  }
  if (seats->mirrored) {
    memset(seats->mirrored, 0, n * seats->n_bins * sizeof *seats->mirrored);
    memset(
      seats->mirrored_blocks, 0, n * N_BLOCKS * sizeof *seats->mirrored_blocks);
  }
}

/// What any rank's rays have met
static bool
share_seen(Patches* const patches, const FhTeam* const team)
{
  // One word for each chip and side: a sum above 0 is a yes
  const size_t n = 2 * patches->n_chips;
  int64_t* const words = (int64_t*)engine_alloc(n, sizeof(int64_t));
  if (!words) {
    return false;
  }
  for (size_t i = 0; i < n; ++i) {
    words[i] = patches->seen[i / 2] >> (i % 2) & 1;
  }
  const bool ok = team->sum(team->user, words, n);
  for (size_t i = 0; i < n && ok; ++i) {
    patches->seen[i / 2] |= (uint8_t)((words[i] > 0) << (i % 2));
  }
  free(words);
  return ok;
}

FhStatus
seats_end(Seats* const seats, const FhTeam* const team)
{
  for (size_t g = 0; g < seats->n_groups; ++g) {
    PatchTally* const tally = &seats->scattered[g * seats->n_private];
    for (size_t i = 1; i < seats->n_private; ++i) {
      patch_tally_move(tally, tally + i);
    }
  }
  if (!team) {
    return FH_OK;
  }
  const size_t n = seats->n_octets * seats->n_groups * seats->grid.n_seats;
  bool ok = share_seen(&seats->patches, team);
  for (size_t g = 0; g < seats->n_groups && ok; ++g) {
    PatchTally* const tally = &seats->scattered[g * seats->n_private];
    ok = team->sum(team->user, tally->words, tally->n_words);
  }
  if (seats->mirrored && ok) {
    ok = team->sum(team->user, seats->mirrored[0], 8 * n * seats->n_bins) &&
         team->sum(team->user, seats->mirrored_blocks[0], 8 * n * N_BLOCKS);
  }
  return ok ? FH_OK : FH_ERR_DEVICE;
}
