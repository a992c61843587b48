// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_internal.h"

#include <math.h>
#include <string.h>

/// Log-variances are kept within these
#define MIN_LOG_VARIANCE (-8.0f)
#define MAX_LOG_VARIANCE 4.0f

const CrowdInputGroup crowd_input_group[CROWD_N_INPUT_GROUPS] = {
  {"numbers of the fit", CROWD_N_THETA + 1},
  {"level changes of the fit", FH_N_OCTAVES},
  {"residual of the response", FH_N_OCTAVES},
  {"residual of the decay time", FH_N_OCTAVES},
  {"residual of the late energy", FH_N_OCTAVES},
  {"crowd over the room's absorption", FH_N_OCTAVES},
  {"direct over reverberant", FH_N_OCTAVES},
  {"weather", FH_N_OCTAVES},
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

/// One net: means and log-variances in units of `target_sd`
static void
net_forward(const FhCrowdModel* const model,
            const size_t net,
            const float x[CROWD_N_INPUTS],
            float outputs[CROWD_N_OUTPUTS])
{
  float first[CROWD_N_HIDDEN];
  float second[CROWD_N_HIDDEN];
  for (size_t i = 0; i < CROWD_N_HIDDEN; ++i) {
    float sum = model->b1[net][i];
    for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
      sum += model->w1[net][i][k] * x[k];
    }
    first[i] = silu(sum);
  }
  for (size_t i = 0; i < CROWD_N_HIDDEN; ++i) {
    float sum = model->b2[net][i];
    for (size_t k = 0; k < CROWD_N_HIDDEN; ++k) {
      sum += model->w2[net][i][k] * first[k];
    }
    second[i] = silu(sum);
  }
  for (size_t i = 0; i < CROWD_N_OUTPUTS; ++i) {
    float sum = model->b3[net][i];
    for (size_t k = 0; k < CROWD_N_HIDDEN; ++k) {
      sum += model->w3[net][i][k] * second[k];
    }
    outputs[i] = i < CROWD_N_TARGETS
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
  for (size_t net = 0; net < model->n_nets; ++net) {
    float y[CROWD_N_OUTPUTS];
    net_forward(model, net, x, y);
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      mean[t] += share * y[t];
      variance[t] += share * (expf(y[CROWD_N_TARGETS + t]) + y[t] * y[t]);
    }
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
