// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_MOVER_H
#define FH_DSP_MOVER_H

#include "target.h"

#include <fh/live.h>

#define FH_MOVER_UNDO 16
#define FH_MOVER_LOG  128

/// What of the engineer's buttons has been pressed in a tick
typedef struct {
  bool apply;
  bool undo;
  bool panic;
} FhButtons;

/**
   The correction: where it is, where it goes, and how fast.

   Zero it to begin. Moves in straight lines and never past its goal, so that it
   cannot overshoot.
*/
typedef struct {
  float applied_db[FH_LIVE_BANDS];
  float accepted_db[FH_LIVE_BANDS]; ///< Wish that was applied by hand
  float undo_db[FH_MOVER_UNDO][FH_LIVE_BANDS];
  size_t n_undo;
  bool is_moving[FH_LIVE_BANDS];
  bool is_panic;  ///< Until mode, apply or baseline end it
  bool is_undone; ///< Auto waits until mode or apply end it
  double fast_s;  ///< Time left for moves asked for by hand [s]
  FhLiveMoveReason fast_reason;
  FhLiveMode mode;
  double amount;
  double limit_db;
  // The log
  float logged_db[FH_LIVE_BANDS]; ///< Where each band was logged last
  FhLiveState state;              ///< Logged last
  FhLiveMove move[FH_MOVER_LOG];
  size_t n_written;
  size_t n_read;
} FhMover;

/// What a step is taken with
typedef struct {
  const FhLiveControls* controls;
  FhButtons buttons;
  const FhTarget* target;
  bool has_target; ///< `target->wish_db` means something
  bool is_held;    ///< Nothing but the hand may move it
  FhLiveState hold_state;
  float confidence;
  double step_s; ///< Time since the last step [s]
  uint64_t frame;
  double time_s;
} FhMoverStep;

/// Move one step; returns what it does
FhLiveState
fh_mover_step(FhMover* mover, const FhMoverStep* step);

/// A new soundcheck: what was corrected before no longer applies
void
fh_mover_reset(FhMover* mover, const FhMoverStep* step);

/// Lines of the log, oldest first; returns their number
size_t
fh_mover_take_log(FhMover* mover, FhLiveMove* moves, size_t n);

#endif // FH_DSP_MOVER_H
