// SPDX-License-Identifier: GPL-3.0-or-later
#include "diffract.h"
#include "seats.h"
#include "unseen.h"

#include <stdlib.h>

/// Error of patches over the change to four times as wide ones, where it goes
/// with the width, as at the edges of shadows (Richardson)
#define PATCH_SHARE (1.0 / 3.0)

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

/// Squared errors of one seat: of rays, of gather rays, and of the size of
/// patches
typedef struct {
  float octave[3][FH_N_OCTAVES];
  float sum[3]; ///< Of all octaves together, which share rays
} Variance;

#define N_VARIANCES (sizeof(Variance) / sizeof(float))

/// All that the threads share while they gather
typedef struct {
  PoolWatch watch;
  void* watch_user;
  const Engine* engine;
  const Seats* seats;
  GatherScratch* scratch; ///< [n_threads]
  unsigned gather_rays;
  double mirror_rays[N_BLOCKS];
  double n_mirror_rays;
  float (*bins)[FH_N_OCTAVES]; ///< [group][seat][bin]
  float (*total)[FH_N_OCTAVES];
  float (*gathered)[FH_N_OCTAVES]; ///< [seat] scattered, by patches and sight
  Variance* variance;              ///< [seat]
  unsigned rank, n_ranks;
  bool failed; ///< Out of memory; atomic
} GatherJob;

static bool
watch_gather(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  const GatherJob* const job = (const GatherJob*)user;
  return !job->watch || job->watch(job->watch_user, n_done, n_chunks);
}

/// Image sources on their way into bins
typedef struct {
  const Engine* engine;
  const Detector* seat;
  const Patches* patches;
  size_t n_bins;
  F8* bins;
  F8 total;
} ArrivalBins;

static void
bin_arrival(void* const user, const FhArrival* const arrival)
{
  ArrivalBins* const sink = (ArrivalBins*)user;
  const size_t bin =
    seat_bin_of(sink->patches, arrival->time_s * (1.0f / SEAT_FINE_S));
  if (bin < sink->n_bins) {
    const F8 energy =
      f8_load(arrival->intensity) *
      engine_graze(sink->engine, sink->seat, arrival->direction);
    sink->bins[bin] += energy;
    sink->total += energy;
  }
}

/// Squared error of a mean of estimates, each from its own rays. Eight sets of
/// gather rays have 7 degrees of freedom, but with sixteen blocks beside them
/// their sum has 15 or so (Welch and Satterthwaite)
static float
squared_error(const double* const block, const unsigned n)
{
  const BlockSum sum = block_sum(block, n);
  const double error = widened_error(sum.error, block_odd(sum));
  return (float)(error * error);
}

/// Add the squared errors of blocks to cause `i`
static void
add_errors(Variance* const variance,
           const size_t i,
           const F8* const blocks,
           const unsigned n,
           const float scale)
{
  double all[N_BLOCKS] = {0.0};
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double block[N_BLOCKS] = {0.0};
    for (unsigned k = 0; k < n; ++k) {
      block[k] = (double)(blocks[k][b] * scale);
      all[k] += block[k];
    }
    variance->octave[i][b] += squared_error(block, n);
  }
  variance->sum[i] += squared_error(all, n);
}

