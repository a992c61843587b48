// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/sofa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static int
make_path(void** state)
{
  (void)state;
  snprintf(path, sizeof(path), "/tmp/fh-test-sofa-%ld.sofa", (long)getpid());
  return 0;
}

static int
remove_path(void** state)
{
  (void)state;
  remove(path);
  return 0;
}

static void
test_what_is_written_is_read(void** state)
{
  (void)state;
  double source[2][3] = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
  double listener[2][3] = {{-1.0, 0.5, 1.65}, {7.0, 8.0, 1.2}};
  float ir[2 * 3 * 5];
  for (size_t i = 0; i < 30; ++i) {
    ir[i] = 0.25F * (float)i;
  }
  const FhSofa out = {.title = "Two pairs",
                      .room = "hall",
                      .date = "2020-01-02 03:04:05",
                      .n_measurements = 2,
                      .n_receivers = 3,
                      .n_frames = 5,
                      .rate_hz = 48000.0,
                      .source = source,
                      .listener = listener,
                      .ir = ir};
  assert_int_equal(fh_sofa_write(path, &out), FH_OK);
  FhSofa in;
  assert_int_equal(fh_sofa_read(path, &in), FH_OK);
  assert_int_equal(in.n_measurements, 2);
  assert_int_equal(in.n_receivers, 3);
  assert_int_equal(in.n_frames, 5);
  CHECK_NEAR(in.rate_hz, 48000.0, 0.0);
  assert_memory_equal(in.ir, ir, sizeof(ir));
  assert_memory_equal(in.source, source, sizeof(source));
  assert_memory_equal(in.listener, listener, sizeof(listener));
  CHECK_NEAR(in.receiver[2][1], 0.0, 0.0);
  fh_sofa_clear(&in);
}

static void
test_bad_files_are_refused(void** state)
{
  (void)state;
  FhSofa in;
  assert_int_equal(fh_sofa_read("/nowhere/at.sofa", &in), FH_ERR_IO);
  FILE* const f = fopen(path, "wb");
  assert_non_null(f);
  fputs("no netCDF at all", f);
  fclose(f);
  assert_int_equal(fh_sofa_read(path, &in), FH_ERR_FORMAT);
  assert_null(in.ir);
  const FhSofa empty = {.rate_hz = 48000.0};
  assert_int_equal(fh_sofa_write(path, &empty), FH_ERR_BAD_ARG);
}

static void
test_unwritable_place_is_an_error(void** state)
{
  (void)state;
  double at[1][3] = {{0}};
  float ir[1] = {1.0F};
  const FhSofa out = {.n_measurements = 1,
                      .n_receivers = 1,
                      .n_frames = 1,
                      .rate_hz = 48000.0,
                      .source = at,
                      .listener = at,
                      .ir = ir};
  assert_int_equal(fh_sofa_write("/nowhere/at.sofa", &out), FH_ERR_IO);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_written_is_read),
    cmocka_unit_test(test_bad_files_are_refused),
    cmocka_unit_test(test_unwritable_place_is_an_error),
  };
  return cmocka_run_group_tests(tests, make_path, remove_path);
}
