// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_H
#define FH_RESULT_H

#include <fh/trace.h>

/// One row of seats.csv; see the design, section 5. NaN where there is no value
typedef struct {
  float spl_db, spl_dba;
  float spl_octave_db[FH_N_OCTAVES];
  float direct_dba;
  float d_r_db; ///< Direct over reflected energy
  float edt_s[FH_N_OCTAVES], t30_s[FH_N_OCTAVES];
  float c50_db[FH_N_OCTAVES], c80_db[FH_N_OCTAVES];
  float d50, ts_ms; ///< Mid bands (500 Hz and 1 kHz)
  float sti;
  float tilt_db; ///< 2-8 kHz over 250 Hz-1 kHz
  float
    cancel_depth_db; ///< Deepest cancellation below 500 Hz over a third octave
  float echo;        ///< Dietsch-Kraak echo criterion, greatest value
  float se_db;       ///< Standard error of the level
  uint8_t dead;      ///< Bits, FhDeadReason
} FhSeatMetrics;

/// Why a seat is dead; design, section 5
typedef enum {
  FH_DEAD_QUIET = 1,
  FH_DEAD_MUFFLED = 2,
  FH_DEAD_UNCLEAR = 4,
  FH_DEAD_CANCELLED = 8,
  FH_DEAD_ECHO = 16
} FhDeadReason;

/**
   Metrics of every seat from the direct field and the trace.

   @param direct Direct field at the seats (thirds).
   @param[out] out [scene->n_seats], owned by the caller.
*/
FhStatus
fh_seat_metrics(const FhVenue* venue,
                const FhScene* scene,
                const FhDirectField* direct,
                const FhTraceResult* trace,
                unsigned n_threads,
                FhSeatMetrics* out);

#endif // FH_RESULT_H
