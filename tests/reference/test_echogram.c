// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "csv.h"

#include <fh/echogram.h>

#include <stdlib.h>

#define MAX_BINS 4096

static float bins[MAX_BINS][FH_N_OCTAVES];
static double edges[MAX_BINS + 1];

// Energy of exp(-13.8155 t / T) between edges, T different in each octave
static FhEchogram
exponential(const size_t n_bins, const double t60_s[FH_N_OCTAVES])
{
  for (size_t i = 0; i < n_bins; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double k = 6.0 * log(10.0) / t60_s[b];
      bins[i][b] = (float)(exp(-k * edges[i]) - exp(-k * edges[i + 1]));
    }
  }
  return (FhEchogram){.n_bins = n_bins,
                      .edge_s = edges,
                      .bin = (const float(*)[FH_N_OCTAVES])bins};
}

// Edges 5 ms apart early, 40 ms apart late, as the seats' echograms are
static size_t
seat_edges(const double end_s)
{
  size_t n = 0;
  while (edges[n] < end_s) {
    edges[n + 1] = edges[n] + (edges[n] < 0.0999 ? 0.01
                               : edges[n] < 0.3  ? 0.02
                                                 : 0.04);
    ++n;
  }
  return n;
}

static const double t60_s[FH_N_OCTAVES] =
  {3.0, 2.4, 1.8, 1.2, 0.9, 0.6, 0.4, 0.3};

// Closed forms of ISO 3382-1 for an exponential decay. The bins are at most
// 40 ms: without the exponential fill EDT would be some percent off
static void
test_coarse_bins_do_not_bias_an_exponential(void** state)
{
  (void)state;
  const FhEchogram e = exponential(seat_edges(3.0), t60_s);
  FhParameters got;
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_OK);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double k = 6.0 * log(10.0) / t60_s[b];
    CHECK_NEAR(got.band[b].edt_s, t60_s[b], 2e-3 * t60_s[b]);
    CHECK_NEAR(got.band[b].t20_s, t60_s[b], 2e-3 * t60_s[b]);
    CHECK_NEAR(got.band[b].t30_s, t60_s[b], 2e-3 * t60_s[b]);
    CHECK_NEAR(got.band[b].c50_db, 10.0 * log10(expm1(0.05 * k)), 0.02);
    CHECK_NEAR(got.band[b].c80_db, 10.0 * log10(expm1(0.08 * k)), 0.02);
    CHECK_NEAR(got.band[b].d50, -expm1(-0.05 * k), 1e-3);
    CHECK_NEAR(got.band[b].ts_s, 1.0 / k, 5e-4);
    CHECK_NEAR(got.band[b].t30_xi, 0.0, 0.1);
  }
}

static void
test_modulation_transfer_of_an_exponential(void** state)
{
  (void)state;
  const FhEchogram e = exponential(seat_edges(4.0), t60_s);
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  assert_int_equal(fh_echogram_mtf(&e, m), FH_OK);
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      const double x = 2.0 * FH_PI * fh_sti_modulation_hz(i) * t60_s[k + 1] /
                       (6.0 * log(10.0));
      CHECK_NEAR(m[k][i], 1.0 / sqrt(1.0 + x * x), 2e-3);
    }
  }
}

// A response that ends after 30 dB has no T30, and says why
static void
test_short_echogram_has_no_t30(void** state)
{
  (void)state;
  edges[0] = 0.0;
  const FhEchogram e = exponential(seat_edges(0.9), t60_s);
  FhParameters got;
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_OK);
  assert_true(isnan(got.band[1].t30_s));
  assert_int_equal(got.band[1].t30_reason, FH_REASON_SHORT);
  CHECK_NEAR(got.band[1].edt_s, t60_s[1], 2e-3 * t60_s[1]);
  assert_int_equal(got.band[1].edt_reason, FH_REASON_NONE);
  CHECK_NEAR(got.band[4].t30_s, t60_s[4], 2e-3 * t60_s[4]);
}

