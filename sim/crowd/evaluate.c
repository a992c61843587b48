// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluate.h"

#include <math.h>
#include <stdlib.h>
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

/// Square errors [0] and those without the octaves' mean [1]: their means over
/// the octaves, and each octave's
static void
errors_of(const float estimate[FH_N_OCTAVES],
          const float truth[FH_N_OCTAVES],
          double error2[2],
          double band2[2][FH_N_OCTAVES])
{
  double d[FH_N_OCTAVES];
  double mean = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    d[b] = (double)truth[b] - (double)estimate[b];
    mean += d[b] / FH_N_OCTAVES;
  }
  error2[0] = 0.0;
  error2[1] = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    band2[0][b] = d[b] * d[b];
    band2[1][b] = (d[b] - mean) * (d[b] - mean);
    error2[0] += band2[0][b] / FH_N_OCTAVES;
    error2[1] += band2[1][b] / FH_N_OCTAVES;
  }
}

static void
score_frame(const CrowdScoredFrame* const frame,
            const FhCrowdModel* const model,
            CrowdScore* const score)
{
  const CrowdShow* const show = &frame->show;
  const CrowdExplained* const x = &frame->explained;
  CrowdCorrection correction;
  if (model) {
    crowd_correct(model, x->inputs, &correction);
  }
  FhCrowdEstimate estimate;
  crowd_combine(&x->field, &x->fit, model ? &correction : NULL, &estimate);
  float methods[CROWD_N_METHODS][FH_N_OCTAVES];
  fill_methods(x, show, &estimate, frame->capacity, methods);
  const bool counted = show->frame.attendance > 0.0;
  double nothing2[2] = {0.0, 0.0};
  for (size_t m = 0; m < CROWD_N_METHODS; ++m) {
    if ((m == CROWD_SIM_COUNT || m == CROWD_MODEL_COUNT) && !counted) {
      continue;
    }
    CrowdMethodSums* const s = &score->method[m];
    double error2[2];
    double band2[2][FH_N_OCTAVES];
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
      s->band2[b] += band2[0][b];
      s->tonal_band2[b] += band2[1][b];
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

FhStatus
crowd_frames_add(CrowdFrames* const frames,
                 const CrowdExample* const example,
                 const uint64_t seed)
{
  const size_t most = frames->n + (size_t)CROWD_N_SHOWS * CROWD_N_DRAWS;
  void* const room = realloc(frames->frame, most * sizeof *frames->frame);
  if (!room) {
    return FH_ERR_NO_MEM;
  }
  frames->frame = (CrowdScoredFrame*)room;
  const size_t from = frames->n;
  for (size_t s = 1; s < CROWD_N_REAL; ++s) {
    for (uint32_t d = 0; d < CROWD_N_DRAWS; ++d) {
      CrowdScoredFrame* const f = &frames->frame[frames->n];
      crowd_observe(example, s, seed, d, &f->show);
      if (crowd_valid_bands(&f->show.frame) < 4) {
        continue;
      }
      crowd_explain(example->profile, &f->show.frame, &f->explained);
      f->capacity = example->profile->capacity;
      f->klass = example->klass;
      f->first = frames->n == from;
      memcpy(f->se_db, example->se_db, sizeof f->se_db);
      ++frames->n;
    }
  }
  return FH_OK;
}

void
crowd_frames_clear(CrowdFrames* const frames)
{
  free(frames->frame);
  memset(frames, 0, sizeof *frames);
}

void
crowd_frames_score(const CrowdFrames* const frames,
                   const FhCrowdModel* const model,
                   CrowdScore classes[CROWD_N_CLASSES],
                   CrowdScore* const all)
{
  for (size_t i = 0; i < frames->n; ++i) {
    const CrowdScoredFrame* const f = &frames->frame[i];
    CrowdScore one;
    memset(&one, 0, sizeof one);
    score_frame(f, model, &one);
    if (f->first) {
      one.n_venues = 1.0;
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        one.truth2[b] = (double)f->se_db[b] * (double)f->se_db[b];
      }
    }
    crowd_score_add(all, &one);
    if (classes) {
      crowd_score_add(&classes[f->klass], &one);
    }
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
      a->tonal_band2[i] += b->tonal_band2[i];
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
