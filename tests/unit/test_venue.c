// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "scene/venue_input.h"
#include "venue_file.h"

#include <fh/share.h>

/// The file must give exactly one error, which holds both texts
static void
check_error(const char* const file,
            const FhStatus wanted,
            const char* const what,
            const char* const remedy)
{
  write_file("v.yaml", file);
  FhDiag* const diag = fh_diag_new();
  FhVenue venue;
  const FhStatus status = read_venue("v.yaml", &venue, diag);
  static const FhVenue empty;
  assert_memory_equal(&venue, &empty, sizeof(venue));
  if (status != wanted || fh_diag_count(diag, FH_DIAG_ERROR) != 1) {
    print_error("status %d, %zu errors for:\n%s\n",
                status,
                fh_diag_count(diag, FH_DIAG_ERROR),
                file);
  }
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    if (e->severity == FH_DIAG_ERROR &&
        (!strstr(e->text, what) || !strstr(e->text, remedy) || e->line < 1 ||
         e->column < 1)) {
      print_error("%d:%d: %s\n", e->line, e->column, e->text);
      fail();
    }
  }
  assert_int_equal(status, wanted);
  assert_int_equal(fh_diag_count(diag, FH_DIAG_ERROR), 1);
  fh_diag_free(diag);
}

/// As check_error(), for a text after a sound beginning
static void
check_error_with(const char* const text,
                 const char* const what,
                 const char* const remedy)
{
  char all[6000];
  snprintf(all, sizeof(all), "%s%s%s%s", HEAD, GEOMETRY, MATERIALS, text);
  check_error(all, FH_ERR_INVALID_DATA, what, remedy);
}

#define SPEAKER(extra)                                                       \
  "system:\n  loudspeakers:\n    - {name: L, model: omni, at: [1,2,3]" extra \
  "}\n"

static void
test_every_key_is_read(void** state)
{
  (void)state;
  FhVenue venue;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(read_with(everything, &venue, diag), FH_OK);
  assert_int_equal(fh_diag_size(diag), 0);
  check_everything(&venue);
  assert_true(venue.loudspeakers[1].line > venue.loudspeakers[0].line);
  fh_venue_clear(&venue);
  fh_diag_free(diag);
}

static void
test_defaults(void** state)
{
  (void)state;
  FhVenue venue;
  assert_int_equal(read_with(SPEAKER(""), &venue, NULL), FH_OK);
  CHECK_NEAR(venue.loudspeakers[0].power_db[3], 100.0, 0.0);
  assert_false(venue.loudspeakers[0].has_power);
  CHECK_NEAR(venue.air.humidity_percent, fh_air_default().humidity_percent, 0);
  CHECK_NEAR(venue.goals.level_dba, fh_goals_default().level_dba, 0.0);
  CHECK_NEAR(venue.goals.level_dba, 102.0, 0.0);
  CHECK_NEAR(venue.noise_db[4], 31.0, 0.0);
  fh_venue_clear(&venue);
}

static void
test_json_is_yaml(void** state)
{
  (void)state;
  write_file("v.yaml",
             "{\"fullhouse\": 1, \"geometry\": {\"units\": \"cm\", \"up\": "
             "\"y\", \"faces\": [{\"material\": \"brick_painted\", \"points\": "
             "[[0,0,0],[800,0,0],[800,0,-500],[0,0,-500]]}]}, "
             "\"open_air\": true}\n");
  FhVenue venue;
  assert_int_equal(read_venue("v.yaml", &venue, NULL), FH_OK);
  // up: y turns (x, y, z) into (x, -z, y)
  CHECK_NEAR(venue.mesh.vertex[2][0], 8.0, 1e-12);
  CHECK_NEAR(venue.mesh.vertex[2][1], 5.0, 1e-12);
  CHECK_NEAR(venue.mesh.vertex[2][2], 0.0, 1e-12);
  fh_venue_clear(&venue);
}

static void
test_unknown_keys_say_what_was_meant(void** state)
{
  (void)state;
  check_error_with(
    SPEAKER(", gain: 1"), "'gain' of a loudspeaker", "'gain_db'?");
  check_error_with(SPEAKER(", dealy_ms: 1"), "'dealy_ms'", "'delay_ms'?");
  check_error_with("microphnes: []\n", "'microphnes'", "'microphones'?");
  check_error_with("zzz: 1\n", "'zzz' of a venue", "--help-venue");
  check_error_with(SPEAKER(", aim: {yaw: 3}"), "'yaw' of an aim", "'yaw_deg'?");
}

