// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate.h"
#include "loop.h"

#include <fh/rehearse.h>

#include <math.h>
#include <stdbool.h>

#define RATE_HZ 48000.0
/// Beats per minute: a beat is a whole number of frames
#define TEMPO      112.5
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
  size_t n_partials;
  double force;
  double weight[N_PARTIALS];
  double re[N_PARTIALS], im[N_PARTIALS];
  double step_re[N_PARTIALS], step_im[N_PARTIALS]; ///< A frame's turn
} Tone;

/// Everything that sounds, between samples
typedef struct {
  Tone tone[4]; ///< Chord tones and the bass
  double kick_phase;
  double glottis; ///< Phase of the voice [turns]
  double hats, snare_band, voice[2], breath;
} Band;

static void
tone_init(Tone* const tone, const size_t n_partials, const double dull)
{
  tone->n_partials = n_partials;
  for (size_t i = 0; i < n_partials; ++i) {
    tone->weight[i] = 1.0 / pow((double)(i + 1), dull);
  }
}

/// Strike a tone, as no player does twice alike: pitch, force, phases
static void
tone_strike(Tone* const tone, CrowdRandom* const random, const double hz)
{
  const double pitch = hz * exp2(0.006 * crowd_normal(random));
  tone->force = crowd_uniform(random, 0.5, 1.0);
  for (size_t i = 0; i < tone->n_partials; ++i) {
    const double turn = 2.0 * FH_PI * pitch * (double)(i + 1) / RATE_HZ;
    const double phase = crowd_uniform(random, 0.0, 2.0 * FH_PI);
    tone->step_re[i] = cos(turn);
    tone->step_im[i] = sin(turn);
    tone->re[i] = cos(phase);
    tone->im[i] = sin(phase);
  }
}

/// The next frame
static double
tone_next(Tone* const tone)
{
  double sum = 0.0;
  for (size_t i = 0; i < tone->n_partials; ++i) {
    const double re = tone->re[i];
    const double im = tone->im[i];
    tone->re[i] = re * tone->step_re[i] - im * tone->step_im[i];
    tone->im[i] = im * tone->step_re[i] + re * tone->step_im[i];
    sum += tone->weight[i] * tone->im[i];
  }
  return tone->force * sum;
}

/// What is played in one eighth
typedef struct {
  double drums, hat, kick, kick_hz;
  double voice, voice_hz, vowel_hz;
} Notes;

/// The players go on to the next eighth
static void
next_notes(CrowdRandom* const random,
           const size_t eighth,
           Band* const band,
           Notes* const notes)
{
  static const double roots_hz[] = {55.0, 65.41, 73.42, 49.0};
  static const double melody[] = {3.0, 3.6, 4.0, 4.5, 4.8, 5.4, 6.0, 7.2};
  static const double ratios[2][3] = {{4.0, 5.0, 6.0}, {4.0, 4.8, 6.0}};
  const size_t beat = eighth / 2;
  const size_t bar = beat / 4;
  // A verse of eight bars has its own key: in a show no song is like the last
  const double key = exp2((double)(bar / 8 * 7 % 12) / 12.0 - 0.5);
  const double root = key * roots_hz[bar % 4];
  const double(*const chord) = ratios[bar / 2 % 2];
  for (size_t k = 0; k < 3; ++k) {
    tone_strike(&band->tone[k], random, root * chord[k]);
  }
  tone_strike(&band->tone[3], random, root);
  // Bars come and go: a break every eighth bar
  notes->drums = bar % 8 == 7 ? 0.15 : 1.0;
  notes->hat = crowd_uniform(random, 0.3, 1.0);
  if (eighth % 2 == 0) {
    notes->kick = crowd_uniform(random, 0.4, 1.0);
    notes->kick_hz = crowd_uniform(random, 40.0, 52.0);
    band->kick_phase = 0.0;
  }
  notes->voice = crowd_uniform(random, 0.0, 1.0) < 0.6
                   ? crowd_uniform(random, 0.5, 1.0)
                   : 0.0;
  notes->vowel_hz = crowd_uniform(random, 300.0, 1100.0);
  notes->voice_hz = root * melody[(size_t)crowd_uniform(random, 0.0, 7.99)] *
                    exp2(0.01 * crowd_normal(random));
}