/// Response of one seat to one group of emitters
static void
gather_group(const GatherJob* const job,
             GatherScratch* const scratch,
             const size_t s,
             const size_t g,
             F8* const bins,
             F8* const total,
             F8* const gathered,
             Variance* const variance)
{
  const Engine* const engine = job->engine;
  const Seats* const seats = job->seats;
  const Group* const group = &seats->groups[g];
  const size_t n = seats->grid.n_seats;
  for (size_t i = 0; i < seats->n_bins; ++i) {
    bins[i] = f8_all(0.0f);
  }
  SeatEnergy energy;
  memset(&energy, 0, sizeof energy);
  energy.bins = bins;
  if (engine->any_scatter) {
    gather_patches(engine, &seats->patches, &group->map, scratch, &energy);
    gather_first(engine,
                 &seats->patches,
                 group->first,
                 group->last,
                 SEATS_KEY | engine->scene->seats[s].id,
                 scratch,
                 &energy);
  }
  for (size_t k = 0; k < GATHER_BLOCKS; ++k) {
    *total += energy.rows[k];
    *gathered += energy.rows[k];
  }
  if (seats->mirrored && job->n_mirror_rays > 0.0) {
    const F8 unit =
      seats->most_power * f8_all((float)(1.0 / job->n_mirror_rays));
    const size_t row = g * n + s;
    for (size_t i = 0; i < seats->n_bins; ++i) {
      bins[i] += sum_of(seats->mirrored[row * seats->n_bins + i], unit);
    }
    for (size_t k = 0; k < N_BLOCKS; ++k) {
      const F8 block = sum_of(seats->mirrored_blocks[row * N_BLOCKS + k], unit);
      *total += block;
      if (job->mirror_rays[k] > 0.0) {
        energy.columns[k] +=
          block * f8_all((float)(job->n_mirror_rays / job->mirror_rays[k]));
      }
    }
  }
  add_errors(variance, 0, energy.columns, N_BLOCKS, 1.0f);
  add_errors(variance, 1, energy.rows, GATHER_BLOCKS, (float)GATHER_BLOCKS);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    variance->octave[2][b] += energy.coarser[b] * energy.coarser[b];
  }
  const float coarser = f8_sum(energy.coarser);
  variance->sum[2] += coarser * coarser;
  ArrivalBins sink = {engine,
                      &seats->grid.seats[s],
                      &seats->patches,
                      seats->n_bins,
                      bins,
                      f8_all(0.0f)};
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
  *total += sink.total;
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
  F8* const bins = (F8*)engine_alloc(seats->n_bins, sizeof(F8));
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
    F8 total = f8_all(0.0f);
    F8 gathered = f8_all(0.0f);
    for (size_t g = 0; g < seats->n_groups; ++g) {
      gather_group(
        job, scratch, s, g, bins, &total, &gathered, &job->variance[s]);
      memcpy(job->bins[(g * n + s) * seats->n_bins],
             bins,
             seats->n_bins * sizeof(F8));
    }
    f8_store(job->total[s], total);
    f8_store(job->gathered[s], gathered);
  }
  if (!bins) {
    __atomic_store_n(&job->failed, true, __ATOMIC_RELAXED);
  }
  free(bins);
}

/// Numbers that one rank each has, and the others as zeros, for all ranks
static bool
share_floats(const FhTeam* const team, float* const values, const size_t n)
{
  enum { N_WORDS = 1 << 16 };
  int64_t* const words = (int64_t*)engine_alloc(N_WORDS, sizeof(int64_t));
  bool ok = words != NULL;
  for (size_t at = 0; at < n && ok; at += 2 * (size_t)N_WORDS) {
    // Two to a word: a sum with zeros keeps their bits
    const size_t left = n - at;
    const size_t n_floats = left < 2 * (size_t)N_WORDS ? left : 2 * N_WORDS;
    memset(words, 0, N_WORDS * sizeof(int64_t));
    memcpy(words, values + at, n_floats * sizeof(float));
    ok = team->sum(team->user, words, (n_floats + 1) / 2);
    memcpy(values + at, words, n_floats * sizeof(float));
  }
  free(words);
  return ok;
}

/// What each rank has gathered, for all ranks; one failure is that of all
static FhStatus
share_gather(const GatherJob* const job,
             const FhTeam* const team,
             const FhStatus status)
{
  int64_t failures = status ? 1 : 0;
  if (!team->sum(team->user, &failures, 1)) {
    return FH_ERR_DEVICE;
  }
  if (failures) {
    return status ? status : FH_ERR_DEVICE;
  }
  const Seats* const seats = job->seats;
  const size_t n = FH_N_OCTAVES * seats->grid.n_seats;
  return share_floats(
           team, job->bins[0], n * seats->n_groups * seats->n_bins) &&
             share_floats(team, job->total[0], n) &&
             share_floats(team, job->gathered[0], n) &&
             share_floats(team,
                          job->variance[0].octave[0],
                          seats->grid.n_seats * N_VARIANCES)
           ? FH_OK
           : FH_ERR_DEVICE;
}

