// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "reference_room.h"

typedef struct {
  const char* room;
  size_t source, receiver;
} Pair;

static const Pair pairs[] = {{"roomA", 0, 0},
                             {"roomA", 0, 1},
                             {"roomA", 1, 1},
                             {"roomB", 0, 0},
                             {"roomB", 0, 1},
                             {"roomC", 0, 0},
                             {"roomC", 0, 1},
                             {"rigid", 0, 0}};
#define N_PAIRS (sizeof pairs / sizeof pairs[0])

/// Image sources of one pair, hardly any rays
static void
trace_images(ReferenceRoom* const room,
             const Pair* const pair,
             const unsigned order,
             FhTraceResult* const result)
{
  assert_true(reference_room_init(room, "ism_rooms.json", pair->room, 0.0f));
  assert_true(test_scene_set_microphones(
    &room->scene, (const float(*)[3])room->receiver[pair->receiver], 1));
  const FhRadiator radiator = omni_at(room->source[pair->source]);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 1024;
  desc.n_threads = 1;
  desc.image_order = order;
  desc.duration_s = 0.5;
  assert_int_equal(fh_trace_radiators(&room->scene,
                                      room->caster,
                                      &radiator,
                                      1,
                                      &desc,
                                      NULL,
                                      NULL,
                                      result,
                                      NULL),
                   FH_OK);
}

static FILE*
open_rows(const char* const kind, const Pair* const pair)
{
  char name[128];
  char path[1024];
  (void)snprintf(name,
                 sizeof name,
                 "%s_%s_S%zuR%zu.csv",
                 kind,
                 pair->room,
                 pair->source + 1,
                 pair->receiver + 1);
  FILE* const f = fopen(reference_path(path, sizeof path, name), "r");
  assert_non_null(f);
  return f;
}

/// The numbers of the next row; 0 at the end
static size_t
next_row(FILE* const f, double* const value, const size_t max)
{
  char line[2048];
  while (fgets(line, sizeof line, f)) {
    if (line[0] >= '0' && line[0] <= '9') {
      size_t n = 0;
      char* p = line;
      while (n < max && *p && *p != '\n') {
        value[n++] = strtod(p, &p);
        p += *p == ',';
      }
      return n;
    }
  }
  return 0;
}

// Tolerances of the file: 1e-6 s and 0.01 dB; direction to 0.01 degrees
static void
check_first_arrivals(const Pair* const pair)
{
  ReferenceRoom room;
  FhTraceResult result;
  trace_images(&room, pair, 12, &result);
  const FhPairResponse* const got = &result.pairs[0];
  FILE* const f = open_rows("ism_first200", pair);
  double v[32];
  size_t n_checked = 0;
  while (next_row(f, v, 28) == 28) {
    if (v[3] < 0.5) {
      continue; // The direct sound belongs to the direct field
    }
    // Arrivals at equal times may swap: find the one with this direction
    const FhArrival* best = NULL;
    double best_error = 1e9;
    for (size_t i = 0; i < got->n_arrivals; ++i) {
      const FhArrival* const a = &got->arrivals[i];
      if (fabs((double)a->time_s - v[1]) < 1e-6) {
        const double az = v[10] * FH_PI / 180.0;
        const double el = v[11] * FH_PI / 180.0;
        const double d[3] = {cos(el) * cos(az), cos(el) * sin(az), sin(el)};
        double error = 0.0;
        for (size_t k = 0; k < 3; ++k) {
          error += fabs(d[k] - (double)a->direction[k]);
        }
        if (error < best_error) {
          best_error = error;
          best = a;
        }
      }
    }
    assert_non_null(best);
    CHECK_NEAR(best_error, 0.0, 3e-4);
    CHECK_NEAR(best->order, v[3], 0.0);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      CHECK_NEAR(
        level_db(&room.scene, (double)best->intensity[b]), v[20 + b], 0.01);
    }
    ++n_checked;
  }
  (void)fclose(f);
  assert_true(n_checked > 190);
  fh_trace_result_clear(&result);
  reference_room_free(&room);
}

