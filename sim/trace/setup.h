// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_SETUP_H
#define FH_TRACE_SETUP_H

#include "engine.h"

/// Rays of one emitter, at most: the fixed-point sums hold that many
#define MAX_RAYS ((uint64_t)1 << 26)

/// Find what is wrong with the input of a trace
FhStatus
setup_check(const FhScene* scene,
            const FhRadiator* radiators,
            size_t n_radiators,
            const FhTraceDesc* desc,
            FhDiag* diag);

/**
   Prepare air, surfaces, planes, emitters and microphones.

   @param engine [n_octets] zeroed; the first has its scene, caster and
   description.
   @param n_octets 1, of octaves or of the description's third; or 3, of all
   thirds.
*/
FhStatus
setup_engine(Engine* engine,
             unsigned n_octets,
             const FhRadiator* radiators,
             size_t n_radiators,
             FhDiag* diag);

/// Find loudspeakers on a surface and microphones outside of a closed room
FhStatus
setup_check_places(const Engine* engine, FhDiag* diag);

/// Prepare the bins of time and the lists of air losses of all octets, once the
/// window is known
FhStatus
setup_times(Engine* engine);

/// Rays in whole rounds of chunks and blocks, within the limits
uint64_t
setup_rays(double wanted);

/// Free what the engines of all octets own
void
setup_clear(Engine* engine);

#endif // FH_TRACE_SETUP_H
