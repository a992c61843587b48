// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "check.h"

#include <fh/source.h>

/// A scene with one omni source
typedef struct {
  FhScene scene;
  FhSources* sources;
  FhRaycaster* caster;
} Stage;

static void
stage_init(Stage* const stage)
{
  memset(stage, 0, sizeof *stage);
  assert_true(test_scene_init(&stage->scene));
  (void)test_scene_add_material(&stage->scene, test_material(0.2f, 0.2f));
}

static void
stage_start(Stage* const stage, const double at[3])
{
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  FhLoudspeaker speaker;
  memset(&speaker, 0, sizeof speaker);
  (void)snprintf(speaker.model, sizeof speaker.model, "omni");
  memcpy(speaker.at, at, sizeof speaker.at);
  venue.n_loudspeakers = 1;
  venue.loudspeakers = &speaker;
  assert_int_equal(fh_sources_new(&venue, &stage->scene, &stage->sources, NULL),
                   FH_OK);
  assert_int_equal(fh_raycaster_new(&stage->scene, 1, &stage->caster), FH_OK);
}

static void
stage_clear(Stage* const stage)
{
  fh_raycaster_free(stage->caster);
  fh_sources_free(stage->sources);
  test_scene_free(&stage->scene);
}

/// Levels relative to the free field in every third octave
static void
relative(const Stage* const stage,
         const float (*const at)[3],
         const size_t n,
         double (*const db)[FH_N_THIRDS])
{
  FhDirectField field;
  FhDirectField free_field;
  assert_int_equal(
    fh_direct_field(
      stage->sources, stage->caster, at, n, UINT64_MAX, true, 2, &field),
    FH_OK);
  assert_int_equal(
    fh_direct_field(
      stage->sources, NULL, at, n, UINT64_MAX, false, 2, &free_field),
    FH_OK);
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      db[i][b] =
        10.0 * log10((double)field.p2[i][b] / (double)free_field.p2[i][b]);
    }
  }
  fh_direct_field_clear(&field);
  fh_direct_field_clear(&free_field);
}

/// A hall of 60 x 40 x 20 m with a balcony: slab and front, from x = 40 m
static void
add_balcony_hall(FhScene* const scene)
{
  const uint32_t walls[6] = {0, 0, 0, 0, 0, 0};
  const float size[3] = {60.0f, 40.0f, 20.0f};
  test_scene_add_box(scene, size, walls);
  const float p[3] = {40.0f, 0.0f, 6.0f};
  const float top[3] = {40.0f, 0.0f, 7.0f};
  const float x[3] = {20.0f, 0.0f, 0.0f};
  const float y[3] = {0.0f, 40.0f, 0.0f};
  const float z[3] = {0.0f, 0.0f, 1.0f};
  test_scene_add_quad(scene, p, y, x, 0);
  test_scene_add_quad(scene, top, x, y, 0);
  test_scene_add_quad(scene, p, z, y, 0);
}

// Seats half a metre apart run from full view into the shadow under a balcony:
// at 500 Hz no step is larger than 1.5 dB, and the deepest is well shadowed
static void
test_level_falls_smoothly_under_a_balcony(void** state)
{
  (void)state;
  static const double heights_m[3] = {17.0, 19.0, 19.8};
  for (size_t h = 0; h < 3; ++h) {
    Stage stage;
    stage_init(&stage);
    add_balcony_hall(&stage.scene);
    const double at[3] = {3.0, 20.0, heights_m[h]};
    stage_start(&stage, at);
    enum { N = 78 };
    static float seats[N][3];
    for (size_t i = 0; i < N; ++i) {
      seats[i][0] = 20.6f + 0.5f * (float)i;
      seats[i][1] = 23.3f;
      seats[i][2] = 1.2f;
    }
    static double db[N][FH_N_THIRDS];
    relative(&stage, (const float(*)[3])seats, N, db);
    for (size_t i = 1; i < N; ++i) {
      CHECK_NEAR(db[i][10], db[i - 1][10], 1.5);
    }
    CHECK_NEAR(db[0][10], 0.0, 0.05);
    assert_true(h == 0 || db[N - 1][10] < -7.0);
    stage_clear(&stage);
  }
}

