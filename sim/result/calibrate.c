// SPDX-License-Identifier: GPL-3.0-or-later
#include "calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Residuals over this many sigma are named
#define CONTRADICTION 6.0

/// Most contradictions that are named one by one
#define MAX_NAMED 8

FhCalibrateDesc
fh_calibrate_desc_default(void)
{
  return (FhCalibrateDesc){.quantities = (1u << FH_QUANTITY_T30) |
                                         (1u << FH_QUANTITY_EDT) |
                                         (1u << FH_QUANTITY_C80),
                           .high_band = FH_N_OCTAVES - 1,
                           .prior_sd = 0.5,
                           .n_rounds = 4,
                           .n_rays = 32768,
                           .seed = 1,
                           .left_out = true};
}

static void
add_pair(const FitRoom* const m,
         const size_t i,
         const PairValues* const values,
         FhFitQuality* const out)
{
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    for (size_t b = m->desc->low_band; b <= m->desc->high_band; ++b) {
      FhDeviation d = {.emitter = m->pairs[i].emitter,
                       .microphone = m->pairs[i].microphone,
                       .quantity = (FhQuantity)q,
                       .band = b,
                       .measured = m->pairs[i].measured.at[q][b],
                       .simulated = values->at[q][b]};
      d.jnd =
        (d.simulated - d.measured) / fh_quantity_jnd(d.quantity, d.measured);
      if (isfinite(d.jnd)) {
        fh_deviation_add(&out->all[q], &d);
      }
    }
  }
}

static void
set_mean(FhFitQuality* const out)
{
  size_t n = 0;
  out->jnd = 0.0;
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    if (out->all[q].n && (FH_QUANTITIES_USUAL & (1u << q))) {
      out->jnd += out->all[q].jnd;
      ++n;
    }
  }
  out->jnd = n ? out->jnd / (double)n : (double)NAN;
}

static FhStatus
rate_all(const FitRoom* const m,
         const Unknowns* const u,
         FhFitQuality* const out)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < m->n_pairs && !status; ++i) {
    PairValues values;
    status = room_values(m, i, u, &values, NULL);
    if (!status) {
      add_pair(m, i, &values, out);
    }
  }
  set_mean(out);
  return status;
}

static FhStatus
foretell(const FitRoom* const m,
         const Unknowns* const u,
         const FhProgressFn progress,
         void* const user,
         FhFitQuality* const out)
{
  Unknowns* const other = (Unknowns*)calloc(m->n_fit, sizeof(Unknowns));
  FhStatus status = other ? FH_OK : FH_ERR_NO_MEM;
  for (size_t i = 0; i < m->n_pairs && m->n_pairs > 1 && !status; ++i) {
    if (progress &&
        !progress(user, "foretelling", (double)i / (double)m->n_pairs)) {
      status = FH_ERR_INTERRUPTED;
      break;
    }
    memcpy(other, u, m->n_fit * sizeof(Unknowns));
    PairValues values;
    status = fit_steps(m, i, other, NULL);
    status = status ? status
                    : room_values(m, i, (const Unknowns*)other, &values, NULL);
    if (!status && m->desc->scattering) {
      status = scatter_leave_out(m, i, &values);
    }
    if (!status) {
      add_pair(m, i, &values, out);
    }
  }
  set_mean(out);
  free(other);
  return status;
}

static void
name_pair(const FitRoom* const m,
          const size_t i,
          const size_t q,
          const size_t b,
          const double value,
          FhDiag* const diag)
{
  fh_diag_add(diag,
              FH_DIAG_WARNING,
              m->venue->path,
              0,
              0,
              "%s %s: %s at %s Hz was measured as %.3g, which no absorption "
              "that suits the other values gives (%.3g); check it",
              fh_sources_emitter(m->sources, m->pairs[i].emitter)->name,
              m->venue->microphones[m->pairs[i].microphone].name,
              fh_quantity_name((FhQuantity)q),
              fh_octave_name(b),
              m->pairs[i].measured.at[q][b],
              value);
}

