// SPDX-License-Identifier: GPL-3.0-or-later
#include "linefit.h"

#include <fh/decay.h>

#include <math.h>
#include <string.h>

// Points on the decay curve
#define MAX_POINTS 200

static const double top_db = -2.0;
static const double margin_db = 8.0; // Above the knee with the noise
static const double least_fall_db = 6.0;
static const double least_ratio = 1.5;
static const double least_gain = 10.0;

typedef struct {
  size_t n;
  double t[MAX_POINTS];
  double energy[MAX_POINTS]; // Still to come, 1 at the onset
} Curve;

/// a exp(-k t)
typedef struct {
  double a, k;
} Part;

static double
part_at(const Part* const p, const double t)
{
  return p->a * exp(-p->k * t);
}

// Points from `top_db` down to `bottom_db`, evenly in time
static void
sample_curve(const double* const energy,
             const double step_s,
             const FhDecay* const d,
             const double bottom_db,
             Curve* const c)
{
  const double noise = d->noise_density * step_s;
  double total = d->tail;
  for (size_t i = 0; i < d->n_used; ++i) {
    total += energy[i] - noise;
  }
  double left = total;
  size_t first = d->n_used;
  size_t last = 0;
  const double top = total * pow(10.0, 0.1 * top_db);
  const double bottom = total * pow(10.0, 0.1 * bottom_db);
  for (size_t i = 0; i < d->n_used; ++i) {
    first = left <= top && i < first ? i : first;
    last = left >= bottom ? i : last;
    left -= energy[i] - noise;
  }
  c->n = 0;
  if (last < first + 20) {
    return;
  }
  const size_t stride = (last - first) / MAX_POINTS + 1;
  left = total;
  for (size_t i = 0; i <= last; ++i) {
    if (i >= first && (i - first) % stride == 0 && c->n < MAX_POINTS) {
      c->t[c->n] = (double)i * step_s;
      c->energy[c->n++] = fmax(left / total, 1e-30);
    }
    left -= energy[i] - noise;
  }
}

static double
square_error(const FhLineFit* const f)
{
  const double sxx = f->xx - f->x * f->x / f->n;
  const double sxy = f->xy - f->x * f->y / f->n;
  const double syy = f->yy - f->y * f->y / f->n;
  return fmax(sxx > 0.0 ? syy - sxy * sxy / sxx : syy, 0.0);
}

static FhLineFit
line_through(const Curve* const c, const size_t from, const size_t to)
{
  FhLineFit fit = {0};
  for (size_t i = from; i < to; ++i) {
    fh_line_add(&fit, 1.0, c->t[i], log(c->energy[i]));
  }
  return fit;
}

static Part
part_of(const FhLineFit* const fit)
{
  return (Part){exp(fh_line_at_zero(fit)), -fh_line_slope(fit)};
}

// Two lines that meet at the point where they leave the least error
static double
best_split(const Curve* const c, Part* const early, Part* const late)
{
  double least = INFINITY;
  for (size_t j = 5; j + 5 < c->n; ++j) {
    const FhLineFit a = line_through(c, 0, j);
    const FhLineFit b = line_through(c, j, c->n);
    const double error = square_error(&a) + square_error(&b);
    const double fall = 10.0 / log(10.0);
    if (error < least &&
        fall * log(c->energy[0] / c->energy[j]) >= least_fall_db &&
        fall * log(c->energy[j] / c->energy[c->n - 1]) >= least_fall_db) {
      least = error;
      *early = part_of(&a);
      *late = part_of(&b);
    }
  }
  return least;
}

// Fit one part to what the other leaves, where it is at least twice as strong
static void
refit(const Curve* const c, const Part* const other, Part* const part)
{
  FhLineFit fit = {0};
  for (size_t i = 0; i < c->n; ++i) {
    const double rest = c->energy[i] - part_at(other, c->t[i]);
    if (rest > 0.67 * c->energy[i]) {
      fh_line_add(&fit, 1.0, c->t[i], log(rest));
    }
  }
  if (fit.n >= 5.0 && fh_line_slope(&fit) < 0.0) {
    *part = part_of(&fit);
  }
}

void
fh_double_slope(const double* const energy,
                const double step_s,
                const FhDecay* const decay,
                const double range_db,
                FhDoubleSlope* const out)
{
  static const double t60 = 13.815510557964274; // ln 10^6
  Curve c;
  Part early = {0};
  Part late = {0};
  memset(out, 0, sizeof(*out));
  sample_curve(energy, step_s, decay, -fmin(range_db - margin_db, 60.0), &c);
  if (c.n < 20) {
    return;
  }
  const FhLineFit single = line_through(&c, 0, c.n);
  const double error = best_split(&c, &early, &late);
  if (!(error * least_gain < square_error(&single)) ||
      !(early.k > least_ratio * late.k) || !(late.k > 0.0)) {
    return;
  }
  for (size_t i = 0; i < 20; ++i) {
    refit(&c, &early, &late);
    refit(&c, &late, &early);
  }
  if (!(early.k > least_ratio * late.k)) {
    return;
  }
  const double knee_s = log(early.a / late.a) / (early.k - late.k);
  *out = (FhDoubleSlope){true,
                         t60 / early.k,
                         t60 / late.k,
                         10.0 * log10(2.0 * part_at(&late, knee_s))};
}
