// SPDX-License-Identifier: GPL-3.0-or-later
#include "delay_tracker.h"

#include <fh/spectrum.h>
#include <fh/transfer.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_BINS (FH_DELAY_FFT / 2 + 1)

// Sums forget by this factor per search: 2.3 s
static const float keep = 0.7F;
// A peak this high over the rms of the correlation is no accident: noise alone
// reaches 4.7 among 32 768 lags
static const double least_clearance = 8.0;
// The delay moves by this part of what a search finds
static const double follow = 0.3;
// How far from the delay a search still follows [s]
static const double follow_reach_s = 0.001;
// Another peak must be this much higher, and keep still, to take over
static const double jump_ratio = 1.4;
static const int jump_searches = 4;
static const double jump_still_frames = 4.0;
// Band of the search [Hz]
static const double lo_hz = 150.0;
static const double hi_hz = 9000.0;
// Direct sound: from 1 ms before to 4 ms after the peak
static const double direct_before_s = 0.001;
static const double direct_after_s = 0.004;
// Programme quieter than this tells nothing: mean square of the reference
static const double least_power = 1e-6;

struct FhDelayTrackerImpl {
  double rate_hz;
  FhFftFloat* fft;
  float* window;
  float complex* x;
  float complex* y;
  float complex* cross; ///< Averaged
  float* gxx;           ///< Averaged
  float complex* work;
  float* correlation;
  FhMicTrack track;
  double rival_frames; ///< Where another peak keeps appearing
  int n_rival;
  bool is_fresh; ///< The sums are empty
};

FhDelayTracker*
fh_delay_tracker_new(const double rate_hz)
{
  FhDelayTracker* const t = (FhDelayTracker*)calloc(1, sizeof(*t));
  if (!t) {
    return NULL;
  }
  t->rate_hz = rate_hz;
  t->is_fresh = true;
  t->window = (float*)malloc(FH_DELAY_REACH * sizeof(float));
  t->x = (float complex*)calloc(N_BINS, sizeof(float complex));
  t->y = (float complex*)calloc(N_BINS, sizeof(float complex));
  t->cross = (float complex*)calloc(N_BINS, sizeof(float complex));
  t->gxx = (float*)calloc(N_BINS, sizeof(float));
  t->work = (float complex*)calloc(N_BINS, sizeof(float complex));
  t->correlation = (float*)calloc(FH_DELAY_FFT, sizeof(float));
  if (!t->window || !t->x || !t->y || !t->cross || !t->gxx || !t->work ||
      !t->correlation || fh_fft_float_new(FH_DELAY_FFT, &t->fft)) {
    fh_delay_tracker_free(t);
    return NULL;
  }
  for (size_t i = 0; i < FH_DELAY_REACH; ++i) {
    t->window[i] =
      (float)(0.5 - 0.5 * cos(2.0 * FH_PI * (double)i / FH_DELAY_REACH));
  }
  return t;
}

void
fh_delay_tracker_free(FhDelayTracker* const t)
{
  if (!t) {
    return;
  }
  fh_fft_float_free(t->fft);
  free(t->window);
  free(t->x);
  free(t->y);
  free(t->cross);
  free(t->gxx);
  free(t->work);
  free(t->correlation);
  free(t);
}

void
fh_delay_tracker_cut(FhDelayTracker* const t)
{
  memset(t->cross, 0, N_BINS * sizeof(float complex));
  memset(t->gxx, 0, N_BINS * sizeof(float));
  t->is_fresh = true;
  t->n_rival = 0;
}

/// Add a search to the sums; false when the reference says nothing
static bool
add_spectra(FhDelayTracker* const t, float* const x, float* const y)
{
  double power = 0.0;
  for (size_t i = 0; i < FH_DELAY_REACH; ++i) {
    x[i] *= t->window[i];
    power += (double)x[i] * (double)x[i];
  }
  if (!(power > least_power * 0.375 * FH_DELAY_REACH)) {
    return false;
  }
  memset(x + FH_DELAY_REACH, 0, FH_DELAY_REACH * sizeof(float));
  fh_fft_float_forward(t->fft, x, t->x);
  fh_fft_float_forward(t->fft, y, t->y);
  for (size_t i = 0; i < N_BINS; ++i) {
    const float xr = crealf(t->x[i]);
    const float xi = cimagf(t->x[i]);
    const float yr = crealf(t->y[i]);
    const float yi = cimagf(t->y[i]);
    float* const sum = (float*)&t->cross[i];
    sum[0] = keep * sum[0] + (xr * yr + xi * yi);
    sum[1] = keep * sum[1] + (xr * yi - xi * yr);
    t->gxx[i] = keep * t->gxx[i] + (xr * xr + xi * xi);
  }
  t->is_fresh = false;
  return true;
}

