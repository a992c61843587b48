// SPDX-License-Identifier: GPL-3.0-or-later
#include "live_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#  include <emmintrin.h>
#endif

/// Frames that are processed at once
#define BLOCK 256

// A tick at 44.1 or 48 kHz: 85 ms; the same time at their multiples
static const size_t base_tick_frames = 4096;
static const double fade_s = 0.010;
// Largest output; float must hold it whatever the equaliser adds
static const double largest = 1e30;
// Answers this late are reported [s]
static const double late_s = 2.0;

// Marks that no model waits to be taken; never used as a model
static FhLiveModel no_new_model;

static void
free_all(FhLive* const live)
{
  if (!live) {
    return;
  }
  fh_worker_free(live->worker);
  fh_eq_free(live->eq);
  free(live->block);
  free(live->capture);
  free(live);
}

FhStatus
fh_live_new(const double rate_hz, FhLive** const out)
{
  *out = NULL;
  if (!(rate_hz >= 44100.0 && rate_hz <= 192000.0)) {
    return FH_ERR_BAD_ARG;
  }
  FhLive* const live = (FhLive*)calloc(1, sizeof(*live));
  FhEqDesigner* const designer = (FhEqDesigner*)malloc(sizeof(*designer));
  if (!live || !designer) {
    goto fail;
  }
  const size_t multiple = rate_hz > 144000.0 ? 4 : rate_hz > 72000.0 ? 2 : 1;
  live->rate_hz = rate_hz;
  live->tick_frames = multiple * base_tick_frames;
  live->capture_frames = FH_CAPTURE_TICKS * live->tick_frames;
  live->fade_frames = (size_t)(fade_s * rate_hz);
  live->to_tick = live->tick_frames;
  live->is_capturing = true;
  live->next_tick.controls = fh_live_controls_default();
  atomic_init(&live->new_model, &no_new_model);
  atomic_flag_clear(&live->is_working);

  fh_eq_designer_init(designer, rate_hz);
  live->eq = fh_eq_new(designer);
  live->block = (double(*)[2])malloc(BLOCK * sizeof(*live->block));
  live->capture = (float(*)[FH_CAPTURE_CHANNELS])calloc(live->capture_frames,
                                                        sizeof(*live->capture));
  live->worker = fh_worker_new(rate_hz, live->tick_frames);
  if (!live->eq || !live->block || !live->capture || !live->worker) {
    goto fail;
  }
  live->meters.state = FH_LIVE_STATE_LISTENING;
  free(designer);
  *out = live;
  return FH_OK;

fail:
  free(designer);
  free_all(live);
  return FH_ERR_NO_MEM;
}

void
fh_live_free(FhLive* const live)
{
  if (!live) {
    return;
  }
  FhLiveModel* const waiting = atomic_load(&live->new_model);
  if (waiting != &no_new_model) {
    fh_live_model_free(waiting);
  }
  FhLiveModel* retired = NULL;
  while ((retired = fh_live_retired_model(live))) {
    fh_live_model_free(retired);
  }
  fh_live_model_free(fh_worker_set_model(live->worker, NULL));
  free_all(live);
}

void
fh_live_reset(FhLive* const live)
{
  fh_eq_reset(live->eq);
  live->wet_frames = 0;
  live->to_tick = live->tick_frames;
  live->is_capturing = true;
  // Frames of a tick that was cut short were written but never published
  ++live->next_tick.n_reset;
  live->answered_frame = live->frame;
}

size_t
fh_live_answer_frames(const FhLive* const live)
{
  return FH_ANSWER_TICKS * live->tick_frames;
}

// Audio thread

/// Set flush-to-zero for the time of a call, whatever the host chose
typedef struct {
  unsigned control;
} FloatMode;

static FloatMode
flush_denormals(void)
{
  FloatMode before = {0};
#ifdef __SSE2__
  before.control = _mm_getcsr();
  // Flush to zero, denormals are zero, round to nearest, no traps
  _mm_setcsr((before.control & ~0xFFC0U) | 0x9FC0U);
#elif defined(__aarch64__)
  uint64_t control = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  before.control = (unsigned)control;
  control = (control & ~(UINT64_C(3) << 22)) | (UINT64_C(1) << 24);
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
  return before;
}

static void
restore_mode(const FloatMode before)
{
#ifdef __SSE2__
  _mm_setcsr(before.control);
#elif defined(__aarch64__)
  const uint64_t control = before.control;
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
  (void)before;
#endif
}

