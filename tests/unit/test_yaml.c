// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/yaml.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Parse a text that must fail; its one message has to hold `words`
static void
check_refused(const char* const text,
              const size_t size,
              const FhStatus status,
              const int line,
              const char* const words)
{
  FhDiag* const diag = fh_diag_new();
  FhYaml* yaml = NULL;
  assert_int_equal(fh_yaml_parse("t.yaml", text, size, &yaml, diag), status);
  assert_null(yaml);
  assert_int_equal(fh_diag_size(diag), 1);
  const FhDiagEntry* const e = fh_diag_entry(diag, 0);
  if (e->line != line || !strstr(e->text, words)) {
    print_error("%d:%d: %s\n", e->line, e->column, e->text);
    fail();
  }
  fh_diag_free(diag);
}

#define REFUSED(text, status, line, words) \
  check_refused(text, strlen(text), status, line, words)

static void
test_tree_knows_places(void** state)
{
  (void)state;
  static const char text[] = "a: 1\nlist:\n  - {b: \"x y\", c: [1, 2]}\n";
  FhYaml* yaml = NULL;
  assert_int_equal(fh_yaml_parse("t.yaml", text, strlen(text), &yaml, NULL),
                   FH_OK);
  const FhYamlNode* const root = fh_yaml_root(yaml);
  assert_int_equal(root->kind, FH_YAML_MAP);
  assert_int_equal(root->n_items, 2);
  const FhYamlNode* const list = fh_yaml_get(root, "list");
  assert_int_equal(list->n_items, 1);
  const FhYamlNode* const b = fh_yaml_get(list->first, "b");
  assert_string_equal(b->text, "x y");
  assert_true(b->quoted);
  assert_int_equal(b->line, 3);
  assert_int_equal(b->column, 9);
  assert_memory_equal(text + b->begin, "\"x y\"", b->end - b->begin);
  const FhYamlNode* const c = fh_yaml_get(list->first, "c");
  assert_memory_equal(text + c->begin, "[1, 2]", c->end - c->begin);
  assert_null(fh_yaml_get(root, "none"));
  fh_yaml_free(yaml);
}

// Positions are bytes of the text, columns are characters
static void
test_places_count_bytes_behind_wide_letters(void** state)
{
  (void)state;
  static const char text[] = "{\"\xC3\xA4\xE2\x82\xAC\": 1, b: 23}";
  FhYaml* yaml = NULL;
  assert_int_equal(fh_yaml_parse("t.yaml", text, strlen(text), &yaml, NULL),
                   FH_OK);
  const FhYamlNode* const b = fh_yaml_get(fh_yaml_root(yaml), "b");
  assert_memory_equal(text + b->begin, "23", 2);
  assert_int_equal(b->column, 14);
  fh_yaml_free(yaml);
}

static void
test_what_yaml_allows_and_we_do_not(void** state)
{
  (void)state;
  REFUSED(
    "a: 1\nb: 2\na: 3\n", FH_ERR_FORMAT, 3, "second time (first on line 1)");
  REFUSED("a: &x 1\nb: *x\n", FH_ERR_FORMAT, 1, "anchors");
  REFUSED("b: *x\n", FH_ERR_FORMAT, 1, "aliases");
  REFUSED("a: !!python/object x\n", FH_ERR_FORMAT, 1, "tags");
  REFUSED("[a]: 1\n", FH_ERR_FORMAT, 1, "a key must be a plain word");
  REFUSED("a: 1\n---\nb: 2\n", FH_ERR_FORMAT, 2, "second document");
  REFUSED("a: \"x\\0y\"\n", FH_ERR_FORMAT, 1, "zero byte");
}

static void
test_garbled_text_is_refused_where_it_breaks(void** state)
{
  (void)state;
  REFUSED("", FH_ERR_FORMAT, 0, "empty");
  REFUSED("# nothing\n", FH_ERR_FORMAT, 0, "empty");
  REFUSED("a: [1, 2\nb: 3\n", FH_ERR_FORMAT, 2, "not YAML");
  REFUSED("a: 1\n\tb: 2\n", FH_ERR_FORMAT, 2, "not YAML");
  REFUSED("a: \"x\n", FH_ERR_FORMAT, 2, "not YAML");
  REFUSED("a: 1\nb: \xFF\xFE\n", FH_ERR_FORMAT, 2, "UTF-8");
  check_refused("a\0b", 3, FH_ERR_FORMAT, 0, "binary");
}

