// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/audio.h>
#include <fh/rehearse.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Write the music of our rehearsals as a user's file would be: stereo, 44.1
/// kHz
int
main(const int argc, char** const argv)
{
  if (argc != 3) {
    fprintf(stderr, "usage: make_music SECONDS FILE.wav\n");
    return 2;
  }
  const size_t n = (size_t)(48000.0 * atof(argv[1]));
  float* const mono = (float*)calloc(n, sizeof *mono);
  float* const data = (float*)calloc(2 * n, sizeof *data);
  FhStatus status =
    mono && data ? fh_synthetic_music(5, mono, n) : FH_ERR_NO_MEM;
  for (size_t i = 0; i < n && !status; ++i) {
    data[2 * i] = 0.8f * mono[i];
    data[2 * i + 1] = 1.2f * mono[i];
  }
  const FhAudio music = {
    .n_frames = n, .n_channels = 2, .rate_hz = 48000.0, .data = data};
  FhAudio other;
  memset(&other, 0, sizeof other);
  status = status ? status : fh_audio_resample(&music, 44100.0, &other);
  status = status ? status : fh_audio_write(argv[2], &other, FH_AUDIO_PCM24);
  fh_audio_clear(&other);
  free(mono);
  free(data);
  if (status) {
    fprintf(stderr, "make_music: %s\n", fh_strerror(status));
  }
  return status ? 1 : 0;
}