// Measured values that the fit misses by far
static FhStatus
name_contradictions(const FitRoom* const m, const Unknowns* u, FhDiag* diag)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_pairs; ++i) {
    PairValues values;
    const FhStatus status = room_values(m, i, u, &values, NULL);
    if (status) {
      return status;
    }
    for (size_t k = 0; k < (size_t)FH_N_QUANTITIES * FH_N_OCTAVES; ++k) {
      const size_t q = k / FH_N_OCTAVES;
      const size_t b = k % FH_N_OCTAVES;
      const double measured = m->pairs[i].measured.at[q][b];
      const double off = fabs(values.at[q][b] - measured) /
                         calibrate_sigma((FhQuantity)q, measured);
      const bool counts = (m->desc->quantities & (1u << q)) &&
                          b >= m->desc->low_band && b <= m->desc->high_band;
      if (counts && off > CONTRADICTION && ++n <= MAX_NAMED) {
        name_pair(m, i, q, b, values.at[q][b], diag);
      }
    }
  }
  if (n > MAX_NAMED) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                m->venue->path,
                0,
                0,
                "%zu more values are as far from the fit",
                n - MAX_NAMED);
  }
  return FH_OK;
}

static bool
octave_counts(const FitRoom* const m, const size_t b)
{
  for (size_t i = 0; i < m->n_pairs; ++i) {
    for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
      if ((m->desc->quantities & (1u << q)) && b >= m->desc->low_band &&
          b <= m->desc->high_band && isfinite(m->pairs[i].measured.at[q][b])) {
        return true;
      }
    }
  }
  return false;
}

static FhStatus
fill(const FitRoom* const m,
     const Unknowns* const u,
     const Unknowns* const sd,
     FhCalibration* const out)
{
  out->fitted = (FhFitted*)calloc(m->n_fit + 1, sizeof(FhFitted));
  if (!out->fitted) {
    return FH_ERR_NO_MEM;
  }
  out->n_fitted = m->n_fit;
  out->n_pairs = m->n_pairs;
  out->scattering = m->desc->scattering;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    out->octave[b] = octave_counts(m, b);
  }
  for (size_t k = 0; k < m->n_fit; ++k) {
    FhFitted* const f = &out->fitted[k];
    f->material = m->fit[k];
    scatter_of(m, k, f->scattering_before, f->scattering_after);
    f->scattering_offset = (float)m->scatter[k].offset;
    f->scattering_sd = (float)m->scatter[k].sd;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const float before = m->venue->materials[f->material].absorption[b];
      const double a = absorption_of(u[k][b]);
      f->before[b] = before;
      f->after[b] = out->octave[b] ? (float)a : before;
      f->se[b] = out->octave[b] ? (float)(a * (1.0 - a) * sd[k][b]) : 0.0f;
    }
  }
  return FH_OK;
}

static FhStatus
calibrate(FitRoom* const m,
          const FhProgressFn progress,
          void* const user,
          Unknowns* const u,
          Unknowns* const sd,
          FhCalibration* const out,
          FhDiag* const diag)
{
  FhStatus status = FH_OK;
  memcpy(u, m->prior, m->n_fit * sizeof(Unknowns));
  status = rate_all(m, (const Unknowns*)u, &out->before);
  for (unsigned round = 0; round < m->desc->n_rounds && !status; ++round) {
    if (round) {
      room_set(m, (const Unknowns*)u);
      status = room_trace(m, progress, user, diag);
    }
    status = status ? status : fit_steps(m, SIZE_MAX, u, sd);
  }
  for (unsigned round = 0;
       m->desc->scattering && round < m->desc->n_rounds && !status;
       ++round) {
    room_set(m, (const Unknowns*)u);
    status = scatter_step(m, progress, user, diag);
    status = status ? status : room_trace(m, progress, user, diag);
    status = status ? status : fit_steps(m, SIZE_MAX, u, sd);
  }
  if (!status) {
    // What the fit is worth is told by a trace of its own
    room_set(m, (const Unknowns*)u);
    status = room_trace(m, progress, user, diag);
  }
  status = status ? status : rate_all(m, (const Unknowns*)u, &out->after);
  status = status ? status : name_contradictions(m, (const Unknowns*)u, diag);
  if (!status && m->desc->left_out) {
    status = foretell(m, (const Unknowns*)u, progress, user, &out->left_out);
  }
  return status ? status
                : fill(m, (const Unknowns*)u, (const Unknowns*)sd, out);
}

