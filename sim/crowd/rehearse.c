// SPDX-License-Identifier: GPL-3.0-or-later
#include "convolver.h"
#include "crowd/model.h"
#include "loop.h"
#include "stage.h"

#include <fh/live.h>
#include <fh/rehearse.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// Blocks in a minute at 48 kHz
#define MINUTE_BLOCKS ((size_t)(60.0 * STAGE_RATE_HZ) / CONVOLVER_BLOCK)
/// Synthetic music before it repeats [frames], 205 s: 12 verses of 8 bars
#define MUSIC_FRAMES ((size_t)9830400)
/// Crowd noise before it repeats [frames]
#define NOISE_FRAMES ((size_t)1048576)
/// Longest soundcheck [min]
#define SOUNDCHECK_MIN 6u
/// Level of the microphone against the programme
#define MIC_GAIN 0.5f
/// Longest extra delay [frames]
#define MAX_DELAY ((size_t)CONVOLVER_BLOCK)
#define MAX_MOVES 20000u
/// Largest step that undoing the microphone would take [dB]
#define RAW_LIMIT_DB 12.0f
/// Minutes that the end is judged by
#define END_MINUTES 10u

typedef struct {
  const FhProfile* world;
  const FhScenario* scenario;
  FhLive* live;
  Stage* stage;
  Convolver* room;
  float* response;
  const float* music; ///< Mono loop
  size_t n_music;
  float* own_music;
  float* noise;
  float noise_gain;
  FhLiveControls controls;
  FhScenarioFault fault; ///< In force
  float heard[2 * CONVOLVER_BLOCK];
  size_t at;                     ///< Frames so far
  size_t held[FH_LIVE_N_STATES]; ///< Blocks of the minute, by what held
  FhRehearsal* out;
} Show;

static double
point_value(const FhScenarioPoint* const points,
            const size_t n,
            const double minute,
            const double fallback)
{
  if (!n) {
    return fallback;
  }
  if (minute <= points[0].minute) {
    return points[0].value;
  }
  for (size_t i = 1; i < n; ++i) {
    if (minute < points[i].minute) {
      const double f = (minute - points[i - 1].minute) /
                       (points[i].minute - points[i - 1].minute);
      return points[i - 1].value + f * (points[i].value - points[i - 1].value);
    }
  }
  return points[n - 1].value;
}

static StageState
state_at(const Show* const show, const double minute)
{
  const FhScenario* const s = show->scenario;
  StageState state = {
    .occupancy = point_value(s->occupancy, s->n_occupancy, minute, 0.0),
    .clothing = s->clothing,
    .tilt = s->tilt,
    .mic_gain_db = point_value(s->mic_gain_db, s->n_mic_gain, minute, 0.0),
    .mic_tilt_db = point_value(s->mic_tilt_db, s->n_mic_tilt, minute, 0.0),
    .air = show->world->air};
  state.air.temperature_c = point_value(
    s->temperature_c, s->n_temperature, minute, state.air.temperature_c);
  state.air.humidity_percent = point_value(
    s->humidity_percent, s->n_humidity, minute, state.air.humidity_percent);
  return state;
}

static void
fill_microphone(Show* const show, float mic[CONVOLVER_BLOCK])
{
  const FhScenarioFault* const f = &show->fault;
  const size_t late = (size_t)(f->delay_ms * 1e-3 * STAGE_RATE_HZ);
  const size_t from = CONVOLVER_BLOCK - (late < MAX_DELAY ? late : MAX_DELAY);
  const float gain = MIC_GAIN * (float)pow(10.0, 0.05 * f->gain_db);
  for (size_t i = 0; i < CONVOLVER_BLOCK; ++i) {
    const float noise =
      show->noise_gain * show->noise[(show->at + i) % NOISE_FRAMES];
    float x = gain * (show->heard[from + i] + noise);
    if (f->clip) {
      x = fminf(fmaxf(40.0f * x, -1.0f), 1.0f);
    }
    mic[i] = f->mute ? 0.0f : x;
  }
}

