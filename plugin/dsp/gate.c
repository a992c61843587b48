// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate.h"

#include <math.h>

// Programme under this is silence [dBFS rms over some 2 s]
static const double silent_db = -50.0;
// Programme must have been there this long before it counts [s]
static const double loud_again_s = 3.0;
static const double level_time_s = 1.0;

static const double dead_after_s = 0.5;
static const double clip_hold_s = 4.0;
static const double fault_hold_s = 3.0;
static const double late_hold_s = 5.0;
static const double jump_hold_s = 12.0;
static const double gain_hold_s = 12.0;
// Once the level has come to rest the averages begin anew: as long as they need
// for a judgement [s]
static const double gain_rest_hold_s = 45.0;

// The delay may be off by this, and by this part of itself [ms]
static const double moved_ms = 1.0;
static const double moved_share = 0.005;
// The expected delay follows what is found, as air warms, by [ms/min]
static const double drift_ms_per_min = 0.3;
// Sound needs 0.5 ms for 17 cm: less is a wire
static const double wire_ms = 0.5;

// The direct sound is off by this: a gain was turned. Two searches in a row are
// enough to hold; the new level counts when it has come to rest
static const double gain_step_db = 3.0;
static const int gain_searches = 2;
static const double gain_rest_db = 0.3;
static const double direct_share = 0.05;

void
fh_gate_hole(FhGate* const gate)
{
  gate->late_s = late_hold_s;
}

void
fh_gate_anchor(FhGate* const gate,
               const FhLiveBaseline* const baseline,
               const double temperature_c,
               const bool is_fresh)
{
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    FhMicGate* const mic = &gate->mic[m];
    mic->has_anchor = m < baseline->n_mics;
    mic->offset_db = 0.0;
    if (!mic->has_anchor) {
      continue;
    }
    // Sound is faster in warmer air
    const double then_k = 273.15 + (double)baseline->temperature_c;
    const double now_k = 273.15 + temperature_c;
    const double share = is_fresh || !(now_k > 200.0) || !(then_k > 200.0)
                           ? 1.0
                           : sqrt(then_k / now_k);
    mic->anchor_ms = (double)baseline->mic[m].delay_ms * share;
  }
}

static double
run_down(const double left_s, const double step_s)
{
  return left_s > step_s ? left_s - step_s : 0.0;
}

/// Follow the level of the direct sound; a lasting step is a gain that turned
static void
watch_gain(FhMicGate* const mic, const FhMicTrack* const track)
{
  if (track->n_searches == mic->n_searches || !track->has_direct) {
    return;
  }
  mic->n_searches = track->n_searches;
  if (!track->is_following || mic->jump_s > 0.0) {
    mic->n_off = 0;
    return;
  }
  const double moved = track->direct_db - mic->last_db;
  mic->last_db = track->direct_db;
  if (!mic->has_direct) {
    mic->direct_db = track->direct_db;
    mic->has_direct = true;
    return;
  }
  const double off = track->direct_db - mic->direct_db;
  if (!(fabs(off) > gain_step_db)) {
    mic->n_off = 0;
    mic->direct_db += direct_share * off;
    return;
  }
  if (++mic->n_off >= gain_searches) {
    mic->gain_s = gain_hold_s;
    if (fabs(moved) < gain_rest_db) {
      mic->offset_db += off;
      mic->direct_db = track->direct_db;
      mic->n_off = 0;
      mic->must_restart = true;
      mic->gain_s = gain_rest_hold_s;
    }
  }
}

static void
watch_delay(FhMicGate* const mic,
            const FhMicTrack* const track,
            const double delay_ms,
            const double step_s)
{
  if (track->n_jumps != mic->n_jumps) {
    mic->n_jumps = track->n_jumps;
    mic->jump_s = jump_hold_s;
    mic->has_direct = false;
    mic->must_restart = true;
  }
  if (mic->has_anchor && track->is_locked) {
    const double most = drift_ms_per_min / 60.0 * step_s;
    const double off = delay_ms - mic->anchor_ms;
    if (fabs(off) <= moved_ms) {
      mic->anchor_ms += fmin(fmax(off, -most), most);
    }
  }
}

