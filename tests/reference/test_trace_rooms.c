// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "reference_room.h"

static double energy[RESPONSE_BINS];

typedef struct {
  const char* room;
  size_t receiver;
  unsigned long long n_rays;
  bool decay; ///< T30 is a fair question (roomA converges slowly)
} Case;

/// A row of ism_summary.csv with air
typedef struct {
  double t0_s, level_db, c80_db, t30_s;
} Row;

static Row
find_row(const char* const room, const size_t receiver, const size_t band)
{
  char path[1024];
  FILE* const f =
    fopen(reference_path(path, sizeof path, "ism_summary.csv"), "r");
  assert_non_null(f);
  char want[64];
  const int n = snprintf(want,
                         sizeof want,
                         "%s,S1,R%zu,on,%s,",
                         room,
                         receiver + 1,
                         fh_octave_name(band));
  char line[1024];
  Row row = {0.0, 0.0, 0.0, 0.0};
  while (fgets(line, sizeof line, f)) {
    if (strncmp(line, want, (size_t)n)) {
      continue;
    }
    // t0, Ldir, Lp, Lp30, G, EDT, T20, T30, C50, C80
    double v[10];
    char* p = line + n;
    for (size_t i = 0; i < 10; ++i) {
      v[i] = strtod(p, &p);
      p += *p == ',';
    }
    row.t0_s = v[0];
    row.level_db = v[2];
    row.t30_s = v[7];
    row.c80_db = v[9];
  }
  (void)fclose(f);
  assert_true(row.t0_s > 0.0);
  return row;
}

// Tolerances: level 0.3 dB, C80 0.5 dB at a standard error near 0.1 dB; T30 3 %
static void
check_room(const Case* const c)
{
  ReferenceRoom room;
  assert_true(reference_room_init(&room, "ism_rooms.json", c->room, 0.0f));
  assert_true(test_scene_set_microphones(
    &room.scene, (const float(*)[3])room.receiver[c->receiver], 1));
  const FhRadiator radiator = omni_at(room.source[0]);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = c->n_rays;
  FhTraceResult result;
  assert_int_equal(
    fh_trace_radiators(
      &room.scene, room.caster, &radiator, 1, &desc, NULL, NULL, &result, NULL),
    FH_OK);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const Row row = find_row(c->room, c->receiver, b);
    response_of_pair(&room,
                     &result.pairs[0],
                     room.source[0],
                     room.receiver[c->receiver],
                     b,
                     energy);
    const RoomMetrics got = room_metrics(energy, row.t0_s);
    print_message(
      "%s R%zu %4s Hz: level %+.3f dB, C80 %+.3f dB, T30 %+.2f %%\n",
      c->room,
      c->receiver + 1,
      fh_octave_name(b),
      level_db(&room.scene, got.total) - row.level_db,
      got.c80_db - row.c80_db,
      100.0 * (got.t30_s / row.t30_s - 1.0));
    CHECK_NEAR(level_db(&room.scene, got.total), row.level_db, 0.3);
    CHECK_NEAR(got.c80_db, row.c80_db, 0.5);
    if (c->decay) {
      CHECK_NEAR(got.t30_s, row.t30_s, 0.03 * row.t30_s);
    }
  }
  print_message(
    "%.1f s, %.1f M bounces\n", result.cpu_s, 1e-6 * (double)result.n_bounces);
  fh_trace_result_clear(&result);
  reference_room_free(&room);
}

