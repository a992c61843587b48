// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_private.h"
#include "rounds.h"

#include <stdlib.h>

/*
  The gather against what most programs do: rays that are counted where they
  pass a sphere of 1 m around a seat. The same rays, weight window, hall and
  time grid, sound that was scattered at least once, and no set-up in the times;
  each method runs a few times, and its error is the spread over these.

  The error of whole maps, by the public function, is told besides: it has the
  chance of mirror rays that no image source stands for, too.
*/

/// Radius of the spheres [m]
#define SPHERE_M 1.0f
/// Rays of one run
#define SPHERE_RAYS 65536u
/// Rays of one run of the gather
#define GATHER_RAYS 20480u
/// Runs of either method
#define N_RUNS 4u
/// Bins of this part after the direct sound count [s]
#define FROM_S 0.1
#define TO_S   0.5
/// Later bins are left out: how many there are depends on the seed [s]
#define END_S 0.75
/// The octave that counts: 1 kHz
#define BAND 4u

/// Sums over runs of one octave at all seats
typedef struct {
  size_t n; ///< Seats times bins
  double* sum;
  double* square;
} Spread;

static FhStatus
spread_init(Spread* const s, const size_t n)
{
  s->n = n;
  s->sum = (double*)calloc(n + 1, sizeof(double));
  s->square = (double*)calloc(n + 1, sizeof(double));
  return s->sum && s->square ? FH_OK : FH_ERR_NO_MEM;
}

static void
spread_clear(Spread* const s)
{
  free(s->sum);
  free(s->square);
}

/// Variance of one run
static double
variance_of(const Spread* const s, const size_t i)
{
  const double n = N_RUNS;
  return fmax(0.0, (s->square[i] - s->sum[i] * s->sum[i] / n) / (n - 1.0));
}

static void
spread_add(Spread* const s, const size_t i, const double x)
{
  s->sum[i] += x;
  s->square[i] += x * x;
}

/// Bins of a seat that end before END_S
static size_t
count_bins(const FhTraceResult* const grid)
{
  size_t n = 0;
  while (n < grid->n_seat_bins && grid->seat_bin_edge_s[n + 1] <= END_S) {
    ++n;
  }
  return n;
}

/// When the direct sound comes to a seat [s]
static double
direct_s(const FhScene* const scene, const size_t seat)
{
  const float* const at = scene->seats[seat].at;
  const float d[3] = {at[0] - fh_bench_stage[0],
                      at[1] - fh_bench_stage[1],
                      at[2] - fh_bench_stage[2]};
  return (double)sqrtf(dot3(d, d)) / fh_air_speed_m_s(&scene->air);
}

/// Error of one run in the bins that count, root mean square over all seats,
/// against the level that the gather finds there [dB]
static double
bins_error_db(const Spread* const s,
              const Spread* const level,
              const FhScene* const scene,
              const FhTraceResult* const grid)
{
  const double n = N_RUNS;
  const size_t n_bins = count_bins(grid);
  double sum = 0.0;
  size_t count = 0;
  for (size_t seat = 0; seat < scene->n_seats; ++seat) {
    const double start_s = direct_s(scene, seat);
    for (size_t i = 0; i < n_bins; ++i) {
      const size_t at = seat * n_bins + i;
      const double mean = level->sum[at] / n;
      if (grid->seat_bin_edge_s[i] < start_s + FROM_S ||
          grid->seat_bin_edge_s[i + 1] > start_s + TO_S || !(mean > 0.0)) {
        continue;
      }
      sum += variance_of(s, at) / (mean * mean);
      ++count;
    }
  }
  return count ? 10.0 / log(10.0) * sqrt(sum / (double)count) : 0.0;
}

/// C80 of one seat [dB]
static double
c80_db(const FhTraceResult* const r,
       const FhScene* const scene,
       const size_t seat)
{
  const double split = direct_s(scene, seat) + 0.08;
  double early = 0.0;
  double late = 0.0;
  for (size_t i = 0; i < r->n_seat_bins; ++i) {
    const double from = r->seat_bin_edge_s[i];
    const double to = r->seat_bin_edge_s[i + 1];
    const double share = fmin(1.0, fmax(0.0, (split - from) / (to - from)));
    const double w = (double)r->seat_bins[seat * r->n_seat_bins + i][BAND];
    early += share * w;
    late += (1.0 - share) * w;
  }
  return 10.0 * log10((early + 1e-30) / (late + 1e-30));
}

