// SPDX-License-Identifier: GPL-3.0-or-later
#include "energies.h"

#include <fh/audio.h>
#include <fh/decay.h>
#include <fh/filter.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Short against the onset's 5 ms (J_LF) and the shortest decays
static const double step_s = 0.25e-3;

// Bands filtered side by side: two vectors of four doubles
#define LANES 8

// Energy centre of the impulse response of an order-3 Butterworth band pass of
// bandwidth B, times pi B: the mean of its group delay weighted with |H|^2
static const double filter_centre = 2.25;

// What rings before the onset is kept from this many times 1 / B on
static const double ring_bandwidths = 2.5; // exp(-pi 2.5): 4e-4 is left

/// Filters of eight bands, their states and what they gather
typedef struct {
  double g[FH_BAND_FILTER_SECTIONS][LANES];
  double a1[FH_BAND_FILTER_SECTIONS][LANES];
  double a2[FH_BAND_FILTER_SECTIONS][LANES];
  double s1[FH_BAND_FILTER_SECTIONS][LANES];
  double s2[FH_BAND_FILTER_SECTIONS][LANES];
} Lanes;

/// Where the energies of a band go
typedef struct {
  double* energy; // [n_steps], or null: the band does not exist
  double onset;   // Frame where its step 0 begins
  double first;   // Frames before this one are dropped
  size_t n_steps;
} Sink;

static double
midband_hz(const unsigned bands_per_octave, const size_t band)
{
  return bands_per_octave == 1 ? fh_octave_hz(band) : fh_third_hz(band);
}

double
fh_filter_shift_s(const unsigned bands_per_octave, const double midband_hz)
{
  const double edge = pow(10.0, 0.15 / bands_per_octave);
  return filter_centre / (FH_PI * midband_hz * (edge - 1.0 / edge));
}

double
fh_filter_ring_s(const unsigned bands_per_octave, const double midband_hz)
{
  const double edge = pow(10.0, 0.15 / bands_per_octave);
  return ring_bandwidths / (midband_hz * (edge - 1.0 / edge));
}

static void
lanes_init(Lanes* const l,
           const unsigned bands_per_octave,
           const size_t first,
           const size_t n,
           const double rate_hz)
{
  memset(l, 0, sizeof(*l));
  for (size_t k = 0; k < LANES && first + k < n; ++k) {
    FhBiquad s[FH_BAND_FILTER_SECTIONS];
    if (fh_band_filter(bands_per_octave,
                       midband_hz(bands_per_octave, first + k),
                       rate_hz,
                       s)) {
      continue; // Such a band has no sink
    }
    for (size_t j = 0; j < FH_BAND_FILTER_SECTIONS; ++j) {
      l->g[j][k] = s[j].b0;
      l->a1[j][k] = s[j].a1;
      l->a2[j][k] = s[j].a2;
    }
  }
}

// One frame through eight filters; the sections are g (1 - z^-2) / A(z)
static inline void
lanes_step(Lanes* const l, const double x, double y[LANES])
{
  for (size_t k = 0; k < LANES; ++k) {
    y[k] = x;
  }
  for (size_t j = 0; j < FH_BAND_FILTER_SECTIONS; ++j) {
    for (size_t k = 0; k < LANES; ++k) {
      const double in = l->g[j][k] * y[k];
      const double out = in + l->s1[j][k];
      l->s1[j][k] = l->s2[j][k] - l->a1[j][k] * out;
      l->s2[j][k] = -in - l->a2[j][k] * out;
      y[k] = out;
    }
  }
}

static void
deposit(const Sink* const sink,
        const double from_frame,
        const double steps_per_frame,
        const double energy)
{
  if (!sink->energy || from_frame < sink->first) {
    return;
  }
  const double at = (from_frame - sink->onset) * steps_per_frame;
  const size_t step = at > 0.0 ? (size_t)at : 0;
  // The last frames hold what would have come after the end
  if (step < sink->n_steps) {
    sink->energy[step] += energy;
  }
}

