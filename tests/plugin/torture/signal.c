// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal.h"

#include <math.h>

// Numerical Recipes' 64-bit generator: good enough to shake a plugin
static uint64_t
next(uint64_t* state)
{
  *state = *state * 6364136223846793005U + 1442695040888963407U;
  return *state >> 33;
}

double
signal_random(uint64_t* state)
{
  return (double)next(state) / 2147483648.0;
}

void
signal_init(Signal* signal, SignalKind kind, uint64_t seed, double rate_hz)
{
  *signal = (Signal){.kind = kind, .random = seed, .rate_hz = rate_hz};
  next(&signal->random);
}

// White noise through three one-pole filters, near -3 dB/octave; P. Kellet
static float
pink(Signal* signal)
{
  const float white = (float)(2.0 * signal_random(&signal->random) - 1.0);
  float* const low = signal->low;
  low[0] = 0.99765f * low[0] + white * 0.0990460f;
  low[1] = 0.96300f * low[1] + white * 0.2965164f;
  low[2] = 0.57000f * low[2] + white * 1.0526913f;
  return 0.06f * (low[0] + low[1] + low[2] + white * 0.1848f);
}

static float
sample(Signal* signal)
{
  const uint64_t frame = signal->frame++;
  switch (signal->kind) {
  case SIGNAL_SILENCE:
    return 0.0f;
  case SIGNAL_NOISE:
    return pink(signal);
  case SIGNAL_DENORMAL:
    return pink(signal) * 1e-38f;
  case SIGNAL_NAN:
    return frame % 7 ? pink(signal) : NAN;
  case SIGNAL_INF:
    return frame % 7 ? pink(signal) : (frame & 1 ? INFINITY : -INFINITY);
  case SIGNAL_DC:
    return 1.0f;
  case SIGNAL_FULL_SCALE:
    return fmod((double)frame * 997.0 / signal->rate_hz, 1.0) < 0.5 ? 1.0f
                                                                    : -1.0f;
  case SIGNAL_HUGE:
    return pink(signal) * 1e6f;
  case SIGNAL_IMPULSE:
    return frame ? 0.0f : 1.0f;
  }
  return 0.0f;
}

void
signal_make(Signal* signal, float* out, size_t n_frames)
{
  for (size_t i = 0; i < n_frames; ++i) {
    out[i] = sample(signal);
  }
}
