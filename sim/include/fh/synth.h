// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SYNTH_H
#define FH_SYNTH_H

#include <fh/air.h>
#include <fh/trace.h>

/*
  Impulse responses from what was traced.

  Level reference: a sample of 1 is 1 Pa. The response is that of the venue to
  an input whose mean square is 1 in each octave band (pink noise), which is
  the input at which the emitters have their stated power: convolved with such
  noise it gives the sound pressure in Pa, and a single pulse of height a is
  20 lg(a / 20 uPa) in every octave.
*/

/// Everything that decides the sound of a response besides its energies
typedef struct {
  double rate_hz;   ///< Sample rate [Hz], 48 000
  uint64_t seed;    ///< Times and signs of the late reflections
  double volume_m3; ///< Of the room, for the density of reflections; 0 in open
                    ///< air
  FhAir air;
  unsigned n_sharp; ///< So many of the strongest arrivals get a minimum-phase
                    ///< filter each; the others share a bank; 48
} FhSynthDesc;

FhSynthDesc
fh_synth_desc_default(void);

/**
   Make the impulse response of one pair.

   Direct sound and image sources lie at their delays to a fraction of a
   sample, with their band spectra as minimum-phase filters. The rest is a
   Poisson sequence of pulses with random signs, as dense as reflections are in
   a room of this volume (4 pi c^3 t^2 / V), filtered by octaves, whose energy
   follows the traced one in time: windows of 2 / bandwidth, at least 5 ms.

   @param direct_p2 Mean square pressure of the direct sound in thirds [Pa^2].
   @param direct_s Its arrival [s].
   @param pair Response of the trace; borrowed.
   @param n_frames Length of `out`.
   @param[out] out [n_frames] pressure [Pa]; owned by the caller.
   @return #FH_ERR_BAD_ARG for a bad rate or length, #FH_ERR_NO_MEM.

   Sources: M. Schröder, "Physically based real-time auralization of
   interactive virtual environments", 2011, 5.3 (Poisson sequences);
   A. V. Oppenheim, R. W. Schafer, "Discrete-time signal processing", 12.1
   (minimum phase by the cepstrum).
*/
FhStatus
fh_synth_pair(const FhSynthDesc* desc,
              const float direct_p2[FH_N_THIRDS],
              double direct_s,
              const FhPairResponse* pair,
              size_t n_frames,
              float* out);

/// Frames that hold the whole of a response
size_t
fh_synth_frames(const FhSynthDesc* desc, const FhPairResponse* pair);

#endif // FH_SYNTH_H
