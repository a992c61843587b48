// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_IR_ENERGIES_H
#define FULLHOUSE_IR_ENERGIES_H

#include <fh/decay.h>

/// Fill the bands of `out` (whose arrays are made) by zero-phase cosine filters
FhStatus
fh_energies_cosine(const double* h,
                   size_t n,
                   double rate_hz,
                   size_t onset,
                   const FhEnergiesDesc* desc,
                   FhEnergies* out);

#endif // FULLHOUSE_IR_ENERGIES_H
