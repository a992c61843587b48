// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "venue_by_hand.h"

#include <fh/finite_faces.h>

/// A scene whose small faces scatter
typedef struct {
  FhVenue venue;
  FhScene scene;
  FhRaycaster* caster;
  FhFiniteFaces done;
} Room;

static const double low[3] = {0.0, 0.0, 0.0};
static const double high[3] = {20.0, 12.0, 6.0};

static void
room_init(Room* const room, FhMeshBuilder* const b)
{
  memset(&room->scene, 0, sizeof room->scene);
  hand_venue(b, &room->venue);
  hand_loudspeaker(&room->venue, 1.0, 1.0, 1.0);
  assert_int_equal(fh_scene_build(&room->venue, &room->scene, NULL), FH_OK);
  assert_int_equal(fh_raycaster_new(&room->scene, 1, &room->caster), FH_OK);
  assert_int_equal(
    fh_scene_scatter_faces(&room->scene, room->caster, 2, &room->done), FH_OK);
}

static void
room_clear(Room* const room)
{
  fh_raycaster_free(room->caster);
  fh_scene_clear(&room->scene);
  hand_clear(&room->venue);
}

/// Scattering of the first triangle whose material's name begins so, at an
/// octave; those that stayed as they were before those of finite size
static double
scattering(const Room* const room, const char* const name, const size_t octave)
{
  double found = (double)NAN;
  for (size_t t = 0; t < room->scene.n_triangles; ++t) {
    const FhMaterial* const m = &room->scene.materials[room->scene.material[t]];
    if (!strncmp(m->name, name, strlen(name))) {
      found = (double)m->scattering[octave];
    }
  }
  return found;
}

/// Share that is mirrored by size alone: hand_venue() scatters 0.1
static double
mirrored(const Room* const room, const char* const name, const size_t octave)
{
  return (1.0 - scattering(room, name, octave)) / 0.9;
}

// Six walls that meet in corners are mirrors without an end: a box stays exact,
// however small
static void
test_box_stays(void** state)
{
  (void)state;
  for (int small = 0; small < 2; ++small) {
    const double top[3] = {small ? 0.6 : 20.0, 0.5, 0.4};
    FhMeshBuilder b;
    memset(&b, 0, sizeof b);
    hand_box(&b, low, small ? top : high, true, "Floor");
    Room room;
    memset(&room.scene, 0, sizeof room.scene);
    hand_venue(&b, &room.venue);
    hand_loudspeaker(&room.venue, 0.2, 0.2, 0.2);
    assert_int_equal(fh_scene_build(&room.venue, &room.scene, NULL), FH_OK);
    assert_int_equal(fh_raycaster_new(&room.scene, 1, &room.caster), FH_OK);
    const size_t before = room.scene.n_materials;
    assert_int_equal(
      fh_scene_scatter_faces(&room.scene, room.caster, 2, &room.done), FH_OK);
    assert_int_equal(room.done.n_faces, 6);
    assert_int_equal(room.done.n_small, 0);
    assert_int_equal(room.scene.n_materials, before);
    CHECK_NEAR(room.done.share_mirrored, 1.0, 1e-12);
    room_clear(&room);
  }
}

static void
add_panel(FhMeshBuilder* const b, const double width_m, const double length_m)
{
  const double from[2] = {10.0 - 0.5 * length_m, 6.0 - 0.5 * width_m};
  const double to[2] = {10.0 + 0.5 * length_m, 6.0 + 0.5 * width_m};
  hand_box(b, low, high, true, "Floor");
  hand_rectangle(b, 2, 3.0, from, to, false, "Panel");
}

// A panel in the middle of a hall: below both limits it mirrors as f^2, and as
// f where only its width is too small. The limits are in steps of half an
// octave, which does not touch the slopes
static void
test_panel_slopes(void** state)
{
  (void)state;
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  Room room;
  add_panel(&b, 0.5, 0.5);
  room_init(&room, &b);
  assert_int_equal(room.done.n_faces, 7);
  assert_int_equal(room.done.n_small, 1);
  CHECK_NEAR(mirrored(&room, "Panel", 2) / mirrored(&room, "Panel", 1),
             fh_octave_hz(2) * fh_octave_hz(2) /
               (fh_octave_hz(1) * fh_octave_hz(1)),
             0.05);
  CHECK_NEAR(mirrored(&room, "Floor", 1), 1.0, 1e-6);
  room_clear(&room);

  memset(&b, 0, sizeof b);
  add_panel(&b, 0.25, 10.0);
  room_init(&room, &b);
  CHECK_NEAR(mirrored(&room, "Panel", 3) / mirrored(&room, "Panel", 2),
             fh_octave_hz(3) / fh_octave_hz(2),
             0.02);
  room_clear(&room);
}