static void
test_numbers_out_of_range(void** state)
{
  (void)state;
  check_error_with(
    SPEAKER(", gain_db: .nan"), "not a finite number", "-60 to 20");
  check_error_with(
    SPEAKER(", gain_db: 21"), "outside -60 to 20 [dB]", "give a");
  check_error_with(SPEAKER(", delay_ms: -1"), "outside 0 to 2000", "give a");
  check_error_with(
    SPEAKER(", gain_db: 3 dB"), "needs a number [dB]", "without");
  check_error_with(SPEAKER(", eq: 3"), "'eq' needs a list", "begin each");
  check_error_with("occupancy: 1.5\n", "outside 0 to 1", "give a value");
  check_error_with("air: {humidity_percent: -5}\n", "outside 0 to 100", "give");
  check_error_with("duration_s: inf\n", "not a finite number", "0 to 60");
  check_error_with("open_air: maybe\n", "true or false", "write one");
  check_error_with("background_noise: NC-99\n", "outside the curves", "NC-15");
  check_error_with("background_noise: PNC-20\n", "no noise curve", "8 octave");
  check_error_with("background_noise: [1,2]\n", "list of 8 numbers", "write");
}

static void
test_points_and_lists_have_their_length(void** state)
{
  (void)state;
  check_error_with("microphones: [{name: A, at: [1,2]}]\n",
                   "list of 3 numbers, got 2",
                   "write [");
  check_error_with("system: {arrays: [{name: A, box: b, count: 4, top: "
                   "[1,1,1], splay_deg: [1, 2]}]}\n",
                   "4 boxes have 3 angles",
                   "count - 1");
  check_error_with("system: {arrays: [{name: A, box: b, count: 4.5, top: "
                   "[1,1,1]}]}\n",
                   "whole number",
                   "1 to 64");
  check_error_with(SPEAKER("") "placement: [{move: L, yaw_deg: [40, -40]}]\n",
                   "from 40 down to -40",
                   "[low, high]");
}

static void
test_missing_keys_are_named(void** state)
{
  (void)state;
  check_error_with("microphones: [{at: [1,2,3]}]\n", "lacks 'name'", "add it");
  check_error_with("audience: [{name: a, surface: Floor, posture: seated, "
                   "capacity: 5}]\n",
                   "lacks 'seat'",
                   "medium");
  check_error("fullhouse: 1\n", FH_ERR_INVALID_DATA, "lacks 'geometry'", "add");
  check_error("name: x\n", FH_ERR_FORMAT, "'fullhouse: 1' is missing", "add");
  check_error("- 1\n", FH_ERR_FORMAT, "not a venue file", "add");
  check_error("fullhouse: 2\n" GEOMETRY MATERIALS,
              FH_ERR_INVALID_DATA,
              "version 1",
              "newer fullhouse");
}

static void
test_names_must_exist_and_differ(void** state)
{
  (void)state;
  check_error_with(
    "microphones:\n  - {name: A, at: [1,2,3]}\n  - {name: A, at: "
    "[1,2,3]}\n",
    "'A' is taken (line",
    "choose another");
  check_error_with(
    "microphones: [{name: a/b, at: [1,2,3]}]\n", "file names", "leave out");
  check_error_with(SPEAKER("") "placement: [{move: [l]}]\n",
                   "no loudspeaker or array 'l'",
                   "'L'?");
  check_error_with("audience: [{name: floor, surface: Flor, posture: standing, "
                   "capacity: 5}]\n",
                   "no surface 'Flor'",
                   "'Floor'?");
  check_error_with("audience: [{name: floor, surface: Floor, posture: "
                   "standing, capacity: 5}]\noccupancy: {flor: 1}\n",
                   "no audience area 'flor'",
                   "'floor'?");
  check_error_with("audience: [{name: a, surface: Floor, posture: laying, "
                   "capacity: 5}]\n",
                   "cannot be 'laying'",
                   "seated, standing");
  check_error_with("system: {loudspeakers: [{name: A, model: fh-column, at: "
                   "[1,1,1], power_db: 90}]}\n",
                   "'power_db' belongs to `model: omni`",
                   "gain_db");
}

