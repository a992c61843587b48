// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../sim/source/sources.h"
#include "check.h"
#include "csv.h"

#include <stdlib.h>
#include <unistd.h>

#define DATA FULLHOUSE_REFERENCE_DATA "/"

/// The tables leave the attenuation of the air out: dry air takes least at high
/// frequencies, moist air at low ones, and the tests add what is left
static const FhAir dry_air = {20.0, 0.0, 101.325};
static const FhAir moist_air = {20.0, 50.0, 101.325};

/// What an omni source of 1 W gives at 1 m [dB]
static double
level_at_1m(const FhAir* const air)
{
  const double rho_c = fh_air_speed_m_s(air) * fh_air_density_kg_m3(air);
  return 10.0 * log10(rho_c / (4.0 * FH_PI * 4e-10));
}

static double
attenuation_db(const FhAir* const air, const double hz, const double r_m)
{
  return fh_air_attenuation_db_m(air, hz) * r_m;
}

/// A venue of loudspeakers alone
typedef struct {
  FhVenue venue;
  FhScene scene;
  FhLoudspeaker speakers[16];
} System;

static void
system_init(System* const s, const FhAir* const air)
{
  memset(s, 0, sizeof *s);
  s->venue.loudspeakers = s->speakers;
  s->venue.air = *air;
  s->scene.air = s->venue.air;
}

/// An omni source with this level at 1 m in every third octave
static FhLoudspeaker*
add_omni(System* const s,
         const double x,
         const double y,
         const double z,
         const double level_db)
{
  FhLoudspeaker* const speaker = &s->speakers[s->venue.n_loudspeakers++];
  (void)snprintf(speaker->name,
                 sizeof speaker->name,
                 "S%u",
                 (unsigned)s->venue.n_loudspeakers);
  strcpy(speaker->model, "omni");
  speaker->at[0] = x;
  speaker->at[1] = y;
  speaker->at[2] = z;
  speaker->has_power = true;
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    speaker->power_db[i] = (float)(level_db + 120.0 + 10.0 * log10(3.0) -
                                   level_at_1m(&s->scene.air));
  }
  return speaker;
}

static FhSources*
system_sources(const System* const s)
{
  FhSources* sources = NULL;
  assert_int_equal(fh_sources_new(&s->venue, &s->scene, &sources, NULL), FH_OK);
  return sources;
}

static double
tone_db(const FhSources* const sources,
        const float at[3],
        const double hz,
        double p[2])
{
  float point[1][3];
  double out[1][2];
  memcpy(point, at, sizeof point);
  assert_int_equal(fh_direct_pressure(sources,
                                      NULL,
                                      (const float(*)[3])point,
                                      1,
                                      UINT64_MAX,
                                      false,
                                      hz,
                                      1,
                                      out),
                   FH_OK);
  p[0] = out[0][0];
  p[1] = out[0][1];
  return 20.0 * log10(hypot(p[0], p[1]) / 20e-6);
}

