// SPDX-License-Identifier: GPL-3.0-or-later
#include "equalizer.h"

#include <math.h>
#include <string.h>

// dB gain of a section a third octave away, as a part of its own
static const double neighbour_share = 0.4;

// A centre weighs this much against a point between: centres are promised
// within 0.5 dB, points between within 1 dB
static const double centre_weight = 6.0;

static const int max_iterations = 12;

static const char* const band_names[FH_LIVE_BANDS] = {
  "20",   "25",   "31_5", "40",    "50",    "63",    "80",   "100",
  "125",  "160",  "200",  "250",   "315",   "400",   "500",  "630",
  "800",  "1000", "1250", "1600",  "2000",  "2500",  "3150", "4000",
  "5000", "6300", "8000", "10000", "12500", "16000", "20000"};

double
fh_live_band_hz(const size_t i)
{
  return 1000.0 * pow(10.0, 0.1 * ((double)i - 17.0));
}

const char*
fh_live_band_name(const size_t i)
{
  return i < FH_LIVE_BANDS ? band_names[i] : "";
}

// |H|^2 of a peak is (r2 + G^2 beta^2) / (r2 + beta^2); as a difference of
// cosines r loses all digits at 20 Hz, as a product of sines it does not
static double
distance2(const double w, const double w0)
{
  const double r = -2.0 * sin(0.5 * (w + w0)) * sin(0.5 * (w - w0)) / sin(w);
  return r * r;
}

void
fh_eq_designer_init(FhEqDesigner* const designer, const double rate_hz)
{
  memset(designer, 0, sizeof(*designer));
  const double scale = 2.0 * FH_PI / rate_hz;
  size_t n = 0;
  for (size_t k = 0; k < FH_EQ_POINTS; ++k) {
    const double hz = 1000.0 * pow(10.0, 0.05 * ((double)k - 1.0) - 1.7);
    // The outermost point may lie beyond what the rate carries
    if (hz > 0.49 * rate_hz) {
      break;
    }
    for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
      designer->r2[k][m] = distance2(scale * hz, scale * fh_live_band_hz(m));
    }
    const bool is_end = k == 0 || k + 1 == FH_EQ_POINTS;
    designer->weight[k] = k % 2 ? centre_weight : is_end ? 0.1 : 1.0;
    n = k + 1;
  }
  designer->n_points = n;
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    const double w0 = scale * fh_live_band_hz(m);
    designer->cos_w0[m] = cos(w0);
    designer->neighbour_r2[m] = distance2(w0 * pow(10.0, -0.1), w0);
  }
}

/// One section during the fit
typedef struct {
  double beta2;      ///< beta^2
  double gain_beta2; ///< G^2 beta^2
} Section;

static Section
section_at(const double neighbour_r2, const double gain_db)
{
  const double gain2 = pow(10.0, 0.1 * gain_db);
  const double edge2 = pow(gain2, neighbour_share);
  // 0/0 at 0 dB; its limit is share / (1 - share)
  const double beta2 =
    neighbour_r2 * (fabs(gain_db) < 1e-6
                      ? neighbour_share / (1.0 - neighbour_share)
                      : (edge2 - 1.0) / (gain2 - edge2));
  const Section section = {beta2, gain2 * beta2};
  return section;
}

/// Everything of one design, on the stack
typedef struct {
  double target[FH_EQ_POINTS];
  double gain_db[FH_LIVE_BANDS];
  Section section[FH_LIVE_BANDS];
  double error[FH_EQ_POINTS];
  double slope[FH_EQ_POINTS][FH_LIVE_BANDS];
  double normal[FH_LIVE_BANDS][FH_LIVE_BANDS];
  double step[FH_LIVE_BANDS];
} Fit;

static void
set_sections(const FhEqDesigner* const designer, Fit* const fit)
{
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    fit->section[m] = section_at(designer->neighbour_r2[m], fit->gain_db[m]);
  }
}

/// Fill `error`: target minus response [dB]
static void
find_error(const FhEqDesigner* const designer, Fit* const fit)
{
  for (size_t k = 0; k < designer->n_points; ++k) {
    double ratio = 1.0;
    for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
      const double r2 = designer->r2[k][m];
      ratio *= (r2 + fit->section[m].gain_beta2) / (r2 + fit->section[m].beta2);
    }
    fit->error[k] = fit->target[k] - 10.0 * log10(ratio);
  }
}

