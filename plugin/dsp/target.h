// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_TARGET_H
#define FH_DSP_TARGET_H

#include "change.h"

#include <fh/crowd.h>
#include <fh/live.h>

/// Where the correction would go, and how far it may
typedef struct {
  float wish_db[FH_LIVE_BANDS]; ///< Before amount and limits [dB]
  float target_db[FH_LIVE_BANDS];
  float up_db[FH_LIVE_BANDS];   ///< Largest boost, 0 or more [dB]
  float down_db[FH_LIVE_BANDS]; ///< Largest cut, 0 or less [dB]
  double level_change_db;       ///< Mean that is shown and not applied [dB]
} FhTarget;

/**
   What the correction should be for an estimate of the crowd.

   Early and direct change in full, the reverberant remainder in part; shrunk by
   its uncertainty; mean of 250 Hz to 4 kHz removed; the opposite is the wish.

   Source: shared notes "crowd-absorption model", section 4.7.
*/
void
fh_target_wish(const FhCrowdEstimate* estimate, FhTarget* target);

/**
   How far each band may go: nothing below 100 Hz, half around 125 Hz, no boost
   where coherence is under 0.3 or the room has a notch. A boost that is there
   already may stay when coherence falls: on doubt, hold.

   @param baseline Null when there is none.
   @param applied_db Correction now [dB].
*/
void
fh_target_limits(const FhLiveControls* controls,
                 const FhChange* change,
                 const FhLiveBaseline* baseline,
                 const float applied_db[FH_LIVE_BANDS],
                 FhTarget* target);

/// Apply amount and limits to a wish, and at most 3 dB between neighbours
void
fh_target_limit(const FhTarget* limits,
                double amount,
                const float wish_db[FH_LIVE_BANDS],
                float out_db[FH_LIVE_BANDS]);

#endif // FH_DSP_TARGET_H
