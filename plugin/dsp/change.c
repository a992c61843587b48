// SPDX-License-Identifier: GPL-3.0-or-later
#include "change.h"

#include <math.h>
#include <string.h>

// Bands of the octaves 250 Hz to 4 kHz
static const size_t first_band = 10;
static const size_t end_band = 25;

// Least standard deviation of a level at one place [dB]: two microphones differ
// by more than their noise
static const double place_sd_db = 0.3;

size_t
fh_octave_band(const size_t o)
{
  return 3 * o + 5;
}

double
fh_band_mean(const float db[FH_LIVE_BANDS])
{
  double sum = 0.0;
  for (size_t b = first_band; b < end_band; ++b) {
    sum += (double)db[b];
  }
  return sum / (double)(end_band - first_band);
}

static double
inverse_variance(const float sd)
{
  return 1.0 / ((double)sd * (double)sd + place_sd_db * place_sd_db);
}

/// A running weighted mean
typedef struct {
  double sum;
  double weight;
} Mean;

static void
mean_add(Mean* const mean, const float value, const double weight)
{
  mean->sum += weight * (double)value;
  mean->weight += weight;
}

static float
mean_of(const Mean* const mean)
{
  return mean->weight > 0.0 ? (float)(mean->sum / mean->weight) : 0.0F;
}

static void
compare_thirds(const FhLiveBaseline* const baseline,
               const FhResponse* const response[FH_LIVE_MICS],
               const bool use[FH_LIVE_MICS],
               const double offset_db[FH_LIVE_MICS],
               FhChange* const out)
{
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    Mean change = {0.0, 0.0};
    for (size_t m = 0; m < baseline->n_mics; ++m) {
      const FhResponse* const r = response[m];
      if (!use[m] || !r->is_known) {
        continue;
      }
      out->coherence[b] = fmaxf(out->coherence[b], r->coherence[b]);
      if (r->third_valid[b] && baseline->mic[m].coherence[b] > 0.2F) {
        mean_add(&change,
                 r->third_db[b] - baseline->mic[m].third_db[b] -
                   (float)offset_db[m],
                 inverse_variance(r->third_sd_db[b]));
      }
    }
    out->third_db[b] = mean_of(&change);
    out->third_valid[b] = change.weight > 0.0;
  }
}

/// Means over microphones of one octave
typedef struct {
  Mean tf, late, log_t, t0, t0_error, t_error, ratio, coherence, n;
} OctaveMeans;

static void
compare_mic(const FhLiveBaseline* const baseline,
            const FhResponse* const r,
            const size_t m,
            const size_t o,
            const double offset_db,
            OctaveMeans* const means)
{
  const double weight = inverse_variance(r->octave_sd_db[o]);
  if (!r->octave_valid[o] || !(baseline->mic[m].octave_coherence[o] > 0.2F)) {
    return;
  }
  mean_add(&means->tf,
           r->octave_db[o] - baseline->mic[m].total_db[o] - (float)offset_db,
           weight);
  mean_add(&means->coherence, r->octave_coherence[o], weight);
  mean_add(&means->n, r->n_averages[o], weight);
  const float ratio = baseline->mic[m].direct_ratio_db[o];
  if (isfinite(ratio)) {
    mean_add(&means->ratio, ratio, weight);
  }
  const float late = baseline->mic[m].late_db[o];
  if (r->late_valid[o] && isfinite(late)) {
    mean_add(&means->late, r->late_db[o] - late - (float)offset_db, weight);
  }
  const float t0 = baseline->mic[m].t_s[o];
  if (t0 > 0.0F) {
    mean_add(&means->t0, t0, weight);
    mean_add(&means->t0_error, baseline->mic[m].t_error[o], weight);
    if (r->t_s[o] > 0.0F) {
      const double e = (double)r->t_error[o];
      mean_add(&means->log_t, logf(r->t_s[o] / t0), 1.0 / (e * e));
      mean_add(&means->t_error, r->t_error[o], 1.0 / (e * e));
    }
  }
}

static void
store_octave(const OctaveMeans* const means,
             const size_t o,
             FhCrowdObservation* const frame)
{
  frame->tf_db[o] = mean_of(&means->tf);
  frame->tf_valid[o] = means->tf.weight > 0.0;
  frame->log_t[o] = mean_of(&means->log_t);
  frame->t_valid[o] = means->log_t.weight > 0.0;
  frame->late_db[o] = mean_of(&means->late);
  frame->late_valid[o] = means->late.weight > 0.0;
  frame->t0_s[o] = mean_of(&means->t0);
  frame->t0_error[o] =
    means->t0.weight > 0.0 ? mean_of(&means->t0_error) : 1.0F;
  frame->t_error[o] =
    means->t_error.weight > 0.0 ? mean_of(&means->t_error) : 1.0F;
  frame->direct_ratio_db[o] =
    means->ratio.weight > 0.0 ? mean_of(&means->ratio) : NAN;
  frame->coherence[o] = mean_of(&means->coherence);
  frame->n_averages[o] = mean_of(&means->n);
}

void
fh_change_find(const FhLiveBaseline* const baseline,
               const FhResponse* const response[FH_LIVE_MICS],
               const bool use[FH_LIVE_MICS],
               const double offset_db[FH_LIVE_MICS],
               FhChange* const out)
{
  memset(out, 0, sizeof(*out));
  compare_thirds(baseline, response, use, offset_db, out);
  double best = 0.0;
  for (size_t m = 0; m < baseline->n_mics; ++m) {
    if (use[m] && response[m]->is_known) {
      out->is_known = true;
      const double coherence = fh_band_mean(response[m]->coherence);
      if (coherence > best) {
        best = coherence;
        out->frame.mic = m;
      }
    }
  }
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    OctaveMeans means;
    memset(&means, 0, sizeof(means));
    for (size_t m = 0; m < baseline->n_mics; ++m) {
      if (use[m] && response[m]->is_known) {
        compare_mic(baseline, response[m], m, o, offset_db[m], &means);
      }
    }
    store_octave(&means, o, &out->frame);
    out->n_valid += o >= 2 && o < 7 && out->frame.tf_valid[o];
  }
}

void
fh_baseline_take(const FhResponse* const response,
                 const double delay_ms,
                 const size_t mic,
                 FhLiveBaseline* const out)
{
  out->mic[mic].delay_ms = (float)delay_ms;
  out->mic[mic].level_db = (float)fh_band_mean(response->third_db);
  memcpy(
    out->mic[mic].third_db, response->third_db, sizeof(response->third_db));
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    out->mic[mic].coherence[b] =
      response->third_valid[b] ? response->coherence[b] : 0.0F;
  }
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    out->mic[mic].total_db[o] = response->octave_db[o];
    out->mic[mic].late_db[o] =
      response->late_valid[o] ? response->late_db[o] : NAN;
    out->mic[mic].t_s[o] = response->t_s[o];
    out->mic[mic].t_error[o] = response->t_error[o];
    out->mic[mic].direct_ratio_db[o] = response->direct_ratio_db[o];
    out->mic[mic].octave_coherence[o] =
      response->octave_valid[o] ? response->octave_coherence[o] : 0.0F;
  }
}
