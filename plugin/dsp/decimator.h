// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_DECIMATOR_H
#define FH_DSP_DECIMATOR_H

#include <stddef.h>

/// Taps of the half-band filter
#define FH_DECIMATOR_TAPS 59

/// Halves a sample rate; one for each channel and stage. Zero it to begin
typedef struct {
  float past[FH_DECIMATOR_TAPS - 1];
} FhDecimator;

/**
   Halve the rate.

   Flat within 0.01 dB to 0.20 of the input rate, 60 dB down from 0.30; what
   folds lies above the bands that are measured.

   @param x [n] input; n is even and at least FH_DECIMATOR_TAPS.
   @param[out] y [n / 2]; may be `x`.
*/
void
fh_decimator_process(FhDecimator* decimator,
                     const float* x,
                     size_t n,
                     float* y);

#endif // FH_DSP_DECIMATOR_H
