// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "csv.h"

#include <fh/analysis.h>
#include <fh/audio.h>
#include <fh/spatial.h>

static void
load(const char* const name, Csv* const csv)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", FULLHOUSE_REFERENCE_DATA, name);
  csv_read(path, csv);
  assert_true(csv->n_rows > 0);
}

static void
load_wav(const char* const name, FhAudio* const audio)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s.wav", FULLHOUSE_REFERENCE_DATA, name);
  assert_int_equal(fh_audio_read(path, audio), FH_OK);
}

static void
analyse(const char* const name, const size_t channel, FhAnalysis* const out)
{
  FhAudio audio;
  load_wav(name, &audio);
  double* const h = (double*)malloc(audio.n_frames * sizeof(double));
  assert_non_null(h);
  fh_audio_channel(&audio, channel, h);
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  assert_int_equal(fh_analyse(h, audio.n_frames, audio.rate_hz, &desc, out),
                   FH_OK);
  free(h);
  fh_audio_clear(&audio);
}

static const FhBandParameters*
band_of(const FhAnalysis* const a, const char* const name)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (!strcmp(fh_octave_name(b), name)) {
      return &a->parameters.band[b];
    }
  }
  return &a->parameters.broadband;
}

static double
value_of(const FhBandParameters* const p, const char* const name)
{
  if (!strcmp(name, "EDT")) {
    return p->edt_s;
  }
  if (!strcmp(name, "T20")) {
    return p->t20_s;
  }
  if (!strcmp(name, "T30")) {
    return p->t30_s;
  }
  if (!strcmp(name, "C50")) {
    return p->c50_db;
  }
  if (!strcmp(name, "C80")) {
    return p->c80_db;
  }
  if (!strcmp(name, "D50")) {
    return p->d50;
  }
  assert_string_equal(name, "Ts");
  return 1e3 * p->ts_s;
}

// Every value of every file, within the tolerance that the table states
static void
test_every_parameter_of_every_file(void** state)
{
  (void)state;
  Csv csv;
  load("ir_expected.csv", &csv);
  FhAnalysis a = {0};
  const char* file = "";
  size_t n_wrong = 0;
  for (size_t i = 0; i < csv.n_rows; ++i) {
    const char* const name = csv_text(&csv, i, "file");
    if (strcmp(file, name) != 0) {
      fh_analysis_clear(&a);
      analyse(name, (size_t)csv_number(&csv, i, "channel"), &a);
      file = name;
    }
    const char* const band = csv_text(&csv, i, "band_Hz");
    const char* const parameter = csv_text(&csv, i, "param");
    const double got = value_of(band_of(&a, band), parameter);
    const double expected = csv_number(&csv, i, "expected");
    const double tolerance = csv_number(&csv, i, "tol");
    if (!(fabs(got - expected) <= tolerance)) {
      print_error("%s %s %s: %g, expected %g +- %g\n",
                  name,
                  band,
                  parameter,
                  got,
                  expected,
                  tolerance);
      ++n_wrong;
    }
  }
  fh_analysis_clear(&a);
  csv_clear(&csv);
  assert_int_equal(n_wrong, 0);
}

// Knees within 0.75 to 1.15 of where decay and noise are equal, from 250 Hz up
static void
test_truncation_meets_the_noise(void** state)
{
  (void)state;
  Csv csv;
  load("ir_noise_floor.csv", &csv);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    FhAnalysis a;
    analyse(csv_text(&csv, i, "file"), 0, &a);
    const double knee = csv_number(&csv, i, "knee_s");
    for (size_t b = 2; b <= a.n_bands; ++b) {
      CHECK_NEAR(a.decay[b].knee_s / knee, 0.95, 0.2);
    }
    // Broadband: 96 000 samples of noise have a mean known to 0.02 dB
    CHECK_NEAR(fh_analysis_noise_db(&a, a.n_bands),
               csv_number(&csv, i, "floor_rms_dBFS"),
               0.2);
    CHECK_NEAR(a.onset.time_s, csv_number(&csv, i, "t0_s"), 2.0 / 48000.0);
    fh_analysis_clear(&a);
  }
  csv_clear(&csv);
}

