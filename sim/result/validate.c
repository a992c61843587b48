// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/validate.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const FhEstimate*
estimate_of(const FhMicrophoneMetrics* const m, const FhQuantity quantity)
{
  switch (quantity) {
  case FH_QUANTITY_T30:
    return &m->t30_s;
  case FH_QUANTITY_T20:
    return &m->t20_s;
  case FH_QUANTITY_EDT:
    return &m->edt_s;
  case FH_QUANTITY_D50:
    return &m->d50;
  case FH_QUANTITY_C80:
    return &m->c80_db;
  case FH_QUANTITY_C50:
    return &m->c50_db;
  case FH_QUANTITY_TS:
    return &m->ts_s;
  default:
    return &m->g_db;
  }
}

static void
simulated(const FhMicrophoneMetrics* const m, FhDeviation* const d)
{
  if (d->quantity == FH_QUANTITY_LF) {
    d->simulated = m->lf;
    d->se = m->lf_se;
  } else if (d->quantity == FH_QUANTITY_LFC) {
    d->simulated = m->lfc;
    d->se = m->lfc_se;
  } else {
    const FhEstimate* const e = estimate_of(m, d->quantity);
    d->simulated = e->at[d->band];
    d->se = e->se[d->band];
  }
}

void
fh_deviation_add(FhDeviationMean* const mean, const FhDeviation* const value)
{
  const double n = (double)mean->n;
  const double off = value->simulated - value->measured;
  const double square = mean->rms * mean->rms;
  const double x[2] = {value->measured, value->simulated};
  for (size_t k = 0; k < 2; ++k) {
    mean->low[k] = mean->n ? fmin(mean->low[k], x[k]) : x[k];
    mean->high[k] = mean->n ? fmax(mean->high[k], x[k]) : x[k];
  }
  mean->measured += (value->measured - mean->measured) / (n + 1.0);
  mean->simulated += (value->simulated - mean->simulated) / (n + 1.0);
  mean->difference += (off - mean->difference) / (n + 1.0);
  mean->rms = sqrt(square + (off * off - square) / (n + 1.0));
  mean->jnd += (fabs(value->jnd) - mean->jnd) / (n + 1.0);
  ++mean->n;
}

static void
complain_missing(const FhMeasured* const measured,
                 const FhMeasuredRow* const row,
                 const size_t band,
                 FhDiag* const diag)
{
  fh_diag_add(diag,
              FH_DIAG_WARNING,
              measured->path,
              row->line,
              0,
              "%s%s%s at %s Hz skipped: the simulation has no value for it",
              row->file,
              row->line ? "" : ": ",
              fh_quantity_name(row->quantity),
              band < FH_N_OCTAVES ? fh_octave_name(band) : "125-1000");
}

static void
compare_row(const FhMeasured* const measured,
            const FhMeasuredRow* const row,
            const FhMicrophoneMetrics* const m,
            const size_t low_band,
            const size_t high_band,
            FhValidation* const out,
            FhDiag* const diag)
{
  for (size_t b = 0; b <= FH_BAND_MID; ++b) {
    const bool counts = b == FH_BAND_MID || (b >= low_band && b <= high_band);
    if (!counts || !isfinite(row->at[b])) {
      continue;
    }
    FhDeviation d = {.emitter = row->emitter,
                     .microphone = row->microphone,
                     .quantity = row->quantity,
                     .band = b,
                     .measured = row->at[b]};
    simulated(m, &d);
    d.jnd =
      (d.simulated - d.measured) / fh_quantity_jnd(d.quantity, d.measured);
    if (!isfinite(d.jnd)) {
      complain_missing(measured, row, b, diag);
      ++out->n_missing;
      continue;
    }
    out->at[out->n++] = d;
    fh_deviation_add(&out->mean[d.quantity][b], &d);
    fh_deviation_add(&out->all[d.quantity], &d);
  }
}

FhStatus
fh_validate(const FhMeasured* const measured,
            const FhMicrophoneMetrics* const pairs,
            const size_t n_microphones,
            const unsigned quantities,
            const size_t low_band,
            const size_t high_band,
            FhValidation* const out,
            FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  out->at = (FhDeviation*)calloc(measured->n_rows * (FH_N_OCTAVES + 1) + 1,
                                 sizeof(FhDeviation));
  if (!out->at) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < measured->n_rows; ++i) {
    const FhMeasuredRow* const row = &measured->row[i];
    if (quantities & (1u << row->quantity)) {
      compare_row(measured,
                  row,
                  &pairs[row->emitter * n_microphones + row->microphone],
                  low_band,
                  high_band,
                  out,
                  diag);
    }
  }
  size_t n = 0;
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    out->jnd += out->all[q].n ? out->all[q].jnd : 0.0;
    n += out->all[q].n > 0;
  }
  if (!n) {
    fh_diag_add(
      diag,
      FH_DIAG_ERROR,
      measured->path,
      0,
      0,
      "nothing is left to compare; ask for other parameters or bands");
    fh_validation_clear(out);
    return FH_ERR_INVALID_DATA;
  }
  out->jnd /= (double)n;
  return FH_OK;
}

void
fh_validation_clear(FhValidation* const validation)
{
  free(validation->at);
  memset(validation, 0, sizeof(*validation));
}
