// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/dead_zone.h>
#include <fh/result.h>
#include <fh/run_folder.h>
#include <fh/run_states.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_SIDE  6
#define N_SEATS (N_SIDE * N_SIDE)
#define N_BINS  40

/// A square of seats 1 m apart, two emitters, and a smooth decay everywhere
typedef struct {
  FhVenue venue;
  FhAudience area;
  FhScene scene;
  FhSeat seats[N_SEATS];
  FhDirectField all;
  FhDirectField each[2];
  float p2[3][N_SEATS][FH_N_THIRDS];
  float delay[3][N_SEATS][1];
  uint32_t visible[N_SEATS];
  FhTraceResult trace;
  double edge_s[N_BINS + 1];
  float bins[N_SEATS * N_BINS][FH_N_OCTAVES];
  float se_db[N_SEATS][FH_N_OCTAVES];
  float level_se_db[N_SEATS];
  double impedance;
  FhSeatMetrics out[N_SEATS];
} House;

static void
set_direct(House* const h,
           const size_t field,
           const size_t seat,
           const float p2)
{
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    h->p2[field][seat][i] = p2;
  }
}

// Direct sound of 1 Pa^2 per third from emitter 0, late sound of 1 Pa^2 per
// octave with T = 1 s
static House*
house_new(void)
{
  House* const h = (House*)calloc(1, sizeof(House));
  assert_non_null(h);
  h->venue.n_audience = 1;
  h->venue.audience = &h->area;
  h->venue.goals = fh_goals_default();
  h->area.spacing_m = 1.0;
  snprintf(h->area.name, sizeof(h->area.name), "floor");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    h->venue.noise_db[b] = 0.0f;
  }
  h->scene.air = fh_air_default();
  h->scene.n_seats = N_SEATS;
  h->scene.seats = h->seats;
  h->impedance =
    fh_air_density_kg_m3(&h->scene.air) * fh_air_speed_m_s(&h->scene.air);
  FhDirectField* const fields[3] = {&h->all, &h->each[0], &h->each[1]};
  for (size_t f = 0; f < 3; ++f) {
    fields[f]->n_points = N_SEATS;
    fields[f]->p2 = h->p2[f];
    fields[f]->delay_s = h->delay[f];
    fields[f]->visible = h->visible;
  }
  double sum = 0.0;
  for (size_t i = 0; i <= N_BINS; ++i) {
    h->edge_s[i] = 0.02 + 0.03 * (double)i;
  }
  for (size_t i = 0; i < N_BINS; ++i) {
    sum += exp(-13.8 * h->edge_s[i]);
  }
  for (size_t s = 0; s < N_SEATS; ++s) {
    h->seats[s].id = (uint32_t)s;
    h->seats[s].area_m2 = 1.0f;
    h->seats[s].at[0] = (float)(s % N_SIDE);
    const size_t row = s / N_SIDE;
    h->seats[s].at[1] = (float)row;
    h->visible[s] = 3;
    set_direct(h, 0, s, 1.0f);
    set_direct(h, 1, s, 1.0f);
    for (size_t f = 0; f < 3; ++f) {
      h->delay[f][s][0] = 0.02f;
    }
    for (size_t i = 0; i < N_BINS; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        h->bins[s * N_BINS + i][b] =
          (float)(exp(-13.8 * h->edge_s[i]) / sum / h->impedance);
      }
    }
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      h->se_db[s][b] = 0.6f;
    }
    h->level_se_db[s] = 0.4f;
  }
  h->trace.n_emitters = 2;
  h->trace.n_seats = N_SEATS;
  h->trace.n_seat_bins = N_BINS;
  h->trace.seat_bin_edge_s = h->edge_s;
  h->trace.seat_bins = h->bins;
  h->trace.seat_se_db = h->se_db;
  h->trace.seat_level_se_db = h->level_se_db;
  return h;
}

static void
rate(House* const h)
{
  assert_int_equal(
    fh_seat_metrics(
      &h->venue, &h->scene, &h->all, h->each, 2, &h->trace, 2, h->out),
    FH_OK);
}

