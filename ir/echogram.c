// SPDX-License-Identifier: GPL-3.0-or-later
#include "fill.h"
#include "linefit.h"

#include <fh/echogram.h>

#include <math.h>
#include <stdbool.h>

// The decay must reach this far below the lower end of a range [dB]: the part
// beyond the last bin is extrapolated
static const double margin_db = 3.0;
// A line must fall by this share of its range within it; single arrivals take
// the rest of the range, as a direct sound does near a loudspeaker
static const double least_fall = 0.02;

/// What lies beyond the last bin, by the decay from its third to last quarter
typedef struct {
  double energy;
  double centre_s; // Of the energy, after the onset
} Tail;

static Tail
tail_of(const FhEchogram* const e, const size_t band)
{
  const double end = fh_fill_end(e);
  const double quarter = 0.25 * end;
  const double third = fh_fill_between(e, band, 2.0 * quarter, 3.0 * quarter);
  const double last = fh_fill_between(e, band, 3.0 * quarter, INFINITY);
  if (!e->n_bins || !(third > last) || !(last > 0.0)) {
    return (Tail){0.0, end};
  }
  const double r = last / third;
  return (Tail){last * r / (1.0 - r), end - quarter / log(r)};
}

/// The three ranges fitted, [dB]
static const struct {
  double top_db, bottom_db;
} ranges[3] = {{0.0, -10.0}, {-5.0, -25.0}, {-5.0, -35.0}};

/// Falling decay curve and the lines through it
typedef struct {
  double total;
  double left; // Energy still to come
  FhLineFit fit[3];
} Decay;

static double
decay_db(const Decay* const d, const double energy)
{
  return 10.0 * log10(fmax(energy / d->total, 1e-30));
}

// Add the stretch from `from` to `to`, on which no range begins or ends
static void
add_stretch(Decay* const d,
            const FhFill* const f,
            const double from,
            const double to,
            const double level_db)
{
  // Gauss-Legendre, 3 points: a fit over continuous time
  static const double at[3] = {0.1127016653792583, 0.5, 0.8872983346207417};
  static const double weight[3] = {5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0};
  for (size_t k = 0; k < 3; ++k) {
    const double t = from + at[k] * (to - from);
    const double gone = f && f->energy > 0.0 ? fh_fill_energy(f, from, t) : 0.0;
    const double y = decay_db(d, d->left - gone);
    for (size_t r = 0; r < 3; ++r) {
      if (level_db <= ranges[r].top_db && level_db > ranges[r].bottom_db) {
        fh_line_add(&d->fit[r], weight[k] * (to - from), t, y);
      }
    }
  }
}

// Walk the decay curve from `from` to `to`; `f` fills it or is null
static void
walk(Decay* const d, const FhFill* const f, const double from, const double to)
{
  static const double cuts_db[4] = {-5.0, -10.0, -25.0, -35.0};
  double t = from;
  if (!(to > from)) {
    return;
  }
  const bool filled = f && f->energy > 0.0;
  double level_db = decay_db(d, d->left);
  double to_give = filled ? fh_fill_energy(f, from, to) : 0.0;
  for (size_t c = 0; c < 4 && filled; ++c) {
    const double cut = d->total * pow(10.0, 0.1 * cuts_db[c]);
    const double until_cut = d->left - cut;
    if (level_db <= cuts_db[c] || until_cut <= 0.0 || until_cut >= to_give) {
      continue;
    }
    const double at = fmin(fmax(fh_fill_time(f, t, until_cut), t), to);
    add_stretch(d, f, t, at, level_db);
    d->left = cut;
    level_db = cuts_db[c];
    to_give -= until_cut;
    t = at;
  }
  if (level_db > ranges[2].bottom_db) {
    add_stretch(d, f, t, to, level_db);
  }
  d->left -= to_give;
}

// Walk forward to `to`, taking events at their times
static size_t
walk_events(Decay* const d,
            const FhEchogram* const e,
            const size_t band,
            size_t i,
            const FhFill* const f,
            double from,
            const double to)
{
  while (i < e->n_events) {
    const double t = fmax(e->event_s[i] - e->onset_s, 0.0);
    if (t >= to) {
      break;
    }
    walk(d, f, from, fmax(t, from));
    d->left -= fh_fill_row(e->event[i], band);
    from = fmax(t, from);
    ++i;
  }
  walk(d, f, from, to);
  return i;
}

static void
walk_all(Decay* const d, const FhEchogram* const e, const size_t band)
{
  size_t event = 0;
  double at = 0.0;
  const double lowest = d->total * pow(10.0, 0.1 * ranges[2].bottom_db);
  for (size_t i = 0; i < e->n_bins && d->left > lowest; ++i) {
    if (e->edge_s[i + 1] <= e->onset_s) {
      d->left -= fh_fill_row(e->bin[i], band);
      continue;
    }
    const FhFill f = fh_fill_of(e, band, i);
    if (f.from_s > at) {
      event = walk_events(d, e, band, event, NULL, at, f.from_s);
    }
    event = walk_events(d, e, band, event, &f, f.from_s, f.to_s);
    at = f.to_s;
  }
  if (d->left > lowest) {
    walk_events(d, e, band, event, NULL, at, fmax(fh_fill_end(e), at));
  }
}

