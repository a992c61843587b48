// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_VENUE_PROFILE_H
#define FH_VENUE_PROFILE_H

#include <fh/crowd_states.h>
#include <fh/profile.h>

/*
  The profile of a venue: what the auto-EQ has to know of it, empty to full.
*/

/// How to make a profile; start from fh_venue_profile_desc_default()
typedef struct {
  uint64_t seed;      ///< 1
  uint64_t n_rays;    ///< Per emitter; 0 = until `error_db` is reached
  double error_db;    ///< Standard error of empty-to-full differences [dB], 0.1
  size_t n_seats;     ///< Seats that stand for the audience, at most; 64
  unsigned n_threads; ///< 0 = all processors
} FhVenueProfileDesc;

FhVenueProfileDesc
fh_venue_profile_desc_default(void);

/**
   Make the profile of a venue.

   @param venue Its own occupancies do not matter; borrowed.
   @param[out] out Owned by the caller (fh_profile_free()); null on error.
   @return #FH_ERR_INVALID_DATA for a venue without audience, microphone or
   loudspeaker, with words in `diag`; #FH_ERR_INTERRUPTED.
*/
FhStatus
fh_venue_profile_make(const FhVenue* venue,
                      const FhVenueProfileDesc* desc,
                      FhProgressFn progress,
                      void* user,
                      FhProfile** out,
                      FhDiag* diag);

#endif // FH_VENUE_PROFILE_H
