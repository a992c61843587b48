// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_LISTENER_H
#define FH_RESULT_LISTENER_H

#include <fh/echogram.h>
#include <fh/result.h>

/*
  Shared by seats and microphones: levels, weighting, and the direct sound of
  several emitters as events whose energies add up to the coherent sum.
*/

/// Most emitters that a direct field tells apart
#define MAX_EMITTERS 64

/// Level of a mean square pressure [dB re 20 uPa]; -INFINITY for none
double
level_db(double p2);

/// A-weighted sum of octave mean squares [Pa^2]
double
a_weighted(const double p2[FH_N_OCTAVES]);

/// A-weighted sum of third-octave mean squares [Pa^2]
double
a_weighted_thirds(const float p2[FH_N_THIRDS]);

/// Direct sound at one place as sharp arrivals
typedef struct {
  size_t n;
  double time_s[MAX_EMITTERS]; ///< Ascending
  float p2[MAX_EMITTERS][FH_N_OCTAVES];
  double onset_s; ///< Of the first that is within 20 dB of the strongest
} DirectEvents;

/**
   Direct sound at point `i`.

   Each emitter arrives by itself; per octave their energies are scaled so that
   they sum to the coherent field.
*/
void
direct_events(const FhDirectField* direct,
              const FhDirectField* by_emitter,
              size_t n_emitters,
              size_t i,
              DirectEvents* out);

/**
   STI at a place.

   @param octave_db Levels at the place with the system's own signal [dB SPL].
   @param speech_db From fh_speech_offset_db().
   @param noise_db Venue's noise, octaves.
   @return NaN where there is no energy.
*/
double
speech_index(const FhEchogram* echogram,
             const double octave_db[FH_N_OCTAVES],
             double speech_db,
             const float noise_db[FH_N_OCTAVES]);

#endif // FH_RESULT_LISTENER_H
