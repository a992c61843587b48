// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "scene/venue_input.h"

#include <fh/venue.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static FhMaterialLibrary library;

static int
read_library(void** state)
{
  (void)state;
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = fh_material_library_read(NULL, &library, diag);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    print_error(
      "%d: %s\n", fh_diag_entry(diag, i)->line, fh_diag_entry(diag, i)->text);
  }
  fh_diag_free(diag);
  return (int)status;
}

static int
clear_library(void** state)
{
  (void)state;
  fh_material_library_clear(&library);
  return 0;
}

static void
test_library_is_large_enough(void** state)
{
  (void)state;
  assert_true(library.n_entries >= 110);
}

static void
test_names_are_lower_case_words(void** state)
{
  (void)state;
  for (size_t i = 0; i < library.n_entries; ++i) {
    const char* const name = library.entries[i].material.name;
    assert_true(islower((unsigned char)name[0]));
    assert_true(strlen(name) < 40);
    for (const char* c = name; *c; ++c) {
      assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) ||
                  *c == '_');
    }
  }
}

// A source names a year, or says that the value holds by definition
static void
test_every_entry_names_its_sources(void** state)
{
  (void)state;
  for (size_t i = 0; i < library.n_entries; ++i) {
    const FhMaterialEntry* const e = &library.entries[i];
    const char* const source = e->material.source;
    if (strlen(source) < 13 || strlen(e->about) < 5 || !e->group[0] ||
        strlen(e->scattering_source) < 10) {
      print_error("%s lacks source, about or group\n", e->material.name);
      fail();
    }
    if (!strstr(source, "(19") && !strstr(source, "(20") &&
        !strstr(source, "definition") && !strstr(source, "Sabine 1900") &&
        !strstr(source, ":2014")) {
      print_error("%s: '%s' names no year\n", e->material.name, source);
      fail();
    }
  }
}

static void
test_coefficients_are_in_range(void** state)
{
  (void)state;
  for (size_t i = 0; i < library.n_entries; ++i) {
    const FhMaterial* const m = &library.entries[i].material;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      assert_true(m->absorption[b] >= 0.005F && m->absorption[b] <= 1.21F);
      assert_true(m->scattering[b] >= 0.0F && m->scattering[b] <= 1.0F);
      assert_true(m->transmission[b] <= m->absorption[b]);
    }
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      assert_true(m->absorption_third[b] > 0.0F);
    }
    assert_true(m->two_sided);
  }
}

// Neighbouring octaves of a real surface differ by less than a factor of 7; a
// slipped decimal point does not
static void
test_no_decimal_point_slipped(void** state)
{
  (void)state;
  for (size_t i = 0; i < library.n_entries; ++i) {
    const FhMaterial* const m = &library.entries[i].material;
    for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
      const float ratio = m->absorption[b] / m->absorption[b - 1];
      if (!(ratio < 7.0F && ratio > 1.0F / 7.0F)) {
        print_error("%s: octave %zu\n", m->name, b);
        fail();
      }
    }
  }
}

// The law of the crowd model (2 persons/m2 at 1 kHz): 1.08 (1 - exp(-2 1.43 /
// 1.08)); two decimals are kept
static void
test_standing_crowd_follows_its_law(void** state)
{
  (void)state;
  FhMaterial m;
  assert_int_equal(fh_material_find("crowd_standing_2", &m), FH_OK);
  CHECK_NEAR(m.absorption[4], 1.08 * (1.0 - exp(-2.0 * 1.43 / 1.08)), 0.005);
}

static void
test_unknown_name_is_not_found(void** state)
{
  (void)state;
  FhMaterial m;
  assert_int_equal(fh_material_find("brick_panted", &m), FH_ERR_NOT_FOUND);
  assert_string_equal(fh_material_library_closest(&library, "brick_panted"),
                      "brick_painted");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_library_is_large_enough),
    cmocka_unit_test(test_names_are_lower_case_words),
    cmocka_unit_test(test_every_entry_names_its_sources),
    cmocka_unit_test(test_coefficients_are_in_range),
    cmocka_unit_test(test_no_decimal_point_slipped),
    cmocka_unit_test(test_standing_crowd_follows_its_law),
    cmocka_unit_test(test_unknown_name_is_not_found),
  };
  return cmocka_run_group_tests(tests, read_library, clear_library);
}
