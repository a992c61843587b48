// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"
#include "image.h"
#include "mirror.h"
#include "pool.h"
#include "response.h"
#include "seats.h"
#include "setup.h"
#include "transport.h"

#include <stdlib.h>
#include <time.h>

/// Rays of the first round where the error decides
#define FIRST_RAYS 8192u
/// The same where there are seats
#define FIRST_SEAT_RAYS 16384u
/// Gather rays of a seat, at most
#define MAX_GATHER_RAYS 8192u
/// Rays for one seat when the user has no patience left
#define LEAST_GATHER_RAYS 64u
/// More rays than in the round before, at most
#define MAX_GROWTH 8.0
/// Share of escaped energy that is worth a warning in a closed room
#define ESCAPE_WARNING 0.01

typedef struct {
  Engine engine;
  FhTraceDesc desc;
  const FhTeam* team;
  Sight* sights;    ///< [emitter][mic]; owned
  Images** images;  ///< [emitter]; owned
  Tally* mirrored;  ///< [emitter] sums of all threads; owned
  Tally* scattered; ///< [emitter]; owned
  Tally* thread;    ///< [n_threads]; owned
  bool has_seats;
  Seats seats;
  unsigned gather_rays;
  uint64_t n_rays; ///< Of each emitter so far
  FhTraceResult* out;
  FhDiag* diag;
  FhProgressFn progress;
  void* user;
  const char* stage;
  double stage_done, stage_share; ///< Of the whole, for progress
  double started_s;
  bool in_rays;     ///< Between the beginning and the end of a round
  bool out_of_time; ///< The time limit ended the rays
  bool stopped;     ///< The user did
} Run;

FhTraceDesc
fh_trace_desc_default(void)
{
  FhTraceDesc desc;
  memset(&desc, 0, sizeof desc);
  desc.seed = 1;
  desc.error_db = 0.3;
  desc.gather_rays = 256;
  desc.image_order = 3;
  desc.seats = true;
  desc.diffraction = true;
  return desc;
}

static double
clock_s(const clockid_t clock)
{
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool
watch(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  // The pool hands the job on: find the run behind it
  Run* const run = *(Run**)user;
  const double part = (double)n_done / (double)n_chunks;
  bool ends = false;
  if (run->desc.time_limit_s > 0.0 &&
      clock_s(CLOCK_MONOTONIC) - run->started_s > run->desc.time_limit_s) {
    run->out_of_time = true;
    ends = true;
  }
  if (run->progress &&
      !run->progress(
        run->user, run->stage, run->stage_done + run->stage_share * part)) {
    run->stopped = true;
    ends = true;
  }
  // Rays that have begun are finished, so that all emitters have the same
  // number; but nothing is worth waiting for before the first of them are
  return !ends || (run->in_rays && run->n_rays > 0);
}

/// Chunks of rays of one emitter; the run comes first, for watch()
typedef struct {
  Run* run;
  Transport transport;
  Mirror mirror;
  bool mirrored;
  unsigned rank, n_ranks;
} Pass;

static void
pass_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  Pass* const pass = (Pass*)user;
  if (chunk % pass->n_ranks != pass->rank) {
    return;
  }
  if (pass->mirrored) {
    mirror_chunk(&pass->mirror, worker, chunk);
  } else {
    transport_chunk(&pass->transport, worker, chunk);
  }
}

