// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "csv.h"

#include <fh/bands.h>
#include <fh/decay.h>
#include <fh/filter.h>

#include <stdlib.h>

static void
load(const char* const name, Csv* const csv)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", FULLHOUSE_REFERENCE_DATA, name);
  csv_read(path, csv);
  assert_true(csv->n_rows > 0);
}

static FhBiquadType
type_of(const char* const name)
{
  static const char* const names[] = {"peak",
                                      "lowshelf",
                                      "highshelf",
                                      "lowpass",
                                      "highpass",
                                      "bandpass",
                                      "notch",
                                      "allpass"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
    if (!strcmp(name, names[i])) {
      return (FhBiquadType)i;
    }
  }
  fail_msg("no type %s", name);
  return FH_BIQUAD_PEAK;
}

static void
test_biquads_are_the_cookbook_s(void** state)
{
  (void)state;
  Csv csv;
  load("biquad_rbj.csv", &csv);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    FhBiquad s;
    assert_int_equal(fh_biquad_design(type_of(csv_text(&csv, i, "type")),
                                      csv_number(&csv, i, "f0_Hz"),
                                      csv_number(&csv, i, "Q"),
                                      csv_number(&csv, i, "gain_dB"),
                                      csv_number(&csv, i, "fs"),
                                      &s),
                     FH_OK);
    // The table has nine digits
    CHECK_NEAR(s.b0, csv_number(&csv, i, "b0"), 6e-9);
    CHECK_NEAR(s.b1, csv_number(&csv, i, "b1"), 6e-9);
    CHECK_NEAR(s.b2, csv_number(&csv, i, "b2"), 6e-9);
    CHECK_NEAR(s.a1, csv_number(&csv, i, "a1"), 6e-9);
    CHECK_NEAR(s.a2, csv_number(&csv, i, "a2"), 6e-9);
  }
  csv_clear(&csv);
}

static void
test_biquads_respond_as_the_table(void** state)
{
  (void)state;
  Csv csv;
  load("biquad_rbj_response.csv", &csv);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    const double expected = csv_number(&csv, i, "mag_dB");
    FhBiquad s;
    if (!(expected > -80.0)) {
      continue;
    }
    assert_int_equal(fh_biquad_design(type_of(csv_text(&csv, i, "type")),
                                      csv_number(&csv, i, "f0_Hz"),
                                      csv_number(&csv, i, "Q"),
                                      csv_number(&csv, i, "gain_dB"),
                                      48000.0,
                                      &s),
                     FH_OK);
    const double complex h =
      fh_biquad_response(&s, 1, csv_number(&csv, i, "f_Hz"), 48000.0);
    CHECK_NEAR(20.0 * log10(cabs(h)), expected, 1e-4);
    CHECK_NEAR(carg(h) * 180.0 / FH_PI, csv_number(&csv, i, "phase_deg"), 1e-3);
  }
  csv_clear(&csv);
}

// Attenuation [dB] re the midband of the filter that fh_energies() runs
static double
attenuation_db(const unsigned per_octave,
               const double midband_hz,
               const double rate_hz,
               const double frequency_hz)
{
  FhBiquad s[FH_BAND_FILTER_SECTIONS];
  assert_int_equal(fh_band_filter(per_octave, midband_hz, rate_hz, s), FH_OK);
  const size_t n = FH_BAND_FILTER_SECTIONS;
  return 20.0 * log10(cabs(fh_biquad_response(s, n, midband_hz, rate_hz)) /
                      cabs(fh_biquad_response(s, n, frequency_hz, rate_hz)));
}

static void
check_mask(const Csv* const csv, const double rate_hz)
{
  for (size_t i = 0; i < csv->n_rows; ++i) {
    if (csv_number(csv, i, "class") != 1.0) {
      continue;
    }
    const unsigned per_octave = (unsigned)csv_number(csv, i, "b");
    const size_t n = per_octave == 1 ? FH_N_OCTAVES : FH_N_THIRDS;
    const double omega = csv_number(csv, i, "omega");
    for (size_t b = 0; b < n; ++b) {
      const double mid = per_octave == 1 ? fh_octave_hz(b) : fh_third_hz(b);
      if (mid * omega >= 0.5 * rate_hz) {
        continue; // Nothing passes there
      }
      const double got = attenuation_db(per_octave, mid, rate_hz, mid * omega);
      const double least = csv_number(csv, i, "min_dB");
      const double most = csv_number(csv, i, "max_dB");
      // 1e-9: on the mask itself rounding decides
      if (!(got >= least - 1e-9) || !(got <= most + 1e-9)) {
        fail_msg("1/%u octave %g Hz at %g: %g dB, mask %g to %g",
                 per_octave,
                 mid,
                 omega,
                 got,
                 least,
                 most);
      }
    }
  }
}

