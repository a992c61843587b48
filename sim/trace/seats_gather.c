// SPDX-License-Identifier: GPL-3.0-or-later
#include "diffract.h"
#include "seats_errors.h"
#include "team.h"

#include <stdlib.h>

/// Eight fixed-point sums of mirrored sound, for a power in each octave
static F8
sum_of(const int64_t words[8], const F8 unit)
{
  F8 v;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    v[b] = (float)((double)words[b] / PATCH_ONE);
  }
  return v * unit;
}

/// All that the threads share while they gather
typedef struct {
  PoolWatch watch;
  void* watch_user;
  const Engine* engine; ///< [octet]
  const Seats* seats;
  GatherScratch* scratch; ///< [n_threads]
  unsigned gather_rays;
  double mirror_rays[N_BLOCKS];
  double n_mirror_rays;
  SeatSums sums[MAX_OCTETS];
  unsigned rank, n_ranks;
  bool failed; ///< Out of memory; atomic
} GatherJob;

static bool
watch_gather(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  const GatherJob* const job = (const GatherJob*)user;
  return !job->watch || job->watch(job->watch_user, n_done, n_chunks);
}

/// A seat while it gathers
typedef struct {
  F8* bins; ///< [octet][bin]
  F8 total[MAX_OCTETS];
  F8 gathered[MAX_OCTETS];
} Gathered;

/// Image sources on their way into bins
typedef struct {
  const Engine* engine;
  const Detector* seat;
  const Patches* patches;
  size_t n_bins;
  F8* bins;             ///< [octet][bin]
  F8 total[MAX_OCTETS]; ///< Of one group of emitters
} ArrivalBins;

static void
bin_arrival(void* const user, const FhArrival* const arrival)
{
  ArrivalBins* const sink = (ArrivalBins*)user;
  const size_t bin =
    seat_bin_of(sink->patches, arrival->time_s * (1.0f / SEAT_FINE_S));
  if (bin < sink->n_bins) {
    const F8 graze = engine_graze(sink->engine, sink->seat, arrival->direction);
    for (unsigned o = 0; o < sink->engine->n_octets; ++o) {
      const F8 energy = f8_load(arrival[o].intensity) * graze;
      sink->bins[o * sink->n_bins + bin] += energy;
      sink->total[o] += energy;
    }
  }
}

/// Add what mirror rays left at a seat
static void
add_mirrored(const GatherJob* const job,
             const size_t s,
             const size_t g,
             const unsigned octet,
             SeatEnergy* const energy,
             F8* const total)
{
  const Seats* const seats = job->seats;
  const F8 unit = seats->most_power * f8_all((float)(1.0 / job->n_mirror_rays));
  const size_t row = (octet * seats->n_groups + g) * seats->grid.n_seats + s;
  for (size_t i = 0; i < seats->n_bins; ++i) {
    energy->bins[i] += sum_of(seats->mirrored[row * seats->n_bins + i], unit);
  }
  for (size_t k = 0; k < N_BLOCKS; ++k) {
    const F8 block = sum_of(seats->mirrored_blocks[row * N_BLOCKS + k], unit);
    *total += block;
    if (job->mirror_rays[k] > 0.0) {
      energy->columns[k] +=
        block * f8_all((float)(job->n_mirror_rays / job->mirror_rays[k]));
    }
  }
}

/// Sounds that are known exactly: image sources and ways over edges
static void
add_arrivals(const GatherJob* const job,
             const size_t s,
             const Group* const group,
             Gathered* const gathered)
{
  const Engine* const engine = job->engine;
  const Seats* const seats = job->seats;
  ArrivalBins sink = {engine,
                      &seats->grid.seats[s],
                      &seats->patches,
                      seats->n_bins,
                      gathered->bins,
                      {f8_all(0.0f), f8_all(0.0f), f8_all(0.0f)}};
  for (size_t e = group->first; e < group->last; ++e) {
    images_arrivals(seats->images[e],
                    seats->grid.seats[s].at,
                    seats->grid.zone_of[s],
                    bin_arrival,
                    &sink);
    diffraction_arrivals(engine,
                         &engine->emitters[e],
                         seats->grid.seats[s].at,
                         bin_arrival,
                         &sink);
  }
  for (size_t o = 0; o < seats->n_octets; ++o) {
    gathered->total[o] += sink.total[o];
  }
}

