// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "venue_by_hand.h"

#include <fh/places.h>
#include <fh/raycast.h>

static void
test_box_measures(void** state)
{
  (void)state;
  FhVenue venue;
  FhScene scene;
  hand_shoebox(&venue, true);
  hand_build(&venue, &scene);
  assert_true(scene.closed);
  assert_int_equal(scene.n_open_edges, 0);
  assert_int_equal(scene.n_vertices, 8);
  // float coordinates of tens of metres: 1e-5 m in each
  CHECK_NEAR(scene.volume_m3, 1440.0, 1e-3);
  CHECK_NEAR(scene.surface_m2, 2 * (240.0 + 120.0 + 72.0), 1e-3);

  double world[3];
  fh_scene_to_world(&scene, scene.low, world);
  CHECK_NEAR(world[0], 100.0, 1e-5);
  CHECK_NEAR(world[2], 2.0, 1e-5);
  // Normals point inward as the faces were drawn
  for (size_t t = 0; t < scene.n_triangles; ++t) {
    const float* const v = scene.vertex[scene.triangle[t][0]];
    const double to_middle =
      (double)scene.normal[t][0] * (110.0 - 110.0 - (double)v[0]) +
      (double)scene.normal[t][1] * -(double)v[1] +
      (double)scene.normal[t][2] * -(double)v[2];
    assert_true(to_middle > 0.0);
  }
  // Eyring by hand: 0.161 V / (-S ln 0.9 + 4 m V)
  double t60[FH_N_OCTAVES];
  double m[FH_N_OCTAVES];
  fh_scene_eyring_t60_s(&scene, t60);
  fh_air_octaves(&scene.air, m);
  const double factor = 24.0 * log(10.0) / fh_air_speed_m_s(&scene.air);
  for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
    const double expected =
      factor * 1440.0 / (-864.0 * log(0.9) + 4.0 * m[k] * 1440.0);
    CHECK_NEAR(t60[k], expected, 1e-5);
  }
  fh_scene_clear(&scene);
  hand_clear(&venue);
}

/// Normals outward, or a wall missing: volume by rays, 1.5 % of the box by
/// 4096 stratified points
static void
test_volume_without_orientation(void** state)
{
  (void)state;
  FhVenue venue;
  FhScene scene;
  hand_shoebox(&venue, false);
  // One wall turned round
  const uint32_t swap = venue.mesh.triangle[0][0];
  venue.mesh.triangle[0][0] = venue.mesh.triangle[0][1];
  venue.mesh.triangle[0][1] = swap;
  hand_build(&venue, &scene);
  assert_int_equal(scene.n_open_edges, 0);
  CHECK_NEAR(scene.volume_m3, 1440.0, 0.015 * 1440.0);
  fh_scene_clear(&scene);

  // A small hole: half of an end wall's triangle pair is left out
  venue.mesh.n_triangles -= 0;
  memmove(venue.mesh.triangle[0],
          venue.mesh.triangle[1],
          (venue.mesh.n_triangles - 1) * sizeof venue.mesh.triangle[0]);
  memmove(venue.mesh.material,
          venue.mesh.material + 1,
          (venue.mesh.n_triangles - 1) * sizeof *venue.mesh.material);
  --venue.mesh.n_triangles;
  hand_build(&venue, &scene);
  assert_true(scene.closed);
  assert_int_equal(scene.n_open_edges, 3);
  CHECK_NEAR(scene.volume_m3, 1440.0, 0.1 * 1440.0);
  fh_scene_clear(&scene);
  hand_clear(&venue);
}

static void
test_open_ground(void** state)
{
  (void)state;
  static const double low[2] = {-50.0, -50.0};
  static const double high[2] = {50.0, 50.0};
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  FhVenue venue;
  FhScene scene;
  hand_rectangle(&b, 2, 0.0, low, high, false, "Grass");
  hand_venue(&b, &venue);
  hand_loudspeaker(&venue, 0.0, 0.0, 3.0);
  venue.open_air = true;
  hand_build(&venue, &scene);
  assert_false(scene.closed);
  CHECK_NEAR(scene.volume_m3, 0.0, 0.0);
  double t60[FH_N_OCTAVES];
  fh_scene_eyring_t60_s(&scene, t60);
  CHECK_NEAR(t60[3], 0.0, 0.0);
  fh_scene_clear(&scene);

  // The same without being told: said, and traced as open
  venue.open_air = false;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(fh_scene_build(&venue, &scene, diag), FH_OK);
  assert_false(scene.closed);
  assert_int_equal(fh_diag_count(diag, FH_DIAG_WARNING), 1);
  assert_non_null(strstr(fh_diag_entry(diag, 0)->text, "open_air"));
  fh_diag_free(diag);
  fh_scene_clear(&scene);
  hand_clear(&venue);
}

