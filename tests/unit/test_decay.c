// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/analysis.h>
#include <fh/spectrum.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define N 48000

static double h[N];
static uint32_t seed;

static double
noise(void)
{
  seed = seed * 1664525U + 1013904223U;
  return (double)seed / 2147483648.0 - 1.0;
}

// From 10 ms on, with a floor this far below the start
static void
make_decay(const double t60_s, const double floor_db)
{
  seed = 1;
  for (size_t i = 0; i < N; ++i) {
    const double t = (double)i / 48000.0 - 0.01;
    h[i] = pow(10.0, floor_db / 20.0) * noise() +
           (t >= 0.0 ? noise() * exp(-6.907755 * t / t60_s) : 0.0);
  }
}

static FhStatus
analyse(const size_t n, FhAnalysis* const a)
{
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  return fh_analyse(h, n, 48000.0, &desc, a);
}

// The same decay with a floor 80, 60 and 50 dB down: T20 and T30 are those it
// has without, to the JND's half (and 5 % where the range is just enough)
static void
test_noise_floors_do_not_bias_the_decay(void** state)
{
  (void)state;
  static const double floors_db[] = {-80.0, -60.0, -50.0};
  static const double tolerance[] = {0.005, 0.025, 0.05};
  FhAnalysis clean;
  make_decay(0.5, -200.0);
  assert_int_equal(analyse(N, &clean), FH_OK);
  // Its own randomness: 0.88 sqrt(1.2 / (B T)), 1 % broadband (ISO 3382-2)
  CHECK_NEAR(clean.parameters.broadband.t30_s, 0.5, 0.01);
  for (size_t k = 0; k < 3; ++k) {
    FhAnalysis a;
    make_decay(0.5, floors_db[k]);
    assert_int_equal(analyse(N, &a), FH_OK);
    for (size_t b = 2; b < a.n_bands; ++b) {
      const FhBandParameters* const p = &a.parameters.band[b];
      const FhBandParameters* const q = &clean.parameters.band[b];
      CHECK_NEAR(p->t20_s / q->t20_s, 1.0, tolerance[k]);
      if (!p->t30_reason) {
        CHECK_NEAR(p->t30_s / q->t30_s, 1.0, tolerance[k]);
      }
    }
    fh_analysis_clear(&a);
  }
  fh_analysis_clear(&clean);
}

// Each range goes away as the floor comes up, and says so
static void
test_ranges_end_at_the_noise(void** state)
{
  (void)state;
  static const struct {
    double floor_db;
    bool t20, t30;
  } cases[] = {
    {-55.0, true, true}, {-40.0, true, false}, {-28.0, false, false}};
  for (size_t k = 0; k < 3; ++k) {
    FhAnalysis a;
    make_decay(0.4, cases[k].floor_db);
    assert_int_equal(analyse(N, &a), FH_OK);
    const FhBandParameters* const p = &a.parameters.broadband;
    assert_int_equal(isfinite(p->t20_s) != 0, cases[k].t20);
    assert_int_equal(isfinite(p->t30_s) != 0, cases[k].t30);
    assert_int_equal(p->t30_reason,
                     cases[k].t30 ? FH_REASON_NONE : FH_REASON_RANGE);
    CHECK_NEAR(p->range_db, -cases[k].floor_db, 3.0);
    fh_analysis_clear(&a);
  }
}

// A file that ends in the middle of the decay is too short, not too noisy
static void
test_early_end_is_told_from_noise(void** state)
{
  (void)state;
  FhAnalysis a;
  make_decay(2.0, -200.0);
  assert_int_equal(analyse(N * 7 / 10, &a), FH_OK); // 21 dB
  const FhBandParameters* const p = &a.parameters.broadband;
  assert_true(isnan(p->t30_s));
  assert_int_equal(p->t30_reason, FH_REASON_SHORT);
  CHECK_NEAR(p->edt_s, 2.0, 0.1);
  // What lies beyond the end is added from the slope
  CHECK_NEAR(p->c80_db, 10.0 * log10(expm1(0.08 * 13.81551 / 2.0)), 0.5);
  fh_analysis_clear(&a);
}

static void
test_digital_silence_is_no_noise_floor(void** state)
{
  (void)state;
  FhAnalysis a;
  make_decay(0.4, -200.0);
  memset(h + N / 2, 0, N / 2 * sizeof(double));
  assert_int_equal(analyse(N, &a), FH_OK);
  CHECK_NEAR(a.parameters.broadband.t30_s, 0.4, 0.01);
  assert_true(a.parameters.broadband.range_db > 60.0);
  fh_analysis_clear(&a);
}

// Bands above half the rate are missing and say why
static void
test_low_rates_lack_the_top_bands(void** state)
{
  (void)state;
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis a;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  make_decay(0.4, -60.0);
  assert_int_equal(fh_analyse(h, N, 16000.0, &desc, &a), FH_OK);
  assert_int_equal(a.parameters.band[7].t30_reason, FH_REASON_BAND);
  assert_true(isnan(a.parameters.band[7].c80_db));
  assert_int_equal(a.parameters.band[5].t30_reason, FH_REASON_NONE);
  assert_int_equal(fh_analysis_mtf(&a, m), FH_ERR_DECAY_RANGE);
  fh_analysis_clear(&a);
}

