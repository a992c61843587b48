// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "venue_file.h"

#include <sys/stat.h>

static void
test_writing_keeps_an_unchanged_file(void** state)
{
  (void)state;
  FhVenue venue;
  assert_int_equal(read_with(everything, &venue, NULL), FH_OK);
  char path[512];
  snprintf(path, sizeof(path), "%s/w.yaml", folder);
  assert_int_equal(fh_venue_write(&venue, path, NULL), FH_OK);
  char before[20000];
  snprintf(before, sizeof(before), "%s", read_file("v.yaml"));
  assert_string_equal(read_file("w.yaml"), before);
  fh_venue_clear(&venue);
}

static void
test_a_changed_system_reads_back(void** state)
{
  (void)state;
  FhVenue venue;
  FhVenue back;
  assert_int_equal(read_with(everything, &venue, NULL), FH_OK);
  venue.loudspeakers[0].at[0] = 1.0 / 3.0;
  venue.loudspeakers[0].gain_db = 0.0;
  venue.arrays[0].splay_deg[1] = 2.25;
  fh_venue_set_occupancy(&venue, 0.5);
  char path[512];
  snprintf(path, sizeof(path), "%s/w.yaml", folder);
  assert_int_equal(fh_venue_write(&venue, path, NULL), FH_OK);
  const char* const text = read_file("w.yaml");
  assert_non_null(strstr(text, "background_noise: NC-35  # a fan"));
  assert_non_null(strstr(text, "occupancy: 0.5\n"));
  assert_int_equal(read_venue("w.yaml", &back, NULL), FH_OK);
  CHECK_NEAR(back.loudspeakers[0].at[0], 1.0 / 3.0, 0.0);
  CHECK_NEAR(back.loudspeakers[0].gain_db, 0.0, 0.0);
  CHECK_NEAR(back.arrays[0].splay_deg[1], 2.25, 0.0);
  CHECK_NEAR(back.audience[1].occupancy, 0.5, 0.0);
  back.loudspeakers[0].at[0] = 1.0;
  fh_venue_set_occupancy(&back, 0.4);
  back.audience[0].occupancy = 0.8;
  check_everything(&back);
  fh_venue_clear(&venue);
  fh_venue_clear(&back);
}

static void
test_a_venue_without_file_writes_its_geometry(void** state)
{
  (void)state;
  FhVenue venue;
  FhVenue back;
  assert_int_equal(read_with(everything, &venue, NULL), FH_OK);
  venue.path[0] = '\0';
  char path[512];
  snprintf(path, sizeof(path), "%s/w.yaml", folder);
  assert_int_equal(fh_venue_write(&venue, path, NULL), FH_OK);
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(read_venue("w.yaml", &back, diag), FH_OK);
  assert_int_equal(fh_diag_size(diag), 0);
  check_everything(&back);
  fh_diag_free(diag);
  fh_venue_clear(&venue);
  fh_venue_clear(&back);
}

// References to files are rewritten when the venue moves
static void
test_files_are_found_from_the_new_folder(void** state)
{
  (void)state;
  write_file("box.obj",
             "v 0 0 0\nv 6 0 0\nv 6 6 0\nv 0 6 0\nusemtl grass\nf 1 2 3 4\n");
  write_file("v.yaml",
             "fullhouse: 1\ngeometry: {file: box.obj, units: m} # field\n"
             "open_air: true\nsystem: {loudspeakers: [{name: A, model: "
             "box.obj, at: [1,1,1]}]}\n");
  FhVenue venue;
  FhVenue back;
  assert_int_equal(read_venue("v.yaml", &venue, NULL), FH_OK);
  char path[512];
  snprintf(path, sizeof(path), "%s/sub", folder);
  assert_int_equal(mkdir(path, 0777), 0);
  snprintf(path, sizeof(path), "%s/sub/w.yaml", folder);
  assert_int_equal(fh_venue_write(&venue, path, NULL), FH_OK);
  assert_non_null(strstr(read_file("sub/w.yaml"), "units: m} # field"));
  assert_int_equal(read_venue("sub/w.yaml", &back, NULL), FH_OK);
  assert_int_equal(back.mesh.n_triangles, 2);
  assert_string_equal(back.loudspeakers[0].model, "../box.obj");
  fh_venue_clear(&venue);
  fh_venue_clear(&back);
}

static void
test_writing_where_one_cannot(void** state)
{
  (void)state;
  FhVenue venue;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(read_with(everything, &venue, NULL), FH_OK);
  assert_int_equal(fh_venue_write(&venue, "/nowhere/w.yaml", diag), FH_ERR_IO);
  assert_int_equal(fh_diag_size(diag), 1);
  fh_diag_free(diag);
  fh_venue_clear(&venue);
}

static void
test_copy_is_deep(void** state)
{
  (void)state;
  FhVenue venue;
  FhVenue copy;
  assert_int_equal(read_with(everything, &venue, NULL), FH_OK);
  assert_int_equal(fh_venue_copy(&venue, &copy), FH_OK);
  fh_venue_clear(&venue);
  check_everything(&copy);
  fh_venue_clear(&copy);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_writing_keeps_an_unchanged_file),
    cmocka_unit_test(test_a_changed_system_reads_back),
    cmocka_unit_test(test_a_venue_without_file_writes_its_geometry),
    cmocka_unit_test(test_files_are_found_from_the_new_folder),
    cmocka_unit_test(test_writing_where_one_cannot),
    cmocka_unit_test(test_copy_is_deep),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
