// SPDX-License-Identifier: GPL-3.0-or-later
#include "estimator.h"

#include "decimator.h"
#include "delay_tracker.h"
#include "response.h"

#include <fh/spectrum.h>
#include <fh/transfer.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS  FH_EST_CHANNELS
#define FIRST_MIC 2

/// Frames of a long transform: 5.5 s at 48 kHz
#define LONG_FFT 262144
// Half of that, as a number of bins
#define HALF_FFT 131072.0
/// Ticks from one to the next: half a transform
#define LONG_TICKS 32
/// Frames kept of what was heard; a power of two
#define HISTORY       524288
#define HISTORY_TICKS (HISTORY / FH_EST_TICK)
/// Ticks from one search for the delay to the next
#define SEARCH_TICKS 8

// Standard deviation of a third octave that averaging aims at [dB]
static const double aim_sd_db = 0.25;
// Frames that are averaged at least and at most: 1 to 5 min. Less would let the
// noise of a crowd 10 dB down wander out of the dead band within an hour
static const double least_frames = 22.0;
static const double most_frames = 110.0;
// A band this far under its own average adds only noise
static const double quiet_share = 0.003;
// A frame weighs less when more noise comes with it than usual, where that is
// over this part of the programme. A burst of applause then costs a frame, not
// the average; noise that stays becomes usual in some 20 s
static const double noise_part = 0.1;
static const double usual_share = 0.15;
static const double least_weight = 0.02;
// Noise 6 dB over the programme, as usual_noise [ln]
static const double drowned_noise = 1.386;

// Mean power of a bin of a Hann window over white noise of -110 dBFS: a band
// under that is silent
static const double silent_power = 1e-11 * 0.375 * LONG_FFT;

static const float full_scale = 0.995F;
static const int clip_run = 3;
static const double dead_db = -85.0;

/// What is kept for each microphone
typedef struct {
  FhStereoSums sums;
  double n_frames[FH_LIVE_BANDS];    ///< In the averages of each band
  double band_power[FH_LIVE_BANDS];  ///< Mean power of the reference
  double usual_noise[FH_LIVE_BANDS]; ///< Over the programme [ln]
  double seconds;
  float complex* spectrum; ///< Of the frame that is being added
  FhResponse response;
  FhResponse next; ///< Being filled step by step
  FhDelayTracker* tracker;
  double frame_delay;  ///< Delay used for the frame [frames]
  bool frame_is_sound; ///< Every tick of it was
} Mic;

struct FhEstimatorImpl {
  double rate_hz;
  size_t n_stages; ///< Halvings of the rate: 0 to 2
  FhDecimator decimator[2][CHANNELS];
  float* input; ///< One channel of a tick before decimation
  float* history[CHANNELS];
  bool is_sound[HISTORY_TICKS][FH_LIVE_MICS]; ///< Of each tick kept
  uint64_t n_ticks;
  bool keep_all;
  uint64_t frame_start; ///< Of the long frame being worked on [frames]
  size_t stage;         ///< Of the work on it; idle when out of range
  FhFftFloat* fft;
  float* window;
  float* time;
  float complex* reference; ///< Half sum of left and right
  float complex* side;      ///< Half difference
  FhResponder* responder;
  size_t band_first[FH_LIVE_BANDS + 1];
  Mic mic[FH_LIVE_MICS];
};

enum {
  STAGE_REFERENCE = 0,
  STAGE_SIDE = 1,
  STAGE_MICS = 2,
  STAGE_ADD = STAGE_MICS + FH_LIVE_MICS,
  STAGE_RESPOND = STAGE_ADD + 1,
  STAGE_DONE = STAGE_RESPOND + FH_LIVE_MICS * FH_RESPONSE_STEPS,
};

_Static_assert(STAGE_DONE < LONG_TICKS, "one frame ends before the next");

static bool
init_mic(FhEstimator* const e, Mic* const mic)
{
  mic->spectrum =
    (float complex*)malloc((LONG_FFT / 2 + 1) * sizeof(float complex));
  mic->tracker = fh_delay_tracker_new(e->rate_hz);
  return mic->spectrum && mic->tracker &&
         !fh_stereo_sums_init(LONG_FFT, e->rate_hz, &mic->sums);
}