/// Add the bins of all seats of a run, the first of which makes the sums
static FhStatus
add_bins(Spread* const bins, const FhTraceResult* const r)
{
  const size_t n = count_bins(r);
  const FhStatus status = bins->sum ? FH_OK : spread_init(bins, r->n_seats * n);
  for (size_t i = 0; i < bins->n && !status; ++i) {
    const size_t at = i / n * r->n_seat_bins + i % n;
    spread_add(bins, i, (double)r->seat_bins[at][BAND]);
  }
  return status;
}

/// Whole maps: their error in bins, and that of C80
static FhStatus
run_maps(const FhScene* const scene,
         const FhRaycaster* const caster,
         const unsigned n_threads,
         FhBench* const out)
{
  Spread bins = {0, NULL, NULL};
  Spread c80 = {0, NULL, NULL};
  FhTraceResult map;
  memset(&map, 0, sizeof map);
  FhStatus status = spread_init(&c80, scene->n_seats);
  for (uint64_t run = 0; run < N_RUNS && !status; ++run) {
    fh_trace_result_clear(&map);
    status = bench_full_map(scene, caster, n_threads, 2 + run, &map);
    if (!status) {
      out->seats_s = fmin(out->seats_s, map.wall_s);
      out->seats_cpu_s = fmin(out->seats_cpu_s, map.cpu_s);
      status = add_bins(&bins, &map);
    }
    for (size_t s = 0; s < scene->n_seats && !status; ++s) {
      spread_add(&c80, s, c80_db(&map, scene, s));
    }
  }
  if (!status) {
    double sum = 0.0;
    for (size_t s = 0; s < c80.n; ++s) {
      sum += variance_of(&c80, s);
    }
    out->seats_c80_error_db = sqrt(sum / (double)c80.n);
    out->map_bins_error_db = bins_error_db(&bins, &bins, scene, &map);
  }
  fh_trace_result_clear(&map);
  spread_clear(&bins);
  spread_clear(&c80);
  return status;
}

/// Rays to patches and gather, without image sources and mirror rays
static FhStatus
run_gathers(Rig* const rig,
            Spread* const bins,
            FhTraceResult* const grid,
            double* const cpu_s)
{
  FhStatus status = FH_OK;
  Engine* const engine = rig->engine;
  rig->desc.image_order = 0;
  for (uint64_t run = 0; run < N_RUNS && !status; ++run) {
    rig->desc.seed = 2 + run;
    fh_trace_result_clear(grid);
    Seats seats;
    status = seats_new(engine, &seats, NULL);
    Tally none;
    status = status ? status : tally_init(engine, &none);
    if (status) {
      break;
    }
    memset(rig->tally[0].words, 0, rig->tally[0].n_words * sizeof(int64_t));
    Transport job;
    bench_rig_job(rig, false, &job);
    job.patches = &seats.patches;
    job.sums = seats.scattered;
    job.control = &seats.grid;
    const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t chunk = 0; chunk < GATHER_RAYS / CHUNK_RAYS; ++chunk) {
      transport_chunk(&job, 0, chunk);
    }
    SeatError error;
    status = seats_end(&seats, NULL);
    status = status ? status
                    : seats_gather(engine,
                                   &seats,
                                   rig->tally,
                                   &none,
                                   rig->desc.gather_rays,
                                   NULL,
                                   NULL,
                                   NULL,
                                   &error,
                                   grid);
    *cpu_s += (rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s) / N_RUNS;
    status = status ? status : add_bins(bins, grid);
    tally_clear(&none);
    seats_clear(engine, &seats);
  }
  return status;
}

