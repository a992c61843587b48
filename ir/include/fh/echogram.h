// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_ECHOGRAM_H
#define FH_ECHOGRAM_H

#include <fh/parameters.h>
#include <fh/sti.h>

#include <stdbool.h>
#include <stddef.h>

/**
   Energy of a response over time: sharp arrivals and filled bins, borrowed.

   Bins are filled exponentially, with the slope that their neighbours tell, so
   that bins of 10 to 40 ms do not bias decay times, clarity or modulation
   transfer. A bin that holds the onset is filled from the onset on; energy of
   events and bins before the onset counts as if it came at the onset.

   The calls below allocate nothing, use little stack and need no state: any
   number of threads may share the arrays.
*/
typedef struct {
  size_t n_events;
  const double* event_s;              ///< [n_events] ascending times [s]
  const float (*event)[FH_N_OCTAVES]; ///< [n_events] energies, at least 0
  size_t n_bins;
  const double* edge_s;             ///< [n_bins + 1] ascending edges [s]
  const float (*bin)[FH_N_OCTAVES]; ///< [n_bins] energies, at least 0
  double onset_s; ///< Time zero of the parameters [s]: the direct sound
} FhEchogram;

/**
   ISO 3382-1 parameters of the octaves and of their sum.

   The decay is the exact backward integral of the echogram, continued beyond
   its last bin by the slope found there; lines are fitted over continuous time.

   @param[out] out Owned by the caller: `band` 0 to 7, and `broadband` for the
   sum of the octaves.
   @return #FH_ERR_BAD_ARG for times that do not ascend, energies that are
   negative or not finite.
*/
FhStatus
fh_echogram_parameters(const FhEchogram* echogram, FhParameters* out);

/**
   Modulation transfer of the octaves 125 Hz to 8 kHz.

   m(F) = |integral of e(t) exp(-2 pi j F t)| / integral of e(t); a band without
   energy gets 0. Noise is added by fh_sti(). Errors as above.
*/
FhStatus
fh_echogram_mtf(const FhEchogram* echogram,
                float m[FH_N_STI_BANDS][FH_N_MODULATIONS]);

/**
   Energies of the octaves in a window after the onset.

   @param from_s,to_s Window after the onset [s]; 0 includes what came before
   the onset, INFINITY all to the end.
   @param[out] energy 8 values.
*/
FhStatus
fh_echogram_energy(const FhEchogram* echogram,
                   double from_s,
                   double to_s,
                   double energy[FH_N_OCTAVES]);

/**
   Dietsch-Kraak echo criterion of one band: greatest difference quotient of
   the build-up of the centre time.

   @param band Octave, 0 to 7.
   @param speech True: n = 2/3, 9 ms, disturbing from 1.0 on; false: music,
   n = 1, 14 ms, disturbing from 1.8 on.
   @param[out] at_s Time of the maximum after the onset [s]; may be null.
   @return The criterion; 0 for a silent band.

   Source: L. Dietsch, W. Kraak, Acustica 60 (1986) 205-216.
*/
double
fh_echogram_echo(const FhEchogram* echogram,
                 size_t band,
                 bool speech,
                 double* at_s);

#endif // FH_ECHOGRAM_H
