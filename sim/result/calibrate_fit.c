// SPDX-License-Identifier: GPL-3.0-or-later
// Gauss-Newton for the absorption of each octave, on one trace
#include "calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Steps on one trace
#define N_STEPS 4
/// Longest step of an unknown
#define LONGEST 0.5
/// As far as a trace is weighed anew: beyond, meetings differ too much
#define FARTHEST 0.8
/// Residuals over this many sigma pull no harder
#define HUBER 2.0

double
calibrate_sigma(const FhQuantity quantity, const double measured)
{
  // Decay times of a room are alike at all places; what depends on the early
  // sound is off by the geometry, too, which the absorption shall not mend
  const bool late = quantity == FH_QUANTITY_T30 || quantity == FH_QUANTITY_T20;
  return (late ? 1.0 : 2.0) * fh_quantity_jnd(quantity, measured);
}

bool
fit_factor(const Normal* const s)
{
  for (size_t i = 0; i < s->n; ++i) {
    for (size_t k = 0; k <= i; ++k) {
      double sum = s->a[i * s->n + k];
      for (size_t j = 0; j < k; ++j) {
        sum -= s->a[i * s->n + j] * s->a[k * s->n + j];
      }
      if (i != k) {
        s->a[i * s->n + k] = sum / s->a[k * s->n + k];
      } else if (sum > 0.0) {
        s->a[i * s->n + i] = sqrt(sum);
      } else {
        return false;
      }
    }
  }
  return true;
}

void
fit_solve(const Normal* const s, double* const x)
{
  for (size_t i = 0; i < s->n; ++i) {
    for (size_t k = 0; k < i; ++k) {
      x[i] -= s->a[i * s->n + k] * x[k];
    }
    x[i] /= s->a[i * s->n + i];
  }
  for (size_t i = s->n; i-- > 0;) {
    for (size_t k = i + 1; k < s->n; ++k) {
      x[i] -= s->a[k * s->n + i] * x[k];
    }
    x[i] /= s->a[i * s->n + i];
  }
}

void
fit_observe(const FitRoom* const m,
            const Points* const points,
            const size_t pair,
            const size_t q,
            const size_t b,
            const Normal* const s)
{
  const double measured = m->pairs[pair].measured.at[q][b];
  const double off = measured - points->value[pair].at[q][b];
  const double sigma = calibrate_sigma((FhQuantity)q, measured);
  const PairValues* const slope = &points->slope[pair * m->n_fit];
  double finite = off / sigma;
  for (size_t k = 0; k < m->n_fit; ++k) {
    finite += slope[k].at[q][b];
  }
  if (!isfinite(finite)) {
    return;
  }
  const double weight = fmin(1.0, HUBER * sigma / fabs(off)) / (sigma * sigma);
  for (size_t k = 0; k < m->n_fit; ++k) {
    const double d = weight * slope[k].at[q][b];
    s->g[k] += d * off;
    for (size_t j = 0; j <= k; ++j) {
      s->a[k * s->n + j] += d * slope[j].at[q][b];
    }
  }
}

bool
fit_counts(const FitRoom* const m, const size_t q, const size_t b)
{
  return (m->desc->quantities & (1u << q)) && b >= m->desc->low_band &&
         b <= m->desc->high_band;
}

static void
add_all(const FitRoom* const m,
        const Points* const points,
        const size_t without,
        const size_t b,
        const Normal* const s)
{
  for (size_t i = 0; i < m->n_pairs; ++i) {
    for (size_t q = 0; q < FH_N_QUANTITIES && i != without; ++q) {
      if (fit_counts(m, q, b)) {
        fit_observe(m, points, i, q, b, s);
      }
    }
  }
}

static void
set_sd(const Normal* const s, const size_t b, double* const x, Unknowns* sd)
{
  for (size_t k = 0; k < s->n; ++k) {
    memset(x, 0, s->n * sizeof(double));
    x[k] = 1.0;
    fit_solve(s, x);
    sd[k][b] = sqrt(x[k]);
  }
}

static FhStatus
step_octave(const FitRoom* const m,
            const Points* const points,
            const size_t without,
            const size_t b,
            const Normal* const s,
            Unknowns* const u,
            Unknowns* const sd)
{
  const double information = 1.0 / (m->desc->prior_sd * m->desc->prior_sd);
  memset(s->a, 0, s->n * s->n * sizeof(double));
  memset(s->g, 0, s->n * sizeof(double));
  add_all(m, points, without, b, s);
  for (size_t k = 0; k < s->n; ++k) {
    s->a[k * s->n + k] += information;
    s->g[k] += information * (m->prior[k][b] - u[k][b]);
  }
  if (!fit_factor(s)) {
    return FH_ERR_NOT_FINITE;
  }
  fit_solve(s, s->g);
  for (size_t k = 0; k < s->n; ++k) {
    const double step = fmax(-LONGEST, fmin(LONGEST, s->g[k]));
    const double far = u[k][b] + step - m->traced[k][b];
    u[k][b] = m->traced[k][b] + fmax(-FARTHEST, fmin(FARTHEST, far));
    u[k][b] = unknown_of(absorption_of(u[k][b]));
  }
  if (sd) {
    set_sd(s, b, s->g, sd);
  }
  return FH_OK;
}

FhStatus
fit_steps(const FitRoom* const m,
          const size_t without,
          Unknowns* const u,
          Unknowns* const sd)
{
  Normal s = {.n = m->n_fit,
              .a = (double*)calloc(m->n_fit * m->n_fit, sizeof(double)),
              .g = (double*)calloc(m->n_fit, sizeof(double))};
  Points points = {
    (PairValues*)calloc(m->n_pairs + 1, sizeof(PairValues)),
    (PairValues*)calloc(m->n_pairs * m->n_fit + 1, sizeof(PairValues))};
  FhStatus status =
    s.a && s.g && points.value && points.slope ? FH_OK : FH_ERR_NO_MEM;
  for (size_t step = 0; step < N_STEPS && !status; ++step) {
    for (size_t i = 0; i < m->n_pairs && !status; ++i) {
      status = room_values(m,
                           i,
                           (const Unknowns*)u,
                           &points.value[i],
                           &points.slope[i * m->n_fit]);
    }
    for (size_t b = m->desc->low_band; b <= m->desc->high_band && !status;
         ++b) {
      status = step_octave(m, &points, without, b, &s, u, sd);
    }
  }
  free(s.a);
  free(s.g);
  free(points.value);
  free(points.slope);
  return status;
}
