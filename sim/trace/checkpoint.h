// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_CHECKPOINT_H
#define FH_TRACE_CHECKPOINT_H

#include "rounds.h"

/*
  What a trace has counted so far, in a file. All sums are of integers and rays
  are named by number, so that a trace which goes on from a checkpoint gives the
  same bytes as one that never stopped.
*/

/// Hash of all that decides the result of a trace, threads and ranks not
uint64_t
checkpoint_input(const Run* run);

/**
   Write the state when the description asks for it and it is due.

   Written to a temporary name first; by the first rank alone.

   @param now Even when it is not due.
   @return #FH_ERR_IO with a finding.
*/
FhStatus
checkpoint_save(Run* run, bool now);

/**
   Read the state back.

   @return #FH_ERR_IO where there is none, #FH_ERR_MISMATCH when it belongs to
   another input, #FH_ERR_FORMAT when it is damaged; each with a finding.
*/
FhStatus
checkpoint_load(Run* run);

#endif // FH_TRACE_CHECKPOINT_H
