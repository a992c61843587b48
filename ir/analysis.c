// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/analysis.h>
#include <fh/echogram.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

FhAnalysisDesc
fh_analysis_desc_default(void)
{
  return (FhAnalysisDesc){.bands_per_octave = 1};
}

// Constant part of the last quarter, where it is more than the noise there
// explains
static double
offset_of(const double* const h, const size_t n)
{
  const size_t first = n - n / 4;
  double sum = 0.0;
  double squares = 0.0;
  for (size_t i = first; i < n; ++i) {
    sum += h[i];
    squares += h[i] * h[i];
  }
  const double mean = n > first ? sum / (double)(n - first) : 0.0;
  const double power = n > first ? squares / (double)(n - first) : 0.0;
  return mean * mean > 0.1 * (power - mean * mean) ? mean : 0.0;
}

// Least product of bandwidth and reverberation time that a filter leaves true:
// 4 backwards, 16 forwards (Jacobsen and Rindel 1987); without phase between
static double
least_bt(const FhBandShape shape)
{
  switch (shape) {
  case FH_BANDS_CLASS_1:
    return 4.0;
  case FH_BANDS_COSINE:
    return 8.0;
  case FH_BANDS_STEEP:
    break;
  }
  return 16.0;
}

static void
refuse_short(double* const time_s, FhReason* const reason, const double least_s)
{
  if (*reason == FH_REASON_NONE && !(*time_s >= least_s)) {
    *time_s = (double)NAN;
    *reason = FH_REASON_FILTER;
  }
}

// Times that the filter, or the steps of broadband, made rather than the room
static void
refuse_short_times(const FhAnalysis* const a,
                   const size_t b,
                   FhBandParameters* const p)
{
  const double n = a->desc.bands_per_octave;
  const double edge = pow(10.0, 0.15 / n);
  double least_s = 20.0 * a->energies.step_s;
  if (b < a->n_bands) {
    const double mid_hz = n > 1.0 ? fh_third_hz(b) : fh_octave_hz(b);
    least_s = least_bt(a->desc.shape) / (mid_hz * (edge - 1.0 / edge));
  }
  // The beginning of a decay suffers more: the direct sound rings, too
  refuse_short(&p->edt_s, &p->edt_reason, 2.0 * least_s);
  refuse_short(&p->t20_s, &p->t20_reason, least_s);
  refuse_short(&p->t30_s, &p->t30_reason, least_s);
}

static FhStatus
analyse(const double* const h,
        const size_t n,
        const double rate_hz,
        const FhAnalysisDesc* const desc,
        FhAnalysis* const out)
{
  FhAnalysis a = {.desc = *desc, .rate_hz = rate_hz};
  FhStatus status = fh_onset(h, n, rate_hz, &a.onset);
  if (status) {
    return status;
  }
  const FhEnergiesDesc energies = {.bands_per_octave = desc->bands_per_octave,
                                   .shape = desc->shape,
                                   .band_onset = desc->band_onset};
  status = fh_energies(h, n, rate_hz, a.onset.frame, &energies, &a.energies);
  if (status) {
    return status;
  }
  const FhEnergies* const e = &a.energies;
  a.n_bands = e->n_bands - 1;
  a.parameters.n_bands = a.n_bands;
  for (size_t b = 0; b <= a.n_bands; ++b) {
    FhBandParameters* const p =
      b < a.n_bands ? &a.parameters.band[b] : &a.parameters.broadband;
    if (b >= e->first_missing && b < a.n_bands) {
      fh_band_parameters_missing(FH_REASON_BAND, p);
      continue;
    }
    fh_decay_parameters(
      e->energy + b * e->n_steps, e->n_steps, e->step_s, &a.decay[b], p);
    refuse_short_times(&a, b, p);
  }
  for (size_t b = a.n_bands; b < FH_N_THIRDS; ++b) {
    fh_band_parameters_missing(FH_REASON_BAND, &a.parameters.band[b]);
  }
  *out = a;
  return FH_OK;
}

FhStatus
fh_analyse(const double* const h,
           const size_t n,
           const double rate_hz,
           const FhAnalysisDesc* const desc,
           FhAnalysis* const out)
{
  memset(out, 0, sizeof(*out));
  if (!n) {
    return FH_ERR_BAD_ARG;
  }
  const double offset = offset_of(h, n);
  if (offset == 0.0) {
    return analyse(h, n, rate_hz, desc, out);
  }
  double* const centred = (double*)malloc(n * sizeof(double));
  if (!centred) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    centred[i] = h[i] - offset;
  }
  const FhStatus status = analyse(centred, n, rate_hz, desc, out);
  out->offset = status ? 0.0 : offset;
  free(centred);
  return status;
}

void
fh_analysis_clear(FhAnalysis* const analysis)
{
  fh_energies_clear(&analysis->energies);
  memset(analysis, 0, sizeof(*analysis));
}

