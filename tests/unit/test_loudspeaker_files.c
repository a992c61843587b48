// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../sim/source/arcs.h"
#include "check.h"
#include "loudspeaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    cmocka_unit_test(test_arcs_give_the_scanners_own_curves),
    cmocka_unit_test(test_sofa_dodecahedron),
    cmocka_unit_test(test_bad_files_are_refused),
    cmocka_unit_test(test_clf_text),
    cmocka_unit_test(test_csv_balloon_is_mirrored),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
