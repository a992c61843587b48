// SPDX-License-Identifier: GPL-3.0-or-later
#include "fill.h"

#include <fh/echogram.h>

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

// The octaves 125 Hz to 8 kHz
#define BAND_OF(k) ((k) + 1)

typedef struct {
  double complex sum[FH_N_STI_BANDS][FH_N_MODULATIONS];
  double energy[FH_N_STI_BANDS];
} Spectrum;

static void
add_row(Spectrum* const s,
        const float row[FH_N_OCTAVES],
        const double complex phase[FH_N_MODULATIONS])
{
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const double e = (double)row[BAND_OF(k)];
    s->energy[k] += e;
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      s->sum[k][i] += e * phase[i];
    }
  }
}

static void
phases_at(const double t, double complex phase[FH_N_MODULATIONS])
{
  for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
    const double a = -2.0 * FH_PI * fh_sti_modulation_hz(i) * t;
    phase[i] = cos(a) + sin(a) * I;
  }
}

/*
  Integral of a fill E g exp(-s (t - a)), g = s / (1 - exp(-s w)), against
  exp(-j w_m t): E g (P_a - exp(-s w) P_b) / (s + j w_m), P the phases at the
  edges.
*/
static void
add_bin(Spectrum* const s,
        const FhEchogram* const e,
        const size_t bin,
        const double complex from[FH_N_MODULATIONS],
        const double complex to[FH_N_MODULATIONS])
{
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const FhFill f = fh_fill_of(e, BAND_OF(k), bin);
    if (!(f.energy > 0.0)) {
      continue;
    }
    const double width = f.to_s - f.from_s;
    const double x = f.slope * width;
    const bool flat = fabs(x) < 1e-6;
    const double fall = flat ? 1.0 : exp(-x);
    const double slope = flat ? 0.0 : f.slope;
    const double g = f.energy * (flat ? 1.0 / width : -slope / expm1(-x));
    s->energy[k] += f.energy;
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      const double w = 2.0 * FH_PI * fh_sti_modulation_hz(i);
      // Multiplication by the conjugate: complex division is slow and careful
      const double scale = g / (slope * slope + w * w);
      s->sum[k][i] += scale * (slope - w * I) * (from[i] - fall * to[i]);
    }
  }
}

FhStatus
fh_echogram_mtf(const FhEchogram* const echogram,
                float m[FH_N_STI_BANDS][FH_N_MODULATIONS])
{
  const FhEchogram* const e = echogram;
  const FhStatus status = fh_fill_check(e);
  if (status) {
    return status;
  }
  Spectrum s;
  memset(&s, 0, sizeof(s));
  double complex from[FH_N_MODULATIONS];
  double complex to[FH_N_MODULATIONS];
  for (size_t i = 0; i < e->n_events; ++i) {
    phases_at(fmax(e->event_s[i] - e->onset_s, 0.0), from);
    add_row(&s, e->event[i], from);
  }
  phases_at(0.0, from);
  for (size_t i = 0; i < e->n_bins; ++i) {
    if (e->edge_s[i + 1] <= e->onset_s) {
      add_row(&s, e->bin[i], from); // Still the phases of time 0
      continue;
    }
    if (e->edge_s[i] > e->onset_s) {
      phases_at(e->edge_s[i] - e->onset_s, from);
    }
    phases_at(e->edge_s[i + 1] - e->onset_s, to);
    add_bin(&s, e, i, from, to);
  }
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      m[k][i] = s.energy[k] > 0.0
                  ? (float)fmin(cabs(s.sum[k][i]) / s.energy[k], 1.0)
                  : 0.0F;
    }
  }
  return FH_OK;
}

// Dietsch-Kraak: |p| is integrated over steps of this length [s]
static const double echo_step_s = 1e-3;

// Steps in the longer of the two intervals (14 ms), and the present one
#define ECHO_HISTORY 15

typedef struct {
  double weight, moment;   // Integrals of |p|^n and of t |p|^n
  double ts[ECHO_HISTORY]; // Centre time at the last steps
  size_t step;
  size_t interval; // Steps of delta tau
  bool speech;
  double greatest, at_s;
} Echo;

static void
echo_add(Echo* const c, const double energy)
{
  const double t = ((double)c->step + 0.5) * echo_step_s;
  const double p2 = energy / echo_step_s;
  // |p|^(2/3) or |p|
  const double w = c->speech ? cbrt(p2) : sqrt(p2);
  c->weight += w;
  c->moment += w * t;
  const double ts = c->weight > 0.0 ? c->moment / c->weight : 0.0;
  if (c->step >= c->interval) {
    const double before = c->ts[(c->step - c->interval) % ECHO_HISTORY];
    const double rise = (ts - before) / (echo_step_s * (double)c->interval);
    if (rise > c->greatest) {
      c->greatest = rise;
      c->at_s = t;
    }
  }
  c->ts[c->step++ % ECHO_HISTORY] = ts;
}

/// Where the walk through the bins has come to
typedef struct {
  size_t bin;
  bool entered; // `fill` is that of `bin`
  FhFill fill;
  double step_energy; // Of the last whole step within the bin; 0 for none
  double step_ratio;  // Of one whole step to the next
} Walk;

// Energy of the bins in one step, from `t` on
static double
bin_energy(const FhEchogram* const e,
           const size_t band,
           const double t,
           Walk* const w)
{
  const double to = t + echo_step_s;
  double energy = 0.0;
  while (w->bin < e->n_bins && e->edge_s[w->bin] - e->onset_s < to) {
    const double stop = e->edge_s[w->bin + 1] - e->onset_s;
    if (stop <= 0.0) {
      energy += (double)e->bin[w->bin++][band];
      continue;
    }
    if (!w->entered) {
      w->fill = fh_fill_of(e, band, w->bin);
      w->entered = true;
      w->step_energy = 0.0;
      w->step_ratio = exp(-w->fill.slope * echo_step_s);
    }
    const double lo = fmax(w->fill.from_s, t);
    const double hi = fmin(w->fill.to_s, to);
    if (lo == t && hi == to) {
      w->step_energy = w->step_energy > 0.0 ? w->step_energy * w->step_ratio
                                            : fh_fill_energy(&w->fill, lo, hi);
      energy += w->step_energy;
    } else if (hi > lo) {
      energy += fh_fill_energy(&w->fill, lo, hi);
    }
    if (stop > to) {
      break;
    }
    ++w->bin;
    w->entered = false;
  }
  return energy;
}

double
fh_echogram_echo(const FhEchogram* const echogram,
                 const size_t band,
                 const bool speech,
                 double* const at_s)
{
  // What comes when less than this share is left is no echo any more
  static const double negligible = 1e-4;
  const FhEchogram* const e = echogram;
  Echo c = {.interval = speech ? 9 : 14, .speech = speech};
  if (band < FH_N_OCTAVES && !fh_fill_check(e)) {
    const double end = fh_fill_end(e);
    const double total = fh_fill_between(e, band, 0.0, INFINITY);
    double left = total;
    size_t event = 0;
    Walk walk = {0};
    // An arrival at the very end is in the last step
    for (size_t i = 0; left > negligible * total; ++i) {
      const double t = echo_step_s * (double)i;
      const double to = t + echo_step_s;
      double energy = bin_energy(e, band, t, &walk);
      while (event < e->n_events && e->event_s[event] - e->onset_s < to) {
        energy += (double)e->event[event++][band];
      }
      echo_add(&c, energy);
      left -= energy;
      if (t > end) {
        break;
      }
    }
  }
  if (at_s) {
    *at_s = c.at_s;
  }
  return c.greatest;
}