double
fh_analysis_noise_db(const FhAnalysis* const analysis, const size_t b)
{
  const double noise = analysis->decay[b].noise_density;
  return noise > 0.0 ? 10.0 * log10(noise) : (double)-INFINITY;
}

static double
modulation(const FhAnalysis* const a,
           const size_t band,
           const double f_hz,
           const bool raw)
{
  const FhEnergies* const e = &a->energies;
  const FhDecay* const d = &a->decay[band];
  const double* const energy = e->energy + band * e->n_steps;
  const double w = 2.0 * FH_PI * f_hz;
  const size_t n = raw ? e->n_steps : d->n_used;
  const double noise = raw ? 0.0 : d->noise_density * e->step_s;
  // exp(-j w t) by rotation: its error grows by 1e-16 a step
  const double complex turn = cos(w * e->step_s) - sin(w * e->step_s) * I;
  double complex phase =
    cos(0.5 * w * e->step_s) - sin(0.5 * w * e->step_s) * I;
  double complex sum = 0.0;
  double total = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double clean = energy[i] - noise;
    sum += clean * phase;
    total += clean;
    phase *= turn;
  }
  if (!raw && d->late_slope_db_s < 0.0) {
    const double k = -d->late_slope_db_s * log(10.0) / 10.0;
    const double t = d->knee_s;
    sum += d->tail * k * (k - w * I) / (k * k + w * w) *
           (cos(w * t) - sin(w * t) * I);
    total += d->tail;
  }
  return total > 0.0 ? fmin(cabs(sum) / total, 1.0) : 0.0;
}

static FhStatus
transfer(const FhAnalysis* const a,
         const bool raw,
         float m[FH_N_STI_BANDS][FH_N_MODULATIONS])
{
  if (a->desc.bands_per_octave != 1) {
    return FH_ERR_UNSUPPORTED;
  }
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const FhReason reason = a->parameters.band[k + 1].energy_reason;
    if (reason == FH_REASON_BAND || (reason && !raw)) {
      return FH_ERR_DECAY_RANGE;
    }
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      m[k][i] = (float)modulation(a, k + 1, fh_sti_modulation_hz(i), raw);
    }
  }
  return FH_OK;
}

FhStatus
fh_analysis_mtf(const FhAnalysis* const analysis,
                float m[FH_N_STI_BANDS][FH_N_MODULATIONS])
{
  return transfer(analysis, false, m);
}

FhStatus
fh_analysis_mtf_raw(const FhAnalysis* const analysis,
                    float m[FH_N_STI_BANDS][FH_N_MODULATIONS])
{
  return transfer(analysis, true, m);
}

double
fh_analysis_echo(const FhAnalysis* const analysis,
                 const size_t band,
                 const bool speech,
                 double* const at_s)
{
  const FhEnergies* const e = &analysis->energies;
  const FhDecay* const d = &analysis->decay[band];
  // Events of 1 ms: the criterion's own resolution
  const size_t group = (size_t)(1e-3 / e->step_s + 0.5);
  const size_t n = d->n_used / group;
  double* const times = (double*)malloc((n + 1) * sizeof(double));
  float(*const rows)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(n + 1, sizeof(*rows));
  double criterion = (double)NAN;
  if (times && rows && band < FH_N_OCTAVES) {
    for (size_t i = 0; i < n; ++i) {
      double sum = 0.0;
      for (size_t j = i * group; j < (i + 1) * group; ++j) {
        sum += e->energy[band * e->n_steps + j] - d->noise_density * e->step_s;
      }
      times[i] = ((double)i + 0.5) * 1e-3;
      rows[i][band] = (float)fmax(sum, 0.0);
    }
    const FhEchogram echogram = {.n_events = n,
                                 .event_s = times,
                                 .event = (const float(*)[FH_N_OCTAVES])rows};
    criterion = fh_echogram_echo(&echogram, band, speech, at_s);
  }
  free(times);
  free(rows);
  return criterion;
}

void
fh_analysis_mid(const FhAnalysis* const analysis, FhMidBand* const out)
{
  *out = (FhMidBand){(double)NAN,
                     (double)NAN,
                     (double)NAN,
                     (double)NAN,
                     (double)NAN,
                     (double)NAN};
  if (analysis->desc.bands_per_octave == 1) {
    const FhBandParameters* const p = analysis->parameters.band;
    out->edt_s = 0.5 * (p[3].edt_s + p[4].edt_s);
    out->t30_s = 0.5 * (p[3].t30_s + p[4].t30_s);
    out->c80_db = 0.5 * (p[3].c80_db + p[4].c80_db);
    out->d50 = 0.5 * (p[3].d50 + p[4].d50);
    out->ts_s = 0.5 * (p[3].ts_s + p[4].ts_s);
    out->bass_ratio = (p[1].t30_s + p[2].t30_s) / (p[3].t30_s + p[4].t30_s);
  }
}

double
fh_strength_db(const double energy, const double reference_energy)
{
  return 10.0 * log10(energy / reference_energy);
}
