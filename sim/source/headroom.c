// SPDX-License-Identifier: GPL-3.0-or-later
#include "sources.h"

#include <math.h>

void
fh_input_weights(const FhInput input, double weight_db[FH_N_THIRDS])
{
  // IEC 60268-1: 50, 63, 80, 100 Hz
  static const double low_db[4] = {-3.3, -2.0, -1.1, -0.4};
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    weight_db[b] = 0.0;
    if (input == FH_INPUT_PROGRAMME) {
      const double x = fh_third_hz(b) / 3000.0;
      weight_db[b] = -10.0 * log10(1.0 + x * x) + (b < 4 ? low_db[b] : 0.0);
    }
    sum += pow(10.0, 0.1 * weight_db[b]);
  }
  const double mean_db = 10.0 * log10(sum / (double)FH_N_THIRDS);
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    weight_db[b] -= mean_db;
  }
}

/// Level at 1 m of an emitter's drive in a third octave for pink noise [dB]
static double
drive_db(const FhSources* const sources, const size_t e, const size_t band)
{
  const DriveLines* const lines = &sources->drives[e].level[0];
  double p2 = 1e-30;
  for (size_t s = 0; s < N_LINES; ++s) {
    p2 += (double)lines->amp[s][band] * (double)lines->amp[s][band];
  }
  return 10.0 * log10(p2 / 4e-10);
}

/// What one element has to spare
static void
element_headroom(const Model* const model,
                 const double level_db[FH_N_THIRDS],
                 const double crest_db,
                 double* const headroom_db,
                 int* const third)
{
  double energy = 0.0;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    energy += pow(10.0, 0.1 * level_db[b]);
    if (model->has_limit &&
        (double)model->limit_db[b] - level_db[b] < *headroom_db) {
      *headroom_db = (double)model->limit_db[b] - level_db[b];
      *third = (int)b;
    }
  }
  const double peak_db = 10.0 * log10(energy) + crest_db;
  if (model->max_spl_db > 0.0 && model->max_spl_db - peak_db < *headroom_db) {
    *headroom_db = model->max_spl_db - peak_db;
    *third = -1;
  }
}

void
fh_sources_headroom(const FhSources* const sources,
                    const uint64_t emitters,
                    const FhInput input,
                    const double crest_db,
                    FhHeadroom* const out)
{
  *out = (FhHeadroom){HUGE_VAL, 0, 0, -1};
  double weight_db[FH_N_THIRDS];
  fh_input_weights(input, weight_db);
  for (size_t e = 0; e < sources->n_emitters; ++e) {
    const FhEmitter* const emitter = &sources->emitters[e];
    if (emitter->muted ||
        (e < 64 ? !(emitters >> e & 1) : emitters != UINT64_MAX)) {
      continue;
    }
    double pink_db[FH_N_THIRDS];
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      pink_db[b] = drive_db(sources, e, b) + weight_db[b];
    }
    for (size_t i = 0; i < emitter->n_elements; ++i) {
      const Element* const element =
        &sources->elements[emitter->first_element + i];
      const double gain_db = 20.0 * log10(fabs((double)element->gain) + 1e-15);
      double level_db[FH_N_THIRDS];
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        level_db[b] = pink_db[b] + gain_db;
      }
      double headroom_db = out->headroom_db;
      int third = out->third;
      element_headroom(&sources->models[element->model],
                       level_db,
                       crest_db,
                       &headroom_db,
                       &third);
      if (headroom_db < out->headroom_db) {
        *out = (FhHeadroom){headroom_db, e, i, third};
      }
    }
  }
}

FhInputLevel
fh_input_level(const float p2[FH_N_THIRDS],
               const FhInput input,
               const double crest_db)
{
  double weight_db[FH_N_THIRDS];
  fh_input_weights(input, weight_db);
  double plain = 1e-30;
  double weighted = 1e-30;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const double e = (double)p2[b] * pow(10.0, 0.1 * weight_db[b]);
    plain += e;
    weighted += e * pow(10.0, 0.1 * fh_a_weight_db(fh_third_hz(b)));
  }
  return (FhInputLevel){10.0 * log10(plain / 4e-10) + crest_db,
                        10.0 * log10(weighted / 4e-10)};
}
