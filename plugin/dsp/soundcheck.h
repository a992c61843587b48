// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_SOUNDCHECK_H
#define FH_DSP_SOUNDCHECK_H

#include "estimator.h"
#include "gate.h"

/// The capture of a soundcheck. Zero it to begin
typedef struct {
  bool is_running;
  double elapsed_s;
  double silent_s;
  double progress; ///< 0 to 1
  uint32_t n_jumps[FH_LIVE_MICS];
  double lowest_db[FH_LIVE_MICS]; ///< Of the direct sound
  double highest_db[FH_LIVE_MICS];
  bool is_clipped[FH_LIVE_MICS];
  bool has_begun;
  FhLiveVerdict verdict; ///< Of the last one
} FhSoundcheck;

void
fh_soundcheck_begin(FhSoundcheck* soundcheck);

/**
   Go on capturing; true when it is over.

   It ends as soon as every octave from 125 Hz to 4 kHz is known well, or with
   what there is after a while.

   @param[out] out What was captured; no microphones when it cannot be used.
*/
bool
fh_soundcheck_step(FhSoundcheck* soundcheck,
                   const FhEstimator* estimator,
                   const FhGate* gate,
                   const FhTickLevels* levels,
                   const FhLiveControls* controls,
                   double step_s,
                   FhLiveBaseline* out);

#endif // FH_DSP_SOUNDCHECK_H
