// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_GATE_H
#define FH_DSP_GATE_H

#include "estimator.h"
#include "live_private.h"

/// Watches one microphone
typedef struct {
  double level_db;  ///< Smoothed [dBFS]
  double clip_s;    ///< Hold left after clipping [s]
  double dead_s;    ///< Time without sound [s]
  double jump_s;    ///< Hold left after a jump of the delay [s]
  double gain_s;    ///< Hold left after a jump of the level [s]
  uint32_t n_jumps; ///< Seen so far
  double anchor_ms; ///< Where the delay is expected; drifts slowly [ms]
  bool has_anchor;
  double direct_db; ///< Slow mean of the level of the direct sound [dB]
  bool has_direct;
  int n_off;           ///< Searches in a row that found another level
  double last_db;      ///< Level of the last search [dB]
  uint32_t n_searches; ///< Seen so far
  double offset_db;    ///< Change of level that is no room's [dB]
  bool is_usable;
  bool must_restart; ///< Its averages hold two different things
} FhMicGate;

/// Decides whether what is heard may move anything. Zero it to begin
typedef struct {
  FhMicGate mic[FH_LIVE_MICS];
  double programme_db; ///< Smoothed [dBFS]
  double loud_s;       ///< Time since the programme was last too quiet [s]
  double fault_s;      ///< Hold left after not-a-number [s]
  double late_s;       ///< Hold left after lost audio [s]
  uint32_t n_bad;
  bool has_level;
} FhGate;

/// No reason to hold
#define FH_GATE_OPEN FH_LIVE_N_STATES

/// The sound has a hole: what comes does not follow what came
void
fh_gate_hole(FhGate* gate);

/// A soundcheck was captured, or read: delays and levels are those of it
void
fh_gate_anchor(FhGate* gate,
               const FhLiveBaseline* baseline,
               double temperature_c,
               bool is_fresh);

/**
   Look at one tick.

   @return #FH_GATE_OPEN, or the state that says why to hold.
*/
FhLiveState
fh_gate_step(FhGate* gate,
             const FhTick* tick,
             const FhTickLevels* levels,
             const FhEstimator* estimator,
             double step_s);

#endif // FH_DSP_GATE_H
