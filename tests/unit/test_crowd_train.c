// SPDX-License-Identifier: GPL-3.0-or-later
#include "../sim/crowd/train.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define N_VENUES 600u
#define N_STATES 5u
#define N_ROWS   (N_VENUES * N_STATES)

static uint64_t random_state;

static float
draw(void)
{
  // Sum of four uniform numbers: nearly normal, variance 1
  double sum = 0.0;
  for (int i = 0; i < 4; ++i) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    sum += (double)(random_state >> 11) * 0x1p-53 - 0.5;
  }
  return (float)(sum * sqrt(3.0));
}

/// Targets that bend with two inputs and spread with a third
static CrowdRows
make_rows(void)
{
  CrowdRows rows = {.n_rows = N_ROWS};
  rows.inputs = (float(*)[CROWD_N_INPUTS])calloc(N_ROWS, sizeof *rows.inputs);
  rows.targets =
    (float(*)[CROWD_N_TARGETS])calloc(N_ROWS, sizeof *rows.targets);
  rows.venue = (uint32_t*)calloc(N_ROWS, sizeof *rows.venue);
  rows.klass = (uint32_t*)calloc(N_ROWS, sizeof *rows.klass);
  random_state = 7;
  for (size_t r = 0; r < N_ROWS; ++r) {
    rows.venue[r] = (uint32_t)(r / N_STATES);
    rows.klass[r] = rows.venue[r] % CROWD_N_CLASSES;
    float* const x = rows.inputs[r];
    for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
      x[i] = draw();
    }
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      const float noise = x[2] > 0.0f ? 0.3f : 0.1f;
      rows.targets[r][t] = 1.2f * fabsf(x[0]) + 0.5f * x[1] + noise * draw();
    }
  }
  return rows;
}

static void
free_rows(CrowdRows* const rows)
{
  free(rows->inputs);
  free(rows->targets);
  free(rows->venue);
  free(rows->klass);
}

// Central differences of a float32 loss of order 1: 1e-3 steps leave about
// 1e-4 of rounding
static void
check_gradient(const CrowdHead head)
{
  enum { N = 16 };
  static float x[N][CROWD_N_INPUTS];
  static float y[N][CROWD_N_TARGETS];
  static float frozen[N * CROWD_N_TARGETS];
  static float w[CROWD_N_WEIGHTS];
  static float gradient[CROWD_N_WEIGHTS];
  random_state = 3;
  for (size_t i = 0; i < N; ++i) {
    for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
      x[i][k] = draw();
    }
    for (size_t k = 0; k < CROWD_N_TARGETS; ++k) {
      y[i][k] = draw();
      frozen[i * CROWD_N_TARGETS + k] = 0.5f + 0.1f * (float)k;
    }
  }
  const size_t n_weights = crowd_n_weights(head);
  assert_in_range(n_weights, 1, CROWD_N_WEIGHTS);
  for (size_t i = 0; i < n_weights; ++i) {
    w[i] = 0.2f * draw();
  }
  float* const s = (float*)calloc(crowd_scratch_size(N), sizeof *s);
  (void)crowd_loss(head, &x[0][0], &y[0][0], N, w, 0.5, frozen, s, gradient);
  for (size_t i = 0; i < n_weights; i += 7) {
    const float keep = w[i];
    const float step = 4e-3f;
    w[i] = keep + step;
    const double up =
      crowd_loss(head, &x[0][0], &y[0][0], N, w, 0.5, frozen, s, NULL);
    w[i] = keep - step;
    const double down =
      crowd_loss(head, &x[0][0], &y[0][0], N, w, 0.5, frozen, s, NULL);
    w[i] = keep;
    const double wanted = (up - down) / (2.0 * (double)step);
    CHECK_NEAR(gradient[i], wanted, 2e-4 + 0.01 * fabs(wanted));
  }
  free(s);
}

static void
test_gradient_matches_differences(void** state)
{
  (void)state;
  check_gradient(CROWD_LEVELS);
  check_gradient(CROWD_PEOPLE);
}