/*
  Filter backwards. Squares are summed over a few frames before they are
  deposited, which costs a tenth of depositing each frame; a chunk is short
  against a step, and the onset (of broadband, unshifted) begins one.
*/
static void
run_lanes(Lanes* const l,
          const double* const h,
          const size_t n,
          const size_t onset,
          const size_t chunk,
          const double steps_per_frame,
          const double dt,
          const Sink sinks[LANES])
{
  double sum[LANES] = {0};
  double y[LANES];
  size_t left = (n - 1 - onset) % chunk + 1;
  size_t i = n;
  while (i-- > 0) {
    lanes_step(l, h[i], y);
    for (size_t k = 0; k < LANES; ++k) {
      sum[k] += y[k] * y[k];
    }
    if (--left == 0 || i == 0) {
      for (size_t k = 0; k < LANES; ++k) {
        deposit(&sinks[k], (double)i, steps_per_frame, dt * sum[k]);
        sum[k] = 0.0;
      }
      left = chunk;
    }
  }
}

static void
run_broadband(const double* const h,
              const size_t n,
              const size_t onset,
              const double steps_per_frame,
              const double dt,
              const size_t n_steps,
              double* const energy)
{
  for (size_t i = onset; i < n; ++i) {
    const size_t step = (size_t)((double)(i - onset) * steps_per_frame);
    if (step < n_steps) {
      energy[step] += dt * h[i] * h[i];
    }
  }
}

static void
run_bank(const double* const h,
         const size_t n,
         const double rate_hz,
         const size_t onset,
         const double limit_hz,
         const unsigned bands_per_octave,
         FhEnergies* const e)
{
  const double edge = pow(10.0, 0.15 / bands_per_octave);
  const size_t n_bands = e->n_bands - 1;
  const double steps_per_frame = 1.0 / (step_s * rate_hz);
  size_t chunk = (size_t)(0.125 * step_s * rate_hz);
  chunk = chunk ? chunk : 1;
  e->first_missing = n_bands;
  for (size_t first = 0; first < n_bands; first += LANES) {
    Lanes lanes;
    Sink sinks[LANES] = {{0}};
    lanes_init(&lanes, bands_per_octave, first, n_bands, rate_hz);
    for (size_t k = 0; k < LANES; ++k) {
      const size_t b = first + k;
      if (!(lanes.g[0][k] > 0.0) ||
          midband_hz(bands_per_octave, b) * edge > limit_hz) {
        e->first_missing = b < e->first_missing ? b : e->first_missing;
        continue;
      }
      const double mid_hz = midband_hz(bands_per_octave, b);
      const double at =
        (double)onset - fh_filter_shift_s(bands_per_octave, mid_hz) * rate_hz;
      sinks[k] =
        (Sink){e->energy + b * e->n_steps,
               at,
               at - fh_filter_ring_s(bands_per_octave, mid_hz) * rate_hz,
               e->n_steps};
    }
    run_lanes(
      &lanes, h, n, onset, chunk, steps_per_frame, 1.0 / rate_hz, sinks);
  }
}

FhStatus
fh_doubled(const double* const h,
           const size_t n,
           const double rate_hz,
           double** const out,
           size_t* const n_out)
{
  FhAudio once = {0};
  FhAudio twice = {0};
  *out = NULL;
  FhStatus status = fh_audio_init(n, 1, rate_hz, &once);
  for (size_t i = 0; i < n && !status; ++i) {
    once.data[i] = (float)h[i];
  }
  status = status ? status : fh_audio_resample(&once, 2.0 * rate_hz, &twice);
  if (!status) {
    *out = (double*)malloc(sizeof(double) * twice.n_frames);
    status = *out ? FH_OK : FH_ERR_NO_MEM;
  }
  if (!status) {
    fh_audio_channel(&twice, 0, *out);
    *n_out = twice.n_frames;
  }
  fh_audio_clear(&once);
  fh_audio_clear(&twice);
  return status;
}