static void
test_weld_drops_copies_and_lines(void** state)
{
  (void)state;
  static const double low[3] = {0.0, 0.0, 0.0};
  static const double high[3] = {4.0, 5.0, 3.0};
  static const double line[3][3] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 1e-9}};
  static const double again[2] = {0.0, 0.0};
  static const double end[2] = {4.0, 5.0};
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  FhVenue venue;
  FhScene scene;
  hand_box(&b, low, high, true, "Floor");
  hand_rectangle(&b, 2, 3.0, again, end, true, "Paint");
  uint32_t v[3];
  for (size_t i = 0; i < 3; ++i) {
    assert_int_equal(fh_mesh_builder_vertex(&b, line[i], &v[i]), FH_OK);
  }
  assert_int_equal(fh_mesh_builder_triangle(&b, v, 0), FH_OK);
  hand_venue(&b, &venue);
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(fh_scene_build(&venue, &scene, diag), FH_OK);
  assert_int_equal(scene.n_triangles, 12);
  assert_int_equal(fh_diag_size(diag), 2);
  assert_non_null(strstr(fh_diag_entry(diag, 0)->text, "without area"));
  assert_non_null(strstr(fh_diag_entry(diag, 1)->text, "Paint"));
  CHECK_NEAR(scene.volume_m3, 60.0, 1e-4);
  fh_diag_free(diag);
  fh_scene_clear(&scene);
  hand_clear(&venue);
}

static void
test_places(void** state)
{
  (void)state;
  static const double low[3] = {104.0, -2.0, 2.0};
  static const double high[3] = {106.0, 0.0, 4.0};
  FhVenue venue;
  FhScene scene;
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  static const double room_low[3] = {100.0, -6.0, 2.0};
  static const double room_high[3] = {120.0, 6.0, 8.0};
  hand_box(&b, room_low, room_high, false, "Floor");
  hand_box(&b, low, high, true, "Podium");
  hand_venue(&b, &venue);
  hand_loudspeaker(&venue, 101.0, 0.0, 5.0);
  FhAudience* const a =
    hand_audience(&venue, "", FH_POSTURE_STANDING, FH_SEAT_NONE, 40.0, 1.0);
  static const double corners[4][3] = {{110.0, -3.0, 2.0},
                                       {116.0, -3.0, 2.0},
                                       {116.0, 3.0, 2.0},
                                       {110.0, 3.0, 2.0}};
  a->polygon = (double(*)[3])malloc(sizeof corners);
  memcpy(a->polygon, corners, sizeof corners);
  a->n_polygon = 4;
  hand_build(&venue, &scene);
  static const double points[6][3] = {{102.0, 3.0, 4.0},
                                      {105.0, -1.0, 3.0},
                                      {95.0, 0.0, 5.0},
                                      {113.0, 0.0, 3.0},
                                      {110.0, 5.99, 5.0},
                                      {110.0, 0.0, 9.0}};
  float at[6][3];
  for (size_t i = 0; i < 6; ++i) {
    fh_scene_from_world(&scene, points[i], at[i]);
  }
  FhRaycaster* caster = NULL;
  FhPlace place[6];
  assert_int_equal(fh_raycaster_new(&scene, 1, &caster), FH_OK);
  assert_int_equal(
    fh_scene_places(&scene, caster, (const float(*)[3])at, 6, place), FH_OK);
  assert_int_equal(place[0], FH_PLACE_ROOM);
  assert_int_equal(place[1], FH_PLACE_SOLID);
  assert_int_equal(place[2], FH_PLACE_OUTSIDE);
  assert_int_equal(place[3], FH_PLACE_CROWD);
  assert_int_equal(place[4], FH_PLACE_SURFACE);
  assert_int_equal(place[5], FH_PLACE_OUTSIDE);
  fh_raycaster_free(caster);
  fh_scene_clear(&scene);
  hand_clear(&venue);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_box_measures),
    cmocka_unit_test(test_volume_without_orientation),
    cmocka_unit_test(test_open_ground),
    cmocka_unit_test(test_weld_drops_copies_and_lines),
    cmocka_unit_test(test_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
