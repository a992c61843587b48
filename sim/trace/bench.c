// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_private.h"
#include "pool.h"
#include "rounds.h"

#include <fh/gather_cache.h>

#include <stdio.h>
#include <stdlib.h>

/// Seats of halls where they are of no use
#define FEW_SEATS 16u

/// Bounces per second of processor time of a range of chunks
static double
trace_rate(Rig* const rig,
           const bool patches,
           const uint64_t first,
           const uint64_t last)
{
  Transport job;
  bench_rig_job(rig, patches, &job);
  const int64_t before = rig->tally[0].ledger->n_bounces;
  const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
  for (uint64_t chunk = first; chunk < last; ++chunk) {
    transport_chunk(&job, 0, chunk);
  }
  const double took_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s;
  return (double)(rig->tally[0].ledger->n_bounces - before) / took_s;
}

/// One recorded ray
typedef struct {
  float at[3], direction[3];
} Recorded;

/// The rays of the tracer's kind of walk: mirrored or scattered at random
static void
record(const Rig* const rig, Recorded* const rays, const size_t n)
{
  const Engine* const engine = rig->engine;
  size_t i = 0;
  for (uint64_t walk = 0; i < n; ++walk) {
    const uint64_t key = (uint64_t)1 << 52 | walk;
    Random4 r = random4(1, key, 0, 0, DRAW_EMIT);
    float at[3];
    float d[3];
    memcpy(at, fh_bench_stage, sizeof at);
    sphere_direction(r.u[0], r.u[1], d);
    for (uint32_t step = 1; step < 45 && i < n; ++step, ++i) {
      memcpy(rays[i].at, at, sizeof at);
      memcpy(rays[i].direction, d, sizeof d);
      FhHit hit;
      if (!engine_cast(engine, at, d, &hit)) {
        break;
      }
      const Surface* const s =
        &engine->surfaces[rig->scene.material[hit.triangle]];
      float normal[3];
      memcpy(normal, rig->scene.normal[hit.triangle], sizeof normal);
      const float side = dot3(normal, d) > 0.0f ? -1.0f : 1.0f;
      for (size_t k = 0; k < 3; ++k) {
        normal[k] *= side;
        at[k] += hit.distance_m * d[k] + LIFT_M * normal[k];
      }
      r = random4(1, key, step, 0, DRAW_BOUNCE);
      if (r.u[0] < s->p_diffuse[4]) {
        lambert_direction(normal, r.u[1], r.u[2], d);
      } else {
        const float c = dot3(normal, d);
        for (size_t k = 0; k < 3; ++k) {
          d[k] -= 2.0f * c * normal[k];
        }
      }
    }
  }
}

/// Rays per second of processor time, closest hits alone
static double
bare_rate(const Rig* const rig, const Recorded* const rays, const size_t n)
{
  double sum = 0.0;
  const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
  for (size_t i = 0; i < n; ++i) {
    FhHit hit;
    fh_raycast(rig->caster, rays[i].at, rays[i].direction, 0.0f, FAR_M, &hit);
    sum += (double)hit.distance_m;
  }
  const double took_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s;
  return sum > 0.0 ? (double)n / took_s : 0.0;
}

/// Rates that are taken in turn, so that a slow moment meets all alike
typedef struct {
  double bare, tracer, tally, thirds;
} Rates;

/// @param thirds The same hall in third octaves; null to leave them out
static FhStatus
measure_rates(Rig* const rig,
              Rig* const thirds,
              const bool brief,
              Rates* const out)
{
  const size_t n = brief ? 50000 : 200000;
  const uint64_t n_chunks = brief ? 16 : 64;
  Recorded* const rays = (Recorded*)calloc(n, sizeof(Recorded));
  if (!rays) {
    return FH_ERR_NO_MEM;
  }
  record(rig, rays, n);
  memset(out, 0, sizeof *out);
  for (unsigned i = 0; i < BENCH_REPEATS; ++i) {
    out->bare = fmax(out->bare, bare_rate(rig, rays, n));
    out->tracer = fmax(out->tracer, trace_rate(rig, false, 0, n_chunks));
    out->tally = fmax(out->tally, trace_rate(rig, true, 0, n_chunks));
    if (thirds) {
      out->thirds = fmax(out->thirds, trace_rate(thirds, true, 0, n_chunks));
    }
  }
  free(rays);
  return FH_OK;
}

/// Two threads at once on the shared sums
typedef struct {
  Transport job;
  double cpu_s[2];
  int64_t n_bounces[2];
} Both;

static void
both_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  Both* const both = (Both*)user;
  const int64_t before = both->job.tallies[worker].ledger->n_bounces;
  const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
  transport_chunk(&both->job, worker, chunk);
  both->cpu_s[worker] += rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s;
  both->n_bounces[worker] +=
    both->job.tallies[worker].ledger->n_bounces - before;
}

