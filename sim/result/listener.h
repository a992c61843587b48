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
  size_t emitter[MAX_EMITTERS]; ///< That it comes from
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

/// The same from the modulation transfer of the room
double
speech_index_of(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
                const double octave_db[FH_N_OCTAVES],
                double speech_db,
                const float noise_db[FH_N_OCTAVES]);

/**
   Levels of a seat, its tilt and its direct to reflected ratio.

   @param direct Coherent direct sound, thirds [Pa^2].
   @param reflected All after it, octaves [Pa^2].
*/
void
seat_set_levels(const float direct[FH_N_THIRDS],
                const double reflected[FH_N_OCTAVES],
                FhSeatMetrics* m);

/**
   How deep the loudspeakers cancel each other at a seat.

   @param early Reflections within 50 ms, which fill a notch [Pa^2].
*/
void
seat_set_cancellation(const FhDirectField* direct,
                      const FhDirectField* by_emitter,
                      size_t n_emitters,
                      size_t seat,
                      const double early[FH_N_OCTAVES],
                      FhSeatMetrics* m);

/// Echo criterion of a seat; an echo comes late and loud enough to be heard
void
seat_set_echo(const FhEchogram* echogram, FhSeatMetrics* m);

/**
   How far each seat is beyond the thresholds of a dead one.

   @param seats,metrics [n_seats].
   @param[out] margin [n_seats] for each reason, in its own unit (dB, STI,
   criterion); above 0 is dead.
*/
void
seat_margins(const FhVenue* venue,
             const FhSeat* seats,
             size_t n_seats,
             const FhSeatMetrics* metrics,
             float (*margin)[FH_N_DEAD_REASONS]);

#endif // FH_RESULT_LISTENER_H