// Free field of one source at any temperature; air comes off by its own formula
static void
test_point_source(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "direct_point.csv", &csv);
  assert_non_null(csv.text);
  size_t n = 0;
  for (size_t row = 0; row < csv.n_rows; ++row) {
    System s;
    system_init(&s, &moist_air);
    s.scene.air.temperature_c = csv_number(&csv, row, "temp_C");
    s.scene.air.pressure_kpa = csv_number(&csv, row, "p_kPa");
    FhLoudspeaker* const speaker = add_omni(&s, 0.0, 0.0, 0.0, 0.0);
    for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
      speaker->power_db[i] = (float)csv_number(&csv, row, "Lw_dB");
    }
    FhSources* const sources = system_sources(&s);
    const double r = csv_number(&csv, row, "r_m");
    const float at[1][3] = {{(float)r, 0.0f, 0.0f}};
    FhDirectField field;
    assert_int_equal(
      fh_direct_field(sources, NULL, at, 1, UINT64_MAX, false, 1, &field),
      FH_OK);
    float octave[FH_N_OCTAVES];
    fh_thirds_sum(field.p2[0], octave);
    // At 63 Hz the air takes little; what it takes is known
    double p2 = 0.0;
    for (size_t i = 0; i < 3; ++i) {
      const double loss =
        fh_air_attenuation_db_m(&s.scene.air, fh_third_hz(i)) * r;
      p2 += (double)field.p2[0][i] * pow(10.0, 0.1 * loss);
    }
    CHECK_NEAR(10.0 * log10(p2 / 4e-10), csv_number(&csv, row, "Lp_dB"), 0.001);
    CHECK_NEAR(field.delay_s[0][0], r / fh_air_speed_m_s(&s.scene.air), 1e-6);
    fh_direct_field_clear(&field);
    fh_sources_free(sources);
    ++n;
  }
  assert_true(n > 50);
  csv_clear(&csv);
}

static FhSources*
two_sources(const char which)
{
  System s;
  system_init(&s, &dry_air);
  add_omni(&s, 0.0, 0.0, 2.5, which == 'C' ? 100.0 : 94.0);
  if (which == 'C') {
    add_omni(&s, 0.0, 0.0, 0.4, 97.0)->invert = true;
  } else {
    FhLoudspeaker* const other =
      add_omni(&s, 3.0, 0.0, 2.5, which == 'A' ? 94.0 : 91.0);
    other->delay_ms = which == 'A' ? 0.0 : 4.2;
  }
  return system_sources(&s);
}

/// Band mean of the same two sources by 4000 frequencies
static double
fine_band_db(const FhSources* const sources, const float at[3], const size_t b)
{
  double p2 = 0.0;
  const size_t n = 4000;
  for (size_t i = 0; i < n; ++i) {
    const double t = ((double)i + 0.5) / (double)n - 0.5;
    double p[2];
    (void)tone_db(sources, at, fh_third_hz(b) * pow(10.0, 0.1 * t), p);
    p2 += (p[0] * p[0] + p[1] * p[1]) / (double)n;
  }
  return 10.0 * log10(p2 / 4e-10);
}

static void
test_two_sources(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "direct_two_sources.csv", &csv);
  assert_non_null(csv.text);
  FhSources* sources[3];
  for (size_t i = 0; i < 3; ++i) {
    sources[i] = two_sources((char)('A' + (char)i));
  }
  size_t n = 0;
  for (size_t row = 0; row < csv.n_rows; ++row) {
    const FhSources* const two = sources[csv_text(&csv, row, "case")[0] - 'A'];
    const float at[1][3] = {{(float)csv_number(&csv, row, "x"),
                             (float)csv_number(&csv, row, "y"),
                             (float)csv_number(&csv, row, "z")}};
    const double hz = csv_number(&csv, row, "f_Hz");
    if (hz > 11000.0) {
      continue;
    }
    const double r1 = csv_number(&csv, row, "r1_m");
    const double air = attenuation_db(&dry_air, hz, r1);
    double p[2];
    const double level = tone_db(two, at[0], hz, p) + air;
    const double expected = csv_number(&csv, row, "L_centre_dB");
    const double depth = csv_number(&csv, row, "L_incoh_dB") - expected;
    // The ways differ by up to 3 m, and so does what the air takes
    const double unequal =
      attenuation_db(&dry_air, hz, fabs(csv_number(&csv, row, "r2_m") - r1));
    CHECK_NEAR(level, expected, (depth > 25.0 ? 1.0 : 0.02) + unequal);
    if (hz < 49.0) {
      continue;
    }
    const size_t band = (size_t)lrint(10.0 * log10(hz / 1000.0) + 13.0);
    FhDirectField field;
    assert_int_equal(
      fh_direct_field(two, NULL, at, 1, UINT64_MAX, false, 1, &field), FH_OK);
    const double band_db = 10.0 * log10((double)field.p2[0][band] / 4e-10);
    // The table has 31 frequencies: where they are too few for the delay, hold
    // against many
    const double turns =
      fabs(csv_number(&csv, row, "r2_m") - r1) / 343.2 * hz * 0.23 / 31.0;
    if (turns < 0.25 && csv_text(&csv, row, "case")[0] != 'B') {
      CHECK_NEAR(
        band_db + air, csv_number(&csv, row, "L_band_dB"), 0.1 + unequal);
    }
    CHECK_NEAR(band_db, fine_band_db(two, at[0], band), 0.1);
    fh_direct_field_clear(&field);
    ++n;
  }
  assert_int_equal(n, 15 * 24);
  for (size_t i = 0; i < 3; ++i) {
    fh_sources_free(sources[i]);
  }
  csv_clear(&csv);
}

