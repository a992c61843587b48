// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/audio.h>
#include <fh/bands.h>
#include <fh/ir_text.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static int
make_folder(void** state)
{
  (void)state;
  snprintf(folder, sizeof(folder), "/tmp/fh-test-audio-XXXXXX");
  return mkdtemp(folder) ? 0 : 1;
}

static int
remove_folder(void** state)
{
  (void)state;
  return rmdir(folder);
}

static void
path_of(const char* const name, char path[128])
{
  snprintf(path, 128, "%s/%s", folder, name);
}

static FhAudio
tone(const double rate_hz)
{
  FhAudio a;
  assert_int_equal(fh_audio_init(4800, 3, rate_hz, &a), FH_OK);
  for (size_t i = 0; i < a.n_frames; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const double w = 2.0 * FH_PI * 100.0 * (double)(c + 1) / rate_hz;
      a.data[i * 3 + c] = (float)(0.5 * sin(w * (double)i));
    }
  }
  return a;
}

// Floats come back bit by bit, 24 and 16 bit to a step
static void
test_what_is_written_is_read(void** state)
{
  (void)state;
  static const struct {
    const char* name;
    FhAudioEncoding encoding;
    double tolerance;
  } cases[] = {{"a.wav", FH_AUDIO_FLOAT, 0.0},
               {"a.rf64", FH_AUDIO_FLOAT, 0.0},
               {"a.aiff", FH_AUDIO_FLOAT, 0.0},
               {"a.flac", FH_AUDIO_FLOAT, 1.2e-7},
               {"a.wav", FH_AUDIO_PCM24, 1.2e-7},
               {"a.wav", FH_AUDIO_PCM16, 3.1e-5}};
  FhAudio out = tone(44100.0);
  for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); ++k) {
    char path[128];
    FhAudio in;
    path_of(cases[k].name, path);
    assert_int_equal(fh_audio_write(path, &out, cases[k].encoding), FH_OK);
    assert_int_equal(fh_audio_read(path, &in), FH_OK);
    assert_int_equal(in.n_frames, out.n_frames);
    assert_int_equal(in.n_channels, 3);
    CHECK_NEAR(in.rate_hz, 44100.0, 0.0);
    for (size_t i = 0; i < 3 * in.n_frames; ++i) {
      CHECK_NEAR(in.data[i], out.data[i], cases[k].tolerance);
    }
    fh_audio_clear(&in);
    remove(path);
  }
  fh_audio_clear(&out);
}

