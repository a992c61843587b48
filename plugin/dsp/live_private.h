// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_LIVE_PRIVATE_H
#define FH_DSP_LIVE_PRIVATE_H

#include "equalizer.h"

#include <fh/live.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What the audio thread hands over at every tick
typedef struct {
  uint64_t frame; ///< At the end of the tick, in frames since the start
  FhLiveControls controls;
  uint32_t n_baseline; ///< Rising edges so far, so that none gets lost
  uint32_t n_apply;
  uint32_t n_undo;
  uint32_t n_panic;
  uint32_t n_reset; ///< fh_live_reset() so far
  uint32_t n_bad;   ///< Inputs so far that were not finite
  bool has_audio;   ///< False when the worker was too late to take it
  bool has_mic[FH_LIVE_MICS];
} FhTick;

/// What the worker answers to a tick
typedef struct {
  uint64_t frame; ///< Of the tick
  bool has_curve; ///< `curve` is to be taken into use
  FhEqCurve curve;
  FhLiveMeters meters;
} FhAnswer;

/**
   Hands items from one thread to one other, without waiting.

   Positions count items for ever; the storage is the caller's.
*/
typedef struct {
  atomic_size_t written;
  atomic_size_t read;
} FhQueue;

/// Items that can be read
static inline size_t
fh_queue_ready(const FhQueue* const queue)
{
  return atomic_load_explicit(&queue->written, memory_order_acquire) -
         atomic_load_explicit(&queue->read, memory_order_relaxed);
}

/// Items that can be written into a storage of `capacity`
static inline size_t
fh_queue_space(const FhQueue* const queue, const size_t capacity)
{
  return capacity -
         (atomic_load_explicit(&queue->written, memory_order_relaxed) -
          atomic_load_explicit(&queue->read, memory_order_acquire));
}

/// Index of the next item to write, and to read
static inline size_t
fh_queue_head(const FhQueue* const queue)
{
  return atomic_load_explicit(&queue->written, memory_order_relaxed);
}

static inline size_t
fh_queue_tail(const FhQueue* const queue)
{
  return atomic_load_explicit(&queue->read, memory_order_relaxed);
}

/// Publish, or release, `n` items
static inline void
fh_queue_push(FhQueue* const queue, const size_t n)
{
  atomic_store_explicit(
    &queue->written, fh_queue_head(queue) + n, memory_order_release);
}

static inline void
fh_queue_pop(FhQueue* const queue, const size_t n)
{
  atomic_store_explicit(
    &queue->read, fh_queue_tail(queue) + n, memory_order_release);
}

/// Channels of the capture: half sum and half difference of the output,
/// microphones
#define FH_CAPTURE_CHANNELS (2 + FH_LIVE_MICS)

#define FH_TICK_SLOTS  64
#define FH_MOVE_SLOTS  256
#define FH_MODEL_SLOTS 8
/// Ticks of audio that the worker may lag behind
#define FH_CAPTURE_TICKS 32
/// Ticks from a tick to the use of its answer
#define FH_ANSWER_TICKS 4

#define FH_BASELINE_WORDS ((sizeof(FhLiveBaseline) + 3) / 4)

/// A soundcheck that any thread may read while one writes
typedef struct {
  atomic_uint sequence; ///< Odd while it is written; 0 = empty
  _Atomic uint32_t word[FH_BASELINE_WORDS];
} FhBaselineBox;

typedef struct FhWorkerImpl FhWorker; ///< All that the worker alone touches

struct FhLiveImpl {
  // Fixed
  double rate_hz;
  size_t tick_frames;
  size_t capture_frames;
  size_t fade_frames;

  // Audio thread
  FhEq* eq;
  uint64_t frame;
  size_t to_tick;    ///< Frames to the next tick
  size_t wet_frames; ///< 0 = bypassed ... fade_frames = equalised
  bool is_capturing;
  bool was_baseline;
  bool was_apply;
  bool was_undo;
  bool was_panic;
  FhTick next_tick;
  FhLiveMeters meters;
  uint64_t answered_frame;
  double (*block)[2]; ///< Scratch

  // Between the threads
  FhQueue captured;
  float (*capture)[FH_CAPTURE_CHANNELS];
  FhQueue ticks;
  FhTick tick[FH_TICK_SLOTS];
  FhQueue answers;
  FhAnswer answer[FH_TICK_SLOTS];
  FhQueue moves;
  FhLiveMove move[FH_MOVE_SLOTS];
  _Atomic(FhLiveModel*) new_model;
  FhQueue retired;
  FhLiveModel* retired_model[FH_MODEL_SLOTS];
  FhBaselineBox baseline;     ///< Written by the worker
  FhBaselineBox new_baseline; ///< Written by the host
  atomic_uint n_new_baseline;
  atomic_uint n_reset;
  atomic_flag is_working;

  FhWorker* worker;
};

/// Null when out of memory
FhWorker*
fh_worker_new(double rate_hz, size_t tick_frames);

void
fh_worker_free(FhWorker* worker);

/// The answer to one tick; `audio` holds `tick_frames`, or is null
void
fh_worker_tick(FhWorker* worker,
               const FhTick* tick,
               float (*audio)[FH_CAPTURE_CHANNELS],
               FhAnswer* answer);

/// Use another model; returns the one used before
FhLiveModel*
fh_worker_set_model(FhWorker* worker, FhLiveModel* model);

/// Null when no soundcheck is in use
const FhLiveBaseline*
fh_worker_baseline(const FhWorker* worker);

/// Changes whenever the soundcheck does
uint32_t
fh_worker_baseline_serial(const FhWorker* worker);

void
fh_worker_set_baseline(FhWorker* worker, const FhLiveBaseline* baseline);

/// Lines of the log since the last call, oldest first; returns their number
size_t
fh_worker_take_moves(FhWorker* worker, FhLiveMove* moves, size_t n);

#endif // FH_DSP_LIVE_PRIVATE_H
