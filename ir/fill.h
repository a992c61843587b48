// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_IR_FILL_H
#define FULLHOUSE_IR_FILL_H

#include <fh/echogram.h>

/*
  How the energy of an echogram lies over time; private to fh_ir.

  All times are after the onset [s].
*/

/// One more "band": the sum of the octaves
#define FH_FILL_ALL FH_N_OCTAVES

/// A bin from the onset on
typedef struct {
  double from_s, to_s;
  double energy;
  double slope; ///< Energy density falls as exp(-slope t) [1/s]
} FhFill;

/// #FH_ERR_BAD_ARG unless times ascend and energies are finite and not negative
FhStatus
fh_fill_check(const FhEchogram* e);

/// Energy of a band (or #FH_FILL_ALL) in a row of an echogram
double
fh_fill_row(const float row[FH_N_OCTAVES], size_t band);

/// Bin `i`, which must end after the onset
FhFill
fh_fill_of(const FhEchogram* e, size_t band, size_t i);

/// Energy of a fill between two times within it
double
fh_fill_energy(const FhFill* f, double from_s, double to_s);

/// Time when a fill has given `energy` since `from_s`
double
fh_fill_time(const FhFill* f, double from_s, double energy);

/// Energy of events and bins in a window; what came before 0 counts at 0
double
fh_fill_between(const FhEchogram* e, size_t band, double from_s, double to_s);

/// When the last bin or event ends
double
fh_fill_end(const FhEchogram* e);

#endif // FULLHOUSE_IR_FILL_H
