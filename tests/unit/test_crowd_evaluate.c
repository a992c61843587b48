// SPDX-License-Identifier: GPL-3.0-or-later
#include "../crowd_room.h"
#include "../sim/crowd/evaluate.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

/// A real house whose tables are those of its profile, shows at the profile's
/// occupancies, and seats of which only the levels are known
static CrowdExample
make_example(const float change_db[FH_N_OCTAVES])
{
  CrowdExample e;
  memset(&e, 0, sizeof e);
  e.profile = room_profile();
  assert_non_null(e.profile);
  const size_t n = e.profile->n_bins * FH_N_OCTAVES;
  e.mic = (float*)calloc(CROWD_N_REAL * n, sizeof(float));
  e.seats = (float*)calloc(CROWD_N_REAL * n, sizeof(float));
  e.early = (float*)calloc(CROWD_N_REAL * n, sizeof(float));
  e.real_direct_s = (double)e.profile->mic_direct_s[0];
  for (size_t s = 0; s < CROWD_N_REAL; ++s) {
    const size_t state = s < FH_PROFILE_STATES ? s : FH_PROFILE_STATES - 1;
    e.occupancy[s] = (double)e.profile->occupancy[state];
    memcpy(e.mic + s * n, e.profile->mic_energy + state * n, n * sizeof(float));
    for (size_t b = 0; b < FH_N_OCTAVES && s; ++b) {
      e.total_db[s][b] = change_db[b];
      e.early_db[s][b] = change_db[b];
      e.se_db[b] = 0.1f;
    }
  }
  return e;
}

// Errors that are known: all octaves off by 2 dB, then by 1 dB up and down
static void
test_scores_known_errors(void** state)
{
  (void)state;
  const float level[FH_N_OCTAVES] = {-2, -2, -2, -2, -2, -2, -2, -2};
  const float tone[FH_N_OCTAVES] = {1, -1, 1, -1, 1, -1, 1, -1};
  const float* const change[] = {level, tone};
  const double rms[] = {2.0, 1.0};
  const double tonal[] = {0.0, 1.0};
  for (size_t i = 0; i < 2; ++i) {
    CrowdExample e = make_example(change[i]);
    CrowdScore one;
    memset(&one, 0, sizeof one);
    CrowdFrames frames = {NULL, 0};
    assert_int_equal(crowd_frames_add(&frames, &e, 1), FH_OK);
    crowd_frames_score(&frames, NULL, NULL, &one);
    crowd_frames_clear(&frames);
    CrowdScore sum = one;
    crowd_score_add(&sum, &one);
    CHECK_NEAR(sum.n_venues, 2.0, 0.0);
    const CrowdMethodSums* const m = &sum.method[CROWD_NOTHING];
    CHECK_NEAR(m->n, 2.0 * CROWD_N_SHOWS * CROWD_N_DRAWS, 0.0);
    CHECK_NEAR(sqrt(m->total2 / m->n), rms[i], 1e-5);
    CHECK_NEAR(sqrt(m->tonal2 / m->n), tonal[i], 1e-3);
    CHECK_NEAR(m->n_worse, 0.0, 0.0);
    CHECK_NEAR(sqrt(m->band2[3] / m->n), rms[i], 1e-5);
    CHECK_NEAR(sqrt(m->tonal_band2[3] / m->n), tonal[i], 1e-5);
    CHECK_NEAR(sqrt(sum.truth2[3] / sum.n_venues), 0.1, 1e-6);
    // Half of the shows are counted
    CHECK_NEAR(sum.method[CROWD_SIM_COUNT].n, 0.5 * m->n, 0.0);
    CHECK_NEAR(sum.method[CROWD_MODEL_COUNT].n, 0.5 * m->n, 0.0);
    // Without weights the model is the fit, and the equaliser applies no more
    const double fit2 = sum.method[CROWD_PHYSICS].total2;
    CHECK_NEAR(sum.method[CROWD_MODEL].total2, fit2, 1e-9);
    crowd_example_clear(&e);
  }
}

// What is measured is the change that is there, but for fluctuations of no mean
static void
test_measures_the_change(void** state)
{
  (void)state;
  const float none[FH_N_OCTAVES] = {0.0f};
  CrowdExample e = make_example(none);
  enum { N = 600 };
  const size_t n = e.profile->n_bins * FH_N_OCTAVES;
  const size_t show = 3;
  for (size_t b = 3; b < 6; ++b) {
    double energy[2] = {0.0, 0.0};
    for (size_t i = 0; i < e.profile->n_bins; ++i) {
      energy[0] += (double)e.mic[i * FH_N_OCTAVES + b];
      energy[1] += (double)e.mic[show * n + i * FH_N_OCTAVES + b];
    }
    const double wanted = 10.0 * log10(energy[1] / energy[0]);
    double mean = 0.0;
    double square = 0.0;
    double n_valid = 0.0;
    for (uint32_t d = 0; d < N; ++d) {
      CrowdShow shown;
      crowd_observe(&e, show, 1, d, &shown);
      if (!shown.frame.tf_valid[b]) {
        continue;
      }
      n_valid += 1.0;
      assert_true((shown.frame.attendance > 0.0) == (d % 2 == 1));
      CHECK_NEAR(shown.total_db[b], 0.0, 1e-4);
      mean += (double)shown.frame.tf_db[b];
      square += (double)shown.frame.tf_db[b] * (double)shown.frame.tf_db[b];
    }
    assert_true(n_valid > 0.9 * N);
    mean /= n_valid;
    const double se = sqrt((square / n_valid - mean * mean) / n_valid);
    assert_true(se < 0.1);
    // Warmer and moister air at the show adds a little at high octaves
    CHECK_NEAR(mean, wanted, 4.0 * se + 0.05);
  }
  crowd_example_clear(&e);
}

// Changes well over their doubt are believed, those within it are not
static void
test_belief(void** state)
{
  (void)state;
  double change[FH_N_OCTAVES];
  double sd[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    change[b] = -2.6;
    sd[b] = 1.0;
  }
  CHECK_NEAR(fh_crowd_belief(change, sd), 0.8, 1e-12);
  memset(sd, 0, sizeof sd);
  CHECK_NEAR(fh_crowd_belief(change, sd), 1.0, 1e-12);
  memset(change, 0, sizeof change);
  CHECK_NEAR(fh_crowd_belief(change, sd), 0.0, 0.0);
  change[2] = NAN;
  CHECK_NEAR(fh_crowd_belief(change, sd), 0.0, 0.0);
}

// Parts of a cross-validation: alike in size and classes, nothing held out
static void
test_folds_part_the_venues(void** state)
{
  (void)state;
  enum { N_VENUES = 360, N_FOLDS = 5 };
  size_t n[N_FOLDS + 1][CROWD_N_CLASSES] = {{0}};
  for (uint32_t i = 0; i < N_VENUES; ++i) {
    const uint32_t fold = crowd_example_fold(i, N_FOLDS);
    assert_true(fold <= N_FOLDS);
    assert_int_equal(fold == N_FOLDS, crowd_example_held_out(i));
    n[fold][crowd_example_class(i)] += 1;
  }
  for (size_t k = 0; k <= N_FOLDS; ++k) {
    for (size_t c = 0; c < CROWD_N_CLASSES; ++c) {
      assert_int_equal(n[k][c], N_VENUES / (N_FOLDS + 1) / CROWD_N_CLASSES);
    }
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_scores_known_errors),
    cmocka_unit_test(test_measures_the_change),
    cmocka_unit_test(test_belief),
    cmocka_unit_test(test_folds_part_the_venues),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
