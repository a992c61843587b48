// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/decay.h>

#include <math.h>
#include <string.h>

// Onset: 20 dB below the maximum (ISO 3382-1, A.3.4)
static const double onset_ratio = 0.1;

// A peak below this many times the rms of the noise may be noise itself
static const double least_peak_to_noise = 6.0;

static double
mean_of(const double* const h, const size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += h[i];
  }
  return sum / (double)n;
}

// Root mean square without the constant part
static double
rms_of(const double* const h, const size_t n)
{
  const double mean = n ? mean_of(h, n) : 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (h[i] - mean) * (h[i] - mean);
  }
  return n ? sqrt(sum / (double)n) : 0.0;
}

// Vertex of the parabola through three magnitudes, -0.5 to 0.5
static double
vertex(const double a, const double b, const double c)
{
  const double curve = a - 2.0 * b + c;
  return curve < 0.0 ? 0.5 * (a - c) / curve : 0.0;
}

/*
  Position of a band-limited peak: the sinc interpolation is sampled 16 times
  as densely round the greatest sample, then a parabola finds its vertex.
*/
static double
peak_position(const double* const h, const size_t n, const size_t peak)
{
  enum { FINE = 16, REACH = 64 };
  const double sign = h[peak] < 0.0 ? -1.0 : 1.0;
  double y[2 * FINE + 1];
  size_t best = 0;
  for (size_t k = 0; k <= 2 * FINE; ++k) {
    const double x = (double)k / FINE - 1.0; // -1 to 1 round the sample
    double sum = 0.0;
    for (int j = -REACH; j <= REACH; ++j) {
      if ((j < 0 && peak < (size_t)-j) || (j > 0 && peak + (size_t)j >= n)) {
        continue;
      }
      const double d = FH_PI * (x - j);
      const double window = 0.5 + 0.5 * cos(d / (REACH + 1));
      const double at = h[j < 0 ? peak - (size_t)-j : peak + (size_t)j];
      sum += at * (fabs(d) < 1e-9 ? 1.0 : sin(d) / d) * window;
    }
    y[k] = sign * sum;
    best = y[k] > y[best] ? k : best;
  }
  const bool inner = best > 0 && best < 2 * FINE;
  const double shift = inner ? vertex(y[best - 1], y[best], y[best + 1]) : 0.0;
  return (double)peak + ((double)best + shift) / FINE - 1.0;
}

static FhStatus
check_samples(const double* const h, const size_t n)
{
  bool varies = false;
  for (size_t i = 0; i < n; ++i) {
    if (!isfinite(h[i])) {
      return FH_ERR_NOT_FINITE;
    }
    varies |= h[i] != h[0];
  }
  return varies ? FH_OK : FH_ERR_NO_SIGNAL;
}

// True when the sound grows towards its peak as rooms never do
static bool
is_reversed(const double* const h,
            const size_t n,
            const size_t peak,
            const double noise_rms)
{
  double before = 0.0;
  double after = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double e = h[i] * h[i] - noise_rms * noise_rms;
    before += i < peak ? e : 0.0;
    after += i > peak ? e : 0.0;
  }
  return before > 2.0 * fmax(after, 0.0) && before > h[peak] * h[peak];
}

FhStatus
fh_onset(const double* const h,
         const size_t n,
         const double rate_hz,
         FhOnset* const out)
{
  if (!n || !(rate_hz > 0.0)) {
    return FH_ERR_BAD_ARG;
  }
  const FhStatus status = check_samples(h, n);
  if (status) {
    return status;
  }
  size_t peak = 0;
  for (size_t i = 1; i < n; ++i) {
    peak = fabs(h[i]) > fabs(h[peak]) ? i : peak;
  }
  const size_t tenth = n / 10;
  const double first_rms = rms_of(h, tenth);
  const double last_rms = rms_of(h + n - tenth, tenth);
  // A file that begins with the sound has no quiet beginning
  const double noise = peak > tenth ? fmin(first_rms, last_rms) : last_rms;
  if (!(fabs(h[peak]) > least_peak_to_noise * noise)) {
    return FH_ERR_NO_SIGNAL;
  }
  if (is_reversed(h, n, peak, noise)) {
    return FH_ERR_INVALID_DATA;
  }
  const double threshold =
    fmax(onset_ratio * fabs(h[peak]), least_peak_to_noise * noise);
  size_t frame = 0;
  while (frame < peak && !(fabs(h[frame]) >= threshold)) {
    ++frame;
  }
  *out = (FhOnset){.frame = frame,
                   .time_s = (double)frame / rate_hz,
                   .peak_s = peak_position(h, n, peak) / rate_hz,
                   .peak = fabs(h[peak]),
                   .inverted = h[peak] < 0.0,
                   .noise_rms = noise};
  return FH_OK;
}

FhStatus
fh_onset_peak(const double* const h,
              const size_t n,
              const size_t peak,
              FhOnset* const out)
{
  if (peak >= n) {
    return FH_ERR_BAD_ARG;
  }
  memset(out, 0, sizeof(*out));
  out->peak_s = peak_position(h, n, peak);
  out->peak = fabs(h[peak]);
  out->inverted = h[peak] < 0.0;
  return FH_OK;
}

size_t
fh_count_clipped(const double* const h, const size_t n)
{
  enum { SHORTEST_RUN = 3 };
  static const double least_step = 5e-3;
  double greatest = 0.0;
  for (size_t i = 0; i < n; ++i) {
    greatest = fmax(greatest, fabs(h[i]));
  }
  // 16-bit converters stop a step short on the positive side
  const double level = greatest * (1.0 - 1.5 / 32768.0);
  size_t count = 0;
  for (size_t i = 0; i < n && greatest > 0.0;) {
    size_t end = i;
    while (end < n && h[end] == h[i]) {
      ++end;
    }
    const double top = fabs(h[i]);
    const double in = i > 0 ? fabs(h[i] - h[i - 1]) : 0.0;
    const double out = end < n ? fabs(h[end] - h[i]) : 0.0;
    if (top >= level && end - i >= SHORTEST_RUN &&
        fmax(in, out) > least_step * greatest) {
      count += end - i;
    }
    i = end;
  }
  return count;
}
