// SPDX-License-Identifier: GPL-3.0-or-later

/*
  Bad and good responses for the tests: make_wav KIND FILE [RATE [CHANNELS]]
*/
#include <fh/audio.h>
#include <fh/sofa.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 1;

static double
noise(void)
{
  seed = seed * 1664525U + 1013904223U;
  return (double)seed / 2147483648.0 - 1.0;
}

// Direct sound at 10 ms, then noise that falls by 60 dB in 0.4 s
static double
decay(const double t)
{
  if (t < 0.01) {
    return 0.0;
  }
  const double u = t - 0.01;
  return (u < 1e-5 ? 0.8 : 0.1 * noise() * exp(-6.9078 * u / 0.4)) +
         1e-5 * noise();
}

static double
sample(const char* const kind,
       const size_t i,
       const size_t n,
       const double rate)
{
  const double t = (double)i / rate;
  if (!strcmp(kind, "silent")) {
    return 0.0;
  }
  if (!strcmp(kind, "dc")) {
    return 0.25;
  }
  if (!strcmp(kind, "noise")) {
    return 0.1 * noise();
  }
  if (!strcmp(kind, "reversed")) {
    return decay((double)(n - 1 - i) / rate);
  }
  if (!strcmp(kind, "clipped")) {
    return fmin(fmax(decay(t), -0.05), 0.05);
  }
  if (!strcmp(kind, "nan")) {
    return i == n / 2 ? (double)NAN : decay(t);
  }
  return decay(t);
}

static int
write_sofa(const char* const path, const FhAudio* const audio)
{
  double at[1][3] = {{1.0, 2.0, 3.0}};
  float* const ir =
    (float*)malloc(audio->n_frames * audio->n_channels * sizeof(float));
  if (!ir) {
    return 1;
  }
  for (size_t c = 0; c < audio->n_channels; ++c) {
    for (size_t i = 0; i < audio->n_frames; ++i) {
      ir[c * audio->n_frames + i] = audio->data[i * audio->n_channels + c];
    }
  }
  const FhSofa sofa = {.title = "test",
                       .n_measurements = 1,
                       .n_receivers = audio->n_channels,
                       .n_frames = audio->n_frames,
                       .rate_hz = audio->rate_hz,
                       .source = at,
                       .listener = at,
                       .ir = ir};
  const FhStatus status = fh_sofa_write(path, &sofa);
  free(ir);
  return status != FH_OK;
}

int
main(const int argc, char** const argv)
{
  if (argc < 3) {
    return 2;
  }
  const char* const kind = argv[1];
  const double rate = argc > 3 ? strtod(argv[3], NULL) : 48000.0;
  const size_t channels = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
  const size_t n = strcmp(kind, "one") ? (size_t)rate : 1;
  FhAudio audio;
  if (fh_audio_init(n, channels, rate, &audio)) {
    return 1;
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < channels; ++c) {
      audio.data[i * channels + c] = (float)sample(kind, i, n, rate);
    }
  }
  const char* const dot = strrchr(argv[2], '.');
  const int failed = dot && !strcmp(dot, ".sofa")
                       ? write_sofa(argv[2], &audio)
                       : fh_audio_write(argv[2], &audio, FH_AUDIO_FLOAT) != 0;
  fh_audio_clear(&audio);
  return failed;
}
