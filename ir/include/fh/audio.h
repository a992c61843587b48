// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_AUDIO_H
#define FH_AUDIO_H

#include <fh/status.h>

#include <stddef.h>

/// Greatest number of channels a file may have here
#define FH_AUDIO_MAX_CHANNELS 256

/// Sound in memory
typedef struct {
  size_t n_frames;   ///< One frame is one sample on every channel
  size_t n_channels; ///< 0 when empty
  double rate_hz;    ///< Sample rate [Hz]
  float* data;       ///< [n_frames * n_channels] interleaved; owned
} FhAudio;

/// How the samples of a written file are stored
typedef enum {
  FH_AUDIO_FLOAT = 0, ///< 32 bit float; 24 bit where the format has no float
  FH_AUDIO_PCM16,     ///< 16 bit
  FH_AUDIO_PCM24,     ///< 24 bit
} FhAudioEncoding;

/**
   Make room for sound, all zero.

   @param[out] out Owned by the caller, to be freed with fh_audio_clear().
   @return #FH_ERR_BAD_ARG for no frames, no channels, more than
   #FH_AUDIO_MAX_CHANNELS or a rate that is not above zero, #FH_ERR_NO_MEM.
*/
FhStatus
fh_audio_init(size_t n_frames, size_t n_channels, double rate_hz, FhAudio* out);

/**
   Read a sound file: WAV, WAVEX, RF64, AIFF, FLAC and whatever else
   libsndfile reads. Integer samples become -1 to 1; nothing is normalised.

   @param[out] out Owned by the caller; zeroed on error.
   @return #FH_ERR_IO when the file cannot be opened, #FH_ERR_FORMAT when it is
   no sound file or ends early, #FH_ERR_NO_SIGNAL when it holds no frames,
   #FH_ERR_NOT_FINITE when a sample is NaN or infinite, #FH_ERR_LIMIT for too
   many channels, #FH_ERR_NO_MEM.
*/
FhStatus
fh_audio_read(const char* path, FhAudio* out);

/**
   Write a sound file under a temporary name, then rename it.

   The ending decides: `.wav` (RF64 above 4 GB), `.rf64`, `.aif(f)`, `.flac`.

   @return #FH_ERR_UNSUPPORTED for another ending, #FH_ERR_BAD_ARG for empty
   sound, #FH_ERR_IO.
*/
FhStatus
fh_audio_write(const char* path,
               const FhAudio* audio,
               FhAudioEncoding encoding);

/**
   Change the sample rate (soxr, very high quality, linear phase).

   @param[out] out Owned by the caller; `out` must not be `in`.
   @return #FH_ERR_BAD_ARG for a rate outside 1 Hz to 10 MHz, #FH_ERR_NO_MEM.
*/
FhStatus
fh_audio_resample(const FhAudio* in, double rate_hz, FhAudio* out);

/// Copy one channel [n_frames] out of the interleaved sound
void
fh_audio_channel(const FhAudio* audio, size_t channel, double* out);

/// Free the samples and zero the struct; does nothing to a zeroed one
void
fh_audio_clear(FhAudio* audio);

#endif // FH_AUDIO_H