// The same sound makes the same bytes at any time of day
static void
test_files_are_reproducible(void** state)
{
  (void)state;
  char path[128];
  char* bytes[2];
  size_t size[2];
  FhAudio out = tone(48000.0);
  path_of("b.wav", path);
  for (size_t k = 0; k < 2; ++k) {
    assert_int_equal(fh_audio_write(path, &out, FH_AUDIO_FLOAT), FH_OK);
    FILE* const f = fopen(path, "rb");
    assert_non_null(f);
    bytes[k] = (char*)malloc(100000);
    assert_non_null(bytes[k]);
    size[k] = fread(bytes[k], 1, 100000, f);
    fclose(f);
    remove(path);
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(bytes[0], bytes[1], size[0]);
  free(bytes[0]);
  free(bytes[1]);
  fh_audio_clear(&out);
}

static void
test_bad_files_and_places(void** state)
{
  (void)state;
  FhAudio a;
  FhAudio out = tone(48000.0);
  assert_int_equal(fh_audio_read("/nowhere/a.wav", &a), FH_ERR_IO);
  assert_int_equal(fh_audio_write("/nowhere/a.wav", &out, FH_AUDIO_FLOAT),
                   FH_ERR_IO);
  assert_int_equal(fh_audio_write("a.mp4", &out, FH_AUDIO_FLOAT),
                   FH_ERR_UNSUPPORTED);
  fh_audio_clear(&out);
  assert_int_equal(fh_audio_write("a.wav", &out, FH_AUDIO_FLOAT),
                   FH_ERR_BAD_ARG);
  assert_int_equal(fh_audio_init(0, 1, 48000.0, &a), FH_ERR_BAD_ARG);
  assert_int_equal(fh_audio_init(10, 257, 48000.0, &a), FH_ERR_BAD_ARG);
  assert_int_equal(fh_audio_init(10, 1, (double)NAN, &a), FH_ERR_BAD_ARG);
  assert_int_equal(fh_audio_init(SIZE_MAX, 256, 48000.0, &a), FH_ERR_NO_MEM);
  assert_null(a.data);
}

// A tone stays the tone it was, in place and in height
static void
test_resampling_keeps_tones(void** state)
{
  (void)state;
  static const double rates_hz[] = {44100.0, 88200.0, 96000.0, 192000.0};
  FhAudio in = tone(48000.0);
  for (size_t k = 0; k < 4; ++k) {
    FhAudio out;
    assert_int_equal(fh_audio_resample(&in, rates_hz[k], &out), FH_OK);
    CHECK_NEAR((double)out.n_frames, 0.1 * rates_hz[k], 1.0);
    // The ends ring: 20 ms at both are left out
    for (size_t i = out.n_frames / 5; i < out.n_frames * 4 / 5; ++i) {
      const double w = 2.0 * FH_PI * 300.0 / rates_hz[k];
      CHECK_NEAR(out.data[i * 3 + 2], 0.5 * sin(w * (double)i), 1e-5);
    }
    fh_audio_clear(&out);
  }
  FhAudio out;
  assert_int_equal(fh_audio_resample(&in, 0.0, &out), FH_ERR_BAD_ARG);
  assert_int_equal(fh_audio_resample(&in, (double)NAN, &out), FH_ERR_BAD_ARG);
  fh_audio_clear(&in);
}

static void
put_text(const char* const path, const char* const text)
{
  FILE* const f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static void
test_text_responses(void** state)
{
  (void)state;
  char path[128];
  FhAudio in;
  FhAudio out = tone(96000.0);
  size_t line = 0;
  path_of("c.txt", path);
  assert_int_equal(fh_ir_text_write(path, &out, 1), FH_OK);
  assert_int_equal(fh_ir_text_read(path, 0.0, &line, &in), FH_OK);
  CHECK_NEAR(in.rate_hz, 96000.0, 0.0);
  assert_int_equal(in.n_frames, out.n_frames);
  for (size_t i = 0; i < in.n_frames; ++i) {
    CHECK_NEAR(in.data[i], out.data[i * 3 + 1], 0.0);
  }
  fh_audio_clear(&in);
  fh_audio_clear(&out);

  put_text(path, "# time, value\n0.0, 1\n0.001, 0.5\n0.002, -0.25\n");
  assert_int_equal(fh_ir_text_read(path, 0.0, &line, &in), FH_OK);
  CHECK_NEAR(in.rate_hz, 1000.0, 0.0);
  CHECK_NEAR(in.data[2], -0.25, 0.0);
  fh_audio_clear(&in);

  put_text(path, "1\n2\n3 4 5\n");
  assert_int_equal(fh_ir_text_read(path, 8000.0, &line, &in), FH_ERR_FORMAT);
  assert_int_equal(line, 3);
  put_text(path, "1\ninf\n");
  assert_int_equal(fh_ir_text_read(path, 8000.0, &line, &in),
                   FH_ERR_NOT_FINITE);
  assert_int_equal(line, 2);
  put_text(path, "* nothing\n");
  assert_int_equal(fh_ir_text_read(path, 8000.0, &line, &in), FH_ERR_NO_SIGNAL);
  put_text(path, "1\n2\n");
  assert_int_equal(fh_ir_text_read(path, 0.0, &line, &in), FH_ERR_NOT_FOUND);
  put_text(path, "0.5 1\n0.5 2\n");
  assert_int_equal(fh_ir_text_read(path, 0.0, &line, &in), FH_ERR_NOT_FOUND);
  remove(path);
  assert_int_equal(fh_ir_text_read(path, 0.0, &line, &in), FH_ERR_IO);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_written_is_read),
    cmocka_unit_test(test_files_are_reproducible),
    cmocka_unit_test(test_bad_files_and_places),
    cmocka_unit_test(test_resampling_keeps_tones),
    cmocka_unit_test(test_text_responses),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
