// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "report/outline.h"

#include <stdint.h>

#define MAX_SEATS 4000

static double at[MAX_SEATS][3];
static bool inside[MAX_SEATS];

/// Loops around a place (1 when it lies inside, even when outside)
static size_t
around(const Outline* const o, const double p[3])
{
  size_t crossings = 0;
  size_t from = 0;
  for (size_t l = 0; l < o->n_loops; ++l) {
    for (size_t i = from; i < o->end[l]; ++i) {
      const double* const a = o->point[i];
      const double* const b = o->point[i + 1 < o->end[l] ? i + 1 : from];
      if ((a[1] > p[1]) != (b[1] > p[1])) {
        crossings +=
          p[0] < a[0] + (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]);
      }
    }
    from = o->end[l];
  }
  return crossings;
}

/// Area within the loops, holes taken off [m2]
static double
area_of(const Outline* const o)
{
  double sum = 0.0;
  size_t from = 0;
  for (size_t l = 0; l < o->n_loops; ++l) {
    for (size_t i = from; i < o->end[l]; ++i) {
      const double* const a = o->point[i];
      const double* const b = o->point[i + 1 < o->end[l] ? i + 1 : from];
      sum += 0.5 * (a[0] * b[1] - a[1] * b[0]);
    }
    from = o->end[l];
  }
  return sum;
}

static void
check_sides(const Outline* const o, const size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    assert_int_equal(around(o, at[i]) % 2, inside[i]);
  }
}

// An arena: dead seats in one sector of the rings. A hull would cross live ones
static void
test_sector_of_rings(void** state)
{
  (void)state;
  size_t n = 0;
  for (size_t row = 0; row < 12; ++row) {
    const double r = 20.0 + (double)row;
    const size_t around_it = (size_t)(2.0 * 3.14159265 * r);
    for (size_t k = 0; k < around_it; ++k, ++n) {
      const double angle = 6.2831853 * (double)k / (double)around_it;
      at[n][0] = r * cos(angle);
      at[n][1] = r * sin(angle);
      at[n][2] = 0.4 * (r - 20.0);
      inside[n] = angle < 4.0 && r > 24.5;
    }
  }
  Outline o;
  assert_int_equal(outline_make((const double(*)[3])at, inside, n, 1.0, &o),
                   FH_OK);
  assert_int_equal(o.n_loops, 1);
  check_sides(&o, n);
  for (size_t i = 0; i < o.end[0]; ++i) {
    assert_true(o.point[i][2] >= 0.4 * 4.9 && o.point[i][2] <= 0.4 * 11.1);
  }
  outline_clear(&o);
}

// A block on a grid with a live seat in it, and a seat apart
static void
test_hole_and_island(void** state)
{
  (void)state;
  size_t n = 0;
  size_t n_inside = 0;
  for (size_t i = 0; i < 20; ++i) {
    for (size_t k = 0; k < 20; ++k, ++n) {
      at[n][0] = 0.9 * (double)i;
      at[n][1] = 0.9 * (double)k;
      at[n][2] = 1.2;
      inside[n] = (i > 3 && i < 11 && k > 3 && k < 11 && (i != 7 || k != 7)) ||
                  (i == 17 && k == 17);
      n_inside += inside[n];
    }
  }
  Outline o;
  assert_int_equal(outline_make((const double(*)[3])at, inside, n, 0.9, &o),
                   FH_OK);
  assert_int_equal(o.n_loops, 3);
  check_sides(&o, n);
  // Every seat stands for its cell; corners are cut by less than a tenth
  CHECK_NEAR(area_of(&o), 0.81 * (double)n_inside, 0.081 * (double)n_inside);
  outline_clear(&o);
}

// Those on the floor below do not cut the zone on the balcony
static void
test_floors_above_each_other(void** state)
{
  (void)state;
  size_t n = 0;
  for (size_t i = 0; i < 10; ++i) {
    for (size_t k = 0; k < 10; ++k) {
      for (size_t floor = 0; floor < 2; ++floor, ++n) {
        at[n][0] = (double)i + 0.3 * (double)floor;
        at[n][1] = (double)k;
        at[n][2] = 1.2 + 4.0 * (double)floor;
        inside[n] = floor == 1;
      }
    }
  }
  Outline o;
  assert_int_equal(outline_make((const double(*)[3])at, inside, n, 1.0, &o),
                   FH_OK);
  assert_int_equal(o.n_loops, 1);
  for (size_t i = 1; i < n; i += 2) {
    assert_int_equal(around(&o, at[i]), 1);
  }
  outline_clear(&o);
}

static void
test_nothing_chosen(void** state)
{
  (void)state;
  inside[0] = false;
  Outline o;
  assert_int_equal(outline_make((const double(*)[3])at, inside, 1, 1.0, &o),
                   FH_OK);
  assert_int_equal(o.n_loops, 0);
  outline_clear(&o);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sector_of_rings),
    cmocka_unit_test(test_hole_and_island),
    cmocka_unit_test(test_floors_above_each_other),
    cmocka_unit_test(test_nothing_chosen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
