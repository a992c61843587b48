// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "csv.h"

#include <fh/spectrum.h>
#include <fh/sweep.h>

#include <stdlib.h>

static double*
load_wav(const char* const name, size_t* const n, double* const rate_hz)
{
  char path[512];
  FhAudio audio;
  snprintf(path, sizeof(path), "%s/%s.wav", FULLHOUSE_REFERENCE_DATA, name);
  assert_int_equal(fh_audio_read(path, &audio), FH_OK);
  double* const h = (double*)malloc(audio.n_frames * sizeof(double));
  assert_non_null(h);
  fh_audio_channel(&audio, 0, h);
  *n = audio.n_frames;
  *rate_hz = audio.rate_hz;
  fh_audio_clear(&audio);
  return h;
}

static FhSweepDesc
reference_sweep(void)
{
  FhSweepDesc d = fh_sweep_desc_default();
  d.duration_s = 3.0;
  d.before_s = 0.0;
  d.after_s = 0.0;
  return d;
}

static FhDeconvolution
deconvolve_reference(void)
{
  const FhSweepDesc desc = reference_sweep();
  size_t n_sweep = 0;
  size_t n_recording = 0;
  double rate_hz = 0.0;
  double* const sweep = load_wav("sweep_ref", &n_sweep, &rate_hz);
  double* const recording = load_wav("sweep_rec", &n_recording, &rate_hz);
  FhDeconvolution d;
  assert_int_equal(fh_deconvolve(recording,
                                 n_recording,
                                 sweep,
                                 n_sweep,
                                 rate_hz,
                                 desc.from_hz,
                                 desc.to_hz,
                                 fh_sweep_rate_s(&desc),
                                 &d),
                   FH_OK);
  free(sweep);
  free(recording);
  return d;
}

// 32-bit floats hold the reference to 6e-8 of full scale
static void
test_sweep_is_the_reference(void** state)
{
  (void)state;
  const FhSweepDesc desc = reference_sweep();
  size_t n = 0;
  double rate_hz = 0.0;
  double* const expected = load_wav("sweep_ref", &n, &rate_hz);
  FhAudio got;
  assert_int_equal(fh_sweep_make(&desc, &got), FH_OK);
  assert_int_equal(got.n_frames, n);
  for (size_t i = 0; i < n; ++i) {
    CHECK_NEAR(got.data[i], expected[i], 2e-6);
  }
  fh_audio_clear(&got);
  free(expected);
}

// Level in a third octave of frames from 50 ms before the direct sound on
static double
third_level_db(const FhDeconvolution* const d, const double f_hz)
{
  enum { LEAD = 4800, BEFORE = 2400, LENGTH = 48000 };
  const size_t n = fh_fft_size(LENGTH);
  double* const h = (double*)calloc(n, sizeof(double));
  double complex* const s =
    (double complex*)malloc((n / 2 + 1) * sizeof(double complex));
  FhFft* fft = NULL;
  assert_true(h && s && !fh_fft_new(n, &fft));
  fh_deconvolution_copy(d, LEAD - BEFORE, LENGTH, h);
  fh_fft_forward(fft, h, s);
  double sum = 0.0;
  size_t count = 0;
  for (size_t k = 0; k <= n / 2; ++k) {
    const double f = (double)k * d->rate_hz / (double)n;
    if (f >= f_hz * pow(10.0, -0.05) && f < f_hz * pow(10.0, 0.05)) {
      sum += creal(s[k] * conj(s[k]));
      ++count;
    }
  }
  fh_fft_free(fft);
  free(h);
  free(s);
  return 10.0 * log10(sum / (double)count);
}

