// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_SIGHT_H
#define FH_SOURCE_SIGHT_H

#include "sources.h"

/*
  Lines of sight for the direct sound. People are no wall: audience blocks are
  looked through, and what sound loses over heads is told by
  fh_direct_field_graze().
*/

/// True when nothing but audience lies between two points
bool
sight(const FhSources* sources,
      const FhRaycaster* caster,
      const float from[3],
      const float to[3]);

/// As sight(), from one point to many; `visible` receives 0 or 1 for each
void
sight_many(const FhSources* sources,
           const FhRaycaster* caster,
           const float from[3],
           const float (*to)[3],
           size_t n,
           uint8_t* visible);

#endif // FH_SOURCE_SIGHT_H
