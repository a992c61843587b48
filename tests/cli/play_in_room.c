// SPDX-License-Identifier: GPL-3.0-or-later

/*
  What a recorder hears of a sound in a room of which the response is known:
  play_in_room SOUND RESPONSE RECORDING
*/
#include <fh/audio.h>
#include <fh/spectrum.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int
play(const FhAudio* const sound, const FhAudio* const response, FhAudio* out)
{
  double* const a = malloc(sound->n_frames * sizeof(double));
  double* const b = malloc(response->n_frames * sizeof(double));
  double* const sum = malloc(out->n_frames * sizeof(double));
  int rc = 1;
  if (a && b && sum) {
    fh_audio_channel(sound, 0, a);
    fh_audio_channel(response, 0, b);
    rc = (int)fh_convolve(a, sound->n_frames, b, response->n_frames, sum);
    double peak = 1e-12;
    for (size_t i = 0; i < out->n_frames; ++i) {
      peak = fmax(peak, fabs(sum[i]));
    }
    for (size_t i = 0; i < out->n_frames; ++i) {
      out->data[i] = (float)(0.5 * sum[i] / peak);
    }
  }
  free(a);
  free(b);
  free(sum);
  return rc;
}

int
main(int argc, char** argv)
{
  FhAudio sound = {0};
  FhAudio response = {0};
  FhAudio recording = {0};
  if (argc != 4 || fh_audio_read(argv[1], &sound) ||
      fh_audio_read(argv[2], &response) || sound.rate_hz != response.rate_hz ||
      fh_audio_init(
        sound.n_frames + response.n_frames - 1, 1, sound.rate_hz, &recording) ||
      play(&sound, &response, &recording) ||
      fh_audio_write(argv[3], &recording, FH_AUDIO_FLOAT)) {
    fprintf(stderr, "play_in_room: cannot\n");
    return 1;
  }
  fh_audio_clear(&recording);
  fh_audio_clear(&response);
  fh_audio_clear(&sound);
  return 0;
}
