// SPDX-License-Identifier: GPL-3.0-or-later
#include "response.h"

#include <fh/crowd.h>
#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Kept of the response before and after the direct sound [s]
static const double before_s = 0.010;
static const double after_s = 1.4;
// The end fades out over this [s]
static const double fade_s = 0.02;
// Width of the bins of the energy over time [s]
static const double bin_s = 0.005;
#define MAX_BINS 300

// Part of the noise that may be left after subtraction: fluctuations of it
static const double noise_left = 0.25;

// Largest standard deviation of a level that is called known [dB]
static const double largest_sd_db = 0.5;
// Least squared coherence: noise 6 dB over the programme
static const double least_coherence = 0.2;

// Independent frames for each one added, with 50 % overlap of Hann windows
static const double overlap_share = 0.947;

struct FhResponderImpl {
  size_t n_fft;
  size_t n_part; ///< Frames of the shorter transform of the part kept
  size_t n_before;
  size_t n_kept;
  size_t n_bin; ///< Frames of a bin of the energy over time
  double rate_hz;
  FhFftFloat* fft;
  FhFftFloat* part_fft;
  float* undo;         ///< [n_kept] undoes the weakening by the window
  float* undo_noise;   ///< [n_kept] what that makes of the noise's energy
  double noise_energy; ///< Sum of it
  float complex* spectrum;
  float* time;         ///< [n_fft]
  float complex* kept; ///< Spectrum of the part kept
  float complex* masked;
  float* part;
  double noise[FH_LIVE_BANDS]; ///< Per frame of the response, in each band
  float energy[MAX_BINS];
  float edge_s[MAX_BINS + 1];
};

double
fh_third_edge_hz(const size_t i)
{
  return 1000.0 * pow(10.0, 0.1 * ((double)i - 17.5));
}

/// Autocorrelation of a Hann window over its energy; `r` is lag over length
static double
window_share(const double r)
{
  const double c = cos(2.0 * FH_PI * r);
  const double s = sin(2.0 * FH_PI * r);
  return (1.0 - r) * (2.0 + c) / 3.0 + s / (2.0 * FH_PI);
}

/// Noise at a lag over the mean of its square where it is measured, the middle
/// half of all lags: the circular autocorrelation of the squared window. Noise
/// and reference meet under the same window, most at lag 0
static double
noise_share(const double r)
{
  const double middle = 9.0 / 64.0 - 0.25 / FH_PI;
  return (9.0 / 64.0 + cos(2.0 * FH_PI * r) / 8.0 +
          cos(4.0 * FH_PI * r) / 128.0) /
         middle;
}

static void
fill_undo(FhResponder* const r)
{
  const double n_fade = fade_s * r->rate_hz;
  r->noise_energy = 0.0;
  for (size_t i = 0; i < r->n_kept; ++i) {
    const double lag = fabs((double)i - (double)r->n_before);
    const double left = (double)(r->n_kept - i);
    const double fade =
      left < n_fade ? 0.5 - 0.5 * cos(FH_PI * left / n_fade) : 1.0;
    const double gain = fade / window_share(lag / (double)r->n_fft);
    const double noise = gain * gain * noise_share(lag / (double)r->n_fft);
    r->undo[i] = (float)gain;
    r->undo_noise[i] = (float)noise;
    r->noise_energy += noise;
  }
}

