// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_LOOP_H
#define FULLHOUSE_CROWD_LOOP_H

#include <fh/status.h>

#include <stddef.h>
#include <stdint.h>

/*
  Sounds that are repeated for ever, at 48 kHz: what is filtered is the circle.
*/

/// Octaves of 31.5 Hz to 16 kHz
#define LOOP_N_OCTAVES 10u

/**
   Bring a loop to the levels of a spectrum by one smooth filter.

   @param level_db Of the octaves, against each other [dB].
   @param rms Of the result.
*/
FhStatus
loop_shape(float* loop,
           size_t n_frames,
           const double level_db[LOOP_N_OCTAVES],
           double rms);

/**
   Many voices at once: noise with the spectrum of loud speech, mean square 1.

   Source: ANSI S3.5-1997, table 3, loud vocal effort, 250 Hz to 8 kHz.
*/
FhStatus
loop_voices(uint64_t seed, float* out, size_t n_frames);

#endif // FULLHOUSE_CROWD_LOOP_H