// All rates that are filtered: those below 80 kHz are doubled before
static void
test_band_filters_are_class_1(void** state)
{
  (void)state;
  static const double rates_hz[] = {88200.0, 96000.0, 176400.0, 192000.0};
  Csv points;
  Csv breakpoints;
  load("filter_mask_points.csv", &points);
  load("filter_mask_iec61260.csv", &breakpoints);
  for (size_t i = 0; i < 4; ++i) {
    check_mask(&points, rates_hz[i]);
    check_mask(&breakpoints, rates_hz[i]);
  }
  csv_clear(&points);
  csv_clear(&breakpoints);
}

// A filter half as steep must fail, or the mask checks nothing
static void
test_mask_finds_a_bad_filter(void** state)
{
  (void)state;
  Csv points;
  load("filter_mask_points.csv", &points);
  FhBiquad s[2];
  size_t n_outside = 0;
  assert_int_equal(
    fh_butterworth_band_pass(
      2, 1000.0 * pow(10.0, -0.15), 1000.0 * pow(10.0, 0.15), 96000.0, s),
    FH_OK);
  for (size_t i = 0; i < points.n_rows; ++i) {
    const double f = 1000.0 * csv_number(&points, i, "omega");
    if (csv_number(&points, i, "class") == 1.0 &&
        csv_number(&points, i, "b") == 1.0 && f < 48000.0) {
      const double got =
        -20.0 * log10(cabs(fh_biquad_response(s, 2, f, 96000.0)));
      n_outside += got < csv_number(&points, i, "min_dB");
    }
  }
  assert_true(n_outside > 0);
  csv_clear(&points);
}

static FhBandParameters
parameters_at_63_hz(const double* const h, const size_t n, const double rate_hz)
{
  const FhEnergiesDesc desc = {.bands_per_octave = 1};
  FhEnergies e;
  FhBandParameters p;
  assert_int_equal(fh_energies(h, n, rate_hz, n / 4, &desc, &e), FH_OK);
  fh_decay_parameters(e.energy, e.n_steps, e.step_s, NULL, &p);
  fh_energies_clear(&e);
  return p;
}

/*
  T = 0.1 s at 63 Hz (B T = 4.5): an exponentially decaying 63 Hz tone has this
  T exactly. Filtered forwards, the filter's own decay (0.1 s as well) stretches
  EDT to nearly three times and shifts T20 and T30 by 10 to 20 %; filtered
  backwards, as fh_energies() does, it keeps its time.
*/
static void
test_short_decay_at_63_hz_is_not_stretched(void** state)
{
  (void)state;
  enum { N = 48000 };
  const double rate_hz = 48000.0;
  const double t60_s = 0.1;
  double* const h = (double*)calloc(2 * N, sizeof(double));
  assert_non_null(h);
  for (size_t i = N / 4; i < N; ++i) {
    const double t = (double)(i - N / 4) / rate_hz;
    h[i] = exp(-6.907755 * t / t60_s) * sin(2.0 * FH_PI * 63.0957 * t);
  }
  const FhBandParameters backward = parameters_at_63_hz(h, N, rate_hz);
  CHECK_NEAR(backward.t20_s, t60_s, 0.02 * t60_s);
  CHECK_NEAR(backward.t30_s, t60_s, 0.02 * t60_s);

  // Time-reversed input, reversed back: the same filters run forwards
  FhBiquad s[FH_BAND_FILTER_SECTIONS];
  FhBiquadState state3[FH_BAND_FILTER_SECTIONS] = {{0}};
  double* const y = h + N;
  assert_int_equal(fh_band_filter(1, fh_octave_hz(0), rate_hz, s), FH_OK);
  fh_biquad_process(s, state3, FH_BAND_FILTER_SECTIONS, h, y, N);
  for (size_t i = 0; i < N; ++i) {
    y[i] *= y[i] / rate_hz;
  }
  FhBandParameters forward;
  const size_t step = 12; // 0.25 ms
  for (size_t i = 0; i < N * 3 / 4 / step; ++i) {
    double sum = 0.0;
    for (size_t k = 0; k < step; ++k) {
      sum += y[N / 4 + i * step + k];
    }
    h[i] = sum;
  }
  fh_decay_parameters(h, N * 3 / 4 / step, 0.25e-3, NULL, &forward);
  assert_true(fabs(forward.t20_s - t60_s) > 0.08 * t60_s);
  assert_true(fabs(forward.t30_s - t60_s) > 0.08 * t60_s);
  assert_true(forward.edt_s > 1.5 * backward.edt_s);
  free(h);
}

