// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_LIVE_WORLD_H
#define FULLHOUSE_TESTS_LIVE_WORLD_H

#include <fh/spectrum.h>

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
  A venue to put around the auto-EQ in tests: synthetic programme that comes and
  goes band by band like music, rooms with a direct sound and a decaying tail,
  and a crowd that makes noise. All of it from seeds.
*/

#define WORLD_RATE_HZ 48000.0

/// Frames of a block of the streaming convolution; also its shortest delay
#define WORLD_BLOCK 4096

/// What decides a room
typedef struct {
  uint32_t seed;       ///< Of the reflections: same seed, same reflections
  double t_lo_s;       ///< Decay time at 50 Hz [s]
  double t_hi_s;       ///< Decay time at 16 kHz [s]
  double tail_lo_db;   ///< Energy of the tail over a unit impulse, 50 Hz [dB]
  double tail_hi_db;   ///< The same at 16 kHz [dB]
  double direct_hi_db; ///< Slope of the direct sound, 50 Hz to 16 kHz [dB]
  double gain;         ///< Linear gain of all of it
} WorldRoom;

/// Music-like noise [n], mean square 0.0025; `duty` is the share of time that a
/// band plays, 0 to 1
void
world_programme(float* out, size_t n, uint32_t seed, double duty);

/// Pink noise [n] of mean square 1
void
world_noise(float* out, size_t n, uint32_t seed);

/// Response [n] of a room, direct sound first
void
world_response(const WorldRoom* room, float* out, size_t n);

/// Energy in a third octave of a response, each bin weighing 1 / f [dB]
double
world_third_db(const float* response, size_t n, double centre_hz);

/// Convolve, keeping the first `n` frames, after `delay` frames of silence
void
world_convolve(const float* x,
               size_t n,
               const float* response,
               size_t n_response,
               size_t delay,
               float* out);

double
world_mean_square(const float* x, size_t n);

/// A convolution that runs block by block
typedef struct {
  size_t n_parts;
  size_t at;
  FhFftFloat* fft;
  float complex* part; ///< [n_parts][WORLD_BLOCK + 1] spectra of the response
  float complex* past; ///< The same of the input
  float complex* sum;
  float* time;
  float last[WORLD_BLOCK];
} WorldStream;

bool
world_stream_init(WorldStream* stream, size_t n_response);

void
world_stream_clear(WorldStream* stream);

/// Use another response of the same length, or shorter
void
world_stream_set(WorldStream* stream, const float* response, size_t n);

/// One block in, one block out
void
world_stream_process(WorldStream* stream, const float* in, float* out);

#endif // FULLHOUSE_TESTS_LIVE_WORLD_H