static double
two_threads(Rig* const rig, const bool brief, const double one)
{
  double best = 0.0;
  for (unsigned i = 0; i < BENCH_REPEATS; ++i) {
    Both both;
    memset(&both, 0, sizeof both);
    bench_rig_job(rig, true, &both.job);
    if (pool_run(2, 0, brief ? 32 : 128, both_chunk, NULL, &both)) {
      return 0.0;
    }
    double rate = 0.0;
    for (size_t k = 0; k < 2; ++k) {
      if (both.cpu_s[k] > 0.0) {
        rate += (double)both.n_bounces[k] / both.cpu_s[k];
      }
    }
    best = fmax(best, rate);
  }
  return best / one;
}

static FhStatus
bench_tracer(const bool brief, FhBench* const out)
{
  Rig* const rig = (Rig*)engine_alloc(2, sizeof(Rig));
  if (!rig) {
    return FH_ERR_NO_MEM;
  }
  Rig* const thirds = rig + 1;
  FhStatus status =
    bench_rig_init(rig, 1, FH_HALL_MIDDLE, 0.0, FEW_SEATS, false);
  if (!status) {
    status =
      bench_rig_init(thirds, MAX_OCTETS, FH_HALL_MIDDLE, 0.0, FEW_SEATS, false);
  }
  Rates rates;
  status = status ? status : measure_rates(rig, thirds, brief, &rates);
  if (!status) {
    (void)snprintf(
      out->device, sizeof out->device, "%s", fh_raycaster_device(rig->caster));
    out->n_triangles = rig->scene.n_triangles;
    out->bare_mega_rays = 1e-6 * rates.bare;
    out->tracer_vs_bare = rates.tracer / rates.bare;
    out->tracer_tally_vs_bare = rates.tally / rates.bare;
    out->tracer_thirds_vs_bare = rates.thirds / rates.bare;
    out->two_threads = two_threads(rig, brief, rates.tally);
  }
  bench_rig_clear(thirds);
  bench_rig_clear(rig);
  if (!status) {
    // About 1 900 triangles
    status = bench_rig_init(rig, 1, FH_HALL_SMALL, 4.7, FEW_SEATS, true);
  }
  if (!status) {
    out->mega_bounces_triangles = rig->scene.n_triangles;
    for (unsigned i = 0; i < BENCH_REPEATS; ++i) {
      out->mega_bounces = fmax(
        out->mega_bounces, 1e-6 * trace_rate(rig, false, 0, brief ? 16 : 64));
    }
  }
  bench_rig_clear(rig);
  free(rig);
  return status;
}

static FhStatus
bench_sizes(const bool brief, FhBench* const out)
{
  static const struct {
    FhHall hall;
    double edge_m;
  } models[FH_BENCH_SIZES] = {{FH_HALL_SMALL, 0.0},
                              {FH_HALL_MIDDLE, 0.0},
                              {FH_HALL_LARGE, 0.0},
                              {FH_HALL_LARGE, 0.4},
                              {FH_HALL_LARGE, 0.108}};
  Rig* const rig = (Rig*)engine_alloc(1, sizeof(Rig));
  if (!rig) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = FH_OK;
  out->n_sizes = 0;
  for (size_t i = 0; i < (brief ? 3 : FH_BENCH_SIZES) && !status; ++i) {
    Rates rates;
    status = bench_rig_init(
      rig, 1, models[i].hall, models[i].edge_m, FEW_SEATS, false);
    status = status ? status : measure_rates(rig, NULL, true, &rates);
    if (!status) {
      FhBenchSize* const size = &out->sizes[out->n_sizes++];
      size->n_triangles = rig->scene.n_triangles;
      size->bare_mega_rays = 1e-6 * rates.bare;
      size->tracer_vs_bare = rates.tracer / rates.bare;
      size->ready_s = rig->ready_s;
    }
    bench_rig_clear(rig);
  }
  free(rig);
  return status;
}

/// The map that all else is held against
FhStatus
bench_full_map(const FhScene* const scene,
               const FhRaycaster* const caster,
               const unsigned n_threads,
               const uint64_t seed,
               FhTraceResult* const out)
{
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 20480;
  desc.seed = seed;
  desc.n_threads = n_threads;
  const FhRadiator radiator = bench_source();
  return fh_trace_radiators(
    scene, caster, &radiator, 1, &desc, NULL, NULL, out, NULL);
}

static double
level_error_db(const FhTraceResult* const r)
{
  double sum = 0.0;
  for (size_t s = 0; s < r->n_seats; ++s) {
    sum += (double)r->seat_se_db[s][4] * (double)r->seat_se_db[s][4];
  }
  return sqrt(sum / (double)r->n_seats);
}

