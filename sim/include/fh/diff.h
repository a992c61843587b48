// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DIFF_H
#define FH_DIFF_H

#include <fh/run_folder.h>
#include <fh/run_record.h>

/*
  What changed from one run of a venue to another: other loudspeakers, another
  occupancy, other materials. Changes are the second run less the first.
*/

/// Number of quantities that are compared
#define FH_DIFF_ROWS 15

/// A quantity over the seats that have it in both runs
typedef struct {
  const char* key;   ///< As in seats.csv; static
  const char* label; ///< Static
  const char* unit;  ///< Static, may be empty
  double step;       ///< Smallest change that a listener notices, in the unit,
                     ///< or as a share of the first run's value
  bool relative;     ///< `step` is a share
  size_t n;          ///< Seats
  double before, after;     ///< Means over the seats; NaN for none
  double mean, least, most; ///< Of the change
  size_t n_up, n_down;      ///< Seats that rose or fell by `step` or more
} FhDiffRow;

/// What changed
typedef struct {
  FhDiffRow row[FH_DIFF_ROWS];
  size_t n_seats;
  size_t n_dead_before, n_dead_after;
  size_t n_gained;
  uint32_t* gained; ///< [n_gained] seats dead only in the first run; owned
  size_t n_lost;
  uint32_t* lost;  ///< [n_lost] seats dead only in the second; owned
  double error_db; ///< Standard error of a seat's change of level, were the
                   ///< runs independent; runs with one seed differ by less
} FhDiff;

/**
   Compare two runs seat by seat.

   @param[out] out Owned by the caller, fh_diff_clear(); zeroed on error.
   @param diag Says why the runs cannot be compared.
   @return #FH_ERR_MISMATCH for runs whose seats are not the same,
   #FH_ERR_NO_MEM.

   Smallest changes: ISO 3382-1:2009 table A.1 (1 dB, 5 % of T, 0.05 of D50,
   10 ms of Ts); J. S. Bradley, R. Reich, S. G. Norcross, JASA 106 (1999) 1820
   (C50 1.1 dB, STI 0.03).
*/
FhStatus
fh_diff(const FhRunRecord* before,
        const FhRunRecord* after,
        FhDiff* out,
        FhDiag* diag);

/// Free what a comparison owns and zero it
void
fh_diff_clear(FhDiff* diff);

/**
   Draw maps of change into a run folder: level (A and per octave), STI, C80,
   T30, and seats gained and lost.

   All maps of a quantity have the same range, 0 in the middle; signs on the
   seats whose change can be noticed tell up from down without colours.
*/
FhStatus
fh_diff_write_maps(const FhRunRecord* before,
                   const FhRunRecord* after,
                   const FhDiff* diff,
                   FhRunFolder* folder,
                   FhDiag* diag);

#endif // FH_DIFF_H