static FhSources*
read_subs(const char* const name)
{
  Csv csv;
  csv_read(DATA "sub_elements.csv", &csv);
  assert_non_null(csv.text);
  System s;
  system_init(&s, &moist_air);
  for (size_t row = 0; row < csv.n_rows; ++row) {
    if (!strcmp(csv_text(&csv, row, "array"), name)) {
      FhLoudspeaker* const sub = add_omni(&s,
                                          csv_number(&csv, row, "x_m"),
                                          csv_number(&csv, row, "y_m"),
                                          0.0,
                                          csv_number(&csv, row, "L1m_dB"));
      sub->delay_ms = 1000.0 * csv_number(&csv, row, "delay_s");
      sub->invert = csv_number(&csv, row, "polarity") < 0.0;
      sub->gain_db = csv_number(&csv, row, "gain_dB");
    }
  }
  csv_clear(&csv);
  return system_sources(&s);
}

// Cardioid pair, end-fire line and arc: polar patterns with their rejection
static void
test_sub_arrays(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "direct_subs.csv", &csv);
  assert_non_null(csv.text);
  static const char* const names[3] = {"gradient", "endfire4", "arc6"};
  FhSources* sources[3];
  for (size_t i = 0; i < 3; ++i) {
    sources[i] = read_subs(names[i]);
  }
  size_t n = 0;
  double deepest = 0.0;
  for (size_t row = 0; row < csv.n_rows; ++row) {
    size_t which = 0;
    while (which < 2 &&
           strcmp(csv_text(&csv, row, "array"), names[which]) != 0) {
      ++which;
    }
    const double angle = csv_number(&csv, row, "angle_deg") * FH_PI / 180.0;
    const float at[3] = {
      (float)(30.0 * cos(angle)), (float)(30.0 * sin(angle)), 0.0f};
    const double hz = csv_number(&csv, row, "f_Hz");
    double p[2];
    const double level =
      tone_db(sources[which], at, hz, p) + attenuation_db(&moist_air, hz, 30.0);
    const double rel = csv_number(&csv, row, "L_rel_dB");
    CHECK_NEAR(level, csv_number(&csv, row, "L_dB"), rel < -20.0 ? 0.5 : 0.02);
    deepest = fmin(deepest, rel);
    ++n;
  }
  assert_true(n > 1000 && deepest < -30.0);
  for (size_t i = 0; i < 3; ++i) {
    fh_sources_free(sources[i]);
  }
  csv_clear(&csv);
}

/// Write the model of a piston with this level at 1 m in every third octave
static void
put_piston(const char* const path, const double radius_m, const double level_db)
{
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  (void)fprintf(file,
                "loudspeaker: 1\nsensitivity_db: %.9f\ninput_dbw: 0\n"
                "directivity: {piston: {radius_m: %g}}\n",
                level_db + 10.0 * log10((double)FH_N_THIRDS),
                radius_m);
  (void)fclose(file);
}