// The kinds of inputs, in order, are all of them
static void
test_groups_hold_all_inputs(void** state)
{
  (void)state;
  size_t n = 0;
  for (size_t g = 0; g < CROWD_N_INPUT_GROUPS; ++g) {
    assert_non_null(crowd_input_group[g].name);
    n += crowd_input_group[g].n;
  }
  assert_int_equal(n, CROWD_N_INPUTS);
}

// What is left out has no say, while the rest has
static void
test_left_out_inputs_have_no_say(void** state)
{
  (void)state;
  CrowdRows rows = make_rows();
  CrowdRecipe recipe = crowd_recipe_default();
  recipe.n_nets = 1;
  recipe.n_epochs = 1;
  recipe.batch = 128;
  recipe.left_out[1] = true;
  FhCrowdModel* const model = crowd_model_new();
  assert_non_null(model);
  assert_int_equal(crowd_train_network(&rows, &recipe, CROWD_N_CLASSES, model),
                   FH_OK);
  float x[CROWD_N_INPUTS] = {0.0f};
  CrowdCorrection zero;
  CrowdCorrection moved;
  crowd_correct(model, x, &zero);
  x[1] = 3.0f;
  crowd_correct(model, x, &moved);
  assert_memory_equal(&zero, &moved, sizeof zero);
  x[0] = 3.0f;
  crowd_correct(model, x, &moved);
  assert_true(fabsf(moved.mean[0] - zero.mean[0]) > 0.5f);
  fh_crowd_model_free(model);
  free_rows(&rows);
}

static double
rms_error(const FhCrowdModel* const model, const CrowdRows* const rows)
{
  double sum = 0.0;
  for (size_t r = 0; r < rows->n_rows; ++r) {
    CrowdCorrection c;
    crowd_correct(model, rows->inputs[r], &c);
    const double e = (double)(rows->targets[r][0] - c.mean[0]);
    sum += e * e;
  }
  return sqrt(sum / (double)rows->n_rows);
}

// |x| cannot be had by a straight line (0.7 rms is left); the noise is
// 0.22 rms, and 3 000 rows teach a net most of the rest
static void
test_network_beats_ridge_where_the_truth_bends(void** state)
{
  (void)state;
  CrowdRows rows = make_rows();
  CrowdRecipe recipe = crowd_recipe_default();
  recipe.n_nets = 2;
  recipe.batch = 128;
  recipe.weight_decay = 0.1;
  FhCrowdModel* const net = crowd_model_new();
  FhCrowdModel* const again = crowd_model_new();
  FhCrowdModel* const ridge = crowd_model_new();
  assert_int_equal(crowd_train_network(&rows, &recipe, CROWD_N_CLASSES, net),
                   FH_OK);
  assert_int_equal(crowd_train_network(&rows, &recipe, CROWD_N_CLASSES, again),
                   FH_OK);
  assert_memory_equal(net, again, sizeof *net);
  assert_int_equal(crowd_train_ridge(&rows, 10.0, CROWD_N_CLASSES, ridge),
                   FH_OK);
  assert_true(rms_error(ridge, &rows) > 0.55);
  assert_true(rms_error(net, &rows) < 0.35);

  // It knows where it knows less
  CrowdCorrection calm;
  CrowdCorrection wild;
  float x[CROWD_N_INPUTS] = {0.0f};
  x[2] = -1.0f;
  crowd_correct(net, x, &calm);
  x[2] = 1.0f;
  crowd_correct(net, x, &wild);
  assert_true(wild.sd[0] > 1.5f * calm.sd[0]);

  // Inputs like none before are not trusted
  CrowdCorrection odd;
  for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
    x[i] = i % 2 ? 4.0f : -4.0f;
  }
  crowd_correct(net, x, &odd);
  assert_true(calm.weight > 0.99f);
  assert_true(odd.weight < 0.05f);
  fh_crowd_model_free(net);
  fh_crowd_model_free(again);
  fh_crowd_model_free(ridge);
  free_rows(&rows);
}