/// Spheres around the seats of a rig
static FhStatus
make_spheres(const Rig* const rig, SeatGrid* const grid)
{
  const FhStatus status = seat_grid_new(rig->engine, SPHERE_M, grid);
  for (size_t s = 0; s < grid->n_seats && !status; ++s) {
    detector_init(rig->engine,
                  grid->seats[s].at,
                  SPHERE_M,
                  (uint64_t)1 << 56 | s,
                  64,
                  &grid->near[s]);
  }
  return status;
}

/// The time grid of a result, by which rays are counted too
static Patches
times_of(const Patches* const patches, const FhTraceResult* const grid)
{
  Patches times = *patches;
  const size_t n = count_bins(grid);
  const double* const edge_s = grid->seat_bin_edge_s;
  times.n_fine = 0;
  for (size_t i = 0; i < n; ++i) {
    times.n_fine += edge_s[i + 1] - edge_s[i] < 1.5 * (double)SEAT_FINE_S;
  }
  times.n_coarse = n - times.n_fine + times.n_fine / COARSE_FACTOR;
  return times;
}

static FhStatus
run_spheres(Rig* const rig,
            const FhTraceResult* const grid,
            Spread* const bins,
            double* const cpu_s)
{
  SeatGrid spheres;
  FhStatus status = make_spheres(rig, &spheres);
  rig->desc.seed = 1;
  status =
    status ? status : spread_init(bins, rig->scene.n_seats * count_bins(grid));
  int64_t(*const sums)[8] = (int64_t(*)[8])calloc(bins->n + 1, sizeof *sums);
  if (!status && !sums) {
    status = FH_ERR_NO_MEM;
  }
  Patches times = times_of(&rig->patches, grid);
  const double power_w = (double)bench_source().power_w[BAND];
  const uint64_t n_chunks = SPHERE_RAYS / CHUNK_RAYS;
  for (uint64_t run = 0; run < N_RUNS && !status; ++run) {
    memset(sums, 0, bins->n * sizeof *sums);
    Transport job;
    bench_rig_job(rig, false, &job);
    job.patches = &times;
    job.control = &spheres;
    job.control_bins = sums;
    const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t chunk = run * n_chunks; chunk < (run + 1) * n_chunks;
         ++chunk) {
      transport_chunk(&job, 0, chunk);
    }
    *cpu_s += (rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s) / N_RUNS;
    for (size_t i = 0; i < bins->n; ++i) {
      spread_add(
        bins, i, power_w * (double)sums[i][BAND] / (FIXED_ONE * SPHERE_RAYS));
    }
  }
  free(sums);
  seat_grid_clear(&spheres);
  return status;
}

FhStatus
bench_spheres(const FhScene* const scene,
              const FhRaycaster* const caster,
              const unsigned n_threads,
              FhBench* const out)
{
  Rig* const rig = (Rig*)engine_alloc(1, sizeof(Rig));
  if (!rig) {
    return FH_ERR_NO_MEM;
  }
  Spread gathered = {0, NULL, NULL};
  Spread counted = {0, NULL, NULL};
  FhTraceResult grid;
  memset(&grid, 0, sizeof grid);
  double gather_s = 0.0;
  double sphere_s = 0.0;
  FhStatus status = run_maps(scene, caster, n_threads, out);
  if (!status) {
    status = bench_rig_init(rig, 1, FH_HALL_MIDDLE, 0.0, scene->n_seats, false);
  }
  status = status ? status : run_gathers(rig, &gathered, &grid, &gather_s);
  status = status ? status : run_spheres(rig, &grid, &counted, &sphere_s);
  if (!status) {
    const double gather_db = bins_error_db(&gathered, &gathered, scene, &grid);
    const double sphere_db = bins_error_db(&counted, &gathered, scene, &grid);
    out->gather_cpu_s = gather_s;
    out->gather_error_db = gather_db;
    out->sphere_cpu_s = sphere_s;
    out->sphere_error_db = sphere_db;
    // Time to an error goes with its square
    out->gather_vs_spheres =
      sphere_s * sphere_db * sphere_db / (gather_s * gather_db * gather_db);
  }
  bench_rig_clear(rig);
  free(rig);
  spread_clear(&gathered);
  spread_clear(&counted);
  fh_trace_result_clear(&grid);
  return status;
}