static void
test_mirror_rooms(void** state)
{
  (void)state;
  static const Case cases[] = {{"roomA", 0, 65536, false},
                               {"roomB", 0, 65536, true},
                               {"roomC", 1, 262144, true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    check_room(&cases[i]);
  }
}

/// Level of the room's energy against time in one octave, dB re the start
static double
expected_decay(const char* const room, const double t, const size_t band)
{
  char path[1024];
  FILE* const f =
    fopen(reference_path(path, sizeof path, "diffuse_decay_mc.csv"), "r");
  assert_non_null(f);
  char line[1024];
  double before[2] = {0.0, 0.0};
  double result = NAN;
  const size_t n = strlen(room);
  while (isnan(result) && fgets(line, sizeof line, f)) {
    if (strncmp(line, room, n) || line[n] != ',') {
      continue;
    }
    char* p = line + n;
    double v[9];
    for (size_t i = 0; i < 9; ++i) {
      v[i] = strtod(p + 1, &p);
    }
    if (v[0] >= t) {
      const double w =
        v[0] > before[0] ? (t - before[0]) / (v[0] - before[0]) : 0.0;
      result = before[1] + w * (v[1 + band] - before[1]);
    }
    before[0] = v[0];
    before[1] = v[1 + band];
  }
  (void)fclose(f);
  return result;
}

/*
  The reference is the energy in the whole room after a uniform start. The
  response at places spread over the room, from sources spread over it, has the
  same decay after the first few reflections, but for its start: compare the
  backward integrals from a common point, which is where both are at -3 dB.
*/
static void
check_diffuse(const char* const id)
{
  ReferenceRoom room;
  assert_true(reference_room_init(&room, "diffuse_rooms.json", id, 1.0f));
  enum { N_PLACES = 8 };
  float mics[N_PLACES][3];
  FhRadiator radiators[N_PLACES];
  for (size_t i = 0; i < N_PLACES; ++i) {
    float at[3];
    for (size_t k = 0; k < 3; ++k) {
      const float f = (float)((i * (2 * k + 3) + k) % N_PLACES) + 0.5f;
      mics[i][k] = room.scene.high[k] * f / (float)N_PLACES;
      const float g = (float)((i * (2 * k + 5) + 3 * k + 2) % N_PLACES) + 0.5f;
      at[k] = room.scene.high[k] * g / (float)N_PLACES;
    }
    radiators[i] = omni_at(at);
  }
  assert_true(
    test_scene_set_microphones(&room.scene, (const float(*)[3])mics, N_PLACES));
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 8192;
  FhTraceResult result;
  assert_int_equal(fh_trace_radiators(&room.scene,
                                      room.caster,
                                      radiators,
                                      N_PLACES,
                                      &desc,
                                      NULL,
                                      NULL,
                                      &result,
                                      NULL),
                   FH_OK);
  double m[FH_N_OCTAVES];
  fh_air_octaves(&room.scene.air, m);
  const double c = fh_air_speed_m_s(&room.scene.air);
  for (size_t b = 0; b < FH_N_OCTAVES; b += 3) {
    const size_t n_bins = result.pairs[0].n_bins;
    double* const curve = (double*)calloc(n_bins, sizeof(double));
    assert_non_null(curve);
    for (size_t p = 0; p < N_PLACES * N_PLACES; ++p) {
      for (size_t i = 0; i < n_bins; ++i) {
        // The reference has no air absorption: take it off again
        curve[i] += (double)result.pairs[p].late[i][b] *
                    exp(m[b] * c * ((double)i + 0.5) * 1e-3);
      }
    }
    // Energy in the room at a time is what the bins about it hold
    const double mfp_s = 4.0 * room.scene.volume_m3 / room.scene.surface_m2 / c;
    const size_t half = (size_t)(0.5 * mfp_s / 1e-3) + 1;
    const double t_start = 4.0 * mfp_s;
    double first = 0.0;
    double worst = 0.0;
    for (double t = t_start;; t += mfp_s) {
      const double want = expected_decay(id, t, b);
      const size_t at = (size_t)(t / 1e-3);
      if (!(want > -35.0) || at + half >= n_bins) {
        break;
      }
      // A window of equal width everywhere scales all by the same factor
      double sum = 0.0;
      for (size_t i = at - half; i < at + half; ++i) {
        sum += curve[i];
      }
      const double got = 10.0 * log10(sum);
      if (!(first != 0.0)) {
        first = got - want;
      }
      worst = fmax(worst, fabs(got - want - first));
    }
    print_message(
      "%s %s Hz: decay within %.3f dB\n", id, fh_octave_name(b), worst);
    assert_true(worst < 0.3);
    free(curve);
  }
  print_message("%.1f s\n", result.cpu_s);
  fh_trace_result_clear(&result);
  reference_room_free(&room);
}

static void
test_scattering_rooms_decay_like_the_reference(void** state)
{
  (void)state;
  check_diffuse("D1");
  check_diffuse("D2");
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_mirror_rooms),
    cmocka_unit_test(test_scattering_rooms_decay_like_the_reference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