// The square of a normal number is 1 in the mean and 0.46 in the middle: nets
// of the absolute error go through the middle
static void
test_occupancy_is_a_median(void** state)
{
  (void)state;
  CrowdRows rows = make_rows();
  for (size_t r = 0; r < N_ROWS; ++r) {
    const float noise = draw();
    rows.targets[r][CROWD_N_LEVELS] = 0.3f * rows.inputs[r][0] + noise * noise;
  }
  CrowdRecipe recipe = crowd_recipe_default();
  recipe.n_nets = 1;
  recipe.batch = 128;
  FhCrowdModel* const model = crowd_model_new();
  assert_int_equal(crowd_train_network(&rows, &recipe, CROWD_N_CLASSES, model),
                   FH_OK);
  double middle = 0.0;
  for (size_t r = 0; r < N_ROWS; ++r) {
    CrowdCorrection c;
    crowd_correct(model, rows.inputs[r], &c);
    middle += (double)(c.mean[CROWD_N_LEVELS] - 0.3f * rows.inputs[r][0]);
  }
  CHECK_NEAR(middle / (double)N_ROWS, 0.46, 0.2);
  fh_crowd_model_free(model);
  free_rows(&rows);
}

// By construction 90 % of the held-out classes' errors lie within the
// intervals; the fit on all rows is a little better, never much worse
static void
test_conformal_intervals_hold(void** state)
{
  (void)state;
  CrowdRows rows = make_rows();
  CrowdRecipe recipe = crowd_recipe_default();
  recipe.n_nets = 1;
  recipe.batch = 128;
  FhCrowdModel* const model = crowd_model_new();
  assert_int_equal(crowd_train_network(&rows, &recipe, CROWD_N_CLASSES, model),
                   FH_OK);
  assert_int_equal(crowd_train_conformal(&rows, &recipe, model), FH_OK);
  double held = 0.0;
  for (size_t r = 0; r < N_ROWS; ++r) {
    CrowdCorrection c;
    crowd_correct(model, rows.inputs[r], &c);
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      held += fabsf(rows.targets[r][t] - c.mean[t]) < 1.645f * c.sd[t];
    }
  }
  const double share = held / (double)(N_ROWS * CROWD_N_TARGETS);
  assert_true(share > 0.88 && share < 0.995);
  fh_crowd_model_free(model);
  free_rows(&rows);
}

static void
test_model_round_trip_and_damage(void** state)
{
  (void)state;
  CrowdRows rows = make_rows();
  CrowdRecipe recipe = crowd_recipe_default();
  recipe.n_nets = 1;
  recipe.n_epochs = 1;
  FhCrowdModel* const model = crowd_model_new();
  assert_int_equal(crowd_train_network(&rows, &recipe, CROWD_N_CLASSES, model),
                   FH_OK);
  const char* const texts[][2] = {{"recipe", "a test"}};
  void* bytes = NULL;
  size_t size = 0;
  assert_int_equal(crowd_model_serialise(model, texts, 1, &bytes, &size),
                   FH_OK);
  FhCrowdModel* copy = NULL;
  char reason[128] = "";
  assert_int_equal(fh_crowd_model_parse(bytes, size, &copy, reason), FH_OK);
  assert_memory_equal(copy, model, sizeof *model);
  fh_crowd_model_free(copy);
  for (size_t cut = 0; cut < size; cut += 1 + cut / 16) {
    assert_int_not_equal(fh_crowd_model_parse(bytes, cut, &copy, reason),
                         FH_OK);
    assert_null(copy);
    assert_true(strlen(reason) > 5);
  }
  // Weights of the first version had no nets of the occupancy
  char* const header = (char*)bytes;
  size_t at = 8;
  while (at + 13 < size && memcmp(header + at, "\"version\":\"2\"", 13) != 0) {
    ++at;
  }
  assert_true(at + 13 < size);
  header[at + 11] = '1';
  assert_int_equal(fh_crowd_model_parse(bytes, size, &copy, reason),
                   FH_ERR_VERSION);
  assert_non_null(strstr(reason, "crowd train"));
  free(bytes);
  fh_crowd_model_free(model);
  free_rows(&rows);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_gradient_matches_differences),
    cmocka_unit_test(test_network_beats_ridge_where_the_truth_bends),
    cmocka_unit_test(test_occupancy_is_a_median),
    cmocka_unit_test(test_conformal_intervals_hold),
    cmocka_unit_test(test_model_round_trip_and_damage),
    cmocka_unit_test(test_groups_hold_all_inputs),
    cmocka_unit_test(test_left_out_inputs_have_no_say),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
