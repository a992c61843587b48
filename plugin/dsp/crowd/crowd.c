// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Time constant of the filter over frames [min]
#define SMOOTHING_MIN 3.0
/// Frames of bad fit after which the model is unsure
#define UNSURE_FRAMES 3u
#define UNSURE_MISFIT 3.0f
/// It is sure again when the mean misfit of some minutes has come down to this
#define SURE_MISFIT       2.5
#define MISFIT_MEMORY_MIN 5.0
/// Minutes at a bound of the occupancy after which it is unsure [min]
#define BOUND_MIN 10.0
/// An expected occupancy over this is at the bound
#define BOUND_OCCUPANCY 1.08
/// Without a model the physics alone misses by this, beside its own sd [dB]
#define PHYSICS_SD_DB 0.35f
/// Growth of the variance of a held estimate [dB2/min]
#define HOLD_GROWTH_DB2 0.01f
/// A change counts in full when it is well over this many standard deviations
#define BELIEF_SDS 1.3
/// Standard deviation of the mean level change that halves the confidence [dB]
#define HALF_CONFIDENCE_DB 0.8f

struct FhCrowdImpl {
  const FhProfile* profile;
  const FhCrowdModel* model;
  bool started;
  unsigned n_misfits;
  double at_bound_min;
  double misfit; ///< Mean over minutes, NaN before the first frame
  bool is_unsure;
  FhCrowdEstimate estimate;
};

FhCrowd*
fh_crowd_new(const FhProfile* const profile, const FhCrowdModel* const model)
{
  FhCrowd* const self = (FhCrowd*)calloc(1, sizeof(FhCrowd));
  if (self) {
    self->profile = profile;
    self->model = model;
    fh_crowd_reset(self);
  }
  return self;
}

void
fh_crowd_free(FhCrowd* const crowd)
{
  free(crowd);
}

void
fh_crowd_reset(FhCrowd* const crowd)
{
  crowd->started = false;
  crowd->n_misfits = 0;
  crowd->at_bound_min = 0.0;
  crowd->misfit = NAN;
  crowd->is_unsure = false;
  memset(&crowd->estimate, 0, sizeof crowd->estimate);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    crowd->estimate.total_sd_db[b] = 3.0f;
    crowd->estimate.early_sd_db[b] = 3.0f;
  }
  crowd->estimate.clothing = 1.0f;
  crowd->estimate.occupancy_sd = 0.35f;
}

size_t
crowd_valid_bands(const FhCrowdObservation* const frame)
{
  size_t n = 0;
  for (size_t b = 2; b < 7; ++b) {
    n += frame->tf_valid[b];
  }
  return n;
}

void
crowd_combine(const CrowdField* const field,
              const CrowdFit* const fit,
              const CrowdCorrection* const correction,
              FhCrowdEstimate* const out)
{
  memset(out, 0, sizeof *out);
  const float w = correction ? correction->weight : 0.0f;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const float miss = correction ? correction->physics_sd_db : PHYSICS_SD_DB;
    const float floor2 = miss * miss;
    float total2 = fit->total_variance[b] + floor2;
    float early2 = fit->early_variance[b] + floor2;
    out->physics_total_db[b] = fit->state.total_db[b];
    out->physics_early_db[b] = fit->state.early_db[b];
    out->total_db[b] = fit->state.total_db[b];
    out->early_db[b] = fit->state.early_db[b];
    out->added_m2[b] = fit->state.added_m2[b];
    out->weather_db[b] = field->total_db[0][b];
    if (correction) {
      const size_t e = FH_N_OCTAVES + b;
      out->total_db[b] += w * correction->mean[b];
      out->early_db[b] += w * correction->mean[e];
      total2 = w * correction->sd[b] * correction->sd[b] + (1.0f - w) * total2;
      early2 = w * correction->sd[e] * correction->sd[e] + (1.0f - w) * early2;
    }
    out->total_sd_db[b] = sqrtf(total2);
    out->early_sd_db[b] = sqrtf(early2);
  }
  const size_t o = CROWD_N_TARGETS - 1;
  float occupancy = (float)fit->theta[THETA_OCCUPANCY];
  float variance = (float)fmax(fit->covariance[0][0], 0.0);
  if (correction) {
    occupancy += w * correction->mean[o];
    variance =
      w * correction->sd[o] * correction->sd[o] + (1.0f - w) * variance;
  }
  out->occupancy = fminf(fmaxf(occupancy, 0.0f), 1.15f);
  out->occupancy_sd = sqrtf(variance);
  out->clothing = (float)exp(fit->theta[THETA_LOG_CLOTHING]);
  out->tilt = (float)fit->theta[THETA_TILT];
  out->gain_db = (float)fit->theta[THETA_GAIN_DB];
  out->drift_db = (float)fit->theta[THETA_DRIFT_DB];
  out->misfit = fit->misfit;
  out->learned = w;
}

double
fh_crowd_belief(const double change_db[FH_N_OCTAVES],
                const double sd_db[FH_N_OCTAVES])
{
  double change2 = 0.0;
  double doubt2 = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    change2 += change_db[b] * change_db[b];
    doubt2 += BELIEF_SDS * BELIEF_SDS * sd_db[b] * sd_db[b];
  }
  const double share = change2 / (change2 + doubt2);
  return share > 0.0 ? share : 0.0; // NaN gives 0
}

static float
mean_sd_db(const FhCrowdEstimate* const e)
{
  float sum = 0.0f;
  for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
    sum += e->total_sd_db[b];
  }
  return sum / (float)(FH_N_OCTAVES - 1);
}

