// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_JOB_H
#define FH_PLACE_JOB_H

#include "search.h"

/// Units added at most
#define MAX_UNITS 16

/// One job
typedef struct {
  const FhVenue* venue;
  const FhPlaceDesc* desc;
  FhDiag* diag;
  Watch watch;
  Evaluator* evaluator;
  size_t n_units; ///< Added so far
  size_t unit_rule[MAX_UNITS];
  FhPlace* out;
} Job;

// --- limits -----------------------------------------------------------------

/**
   Enter a space.

   @return #FH_ERR_INVALID_DATA with a finding that says which rule hangs
   everything in walls.
*/
FhStatus
job_enter(const Job* job, const Space* space);

/**
   Keep gains within what loudspeakers can do, and masses within limits.

   @return #FH_ERR_INVALID_DATA with a finding for each rule that cannot be met.
*/
FhStatus
job_apply_limits(const Job* job, Space* space);

// --- stock ------------------------------------------------------------------

/// Whether the stock has another unit of what a rule adds
bool
job_in_stock(const Job* job, const FhPlacementRule* rule);

/// List what has to be hired in for the best system
FhStatus
job_list_lacks(FhPlace* out, const FhPlaceDesc* desc);

// --- stages -----------------------------------------------------------------

/// Search from the system as it is to the best with each number of units
FhStatus
job_search(Job* job);

#endif // FH_PLACE_JOB_H
