// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_RATE_H
#define FH_PLACE_RATE_H

#include <fh/gather_cache.h>
#include <fh/result.h>

/// What one loudspeaker brings to the seats after its direct sound
typedef struct {
  float centre[3]; ///< Scene coordinates [m]
  double delay_s;  ///< Of its processing
  bool heard;      ///< Not muted
  /// [n_seats] by window [W/m2]
  const float (*reflected)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES];
} RateVoice;

/// A system at the seats
typedef struct {
  const FhVenue* venue;
  const FhSeat* seats; ///< [n_seats]
  size_t n_seats;
  const FhDirectField* direct;
  const FhDirectField* each; ///< [n_voices]
  size_t n_voices;
  const RateVoice* voice;
  double speed_m_s;
  double impedance; ///< rho c [Pa s/m]
  double decay_s[FH_N_OCTAVES];
} RateJob;

/**
   Metrics of the seats: levels, tilt, cancellations, echoes, STI.

   Energy counts as even within the windows up to 80 ms after each
   loudspeaker's direct sound, and as a decay of `decay_s` after them.

   @param[out] metrics [n_seats]; the rest is zero.
*/
FhStatus
rate_seats(const RateJob* job, unsigned n_threads, FhSeatMetrics* metrics);

#endif // FH_PLACE_RATE_H
