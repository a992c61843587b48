// SPDX-License-Identifier: GPL-3.0-or-later
#include "rounds.h"

#include "checkpoint.h"
#include "mirror.h"
#include "pool.h"
#include "response.h"
#include "setup.h"
#include "transport.h"

/// Rays of the first round where the error decides
#define FIRST_RAYS 8192u
/// The same where there are seats
#define FIRST_SEAT_RAYS 16384u
/// Reflections of all rays that are wanted under the open sky, where rays are
/// short and few come near a listener
#define OPEN_BOUNCES 2097152.0
/// With less than this share of them nobody knows how much was missed
#define OPEN_SHARE 0.25
/// Gather rays of a seat, at most
#define MAX_GATHER_RAYS 8192u
/// Rays of all emitters together, and of one, beyond which a small error is
/// not sought any more: a microphone just over a scattering surface has a few
/// strong paths that nothing but luck finds
#define MOST_RAYS       1048576.0
#define LEAST_MOST_RAYS 32768.0
/// Rays for one seat when the user has no patience left
#define LEAST_GATHER_RAYS 64u
/// Rays that ranks share between two meetings, in the smallest steps
#define TEAM_STEP 32u
/// More rays than in the round before, at most
#define MAX_GROWTH 8.0

double
rounds_clock_s(const clockid_t clock)
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
      rounds_clock_s(CLOCK_MONOTONIC) - run->started_s >
        run->desc.time_limit_s) {
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
  // number; but who stops it does not wait for the first of them. A time limit
  // does: there is an answer, if a rough one. Ranks end together, between two
  // steps
  return !ends || run->team ||
         (run->in_rays && (run->n_rays > 0 || !run->stopped));
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
  const Engine* const engine = run->engine;
  const size_t n_octets = run->n_octets;
  for (size_t i = 0; i < engine->n_threads * n_octets; ++i) {
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
    pass.transport.sums =
      &seats->scattered[seats_group(seats, emitter) * seats->n_private];
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

  Tally* const sums = mirrored ? run->mirrored : run->scattered;
  for (size_t o = 0; o < n_octets; ++o) {
    Tally* const sum = &run->thread[o];
    for (size_t i = 1; i < engine->n_threads; ++i) {
      tally_add(sum, &run->thread[i * n_octets + o]);
    }
    if (run->team &&
        !run->team->sum(run->team->user, sum->words, sum->n_words)) {
      status = FH_ERR_DEVICE;
    }
    tally_add(&sums[o * engine->n_emitters + emitter], sum);
  }
  return status;
}

/// All emitters up to `until` rays
static FhStatus
run_step(Run* const run, const uint64_t until, const double share)
{
  const Engine* const engine = run->engine;
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

/// Ranks end when one of them does; false when they cannot be reached
static bool
agree(Run* const run)
{
  if (!run->team) {
    return true;
  }
  int64_t votes[2] = {run->out_of_time, run->stopped};
  if (!run->team->sum(run->team->user, votes, 2)) {
    return false;
  }
  run->out_of_time = votes[0] > 0;
  run->stopped = votes[1] > 0;
  return true;
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
  uint64_t step = run->team ? TEAM_STEP * least : least;
  FhStatus status = FH_OK;
  run->in_rays = true;
  run->until = until;
  while (!status && run->n_rays < until) {
    const uint64_t left = until - run->n_rays;
    const uint64_t n = step < left ? step : left;
    const double began_s = rounds_clock_s(CLOCK_MONOTONIC);
    if (run->has_seats) {
      seats_begin(&run->seats, run->team);
    }
    status = run_step(
      run, run->n_rays + n, share * (double)n / (double)(until - first));
    if (run->has_seats && !status) {
      status = seats_end(&run->seats, run->team);
    }
    run->n_rays += status ? 0 : n;
    if (!status) {
      // What ends early can go on later
      status = agree(run)
                 ? checkpoint_save(run, run->out_of_time || run->stopped)
                 : FH_ERR_DEVICE;
    }
    if (!run->team) {
      const double took_s = rounds_clock_s(CLOCK_MONOTONIC) - began_s;
      step = took_s < 0.25 ? 2 * step : (took_s > 1.0 ? step / 2 : step);
      step = step < least ? least : step / least * least;
    }
    if (!status && (run->out_of_time || run->stopped)) {
      status = FH_ERR_INTERRUPTED;
    }
  }
  run->in_rays = false;
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
  return seats_gather(run->engine,
                      &run->seats,
                      run->scattered,
                      run->mirrored,
                      run->gather_rays,
                      run->team,
                      watch,
                      (void*)&self,
                      error,
                      run->out);
}

static uint64_t
fewer(const uint64_t a, const uint64_t b)
{
  return a < b ? a : b;
}

/// Rays of each emitter beyond which a small error is not sought any more
static uint64_t
most_rays(const Run* const run)
{
  if (run->engine->window.endless) {
    // Nothing dies away: each ray takes as long as hundreds in other rooms, and
    // no error gets small
    return FIRST_RAYS;
  }
  return setup_rays(
    fmax(MOST_RAYS / (double)run->engine->n_emitters, LEAST_MOST_RAYS));
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
    } else if (!(rays > 1.0) || *until >= most_rays(run)) {
      return FH_OK;
    }
    if (rays > 1.0 && *until < most_rays(run)) {
      *until = fewer(setup_rays(rays * (double)*until), most_rays(run));
      *done = false;
      return FH_OK;
    }
  }
}