/// Level of the direct sound, from the response around the delay
static void
find_direct(FhDelayTracker* const t)
{
  const double bin_hz = t->rate_hz / FH_DELAY_FFT;
  const size_t first = (size_t)(250.0 / bin_hz);
  const size_t end = (size_t)(4000.0 / bin_hz);
  double mean = 0.0;
  for (size_t i = first; i < end; ++i) {
    mean += (double)t->gxx[i] / (double)(end - first);
  }
  memset(t->work, 0, N_BINS * sizeof(float complex));
  for (size_t i = first; i < end; ++i) {
    t->work[i] = t->cross[i] / (t->gxx[i] + (float)(0.01 * mean));
  }
  fh_fft_float_inverse(t->fft, t->work, t->correlation);
  const double at = t->track.delay_frames + FH_DELAY_FFT;
  const size_t from = (size_t)(at - direct_before_s * t->rate_hz);
  const size_t to = (size_t)(at + direct_after_s * t->rate_hz);
  double sum = 0.0;
  for (size_t i = from; i < to; ++i) {
    const double h = (double)t->correlation[i % FH_DELAY_FFT];
    sum += h * h;
  }
  t->track.has_direct = sum > 0.0;
  t->track.direct_db = sum > 0.0 ? 10.0 * log10(sum) : -200.0;
}

/// Height of the correlation near the delay, against that of its rival
static bool
find_near(FhDelayTracker* const t, FhDelay* const near)
{
  const double reach = follow_reach_s * t->rate_hz;
  const double lo = fmax(t->track.delay_frames - reach, 0.0);
  const double hi = fmin(t->track.delay_frames + reach, FH_DELAY_REACH - 1.0);
  return !fh_delay_peak(
    t->correlation, FH_DELAY_FFT, (size_t)lo, (size_t)hi + 1, near);
}

static double
height_at(const FhDelayTracker* const t, const double frames)
{
  const size_t i = (size_t)(fmax(frames, 0.0) + 0.5) % FH_DELAY_FFT;
  return fabs((double)t->correlation[i]);
}

static void
lock(FhDelayTracker* const t, const double frames)
{
  t->track.is_locked = true;
  t->track.delay_frames = frames;
  t->n_rival = 0;
}

/// A peak elsewhere takes over when it is higher and stays where it is
static void
consider_rival(FhDelayTracker* const t,
               const FhDelay* const best,
               const double near_height)
{
  const bool higher = best->clearance > least_clearance &&
                      height_at(t, best->frames) > jump_ratio * near_height;
  if (!higher) {
    t->n_rival = 0;
    return;
  }
  if (t->n_rival > 0 &&
      fabs(best->frames - t->rival_frames) < jump_still_frames) {
    ++t->n_rival;
  } else {
    t->n_rival = 1;
  }
  t->rival_frames = best->frames;
  if (t->n_rival >= jump_searches) {
    lock(t, best->frames);
    ++t->track.n_jumps;
  }
}

void
fh_delay_tracker_search(FhDelayTracker* const t, float* const x, float* const y)
{
  FhDelay best;
  if (!add_spectra(t, x, y)) {
    return;
  }
  ++t->track.n_searches;
  t->track.is_following = false;
  memcpy(t->work, t->cross, N_BINS * sizeof(float complex));
  fh_phat_whiten(t->work, N_BINS, t->rate_hz, lo_hz, hi_hz);
  fh_fft_float_inverse(t->fft, t->work, t->correlation);
  if (fh_delay_peak(t->correlation, FH_DELAY_FFT, 0, FH_DELAY_REACH, &best)) {
    t->track.confidence = 0.0;
    return;
  }
  t->track.confidence =
    fmin(fmax(best.clearance / (2.0 * least_clearance), 0.0), 1.0);
  if (!t->track.is_locked) {
    if (best.clearance < least_clearance) {
      return;
    }
    lock(t, best.frames);
  } else {
    FhDelay near;
    const double rms = height_at(t, best.frames) / best.clearance;
    const bool is_near = find_near(t, &near);
    const double height = is_near ? height_at(t, near.frames) : 0.0;
    if (height > least_clearance * rms) {
      t->track.is_following = true;
      t->track.delay_frames += follow * (near.frames - t->track.delay_frames);
    }
    if (fabs(best.frames - t->track.delay_frames) >
        follow_reach_s * t->rate_hz) {
      consider_rival(t, &best, height);
    } else {
      t->n_rival = 0;
    }
    t->track.is_following = t->track.is_following && t->n_rival == 0;
  }
  find_direct(t);
}

const FhMicTrack*
fh_delay_tracker_track(const FhDelayTracker* const t)
{
  return &t->track;
}
