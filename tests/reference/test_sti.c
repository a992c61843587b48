// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "csv.h"

#include <fh/sti.h>

static const char* const band_names[FH_N_STI_BANDS] =
  {"125", "250", "500", "1000", "2000", "4000", "8000"};

static void
load(const char* const name, Csv* const csv)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", FULLHOUSE_REFERENCE_DATA, name);
  csv_read(path, csv);
  assert_true(csv->n_rows > 0);
}

static void
test_masking_slope_matches_the_table(void** state)
{
  (void)state;
  Csv csv;
  load("sti_masking.csv", &csv);
  for (size_t i = 0; i < csv.n_rows; ++i) {
    CHECK_NEAR(fh_sti_masking_db(csv_number(&csv, i, "L_dB")),
               csv_number(&csv, i, "amdB"),
               1e-6);
  }
  csv_clear(&csv);
}

static void
test_constants_match_the_table(void** state)
{
  (void)state;
  Csv csv;
  load("sti_constants.csv", &csv);
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    CHECK_NEAR(
      fh_sti_speech_db(k), csv_number(&csv, k, "speech_re_LA_dB"), 1e-12);
    // One band alone at m = 1 shows its weight: no neighbour, no redundancy
    float m[FH_N_STI_BANDS][FH_N_MODULATIONS] = {0};
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      m[k][i] = 1.0F;
    }
    FhSti got;
    assert_int_equal(fh_sti((const float(*)[14])m, NULL, NULL, &got), FH_OK);
    CHECK_NEAR(got.sti, csv_number(&csv, k, "alpha"), 1e-9);
    // Only the STIPA frequencies of the band count for STIPA
    const double f1 = csv_number(&csv, k, "stipa_f1");
    const double f2 = csv_number(&csv, k, "stipa_f2");
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      const double f = fh_sti_modulation_hz(i);
      // STIPA's 6.25 Hz is the matrix's 6.3 Hz
      m[k][i] = fabs(f - f1) < 0.06 || fabs(f - f2) < 0.06 ? 1.0F : 0.0F;
    }
    assert_int_equal(fh_stipa((const float(*)[14])m, NULL, NULL, &got), FH_OK);
    CHECK_NEAR(got.sti, csv_number(&csv, k, "alpha"), 1e-9);
  }
  csv_clear(&csv);
}

static size_t
find_case(const Csv* const csv,
          const char* const column,
          const char* const name)
{
  for (size_t i = 0; i < csv->n_rows; ++i) {
    if (!strcmp(csv_text(csv, i, column), name)) {
      return i;
    }
  }
  fail_msg("no case %s", name);
  return 0;
}

// m as the files give it, so that STI's own arithmetic is what is checked
static void
matrix_of(const Csv* const detail,
          const char* const name,
          const char* const column,
          float m[FH_N_STI_BANDS][FH_N_MODULATIONS])
{
  const size_t first = find_case(detail, "case", name);
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      m[k][i] =
        (float)csv_number(detail, first + k * FH_N_MODULATIONS + i, column);
    }
  }
}

static void
test_index_of_exponential_decays(void** state)
{
  (void)state;
  Csv summary;
  Csv detail;
  load("sti_exp_summary.csv", &summary);
  load("sti_exp_detail.csv", &detail);
  for (size_t c = 0; c < summary.n_rows; ++c) {
    float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
    matrix_of(&detail, csv_text(&summary, c, "case"), "m", m);
    FhSti got;
    assert_int_equal(fh_sti((const float(*)[14])m, NULL, NULL, &got), FH_OK);
    CHECK_NEAR(got.sti, csv_number(&summary, c, "STI"), 1e-4);
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      char column[16];
      snprintf(column, sizeof(column), "MTI_%s", band_names[k]);
      CHECK_NEAR(got.mti[k], csv_number(&summary, c, column), 1e-4);
    }
  }
  csv_clear(&summary);
  csv_clear(&detail);
}

static void
test_levels_noise_masking_and_threshold(void** state)
{
  (void)state;
  Csv summary;
  Csv detail;
  Csv terms;
  load("sti_level_summary.csv", &summary);
  load("sti_level_detail.csv", &detail);
  load("sti_level_terms.csv", &terms);
  for (size_t c = 0; c < summary.n_rows; ++c) {
    float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
    double speech[FH_N_STI_BANDS];
    double noise[FH_N_STI_BANDS];
    const char* const name = csv_text(&summary, c, "case");
    const size_t row =
      find_case(&terms, "levels", csv_text(&summary, c, "levels"));
    matrix_of(&detail, name, "m_plain", m);
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      speech[k] = csv_number(&terms, row + k, "Ls_dB");
      noise[k] = csv_number(&terms, row + k, "Ln_dB");
      noise[k] = isnan(noise[k]) ? -INFINITY : noise[k];
    }
    FhSti got;
    assert_int_equal(fh_sti((const float(*)[14])m, speech, noise, &got), FH_OK);
    CHECK_NEAR(got.sti, csv_number(&summary, c, "STI"), 1e-4);
    const size_t first = find_case(&detail, "case", name);
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
        CHECK_NEAR(got.m[k][i],
                   csv_number(&detail, first + k * FH_N_MODULATIONS + i, "m"),
                   1e-5);
      }
    }
    assert_int_equal(fh_sti((const float(*)[14])m, NULL, NULL, &got), FH_OK);
    CHECK_NEAR(got.sti, csv_number(&summary, c, "STI_plain"), 1e-4);
  }
  csv_clear(&summary);
  csv_clear(&detail);
  csv_clear(&terms);
}

static void
test_bad_matrices_are_refused(void** state)
{
  (void)state;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS] = {0};
  double level[FH_N_STI_BANDS] = {0};
  FhSti got = {.sti = 0.25};
  m[3][5] = NAN;
  assert_int_equal(fh_sti((const float(*)[14])m, NULL, NULL, &got),
                   FH_ERR_BAD_ARG);
  m[3][5] = -0.1F;
  assert_int_equal(fh_sti((const float(*)[14])m, NULL, NULL, &got),
                   FH_ERR_BAD_ARG);
  m[3][5] = 0.0F;
  assert_int_equal(fh_sti((const float(*)[14])m, NULL, level, &got),
                   FH_ERR_BAD_ARG);
  level[2] = NAN;
  assert_int_equal(fh_sti((const float(*)[14])m, level, NULL, &got),
                   FH_ERR_BAD_ARG);
  CHECK_NEAR(got.sti, 0.25, 0.0);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_masking_slope_matches_the_table),
    cmocka_unit_test(test_constants_match_the_table),
    cmocka_unit_test(test_index_of_exponential_decays),
    cmocka_unit_test(test_levels_noise_masking_and_threshold),
    cmocka_unit_test(test_bad_matrices_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
