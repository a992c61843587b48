// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "reference_room.h"

static double energy[RESPONSE_BINS];

/*
  Rooms whose answers others have computed: boxes of mirrors by image sources,
  scattering boxes by another Monte Carlo. Longer: test_trace_rooms all, with
  every pair, room and octave, half a minute of one processor.
*/

static bool all = false;

typedef struct {
  const char* room;
  size_t source, receiver;
  unsigned long long n_rays;
  bool decay; ///< T30 is a fair question (roomA converges slowly)
  bool brief; ///< Also without "all"
} Case;

/// A row of ism_summary.csv with air
typedef struct {
  double t0_s, level_db, c80_db, t30_s;
} Row;

static Row
find_row(const char* const room,
         const size_t source,
         const size_t receiver,
         const size_t band)
{
  char path[1024];
  FILE* const f =
    fopen(reference_path(path, sizeof path, "ism_summary.csv"), "r");
  assert_non_null(f);
  char want[64];
  const int n = snprintf(want,
                         sizeof want,
                         "%s,S%zu,R%zu,on,%s,",
                         room,
                         source + 1,
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

/// Standard error [dB] of a sum of the sampled energies until 50 ms, until 80
/// ms and of all, with weights that make it relative
static double
error_db(const FhPairResponse* const pair,
         const size_t band,
         const double weight[3])
{
  const double n = (double)pair->n_blocks;
  double sum = 0.0;
  double squares = 0.0;
  for (size_t k = 0; k < pair->n_blocks; ++k) {
    double x = 0.0;
    for (size_t w = 0; w < 3; ++w) {
      x += weight[w] * (double)pair->block_energy[k][w][band];
    }
    sum += x;
    squares += x * x;
  }
  return 10.0 / log(10.0) *
         sqrt(fmax(0.0, squares - sum * sum / n) / (n * (n - 1.0)));
}

// Tolerances: level 0.3 dB, C80 0.5 dB, at standard errors of a third of that;
// T30 3 %
static void
check_room(const Case* const c)
{
  ReferenceRoom room;
  assert_true(reference_room_init(&room, "ism_rooms.json", c->room, 0.0f));
  assert_true(test_scene_set_microphones(
    &room.scene, (const float(*)[3])room.receiver[c->receiver], 1));
  const FhRadiator radiator = omni_at(room.source[c->source]);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = c->n_rays;
  FhTraceResult result;
  assert_int_equal(
    fh_trace_radiators(
      &room.scene, room.caster, &radiator, 1, &desc, NULL, NULL, &result, NULL),
    FH_OK);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const Row row = find_row(c->room, c->source, c->receiver, b);
    response_of_pair(&room,
                     &result.pairs[0],
                     room.source[c->source],
                     room.receiver[c->receiver],
                     b,
                     energy);
    const RoomMetrics got = room_metrics(energy, row.t0_s);
    print_message(
      "%s S%zu R%zu %4s Hz: level %+.3f dB, C80 %+.3f dB, T30 %+.2f %%\n",
      c->room,
      c->source + 1,
      c->receiver + 1,
      fh_octave_name(b),
      level_db(&room.scene, got.total) - row.level_db,
      got.c80_db - row.c80_db,
      100.0 * (got.t30_s / row.t30_s - 1.0));
    // C80 is early over late: the first 80 ms err one way, all after the other
    const double share = pow(10.0, 0.1 * got.c80_db);
    const double late = got.total / (1.0 + share);
    const double early = got.total - late;
    const double of_level[3] = {0.0, 0.0, 1.0 / got.total};
    const double of_c80[3] = {0.0, 1.0 / early + 1.0 / late, -1.0 / late};
    const double level_se = error_db(&result.pairs[0], b, of_level);
    const double c80_se = error_db(&result.pairs[0], b, of_c80);
    print_message("  standard errors %.3f dB, %.3f dB\n", level_se, c80_se);
    assert_true(level_se <= 0.1 && c80_se <= 0.1 * 0.5 / 0.3);
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
  static const Case cases[] = {{"roomA", 0, 0, 65536, false, true},
                               {"roomA", 0, 1, 65536, false, false},
                               {"roomA", 1, 1, 65536, false, false},
                               {"roomB", 0, 0, 65536, true, true},
                               {"roomB", 0, 1, 65536, true, false},
                               {"roomC", 0, 0, 262144, true, false},
                               {"roomC", 0, 1, 262144, true, true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    if (all || cases[i].brief) {
      check_room(&cases[i]);
    }
  }
}

#define MAX_ROWS 512

/// The energy in a room against time in one octave
typedef struct {
  size_t n;
  double t_s[MAX_ROWS];
  double level_db[MAX_ROWS]; ///< re the start
  double left_db[MAX_ROWS];  ///< Its backward integral, re that of the start
} Decay;

static void
read_decay(const char* const room, const size_t band, Decay* const d)
{
  char path[1024];
  FILE* const f =
    fopen(reference_path(path, sizeof path, "diffuse_decay_mc.csv"), "r");
  assert_non_null(f);
  memset(d, 0, sizeof *d);
  char line[1024];
  const size_t n = strlen(room);
  while (d->n < MAX_ROWS && fgets(line, sizeof line, f)) {
    if (strncmp(line, room, n) || line[n] != ',') {
      continue;
    }
    char* p = line + n;
    double v[9];
    for (size_t i = 0; i < 9; ++i) {
      v[i] = strtod(p + 1, &p);
    }
    d->t_s[d->n] = v[0];
    d->level_db[d->n++] = v[1 + band];
  }
  (void)fclose(f);
  assert_true(d->n > 2);
  // Between two rows the energy falls exponentially
  double left = 0.0;
  for (size_t i = d->n; i > 0; --i) {
    if (i < d->n) {
      const double drop =
        0.1 * log(10.0) * (d->level_db[i - 1] - d->level_db[i]);
      const double e = pow(10.0, 0.1 * d->level_db[i - 1]);
      left += (d->t_s[i] - d->t_s[i - 1]) *
              (drop > 1e-9 ? e * (1.0 - exp(-drop)) / drop : e);
    }
    d->left_db[i - 1] = 10.0 * log10(left + 1e-30);
  }
  for (size_t i = d->n; i > 0; --i) {
    d->left_db[i - 1] -= d->left_db[0];
  }
}

/// A column of a decay at a time; NaN after its end
static double
at_time(const Decay* const d, const double* const column, const double t)
{
  for (size_t i = 1; i < d->n; ++i) {
    if (d->t_s[i] >= t) {
      const double w = (t - d->t_s[i - 1]) / (d->t_s[i] - d->t_s[i - 1]);
      return column[i - 1] + w * (column[i] - column[i - 1]);
    }
  }
  return NAN;
}

/// T30 of diffuse_t60.csv without air [s]
static double
expected_t30(const char* const room, const size_t band)
{
  char path[1024];
  FILE* const f =
    fopen(reference_path(path, sizeof path, "diffuse_t60.csv"), "r");
  assert_non_null(f);
  char want[64];
  const int n =
    snprintf(want, sizeof want, "%s,%s,off,", room, fh_octave_name(band));
  char line[1024];
  double t30_s = NAN;
  while (fgets(line, sizeof line, f)) {
    if (!strncmp(line, want, (size_t)n)) {
      // A, alpha, path, gamma2, Sabine, Eyring, Kuttruff, Millington, Fitzroy,
      // Arau, T30
      char* p = line + n;
      for (size_t i = 0; i < 11; ++i) {
        t30_s = strtod(p, &p);
        p += *p == ',';
      }
    }
  }
  (void)fclose(f);
  return t30_s;
}

/// T30 of a curve of energy per millisecond whose backward integral has the
/// reference's level at `t_start`, before which it is the reference's own; NaN
/// where that would be more than a third of the range
static double
curve_t30(const double* const curve,
          const size_t n_bins,
          const Decay* const d,
          const double t_start)
{
  const size_t first = (size_t)(t_start / 1e-3);
  const double start_db = at_time(d, d->left_db, (double)first * 1e-3);
  if (!(start_db > -15.0)) {
    return NAN;
  }
  double all_left = 0.0;
  for (size_t i = n_bins; i > first; --i) {
    all_left += curve[i - 1];
  }
  double left = all_left;
  double s[5] = {0.0};
  for (size_t i = 0; i < n_bins; ++i) {
    const double l = i < first
                       ? at_time(d, d->left_db, (double)i * 1e-3)
                       : start_db + 10.0 * log10(left / all_left + 1e-30);
    if (l <= -5.0 && l >= -35.0) {
      const double t = (double)i * 1e-3;
      s[0] += 1.0;
      s[1] += t;
      s[2] += l;
      s[3] += t * t;
      s[4] += t * l;
    }
    left -= i < first ? 0.0 : curve[i];
  }
  return -60.0 * (s[0] * s[3] - s[1] * s[1]) / (s[0] * s[4] - s[1] * s[2]);
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
  size_t n_t30 = 0;
  double m[FH_N_OCTAVES];
  fh_air_octaves(&room.scene.air, m);
  const double c = fh_air_speed_m_s(&room.scene.air);
  for (size_t b = 0; b < FH_N_OCTAVES; b += all ? 1 : 3) {
    static Decay decay;
    read_decay(id, b, &decay);
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
      const double want = at_time(&decay, decay.level_db, t);
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
    const double t30_s = curve_t30(curve, n_bins, &decay, t_start);
    const double want_s = expected_t30(id, b);
    print_message("%s %s Hz: decay within %.3f dB, T30 %+.2f %%\n",
                  id,
                  fh_octave_name(b),
                  worst,
                  100.0 * (t30_s / want_s - 1.0));
    assert_true(worst < 0.3);
    if (isfinite(t30_s)) {
      CHECK_NEAR(t30_s, want_s, 0.03 * want_s);
      ++n_t30;
    }
    free(curve);
  }
  assert_true(n_t30 > 0);
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
  if (all) {
    check_diffuse("D3");
    check_diffuse("D4");
  }
}

int
main(const int argc, char** const argv)
{
  all = argc > 1 && !strcmp(argv[1], "all");
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_mirror_rooms),
    cmocka_unit_test(test_scattering_rooms_decay_like_the_reference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
