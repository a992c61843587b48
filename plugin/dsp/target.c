// SPDX-License-Identifier: GPL-3.0-or-later
#include "target.h"

#include <math.h>
#include <string.h>

// Share of the reverberant change that is made good: timbre follows direct and
// early sound above some 500 Hz
static const double late_share[FH_N_OCTAVES] =
  {1.0, 1.0, 0.9, 0.7, 0.5, 0.5, 0.5, 0.5};

static const float least_boost_coherence = 0.3F;
// A band this far under the mean of its neighbours is a cancellation [dB]
static const float notch_db = 6.0F;
// Largest correction of the 125 Hz octave, as a part of the limit
static const float bass_share = 0.5F;
static const float largest_step_db = 3.0F;

// First band of the octave of 125 Hz (100 Hz) and of 250 Hz (200 Hz)
static const size_t bass_band = 7;
static const size_t mid_band = 10;

static double
clamp(const double x, const double lo, const double hi)
{
  return x > lo ? x < hi ? x : hi : lo; // NaN gives lo
}

void
fh_target_wish(const FhCrowdEstimate* const estimate, FhTarget* const target)
{
  double change[FH_N_OCTAVES];
  double sd[FH_N_OCTAVES];
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    const double k = late_share[o];
    const double early = (double)estimate->early_db[o];
    change[o] = early + k * ((double)estimate->total_db[o] - early);
    sd[o] = hypot((1.0 - k) * (double)estimate->early_sd_db[o],
                  k * (double)estimate->total_sd_db[o]);
  }
  const double share = fh_crowd_belief(change, sd);
  float octave[FH_N_OCTAVES];
  double mean = 0.0;
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    octave[o] = share > 0.0 ? (float)(share * change[o]) : 0.0F;
    mean += o >= 2 && o < 7 ? (double)octave[o] / 5.0 : 0.0;
  }
  target->level_change_db = mean;
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    octave[o] = (float)mean - octave[o];
  }
  float third[FH_N_THIRDS];
  fh_octave_means_to_thirds(octave, third);
  memset(target->wish_db, 0, sizeof(target->wish_db));
  // Third octave 0 is 50 Hz, band 4
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    target->wish_db[i + 4] = third[i];
  }
  // Nothing is known above 10 kHz: fade out
  target->wish_db[28] = third[FH_N_THIRDS - 1];
  target->wish_db[29] = 0.5F * third[FH_N_THIRDS - 1];
}

static bool
is_notch(const FhLiveBaseline* const baseline,
         const FhChange* const change,
         const size_t b)
{
  if (!baseline || b == 0 || b + 1 >= FH_LIVE_BANDS) {
    return false;
  }
  for (size_t m = 0; m < baseline->n_mics; ++m) {
    const float* const db = baseline->mic[m].third_db;
    const float here = db[b] + change->third_db[b];
    const float around = 0.5F * (db[b - 1] + change->third_db[b - 1] +
                                 db[b + 1] + change->third_db[b + 1]);
    if (here < around - notch_db) {
      return true;
    }
  }
  return false;
}

void
fh_target_limits(const FhLiveControls* const controls,
                 const FhChange* const change,
                 const FhLiveBaseline* const baseline,
                 const float applied_db[FH_LIVE_BANDS],
                 FhTarget* const target)
{
  const float limit = (float)clamp(controls->limit_db, 0.0, 6.0);
  const float ratio = (float)clamp(controls->boost_ratio, 0.0, 1.0);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const float share = b < bass_band ? 0.0F : b < mid_band ? bass_share : 1.0F;
    const bool may_boost = change->is_known && change->third_valid[b] &&
                           change->coherence[b] >= least_boost_coherence &&
                           !is_notch(baseline, change, b);
    target->down_db[b] = -share * limit;
    const float boost = share * ratio * limit;
    target->up_db[b] =
      may_boost ? boost : fminf(fmaxf(applied_db[b], 0.0F), boost);
  }
}

/// Shrink two neighbours until they are close enough; true when they were not
static bool
bring_together(float* const a, float* const b)
{
  const float step = fabsf(*a - *b);
  if (step <= largest_step_db * 1.0001F) {
    return false;
  }
  if (*a * *b < 0.0F) {
    // Opposite signs: both give way
    *a *= largest_step_db / step;
    *b *= largest_step_db / step;
  } else {
    // The larger one does
    float* const large = fabsf(*a) > fabsf(*b) ? a : b;
    const float small = large == a ? *b : *a;
    *large = small + copysignf(largest_step_db, *large);
  }
  return true;
}

void
fh_target_limit(const FhTarget* const limits,
                const double amount,
                const float wish_db[FH_LIVE_BANDS],
                float out_db[FH_LIVE_BANDS])
{
  const float share = (float)clamp(amount, 0.0, 1.0);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const float x = share * wish_db[b];
    out_db[b] = fminf(fmaxf(x, limits->down_db[b]), limits->up_db[b]);
  }
  // Everything moves toward 0 alone, so that nothing passes its limit
  bool changed = true;
  for (int sweep = 0; changed && sweep < 2 * FH_LIVE_BANDS; ++sweep) {
    changed = false;
    for (size_t b = 1; b < FH_LIVE_BANDS; ++b) {
      changed = bring_together(&out_db[b - 1], &out_db[b]) || changed;
    }
  }
}