/// Reverberation time of a line through a range, NaN where it does not fall.
/// Where few strong arrivals take nearly all energy the curve is flat between
/// steps, and a slope there is rounding
static double
reverberation_s(const FhLineFit* const fit, const double range_db)
{
  const double slope = fh_line_slope(fit);
  // The weights are the time that the curve takes for the range
  const bool falls = -slope * fit->n >= least_fall * range_db;
  return falls ? -60.0 / slope : (double)NAN;
}

static void
fit_decay(const FhEchogram* const e,
          const size_t band,
          const Tail* const tail,
          FhBandParameters* const out)
{
  Decay d = {.total = out->energy, .left = out->energy};
  walk_all(&d, e, band);
  // Without a tail the curve falls to nothing at the last arrival
  out->range_db = tail->energy > 0.0 ? -decay_db(&d, tail->energy) : 300.0;
  double* const value[3] = {&out->edt_s, &out->t20_s, &out->t30_s};
  FhReason* const reason[3] = {
    &out->edt_reason, &out->t20_reason, &out->t30_reason};
  for (size_t r = 0; r < 3; ++r) {
    *reason[r] = FH_REASON_NONE;
    if (out->range_db < margin_db - ranges[r].bottom_db) {
      *reason[r] = FH_REASON_SHORT;
    } else {
      *value[r] =
        reverberation_s(&d.fit[r], ranges[r].top_db - ranges[r].bottom_db);
      if (!(*value[r] > 0.0)) {
        *reason[r] = FH_REASON_NO_DECAY;
        *value[r] = (double)NAN;
      }
    }
  }
  out->t20_xi = out->t20_reason ? (double)NAN : fh_line_xi(&d.fit[1]);
  out->t30_xi = out->t30_reason ? (double)NAN : fh_line_xi(&d.fit[2]);
  out->curvature = 100.0 * (out->t30_s / out->t20_s - 1.0);
}

static double
moment(const FhEchogram* const e, const size_t band)
{
  double sum = 0.0;
  for (size_t i = 0; i < e->n_events; ++i) {
    sum +=
      fmax(e->event_s[i] - e->onset_s, 0.0) * fh_fill_row(e->event[i], band);
  }
  for (size_t i = 0; i < e->n_bins; ++i) {
    if (e->edge_s[i + 1] > e->onset_s) {
      const FhFill f = fh_fill_of(e, band, i);
      const double w = f.to_s - f.from_s;
      const double x = f.slope * w;
      // Centre of an exponential fill: 1/s - w / (exp(s w) - 1)
      const double centre =
        fabs(x) < 1e-4 ? w * (0.5 - x / 12.0) : w * (1.0 / x - 1.0 / expm1(x));
      sum += f.energy * (f.from_s + centre);
    }
  }
  return sum;
}

static void
band_parameters(const FhEchogram* const e,
                const size_t band,
                FhBandParameters* const out)
{
  fh_band_parameters_missing(FH_REASON_SILENT, out);
  const double e50 = fh_fill_between(e, band, 0.0, 0.05);
  const double e80 = fh_fill_between(e, band, 0.0, 0.08);
  const Tail tail = tail_of(e, band);
  const double total = fh_fill_between(e, band, 0.0, INFINITY) + tail.energy;
  if (!(total > 0.0)) {
    return;
  }
  out->energy = total;
  out->energy_reason = FH_REASON_NONE;
  out->d50 = e50 / total;
  // Nothing late: as clear as it gets; +-100 dB stands for infinite
  out->c50_db =
    10.0 * log10(fmax(e50, 1e-10 * total) / fmax(total - e50, 1e-10 * total));
  out->c80_db =
    10.0 * log10(fmax(e80, 1e-10 * total) / fmax(total - e80, 1e-10 * total));
  out->ts_s = (moment(e, band) + tail.energy * tail.centre_s) / total;
  fit_decay(e, band, &tail, out);
}

FhStatus
fh_echogram_parameters(const FhEchogram* const echogram,
                       FhParameters* const out)
{
  const FhStatus status = fh_fill_check(echogram);
  if (status) {
    return status;
  }
  out->n_bands = FH_N_OCTAVES;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    band_parameters(echogram, b, &out->band[b]);
  }
  for (size_t b = FH_N_OCTAVES; b < FH_N_THIRDS; ++b) {
    fh_band_parameters_missing(FH_REASON_BAND, &out->band[b]);
  }
  band_parameters(echogram, FH_FILL_ALL, &out->broadband);
  return FH_OK;
}

FhStatus
fh_echogram_energy(const FhEchogram* const echogram,
                   const double from_s,
                   const double to_s,
                   double energy[FH_N_OCTAVES])
{
  const FhStatus status = fh_fill_check(echogram);
  if (status || !(from_s >= 0.0) || !(to_s >= from_s)) {
    return FH_ERR_BAD_ARG;
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    energy[b] = fh_fill_between(echogram, b, from_s, to_s);
  }
  return FH_OK;
}
