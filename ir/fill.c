// SPDX-License-Identifier: GPL-3.0-or-later
#include "fill.h"

#include <math.h>
#include <stdbool.h>

// Steepest fill of a bin, in nepers from edge to edge: beyond it nearly all
// energy sits at one edge, and neighbours that differ so much are no slope
static const double max_fill = 6.0;

double
fh_fill_row(const float row[FH_N_OCTAVES], const size_t band)
{
  if (band < FH_N_OCTAVES) {
    return (double)row[band];
  }
  double sum = 0.0;
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    sum += (double)row[i];
  }
  return sum;
}

FhStatus
fh_fill_check(const FhEchogram* const e)
{
  bool good = isfinite(e->onset_s);
  for (size_t i = 0; i < e->n_events; ++i) {
    good &=
      isfinite(e->event_s[i]) && (i == 0 || e->event_s[i] >= e->event_s[i - 1]);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      good &= e->event[i][b] >= 0.0F && isfinite(e->event[i][b]);
    }
  }
  for (size_t i = 0; i < e->n_bins; ++i) {
    good &= isfinite(e->edge_s[i + 1]) && e->edge_s[i + 1] > e->edge_s[i];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      good &= e->bin[i][b] >= 0.0F && isfinite(e->bin[i][b]);
    }
  }
  return good && (!e->n_bins || isfinite(e->edge_s[0])) ? FH_OK
                                                        : FH_ERR_BAD_ARG;
}

// (1 - exp(-x)) / x
static double
fill_mean(const double x)
{
  return fabs(x) < 1e-6 ? 1.0 - 0.5 * x : -expm1(-x) / x;
}

// Log density of bin i and its centre; false for an empty bin
static bool
density(const FhEchogram* const e,
        const size_t band,
        const size_t i,
        double* const centre_s,
        double* const log_density)
{
  const double from = fmax(e->edge_s[i], e->onset_s);
  const double width = e->edge_s[i + 1] - from;
  const double energy = fh_fill_row(e->bin[i], band);
  if (!(width > 0.0) || !(energy > 0.0)) {
    return false;
  }
  *centre_s = from + 0.5 * width;
  *log_density = log(energy / width);
  return true;
}

// Slope by which bin i is filled, from its neighbours
static double
fill_slope(const FhEchogram* const e,
           const size_t band,
           const size_t i,
           const double width)
{
  double t0 = 0.0;
  double y0 = 0.0;
  double t1 = 0.0;
  double y1 = 0.0;
  if (!density(e, band, i, &t0, &y0)) {
    return 0.0;
  }
  t1 = t0;
  y1 = y0;
  if (i > 0) {
    density(e, band, i - 1, &t0, &y0);
  }
  if (i + 1 < e->n_bins) {
    density(e, band, i + 1, &t1, &y1);
  }
  const double slope = t1 > t0 ? (y0 - y1) / (t1 - t0) : 0.0;
  return fmin(fmax(slope, -max_fill / width), max_fill / width);
}

FhFill
fh_fill_of(const FhEchogram* const e, const size_t band, const size_t i)
{
  const double from = fmax(e->edge_s[i] - e->onset_s, 0.0);
  const double to = e->edge_s[i + 1] - e->onset_s;
  return (FhFill){
    from, to, fh_fill_row(e->bin[i], band), fill_slope(e, band, i, to - from)};
}

// Energy of a fill between two times within it
double
fh_fill_energy(const FhFill* const f, const double from_s, const double to_s)
{
  const double width = f->to_s - f->from_s;
  const double part = to_s - from_s;
  return f->energy * (part / width) * exp(-f->slope * (from_s - f->from_s)) *
         fill_mean(f->slope * part) / fill_mean(f->slope * width);
}

// Time when a fill has given `energy` since `from_s`
double
fh_fill_time(const FhFill* const f, const double from_s, const double energy)
{
  const double width = f->to_s - f->from_s;
  const double density_here = f->energy / width *
                              exp(-f->slope * (from_s - f->from_s)) /
                              fill_mean(f->slope * width);
  const double linear = energy / density_here;
  const double x = f->slope * linear;
  return from_s + (fabs(x) < 1e-9 ? linear : -log1p(-fmin(x, 1.0)) / f->slope);
}

// Energy from `from` to `to` after the onset
double
fh_fill_between(const FhEchogram* const e,
                const size_t band,
                const double from,
                const double to)
{
  double sum = 0.0;
  for (size_t i = 0; i < e->n_events; ++i) {
    const double t = fmax(e->event_s[i] - e->onset_s, 0.0);
    sum += t >= from && t < to ? fh_fill_row(e->event[i], band) : 0.0;
  }
  for (size_t i = 0; i < e->n_bins; ++i) {
    if (e->edge_s[i + 1] <= e->onset_s) {
      sum += from <= 0.0 ? fh_fill_row(e->bin[i], band) : 0.0;
      continue;
    }
    const double lo = fmax(e->edge_s[i] - e->onset_s, 0.0);
    const double hi = e->edge_s[i + 1] - e->onset_s;
    if (lo >= from && hi <= to) {
      sum += fh_fill_row(e->bin[i], band);
    } else if (hi > from && lo < to) {
      const FhFill f = fh_fill_of(e, band, i);
      sum += fh_fill_energy(&f, fmax(lo, from), fmin(hi, to));
    }
  }
  return sum;
}

double
fh_fill_end(const FhEchogram* const e)
{
  double end = e->n_events ? e->event_s[e->n_events - 1] : e->onset_s;
  if (e->n_bins) {
    end = fmax(end, e->edge_s[e->n_bins]);
  }
  return fmax(end - e->onset_s, 0.0);
}
