// SPDX-License-Identifier: GPL-3.0-or-later
#include "utd.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#define J ((double complex)I)

/// F(x); the integral from sqrt(x) to infinity by its series or asymptotically
static double complex
transition(const double x)
{
  if (x > 16.0) {
    // Terms fall to exp(-16) before they rise again
    double complex term = 1.0;
    double complex sum = 1.0;
    for (int m = 1; m < 16; ++m) {
      term *= (2.0 * m - 1.0) * J / (2.0 * x);
      sum += term;
    }
    return sum;
  }
  const double a = sqrt(x);
  double complex power = a;
  double complex inner = 0.0;
  for (int m = 0; m < 120; ++m) {
    inner += power / (2.0 * m + 1.0);
    power *= -J * x / (m + 1.0);
    if (cabs(power) < 1e-18) {
      break;
    }
  }
  const double complex whole = 0.5 * sqrt(0.5 * FH_PI) * (1.0 - J);
  return 2.0 * J * a * cexp(J * x) * (whole - inner);
}

void
fh_utd_transition(const double x, double value[2])
{
  const double complex f = transition(x);
  value[0] = creal(f);
  value[1] = cimag(f);
}

/// One of the four terms: cot((pi + sign beta) / 2n) F(kL a)
typedef struct {
  double cotangent;
  double a;       ///< 2 cos^2((2 n pi N - beta) / 2)
  double epsilon; ///< Angle off the boundary where the cotangent has its pole
} Term;

static Term
make_term(const double n, const double beta, const double sign)
{
  // N is the whole number that best solves 2 pi n N - beta = +-pi
  const double whole = rint((beta + sign * FH_PI) / (2.0 * FH_PI * n));
  const double c = cos(0.5 * (2.0 * n * FH_PI * whole - beta));
  const double x = (FH_PI + sign * beta) / (2.0 * n);
  Term term;
  term.cotangent = cos(x) / sin(x);
  term.a = 2.0 * c * c;
  const double off = FH_PI + sign * beta;
  term.epsilon = off - 2.0 * FH_PI * n * rint(off / (2.0 * FH_PI * n));
  return term;
}

/// At a boundary the pole of the cotangent and the zero of F cancel
static double complex
term_value(const Term* const term, const double n, const double kl)
{
  if (fabs(term->epsilon) < 1e-7) {
    const double sign = term->epsilon >= 0.0 ? 1.0 : -1.0;
    return n * sign * sqrt(2.0 * FH_PI * kl) * cexp(0.25 * FH_PI * J);
  }
  return term->cotangent * transition(kl * term->a);
}

static double complex
leading(const double n, const double k, const double sin_beta)
{
  return -cexp(-0.25 * FH_PI * J) /
         (2.0 * n * sqrt(2.0 * FH_PI * k) * sin_beta);
}

void
fh_utd_coefficients(const double n,
                    const double angle_in,
                    const double angle_out,
                    const double sin_beta,
                    const double wavenumber,
                    const double distance_m,
                    double hard[2],
                    double soft[2])
{
  const double kl = wavenumber * distance_m;
  double complex pair[2];
  for (size_t i = 0; i < 2; ++i) {
    const double beta = i ? angle_out + angle_in : angle_out - angle_in;
    const Term plus = make_term(n, beta, 1.0);
    const Term minus = make_term(n, beta, -1.0);
    pair[i] = term_value(&plus, n, kl) + term_value(&minus, n, kl);
  }
  const double complex lead = leading(n, wavenumber, sin_beta);
  const double complex h = lead * (pair[0] + pair[1]);
  const double complex s = lead * (pair[0] - pair[1]);
  hard[0] = creal(h);
  hard[1] = cimag(h);
  soft[0] = creal(s);
  soft[1] = cimag(s);
}

/// Phase past the apex from which an end fades out, and where it is gone: it
/// turns too fast there to be more than ripple
#define END_FADES 8.0
#define END_GONE  16.0

/// Share of the Fresnel integral beyond a point with phase x past the apex
static double complex
beyond(const double x)
{
  if (x < 1e-9) {
    return 0.5;
  }
  if (x >= END_GONE) {
    return 0.0;
  }
  const double t = fmax(0.0, (x - END_FADES) / (END_GONE - END_FADES));
  const double fading = 1.0 - t * t * (3.0 - 2.0 * t);
  // sqrt(2 / pi) / (1 - j) times the integral of exp(-j t^2) from sqrt(x)
  return fading * transition(x) * cexp(-J * x) / (2.0 * J * sqrt(x)) *
         sqrt(2.0 / FH_PI) / (1.0 - J);
}

