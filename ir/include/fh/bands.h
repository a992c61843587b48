// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_BANDS_H
#define FH_BANDS_H

#include <stddef.h>

/// Octave bands, nominally 63 Hz to 8 kHz
#define FH_N_OCTAVES 8
/// Third-octave bands, nominally 50 Hz to 10 kHz; three by three the octaves
#define FH_N_THIRDS 24

#define FH_PI 3.14159265358979323846

/// One value for each octave band; the unit is that of the quantity held
typedef struct {
  float at[FH_N_OCTAVES];
} FhOctaves;

/// One value for each third-octave band; the unit is that of the quantity held
typedef struct {
  float at[FH_N_THIRDS];
} FhThirds;

/// Exact base-10 midband frequency of octave `i` (0 to 7) [Hz]; IEC 61260-1
double
fh_octave_hz(size_t i);

/// Exact base-10 midband frequency of third octave `i` (0 to 23) [Hz]
double
fh_third_hz(size_t i);

/// Nominal name of octave `i` as used in file columns: "63" ... "8000"
const char*
fh_octave_name(size_t i);

/// Nominal name of third octave `i` as used in file columns: "50" ... "10000"
const char*
fh_third_name(size_t i);

/**
   Spread octave values to third octaves.

   Linear in log frequency between octave midbands, constant beyond the
   outermost ones.

   @param octave 8 values; borrowed.
   @param[out] third 24 values.
*/
void
fh_octaves_to_thirds(const float octave[FH_N_OCTAVES],
                     float third[FH_N_THIRDS]);

/**
   Spread octave values to third octaves whose means they are.

   As fh_octaves_to_thirds(), through values at the midbands that make the mean
   of the three thirds of each octave what was given: a peak or dip of one
   octave does not lose a fifth of its height.

   @param octave 8 values; borrowed.
   @param[out] third 24 values.
*/
void
fh_octave_means_to_thirds(const float octave[FH_N_OCTAVES],
                          float third[FH_N_THIRDS]);

/// Add the energies of three third octaves into each octave
void
fh_thirds_sum(const float third[FH_N_THIRDS], float octave[FH_N_OCTAVES]);

/// Mean of the three third octaves in each octave (coefficients, not energies)
void
fh_thirds_mean(const float third[FH_N_THIRDS], float octave[FH_N_OCTAVES]);

/// A-weighting at a frequency [dB]; IEC 61672-1:2013, annex E, 0 dB at 1 kHz
double
fh_a_weight_db(double frequency_hz);

/// C-weighting at a frequency [dB]; IEC 61672-1:2013, annex E, 0 dB at 1 kHz
double
fh_c_weight_db(double frequency_hz);

#endif // FH_BANDS_H
