// SPDX-License-Identifier: GPL-3.0-or-later
#include "mover.h"

#include <math.h>
#include <string.h>

// Moves that a hand asked for [dB/s], and the way to safety
static const double hand_slew_db_s = 1.0;
static const double panic_slew_db_s = 6.0;
// How long a move by hand may take [s]
static const double hand_s = 13.0;
// All bands start to move when one is this far off, and each stops at its goal:
// moving alone, the next would reach the edge of its dead band soon after [dB]
static const float dead_band_db = 0.25F;
static const float near_db = 1e-5F;
// A slow move is logged every so many dB
static const float log_step_db = 0.25F;
static const float log_end_db = 0.05F;

static void
write_log(FhMover* const mover,
          const FhMoverStep* const step,
          const FhLiveMoveReason reason,
          const int band,
          const float from_db,
          const float to_db,
          const FhLiveState state)
{
  if (mover->n_written - mover->n_read >= FH_MOVER_LOG) {
    ++mover->n_read; // Nobody reads: the oldest goes
  }
  const FhLiveMove move = {.frame = step->frame,
                           .time_s = step->time_s,
                           .band = band,
                           .from_db = from_db,
                           .to_db = to_db,
                           .confidence = step->confidence,
                           .reason = reason,
                           .state = state};
  mover->move[mover->n_written++ % FH_MOVER_LOG] = move;
}

static void
push_undo(FhMover* const mover)
{
  if (mover->n_undo == FH_MOVER_UNDO) {
    memmove(mover->undo_db[0],
            mover->undo_db[1],
            (FH_MOVER_UNDO - 1) * sizeof(mover->undo_db[0]));
    --mover->n_undo;
  }
  memcpy(mover->undo_db[mover->n_undo++],
         mover->accepted_db,
         sizeof(mover->accepted_db));
}

static void
by_hand(FhMover* const mover, const FhLiveMoveReason reason)
{
  mover->fast_s = hand_s;
  mover->fast_reason = reason;
}

/// What buttons and turned knobs mean
static void
take_orders(FhMover* const mover, const FhMoverStep* const step)
{
  const FhLiveControls* const c = step->controls;
  if (c->mode != mover->mode) {
    // Leaving auto keeps what it found
    if (mover->mode == FH_LIVE_MODE_AUTO) {
      memcpy(mover->accepted_db, mover->applied_db, sizeof(mover->accepted_db));
    }
    mover->mode = c->mode;
    mover->is_panic = false;
    mover->is_undone = false;
  }
  if (c->amount < mover->amount || c->limit_db < mover->limit_db) {
    by_hand(mover, FH_LIVE_MOVE_LIMIT);
  }
  mover->amount = c->amount;
  mover->limit_db = c->limit_db;
  if (step->buttons.panic) {
    mover->is_panic = true;
    mover->is_undone = false;
    by_hand(mover, FH_LIVE_MOVE_PANIC);
  }
  if (step->buttons.apply && step->has_target) {
    push_undo(mover);
    memcpy(
      mover->accepted_db, step->target->wish_db, sizeof(mover->accepted_db));
    mover->is_panic = false;
    mover->is_undone = false;
    by_hand(mover, FH_LIVE_MOVE_APPLY);
  }
  if (step->buttons.undo && mover->n_undo > 0) {
    memcpy(mover->accepted_db,
           mover->undo_db[--mover->n_undo],
           sizeof(mover->accepted_db));
    mover->is_undone = mover->mode == FH_LIVE_MODE_AUTO;
    by_hand(mover, FH_LIVE_MOVE_UNDO);
  }
}

/// Where the correction should be
static void
find_goal(const FhMover* const mover,
          const FhMoverStep* const step,
          float goal_db[FH_LIVE_BANDS])
{
  const double amount = step->controls->amount;
  memset(goal_db, 0, FH_LIVE_BANDS * sizeof(float));
  if (mover->is_panic || mover->mode == FH_LIVE_MODE_OFF) {
    return;
  }
  if (mover->mode == FH_LIVE_MODE_AUTO && !mover->is_undone) {
    if (step->has_target) {
      memcpy(goal_db, step->target->target_db, FH_LIVE_BANDS * sizeof(float));
    }
    return;
  }
  fh_target_limit(step->target, amount, mover->accepted_db, goal_db);
}

/// Largest step now [dB]; 0 = stand still
static float
find_pace(const FhMover* const mover, const FhMoverStep* const step)
{
  if (mover->is_panic) {
    return (float)(panic_slew_db_s * step->step_s);
  }
  if (step->controls->freeze || !step->controls->enabled) {
    return 0.0F;
  }
  if (mover->mode != FH_LIVE_MODE_AUTO || mover->is_undone ||
      mover->fast_s > 0.0) {
    return (float)(hand_slew_db_s * step->step_s);
  }
  if (step->is_held) {
    return 0.0F;
  }
  const double slew =
    fmin(fmax(step->controls->slew_db_per_min, 0.05), 3.0) / 60.0;
  return isfinite(slew) ? (float)(slew * step->step_s) : 0.0F;
}