static void
find_slopes(const FhEqDesigner* const designer, Fit* const fit)
{
  static const double h_db = 0.01;
  const double per_db = 10.0 / log(10.0) / (2.0 * h_db);
  double d_gain_beta2[FH_LIVE_BANDS];
  double d_beta2[FH_LIVE_BANDS];
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    const double r2 = designer->neighbour_r2[m];
    const Section hi = section_at(r2, fit->gain_db[m] + h_db);
    const Section lo = section_at(r2, fit->gain_db[m] - h_db);
    d_gain_beta2[m] = per_db * (hi.gain_beta2 - lo.gain_beta2);
    d_beta2[m] = per_db * (hi.beta2 - lo.beta2);
  }
  for (size_t k = 0; k < designer->n_points; ++k) {
    for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
      const double r2 = designer->r2[k][m];
      fit->slope[k][m] = d_gain_beta2[m] / (r2 + fit->section[m].gain_beta2) -
                         d_beta2[m] / (r2 + fit->section[m].beta2);
    }
  }
}

/// Solve the weighted normal equations for `step` by Cholesky
static void
solve(const FhEqDesigner* const designer, Fit* const fit)
{
  double(*const a)[FH_LIVE_BANDS] = fit->normal;
  double* const x = fit->step;
  memset(fit->normal, 0, sizeof(fit->normal));
  memset(fit->step, 0, sizeof(fit->step));
  for (size_t k = 0; k < designer->n_points; ++k) {
    const double* const row = fit->slope[k];
    for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
      const double w = designer->weight[k] * row[i];
      for (size_t j = 0; j < FH_LIVE_BANDS; ++j) {
        a[i][j] += w * row[j];
      }
      x[i] += w * fit->error[k];
    }
  }
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    a[i][i] += 1e-9;
    for (size_t j = 0; j <= i; ++j) {
      double s = a[i][j];
      for (size_t k = 0; k < j; ++k) {
        s -= a[i][k] * a[j][k];
      }
      a[i][j] = i == j ? sqrt(fmax(s, 1e-12)) : s / a[j][j];
    }
  }
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    for (size_t k = 0; k < i; ++k) {
      x[i] -= a[i][k] * x[k];
    }
    x[i] /= a[i][i];
  }
  for (size_t i = FH_LIVE_BANDS; i-- > 0;) {
    for (size_t k = i + 1; k < FH_LIVE_BANDS; ++k) {
      x[i] -= a[k][i] * x[k];
    }
    x[i] /= a[i][i];
  }
}

static void
store(const Fit* const fit, FhEqCurve* const curve)
{
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    const double beta = sqrt(fit->section[m].beta2);
    const double gain_beta = sqrt(fit->section[m].gain_beta2);
    curve->u[m] = 1.0 / (1.0 + beta);
    curve->v[m] = gain_beta / (1.0 + beta);
  }
  curve->u[FH_LIVE_BANDS] = 0.5;
  curve->v[FH_LIVE_BANDS] = 0.5;
}

void
fh_eq_design(const FhEqDesigner* const designer,
             const float command_db[FH_LIVE_BANDS],
             FhEqCurve* const curve,
             float response_db[FH_LIVE_BANDS])
{
  Fit fit;
  for (size_t k = 0; k < FH_EQ_POINTS; ++k) {
    // Points: half a step under band 0, band 0, half way, band 1, ...
    const size_t lo = k == 0 ? 0 : (k - 1) / 2;
    const size_t hi = k / 2 < FH_LIVE_BANDS ? k / 2 : FH_LIVE_BANDS - 1;
    fit.target[k] = 0.5 * ((double)command_db[lo] + (double)command_db[hi]);
  }
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    fit.gain_db[m] = 0.8 * (double)command_db[m];
  }
  set_sections(designer, &fit);
  find_error(designer, &fit);
  for (int i = 0; i < max_iterations; ++i) {
    find_slopes(designer, &fit);
    solve(designer, &fit);
    double largest = 0.0;
    for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
      const double step = fmin(fmax(fit.step[m], -6.0), 6.0);
      largest = fmax(largest, fabs(step));
      fit.gain_db[m] = fmin(fmax(fit.gain_db[m] + step, -40.0), 40.0);
    }
    set_sections(designer, &fit);
    find_error(designer, &fit);
    if (largest < 1e-3) {
      break;
    }
  }
  store(&fit, curve);
  for (size_t m = 0; response_db && m < FH_LIVE_BANDS; ++m) {
    response_db[m] = (float)(fit.target[2 * m + 1] - fit.error[2 * m + 1]);
  }
}

double
fh_eq_response_db(const FhEqCurve* const curve,
                  const double rate_hz,
                  const double frequency_hz)
{
  const double w = 2.0 * FH_PI * frequency_hz / rate_hz;
  double ratio = 1.0;
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    const double r2 = distance2(w, 2.0 * FH_PI * fh_live_band_hz(m) / rate_hz);
    const double beta = (1.0 - curve->u[m]) / curve->u[m];
    const double gain_beta = curve->v[m] / curve->u[m];
    ratio *= (r2 + gain_beta * gain_beta) / (r2 + beta * beta);
  }
  return 10.0 * log10(ratio);
}
