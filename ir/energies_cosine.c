// SPDX-License-Identifier: GPL-3.0-or-later
#include "energies.h"

#include <fh/spectrum.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Room for what rings round the ends [s]
static const double padding_s = 0.25;

static double
weight(const double f_hz, const double midband_hz, const double half_width)
{
  const double x = f_hz > 0.0 ? log10(f_hz / midband_hz) / half_width : -1.0;
  return fabs(x) < 1.0 ? 0.5 + 0.5 * cos(FH_PI * x) : 0.0;
}

static size_t
band_onset(const double* const y, const size_t n)
{
  double peak = 0.0;
  for (size_t i = 0; i < n; ++i) {
    peak = fmax(peak, fabs(y[i]));
  }
  size_t i = 0;
  while (i + 1 < n && fabs(y[i]) < 0.1 * peak) {
    ++i;
  }
  return i;
}

static void
deposit(const double* const y,
        const size_t n,
        const double rate_hz,
        const size_t onset,
        const FhEnergies* const e,
        double* const energy)
{
  const double steps_per_frame = 1.0 / (e->step_s * rate_hz);
  for (size_t i = onset; i < n; ++i) {
    const size_t step = (size_t)((double)(i - onset) * steps_per_frame);
    if (step < e->n_steps) {
      energy[step] += y[i] * y[i] / rate_hz;
    }
  }
}

FhStatus
fh_energies_cosine(const double* const h,
                   const size_t n,
                   const double rate_hz,
                   const size_t onset,
                   const FhEnergiesDesc* const desc,
                   FhEnergies* const out)
{
  const size_t padding = (size_t)(padding_s * rate_hz);
  const size_t size = fh_fft_size(n + padding);
  const size_t n_bins = size / 2 + 1;
  const double width = 0.3 / desc->bands_per_octave;
  FhFft* fft = NULL;
  double* const y = (double*)calloc(size, sizeof(double));
  double complex* const spectrum =
    (double complex*)malloc(2 * n_bins * sizeof(double complex));
  FhStatus status = y && spectrum ? fh_fft_new(size, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    double complex* const band = spectrum + n_bins;
    memcpy(y, h, n * sizeof(double));
    fh_fft_forward(fft, y, spectrum);
    out->first_missing = out->n_bands - 1;
    for (size_t b = 0; b + 1 < out->n_bands; ++b) {
      const double mid =
        desc->bands_per_octave == 1 ? fh_octave_hz(b) : fh_third_hz(b);
      if (mid * pow(10.0, 0.5 * width) > 0.5 * rate_hz) {
        out->first_missing = b;
        break;
      }
      for (size_t k = 0; k < n_bins; ++k) {
        const double f = (double)k * rate_hz / (double)size;
        band[k] = spectrum[k] * weight(f, mid, width);
      }
      fh_fft_inverse(fft, band, y);
      const size_t start = desc->band_onset ? band_onset(y, n) : onset;
      deposit(y, n, rate_hz, start, out, out->energy + b * out->n_steps);
    }
  }
  fh_fft_free(fft);
  free(spectrum);
  free(y);
  return status;
}
