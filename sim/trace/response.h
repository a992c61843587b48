// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_RESPONSE_H
#define FH_TRACE_RESPONSE_H

#include "engine.h"
#include "image.h"

/**
   Greatest standard error at the microphones in one octet, over the one asked
   for.

   Level and C80 of each octave from 125 Hz to 4 kHz, root mean square over the
   pairs; C80 may err 10 / 3 times as much as the level (1 dB, its just
   noticeable difference, where the level is to be known to 0.3 dB).

   @param engine That of the octet.
   @param sights,mirrored,scattered Those of the octet.
   @return 1 or below when the error asked for is reached.
*/
double
response_excess_error(const Engine* engine,
                      Images* const* images,
                      const Sight* sights,
                      const Tally* mirrored,
                      const Tally* scattered,
                      double error_db);

/// Turn the sums of one octet into responses, books of energy and counts
FhStatus
response_fill(const Engine* engine,
              Images* const* images,
              const Sight* sights,
              const Tally* mirrored,
              const Tally* scattered,
              FhTraceResult* out);

#endif // FH_TRACE_RESPONSE_H
