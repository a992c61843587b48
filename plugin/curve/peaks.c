// SPDX-License-Identifier: GPL-3.0-or-later
#include "curve.h"
#include "view.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define N_PARAMETERS (3 * FH_PEAKS_MAX)
#define PI           3.14159265358979323846

// Bounds of a filter: what all the programs and boxes take
#define MIN_Q    0.3
#define MAX_Q    8.0
#define MAX_GAIN 15.0
// A filter that does less is left away [dB]
#define LEAST_DB 0.05
// Good enough: no one hears less
#define ENOUGH_DB 0.15

FhPeakBiquad
fh_peak_biquad(const FhPeak* peak, double rate_hz)
{
  const double w0 = 2.0 * PI * peak->hz / rate_hz;
  const double a = pow(10.0, peak->gain_db / 40.0);
  const double alpha = sin(w0) / (2.0 * peak->q);
  const double a0 = 1.0 + alpha / a;
  return (FhPeakBiquad){(1.0 + alpha * a) / a0,
                        -2.0 * cos(w0) / a0,
                        (1.0 - alpha * a) / a0,
                        -2.0 * cos(w0) / a0,
                        (1.0 - alpha / a) / a0};
}

// |c0 + c1 z + c2 z^2|^2 on the unit circle
static double
power(double c0, double c1, double c2, double w)
{
  return c0 * c0 + c1 * c1 + c2 * c2 + 2.0 * (c0 * c1 + c1 * c2) * cos(w) +
         2.0 * c0 * c2 * cos(2.0 * w);
}

double
fh_peak_biquad_db(const FhPeakBiquad* biquad, double hz, double rate_hz)
{
  const double w = 2.0 * PI * hz / rate_hz;
  return 10.0 * log10(power(biquad->b0, biquad->b1, biquad->b2, w) /
                      power(1.0, biquad->a1, biquad->a2, w));
}

// Parameters are log2 of the centre, gain and log2 of Q: all of order one
typedef struct {
  double rate_hz;
  double wanted[FH_N_EQ_BANDS];
  double hz[FH_N_EQ_BANDS];
  size_t n_points; ///< Bands below the Nyquist frequency
  size_t n_peaks;
  double x[N_PARAMETERS];
} Fit;

static FhPeak
peak_of(const double x[3], double rate_hz)
{
  FhPeak peak = {exp2(x[0]), x[1], exp2(x[2])};
  peak.hz = fmin(fmax(peak.hz, 20.0), fmin(20000.0, 0.45 * rate_hz));
  peak.gain_db = fmin(fmax(peak.gain_db, -MAX_GAIN), MAX_GAIN);
  peak.q = fmin(fmax(peak.q, MIN_Q), MAX_Q);
  return peak;
}

static double
response(const Fit* fit, const double* x, size_t point)
{
  double db = 0.0;
  for (size_t i = 0; i < fit->n_peaks; ++i) {
    const FhPeak peak = peak_of(x + 3 * i, fit->rate_hz);
    const FhPeakBiquad biquad = fh_peak_biquad(&peak, fit->rate_hz);
    db += fh_peak_biquad_db(&biquad, fit->hz[point], fit->rate_hz);
  }
  return db;
}

static double
cost_of(const Fit* fit, const double* x, double residual[FH_N_EQ_BANDS])
{
  double sum = 0.0;
  for (size_t k = 0; k < fit->n_points; ++k) {
    residual[k] = fit->wanted[k] - response(fit, x, k);
    sum += residual[k] * residual[k];
  }
  return sum;
}

// Solve a x = b in place by Gauss with pivots; false if singular
static bool
solve(double a[N_PARAMETERS][N_PARAMETERS], double* b, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    size_t best = i;
    for (size_t r = i + 1; r < n; ++r) {
      best = fabs(a[r][i]) > fabs(a[best][i]) ? r : best;
    }
    if (!(fabs(a[best][i]) > 1e-14)) {
      return false;
    }
    for (size_t c = 0; c < n && best != i; ++c) {
      const double t = a[i][c];
      a[i][c] = a[best][c];
      a[best][c] = t;
    }
    const double t = b[i];
    b[i] = b[best];
    b[best] = t;
    for (size_t r = i + 1; r < n; ++r) {
      const double f = a[r][i] / a[i][i];
      for (size_t c = i; c < n; ++c) {
        a[r][c] -= f * a[i][c];
      }
      b[r] -= f * b[i];
    }
  }
  for (size_t i = n; i--;) {
    for (size_t c = i + 1; c < n; ++c) {
      b[i] -= a[i][c] * b[c];
    }
    b[i] /= a[i][i];
  }
  return true;
}

static void
jacobian(const Fit* fit, double j[FH_N_EQ_BANDS][N_PARAMETERS])
{
  const double step = 1e-4;
  double x[N_PARAMETERS];
  memcpy(x, fit->x, sizeof(x));
  for (size_t p = 0; p < 3 * fit->n_peaks; ++p) {
    const double middle = x[p];
    for (size_t k = 0; k < fit->n_points; ++k) {
      x[p] = middle + step;
      const double up = response(fit, x, k);
      x[p] = middle - step;
      j[k][p] = (up - response(fit, x, k)) / (2.0 * step);
    }
    x[p] = middle;
  }
}

