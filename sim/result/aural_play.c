// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/auralize.h>
#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 48000.0

// Mean square of a signal within the 8 octaves
static FhStatus
octaves_power(const double* const x, const size_t n, double* const out)
{
  const size_t n_fft = fh_fft_size(n);
  double* const padded = (double*)calloc(n_fft, sizeof(double));
  double complex* const spectrum =
    (double complex*)calloc(n_fft / 2 + 1, sizeof(double complex));
  FhFft* fft = NULL;
  FhStatus status =
    padded && spectrum ? fh_fft_new(n_fft, &fft) : FH_ERR_NO_MEM;
  *out = 0.0;
  if (!status) {
    memcpy(padded, x, n * sizeof(double));
    fh_fft_forward(fft, padded, spectrum);
    const double step = RATE_HZ / (double)n_fft;
    const double edge = pow(10.0, 0.15);
    for (size_t k = 1; k < n_fft / 2; ++k) {
      const double hz = (double)k * step;
      if (hz >= fh_octave_hz(0) / edge &&
          hz < fh_octave_hz(FH_N_OCTAVES - 1) * edge) {
        *out += 2.0 * creal(spectrum[k] * conj(spectrum[k]));
      }
    }
    *out /= (double)n_fft * (double)n;
  }
  fh_fft_free(fft);
  free(padded);
  free(spectrum);
  return status;
}

// One channel at the drive of pink noise with 1 in each octave
static FhStatus
make_drive(const FhAudio* const dry, double* const drive)
{
  for (size_t i = 0; i < dry->n_frames; ++i) {
    for (size_t c = 0; c < dry->n_channels; ++c) {
      drive[i] += (double)dry->data[i * dry->n_channels + c];
    }
  }
  double power = 0.0;
  const FhStatus status = octaves_power(drive, dry->n_frames, &power);
  if (status || !(power > 0.0)) {
    return status ? status : FH_ERR_NO_SIGNAL;
  }
  const double gain = sqrt(FH_N_OCTAVES / power);
  for (size_t i = 0; i < dry->n_frames; ++i) {
    drive[i] *= gain;
  }
  return FH_OK;
}

FhStatus
fh_aural_play(const FhAudio* const response,
              const FhAudio* const dry,
              FhAudio* const out)
{
  memset(out, 0, sizeof *out);
  if (response->rate_hz != RATE_HZ || dry->rate_hz != RATE_HZ ||
      !response->n_frames || !dry->n_frames) {
    return FH_ERR_BAD_ARG;
  }
  const size_t n_out = response->n_frames + dry->n_frames - 1;
  if (n_out > (size_t)1 << 27) {
    return FH_ERR_LIMIT;
  }
  double* const drive = (double*)calloc(dry->n_frames, sizeof(double));
  double* const ir = (double*)calloc(response->n_frames, sizeof(double));
  double* const wet = (double*)calloc(n_out, sizeof(double));
  FhStatus status = drive && ir && wet ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    status = make_drive(dry, drive);
  }
  if (!status) {
    status = fh_audio_init(n_out, response->n_channels, response->rate_hz, out);
  }
  for (size_t c = 0; c < response->n_channels && !status; ++c) {
    fh_audio_channel(response, c, ir);
    status = fh_convolve(drive, dry->n_frames, ir, response->n_frames, wet);
    for (size_t i = 0; i < n_out && !status; ++i) {
      out->data[i * response->n_channels + c] = (float)wet[i];
    }
  }
  free(drive);
  free(ir);
  free(wet);
  if (status) {
    fh_audio_clear(out);
  }
  return status;
}
