// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "loudspeaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const library[] = {"fh-point-60x40",
                                      "fh-point-90x60",
                                      "fh-point-110x50",
                                      "fh-line-10",
                                      "fh-line-12",
                                      "fh-sub-18",
                                      "fh-column",
                                      "fh-dodec"};

// Everything that a data sheet has is there, and levels are 0 dB on axis
static void
test_library_is_complete(void** state)
{
  (void)state;
  for (size_t i = 0; i < sizeof library / sizeof library[0]; ++i) {
    Model model;
    load(library[i], &model);
    assert_string_equal(model.name, library[i]);
    assert_true(model.size_m[0] > 0.0 && model.mass_kg > 0.0);
    assert_true(model.max_spl_db > 100.0 && model.has_limit);
    assert_true(model.source[0] && model.description[0]);
    assert_int_equal(model.pattern, PATTERN_BALLOON);
    // A dodecahedron's lobes cross its axis: it is held to its mean
    for (size_t b = 0; i != 7 && b < FH_N_THIRDS; ++b) {
      CHECK_NEAR(level_at(&model, fh_third_hz(b), 0.0, 0.0), 0.0, 0.001);
    }
    model_clear(&model);
  }
}

// The angles in a name are those at -6 dB, where the mouth is large enough to
// hold them: mean of 4 to 8 kHz within a tenth of the angle
static void
test_coverage_is_as_named(void** state)
{
  (void)state;
  static const double angle[3][2] = {{60, 40}, {90, 60}, {110, 50}};
  for (size_t i = 0; i < 3; ++i) {
    Model model;
    load(library[i], &model);
    for (size_t plane = 0; plane < 2; ++plane) {
      double mean = 0.0;
      for (size_t b = 19; b < 23; ++b) {
        double theta = 0.0;
        while (theta < 90.0 &&
               level_at(&model, fh_third_hz(b), theta, plane ? 90.0 : 0.0) >
                 -6.0) {
          theta += 0.25;
        }
        mean += 0.25 * 2.0 * theta;
      }
      CHECK_NEAR(mean, angle[i][plane], 0.1 * angle[i][plane]);
    }
    model_clear(&model);
  }
}

/// A venue with one loudspeaker or array of a model
static FhSources*
one_source(const char* const model, const size_t n_boxes, FhAir* const air)
{
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  FhScene scene;
  memset(&scene, 0, sizeof scene);
  scene.air = fh_air_default();
  *air = scene.air;
  FhLoudspeaker speaker;
  memset(&speaker, 0, sizeof speaker);
  FhArray array;
  memset(&array, 0, sizeof array);
  if (n_boxes) {
    (void)snprintf(array.box, sizeof array.box, "%s", model);
    array.count = n_boxes;
    array.top[2] = 8.0;
    venue.n_arrays = 1;
    venue.arrays = &array;
  } else {
    (void)snprintf(speaker.model, sizeof speaker.model, "%s", model);
    speaker.yaw_deg = 33.0;
    speaker.pitch_deg = -12.0;
    venue.n_loudspeakers = 1;
    venue.loudspeakers = &speaker;
  }
  FhSources* sources = NULL;
  assert_int_equal(fh_sources_new(&venue, &scene, &sources, NULL), FH_OK);
  return sources;
}

// Power summed over a sphere of 100 m of the field itself, against what
// sensitivity, input and directivity index of the balloon say
static void
test_power_is_sensitivity_less_directivity(void** state)
{
  (void)state;
  enum { N = 20000 };
  const double r = 100.0;
  static float at[N][3];
  static double p[N][2];
  for (size_t i = 0; i < N; ++i) {
    const double z = 1.0 - 2.0 * ((double)i + 0.5) / (double)N;
    const double phi = 2.39996322972865332 * (double)i;
    at[i][0] = (float)(r * sqrt(1.0 - z * z) * cos(phi));
    at[i][1] = (float)(r * sqrt(1.0 - z * z) * sin(phi));
    at[i][2] = (float)(r * z);
  }
  for (size_t i = 0; i < sizeof library / sizeof library[0]; ++i) {
    Model model;
    load(library[i], &model);
    double mean[FH_N_THIRDS];
    model_mean(&model, 343.2, mean);
    FhAir air;
    FhSources* const sources = one_source(library[i], 0, &air);
    const double rho_c = fh_air_speed_m_s(&air) * fh_air_density_kg_m3(&air);
    for (size_t b = i % 3; b < FH_N_THIRDS; b += 3) {
      const double hz = fh_third_hz(b);
      // Where a subwoofer is 40 dB down its lobes are finer than any grid
      if (i == 5 && b > 8) {
        continue;
      }
      assert_int_equal(
        fh_direct_pressure(
          sources, NULL, (const float(*)[3])at, N, UINT64_MAX, false, hz, 1, p),
        FH_OK);
      double p2 = 0.0;
      for (size_t k = 0; k < N; ++k) {
        p2 += (p[k][0] * p[k][0] + p[k][1] * p[k][1]) / (double)N;
      }
      const double power_db = 10.0 * log10(4.0 * FH_PI * r * r * p2 / rho_c) +
                              120.0 + r * fh_air_attenuation_db_m(&air, hz);
      const double axis_db = curve_db(&model.axis, hz) + model.input_dbw -
                             10.0 * log10((double)FH_N_THIRDS) +
                             level_at(&model, hz, 0.0, 0.0);
      const double index_db =
        level_at(&model, hz, 0.0, 0.0) - 10.0 * log10(mean[b]);
      CHECK_NEAR(power_db,
                 axis_db - index_db + 120.0 +
                   10.0 * log10(4.0 * FH_PI * 4e-10 / rho_c),
                 0.1);
      // The emitter's power, which averages the band, where nothing is steep
      const double emitted =
        10.0 *
        log10(1e12 * (double)fh_sources_emitter(sources, 0)->power_third_w[b]);
      CHECK_NEAR(emitted, power_db, i == 5 ? 1.0 : 0.6);
    }
    fh_sources_free(sources);
    model_clear(&model);
  }
}