/// One block of the show
static void
step(Show* const show)
{
  float programme[CONVOLVER_BLOCK];
  float mic[CONVOLVER_BLOCK];
  float left[CONVOLVER_BLOCK];
  float right[CONVOLVER_BLOCK];
  for (size_t i = 0; i < CONVOLVER_BLOCK; ++i) {
    programme[i] = show->music[(show->at + i) % show->n_music];
  }
  fill_microphone(show, mic);
  const float* const in[2] = {programme, programme};
  const float* const mics[2] = {mic, NULL};
  float* const out[2] = {left, right};
  fh_live_process(show->live, &show->controls, in, mics, out, CONVOLVER_BLOCK);
  memcpy(show->heard,
         show->heard + CONVOLVER_BLOCK,
         CONVOLVER_BLOCK * sizeof(float));
  const FhLiveState state = fh_live_meters(show->live)->state;
  if (state >= FH_LIVE_STATE_MIC_LOST) {
    ++show->held[state];
  }
  convolver_process(show->room, left, show->heard + CONVOLVER_BLOCK);
  show->at += CONVOLVER_BLOCK;
  while (fh_live_has_work(show->live)) {
    fh_live_work(show->live);
  }
  FhLiveMove move;
  while (fh_live_next_move(show->live, &move)) {
    if (show->out->n_moves < MAX_MOVES) {
      (void)fh_live_move_text(&move,
                              show->out->moves[show->out->n_moves++],
                              sizeof *show->out->moves);
    }
  }
}

static void
change_room(Show* const show, const StageState* const state, size_t n_blocks)
{
  stage_response(show->stage, state, show->response);
  convolver_set(show->room, show->response, STAGE_FRAMES, n_blocks);
}

/// Octave means of the 31 third-octave bands; 20 to 40 Hz and 12.5 k up left
/// out
static void
octaves_of(const float third[FH_LIVE_BANDS], float octave[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const float* const t = third + 4 + 3 * b;
    octave[b] = (t[0] + t[1] + t[2]) / 3.0f;
  }
}

/// rms of a sum less its mean, from an octave on
static float
tonal_rms(const float a[FH_N_OCTAVES],
          const float b[FH_N_OCTAVES],
          const size_t first)
{
  const float n = (float)(FH_N_OCTAVES - first);
  float mean = 0.0f;
  for (size_t i = first; i < FH_N_OCTAVES; ++i) {
    mean += (a[i] + b[i]) / n;
  }
  float sum = 0.0f;
  for (size_t i = first; i < FH_N_OCTAVES; ++i) {
    const float d = a[i] + b[i] - mean;
    sum += d * d / n;
  }
  return sqrtf(sum);
}

/// How long was held in the minute, and mostly why
static void
take_holds(Show* const show, FhRehearsalMinute* const m)
{
  m->hold = -1;
  for (int s = 0; s < FH_LIVE_N_STATES; ++s) {
    m->held_s +=
      (float)((double)(show->held[s] * CONVOLVER_BLOCK) / STAGE_RATE_HZ);
    if (show->held[s] && (m->hold < 0 || show->held[s] > show->held[m->hold])) {
      m->hold = s;
    }
  }
  memset(show->held, 0, sizeof show->held);
}

static void
take_minute(Show* const show, const double minute)
{
  FhRehearsalMinute* const m = &show->out->minutes[show->out->n_minutes++];
  const FhLiveMeters* const meters = fh_live_meters(show->live);
  const StageState state = state_at(show, minute);
  m->minute = minute;
  m->occupancy = state.occupancy;
  m->occupancy_estimate = meters->occupancy;
  m->occupancy_sd = meters->occupancy_sd;
  m->confidence = meters->confidence;
  m->state = (int)meters->state;
  take_holds(show, m);
  const StageState start = state_at(show, 0.0);
  stage_change_db(
    show->stage, &start.air, &state, m->true_db, m->true_early_db);
  memcpy(m->estimate_db, meters->total_db, sizeof m->estimate_db);
  memcpy(m->estimate_sd_db, meters->total_sd_db, sizeof m->estimate_sd_db);
  memcpy(m->estimate_early_db, meters->early_db, sizeof m->estimate_early_db);
  octaves_of(meters->wish_db, m->wish_db);
  octaves_of(meters->target_db, m->target_db);
  octaves_of(meters->eq_db, m->eq_db);
  float change[FH_LIVE_BANDS];
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    const float d = meters->soundcheck_db[i] - meters->now_db[i];
    change[i] = isfinite(d) && meters->band_known[i]
                  ? fminf(fmaxf(d, -RAW_LIMIT_DB), RAW_LIMIT_DB)
                  : 0.0f;
  }
  octaves_of(change, m->raw_db);
  const float none[FH_N_OCTAVES] = {0.0f};
  m->tonal_untouched_db = tonal_rms(m->true_db, none, 1);
  m->tonal_raw_db = tonal_rms(m->true_db, m->raw_db, 1);
  m->tonal_ours_db = tonal_rms(m->true_db, m->eq_db, 1);
  float sum = 0.0f;
  for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
    sum += m->eq_db[b] * m->eq_db[b] / (float)(FH_N_OCTAVES - 1);
  }
  m->eq_rms_db = sqrtf(sum);
}