// On the balcony, behind its parapet, from a source on the floor
static void
test_level_falls_smoothly_behind_a_parapet(void** state)
{
  (void)state;
  Stage stage;
  stage_init(&stage);
  add_balcony_hall(&stage.scene);
  const float p[3] = {40.0f, 0.0f, 7.0f};
  const float up[3] = {0.0f, 0.0f, 1.0f};
  const float thick[3] = {0.2f, 0.0f, 0.0f};
  const float along[3] = {0.0f, 40.0f, 0.0f};
  const float rear[3] = {40.2f, 0.0f, 7.0f};
  const float lid[3] = {40.0f, 0.0f, 8.0f};
  test_scene_add_quad(&stage.scene, p, up, along, 0);
  test_scene_add_quad(&stage.scene, rear, along, up, 0);
  test_scene_add_quad(&stage.scene, lid, thick, along, 0);
  const double at[3] = {3.0, 20.0, 2.0};
  stage_start(&stage, at);
  enum { N = 60 };
  static float seats[N][3];
  for (size_t i = 0; i < N; ++i) {
    // A column of ears behind the parapet, from above its line down to the slab
    seats[i][0] = 46.0f;
    seats[i][1] = 21.7f;
    seats[i][2] = 11.0f - 0.06f * (float)i;
  }
  static double db[N][FH_N_THIRDS];
  relative(&stage, (const float(*)[3])seats, N, db);
  for (size_t i = 1; i < N; ++i) {
    CHECK_NEAR(db[i][10], db[i - 1][10], 1.5);
  }
  // The lowest ear is 1.5 m under the line of sight: the exact half plane takes
  // 13 dB at 500 Hz, a parapet of some thickness a little more
  assert_true(db[N - 1][10] < -10.0 && db[N - 1][10] > -22.0);
  stage_clear(&stage);
}

// A large thin screen alone: the whole chain against the exact half plane
static void
test_screen_takes_what_the_half_plane_takes(void** state)
{
  (void)state;
  Stage stage;
  stage_init(&stage);
  const float p[3] = {0.0f, -400.0f, -400.0f};
  const float y[3] = {0.0f, 800.0f, 0.0f};
  const float z[3] = {0.0f, 0.0f, 401.0f};
  test_scene_add_quad(&stage.scene, p, y, z, 0);
  const double at[3] = {-10.0, 0.0, 0.0};
  stage_start(&stage, at);
  const float to[1][3] = {{20.0f, 0.0f, 0.0f}};
  double db[1][FH_N_THIRDS];
  relative(&stage, to, 1, db);
  // a = 10 m, b = 20 m, h = 1 m: barrier_maekawa.csv, exact half plane
  CHECK_NEAR(-db[0][1], 6.79934424, 0.3);
  fh_sources_free(stage.sources);
  fh_raycaster_free(stage.caster);
  // And a tone agrees with its band
  stage_start(&stage, at);
  double tone[1][2];
  double clear[1][2];
  const double hz = fh_third_hz(10);
  assert_int_equal(
    fh_direct_pressure(
      stage.sources, stage.caster, to, 1, UINT64_MAX, true, hz, 1, tone),
    FH_OK);
  assert_int_equal(
    fh_direct_pressure(
      stage.sources, NULL, to, 1, UINT64_MAX, false, hz, 1, clear),
    FH_OK);
  const double loss = 20.0 * log10(hypot(tone[0][0], tone[0][1]) /
                                   hypot(clear[0][0], clear[0][1]));
  CHECK_NEAR(loss, db[0][10], 0.1);
  stage_clear(&stage);
}

/// Keller's coefficient of a rigid corner of 270 degrees for a wave that leaves
/// along one face, `below` radians past the border of the shadow, times
/// sqrt(2 pi k)
static double
keller(const double below)
{
  const double n = 1.5;
  const double out = n * FH_PI;
  const double in = 0.5 * FH_PI - below;
  double sum = 0.0;
  for (size_t i = 0; i < 2; ++i) {
    const double beta = i ? out + in : out - in;
    sum += 1.0 / tan((FH_PI + beta) / (2.0 * n)) +
           1.0 / tan((FH_PI - beta) / (2.0 * n));
  }
  return fabs(sum) / (2.0 * n);
}

// A block 2 m thick, both points low: two edges in a row. From 1 kHz up the
// geometrical theory holds: two of Keller's coefficients, half of the pressure
// on the face being the wave that goes on
static void
test_thick_block_bends_twice(void** state)
{
  (void)state;
  Stage stage;
  stage_init(&stage);
  const float o[3] = {-1.0f, -300.0f, -300.0f};
  const float back[3] = {1.0f, -300.0f, -300.0f};
  const float top[3] = {-1.0f, -300.0f, 2.0f};
  const float x[3] = {2.0f, 0.0f, 0.0f};
  const float y[3] = {0.0f, 600.0f, 0.0f};
  const float z[3] = {0.0f, 0.0f, 302.0f};
  test_scene_add_quad(&stage.scene, o, z, y, 0);
  test_scene_add_quad(&stage.scene, back, y, z, 0);
  test_scene_add_quad(&stage.scene, top, x, y, 0);
  const double at[3] = {-8.0, 0.0, 0.0};
  stage_start(&stage, at);
  const float to[1][3] = {{9.0f, 0.0f, 0.0f}};
  double db[1][FH_N_THIRDS];
  relative(&stage, to, 1, db);
  const double s0 = hypot(7.0, 2.0);
  const double s2 = hypot(8.0, 2.0);
  const double length = s0 + 2.0 + s2;
  for (size_t b = 7; b < FH_N_THIRDS; ++b) {
    assert_true(db[0][b] < db[0][b - 3]);
    if (b < 13) {
      continue;
    }
    const double k = 2.0 * FH_PI * fh_third_hz(b) / 343.2;
    const double first = keller(atan2(2.0, 7.0)) / sqrt(2.0 * FH_PI * k) *
                         sqrt(length / (s0 * (2.0 + s2)));
    const double second = keller(atan2(2.0, 8.0)) / sqrt(2.0 * FH_PI * k) *
                          sqrt(length / ((s0 + 2.0) * s2));
    // Less the way that is longer than the free field's
    const double expected = 0.5 * first * second * 17.0 / length;
    CHECK_NEAR(db[0][b], 20.0 * log10(expected), 1.0);
  }
  stage_clear(&stage);
}