// Order 8, forward: each band by itself, as such analyses are rare
static void
run_steep(const double* const h,
          const size_t n,
          const double rate_hz,
          const size_t onset,
          const double limit_hz,
          const unsigned bands_per_octave,
          FhEnergies* const e)
{
  enum { ORDER = 8 };
  const double edge = pow(10.0, 0.15 / bands_per_octave);
  e->first_missing = e->n_bands - 1;
  for (size_t b = 0; b + 1 < e->n_bands; ++b) {
    FhBiquad s[ORDER];
    FhBiquadState state[ORDER] = {{0}};
    const double mid_hz = midband_hz(bands_per_octave, b);
    if (mid_hz * edge > fmin(limit_hz, 0.45 * rate_hz) ||
        fh_butterworth_band_pass(
          ORDER, mid_hz / edge, mid_hz * edge, rate_hz, s)) {
      e->first_missing = b;
      return;
    }
    const Sink sink = {
      e->energy + b * e->n_steps, (double)onset, (double)onset, e->n_steps};
    for (size_t i = 0; i < n; ++i) {
      double y = 0.0;
      fh_biquad_process(s, state, ORDER, &h[i], &y, 1);
      deposit(&sink, (double)i, 1.0 / (step_s * rate_hz), y * y / rate_hz);
    }
  }
}

static FhStatus
run_filters(const double* const h,
            const size_t n,
            const double rate_hz,
            const size_t onset,
            const FhEnergiesDesc* const desc,
            FhEnergies* const out)
{
  const bool doubles = rate_hz < FH_BAND_FILTER_RATE_HZ;
  double* fine = NULL;
  size_t n_fine = n;
  const FhStatus status =
    doubles ? fh_doubled(h, n, rate_hz, &fine, &n_fine) : FH_OK;
  if (!status) {
    const size_t factor = doubles ? 2 : 1;
    (desc->shape == FH_BANDS_STEEP ? run_steep
                                   : run_bank)(doubles ? fine : h,
                                               n_fine,
                                               (double)factor * rate_hz,
                                               factor * onset,
                                               0.5 * rate_hz,
                                               desc->bands_per_octave,
                                               out);
  }
  free(fine);
  return status;
}

FhStatus
fh_energies(const double* const h,
            const size_t n,
            const double rate_hz,
            const size_t onset,
            const FhEnergiesDesc* const desc,
            FhEnergies* const out)
{
  const unsigned per_octave = desc->bands_per_octave;
  memset(out, 0, sizeof(*out));
  if (!n || onset >= n || !(rate_hz > 0.0) ||
      (per_octave != 1 && per_octave != 3)) {
    return FH_ERR_BAD_ARG;
  }
  const double duration_s = (double)(n - onset) / rate_hz;
  out->n_bands = 1 + (per_octave == 1 ? FH_N_OCTAVES : FH_N_THIRDS);
  out->step_s = step_s;
  out->n_steps = (size_t)fmax(duration_s / step_s, 1.0);
  out->energy = (double*)calloc(out->n_steps * out->n_bands, sizeof(double));
  if (!out->energy) {
    return FH_ERR_NO_MEM;
  }
  run_broadband(h,
                n,
                onset,
                1.0 / (step_s * rate_hz),
                1.0 / rate_hz,
                out->n_steps,
                out->energy + (out->n_bands - 1) * out->n_steps);
  const FhStatus status =
    desc->shape == FH_BANDS_COSINE
      ? fh_energies_cosine(h, n, rate_hz, onset, desc, out)
      : run_filters(h, n, rate_hz, onset, desc, out);
  if (status) {
    fh_energies_clear(out);
  }
  return status;
}

void
fh_energies_clear(FhEnergies* const energies)
{
  free(energies->energy);
  memset(energies, 0, sizeof(*energies));
}
