// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/audio.h>

#include <math.h>
#include <soxr.h>
#include <string.h>

static const double max_rate_hz = 1e7;

FhStatus
fh_audio_resample(const FhAudio* const in,
                  const double rate_hz,
                  FhAudio* const out)
{
  memset(out, 0, sizeof(*out));
  if (!(rate_hz >= 1.0) || !(rate_hz <= max_rate_hz) || !in->n_frames) {
    return FH_ERR_BAD_ARG;
  }
  const double n = ceil((double)in->n_frames * rate_hz / in->rate_hz);
  const FhStatus status =
    fh_audio_init((size_t)fmax(n, 1.0), in->n_channels, rate_hz, out);
  if (status) {
    return status;
  }
  if (rate_hz == in->rate_hz) {
    memcpy(out->data, in->data, sizeof(float) * in->n_frames * in->n_channels);
    return FH_OK;
  }
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
  const soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
  size_t done = 0;
  const soxr_error_t error = soxr_oneshot(in->rate_hz,
                                          rate_hz,
                                          (unsigned)in->n_channels,
                                          in->data,
                                          in->n_frames,
                                          NULL,
                                          out->data,
                                          out->n_frames,
                                          &done,
                                          NULL,
                                          &quality,
                                          &one_thread);
  if (error) {
    fh_audio_clear(out);
    return FH_ERR_NO_MEM;
  }
  return FH_OK; // What soxr did not fill (at most a frame) stays zero
}