// Sums of energies: 3 Pa^2 direct and 1 Pa^2 late per octave
static void
test_seat_levels(void** state)
{
  (void)state;
  House* const h = house_new();
  rate(h);
  const FhSeatMetrics* const m = &h->out[7];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(m->spl_octave_db[b], 10.0 * log10(4.0 / 4e-10), 0.01);
    CHECK_NEAR(m->t30_s[b], 1.0, 0.02);
  }
  CHECK_NEAR(m->spl_db, 10.0 * log10(32.0 / 4e-10), 0.01);
  // A quarter of the energy was sampled
  CHECK_NEAR(m->se_db, 0.1, 0.001);
  CHECK_NEAR(m->octave_se_db, 0.15, 0.001);
  CHECK_NEAR(m->tilt_db, 0.0, 0.01);
  // A-weights of thirds and of octaves differ by a few tenths
  CHECK_NEAR(m->d_r_db, 10.0 * log10(3.0), 0.2);
  assert_int_equal(m->dead, 0);
  free(h);
}

static void
test_seat_dead_reasons(void** state)
{
  (void)state;
  House* const h = house_new();
  // Quiet: 8 dB under the rest
  for (size_t i = 0; i < N_BINS; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      h->bins[3 * N_BINS + i][b] *= 0.16f;
    }
  }
  set_direct(h, 0, 3, 0.16f);
  set_direct(h, 1, 3, 0.16f);
  // Muffled: nothing much from 2 kHz on
  for (size_t i = 15; i < FH_N_THIRDS; ++i) {
    h->p2[0][8][i] = 0.02f;
    h->p2[1][8][i] = 0.02f;
  }
  for (size_t i = 0; i < N_BINS; ++i) {
    for (size_t b = 5; b < FH_N_OCTAVES; ++b) {
      h->bins[8 * N_BINS + i][b] *= 0.05f;
    }
  }
  // Cancelled: two emitters leave a hundredth in the 100 Hz third, and nothing
  // early fills it
  for (size_t f = 1; f < 3; ++f) {
    set_direct(h, f, 20, 0.5f);
  }
  h->p2[0][20][3] = 0.01f;
  for (size_t i = 0; i < 3; ++i) {
    memset(h->bins[20 * N_BINS + i], 0, sizeof h->bins[0]);
  }
  // Where there is little reverberation to hide it ...
  for (size_t i = 30 * N_BINS; i < 33 * N_BINS; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      h->bins[i][b] *= 0.01f;
    }
  }
  // Echo: the second emitter comes 120 ms later, as loud as the first
  for (size_t f = 1; f < 3; ++f) {
    set_direct(h, f, 30, 0.5f);
  }
  h->delay[2][30][0] = 0.14f;
  // No echo: 30 ms later, and another 15 dB under the first
  for (size_t f = 1; f < 3; ++f) {
    set_direct(h, f, 31, 0.5f);
  }
  h->delay[2][31][0] = 0.05f;
  set_direct(h, 1, 32, 0.97f);
  set_direct(h, 2, 32, 0.03f);
  h->delay[2][32][0] = 0.14f;
  rate(h);
  assert_int_equal(h->out[3].dead & FH_DEAD_QUIET, FH_DEAD_QUIET);
  assert_int_equal(h->out[8].dead & FH_DEAD_MUFFLED, FH_DEAD_MUFFLED);
  assert_int_equal(h->out[20].dead & FH_DEAD_CANCELLED, FH_DEAD_CANCELLED);
  CHECK_NEAR(h->out[20].cancel_depth_db, 20.0, 0.5);
  CHECK_NEAR(h->out[20].cancel_hz, fh_third_hz(3), 0.01);
  assert_int_equal(h->out[30].dead, FH_DEAD_ECHO);
  CHECK_NEAR(h->out[30].echo_ms, 120.0, 10.0);
  assert_int_equal(h->out[31].dead, 0);
  assert_int_equal(h->out[32].dead, 0);
  assert_int_equal(h->out[0].dead, 0);
  free(h);
}

// Noise far above the speech leaves nothing to understand
static void
test_seat_unclear_in_noise(void** state)
{
  (void)state;
  House* const h = house_new();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    h->venue.noise_db[b] = 90.0f;
  }
  rate(h);
  for (size_t s = 0; s < N_SEATS; ++s) {
    assert_true(h->out[s].sti < 0.2f);
    assert_int_equal(h->out[s].dead, FH_DEAD_UNCLEAR);
  }
  free(h);
}

