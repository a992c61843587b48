// SPDX-License-Identifier: GPL-3.0-or-later
#include "linefit.h"

#include <fh/decay.h>

#include <math.h>
#include <string.h>

// Noise must lie this far below the lower end of a range [dB]; ISO 3382-1,
// 5.3.2
static const double margin_db = 10.0;

// Ratios of energies need this much decay above the noise [dB]
static const double energy_range_db = 15.0;

// The slope before the knee is fitted from this far above the noise on, over
// this range [dB]
static const double foot_db = 5.0;
static const double slope_range_db = 20.0;

// First averaging interval of the squared response [s], and the least and the
// greatest later ones
static const double first_window_s = 0.02;
static const double least_window_s = 0.005;
static const double greatest_window_s = 0.1;

// Averaging intervals in 10 dB of decay (Lundeby: 3 to 10)
static const double windows_per_10_db = 5.0;

// Beyond this nonlinearity [permille] (r^2 below 0.9) there is no line
static const double greatest_xi = 100.0;

static const size_t max_iterations = 12;

/// Energies under study
typedef struct {
  const double* energy;
  size_t n; // Steps up to the last that holds anything
  double step_s;
} Band;

static double
sum_of(const Band* const b, const size_t from, const size_t to)
{
  double sum = 0.0;
  for (size_t i = from; i < to && i < b->n; ++i) {
    sum += b->energy[i];
  }
  return sum;
}

// Mean power over steps [from, to)
static double
power_of(const Band* const b, const size_t from, const size_t to)
{
  return to > from ? sum_of(b, from, to) / ((double)(to - from) * b->step_s)
                   : 0.0;
}

static double
to_db(const double power)
{
  return 10.0 * log10(fmax(power, 1e-300));
}

/// A straight decay, level = at_zero_db + slope t
typedef struct {
  double at_zero_db;
  double slope_db_s;
} Line;

/*
  Fit a line through averaged levels, noise subtracted, from the first average
  not above `top_db` on to the first that comes below `bottom_db`.
*/
static bool
fit_line(const Band* const b,
         const size_t window,
         const size_t start,
         const double noise,
         const double top_db,
         const double bottom_db,
         Line* const line)
{
  FhLineFit fit = {0};
  size_t n = 0;
  bool inside = false;
  for (size_t i = start; i + window <= b->n; i += window) {
    const double power = power_of(b, i, i + window);
    const double level = to_db(power);
    inside = inside || level <= top_db;
    if (inside && (level < bottom_db || power <= noise)) {
      break;
    }
    if (inside) {
      const double t = ((double)i + 0.5 * (double)window) * b->step_s;
      fh_line_add(&fit, 1.0, t, to_db(power - noise));
      ++n;
    }
  }
  if (n < 2 || !(fh_line_slope(&fit) < 0.0)) {
    return false;
  }
  *line = (Line){fh_line_at_zero(&fit), fh_line_slope(&fit)};
  return true;
}

static size_t
loudest_window(const Band* const b, const size_t window, double* const level_db)
{
  size_t best = 0;
  double greatest = 0.0;
  for (size_t i = 0; i + window <= b->n; i += window) {
    const double power = power_of(b, i, i + window);
    if (power > greatest) {
      greatest = power;
      best = i;
    }
  }
  *level_db = to_db(greatest);
  return best;
}

// Does the last fifth still fall at (at least half) the rate of the decay?
static bool
falls_to_the_end(const Band* const b, const Line* const line)
{
  const size_t tenth = b->n / 10;
  const double expected = -line->slope_db_s * (double)tenth * b->step_s;
  const double first = power_of(b, b->n - 2 * tenth, b->n - tenth);
  const double last = power_of(b, b->n - tenth, b->n);
  return tenth > 0 && expected > 1.0 &&
         to_db(first) - to_db(last) > 0.5 * expected;
}

static size_t
clamp_steps(const double steps, const size_t least, const size_t most)
{
  const double s = fmin(fmax(steps, (double)least), (double)most);
  return (size_t)s;
}

static void
set_knee(const Band* const b,
         const Line* const line,
         const double noise,
         FhDecay* const d)
{
  const double end_s = (double)b->n * b->step_s;
  const double at_s = (to_db(noise) - line->at_zero_db) / line->slope_db_s;
  d->noise_density = noise;
  d->knee_s = noise > 0.0 ? fmin(fmax(at_s, b->step_s), end_s) : end_s;
  d->n_used = clamp_steps(d->knee_s / b->step_s, 1, b->n);
  d->late_slope_db_s = line->slope_db_s;
  const double k = -line->slope_db_s * log(10.0) / 10.0;
  const double level_db = line->at_zero_db + line->slope_db_s * d->knee_s;
  d->tail = pow(10.0, 0.1 * level_db) / k;
}

