// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_VENUE_FILE_H
#define FULLHOUSE_TESTS_VENUE_FILE_H

#include <fh/mesh.h>
#include <fh/venue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
  Venue files of tests: a folder for them, and one that has every key.
*/

static char folder[256];

static inline int
make_folder(void** state)
{
  (void)state;
  const char* const base = getenv("TMPDIR");
  snprintf(folder, sizeof(folder), "%s/fh-venue-XXXXXX", base ? base : "/tmp");
  return mkdtemp(folder) ? 0 : 1;
}

static inline int
remove_folder(void** state)
{
  (void)state;
  static const char* const files[] = {
    "venue.yaml", "v.yaml", "w.yaml", "sub/w.yaml", "box.obj", "sub"};
  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
    remove(path);
  }
  return rmdir(folder);
}

static inline void
write_file(const char* const name, const char* const text)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE* const file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static inline char*
read_file(const char* const name)
{
  static char text[20000];
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE* const file = fopen(path, "rb");
  assert_non_null(file);
  text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
  fclose(file);
  return text;
}

static inline FhStatus
read_venue(const char* const name, FhVenue* const venue, FhDiag* const diag)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  return fh_venue_read(path, venue, diag);
}

/// A room of 8 x 10 x 4 m, floor and walls by polygons
#define GEOMETRY                                                            \
  "geometry:\n"                                                             \
  "  faces:\n"                                                              \
  "    - {material: Floor, points: [[0,0,0],[8,0,0],[8,10,0],[0,10,0]]}\n"  \
  "    - {material: Roof, points: [[0,0,4],[0,10,4],[8,10,4],[8,0,4]]}\n"   \
  "    - {material: Wall, points: [[0,0,0],[0,0,4],[8,0,4],[8,0,0]]}\n"     \
  "    - {material: Wall, points: [[0,10,0],[8,10,0],[8,10,4],[0,10,4]]}\n" \
  "    - {material: Wall, points: [[0,0,0],[0,10,0],[0,10,4],[0,0,4]]}\n"   \
  "    - {material: Wall, points: [[8,0,0],[8,0,4],[8,10,4],[8,10,0]]}\n"
#define MATERIALS                                            \
  "materials:\n"                                             \
  "  Floor: wood_floor_on_joists\n"                          \
  "  Roof: {absorption: [0.1,0.1,0.1,0.1,0.1,0.1,0.2,0.3], " \
  "scattering: 0.3}\n"                                       \
  "  Wall: brick_painted\n"
#define HEAD "fullhouse: 1\nname: Room\n"

/// What the file says, after HEAD, GEOMETRY and MATERIALS
static inline FhStatus
read_with(const char* const text, FhVenue* const venue, FhDiag* const diag)
{
  char all[6000];
  snprintf(all, sizeof(all), "%s%s%s%s", HEAD, GEOMETRY, MATERIALS, text);
  write_file("v.yaml", all);
  return read_venue("v.yaml", venue, diag);
}

static const char everything[] =
  "air: {temperature_c: 22, humidity_percent: 45, pressure_kpa: 101.325}\n"
  "audience:\n"
  "  - {name: floor, surface: Floor, posture: standing, capacity: 60, "
  "spacing_m: 1.0}\n"
  "  - {name: balcony, surface: [[0,8,2],[8,8,2],[8,10,2.5],[0,10,2.5]], "
  "posture: seated, seat: medium, capacity: 12}\n"
  "occupancy: {floor: 0.8, balcony: 0.4}\n"
  "system:\n"
  "  loudspeakers:\n"
  "    - {name: L, model: fh-point-90x60, at: [1,2,3], aim: {yaw_deg: 5, "
  "pitch_deg: -8, roll_deg: 1}, gain_db: -1, delay_ms: 2, invert: true, eq: "
  "[{type: peak, frequency_hz: 100, gain_db: -3, q: 2}, {type: high_pass, "
  "frequency_hz: 80, order: 4}]}\n"
  "    # the second one\n"
  "    - {name: R, model: omni, at: [4,2,3], power_db: [90, 91, 92, 93, 94, "
  "95, 96, 97]}\n"
  "  arrays:\n"
  "    - {name: MainL, box: fh-line-10, count: 4, top: [1,2,3], yaw_deg: 0, "
  "pitch_deg: 2, splay_deg: [0,1,6], gain_db: 0, delay_ms: 0, box_gain_db: "
  "[0, -1, -2, -3], box_invert: [false, true, false, true]}\n"
  "microphones:\n"
  "  - {name: FOH, at: [4,9,1.7]}\n"
  "background_noise: NC-35  # a fan\n"
  "placement:\n"
  "  - {move: [L, R], mirror: yz, within: [[0,1,2],[3,0,4]], "
  "keep_view: [[-4,0.5,0],[4,-2,2]], yaw_deg: "
  "[-40,40], pitch_deg: [-30,0], delay_ms: [0,60], gain_db: [-9,0], add: "
  "{model: fh-column, max: 2}, models: [fh-point-90x60, fh-column]}\n"
  "stock: [{model: fh-column, count: 4}, {model: fh-point-90x60, count: 2}]\n"
  "goals: {level_dba: 99, spread_db: 5, sti: 0.6, weights: {spread: 1, dead: "
  "3, sti: 1, level: 0.5}, dead: {quiet_db: 5}}\n"
  "duration_s: 2.5\n";

