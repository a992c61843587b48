// SPDX-License-Identifier: GPL-3.0-or-later
#include "linefit.h"

#include <fh/bands.h>
#include <fh/decay.h>
#include <fh/spectrum.h>
#include <fh/sweep.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Within the band the division is exact but where the sweep has no energy
static const double least_power = 1e-9;

// A response stands this many times over the rms of everything; Gaussian noise
// reaches 5
static const double least_peak_to_rms = 8.0;

static FhStatus
check_signal(const double* const x, const size_t n)
{
  double greatest = 0.0;
  for (size_t i = 0; i < n; ++i) {
    if (!isfinite(x[i])) {
      return FH_ERR_NOT_FINITE;
    }
    greatest = fmax(greatest, fabs(x[i]));
  }
  return greatest > 0.0 ? FH_OK : FH_ERR_NO_SIGNAL;
}

// 1 within the band, 0 a third octave beyond it
static double
band_window(const double f, const double from_hz, const double to_hz)
{
  const double edge = pow(10.0, 0.1);
  if (!(f > from_hz / edge) || f >= to_hz * edge) {
    return 0.0;
  }
  const double below = f < from_hz ? 10.0 * log10(from_hz / f) : 0.0;
  const double above = f > to_hz ? 10.0 * log10(f / to_hz) : 0.0;
  return 0.5 + 0.5 * cos(FH_PI * fmin(fmax(below, above), 1.0));
}

/*
  Band of a sweep by itself: where f |X|^2, averaged over twelfth octaves, is
  within 10 dB of its median (an exponential sweep has it constant).
*/
static FhStatus
find_band(const double complex* const x,
          const size_t n,
          const double rate_hz,
          double* const from_hz,
          double* const to_hz)
{
  enum { PER_DECADE = 40, MAX = 240 };
  double level[MAX];
  double sorted[MAX];
  size_t count = 0;
  for (size_t i = 0; i < MAX; ++i) {
    const double lo = pow(10.0, (double)i / PER_DECADE);
    const double hi = lo * pow(10.0, 1.0 / PER_DECADE);
    const size_t first = (size_t)ceil(lo * (double)n / rate_hz);
    const size_t last = (size_t)ceil(hi * (double)n / rate_hz);
    double sum = 0.0;
    for (size_t k = first; k < last && k <= n / 2; ++k) {
      sum += creal(x[k] * conj(x[k]));
    }
    const bool any = last > first && first <= n / 2;
    level[i] = any ? lo * sum / (double)(last - first) : 0.0;
    if (level[i] > 0.0) {
      size_t j = count++;
      while (j > 0 && sorted[j - 1] > level[i]) {
        sorted[j] = sorted[j - 1];
        --j;
      }
      sorted[j] = level[i];
    }
  }
  if (!count) {
    return FH_ERR_NO_SIGNAL;
  }
  // The upper quartile: the median may lie outside a narrow band
  const double least = 0.1 * sorted[3 * count / 4];
  size_t i = 0;
  while (i < MAX && level[i] < least) {
    ++i;
  }
  size_t j = MAX - 1;
  while (j > i && level[j] < least) {
    --j;
  }
  *from_hz = pow(10.0, (double)(i + (i > 0)) / PER_DECADE);
  *to_hz = fmin(pow(10.0, (double)j / PER_DECADE), 0.49 * rate_hz);
  return *to_hz > *from_hz ? FH_OK : FH_ERR_NO_SIGNAL;
}

static void
divide(double complex* const y,
       const double complex* const x,
       const size_t n,
       const double rate_hz,
       const double from_hz,
       const double to_hz)
{
  double greatest = 0.0;
  for (size_t k = 0; k <= n / 2; ++k) {
    greatest = fmax(greatest, creal(x[k] * conj(x[k])));
  }
  for (size_t k = 0; k <= n / 2; ++k) {
    const double f = (double)k * rate_hz / (double)n;
    const double w = band_window(f, from_hz, to_hz);
    const double power = creal(x[k] * conj(x[k]));
    y[k] =
      w > 0.0 ? w * y[k] * conj(x[k]) / (power + least_power * greatest) : 0.0;
  }
}