// Levenberg and Marquardt
static double
refine(Fit* fit)
{
  const size_t n = 3 * fit->n_peaks;
  double residual[FH_N_EQ_BANDS] = {0};
  double cost = cost_of(fit, fit->x, residual);
  double damping = 1e-2;
  for (int round = 0; round < 40; ++round) {
    double j[FH_N_EQ_BANDS][N_PARAMETERS];
    jacobian(fit, j);
    double a[N_PARAMETERS][N_PARAMETERS] = {{0.0}};
    double step[N_PARAMETERS] = {0.0};
    for (size_t p = 0; p < n; ++p) {
      for (size_t k = 0; k < fit->n_points; ++k) {
        step[p] += j[k][p] * residual[k];
        for (size_t q = 0; q < n; ++q) {
          a[p][q] += j[k][p] * j[k][q];
        }
      }
      a[p][p] += damping * (a[p][p] + 1e-3);
    }
    double x[N_PARAMETERS];
    double tried[FH_N_EQ_BANDS] = {0};
    memcpy(x, fit->x, sizeof(x));
    const bool is_solved = solve(a, step, n);
    for (size_t p = 0; is_solved && p < n; ++p) {
      x[p] += fmin(fmax(step[p], -1.0), 1.0);
    }
    for (size_t i = 0; i < fit->n_peaks; ++i) { // Back within the bounds
      const FhPeak peak = peak_of(x + 3 * i, fit->rate_hz);
      x[3 * i] = log2(peak.hz);
      x[3 * i + 1] = peak.gain_db;
      x[3 * i + 2] = log2(peak.q);
    }
    const double got = is_solved ? cost_of(fit, x, tried) : cost;
    if (got < cost) {
      const bool is_done = cost - got < 1e-6 * cost;
      memcpy(fit->x, x, sizeof(x));
      memcpy(residual, tried, sizeof(residual));
      cost = got;
      damping = fmax(damping * 0.3, 1e-7);
      if (is_done) {
        break;
      }
    } else {
      damping *= 4.0;
      if (damping > 1e6) {
        break;
      }
    }
  }
  return cost;
}

static double
largest_error(const Fit* fit, size_t* where)
{
  double residual[FH_N_EQ_BANDS] = {0};
  cost_of(fit, fit->x, residual);
  double largest = 0.0;
  for (size_t k = 0; k < fit->n_points; ++k) {
    if (fabs(residual[k]) > largest) {
      largest = fabs(residual[k]);
      *where = k;
    }
  }
  return largest;
}

// A new filter where the curve is missed most, as wide as the miss
static void
add_peak(Fit* fit, size_t where)
{
  double residual[FH_N_EQ_BANDS] = {0};
  cost_of(fit, fit->x, residual);
  size_t width = 1;
  for (size_t k = where + 1;
       k < fit->n_points && residual[k] * residual[where] > 0.0 &&
       fabs(residual[k]) > 0.5 * fabs(residual[where]);
       ++k) {
    ++width;
  }
  for (size_t k = where; k-- && residual[k] * residual[where] > 0.0 &&
                         fabs(residual[k]) > 0.5 * fabs(residual[where]);) {
    ++width;
  }
  double* const x = fit->x + 3 * fit->n_peaks++;
  x[0] = log2(fit->hz[where]);
  x[1] = residual[where];
  x[2] = log2(fmin(fmax(4.3 / (double)width, 0.5), 4.3));
}

static size_t
collect(const Fit* fit, FhPeak peaks[FH_PEAKS_MAX])
{
  size_t n = 0;
  for (size_t i = 0; i < fit->n_peaks; ++i) {
    const FhPeak peak = peak_of(fit->x + 3 * i, fit->rate_hz);
    if (fabs(peak.gain_db) < LEAST_DB) {
      continue;
    }
    size_t at = n++;
    for (; at && peaks[at - 1].hz > peak.hz; --at) {
      peaks[at] = peaks[at - 1];
    }
    peaks[at] = peak;
  }
  return n;
}

size_t
fh_peaks_fit(const float db[FH_N_EQ_BANDS],
             double rate_hz,
             FhPeak peaks[FH_PEAKS_MAX],
             double* error_db)
{
  Fit fit = {.rate_hz = rate_hz};
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    // Exact base-10 midbands, IEC 61260-1
    const double hz = 1000.0 * pow(10.0, ((double)i - 17.0) / 10.0);
    if (hz < 0.48 * rate_hz) {
      fit.hz[fit.n_points] = hz;
      fit.wanted[fit.n_points++] = (double)db[i];
    }
  }
  size_t where = 0;
  while (fit.n_peaks < FH_PEAKS_MAX &&
         largest_error(&fit, &where) > ENOUGH_DB) {
    add_peak(&fit, where);
    refine(&fit);
  }
  const size_t n = collect(&fit, peaks);
  *error_db = largest_error(&fit, &where);
  return n;
}
