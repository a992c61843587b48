// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_private.h"
#include "gather.h"
#include "rounds.h"

#include <stdlib.h>

/*
  The gather against what most programs do: rays that are counted where they
  pass a sphere of 1 m around a seat. The same rays, weight window, hall and
  time grid; each method runs a few times, its error is the spread over these.

  Only sound that was scattered is counted in spheres, and nothing else of that
  method is timed: no image sources, no search for sequences, no set-up. The
  gather's time and error are those of all it does.
*/

/// Radius of the spheres [m]
#define SPHERE_M 1.0f
/// Rays of one run
#define SPHERE_RAYS 65536u
/// Runs of either method
#define N_RUNS 4u
/// Bins of this part after the direct sound count [s]
#define FROM_S 0.1
#define TO_S   0.5
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
  s->sum = (double*)calloc(n, sizeof(double));
  s->square = (double*)calloc(n, sizeof(double));
  return s->sum && s->square ? FH_OK : FH_ERR_NO_MEM;
}

static void
spread_clear(Spread* const s)
{
  free(s->sum);
  free(s->square);
}

static void
spread_add(Spread* const s, const size_t i, const double x)
{
  s->sum[i] += x;
  s->square[i] += x * x;
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
  double sum = 0.0;
  size_t count = 0;
  for (size_t seat = 0; seat < scene->n_seats; ++seat) {
    const double start_s = direct_s(scene, seat);
    for (size_t i = 0; i < grid->n_seat_bins; ++i) {
      const size_t at = seat * grid->n_seat_bins + i;
      const double mean = level->sum[at] / n;
      if (grid->seat_bin_edge_s[i] < start_s + FROM_S ||
          grid->seat_bin_edge_s[i + 1] > start_s + TO_S || !(mean > 0.0)) {
        continue;
      }
      const double variance =
        (s->square[at] - s->sum[at] * s->sum[at] / n) / (n - 1.0);
      sum += variance / (mean * mean);
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

/// Runs of the gather; the last one is left in `grid`, for its time grid
static FhStatus
run_gathers(const FhScene* const scene,
            const FhRaycaster* const caster,
            const unsigned n_threads,
            Spread* const bins,
            Spread* const c80,
            FhTraceResult* const grid,
            double* const cpu_s)
{
  FhStatus status = spread_init(c80, scene->n_seats);
  for (uint64_t run = 0; run < N_RUNS && !status; ++run) {
    fh_trace_result_clear(grid);
    status = bench_full_map(scene, caster, n_threads, 2 + run, grid);
    const size_t n = scene->n_seats * grid->n_seat_bins;
    if (!status && !run) {
      status = spread_init(bins, n);
    }
    for (size_t i = 0; i < n && !status; ++i) {
      spread_add(bins, i, (double)grid->seat_bins[i][BAND]);
    }
    for (size_t s = 0; s < scene->n_seats && !status; ++s) {
      spread_add(c80, s, c80_db(grid, scene, s));
    }
    *cpu_s += grid->cpu_s / N_RUNS;
  }
  return status;
}

/// Spheres around the seats of a rig
static FhStatus
make_spheres(const Rig* const rig, SeatGrid* const grid)
{
  const FhStatus status = seat_grid_new(&rig->engine, SPHERE_M, grid);
  for (size_t s = 0; s < grid->n_seats && !status; ++s) {
    detector_init(&rig->engine,
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
  times.n_fine = 0;
  const double* const edge_s = grid->seat_bin_edge_s;
  for (size_t i = 0; i < grid->n_seat_bins; ++i) {
    times.n_fine += edge_s[i + 1] - edge_s[i] < 1.5 * (double)SEAT_FINE_S;
  }
  times.n_coarse =
    grid->n_seat_bins - times.n_fine + times.n_fine / COARSE_FACTOR;
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
  status =
    status ? status : spread_init(bins, rig->scene.n_seats * grid->n_seat_bins);
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
  Spread c80 = {0, NULL, NULL};
  FhTraceResult grid;
  memset(&grid, 0, sizeof grid);
  double cpu_s[2] = {0.0, 0.0};
  FhStatus status =
    run_gathers(scene, caster, n_threads, &gathered, &c80, &grid, &cpu_s[0]);
  if (!status) {
    double sum = 0.0;
    for (size_t s = 0; s < c80.n; ++s) {
      sum +=
        (c80.square[s] - c80.sum[s] * c80.sum[s] / N_RUNS) / (N_RUNS - 1.0);
    }
    out->seats_c80_error_db = sqrt(fmax(0.0, sum) / (double)c80.n);
    status = bench_rig_init(rig, FH_HALL_MIDDLE, 0.0, scene->n_seats, false);
  }
  status = status ? status : run_spheres(rig, &grid, &counted, &cpu_s[1]);
  if (!status) {
    const double gather_db = bins_error_db(&gathered, &gathered, scene, &grid);
    const double sphere_db = bins_error_db(&counted, &gathered, scene, &grid);
    // Time to an error goes with its square
    out->sphere_cpu_s = cpu_s[1];
    out->sphere_error_db = sphere_db;
    out->gather_error_db = gather_db;
    out->sphere_vs_gather =
      cpu_s[1] * sphere_db * sphere_db / (cpu_s[0] * gather_db * gather_db);
  }
  bench_rig_clear(rig);
  free(rig);
  spread_clear(&gathered);
  spread_clear(&counted);
  spread_clear(&c80);
  fh_trace_result_clear(&grid);
  return status;
}
