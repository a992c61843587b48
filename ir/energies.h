// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_IR_ENERGIES_H
#define FULLHOUSE_IR_ENERGIES_H

#include <fh/decay.h>

/// How much earlier a time-reversed band filter puts energy [s]
double
fh_filter_shift_s(unsigned bands_per_octave, double midband_hz);

/// How long before the shifted onset its ringing counts [s]
double
fh_filter_ring_s(unsigned bands_per_octave, double midband_hz);

/// The response at twice the rate; `*out` is for the caller to free, null on
/// error
FhStatus
fh_doubled(const double* h,
           size_t n,
           double rate_hz,
           double** out,
           size_t* n_out);

/// Fill the bands of `out` (whose arrays are made) by zero-phase cosine filters
FhStatus
fh_energies_cosine(const double* h,
                   size_t n,
                   double rate_hz,
                   size_t onset,
                   const FhEnergiesDesc* desc,
                   FhEnergies* out);

#endif // FULLHOUSE_IR_ENERGIES_H
