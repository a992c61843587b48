// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_DELAY_TRACKER_H
#define FH_DSP_DELAY_TRACKER_H

#include "estimator.h"

/// Frames of one search, and the longest delay that it finds
#define FH_DELAY_FFT   65536
#define FH_DELAY_REACH 32768

typedef struct FhDelayTrackerImpl FhDelayTracker; ///< Delay of a microphone

/// Null when out of memory
FhDelayTracker*
fh_delay_tracker_new(double rate_hz);

void
fh_delay_tracker_free(FhDelayTracker* tracker);

/// What comes next does not follow what came before; keeps the delay
void
fh_delay_tracker_cut(FhDelayTracker* tracker);

/**
   Search once and follow.

   The first half of the reference, under a window, against all of the
   measurement: every lag up to FH_DELAY_REACH sees the whole of it.

   @param x Reference [FH_DELAY_FFT]; changed.
   @param y Measurement of the same time [FH_DELAY_FFT]; changed.
*/
void
fh_delay_tracker_search(FhDelayTracker* tracker, float* x, float* y);

const FhMicTrack*
fh_delay_tracker_track(const FhDelayTracker* tracker);

#endif // FH_DSP_DELAY_TRACKER_H