/// Share of the reflections wanted under the open sky; 1 in a room
static double
open_share(const Run* const run)
{
  double bounces = 0.0;
  for (size_t e = 0; e < run->engine->n_emitters; ++e) {
    bounces += (double)run->scattered[e].ledger->n_bounces;
  }
  const bool closed = run->engine->scene->closed || !run->n_rays;
  return closed ? 1.0 : fmin(1.0, bounces / OPEN_BOUNCES);
}

/// Note where few rays under the open sky say nothing of their error
static void
judge_open(const Run* const run)
{
  const double share = open_share(run);
  for (unsigned o = 0; o < run->n_octets; ++o) {
    run->out[o].errors_unknown = share < OPEN_SHARE;
  }
  if (run->out->errors_unknown) {
    fh_diag_add(run->diag,
                FH_DIAG_WARNING,
                NULL,
                0,
                0,
                "%llu rays from each loudspeaker meet too little under the "
                "open sky for standard errors; --rays %.0f would do",
                (unsigned long long)run->n_rays,
                (double)setup_rays((double)run->n_rays / fmax(share, 1e-6)));
  }
}

/// Greatest error at the microphones over the one asked for
static double
excess_error(const Run* const run)
{
  double excess = 0.0;
  for (size_t o = 0; o < run->n_octets; ++o) {
    const Engine* const engine = &run->engine[o];
    const size_t n = engine->n_emitters;
    excess = fmax(excess,
                  response_excess_error(engine,
                                        run->images,
                                        run->sights + o * n * engine->n_mics,
                                        run->mirrored + o * n,
                                        run->scattered + o * n,
                                        run->desc.error_db));
  }
  return excess;
}

FhStatus
rounds_fill(const Run* const run)
{
  FhStatus status = FH_OK;
  for (size_t o = 0; o < run->n_octets && !status; ++o) {
    const Engine* const engine = &run->engine[o];
    const size_t n = engine->n_emitters;
    status = response_fill(engine,
                           run->images,
                           run->sights + o * n * engine->n_mics,
                           run->mirrored + o * n,
                           run->scattered + o * n,
                           &run->out[o]);
  }
  return status;
}

/// Rounds until the error asked for, or the rays asked for
FhStatus
rounds_run(Run* const run)
{
  const bool asked = run->desc.n_rays > 0;
  const uint64_t first = run->has_seats ? FIRST_SEAT_RAYS : FIRST_RAYS;
  uint64_t until = setup_rays((double)(asked ? run->desc.n_rays : first));
  if (run->desc.resume) {
    const FhStatus status = checkpoint_load(run);
    if (status) {
      return status;
    }
    until = run->until;
  }
  for (;;) {
    FhStatus status = run_round(run, until);
    double excess = 0.0;
    if (!status && !asked && run->engine->n_mics) {
      excess = excess_error(run);
    }
    const double share = asked ? 1.0 : open_share(run);
    if (!status && (excess > 1.0 || share < 0.9) && until < most_rays(run)) {
      const double wanted =
        excess > 1.0 ? 1.1 * excess * excess : 1.0 / fmax(share, 1e-6);
      const double growth = fmin(MAX_GROWTH, fmax(1.25, wanted));
      until = fewer(setup_rays(growth * (double)until), most_rays(run));
      run->stage_done = 0.1 + 0.75 * fmin(0.9, 1.0 / growth);
      continue;
    }
    bool done = true;
    if (run->has_seats && rounds_have_rays(run) &&
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
    if (!status && excess > 1.0 && until >= most_rays(run)) {
      fh_diag_add(run->diag,
                  FH_DIAG_NOTE,
                  NULL,
                  0,
                  0,
                  "the microphones' standard error is %.2f dB after %llu rays "
                  "from each loudspeaker; --rays asks for more",
                  excess * run->desc.error_db,
                  (unsigned long long)until);
    }
    if (status || done) {
      judge_open(run);
      return status;
    }
    run->stage_done = 0.5;
  }
}