static void
test_signals_without_a_response_are_refused(void** state)
{
  (void)state;
  FhAnalysis a;
  memset(h, 0, sizeof(h));
  assert_int_equal(analyse(N, &a), FH_ERR_NO_SIGNAL);
  for (size_t i = 0; i < N; ++i) {
    h[i] = 0.3;
  }
  assert_int_equal(analyse(N, &a), FH_ERR_NO_SIGNAL);
  for (size_t i = 0; i < N; ++i) {
    h[i] = noise();
  }
  assert_int_equal(analyse(N, &a), FH_ERR_NO_SIGNAL);
  assert_int_equal(analyse(1, &a), FH_ERR_NO_SIGNAL);
  assert_int_equal(analyse(0, &a), FH_ERR_BAD_ARG);
  h[5] = (double)NAN;
  assert_int_equal(analyse(N, &a), FH_ERR_NOT_FINITE);
  make_decay(0.4, -60.0);
  for (size_t i = 0; i < N / 2; ++i) {
    const double swap = h[i];
    h[i] = h[N - 1 - i];
    h[N - 1 - i] = swap;
  }
  assert_int_equal(analyse(N, &a), FH_ERR_INVALID_DATA);
  assert_null(a.energies.energy);
}

static void
test_clipping_is_told_from_slow_tones(void** state)
{
  (void)state;
  for (size_t i = 0; i < N; ++i) {
    const double x = sin(2.0 * FH_PI * 20.0 * (double)i / 48000.0);
    h[i] = round(32767.0 * x) / 32768.0; // As 16 bits would have it
  }
  assert_int_equal(fh_count_clipped(h, N), 0);
  for (size_t i = 0; i < N; ++i) {
    const double x = 1.3 * sin(2.0 * FH_PI * 500.0 * (double)i / 48000.0);
    h[i] = fmin(fmax(x, -1.0), 1.0);
  }
  assert_true(fh_count_clipped(h, N) > 1000);
  memset(h, 0, sizeof(h));
  assert_int_equal(fh_count_clipped(h, N), 0);
}

static void
test_transforms_invert_each_other(void** state)
{
  (void)state;
  const size_t n = fh_fft_size(1001);
  assert_int_equal(n, 1024);
  assert_int_equal(fh_fft_size(1), 2);
  assert_int_equal(fh_fft_size(1025), 1080);
  FhFft* fft = NULL;
  FhFftFloat* fft_float = NULL;
  double complex s[513];
  float complex s_float[513];
  double back[1024];
  float x_float[1024];
  float back_float[1024];
  seed = 1;
  for (size_t i = 0; i < n; ++i) {
    h[i] = noise();
    x_float[i] = (float)h[i];
  }
  assert_int_equal(fh_fft_new(n, &fft), FH_OK);
  assert_int_equal(fh_fft_float_new(n, &fft_float), FH_OK);
  fh_fft_forward(fft, h, s);
  fh_fft_float_forward(fft_float, x_float, s_float);
  fh_fft_inverse(fft, s, back);
  fh_fft_float_inverse(fft_float, s_float, back_float);
  for (size_t i = 0; i < n; ++i) {
    CHECK_NEAR(back[i], h[i], 1e-14);
    CHECK_NEAR(back_float[i], h[i], 1e-6);
  }
  for (size_t k = 0; k <= n / 2; ++k) {
    CHECK_NEAR(cabs(s[k] - (double complex)s_float[k]), 0.0, 1e-4);
  }
  fh_fft_free(fft);
  fh_fft_float_free(fft_float);
  assert_int_equal(fh_fft_new(7, &fft), FH_ERR_BAD_ARG);
  assert_null(fft);
  fh_fft_free(NULL);
  fh_fft_float_free(NULL);
}

static void
test_convolution_by_hand(void** state)
{
  (void)state;
  const double a[3] = {1.0, 2.0, 3.0};
  const double b[2] = {1.0, -1.0};
  const double expected[4] = {1.0, 1.0, 1.0, -3.0};
  double got[4];
  assert_int_equal(fh_convolve(a, 3, b, 2, got), FH_OK);
  for (size_t i = 0; i < 4; ++i) {
    CHECK_NEAR(got[i], expected[i], 1e-14);
  }
  assert_int_equal(fh_convolve(a, 0, b, 2, got), FH_ERR_BAD_ARG);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_noise_floors_do_not_bias_the_decay),
    cmocka_unit_test(test_ranges_end_at_the_noise),
    cmocka_unit_test(test_early_end_is_told_from_noise),
    cmocka_unit_test(test_digital_silence_is_no_noise_floor),
    cmocka_unit_test(test_low_rates_lack_the_top_bands),
    cmocka_unit_test(test_signals_without_a_response_are_refused),
    cmocka_unit_test(test_clipping_is_told_from_slow_tones),
    cmocka_unit_test(test_transforms_invert_each_other),
    cmocka_unit_test(test_convolution_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