FhResponder*
fh_responder_new(const size_t n_fft, const double rate_hz)
{
  FhResponder* const r = (FhResponder*)calloc(1, sizeof(*r));
  if (!r) {
    return NULL;
  }
  r->n_fft = n_fft;
  r->n_part = n_fft / 2;
  r->rate_hz = rate_hz;
  r->n_before = (size_t)(before_s * rate_hz);
  r->n_kept = r->n_before + (size_t)(after_s * rate_hz);
  r->n_bin = (size_t)(bin_s * rate_hz + 0.5);
  r->undo = (float*)malloc(r->n_kept * sizeof(float));
  r->undo_noise = (float*)malloc(r->n_kept * sizeof(float));
  r->spectrum = (float complex*)malloc((n_fft / 2 + 1) * sizeof(float complex));
  r->time = (float*)malloc(n_fft * sizeof(float));
  r->kept = (float complex*)malloc((r->n_part / 2 + 1) * sizeof(float complex));
  r->masked =
    (float complex*)malloc((r->n_part / 2 + 1) * sizeof(float complex));
  r->part = (float*)malloc(r->n_part * sizeof(float));
  if (!r->undo || !r->undo_noise || !r->spectrum || !r->time || !r->kept ||
      !r->masked || !r->part || fh_fft_float_new(n_fft, &r->fft) ||
      fh_fft_float_new(r->n_part, &r->part_fft)) {
    fh_responder_free(r);
    return NULL;
  }
  fill_undo(r);
  for (size_t i = 0; i <= MAX_BINS; ++i) {
    r->edge_s[i] = (float)((double)(i * r->n_bin) / rate_hz);
  }
  return r;
}

void
fh_responder_free(FhResponder* const r)
{
  if (!r) {
    return;
  }
  fh_fft_float_free(r->fft);
  fh_fft_float_free(r->part_fft);
  free(r->undo);
  free(r->undo_noise);
  free(r->spectrum);
  free(r->time);
  free(r->kept);
  free(r->masked);
  free(r->part);
  free(r);
}

static double
power(const float complex z)
{
  const double re = (double)crealf(z);
  const double im = (double)cimagf(z);
  return re * re + im * im;
}

/// First and last-but-one bins of a third octave in a spectrum of `n` frames
static void
third_bins(const FhResponder* const r,
           const size_t n,
           const size_t band,
           size_t* const first,
           size_t* const end)
{
  const double per_hz = (double)n / r->rate_hz;
  *first = (size_t)ceil(fh_third_edge_hz(band) * per_hz);
  *end = (size_t)ceil(fh_third_edge_hz(band + 1) * per_hz);
  *end = *end < n / 2 ? *end : n / 2;
}

/// Step 0: H1 and coherence by band, and the response in time
static void
to_time(FhResponder* const r,
        const FhStereoSums* const sums,
        const double n_frames[FH_LIVE_BANDS],
        FhResponse* const out)
{
  memset(r->spectrum, 0, (r->n_fft / 2 + 1) * sizeof(float complex));
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    size_t first = 0;
    size_t end = 0;
    third_bins(r, r->n_fft, b, &first, &end);
    const double n = fmax(overlap_share * n_frames[b], 1.0);
    const double raw =
      fh_stereo_sums_solve(sums, first, end, n, r->spectrum + first);
    out->coherence[b] =
      n >= 2.0 ? (float)fmax((raw - 1.0 / n) / (1.0 - 1.0 / n), 0.0) : 0.0F;
  }
  fh_fft_float_inverse(r->fft, r->spectrum, r->time);
}

/// Mean of |X|^2 over a band, each bin weighing 1 / f
static double
pink_mean(const float complex* const x, const size_t first, const size_t end)
{
  double sum = 0.0;
  double weight = 0.0;
  for (size_t i = first; i < end; ++i) {
    sum += power(x[i]) / (double)i;
    weight += 1.0 / (double)i;
  }
  return weight > 0.0 ? sum / weight : 0.0;
}

