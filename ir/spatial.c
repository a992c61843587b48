// SPDX-License-Identifier: GPL-3.0-or-later
#include "energies.h"

#include <fh/filter.h>
#include <fh/spatial.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double early_s = 0.08;
static const double lateral_from_s = 0.005;
static const double late_to_s = 1.0;
static const double greatest_lag_s = 0.001;

/// Two responses, of one band or unfiltered, and where time zero is in them
typedef struct {
  const double* a; // [n]
  const double* b; // [n]
  size_t n;
  size_t first; // What the filters ring before the onset counts from here on
  size_t onset;
  double rate_hz;
  double limit_hz; // Half the rate that the responses had
} Pair;

static void
filter_backwards(const FhBiquad s[FH_BAND_FILTER_SECTIONS],
                 const double* const in,
                 const size_t n,
                 double* const out)
{
  FhBiquadState state[FH_BAND_FILTER_SECTIONS] = {{0}};
  for (size_t i = n; i-- > 0;) {
    fh_biquad_process(s, state, FH_BAND_FILTER_SECTIONS, &in[i], &out[i], 1);
  }
}

/*
  Filter both as fh_energies() does, into `room` for both. False when the
  octave reaches past half the rate.
*/
static bool
filter_pair(const Pair* const in,
            const size_t octave,
            double* const room,
            Pair* const out)
{
  FhBiquad s[FH_BAND_FILTER_SECTIONS];
  out->n = in->n;
  out->rate_hz = in->rate_hz;
  out->limit_hz = in->limit_hz;
  const double mid_hz = fh_octave_hz(octave);
  if (mid_hz * pow(10.0, 0.15) > in->limit_hz ||
      fh_band_filter(1, mid_hz, in->rate_hz, s)) {
    return false;
  }
  filter_backwards(s, in->a, in->n, room);
  filter_backwards(s, in->b, in->n, room + in->n);
  out->a = room;
  out->b = room + in->n;
  const double shift = fh_filter_shift_s(1, mid_hz);
  const double at = (double)in->onset - shift * in->rate_hz;
  const double first = at - fh_filter_ring_s(1, mid_hz) * in->rate_hz;
  out->onset = at > 0.0 ? (size_t)(at + 0.5) : 0;
  out->first = first > 0.0 ? (size_t)first : 0;
  return true;
}

static size_t
frame_at(const Pair* const p, const double t)
{
  const size_t i = p->onset + (size_t)(t * p->rate_hz + 0.5);
  return i < p->n ? i : p->n;
}

// Copies of both up to `end_s` after the onset, at a rate that suits the
// filters; `*copies` is for the caller to free
static FhStatus
prepare(const double* const a,
        const double* const b,
        const size_t n,
        const double rate_hz,
        const size_t onset,
        const double end_s,
        double** const copies,
        Pair* const p)
{
  // Low bands need what comes after the end for their own ringing
  static const double ring_s = 0.3;
  if (!n || onset >= n || !(rate_hz > 0.0)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t used =
    (size_t)fmin((double)n, (double)onset + (end_s + ring_s) * rate_hz);
  const size_t factor = rate_hz < FH_BAND_FILTER_RATE_HZ ? 2 : 1;
  double* fine_a = NULL;
  double* fine_b = NULL;
  size_t n_fine = used;
  FhStatus status = FH_OK;
  if (factor == 2) {
    status = fh_doubled(a, used, rate_hz, &fine_a, &n_fine);
    status = status ? status : fh_doubled(b, used, rate_hz, &fine_b, &n_fine);
  }
  double* const both =
    status ? NULL : (double*)malloc(2 * n_fine * sizeof(double));
  if (both) {
    memcpy(both, fine_a ? fine_a : a, n_fine * sizeof(double));
    memcpy(both + n_fine, fine_b ? fine_b : b, n_fine * sizeof(double));
    *copies = both;
    *p = (Pair){both,
                both + n_fine,
                n_fine,
                factor * onset,
                factor * onset,
                (double)factor * rate_hz,
                0.5 * rate_hz};
  } else if (!status) {
    status = FH_ERR_NO_MEM;
  }
  free(fine_a);
  free(fine_b);
  return status;
}

// At the rate they have: doubling would spread a sharp onset over time zero
static Pair
unfiltered(const double* const a,
           const double* const b,
           const size_t n,
           const double rate_hz,
           const size_t onset)
{
  return (Pair){a, b, n, onset, onset, rate_hz, 0.5 * rate_hz};
}

static void
lateral_of(const Pair* const p, double* const lf, double* const lfc)
{
  const size_t from = frame_at(p, lateral_from_s);
  const size_t to = frame_at(p, early_s);
  double pressure = 0.0;
  double lateral = 0.0;
  double cross = 0.0;
  for (size_t i = p->first; i < to; ++i) {
    pressure += p->a[i] * p->a[i];
    if (i >= from) {
      lateral += p->b[i] * p->b[i];
      cross += fabs(p->a[i] * p->b[i]);
    }
  }
  *lf = pressure > 0.0 ? lateral / pressure : (double)NAN;
  *lfc = pressure > 0.0 ? cross / pressure : (double)NAN;
}

FhStatus
fh_lateral(const double* const omni,
           const double* const figure8,
           const size_t n,
           const double rate_hz,
           const size_t onset,
           FhLateral* const out)
{
  Pair p;
  double* copies = NULL;
  FhStatus status =
    prepare(omni, figure8, n, rate_hz, onset, early_s, &copies, &p);
  if (status) {
    return status;
  }
  Pair band;
  double* const room = (double*)malloc(2 * p.n * sizeof(double));
  status = room ? FH_OK : FH_ERR_NO_MEM;
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    out->lf[b] = (double)NAN;
    out->lfc[b] = (double)NAN;
    if (filter_pair(&p, b, room, &band)) {
      lateral_of(&band, &out->lf[b], &out->lfc[b]);
    }
  }
  if (!status) {
    const Pair whole = unfiltered(omni, figure8, n, rate_hz, onset);
    lateral_of(
      &whole, &out->lf[FH_SPATIAL_BROADBAND], &out->lfc[FH_SPATIAL_BROADBAND]);
  }
  free(room);
  free(copies);
  return status;
}

