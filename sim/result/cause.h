// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_CAUSE_H
#define FH_RESULT_CAUSE_H

#include "obstacle.h"

#include <fh/run.h>

/*
  Causes of dead zones by counterfactuals: one suspect is taken away, the sound
  at some seats of the zone is computed again, and what improves it most is the
  cause. Reflections stay as they were traced: what counts is the direct sound,
  which is exact. So the numbers are for the first sound that reaches the seats.
*/

/// Seats of a zone that are looked at, evenly from its list
#define ZONE_SAMPLES 8
/// Zones looked at, largest first; the others keep the cause that their look
/// suggests
#define MAX_PROVED 8

/// A zone under examination
typedef struct {
  FhRun* run;
  FhDeadZone* zone;
  const Things* things;
  size_t n;
  uint32_t seat[ZONE_SAMPLES];
  float ear[ZONE_SAMPLES][3];
  double reflected[ZONE_SAMPLES][FH_N_OCTAVES]; ///< [Pa^2]
  size_t first_band, last_band;                 ///< Octaves that the zone lacks
  char remedy[256];                             ///< Of the best proof so far
  double best; ///< Its change, in units of what matters
} Suspect;

/// Keep a proof if it is among the greatest; `worth` compares units
void
suspect_prove(Suspect* s,
              FhDeadCause blames,
              const char* what,
              double change,
              const char* unit,
              double worth,
              const char* remedy);

/// Blocked, off axis, distance: for zones that are quiet or muffled
FhStatus
prove_level(Suspect* s);

/// Loudspeakers that cancel each other
FhStatus
prove_interference(Suspect* s);

/// Reverberation and noise, for zones that are unclear
FhStatus
prove_speech(Suspect* s);

/// Loudspeakers that come too late
FhStatus
prove_echo(Suspect* s);

/**
   Prove the causes of the zones of a run.

   Fills `proof`, `cause`, `because` and `remedy`.
*/
FhStatus
prove_causes(FhRun* run);

#endif // FH_RESULT_CAUSE_H
