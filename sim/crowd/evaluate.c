// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluate.h"

#include <math.h>
#include <string.h>

/// Errors that differ by less are alike [dB]
#define WORSE_DB 0.1
/// Quantile of a normal distribution that 5 % exceed
#define NORMAL_95 1.6448536

const char*
crowd_method_name(const CrowdMethod method)
{
  static const char* const name[] = {"nothing",
                                     "weather only",
                                     "raw inverse",
                                     "raw x 0.5",
                                     "simulator at 0.6",
                                     "simulator at count",
                                     "simulator at truth",
                                     "physics fit",
                                     "model",
                                     "model, counted",
                                     "model, applied"};
  return name[method];
}

static void
simulate(const CrowdField* const field,
         const double occupancy,
         float out[FH_N_OCTAVES])
{
  const double theta[CROWD_N_THETA] = {occupancy};
  CrowdState state;
  crowd_state(field, theta, &state);
  memcpy(out, state.total_db, sizeof state.total_db);
}

static void
fill_methods(const CrowdExplained* const x,
             const CrowdShow* const show,
             const FhCrowdEstimate* const estimate,
             const double capacity,
             float out[CROWD_N_METHODS][FH_N_OCTAVES])
{
  memset(out, 0, sizeof(float[CROWD_N_METHODS][FH_N_OCTAVES]));
  double change[FH_N_OCTAVES];
  double sd[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    change[b] = (double)estimate->total_db[b];
    sd[b] = (double)estimate->total_sd_db[b];
  }
  const float belief = (float)fh_crowd_belief(change, sd);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const float tf = show->frame.tf_valid[b] ? show->frame.tf_db[b] : 0.0f;
    out[CROWD_WEATHER][b] = x->field.total_db[0][b];
    out[CROWD_RAW][b] = tf;
    out[CROWD_RAW_HALF][b] = 0.5f * tf;
    out[CROWD_PHYSICS][b] = estimate->physics_total_db[b];
    out[CROWD_MODEL][b] = estimate->total_db[b];
    out[CROWD_MODEL_COUNT][b] = estimate->total_db[b];
    out[CROWD_APPLIED][b] = belief * estimate->total_db[b];
  }
  simulate(&x->field, 0.6, out[CROWD_SIM_06]);
  simulate(&x->field, show->frame.attendance / capacity, out[CROWD_SIM_COUNT]);
  simulate(&x->field, (double)show->occupancy, out[CROWD_SIM_TRUE]);
}

/// Mean square errors, of all and without their mean
static void
errors_of(const float estimate[FH_N_OCTAVES],
          const float truth[FH_N_OCTAVES],
          double error2[2],
          double band2[FH_N_OCTAVES])
{
  double mean = 0.0;
  double square = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double d = (double)truth[b] - (double)estimate[b];
    band2[b] = d * d;
    mean += d / FH_N_OCTAVES;
    square += d * d / FH_N_OCTAVES;
  }
  error2[0] = square;
  error2[1] = fmax(square - mean * mean, 0.0);
}

static void
add_frame(const CrowdExample* const example,
          const FhCrowdModel* const model,
          const CrowdShow* const show,
          CrowdScore* const score)
{
  const FhProfile* const p = example->profile;
  CrowdExplained x;
  crowd_explain(p, &show->frame, &x);
  CrowdCorrection correction;
  if (model) {
    crowd_correct(model, x.inputs, &correction);
  }
  FhCrowdEstimate estimate;
  crowd_combine(&x.field, &x.fit, model ? &correction : NULL, &estimate);
  float methods[CROWD_N_METHODS][FH_N_OCTAVES];
  fill_methods(&x, show, &estimate, p->capacity, methods);
  const bool counted = show->frame.attendance > 0.0;
  double nothing2[2] = {0.0, 0.0};
  for (size_t m = 0; m < CROWD_N_METHODS; ++m) {
    if ((m == CROWD_SIM_COUNT || m == CROWD_MODEL_COUNT) && !counted) {
      continue;
    }
    CrowdMethodSums* const s = &score->method[m];
    double error2[2];
    double band2[FH_N_OCTAVES];
    errors_of(methods[m], show->total_db, error2, band2);
    if (m == CROWD_NOTHING) {
      memcpy(nothing2, error2, sizeof nothing2);
    }
    s->total2 += error2[0];
    s->tonal2 += error2[1];
    s->n_worse += sqrt(error2[0]) > sqrt(nothing2[0]) + WORSE_DB;
    s->n_tonal_worse += sqrt(error2[1]) > sqrt(nothing2[1]) + WORSE_DB;
    s->n += 1.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      s->band2[b] += band2[b];
    }
  }
  score->occupancy_error[counted] +=
    fabs((double)estimate.occupancy - (double)show->occupancy);
  score->n_occupancy[counted] += 1.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double d =
      fabs((double)estimate.total_db[b] - (double)show->total_db[b]);
    score->n_covered += d <= NORMAL_95 * (double)estimate.total_sd_db[b];
    score->n_intervals += 1.0;
  }
}

void
crowd_evaluate(const CrowdExample* const example,
               const FhCrowdModel* const model,
               const uint64_t seed,
               CrowdScore* const score)
{
  for (size_t s = 1; s < CROWD_N_REAL; ++s) {
    for (uint32_t d = 0; d < CROWD_N_DRAWS; ++d) {
      CrowdShow show;
      crowd_observe(example, s, seed, d, &show);
      if (crowd_valid_bands(&show.frame) >= 4) {
        add_frame(example, model, &show, score);
      }
    }
  }
  score->n_venues += 1.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double se = (double)example->se_db[b];
    score->truth2[b] += se * se;
  }
}

void
crowd_score_add(CrowdScore* const sum, const CrowdScore* const score)
{
  for (size_t m = 0; m < CROWD_N_METHODS; ++m) {
    CrowdMethodSums* const a = &sum->method[m];
    const CrowdMethodSums* const b = &score->method[m];
    a->total2 += b->total2;
    a->tonal2 += b->tonal2;
    a->n += b->n;
    a->n_worse += b->n_worse;
    a->n_tonal_worse += b->n_tonal_worse;
    for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
      a->band2[i] += b->band2[i];
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    sum->occupancy_error[i] += score->occupancy_error[i];
    sum->n_occupancy[i] += score->n_occupancy[i];
  }
  sum->n_covered += score->n_covered;
  sum->n_intervals += score->n_intervals;
  sum->n_venues += score->n_venues;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    sum->truth2[b] += score->truth2[b];
  }
}
