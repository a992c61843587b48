// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/polygon.h>

#include <string.h>

#define MAX_POINTS 40

/// Triangulate; checks that the areas add up and that each triangle is wound
/// as the polygon is
static size_t
triangulate(const double (*const point)[3], const size_t n)
{
  uint32_t triangle[MAX_POINTS][3];
  size_t n_triangles = 0;
  assert_int_equal(fh_polygon_triangulate(point, n, triangle, &n_triangles),
                   FH_OK);
  double whole[3];
  const double area = fh_polygon_area(point, n, whole);
  double sum = 0.0;
  for (size_t i = 0; i < n_triangles; ++i) {
    double corner[3][3];
    double part[3];
    for (size_t k = 0; k < 3; ++k) {
      memcpy(corner[k], point[triangle[i][k]], sizeof(corner[k]));
    }
    const double a = fh_polygon_area((const double(*)[3])corner, 3, part);
    assert_true(part[0] * whole[0] + part[1] * whole[1] + part[2] * whole[2] >
                0.0);
    sum += a;
  }
  CHECK_NEAR(sum, area, 1e-9 * area);
  return n_triangles;
}

static void
test_concave_upright_polygon(void** state)
{
  (void)state;
  // An L standing on edge in the plane x = 3, clockwise and counter-clockwise
  static const double l[][3] = {
    {3, 0, 0}, {3, 4, 0}, {3, 4, 1}, {3, 1, 1}, {3, 1, 5}, {3, 0, 5}};
  double back[6][3];
  for (size_t i = 0; i < 6; ++i) {
    memcpy(back[i], l[5 - i], sizeof(back[i]));
  }
  assert_int_equal(triangulate(l, 6), 4);
  assert_int_equal(triangulate((const double(*)[3])back, 6), 4);
}

// A comb defeats fans and nearest-corner heuristics
static void
test_comb(void** state)
{
  (void)state;
  double comb[22][3];
  size_t n = 0;
  for (size_t i = 0; i < 10; ++i) {
    const double p[3] = {(double)i, i % 2 ? 0.1 : 5.0, 0.5 * (double)i};
    memcpy(comb[n++], p, sizeof(p));
  }
  const double right[3] = {9, -1, 4.5};
  const double left[3] = {0, -1, 0};
  memcpy(comb[n++], right, sizeof(right));
  memcpy(comb[n++], left, sizeof(left));
  assert_int_equal(triangulate((const double(*)[3])comb, n), n - 2);
}

// A corner in the middle of an edge is kept, so that neighbours stay tight
static void
test_straight_corner_is_kept(void** state)
{
  (void)state;
  static const double square[][3] = {
    {0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {2, 2, 0}, {1, 2, 0}, {0, 2, 0}};
  assert_int_equal(triangulate(square, 6), 4);
}

static void
test_hole_joined_by_a_bridge(void** state)
{
  (void)state;
  static const double ring[][3] = {{0, 0, 0},
                                   {4, 0, 0},
                                   {4, 4, 0},
                                   {0, 4, 0},
                                   {0, 0, 0},
                                   {1, 1, 0},
                                   {1, 3, 0},
                                   {3, 3, 0},
                                   {3, 1, 0},
                                   {1, 1, 0}};
  assert_int_equal(triangulate(ring, 10), 8);
  double area[3];
  CHECK_NEAR(fh_polygon_area(ring, 10, area), 12.0, 1e-12);
}

static void
test_repeated_corners_are_skipped(void** state)
{
  (void)state;
  static const double p[][3] = {
    {0, 0, 0}, {0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 1, 0}, {0, 0, 0}};
  assert_int_equal(triangulate(p, 6), 1);
}

static void
test_far_from_the_origin(void** state)
{
  (void)state;
  static const double p[][3] = {{1e4, 2e4, 0},
                                {1e4 + 1, 2e4, 0},
                                {1e4 + 0.5, 2e4 + 0.5, 0},
                                {1e4 + 1, 2e4 + 1, 0},
                                {1e4, 2e4 + 1, 0}};
  assert_int_equal(triangulate(p, 5), 3);
}

static void
test_bad_polygons_are_refused(void** state)
{
  (void)state;
  static const double line[][3] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  static const double bow[][3] = {{0, 0, 0}, {3, 3, 0}, {3, 0, 0}, {0, 2, 0}};
  uint32_t triangle[MAX_POINTS][3];
  size_t n = 0;
  assert_int_equal(fh_polygon_triangulate(line, 3, triangle, &n),
                   FH_ERR_INVALID_DATA);
  assert_int_equal(fh_polygon_triangulate(bow, 4, triangle, &n),
                   FH_ERR_INVALID_DATA);
  assert_int_equal(fh_polygon_triangulate(line, 2, triangle, &n),
                   FH_ERR_BAD_ARG);
}

static void
test_flatness_finds_the_corner(void** state)
{
  (void)state;
  static const double p[][3] = {
    {0, 0, 0}, {10, 0, 0}, {10, 10, 0}, {0, 10, 0.4}};
  size_t worst = 99;
  const double off = fh_polygon_flatness(p, 4, &worst);
  CHECK_NEAR(off, 0.1, 0.001);
  assert_true(worst < 4);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_concave_upright_polygon),
    cmocka_unit_test(test_comb),
    cmocka_unit_test(test_straight_corner_is_kept),
    cmocka_unit_test(test_hole_joined_by_a_bridge),
    cmocka_unit_test(test_repeated_corners_are_skipped),
    cmocka_unit_test(test_far_from_the_origin),
    cmocka_unit_test(test_bad_polygons_are_refused),
    cmocka_unit_test(test_flatness_finds_the_corner),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
