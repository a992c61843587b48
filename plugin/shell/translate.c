// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell.h"

#include <math.h>
#include <string.h>

_Static_assert(FH_N_EQ_BANDS == FH_LIVE_BANDS, "ports and DSP differ");

// A port's value within its range; a number that is none is the default
static double
within(const float port[FH_PORT_COUNT], FhPort i)
{
  const FhPortInfo* const info = fh_port_info(i);
  const float x = port[i];
  if (isnan(x)) {
    return (double)info->initial;
  }
  return (double)fminf(fmaxf(x, info->minimum), info->maximum);
}

static bool
is_on(const float port[FH_PORT_COUNT], FhPort i)
{
  return within(port, i) > 0.5;
}

FhLiveControls
fh_shell_controls(const float port[FH_PORT_COUNT],
                  const float trim_db[FH_N_EQ_BANDS])
{
  FhLiveControls controls = fh_live_controls_default();
  controls.enabled = is_on(port, FH_PORT_ENABLED);
  controls.mode = (FhLiveMode)lrint(within(port, FH_PORT_MODE));
  controls.amount = within(port, FH_PORT_AMOUNT) / 100.0;
  controls.freeze = is_on(port, FH_PORT_FREEZE);
  controls.limit_db = within(port, FH_PORT_LIMIT_DB);
  controls.boost_ratio = within(port, FH_PORT_BOOST_RATIO);
  controls.slew_db_per_min = within(port, FH_PORT_SLEW_DB_PER_MIN);
  controls.baseline = is_on(port, FH_PORT_BASELINE);
  controls.apply = is_on(port, FH_PORT_APPLY);
  controls.undo = is_on(port, FH_PORT_UNDO);
  controls.panic = is_on(port, FH_PORT_PANIC);
  controls.temperature_c = within(port, FH_PORT_TEMPERATURE_C);
  controls.humidity_percent = within(port, FH_PORT_HUMIDITY_PERCENT);
  controls.attendance = within(port, FH_PORT_ATTENDANCE);
  controls.mics = (unsigned)lrint(within(port, FH_PORT_MICS));
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    const float db = trim_db[i];
    controls.trim_db[i] = isnan(db) ? 0.0f : fminf(fmaxf(db, -12.0f), 12.0f);
    controls.trim_on = controls.trim_on || controls.trim_db[i] != 0.0f;
  }
  return controls;
}

void
fh_shell_output_ports(const FhLiveMeters* meters, float port[FH_PORT_COUNT])
{
  port[FH_PORT_LATENCY] = meters->latency_frames;
  port[FH_PORT_OCCUPANCY] = meters->occupancy;
  port[FH_PORT_OCCUPANCY_SD] = meters->occupancy_sd;
  port[FH_PORT_CONFIDENCE] = meters->confidence;
  port[FH_PORT_COHERENCE] = meters->coherence;
  port[FH_PORT_DELAY_MS] = meters->delay_ms;
  port[FH_PORT_LEVEL_CHANGE_DB] = meters->level_change_db;
  port[FH_PORT_STATE] = (float)meters->state;
  memcpy(port + FH_PORT_EQ_FIRST, meters->eq_db, sizeof(meters->eq_db));
}

/// How a state is to be shown
static FhAlarm
fh_shell_alarm(FhLiveState state)
{
  switch (state) {
  case FH_LIVE_STATE_OFF:
  case FH_LIVE_STATE_NO_PROFILE:
  case FH_LIVE_STATE_NO_BASELINE:
  case FH_LIVE_STATE_LISTENING:
  case FH_LIVE_STATE_SETTLED:
  case FH_LIVE_N_STATES:
    return FH_ALARM_NONE;
  case FH_LIVE_STATE_CAPTURING:
  case FH_LIVE_STATE_SUGGESTING:
  case FH_LIVE_STATE_MOVING:
    return FH_ALARM_BUSY;
  case FH_LIVE_STATE_BYPASSED:
  case FH_LIVE_STATE_PANIC:
  case FH_LIVE_STATE_FROZEN:
    return FH_ALARM_STOPPED;
  case FH_LIVE_STATE_MIC_LOST:
  case FH_LIVE_STATE_MIC_CLIPPING:
  case FH_LIVE_STATE_MIC_IS_LINE:
  case FH_LIVE_STATE_WORKER_LATE:
  case FH_LIVE_STATE_FAULT:
    return FH_ALARM_FAULT;
  case FH_LIVE_STATE_MIC_MOVED:
  case FH_LIVE_STATE_DELAY_JUMP:
  case FH_LIVE_STATE_SILENT:
  case FH_LIVE_STATE_COHERENCE:
  case FH_LIVE_STATE_UNSURE:
  case FH_LIVE_STATE_GAIN_CHANGED:
  case FH_LIVE_STATE_FOREIGN:
    return FH_ALARM_HOLD;
  }
  return FH_ALARM_NONE;
}

void
fh_shell_curves(const FhLiveMeters* meters,
                const float trim_db[FH_N_EQ_BANDS],
                double rate_hz,
                bool has_worker,
                float curve[FH_N_CURVES][FH_N_EQ_BANDS],
                float fact[FH_N_FACTS])
{
  const size_t size = sizeof(curve[0]);
  memcpy(curve[FH_CURVE_SOUNDCHECK], meters->soundcheck_db, size);
  memcpy(curve[FH_CURVE_NOW], meters->now_db, size);
  memcpy(curve[FH_CURVE_TARGET], meters->target_db, size);
  memcpy(curve[FH_CURVE_APPLIED], meters->applied_db, size);
  memcpy(curve[FH_CURVE_LIMIT_UP], meters->limit_up_db, size);
  memcpy(curve[FH_CURVE_LIMIT_DOWN], meters->limit_down_db, size);
  memcpy(curve[FH_CURVE_COHERENCE], meters->coherence_band, size);
  memcpy(curve[FH_CURVE_TRIM], trim_db, size);
  for (size_t i = 0; i < FH_N_EQ_BANDS; ++i) {
    curve[FH_CURVE_KNOWN][i] = meters->band_known[i] ? 1.0f : 0.0f;
  }
  fact[FH_FACT_PROGRAMME_DB] = meters->programme_db;
  fact[FH_FACT_MIC_1_DB] = meters->mic_db[0];
  fact[FH_FACT_MIC_2_DB] = meters->mic_db[1];
  fact[FH_FACT_CAPTURE_PROGRESS] = meters->capture_progress;
  fact[FH_FACT_VERDICT] = (float)meters->verdict;
  fact[FH_FACT_HAS_PROFILE] = meters->has_profile ? 1.0f : 0.0f;
  fact[FH_FACT_HAS_BASELINE] = meters->has_baseline ? 1.0f : 0.0f;
  fact[FH_FACT_CAN_UNDO] = meters->can_undo ? 1.0f : 0.0f;
  fact[FH_FACT_CAN_TRUST] =
    meters->state == FH_LIVE_STATE_FOREIGN ? 1.0f : 0.0f;
  fact[FH_FACT_HAS_WORKER] = has_worker ? 1.0f : 0.0f;
  fact[FH_FACT_ALARM] =
    (float)(has_worker ? fh_shell_alarm(meters->state) : FH_ALARM_FAULT);
  fact[FH_FACT_TIME_S] = (float)((double)meters->frame / rate_hz);
}