static void
test_materials_are_checked(void** state)
{
  (void)state;
  check_error(HEAD GEOMETRY "materials:\n  Floor: wood_flor_on_joists\n  Roof: "
                            "brick_bare\n  Wall: brick_bare\n",
              FH_ERR_INVALID_DATA,
              "no material 'wood_flor_on_joists'",
              "'wood_floor_on_joists'?");
  check_error(HEAD GEOMETRY "materials:\n  Floor: brick_bare\n  Walls: "
                            "brick_bare\n  Roof: brick_bare\n",
              FH_ERR_INVALID_DATA,
              "'Wall' has no material",
              "'Walls', is that the same?");
  check_error(HEAD GEOMETRY "materials:\n  Floor: {absorption: [0.1, 0.2]}\n"
                            "  Roof: brick_bare\n  Wall: brick_bare\n",
              FH_ERR_INVALID_DATA,
              "has 2 numbers",
              "8 (octaves");
  check_error(HEAD GEOMETRY "materials:\n  Floor: {absorption: 1.4}\n"
                            "  Roof: brick_bare\n  Wall: brick_bare\n",
              FH_ERR_INVALID_DATA,
              "outside 0 to 1.3",
              "give");
  check_error(HEAD GEOMETRY
              "materials:\n  Floor: {absorption: 0.1, transmission: 0.2}\n"
              "  Roof: brick_bare\n  Wall: brick_bare\n",
              FH_ERR_INVALID_DATA,
              "more than the absorption",
              "raise");
}

static void
test_geometry_is_checked(void** state)
{
  (void)state;
  check_error(HEAD "geometry: {file: nothere.obj}\n",
              FH_ERR_IO,
              "is not there",
              "check the name");
  check_error(
    HEAD "geometry: {}\n", FH_ERR_INVALID_DATA, "geometry is empty", "faces");
  check_error(HEAD "geometry: {faces: [{material: brick_bare, points: "
                   "[[0,0,0],[8,0,0],[8,8,0],[0,8,1]]}]}\n",
              FH_ERR_INVALID_DATA,
              "not plane",
              "split");
  check_error(HEAD "geometry: {faces: [{material: brick_bare, points: "
                   "[[0,0,0],[8,0,0],[4,0,0]]}]}\n",
              FH_ERR_INVALID_DATA,
              "no area",
              "in order");
  check_error(HEAD "geometry: {faces: [{material: brick_bare, points: "
                   "[[0,0,0],[3,3,0],[3,0,0],[0,2,0]]}]}\n",
              FH_ERR_INVALID_DATA,
              "cross",
              "in order");
  check_error(HEAD "geometry: {faces: [{material: brick_bare, points: "
                   "[[0,0,0],[8,0,0]]}]}\n",
              FH_ERR_INVALID_DATA,
              "3 to 1000 corners",
              "write");
  check_error(HEAD "geometry: {units: furlong, file: a.obj}\n",
              FH_ERR_INVALID_DATA,
              "cannot be 'furlong'",
              "m, cm, mm");
}

static void
test_millimetres_taken_for_metres(void** state)
{
  (void)state;
  check_error(HEAD "geometry: {faces: [{material: brick_bare, points: "
                   "[[0,0,0],[15000,0,0],[15000,9000,0],[0,9000,0]]}]}\n",
              FH_ERR_INVALID_DATA,
              "1.5e+04 m across",
              "`units: mm` if it should be 15 m");
  check_error(HEAD "geometry: {units: mm, faces: [{material: brick_bare, "
                   "points: [[0,0,0],[15,0,0],[15,9,0],[0,9,0]]}]}\n",
              FH_ERR_INVALID_DATA,
              "too small",
              "`units: m` if it should be 15 m");
  // Half a kilometre is a ground, not a room
  static const char ground[] =
    HEAD "geometry: {faces: [{material: grass, points: "
         "[[0,0,0],[700,0,0],[700,900,0],[0,900,0]]}]}\n";
  check_error(ground, FH_ERR_INVALID_DATA, "too large for a room", "open_air");
  char open[600];
  snprintf(open, sizeof(open), "%sopen_air: true\n", ground);
  write_file("v.yaml", open);
  FhVenue venue;
  assert_int_equal(read_venue("v.yaml", &venue, NULL), FH_OK);
  fh_venue_clear(&venue);
}

