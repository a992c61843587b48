// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_STAGE_H
#define FULLHOUSE_CROWD_STAGE_H

#include "crowd/crowd_internal.h"

/*
  A venue that can be heard: responses at a microphone for any crowd and air,
  out of the tables of its profile. The fine structure of the reverberation is
  noise; an audience makes it anew, as a door or a curtain would.
*/

#define STAGE_RATE_HZ 48000.0
/// Length of a response [frames], 2.7 s
#define STAGE_FRAMES 131072u

typedef struct StageImpl Stage;

/// What is in the venue at a time
typedef struct {
  double occupancy, clothing, tilt;
  double mic_gain_db; ///< Of the microphone, since the soundcheck
  double mic_tilt_db; ///< The same, per two octaves from 1 kHz up
  FhAir air;
} StageState;

/// @param profile Borrowed, outlives the stage
FhStatus
stage_new(const FhProfile* profile, size_t mic, uint64_t seed, Stage** out);

void
stage_free(Stage* stage);

/**
   Response at the microphone.

   @param[out] response [STAGE_FRAMES]; pink noise leaves the empty venue at its
   own air as loud as it was.
*/
void
stage_response(Stage* stage, const StageState* state, float* response);

/// Change at the seats against the empty venue: of the mean level, and of that
/// of the first 50 ms [dB]
void
stage_change_db(const Stage* stage,
                const FhAir* air0,
                const StageState* state,
                float total_db[FH_N_OCTAVES],
                float early_db[FH_N_OCTAVES]);

#endif // FULLHOUSE_CROWD_STAGE_H