/// Half the curvature of the path's length along the edge: phase = k c z^2
static double
curvature(const FhEdgePath* const path)
{
  const double s2 = path->sin_beta * path->sin_beta;
  return 0.5 * s2 * (1.0 / path->before_m + 1.0 / path->after_m);
}

/// Part of the edge's line between its ends, given what lies beyond either
static double complex
part(const double complex beyond_low,
     const double complex beyond_high,
     const FhEdgePath* const path)
{
  // Beyond the apex an end cuts off what lies on; before it, it keeps it
  const double complex low = path->low_m <= 0.0 ? beyond_low : 1.0 - beyond_low;
  const double complex high =
    path->high_m >= 0.0 ? beyond_high : 1.0 - beyond_high;
  return 1.0 - low - high;
}

void
fh_edge_factor(const FhEdgePath* const path,
               const double wavenumber,
               const double incident,
               const double reflected,
               double factor[2])
{
  const double s0 = path->before_m;
  const double s1 = path->after_m;
  const double sum = s0 + s1;
  const double kl =
    wavenumber * s0 * s1 / sum * path->sin_beta * path->sin_beta;
  double complex d = 0.0;
  for (size_t i = 0; i < 2; ++i) {
    const double beta =
      i ? path->angle_out + path->angle_in : path->angle_out - path->angle_in;
    const Term plus = make_term(path->n, beta, 1.0);
    const Term minus = make_term(path->n, beta, -1.0);
    d += (i ? reflected : incident) *
         (term_value(&plus, path->n, kl) + term_value(&minus, path->n, kl));
  }
  d *= leading(path->n, wavenumber, path->sin_beta) * sqrt(sum / (s0 * s1));
  const double c = curvature(path) * wavenumber;
  d *= part(beyond(c * path->low_m * path->low_m),
            beyond(c * path->high_m * path->high_m),
            path);
  factor[0] = creal(d);
  factor[1] = cimag(d);
}

/// Table steps in a third octave, and its reach in whole thirds either way of 1
#define STEPS  8
#define LOWEST (-70)
#define THIRDS 100

/// Steps of the table of ends
#define END_STEPS 2048

struct UtdTableImpl {
  float complex at[STEPS * THIRDS + 2];
  float complex end[END_STEPS + 2]; ///< beyond() from 0 to END_GONE
};

UtdTable*
utd_table_new(void)
{
  UtdTable* const table = (UtdTable*)calloc(1, sizeof *table);
  for (size_t i = 0; table && i < STEPS * THIRDS + 2; ++i) {
    const double thirds = (double)LOWEST + (double)i / (double)STEPS;
    table->at[i] = (float complex)transition(pow(10.0, 0.1 * thirds));
  }
  for (size_t i = 0; table && i < END_STEPS + 2; ++i) {
    table->end[i] =
      (float complex)beyond(END_GONE * (double)i / (double)END_STEPS);
  }
  return table;
}

void
utd_table_free(UtdTable* const table)
{
  free(table);
}

/// F at x times 10^(b / 10) for each third octave b
static void
lookup(const UtdTable* const table,
       const double x,
       float re[FH_N_THIRDS],
       float im[FH_N_THIRDS])
{
  const double thirds = 10.0 * log10(fmax(x, 1e-30)) - (double)LOWEST;
  const double at = thirds * (double)STEPS;
  const double base = floor(at);
  const float t = (float)(at - base);
  long i = (long)base;
  for (size_t b = 0; b < FH_N_THIRDS; ++b, i += STEPS) {
    if (i < 0) {
      // F rises as the square root there, at an eighth of a turn
      const double root = sqrt(0.5 * FH_PI * x * pow(10.0, 0.1 * (double)b));
      re[b] = (float)root;
      im[b] = (float)root;
    } else if (i >= STEPS * THIRDS) {
      re[b] = 1.0f;
      im[b] = 0.0f;
    } else {
      const float complex f = (1.0f - t) * table->at[i] + t * table->at[i + 1];
      re[b] = crealf(f);
      im[b] = cimagf(f);
    }
  }
}