/// Response of one seat to one group of emitters
static void
gather_group(const GatherJob* const job,
             GatherScratch* const scratch,
             const size_t s,
             const size_t g,
             Gathered* const gathered)
{
  const Engine* const engine = job->engine;
  const Seats* const seats = job->seats;
  const Group* const group = &seats->groups[g];
  SeatEnergy energy[MAX_OCTETS];
  for (unsigned o = 0; o < seats->n_octets; ++o) {
    memset(&energy[o], 0, sizeof energy[o]);
    energy[o].bins = gathered->bins + o * seats->n_bins;
    for (size_t i = 0; i < seats->n_bins; ++i) {
      energy[o].bins[i] = f8_all(0.0f);
    }
    if (engine->any_scatter) {
      gather_patches(
        &engine[o], &seats->patches, &group->map[o], scratch, &energy[o]);
    }
  }
  if (engine->any_scatter) {
    gather_first(engine,
                 &seats->patches,
                 group->first,
                 group->last,
                 SEATS_KEY | engine->scene->seats[s].id,
                 scratch,
                 energy);
  }
  for (unsigned o = 0; o < seats->n_octets; ++o) {
    for (size_t k = 0; k < GATHER_BLOCKS; ++k) {
      gathered->total[o] += energy[o].rows[k];
      gathered->gathered[o] += energy[o].rows[k];
    }
    if (seats->mirrored && job->n_mirror_rays > 0.0) {
      add_mirrored(job, s, g, o, &energy[o], &gathered->total[o]);
    }
    seats_add_variance(&job->sums[o].variance[s], &energy[o]);
  }
  add_arrivals(job, s, group, gathered);
}

/// Response of one seat to all groups
static void
gather_seat(const GatherJob* const job,
            GatherScratch* const scratch,
            const size_t s,
            F8* const bins)
{
  const Seats* const seats = job->seats;
  const size_t n = seats->grid.n_seats;
  Gathered gathered;
  memset(&gathered, 0, sizeof gathered);
  gathered.bins = bins;
  for (size_t g = 0; g < seats->n_groups; ++g) {
    gather_group(job, scratch, s, g, &gathered);
    for (size_t o = 0; o < seats->n_octets; ++o) {
      memcpy(job->sums[o].bins[(g * n + s) * seats->n_bins],
             bins + o * seats->n_bins,
             seats->n_bins * sizeof(F8));
    }
  }
  for (size_t o = 0; o < seats->n_octets; ++o) {
    const SeatSums* const sums = &job->sums[o];
    f8_store(sums->total[s], gathered.total[o]);
    f8_store(sums->gathered[s], gathered.gathered[o]);
  }
}

static void
gather_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  GatherJob* const job = (GatherJob*)user;
  const Engine* const engine = job->engine;
  const Seats* const seats = job->seats;
  GatherScratch* const scratch = &job->scratch[worker];
  const size_t n = seats->grid.n_seats;
  if (chunk % job->n_ranks != job->rank) {
    return;
  }
  F8* const bins =
    (F8*)engine_alloc(seats->n_octets * seats->n_bins, sizeof(F8));
  for (size_t s = chunk * SEATS_PER_CHUNK;
       s < (chunk + 1) * SEATS_PER_CHUNK && s < n && bins;
       ++s) {
    scratch->n_glances = 0;
    if (engine->any_scatter &&
        gather_look(engine,
                    &seats->patches,
                    &seats->grid.seats[s],
                    SEATS_KEY | engine->scene->seats[s].id,
                    job->gather_rays,
                    scratch)) {
      __atomic_store_n(&job->failed, true, __ATOMIC_RELAXED);
      break;
    }
    gather_seat(job, scratch, s, bins);
  }
  if (!bins) {
    __atomic_store_n(&job->failed, true, __ATOMIC_RELAXED);
  }
  free(bins);
}