static bool
has_moved(const FhMicGate* const mic, const double delay_ms)
{
  return mic->has_anchor && fabs(delay_ms - mic->anchor_ms) >
                              moved_ms + moved_share * mic->anchor_ms;
}

/// Why one microphone cannot be used now
static FhLiveState
watch_mic(FhMicGate* const mic,
          const FhMicTrack* const track,
          const FhTickLevels* const levels,
          const size_t m,
          const bool is_connected,
          const double rate_hz,
          const double step_s)
{
  const double delay_ms = 1000.0 * track->delay_frames / rate_hz;
  mic->clip_s =
    levels->is_clipped[m] ? clip_hold_s : run_down(mic->clip_s, step_s);
  mic->jump_s = run_down(mic->jump_s, step_s);
  mic->gain_s = run_down(mic->gain_s, step_s);
  mic->dead_s = !is_connected || levels->is_dead[m]
                  ? fmin(mic->dead_s + step_s, 10.0)
                  : 0.0;
  watch_delay(mic, track, delay_ms, step_s);
  watch_gain(mic, track);
  if (mic->dead_s > dead_after_s) {
    return FH_LIVE_STATE_MIC_LOST;
  }
  if (mic->clip_s > 0.0) {
    return FH_LIVE_STATE_MIC_CLIPPING;
  }
  if (track->is_locked && delay_ms < wire_ms) {
    return FH_LIVE_STATE_MIC_IS_LINE;
  }
  if (mic->jump_s > 0.0) {
    return FH_LIVE_STATE_DELAY_JUMP;
  }
  if (track->is_locked && has_moved(mic, delay_ms)) {
    return FH_LIVE_STATE_MIC_MOVED;
  }
  return mic->gain_s > 0.0 ? FH_LIVE_STATE_GAIN_CHANGED : FH_GATE_OPEN;
}

FhLiveState
fh_gate_step(FhGate* const gate,
             const FhTick* const tick,
             const FhTickLevels* const levels,
             const FhEstimator* const estimator,
             const double step_s)
{
  const double rate_hz = fh_estimator_rate_hz(estimator);
  const size_t n_mics = tick->controls.mics > 1 ? 2 : 1;
  const double share = fmin(step_s / level_time_s, 1.0);
  if (!gate->has_level) {
    gate->programme_db = (double)levels->programme_db;
    gate->has_level = true;
  }
  // Down slowly, up at once: rests in music are no silence
  const double off = (double)levels->programme_db - gate->programme_db;
  gate->programme_db += off > 0.0 ? off : share * off;
  gate->loud_s =
    gate->programme_db < silent_db ? 0.0 : fmin(gate->loud_s + step_s, 100.0);
  gate->fault_s =
    tick->n_bad != gate->n_bad ? fault_hold_s : run_down(gate->fault_s, step_s);
  gate->n_bad = tick->n_bad;
  gate->late_s = run_down(gate->late_s, step_s);

  FhLiveState worst = FH_GATE_OPEN;
  bool any = false;
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    FhMicGate* const mic = &gate->mic[m];
    const FhLiveState state = watch_mic(mic,
                                        fh_estimator_track(estimator, m),
                                        levels,
                                        m,
                                        m < n_mics && tick->has_mic[m],
                                        rate_hz,
                                        step_s);
    mic->is_usable = m < n_mics && state == FH_GATE_OPEN;
    any = any || mic->is_usable;
    if (m < n_mics && worst == FH_GATE_OPEN) {
      worst = state;
    }
  }
  if (gate->late_s > 0.0) {
    return FH_LIVE_STATE_WORKER_LATE;
  }
  if (gate->fault_s > 0.0) {
    return FH_LIVE_STATE_FAULT;
  }
  if (gate->programme_db < silent_db) {
    return FH_LIVE_STATE_SILENT;
  }
  if (gate->loud_s < loud_again_s) {
    return FH_LIVE_STATE_LISTENING;
  }
  // One good microphone is enough
  return any ? FH_GATE_OPEN : worst;
}