static FhStatus
make_maps(const Engine* const engine,
          Seats* const seats,
          const Tally* const scattered)
{
  FhStatus status = patches_measure(&seats->patches);
  double n_rays[N_BLOCKS];
  double all = 0.0;
  for (size_t k = 0; k < N_BLOCKS; ++k) {
    n_rays[k] = (double)scattered[0].n_rays[k];
    all += n_rays[k];
  }
  (void)engine;
  const F8 scale = seats->most_power * f8_all((float)(1.0 / fmax(all, 1.0)));
  for (size_t g = 0; g < seats->n_groups && !status; ++g) {
    patch_map_clear(&seats->groups[g].map);
    status = patch_map_init(&seats->patches,
                            &seats->scattered[g * seats->n_private],
                            scale,
                            n_rays,
                            &seats->groups[g].map);
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

/// Direct sound of all emitters at an ear [W/m2], far field
static F8
direct_intensity(const Engine* const engine, const float at[3])
{
  F8 sum = f8_all(0.0f);
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    sum += direct_gain(engine, e, at) *
           f8_load(engine->emitters[e].radiator.power_w);
  }
  return sum;
}

/// Sum the groups, and levels' errors
static void
fill_sums(const GatherJob* const job,
          SeatError* const error,
          FhTraceResult* const out)
{
  const Seats* const seats = job->seats;
  const size_t n = seats->grid.n_seats;
  const size_t n_values = n * seats->n_bins;
  if (out->seat_emitter_bins) {
    for (size_t g = 0; g < seats->n_groups; ++g) {
      for (size_t i = 0; i < n_values; ++i) {
        for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
          out->seat_bins[i][b] += out->seat_emitter_bins[g * n_values + i][b];
        }
      }
    }
  }
  const double per_neper = 10.0 / log(10.0);
  double sum[2][FH_N_OCTAVES] = {{0.0}};
  double n_heard[FH_N_OCTAVES] = {0.0};
  const double patches = PATCH_SHARE * PATCH_SHARE;
  for (size_t s = 0; s < n; ++s) {
    const F8 direct = direct_intensity(job->engine, seats->grid.seats[s].at);
    const Variance* const variance = &job->variance[s];
    double together = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double total = (double)job->total[s][b];
      if (!(total > 0.0)) {
        continue;
      }
      // How many rays it takes is decided by all that is heard, direct sound
      // too; what is returned is the error of the rest
      const double heard = total + (double)direct[b];
      double both = patches * (double)variance->octave[2][b] / (total * total);
      together += total;
      n_heard[b] += 1.0;
      for (size_t i = 0; i < 2; ++i) {
        const double v = (double)variance->octave[i][b];
        sum[i][b] += per_neper * per_neper * v / (heard * heard);
        both += v / (total * total);
      }
      out->seat_se_db[s][b] = (float)(per_neper * sqrt(both));
    }
    const double sum2 = (double)variance->sum[0] + (double)variance->sum[1] +
                        patches * (double)variance->sum[2];
    out->seat_level_se_db[s] =
      together > 0.0 ? (float)(per_neper * sqrt(sum2) / together) : 0.0f;
  }
  error->rays = 0.0;
  error->gather = 0.0;
  for (size_t b = 1; b < FH_N_OCTAVES - 1; ++b) {
    if (n_heard[b] > 0.0) {
      error->rays = fmax(error->rays, sqrt(sum[0][b] / n_heard[b]));
      error->gather = fmax(error->gather, sqrt(sum[1][b] / n_heard[b]));
    }
  }
}

