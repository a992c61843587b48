// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RUN_STATES_H
#define FH_RUN_STATES_H

#include <fh/diag.h>
#include <fh/status.h>

#include <stddef.h>

/*
  States of one run: the house as full as its own tables have it, and others
  ("empty", "full", "50 % full") that were simulated with it by the same rays.
  Each of those is a whole run folder under states/ of the run.
*/

/// States of a run at most, beside its own
#define FH_MAX_STATES 8u

/// A state of a run
typedef struct {
  char name[32];     ///< "empty", "full", "50 % full"
  double occupancy;  ///< Share of the capacity that is there, 0 to 1
  char folder[1024]; ///< Run folder that holds it
} FhRunState;

/// The states of a run folder
typedef struct {
  size_t n;
  FhRunState state[FH_MAX_STATES + 1]; ///< Its own first
} FhRunStates;

/// Name of a state by its occupancy, to whole percents
void
fh_state_name(double occupancy, char out[32]);

/// Name of its folder under states/: "empty", "full", "50-percent"
void
fh_state_folder(double occupancy, char out[32]);

/**
   Read which states a run folder has.

   @param[out] out Owned by the caller.
   @param diag Says what is wrong with the folder.
   @return #FH_ERR_NOT_FOUND, #FH_ERR_FORMAT, #FH_ERR_VERSION.
*/
FhStatus
fh_run_states_read(const char* folder, FhRunStates* out, FhDiag* diag);

/**
   Find a state of a run.

   @param name As fh_state_name() or fh_state_folder() call it, or a share of 0
   to 1; null for the run's own.
   @param[out] out The state; its folder is a run folder to be read as such.
   @param diag Says which states there are, where it is none of them.
   @return As fh_run_states_read().
*/
FhStatus
fh_run_state_find(const char* folder,
                  const char* name,
                  FhRunState* out,
                  FhDiag* diag);

#endif // FH_RUN_STATES_H
