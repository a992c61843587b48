// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_CAUSE_H
#define FH_RESULT_CAUSE_H

#include "obstacle.h"
#include "retrace.h"

#include <fh/run.h>

/*
  Causes of dead zones by counterfactuals: one suspect is taken away, the sound
  at some seats of the zone is computed again, and what improves it most is the
  cause. For levels the direct sound is computed again, which is exact, and
  reflections stay as they were traced; for echoes and cancellations,
  reflections are traced again, too (retrace.h); noise and reverberation are
  taken from what was traced.
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
  const Retraced* again;                        ///< Of all zones that need it
  size_t first_row;                             ///< Of seat[0] in that
  size_t first_band, last_band;                 ///< Octaves that the zone lacks
  char remedy[256];                             ///< Of the best proof so far
  double best; ///< Its change, in units of what matters
  double most; ///< That no proof may exceed from here on
} Suspect;

/// Keep a proof if it is among the greatest; `units` are about decibels
void
suspect_prove(Suspect* s,
              FhDeadCause blames,
              const char* what,
              double change,
              const char* unit,
              double units,
              const char* remedy);

/// Direct sound of a system at the zone's seats; in free field without a caster
FhStatus
suspect_direct(const Suspect* s,
               const FhSources* sources,
               const FhRaycaster* caster,
               uint64_t emitters,
               bool bends,
               FhDirectField* out);

/// A surface as the geometry calls it, where it is not of our making
const char*
surface_name(const FhRun* run, uint32_t material);

/// Blocked, off axis, distance: for zones that are quiet or muffled
FhStatus
prove_level(Suspect* s);

/// Loudspeakers that cancel each other
FhStatus
prove_interference(Suspect* s);

/// Reverberation and noise, for zones that are unclear
FhStatus
prove_speech(Suspect* s);

/// Loudspeakers and surfaces whose sound comes too late
FhStatus
prove_echo(Suspect* s);

/**
   Prove the causes of the zones of a run.

   Fills `proof`, `cause`, `because` and `remedy`.
*/
FhStatus
prove_causes(FhRun* run);

#endif // FH_RESULT_CAUSE_H