static void
test_zones_are_neighbours(void** state)
{
  (void)state;
  House* const h = house_new();
  rate(h);
  // A corner of three, a pair across a diagonal, and one alone
  static const size_t dead[] = {0, 1, 6, 28, 35, 17};
  for (size_t i = 0; i < 6; ++i) {
    h->out[dead[i]].dead = FH_DEAD_QUIET;
    h->out[dead[i]].sure = FH_DEAD_QUIET;
  }
  FhDeadZones zones;
  assert_int_equal(
    fh_dead_zones(&h->venue, &h->scene, NULL, &h->all, h->out, &zones), FH_OK);
  assert_int_equal(zones.n_dead, 6);
  assert_int_equal(zones.n, 3);
  assert_int_equal(zones.zone[0].n_seats, 3);
  CHECK_NEAR(zones.zone[0].area_m2, 3.0, 1e-6);
  CHECK_NEAR(zones.zone[0].centre[0], 1.0 / 3.0, 1e-6);
  assert_int_equal(zones.zone[1].n_seats, 2);
  assert_int_equal(zones.zone[2].n_seats, 1);
  assert_int_equal(zones.zone_of[17], 2);
  assert_int_equal(zones.zone_of[2], UINT32_MAX);
  fh_dead_zones_clear(&zones);
  free(h);
}

// One or two seats that chance may have brought over a threshold are no zone;
// three together are, and so is one alone that is dead for certain
static void
test_zones_are_more_than_chance(void** state)
{
  (void)state;
  House* const h = house_new();
  rate(h);
  static const size_t dead[] = {0, 1, 6, 28, 35, 17};
  for (size_t i = 0; i < 6; ++i) {
    h->out[dead[i]].dead = FH_DEAD_ECHO;
  }
  h->out[17].sure = FH_DEAD_ECHO;
  FhDeadZones zones;
  assert_int_equal(
    fh_dead_zones(&h->venue, &h->scene, NULL, &h->all, h->out, &zones), FH_OK);
  assert_int_equal(zones.n, 2);
  assert_int_equal(zones.n_dead, 4);
  assert_int_equal(zones.zone[0].n_seats, 3);
  assert_int_equal(zones.zone[1].seats[0], 17);
  assert_int_equal(h->out[28].dead, 0);
  assert_int_equal(h->out[35].dead, 0);
  fh_dead_zones_clear(&zones);
  free(h);
}

// Half a decibel over a threshold is certain only with a smaller error
static void
test_seat_is_sure_by_its_error(void** state)
{
  (void)state;
  House* const h = house_new();
  rate(h);
  h->out[3].spl_db -= 6.6f;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    h->out[3].spl_octave_db[b] -= 6.6f;
  }
  for (size_t i = 0; i < 2; ++i) {
    h->out[3].octave_se_db = i ? 0.1f : 0.5f;
    assert_int_equal(fh_seat_judge(&h->venue, h->seats, N_SEATS, h->out),
                     FH_OK);
    assert_int_equal(h->out[3].dead, FH_DEAD_QUIET);
    assert_int_equal(h->out[3].sure, i ? FH_DEAD_QUIET : 0);
  }
  free(h);
}

static void
write_file(FhRunFolder* const folder, const char* const name)
{
  const char* const path = fh_run_folder_path(folder, name);
  assert_non_null(path);
  FILE* const f = fopen(path, "w");
  assert_non_null(f);
  fputs(name, f);
  assert_int_equal(fclose(f), 0);
}

static bool
exists(const char* const folder, const char* const name)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  return !access(path, F_OK);
}