static void
test_response_comes_back_in_every_third_octave(void** state)
{
  (void)state;
  char path[512];
  Csv csv;
  FhDeconvolution d = deconvolve_reference();
  CHECK_NEAR(fh_deconvolution_peak(&d), 4800.0, 1.0);
  snprintf(path,
           sizeof(path),
           "%s/sweep_expected_third.csv",
           FULLHOUSE_REFERENCE_DATA);
  csv_read(path, &csv);
  assert_true(csv.n_rows > 20);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    CHECK_NEAR(third_level_db(&d, csv_number(&csv, i, "f_Hz")),
               csv_number(&csv, i, "L_expected_dB"),
               0.3);
  }
  csv_clear(&csv);
  fh_deconvolution_clear(&d);
}

// The known response band-limited by the same window, tap by tap within 3 %
static void
test_taps_have_their_heights(void** state)
{
  (void)state;
  FhDeconvolution d = deconvolve_reference();
  size_t n = 0;
  double rate_hz = 0.0;
  double* const expected = load_wav("sweep_ir_expected", &n, &rate_hz);
  static const double taps_ms[] = {0.0, 3.25, 7.5, 12.0, 21.5, 33.0};
  double got[1];
  // The cut above 20 kHz takes a pulse's height in this proportion; what is
  // left between two taps is the ringing of that cut
  double height = 0.0;
  fh_deconvolution_copy(&d, 4800, 1, got);
  height = got[0] / expected[0];
  CHECK_NEAR(height, 0.9, 0.07);
  for (size_t i = 0; i < sizeof(taps_ms) / sizeof(taps_ms[0]); ++i) {
    const size_t at = (size_t)lround(taps_ms[i] * 48.0);
    fh_deconvolution_copy(&d, 4800 + (long)at, 1, got);
    CHECK_NEAR(got[0], height * expected[at], 0.03 * fabs(expected[at]) + 5e-3);
  }
  free(expected);
  fh_deconvolution_clear(&d);
}

static void
test_harmonics_come_before_the_response(void** state)
{
  (void)state;
  char path[512];
  Csv csv;
  FhDeconvolution d = deconvolve_reference();
  snprintf(
    path, sizeof(path), "%s/sweep_harmonics.csv", FULLHOUSE_REFERENCE_DATA);
  csv_read(path, &csv);
  assert_int_equal(csv.n_rows, 2);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    FhHarmonic got;
    const unsigned order = (unsigned)csv_number(&csv, i, "n");
    assert_int_equal(fh_deconvolution_harmonic(&d, order, 400.0, 6000.0, &got),
                     FH_OK);
    CHECK_NEAR(got.lead_s * 48000.0, csv_number(&csv, i, "dt_samples"), 1.0);
    CHECK_NEAR(got.level_db, csv_number(&csv, i, "level_re_linear_dB"), 1.0);
  }
  csv_clear(&csv);
  fh_deconvolution_clear(&d);
}

// The band is found without being told, to a twelfth octave or so
static void
test_band_of_a_sweep_is_found(void** state)
{
  (void)state;
  size_t n_sweep = 0;
  size_t n = 0;
  double rate_hz = 0.0;
  double* const sweep = load_wav("sweep_ref", &n_sweep, &rate_hz);
  double* const recording = load_wav("sweep_rec", &n, &rate_hz);
  FhDeconvolution d;
  assert_int_equal(
    fh_deconvolve(recording, n, sweep, n_sweep, rate_hz, 0.0, 0.0, 0.0, &d),
    FH_OK);
  CHECK_NEAR(log2(d.from_hz / 20.0), 0.0, 0.25);
  CHECK_NEAR(log2(d.to_hz / 20000.0), 0.0, 0.15);
  CHECK_NEAR(fh_deconvolution_peak(&d), 4800.0, 1.0);
  fh_deconvolution_clear(&d);
  free(sweep);
  free(recording);
}

