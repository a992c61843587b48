// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_RESPONSE_H
#define FH_DSP_RESPONSE_H

#include "estimator.h"
#include "stereo_sums.h"

#include <stddef.h>

/// Steps of an analysis: response in time, its spectrum, then octave by octave
#define FH_RESPONSE_STEPS (2 + FH_N_OCTAVES)

/// Edge of a third octave [Hz]: 0 is the lower edge of 20 Hz
double
fh_third_edge_hz(size_t i);

typedef struct FhResponderImpl FhResponder; ///< Tables and scratch

/// For transforms of `n_fft` frames; null when out of memory
FhResponder*
fh_responder_new(size_t n_fft, double rate_hz);

void
fh_responder_free(FhResponder* responder);

/**
   Do one step of turning sums into a response; steps go in order.

   Part of the impulse response is weakened by the window of the transform
   (lag tau by the autocorrelation of the window): that is undone. Noise is
   taken from where the response has ended, and its energy subtracted.

   @param sums Sums with the delay taken out; unchanged between steps.
   @param n_frames [FH_LIVE_BANDS] frames in the sums of each band.
   @param step 0 to FH_RESPONSE_STEPS - 1.
   @param[out] out Complete after the last step.
*/
void
fh_responder_step(FhResponder* responder,
                  const FhStereoSums* sums,
                  const double n_frames[FH_LIVE_BANDS],
                  size_t step,
                  FhResponse* out);

#endif // FH_DSP_RESPONSE_H
