// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_CAUSE_H
#define FH_RESULT_CAUSE_H

#include "obstacle.h"
#include "retrace.h"

#include <fh/run.h>

/*
  Causes of dead zones by counterfactuals: one suspect is taken away, the sound
  at some seats of the zone is computed again, and what improves it most is the
  cause. The direct sound is computed again, which is exact, and reflections are
  traced again (retrace.h); but for heads in front and for distance, where they
  stay as they are, and for noise and reverberation, which are taken from what
  was traced.
*/

/// Seats of a zone that are looked at, evenly from its list
#define ZONE_SAMPLES 16
/// Zones looked at, largest first; the others keep the cause that their look
/// suggests
#define MAX_PROVED 8
/// A change that is not beyond so many standard errors is none
#define PROOF_ERRORS 2.0

/// What the direct sound alone gains from a change that is worth tracing [dB]
#define LEAST_PROMISE_DB 0.5

/// Direct sound at the zone's seats [Pa^2]
typedef struct {
  float p2[ZONE_SAMPLES][FH_N_THIRDS];
} ZoneDirect;

/// Reflected sound at the zone's seats [Pa^2]
typedef struct {
  double p2[ZONE_SAMPLES][FH_N_OCTAVES];
} ZoneReflected;

/// A zone under examination
typedef struct {
  FhRun* run;
  FhDeadZone* zone;
  const Things* things;
  size_t n;
  uint32_t seat[ZONE_SAMPLES];
  float ear[ZONE_SAMPLES][3];
  ZoneDirect direct;
  ZoneReflected reflected;
  Retraced* again;              ///< Of all zones with echoes or cancellations
  size_t first_row;             ///< Of seat[0] in that
  size_t first_band, last_band; ///< Octaves that the zone lacks
  char remedy[256];             ///< Of the best proof so far
  double best;                  ///< Its change, in units of what matters
  double most;                  ///< That no proof may exceed from here on
} Suspect;

/// Keep a proof if it is among the greatest; `change` and `worth` are set here
void
suspect_prove(Suspect* s, FhCounterfactual proof, const char* remedy);

/// Direct sound of a system at the zone's seats; in free field without a caster
FhStatus
suspect_direct(const Suspect* s,
               const FhSources* sources,
               const FhRaycaster* caster,
               uint64_t emitters,
               bool bends,
               FhDirectField* out);

/// How much louder the zone would be with another direct sound alone [dB]
double
suspect_promise(const Suspect* s, const FhDirectField* field);

/**
   Keep what a change does to the level of all sound, reflections traced again.

   @param field Direct sound with the change.
   @param changed What is traced; of its emitter the difference to the zone as
   it is.
*/
FhStatus
suspect_prove_level(Suspect* s,
                    const FhDirectField* field,
                    const RetraceDesc* changed,
                    FhCounterfactual proof,
                    const char* remedy);

/// A fill for the zone in words: where, and when it has to sound
void
suggest_fill(const Suspect* s, char out[256]);

/// Loudspeakers suspected at most
#define MAX_SUSPECTS 4

/// Loudspeakers by what they would bring were nothing in the way
typedef struct {
  size_t n;
  size_t emitter[MAX_SUSPECTS];
  double free_db[MAX_SUSPECTS];
  size_t n_hidden[MAX_SUSPECTS]; ///< Seats that do not see it
} Line;

/// Of the loudspeakers in sight, the one that helps most when it is turned
FhStatus
prove_off_axis(Suspect* s, const Line* line);

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

   Fills `proof`, `cause`, `because` and `remedy`. Stopped by `progress`, it
   leaves the rest of the zones without proof.
*/
FhStatus
prove_causes(FhRun* run, FhProgressFn progress, void* user);

#endif // FH_RESULT_CAUSE_H
