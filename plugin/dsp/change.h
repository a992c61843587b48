// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_CHANGE_H
#define FH_DSP_CHANGE_H

#include "estimator.h"

#include <fh/crowd.h>
#include <fh/live.h>

/// What has changed since the soundcheck, microphones combined
typedef struct {
  bool is_known;
  float third_db[FH_LIVE_BANDS];  ///< Change [dB]
  float coherence[FH_LIVE_BANDS]; ///< Squared, of the better microphone
  bool third_valid[FH_LIVE_BANDS];
  size_t n_valid; ///< Valid octaves of 250 Hz to 4 kHz, 0 to 5
  /// Filled but for air, attendance and times
  FhCrowdObservation frame;
} FhChange;

/**
   Compare responses with the soundcheck.

   Microphones weigh by the inverse variance of their levels, which coherence
   decides.

   @param use Microphones to be used.
   @param offset_db Change of level of each that is no room's (gain) [dB].
*/
void
fh_change_find(const FhLiveBaseline* baseline,
               const FhResponse* const response[FH_LIVE_MICS],
               const bool use[FH_LIVE_MICS],
               const double offset_db[FH_LIVE_MICS],
               FhChange* out);

/// Copy what a soundcheck keeps of a response
void
fh_baseline_take(const FhResponse* response,
                 double delay_ms,
                 size_t mic,
                 FhLiveBaseline* out);

/// Octave `o` covers bands [fh_octave_band(o) - 1, + 1]
size_t
fh_octave_band(size_t o);

/// Mean over 250 Hz to 4 kHz of third octaves (bands 10 to 24)
double
fh_band_mean(const float db[FH_LIVE_BANDS]);

#endif // FH_DSP_CHANGE_H
