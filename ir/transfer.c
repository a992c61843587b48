// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>
#include <fh/spectrum.h>
#include <fh/transfer.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Bins between fresh starts of a rotating phase, so that rounding stays small
#define PHASE_RUN 256

FhStatus
fh_transfer_init(const size_t n_fft,
                 const double rate_hz,
                 FhTransfer* const out)
{
  memset(out, 0, sizeof(*out));
  if (n_fft < 16 || n_fft > (1U << 24) || n_fft % 2 || !(rate_hz > 0.0)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t n_bins = n_fft / 2 + 1;
  out->gxx = (float*)calloc(n_bins, sizeof(float));
  out->gyy = (float*)calloc(n_bins, sizeof(float));
  out->gxy = (float complex*)calloc(n_bins, sizeof(float complex));
  if (!out->gxx || !out->gyy || !out->gxy) {
    fh_transfer_clear(out);
    return FH_ERR_NO_MEM;
  }
  out->n_fft = n_fft;
  out->n_bins = n_bins;
  out->rate_hz = rate_hz;
  return FH_OK;
}

void
fh_transfer_clear(FhTransfer* const transfer)
{
  free(transfer->gxx);
  free(transfer->gyy);
  free(transfer->gxy);
  memset(transfer, 0, sizeof(*transfer));
}

void
fh_transfer_reset(FhTransfer* const transfer)
{
  memset(transfer->gxx, 0, transfer->n_bins * sizeof(float));
  memset(transfer->gyy, 0, transfer->n_bins * sizeof(float));
  memset(transfer->gxy, 0, transfer->n_bins * sizeof(float complex));
}

void
fh_transfer_add(FhTransfer* const transfer,
                const size_t first,
                const size_t end,
                const float complex* const x,
                const float complex* const y,
                const double delay_frames,
                const double keep,
                const double weight)
{
  const double per_bin = 2.0 * FH_PI * delay_frames / (double)transfer->n_fft;
  const double step_re = cos(per_bin);
  const double step_im = sin(per_bin);
  const float k = (float)keep;
  const float w = (float)weight;
  double re = 1.0;
  double im = 0.0;
  for (size_t i = first; i < end; ++i) {
    if ((i - first) % PHASE_RUN == 0) {
      re = cos(per_bin * (double)i);
      im = sin(per_bin * (double)i);
    }
    const float xr = crealf(x[i]);
    const float xi = cimagf(x[i]);
    const float yr = crealf(y[i]);
    const float yi = cimagf(y[i]);
    // conj(x) y, written out: complex products check for infinities
    const float cr = xr * yr + xi * yi;
    const float ci = xr * yi - xi * yr;
    const float pr = (float)re;
    const float pi = (float)im;
    float* const sum = (float*)&transfer->gxy[i];
    sum[0] = k * sum[0] + w * (cr * pr - ci * pi);
    sum[1] = k * sum[1] + w * (cr * pi + ci * pr);
    transfer->gxx[i] = k * transfer->gxx[i] + w * (xr * xr + xi * xi);
    transfer->gyy[i] = k * transfer->gyy[i] + w * (yr * yr + yi * yi);
    const double turned = re * step_re - im * step_im;
    im = re * step_im + im * step_re;
    re = turned;
  }
}

double
fh_transfer_residual(const FhTransfer* const transfer,
                     const size_t first,
                     const size_t end,
                     const float complex* const x,
                     const float complex* const y,
                     const double delay_frames,
                     double* const explained)
{
  const double per_bin = 2.0 * FH_PI * delay_frames / (double)transfer->n_fft;
  const double step_re = cos(per_bin);
  const double step_im = sin(per_bin);
  double re = 1.0;
  double im = 0.0;
  double rest = 0.0;
  double told = 0.0;
  for (size_t i = first; i < end; ++i) {
    if ((i - first) % PHASE_RUN == 0) {
      re = cos(per_bin * (double)i);
      im = sin(per_bin * (double)i);
    }
    const float gxx = transfer->gxx[i];
    const float scale = gxx > 0.0F ? 1.0F / gxx : 0.0F;
    const float hr = scale * crealf(transfer->gxy[i]);
    const float hi = scale * cimagf(transfer->gxy[i]);
    const float xr = crealf(x[i]);
    const float xi = cimagf(x[i]);
    const float yr = crealf(y[i]);
    const float yi = cimagf(y[i]);
    const float er = hr * xr - hi * xi;
    const float ei = hr * xi + hi * xr;
    const float dr = yr * (float)re - yi * (float)im - er;
    const float di = yr * (float)im + yi * (float)re - ei;
    rest += (double)(dr * dr + di * di);
    told += (double)(er * er + ei * ei);
    const double turned = re * step_re - im * step_im;
    im = re * step_im + im * step_re;
    re = turned;
  }
  if (explained) {
    *explained = told;
  }
  return rest;
}

/// First bin at or above a frequency, at most `n_bins`
static size_t
fh_transfer_bin(const FhTransfer* const transfer, const double frequency_hz)
{
  const double bin =
    ceil(frequency_hz * (double)transfer->n_fft / transfer->rate_hz - 1e-9);
  return bin <= 0.0                        ? 0
         : bin >= (double)transfer->n_bins ? transfer->n_bins
                                           : (size_t)bin;
}

static double
power(const float complex z)
{
  const double re = (double)crealf(z);
  const double im = (double)cimagf(z);
  return re * re + im * im;
}

FhStatus
fh_transfer_band(const FhTransfer* const transfer,
                 const double lo_hz,
                 const double hi_hz,
                 const double n_averages,
                 FhTransferBand* const out)
{
  size_t first = fh_transfer_bin(transfer, lo_hz);
  first = first ? first : 1;
  const size_t end = fh_transfer_bin(transfer, hi_hz);
  if (end <= first) {
    return FH_ERR_BAD_ARG;
  }
  const double bias = n_averages >= 2.0 ? 1.0 / n_averages : 0.0;
  double sum_weight = 0.0;
  double sum_level = 0.0;
  double sum_debiased = 0.0;
  double sum_coherence = 0.0;
  for (size_t i = first; i < end; ++i) {
    const double gxx = (double)transfer->gxx[i];
    const double gyy = (double)transfer->gyy[i];
    if (!(gxx > 0.0) || !(gyy > 0.0)) {
      continue;
    }
    const double weight = 1.0 / (double)i;
    const double coherent = power(transfer->gxy[i]) / gxx;
    const double coherence = fmin(coherent / gyy, 1.0);
    // What is left of incoherent power in an average of so many frames
    const double noise =
      bias < 1.0 ? (gyy - fmin(coherent, gyy)) * bias / (1.0 - bias) : 0.0;
    sum_weight += weight;
    sum_level += weight * coherent / gxx;
    sum_debiased += weight * (coherent - noise) / gxx;
    sum_coherence += weight * fmax((coherence - bias) / (1.0 - bias), 0.0);
  }
  if (!(sum_weight > 0.0) || !(sum_level > 0.0)) {
    return FH_ERR_NO_SIGNAL;
  }
  out->level_db = 10.0 * log10(sum_level / sum_weight);
  out->debiased_db =
    sum_debiased > 0.0 ? 10.0 * log10(sum_debiased / sum_weight) : (double)NAN;
  out->coherence = sum_coherence / sum_weight;
  out->n_bins = end - first;
  return FH_OK;
}

/// Buffers of a measurement
typedef struct {
  FhFftFloat* fft;
  float* time;
  float* window;
  float complex* x;
  float complex* y;
} Scratch;

static void
scratch_clear(Scratch* const scratch)
{
  fh_fft_float_free(scratch->fft);
  free(scratch->time);
  free(scratch->window);
  free(scratch->x);
  free(scratch->y);
}

static FhStatus
scratch_init(const size_t n, Scratch* const scratch)
{
  memset(scratch, 0, sizeof(*scratch));
  const FhStatus status = fh_fft_float_new(n, &scratch->fft);
  if (status) {
    return status;
  }
  const size_t n_bins = n / 2 + 1;
  scratch->time = (float*)malloc(n * sizeof(float));
  scratch->window = (float*)malloc(n * sizeof(float));
  scratch->x = (float complex*)malloc(n_bins * sizeof(float complex));
  scratch->y = (float complex*)malloc(n_bins * sizeof(float complex));
  if (!scratch->time || !scratch->window || !scratch->x || !scratch->y) {
    scratch_clear(scratch);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    scratch->window[i] =
      (float)(0.5 - 0.5 * cos(2.0 * FH_PI * (double)i / (double)n));
  }
  return FH_OK;
}

static void
transform(Scratch* const scratch,
          const size_t n,
          const float* const from,
          float complex* const to)
{
  for (size_t i = 0; i < n; ++i) {
    scratch->time[i] = scratch->window[i] * from[i];
  }
  fh_fft_float_forward(scratch->fft, scratch->time, to);
}

FhStatus
fh_transfer_measure(const float* const x,
                    const float* const y,
                    const size_t n_frames,
                    const double delay_frames,
                    FhTransfer* const transfer,
                    double* const n_averages)
{
  if (!(delay_frames >= 0.0) || !(delay_frames < 1e9)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t n = transfer->n_fft;
  const size_t whole = (size_t)delay_frames;
  if (n_frames < n + whole) {
    return FH_ERR_NO_SIGNAL;
  }
  Scratch scratch;
  const FhStatus status = scratch_init(n, &scratch);
  if (status) {
    return status;
  }
  size_t n_added = 0;
  for (size_t at = 0; at + n + whole <= n_frames; at += n / 2) {
    transform(&scratch, n, x + at, scratch.x);
    transform(&scratch, n, y + at + whole, scratch.y);
    fh_transfer_add(transfer,
                    0,
                    transfer->n_bins,
                    scratch.x,
                    scratch.y,
                    delay_frames - (double)whole,
                    1.0,
                    1.0);
    ++n_added;
  }
  if (n_averages) {
    const double count = (double)n_added;
    // Neighbours share 1/36 of their power: variance (1 + 2 (k-1)/k / 36) / k
    *n_averages = count / (1.0 + 2.0 * (count - 1.0) / count / 36.0);
  }
  scratch_clear(&scratch);
  return FH_OK;
}
