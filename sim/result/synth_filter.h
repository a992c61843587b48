// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_SYNTH_FILTER_H
#define FH_RESULT_SYNTH_FILTER_H

#include <fh/bands.h>
#include <fh/spectrum.h>

/// Octaves of the bank: 63 Hz to 8 kHz, and 16 kHz which follows from the air
#define BANK_N_BANDS 9
/// Length of a minimum-phase filter, transform included
#define SHARP_FRAMES 4096
/// The pulse lies so far into the filter, for the ripple of its fraction
#define SHARP_LEAD 32

/// Maker of minimum-phase pulses; one thread at a time
typedef struct {
  FhFft* fft;
  double* signal;           ///< [SHARP_FRAMES]
  double complex* spectrum; ///< [SHARP_FRAMES / 2 + 1]
  double rate_hz;
} Sharp;

FhStatus
sharp_init(Sharp* sharp, double rate_hz);

void
sharp_clear(Sharp* sharp);

/**
   Add a pulse with a spectrum.

   @param power Squared magnitude at the third octaves; between them straight
   in decibels over log frequency, constant beyond the ends.
   @param at_frame Where, to a fraction of a frame.
   @param[in,out] out [n_frames]; what falls outside is dropped.
*/
void
sharp_add(Sharp* sharp,
          const double power[FH_N_THIRDS],
          double at_frame,
          double* out,
          size_t n_frames);

/**
   Squared magnitudes for sharp_add() of a pulse with these octaves.

   @param intensity Equivalent intensity per octave [W/m2].
   @param impedance Of the air [Pa s/m].
*/
void
sharp_octaves(const float intensity[FH_N_OCTAVES],
              double impedance,
              double power[FH_N_THIRDS]);

/// Weight of band `band` of the bank at a frequency; the bank sums to 1
double
bank_weight(size_t band, double frequency_hz);

/// Midband of the bank [Hz]
double
bank_hz(size_t band);

#endif // FH_RESULT_SYNTH_FILTER_H
