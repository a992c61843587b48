// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_LIVE_RIG_H
#define FULLHOUSE_TESTS_LIVE_RIG_H

#include "live_world.h"

#include <fh/live.h>

/*
  The auto-EQ in a venue: what it plays goes through a room to its microphone.
  The worker runs after every block, as a host that keeps up would do.
*/

/// Frames of the responses
#define RIG_RESPONSE 65536
/// Delay of the microphone; at least a block, since sound is fed back by blocks
#define RIG_DELAY (WORLD_BLOCK + 700)

/// What happens to one microphone
typedef struct {
  bool is_out;     ///< No cable: silence
  bool is_null;    ///< Not even connected
  bool is_line;    ///< Carries the programme instead
  bool is_clipped; ///< Driven 30 dB over full scale
  bool is_bad;     ///< Not-a-number now and then
  size_t extra;    ///< Further delay [frames], at most a block
  float gain;      ///< 1 = as it was
} RigFault;

typedef struct {
  FhLive* live;
  FhLiveControls controls;
  float* programme; ///< Loop
  size_t n_programme;
  float* noise; ///< Loop of mean square 1
  size_t n_noise;
  float noise_gain;
  float programme_gain;
  WorldStream room;
  RigFault fault;
  bool worker_sleeps;
  size_t at;                    ///< Frames so far
  float heard[3 * WORLD_BLOCK]; ///< Output of the room, newest last
  float out[2][WORLD_BLOCK];
} Rig;

/// Programme of `seconds`, loops after that
bool
rig_init(Rig* rig, uint32_t seed, double duty, double seconds);

void
rig_clear(Rig* rig);

void
rig_set_room(Rig* rig, const float response[RIG_RESPONSE]);

/// Noise of the crowd under the programme at the microphone [dB]
void
rig_set_noise(Rig* rig, double snr_db);

/// Run for a while, in whole blocks
void
rig_run(Rig* rig, double seconds);

/// One block
void
rig_step(Rig* rig);

/// Press a button for one block
void
rig_press(Rig* rig, bool* button);

/// A model for tests: the change at the microphone is that at the seats
FhLiveModel*
rig_model_new(float sd_db);

#endif // FULLHOUSE_TESTS_LIVE_RIG_H