static void
rate_confidence(FhCrowd* const crowd, const size_t n_valid)
{
  FhCrowdEstimate* const e = &crowd->estimate;
  const float z = mean_sd_db(e) / HALF_CONFIDENCE_DB;
  if (crowd->n_misfits >= UNSURE_FRAMES) {
    crowd->is_unsure = true;
  } else if (crowd->misfit < SURE_MISFIT) {
    crowd->is_unsure = false;
  }
  e->unsure = crowd->is_unsure || crowd->at_bound_min >= BOUND_MIN;
  e->confidence = (float)n_valid / 5.0f / (1.0f + z * z);
  if (e->unsure) {
    e->confidence *= 0.2f;
  }
}

/// Say less for sure, the longer nothing is heard
static void
hold(FhCrowd* const crowd, const double minutes, const size_t n_valid)
{
  FhCrowdEstimate* const e = &crowd->estimate;
  const float growth = HOLD_GROWTH_DB2 * (float)fmin(fmax(minutes, 0.0), 60.0);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    e->total_sd_db[b] =
      fminf(sqrtf(e->total_sd_db[b] * e->total_sd_db[b] + growth), 3.0f);
    e->early_sd_db[b] =
      fminf(sqrtf(e->early_sd_db[b] * e->early_sd_db[b] + growth), 3.0f);
  }
  e->occupancy_sd = fminf(e->occupancy_sd + 0.003f * (float)minutes, 0.35f);
  rate_confidence(crowd, n_valid);
}

static void
mix(float* const state, const float value, const float share)
{
  *state += share * (value - *state);
}

static void
mix8(float state[FH_N_OCTAVES],
     const float value[FH_N_OCTAVES],
     const float share)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    mix(&state[b], value[b], share);
  }
}

static void
smooth(FhCrowdEstimate* const state,
       const FhCrowdEstimate* const now,
       const float share)
{
  mix8(state->total_db, now->total_db, share);
  mix8(state->early_db, now->early_db, share);
  mix8(state->total_sd_db, now->total_sd_db, share);
  mix8(state->early_sd_db, now->early_sd_db, share);
  mix8(state->physics_total_db, now->physics_total_db, share);
  mix8(state->physics_early_db, now->physics_early_db, share);
  mix8(state->weather_db, now->weather_db, share);
  mix8(state->added_m2, now->added_m2, share);
  mix(&state->occupancy, now->occupancy, share);
  mix(&state->occupancy_sd, now->occupancy_sd, share);
  mix(&state->clothing, now->clothing, share);
  mix(&state->tilt, now->tilt, share);
  mix(&state->gain_db, now->gain_db, share);
  mix(&state->drift_db, now->drift_db, share);
  mix(&state->learned, now->learned, share);
  state->misfit = now->misfit;
}

static bool
all_finite(const float* const x, const bool* const valid)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (valid[b] && !isfinite(x[b])) {
      return false;
    }
  }
  return true;
}

/// A frame that can be worked with
static bool
is_sound(const FhProfile* const p, const FhCrowdObservation* const f)
{
  return f->mic < p->n_mics && !fh_air_check(&f->air0) &&
         !fh_air_check(&f->air) && isfinite(f->minutes) &&
         all_finite(f->tf_db, f->tf_valid) &&
         all_finite(f->log_t, f->t_valid) &&
         all_finite(f->t_error, f->t_valid) &&
         all_finite(f->t0_error, f->t_valid) &&
         all_finite(f->late_db, f->late_valid);
}

bool
fh_crowd_infer(FhCrowd* const crowd,
               const FhCrowdObservation* const frame,
               FhCrowdEstimate* const out)
{
  const size_t n_valid =
    is_sound(crowd->profile, frame) ? crowd_valid_bands(frame) : 0;
  if (n_valid < 4) {
    hold(crowd, isfinite(frame->minutes) ? frame->minutes : 0.0, n_valid);
    *out = crowd->estimate;
    return false;
  }
  CrowdField field;
  CrowdFit fit;
  crowd_field(crowd->profile, frame, &field);
  crowd_fit(&field, frame, crowd->profile->capacity, &fit);
  FhCrowdEstimate now;
  if (crowd->model) {
    float inputs[CROWD_N_INPUTS];
    CrowdCorrection correction;
    crowd_features(&field, &fit, inputs);
    crowd_correct(crowd->model, inputs, &correction);
    crowd_combine(&field, &fit, &correction, &now);
  } else {
    crowd_combine(&field, &fit, NULL, &now);
  }

  const double minutes = fmin(fmax(frame->minutes, 0.0), 60.0);
  const float share =
    crowd->started ? (float)(1.0 - exp(-minutes / SMOOTHING_MIN)) : 1.0f;
  crowd->n_misfits = fit.misfit > UNSURE_MISFIT ? crowd->n_misfits + 1 : 0;
  crowd->at_bound_min = fit.theta[THETA_OCCUPANCY] >= BOUND_OCCUPANCY
                          ? crowd->at_bound_min + minutes
                          : 0.0;
  const double misfit = fmin((double)fit.misfit, 2.0 * (double)UNSURE_MISFIT);
  crowd->misfit =
    isfinite(crowd->misfit)
      ? crowd->misfit +
          (1.0 - exp(-minutes / MISFIT_MEMORY_MIN)) * (misfit - crowd->misfit)
      : misfit;
  if (!crowd->n_misfits || !crowd->started) {
    smooth(&crowd->estimate, &now, share);
    crowd->started = true;
  } else {
    crowd->estimate.misfit = fit.misfit;
  }
  rate_confidence(crowd, n_valid);
  *out = crowd->estimate;
  return true;
}