static void
test_what_is_no_venue_is_refused(void** state)
{
  (void)state;
  FhVenue venue;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(read_venue("nothere", &venue, diag), FH_ERR_IO);
  assert_int_equal(read_venue("", &venue, diag), FH_ERR_IO);
  write_file("box.obj", "v 0 0 0\n");
  assert_int_equal(read_venue("box.obj", &venue, diag), FH_ERR_IO);
  assert_int_equal(fh_diag_size(diag), 3);
  assert_non_null(strstr(fh_diag_entry(diag, 1)->text, "holds no venue.yaml"));
  assert_non_null(strstr(fh_diag_entry(diag, 2)->text, "fullhouse import"));
  fh_diag_free(diag);
}

// NC-35 as in the table; NR-40 at 1 kHz is 40 by definition, RC-30 at 125 Hz 45
static void
test_noise_curves(void** state)
{
  (void)state;
  float level_db[FH_N_OCTAVES];
  assert_int_equal(fh_noise_curve("NC-35", level_db), FH_OK);
  CHECK_NEAR(level_db[0], 60.0, 0.0);
  assert_int_equal(fh_noise_curve("nc 37.5", level_db), FH_OK);
  CHECK_NEAR(level_db[0], 62.0, 1e-5);
  assert_int_equal(fh_noise_curve("NR-40", level_db), FH_OK);
  CHECK_NEAR(level_db[4], 40.0, 1e-5);
  CHECK_NEAR(level_db[1], 22.0 + 0.87 * 40.0, 1e-4);
  assert_int_equal(fh_noise_curve("RC-30", level_db), FH_OK);
  CHECK_NEAR(level_db[1], 45.0, 1e-5);
  assert_int_equal(fh_noise_curve("NC-", level_db), FH_ERR_FORMAT);
  assert_int_equal(fh_noise_curve("", level_db), FH_ERR_FORMAT);
  assert_int_equal(fh_noise_curve("NC-80", level_db), FH_ERR_LIMIT);
}

static void
test_bundled_venues_are_sound(void** state)
{
  (void)state;
  static const struct {
    const char* name;
    double capacity;
  } venues[] = {{"club-600", 600},
                {"theatre-1200", 1200},
                {"concert-hall-1700", 1700},
                {"arena-12000", 12000},
                {"festival-field", 14000}};
  for (size_t i = 0; i < sizeof(venues) / sizeof(venues[0]); ++i) {
    char path[1200];
    snprintf(path, sizeof(path), "%s/%s", fh_share_folder(), venues[i].name);
    FhVenue venue;
    FhDiag* const diag = fh_diag_new();
    const FhStatus status = fh_venue_read(path, &venue, diag);
    for (size_t k = 0; k < fh_diag_size(diag); ++k) {
      const FhDiagEntry* const e = fh_diag_entry(diag, k);
      print_error("%s:%d: %s\n", venues[i].name, e->line, e->text);
    }
    assert_int_equal(status, FH_OK);
    assert_int_equal(fh_diag_size(diag), 0);
    double capacity = 0.0;
    for (size_t k = 0; k < venue.n_audience; ++k) {
      capacity += venue.audience[k].capacity;
    }
    CHECK_NEAR(capacity, venues[i].capacity, 0.0);
    assert_true(venue.mesh.n_triangles > 300 && venue.mesh.n_triangles < 4000);
    assert_true(venue.n_microphones >= 5 && venue.n_placement >= 1);
    fh_venue_clear(&venue);
    fh_diag_free(diag);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_key_is_read),
    cmocka_unit_test(test_defaults),
    cmocka_unit_test(test_json_is_yaml),
    cmocka_unit_test(test_unknown_keys_say_what_was_meant),
    cmocka_unit_test(test_numbers_out_of_range),
    cmocka_unit_test(test_points_and_lists_have_their_length),
    cmocka_unit_test(test_missing_keys_are_named),
    cmocka_unit_test(test_names_must_exist_and_differ),
    cmocka_unit_test(test_materials_are_checked),
    cmocka_unit_test(test_geometry_is_checked),
    cmocka_unit_test(test_millimetres_taken_for_metres),
    cmocka_unit_test(test_what_is_no_venue_is_refused),
    cmocka_unit_test(test_noise_curves),
    cmocka_unit_test(test_bundled_venues_are_sound),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