/*
  Lundeby's iteration on averages with the noise subtracted, so that the slope
  may be fitted close to the noise without bending.
*/
static FhReason
find_knee(const Band* const b, FhDecay* const d)
{
  const size_t tenth = b->n / 10;
  size_t window =
    clamp_steps(first_window_s / b->step_s, 1, b->n / 20 ? b->n / 20 : 1);
  double noise = power_of(b, b->n - tenth, b->n);
  double top_db = 0.0;
  const size_t start = loudest_window(b, window, &top_db);
  Line line = {0};
  if (!tenth || top_db - to_db(noise) < foot_db + 3.0) {
    return FH_REASON_NOISE;
  }
  if (!fit_line(b, window, start, 0.0, top_db, to_db(noise) + foot_db, &line)) {
    return FH_REASON_NO_DECAY;
  }
  if (falls_to_the_end(b, &line)) {
    // No floor: the slope is that of the last 20 dB, the tail goes on with it
    const double end_db = to_db(power_of(b, b->n - tenth, b->n));
    fit_line(b,
             window,
             start,
             0.0,
             fmin(top_db, end_db + slope_range_db),
             -1e9,
             &line);
    set_knee(b, &line, 0.0, d);
    return FH_REASON_NONE;
  }
  double knee_s = 0.0;
  for (size_t i = 0; i < max_iterations; ++i) {
    const double knee_before_s = knee_s;
    knee_s = (to_db(noise) - line.at_zero_db) / line.slope_db_s;
    if (fabs(knee_s - knee_before_s) < 1e-3 * knee_s) {
      break;
    }
    // Noise from where the decay is 10 dB under it, at least the last tenth
    const double clear_s = knee_s - 10.0 / line.slope_db_s;
    const size_t from = clamp_steps(clear_s / b->step_s, 0, b->n - tenth);
    noise = power_of(b, from, b->n);
    const double window_s =
      fmin(fmax(-10.0 / line.slope_db_s / windows_per_10_db, least_window_s),
           greatest_window_s);
    window = clamp_steps(window_s / b->step_s, 1, b->n / 20 ? b->n / 20 : 1);
    const double bottom_db = to_db(noise) + foot_db;
    Line next = line;
    if (!fit_line(b,
                  window,
                  start,
                  noise,
                  fmin(top_db, bottom_db + slope_range_db),
                  bottom_db,
                  &next)) {
      break;
    }
    line = next;
  }
  set_knee(b, &line, noise, d);
  return FH_REASON_NONE;
}

// Noise-free energy of step i before the knee; may be negative by chance
static double
clean(const Band* const b, const FhDecay* const d, const size_t i)
{
  return b->energy[i] - d->noise_density * b->step_s;
}

// Energy up to `to_s`, without noise; beyond the knee by the slope
static double
energy_to(const Band* const b, const FhDecay* const d, const double to_s)
{
  const size_t n = clamp_steps(to_s / b->step_s + 0.5, 0, d->n_used);
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += clean(b, d, i);
  }
  if (to_s > d->knee_s) {
    const double fall = d->late_slope_db_s * (to_s - d->knee_s);
    sum += d->tail * (1.0 - pow(10.0, 0.1 * fall));
  }
  return sum;
}

typedef struct {
  double top_db, bottom_db;
  FhLineFit fit;
  bool begun, ended;
} Range;

static void
range_add(Range* const r, const double t, const double level_db)
{
  r->begun = r->begun || level_db <= r->top_db;
  r->ended = r->ended || (r->begun && level_db < r->bottom_db);
  if (r->begun && !r->ended) {
    fh_line_add(&r->fit, 1.0, t, level_db);
  }
}

static double
range_time_s(const Range* const r)
{
  const double slope = fh_line_slope(&r->fit);
  return r->ended && slope < 0.0 ? -60.0 / slope : (double)NAN;
}