/// Re-weighting at a position [s], best of some
static FhStatus
time_weighing(const FhTransfer* const transfer, double* const best_s)
{
  const size_t n = transfer->n_seats;
  float(*const power_w)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(FH_TRANSFER_DIRECTIONS, sizeof *power_w);
  float(*const levels)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES] =
    (float(*)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])calloc(n, sizeof *levels);
  const bool ok = power_w && levels;
  const FhRadiator radiator = bench_source();
  for (unsigned i = 0; i < BENCH_REPEATS && ok; ++i) {
    const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
    fh_transfer_powers(&radiator, power_w);
    fh_transfer_weigh(transfer, (const float(*)[FH_N_OCTAVES])power_w, levels);
    const double took_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s;
    *best_s = i ? fmin(*best_s, took_s) : took_s;
  }
  free(power_w);
  free(levels);
  return ok ? FH_OK : FH_ERR_NO_MEM;
}

/// Further positions and what is weighed there [s], best of some each
static FhStatus
bench_positions(const FhScene* const scene,
                const FhRaycaster* const caster,
                const unsigned n_threads,
                double* const position_s,
                double* const weighing_s)
{
  FhGatherCacheDesc desc = fh_gather_cache_desc_default();
  desc.n_threads = n_threads;
  FhGatherCache* cache = NULL;
  FhStatus status =
    fh_gather_cache_new(scene, caster, &desc, NULL, NULL, &cache, NULL);
  // The first one makes room for the others
  for (unsigned i = 0; i <= BENCH_REPEATS && !status; ++i) {
    FhTransfer transfer;
    status = fh_transfer_trace(cache, fh_bench_stage, 8192, &transfer);
    if (!status) {
      *position_s = i > 1 ? fmin(*position_s, transfer.cpu_s) : transfer.cpu_s;
      if (i == BENCH_REPEATS) {
        status = time_weighing(&transfer, weighing_s);
      }
      fh_seat_transfer_clear(&transfer);
    }
  }
  fh_gather_cache_free(cache);
  return status;
}

/// A model of 32 000 triangles from its faces to the first ray
static FhStatus
bench_ready(FhBench* const out)
{
  Rig* const rig = (Rig*)engine_alloc(1, sizeof(Rig));
  if (!rig) {
    return FH_ERR_NO_MEM;
  }
  // The first time starts Embree's threads
  FhStatus status = FH_OK;
  for (unsigned i = 0; i < 3 && !status; ++i) {
    status = bench_rig_init(rig, 1, FH_HALL_LARGE, 2.0, FEW_SEATS, false);
    out->ready_triangles = rig->scene.n_triangles;
    out->ready_s = i ? fmin(out->ready_s, rig->ready_s) : rig->ready_s;
    bench_rig_clear(rig);
  }
  free(rig);
  return status;
}

static FhStatus
bench_seats(const bool brief, const unsigned n_threads, FhBench* const out)
{
  FhScene scene;
  FhRaycaster* caster = NULL;
  FhStatus status =
    fh_bench_hall(FH_HALL_MIDDLE, 0.0, brief ? 500 : 5000, &scene);
  if (status) {
    return status;
  }
  status = fh_raycaster_new(&scene, n_threads, &caster);
  double position_s = 0.0;
  double weighing_s = 0.0;
  FhTraceResult result;
  memset(&result, 0, sizeof result);
  status =
    status ? status : bench_full_map(&scene, caster, n_threads, 1, &result);
  if (!status) {
    out->n_seats = result.n_seats;
    out->seats_threads = n_threads;
    out->seats_s = result.wall_s;
    out->seats_cpu_s = result.cpu_s;
    out->seats_error_db = level_error_db(&result);
    status =
      bench_positions(&scene, caster, n_threads, &position_s, &weighing_s);
  }
  if (!status && !brief) {
    status = bench_spheres(&scene, caster, n_threads, out);
  }
  if (!status) {
    out->position_vs_full = position_s / out->seats_cpu_s;
    out->reevaluation_speedup = out->seats_cpu_s / weighing_s;
  }
  fh_trace_result_clear(&result);
  fh_raycaster_free(caster);
  fh_scene_clear(&scene);
  return status;
}

FhStatus
fh_bench_run(const bool brief,
             const unsigned n_threads,
             const FhProgressFn progress,
             void* const user,
             FhBench* const out)
{
  static const struct {
    const char* name;
    double share; ///< Of the time, before it
  } stages[] = {{"tracer", 0.0},
                {"direct field", 0.1},
                {"seats", 0.15},
                {"costs", 0.65},
                {"sizes", 0.8}};
  memset(out, 0, sizeof *out);
  const unsigned n = n_threads ? n_threads : pool_processors();
  FhStatus status = FH_OK;
  for (size_t i = 0; i < sizeof stages / sizeof stages[0] && !status; ++i) {
    if (progress && !progress(user, stages[i].name, stages[i].share)) {
      return FH_ERR_INTERRUPTED;
    }
    switch (i) {
    case 0:
      status = bench_tracer(brief, out);
      status = status ? status : bench_ready(out);
      break;
    case 1:
      status = bench_direct(brief, out);
      break;
    case 2:
      status = bench_seats(brief, n, out);
      break;
    case 3:
      status = bench_costs(brief, out);
      break;
    default:
      status = bench_sizes(brief, out);
    }
  }
  return status;
}
