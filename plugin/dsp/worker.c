// SPDX-License-Identifier: GPL-3.0-or-later
#include "change.h"
#include "estimator.h"
#include "gate.h"
#include "live_private.h"
#include "mover.h"
#include "soundcheck.h"
#include "target.h"
#include "venue_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Fastest move of the engineer's own EQ [dB/s]: a jump becomes a short ramp
static const double trim_slew_db_s = 24.0;
// A curve is designed anew when a band has moved by this [dB]
static const float design_step_db = 0.004F;
// Programme in the averages before the crowd is judged [s]
static const double judge_after_s = 30.0;
// Time between two judgements [s]; they are filtered over minutes anyway
static const double judge_every_s = 27.0;
// Octaves of 250 Hz to 4 kHz that must be valid
static const size_t least_octaves = 4;
// Coherence may fail this long before it is called so [s]
static const double coherence_grace_s = 20.0;

struct FhWorkerImpl {
  double rate_hz;
  double tick_s;
  FhEqDesigner designer;
  FhEstimator* estimator;
  FhGate gate;
  FhMover mover;
  FhSoundcheck soundcheck;
  FhLiveModel* model;
  FhLiveBaseline baseline;
  bool has_baseline;
  FhVenueCheck venue; ///< Of the soundcheck and the model
  bool is_trusted;    ///< By hand, though it is of another room
  uint32_t baseline_serial;
  double baseline_age_s;
  FhChange change;
  FhChange last_change; ///< The last that was known: limits rest on it
  FhTarget target;
  FhCrowdEstimate estimate;
  bool has_estimate;
  double judged_s;     ///< Time since the last judgement [s]
  double incoherent_s; ///< Time with too few valid octaves [s]
  float trim_db[FH_LIVE_BANDS];
  float designed_db[FH_LIVE_BANDS];
  FhEqCurve curve;
  FhTick last; ///< For the edges of its counters
  FhLiveMeters meters;
};

FhLiveControls
fh_live_controls_default(void)
{
  const FhLiveControls controls = {.enabled = true,
                                   .mode = FH_LIVE_MODE_SUGGEST,
                                   .amount = 1.0,
                                   .limit_db = 3.0,
                                   .boost_ratio = 0.5,
                                   .slew_db_per_min = 0.5,
                                   .temperature_c = 20.0,
                                   .humidity_percent = 50.0,
                                   .mics = 1};
  return controls;
}

FhWorker*
fh_worker_new(const double rate_hz, const size_t tick_frames)
{
  FhWorker* const worker = (FhWorker*)calloc(1, sizeof(*worker));
  if (!worker) {
    return NULL;
  }
  worker->rate_hz = rate_hz;
  worker->tick_s = (double)tick_frames / rate_hz;
  worker->judged_s = 1e9;
  fh_eq_designer_init(&worker->designer, rate_hz);
  worker->estimator = fh_estimator_new(rate_hz);
  if (!worker->estimator) {
    fh_worker_free(worker);
    return NULL;
  }
  return worker;
}

void
fh_worker_free(FhWorker* const worker)
{
  if (worker) {
    fh_estimator_free(worker->estimator);
    free(worker);
  }
}

static double
clamp(const double x, const double lo, const double hi)
{
  return x > lo ? x < hi ? x : hi : lo; // NaN gives lo
}

/// Every number in its range, whatever the host sent
static void
sanitise(FhLiveControls* const c)
{
  c->amount = clamp(c->amount, 0.0, 1.0);
  c->limit_db = clamp(c->limit_db, 0.0, 6.0);
  c->boost_ratio = clamp(c->boost_ratio, 0.0, 1.0);
  c->slew_db_per_min = clamp(c->slew_db_per_min, 0.05, 3.0);
  c->temperature_c = clamp(c->temperature_c, -10.0, 50.0);
  c->humidity_percent = clamp(c->humidity_percent, 0.0, 100.0);
  c->attendance = clamp(c->attendance, 0.0, 1e6);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const double trim = (double)c->trim_db[b];
    c->trim_db[b] =
      c->trim_on && isfinite(trim) ? (float)clamp(trim, -12.0, 12.0) : 0.0F;
  }
}

