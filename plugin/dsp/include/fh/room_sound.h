// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_ROOM_SOUND_H
#define FH_ROOM_SOUND_H

#include <fh/air.h>
#include <fh/profile.h>

#include <stdbool.h>

/*
  Does the empty room sound like its profile?

  A profile of another venue explains a change well enough to move the
  equaliser, and wrongly. The soundcheck tells them apart: decay, share of the
  direct sound and clarity do not depend on levels, and hardly on the
  equalisation of the system. They are compared with what the same measurement
  would give in the venue of the profile, not with the venue itself: the
  measurement sees 1.4 s, through filters with flanks.
*/

/// What a room does to sound at a microphone; octaves 63 Hz to 8 kHz
typedef struct {
  float log_t[FH_N_OCTAVES];      ///< ln of the decay time [ln s]
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

#endif // FH_ROOM_SOUND_H
