// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_STEREO_SUMS_H
#define FH_DSP_STEREO_SUMS_H

#include <fh/transfer.h>

#include <complex.h>
#include <stddef.h>

/*
  Two references and one measurement.

  A microphone hears y = h (l + r) / 2 + k (l - r) / 2. With the sum alone as
  reference the answer would change with every pan: what of the difference goes
  along with the sum is taken for the room's. So both are fitted, and h is kept.

  Source: Bendat and Piersol, "Random Data", 4th edition, chapter 7 (two
  inputs).
*/

/// Sums for a fit of two references
typedef struct {
  FhTransfer mid;  ///< Half sum to measurement
  FhTransfer side; ///< Half difference to measurement
  FhTransfer both; ///< Half sum to half difference
} FhStereoSums;

/// Spectra of one frame; borrowed
typedef struct {
  const float complex* mid;
  const float complex* side;
  const float complex* y;
  double delay_frames; ///< Of y, to be taken out
} FhStereoFrame;

FhStatus
fh_stereo_sums_init(size_t n_fft, double rate_hz, FhStereoSums* out);

void
fh_stereo_sums_clear(FhStereoSums* sums);

void
fh_stereo_sums_reset(FhStereoSums* sums);

/// As fh_transfer_add()
void
fh_stereo_sums_add(FhStereoSums* sums,
                   size_t first,
                   size_t end,
                   const FhStereoFrame* frame,
                   double keep,
                   double weight);

/**
   Response to the half sum in a band.

   @param n Independent frames in the sums: with a few, one reference must do.
   @param[out] h Response [end - first].
   @return Part of the measured power that is explained, 0 to 1.
*/
double
fh_stereo_sums_solve(const FhStereoSums* sums,
                     size_t first,
                     size_t end,
                     double n,
                     float complex* h);

#endif // FH_DSP_STEREO_SUMS_H