static inline void
check_everything(const FhVenue* const v)
{
  assert_string_equal(v->name, "Room");
  CHECK_NEAR(v->air.temperature_c, 22.0, 0.0);
  assert_int_equal(v->mesh.n_triangles, 12);
  assert_int_equal(v->mesh.n_materials, 3);
  assert_string_equal(v->materials[2].name, "brick_painted");
  CHECK_NEAR(v->materials[1].absorption[7], 0.3, 1e-7);
  CHECK_NEAR(v->materials[1].scattering_third[5], 0.3, 1e-7);
  assert_true(v->materials[1].two_sided);
  assert_int_equal(v->n_audience, 2);
  CHECK_NEAR(v->audience[0].occupancy, 0.8, 0.0);
  CHECK_NEAR(v->audience[1].occupancy, 0.4, 0.0);
  assert_int_equal(v->audience[1].seat, FH_SEAT_MEDIUM);
  assert_int_equal(v->audience[1].n_polygon, 4);
  CHECK_NEAR(v->audience[1].polygon[2][2], 2.5, 0.0);
  assert_int_equal(v->n_loudspeakers, 2);
  const FhLoudspeaker* const l = &v->loudspeakers[0];
  CHECK_NEAR(l->pitch_deg, -8.0, 0.0);
  assert_true(l->invert);
  assert_int_equal(l->n_eq, 2);
  assert_int_equal(l->eq[1].type, FH_EQ_HIGH_PASS);
  assert_int_equal(l->eq[1].order, 4);
  assert_true(v->loudspeakers[1].has_power);
  CHECK_NEAR(v->loudspeakers[1].power_db[7], 97.0, 0.0);
  const FhArray* const a = &v->arrays[0];
  assert_int_equal(a->n_splay, 3);
  CHECK_NEAR(a->splay_deg[2], 6.0, 0.0);
  CHECK_NEAR(a->box_gain_db[3], -3.0, 0.0);
  assert_true(a->box_invert[1] && !a->box_invert[2]);
  assert_null(a->box_delay_ms);
  CHECK_NEAR(v->microphones[0].yaw_deg, 180.0, 0.0);
  CHECK_NEAR(v->noise_db[4], 36.0, 0.0);
  const FhPlacementRule* const rule = &v->placement[0];
  assert_int_equal(rule->n_move, 2);
  assert_int_equal(rule->mirror, 1);
  CHECK_NEAR(rule->within[0][1], 0.0, 0.0);
  CHECK_NEAR(rule->within[1][1], 1.0, 0.0);
  assert_true(rule->has_keep_view);
  CHECK_NEAR(rule->keep_view[0][1], -2.0, 0.0);
  CHECK_NEAR(rule->keep_view[1][1], 0.5, 0.0);
  assert_true(rule->has_yaw && !rule->has_splay);
  assert_int_equal(rule->add_max, 2);
  assert_int_equal(rule->n_models, 2);
  assert_string_equal(rule->models[1], "fh-column");
  assert_int_equal(v->n_stock, 2);
  assert_string_equal(v->stock[0].model, "fh-column");
  assert_int_equal(v->stock[0].count, 4);
  CHECK_NEAR(v->goals.weight_dead, 3.0, 0.0);
  CHECK_NEAR(v->goals.dead_quiet_db, 5.0, 0.0);
  CHECK_NEAR(v->goals.dead_sti, 0.45, 0.0);
  CHECK_NEAR(v->duration_s, 2.5, 0.0);
}

#endif // FULLHOUSE_TESTS_VENUE_FILE_H