static int
compare_floats(const void* const a, const void* const b)
{
  const float x = *(const float*)a;
  const float y = *(const float*)b;
  return (x > y) - (x < y);
}

static float
median_of(float* const x, const size_t n)
{
  qsort(x, n, sizeof *x, compare_floats);
  return 0.5f * (x[(n - 1) / 2] + x[n / 2]);
}

/// Medians of the last minutes
static void
take_end(FhRehearsal* const out)
{
  const size_t n = out->n_minutes < END_MINUTES ? out->n_minutes : END_MINUTES;
  float error[6][END_MINUTES];
  for (size_t i = 0; i < n; ++i) {
    const FhRehearsalMinute* const m = &out->minutes[out->n_minutes - n + i];
    const float none[FH_N_OCTAVES] = {0.0f};
    error[0][i] = m->tonal_untouched_db;
    error[1][i] = m->tonal_raw_db;
    error[2][i] = m->tonal_ours_db;
    error[3][i] = tonal_rms(m->true_db, none, 0);
    error[4][i] = tonal_rms(m->true_db, m->raw_db, 0);
    error[5][i] = tonal_rms(m->true_db, m->eq_db, 0);
  }
  if (n) {
    out->end = (FhRehearsalEnd){.untouched_db = median_of(error[0], n),
                                .raw_db = median_of(error[1], n),
                                .ours_db = median_of(error[2], n),
                                .all_untouched_db = median_of(error[3], n),
                                .all_raw_db = median_of(error[4], n),
                                .all_ours_db = median_of(error[5], n)};
  }
}

/// The empty venue, until the auto-EQ has its soundcheck
static bool
soundcheck(Show* const show, const FhProgressFn progress, void* const user)
{
  StageState empty = state_at(show, 0.0);
  empty.occupancy = 0.0;
  change_room(show, &empty, 1);
  show->controls.temperature_c = empty.air.temperature_c;
  show->controls.humidity_percent = empty.air.humidity_percent;
  const size_t settle = MINUTE_BLOCKS / 2;
  const size_t longest = SOUNDCHECK_MIN * MINUTE_BLOCKS;
  for (size_t i = 0; i < longest; ++i) {
    show->controls.baseline = i == settle;
    step(show);
    if (progress && i % 64 == 0 &&
        !progress(user, "soundcheck", 0.05 * (double)i / (double)longest)) {
      return false;
    }
    if (i > settle + 8 && fh_live_meters(show->live)->has_baseline) {
      break;
    }
  }
  show->controls.baseline = false;
  show->out->soundcheck_min = (double)show->at / (60.0 * STAGE_RATE_HZ);
  show->out->verdict =
    fh_live_verdict_text(fh_live_meters(show->live)->verdict);
  memset(show->held, 0, sizeof show->held);
  show->out->room_distance = (double)fh_live_meters(show->live)->room_distance;
  return true;
}

static void
use_faults(Show* const show, const double minute)
{
  const FhScenario* const s = show->scenario;
  for (size_t i = 0; i < s->n_faults; ++i) {
    if (s->faults[i].minute <= minute) {
      show->fault = s->faults[i];
    }
  }
}

static bool
play(Show* const show, const FhProgressFn progress, void* const user)
{
  const size_t n_blocks = MINUTE_BLOCKS;
  const size_t n = (size_t)ceil(show->scenario->minutes);
  show->controls.mode = FH_LIVE_MODE_AUTO;
  show->controls.attendance = show->scenario->attendance;
  take_minute(show, 0.0);
  for (size_t m = 1; m <= n; ++m) {
    const StageState state = state_at(show, (double)m);
    change_room(show, &state, n_blocks);
    use_faults(show, (double)m);
    if (show->scenario->sensors) {
      show->controls.temperature_c = state.air.temperature_c;
      show->controls.humidity_percent = state.air.humidity_percent;
    }
    // The crowd is as loud as it is many
    show->noise_gain =
      (float)(0.1 * sqrt(fmax(state.occupancy, 1e-6)) *
              pow(10.0, 0.05 * show->scenario->crowd_noise_db));
    for (size_t i = 0; i < n_blocks; ++i) {
      step(show);
      const double done =
        ((double)(m - 1) + (double)i / (double)n_blocks) / (double)n;
      if (progress && i % 64 == 0 &&
          !progress(user, "show", 0.05 + 0.95 * done)) {
        return false;
      }
    }
    take_minute(show, (double)m);
  }
  return true;
}

static void
show_clear(Show* const show)
{
  fh_live_free(show->live);
  stage_free(show->stage);
  convolver_free(show->room);
  free(show->response);
  free(show->own_music);
  free(show->noise);
}

