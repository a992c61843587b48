// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_IR_LINEFIT_H
#define FULLHOUSE_IR_LINEFIT_H

#include <math.h>

/*
  Weighted least-squares line y = a + b x; private to fh_ir.

  Zero it to begin. Take x near zero (seconds after the onset): the sums of
  squares are not centred.
*/
typedef struct {
  double n, x, y, xx, xy, yy;
} FhLineFit;

static inline void
fh_line_add(FhLineFit* const f, const double w, const double x, const double y)
{
  f->n += w;
  f->x += w * x;
  f->y += w * y;
  f->xx += w * x * x;
  f->xy += w * x * y;
  f->yy += w * y * y;
}

/// Slope b; NaN with fewer than two different x
static inline double
fh_line_slope(const FhLineFit* const f)
{
  const double sxx = f->n * f->xx - f->x * f->x;
  return sxx > 0.0 ? (f->n * f->xy - f->x * f->y) / sxx : (double)NAN;
}

/// Value at x = 0
static inline double
fh_line_at_zero(const FhLineFit* const f)
{
  return (f->y - fh_line_slope(f) * f->x) / f->n;
}

/// Nonlinearity 1000 (1 - r^2) [permille]; ISO 3382-2, annex B
static inline double
fh_line_xi(const FhLineFit* const f)
{
  const double sxx = f->n * f->xx - f->x * f->x;
  const double syy = f->n * f->yy - f->y * f->y;
  const double sxy = f->n * f->xy - f->x * f->y;
  return sxx > 0.0 && syy > 0.0
           ? 1000.0 * fmax(0.0, 1.0 - sxy * sxy / (sxx * syy))
           : (double)NAN;
}

#endif // FULLHOUSE_IR_LINEFIT_H
