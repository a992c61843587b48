// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_SEATS_ERRORS_H
#define FH_TRACE_SEATS_ERRORS_H

#include "seats.h"

/*
  How far off the seats may be, from the spread of independent rays and sets of
  gather rays.
*/

/// Squared errors of one seat: of rays, of gather rays, and of the size of
/// patches
typedef struct {
  float octave[3][FH_N_OCTAVES];
  float sum[3]; ///< Of all octaves together, which share rays
} Variance;

#define N_VARIANCES (sizeof(Variance) / sizeof(float))

/// What is gathered in one octet
typedef struct {
  float (*bins)[FH_N_OCTAVES]; ///< [group][seat][bin]; borrowed
  float (*total)[FH_N_OCTAVES];
  float (*gathered)[FH_N_OCTAVES]; ///< [seat] scattered, by patches and sight
  Variance* variance;              ///< [seat]
} SeatSums;

/// Add the squared errors of what one group of emitters gives a seat
void
seats_add_variance(Variance* variance, const SeatEnergy* energy);

/// Sum the groups of `out`, and fill in the errors of levels; `error` receives
/// the greatest of all octets
void
seats_fill_sums(const Engine* engine,
                const Seats* seats,
                const SeatSums* sums,
                SeatError* error,
                FhTraceResult* out);

/// Gather against rays through small volumes around the seats, on average
void
seats_fill_bias(const Engine* engine,
                const Seats* seats,
                const SeatSums* sums,
                const Tally* scattered,
                FhTraceResult* out);

#endif // FH_TRACE_SEATS_ERRORS_H