// 38 dB of range are no ground for a T30
static void
test_t30_is_refused_where_the_range_is_missing(void** state)
{
  (void)state;
  FhAnalysis a;
  analyse("ir_exp_t08_pnr38", 0, &a);
  for (size_t b = 0; b <= a.n_bands; ++b) {
    const FhBandParameters* const p =
      b < a.n_bands ? &a.parameters.band[b] : &a.parameters.broadband;
    assert_true(isnan(p->t30_s));
    assert_int_equal(p->t30_reason, FH_REASON_RANGE);
  }
  fh_analysis_clear(&a);
}

static void
test_pulses_are_found_between_samples(void** state)
{
  (void)state;
  Csv csv;
  FhAudio audio;
  load("ir_delays_expected.csv", &csv);
  load_wav("ir_delays", &audio);
  double* const h = (double*)malloc(audio.n_frames * sizeof(double));
  assert_non_null(h);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    fh_audio_channel(&audio, (size_t)csv_number(&csv, i, "channel"), h);
    FhOnset onset;
    assert_int_equal(fh_onset(h, audio.n_frames, audio.rate_hz, &onset), FH_OK);
    CHECK_NEAR(
      onset.peak_s * audio.rate_hz, csv_number(&csv, i, "delay_samples"), 0.05);
    assert_int_equal(onset.inverted, csv_number(&csv, i, "polarity") < 0.0);
  }
  free(h);
  fh_audio_clear(&audio);
  csv_clear(&csv);
}

// STI within the table's tolerance; MTI and m within 0.02 and 0.03
static void
test_speech_transmission_of_the_files(void** state)
{
  (void)state;
  Csv csv;
  load("ir_sti_expected.csv", &csv);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    FhAnalysis a;
    float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
    FhSti sti;
    analyse(csv_text(&csv, i, "file"), 0, &a);
    assert_int_equal(fh_analysis_mtf(&a, m), FH_OK);
    assert_int_equal(fh_sti((const float(*)[14])m, NULL, NULL, &sti), FH_OK);
    CHECK_NEAR(
      sti.sti, csv_number(&csv, i, "STI"), csv_number(&csv, i, "tol_STI"));
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      char column[32];
      const char* const band = fh_octave_name(k + 1);
      snprintf(column, sizeof(column), "MTI_%s", band);
      CHECK_NEAR(sti.mti[k], csv_number(&csv, i, column), 0.02);
      for (size_t j = 0; j < FH_N_MODULATIONS; ++j) {
        snprintf(
          column, sizeof(column), "m_%s_%g", band, fh_sti_modulation_hz(j));
        CHECK_NEAR(m[k][j], csv_number(&csv, i, column), 0.03);
      }
    }
    fh_analysis_clear(&a);
  }
  csv_clear(&csv);
}

static void
test_lateral_energy_of_the_files(void** state)
{
  (void)state;
  Csv csv;
  load("ir_lateral_expected.csv", &csv);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    FhAudio audio;
    load_wav(csv_text(&csv, i, "file"), &audio);
    const size_t n = audio.n_frames;
    double* const h = (double*)malloc(2 * n * sizeof(double));
    assert_non_null(h);
    fh_audio_channel(&audio, 0, h);
    fh_audio_channel(&audio, 1, h + n);
    FhOnset onset;
    FhLateral got;
    assert_int_equal(fh_onset(h, n, audio.rate_hz, &onset), FH_OK);
    assert_int_equal(fh_lateral(h, h + n, n, audio.rate_hz, onset.frame, &got),
                     FH_OK);
    size_t b = FH_SPATIAL_BROADBAND;
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      b = strcmp(csv_text(&csv, i, "band_Hz"), fh_octave_name(k)) ? b : k;
    }
    CHECK_NEAR(
      got.lf[b], csv_number(&csv, i, "J_LF"), csv_number(&csv, i, "tol_LF"));
    CHECK_NEAR(
      got.lfc[b], csv_number(&csv, i, "J_LFC"), csv_number(&csv, i, "tol_LFC"));
    free(h);
    fh_audio_clear(&audio);
  }
  csv_clear(&csv);
}