/// Rays [n_rays, until) of one emitter in one pass, added to its sums
static FhStatus
run_pass(Run* const run,
         const size_t emitter,
         const bool mirrored,
         const uint64_t until)
{
  const Engine* const engine = &run->engine;
  for (unsigned i = 0; i < engine->n_threads; ++i) {
    memset(run->thread[i].words, 0, run->thread[i].n_words * sizeof(int64_t));
  }
  const Sight* const sights = run->sights + emitter * engine->n_mics;
  Pass pass;
  memset(&pass, 0, sizeof pass);
  pass.run = run;
  pass.mirrored = mirrored;
  pass.rank = run->team ? run->team->rank : 0;
  pass.n_ranks = run->team ? run->team->n_ranks : 1;
  pass.transport.engine = engine;
  pass.transport.emitter = &engine->emitters[emitter];
  pass.transport.emitter_index = emitter;
  pass.transport.sights = sights;
  pass.transport.tallies = run->thread;
  pass.mirror.engine = engine;
  pass.mirror.emitter = &engine->emitters[emitter];
  pass.mirror.emitter_index = emitter;
  pass.mirror.sights = sights;
  pass.mirror.images = run->images[emitter];
  pass.mirror.tallies = run->thread;
  SeatMirror seat_mirror;
  if (run->has_seats) {
    const Seats* const seats = &run->seats;
    pass.transport.patches = &run->seats.patches;
    pass.transport.control = &seats->grid;
    pass.transport.sums = &seats->scattered[seats_group(seats, emitter)];
    pass.transport.power = seats->power[emitter];
    seat_mirror = seats_mirror(engine, seats, emitter);
    pass.transport.delay_bins = seat_mirror.delay_bins;
    pass.mirror.seats = &seat_mirror;
  }
  FhStatus status = pool_run(engine->n_threads,
                             run->n_rays / CHUNK_RAYS,
                             until / CHUNK_RAYS,
                             pass_chunk,
                             watch,
                             &pass);

  Tally* const sum = &run->thread[0];
  for (unsigned i = 1; i < engine->n_threads; ++i) {
    tally_add(sum, &run->thread[i]);
  }
  if (run->team && !run->team->sum(run->team->user, sum->words, sum->n_words)) {
    status = FH_ERR_DEVICE;
  }
  tally_add(mirrored ? &run->mirrored[emitter] : &run->scattered[emitter], sum);
  return status;
}

/// True when every emitter has some rays to answer from
static bool
has_rays(const Run* const run)
{
  return run->n_rays > 0;
}

/// All emitters up to `until` rays
static FhStatus
run_step(Run* const run, const uint64_t until, const double share)
{
  const Engine* const engine = &run->engine;
  const bool mirrors = engine->any_mirror || engine->any_through;
  const bool needs_mirrors = mirrors && (engine->n_mics > 0 || run->has_seats);
  run->stage = "tracing";
  run->stage_share =
    share / ((double)engine->n_emitters * (needs_mirrors ? 2.0 : 1.0));
  FhStatus status = FH_OK;
  for (size_t e = 0; e < engine->n_emitters && !status; ++e) {
    status = run_pass(run, e, false, until);
    run->stage_done += run->stage_share;
    if (needs_mirrors && !status) {
      status = run_pass(run, e, true, until);
      run->stage_done += run->stage_share;
    }
  }
  return status;
}

/*
  One more round: all emitters up to `until` rays, in steps of about half a
  second, after each of which the round can end. The sums are of integers, so
  that steps leave no trace in them.
*/
static FhStatus
run_round(Run* const run, const uint64_t until)
{
  const uint64_t least = (uint64_t)CHUNK_RAYS * N_BLOCKS;
  const uint64_t first = run->n_rays;
  const double share = 0.85 - run->stage_done;
  // Ranks must agree on their steps, and clocks do not
  uint64_t step = run->team ? until : least;
  FhStatus status = FH_OK;
  run->in_rays = true;
  if (run->has_seats) {
    seats_begin(&run->seats, run->team);
  }
  while (!status && run->n_rays < until) {
    const uint64_t left = until - run->n_rays;
    const uint64_t n = step < left ? step : left;
    const double began_s = clock_s(CLOCK_MONOTONIC);
    status = run_step(
      run, run->n_rays + n, share * (double)n / (double)(until - first));
    run->n_rays += status ? 0 : n;
    const double took_s = clock_s(CLOCK_MONOTONIC) - began_s;
    step = took_s < 0.25 ? 2 * step : (took_s > 1.0 ? step / 2 : step);
    step = step < least ? least : step / least * least;
    if (!status && (run->out_of_time || run->stopped)) {
      status = FH_ERR_INTERRUPTED;
    }
  }
  run->in_rays = false;
  if (run->has_seats) {
    const FhStatus summed = seats_end(&run->seats, run->team);
    status = status ? status : summed;
  }
  return status;
}

/// Gather at the seats with what the rays have left so far
static FhStatus
run_gather(Run* const run, SeatError* const error)
{
  run->stage = "gathering";
  run->stage_done = 0.85;
  run->stage_share = 0.15;
  error->rays = 0.0;
  error->gather = 0.0;
  Run* self = run;
  return seats_gather(&run->engine,
                      &run->seats,
                      run->scattered,
                      run->mirrored,
                      run->gather_rays,
                      watch,
                      (void*)&self,
                      error,
                      run->out);
}