static void
forget_judgement(FhWorker* const worker)
{
  worker->has_estimate = false;
  worker->judged_s = 1e9;
  memset(&worker->estimate, 0, sizeof(worker->estimate));
  memset(worker->target.wish_db, 0, sizeof(worker->target.wish_db));
  memset(worker->target.target_db, 0, sizeof(worker->target.target_db));
  worker->target.level_change_db = 0.0;
}

/// Soundcheck or model are others: do they belong together?
static void
check_venue(FhWorker* const worker)
{
  worker->is_trusted = false;
  worker->venue = fh_venue_check(worker->has_baseline ? worker->model : NULL,
                                 &worker->baseline);
}

static bool
is_foreign(const FhWorker* const worker)
{
  return worker->venue.is_foreign && !worker->is_trusted;
}

/// A soundcheck comes into use: measure against it from scratch
static void
use_baseline(FhWorker* const worker,
             const FhLiveBaseline* const baseline,
             const FhLiveControls* const controls,
             const bool is_fresh)
{
  worker->baseline = *baseline;
  worker->has_baseline = baseline->n_mics > 0;
  worker->baseline_age_s = 60.0 * (double)baseline->minutes_ago;
  ++worker->baseline_serial;
  fh_gate_anchor(&worker->gate, baseline, controls->temperature_c, is_fresh);
  fh_estimator_restart(worker->estimator);
  fh_estimator_hold_all(worker->estimator, false);
  memset(&worker->change, 0, sizeof(worker->change));
  memset(&worker->last_change, 0, sizeof(worker->last_change));
  forget_judgement(worker);
  check_venue(worker);
  if (worker->model && worker->model->reset) {
    worker->model->reset(worker->model->self);
  }
}

static FhMoverStep
mover_step(FhWorker* const worker,
           const FhTick* const tick,
           const FhLiveControls* const controls)
{
  const FhMoverStep step = {.controls = controls,
                            .target = &worker->target,
                            .has_target = worker->has_estimate,
                            .hold_state = FH_LIVE_STATE_LISTENING,
                            .confidence = worker->meters.confidence,
                            .step_s = worker->tick_s,
                            .frame = tick->frame,
                            .time_s = (double)tick->frame / worker->rate_hz};
  return step;
}

static void
run_soundcheck(FhWorker* const worker,
               const FhTick* const tick,
               const FhLiveControls* const controls,
               const FhTickLevels* const levels)
{
  if (tick->n_baseline != worker->last.n_baseline) {
    fh_estimator_restart(worker->estimator);
    fh_estimator_hold_all(worker->estimator, true);
    fh_soundcheck_begin(&worker->soundcheck);
  }
  if (!worker->soundcheck.is_running) {
    return;
  }
  FhLiveBaseline baseline;
  if (!fh_soundcheck_step(&worker->soundcheck,
                          worker->estimator,
                          &worker->gate,
                          levels,
                          controls,
                          worker->tick_s,
                          &baseline)) {
    return;
  }
  if (baseline.n_mics > 0) {
    use_baseline(worker, &baseline, controls, true);
    const FhMoverStep step = mover_step(worker, tick, controls);
    fh_mover_reset(&worker->mover, &step);
  } else {
    // What was captured cannot be used; an older soundcheck stays
    fh_estimator_restart(worker->estimator);
    fh_estimator_hold_all(worker->estimator, false);
  }
}

static void
restart_where_needed(FhWorker* const worker)
{
  bool any = false;
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    any = any || worker->gate.mic[m].must_restart;
    worker->gate.mic[m].must_restart = false;
  }
  if (any) {
    fh_estimator_restart(worker->estimator);
    memset(&worker->change, 0, sizeof(worker->change));
  }
}