// Rindel's limit f_w = c a / (2 (w cos theta)^2): of a strip 10 m long and w
// wide in the middle of a hall 6 m high. From below 3 m to the floor straight
// down, some way more to the walls: its mean path is 3 to 6 m; rounding of the
// limit is a quarter of an octave
static void
test_panel_limit(void** state)
{
  (void)state;
  static const double width_m[] = {0.25, 0.5};
  for (size_t i = 0; i < 2; ++i) {
    FhMeshBuilder b;
    memset(&b, 0, sizeof b);
    Room room;
    add_panel(&b, width_m[i], 10.0);
    room_init(&room, &b);
    const double w = width_m[i] * 2.0 / 3.0;
    const double least = 343.2 * 3.0 / (2.0 * w * w);
    const double greatest = 343.2 * 6.0 / (2.0 * w * w);
    const double limit_hz = fh_octave_hz(3) / mirrored(&room, "Panel", 3);
    assert_true(limit_hz > least * exp2(-0.26));
    assert_true(limit_hz < greatest * exp2(0.26));
    // Far above the limit a panel is as its material says
    CHECK_NEAR(scattering(&room, "Panel", 7),
               limit_hz < 8000.0 ? 0.1 : 1.0 - 0.9 * fh_octave_hz(7) / limit_hz,
               1e-3);
    room_clear(&room);
  }
}

// By materials: where a material is one face it is the same, where it is two
// the mean by area; none is added
static void
test_by_materials(void** state)
{
  (void)state;
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  add_panel(&b, 0.5, 0.5);
  Room one;
  room_init(&one, &b);
  const double small = scattering(&one, "Panel", 2);
  room_clear(&one);

  for (int walls = 0; walls < 2; ++walls) {
    memset(&b, 0, sizeof b);
    hand_box(&b, low, high, true, "Floor");
    hand_rectangle(&b,
                   2,
                   3.0,
                   (double[2]){9.75, 5.75},
                   (double[2]){10.25, 6.25},
                   false,
                   walls ? "Floor" : "Panel");
    FhVenue venue;
    FhScene scene;
    FhRaycaster* caster = NULL;
    hand_venue(&b, &venue);
    hand_loudspeaker(&venue, 1.0, 1.0, 1.0);
    assert_int_equal(fh_scene_build(&venue, &scene, NULL), FH_OK);
    assert_int_equal(fh_raycaster_new(&scene, 1, &caster), FH_OK);
    const size_t before = scene.n_materials;
    assert_int_equal(fh_scene_scatter_materials(&scene, caster, 2), FH_OK);
    assert_int_equal(scene.n_materials, before);
    const char* const name = walls ? "Floor" : "Panel";
    for (size_t m = 0; m < scene.n_materials; ++m) {
      const bool is = !strcmp(scene.materials[m].name, name);
      // Floor: 240 m2 that mirror all, and 0.25 m2 of the panel
      const double expected = !is     ? 0.1
                              : walls ? 0.1 + 0.25 / 240.25 * (small - 0.1)
                                      : small;
      CHECK_NEAR((double)scene.materials[m].scattering[2], expected, 1e-6);
    }
    fh_raycaster_free(caster);
    fh_scene_clear(&scene);
    hand_clear(&venue);
  }
}

// A beam along a wall, 0.4 m deep, with its image in the wall: its face ends in
// two free edges and scatters, its sides are with a corner at the wall twice as
// wide and mirror more; the ceiling, which the beam leaves whole, stays
static void
test_beam(void** state)
{
  (void)state;
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  hand_box(&b, low, high, true, "Floor");
  const double x[2] = {0.0, 12.0};
  // Front at x = 0.4 from z = 2 to 2.4, all along y; below and above
  hand_rectangle(
    &b, 0, 0.4, (double[2]){0.0, 2.0}, (double[2]){x[1], 2.4}, true, "Front");
  hand_rectangle(
    &b, 2, 2.0, (double[2]){0.0, 0.0}, (double[2]){0.4, x[1]}, true, "Under");
  hand_rectangle(
    &b, 2, 2.4, (double[2]){0.0, 0.0}, (double[2]){0.4, x[1]}, false, "Over");
  Room room;
  room_init(&room, &b);
  assert_true(mirrored(&room, "Front", 2) < 0.3);
  assert_true(mirrored(&room, "Under", 2) > 1.4 * mirrored(&room, "Front", 2));
  CHECK_NEAR(mirrored(&room, "Ceiling", 1), 1.0, 1e-6);
  room_clear(&room);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_box_stays),
    cmocka_unit_test(test_panel_slopes),
    cmocka_unit_test(test_panel_limit),
    cmocka_unit_test(test_by_materials),
    cmocka_unit_test(test_beam),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
