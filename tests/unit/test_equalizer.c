// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "equalizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double rates_hz[] =
  {44100.0, 48000.0, 88200.0, 96000.0, 176400.0, 192000.0};
#define N_RATES (sizeof(rates_hz) / sizeof(rates_hz[0]))

/// Largest errors of one design [dB]
typedef struct {
  double centre;
  double between; ///< Outside the range of the two neighbouring commands
} Errors;

static Errors
find_errors(const double rate_hz, const float command_db[FH_LIVE_BANDS])
{
  FhEqDesigner designer;
  FhEqCurve curve;
  fh_eq_designer_init(&designer, rate_hz);
  fh_eq_design(&designer, command_db, &curve, NULL);
  Errors errors = {0.0, 0.0};
  for (size_t m = 0; m < FH_LIVE_BANDS; ++m) {
    const double at = fh_eq_response_db(&curve, rate_hz, fh_live_band_hz(m));
    errors.centre = fmax(errors.centre, fabs(at - (double)command_db[m]));
    for (int k = 1; m + 1 < FH_LIVE_BANDS && k < 20; ++k) {
      const double hz = fh_live_band_hz(m) * pow(10.0, 0.005 * k);
      const double here = fh_eq_response_db(&curve, rate_hz, hz);
      const double lo = fmin(command_db[m], command_db[m + 1]);
      const double hi = fmax(command_db[m], command_db[m + 1]);
      errors.between = fmax(errors.between, fmax(lo - here, here - hi));
    }
  }
  return errors;
}

static double
largest_of(const float* const x)
{
  double most = 0.0;
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    most = fmax(most, fabs((double)x[i]));
  }
  return most;
}

// Promise: 0.5 dB at centres and 1 dB between within +-6 dB; 1 dB at centres
// for everything the file holds, the alternating +-12 dB included
static void
test_design_meets_reference_targets(void** state)
{
  (void)state;
  FILE* const file =
    fopen(FULLHOUSE_REFERENCE_DATA "/graphic_eq_targets.csv", "r");
  assert_non_null(file);
  char line[512];
  char name[64] = "";
  float command_db[FH_LIVE_BANDS];
  size_t n = 0;
  size_t n_vectors = 0;
  while (fgets(line, sizeof(line), file)) {
    double nominal = 0.0;
    double hz = 0.0;
    double target = 0.0;
    if (sscanf(line, "%63[^,],%lf,%lf,%lf", name, &nominal, &hz, &target) !=
        4) {
      continue;
    }
    CHECK_NEAR(hz, fh_live_band_hz(n), 1e-6 * hz);
    command_db[n++] = (float)target;
    if (n < FH_LIVE_BANDS) {
      continue;
    }
    n = 0;
    ++n_vectors;
    const double most = largest_of(command_db);
    for (size_t r = 0; r < N_RATES; ++r) {
      const Errors errors = find_errors(rates_hz[r], command_db);
      CHECK_NEAR(errors.centre, 0.0, most > 6.0 ? 1.0 : 0.5);
      CHECK_NEAR(errors.between, 0.0, 1.0);
      if (most <= 0.0) {
        CHECK_NEAR(errors.centre, 0.0, 1e-9);
      }
    }
  }
  fclose(file);
  assert_int_equal(n_vectors, 9);
}

static void
test_design_meets_random_commands(void** state)
{
  (void)state;
  uint32_t seed = 1;
  for (int trial = 0; trial < 300; ++trial) {
    float command_db[FH_LIVE_BANDS];
    for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
      seed = seed * 1664525U + 1013904223U;
      command_db[i] = 12.0F * (float)(seed >> 8) / 16777216.0F - 6.0F;
    }
    const Errors errors =
      find_errors(rates_hz[(size_t)trial % N_RATES], command_db);
    CHECK_NEAR(errors.centre, 0.0, 0.5);
    CHECK_NEAR(errors.between, 0.0, 1.0);
  }
}

/// Response of the running filter to an impulse at one frequency [dB]
static double
run_db(FhEq* const eq, const double rate_hz, const double hz)
{
  enum { N = 1 << 17 };
  double(*const x)[2] = (double(*)[2])calloc(N, sizeof(*x));
  assert_non_null(x);
  x[0][0] = 1.0;
  fh_eq_process(eq, x, N);
  double re = 0.0;
  double im = 0.0;
  for (int i = 0; i < N; ++i) {
    const double phase = 2.0 * FH_PI * hz / rate_hz * i;
    re += x[i][0] * cos(phase);
    im -= x[i][0] * sin(phase);
    assert_true(fabs(x[i][1]) <= 0.0); // Channels do not leak
  }
  free(x);
  return 10.0 * log10(re * re + im * im);
}

// The filter does what the design says; 1e-6 dB covers the cut-off response
static void
test_filter_has_designed_response(void** state)
{
  (void)state;
  static const double probes_hz[] = {50.0, 440.0, 1000.0, 3333.0, 15000.0};
  float command_db[FH_LIVE_BANDS];
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    command_db[i] = (float)(6.0 * sin(0.9 * (double)i));
  }
  for (size_t r = 0; r < N_RATES; r += 2) {
    FhEqDesigner designer;
    FhEqCurve curve;
    fh_eq_designer_init(&designer, rates_hz[r]);
    fh_eq_design(&designer, command_db, &curve, NULL);
    for (size_t p = 0; p < sizeof(probes_hz) / sizeof(probes_hz[0]); ++p) {
      FhEq* const eq = fh_eq_new(&designer);
      assert_non_null(eq);
      fh_eq_glide(eq, &curve, 1);
      double settle[1][2] = {{0.0, 0.0}};
      fh_eq_process(eq, settle, 1);
      CHECK_NEAR(run_db(eq, rates_hz[r], probes_hz[p]),
                 fh_eq_response_db(&curve, rates_hz[r], probes_hz[p]),
                 1e-6);
      fh_eq_free(eq);
    }
  }
}

static void
test_filter_same_bits_for_any_block(void** state)
{
  (void)state;
  enum { N = 6000 };
  static const size_t blocks[] = {1, 2, 7, 8, 9, 64, 1000, N};
  static double reference[N][2];
  static double x[N][2];
  FhEqDesigner designer;
  fh_eq_designer_init(&designer, 48000.0);
  float command_db[FH_LIVE_BANDS];
  FhEqCurve curve;
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    command_db[i] = i % 2 ? 5.0F : -5.0F;
  }
  fh_eq_design(&designer, command_db, &curve, NULL);
  for (size_t b = sizeof(blocks) / sizeof(blocks[0]); b-- > 0;) {
    FhEq* const eq = fh_eq_new(&designer);
    assert_non_null(eq);
    fh_eq_glide(eq, &curve, 4096);
    uint32_t seed = 5;
    for (int i = 0; i < N; ++i) {
      for (int c = 0; c < 2; ++c) {
        seed = seed * 1664525U + 1013904223U;
        x[i][c] = (double)seed / 4294967296.0 - 0.5;
      }
    }
    for (size_t at = 0; at < N; at += blocks[b]) {
      const size_t left = N - at;
      fh_eq_process(eq, x + at, left < blocks[b] ? left : blocks[b]);
    }
    if (blocks[b] == N) {
      memcpy(reference, x, sizeof(x));
    }
    assert_memory_equal(reference, x, sizeof(x));
    fh_eq_free(eq);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_design_meets_reference_targets),
    cmocka_unit_test(test_design_meets_random_commands),
    cmocka_unit_test(test_filter_has_designed_response),
    cmocka_unit_test(test_filter_same_bits_for_any_block),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