FhEstimator*
fh_estimator_new(const double rate_hz)
{
  FhEstimator* const e = (FhEstimator*)calloc(1, sizeof(*e));
  if (!e) {
    return NULL;
  }
  e->n_stages = rate_hz > 144000.0 ? 2 : rate_hz > 72000.0 ? 1 : 0;
  e->rate_hz = rate_hz / (double)(1U << e->n_stages);
  e->stage = STAGE_DONE;
  e->input = (float*)malloc(4 * FH_EST_TICK * sizeof(float));
  e->window = (float*)malloc(LONG_FFT * sizeof(float));
  e->time = (float*)malloc(LONG_FFT * sizeof(float));
  e->reference =
    (float complex*)malloc((LONG_FFT / 2 + 1) * sizeof(float complex));
  e->side = (float complex*)malloc((LONG_FFT / 2 + 1) * sizeof(float complex));
  e->responder = fh_responder_new(LONG_FFT, e->rate_hz);
  bool ok = e->input && e->window && e->time && e->reference && e->side &&
            e->responder && !fh_fft_float_new(LONG_FFT, &e->fft);
  for (size_t c = 0; c < CHANNELS; ++c) {
    e->history[c] = (float*)calloc(HISTORY, sizeof(float));
    ok = ok && e->history[c];
  }
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    ok = ok && init_mic(e, &e->mic[m]);
  }
  if (!ok) {
    fh_estimator_free(e);
    return NULL;
  }
  for (size_t i = 0; i < LONG_FFT; ++i) {
    e->window[i] = (float)(0.5 - 0.5 * cos(2.0 * FH_PI * (double)i / LONG_FFT));
  }
  for (size_t b = 0; b <= FH_LIVE_BANDS; ++b) {
    const double bin = ceil(fh_third_edge_hz(b) * LONG_FFT / e->rate_hz);
    e->band_first[b] = bin < HALF_FFT ? (size_t)bin : LONG_FFT / 2;
  }
  return e;
}

void
fh_estimator_free(FhEstimator* const e)
{
  if (!e) {
    return;
  }
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    fh_stereo_sums_clear(&e->mic[m].sums);
    fh_delay_tracker_free(e->mic[m].tracker);
    free(e->mic[m].spectrum);
  }
  for (size_t c = 0; c < CHANNELS; ++c) {
    free(e->history[c]);
  }
  fh_fft_float_free(e->fft);
  fh_responder_free(e->responder);
  free(e->input);
  free(e->window);
  free(e->time);
  free(e->reference);
  free(e->side);
  free(e);
}

void
fh_estimator_restart(FhEstimator* const e)
{
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    Mic* const mic = &e->mic[m];
    fh_stereo_sums_reset(&mic->sums);
    memset(mic->n_frames, 0, sizeof(mic->n_frames));
    memset(mic->band_power, 0, sizeof(mic->band_power));
    memset(&mic->response, 0, sizeof(mic->response));
    mic->seconds = 0.0;
  }
  e->stage = STAGE_DONE;
  // The next frame holds nothing of what came before
  memset(e->is_sound, 0, sizeof(e->is_sound));
}

void
fh_estimator_cut(FhEstimator* const e)
{
  memset(e->is_sound, 0, sizeof(e->is_sound));
  memset(e->decimator, 0, sizeof(e->decimator));
  e->stage = STAGE_DONE;
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    fh_delay_tracker_cut(e->mic[m].tracker);
  }
}

void
fh_estimator_hold_all(FhEstimator* const e, const bool all)
{
  e->keep_all = all;
}

/// Copy frames out of the history
static void
copy_past(const FhEstimator* const e,
          const size_t channel,
          const uint64_t start,
          const size_t n,
          float* const to)
{
  const size_t at = (size_t)(start % HISTORY);
  const size_t head = HISTORY - at < n ? HISTORY - at : n;
  memcpy(to, e->history[channel] + at, head * sizeof(float));
  memcpy(to + head, e->history[channel], (n - head) * sizeof(float));
}

static void
transform(FhEstimator* const e,
          const size_t channel,
          const uint64_t start,
          float complex* const to)
{
  copy_past(e, channel, start, LONG_FFT, e->time);
  for (size_t i = 0; i < LONG_FFT; ++i) {
    e->time[i] *= e->window[i];
  }
  fh_fft_float_forward(e->fft, e->time, to);
}

/// Every tick of a range was sound
static bool
was_sound(const FhEstimator* const e,
          const size_t mic,
          const uint64_t start,
          const uint64_t end)
{
  for (uint64_t t = start / FH_EST_TICK; t * FH_EST_TICK < end; ++t) {
    if (!e->is_sound[t % HISTORY_TICKS][mic]) {
      return false;
    }
  }
  return true;
}

/// Begin work on the newest long frame
static void
begin_frame(FhEstimator* const e)
{
  const uint64_t now = e->n_ticks * FH_EST_TICK;
  const uint64_t span = LONG_FFT + FH_DELAY_REACH;
  if (now < span) {
    return;
  }
  e->frame_start = now - span;
  bool any = false;
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    Mic* const mic = &e->mic[m];
    const FhMicTrack* const track = fh_delay_tracker_track(mic->tracker);
    mic->frame_delay = fmax(track->delay_frames, 0.0);
    mic->frame_is_sound =
      track->is_locked && was_sound(e, m, e->frame_start, now);
    any = any || mic->frame_is_sound;
  }
  e->stage = any ? STAGE_REFERENCE : STAGE_DONE;
}

