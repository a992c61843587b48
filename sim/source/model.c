// SPDX-License-Identifier: GPL-3.0-or-later
#include "model.h"

#include <math.h>
#include <string.h>

void
model_clear(Model* const model)
{
  balloon_clear(&model->balloon);
  curve_clear(&model->axis);
  memset(model, 0, sizeof *model);
}

FhStatus
model_init_omni(Model* const model)
{
  memset(model, 0, sizeof *model);
  strcpy(model->name, "omni");
  strcpy(model->key, "omni");
  strcpy(model->description, "Ideal point source");
  strcpy(model->source, "Definition: the same in all directions");
  model->splay_low = 1.0;
  model->pattern = PATTERN_OMNI;
  // 1 W of sound at 1 m, up to the air's rho c: 10 lg(400 W/(4 pi p0^2))
  const double hz[1] = {1000.0};
  const double db[1] = {109.0};
  return curve_set(&model->axis, hz, db, NULL, 1);
}

/// J1(x) / x by its power series, for small x
static double
bessel_series(const double x)
{
  const double q = 0.25 * x * x;
  double term = 0.5;
  double sum = term;
  for (int k = 1; k < 30; ++k) {
    term *= -q / ((double)k * (double)(k + 1));
    sum += term;
  }
  return sum;
}

/// J1(x) / x by Hankel's expansion, for large x; Abramowitz and Stegun 9.2.5
static double
bessel_large(const double x)
{
  double p = 1.0;
  double q = 0.0;
  double term = 1.0;
  for (int k = 1; k < 12; ++k) {
    const double odd = 2.0 * k - 1.0;
    term *= (4.0 - odd * odd) / ((double)k * 8.0 * x);
    switch (k % 4) {
    case 1:
      q += term;
      break;
    case 2:
      p -= term;
      break;
    case 3:
      q -= term;
      break;
    default:
      p += term;
      break;
    }
  }
  const double chi = x - 0.75 * FH_PI;
  return sqrt(2.0 / (FH_PI * x)) * (p * cos(chi) - q * sin(chi)) / x;
}

double
piston_pattern(const double x)
{
  const double a = fabs(x);
  return 2.0 * (a < 12.0 ? bessel_series(a) : bessel_large(a));
}

/// Third octave below or at a frequency and how far it is to the next
static size_t
third_below(const double hz, double* const t)
{
  const double x = 10.0 * log10(hz / 1000.0) + 13.0;
  const double top = (double)(FH_N_THIRDS - 1);
  const double clamped = x < 0.0 ? 0.0 : x > top ? top : x;
  size_t i = (size_t)clamped;
  i = i > FH_N_THIRDS - 2 ? FH_N_THIRDS - 2 : i;
  *t = clamped - (double)i;
  return i;
}

void
model_pattern(const Model* const model,
              const double speed_m_s,
              const double hz,
              const float d[3],
              double* const amp,
              double* const turn)
{
  *amp = 1.0;
  *turn = 0.0;
  if (model->pattern == PATTERN_PISTON) {
    const double sine =
      sqrt((double)d[0] * (double)d[0] + (double)d[2] * (double)d[2]);
    *amp =
      piston_pattern(2.0 * FH_PI * hz / speed_m_s * model->piston_m * sine);
  } else if (model->pattern == PATTERN_BALLOON) {
    float a[FH_N_THIRDS];
    float p[FH_N_THIRDS];
    balloon_at(&model->balloon, d, a, p);
    double t = 0.0;
    const size_t i = third_below(hz, &t);
    *amp = (double)a[i] + t * (double)(a[i + 1] - a[i]);
    const double step = (double)(p[i + 1] - p[i]);
    *turn = (double)p[i] + t * (step - rint(step));
  }
}

void
model_mean(const Model* const model,
           const double speed_m_s,
           double mean[FH_N_THIRDS])
{
  if (model->pattern == PATTERN_BALLOON) {
    balloon_mean(&model->balloon, mean);
    return;
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    mean[b] = 1.0;
    if (model->pattern == PATTERN_PISTON) {
      // Midpoints in cos theta over both half spaces
      const double ka =
        2.0 * FH_PI * fh_third_hz(b) / speed_m_s * model->piston_m;
      const size_t n = 2000;
      double sum = 0.0;
      for (size_t i = 0; i < n; ++i) {
        const double c = ((double)i + 0.5) / (double)n;
        const double p = piston_pattern(ka * sqrt(1.0 - c * c));
        sum += p * p;
      }
      mean[b] = sum / (double)n;
    }
  }
}