/// Ask the model what the change means
static void
judge(FhWorker* const worker, const FhLiveControls* const controls)
{
  FhCrowdObservation* const frame = &worker->change.frame;
  const double minutes = fmin(worker->judged_s, judge_every_s) / 60.0;
  frame->air0 = fh_air_default();
  frame->air0.temperature_c = (double)worker->baseline.temperature_c;
  frame->air0.humidity_percent = (double)worker->baseline.humidity_percent;
  frame->air = fh_air_default();
  frame->air.temperature_c = controls->temperature_c;
  frame->air.humidity_percent = controls->humidity_percent;
  frame->attendance = controls->attendance;
  frame->minutes = minutes;
  frame->show_minute = worker->baseline_age_s / 60.0;
  worker->judged_s = 0.0;
  if (worker->model->infer(worker->model->self, frame, &worker->estimate)) {
    worker->has_estimate = true;
    fh_target_wish(&worker->estimate, &worker->target);
  }
}

/// Compare with the soundcheck when a new response is there
static void
take_response(FhWorker* const worker, const FhLiveControls* const controls)
{
  const FhResponse* response[FH_LIVE_MICS];
  bool use[FH_LIVE_MICS];
  double offset_db[FH_LIVE_MICS];
  double seconds = 0.0;
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    response[m] = fh_estimator_response(worker->estimator, m);
    use[m] = worker->gate.mic[m].is_usable && response[m]->is_known;
    offset_db[m] = worker->gate.mic[m].offset_db;
    seconds = use[m] ? fmax(seconds, response[m]->seconds) : seconds;
  }
  if (!worker->has_baseline) {
    return;
  }
  fh_change_find(&worker->baseline, response, use, offset_db, &worker->change);
  if (worker->change.is_known) {
    worker->last_change = worker->change;
  }
  if (worker->model && !is_foreign(worker) && seconds >= judge_after_s &&
      worker->judged_s >= judge_every_s &&
      worker->change.n_valid >= least_octaves) {
    judge(worker, controls);
  }
}

/// Why nothing may move, or #FH_GATE_OPEN
static FhLiveState
find_hold(FhWorker* const worker, const FhLiveState gate)
{
  if (worker->soundcheck.is_running) {
    return FH_LIVE_STATE_CAPTURING;
  }
  if (gate != FH_GATE_OPEN) {
    return gate;
  }
  if (!worker->model) {
    return FH_LIVE_STATE_NO_PROFILE;
  }
  if (!worker->has_baseline) {
    return FH_LIVE_STATE_NO_BASELINE;
  }
  if (is_foreign(worker)) {
    return FH_LIVE_STATE_FOREIGN;
  }
  const bool few =
    worker->change.is_known && worker->change.n_valid < least_octaves;
  worker->incoherent_s = few ? worker->incoherent_s + worker->tick_s : 0.0;
  if (worker->incoherent_s > coherence_grace_s) {
    return FH_LIVE_STATE_COHERENCE;
  }
  if (!worker->has_estimate || !worker->change.is_known) {
    return FH_LIVE_STATE_LISTENING;
  }
  return worker->estimate.unsure ? FH_LIVE_STATE_UNSURE : FH_GATE_OPEN;
}

static void
move_trim(FhWorker* const worker, const FhLiveControls* const controls)
{
  const float step = (float)(trim_slew_db_s * worker->tick_s);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const float off = controls->trim_db[b] - worker->trim_db[b];
    worker->trim_db[b] += fminf(fmaxf(off, -step), step);
  }
}

/// Design the curve anew when it has moved far enough, or come to rest
static bool
design(FhWorker* const worker, const bool is_moving)
{
  float command_db[FH_LIVE_BANDS];
  float most = 0.0F;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    command_db[b] = worker->mover.applied_db[b] + worker->trim_db[b];
    most = fmaxf(most, fabsf(command_db[b] - worker->designed_db[b]));
  }
  if (!(most > (is_moving ? design_step_db : 0.0F))) {
    return false;
  }
  memcpy(worker->designed_db, command_db, sizeof(command_db));
  fh_eq_design(
    &worker->designer, command_db, &worker->curve, worker->meters.eq_db);
  return true;
}

static float
smooth(const float from, const float to, const double share)
{
  return from + (float)share * (to - from);
}