// Without edges hidden seats are silent, and no emitter is in sight
static void
test_hidden_seats_are_silent_without_edges(void** state)
{
  (void)state;
  Stage stage;
  stage_init(&stage);
  add_balcony_hall(&stage.scene);
  const double at[3] = {3.0, 20.0, 19.0};
  stage_start(&stage, at);
  const float to[2][3] = {{57.0f, 20.0f, 1.2f}, {20.0f, 20.0f, 1.2f}};
  FhDirectField field;
  assert_int_equal(
    fh_direct_field(
      stage.sources, stage.caster, to, 2, UINT64_MAX, false, 1, &field),
    FH_OK);
  assert_int_equal(field.visible[0], 0);
  assert_int_equal(field.visible[1], 1);
  assert_true(field.p2[0][10] == 0.0f && field.p2[1][10] > 0.0f);
  fh_direct_field_clear(&field);
  stage_clear(&stage);
}

// Over edges, too, the same bits come from 1, 2 and 7 threads
static void
test_threads_do_not_matter(void** state)
{
  (void)state;
  Stage stage;
  stage_init(&stage);
  add_balcony_hall(&stage.scene);
  const double at[3] = {3.0, 20.0, 19.0};
  stage_start(&stage, at);
  enum { N = 400 };
  static float seats[N][3];
  for (size_t i = 0; i < N; ++i) {
    seats[i][0] = 38.0f + 1.0f * (float)(i % 20);
    seats[i][1] = 1.0f + 1.9f * (float)(i / 20);
    seats[i][2] = 1.2f;
  }
  FhDirectField field[3];
  static const unsigned threads[3] = {1, 2, 7};
  for (size_t i = 0; i < 3; ++i) {
    assert_int_equal(fh_direct_field(stage.sources,
                                     stage.caster,
                                     (const float(*)[3])seats,
                                     N,
                                     UINT64_MAX,
                                     true,
                                     threads[i],
                                     &field[i]),
                     FH_OK);
    assert_memory_equal(field[0].p2, field[i].p2, N * sizeof *field[0].p2);
  }
  for (size_t i = 0; i < 3; ++i) {
    fh_direct_field_clear(&field[i]);
  }
  stage_clear(&stage);
}

// People are no wall: a source on the floor is heard through the audience, but
// not through what stands behind it
static void
test_audience_is_looked_through(void** state)
{
  (void)state;
  Stage stage;
  stage_init(&stage);
  const float y[3] = {0.0f, 20.0f, 0.0f};
  const float z[3] = {0.0f, 0.0f, 2.0f};
  static const float x[3] = {2.0f, 6.0f, 8.0f};
  for (size_t i = 0; i < 3; ++i) {
    const float p[3] = {x[i], -10.0f, 0.0f};
    test_scene_add_quad(&stage.scene, p, y, z, 0);
  }
  for (size_t t = 0; t < 4; ++t) {
    stage.scene.kind[t] = FH_SURFACE_CROWD_SIDE;
    stage.scene.block[t] = 0;
  }
  const double at[3] = {0.0, 0.0, 0.5};
  stage_start(&stage, at);
  const float to[2][3] = {{7.0f, 0.0f, 1.6f}, {9.0f, 0.0f, 1.6f}};
  FhDirectField field;
  assert_int_equal(
    fh_direct_field(
      stage.sources, stage.caster, to, 2, UINT64_MAX, false, 1, &field),
    FH_OK);
  assert_int_equal(field.visible[0], 1);
  assert_int_equal(field.visible[1], 0);
  fh_direct_field_clear(&field);
  stage_clear(&stage);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_level_falls_smoothly_under_a_balcony),
    cmocka_unit_test(test_level_falls_smoothly_behind_a_parapet),
    cmocka_unit_test(test_screen_takes_what_the_half_plane_takes),
    cmocka_unit_test(test_thick_block_bends_twice),
    cmocka_unit_test(test_audience_is_looked_through),
    cmocka_unit_test(test_threads_do_not_matter),
    cmocka_unit_test(test_hidden_seats_are_silent_without_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