/// Add a weighted term in all bands
static void
add_term(const UtdTable* const table,
         const Term* const term,
         const double n,
         const double kl,
         const double weight,
         float re[FH_N_THIRDS],
         float im[FH_N_THIRDS])
{
  if (weight == 0.0) {
    return;
  }
  if (fabs(term->epsilon) < 1e-4) {
    const double sign = term->epsilon >= 0.0 ? 1.0 : -1.0;
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      const double v =
        weight * n * sign * sqrt(FH_PI * kl * pow(10.0, 0.1 * (double)b));
      re[b] += (float)v;
      im[b] += (float)v;
    }
    return;
  }
  float f[2][FH_N_THIRDS];
  lookup(table, kl * term->a, f[0], f[1]);
  const float c = (float)(weight * term->cotangent);
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    re[b] += c * f[0][b];
    im[b] += c * f[1][b];
  }
}

/// beyond() by the table; near zero it starts as a root, straight enough
static float complex
end_at(const UtdTable* const table, const float x)
{
  const float at = x * (float)(END_STEPS / END_GONE);
  if (!(at < (float)END_STEPS)) {
    return 0.0f;
  }
  if (at < 4.0f) {
    return (float complex)beyond((double)x);
  }
  const size_t i = (size_t)at;
  const float t = at - (float)i;
  return (1.0f - t) * table->end[i] + t * table->end[i + 1];
}

/// Multiply all bands by the part of the edge that exists
static void
cut_ends(const UtdTable* const table,
         const FhEdgePath* const path,
         const double k0,
         float re[FH_N_THIRDS],
         float im[FH_N_THIRDS])
{
  const double c = curvature(path) * k0;
  float x[2] = {(float)(c * path->low_m * path->low_m),
                (float)(c * path->high_m * path->high_m)};
  const bool inside = path->low_m <= 0.0 && path->high_m >= 0.0;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    // Where both ends are gone, so are they in all higher bands
    if (x[0] >= (float)END_GONE && x[1] >= (float)END_GONE) {
      for (size_t k = b; !inside && k < FH_N_THIRDS; ++k) {
        re[k] = 0.0f;
        im[k] = 0.0f;
      }
      return;
    }
    float complex low = end_at(table, x[0]);
    float complex high = end_at(table, x[1]);
    low = path->low_m <= 0.0 ? low : 1.0f - low;
    high = path->high_m >= 0.0 ? high : 1.0f - high;
    const float complex share = 1.0f - low - high;
    const float a = re[b];
    re[b] = a * crealf(share) - im[b] * cimagf(share);
    im[b] = a * cimagf(share) + im[b] * crealf(share);
    x[0] *= 1.25892541f;
    x[1] *= 1.25892541f;
  }
}

void
utd_thirds(const UtdTable* const table,
           const FhEdgePath* const path,
           const double speed_m_s,
           const double incident,
           const double reflected,
           float re[FH_N_THIRDS],
           float im[FH_N_THIRDS])
{
  const double k0 = 2.0 * FH_PI * fh_third_hz(0) / speed_m_s;
  const double s0 = path->before_m;
  const double s1 = path->after_m;
  const double sum = s0 + s1;
  const double kl = k0 * s0 * s1 / sum * path->sin_beta * path->sin_beta;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    re[b] = 0.0f;
    im[b] = 0.0f;
  }
  for (size_t i = 0; i < 2; ++i) {
    const double beta =
      i ? path->angle_out + path->angle_in : path->angle_out - path->angle_in;
    const Term plus = make_term(path->n, beta, 1.0);
    const Term minus = make_term(path->n, beta, -1.0);
    const double weight = i ? reflected : incident;
    add_term(table, &plus, path->n, kl, weight, re, im);
    add_term(table, &minus, path->n, kl, weight, re, im);
  }
  const double complex lead =
    leading(path->n, k0, path->sin_beta) * sqrt(sum / (s0 * s1));
  float complex scaled = (float complex)lead;
  // The leading factor falls as the root of frequency
  const float step = 0.891250938133745529f;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const float complex d = (re[b] + im[b] * (float complex)I) * scaled;
    re[b] = crealf(d);
    im[b] = cimagf(d);
    scaled *= step;
  }
  cut_ends(table, path, k0, re, im);
}
