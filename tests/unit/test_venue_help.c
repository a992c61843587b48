// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "scene/venue_input.h"

#include <fh/share.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
test_published_schema_is_the_table(void** state)
{
  (void)state;
  char path[1200];
  snprintf(path, sizeof(path), "%s/fullhouse.schema.json", fh_share_folder());
  FILE* const file = fopen(path, "rb");
  assert_non_null(file);
  char* const schema = fh_venue_schema_json();
  assert_non_null(schema);
  const size_t size = strlen(schema);
  char* const published = (char*)calloc(size + 2, 1);
  assert_non_null(published);
  const size_t n = fread(published, 1, size + 1, file);
  fclose(file);
  if (n != size || strcmp(published, schema) != 0) {
    print_error("renew it: fullhouse --venue-schema > %s\n", path);
    fail();
  }
  free(published);
  free(schema);
}

/// Each key of the table appears in the help
static void
check_help(const char* const help, const FhSection* const section)
{
  for (size_t i = 0; i < section->n_keys; ++i) {
    char line[80];
    snprintf(line, sizeof(line), "  %s: ", section->keys[i].name);
    if (!strstr(help, line)) {
      print_error("--help-venue lacks%s\n", line);
      fail();
    }
    if (section->keys[i].section) {
      check_help(help, section->keys[i].section);
    }
  }
}

static void
test_help_lists_every_key(void** state)
{
  (void)state;
  char* help = NULL;
  size_t size = 0;
  FILE* const out = open_memstream(&help, &size);
  assert_non_null(out);
  fh_venue_help(out);
  fclose(out);
  check_help(help, &fh_venue_section);
  free(help);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_published_schema_is_the_table),
    cmocka_unit_test(test_help_lists_every_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