static bool
rose(bool* const was, const bool is)
{
  const bool rising = is && !*was;
  *was = is;
  return rising;
}

static void
take_controls(FhLive* const live, const FhLiveControls* const controls)
{
  FhTick* const tick = &live->next_tick;
  tick->controls = *controls;
  tick->n_baseline += rose(&live->was_baseline, controls->baseline);
  tick->n_apply += rose(&live->was_apply, controls->apply);
  tick->n_undo += rose(&live->was_undo, controls->undo);
  tick->n_panic += rose(&live->was_panic, controls->panic);
}

/// Take answers that are due into use
static void
take_answers(FhLive* const live)
{
  const uint64_t delay = fh_live_answer_frames(live);
  while (fh_queue_ready(&live->answers)) {
    const FhAnswer* const answer =
      &live->answer[fh_queue_tail(&live->answers) % FH_TICK_SLOTS];
    if (answer->frame + delay > live->frame) {
      break;
    }
    if (answer->has_curve) {
      fh_eq_glide(live->eq, &answer->curve, live->tick_frames);
    }
    live->meters = answer->meters;
    live->answered_frame = live->frame;
    fh_queue_pop(&live->answers, 1);
  }
  if ((double)(live->frame - live->answered_frame) > late_s * live->rate_hz) {
    live->meters.state = FH_LIVE_STATE_WORKER_LATE;
  }
}

/// Hand over what was heard, once a tick
static void
end_tick(FhLive* const live)
{
  take_answers(live);
  live->next_tick.frame = live->frame;
  live->next_tick.has_audio = live->is_capturing;
  if (fh_queue_space(&live->ticks, FH_TICK_SLOTS)) {
    live->tick[fh_queue_head(&live->ticks) % FH_TICK_SLOTS] = live->next_tick;
    if (live->is_capturing) {
      fh_queue_push(&live->captured, live->tick_frames);
    }
    fh_queue_push(&live->ticks, 1);
  }
  live->is_capturing =
    fh_queue_space(&live->captured, live->capture_frames) >= live->tick_frames;
  live->next_tick.has_mic[0] = false;
  live->next_tick.has_mic[1] = false;
  live->to_tick = live->tick_frames;
}

static float
finite_or_zero(const float x, uint32_t* const n_bad)
{
  if (isfinite(x)) {
    return x;
  }
  ++*n_bad;
  return 0.0F;
}

/// One block of at most BLOCK frames within a tick
static void
process_block(FhLive* const live,
              const float* const in[2],
              const float* const mic[FH_LIVE_MICS],
              float* const out[2],
              const size_t n)
{
  FhTick* const tick = &live->next_tick;
  double(*const x)[2] = live->block;
  float dry[2][BLOCK];
  float heard[FH_LIVE_MICS][BLOCK];

  // Every input is read before any output is written: they may be the same
  for (size_t c = 0; c < 2; ++c) {
    for (size_t i = 0; i < n; ++i) {
      dry[c][i] = finite_or_zero(in[c][i], &tick->n_bad);
      x[i][c] = (double)dry[c][i];
    }
  }
  for (size_t m = 0; m < FH_LIVE_MICS; ++m) {
    for (size_t i = 0; i < n; ++i) {
      heard[m][i] = mic[m] ? finite_or_zero(mic[m][i], &tick->n_bad) : 0.0F;
    }
    tick->has_mic[m] = mic[m] != NULL;
  }

  fh_eq_process(live->eq, x, n);

  const size_t full = live->fade_frames;
  size_t wet = live->wet_frames;
  const double scale = 1.0 / (double)full;
  for (size_t i = 0; i < n; ++i) {
    if (tick->controls.enabled) {
      wet += wet < full;
    } else {
      wet -= wet > 0;
    }
    for (size_t c = 0; c < 2; ++c) {
      const double d = (double)dry[c][i];
      const double y =
        wet == full ? x[i][c] : d + (double)wet * scale * (x[i][c] - d);
      // Bypassed means the very bits of the input
      out[c][i] = wet ? (float)fmin(fmax(y, -largest), largest) : dry[c][i];
    }
  }
  live->wet_frames = wet;

  if (live->is_capturing) {
    const size_t done = live->tick_frames - live->to_tick;
    size_t at = (fh_queue_head(&live->captured) + done) % live->capture_frames;
    for (size_t i = 0; i < n; ++i, ++at) {
      live->capture[at][0] = 0.5F * out[0][i] + 0.5F * out[1][i];
      live->capture[at][1] = 0.5F * out[0][i] - 0.5F * out[1][i];
      live->capture[at][2] = heard[0][i];
      live->capture[at][3] = heard[1][i];
    }
  }
}

