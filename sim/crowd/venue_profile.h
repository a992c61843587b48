// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_VENUE_PROFILE_H
#define FULLHOUSE_CROWD_VENUE_PROFILE_H

#include <fh/venue_profile.h>

/*
  The steps of a profile, which the training examples take one by one.
*/

/**
   A profile from the echograms of its states.

   @param e Its first FH_PROFILE_STATES states are those of the profile; more
   may follow.
   @param[out] out Owned by the caller (fh_profile_free()).
*/
FhStatus
venue_profile_fill(const FhVenue* venue,
                   const FhCrowdStates* states,
                   const FhCrowdEchograms* e,
                   FhProfile** out);

/**
   Mean energy at the seats in the bins of the profile, and their mean levels.

   @param energy [n_bins][FH_N_OCTAVES] zeroed [Pa2].
   @param early_energy The same of the first 50 ms at each seat.
*/
void
venue_profile_seats(const FhCrowdEchograms* e,
                    size_t n_mics,
                    size_t state,
                    float* energy,
                    float* early_energy,
                    float total_db[FH_N_OCTAVES],
                    float early_db[FH_N_OCTAVES]);

/// Energy at a microphone, into [n_bins][FH_N_OCTAVES] zeroed
void
venue_profile_microphone(const FhCrowdEchograms* e,
                         size_t mic,
                         size_t state,
                         float* energy);

/// Standard error of the change of level from state `base` to `state`, mean of
/// the receivers from `first` to before `last`, by leaving out one block of
/// rays at a time [dB]
double
venue_profile_change_se_db(const FhCrowdEchograms* e,
                           size_t first,
                           size_t last,
                           size_t base,
                           size_t state,
                           size_t band);

#endif // FULLHOUSE_CROWD_VENUE_PROFILE_H