static void
fit_ranges(const Band* const b,
           const FhDecay* const d,
           FhBandParameters* const out)
{
  Range ranges[3] = {{.top_db = 0.0, .bottom_db = -10.0},
                     {.top_db = -5.0, .bottom_db = -25.0},
                     {.top_db = -5.0, .bottom_db = -35.0}};
  double left = out->energy;
  for (size_t i = 0; i < d->n_used && !ranges[2].ended; ++i) {
    const double level = to_db(left / out->energy);
    for (size_t r = 0; r < 3; ++r) {
      range_add(&ranges[r], (double)i * b->step_s, level);
    }
    left -= clean(b, d, i);
  }
  double* const value[3] = {&out->edt_s, &out->t20_s, &out->t30_s};
  FhReason* const reason[3] = {
    &out->edt_reason, &out->t20_reason, &out->t30_reason};
  for (size_t r = 0; r < 3; ++r) {
    const bool deep = out->range_db >= margin_db - ranges[r].bottom_db;
    *value[r] = deep ? range_time_s(&ranges[r]) : (double)NAN;
    *reason[r] = FH_REASON_NONE;
    if (!deep) {
      *reason[r] = d->noise_density > 0.0 ? FH_REASON_RANGE : FH_REASON_SHORT;
    } else if (!(*value[r] > 0.0)) {
      *reason[r] = FH_REASON_NO_DECAY;
    } else if (r > 0 && fh_line_xi(&ranges[r].fit) > greatest_xi) {
      *reason[r] = FH_REASON_NOT_STRAIGHT;
      *value[r] = (double)NAN;
    }
  }
  out->t20_xi = out->t20_reason ? (double)NAN : fh_line_xi(&ranges[1].fit);
  out->t30_xi = out->t30_reason ? (double)NAN : fh_line_xi(&ranges[2].fit);
  out->curvature = 100.0 * (out->t30_s / out->t20_s - 1.0);
}

static void
energy_parameters(const Band* const b,
                  const FhDecay* const d,
                  FhBandParameters* const out)
{
  if (out->range_db < energy_range_db) {
    out->energy_reason =
      d->noise_density > 0.0 ? FH_REASON_RANGE : FH_REASON_SHORT;
    return;
  }
  const double e50 = energy_to(b, d, 0.05);
  const double e80 = energy_to(b, d, 0.08);
  const double least = 1e-10 * out->energy; // +-100 dB stands for infinite
  out->energy_reason = FH_REASON_NONE;
  out->d50 = fmin(fmax(e50 / out->energy, 0.0), 1.0);
  out->c50_db = to_db(fmax(e50, least) / fmax(out->energy - e50, least));
  out->c80_db = to_db(fmax(e80, least) / fmax(out->energy - e80, least));
  double moment = 0.0;
  for (size_t i = 0; i < d->n_used; ++i) {
    moment += ((double)i + 0.5) * b->step_s * clean(b, d, i);
  }
  const double k = -d->late_slope_db_s * log(10.0) / 10.0;
  out->ts_s = (moment + d->tail * (d->knee_s + 1.0 / k)) / out->energy;
}

void
fh_decay_parameters(const double* const energy,
                    const size_t n_steps,
                    const double step_s,
                    FhDecay* const decay,
                    FhBandParameters* const out)
{
  FhDecay mine;
  FhDecay* const d = decay ? decay : &mine;
  Band b = {energy, n_steps, step_s};
  memset(d, 0, sizeof(*d));
  // Digital silence at the end is no noise floor
  while (b.n > 0 && !(energy[b.n - 1] > 0.0)) {
    --b.n;
  }
  fh_band_parameters_missing(b.n ? FH_REASON_NONE : FH_REASON_SILENT, out);
  if (!b.n) {
    return;
  }
  const FhReason reason = find_knee(&b, d);
  if (reason) {
    fh_band_parameters_missing(reason, out);
    d->noise_density = power_of(&b, 0, b.n);
    return;
  }
  out->energy = d->tail;
  for (size_t i = 0; i < d->n_used; ++i) {
    out->energy += clean(&b, d, i);
  }
  if (!(out->energy > d->tail)) {
    fh_band_parameters_missing(FH_REASON_NOISE, out);
    return;
  }
  out->range_db = to_db(out->energy) - to_db(d->tail);
  fit_ranges(&b, d, out);
  energy_parameters(&b, d, out);
  fh_double_slope(energy, step_s, d, out->range_db, &d->slopes);
}

void
fh_decay_curve(const double* const energy,
               const size_t n_steps,
               const double step_s,
               const FhDecay* const decay,
               double* const level_db)
{
  const Band b = {energy, n_steps, step_s};
  double left = decay->tail;
  for (size_t i = n_steps; i-- > 0;) {
    if (i < decay->n_used) {
      left += clean(&b, decay, i);
    }
    level_db[i] = i < decay->n_used ? to_db(left) : -INFINITY;
  }
  for (size_t i = decay->n_used; i-- > 0;) {
    level_db[i] -= to_db(left);
  }
}