static void
fill_levels(FhWorker* const worker, const FhTickLevels* const levels)
{
  FhLiveMeters* const meters = &worker->meters;
  const double share = fmin(worker->tick_s, 1.0);
  const double rate_hz = fh_estimator_rate_hz(worker->estimator);
  meters->programme_db =
    smooth(meters->programme_db, levels->programme_db, share);
  bool has_delay = false;
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    const FhMicTrack* const track = fh_estimator_track(worker->estimator, m);
    meters->mic_db[m] = smooth(meters->mic_db[m], levels->mic_db[m], share);
    meters->mic_delay_ms[m] =
      track->is_locked ? (float)(1000.0 * track->delay_frames / rate_hz) : 0.0F;
    if (!has_delay && worker->gate.mic[m].is_usable && track->is_locked) {
      meters->delay_ms = meters->mic_delay_ms[m];
      has_delay = true;
    }
  }
}

/// Response of the first usable microphone, for the curves without soundcheck
static const FhResponse*
shown_response(const FhWorker* const worker)
{
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    const FhResponse* const r = fh_estimator_response(worker->estimator, m);
    if (worker->gate.mic[m].is_usable && r->is_known) {
      return r;
    }
  }
  return NULL;
}

static void
fill_curves(FhWorker* const worker)
{
  FhLiveMeters* const meters = &worker->meters;
  const FhResponse* const r = shown_response(worker);
  const double level = worker->has_baseline
                         ? fh_band_mean(worker->baseline.mic[0].third_db)
                       : r ? fh_band_mean(r->third_db)
                           : 0.0;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const bool is_known = worker->has_baseline ? worker->change.third_valid[b]
                                               : r && r->third_valid[b];
    meters->soundcheck_db[b] =
      worker->has_baseline ? worker->baseline.mic[0].third_db[b] - (float)level
                           : 0.0F;
    if (is_known) {
      meters->now_db[b] = worker->has_baseline ? meters->soundcheck_db[b] +
                                                   worker->change.third_db[b]
                                               : r->third_db[b] - (float)level;
    } else if (!meters->band_known[b]) {
      meters->now_db[b] = meters->soundcheck_db[b];
    }
    meters->band_known[b] = is_known;
    meters->coherence_band[b] = r ? r->coherence[b] : 0.0F;
    meters->applied_db[b] = worker->mover.applied_db[b];
    meters->target_db[b] = worker->target.target_db[b];
    meters->limit_up_db[b] = worker->target.up_db[b];
    meters->limit_down_db[b] = worker->target.down_db[b];
  }
  meters->coherence = (float)fh_band_mean(meters->coherence_band);
}

static void
fill_estimate(FhWorker* const worker)
{
  FhLiveMeters* const meters = &worker->meters;
  const FhCrowdEstimate* const e = &worker->estimate;
  meters->occupancy = e->occupancy;
  meters->occupancy_sd = worker->has_estimate ? e->occupancy_sd : 1.0F;
  meters->confidence = worker->has_estimate ? e->confidence : 0.0F;
  meters->level_change_db = (float)worker->target.level_change_db;
  memcpy(meters->added_m2, e->added_m2, sizeof(e->added_m2));
  memcpy(meters->weather_db, e->weather_db, sizeof(e->weather_db));
  memcpy(meters->total_db, e->total_db, sizeof(e->total_db));
  memcpy(meters->total_sd_db, e->total_sd_db, sizeof(e->total_sd_db));
  memcpy(meters->early_db, e->early_db, sizeof(e->early_db));
  memcpy(meters->early_sd_db, e->early_sd_db, sizeof(e->early_sd_db));
  memcpy(meters->wish_db, worker->target.wish_db, sizeof(meters->wish_db));
  meters->room_distance = (float)worker->venue.distance;
  meters->has_profile = worker->model != NULL;
  meters->has_baseline = worker->has_baseline;
  meters->can_undo = worker->mover.n_undo > 0;
  meters->capture_progress = (float)worker->soundcheck.progress;
  meters->verdict = worker->soundcheck.verdict;
}

