// SPDX-License-Identifier: GPL-3.0-or-later
#include "stereo_sums.h"

#include <math.h>
#include <string.h>

// Bins of the reference this far under their band give no sound answer
static const double floor_share = 1e-3;
// Part of the sum's power that is added to the difference's: where the two go
// together, all is put down to the sum
static const float ridge = 1e-3F;
// Independent frames from which two references are fitted
static const double least_frames = 5.0;

FhStatus
fh_stereo_sums_init(const size_t n_fft,
                    const double rate_hz,
                    FhStereoSums* const out)
{
  memset(out, 0, sizeof(*out));
  FhStatus status = fh_transfer_init(n_fft, rate_hz, &out->mid);
  status = status ? status : fh_transfer_init(n_fft, rate_hz, &out->side);
  status = status ? status : fh_transfer_init(n_fft, rate_hz, &out->both);
  if (status) {
    fh_stereo_sums_clear(out);
  }
  return status;
}

void
fh_stereo_sums_clear(FhStereoSums* const sums)
{
  fh_transfer_clear(&sums->mid);
  fh_transfer_clear(&sums->side);
  fh_transfer_clear(&sums->both);
}

void
fh_stereo_sums_reset(FhStereoSums* const sums)
{
  fh_transfer_reset(&sums->mid);
  fh_transfer_reset(&sums->side);
  fh_transfer_reset(&sums->both);
}

void
fh_stereo_sums_add(FhStereoSums* const sums,
                   const size_t first,
                   const size_t end,
                   const FhStereoFrame* const frame,
                   const double keep,
                   const double weight)
{
  fh_transfer_add(&sums->mid,
                  first,
                  end,
                  frame->mid,
                  frame->y,
                  frame->delay_frames,
                  keep,
                  weight);
  fh_transfer_add(&sums->side,
                  first,
                  end,
                  frame->side,
                  frame->y,
                  frame->delay_frames,
                  keep,
                  weight);
  fh_transfer_add(
    &sums->both, first, end, frame->mid, frame->side, 0.0, keep, weight);
}

static double
band_sum(const float* const x, const size_t first, const size_t end)
{
  double sum = 0.0;
  for (size_t i = first; i < end; ++i) {
    sum += (double)x[i];
  }
  return sum;
}

double
fh_stereo_sums_solve(const FhStereoSums* const sums,
                     const size_t first,
                     const size_t end,
                     const double n,
                     float complex* const h)
{
  const double mid = band_sum(sums->mid.gxx, first, end);
  const double measured = band_sum(sums->mid.gyy, first, end);
  if (!(mid > 0.0) || !(measured > 0.0) || end <= first) {
    return 0.0;
  }
  const float floor_xx = (float)(floor_share * mid / (double)(end - first));
  const bool use_both = n >= least_frames;
  double explained = 0.0;
  for (size_t i = first; i < end; ++i) {
    const float xx = sums->mid.gxx[i] + floor_xx;
    const float ss = sums->side.gxx[i] + ridge * xx;
    const float complex xy = sums->mid.gxy[i];
    const float complex sy = sums->side.gxy[i];
    const float complex xs = use_both ? sums->both.gxy[i] : 0.0F;
    const float xs2 = crealf(xs) * crealf(xs) + cimagf(xs) * cimagf(xs);
    // At most the whole of the two powers, less the ridge
    const float det = xx * ss - fminf(xs2, xx * (ss - ridge * xx));
    const float complex answer = (xy * ss - sy * xs) / det;
    const float complex side =
      use_both ? (sy * xx - xy * conjf(xs)) / det : 0.0F;
    h[i - first] = answer;
    explained += (double)crealf(conjf(answer) * xy + conjf(side) * sy);
  }
  return fmin(fmax(explained / measured, 0.0), 1.0);
}
