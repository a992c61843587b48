// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "check.h"

#include <fh/low_frequency.h>

#include <stdio.h>

static void
make_box(FhScene* const s, const float absorption)
{
  assert_true(test_scene_init(s));
  uint32_t material[6];
  for (size_t i = 0; i < 6; ++i) {
    material[i] = test_scene_add_material(s, test_material(absorption, 0.1f));
  }
  const float size[3] = {5.1f, 3.9f, 2.7f};
  test_scene_add_box(s, size, material);
}

// Tolerance of the reference: 0.3 % of |g|
static void
test_modal_sum_meets_the_reference(void** state)
{
  (void)state;
  FhScene scene;
  make_box(&scene, 0.1f);
  FhModalBox box;
  assert_int_equal(fh_modal_box_init(&scene, &box), FH_OK);
  // The reference's own air
  box.speed_m_s = 343.2;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    box.damping_1_s[b] = 25.0;
  }
  const FhWaveSolver solver = fh_modal_box_solver(&box);
  const float source[3] = {1.1f, 0.8f, 0.9f};
  const float receiver[3] = {3.7f, 2.9f, 1.4f};
  FILE* const f = fopen(LOW_FREQUENCY_DATA, "r");
  assert_non_null(f);
  char line[512];
  size_t n = 0;
  double worst = 0.0;
  while (fgets(line, sizeof line, f)) {
    double v[3];
    if (sscanf(line, "%lf,%lf,%lf", &v[0], &v[1], &v[2]) != 3) {
      continue;
    }
    double g[1][2];
    assert_int_equal(solver.solve(solver.user, source, receiver, &v[0], 1, g),
                     FH_OK);
    const double error = hypot(g[0][0] - v[1], g[0][1] - v[2]);
    worst = fmax(worst, error / hypot(v[1], v[2]));
    ++n;
  }
  (void)fclose(f);
  print_message("%zu frequencies, within %.4f %%\n", n, 100.0 * worst);
  assert_int_equal(n, 16);
  assert_true(worst < 0.003);
  test_scene_free(&scene);
}

static void
test_shares_add_up_about_the_crossover(void** state)
{
  (void)state;
  for (double f = 20.0; f < 2000.0; f *= 1.1) {
    double wave;
    double rays;
    fh_crossover_shares(f, 200.0, &wave, &rays);
    CHECK_NEAR(wave + rays, 1.0, 1e-12);
    assert_true(wave >= 0.0 && rays >= 0.0);
    fh_crossover_shares(f, 0.0, &wave, &rays);
    CHECK_NEAR(rays, 1.0, 0.0);
  }
  double wave;
  double rays;
  fh_crossover_shares(200.0, 200.0, &wave, &rays);
  CHECK_NEAR(wave, 0.5, 1e-12);
  fh_crossover_shares(141.0, 200.0, &wave, &rays);
  CHECK_NEAR(wave, 1.0, 1e-3);
  fh_crossover_shares(283.0, 200.0, &wave, &rays);
  CHECK_NEAR(rays, 1.0, 1e-3);
}

// Above the crossover the rays' answer stays as it was; below it does not
// matter
static void
test_hybrid_leaves_high_octaves_to_the_rays(void** state)
{
  (void)state;
  FhScene scene;
  make_box(&scene, 0.05f);
  FhModalBox box;
  assert_int_equal(fh_modal_box_init(&scene, &box), FH_OK);
  const FhWaveSolver solver = fh_modal_box_solver(&box);
  const float source[3] = {1.1f, 0.8f, 0.9f};
  const float receiver[3] = {3.7f, 2.9f, 1.4f};
  float rays[2][FH_N_OCTAVES];
  float out[2][FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    rays[0][b] = 1.0f;
    rays[1][b] = 2.0f;
  }
  for (size_t i = 0; i < 2; ++i) {
    assert_int_equal(
      fh_hybrid_octaves(&solver, 125.0, source, receiver, rays[i], out[i]),
      FH_OK);
  }
  CHECK_NEAR(out[0][0], out[1][0], 0.0);
  assert_true(out[0][0] > 0.0f);
  assert_true(out[1][1] > out[0][1]);
  for (size_t b = 2; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(out[1][b], rays[1][b], 0.0);
  }
  test_scene_free(&scene);
}

static void
test_schroeder_frequency(void** state)
{
  (void)state;
  // 2000 sqrt(1 s / 100 m3)
  CHECK_NEAR(fh_schroeder_hz(1.0, 100.0), 200.0, 1e-9);
  CHECK_NEAR(fh_schroeder_hz(1.0, 0.0), 0.0, 0.0);
  FhScene scene;
  make_box(&scene, 0.1f);
  double t60_s[FH_N_OCTAVES];
  fh_scene_eyring_t60_s(&scene, t60_s);
  CHECK_NEAR(fh_scene_schroeder_hz(&scene),
             2000.0 * sqrt(t60_s[2] / scene.volume_m3),
             0.1 * fh_scene_schroeder_hz(&scene));
  test_scene_free(&scene);
}

// A microphone on the floor is in the room, whatever rounding makes of it; one
// in the next room is not
static void
test_walls_belong_to_the_box(void** state)
{
  (void)state;
  FhScene scene;
  make_box(&scene, 0.1f);
  FhModalBox box;
  assert_int_equal(fh_modal_box_init(&scene, &box), FH_OK);
  const FhWaveSolver solver = fh_modal_box_solver(&box);
  const float source[3] = {1.1f, 0.8f, 0.9f};
  const float floor[3] = {3.7f, 2.9f, -1e-5f};
  const float above[3] = {3.7f, 2.9f, 1e-3f};
  const float beyond[3] = {3.7f, 2.9f, -0.1f};
  const double frequency_hz = 100.0;
  double g[2][1][2];
  assert_int_equal(
    solver.solve(solver.user, source, floor, &frequency_hz, 1, g[0]), FH_OK);
  assert_int_equal(
    solver.solve(solver.user, source, above, &frequency_hz, 1, g[1]), FH_OK);
  CHECK_NEAR(g[0][0][0], g[1][0][0], 1e-4 * fabs(g[1][0][0]));
  assert_int_equal(
    solver.solve(solver.user, source, beyond, &frequency_hz, 1, g[0]),
    FH_ERR_INVALID_DATA);
  test_scene_free(&scene);
}

static void
test_other_rooms_are_refused(void** state)
{
  (void)state;
  FhScene scene;
  make_box(&scene, 0.1f);
  const float p[3] = {1, 1, 1};
  const float u[3] = {1, 0, 0};
  const float v[3] = {0, 1, 0};
  test_scene_add_quad(&scene, p, u, v, 0);
  FhModalBox box;
  assert_int_equal(fh_modal_box_init(&scene, &box), FH_ERR_INVALID_DATA);
  test_scene_free(&scene);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_modal_sum_meets_the_reference),
    cmocka_unit_test(test_shares_add_up_about_the_crossover),
    cmocka_unit_test(test_hybrid_leaves_high_octaves_to_the_rays),
    cmocka_unit_test(test_schroeder_frequency),
    cmocka_unit_test(test_walls_belong_to_the_box),
    cmocka_unit_test(test_other_rooms_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
