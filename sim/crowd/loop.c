// SPDX-License-Identifier: GPL-3.0-or-later
#include "loop.h"

#include "generate.h"

#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#define RATE_HZ 48000.0
/// Steps to the levels: the filter of one octave reaches into its neighbours
#define N_STEPS 4u
/// Most that the filter raises or lowers [dB]
#define MAX_GAIN_DB 30.0

/// Octaves above 31.5 Hz
static double
octaves_of_bin(const size_t bin, const size_t n_frames)
{
  const double hz = (double)bin * RATE_HZ / (double)n_frames;
  return log2(fmax(hz, 1.0) / 31.25);
}

/// Straight between the midbands, level beyond the outer ones
static double
gain_at(const double gain_db[LOOP_N_OCTAVES], const double octaves)
{
  const double x = fmin(fmax(octaves, 0.0), (double)(LOOP_N_OCTAVES - 1));
  const size_t o =
    x < (double)(LOOP_N_OCTAVES - 1) ? (size_t)x : LOOP_N_OCTAVES - 2;
  return gain_db[o] + (x - (double)o) * (gain_db[o + 1] - gain_db[o]);
}

/// Find the gains that give the levels
static void
find_gains(const float complex* const spectrum,
           const size_t n_frames,
           const double level_db[LOOP_N_OCTAVES],
           double gain_db[LOOP_N_OCTAVES])
{
  for (size_t o = 0; o < LOOP_N_OCTAVES; ++o) {
    gain_db[o] = 0.0;
  }
  for (size_t step = 0; step < N_STEPS; ++step) {
    double power[LOOP_N_OCTAVES] = {0.0};
    for (size_t i = 1; i < n_frames / 2; ++i) {
      const double octaves = octaves_of_bin(i, n_frames);
      const double o = floor(octaves + 0.5);
      if (o >= 0.0 && o < (double)LOOP_N_OCTAVES) {
        const double re = (double)crealf(spectrum[i]);
        const double im = (double)cimagf(spectrum[i]);
        power[(size_t)o] +=
          (re * re + im * im) * pow(10.0, 0.1 * gain_at(gain_db, octaves));
      }
    }
    // Against 1 kHz, which stays as it is
    const double zero = 10.0 * log10(power[5] + 1e-30) - level_db[5];
    for (size_t o = 0; o < LOOP_N_OCTAVES; ++o) {
      const double off = level_db[o] + zero - 10.0 * log10(power[o] + 1e-30);
      gain_db[o] = fmin(fmax(gain_db[o] + off, -MAX_GAIN_DB), MAX_GAIN_DB);
    }
  }
}

static void
scale_to_rms(float* const x, const size_t n, const double rms)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i] * (double)x[i];
  }
  const float gain = (float)(rms * sqrt((double)n / fmax(sum, 1e-30)));
  for (size_t i = 0; i < n; ++i) {
    x[i] *= gain;
  }
}

FhStatus
loop_shape(float* const loop,
           const size_t n_frames,
           const double level_db[LOOP_N_OCTAVES],
           const double rms)
{
  FhFftFloat* fft = NULL;
  float complex* const spectrum =
    (float complex*)calloc(n_frames / 2 + 1, sizeof(float complex));
  const FhStatus status =
    spectrum ? fh_fft_float_new(n_frames, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    double gain_db[LOOP_N_OCTAVES];
    fh_fft_float_forward(fft, loop, spectrum);
    find_gains(spectrum, n_frames, level_db, gain_db);
    for (size_t i = 0; i <= n_frames / 2; ++i) {
      const double db = gain_at(gain_db, octaves_of_bin(i, n_frames));
      spectrum[i] *= (float)pow(10.0, 0.05 * db);
    }
    spectrum[0] = 0.0f;
    fh_fft_float_inverse(fft, spectrum, loop);
    scale_to_rms(loop, n_frames, rms);
  }
  fh_fft_float_free(fft);
  free(spectrum);
  return status;
}

FhStatus
loop_voices(const uint64_t seed, float* const out, const size_t n_frames)
{
  // Below 250 Hz the fundamental of voices ends; 16 kHz goes on as 8 kHz does
  static const double loud_db[LOOP_N_OCTAVES] = {
    -40.0, -30.0, -13.0, -6.6, -0.3, 0.0, -4.8, -10.7, -21.8, -33.0};
  CrowdRandom random = crowd_random(seed, 13, 13);
  for (size_t i = 0; i < n_frames; ++i) {
    out[i] = (float)crowd_normal(&random);
  }
  return loop_shape(out, n_frames, loud_db, 1.0);
}
