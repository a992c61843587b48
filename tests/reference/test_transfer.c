// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/audio.h>
#include <fh/transfer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 48000.0

/// One recording against the reference
typedef struct {
  const char* name;
  size_t delay_frames;
  FhAudio sound;
} Case;

static FhAudio reference;
static Case cases[] = {{"eq", 1537, {0}},
                       {"noise", 1537, {0}},
                       {"reverb", 1848, {0}}};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const char*
folder(void)
{
  const char* const from = getenv("FULLHOUSE_REFERENCE");
  return from && *from ? from : FULLHOUSE_REFERENCE_DIR;
}

static bool
load(const char* const name, FhAudio* const out)
{
  char path[1024];
  snprintf(path, sizeof(path), "%s/%s.wav", folder(), name);
  return fh_audio_read(path, out) == FH_OK;
}

static bool
load_all(void)
{
  bool ok = load("tf_x", &reference);
  for (size_t i = 0; ok && i < N_CASES; ++i) {
    char name[32];
    snprintf(name, sizeof(name), "tf_y_%s", cases[i].name);
    ok = load(name, &cases[i].sound);
  }
  return ok;
}

// The delay is exact to one frame
static void
test_delay_of_reference_signals(void** state)
{
  (void)state;
  for (size_t i = 0; i < N_CASES; ++i) {
    FhDelay delay;
    assert_int_equal(fh_delay_find(reference.data,
                                   cases[i].sound.data,
                                   reference.n_frames,
                                   RATE_HZ,
                                   0.5,
                                   &delay),
                     FH_OK);
    CHECK_NEAR(delay.frames, cases[i].delay_frames, 1.0);
    assert_false(delay.inverted);
    assert_true(delay.clearance > 10.0);
  }
}

/// One row of tf_expected.csv; NaN where empty
typedef struct {
  char name[16];
  double hz;
  double band_db;
  double coherence;
  double welch_coherence[2];
} Row;

static double
field(const char* const line, int n)
{
  const char* at = line;
  for (; n > 0; --n) {
    at = strchr(at, ',') + 1;
  }
  char* end = NULL;
  const double value = strtod(at, &end);
  return end == at ? (double)NAN : value;
}

static Row
read_row(const char* const line)
{
  Row row = {.hz = field(line, 2),
             .band_db = field(line, 5),
             .coherence = field(line, 7),
             .welch_coherence = {field(line, 9), field(line, 11)}};
  snprintf(row.name, sizeof(row.name), "%.*s", (int)strcspn(line, ","), line);
  return row;
}

// Tolerances as stated in the header of the file
static void
check_row(const Row* const row,
          const FhTransferBand* const band,
          const size_t which)
{
  if (!strcmp(row->name, "reverb")) {
    if (which == 1 && row->hz >= 100.0) {
      CHECK_NEAR(band->level_db, row->band_db, 1.5);
    }
    CHECK_NEAR(band->coherence, row->welch_coherence[which], 0.1);
    return;
  }
  if (row->hz >= 80.0 && row->coherence >= 0.5) {
    CHECK_NEAR(band->level_db, row->band_db, row->coherence < 0.9 ? 1.0 : 0.3);
  }
  CHECK_NEAR(band->coherence, row->coherence, 0.05);
}

static void
test_transfer_of_reference_signals(void** state)
{
  (void)state;
  static const size_t sizes[] = {16384, 65536};
  char path[1024];
  snprintf(path, sizeof(path), "%s/tf_expected.csv", folder());
  for (size_t i = 0; i < N_CASES; ++i) {
    for (size_t s = 0; s < 2; ++s) {
      FhTransfer transfer;
      double n_averages = 0.0;
      assert_int_equal(fh_transfer_init(sizes[s], RATE_HZ, &transfer), FH_OK);
      assert_int_equal(fh_transfer_measure(reference.data,
                                           cases[i].sound.data,
                                           reference.n_frames,
                                           (double)cases[i].delay_frames,
                                           &transfer,
                                           &n_averages),
                       FH_OK);
      FILE* const file = fopen(path, "r");
      assert_non_null(file);
      char line[512];
      size_t n_rows = 0;
      while (fgets(line, sizeof(line), file)) {
        const size_t n = strlen(cases[i].name);
        if (strncmp(line, cases[i].name, n) != 0 || line[n] != ',') {
          continue;
        }
        const Row row = read_row(line);
        FhTransferBand band;
        const double edge = pow(10.0, 0.05);
        assert_int_equal(
          fh_transfer_band(
            &transfer, row.hz / edge, row.hz * edge, n_averages, &band),
          FH_OK);
        check_row(&row, &band, s);
        ++n_rows;
      }
      fclose(file);
      assert_true(n_rows > 20);
      fh_transfer_clear(&transfer);
    }
  }
}