static size_t
greatest_frame(const FhDeconvolution* const d)
{
  size_t peak = 0;
  for (size_t i = 1; i < d->n; ++i) {
    peak = fabs(d->h[i]) > fabs(d->h[peak]) ? i : peak;
  }
  return peak;
}

// Energy of `n` frames from `from` on, round the circle
static double
energy_around(const FhDeconvolution* const d, const long from, const size_t n)
{
  const long size = (long)d->n;
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const long at = ((from + (long)i) % size + size) % size;
    sum += d->h[at] * d->h[at];
  }
  return sum;
}

/*
  Is there a response? Its peak stands out, does not come before the sweep, and
  is followed by more energy than it follows. The recording of a longer sweep
  gives a sweep that grows to its peak; of a shorter one, a peak before time 0.
*/
static bool
is_response(const FhDeconvolution* const d, const size_t n_recording)
{
  static const double reach_s = 0.25;
  const size_t peak = greatest_frame(d);
  const size_t reach = (size_t)fmin(reach_s * d->rate_hz, 0.25 * (double)d->n);
  const double power = d->h[peak] * d->h[peak];
  const double before = energy_around(d, (long)peak - (long)reach, reach);
  const double after = energy_around(d, (long)peak + 1, reach);
  const double all = energy_around(d, 0, d->n) / (double)d->n;
  return power > least_peak_to_rms * least_peak_to_rms * all &&
         peak < n_recording && before < 2.0 * after + 2.0 * power;
}

FhStatus
fh_deconvolve(const double* const recording,
              const size_t n_recording,
              const double* const sweep,
              const size_t n_sweep,
              const double rate_hz,
              const double from_hz,
              const double to_hz,
              const double sweep_rate_s,
              FhDeconvolution* const out)
{
  memset(out, 0, sizeof(*out));
  if (!n_recording || !n_sweep || !(rate_hz > 0.0) || !(from_hz >= 0.0) ||
      !(to_hz >= from_hz) || !(to_hz < 0.5 * rate_hz)) {
    return FH_ERR_BAD_ARG;
  }
  FhStatus status = check_signal(recording, n_recording);
  status = status ? status : check_signal(sweep, n_sweep);
  if (status) {
    return status;
  }
  const size_t n = fh_fft_size(n_recording + n_sweep);
  FhFft* fft = NULL;
  double complex* const x =
    (double complex*)malloc(2 * (n / 2 + 1) * sizeof(double complex));
  FhDeconvolution d = {.n = n,
                       .rate_hz = rate_hz,
                       .from_hz = from_hz,
                       .to_hz = to_hz,
                       .sweep_rate_s = sweep_rate_s};
  d.h = (double*)calloc(n, sizeof(double));
  status = x && d.h ? fh_fft_new(n, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    double complex* const y = x + n / 2 + 1;
    memcpy(d.h, sweep, n_sweep * sizeof(double));
    fh_fft_forward(fft, d.h, x);
    memset(d.h, 0, n * sizeof(double));
    memcpy(d.h, recording, n_recording * sizeof(double));
    fh_fft_forward(fft, d.h, y);
    if (!(to_hz > 0.0)) {
      status = find_band(x, n, rate_hz, &d.from_hz, &d.to_hz);
    }
    if (!status) {
      divide(y, x, n, rate_hz, d.from_hz, d.to_hz);
      fh_fft_inverse(fft, y, d.h);
      status = is_response(&d, n_recording) ? FH_OK : FH_ERR_MISMATCH;
    }
  }
  fh_fft_free(fft);
  free(x);
  if (status) {
    fh_deconvolution_clear(&d);
  }
  *out = d;
  return status;
}

void
fh_deconvolution_clear(FhDeconvolution* const deconvolution)
{
  free(deconvolution->h);
  memset(deconvolution, 0, sizeof(*deconvolution));
}

