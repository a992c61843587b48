// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_PATCH_H
#define FH_TRACE_PATCH_H

#include "engine.h"

typedef struct PatchTallyImpl PatchTally; ///< Energy sums of surface patches

/// Count scattered energy where a ray met a surface
static inline void
patch_deposit(PatchTally* const patches,
              const FhHit* const hit,
              const bool back,
              const float length_m,
              const F8 scattered)
{
  (void)patches;
  (void)hit;
  (void)back;
  (void)length_m;
  (void)scattered;
}

#endif // FH_TRACE_PATCH_H