/// Frames to average so that a third octave gets as good as aimed at
static double
wanted_frames(const Mic* const mic, const size_t band, const double rate_hz)
{
  const double c = fmin(fmax((double)mic->response.coherence[band], 0.05), 1.0);
  const double width_hz = fh_third_edge_hz(band + 1) - fh_third_edge_hz(band);
  const double n_bins = width_hz * LONG_FFT / rate_hz;
  const double aim = aim_sd_db / 8.686;
  const double n = (1.0 - c) / (2.0 * c * n_bins * aim * aim);
  return fmin(fmax(n, least_frames), most_frames);
}

/// Weight of a frame in a band by the noise that comes with it
static double
weigh_frame(const FhEstimator* const e, Mic* const mic, const size_t band)
{
  double told = 0.0;
  const double rest =
    fh_transfer_residual(&mic->sums.mid,
                         e->band_first[band],
                         e->band_first[band + 1],
                         e->reference,
                         mic->spectrum,
                         mic->frame_delay - floor(mic->frame_delay),
                         &told);
  if (mic->n_frames[band] < 2.0 || !(told > 0.0)) {
    mic->usual_noise[band] = 0.0; // As loud as the programme
    return 1.0;
  }
  const double noise = log(fmax(rest / told, noise_part));
  const double weight =
    noise > mic->usual_noise[band] && mic->n_frames[band] > 4.0
      ? exp(mic->usual_noise[band] - noise)
      : 1.0;
  mic->usual_noise[band] += usual_share * (noise - mic->usual_noise[band]);
  return fmax(weight, least_weight);
}

static void
add_frame(FhEstimator* const e, Mic* const mic)
{
  const double whole = floor(mic->frame_delay);
  bool any = false;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const size_t first = e->band_first[b];
    const size_t end = e->band_first[b + 1];
    double sum = 0.0;
    for (size_t i = first; i < end; ++i) {
      const float re = crealf(e->reference[i]);
      const float im = cimagf(e->reference[i]);
      sum += (double)(re * re + im * im);
    }
    const double power = end > first ? sum / (double)(end - first) : 0.0;
    if (!(power > silent_power) || power < quiet_share * mic->band_power[b]) {
      continue;
    }
    const double weight = weigh_frame(e, mic, b);
    double keep = 1.0;
    if (!e->keep_all && mic->n_frames[b] > 0.0) {
      const double wanted = wanted_frames(mic, b, e->rate_hz);
      keep = fmin(1.0, (wanted - weight) / mic->n_frames[b]);
    }
    const double kept = keep * mic->n_frames[b];
    mic->band_power[b] =
      (kept * mic->band_power[b] + weight * power) / (kept + weight);
    mic->n_frames[b] = kept + weight;
    const FhStereoFrame frame = {
      e->reference, e->side, mic->spectrum, mic->frame_delay - whole};
    fh_stereo_sums_add(&mic->sums, first, end, &frame, keep, weight);
    any = true;
  }
  if (any) {
    mic->seconds += LONG_TICKS * FH_EST_TICK / e->rate_hz;
  }
}

/// A band in which noise has come to stay is not known, even where the average
/// of the last minutes still looks good
static void
drop_drowned(Mic* const mic)
{
  FhResponse* const r = &mic->response;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    r->third_valid[b] =
      r->third_valid[b] && mic->usual_noise[b] < drowned_noise;
  }
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    const size_t b = 3 * o + 5;
    r->octave_valid[o] = r->octave_valid[o] && r->third_valid[b - 1] &&
                         r->third_valid[b] && r->third_valid[b + 1];
    r->late_valid[o] = r->late_valid[o] && r->octave_valid[o];
  }
}