void
fh_deconvolution_copy(const FhDeconvolution* const deconvolution,
                      const long from,
                      const size_t n,
                      double* const out)
{
  const long size = (long)deconvolution->n;
  long at = from % size;
  at = at < 0 ? at + size : at;
  for (size_t i = 0; i < n; ++i) {
    out[i] = deconvolution->h[at];
    at = at + 1 == size ? 0 : at + 1;
  }
}

double
fh_deconvolution_peak(const FhDeconvolution* const deconvolution)
{
  FhOnset onset;
  enum { ROUND = 256 };
  double around[2 * ROUND + 1];
  const long peak = (long)greatest_frame(deconvolution);
  fh_deconvolution_copy(deconvolution, peak - ROUND, 2 * ROUND + 1, around);
  if (fh_onset_peak(around, 2 * ROUND + 1, ROUND, &onset)) {
    return (double)peak;
  }
  return (double)(peak - ROUND) + onset.peak_s;
}

/*
  Position of the greatest envelope among the first `n` frames, between frames
  by a parabola; `s` is the spectrum, `h` [size] room for work. Harmonics have
  phases of their own, which move a peak but not the envelope.
*/
static double
envelope_peak(FhFft* const fft,
              double complex* const s,
              const size_t size,
              const size_t n,
              double* const h)
{
  double* const envelope = (double*)malloc(size * sizeof(double));
  if (!envelope) {
    return (double)NAN;
  }
  fh_fft_inverse(fft, s, envelope);
  for (size_t k = 0; k <= size / 2; ++k) {
    s[k] *= -I; // Hilbert transform
  }
  fh_fft_inverse(fft, s, h);
  size_t peak = 0;
  for (size_t i = 0; i < n; ++i) {
    envelope[i] = envelope[i] * envelope[i] + h[i] * h[i];
    peak = envelope[i] > envelope[peak] ? i : peak;
  }
  double at = (double)peak;
  if (peak > 0 && peak + 1 < n) {
    const double left = envelope[peak - 1];
    const double right = envelope[peak + 1];
    const double curve = left - 2.0 * envelope[peak] + right;
    at += curve < 0.0 ? 0.5 * (left - right) / curve : 0.0;
  }
  free(envelope);
  return at;
}

// Power of frames [from, from + n) between two frequencies
static FhStatus
power_in_band(const FhDeconvolution* const d,
              const long from,
              const size_t n,
              const double lo_hz,
              const double hi_hz,
              double* const power,
              double* const peak)
{
  const size_t size = fh_fft_size(n);
  FhFft* fft = NULL;
  double* const h = (double*)calloc(size, sizeof(double));
  double complex* const s =
    (double complex*)calloc(size / 2 + 1, sizeof(double complex));
  const FhStatus status = h && s ? fh_fft_new(size, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    fh_deconvolution_copy(d, from, n, h);
    fh_fft_forward(fft, h, s);
    *power = 0.0;
    for (size_t k = 0; k <= size / 2; ++k) {
      const double f = (double)k * d->rate_hz / (double)size;
      if (f < lo_hz || f > hi_hz) {
        s[k] = 0.0;
      }
      *power += creal(s[k] * conj(s[k])) / (double)size;
    }
    *peak = envelope_peak(fft, s, size, n, h);
  }
  fh_fft_free(fft);
  free(s);
  free(h);
  return status;
}

