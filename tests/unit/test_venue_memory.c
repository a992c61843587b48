// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/mesh.h>
#include <fh/venue.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Each allocation of reading, copying and writing a venue is made to fail once.
  Linked with --wrap, so that calls from our libraries come here.
*/

static bool counting;
static size_t countdown;

static bool
fails_now(void)
{
  return counting && countdown > 0 && --countdown == 0;
}

void*
__real_malloc(size_t size);
void*
__real_calloc(size_t n, size_t size);
void*
__real_realloc(void* p, size_t size);
void*
__wrap_malloc(size_t size);
void*
__wrap_calloc(size_t n, size_t size);
void*
__wrap_realloc(void* p, size_t size);

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
__wrap_realloc(void* const p, const size_t size)
{
  return fails_now() ? NULL : __real_realloc(p, size);
}

static char path[256];

static int
write_venue(void** state)
{
  (void)state;
  snprintf(path, sizeof(path), "/tmp/fh-memory-XXXXXX");
  const int file = mkstemp(path);
  FILE* const out = file < 0 ? NULL : fdopen(file, "wb");
  if (!out) {
    return 1;
  }
  fputs("fullhouse: 1\n"
        "geometry:\n"
        "  faces:\n"
        "    - {material: brick_bare, points: "
        "[[0,0,0],[8,0,0],[8,9,0],[0,9,0]]}\n"
        "    - {material: Roof, points: [[0,0,3],[8,0,3],[8,9,3],[0,9,3]]}\n"
        "materials: {Roof: {absorption: 0.2}}\n"
        "audience: [{name: a, surface: [[1,1,0],[3,1,0],[3,3,0]], posture: "
        "standing, capacity: 4}]\n"
        "occupancy: {a: 0.5}\n"
        "system:\n"
        "  loudspeakers: [{name: L, model: omni, at: [1,1,1], eq: [{type: "
        "peak, frequency_hz: 100}]}]\n"
        "  arrays: [{name: M, box: fh-line-10, count: 2, top: [1,1,2], "
        "splay_deg: [3], box_gain_db: [0, 1], box_delay_ms: [0, 1], "
        "box_invert: [true, false]}]\n"
        "microphones: [{name: F, at: [2,2,2]}]\n"
        "placement: [{move: [L, M], yaw_deg: [0, 3]}]\n",
        out);
  return fclose(out);
}

static int
remove_venue(void** state)
{
  (void)state;
  return remove(path);
}

/// Fail allocation 1, 2, ... until the work needs no more of them
static void
check_each(FhStatus (*work)(const FhVenue* venue), const FhVenue* const venue)
{
  size_t n = 0;
  bool reached = true;
  while (reached) {
    ++n;
    countdown = n;
    counting = true;
    const FhStatus status = work(venue);
    counting = false;
    reached = countdown == 0;
    // Some memory only serves a suggestion in a message: its lack is no error
    assert_true(status == FH_OK || (reached && status == FH_ERR_NO_MEM));
  }
  assert_true(n > 5);
}

static FhStatus
read_once(const FhVenue* const unused)
{
  (void)unused;
  FhVenue venue;
  const FhStatus status = fh_venue_read(path, &venue, NULL);
  if (!status) {
    assert_int_equal(venue.n_arrays, 1);
    assert_int_equal(venue.mesh.n_triangles, 4);
  }
  fh_venue_clear(&venue);
  return status;
}

static FhStatus
copy_once(const FhVenue* const venue)
{
  FhVenue copy;
  const FhStatus status = fh_venue_copy(venue, &copy);
  if (status) {
    static const FhVenue empty;
    assert_memory_equal(&copy, &empty, sizeof(copy));
  }
  fh_venue_clear(&copy);
  return status;
}

static void
test_reading_without_memory(void** state)
{
  (void)state;
  check_each(read_once, NULL);
}

static void
test_copying_without_memory(void** state)
{
  (void)state;
  FhVenue venue;
  assert_int_equal(fh_venue_read(path, &venue, NULL), FH_OK);
  check_each(copy_once, &venue);
  fh_venue_clear(&venue);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_reading_without_memory),
    cmocka_unit_test(test_copying_without_memory),
  };
  return cmocka_run_group_tests(tests, write_venue, remove_venue);
}
