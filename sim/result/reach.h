// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_REACH_H
#define FH_RESULT_REACH_H

#include <fh/run.h>

/**
   Find microphones and loudspeakers that no sound can reach or leave: those
   inside walls or outside the room.

   From each, some paths with a few diffuse reflections look for one of the
   others. Scene, raycaster and sources of the run must be there.

   @return #FH_ERR_INVALID_DATA with a finding for each that is cut off.
*/
FhStatus
check_reach(const FhRun* run, FhDiag* diag);

#endif // FH_RESULT_REACH_H
