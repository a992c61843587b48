// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_WAVE_H
#define FH_RESULT_WAVE_H

#include <fh/run.h>

/*
  Where a solver of the wave equation answers in the place of rays: levels and
  responses about and below the crossover. Decays, clarity and intelligibility
  stay those of the rays.

  A loudspeaker is what its elements are at low frequency: points that radiate
  evenly, in their places, with their gains, delays and polarities, and with
  the power of the whole.
*/

/**
   Choose the crossover of a run and prepare the solver.

   Sets `run->desc.crossover_hz` to what is used and `run->has_wave`.

   @return #FH_ERR_INVALID_DATA when a crossover was asked for and the scene is
   none that a solver knows.
*/
FhStatus
wave_choose(FhRun* run, FhDiag* diag);

/// Put the solver's share into the levels of the seats
FhStatus
wave_seats(FhRun* run);

/// Put the solver's share into the levels of pairs and system
FhStatus
wave_microphones(FhRun* run);

/**
   Put the solver's share into the response of a pair.

   @param[in,out] ir [n_frames] at `rate_hz`, by rays; see fh/synth.h.
*/
FhStatus
wave_response(const FhRun* run,
              size_t emitter,
              size_t microphone,
              double rate_hz,
              size_t n_frames,
              float* ir);

#endif // FH_RESULT_WAVE_H