/// Gather against rays through small volumes around the seats, on average
static void
fill_bias(const GatherJob* const job,
          const Tally* const scattered,
          FhTraceResult* const out)
{
  const Engine* const engine = job->engine;
  const size_t n = job->seats->grid.n_seats;
  const double per_neper = 10.0 / log(10.0);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double gathered = 0.0;
    double noise[2] = {0.0, 0.0};
    for (size_t s = 0; s < n; ++s) {
      gathered += (double)job->gathered[s][b] / (double)n;
      // Seats share the rays that met the patches, not those of the gather
      noise[0] += sqrt((double)job->variance[s].octave[0][b]) / (double)n;
      noise[1] +=
        (double)job->variance[s].octave[1][b] / ((double)n * (double)n);
    }
    double control = 0.0;
    double variance = 0.0;
    for (size_t e = 0; e < engine->n_emitters; ++e) {
      const double power = (double)engine->emitters[e].radiator.power_w[b];
      double block[N_BLOCKS] = {0.0};
      double mean = 0.0;
      for (size_t k = 0; k < N_BLOCKS; ++k) {
        const double rays = (double)scattered[e].n_control[k];
        block[k] = rays > 0.0 ? power * (double)scattered[e].control[k][b] /
                                  (rays * FIXED_ONE)
                              : 0.0;
        mean += block[k] / N_BLOCKS;
      }
      for (size_t k = 0; k < N_BLOCKS; ++k) {
        variance +=
          (block[k] - mean) * (block[k] - mean) / (N_BLOCKS * (N_BLOCKS - 1.0));
      }
      control += mean;
    }
    if (gathered > 0.0 && control > 0.0) {
      out->seat_bias_db[b] = (float)(10.0 * log10(gathered / control));
      out->seat_bias_se_db[b] =
        (float)(per_neper *
                sqrt(variance / (control * control) +
                     (noise[0] * noise[0] + noise[1]) / (gathered * gathered)));
    }
  }
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
  const size_t n = seats->grid.n_seats;
  const size_t n_values = n * seats->n_bins;
  free_seats(out);
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
  out->seat_bins = (float(*)[FH_N_OCTAVES])calloc(n_values, sizeof *job.bins);
  out->seat_se_db = (float(*)[FH_N_OCTAVES])calloc(n, sizeof *job.total);
  out->seat_level_se_db = (float*)calloc(n, sizeof(float));
  if (seats->n_groups > 1) {
    out->seat_emitter_bins = (float(*)[FH_N_OCTAVES])calloc(
      seats->n_groups * n_values, sizeof *job.bins);
  }
  job.bins = seats->n_groups > 1 ? out->seat_emitter_bins : out->seat_bins;
  job.total = (float(*)[FH_N_OCTAVES])calloc(n, sizeof *job.total);
  job.gathered = (float(*)[FH_N_OCTAVES])calloc(n, sizeof *job.gathered);
  job.variance = (Variance*)calloc(n, sizeof *job.variance);
  job.scratch = (GatherScratch*)calloc(engine->n_threads, sizeof *job.scratch);
  FhStatus status = FH_ERR_NO_MEM;
  if (job.bins && out->seat_bins && out->seat_se_db && out->seat_level_se_db &&
      job.total && job.gathered && job.variance && job.scratch) {
    status = make_maps(engine, seats, scattered);
  }
  for (unsigned i = 0; i < engine->n_threads && !status; ++i) {
    status = gather_scratch_init(&seats->patches, &job.scratch[i]);
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
  status = status ? status : fill_edges(seats, out);
  if (!status) {
    fill_sums(&job, error, out);
    out->n_seats = n;
    fill_bias(&job, scattered, out);
  } else {
    free_seats(out);
  }
  for (unsigned i = 0; job.scratch && i < engine->n_threads; ++i) {
    gather_scratch_clear(&job.scratch[i]);
  }
  free(job.scratch);
  free(job.total);
  free(job.gathered);
  free(job.variance);
  return status;
}
