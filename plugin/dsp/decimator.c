// SPDX-License-Identifier: GPL-3.0-or-later
#include "decimator.h"

#include <fh/bands.h>

#include <math.h>
#include <string.h>

#define HALF 29
/// Frames that are filtered at once
#define PIECE 1024

/// Half-band taps: a sinc under a Blackman window, every second one zero
static double
tap(const int i)
{
  if (i == 0) {
    return 0.5;
  }
  const double x = 0.5 * FH_PI * (double)i;
  const double w = FH_PI * (double)i / ((double)HALF + 1.0);
  return 0.5 * sin(x) / x * (0.42 + 0.5 * cos(w) + 0.08 * cos(2.0 * w));
}

void
fh_decimator_process(FhDecimator* const decimator,
                     const float* const x,
                     const size_t n,
                     float* const y)
{
  enum { PAST = FH_DECIMATOR_TAPS - 1 };
  float taps[FH_DECIMATOR_TAPS];
  for (int i = 0; i < FH_DECIMATOR_TAPS; ++i) {
    taps[i] = (float)tap(i - HALF);
  }
  float line[PAST + PIECE];
  for (size_t done = 0; done < n; done += PIECE) {
    const size_t m = n - done < PIECE ? n - done : PIECE;
    memcpy(line, decimator->past, sizeof(decimator->past));
    memcpy(line + PAST, x + done, m * sizeof(float));
    for (size_t i = 0; i < m / 2; ++i) {
      float sum = taps[HALF] * line[2 * i + HALF];
      for (size_t k = HALF % 2 ? 0 : 1; k < FH_DECIMATOR_TAPS; k += 2) {
        sum += taps[k] * line[2 * i + k];
      }
      y[done / 2 + i] = sum;
    }
    memcpy(decimator->past, line + m, sizeof(decimator->past));
  }
}