// |H1|^2 of noise alone is 1 / n of Gyy / Gxx; debiasing takes it off
static void
test_debias_removes_noise(void** state)
{
  (void)state;
  enum { N = 1 << 19 };
  float* const x = (float*)malloc(N * sizeof(float));
  float* const y = (float*)malloc(N * sizeof(float));
  assert_non_null(x);
  assert_non_null(y);
  uint32_t seed = 3;
  for (size_t i = 0; i < N; ++i) {
    seed = seed * 1664525U + 1013904223U;
    x[i] = (float)(seed >> 8) / 16777216.0F - 0.5F;
    seed = seed * 1664525U + 1013904223U;
    y[i] = 0.1F * x[i] + (float)(seed >> 8) / 16777216.0F - 0.5F;
  }
  FhTransfer transfer;
  FhTransferBand band;
  double n_averages = 0.0;
  assert_int_equal(fh_transfer_init(8192, RATE_HZ, &transfer), FH_OK);
  assert_int_equal(fh_transfer_measure(x, y, N, 0.0, &transfer, &n_averages),
                   FH_OK);
  // 127 frames; overlap costs 1/18
  CHECK_NEAR(n_averages, 120.3, 0.2);
  assert_int_equal(
    fh_transfer_band(&transfer, 1000.0, 16000.0, n_averages, &band), FH_OK);
  // 0.01 + 1 / 120: 2.6 dB too much; the rest is the sd of 2 560 bins
  CHECK_NEAR(band.level_db, 10.0 * log10(0.01 + 1.0 / n_averages), 0.2);
  CHECK_NEAR(band.debiased_db, -20.0, 0.3);
  CHECK_NEAR(band.coherence, 0.01 / 1.01, 0.005);
  fh_transfer_clear(&transfer);
  free(x);
  free(y);
}

static void
test_bad_arguments(void** state)
{
  (void)state;
  FhTransfer transfer;
  FhDelay delay;
  static const float silence[4096];
  assert_int_equal(fh_transfer_init(15, RATE_HZ, &transfer), FH_ERR_BAD_ARG);
  assert_int_equal(fh_transfer_init(64, NAN, &transfer), FH_ERR_BAD_ARG);
  assert_int_equal(fh_delay_find(silence, silence, 4096, RATE_HZ, 0.01, &delay),
                   FH_ERR_NO_SIGNAL);
  assert_int_equal(fh_delay_find(silence, silence, 4096, RATE_HZ, NAN, &delay),
                   FH_ERR_BAD_ARG);
  assert_int_equal(fh_delay_find(silence, silence, 4096, RATE_HZ, 1.0, &delay),
                   FH_ERR_NO_SIGNAL);
}

int
main(void)
{
  const struct CMUnitTest always[] = {
    cmocka_unit_test(test_debias_removes_noise),
    cmocka_unit_test(test_bad_arguments),
  };
  const struct CMUnitTest with_files[] = {
    cmocka_unit_test(test_delay_of_reference_signals),
    cmocka_unit_test(test_transfer_of_reference_signals),
  };
  const int failed = cmocka_run_group_tests(always, NULL, NULL);
  if (failed || !load_all()) {
    if (!failed) {
      print_message("Skipped: no tf_*.wav in %s\n", folder());
    }
    return failed ? failed : 77;
  }
  const int more = cmocka_run_group_tests(with_files, NULL, NULL);
  fh_audio_clear(&reference);
  for (size_t i = 0; i < N_CASES; ++i) {
    fh_audio_clear(&cases[i].sound);
  }
  return more;
}
