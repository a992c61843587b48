// SPDX-License-Identifier: GPL-3.0-or-later

/*
  The auto-EQ without a host: lift 1 kHz by hand and see what that does to
  sines. Nothing is measured here: a microphone would be the third input.
*/
#include <fh/live.h>

#include <math.h>
#include <stdio.h>

#define RATE_HZ 48000
#define BLOCK   256

/// Gain of the equaliser for a sine, once it has glided there [dB]
static double
gain_db(FhLive* const live,
        const FhLiveControls* const controls,
        const double frequency_hz)
{
  float in[BLOCK];
  float out[2][BLOCK];
  double sum_in = 0.0;
  double sum_out = 0.0;
  for (size_t block = 0; block < 400; ++block) {
    for (size_t i = 0; i < BLOCK; ++i) {
      const double t_s = (double)(block * BLOCK + i) / RATE_HZ;
      in[i] = (float)(0.1 * sin(6.283185307179586 * frequency_hz * t_s));
    }
    const float* const programme[2] = {in, in};
    const float* const microphones[FH_LIVE_MICS] = {NULL};
    float* const outputs[2] = {out[0], out[1]};
    fh_live_process(live, controls, programme, microphones, outputs, BLOCK);
    for (size_t i = 0; block >= 200 && i < BLOCK; ++i) {
      sum_in += (double)in[i] * (double)in[i];
      sum_out += (double)out[0][i] * (double)out[0][i];
    }
    if (fh_live_has_work(live)) {
      fh_live_work(live); // In a host: from another thread
    }
  }
  return 10.0 * log10(sum_out / sum_in);
}

int
main(void)
{
  FhLive* live = NULL;
  const FhStatus status = fh_live_new(RATE_HZ, &live);
  if (status) {
    fprintf(stderr, "equalise_sine: %s\n", fh_strerror(status));
    return 1;
  }
  FhLiveControls controls = fh_live_controls_default();
  controls.trim_on = true;
  controls.trim_db[17] = 6.0F; // The 18th third octave from 20 Hz: 1 kHz
  static const double frequency_hz[] = {100.0, 1000.0, 10000.0};
  for (size_t i = 0; i < 3; ++i) {
    printf("%6.0f Hz %+.2f dB\n",
           frequency_hz[i],
           gain_db(live, &controls, frequency_hz[i]));
  }
  fh_live_free(live);
  return 0;
}