/// What each rank has gathered, for all ranks; one failure is that of all
static FhStatus
share_gather(const GatherJob* const job,
             const FhTeam* const team,
             const FhStatus status)
{
  const FhStatus met = team_meet(team, status);
  if (met) {
    return met;
  }
  const Seats* const seats = job->seats;
  const size_t n = FH_N_OCTAVES * seats->grid.n_seats;
  bool ok = true;
  for (size_t o = 0; o < seats->n_octets && ok; ++o) {
    const SeatSums* const sums = &job->sums[o];
    ok = team_share_floats(
           team, sums->bins[0], n * seats->n_groups * seats->n_bins) &&
         team_share_floats(team, sums->total[0], n) &&
         team_share_floats(team, sums->gathered[0], n) &&
         team_share_floats(team,
                           sums->variance[0].octave[0],
                           seats->grid.n_seats * N_VARIANCES);
  }
  return ok ? FH_OK : FH_ERR_DEVICE;
}

static FhStatus
make_maps(Seats* const seats, const Tally* const scattered)
{
  FhStatus status = patches_measure(&seats->patches);
  double n_rays[N_BLOCKS];
  double all = 0.0;
  for (size_t k = 0; k < N_BLOCKS; ++k) {
    n_rays[k] = (double)scattered[0].n_rays[k];
    all += n_rays[k];
  }
  const F8 scale = seats->most_power * f8_all((float)(1.0 / fmax(all, 1.0)));
  for (size_t g = 0; g < seats->n_groups && !status; ++g) {
    for (unsigned o = 0; o < seats->n_octets && !status; ++o) {
      PatchMap* const map = &seats->groups[g].map[o];
      patch_map_clear(map);
      status = patch_map_init(&seats->patches,
                              &seats->scattered[g * seats->n_private],
                              o,
                              scale,
                              n_rays,
                              map);
    }
  }
  return status;
}

static FhStatus
fill_edges(const Seats* const seats, FhTraceResult* const out)
{
  out->n_seat_bins = seats->n_bins;
  out->seat_bin_edge_s =
    (double*)calloc(seats->n_bins + 1, sizeof *out->seat_bin_edge_s);
  if (!out->seat_bin_edge_s) {
    return FH_ERR_NO_MEM;
  }
  const size_t n_fine = seats->patches.n_fine;
  for (size_t i = 0; i <= seats->n_bins; ++i) {
    const size_t fine =
      i <= n_fine ? i : n_fine + (i - n_fine) * (size_t)COARSE_FACTOR;
    out->seat_bin_edge_s[i] = 0.01 * (double)fine;
  }
  return FH_OK;
}

static void
free_seats(FhTraceResult* const out)
{
  free(out->seat_bin_edge_s);
  free(out->seat_bins);
  free(out->seat_emitter_bins);
  free(out->seat_se_db);
  free(out->seat_level_se_db);
  out->seat_bin_edge_s = NULL;
  out->seat_bins = NULL;
  out->seat_emitter_bins = NULL;
  out->seat_se_db = NULL;
  out->seat_level_se_db = NULL;
  out->n_seat_bins = 0;
  out->n_seats = 0;
}