// Built from T = 0.5 s and, 20 dB down, 2.5 s; 5 % is the JND of a time. No
// other file has two slopes in its broadband decay
static void
test_double_slope_is_told_apart(void** state)
{
  (void)state;
  FhAnalysis a;
  analyse("ir_double_slope", 0, &a);
  const FhDoubleSlope* const s = &a.decay[a.n_bands].slopes;
  assert_true(s->found);
  CHECK_NEAR(s->early_s, 0.5, 0.025);
  CHECK_NEAR(s->late_s, 2.5, 0.125);
  assert_true(a.parameters.broadband.curvature > 10.0);
  fh_analysis_clear(&a);
  static const char* const straight[] = {
    "ir_exp_t12", "ir_exp_t12_pnr50", "ir_exp_t08_pnr38"};
  for (size_t i = 0; i < 3; ++i) {
    analyse(straight[i], 0, &a);
    for (size_t b = 3; b <= a.n_bands; ++b) {
      assert_false(a.decay[b].slopes.found);
    }
    fh_analysis_clear(&a);
  }
}

// A pulse has no reverberation time, whatever its filters ring
static void
test_pulse_has_no_decay_time(void** state)
{
  (void)state;
  enum { N = 48000 };
  double* const h = (double*)calloc(N, sizeof(double));
  assert_non_null(h);
  h[1000] = 0.9;
  uint32_t seed = 1;
  for (size_t i = 0; i < N; ++i) {
    seed = seed * 1664525U + 1013904223U;
    h[i] += 1e-6 * ((double)seed / 2147483648.0 - 1.0);
  }
  for (unsigned per_octave = 1; per_octave <= 3; per_octave += 2) {
    const FhAnalysisDesc desc = {.bands_per_octave = per_octave};
    FhAnalysis a;
    assert_int_equal(fh_analyse(h, N, 48000.0, &desc, &a), FH_OK);
    for (size_t b = 0; b <= a.n_bands; ++b) {
      const FhBandParameters* const p =
        b < a.n_bands ? &a.parameters.band[b] : &a.parameters.broadband;
      assert_true(isnan(p->edt_s) && isnan(p->t20_s) && isnan(p->t30_s));
      assert_true(p->t30_reason != FH_REASON_NONE);
    }
    fh_analysis_clear(&a);
  }
  free(h);
}

// Two equal ears correlate fully, unrelated noise hardly
static void
test_interaural_correlation_of_noise(void** state)
{
  (void)state;
  enum { N = 48000 };
  double* const left = (double*)calloc(2 * N, sizeof(double));
  assert_non_null(left);
  double* const right = left + N;
  uint32_t seed = 1;
  for (size_t i = 480; i < N; ++i) {
    seed = seed * 1664525U + 1013904223U;
    left[i] = (double)seed / 2147483648.0 - 1.0;
    seed = seed * 1664525U + 1013904223U;
    right[i] = (double)seed / 2147483648.0 - 1.0;
  }
  FhIacc got;
  assert_int_equal(fh_iacc(left, right, N, 48000.0, 480, &got), FH_OK);
  for (size_t b = 4; b <= FH_SPATIAL_BROADBAND; ++b) {
    // B t of 80 ms at 1 kHz is 57: correlations of 0.13 by chance, the
    // greatest of some tens of independent lags
    assert_true(got.early[b] < 0.45);
    assert_true(got.late[b] < 0.15);
  }
  // The right ear half a millisecond later: found within 1 ms
  for (size_t i = 24; i < N; ++i) {
    right[i] = -left[i - 24];
  }
  assert_int_equal(fh_iacc(left, right, N, 48000.0, 480, &got), FH_OK);
  for (size_t b = 3; b <= FH_SPATIAL_BROADBAND; ++b) {
    assert_true(got.early[b] > 0.98);
    assert_true(got.all[b] > 0.98);
  }
  free(left);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_parameter_of_every_file),
    cmocka_unit_test(test_truncation_meets_the_noise),
    cmocka_unit_test(test_t30_is_refused_where_the_range_is_missing),
    cmocka_unit_test(test_pulses_are_found_between_samples),
    cmocka_unit_test(test_speech_transmission_of_the_files),
    cmocka_unit_test(test_lateral_energy_of_the_files),
    cmocka_unit_test(test_double_slope_is_told_apart),
    cmocka_unit_test(test_pulse_has_no_decay_time),
    cmocka_unit_test(test_interaural_correlation_of_noise),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