static void
test_silent_band_has_no_values(void** state)
{
  (void)state;
  FhEchogram e = exponential(seat_edges(1.0), t60_s);
  for (size_t i = 0; i < e.n_bins; ++i) {
    bins[i][2] = 0.0F;
  }
  FhParameters got;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_OK);
  assert_int_equal(fh_echogram_mtf(&e, m), FH_OK);
  assert_true(isnan(got.band[2].c80_db) && isnan(got.band[2].edt_s));
  assert_int_equal(got.band[2].energy_reason, FH_REASON_SILENT);
  CHECK_NEAR(m[1][0], 0.0, 0.0);
}

static void
test_bad_echograms_are_refused(void** state)
{
  (void)state;
  FhEchogram e = exponential(seat_edges(1.0), t60_s);
  FhParameters got;
  bins[3][3] = -1.0F;
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_ERR_BAD_ARG);
  bins[3][3] = NAN;
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_ERR_BAD_ARG);
  bins[3][3] = 1.0F;
  e.onset_s = NAN;
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_ERR_BAD_ARG);
}

// Two arrivals: m = |1 + g exp(-j w t)| / (1 + g)
static void
test_modulation_transfer_of_an_echo(void** state)
{
  (void)state;
  const double at[2] = {0.25, 0.33};
  const float energy[2][FH_N_OCTAVES] = {
    {1, 1, 1, 1, 1, 1, 1, 1}, {.5F, .5F, .5F, .5F, .5F, .5F, .5F, .5F}};
  const FhEchogram e = {
    .n_events = 2, .event_s = at, .event = energy, .onset_s = 0.25};
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  assert_int_equal(fh_echogram_mtf(&e, m), FH_OK);
  for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
    const double w = 2.0 * FH_PI * fh_sti_modulation_hz(i);
    const double expected = sqrt(1.25 + cos(0.08 * w)) / 1.5;
    CHECK_NEAR(m[3][i], expected, 1e-6);
  }
  FhParameters got;
  assert_int_equal(fh_echogram_parameters(&e, &got), FH_OK);
  CHECK_NEAR(got.band[4].c50_db, 10.0 * log10(2.0), 1e-6);
  CHECK_NEAR(got.band[4].ts_s, 0.08 / 3.0, 1e-9);
  double early[FH_N_OCTAVES];
  assert_int_equal(fh_echogram_energy(&e, 0.0, 0.05, early), FH_OK);
  CHECK_NEAR(early[7], 1.0, 1e-9);
}

// A lone sound is no echo; one 12 ms later neither; a loud one after 0.2 s is
static void
test_echo_criterion_tells_echoes(void** state)
{
  (void)state;
  double at[2] = {0.0, 0.012};
  const float energy[2][FH_N_OCTAVES] = {{1, 1, 1, 1, 1, 1, 1, 1},
                                         {1, 1, 1, 1, 1, 1, 1, 1}};
  FhEchogram e = {.n_events = 1, .event_s = at, .event = energy};
  CHECK_NEAR(fh_echogram_echo(&e, 4, true, NULL), 0.0, 1e-9);
  e.n_events = 2;
  assert_true(fh_echogram_echo(&e, 4, true, NULL) < 1.0);
  at[1] = 0.2;
  double when = 0.0;
  assert_true(fh_echogram_echo(&e, 4, true, &when) > 1.0);
  CHECK_NEAR(when, 0.2, 2e-3);
  assert_true(fh_echogram_echo(&e, 4, false, NULL) > 1.8);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_coarse_bins_do_not_bias_an_exponential),
    cmocka_unit_test(test_modulation_transfer_of_an_exponential),
    cmocka_unit_test(test_short_echogram_has_no_t30),
    cmocka_unit_test(test_silent_band_has_no_values),
    cmocka_unit_test(test_bad_echograms_are_refused),
    cmocka_unit_test(test_modulation_transfer_of_an_echo),
    cmocka_unit_test(test_echo_criterion_tells_echoes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