/// Step 1: noise from where the response has ended, thirds of what is left
static void
to_thirds(FhResponder* const r,
          const double n_frames[FH_LIVE_BANDS],
          FhResponse* const out)
{
  const size_t n = r->n_part;
  // Lags around half the transform: nothing but noise
  memcpy(r->part, r->time + (r->n_fft - n) / 2, n * sizeof(float));
  fh_fft_float_forward(r->part_fft, r->part, r->kept);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    size_t first = 0;
    size_t end = 0;
    third_bins(r, n, b, &first, &end);
    r->noise[b] = pink_mean(r->kept, first, end) / (double)n;
  }

  memset(r->part, 0, n * sizeof(float));
  for (size_t i = 0; i < r->n_kept; ++i) {
    const size_t at = (r->n_fft + i - r->n_before) % r->n_fft;
    r->part[i] = r->undo[i] * r->time[at];
  }
  fh_fft_float_forward(r->part_fft, r->part, r->kept);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    size_t first = 0;
    size_t end = 0;
    third_bins(r, n, b, &first, &end);
    const double noise = r->noise[b] * r->noise_energy;
    const double level = pink_mean(r->kept, first, end) - noise;
    const double width_hz = fh_third_edge_hz(b + 1) - fh_third_edge_hz(b);
    const double share = level > 0.0 ? noise / level : 1e9;
    const double sd = 4.343 * sqrt((2.0 * share + share * share) /
                                   fmax(width_hz * after_s, 1.0));
    out->third_db[b] = level > 0.0 ? (float)(10.0 * log10(level)) : -99.0F;
    out->third_sd_db[b] = (float)fmin(sd, 99.0);
    out->third_valid[b] = n_frames[b] >= 3.0 && sd < largest_sd_db &&
                          (double)out->coherence[b] >= least_coherence;
  }
}

/// Power response of an octave: flat, with edges a third of an octave wide
static float
octave_gain(const double hz, const size_t octave)
{
  // In third octaves from the midband; the edges lie at +-1.5
  const double x = fabs(10.0 * log10(hz / fh_octave_hz(octave)));
  if (x <= 1.0) {
    return 1.0F;
  }
  return x >= 2.0 ? 0.0F : (float)cos(0.5 * FH_PI * (x - 1.0));
}

/// Fill `energy` of one octave, noise taken off; returns noise per frame
static double
to_energy(FhResponder* const r, const size_t octave)
{
  const size_t n = r->n_part;
  const double bin_hz = r->rate_hz / (double)n;
  double noise = 0.0;
  const size_t middle = 3 * octave + 5; // Third octave of the midband
  for (size_t b = middle - 1; b <= middle + 1; ++b) {
    const double width_hz = fh_third_edge_hz(b + 1) - fh_third_edge_hz(b);
    noise += r->noise[b] * 2.0 * width_hz / r->rate_hz;
  }
  const double hz = fh_octave_hz(octave);
  const size_t first = (size_t)(hz * pow(10.0, -0.2) / bin_hz);
  const size_t end = (size_t)(hz * pow(10.0, 0.2) / bin_hz) + 1;
  memset(r->masked, 0, (n / 2 + 1) * sizeof(float complex));
  for (size_t i = first; i < end && i < n / 2; ++i) {
    r->masked[i] = r->kept[i] * octave_gain(bin_hz * (double)i, octave);
  }
  fh_fft_float_inverse(r->part_fft, r->masked, r->part);
  memset(r->energy, 0, sizeof(r->energy));
  for (size_t i = 0; i < r->n_kept && i / r->n_bin < MAX_BINS; ++i) {
    r->energy[i / r->n_bin] +=
      r->part[i] * r->part[i] - (float)noise * r->undo_noise[i];
  }
  return noise;
}

/// Sums of the energy over time, with the noise that was taken off
typedef struct {
  double direct, early, late, tail;
  double noise_total, noise_late;
} Sums;

static Sums
add_energy(const FhResponder* const r, const double noise)
{
  Sums sums = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
  const double n_direct = (before_s + FH_CROWD_DIRECT_S) / bin_s + 0.5;
  const double n_late = (before_s + FH_CROWD_LATE_S) / bin_s + 0.5;
  const double n_tail = (before_s + 0.04) / bin_s + 0.5;
  const size_t n_bins = (r->n_kept + r->n_bin - 1) / r->n_bin;
  for (size_t i = 0; i < n_bins && i < MAX_BINS; ++i) {
    const double e = (double)r->energy[i];
    const size_t at = i * r->n_bin + r->n_bin / 2;
    const double share = at < r->n_kept ? (double)r->undo_noise[at] : 0.0;
    const double off = noise * share * (double)r->n_bin;
    sums.noise_total += off;
    if (i < (size_t)n_direct) {
      sums.direct += e;
    } else if (i < (size_t)n_late) {
      sums.early += e;
    } else {
      sums.late += e;
      sums.noise_late += off;
    }
    sums.tail += i >= (size_t)n_tail ? e : 0.0;
  }
  return sums;
}