void
fh_live_process(FhLive* const live,
                const FhLiveControls* const controls,
                const float* const in[2],
                const float* const mic[FH_LIVE_MICS],
                float* const out[2],
                const size_t n_frames)
{
  const FloatMode before = flush_denormals();
  if (n_frames) {
    take_controls(live, controls);
  }
  size_t done = 0;
  while (done < n_frames) {
    size_t n = n_frames - done;
    n = n < BLOCK ? n : BLOCK;
    n = n < live->to_tick ? n : live->to_tick;
    const float* const from[2] = {in[0] + done, in[1] + done};
    const float* const from_mic[FH_LIVE_MICS] = {mic[0] ? mic[0] + done : NULL,
                                                 mic[1] ? mic[1] + done : NULL};
    float* const to[2] = {out[0] + done, out[1] + done};
    process_block(live, from, from_mic, to, n);
    done += n;
    live->frame += n;
    live->to_tick -= n;
    if (!live->to_tick) {
      end_tick(live);
    }
  }
  live->meters.frame = live->frame;
  restore_mode(before);
}

const FhLiveMeters*
fh_live_meters(const FhLive* const live)
{
  return &live->meters;
}

bool
fh_live_next_move(FhLive* const live, FhLiveMove* const move)
{
  if (!fh_queue_ready(&live->moves)) {
    return false;
  }
  *move = live->move[fh_queue_tail(&live->moves) % FH_MOVE_SLOTS];
  fh_queue_pop(&live->moves, 1);
  return true;
}

// Worker

bool
fh_live_has_work(const FhLive* const live)
{
  return fh_queue_ready(&live->ticks) > 0;
}

static void
take_model(FhLive* const live)
{
  if (!fh_queue_space(&live->retired, FH_MODEL_SLOTS)) {
    return;
  }
  FhLiveModel* const model = atomic_exchange(&live->new_model, &no_new_model);
  if (model == &no_new_model) {
    return;
  }
  FhLiveModel* const old = fh_worker_set_model(live->worker, model);
  if (old) {
    live->retired_model[fh_queue_head(&live->retired) % FH_MODEL_SLOTS] = old;
    fh_queue_push(&live->retired, 1);
  }
}