static double
energy_of(const double* const x, const size_t from, const size_t to)
{
  double sum = 0.0;
  for (size_t i = from; i < to; ++i) {
    sum += x[i] * x[i];
  }
  return sum;
}

static double
correlation(const Pair* const p, const double from_s, const double to_s)
{
  const size_t from = from_s > 0.0 ? frame_at(p, from_s) : p->first;
  const size_t to = frame_at(p, to_s);
  const long lag = (long)(greatest_lag_s * p->rate_hz + 0.5);
  const double energy = energy_of(p->a, from, to) * energy_of(p->b, from, to);
  double greatest = 0.0;
  for (long k = -lag; k <= lag; ++k) {
    const long first = k < 0 && (long)from < -k ? -k : (long)from;
    const long last = (long)to + k > (long)p->n ? (long)p->n - k : (long)to;
    double sum = 0.0;
    for (long i = first; i < last; ++i) {
      sum += p->a[i] * p->b[i + k];
    }
    greatest = fmax(greatest, fabs(sum));
  }
  return energy > 0.0 ? fmin(greatest / sqrt(energy), 1.0) : (double)NAN;
}

static void
correlations(const Pair* const p, const size_t band, FhIacc* const out)
{
  out->early[band] = correlation(p, 0.0, early_s);
  out->late[band] = correlation(p, early_s, late_to_s);
  out->all[band] = correlation(p, 0.0, late_to_s);
}

FhStatus
fh_iacc(const double* const left,
        const double* const right,
        const size_t n,
        const double rate_hz,
        const size_t onset,
        FhIacc* const out)
{
  Pair p;
  double* copies = NULL;
  FhStatus status =
    prepare(left, right, n, rate_hz, onset, late_to_s, &copies, &p);
  if (status) {
    return status;
  }
  Pair band;
  double* const room = (double*)malloc(2 * p.n * sizeof(double));
  status = room ? FH_OK : FH_ERR_NO_MEM;
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    out->early[b] = (double)NAN;
    out->late[b] = (double)NAN;
    out->all[b] = (double)NAN;
    if (filter_pair(&p, b, room, &band)) {
      correlations(&band, b, out);
    }
  }
  if (!status) {
    const Pair whole = unfiltered(left, right, n, rate_hz, onset);
    correlations(&whole, FH_SPATIAL_BROADBAND, out);
  }
  free(room);
  free(copies);
  return status;
}

FhStatus
fh_b_format_split(const float* const data,
                  const size_t n,
                  const size_t n_channels,
                  const double rate_hz,
                  const FhBFormat format,
                  double* const omni,
                  double* const figure8,
                  double* const fit_db)
{
  if (n_channels < 4) {
    return FH_ERR_MISMATCH;
  }
  const bool fuma = format == FH_B_FORMAT_FUMA;
  const double gain = fuma ? sqrt(2.0) : 1.0;
  size_t peak = 0;
  for (size_t i = 0; i < n; ++i) {
    omni[i] = gain * (double)data[i * n_channels];
    figure8[i] = (double)data[i * n_channels + (fuma ? 2 : 1)];
    peak = fabs(omni[i]) > fabs(omni[peak]) ? i : peak;
  }
  const size_t half = (size_t)(0.5e-3 * rate_hz);
  double pressure = 0.0;
  double velocity = 0.0;
  for (size_t i = peak > half ? peak - half : 0; i < n && i <= peak + half;
       ++i) {
    pressure += omni[i] * omni[i];
    for (size_t c = 1; c < 4; ++c) {
      const double x = (double)data[i * n_channels + c];
      velocity += x * x;
    }
  }
  *fit_db = pressure > 0.0
              ? 10.0 * log10(fmax(velocity, 1e-12 * pressure) / pressure)
              : 0.0;
  return FH_OK;
}