static void
test_inverse_filter_makes_a_pulse(void** state)
{
  (void)state;
  FhSweepDesc desc = reference_sweep();
  FhAudio sweep;
  FhAudio inverse;
  assert_int_equal(fh_sweep_make(&desc, &sweep), FH_OK);
  assert_int_equal(fh_sweep_inverse(&desc, &inverse), FH_OK);
  const size_t n = sweep.n_frames;
  double* const x = (double*)malloc(4 * n * sizeof(double));
  assert_non_null(x);
  double* const pulse = x + 2 * n;
  fh_audio_channel(&sweep, 0, x);
  fh_audio_channel(&inverse, 0, x + n);
  assert_int_equal(fh_convolve(x, n, x + n, n, pulse), FH_OK);
  size_t peak = 0;
  for (size_t i = 1; i < 2 * n - 1; ++i) {
    peak = fabs(pulse[i]) > fabs(pulse[peak]) ? i : peak;
  }
  assert_int_equal(peak, n - 1);
  CHECK_NEAR(pulse[peak], 1.0, 0.02); // Fades take a little
  free(x);
  fh_audio_clear(&sweep);
  fh_audio_clear(&inverse);
}

// Another sweep, noise or silence give no response to believe in
static void
test_recording_of_something_else_is_refused(void** state)
{
  (void)state;
  size_t n_sweep = 0;
  double rate_hz = 0.0;
  double* const sweep = load_wav("sweep_ref", &n_sweep, &rate_hz);
  FhSweepDesc other = reference_sweep();
  FhAudio audio;
  FhDeconvolution d;
  static const double durations_s[] = {2.0, 2.9, 3.1, 4.0};
  for (size_t i = 0; i < 4; ++i) {
    other.duration_s = durations_s[i];
    assert_int_equal(fh_sweep_make(&other, &audio), FH_OK);
    double* const x = (double*)malloc(audio.n_frames * sizeof(double));
    assert_non_null(x);
    fh_audio_channel(&audio, 0, x);
    assert_int_equal(
      fh_deconvolve(
        x, audio.n_frames, sweep, n_sweep, rate_hz, 20.0, 20000.0, 0.0, &d),
      FH_ERR_MISMATCH);
    assert_null(d.h);
    free(x);
    fh_audio_clear(&audio);
  }
  const size_t n = 96000;
  double* const y = (double*)malloc(n * sizeof(double));
  assert_non_null(y);
  uint32_t seed = 1;
  for (size_t i = 0; i < n; ++i) {
    seed = seed * 1664525U + 1013904223U;
    y[i] = (double)seed / 4294967296.0 - 0.5;
  }
  assert_int_equal(
    fh_deconvolve(y, n, sweep, n_sweep, rate_hz, 20.0, 20000.0, 0.0, &d),
    FH_ERR_MISMATCH);
  memset(y, 0, n * sizeof(double));
  assert_int_equal(
    fh_deconvolve(y, n, sweep, n_sweep, rate_hz, 20.0, 20000.0, 0.0, &d),
    FH_ERR_NO_SIGNAL);
  y[5] = NAN;
  assert_int_equal(
    fh_deconvolve(y, n, sweep, n_sweep, rate_hz, 20.0, 20000.0, 0.0, &d),
    FH_ERR_NOT_FINITE);
  free(y);
  free(sweep);
}

// Four repeats with noise, one with a bang: the bang is left out
static void
test_repeats_are_averaged_without_the_disturbed_one(void** state)
{
  (void)state;
  FhSweepDesc desc = reference_sweep();
  desc.duration_s = 0.5;
  desc.after_s = 0.1;
  desc.repeats = 4;
  FhAudio audio;
  assert_int_equal(fh_sweep_make(&desc, &audio), FH_OK);
  const size_t n = audio.n_frames;
  const size_t period = fh_sweep_period(&desc);
  double* const y = (double*)malloc((n + period) * sizeof(double));
  assert_non_null(y);
  fh_audio_channel(&audio, 0, y);
  uint32_t seed = 1;
  for (size_t i = 0; i < n; ++i) {
    seed = seed * 1664525U + 1013904223U;
    y[i] += 0.01 * ((double)seed / 4294967296.0 - 0.5);
  }
  for (size_t i = 0; i < 2000; ++i) {
    y[2 * period + 9000 + i] += 0.5;
  }
  FhRepeats got;
  assert_int_equal(fh_sweep_average(y, n, 0, period, 4, y + n, &got), FH_OK);
  assert_int_equal(got.n_used, 3);
  assert_int_equal(got.n_left_out, 1);
  CHECK_NEAR(got.drift_ppm, 0.0, 1.0);
  assert_true(fabs(y[n + 10000] - (double)audio.data[10000]) < 0.01);
  assert_int_equal(fh_sweep_average(y, n - 1, 0, period, 4, y + n, &got),
                   FH_ERR_BAD_ARG);
  free(y);
  fh_audio_clear(&audio);
}

