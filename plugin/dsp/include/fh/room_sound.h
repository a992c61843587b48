// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_ROOM_SOUND_H
#define FH_ROOM_SOUND_H

#include <fh/air.h>
#include <fh/profile.h>

#include <stdbool.h>

/*
  Does the empty room sound like its profile?

  The profile of another venue can explain what a crowd does well enough to move
  the equaliser, and wrongly. The soundcheck tells: decay, share of the direct
  sound and clarity depend neither on levels nor, within an octave, on the
  equalisation of the system. They are compared with what the same measurement
  would give in the venue of the profile, not with the venue itself: the
  measurement sees 1.4 s, through filters with flanks. The delay does not take
  part: consoles and networks add theirs.
*/

/// What a room does to sound at a microphone; octaves 63 Hz to 8 kHz
typedef struct {
  float log_t[FH_N_OCTAVES];      ///< ln of the decay time [ln s]
  float t_error[FH_N_OCTAVES];    ///< Relative standard error of that time
  float direct_db[FH_N_OCTAVES];  ///< First 20 ms over the rest [dB]
  float clarity_db[FH_N_OCTAVES]; ///< First 80 ms over the rest [dB]
  bool t_known[FH_N_OCTAVES];
  bool energy_known[FH_N_OCTAVES]; ///< The two ratios
} FhRoomSound;

/// What the auto-EQ's soundcheck would measure in the empty venue
void
fh_profile_sound(const FhProfile* profile,
                 size_t mic,
                 const FhAir* air,
                 FhRoomSound* out);

/// A room that is further from a profile than this is not its venue
#define FH_ROOM_LIMIT 3.2

/**
   How unlike a measured room is to what a profile tells.

   Mahalanobis distance, squared, over the number of values compared: about 1
   for the venue of the profile. The covariance is that of real houses about
   their plans: surfaces, places of the microphone, the fluctuations of a room
   in an octave, the error of the decay times.

   @return 0 where fewer than eight values are known in both.
*/
double
fh_room_distance(const FhRoomSound* expected, const FhRoomSound* measured);

#endif // FH_ROOM_SOUND_H
