// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "check.h"

#include <fh/raycast.h>

static const float size_m[3] = {12.3f, 8.7f, 4.1f};

static int
setup(void** state)
{
  static FhScene scene;
  if (!test_scene_init(&scene)) {
    return -1;
  }
  const uint32_t wall =
    test_scene_add_material(&scene, test_material(0.1f, 0.1f));
  const uint32_t walls[6] = {wall, wall, wall, wall, wall, wall};
  test_scene_add_box(&scene, size_m, walls);
  *state = &scene;
  return 0;
}

static int
teardown(void** state)
{
  test_scene_free((FhScene*)*state);
  return 0;
}

static void
test_hit_has_the_distance_and_the_wall(void** state)
{
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new((FhScene*)*state, 1, &caster), FH_OK);
  const float from[3] = {1.0f, 2.0f, 1.5f};
  const float along_x[3] = {1.0f, 0.0f, 0.0f};
  FhHit hit;
  fh_raycast(caster, from, along_x, 0.0f, 1e30f, &hit);
  CHECK_NEAR(hit.distance_m, 11.3, 1e-5);
  assert_true(hit.triangle == 2 || hit.triangle == 3);
  fh_raycast(caster, from, along_x, 0.0f, 11.0f, &hit);
  assert_true(hit.triangle == FH_NO_HIT);
  fh_raycaster_free(caster);
}

// Rays at corners and edges must not slip through: the ROBUST flag is on
static void
test_rays_at_edges_do_not_leak(void** state)
{
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new((FhScene*)*state, 1, &caster), FH_OK);
  const float from[3] = {5.1f, 3.3f, 1.7f};
  size_t n_missed = 0;
  for (size_t i = 0; i < 3000; ++i) {
    const float f = (float)i / 3000.0f;
    const float at[3] = {f * size_m[0], i % 2 ? size_m[1] : 0.0f, 0.0f};
    float d[3];
    float length = 0.0f;
    for (size_t k = 0; k < 3; ++k) {
      d[k] = at[k] - from[k];
      length += d[k] * d[k];
    }
    for (size_t k = 0; k < 3; ++k) {
      d[k] /= sqrtf(length);
    }
    FhHit hit;
    fh_raycast(caster, from, d, 0.0f, 1e30f, &hit);
    n_missed += hit.triangle == FH_NO_HIT;
  }
  assert_int_equal(n_missed, 0);
  fh_raycaster_free(caster);
}

static void
test_many_lines_of_sight_equal_single_ones(void** state)
{
  FhScene* const scene = (FhScene*)*state;
  const float p[3] = {6.0f, 1.0f, 0.0f};
  const float u[3] = {0.0f, 5.0f, 0.0f};
  const float v[3] = {0.0f, 0.0f, 2.5f};
  const FhScene before = *scene;
  test_scene_add_quad(scene, p, u, v, 0);

  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new(scene, 1, &caster), FH_OK);
  float to[101][3];
  uint8_t visible[101];
  const float from[3] = {1.0f, 4.0f, 1.2f};
  for (size_t i = 0; i < 101; ++i) {
    to[i][0] = 11.0f;
    to[i][1] = 0.08f * (float)i + 0.2f;
    to[i][2] = 1.2f;
  }
  fh_visible_many(caster, from, (const float(*)[3])to, 101, visible);
  size_t n_hidden = 0;
  for (size_t i = 0; i < 101; ++i) {
    assert_int_equal(visible[i], fh_visible(caster, from, to[i]));
    n_hidden += !visible[i];
  }
  // The screen spans y = 1 to 6, seen from y = 4: its shadow reaches the walls
  assert_true(n_hidden > 50 && n_hidden < 101);
  fh_raycaster_free(caster);
  scene->n_triangles = before.n_triangles;
  scene->n_vertices = before.n_vertices;
}

static void
test_empty_scene_is_refused(void** state)
{
  (void)state;
  FhScene empty;
  memset(&empty, 0, sizeof empty);
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new(&empty, 1, &caster), FH_ERR_INVALID_DATA);
  assert_null(caster);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_hit_has_the_distance_and_the_wall),
    cmocka_unit_test(test_rays_at_edges_do_not_leak),
    cmocka_unit_test(test_many_lines_of_sight_equal_single_ones),
    cmocka_unit_test(test_empty_scene_is_refused),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