/// One tick's share of the work on a long frame; true when it is the last
static bool
advance_frame(FhEstimator* const e)
{
  if (e->stage >= STAGE_DONE) {
    return false;
  }
  const size_t stage = e->stage++;
  if (stage == STAGE_REFERENCE) {
    transform(e, 0, e->frame_start, e->reference);
  } else if (stage == STAGE_SIDE) {
    transform(e, 1, e->frame_start, e->side);
  } else if (stage < STAGE_ADD) {
    Mic* const mic = &e->mic[stage - STAGE_MICS];
    if (mic->frame_is_sound) {
      transform(e,
                FIRST_MIC + stage - STAGE_MICS,
                e->frame_start + (uint64_t)mic->frame_delay,
                mic->spectrum);
    }
  } else if (stage == STAGE_ADD) {
    for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
      if (e->mic[m].frame_is_sound) {
        add_frame(e, &e->mic[m]);
      }
    }
  } else {
    const size_t step = stage - STAGE_RESPOND;
    Mic* const mic = &e->mic[step / FH_RESPONSE_STEPS];
    if (mic->frame_is_sound) {
      fh_responder_step(e->responder,
                        &mic->sums,
                        mic->n_frames,
                        step % FH_RESPONSE_STEPS,
                        &mic->next);
    }
  }
  if (e->stage < STAGE_DONE) {
    return false;
  }
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    Mic* const mic = &e->mic[m];
    if (mic->frame_is_sound) {
      mic->response = mic->next;
      mic->response.seconds = mic->seconds;
      drop_drowned(mic);
    }
  }
  return true;
}

/// Decimate one channel of a tick into the history
static void
take_channel(FhEstimator* const e,
             const size_t channel,
             const float (*const audio)[CHANNELS])
{
  size_t n = (size_t)FH_EST_TICK << e->n_stages;
  for (size_t i = 0; i < n; ++i) {
    e->input[i] = audio[i][channel];
  }
  for (size_t s = 0; s < e->n_stages; ++s) {
    fh_decimator_process(&e->decimator[s][channel], e->input, n, e->input);
    n /= 2;
  }
  const size_t at = (size_t)(e->n_ticks % HISTORY_TICKS) * FH_EST_TICK;
  memcpy(e->history[channel] + at, e->input, n * sizeof(float));
}

static float
to_db(const double mean_square)
{
  return mean_square > 1e-20 ? (float)(10.0 * log10(mean_square)) : -200.0F;
}

static void
find_levels(const FhEstimator* const e,
            const float (*const audio)[CHANNELS],
            FhTickLevels* const levels)
{
  const size_t n = (size_t)FH_EST_TICK << e->n_stages;
  double power = 0.0; // Mean of left and right: half sum and difference add up
  for (size_t c = 0; c < CHANNELS; ++c) {
    double sum = 0.0;
    int run = 0;
    bool clipped = false;
    for (size_t i = 0; i < n; ++i) {
      const float x = audio[i][c];
      sum += (double)x * (double)x;
      run = fabsf(x) >= full_scale ? run + 1 : 0;
      clipped = clipped || run >= clip_run;
    }
    const float db = to_db(sum / (double)n);
    if (c == 0) {
      power = sum / (double)n;
    } else if (c == 1) {
      levels->programme_db = to_db(power + sum / (double)n);
    } else {
      levels->mic_db[c - FIRST_MIC] = db;
      levels->is_clipped[c - FIRST_MIC] = clipped;
      levels->is_dead[c - FIRST_MIC] = (double)db < dead_db;
    }
  }
}

bool
fh_estimator_tick(FhEstimator* const e,
                  const float (*const audio)[FH_EST_CHANNELS],
                  const bool use_mic[FH_LIVE_MICS],
                  FhTickLevels* const levels)
{
  find_levels(e, audio, levels);
  for (size_t c = 0; c < CHANNELS; ++c) {
    take_channel(e, c, audio);
  }
  bool* const sound = e->is_sound[e->n_ticks % HISTORY_TICKS];
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    sound[m] = use_mic[m] && !levels->is_clipped[m] && !levels->is_dead[m];
  }
  ++e->n_ticks;

  const uint64_t now = e->n_ticks * FH_EST_TICK;
  if (e->n_ticks % SEARCH_TICKS == 0 && now >= FH_DELAY_FFT) {
    const uint64_t start = now - FH_DELAY_FFT;
    for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
      if (was_sound(e, m, start, now)) {
        copy_past(e, 0, start, FH_DELAY_FFT, e->time);
        copy_past(
          e, FIRST_MIC + m, start, FH_DELAY_FFT, e->time + FH_DELAY_FFT);
        fh_delay_tracker_search(
          e->mic[m].tracker, e->time, e->time + FH_DELAY_FFT);
      }
    }
  }
  if (e->n_ticks % LONG_TICKS == 0) {
    begin_frame(e);
  }
  return advance_frame(e);
}

const FhResponse*
fh_estimator_response(const FhEstimator* const e, const size_t mic)
{
  return &e->mic[mic].response;
}

const FhMicTrack*
fh_estimator_track(const FhEstimator* const e, const size_t mic)
{
  return fh_delay_tracker_track(e->mic[mic].tracker);
}

double
fh_estimator_rate_hz(const FhEstimator* const e)
{
  return e->rate_hz;
}