// A recorder 200 ppm fast, found from repeats and from one sweep alone
static void
test_clock_drift_is_found(void** state)
{
  (void)state;
  FhSweepDesc desc = reference_sweep();
  desc.after_s = 0.2;
  desc.repeats = 2;
  FhAudio played;
  FhAudio fast;
  assert_int_equal(fh_sweep_make(&desc, &played), FH_OK);
  assert_int_equal(fh_audio_resample(&played, 48000.0 * 1.0002, &fast), FH_OK);
  const size_t period = fh_sweep_period(&desc);
  const size_t n = fast.n_frames;
  double* const y = (double*)malloc((n + 2 * period) * sizeof(double));
  assert_non_null(y);
  fh_audio_channel(&fast, 0, y);
  FhRepeats got;
  assert_int_equal(fh_sweep_average(y, n, 0, period, 2, y + n, &got), FH_OK);
  CHECK_NEAR(got.drift_ppm, 200.0, 5.0);
  double* const sweep = y + n + period;
  for (size_t i = 0; i < period; ++i) {
    sweep[i] = (double)played.data[i];
  }
  FhDeconvolution d;
  assert_int_equal(fh_deconvolve(y,
                                 period,
                                 sweep,
                                 fh_sweep_frames(&desc),
                                 48000.0,
                                 desc.from_hz,
                                 desc.to_hz,
                                 fh_sweep_rate_s(&desc),
                                 &d),
                   FH_OK);
  CHECK_NEAR(fh_deconvolution_drift_ppm(&d), 200.0, 20.0);
  fh_deconvolution_clear(&d);
  d = deconvolve_reference();
  CHECK_NEAR(fh_deconvolution_drift_ppm(&d), 0.0, 10.0);
  fh_deconvolution_clear(&d);
  free(y);
  fh_audio_clear(&played);
  fh_audio_clear(&fast);
}

static void
test_bad_sweeps_are_refused(void** state)
{
  (void)state;
  FhAudio audio;
  FhSweepDesc d = fh_sweep_desc_default();
  d.to_hz = 24000.0;
  assert_int_equal(fh_sweep_make(&d, &audio), FH_ERR_BAD_ARG);
  d = fh_sweep_desc_default();
  d.from_hz = 30000.0;
  assert_int_equal(fh_sweep_make(&d, &audio), FH_ERR_BAD_ARG);
  d = fh_sweep_desc_default();
  d.amplitude = NAN;
  assert_int_equal(fh_sweep_make(&d, &audio), FH_ERR_BAD_ARG);
  assert_null(audio.data);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sweep_is_the_reference),
    cmocka_unit_test(test_response_comes_back_in_every_third_octave),
    cmocka_unit_test(test_taps_have_their_heights),
    cmocka_unit_test(test_harmonics_come_before_the_response),
    cmocka_unit_test(test_band_of_a_sweep_is_found),
    cmocka_unit_test(test_inverse_filter_makes_a_pulse),
    cmocka_unit_test(test_recording_of_something_else_is_refused),
    cmocka_unit_test(test_repeats_are_averaged_without_the_disturbed_one),
    cmocka_unit_test(test_clock_drift_is_found),
    cmocka_unit_test(test_bad_sweeps_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
