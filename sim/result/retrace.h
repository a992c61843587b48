// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_RETRACE_H
#define FH_RESULT_RETRACE_H

#include <fh/run.h>

/*
  Reflections at a few seats of a run, traced again with one thing changed: for
  suspects whose reflected sound matters (a wall that gives an echo, a
  loudspeaker together with all that it sends round the room). Fewer rays than
  the run, but the same for every suspect, so that differences are sharp.
*/

/// Surfaces that are suspected at most
#define RETRACE_SURFACES 6

typedef struct {
  size_t n_seats;
  const uint32_t* seat; ///< [n_seats] seats of the run; borrowed
  FhTraceResult now;    ///< Nothing changed; bins by emitter, too
  size_t n_surfaces;
  uint32_t material[RETRACE_SURFACES];     ///< As in FhRun.face_material
  FhTraceResult without[RETRACE_SURFACES]; ///< With that one black
} Retraced;

/**
   Trace again.

   @param seat [n_seats] borrowed; outlives `out`.
   @param surfaces Whether to take away surfaces one by one: those that reflect
   most sound for their area and absorption.
   @param until_s Length of the responses [s].
   @param[out] out Owned by the caller, retraced_clear(); zeroed on error.
*/
FhStatus
retraced_new(const FhRun* run,
             const uint32_t* seat,
             size_t n_seats,
             bool surfaces,
             double until_s,
             Retraced* out);

void
retraced_clear(Retraced* retraced);

/**
   Echogram of a seat, reflections only.

   @param row Of the seats traced.
   @param leave_out Emitter whose sound is missing, or SIZE_MAX for none; only
   of `now`.
   @param[out] bins [trace->n_seat_bins] mean squares [Pa^2].
*/
void
retraced_bins(const FhRun* run,
              const FhTraceResult* trace,
              size_t row,
              size_t leave_out,
              float (*bins)[FH_N_OCTAVES]);

#endif // FH_RESULT_RETRACE_H