/// Listen: estimator, gate, soundcheck, model; returns why to hold
static FhLiveState
listen(FhWorker* const worker,
       const FhTick* const tick,
       const FhLiveControls* const controls,
       float (*const audio)[FH_CAPTURE_CHANNELS])
{
  if (!audio || tick->n_reset != worker->last.n_reset) {
    fh_estimator_cut(worker->estimator);
    if (!audio) {
      fh_gate_hole(&worker->gate);
      return find_hold(worker, FH_LIVE_STATE_WORKER_LATE);
    }
  }
  const size_t n_mics = controls->mics > 1 ? 2 : 1;
  const bool is_fault = tick->n_bad != worker->last.n_bad;
  bool use_mic[FH_LIVE_MICS];
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    use_mic[m] = m < n_mics && tick->has_mic[m] && !is_fault;
  }
  FhTickLevels levels;
  const bool is_new =
    fh_estimator_tick(worker->estimator,
                      (const float(*)[FH_CAPTURE_CHANNELS])audio,
                      use_mic,
                      &levels);
  const FhLiveState gate = fh_gate_step(
    &worker->gate, tick, &levels, worker->estimator, worker->tick_s);
  restart_where_needed(worker);
  run_soundcheck(worker, tick, controls, &levels);
  if (is_new && !worker->soundcheck.is_running) {
    take_response(worker, controls);
  }
  fill_levels(worker, &levels);
  return find_hold(worker, gate);
}

void
fh_worker_tick(FhWorker* const worker,
               const FhTick* const tick,
               float (*const audio)[FH_CAPTURE_CHANNELS],
               FhAnswer* const answer)
{
  FhLiveControls controls = tick->controls;
  sanitise(&controls);
  worker->judged_s += worker->tick_s;
  worker->baseline_age_s += worker->tick_s;

  const FhLiveState hold = listen(worker, tick, &controls, audio);
  fh_target_limits(&controls,
                   &worker->last_change,
                   worker->has_baseline ? &worker->baseline : NULL,
                   worker->mover.applied_db,
                   &worker->target);
  fh_target_limit(&worker->target,
                  controls.amount,
                  worker->target.wish_db,
                  worker->target.target_db);
  FhMoverStep step = mover_step(worker, tick, &controls);
  step.buttons.apply = tick->n_apply != worker->last.n_apply;
  if (step.buttons.apply && hold == FH_LIVE_STATE_FOREIGN &&
      controls.mode != FH_LIVE_MODE_OFF) {
    // The engineer knows better: from now on this is the venue
    worker->is_trusted = true;
    step.buttons.apply = false;
  }
  step.buttons.undo = tick->n_undo != worker->last.n_undo;
  step.buttons.panic = tick->n_panic != worker->last.n_panic;
  step.is_held = hold != FH_GATE_OPEN;
  step.hold_state = hold;
  worker->meters.state = fh_mover_step(&worker->mover, &step);
  move_trim(worker, &controls);

  answer->frame = tick->frame;
  answer->has_curve =
    design(worker, worker->meters.state == FH_LIVE_STATE_MOVING);
  answer->curve = worker->curve;
  fill_curves(worker);
  fill_estimate(worker);
  ++worker->meters.serial;
  answer->meters = worker->meters;
  worker->last = *tick;
}

FhLiveModel*
fh_worker_set_model(FhWorker* const worker, FhLiveModel* const model)
{
  FhLiveModel* const old = worker->model;
  worker->model = model;
  forget_judgement(worker);
  check_venue(worker);
  return old;
}

const FhLiveBaseline*
fh_worker_baseline(const FhWorker* const worker)
{
  return &worker->baseline;
}

uint32_t
fh_worker_baseline_serial(const FhWorker* const worker)
{
  return worker->baseline_serial;
}

void
fh_worker_set_baseline(FhWorker* const worker,
                       const FhLiveBaseline* const baseline)
{
  FhLiveControls controls = worker->last.controls;
  sanitise(&controls);
  if (!worker->last.frame) {
    controls = fh_live_controls_default();
  }
  worker->soundcheck.verdict = (FhLiveVerdict)baseline->verdict;
  use_baseline(worker, baseline, &controls, false);
}

size_t
fh_worker_take_moves(FhWorker* const worker,
                     FhLiveMove* const moves,
                     const size_t n)
{
  return fh_mover_take_log(&worker->mover, moves, n);
}