// The table's mean over the sphere is the power, for an array too: 40 000
// directions on a spiral against the table's own sum
static void
test_array_table_holds_its_power(void** state)
{
  (void)state;
  FhAir air;
  FhSources* const sources = one_source("fh-line-10", 12, &air);
  double mean[FH_N_THIRDS] = {0.0};
  const size_t n = 40000;
  for (size_t i = 0; i < n; ++i) {
    const double z = 1.0 - 2.0 * ((double)i + 0.5) / (double)n;
    const double r = sqrt(1.0 - z * z);
    const double phi = 2.39996322972865332 * (double)i;
    const float d[3] = {(float)(r * cos(phi)), (float)(r * sin(phi)), (float)z};
    float w[FH_N_THIRDS];
    fh_emitter_thirds(sources, 0, d, w);
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      mean[b] += (double)w[b] / (double)n;
    }
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const double power =
      (double)fh_sources_emitter(sources, 0)->power_third_w[b];
    CHECK_NEAR(10.0 * log10(mean[b] / power), 0.0, 0.1);
  }
  fh_sources_free(sources);
}

// Refining never goes beyond the neighbours: no lobe is invented
static void
test_refined_balloon_stays_between_its_neighbours(void** state)
{
  (void)state;
  Balloon coarse;
  assert_int_equal(balloon_init(&coarse, 13, 24, false), FH_OK);
  uint32_t seed = 1;
  for (size_t i = 0; i < 13UL * 24; ++i) {
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      seed = seed * 1664525u + 1013904223u;
      coarse.amp[i][b] = 0.001f + (float)(seed >> 8) * 0x1p-24f;
    }
  }
  for (size_t j = 1; j < 24; ++j) {
    memcpy(coarse.amp[j], coarse.amp[0], sizeof coarse.amp[0]);
    memcpy(
      coarse.amp[12UL * 24 + j], coarse.amp[12UL * 24], sizeof coarse.amp[0]);
  }
  Balloon fine;
  assert_int_equal(balloon_init(&fine, 13, 24, false), FH_OK);
  memcpy(fine.amp, coarse.amp, 13UL * 24 * sizeof coarse.amp[0]);
  assert_int_equal(balloon_refine(&fine, 3), FH_OK);
  assert_int_equal(fine.n_theta, 37);
  for (size_t i = 0; i < fine.n_theta; ++i) {
    for (size_t j = 0; j < fine.n_phi; ++j) {
      const size_t i0 = i / 3 < 11 ? i / 3 : 11;
      const size_t at[4] = {i0 * 24 + j / 3,
                            i0 * 24 + (j / 3 + 1) % 24,
                            (i0 + 1) * 24 + j / 3,
                            (i0 + 1) * 24 + (j / 3 + 1) % 24};
      for (size_t b = 0; b < FH_N_THIRDS; b += 5) {
        float low = 1e9f;
        float high = 0.0f;
        for (size_t k = 0; k < 4; ++k) {
          low = fminf(low, coarse.amp[at[k]][b]);
          high = fmaxf(high, coarse.amp[at[k]][b]);
        }
        const float a = fine.amp[i * fine.n_phi + j][b];
        assert_true(a >= 0.9999f * low && a <= 1.0001f * high);
      }
    }
  }
  balloon_clear(&coarse);
  balloon_clear(&fine);
}

// The minimum phase of a one-pole low-pass is -atan(f / fc)
static void
test_minimum_phase_of_a_low_pass(void** state)
{
  (void)state;
  enum { N = 400 };
  double hz[N];
  double db[N];
  for (size_t i = 0; i < N; ++i) {
    hz[i] = 0.5 * pow(10.0, 6.0 * (double)i / (double)N);
    const double x = hz[i] / 800.0;
    db[i] = -10.0 * log10(1.0 + x * x);
  }
  Curve curve;
  assert_int_equal(curve_set(&curve, hz, db, NULL, N), FH_OK);
  assert_int_equal(curve_add_minimum_phase(&curve), FH_OK);
  for (size_t i = 0; i < 20; ++i) {
    const double f = 50.0 * pow(1.3, (double)i);
    // The integral stops at +-6 nepers and steps by 0.02: half a degree
    CHECK_NEAR(
      360.0 * curve_turn(&curve, f), -atan(f / 800.0) * 180.0 / FH_PI, 0.5);
  }
  curve_clear(&curve);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_library_is_complete),
    cmocka_unit_test(test_coverage_is_as_named),
    cmocka_unit_test(test_power_is_sensitivity_less_directivity),
    cmocka_unit_test(test_array_table_holds_its_power),
    cmocka_unit_test(test_refined_balloon_stays_between_its_neighbours),
    cmocka_unit_test(test_minimum_phase_of_a_low_pass),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