static void
test_run_folder_fills_at_once(void** state)
{
  (void)state;
  char base[] = "/tmp/fullhouse-result-XXXXXX";
  assert_non_null(mkdtemp(base));
  char path[256];
  snprintf(path, sizeof(path), "%s/deep/run", base);
  FhRunFolder* f = NULL;
  assert_int_equal(fh_run_folder_new(path, "run.json", &f, NULL), FH_OK);
  write_file(f, "run.json");
  write_file(f, "ir/a.wav");
  assert_false(exists(path, "run.json"));
  assert_false(exists(path, "ir"));
  assert_int_equal(fh_run_folder_commit(f, true, NULL), FH_OK);
  assert_true(exists(path, "run.json"));
  assert_true(exists(path, "ir/a.wav"));

  // One that fails leaves the first as it was; one that works replaces it
  assert_int_equal(fh_run_folder_new(path, "run.json", &f, NULL), FH_OK);
  write_file(f, "ir/b.wav");
  fh_run_folder_free(f);
  assert_true(exists(path, "ir/a.wav"));
  assert_false(exists(path, "ir/b.wav"));
  assert_int_equal(fh_run_folder_new(path, "run.json", &f, NULL), FH_OK);
  write_file(f, "run.json");
  write_file(f, "ir/b.wav");
  assert_int_equal(fh_run_folder_commit(f, true, NULL), FH_OK);
  assert_false(exists(path, "ir/a.wav"));
  assert_true(exists(path, "ir/b.wav"));

  // Without an index it is somebody else's
  char index[512];
  snprintf(index, sizeof(index), "%s/run.json", path);
  assert_int_equal(unlink(index), 0);
  assert_int_equal(fh_run_folder_new(path, "run.json", &f, NULL),
                   FH_ERR_MISMATCH);
  static const char* const left[] = {
    "deep/run/ir/b.wav", "deep/run/ir", "deep/run", "deep", ""};
  for (size_t i = 0; i < 5; ++i) {
    snprintf(index, sizeof(index), "%s/%s", base, left[i]);
    assert_int_equal(remove(index), 0);
  }
}

// What is quoted has its unit, its error, and says what was left as it is
static void
test_proofs_in_words(void** state)
{
  (void)state;
  char words[256];
  FhCounterfactual p = {.what = "without Beam",
                        .quantity = FH_PROOF_LEVEL,
                        .change = 9.14,
                        .change_se = 0.31,
                        .traced = true};
  fh_proof_words(&p, words);
  assert_string_equal(words, "without Beam: +9.1 ± 0.3 dB");
  // Less than what is printed is not nothing
  p.change_se = 0.004;
  fh_proof_words(&p, words);
  assert_string_equal(words, "without Beam: +9.1 ± 0.1 dB");
  p.change_se = 0.0;
  p.traced = false;
  fh_proof_words(&p, words);
  assert_string_equal(words,
                      "without Beam: +9.1 dB (reflections left as they are)");
  p = (FhCounterfactual){.what = "without Wall",
                         .quantity = FH_PROOF_ECHO,
                         .before = 1.43,
                         .after = 0.86,
                         .change = -0.57,
                         .change_se = 0.05,
                         .traced = true};
  fh_proof_words(&p, words);
  assert_string_equal(words,
                      "without Wall: echo criterion -0.57 ± 0.05, from 1.43 to "
                      "0.86 (from 1.0 on an echo disturbs speech)");
}

// Names of states are those of the page, and folders need no quotes
static void
test_states_are_named(void** state)
{
  (void)state;
  static const struct {
    double occupancy;
    const char* name;
    const char* folder;
  } table[] = {{0.0, "empty", "empty"},
               {0.004, "empty", "empty"},
               {0.25, "25 % full", "25-percent"},
               {0.994, "99 % full", "99-percent"},
               {1.0, "full", "full"}};
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    char text[32];
    fh_state_name(table[i].occupancy, text);
    assert_string_equal(text, table[i].name);
    fh_state_folder(table[i].occupancy, text);
    assert_string_equal(text, table[i].folder);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_seat_levels),
    cmocka_unit_test(test_seat_dead_reasons),
    cmocka_unit_test(test_seat_unclear_in_noise),
    cmocka_unit_test(test_zones_are_neighbours),
    cmocka_unit_test(test_zones_are_more_than_chance),
    cmocka_unit_test(test_seat_is_sure_by_its_error),
    cmocka_unit_test(test_proofs_in_words),
    cmocka_unit_test(test_states_are_named),
    cmocka_unit_test(test_run_folder_fills_at_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
