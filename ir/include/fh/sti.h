// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_STI_H
#define FH_STI_H

#include <fh/status.h>

#include <stddef.h>

/*
  Speech transmission index after IEC 60268-16:2020 (edition 5), male speech.

  The seven bands are the octaves 125 Hz to 8 kHz: octave i + 1 of fh/bands.h.
*/

#define FH_N_STI_BANDS   7
#define FH_N_MODULATIONS 14

/// Modulation frequency `i` (0 to 13): 0.63, 0.8 ... 12.5 Hz
double
fh_sti_modulation_hz(size_t i);

/// Level of male speech in band `k` re its A-weighted level [dB]: -2.5 ... -24
double
fh_sti_speech_db(size_t k);

/// A speech transmission index and how it came about
typedef struct {
  double sti;                 ///< 0 to 1
  double mti[FH_N_STI_BANDS]; ///< Modulation transfer index of each band
  /// Modulation transfer with noise, masking and threshold applied
  double m[FH_N_STI_BANDS][FH_N_MODULATIONS];
} FhSti;

/// Rating bands of IEC 60268-16:2020, annex F: "U" (below 0.36) to "A+"
const char*
fh_sti_rating(double sti);

/**
   Index of a modulation transfer matrix.

   @param m Modulation transfer, 0 to 1; slightly above 1 counts as 1.
   @param level_db Levels of speech at the listener [dB SPL] in the seven
   bands, or null: then noise, masking and threshold play no part.
   @param noise_db Levels of noise [dB SPL] in the seven bands, or null for
   none; -INFINITY is silence.
   @param[out] out Owned by the caller; left as it was on error.
   @return #FH_ERR_BAD_ARG for noise without speech levels, a negative m or
   values that are not numbers.

   With levels, m is multiplied by I_s / (I_s + I_n + I_am + I_rt): masking by
   the total level of the next lower band, and reception threshold.
*/
FhStatus
fh_sti(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
       const double level_db[FH_N_STI_BANDS],
       const double noise_db[FH_N_STI_BANDS],
       FhSti* out);

/**
   STIPA value: as fh_sti(), from the two modulation frequencies per band that
   the STIPA signal has (the indirect method, from an impulse response). Its
   6.25 Hz is the matrix's 6.3 Hz.
*/
FhStatus
fh_stipa(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
         const double level_db[FH_N_STI_BANDS],
         const double noise_db[FH_N_STI_BANDS],
         FhSti* out);

/// Auditory masking slope [dB] from the level [dB SPL] of the next lower band
double
fh_sti_masking_db(double level_db);

/**
   Articulation loss of consonants [%] that goes with an index.

   170.5405 exp(-5.419 STI), at most 100; Farrel Becker's fit as used since
   Mapp's and Bosch's tables. Valid for 0.2 < STI < 0.9 or so.
*/
double
fh_alcons_percent(double sti);

#endif // FH_STI_H