/// One frame; times since the beat and the eighth began [s]
static double
play(Band* const band,
     const Notes* const notes,
     CrowdRandom* const random,
     const double in_beat,
     const double in_eighth,
     const bool on_snare)
{
  const double eighth_s = 30.0 / TEMPO;
  const double sweep_hz = notes->kick_hz + 120.0 * exp(-in_beat * 40.0);
  band->kick_phase += sweep_hz / RATE_HZ;
  double x = 0.9 * notes->drums * notes->kick * exp(-in_beat * 9.0) *
             sin(2.0 * FH_PI * band->kick_phase);
  const double hiss = noise(random);
  const double high = hiss - smooth(&band->hats, hiss, 6000.0);
  x += 0.14 * notes->drums * notes->hat * exp(-in_eighth * 28.0) * high;
  const double snare = hiss - smooth(&band->snare_band, hiss, 300.0);
  x += on_snare ? 0.3 * notes->drums * exp(-in_beat * 14.0) * snare : 0.0;
  const double pluck = 0.4 + 0.6 * exp(-in_eighth * 6.0);
  x += 0.35 * pluck * tone_next(&band->tone[3]);
  for (size_t k = 0; k < 3; ++k) {
    x += 0.12 * pluck * tone_next(&band->tone[k]);
  }
  // A voice: breathy noise through a resonance, in syllables
  const double syllable =
    notes->voice * sin(FH_PI * fmin(in_eighth / eighth_s, 1.0));
  band->glottis +=
    notes->voice_hz * (1.0 + 0.01 * sin(34.0 * in_eighth)) / RATE_HZ;
  band->glottis -= floor(band->glottis);
  const double buzz = 0.6 * hiss + (band->glottis < 0.12 ? 3.0 : 0.0);
  const double w = 2.0 * FH_PI * notes->vowel_hz / RATE_HZ;
  const double r = 0.985;
  const double resonance = (1.0 - r) * buzz +
                           2.0 * r * cos(w) * band->voice[0] -
                           r * r * band->voice[1];
  band->voice[1] = band->voice[0];
  band->voice[0] = resonance;
  return x +
         0.8 * syllable *
           (resonance + 0.05 * (hiss - smooth(&band->breath, hiss, 3000.0)));
}

FhStatus
fh_synthetic_music(const uint64_t seed, float* const out, const size_t n_frames)
{
  static const double level_db[LOOP_N_OCTAVES] = {
    -6.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0, -5.5, -10.0, -18.0};
  CrowdRandom random = crowd_random(seed, 7, 7);
  Band band = {0};
  Notes notes = {0};
  for (size_t k = 0; k < 3; ++k) {
    tone_init(&band.tone[k], N_PARTIALS, 0.9);
  }
  tone_init(&band.tone[3], 8, 1.5);
  const double eighth_s = 30.0 / TEMPO;
  size_t last = SIZE_MAX;
  for (size_t i = 0; i < n_frames; ++i) {
    const double t = (double)i / RATE_HZ;
    const size_t eighth = (size_t)(t / eighth_s);
    if (eighth != last) {
      last = eighth;
      next_notes(&random, eighth, &band, &notes);
    }
    const double in_beat = fmod(t, 2.0 * eighth_s);
    const double in_eighth = fmod(t, eighth_s);
    const double x =
      play(&band, &notes, &random, in_beat, in_eighth, eighth / 2 % 2);
    out[i] = (float)tanh(0.45 * x);
  }
  return loop_shape(out, n_frames, level_db, 0.1);
}
