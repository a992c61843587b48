// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "crowd_room.h"

#include <stdlib.h>
#include <string.h>

/// Change of the level at the seats in closed form [dB]
static double
true_change_db(const double added_m2,
               const size_t b,
               const FhAir* const air0,
               const FhAir* const air)
{
  static float then[ROOM_BINS * FH_N_OCTAVES];
  static float now[ROOM_BINS * FH_N_OCTAVES];
  room_energy(0.0, b, ROOM_SEAT_M, air0, 4.0, then);
  room_energy(added_m2, b, ROOM_SEAT_M, air, 4.0, now);
  return room_db(room_sum(now, b, 0.0)) - room_db(room_sum(then, b, 0.0));
}

static void
infer(const double occupancy,
      const double clothing,
      const FhAir* const air,
      const double attendance,
      FhCrowdEstimate* const out,
      double wanted_db[FH_N_OCTAVES])
{
  FhProfile* const profile = room_profile();
  const FhAir air0 = fh_air_default();
  double added[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    added[b] = occupancy * clothing * room_crowd_m2[b];
    wanted_db[b] = true_change_db(added[b], b, &air0, air);
  }
  FhCrowdObservation frame;
  room_observe(added, &air0, air, &frame);
  frame.attendance = attendance;
  FhCrowd* const crowd = fh_crowd_new(profile, NULL);
  assert_non_null(crowd);
  assert_true(fh_crowd_infer(crowd, &frame, out));
  fh_crowd_free(crowd);
  fh_profile_free(profile);
}

// More people and warmer clothes look alike, so the occupancy stays as unsure
// as it says; levels follow from the absorption alone, so they are nearer
static void
test_fit_finds_the_crowd(void** state)
{
  (void)state;
  const FhAir air = fh_air_default();
  const double cases[] = {0.0, 0.1, 0.4, 0.7, 1.0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    FhCrowdEstimate e;
    double wanted[FH_N_OCTAVES];
    infer(cases[i], 1.0, &air, 0.0, &e, wanted);
    CHECK_NEAR(e.occupancy, cases[i], 1.5 * (double)e.occupancy_sd);
    assert_true(e.occupancy_sd < 0.2f);
    for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
      CHECK_NEAR(e.total_db[b], wanted[b], 0.2);
    }
    assert_false(e.unsure);
    assert_true(e.misfit < 0.5f);
  }
}

// With a head count, warm clothes are told from more people
static void
test_attendance_tells_clothing_from_people(void** state)
{
  (void)state;
  const FhAir air = fh_air_default();
  FhCrowdEstimate e;
  double wanted[FH_N_OCTAVES];
  infer(0.5, 1.3, &air, 500.0, &e, wanted);
  CHECK_NEAR(e.occupancy, 0.5, 0.08);
  assert_true(e.clothing > 1.05f);
  for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(e.total_db[b], wanted[b], 0.2);
  }
}

// An empty room whose air gets damper is no crowd
static void
test_weather_is_no_crowd(void** state)
{
  (void)state;
  FhAir air = fh_air_default();
  air.temperature_c = 25.0;
  air.humidity_percent = 65.0;
  FhCrowdEstimate e;
  double wanted[FH_N_OCTAVES];
  infer(0.0, 1.0, &air, 0.0, &e, wanted);
  CHECK_NEAR(e.occupancy, 0.0, 0.08);
  for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(e.total_db[b], wanted[b], 0.2);
    CHECK_NEAR(e.weather_db[b], wanted[b], 0.2);
  }
}

static void
test_invalid_frame_holds(void** state)
{
  (void)state;
  FhProfile* const profile = room_profile();
  FhCrowd* const crowd = fh_crowd_new(profile, NULL);
  const FhAir air = fh_air_default();
  double added[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    added[b] = 0.5 * room_crowd_m2[b];
  }
  FhCrowdObservation frame;
  room_observe(added, &air, &air, &frame);
  FhCrowdEstimate before;
  FhCrowdEstimate after;
  assert_true(fh_crowd_infer(crowd, &frame, &before));
  frame.tf_db[4] = NAN;
  assert_false(fh_crowd_infer(crowd, &frame, &after));
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(after.total_db[b], before.total_db[b], 0.0);
    assert_true(after.total_sd_db[b] >= before.total_sd_db[b]);
  }
  fh_crowd_free(crowd);
  fh_profile_free(profile);
}

// Another room's measurements: the fit must not pretend, nor one good minute
// make it sure again
static void
test_foreign_venue_is_unsure(void** state)
{
  (void)state;
  FhProfile* const profile = room_profile();
  FhCrowd* const crowd = fh_crowd_new(profile, NULL);
  const FhAir air = fh_air_default();
  double none[FH_N_OCTAVES] = {0.0};
  FhCrowdObservation frame;
  room_observe(none, &air, &air, &frame);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    frame.tf_db[b] = b % 2 ? 6.0f : -6.0f;
    frame.log_t[b] = b % 2 ? 0.6f : -0.2f;
  }
  FhCrowdEstimate e;
  for (size_t i = 0; i < 3; ++i) {
    assert_true(fh_crowd_infer(crowd, &frame, &e));
  }
  assert_true(e.unsure);
  assert_true(e.confidence < 0.2f);
  // Good minutes: the mean misfit of five comes down from 6 to 2.5 in 4.4
  room_observe(none, &air, &air, &frame);
  frame.minutes = 1.0;
  for (size_t i = 0; i < 6; ++i) {
    assert_true(fh_crowd_infer(crowd, &frame, &e));
    assert_true(e.misfit < 0.5f);
    assert_int_equal(e.unsure, i < 4);
  }
  fh_crowd_free(crowd);
  fh_profile_free(profile);
}

