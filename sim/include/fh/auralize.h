// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_AURALIZE_H
#define FH_AURALIZE_H

#include <fh/audio.h>
#include <fh/run.h>

/*
  What a listener at a microphone of a run hears: responses in the format of a
  recording, and sound played through them.
*/

/// Channels of a response
typedef enum {
  FH_AURAL_MONO,     ///< Sound pressure
  FH_AURAL_BINAURAL, ///< Left and right ear
  FH_AURAL_B_FORMAT  ///< First order AmbiX: W Y Z X (ACN), SN3D; x is ahead, y
                     ///< left, z up
} FhAuralFormat;

/// How to listen
typedef struct {
  FhAuralFormat format;
  const char* hrtf; ///< SOFA file of head-related responses; null for the set
                    ///< that comes with libmysofa
  double yaw_deg;   ///< Where the listener looks, as for loudspeakers
  size_t emitter;   ///< Index, or SIZE_MAX for the whole system
} FhAuralDesc;

/// Number of channels of a format
size_t
fh_aural_channels(FhAuralFormat format);

/**
   Response of the system at a microphone, level-true.

   A sample of 1 is 1 Pa for an input as in fh/synth.h. Direct sounds and
   image sources come from where they come from, as minimum-phase pulses at
   fractional delays; diffracted direct sound counts as coming from its
   loudspeaker. The rest is noise from 20 directions (the corners of a
   dodecahedron, which give a diffuse field its right correlation between ears
   and channels), whose shares follow the traced lateral energy. At last every
   band is brought, window by window, to the energy of the mono response, so
   that levels and decays are those of the simulation. Head-related responses
   are scaled so that a diffuse field has the same energy in 250 Hz to 1 kHz at
   the ears as without a head.

   @param run With microphones; borrowed.
   @param microphone Index.
   @param progress May be null.
   @param[out] out 48 kHz, as long as the response; owned by the caller.
   @param diag Says what is wrong with the head-related responses.
   @return #FH_ERR_IO, #FH_ERR_FORMAT for a SOFA file that cannot be used,
   #FH_ERR_BAD_ARG for an index out of range, #FH_ERR_INTERRUPTED,
   #FH_ERR_NO_MEM.
*/
FhStatus
fh_aural_response(const FhRun* run,
                  size_t microphone,
                  const FhAuralDesc* desc,
                  FhProgressFn progress,
                  void* user,
                  FhAudio* out,
                  FhDiag* diag);

/// Yaw from a microphone to the loudspeaker that it hears loudest [degrees]
double
fh_aural_yaw_to_sound(const FhRun* run, size_t microphone);

/**
   Play a sound through a response.

   The channels of `dry` are added up to one, and that is scaled to the mean
   square of 8 within 44 Hz to 11.2 kHz (1 in each octave of pink noise) at
   which the loudspeakers have their stated power: the result is the sound
   pressure at that drive [Pa].

   @param response,dry At 48 kHz; borrowed.
   @param[out] out As many channels as the response, all of the reverberation
   included; owned by the caller.
   @return #FH_ERR_NO_SIGNAL for silence, #FH_ERR_BAD_ARG for another rate,
   #FH_ERR_LIMIT for more than 2^27 frames, #FH_ERR_NO_MEM.
*/
FhStatus
fh_aural_play(const FhAudio* response, const FhAudio* dry, FhAudio* out);

#endif // FH_AURALIZE_H
