// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_internal.h"

#include <math.h>
#include <string.h>

/// Log-variances, and logarithms of widths, are kept within these
#define MIN_LOG_VARIANCE (-8.0f)
#define MAX_LOG_VARIANCE 4.0f
/// Least absorption area of a person that counts [m2]
#define LEAST_PERSON_M2 0.01f

const CrowdInputGroup crowd_input_group[CROWD_N_INPUT_GROUPS] = {
  {"numbers of the fit", CROWD_N_THETA + 1},
  {"level changes of the fit", FH_N_OCTAVES},
  {"residual of the response", FH_N_OCTAVES},
  {"residual of the decay time", FH_N_OCTAVES},
  {"residual of the late energy", FH_N_OCTAVES},
  {"crowd over the room's absorption", FH_N_OCTAVES},
  {"direct over reverberant", FH_N_OCTAVES},
  {"weather", FH_N_OCTAVES},
  {"crowd over its capacity", FH_N_OCTAVES},
  {"standing, open air", 2},
  {"fit that is after the people", CROWD_N_THETA + CROWD_N_QUANTILES + 2},
  {"misfit, and whether there is a count", 2},
};

void
crowd_features(const CrowdField* const field,
               const CrowdFit* const fit,
               float inputs[CROWD_N_INPUTS])
{
  float* x = inputs;
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    *x++ = (float)fit->theta[k];
  }
  *x++ = (float)sqrt(fmax(fit->covariance[0][0], 0.0));
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    *x++ = fit->state.total_db[b];
  }
  for (size_t i = 0; i < 3; ++i) {
    memcpy(x, fit->residual[i], sizeof fit->residual[i]);
    x += FH_N_OCTAVES;
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    *x++ = log1pf(fmaxf(field->full_m2[b], 0.0f) / field->empty_m2[b]);
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    *x++ = 0.1f * field->direct_ratio_db[b];
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    *x++ = field->total_db[0][b];
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    *x++ = logf(fmaxf(field->person_m2[b], LEAST_PERSON_M2));
  }
  *x++ = field->standing;
  *x++ = field->open_air ? 1.0f : 0.0f;
  const CrowdPeople* const people = &fit->people;
  memcpy(x, people->theta, sizeof people->theta);
  x += CROWD_N_THETA;
  *x++ = people->sd;
  memcpy(x, people->quantile, sizeof people->quantile);
  x += CROWD_N_QUANTILES;
  *x++ = people->misfit;
  *x++ = fit->misfit;
  *x = fit->counted ? 1.0f : 0.0f;
}

void
crowd_standardise(const FhCrowdModel* const model,
                  const float inputs[CROWD_N_INPUTS],
                  float out[CROWD_N_INPUTS])
{
  for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
    const float z = (inputs[i] - model->input_mean[i]) / model->input_sd[i];
    out[i] = fminf(fmaxf(z, -CROWD_INPUT_CLIP), CROWD_INPUT_CLIP);
  }
}

static float
silu(const float x)
{
  return x / (1.0f + expf(-x));
}

/// The layers of one net
typedef struct {
  const float (*w1)[CROWD_N_INPUTS];
  const float* b1;
  const float (*w2)[CROWD_N_HIDDEN];
  const float* b2;
  const float (*w3)[CROWD_N_HIDDEN];
  const float* b3;
  size_t n_values; ///< Of the last layer, which gives as many log-widths
} Net;

/// One net: values and log-widths in units of `target_sd`
static void
net_forward(const Net* const net,
            const float x[CROWD_N_INPUTS],
            float outputs[CROWD_N_OUTPUTS])
{
  float first[CROWD_N_HIDDEN];
  float second[CROWD_N_HIDDEN];
  for (size_t i = 0; i < CROWD_N_HIDDEN; ++i) {
    float sum = net->b1[i];
    for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
      sum += net->w1[i][k] * x[k];
    }
    first[i] = silu(sum);
  }
  for (size_t i = 0; i < CROWD_N_HIDDEN; ++i) {
    float sum = net->b2[i];
    for (size_t k = 0; k < CROWD_N_HIDDEN; ++k) {
      sum += net->w2[i][k] * first[k];
    }
    second[i] = silu(sum);
  }
  for (size_t i = 0; i < 2 * net->n_values; ++i) {
    float sum = net->b3[i];
    for (size_t k = 0; k < CROWD_N_HIDDEN; ++k) {
      sum += net->w3[i][k] * second[k];
    }
    outputs[i] = i < net->n_values
                   ? sum
                   : fminf(fmaxf(sum, MIN_LOG_VARIANCE), MAX_LOG_VARIANCE);
  }
}

