// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_TEAM_H
#define FH_TRACE_TEAM_H

#include <fh/trace.h>

#include <stdbool.h>
#include <stddef.h>

/// Numbers that one rank each has, and the others as zeros, for all ranks;
/// false on failure
bool
team_share_floats(const FhTeam* team, float* values, size_t n);

/**
   End a stage of all ranks: one failure is that of all.

   @param status Of this rank.
   @return #FH_ERR_DEVICE where another one failed, or the team does.
*/
FhStatus
team_meet(const FhTeam* team, FhStatus status);

#endif // FH_TRACE_TEAM_H