static void
test_profile_round_trip(void** state)
{
  (void)state;
  FhProfile* const p = room_profile();
  void* bytes = NULL;
  size_t size = 0;
  assert_int_equal(fh_profile_serialise(p, &bytes, &size), FH_OK);
  FhProfile* q = NULL;
  char reason[128] = "";
  assert_int_equal(fh_profile_parse(bytes, size, &q, reason), FH_OK);
  assert_string_equal(q->venue, p->venue);
  assert_string_equal(q->mic[0], p->mic[0]);
  assert_memory_equal(q->total_db, p->total_db, sizeof p->total_db);
  assert_memory_equal(q->edt_s, p->edt_s, sizeof p->edt_s);
  void* again = NULL;
  size_t size_again = 0;
  assert_int_equal(fh_profile_serialise(q, &again, &size_again), FH_OK);
  assert_int_equal(size, size_again);
  assert_memory_equal(bytes, again, size);
  free(bytes);
  free(again);
  fh_profile_free(p);
  fh_profile_free(q);
}

// Cut off anywhere, or with any byte of its header changed, a file is refused
// or read whole, never read wrong
static void
test_damaged_profile_is_refused(void** state)
{
  (void)state;
  FhProfile* const p = room_profile();
  void* bytes = NULL;
  size_t size = 0;
  assert_int_equal(fh_profile_serialise(p, &bytes, &size), FH_OK);
  unsigned char* const copy = (unsigned char*)malloc(size);
  for (size_t cut = 0; cut < size; cut += cut < 2000 ? 1 : 997) {
    FhProfile* q = NULL;
    char reason[128] = "";
    assert_int_not_equal(fh_profile_parse(bytes, cut, &q, reason), FH_OK);
    assert_null(q);
    assert_true(strlen(reason) > 5);
  }
  for (size_t at = 0; at < 1600; ++at) {
    memcpy(copy, bytes, size);
    copy[at] = (unsigned char)(copy[at] ^ 0x15u);
    FhProfile* q = NULL;
    (void)fh_profile_parse(copy, size, &q, NULL);
    fh_profile_free(q);
  }
  // A NaN in the last array
  memcpy(copy, bytes, size);
  memset(copy + size - 4, 0xff, 4);
  FhProfile* q = NULL;
  assert_int_equal(fh_profile_parse(copy, size, &q, NULL), FH_ERR_NOT_FINITE);
  free(copy);
  free(bytes);
  fh_profile_free(p);
}

static void
test_decay_reads_exponentials(void** state)
{
  (void)state;
  const FhAir air = fh_air_default();
  static float e[ROOM_BINS * FH_N_OCTAVES];
  float edge[ROOM_BINS + 1];
  for (size_t i = 0; i <= ROOM_BINS; ++i) {
    edge[i] = room_edge(i);
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    room_energy(200.0, b, 20.0, &air, 4.0, e);
    // The level in a bin is taken as straight: 1 % of T over 20 ms bins
    const double t = room_t_s(200.0, b, &air);
    CHECK_NEAR(fh_crowd_decay_s(
                 e + b, FH_N_OCTAVES, edge, ROOM_BINS, 20.0 / ROOM_SPEED, 60.0),
               t,
               0.01 * t);
    CHECK_NEAR(fh_crowd_decay_s(
                 e + b, FH_N_OCTAVES, edge, ROOM_BINS, 20.0 / ROOM_SPEED, 10.0),
               0.0,
               0.0);
  }
}

// What a measurement keeps ends at 1.4 s, long before the sound of a hall: T is
// that of the hall all the same; where less than 14 dB are kept it is not known
static void
test_decay_of_a_record_that_ends(void** state)
{
  (void)state;
  enum { N = 280 };
  float e[N];
  float edge[N + 1];
  for (size_t i = 0; i <= N; ++i) {
    edge[i] = 0.005f * (float)i;
  }
  static const double t_s[] = {0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 9.0};
  for (size_t k = 0; k < sizeof t_s / sizeof *t_s; ++k) {
    for (size_t i = 0; i < N; ++i) {
      e[i] = (float)exp(-13.8155 * 0.005 * (double)i / t_s[k]);
    }
    const double t = fh_crowd_decay_s(e, 1, edge, N, 0.0, 60.0);
    if (t_s[k] < 5.5) {
      CHECK_NEAR(t, t_s[k], 0.01 * t_s[k]);
    } else {
      CHECK_NEAR(t, 0.0, 0.0);
    }
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_decay_reads_exponentials),
    cmocka_unit_test(test_decay_of_a_record_that_ends),
    cmocka_unit_test(test_fit_finds_the_crowd),
    cmocka_unit_test(test_attendance_tells_clothing_from_people),
    cmocka_unit_test(test_weather_is_no_crowd),
    cmocka_unit_test(test_invalid_frame_holds),
    cmocka_unit_test(test_foreign_venue_is_unsure),
    cmocka_unit_test(test_profile_round_trip),
    cmocka_unit_test(test_damaged_profile_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
