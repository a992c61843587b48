// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TORTURE_SIGNAL_H
#define FULLHOUSE_TORTURE_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

/// What is fed to an input
typedef enum {
  SIGNAL_SILENCE,
  SIGNAL_NOISE,      ///< Pink-like noise, rms about -20 dBFS
  SIGNAL_DENORMAL,   ///< Noise of 1e-39
  SIGNAL_NAN,        ///< Every seventh sample is no number
  SIGNAL_INF,        ///< Every seventh sample is infinite
  SIGNAL_DC,         ///< 1
  SIGNAL_FULL_SCALE, ///< Square wave of 997 Hz, +-1
  SIGNAL_HUGE,       ///< Noise times 1e6: +100 dBFS
  SIGNAL_IMPULSE,    ///< 1 at frame 0, then nothing
} SignalKind;

/// A source; the same seed gives the same samples in any block size
typedef struct {
  SignalKind kind;
  uint64_t random;
  uint64_t frame;
  float low[3];
  double rate_hz;
} Signal;

/// Begin
void
signal_init(Signal* signal, SignalKind kind, uint64_t seed, double rate_hz);

/// The next samples
void
signal_make(Signal* signal, float* out, size_t n_frames);

/// A number from 0 to 1, for choices
double
signal_random(uint64_t* state);

#endif // FULLHOUSE_TORTURE_SIGNAL_H