static void
find_decay(FhResponder* const r,
           const size_t octave,
           const Sums* const sums,
           FhResponse* const out)
{
  const double left = noise_left * sums->noise_total + 1e-12 * sums->tail;
  const double range_db =
    sums->tail > 0.0 ? 10.0 * log10(sums->tail / left) : 0.0;
  // To where it fades out; what follows is for the decay to complete
  const size_t n_whole = r->n_kept - (size_t)(fade_s * r->rate_hz + 0.5);
  const size_t n_bins = n_whole / r->n_bin;
  for (size_t i = 0; i < n_bins; ++i) {
    r->energy[i] = fmaxf(r->energy[i], 0.0F);
  }
  const double t = fh_crowd_decay_s(
    r->energy, 1, r->edge_s, n_bins, before_s, fmin(range_db, 60.0));
  const bool ok = isfinite(t) && t > 0.02 && t < 30.0;
  const double width_hz = 0.707 * fh_octave_hz(octave);
  // Fluctuations of a decay (noise excited), and a floor
  const double error = ok ? sqrt(0.81 / (width_hz * t) + 0.03 * 0.03) : 1.0;
  out->t_s[octave] = ok ? (float)t : 0.0F;
  out->t_error[octave] = (float)error;
}

/// Steps 2 and on: one octave over time
static void
to_octave(FhResponder* const r,
          const double n_frames[FH_LIVE_BANDS],
          const size_t octave,
          FhResponse* const out)
{
  const double noise = to_energy(r, octave);
  const Sums sums = add_energy(r, noise);
  const double total = sums.direct + sums.early + sums.late;
  const double rest = sums.early + sums.late;
  const double width_hz = 0.707 * fh_octave_hz(octave);
  const double share = total > 0.0 ? sums.noise_total / total : 1e9;
  const double sd =
    4.343 * sqrt((2.0 * share + share * share) / (width_hz * after_s));
  double n = 1e9;
  double coherence = 0.0;
  bool all_valid = true;
  for (size_t b = 3 * octave + 4; b < 3 * octave + 7; ++b) {
    n = fmin(n, n_frames[b]);
    coherence += (double)out->coherence[b] / 3.0;
    all_valid = all_valid && out->third_valid[b];
  }
  out->octave_db[octave] = total > 0.0 ? (float)(10.0 * log10(total)) : -99.0F;
  out->octave_sd_db[octave] = (float)fmin(sd, 99.0);
  out->octave_coherence[octave] = (float)coherence;
  out->n_averages[octave] =
    (float)(overlap_share * n * width_hz * (double)r->n_fft / r->rate_hz);
  out->octave_valid[octave] = all_valid && total > 0.0 && sd < largest_sd_db;
  out->late_valid[octave] = out->octave_valid[octave] && sums.late > 0.0 &&
                            sums.late >= sums.noise_late;
  out->late_db[octave] =
    sums.late > 0.0 ? (float)(10.0 * log10(sums.late)) : -99.0F;
  out->direct_ratio_db[octave] = sums.direct > 0.0 && rest > 0.0
                                   ? (float)(10.0 * log10(sums.direct / rest))
                                   : NAN;
  find_decay(r, octave, &sums, out);
}

void
fh_responder_step(FhResponder* const responder,
                  const FhStereoSums* const sums,
                  const double n_frames[FH_LIVE_BANDS],
                  const size_t step,
                  FhResponse* const out)
{
  if (step == 0) {
    to_time(responder, sums, n_frames, out);
  } else if (step == 1) {
    to_thirds(responder, n_frames, out);
  } else {
    to_octave(responder, n_frames, step - 2, out);
    out->is_known = step + 1 == FH_RESPONSE_STEPS;
  }
}