// Stops at the 65th bracket, whatever follows
static void
test_a_million_brackets_end_at_once(void** state)
{
  (void)state;
  const size_t size = 1000000;
  char* const text = (char*)malloc(size);
  assert_non_null(text);
  memset(text, '[', size);
  check_refused(text, size, FH_ERR_LIMIT, 1, "64 levels");
  for (size_t i = 0; i + 3 < size; i += 4) {
    memcpy(text + i, "{a: ", 4);
  }
  check_refused(text, size, FH_ERR_LIMIT, 1, "64 levels");
  for (size_t i = 0; i + 1 < size; i += 2) {
    text[i] = '-';
    text[i + 1] = ' ';
  }
  check_refused(text, size, FH_ERR_LIMIT, 1, "64 levels");
  free(text);
}

static void
test_size_limits(void** state)
{
  (void)state;
  const size_t size = FH_YAML_MAX_BYTES + 1;
  char* const text = (char*)malloc(size);
  assert_non_null(text);
  memset(text, ' ', size);
  check_refused(text, size, FH_ERR_LIMIT, 0, "16 MB");
  text[0] = '[';
  for (size_t i = 1; i + 1 < 2200001; i += 2) {
    text[i] = '1';
    text[i + 1] = ',';
  }
  check_refused(text, 2200001, FH_ERR_LIMIT, 1, "million");
  free(text);
}

static void
test_numbers_are_plain_decimals(void** state)
{
  (void)state;
  static const struct {
    const char* text;
    FhStatus status;
    double value;
  } cases[] = {{"1", FH_OK, 1.0},
               {"-2.5e3", FH_OK, -2500.0},
               {"+.5", FH_OK, 0.5},
               {"\"1\"", FH_ERR_FORMAT, 0.0},
               {"1,5", FH_ERR_FORMAT, 0.0},
               {"0x10", FH_ERR_FORMAT, 0.0},
               {"1 m", FH_ERR_FORMAT, 0.0},
               {"1e999", FH_ERR_NOT_FINITE, 0.0},
               {".nan", FH_ERR_NOT_FINITE, 0.0},
               {"NaN", FH_ERR_NOT_FINITE, 0.0},
               {"-.inf", FH_ERR_NOT_FINITE, 0.0},
               {"~", FH_ERR_FORMAT, 0.0}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    char text[40];
    snprintf(text, sizeof(text), "a: %s", cases[i].text);
    FhYaml* yaml = NULL;
    assert_int_equal(fh_yaml_parse("t.yaml", text, strlen(text), &yaml, NULL),
                     FH_OK);
    double value = 0.0;
    const FhYamlNode* const a = fh_yaml_get(fh_yaml_root(yaml), "a");
    assert_int_equal(fh_yaml_number(a, &value), cases[i].status);
    CHECK_NEAR(value, cases[i].value, 0.0);
    fh_yaml_free(yaml);
  }
}

static void
test_what_is_no_file_is_refused(void** state)
{
  (void)state;
  FhYaml* yaml = NULL;
  assert_int_equal(fh_yaml_read("/nowhere/x.yaml", &yaml, NULL), FH_ERR_IO);
  assert_int_equal(fh_yaml_read("/tmp", &yaml, NULL), FH_ERR_IO);
  assert_int_equal(fh_yaml_read("/dev/zero", &yaml, NULL), FH_ERR_IO);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_tree_knows_places),
    cmocka_unit_test(test_places_count_bytes_behind_wide_letters),
    cmocka_unit_test(test_what_yaml_allows_and_we_do_not),
    cmocka_unit_test(test_garbled_text_is_refused_where_it_breaks),
    cmocka_unit_test(test_a_million_brackets_end_at_once),
    cmocka_unit_test(test_size_limits),
    cmocka_unit_test(test_numbers_are_plain_decimals),
    cmocka_unit_test(test_what_is_no_file_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
