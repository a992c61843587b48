// SPDX-License-Identifier: GPL-3.0-or-later
#include "live_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Fastest move of the engineer's own EQ [dB/s]: a jump becomes a short ramp
static const double trim_slew_db_s = 24.0;

struct FhWorkerImpl {
  double rate_hz;
  double tick_s;
  FhEqDesigner designer;
  float trim_db[FH_LIVE_BANDS];
  FhLiveModel* model;
  FhLiveBaseline baseline;
  uint32_t baseline_serial;
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
  if (worker) {
    worker->rate_hz = rate_hz;
    worker->tick_s = (double)tick_frames / rate_hz;
    fh_eq_designer_init(&worker->designer, rate_hz);
  }
  return worker;
}

void
fh_worker_free(FhWorker* const worker)
{
  free(worker);
}

/// Ramp to the engineer's own EQ; true while it moves
static bool
move_trim(FhWorker* const worker, const FhLiveControls* const controls)
{
  const float step = (float)(trim_slew_db_s * worker->tick_s);
  bool moved = false;
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    const float asked = controls->trim_on ? controls->trim_db[i] : 0.0F;
    const float to =
      isfinite(asked) ? fminf(fmaxf(asked, -12.0F), 12.0F) : 0.0F;
    const float by = fminf(fmaxf(to - worker->trim_db[i], -step), step);
    moved = moved || fabsf(by) > 0.0F;
    worker->trim_db[i] += by;
  }
  return moved;
}

void
fh_worker_tick(FhWorker* const worker,
               const FhTick* const tick,
               float (*const audio)[FH_CAPTURE_CHANNELS],
               FhAnswer* const answer)
{
  (void)audio;
  FhLiveMeters* const meters = &worker->meters;
  answer->frame = tick->frame;
  answer->has_curve = move_trim(worker, &tick->controls);
  if (answer->has_curve) {
    fh_eq_design(
      &worker->designer, worker->trim_db, &answer->curve, meters->eq_db);
  }
  meters->state = !tick->controls.enabled ? FH_LIVE_STATE_BYPASSED
                  : !worker->model        ? FH_LIVE_STATE_NO_PROFILE
                                          : FH_LIVE_STATE_NO_BASELINE;
  meters->has_profile = worker->model != NULL;
  ++meters->serial;
  answer->meters = *meters;
}

FhLiveModel*
fh_worker_set_model(FhWorker* const worker, FhLiveModel* const model)
{
  FhLiveModel* const old = worker->model;
  worker->model = model;
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
  worker->baseline = *baseline;
}

size_t
fh_worker_take_moves(FhWorker* const worker,
                     FhLiveMove* const moves,
                     const size_t n)
{
  (void)worker;
  (void)moves;
  (void)n;
  return 0;
}
