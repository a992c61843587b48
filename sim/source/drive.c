// SPDX-License-Identifier: GPL-3.0-or-later
#include "sources.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

double
line_hz(const size_t s, const size_t n, const size_t band)
{
  const double t = ((double)s + 0.5) / (double)n - 0.5;
  return rint(16.0 * fh_third_hz(band) * pow(10.0, 0.1 * t)) / 16.0;
}

/// One filter as its analogue prototype: no warping near the top
static double complex
eq_response(const FhEqFilter* const eq, const double hz)
{
  // Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
  // coefficients": the prototypes in s, before the bilinear transform
  const double complex s = (hz / eq->frequency_hz) * (double complex)I;
  const double a = pow(10.0, eq->gain_db / 40.0);
  const double q = eq->q;
  const double root = sqrt(a);
  switch (eq->type) {
  case FH_EQ_PEAK:
    return (s * s + s * (a / q) + 1.0) / (s * s + s / (a * q) + 1.0);
  case FH_EQ_LOW_SHELF:
    return a * (s * s + (root / q) * s + a) /
           (a * s * s + (root / q) * s + 1.0);
  case FH_EQ_HIGH_SHELF:
    return a * (a * s * s + (root / q) * s + 1.0) /
           (s * s + (root / q) * s + a);
  case FH_EQ_HIGH_PASS:
  case FH_EQ_LOW_PASS:
    break;
  }
  const double complex x = eq->type == FH_EQ_LOW_PASS ? s : 1.0 / s;
  double complex h = 1.0;
  if (eq->order == 2 && q > 0.0) {
    return 1.0 / (x * x + x / q + 1.0);
  }
  // Butterworth poles in conjugate pairs
  for (int k = 0; k < eq->order / 2; ++k) {
    const double angle = FH_PI * (2.0 * k + 1.0) / (2.0 * eq->order);
    h /= x * x + 2.0 * sin(angle) * x + 1.0;
  }
  if (eq->order % 2) {
    h /= x + 1.0;
  }
  return h;
}

static double complex
fir_response(const Processing* const p, const double hz)
{
  const double step = -2.0 * FH_PI * hz / p->fir_rate_hz;
  const double complex turn = cexp(step * (double complex)I);
  double complex z = 1.0;
  double complex sum = 0.0;
  for (size_t i = 0; i < p->n_fir; ++i) {
    sum += (double)p->fir[i] * z;
    // Start afresh now and then, so that rounding does not add up
    z = (i + 1) % 256 ? z * turn
                      : cexp(step * (double)(i + 1) * (double complex)I);
  }
  // Its delay is counted with the others
  return sum *
         cexp(-step * p->fir_rate_hz * p->fir_delay_s * (double complex)I);
}

/// Complex response of a processing chain, without delay
static void
processing_response(const Processing* const processing,
                    const double hz,
                    double* const re,
                    double* const im)
{
  double complex h = processing->gain;
  for (size_t i = 0; i < processing->n_eq; ++i) {
    h *= eq_response(&processing->eq[i], hz);
  }
  if (processing->n_fir) {
    h *= fir_response(processing, hz);
  }
  *re = creal(h);
  *im = cimag(h);
}

static size_t
third_of(const double hz)
{
  const double x = rint(10.0 * log10(hz / 1000.0) + 13.0);
  const double top = (double)(FH_N_THIRDS - 1);
  return (size_t)(x < 0.0 ? 0.0 : x > top ? top : x);
}

/// Pressure at 1 m of the model alone
static double complex
model_drive(const FhSources* const sources,
            const Model* const model,
            const Processing* const processing,
            const double hz)
{
  if (processing->has_power) {
    return sqrt(processing->power_third_w[third_of(hz)] * sources->rho_c /
                (4.0 * FH_PI));
  }
  const double db = curve_db(&model->axis, hz) + model->input_dbw -
                    10.0 * log10((double)FH_N_THIRDS);
  const double turn = curve_turn(&model->axis, hz);
  return 20e-6 * pow(10.0, db / 20.0) *
         cexp(2.0 * FH_PI * turn * (double complex)I);
}

void
drive_at(const FhSources* const sources,
         const size_t emitter,
         const double hz,
         double* const re,
         double* const im)
{
  const Element* const element =
    &sources->elements[sources->emitters[emitter].first_element];
  const Processing* const processing = &sources->processing[emitter];
  double h[2];
  processing_response(processing, hz, &h[0], &h[1]);
  const double complex p =
    model_drive(sources, &sources->models[element->model], processing, hz) *
    (h[0] + h[1] * (double complex)I);
  *re = creal(p);
  *im = cimag(p);
}

static void
build_lines(const FhSources* const sources,
            const size_t emitter,
            const size_t n,
            DriveLines* const lines)
{
  const Element* const element =
    &sources->elements[sources->emitters[emitter].first_element];
  const Processing* const processing = &sources->processing[emitter];
  const Model* const model = &sources->models[element->model];
  const double share = 1.0 / sqrt((double)n);
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    for (size_t s = 0; s < n; ++s) {
      const double hz = line_hz(s, n, b);
      double h[2];
      processing_response(processing, hz, &h[0], &h[1]);
      double complex p = h[0] + h[1] * (double complex)I;
      if (processing->has_power) {
        p *=
          sqrt(processing->power_third_w[b] * sources->rho_c / (4.0 * FH_PI));
      } else {
        p *= model_drive(sources, model, processing, hz);
      }
      lines->amp[s][b] = (float)(cabs(p) * share);
      const double turn = carg(p) / (2.0 * FH_PI);
      lines->phase[s][b] = (int32_t)(int64_t)rint(turn * 4294967296.0);
    }
  }
}

FhStatus
drives_build(FhSources* const sources)
{
  for (size_t e = 0; e < sources->n_emitters; ++e) {
    for (size_t level = 0; level < N_LEVELS; ++level) {
      build_lines(
        sources, e, (size_t)N_LINES << level, &sources->drives[e].level[level]);
    }
  }
  return FH_OK;
}