static FhSources*
read_pistons(const char* const name)
{
  Csv csv;
  csv_read(DATA "array_elements.csv", &csv);
  assert_non_null(csv.text);
  char path[] = "/tmp/fh-piston-XXXXXX.yaml";
  const int fd = mkstemps(path, 5);
  assert_true(fd >= 0);
  (void)close(fd);
  System s;
  system_init(&s, &dry_air);
  for (size_t row = 0; row < csv.n_rows; ++row) {
    if (strcmp(csv_text(&csv, row, "array"), name) != 0) {
      continue;
    }
    put_piston(
      path, csv_number(&csv, row, "radius_m"), csv_number(&csv, row, "L1m_dB"));
    FhLoudspeaker* const box = add_omni(&s,
                                        csv_number(&csv, row, "x_m"),
                                        csv_number(&csv, row, "y_m"),
                                        csv_number(&csv, row, "z_m"),
                                        0.0);
    (void)snprintf(box->model, sizeof box->model, "%s", path);
    box->yaw_deg = -90.0; // Along +x
    box->pitch_deg = csv_number(&csv, row, "aim_deg");
    box->gain_db = csv_number(&csv, row, "gain_dB");
    box->delay_ms = 1000.0 * csv_number(&csv, row, "delay_s");
  }
  csv_clear(&csv);
  FhSources* const sources = system_sources(&s);
  (void)unlink(path);
  return sources;
}

// Two line arrays of pistons: every point and frequency, tones and bands
static void
test_piston_arrays(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "direct_array.csv", &csv);
  assert_non_null(csv.text);
  FhSources* sources[2] = {read_pistons("straight"), read_pistons("jcurve")};
  double loudest = -300.0;
  size_t n_bands = 0;
  for (size_t row = 0; row < csv.n_rows; ++row) {
    const FhSources* const array =
      sources[strcmp(csv_text(&csv, row, "array"), "straight") ? 1 : 0];
    const float at[1][3] = {{(float)csv_number(&csv, row, "x"),
                             (float)csv_number(&csv, row, "y"),
                             (float)csv_number(&csv, row, "z")}};
    const double hz = csv_number(&csv, row, "f_Hz");
    const double r =
      hypot(hypot((double)at[0][0], (double)at[0][1]), (double)at[0][2] - 6.0);
    const double air = attenuation_db(&dry_air, hz, r);
    double p[2];
    const double expected = csv_number(&csv, row, "L_centre_dB");
    const double level = tone_db(array, at[0], hz, p) + air;
    // Receivers come with rising frequency from 50 Hz
    loudest = hz < 51.0 ? expected : fmax(loudest, expected);
    const double null = loudest - expected;
    // The ways differ by up to 5 m; the air takes that differently
    const double unequal = attenuation_db(&dry_air, hz, 2.5);
    CHECK_NEAR(level, expected, (null > 30.0 ? 1.0 : 0.1) + unequal);

    const size_t band = (size_t)lrint(10.0 * log10(hz / 1000.0) + 13.0);
    FhDirectField field;
    assert_int_equal(
      fh_direct_field(array, NULL, at, 1, UINT64_MAX, false, 1, &field), FH_OK);
    const double band_db =
      10.0 * log10((double)field.p2[0][band] / 4e-10) + air;
    CHECK_NEAR(band_db, csv_number(&csv, row, "L_band_dB"), 0.1 + unequal);
    fh_direct_field_clear(&field);
    ++n_bands;
  }
  assert_int_equal(n_bands, 2 * 12 * 24);
  fh_sources_free(sources[0]);
  fh_sources_free(sources[1]);
  csv_clear(&csv);
}