/// How much more is needed of one of two causes, for a sum of squares
static double
growth_for(const double error, const double allowed)
{
  const double excess = error * sqrt(2.0) / allowed;
  return excess > 1.0 ? fmin(MAX_GROWTH, fmax(1.25, 1.1 * excess * excess))
                      : 1.0;
}

/// Gather; more rays are wanted where this returns with `done` false
static FhStatus
run_seats(Run* const run, uint64_t* const until, bool* const done)
{
  const double allowed = run->desc.error_db;
  for (;;) {
    SeatError error;
    const FhStatus status = run_gather(run, &error);
    *done = true;
    if (status || run->desc.n_rays ||
        hypot(error.rays, error.gather) <= allowed) {
      return status;
    }
    const double rays = growth_for(error.rays, allowed);
    const double gather = growth_for(error.gather, allowed);
    if (gather > 1.0 && run->gather_rays < MAX_GATHER_RAYS) {
      const double wanted = ceil(gather * run->gather_rays);
      run->gather_rays = (unsigned)fmin(wanted, (double)MAX_GATHER_RAYS);
    } else if (!(rays > 1.0)) {
      return FH_OK;
    }
    if (rays > 1.0 && *until < MAX_RAYS) {
      *until = setup_rays(rays * (double)*until);
      *done = false;
      return FH_OK;
    }
  }
}

/// Rounds until the error asked for, or the rays asked for
static FhStatus
run_rays(Run* const run)
{
  const bool asked = run->desc.n_rays > 0;
  const uint64_t first = run->has_seats ? FIRST_SEAT_RAYS : FIRST_RAYS;
  uint64_t until = setup_rays((double)(asked ? run->desc.n_rays : first));
  for (;;) {
    FhStatus status = run_round(run, until);
    double excess = 0.0;
    if (!status && !asked && run->engine.n_mics) {
      excess = response_excess_error(&run->engine,
                                     run->images,
                                     run->sights,
                                     run->mirrored,
                                     run->scattered,
                                     run->desc.error_db);
    }
    if (!status && excess > 1.0 && until < MAX_RAYS) {
      const double growth = fmin(MAX_GROWTH, fmax(1.25, 1.1 * excess * excess));
      until = setup_rays(growth * (double)until);
      run->stage_done = 0.1 + 0.75 * fmin(0.9, 1.0 / (excess * excess));
      continue;
    }
    bool done = true;
    if (run->has_seats && has_rays(run) &&
        (!status || (status == FH_ERR_INTERRUPTED &&
                     (run->out_of_time || run->stopped)))) {
      // What ends early is the rays: the seats still get theirs
      if (run->out_of_time || run->stopped) {
        run->desc.time_limit_s = 0.0;
        run->desc.n_rays = 1;
        run->out_of_time = run->out_of_time && !run->stopped;
        run->progress = NULL;
      }
      FhStatus gathered = run_seats(run, &until, &done);
      if (gathered == FH_ERR_INTERRUPTED) {
        // Ended among the seats: all of them again, with the fewest rays
        run->desc.time_limit_s = 0.0;
        run->desc.n_rays = 1;
        run->progress = NULL;
        run->gather_rays = LEAST_GATHER_RAYS;
        gathered = run_seats(run, &until, &done);
        status = FH_ERR_INTERRUPTED;
      }
      status = gathered ? gathered : status;
    }
    if (status || done) {
      return status;
    }
    run->stage_done = 0.5;
  }
}

static void
warn(const Run* const run)
{
  const Window* const window = &run->engine.window;
  if (window->endless) {
    fh_diag_add(run->diag,
                FH_DIAG_WARNING,
                NULL,
                0,
                0,
                "sound has not died away after %.0f s (no absorption?); the "
                "response ends there",
                (double)window->duration_s);
  }
  if (run->engine.scene->closed && window->escaped > ESCAPE_WARNING &&
      run->out->n_holes) {
    double at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = run->engine.scene->origin[k] + (double)run->out->hole_at[0][k];
    }
    fh_diag_add(run->diag,
                FH_DIAG_WARNING,
                NULL,
                0,
                0,
                "%.1f %% of the energy leaves through holes, for one near "
                "(%.2f, %.2f, %.2f); close the geometry",
                100.0 * window->escaped,
                at[0],
                at[1],
                at[2]);
  }
}

