// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>
#include <fh/spectrum.h>
#include <fh/transfer.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Frames around a peak that belong to it; the next peak is looked for outside
static const size_t peak_reach = 24;

/// Longest transform of one search; longer signals are averaged
static const size_t largest_fft = 1U << 20;

void
fh_phat_whiten(float complex* const cross,
               const size_t n_bins,
               const double rate_hz,
               const double lo_hz,
               const double hi_hz)
{
  const double bin_hz = 0.5 * rate_hz / (double)(n_bins - 1);
  for (size_t i = 0; i < n_bins; ++i) {
    const double hz = bin_hz * (double)i;
    const float size = cabsf(cross[i]);
    // Half cosines: 0.5 lo ... lo and hi ... 1.2 hi
    const double up = (hz - 0.5 * lo_hz) / (0.5 * lo_hz);
    const double down = (1.2 * hi_hz - hz) / (0.2 * hi_hz);
    const double x = fmin(fmin(up, down), 1.0);
    if (!(x > 0.0) || !(size > 1e-30F)) {
      cross[i] = 0.0F;
      continue;
    }
    cross[i] *= (float)(0.5 - 0.5 * cos(FH_PI * x)) / size;
  }
}

/// Largest magnitude of a range, leaving out what lies near `except`
static size_t
largest_at(const float* const x,
           const size_t first,
           const size_t end,
           const size_t except,
           const size_t reach)
{
  size_t best = end;
  for (size_t i = first; i < end; ++i) {
    if (i + reach >= except && i <= except + reach) {
      continue;
    }
    if (best == end || fabsf(x[i]) > fabsf(x[best])) {
      best = i;
    }
  }
  return best;
}

FhStatus
fh_delay_peak(const float* const correlation,
              const size_t n,
              const size_t first,
              const size_t end,
              FhDelay* const out)
{
  const size_t nowhere = 2 * n + peak_reach;
  const size_t at = largest_at(correlation, first, end, nowhere, 0);
  if (at >= end || !(fabsf(correlation[at]) > 0.0F)) {
    return FH_ERR_NO_SIGNAL;
  }
  const double peak = fabs((double)correlation[at]);
  const double sign = correlation[at] < 0.0F ? -1.0 : 1.0;
  const double before = sign * (double)correlation[(at + n - 1) % n];
  const double after = sign * (double)correlation[(at + 1) % n];
  const double bend = before - 2.0 * peak + after;
  const double shift =
    bend < 0.0 ? fmin(fmax(0.5 * (before - after) / bend, -0.5), 0.5) : 0.0;
  double sum = 0.0;
  size_t count = 0;
  for (size_t i = first; i < end; ++i) {
    if (i + peak_reach < at || i > at + peak_reach) {
      sum += (double)correlation[i] * (double)correlation[i];
      ++count;
    }
  }
  const size_t next = largest_at(correlation, first, end, at, peak_reach);
  const double second = next < end ? fabs((double)correlation[next]) : 0.0;
  out->frames = (double)at + shift;
  out->inverted = sign < 0.0;
  out->prominence = second > 0.0 ? peak / second : 1e9;
  out->clearance = sum > 0.0 ? peak / sqrt(sum / (double)count) : 1e9;
  return FH_OK;
}

/// Buffers of a search
typedef struct {
  FhFftFloat* fft;
  float* time;
  float complex* x;
  float complex* y;
  float complex* cross;
} Search;

static void
search_clear(Search* const search)
{
  fh_fft_float_free(search->fft);
  free(search->time);
  free(search->x);
  free(search->y);
  free(search->cross);
}

static FhStatus
search_init(const size_t n, Search* const search)
{
  memset(search, 0, sizeof(*search));
  const FhStatus status = fh_fft_float_new(n, &search->fft);
  if (status) {
    return status;
  }
  const size_t n_bins = n / 2 + 1;
  search->time = (float*)calloc(n, sizeof(float));
  search->x = (float complex*)calloc(n_bins, sizeof(float complex));
  search->y = (float complex*)calloc(n_bins, sizeof(float complex));
  search->cross = (float complex*)calloc(n_bins, sizeof(float complex));
  if (!search->time || !search->x || !search->y || !search->cross) {
    search_clear(search);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

/// Zero-pad `n_take` frames and transform
static void
transform(Search* const search,
          const size_t n,
          const float* const from,
          const size_t n_take,
          float complex* const to)
{
  memcpy(search->time, from, n_take * sizeof(float));
  memset(search->time + n_take, 0, (n - n_take) * sizeof(float));
  fh_fft_float_forward(search->fft, search->time, to);
}

FhStatus
fh_delay_find(const float* const x,
              const float* const y,
              const size_t n_frames,
              const double rate_hz,
              const double max_delay_s,
              FhDelay* const out)
{
  if (!(rate_hz > 0.0) || !(max_delay_s > 0.0) || !(max_delay_s < 60.0)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t reach = (size_t)(max_delay_s * rate_hz) + 1;
  if (n_frames < 2 * reach) {
    return FH_ERR_NO_SIGNAL;
  }
  // A piece of x against a longer piece of y: every lag sees all of the piece
  const size_t want = fh_fft_size(n_frames);
  const size_t n = want < largest_fft ? want : largest_fft;
  if (n < 2 * reach) {
    return FH_ERR_BAD_ARG;
  }
  const size_t piece = n - reach;
  Search search;
  const FhStatus status = search_init(n, &search);
  if (status) {
    return status;
  }
  const size_t n_bins = n / 2 + 1;
  for (size_t at = 0; at + reach < n_frames; at += piece) {
    const size_t left = n_frames - at;
    const size_t n_x = left - reach < piece ? left - reach : piece;
    transform(&search, n, x + at, n_x, search.x);
    transform(&search, n, y + at, n_x + reach, search.y);
    for (size_t i = 0; i < n_bins; ++i) {
      search.cross[i] += conjf(search.x[i]) * search.y[i];
    }
  }
  fh_phat_whiten(search.cross, n_bins, rate_hz, 100.0, 0.4 * rate_hz);
  fh_fft_float_inverse(search.fft, search.cross, search.time);
  const FhStatus found = fh_delay_peak(search.time, n, 0, reach, out);
  search_clear(&search);
  return found;
}