// Boxes that hinge at their fronts come to lie where the table has them
static void
test_boxes_hang_as_a_j(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "array_elements.csv", &csv);
  assert_non_null(csv.text);
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  FhScene scene;
  memset(&scene, 0, sizeof scene);
  scene.air = moist_air;
  FhArray array;
  memset(&array, 0, sizeof array);
  char path[] = "/tmp/fh-box-XXXXXX.yaml";
  const int fd = mkstemps(path, 5);
  assert_true(fd >= 0);
  FILE* const file = fdopen(fd, "w");
  assert_non_null(file);
  (void)fputs("loudspeaker: 1\nsensitivity_db: 100\nsize_m: [0.6, 0.34, 0.4]\n"
              "splay_deg: [0, 10]\ndirectivity: {omni: true}\n",
              file);
  (void)fclose(file);
  (void)snprintf(array.box, sizeof array.box, "%s", path);
  array.count = 8;
  array.n_splay = 7;
  double splay[7];
  double at[8][3] = {{0.0}};
  double aim[8] = {0.0};
  size_t n = 0;
  for (size_t row = 0; row < csv.n_rows; ++row) {
    if (n < 8 && !strcmp(csv_text(&csv, row, "array"), "jcurve")) {
      at[n][0] = csv_number(&csv, row, "x_m");
      at[n][1] = csv_number(&csv, row, "y_m");
      at[n][2] = csv_number(&csv, row, "z_m");
      aim[n++] = csv_number(&csv, row, "aim_deg");
    }
  }
  csv_clear(&csv);
  for (size_t i = 0; i < 7; ++i) {
    splay[i] = aim[i] - aim[i + 1];
  }
  array.splay_deg = splay;
  array.pitch_deg = aim[0];
  array.yaw_deg = -90.0;
  const double up = aim[0] * FH_PI / 180.0;
  array.top[0] = at[0][0] - 0.17 * sin(up);
  array.top[2] = at[0][2] + 0.17 * cos(up);
  venue.n_arrays = 1;
  venue.arrays = &array;
  FhSources* sources = NULL;
  assert_int_equal(fh_sources_new(&venue, &scene, &sources, NULL), FH_OK);
  (void)unlink(path);
  for (size_t i = 0; i < 8; ++i) {
    const Element* const box = &sources->elements[i];
    // The table keeps the distance of the middles, hinges that of the fronts:
    // up to 0.4 mm for each of the largest angles
    CHECK_NEAR(box->at[0], at[i][0], 2e-3);
    CHECK_NEAR(box->at[2], at[i][2], 2e-3);
    CHECK_NEAR(box->forward[2], sin(aim[i] * FH_PI / 180.0), 1e-6);
  }
  fh_sources_free(sources);
}

// Same bits on 1, 2 and 7 threads
static void
test_threads_do_not_matter(void** state)
{
  (void)state;
  FhSources* const sources = read_subs("arc6");
  enum { N = 300 };
  static float at[N][3];
  for (size_t i = 0; i < N; ++i) {
    at[i][0] = 0.3f * (float)i - 20.0f;
    at[i][1] = 7.0f + 0.1f * (float)(i % 17);
    at[i][2] = 1.2f;
  }
  FhDirectField one;
  assert_int_equal(
    fh_direct_field(
      sources, NULL, (const float(*)[3])at, N, UINT64_MAX, true, 1, &one),
    FH_OK);
  static const unsigned threads[2] = {2, 7};
  for (size_t i = 0; i < 2; ++i) {
    FhDirectField more;
    assert_int_equal(fh_direct_field(sources,
                                     NULL,
                                     (const float(*)[3])at,
                                     N,
                                     UINT64_MAX,
                                     true,
                                     threads[i],
                                     &more),
                     FH_OK);
    assert_memory_equal(one.p2, more.p2, N * sizeof *one.p2);
    fh_direct_field_clear(&more);
  }
  fh_direct_field_clear(&one);
  fh_sources_free(sources);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_point_source),
    cmocka_unit_test(test_two_sources),
    cmocka_unit_test(test_sub_arrays),
    cmocka_unit_test(test_piston_arrays),
    cmocka_unit_test(test_boxes_hang_as_a_j),
    cmocka_unit_test(test_threads_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