/// A copy, for the model to own
static FhProfile*
copy_profile(const FhProfile* const profile)
{
  void* bytes = NULL;
  size_t size = 0;
  FhProfile* copy = NULL;
  if (!fh_profile_serialise(profile, &bytes, &size)) {
    (void)fh_profile_parse(bytes, size, &copy, NULL);
  }
  free(bytes);
  return copy;
}

static FhStatus
load_model(Show* const show,
           const FhProfile* const profile,
           const FhCrowdModel* const weights)
{
  FhProfile* const own = copy_profile(profile);
  FhCrowdModel* own_weights = NULL;
  if (weights) {
    own_weights = crowd_model_copy(weights);
  }
  FhLiveModel* const model = own && (own_weights || !weights)
                               ? fh_live_model_new(own, own_weights)
                               : NULL;
  if (!model) {
    fh_profile_free(own);
    fh_crowd_model_free(own_weights);
    return FH_ERR_NO_MEM;
  }
  fh_live_model_free(fh_live_set_model(show->live, model));
  return FH_OK;
}

/// Mono at the level of the synthetic music
static FhStatus
take_music(Show* const show, const FhAudio* const music, const uint64_t seed)
{
  show->n_music = music ? music->n_frames : MUSIC_FRAMES;
  show->own_music = (float*)calloc(show->n_music, sizeof(float));
  if (!show->own_music) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status =
    music ? FH_OK : fh_synthetic_music(seed, show->own_music, show->n_music);
  if (status) {
    return status;
  }
  double sum = 0.0;
  for (size_t i = 0; i < show->n_music; ++i) {
    for (size_t c = 0; music && c < music->n_channels; ++c) {
      show->own_music[i] +=
        music->data[i * music->n_channels + c] / (float)music->n_channels;
    }
    sum += (double)show->own_music[i] * (double)show->own_music[i];
  }
  const double rms = sqrt(sum / (double)show->n_music);
  if (!(rms > 1e-5)) {
    return FH_ERR_NO_SIGNAL;
  }
  for (size_t i = 0; i < show->n_music; ++i) {
    show->own_music[i] *= (float)(0.1 / rms);
  }
  show->music = show->own_music;
  return FH_OK;
}

FhStatus
fh_rehearse(const FhProfile* const world,
            const FhProfile* const profile,
            const FhCrowdModel* const weights,
            const FhScenario* const scenario,
            const FhAudio* const music,
            const uint64_t seed,
            const FhProgressFn progress,
            void* const user,
            FhRehearsal* const out)
{
  struct timespec begin;
  struct timespec end;
  (void)clock_gettime(CLOCK_MONOTONIC, &begin);
  memset(out, 0, sizeof *out);
  out->verdict = fh_live_verdict_text(FH_LIVE_VERDICT_NONE);
  Show* const show = (Show*)calloc(1, sizeof(Show));
  if (!show) {
    return FH_ERR_NO_MEM;
  }
  show->world = world;
  show->scenario = scenario;
  show->out = out;
  show->controls = fh_live_controls_default();
  show->response = (float*)calloc(STAGE_FRAMES, sizeof(float));
  show->noise = (float*)calloc(NOISE_FRAMES, sizeof(float));
  out->minutes = (FhRehearsalMinute*)calloc((size_t)ceil(scenario->minutes) + 2,
                                            sizeof *out->minutes);
  out->moves = (char(*)[192])calloc(MAX_MOVES, sizeof *out->moves);
  FhStatus status = show->response && show->noise && out->minutes && out->moves
                      ? FH_OK
                      : FH_ERR_NO_MEM;
  status = status ? status : take_music(show, music, seed);
  status = status ? status : fh_live_new(STAGE_RATE_HZ, &show->live);
  status = status ? status : stage_new(world, 0, seed, &show->stage);
  status = status ? status : convolver_new(STAGE_FRAMES, &show->room);
  status = status ? status : load_model(show, profile, weights);
  status = status ? status : loop_voices(seed, show->noise, NOISE_FRAMES);
  if (!status) {
    const bool done =
      soundcheck(show, progress, user) && play(show, progress, user);
    status = done ? FH_OK : FH_ERR_INTERRUPTED;
    take_end(out);
  }
  show_clear(show);
  free(show);
  (void)clock_gettime(CLOCK_MONOTONIC, &end);
  out->wall_s = (double)(end.tv_sec - begin.tv_sec) +
                1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
  if (status && status != FH_ERR_INTERRUPTED) {
    fh_rehearsal_clear(out);
  }
  return status;
}

void
fh_rehearsal_clear(FhRehearsal* const rehearsal)
{
  free(rehearsal->minutes);
  free(rehearsal->moves);
  memset(rehearsal, 0, sizeof *rehearsal);
}