FhStatus
fh_deconvolution_harmonic(const FhDeconvolution* const deconvolution,
                          const unsigned order,
                          const double band_from_hz,
                          const double band_to_hz,
                          FhHarmonic* const out)
{
  const FhDeconvolution* const d = deconvolution;
  if (order < 2 || order > 8 || !(band_to_hz > band_from_hz)) {
    return FH_ERR_BAD_ARG;
  }
  if (!(d->sweep_rate_s > 0.0)) {
    return FH_ERR_UNSUPPORTED;
  }
  const double linear = fh_deconvolution_peak(d);
  const double per_log = d->sweep_rate_s * d->rate_hz;
  const double lead = per_log * log((double)order);
  // From a tenth of the way to the next order to nine tenths of that back to
  // the last; the linear one gets as much
  const double before = 0.1 * per_log * log((order + 1.0) / order);
  const double length = before + 0.9 * per_log * log(order / (order - 1.0));
  const long start = (long)(linear - lead - before);
  double harmonic_power = 0.0;
  double linear_power = 0.0;
  double harmonic_peak = 0.0;
  double linear_peak = 0.0;
  FhStatus status = power_in_band(d,
                                  start,
                                  (size_t)length,
                                  band_from_hz,
                                  band_to_hz,
                                  &harmonic_power,
                                  &harmonic_peak);
  const long linear_start = (long)(linear - before);
  status = status ? status
                  : power_in_band(d,
                                  linear_start,
                                  (size_t)length,
                                  band_from_hz,
                                  band_to_hz,
                                  &linear_power,
                                  &linear_peak);
  if (!status) {
    *out = (FhHarmonic){
      order,
      ((double)(linear_start - start) + linear_peak - harmonic_peak) /
        d->rate_hz,
      10.0 * log10(fmax(harmonic_power, 1e-300) / fmax(linear_power, 1e-300))};
  }
  return status;
}

// Energy centre of an octave of `s` [frames]; `ts` is the spectrum of i h[i]
static double
centre_of_octave(const double complex* const s,
                 const double complex* const ts,
                 const size_t size,
                 const double rate_hz,
                 const double midband_hz)
{
  const double edge = pow(10.0, 0.15);
  double moment = 0.0;
  double energy = 0.0;
  for (size_t k = 0; k <= size / 2; ++k) {
    const double f = (double)k * rate_hz / (double)size;
    if (f >= midband_hz / edge && f < midband_hz * edge) {
      moment += creal(ts[k] * conj(s[k]));
      energy += creal(s[k] * conj(s[k]));
    }
  }
  return energy > 0.0 ? moment / energy : (double)NAN;
}

// Group delay of the direct sound against log frequency, 1 kHz up: the longer
// waves below do not fit into so short a window
static double
delay_slope(const FhDeconvolution* const d,
            const double complex* const s,
            const double complex* const ts,
            const size_t size)
{
  FhLineFit fit = {0};
  size_t count = 0;
  for (size_t b = 13; b < FH_N_THIRDS; ++b) {
    const double f = fh_third_hz(b);
    if (f * pow(10.0, 0.15) > d->to_hz) {
      break;
    }
    const double centre = centre_of_octave(s, ts, size, d->rate_hz, f);
    if (isfinite(centre)) {
      fh_line_add(&fit, 1.0, log(f), centre);
      ++count;
    }
  }
  return count >= 6 ? fh_line_slope(&fit) : 0.0;
}

double
fh_deconvolution_drift_ppm(const FhDeconvolution* const deconvolution)
{
  static const double half_window_s = 3e-3;
  const FhDeconvolution* const d = deconvolution;
  const size_t half = (size_t)(half_window_s * d->rate_hz);
  const size_t size = fh_fft_size(4 * half + 2);
  FhFft* fft = NULL;
  double slope = 0.0;
  double* const h = (double*)calloc(size, sizeof(double));
  double complex* const s =
    (double complex*)malloc(2 * (size / 2 + 1) * sizeof(double complex));
  if (h && s && d->sweep_rate_s > 0.0 && !fh_fft_new(size, &fft)) {
    double complex* const ts = s + size / 2 + 1;
    const long peak = lround(fh_deconvolution_peak(d));
    fh_deconvolution_copy(d, peak - (long)half, 2 * half + 1, h);
    for (size_t i = 0; i <= 2 * half; ++i) {
      const double x = (double)i / (double)half - 1.0;
      h[i] *= 0.5 + 0.5 * cos(FH_PI * x);
    }
    fh_fft_forward(fft, h, s);
    for (size_t i = 0; i <= 2 * half; ++i) {
      h[i] *= (double)i;
    }
    fh_fft_forward(fft, h, ts);
    slope = delay_slope(d, s, ts, size);
  }
  fh_fft_free(fft);
  free(s);
  free(h);
  // A recorder that is fast makes more frames: late frequencies come later
  return d->sweep_rate_s > 0.0 ? 1e6 * slope / (d->sweep_rate_s * d->rate_hz)
                               : 0.0;
}
