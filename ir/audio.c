// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/audio.h>

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// A WAV file's sizes are 32 bit; leave room for its headers
static const double wav_max_bytes = 4.2e9;

FhStatus
fh_audio_init(const size_t n_frames,
              const size_t n_channels,
              const double rate_hz,
              FhAudio* const out)
{
  memset(out, 0, sizeof(*out));
  if (!n_frames || !n_channels || n_channels > FH_AUDIO_MAX_CHANNELS ||
      !(rate_hz > 0.0)) {
    return FH_ERR_BAD_ARG;
  }
  if (n_frames > SIZE_MAX / n_channels / sizeof(float)) {
    return FH_ERR_NO_MEM;
  }
  out->data = (float*)calloc(n_frames * n_channels, sizeof(float));
  if (!out->data) {
    return FH_ERR_NO_MEM;
  }
  out->n_frames = n_frames;
  out->n_channels = n_channels;
  out->rate_hz = rate_hz;
  return FH_OK;
}

void
fh_audio_clear(FhAudio* const audio)
{
  free(audio->data);
  memset(audio, 0, sizeof(*audio));
}

void
fh_audio_channel(const FhAudio* const audio,
                 const size_t channel,
                 double* const out)
{
  for (size_t i = 0; i < audio->n_frames; ++i) {
    out[i] = (double)audio->data[i * audio->n_channels + channel];
  }
}

/*
  Does the file hold less than its header says? libsndfile reads on in silence
  but notes "data : 192000 (should be 99920)". Sizes of 0 and of 2 GB and more
  are what programs write that do not know the length beforehand.
*/
static bool
is_cut_short(SNDFILE* const file)
{
  char log[8192] = {0};
  sf_command(file, SFC_GET_LOG_INFO, log, sizeof(log) - 1);
  const char* line = log;
  while (line) {
    const char* const name = line + strspn(line, " ");
    const bool samples = !strncmp(name, "data", 4) || !strncmp(name, "SSND", 4);
    const size_t length = strcspn(line, "\n");
    const char* const should = strstr(line, "(should be");
    const char* const colon = strchr(line, ':');
    if (samples && should && colon && should < line + length) {
      const double size = strtod(colon + 1, NULL);
      return size > 0.0 && size < 2147483647.0;
    }
    line = line[length] ? line + length + 1 : NULL;
  }
  return false;
}

static FhStatus
read_frames(SNDFILE* const file, const SF_INFO* const info, FhAudio* const out)
{
  if (info->channels > FH_AUDIO_MAX_CHANNELS) {
    return FH_ERR_LIMIT;
  }
  if (info->frames <= 0) {
    return FH_ERR_NO_SIGNAL;
  }
  if (is_cut_short(file)) {
    return FH_ERR_FORMAT;
  }
  const FhStatus status = fh_audio_init((size_t)info->frames,
                                        (size_t)info->channels,
                                        (double)info->samplerate,
                                        out);
  if (status) {
    return status == FH_ERR_BAD_ARG ? FH_ERR_FORMAT : status;
  }
  if (sf_readf_float(file, out->data, info->frames) != info->frames) {
    return FH_ERR_FORMAT;
  }
  for (size_t i = 0; i < out->n_frames * out->n_channels; ++i) {
    if (!isfinite(out->data[i])) {
      return FH_ERR_NOT_FINITE;
    }
  }
  return FH_OK;
}

FhStatus
fh_audio_read(const char* const path, FhAudio* const out)
{
  memset(out, 0, sizeof(*out));
  FILE* const probe = fopen(path, "rb");
  if (!probe) {
    return FH_ERR_IO;
  }
  const int first = fgetc(probe);
  fclose(probe);
  if (first == EOF) {
    return FH_ERR_NO_SIGNAL;
  }
  SF_INFO info = {0};
  SNDFILE* const file = sf_open(path, SFM_READ, &info);
  if (!file) {
    return FH_ERR_FORMAT;
  }
  const FhStatus status = read_frames(file, &info, out);
  sf_close(file);
  if (status) {
    fh_audio_clear(out);
  }
  return status;
}

static int
container(const char* const path, const double n_bytes)
{
  const char* const dot = strrchr(path, '.');
  if (!dot) {
    return 0;
  }
  if (!strcasecmp(dot, ".wav")) {
    return n_bytes > wav_max_bytes ? SF_FORMAT_RF64 : SF_FORMAT_WAV;
  }
  if (!strcasecmp(dot, ".rf64")) {
    return SF_FORMAT_RF64;
  }
  if (!strcasecmp(dot, ".aif") || !strcasecmp(dot, ".aiff")) {
    return SF_FORMAT_AIFF;
  }
  return strcasecmp(dot, ".flac") ? 0 : SF_FORMAT_FLAC;
}

static int
subtype(const int major, const FhAudioEncoding encoding)
{
  if (encoding == FH_AUDIO_PCM16) {
    return SF_FORMAT_PCM_16;
  }
  return encoding == FH_AUDIO_FLOAT && major != SF_FORMAT_FLAC
           ? SF_FORMAT_FLOAT
           : SF_FORMAT_PCM_24;
}

static FhStatus
write_frames(const char* const path,
             const FhAudio* const audio,
             const int format)
{
  SF_INFO info = {0};
  info.samplerate = (int)lround(audio->rate_hz);
  info.channels = (int)audio->n_channels;
  info.format = format;
  SNDFILE* const file = sf_open(path, SFM_WRITE, &info);
  if (!file) {
    return errno == ENOENT || errno == EACCES || errno == ENOSPC
             ? FH_ERR_IO
             : FH_ERR_UNSUPPORTED;
  }
  sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
  // The peak chunk holds the time of day: the same sound, the same bytes
  sf_command(file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
  const sf_count_t n = (sf_count_t)audio->n_frames;
  const bool written = sf_writef_float(file, audio->data, n) == n;
  return sf_close(file) || !written ? FH_ERR_IO : FH_OK;
}

FhStatus
fh_audio_write(const char* const path,
               const FhAudio* const audio,
               const FhAudioEncoding encoding)
{
  if (!audio->n_frames || !audio->n_channels) {
    return FH_ERR_BAD_ARG;
  }
  const int major =
    container(path, 4.0 * (double)audio->n_frames * (double)audio->n_channels);
  if (!major) {
    return FH_ERR_UNSUPPORTED;
  }
  const size_t size = strlen(path) + sizeof(".part");
  char* const temporary = (char*)malloc(size);
  if (!temporary) {
    return FH_ERR_NO_MEM;
  }
  snprintf(temporary, size, "%s.part", path);
  FhStatus status =
    write_frames(temporary, audio, major | subtype(major, encoding));
  if (!status && rename(temporary, path)) {
    status = FH_ERR_IO;
  }
  if (status) {
    remove(temporary);
  }
  free(temporary);
  return status;
}