static void
test_first_arrivals_are_exact(void** state)
{
  (void)state;
  for (size_t i = 0; i < N_PAIRS; ++i) {
    check_first_arrivals(&pairs[i]);
  }
}

/// Bins of 1 ms up to order 30; an arrival at a bin's edge may move
static void
check_bins(const Pair* const pair)
{
  ReferenceRoom room;
  FhTraceResult result;
  trace_images(&room, pair, 30, &result);
  const FhPairResponse* const got = &result.pairs[0];
  const double z =
    fh_air_density_kg_m3(&room.scene.air) * fh_air_speed_m_s(&room.scene.air);

  FILE* const f = open_rows("ism_bins30", pair);
  double v[32];
  double expected_total = 0.0;
  double total = 0.0;
  double carry = 0.0;
  size_t n_rows = 0;
  while (next_row(f, v, 18) == 18) {
    const double bin = v[0];
    for (size_t b = 0; b < FH_N_OCTAVES; b += 4) {
      double p2 = 0.0;
      double at_edge = 0.0;
      for (size_t i = 0; i < got->n_arrivals; ++i) {
        const FhArrival* const a = &got->arrivals[i];
        const double t = 1e3 * (double)a->time_s;
        if (floor(t) == bin) {
          p2 += (double)a->intensity[b] * z;
        }
        if (fabs(t - bin) < 3e-4 || fabs(t - bin - 1.0) < 3e-4) {
          at_edge += (double)a->intensity[b] * z;
        }
      }
      const double want = v[10 + b];
      // The direct sound is the only arrival that is missing
      const bool direct = floor(1e3 * got->direct_s) == bin;
      if (!direct) {
        CHECK_NEAR(p2, want, 1e-4 * want + at_edge * 1.001 + 1e-20);
      }
      expected_total += direct ? 0.0 : want;
      total += direct ? 0.0 : p2;
    }
    ++n_rows;
  }
  (void)fclose(f);
  (void)carry;
  assert_true(n_rows > 100);
  CHECK_NEAR(total, expected_total, 2e-4 * expected_total);
  fh_trace_result_clear(&result);
  reference_room_free(&room);
}

static void
test_bins_to_order_30_are_exact(void** state)
{
  (void)state;
  for (size_t i = 0; i < N_PAIRS; ++i) {
    check_bins(&pairs[i]);
  }
}

/// The box with one wall cut by another material is no longer "a box", so the
/// general search has to find the same arrivals
static void
test_general_search_equals_the_closed_form(void** state)
{
  (void)state;
  const Pair* const pair = &pairs[0];
  ReferenceRoom room;
  FhTraceResult box;
  trace_images(&room, pair, 4, &box);
  const uint32_t twin =
    test_scene_add_material(&room.scene, room.scene.materials[0]);
  room.scene.material[1] = twin;
  const FhRadiator radiator = omni_at(room.source[0]);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 1024;
  desc.n_threads = 1;
  desc.image_order = 4;
  desc.duration_s = 0.5;
  FhTraceResult general;
  assert_int_equal(fh_trace_radiators(&room.scene,
                                      room.caster,
                                      &radiator,
                                      1,
                                      &desc,
                                      NULL,
                                      NULL,
                                      &general,
                                      NULL),
                   FH_OK);
  assert_int_equal(general.pairs[0].n_arrivals, box.pairs[0].n_arrivals);
  for (size_t i = 0; i < box.pairs[0].n_arrivals; ++i) {
    const FhArrival* const a = &box.pairs[0].arrivals[i];
    const FhArrival* const b = &general.pairs[0].arrivals[i];
    CHECK_NEAR(b->time_s, a->time_s, 2e-6);
    CHECK_NEAR(b->intensity[4], a->intensity[4], 1e-4f * a->intensity[4]);
  }
  fh_trace_result_clear(&general);
  fh_trace_result_clear(&box);
  reference_room_free(&room);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_first_arrivals_are_exact),
    cmocka_unit_test(test_bins_to_order_30_are_exact),
    cmocka_unit_test(test_general_search_equals_the_closed_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
