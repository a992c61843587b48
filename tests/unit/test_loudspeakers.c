// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../sim/source/arcs.h"
#include "../../sim/source/model_file.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char* const library[] = {"fh-point-60x40",
                                      "fh-point-90x60",
                                      "fh-point-110x50",
                                      "fh-line-10",
                                      "fh-line-12",
                                      "fh-sub-18",
                                      "fh-column",
                                      "fh-dodec"};

static double
level_at(const Model* const model,
         const double hz,
         const double theta_deg,
         const double phi_deg)
{
  const double theta = theta_deg * FH_PI / 180.0;
  const double phi = phi_deg * FH_PI / 180.0;
  const float d[3] = {(float)(sin(theta) * cos(phi)),
                      (float)cos(theta),
                      (float)(sin(theta) * sin(phi))};
  double amp = 0.0;
  double turn = 0.0;
  model_pattern(model, 343.2, hz, d, &amp, &turn);
  return 20.0 * log10(amp);
}

static void
load(const char* const name, Model* const model)
{
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = model_load(name, NULL, NULL, 0, model, diag);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    print_error("%s:%d: %s\n",
                fh_diag_entry(diag, i)->file,
                fh_diag_entry(diag, i)->line,
                fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  fh_diag_free(diag);
}

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

static const char*
data_folder(void)
{
  const char* const data = getenv("FULLHOUSE_DATA");
  return data && *data ? data : FULLHOUSE_DATA_DIR;
}

static void
check_spinorama(const char* const folder)
{
  Arcs arcs;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(arcs_read(folder, &arcs, diag), FH_OK);
  fh_diag_free(diag);
  char path[1200];
  (void)snprintf(path, sizeof path, "%s/CEA2034.txt", folder);
  FILE* const file = fopen(path, "r");
  assert_non_null(file);
  char line[4096];
  size_t row = 0;
  while (fgets(line, sizeof line, file)) {
    // Thousands come with commas
    size_t n = 0;
    for (size_t i = 0; line[i]; ++i) {
      if (line[i] != ',') {
        line[n++] = line[i];
      }
    }
    line[n] = '\0';
    double v[14];
    size_t k = 0;
    char* at = line;
    for (char* end = NULL; k < 14; at = end, ++k) {
      v[k] = strtod(at, &end);
      if (end == at) {
        break;
      }
    }
    if (k < 14) {
      continue;
    }
    CHECK_NEAR(arcs.hz[row], v[0], 1e-3 * v[0]);
    CHECK_NEAR(arcs_listening_window_db(&arcs, row), v[3], 0.05);
    CHECK_NEAR(arcs_sound_power_db(&arcs, row), v[7], 0.05);
    // The file draws the index above its own offset
    CHECK_NEAR(arcs_directivity_index_db(&arcs, row), v[9] - v[13], 0.05);
    ++row;
  }
  (void)fclose(file);
  assert_int_equal(row, arcs.n_hz);
  arcs_clear(&arcs);
}

// Three near-field scans: curves of CTA-2034-A as the scanner computed them
static void
test_arcs_give_the_scanners_own_curves(void** state)
{
  (void)state;
  static const char* const names[3] = {
    "genelec_8030c", "behringer_b2030p", "presonus_eris_e5_xt"};
  for (size_t i = 0; i < 3; ++i) {
    char folder[1100];
    (void)snprintf(folder,
                   sizeof folder,
                   "%s/directivity/asr_klippel/%s",
                   data_folder(),
                   names[i]);
    if (access(folder, R_OK)) {
      print_message("no data at %s\n", folder);
      skip();
    }
    check_spinorama(folder);
    Model model;
    load(folder, &model);
    // On the circles the balloon is what was measured, third octaves apart
    double mean[FH_N_THIRDS];
    model_mean(&model, 343.2, mean);
    for (size_t b = 13; b < FH_N_THIRDS; ++b) {
      assert_true(mean[b] > 0.03 && mean[b] < 0.7);
    }
    model_clear(&model);
  }
}

// The measurement dodecahedron: omnidirectional where it is small against the
// wave, and levels as they stand in the file at its own directions
static void
test_sofa_dodecahedron(void** state)
{
  (void)state;
  char path[1200];
  (void)snprintf(path,
                 sizeof path,
                 "%s/directivity/ita_dodecahedron/ITA_Dodecahedron.sofa",
                 data_folder());
  if (access(path, R_OK)) {
    print_message("no data at %s\n", path);
    skip();
  }
  Model model;
  load(path, &model);
  double mean[FH_N_THIRDS];
  model_mean(&model, 343.2, mean);
  for (size_t b = 0; b <= 5; ++b) {
    CHECK_NEAR(10.0 * log10(mean[b]), 0.0, 0.5);
  }
  for (size_t i = 0; i <= 25; ++i) {
    const double theta = 7.0 * (double)i;
    CHECK_NEAR(level_at(&model, 100.0, theta, 3.0 * theta), 0.0, 1.0);
  }
  model_clear(&model);

  // Each way alone: the small one for high tones is rounder there than the
  // large one, which lobes
  double round_db[2];
  for (size_t i = 0; i < 2; ++i) {
    char yaml[] = "/tmp/fh-dodec-XXXXXX.yaml";
    const int fd = mkstemps(yaml, 5);
    assert_true(fd >= 0);
    FILE* const file = fdopen(fd, "w");
    assert_non_null(file);
    (void)fprintf(file,
                  "loudspeaker: 1\nsensitivity_db: 90\ndirectivity: "
                  "{balloon: %s, measurement: %d}\n",
                  path,
                  i ? 3 : 1);
    (void)fclose(file);
    load(yaml, &model);
    (void)unlink(yaml);
    double square = 0.0;
    for (size_t k = 1; k < 18; ++k) {
      const double db = level_at(&model, 2000.0, 10.0 * (double)k, 40.0);
      square += db * db / 17.0;
    }
    round_db[i] = sqrt(square);
    model_clear(&model);
  }
  assert_true(fabs(round_db[0] - round_db[1]) > 1.0);
}

/// Write a file into a fresh folder and try to read it
static void
check_refused(const char* const name,
              const char* const text,
              const int line,
              const char* const words)
{
  char folder[] = "/tmp/fh-speakers-XXXXXX";
  assert_non_null(mkdtemp(folder));
  char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  (void)fputs(text, file);
  (void)fclose(file);
  FhDiag* const diag = fh_diag_new();
  Model model;
  const FhStatus status = model_load(path, NULL, NULL, 0, &model, diag);
  (void)unlink(path);
  (void)rmdir(folder);
  assert_int_not_equal(status, FH_OK);
  assert_int_equal(fh_diag_count(diag, FH_DIAG_ERROR), 1);
  const FhDiagEntry* const entry = fh_diag_entry(diag, 0);
  if (!strstr(entry->text, words) || entry->line != line) {
    print_error("%s:%d: %s\n", entry->file, entry->line, entry->text);
    fail();
  }
  assert_string_equal(entry->file, path);
  fh_diag_free(diag);
}

// Each message names file, line and remedy
static void
test_bad_files_are_refused(void** state)
{
  (void)state;
#define HEAD "loudspeaker: 1\nsensitivity_db: 90\n"
  check_refused("a.yaml", HEAD, 1, "lacks 'directivity'");
  check_refused("a.yaml",
                HEAD "directivty: {omni: true}\ndirectivity: {omni: true}\n",
                3,
                "did you mean 'directivity'");
  check_refused("a.yaml",
                HEAD "directivity: {omni: true}\nresponse: {frequency_hz: "
                     "[100, 50], level_db: [0, 0]}\n",
                4,
                "frequencies must rise");
  check_refused("a.yaml",
                HEAD "directivity: {omni: true}\nresponse: {frequency_hz: "
                     "[50, 100], level_db: [0, .nan]}\n",
                4,
                "level_db");
  check_refused("a.yaml",
                HEAD "directivity: {omni: true}\nresponse: {frequency_hz: "
                     "[50, 100], level_db: [0]}\n",
                4,
                "as many of each");
  check_refused("a.yaml",
                HEAD "directivity: {omni: true, piston: {radius_m: 0.1}}\n",
                3,
                "exactly one");
  check_refused("a.yaml",
                HEAD "directivity: {box: [{shape: horn, width_m: 0.2}]}\n",
                3,
                "height_m");
  check_refused("b.csv", "theta,phi,100\n0,0,0\n", 1, "angles are degrees");
  check_refused("b.csv", "theta_deg,phi_deg,100\n0,0,nan\n", 2, "no finite");
  check_refused("b.csv",
                "theta_deg,phi_deg,100\n0,0,0\n90,0,0\n45,0,0\n180,0,0\n",
                4,
                "angles must rise");
  check_refused("b.csv",
                "theta_deg,phi_deg,100,200\n0,0,0,0\n90,0,0\n",
                3,
                "fill the row up");
  check_refused("b.csv",
                "theta_deg,phi_deg,100\n0,0,0\n0.5,0,0\n1,0,0\n1.57,0,0\n"
                "2.5,0,0\n3.14,0,0\n",
                2,
                "radians");
  check_refused("b.csv",
                "theta_deg,phi_deg,100\n0,0,0\n10,0,0\n20,0,0\n90,0,0\n"
                "180,0,0\n",
                0,
                "directions are missing");
  check_refused("b.csv",
                "theta_deg,phi_deg,0.1,1,10\n0,0,0,0,0\n",
                1,
                "no frequency in Hz");
  check_refused("c.txt", "hello\n", 1, "does not begin with <CLF1>");
  check_refused("c.txt", "<CLF1>\n<BAND>\t125\n1\t2\n", 3, "no finite level");
  check_refused("c.gll", "x", 0, "export the balloon");
  check_refused("c.cf2", "x", 0, "text form");
  check_refused("c.xglc", "x", 0, "'arrays' of the venue file");
  check_refused("c.sofa", "not netcdf", 0, "cannot be read as SOFA");
}

static void
put_clf(FILE* const file, const size_t n_arcs)
{
  (void)fprintf(file,
                "<CLF1>\n<MODELNAME>\tTest box\n<BALLOON-SYMMETRY>\t%s\n",
                n_arcs == 1 ? "<rotational>" : "<none>");
  (void)fprintf(file, "<SENSITIVITY>\t88\t91\n");
  for (int band = 0; band < 2; ++band) {
    (void)fprintf(file, "<BAND>\t%d\n", band ? 1000 : 500);
    for (size_t arc = 0; arc < n_arcs; ++arc) {
      for (int t = 0; t <= 18; ++t) {
        // Falls by 0.1 dB per degree, and 3 dB more at 90 degrees to the right
        const double side = arc == 9 && t == 9 ? -3.0 : 0.0;
        (void)fprintf(
          file, "%s%.2f", t ? "\t" : "", -t * (band ? 1.0 : 0.5) + side);
      }
      (void)fputs("\n", file);
    }
  }
}

static void
test_clf_text(void** state)
{
  (void)state;
  static const size_t n_arcs[2] = {1, 36};
  for (size_t i = 0; i < 2; ++i) {
    char path[] = "/tmp/fh-clf-XXXXXX.txt";
    const int fd = mkstemps(path, 4);
    assert_true(fd >= 0);
    FILE* const file = fdopen(fd, "w");
    assert_non_null(file);
    put_clf(file, n_arcs[i]);
    (void)fclose(file);
    Model model;
    load(path, &model);
    (void)unlink(path);
    assert_string_equal(model.name, "Test box");
    CHECK_NEAR(curve_db(&model.axis, 1000.0), 91.0, 0.01);
    CHECK_NEAR(level_at(&model, 1000.0, 60.0, 200.0), -6.0, 0.05);
    CHECK_NEAR(level_at(&model, 500.0, 60.0, 200.0), -3.0, 0.05);
    CHECK_NEAR(level_at(&model, 1000.0, 90.0, 0.0), i ? -12.0 : -9.0, 0.05);
    CHECK_NEAR(level_at(&model, 1000.0, 90.0, 180.0), -9.0, 0.05);
    model_clear(&model);
  }
}

// A quarter of a symmetric balloon stands for all of it
static void
test_csv_balloon_is_mirrored(void** state)
{
  (void)state;
  char path[] = "/tmp/fh-csv-XXXXXX.csv";
  const int fd = mkstemps(path, 4);
  assert_true(fd >= 0);
  FILE* const file = fdopen(fd, "w");
  assert_non_null(file);
  (void)fputs("# a test\ntheta_deg,phi_deg,1000\n0,0,94\n", file);
  for (int t = 10; t < 180; t += 10) {
    for (int p = 0; p <= 90; p += 10) {
      (void)fprintf(file, "%d,%d,%.3f\n", t, p, 94.0 - 0.05 * t - 0.03 * p);
    }
  }
  (void)fputs("180,0,80\n", file);
  (void)fclose(file);
  Model model;
  load(path, &model);
  (void)unlink(path);
  CHECK_NEAR(curve_db(&model.axis, 1000.0), 94.0, 0.01);
  static const double phi[4] = {40.0, 140.0, 220.0, 320.0};
  for (size_t i = 0; i < 4; ++i) {
    CHECK_NEAR(level_at(&model, 1000.0, 60.0, phi[i]), -3.0 - 1.2, 0.05);
  }
  model_clear(&model);
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
    cmocka_unit_test(test_arcs_give_the_scanners_own_curves),
    cmocka_unit_test(test_sofa_dodecahedron),
    cmocka_unit_test(test_bad_files_are_refused),
    cmocka_unit_test(test_clf_text),
    cmocka_unit_test(test_csv_balloon_is_mirrored),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
