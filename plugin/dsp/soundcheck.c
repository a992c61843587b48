// SPDX-License-Identifier: GPL-3.0-or-later
#include "soundcheck.h"

#include "change.h"

#include <math.h>
#include <string.h>

// Programme that a good capture needs, and the most that one waits for [s]
static const double wanted_s = 30.0;
static const double longest_s = 90.0;
// Time after which it ends whatever was heard [s]
static const double give_up_s = 150.0;
// Programme under which it is useless [s]
static const double least_s = 15.0;
// Standard deviation of an octave that is called known well [dB]
static const float good_sd_db = 0.15F;
// Direct sound that varies more than this was turned while capturing [dB]
static const double steady_db = 4.0;
// Octaves of 125 Hz to 4 kHz: five of the six must be valid
static const size_t least_octaves = 5;

void
fh_soundcheck_begin(FhSoundcheck* const s)
{
  memset(s, 0, sizeof(*s));
  s->is_running = true;
}

static void
watch(FhSoundcheck* const s,
      const FhEstimator* const estimator,
      const FhTickLevels* const levels)
{
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    const FhMicTrack* const track = fh_estimator_track(estimator, m);
    if (!s->has_begun) {
      s->n_jumps[m] = track->n_jumps;
      s->lowest_db[m] = 1e9;
      s->highest_db[m] = -1e9;
    }
    s->is_clipped[m] = s->is_clipped[m] || levels->is_clipped[m];
    // The first seconds are those before the capture
    if (track->is_locked && track->has_direct && s->elapsed_s > 5.0) {
      s->lowest_db[m] = fmin(s->lowest_db[m], track->direct_db);
      s->highest_db[m] = fmax(s->highest_db[m], track->direct_db);
    }
  }
  s->has_begun = true;
}

/// Valid octaves of 125 Hz to 4 kHz, and whether all are known well
static size_t
count_octaves(const FhResponse* const r, bool* const all_good)
{
  size_t n = 0;
  *all_good = true;
  for (size_t o = 1; o < 7; ++o) {
    n += r->octave_valid[o];
    *all_good =
      *all_good && r->octave_valid[o] && r->octave_sd_db[o] < good_sd_db;
  }
  return n;
}

/// What is to be said of one microphone
static FhLiveVerdict
judge_mic(const FhSoundcheck* const s,
          const FhEstimator* const estimator,
          const size_t m)
{
  const FhMicTrack* const track = fh_estimator_track(estimator, m);
  const FhResponse* const r = fh_estimator_response(estimator, m);
  bool all_good = false;
  const size_t n = count_octaves(r, &all_good);
  if (s->is_clipped[m]) {
    return FH_LIVE_VERDICT_CLIPPED;
  }
  if (!track->is_locked) {
    return s->silent_s > 0.5 * s->elapsed_s ? FH_LIVE_VERDICT_SHORT
                                            : FH_LIVE_VERDICT_NO_DELAY;
  }
  if (track->n_jumps != s->n_jumps[m] ||
      s->highest_db[m] - s->lowest_db[m] > steady_db) {
    return FH_LIVE_VERDICT_UNSTEADY;
  }
  if (!r->is_known || r->seconds < least_s) {
    return FH_LIVE_VERDICT_SHORT;
  }
  if (n >= least_octaves) {
    return FH_LIVE_VERDICT_GOOD;
  }
  double coherence = 0.0;
  for (size_t o = 1; o < 7; ++o) {
    coherence = fmax(coherence, (double)r->octave_coherence[o]);
  }
  return coherence > 0.5 ? FH_LIVE_VERDICT_NARROW : FH_LIVE_VERDICT_NOISY;
}

static void
finish(FhSoundcheck* const s,
       const FhEstimator* const estimator,
       const FhLiveControls* const controls,
       FhLiveBaseline* const out)
{
  const double rate_hz = fh_estimator_rate_hz(estimator);
  const size_t n_mics = controls->mics > 1 ? 2 : 1;
  s->is_running = false;
  s->progress = 1.0;
  s->verdict = FH_LIVE_VERDICT_GOOD;
  memset(out, 0, sizeof(*out));
  out->version = FH_LIVE_BASELINE_VERSION;
  out->temperature_c = (float)controls->temperature_c;
  out->humidity_percent = (float)controls->humidity_percent;
  for (size_t m = 0; m < n_mics; ++m) {
    const FhLiveVerdict verdict = judge_mic(s, estimator, m);
    if (verdict != FH_LIVE_VERDICT_GOOD) {
      s->verdict = verdict;
    }
    const FhResponse* const r = fh_estimator_response(estimator, m);
    const double delay_ms =
      1000.0 * fh_estimator_track(estimator, m)->delay_frames / rate_hz;
    fh_baseline_take(r, delay_ms, m, out);
    out->seconds = (float)fmax((double)out->seconds, r->seconds);
  }
  out->verdict = (int32_t)s->verdict;
  out->n_mics = s->verdict == FH_LIVE_VERDICT_GOOD ? (uint32_t)n_mics : 0U;
}

bool
fh_soundcheck_step(FhSoundcheck* const s,
                   const FhEstimator* const estimator,
                   const FhGate* const gate,
                   const FhTickLevels* const levels,
                   const FhLiveControls* const controls,
                   const double step_s,
                   FhLiveBaseline* const out)
{
  const size_t n_mics = controls->mics > 1 ? 2 : 1;
  watch(s, estimator, levels);
  s->elapsed_s += step_s;
  s->silent_s += gate->loud_s > 0.0 ? 0.0 : step_s;
  double seconds = 1e9;
  bool all_good = true;
  for (size_t m = 0; m < n_mics; ++m) {
    const FhResponse* const r = fh_estimator_response(estimator, m);
    bool good = false;
    count_octaves(r, &good);
    all_good = all_good && good && r->is_known;
    seconds = fmin(seconds, r->is_known ? r->seconds : 0.0);
  }
  s->progress = fmin(0.99, fmax(seconds / wanted_s, s->elapsed_s / give_up_s));
  if ((seconds >= wanted_s && all_good) || seconds >= longest_s ||
      s->elapsed_s >= give_up_s) {
    finish(s, estimator, controls, out);
    return true;
  }
  return false;
}