/// Mean and variance over the nets, in units of `target_sd`
static void
predict(const FhCrowdModel* const model,
        const float x[CROWD_N_INPUTS],
        float mean[CROWD_N_TARGETS],
        float variance[CROWD_N_TARGETS])
{
  memset(mean, 0, CROWD_N_TARGETS * sizeof *mean);
  memset(variance, 0, CROWD_N_TARGETS * sizeof *variance);
  if (!model->n_nets) {
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      mean[t] = model->ridge_b[t];
      for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
        mean[t] += model->ridge_w[t][k] * x[k];
      }
      variance[t] = model->ridge_sd[t] * model->ridge_sd[t];
    }
    return;
  }
  const float share = 1.0f / (float)model->n_nets;
  const size_t o = CROWD_N_LEVELS;
  for (size_t n = 0; n < model->n_nets; ++n) {
    const Net levels = {model->w1[n],
                        model->b1[n],
                        model->w2[n],
                        model->b2[n],
                        model->w3[n],
                        model->b3[n],
                        CROWD_N_LEVELS};
    const Net people = {model->people_w1[n],
                        model->people_b1[n],
                        model->people_w2[n],
                        model->people_b2[n],
                        model->people_w3[n],
                        model->people_b3[n],
                        1};
    float y[CROWD_N_OUTPUTS];
    net_forward(&levels, x, y);
    for (size_t t = 0; t < CROWD_N_LEVELS; ++t) {
      mean[t] += share * y[t];
      variance[t] += share * (expf(y[CROWD_N_LEVELS + t]) + y[t] * y[t]);
    }
    // Laplace's distribution: twice the square of the mean distance
    net_forward(&people, x, y);
    mean[o] += share * y[0];
    variance[o] += share * (2.0f * expf(2.0f * y[1]) + y[0] * y[0]);
  }
  for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
    variance[t] = fmaxf(variance[t] - mean[t] * mean[t], 1e-6f);
  }
}

/// Weight of the network: 1 among the training inputs, falling outside
static float
gate(const FhCrowdModel* const model, const float x[CROWD_N_INPUTS])
{
  float distance = 0.0f;
  for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
    float sum = 0.0f;
    for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
      sum += model->precision[i][k] * x[k];
    }
    distance += sum * x[i];
  }
  distance /= (float)CROWD_N_INPUTS;
  const float over = fmaxf(distance - model->distance_limit, 0.0f) /
                     (0.25f * model->distance_limit);
  return 1.0f / (1.0f + over * over);
}

void
crowd_correct(const FhCrowdModel* const model,
              const float inputs[CROWD_N_INPUTS],
              CrowdCorrection* const out)
{
  memset(out, 0, sizeof *out);
  float x[CROWD_N_INPUTS];
  crowd_standardise(model, inputs, x);
  float mean[CROWD_N_TARGETS];
  float variance[CROWD_N_TARGETS];
  predict(model, x, mean, variance);
  for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
    const float clip =
      t + 1 < CROWD_N_TARGETS ? CROWD_CORRECTION_CLIP_DB : 1.0f;
    const float value = model->target_mean[t] + mean[t] * model->target_sd[t];
    out->mean[t] = fminf(fmaxf(value, -clip), clip);
    out->sd[t] = sqrtf(variance[t]) * model->target_sd[t] * model->conformal[t];
  }
  out->weight = gate(model, x);
  bool sound = out->weight >= 0.0f;
  for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
    sound = sound && isfinite(out->mean[t]) && isfinite(out->sd[t]);
  }
  if (!sound) {
    // Weights that overflow correct nothing
    memset(out, 0, sizeof *out);
  }
  out->physics_sd_db = model->physics_sd_db;
}
