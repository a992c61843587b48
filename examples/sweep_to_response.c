// SPDX-License-Identifier: GPL-3.0-or-later

/*
  Make a sweep, send it through a "room" of two echoes with a little distortion,
  and get its impulse response back, the distortion apart from it.

    sweep_to_response RESPONSE.wav
*/
#include <fh/sweep.h>

#include <stdio.h>
#include <stdlib.h>

// Direct sound, an echo 20 ms later, and 1 % of the square
static double
room(const FhAudio* const played, const size_t i)
{
  const size_t echo = (size_t)(0.02 * played->rate_hz);
  const double x = (double)played->data[i];
  const double late = i >= echo ? (double)played->data[i - echo] : 0.0;
  return 0.8 * x + 0.3 * late + 0.01 * x * x;
}

static FhStatus
deconvolve(const FhSweepDesc* const desc,
           const FhAudio* const played,
           const char* const path)
{
  const size_t n = played->n_frames;
  FhDeconvolution d = {0};
  FhAudio response = {0};
  double* const x = (double*)malloc(2 * n * sizeof(double));
  if (!x) {
    return FH_ERR_NO_MEM;
  }
  fh_audio_channel(played, 0, x);
  for (size_t i = 0; i < n; ++i) {
    x[n + i] = room(played, i);
  }
  FhStatus status = fh_deconvolve(x + n,
                                  n,
                                  x,
                                  fh_sweep_frames(desc),
                                  desc->rate_hz,
                                  desc->from_hz,
                                  desc->to_hz,
                                  fh_sweep_rate_s(desc),
                                  &d);
  if (!status) {
    FhHarmonic second;
    printf("peak at frame %.2f\n", fh_deconvolution_peak(&d));
    if (!fh_deconvolution_harmonic(&d, 2, 200.0, 8000.0, &second)) {
      printf("second harmonic %.1f dB\n", second.level_db);
    }
    fh_deconvolution_copy(&d, 0, n, x);
    status = fh_audio_init(n, 1, desc->rate_hz, &response);
  }
  for (size_t i = 0; i < n && !status; ++i) {
    response.data[i] = (float)x[i];
  }
  status = status ? status : fh_audio_write(path, &response, FH_AUDIO_FLOAT);
  fh_audio_clear(&response);
  fh_deconvolution_clear(&d);
  free(x);
  return status;
}

int
main(const int argc, char** const argv)
{
  if (argc != 2) {
    fputs("usage: sweep_to_response RESPONSE.wav\n", stderr);
    return 2;
  }
  FhSweepDesc desc = fh_sweep_desc_default();
  desc.duration_s = 2.0;
  desc.before_s = 0.0;
  desc.after_s = 0.5;
  FhAudio played;
  FhStatus status = fh_sweep_make(&desc, &played);
  if (!status) {
    status = deconvolve(&desc, &played, argv[1]);
    fh_audio_clear(&played);
  }
  if (status) {
    fprintf(stderr, "%s: %s\n", argv[1], fh_strerror(status));
  }
  return status ? 3 : 0;
}