FhStatus
fh_calibrate(const FhVenue* const venue,
             const FhMeasured* const measured,
             const FhCalibrateDesc* const desc,
             const FhProgressFn progress,
             void* const user,
             FhCalibration* const out,
             FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  if (!(desc->prior_sd > 0.0) || !desc->n_rounds || desc->n_rounds > 20 ||
      desc->high_band >= FH_N_OCTAVES || desc->low_band > desc->high_band) {
    return FH_ERR_BAD_ARG;
  }
  Unknowns* u = NULL;
  Unknowns* sd = NULL;
  FitRoom m = {.venue = venue, .desc = desc};
  FhStatus status = room_init(&m, measured, diag);
  bool any = false;
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    any = any || octave_counts(&m, b);
  }
  if (!status && !any) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                measured->path,
                0,
                0,
                "nothing that is fitted was measured; give T30, EDT or C80, or "
                "ask for other parameters");
    status = FH_ERR_INVALID_DATA;
  }
  status = status ? status : room_trace(&m, progress, user, diag);
  status = status ? status : room_choose(&m, diag);
  if (!status) {
    u = (Unknowns*)calloc(m.n_fit, sizeof(Unknowns));
    sd = (Unknowns*)calloc(m.n_fit, sizeof(Unknowns));
    status =
      u && sd ? calibrate(&m, progress, user, u, sd, out, diag) : FH_ERR_NO_MEM;
  }
  free(u);
  free(sd);
  room_clear(&m);
  if (status) {
    fh_calibration_clear(out);
  }
  return status;
}

static bool
is_spread(const FhMaterial* const m)
{
  float third[FH_N_THIRDS];
  fh_octaves_to_thirds(m->absorption, third);
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    if (!(fabsf(third[i] - m->absorption_third[i]) < 1e-6f)) {
      return false;
    }
  }
  return true;
}

// All octaves and thirds have one offset
static void
apply_scattering(const FhFitted* const f, FhMaterial* const m)
{
  const double offset = (double)f->scattering_offset;
  if (offset == 0.0) {
    return;
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double s = scatter_shifted((double)m->scattering[b], offset);
    m->scattering[b] = (float)(round(1e4 * s) * 1e-4);
  }
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    const double s = scatter_shifted((double)m->scattering_third[i], offset);
    m->scattering_third[i] = (float)(round(1e4 * s) * 1e-4);
  }
}

// Third octaves move as their octave does
static void
apply_one(const FhCalibration* const calibration,
          const FhFitted* const f,
          FhMaterial* const m)
{
  const bool spread = is_spread(m);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (!calibration->octave[b]) {
      continue;
    }
    const double by =
      unknown_of((double)f->after[b]) - unknown_of((double)m->absorption[b]);
    // Four digits are more than anybody knows
    m->absorption[b] = (float)(round(1e4 * (double)f->after[b]) * 1e-4);
    for (size_t i = 3 * b; i < 3 * b + 3; ++i) {
      const double u = unknown_of((double)m->absorption_third[i]) + by;
      m->absorption_third[i] = (float)(round(1e4 * absorption_of(u)) * 1e-4);
    }
  }
  if (spread) {
    fh_octaves_to_thirds(m->absorption, m->absorption_third);
  }
  if (calibration->scattering) {
    apply_scattering(f, m);
  }
  (void)snprintf(
    m->source, sizeof m->source, "fitted to measurements by calibrate");
}

void
fh_calibration_apply(const FhCalibration* const calibration,
                     FhVenue* const venue)
{
  for (size_t k = 0; k < calibration->n_fitted; ++k) {
    const FhFitted* const f = &calibration->fitted[k];
    apply_one(calibration, f, &venue->materials[f->material]);
  }
}

size_t
fh_calibration_carry(const FhCalibration* const calibration,
                     const FhVenue* const from,
                     FhVenue* const to)
{
  size_t n = 0;
  for (size_t k = 0; k < calibration->n_fitted; ++k) {
    const FhFitted* const f = &calibration->fitted[k];
    const char* const name = from->mesh.material_name[f->material];
    for (size_t i = 0; i < to->mesh.n_materials; ++i) {
      if (!strcmp(to->mesh.material_name[i], name)) {
        apply_one(calibration, f, &to->materials[i]);
        ++n;
      }
    }
  }
  return n;
}

void
fh_calibration_clear(FhCalibration* const calibration)
{
  free(calibration->fitted);
  memset(calibration, 0, sizeof(*calibration));
}
