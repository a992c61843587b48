// SPDX-License-Identifier: GPL-3.0-or-later
// Every allocation on the way from a mesh to a scene and a check fails once
#include "check.h"
#include "venue_by_hand.h"

#include <fh/check.h>
#include <fh/scene.h>

/// Allocations left before one fails; negative: none fails
static long left = -1;

void*
__real_malloc(size_t size);
void*
__real_calloc(size_t n, size_t size);
void*
__real_realloc(void* old, size_t size);
void*
__wrap_malloc(size_t size);
void*
__wrap_calloc(size_t n, size_t size);
void*
__wrap_realloc(void* old, size_t size);

static bool
fails_now(void)
{
  return left >= 0 && left-- == 0;
}

void*
__wrap_malloc(const size_t size)
{
  return fails_now() ? NULL : __real_malloc(size);
}

void*
__wrap_calloc(const size_t n, const size_t size)
{
  return fails_now() ? NULL : __real_calloc(n, size);
}

void*
__wrap_realloc(void* const old, const size_t size)
{
  return fails_now() ? NULL : __real_realloc(old, size);
}

static void
make_venue(FhVenue* const venue)
{
  static const double low[3] = {0.0, 0.0, 0.0};
  static const double high[3] = {10.0, 8.0, 5.0};
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  hand_box(&b, low, high, true, "Floor");
  hand_venue(&b, venue);
  hand_loudspeaker(venue, 1.0, 4.0, 3.0);
  hand_audience(venue, "Floor", FH_POSTURE_STANDING, FH_SEAT_NONE, 100.0, 0.6);
  venue->microphones = (FhMicrophone*)calloc(1, sizeof(FhMicrophone));
  assert_non_null(venue->microphones);
  venue->microphones[0].at[0] = 5.0;
  venue->microphones[0].at[1] = 4.0;
  venue->microphones[0].at[2] = 3.0;
  venue->n_microphones = 1;
}

static void
test_scene_without_memory(void** state)
{
  (void)state;
  FhVenue venue;
  make_venue(&venue);
  FhStatus status = FH_ERR_NO_MEM;
  long n = 0;
  for (; n < 10000 && status; ++n) {
    FhScene scene;
    left = n;
    status = fh_scene_build(&venue, &scene, NULL);
    left = -1;
    if (status) {
      assert_int_equal(status, FH_ERR_NO_MEM);
      assert_null(scene.vertex);
      assert_int_equal(scene.n_triangles, 0);
    } else {
      fh_scene_clear(&scene);
    }
  }
  assert_int_equal(status, FH_OK);
  assert_true(n > 20);
  hand_clear(&venue);
}

static void
test_check_without_memory(void** state)
{
  (void)state;
  FhVenue venue;
  make_venue(&venue);
  FhStatus status = FH_ERR_NO_MEM;
  for (long n = 0; n < 10000 && status; ++n) {
    FhCheckReport report;
    left = n;
    status = fh_check_venue(&venue, &report, NULL);
    left = -1;
    if (status) {
      assert_int_equal(status, FH_ERR_NO_MEM);
      assert_null(report.material_m2);
    } else {
      fh_check_clear(&report);
    }
  }
  assert_int_equal(status, FH_OK);
  hand_clear(&venue);
}

static void
test_mesh_without_memory(void** state)
{
  (void)state;
  FhVenue venue;
  make_venue(&venue);
  FhStatus status = FH_ERR_NO_MEM;
  for (long n = 0; n < 100 && status; ++n) {
    FhMesh copy;
    left = n;
    status = fh_mesh_copy(&venue.mesh, &copy);
    left = -1;
    if (status) {
      assert_int_equal(status, FH_ERR_NO_MEM);
      assert_null(copy.vertex);
    } else {
      fh_mesh_clear(&copy);
    }
  }
  assert_int_equal(status, FH_OK);
  hand_clear(&venue);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_scene_without_memory),
    cmocka_unit_test(test_check_without_memory),
    cmocka_unit_test(test_mesh_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