static FhLiveMoveReason
reason_now(const FhMover* const mover)
{
  return mover->is_panic       ? FH_LIVE_MOVE_PANIC
         : mover->fast_s > 0.0 ? mover->fast_reason
                               : FH_LIVE_MOVE_CROWD;
}

/// Move every band; true while any moves
static bool
move_bands(FhMover* const mover,
           const FhMoverStep* const step,
           const float goal_db[FH_LIVE_BANDS],
           const float pace_db)
{
  const bool slow = mover->mode == FH_LIVE_MODE_AUTO && !mover->is_panic &&
                    !mover->is_undone && !(mover->fast_s > 0.0);
  const float start_db = slow ? dead_band_db : near_db;
  bool any = false;
  bool starts = false;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    starts = starts || fabsf(goal_db[b] - mover->applied_db[b]) > start_db;
  }
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const float off = goal_db[b] - mover->applied_db[b];
    mover->is_moving[b] = mover->is_moving[b] || starts;
    if (!mover->is_moving[b] || !(pace_db > 0.0F)) {
      continue;
    }
    const float by = fminf(fmaxf(off, -pace_db), pace_db);
    mover->applied_db[b] += by;
    const bool there = fabsf(goal_db[b] - mover->applied_db[b]) <= near_db;
    mover->is_moving[b] = !there;
    any = any || !there;
    const float since = mover->applied_db[b] - mover->logged_db[b];
    if (fabsf(since) >= log_step_db || (there && fabsf(since) > log_end_db)) {
      write_log(mover,
                step,
                reason_now(mover),
                (int)b,
                mover->logged_db[b],
                mover->applied_db[b],
                FH_LIVE_STATE_MOVING);
      mover->logged_db[b] = mover->applied_db[b];
    }
  }
  return any;
}

static FhLiveState
state_now(const FhMover* const mover,
          const FhMoverStep* const step,
          const bool is_moving)
{
  if (!step->controls->enabled) {
    return FH_LIVE_STATE_BYPASSED;
  }
  if (mover->is_panic) {
    return FH_LIVE_STATE_PANIC;
  }
  if (step->controls->freeze || mover->is_undone) {
    return FH_LIVE_STATE_FROZEN;
  }
  if (mover->mode == FH_LIVE_MODE_OFF) {
    return FH_LIVE_STATE_OFF;
  }
  if (step->is_held) {
    return step->hold_state;
  }
  if (is_moving) {
    return FH_LIVE_STATE_MOVING;
  }
  if (mover->mode == FH_LIVE_MODE_AUTO) {
    return FH_LIVE_STATE_SETTLED;
  }
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    if (fabsf(step->target->target_db[b] - mover->applied_db[b]) >
        dead_band_db) {
      return FH_LIVE_STATE_SUGGESTING;
    }
  }
  return FH_LIVE_STATE_SETTLED;
}

static bool
is_hold(const FhLiveState state)
{
  return state == FH_LIVE_STATE_BYPASSED || state >= FH_LIVE_STATE_FROZEN;
}

FhLiveState
fh_mover_step(FhMover* const mover, const FhMoverStep* const step)
{
  float goal_db[FH_LIVE_BANDS];
  take_orders(mover, step);
  find_goal(mover, step, goal_db);
  const bool is_moving =
    move_bands(mover, step, goal_db, find_pace(mover, step));
  mover->fast_s = is_moving ? fmax(mover->fast_s - step->step_s, 0.0) : 0.0;
  const FhLiveState state = state_now(mover, step, is_moving);
  if (is_hold(state) != is_hold(mover->state) ||
      (is_hold(state) && state != mover->state)) {
    write_log(mover,
              step,
              is_hold(state) ? FH_LIVE_MOVE_HOLD : FH_LIVE_MOVE_RESUME,
              -1,
              0.0F,
              0.0F,
              state);
  }
  mover->state = state;
  return state;
}

void
fh_mover_reset(FhMover* const mover, const FhMoverStep* const step)
{
  memset(mover->accepted_db, 0, sizeof(mover->accepted_db));
  mover->n_undo = 0;
  mover->is_panic = false;
  mover->is_undone = false;
  by_hand(mover, FH_LIVE_MOVE_BASELINE);
  write_log(mover, step, FH_LIVE_MOVE_BASELINE, -1, 0.0F, 0.0F, mover->state);
}

size_t
fh_mover_take_log(FhMover* const mover, FhLiveMove* const moves, const size_t n)
{
  size_t i = 0;
  for (; i < n && mover->n_read < mover->n_written; ++i) {
    moves[i] = mover->move[mover->n_read++ % FH_MOVER_LOG];
  }
  return i;
}
