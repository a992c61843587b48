// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>
#include <fh/filter.h>

#include <math.h>
#include <stdbool.h>

static FhBiquad
normalised(const double b[3], const double a[3])
{
  return (FhBiquad){
    b[0] / a[0], b[1] / a[0], b[2] / a[0], a[1] / a[0], a[2] / a[0]};
}

// R. Bristow-Johnson, Cookbook formulae for audio equalizer biquad filters
static FhBiquad
shelf(const double w0, const double q, const double amp, const double sign)
{
  const double c = sign * cos(w0); // sign -1: the high shelf mirrors the low
  const double beta = sqrt(amp) * sin(w0) / q;
  const double p = amp + 1.0;
  const double m = amp - 1.0;
  const double b[3] = {amp * (p - m * c + beta),
                       sign * 2.0 * amp * (m - p * c),
                       amp * (p - m * c - beta)};
  const double a[3] = {
    p + m * c + beta, sign * -2.0 * (m + p * c), p + m * c - beta};
  return normalised(b, a);
}

FhStatus
fh_biquad_design(const FhBiquadType type,
                 const double frequency_hz,
                 const double q,
                 const double gain_db,
                 const double rate_hz,
                 FhBiquad* const out)
{
  if (!(frequency_hz > 0.0) || !(rate_hz > 0.0) || !isfinite(rate_hz) ||
      !(frequency_hz < 0.5 * rate_hz) || !(q > 0.0) || !isfinite(q) ||
      !isfinite(gain_db)) {
    return FH_ERR_BAD_ARG;
  }
  const double w0 = 2.0 * FH_PI * frequency_hz / rate_hz;
  const double amp = pow(10.0, gain_db / 40.0);
  const double alpha = sin(w0) / (2.0 * q);
  const double c = cos(w0);
  const double a[3] = {1.0 + alpha, -2.0 * c, 1.0 - alpha};
  switch (type) {
  case FH_BIQUAD_PEAK:
    *out = normalised(
      (const double[]){1.0 + alpha * amp, -2.0 * c, 1.0 - alpha * amp},
      (const double[]){1.0 + alpha / amp, -2.0 * c, 1.0 - alpha / amp});
    return FH_OK;
  case FH_BIQUAD_LOW_SHELF:
    *out = shelf(w0, q, amp, 1.0);
    return FH_OK;
  case FH_BIQUAD_HIGH_SHELF:
    *out = shelf(w0, q, amp, -1.0);
    return FH_OK;
  case FH_BIQUAD_LOW_PASS:
    *out = normalised(
      (const double[]){0.5 * (1.0 - c), 1.0 - c, 0.5 * (1.0 - c)}, a);
    return FH_OK;
  case FH_BIQUAD_HIGH_PASS:
    *out = normalised(
      (const double[]){0.5 * (1.0 + c), -(1.0 + c), 0.5 * (1.0 + c)}, a);
    return FH_OK;
  case FH_BIQUAD_BAND_PASS:
    *out = normalised((const double[]){alpha, 0.0, -alpha}, a);
    return FH_OK;
  case FH_BIQUAD_NOTCH:
    *out = normalised((const double[]){1.0, -2.0 * c, 1.0}, a);
    return FH_OK;
  case FH_BIQUAD_ALL_PASS:
    *out = normalised((const double[]){1.0 - alpha, -2.0 * c, 1.0 + alpha}, a);
    return FH_OK;
  }
  return FH_ERR_BAD_ARG;
}

double complex
fh_biquad_response(const FhBiquad* const sections,
                   const size_t n,
                   const double frequency_hz,
                   const double rate_hz)
{
  const double complex z1 = cexp(-2.0 * FH_PI * frequency_hz / rate_hz * I);
  const double complex z2 = z1 * z1;
  double complex h = 1.0;
  for (size_t i = 0; i < n; ++i) {
    const FhBiquad* const s = &sections[i];
    h *= (s->b0 + s->b1 * z1 + s->b2 * z2) / (1.0 + s->a1 * z1 + s->a2 * z2);
  }
  return h;
}

void
fh_biquad_process(const FhBiquad* const sections,
                  FhBiquadState* const states,
                  const size_t n,
                  const double* const in,
                  double* const out,
                  const size_t n_frames)
{
  for (size_t i = 0; i < n_frames; ++i) {
    double x = in[i];
    for (size_t k = 0; k < n; ++k) {
      const FhBiquad* const s = &sections[k];
      const double y = s->b0 * x + states[k].s1;
      states[k].s1 = s->b1 * x - s->a1 * y + states[k].s2;
      states[k].s2 = s->b2 * x - s->a2 * y;
      x = y;
    }
    out[i] = x;
  }
}

static bool
corner_is_good(const unsigned order, const double f, const double rate_hz)
{
  return order >= 1 && order <= FH_BUTTERWORTH_MAX_ORDER && f > 0.0 &&
         rate_hz > 0.0 && f < 0.5 * rate_hz;
}