static void
test_butterworth_edges_are_3_db_down(void** state)
{
  (void)state;
  FhBiquad s[FH_BUTTERWORTH_MAX_ORDER];
  const double half = 10.0 * log10(0.5);
  for (unsigned order = 1; order <= FH_BUTTERWORTH_MAX_ORDER; ++order) {
    const size_t n = (order + 1) / 2;
    assert_int_equal(fh_butterworth_low_pass(order, 500.0, 48000.0, s), FH_OK);
    CHECK_NEAR(
      20.0 * log10(cabs(fh_biquad_response(s, n, 500.0, 48000.0))), half, 1e-6);
    CHECK_NEAR(cabs(fh_biquad_response(s, n, 0.001, 48000.0)), 1.0, 1e-6);
    assert_int_equal(fh_butterworth_high_pass(order, 500.0, 48000.0, s), FH_OK);
    CHECK_NEAR(
      20.0 * log10(cabs(fh_biquad_response(s, n, 500.0, 48000.0))), half, 1e-6);
    // An octave beyond, 6 dB for each order (less the bend at the corner)
    const double slope =
      20.0 * log10(cabs(fh_biquad_response(s, n, 31.25, 48000.0)) /
                   cabs(fh_biquad_response(s, n, 15.625, 48000.0)));
    CHECK_NEAR(slope, 6.0206 * order, 0.02 * order);
    assert_int_equal(fh_butterworth_band_pass(order, 200.0, 3000.0, 48000.0, s),
                     FH_OK);
    CHECK_NEAR(20.0 * log10(cabs(fh_biquad_response(s, order, 200.0, 48000.0))),
               half,
               1e-5);
    CHECK_NEAR(20.0 *
                 log10(cabs(fh_biquad_response(s, order, 3000.0, 48000.0))),
               half,
               1e-5);
  }
}

static void
test_bad_filters_are_refused(void** state)
{
  (void)state;
  FhBiquad s[FH_BUTTERWORTH_MAX_ORDER];
  assert_int_equal(
    fh_biquad_design(FH_BIQUAD_PEAK, 24000.0, 1.0, 0.0, 48000.0, s),
    FH_ERR_BAD_ARG);
  assert_int_equal(
    fh_biquad_design(FH_BIQUAD_PEAK, (double)NAN, 1.0, 0.0, 48000.0, s),
    FH_ERR_BAD_ARG);
  assert_int_equal(fh_butterworth_low_pass(0, 100.0, 48000.0, s),
                   FH_ERR_BAD_ARG);
  assert_int_equal(fh_butterworth_low_pass(17, 100.0, 48000.0, s),
                   FH_ERR_BAD_ARG);
  assert_int_equal(fh_butterworth_band_pass(3, 200.0, 100.0, 48000.0, s),
                   FH_ERR_BAD_ARG);
  assert_int_equal(fh_band_filter(2, 1000.0, 48000.0, s), FH_ERR_BAD_ARG);
  assert_int_equal(fh_band_filter(1, 8000.0, 16000.0, s), FH_ERR_BAD_ARG);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_biquads_are_the_cookbook_s),
    cmocka_unit_test(test_biquads_respond_as_the_table),
    cmocka_unit_test(test_band_filters_are_class_1),
    cmocka_unit_test(test_mask_finds_a_bad_filter),
    cmocka_unit_test(test_short_decay_at_63_hz_is_not_stretched),
    cmocka_unit_test(test_butterworth_edges_are_3_db_down),
    cmocka_unit_test(test_bad_filters_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