static FhStatus
prepare_tallies(Run* const run)
{
  Engine* const engine = &run->engine;
  const size_t n = engine->n_emitters;
  run->images = (Images**)engine_alloc(n, sizeof(void*));
  run->mirrored = (Tally*)engine_alloc(n, sizeof(Tally));
  run->scattered = (Tally*)engine_alloc(n, sizeof(Tally));
  run->thread = (Tally*)engine_alloc(engine->n_threads, sizeof(Tally));
  if (!run->images || !run->mirrored || !run->scattered || !run->thread) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = setup_times(engine);
  for (size_t e = 0; e < n && !status; ++e) {
    status = tally_init(engine, &run->mirrored[e]);
    status = status ? status : tally_init(engine, &run->scattered[e]);
  }
  for (unsigned i = 0; i < engine->n_threads && !status; ++i) {
    status = tally_init(engine, &run->thread[i]);
  }
  return status;
}

static FhStatus
prepare_images(Run* const run)
{
  const Engine* const engine = &run->engine;
  FhStatus status = FH_OK;
  for (size_t e = 0; e < engine->n_emitters && !status; ++e) {
    status = images_new(engine,
                        &engine->emitters[e],
                        e,
                        run->desc.image_order,
                        NULL,
                        &run->images[e]);
  }
  return status;
}

static FhStatus
prepare_seats(Run* const run)
{
  run->has_seats = run->desc.seats && run->engine.scene->n_seats > 0;
  run->gather_rays = run->desc.gather_rays ? run->desc.gather_rays : 256;
  return run->has_seats ? seats_new(&run->engine, &run->seats) : FH_OK;
}

static void
run_clear(Run* const run)
{
  Engine* const engine = &run->engine;
  seats_clear(engine, &run->seats);
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    if (run->images) {
      images_free(run->images[e]);
    }
    if (run->mirrored) {
      tally_clear(&run->mirrored[e]);
    }
    if (run->scattered) {
      tally_clear(&run->scattered[e]);
    }
  }
  for (unsigned i = 0; run->thread && i < engine->n_threads; ++i) {
    tally_clear(&run->thread[i]);
  }
  free(run->sights);
  free(run->images);
  free(run->mirrored);
  free(run->scattered);
  free(run->thread);
  setup_clear(engine);
}

static FhStatus
prepare(Run* const run,
        const FhRadiator* const radiators,
        const size_t n_radiators)
{
  Engine* const engine = &run->engine;
  FhStatus status = setup_engine(engine, radiators, n_radiators, run->diag);
  if (!status) {
    run->sights = sights_new(engine);
    status = run->sights ? FH_OK : FH_ERR_NO_MEM;
  }
  status = status ? status : window_new(engine, run->out);
  status = status ? status : prepare_tallies(run);
  status = status ? status : prepare_images(run);
  return status ? status : prepare_seats(run);
}

FhStatus
fh_trace_radiators(const FhScene* const scene,
                   const FhRaycaster* const caster,
                   const FhRadiator* const radiators,
                   const size_t n_radiators,
                   const FhTraceDesc* const desc,
                   const FhProgressFn progress,
                   void* const user,
                   FhTraceResult* const out,
                   FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhStatus status = setup_check(scene, radiators, n_radiators, desc, diag);
  if (status) {
    return status;
  }

  Run* const run = (Run*)engine_alloc(1, sizeof(Run));
  if (!run) {
    return FH_ERR_NO_MEM;
  }
  const double cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
  run->started_s = clock_s(CLOCK_MONOTONIC);
  run->desc = *desc;
  run->team = desc->team;
  run->engine.scene = scene;
  run->engine.caster = caster;
  run->engine.desc = &run->desc;
  run->out = out;
  run->diag = diag;
  run->progress = progress;
  run->user = user;
  run->stage_done = 0.02;

  status = prepare(run, radiators, n_radiators);
  if (!status) {
    status = run_rays(run);
  }
  if ((!status || status == FH_ERR_INTERRUPTED) && has_rays(run)) {
    const FhStatus filled = response_fill(&run->engine,
                                          run->images,
                                          run->sights,
                                          run->mirrored,
                                          run->scattered,
                                          out);
    warn(run);
    if (run->out_of_time) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  NULL,
                  0,
                  0,
                  "the time limit was met after %llu rays from each "
                  "loudspeaker; see the standard errors",
                  (unsigned long long)out->n_rays_done);
      status = FH_OK;
    }
    status = filled ? filled : status;
    out->wall_s = clock_s(CLOCK_MONOTONIC) - run->started_s;
    out->cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
  } else {
    fh_trace_result_clear(out);
  }
  run_clear(run);
  free(run);
  return status;
}