// Low pass, or high pass by mirroring: K = tan(w / 2), pole pairs by their Q
static void
low_or_high(const unsigned order,
            const double frequency_hz,
            const double rate_hz,
            const bool high,
            FhBiquad* const out)
{
  const double k = tan(FH_PI * frequency_hz / rate_hz);
  const double sign = high ? -1.0 : 1.0;
  size_t n = 0;
  for (unsigned i = 0; i < order / 2; ++i) {
    const double d =
      2.0 * cos(FH_PI * (2.0 * i + 1.0 + (order % 2)) / (2.0 * order));
    const double g = 1.0 / (1.0 + d * k + k * k);
    const double b0 = high ? g : k * k * g;
    out[n++] = (FhBiquad){b0,
                          sign * 2.0 * b0,
                          b0,
                          2.0 * (k * k - 1.0) * g,
                          (1.0 - d * k + k * k) * g};
  }
  if (order % 2) {
    const double g = 1.0 / (1.0 + k);
    const double b0 = high ? g : k * g;
    out[n] = (FhBiquad){b0, sign * b0, 0.0, (k - 1.0) * g, 0.0};
  }
}

FhStatus
fh_butterworth_low_pass(const unsigned order,
                        const double frequency_hz,
                        const double rate_hz,
                        FhBiquad* const out)
{
  if (!corner_is_good(order, frequency_hz, rate_hz)) {
    return FH_ERR_BAD_ARG;
  }
  low_or_high(order, frequency_hz, rate_hz, false, out);
  return FH_OK;
}

FhStatus
fh_butterworth_high_pass(const unsigned order,
                         const double frequency_hz,
                         const double rate_hz,
                         FhBiquad* const out)
{
  if (!corner_is_good(order, frequency_hz, rate_hz)) {
    return FH_ERR_BAD_ARG;
  }
  low_or_high(order, frequency_hz, rate_hz, true, out);
  return FH_OK;
}

// Section with zeros at 0 Hz and half the rate and two poles (a conjugate pair
// or both real), unity at w0
static FhBiquad
band_section(const double complex qa, const double complex qb, const double w0)
{
  const double complex za = (1.0 + qa) / (1.0 - qa);
  const double complex zb = (1.0 + qb) / (1.0 - qb);
  FhBiquad s = {1.0, 0.0, -1.0, -creal(za + zb), creal(za * zb)};
  const double complex z1 = cexp(-w0 * I);
  const double g = cabs((1.0 + s.a1 * z1 + s.a2 * z1 * z1) / (1.0 - z1 * z1));
  s.b0 = g;
  s.b2 = -g;
  return s;
}

FhStatus
fh_butterworth_band_pass(const unsigned order,
                         const double low_hz,
                         const double high_hz,
                         const double rate_hz,
                         FhBiquad* const out)
{
  if (!corner_is_good(order, low_hz, rate_hz) ||
      !corner_is_good(order, high_hz, rate_hz) || !(low_hz < high_hz)) {
    return FH_ERR_BAD_ARG;
  }
  // s of the bilinear transform is j tan(w / 2)
  const double k1 = tan(FH_PI * low_hz / rate_hz);
  const double k2 = tan(FH_PI * high_hz / rate_hz);
  const double w0 = 2.0 * atan(sqrt(k1 * k2));
  size_t n = 0;
  for (unsigned i = 0; i < (order + 1) / 2; ++i) {
    const double angle = FH_PI * (0.5 + (2.0 * i + 1.0) / (2.0 * order));
    const bool real = order % 2 && i == order / 2;
    const double complex p = real ? -1.0 : cexp(angle * I);
    // s^2 - p B s + s0^2 = 0 for each pole p of the prototype
    const double complex half = 0.5 * p * (k2 - k1);
    const double complex root = csqrt(half * half - k1 * k2);
    const double complex q1 = half + root;
    const double complex q2 = half - root;
    if (real) {
      out[n++] = band_section(q1, q2, w0);
    } else {
      out[n++] = band_section(q1, conj(q1), w0);
      out[n++] = band_section(q2, conj(q2), w0);
    }
  }
  // Each section is unity at w0 by magnitude; so is their product
  return FH_OK;
}

FhStatus
fh_band_filter(const unsigned bands_per_octave,
               const double midband_hz,
               const double rate_hz,
               FhBiquad out[FH_BAND_FILTER_SECTIONS])
{
  if (bands_per_octave != 1 && bands_per_octave != 3) {
    return FH_ERR_BAD_ARG;
  }
  const double edge = pow(10.0, 0.15 / bands_per_octave);
  if (!(midband_hz * edge < 0.45 * rate_hz)) {
    return FH_ERR_BAD_ARG;
  }
  return fh_butterworth_band_pass(FH_BAND_FILTER_SECTIONS,
                                  midband_hz / edge,
                                  midband_hz * edge,
                                  rate_hz,
                                  out);
}