/// Room for what is gathered in one octet
static FhStatus
new_sums(const Seats* const seats,
         SeatSums* const sums,
         FhTraceResult* const out)
{
  const size_t n = seats->grid.n_seats;
  const size_t n_values = n * seats->n_bins;
  out->seat_bins = (float(*)[FH_N_OCTAVES])calloc(n_values, sizeof *sums->bins);
  out->seat_se_db = (float(*)[FH_N_OCTAVES])calloc(n, sizeof *sums->total);
  out->seat_level_se_db = (float*)calloc(n, sizeof(float));
  if (seats->n_groups > 1) {
    out->seat_emitter_bins = (float(*)[FH_N_OCTAVES])calloc(
      seats->n_groups * n_values, sizeof *sums->bins);
  }
  sums->bins = seats->n_groups > 1 ? out->seat_emitter_bins : out->seat_bins;
  sums->total = (float(*)[FH_N_OCTAVES])calloc(n, sizeof *sums->total);
  sums->gathered = (float(*)[FH_N_OCTAVES])calloc(n, sizeof *sums->gathered);
  sums->variance = (Variance*)calloc(n, sizeof *sums->variance);
  return sums->bins && out->seat_bins && out->seat_se_db &&
             out->seat_level_se_db && sums->total && sums->gathered &&
             sums->variance
           ? FH_OK
           : FH_ERR_NO_MEM;
}

static void
clear_sums(SeatSums* const sums)
{
  free(sums->total);
  free(sums->gathered);
  free(sums->variance);
}

FhStatus
seats_gather(const Engine* const engine,
             Seats* const seats,
             const Tally* const scattered,
             const Tally* const mirrored,
             const unsigned gather_rays,
             const FhTeam* const team,
             const PoolWatch watch,
             void* const user,
             SeatError* const error,
             FhTraceResult* const out)
{
  const unsigned n_octets = engine->n_octets;
  GatherJob job;
  memset(&job, 0, sizeof job);
  job.watch = watch;
  job.watch_user = user;
  job.engine = engine;
  job.seats = seats;
  job.rank = team ? team->rank : 0;
  job.n_ranks = team ? team->n_ranks : 1;
  job.gather_rays =
    (gather_rays + GATHER_BLOCKS - 1) / GATHER_BLOCKS * GATHER_BLOCKS;
  for (size_t k = 0; k < N_BLOCKS; ++k) {
    job.mirror_rays[k] = (double)mirrored[0].n_rays[k];
    job.n_mirror_rays += job.mirror_rays[k];
  }
  job.scratch = (GatherScratch*)calloc(engine->n_threads, sizeof *job.scratch);
  FhStatus status = job.scratch ? FH_OK : FH_ERR_NO_MEM;
  for (unsigned o = 0; o < n_octets; ++o) {
    free_seats(&out[o]);
    const FhStatus made = new_sums(seats, &job.sums[o], &out[o]);
    status = status ? status : made;
  }
  status = status ? status : make_maps(seats, scattered);
  for (unsigned i = 0; i < engine->n_threads && !status; ++i) {
    status = gather_scratch_init(&seats->patches, n_octets, &job.scratch[i]);
  }
  if (!status) {
    status = pool_run(engine->n_threads,
                      0,
                      seats_chunks(seats),
                      gather_chunk,
                      watch_gather,
                      &job);
  }
  if (!status && job.failed) {
    status = FH_ERR_NO_MEM;
  }
  if (team) {
    status = share_gather(&job, team, status);
  }
  error->rays = 0.0;
  error->gather = 0.0;
  for (unsigned o = 0; o < n_octets && !status; ++o) {
    status = fill_edges(seats, &out[o]);
    if (!status) {
      const Tally* const own = scattered + o * engine->n_emitters;
      seats_fill_sums(&engine[o], seats, &job.sums[o], error, &out[o]);
      out[o].n_seats = seats->grid.n_seats;
      seats_fill_bias(&engine[o], seats, &job.sums[o], own, &out[o]);
    }
  }
  for (unsigned o = 0; o < n_octets; ++o) {
    if (status) {
      free_seats(&out[o]);
    }
    clear_sums(&job.sums[o]);
  }
  for (unsigned i = 0; job.scratch && i < engine->n_threads; ++i) {
    gather_scratch_clear(&job.scratch[i]);
  }
  free(job.scratch);
  return status;
}
