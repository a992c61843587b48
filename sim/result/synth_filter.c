// SPDX-License-Identifier: GPL-3.0-or-later
#include "synth_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

FhStatus
sharp_init(Sharp* const sharp, const double rate_hz)
{
  memset(sharp, 0, sizeof(*sharp));
  sharp->rate_hz = rate_hz;
  sharp->signal = (double*)calloc(SHARP_FRAMES, sizeof(double));
  sharp->spectrum =
    (double complex*)calloc(SHARP_FRAMES / 2 + 1, sizeof(double complex));
  FhStatus status = sharp->signal && sharp->spectrum ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    status = fh_fft_new(SHARP_FRAMES, &sharp->fft);
  }
  if (status) {
    sharp_clear(sharp);
  }
  return status;
}

void
sharp_clear(Sharp* const sharp)
{
  fh_fft_free(sharp->fft);
  free(sharp->signal);
  free(sharp->spectrum);
  memset(sharp, 0, sizeof(*sharp));
}

// Natural logarithm of the magnitude at each bin
static void
log_magnitude(const Sharp* const sharp,
              const double power[FH_N_THIRDS],
              double complex* const out)
{
  static const double range = 1e-12; // 120 dB under the strongest band
  double most = 0.0;
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    most = fmax(most, power[i]);
  }
  double level[FH_N_THIRDS];
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    level[i] = 0.5 * log(fmax(power[i], range * most));
  }
  const double step = sharp->rate_hz / SHARP_FRAMES;
  for (size_t k = 0; k <= SHARP_FRAMES / 2; ++k) {
    const double hz = fmax((double)k, 0.5) * step;
    const double p = 10.0 * log10(hz / fh_third_hz(0));
    const double x = fmin(fmax(p, 0.0), (double)(FH_N_THIRDS - 1));
    const size_t i =
      x < (double)(FH_N_THIRDS - 2) ? (size_t)x : FH_N_THIRDS - 2;
    const double w = x - (double)i;
    out[k] = (1.0 - w) * level[i] + w * level[i + 1];
  }
}

void
sharp_add(Sharp* const sharp,
          const double power[FH_N_THIRDS],
          const double at_frame,
          double* const out,
          const size_t n_frames)
{
  double most = 0.0;
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    most = fmax(most, power[i]);
  }
  if (!(most > 0.0) || !isfinite(most) || !(at_frame >= 0.0) ||
      at_frame > (double)n_frames) {
    return;
  }
  log_magnitude(sharp, power, sharp->spectrum);
  fh_fft_inverse(sharp->fft, sharp->spectrum, sharp->signal);
  // Fold the cepstrum onto positive times
  for (size_t i = 1; i < SHARP_FRAMES / 2; ++i) {
    sharp->signal[i] *= 2.0;
    sharp->signal[SHARP_FRAMES - i] = 0.0;
  }
  fh_fft_forward(sharp->fft, sharp->signal, sharp->spectrum);
  const double whole = floor(at_frame);
  const double shift = at_frame - whole + (double)SHARP_LEAD;
  for (size_t k = 0; k <= SHARP_FRAMES / 2; ++k) {
    const double w = 2.0 * FH_PI * (double)k / SHARP_FRAMES;
    sharp->spectrum[k] = cexp(sharp->spectrum[k] - I * w * shift);
  }
  // The highest bin of a real signal is real
  sharp->spectrum[SHARP_FRAMES / 2] = creal(sharp->spectrum[SHARP_FRAMES / 2]);
  fh_fft_inverse(sharp->fft, sharp->spectrum, sharp->signal);
  const long first = (long)whole - SHARP_LEAD;
  for (long i = 0; i < SHARP_FRAMES; ++i) {
    if (first + i >= 0 && first + i < (long)n_frames) {
      out[first + i] += sharp->signal[i];
    }
  }
}

void
sharp_octaves(const float intensity[FH_N_OCTAVES],
              const double impedance,
              double power[FH_N_THIRDS])
{
  // Octaves as densities: a third of the octave each, straight in decibels
  float level_db[FH_N_OCTAVES];
  float third_db[FH_N_THIRDS];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    level_db[b] =
      (float)(10.0 * log10((double)intensity[b] * impedance + 1e-30));
  }
  fh_octaves_to_thirds(level_db, third_db);
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    power[i] = pow(10.0, 0.1 * (double)third_db[i]);
  }
}

double
bank_hz(const size_t band)
{
  return 1000.0 * pow(10.0, 0.3 * ((double)band - 4.0));
}

// How much of a frequency belongs above the edge over band `band`, 0 to 1
static double
above_edge(const size_t band, const double octaves)
{
  // Wide transitions ring least; but where the air ends a band early its
  // neighbour's longer decay must not leak in, and ringing is short up there
  const double width = band < 5 ? 0.5 : 0.12;
  const double x = (octaves - ((double)band + 0.5)) / width + 0.5;
  const double s = sin(0.5 * FH_PI * fmin(fmax(x, 0.0), 1.0));
  return s * s;
}

double
bank_weight(const size_t band, const double frequency_hz)
{
  const double octaves = log10(fmax(frequency_hz, 1e-3) / bank_hz(0)) / 0.3;
  // Nothing was traced below 31 Hz: the lowest band fades out in an octave
  const double low = sin(0.5 * FH_PI * fmin(fmax(octaves + 2.0, 0.0), 1.0));
  const double in = band > 0 ? above_edge(band - 1, octaves) : low * low;
  const double out = band + 1 < BANK_N_BANDS ? above_edge(band, octaves) : 0.0;
  // Edges lie apart: at most one of the two is between 0 and 1
  return in * (1.0 - out);
}
