// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate.h"

#include <fh/rehearse.h>

#include <math.h>

#define RATE_HZ 48000.0
/// Beats per minute
#define TEMPO      112.0
#define N_PARTIALS 14u

/// White noise, uniform in -1 to 1
static double
noise(CrowdRandom* const random)
{
  return crowd_uniform(random, -1.0, 1.0);
}

/// One-pole low-pass
static double
smooth(double* const state, const double x, const double hz)
{
  *state += (1.0 - exp(-2.0 * FH_PI * hz / RATE_HZ)) * (x - *state);
  return *state;
}

/// A tone of partials, each a point that turns round a circle
typedef struct {
  double hz; ///< Of the first partial; `step` is for it
  size_t n_partials;
  double weight[N_PARTIALS];
  double re[N_PARTIALS], im[N_PARTIALS];
  double step_re[N_PARTIALS], step_im[N_PARTIALS]; ///< A frame's turn
} Tone;

/// Everything that sounds, between samples
typedef struct {
  Tone tone[4]; ///< Chord tones and the bass
  double kick_phase;
  double low, hats, snare_band, voice[3], breath;
} Band;

static void
tone_init(Tone* const tone, const size_t n_partials, const double dull)
{
  tone->n_partials = n_partials;
  for (size_t i = 0; i < n_partials; ++i) {
    tone->re[i] = 1.0;
    tone->weight[i] = 1.0 / pow((double)(i + 1), dull);
  }
}

/// The next frame at a pitch; phases go on where it changes
static double
tone_next(Tone* const tone, const double hz)
{
  if (hz != tone->hz) {
    tone->hz = hz;
    for (size_t i = 0; i < tone->n_partials; ++i) {
      const double turn = 2.0 * FH_PI * hz * (double)(i + 1) / RATE_HZ;
      tone->step_re[i] = cos(turn);
      tone->step_im[i] = sin(turn);
    }
  }
  double sum = 0.0;
  for (size_t i = 0; i < tone->n_partials; ++i) {
    const double re = tone->re[i];
    const double im = tone->im[i];
    tone->re[i] = re * tone->step_re[i] - im * tone->step_im[i];
    tone->im[i] = im * tone->step_re[i] + re * tone->step_im[i];
    sum += tone->weight[i] * tone->im[i];
  }
  return sum;
}

void
fh_synthetic_music(const uint64_t seed, float* const out, const size_t n_frames)
{
  static const double roots_hz[] = {55.0, 65.41, 73.42, 49.0};
  static const double ratios[2][3] = {{4.0, 5.0, 6.0}, {4.0, 4.8, 6.0}};
  CrowdRandom random = crowd_random(seed, 7, 7);
  Band band = {0};
  for (size_t k = 0; k < 3; ++k) {
    tone_init(&band.tone[k], N_PARTIALS, 0.9);
  }
  tone_init(&band.tone[3], 8, 1.5);
  const double beat_s = 60.0 / TEMPO;
  double voice_on = 0.0;
  double vowel_hz = 600.0;
  size_t last_eighth = SIZE_MAX;
  double hat_gain = 0.5;
  for (size_t i = 0; i < n_frames; ++i) {
    const double t = (double)i / RATE_HZ;
    const size_t eighth = (size_t)(t / (0.5 * beat_s));
    if (eighth != last_eighth) {
      last_eighth = eighth;
      hat_gain = crowd_uniform(&random, 0.3, 1.0);
      voice_on = crowd_uniform(&random, 0.0, 1.0) < 0.6
                   ? crowd_uniform(&random, 0.5, 1.0)
                   : 0.0;
      vowel_hz = crowd_uniform(&random, 300.0, 1100.0);
    }
    const double in_beat = fmod(t, beat_s);
    const double in_eighth = fmod(t, 0.5 * beat_s);
    const size_t beat = (size_t)(t / beat_s);
    const double root = roots_hz[beat / 4 % 4];
    // Bars come and go: a break every eighth bar
    const double drums = beat / 4 % 8 == 7 ? 0.15 : 1.0;

    band.kick_phase =
      in_beat < 1.0 / RATE_HZ
        ? 0.0
        : band.kick_phase + (45.0 + 120.0 * exp(-in_beat * 40.0)) / RATE_HZ;
    double x =
      0.9 * drums * exp(-in_beat * 9.0) * sin(2.0 * FH_PI * band.kick_phase);
    const double hiss = noise(&random);
    const double high = hiss - smooth(&band.hats, hiss, 6000.0);
    x += 0.14 * drums * hat_gain * exp(-in_eighth * 28.0) * high;
    const double snare = hiss - smooth(&band.snare_band, hiss, 300.0);
    x += 0.3 * drums * (beat % 2 ? exp(-in_beat * 14.0) : 0.0) * snare;
    x += 0.35 * (0.4 + 0.6 * exp(-in_eighth * 6.0)) *
         tone_next(&band.tone[3], root);
    const double(*const chord) = ratios[beat / 8 % 2];
    for (size_t k = 0; k < 3; ++k) {
      x += 0.07 * tone_next(&band.tone[k], root * chord[k]);
    }
    // A voice: breathy noise through a resonance, in syllables
    const double syllable =
      voice_on * sin(FH_PI * fmin(in_eighth / (0.5 * beat_s), 1.0));
    const double buzz = 0.6 * hiss + (fmod(t * 180.0, 1.0) < 0.12 ? 3.0 : 0.0);
    const double w = 2.0 * FH_PI * vowel_hz / RATE_HZ;
    const double r = 0.985;
    const double resonance = (1.0 - r) * buzz +
                             2.0 * r * cos(w) * band.voice[0] -
                             r * r * band.voice[1];
    band.voice[1] = band.voice[0];
    band.voice[0] = resonance;
    x += 0.8 * syllable *
         (resonance + 0.05 * (hiss - smooth(&band.breath, hiss, 3000.0)));
    out[i] = (float)(0.6 * tanh(0.45 * x));
  }
}