/// Write a box that others may read meanwhile
static void
write_box(FhBaselineBox* const box, const FhLiveBaseline* const baseline)
{
  uint32_t words[FH_BASELINE_WORDS] = {0};
  memcpy(words, baseline, sizeof(*baseline));
  const unsigned n = atomic_load_explicit(&box->sequence, memory_order_relaxed);
  atomic_store_explicit(&box->sequence, n + 1U, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  for (size_t i = 0; i < FH_BASELINE_WORDS; ++i) {
    atomic_store_explicit(&box->word[i], words[i], memory_order_relaxed);
  }
  atomic_store_explicit(&box->sequence, n + 2U, memory_order_release);
}

/// False when empty, or when a writer kept being in the way
static bool
read_box(const FhBaselineBox* const box, FhLiveBaseline* const out)
{
  uint32_t words[FH_BASELINE_WORDS];
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const unsigned before =
      atomic_load_explicit(&box->sequence, memory_order_acquire);
    if (!before) {
      return false;
    }
    for (size_t i = 0; i < FH_BASELINE_WORDS; ++i) {
      words[i] = atomic_load_explicit(&box->word[i], memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_acquire);
    const unsigned after =
      atomic_load_explicit(&box->sequence, memory_order_relaxed);
    if (before == after && before % 2 == 0) {
      memcpy(out, words, sizeof(*out));
      return true;
    }
  }
  return false;
}

static void
send_moves(FhLive* const live)
{
  FhLiveMove moves[FH_LIVE_BANDS + 1];
  const size_t space = fh_queue_space(&live->moves, FH_MOVE_SLOTS);
  const size_t n = fh_worker_take_moves(
    live->worker, moves, space < FH_LIVE_BANDS ? space : FH_LIVE_BANDS);
  for (size_t i = 0; i < n; ++i) {
    live->move[(fh_queue_head(&live->moves) + i) % FH_MOVE_SLOTS] = moves[i];
  }
  fh_queue_push(&live->moves, n);
}

/// Answer the oldest tick
static void
answer_tick(FhLive* const live)
{
  const FhTick* const tick =
    &live->tick[fh_queue_tail(&live->ticks) % FH_TICK_SLOTS];
  const size_t at = fh_queue_tail(&live->captured) % live->capture_frames;
  FhAnswer* const answer =
    &live->answer[fh_queue_head(&live->answers) % FH_TICK_SLOTS];
  const uint32_t serial = fh_worker_baseline_serial(live->worker);
  fh_worker_tick(
    live->worker, tick, tick->has_audio ? &live->capture[at] : NULL, answer);
  if (fh_worker_baseline_serial(live->worker) != serial) {
    write_box(&live->baseline, fh_worker_baseline(live->worker));
  }
  if (tick->has_audio) {
    fh_queue_pop(&live->captured, live->tick_frames);
  }
  fh_queue_push(&live->answers, 1);
  fh_queue_pop(&live->ticks, 1);
  send_moves(live);
}

void
fh_live_work(FhLive* const live)
{
  if (atomic_flag_test_and_set_explicit(&live->is_working,
                                        memory_order_acquire)) {
    return;
  }
  const FloatMode before = flush_denormals();
  take_model(live);
  if (atomic_exchange(&live->n_new_baseline, 0U)) {
    FhLiveBaseline baseline;
    if (read_box(&live->new_baseline, &baseline)) {
      fh_worker_set_baseline(live->worker, &baseline);
      write_box(&live->baseline, &baseline);
    }
  }
  while (fh_queue_ready(&live->ticks) &&
         fh_queue_space(&live->answers, FH_TICK_SLOTS)) {
    answer_tick(live);
  }
  restore_mode(before);
  atomic_flag_clear_explicit(&live->is_working, memory_order_release);
}

FhLiveModel*
fh_live_set_model(FhLive* const live, FhLiveModel* const model)
{
  FhLiveModel* const old = atomic_exchange(&live->new_model, model);
  return old == &no_new_model ? NULL : old;
}

FhLiveModel*
fh_live_retired_model(FhLive* const live)
{
  if (!fh_queue_ready(&live->retired)) {
    return NULL;
  }
  FhLiveModel* const model =
    live->retired_model[fh_queue_tail(&live->retired) % FH_MODEL_SLOTS];
  fh_queue_pop(&live->retired, 1);
  return model;
}

void
fh_live_model_free(FhLiveModel* const model)
{
  if (model && model->free) {
    model->free(model);
  }
}

bool
fh_live_baseline(const FhLive* const live, FhLiveBaseline* const out)
{
  return read_box(&live->baseline, out) && out->n_mics > 0;
}

static bool
all_finite(const float* const x, const size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    if (!(fabsf(x[i]) < 1e6F)) {
      return false;
    }
  }
  return true;
}

/// Late energy alone may be unknown
static FhStatus
check_baseline(const FhLiveBaseline* const b)
{
  if (b->version != FH_LIVE_BASELINE_VERSION) {
    return FH_ERR_VERSION;
  }
  if (b->n_mics > FH_LIVE_MICS || b->verdict < 0 ||
      b->verdict >= FH_LIVE_N_VERDICTS) {
    return FH_ERR_INVALID_DATA;
  }
  if (!all_finite(&b->seconds, 4)) {
    return FH_ERR_NOT_FINITE;
  }
  for (size_t m = 0; m < b->n_mics; ++m) {
    if (!all_finite(&b->mic[m].delay_ms, 2) ||
        !all_finite(b->mic[m].third_db, FH_LIVE_BANDS) ||
        !all_finite(b->mic[m].coherence, FH_LIVE_BANDS) ||
        !all_finite(b->mic[m].total_db, FH_N_OCTAVES) ||
        !all_finite(b->mic[m].t_s, FH_N_OCTAVES) ||
        !all_finite(b->mic[m].t_error, FH_N_OCTAVES) ||
        !all_finite(b->mic[m].octave_coherence, FH_N_OCTAVES)) {
      return FH_ERR_NOT_FINITE;
    }
  }
  return FH_OK;
}

FhStatus
fh_live_set_baseline(FhLive* const live, const FhLiveBaseline* const baseline)
{
  const FhStatus status = check_baseline(baseline);
  if (!status) {
    write_box(&live->new_baseline, baseline);
    atomic_store(&live->n_new_baseline, 1U);
  }
  return status;
}
