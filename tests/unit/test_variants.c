// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "check.h"

#include <fh/variants.h>

#define N_RAYS 32768u

static const float points[3][3] = {{8.1f, 2.8f, 3.4f},
                                   {3.0f, 6.5f, 2.3f},
                                   {6.0f, 5.5f, 4.2f}};

static FhRadiator
source(void)
{
  FhRadiator r;
  memset(&r, 0, sizeof r);
  r.at[0] = 2.0f;
  r.at[1] = 2.0f;
  r.at[2] = 3.5f;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    r.power_w[b] = 0.01f;
  }
  return r;
}

/// A box of 10 x 8 x 6 m: walls of material 0, floor of material 1
static void
make_box(FhScene* const s, const float wall, const float floor)
{
  assert_true(test_scene_init(s));
  const uint32_t a = test_scene_add_material(s, test_material(wall, 0.3f));
  const uint32_t b = test_scene_add_material(s, test_material(floor, 0.5f));
  const float size[3] = {10.0f, 8.0f, 6.0f};
  const uint32_t faces[6] = {a, a, a, a, b, a};
  test_scene_add_box(s, size, faces);
}

static double
total(const FhVariants* const v,
      const size_t variant,
      const size_t point,
      const size_t band)
{
  double sum = 0.0;
  for (size_t i = 0; i < v->n_bins; ++i) {
    sum +=
      (double)v->energy[(variant * v->n_points + point) * v->n_bins + i][band];
  }
  return sum;
}

static void
trace(const FhScene* const s,
      const FhMaterial* const* const tables,
      const size_t n,
      const unsigned n_threads,
      const bool hits,
      FhVariants* const out)
{
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new(s, 1, &caster), FH_OK);
  FhVariantsDesc desc = fh_variants_desc_default();
  desc.n_rays = N_RAYS;
  desc.n_threads = n_threads;
  desc.material_hits = hits;
  const FhRadiator radiator = source();
  assert_int_equal(fh_trace_variants_radiators(s,
                                               caster,
                                               &radiator,
                                               1,
                                               tables,
                                               n,
                                               points,
                                               3,
                                               &desc,
                                               NULL,
                                               NULL,
                                               out,
                                               NULL),
                   FH_OK);
  fh_raycaster_free(caster);
}

/// Reflected energy at a point by the engine, which has other estimators
static double
engine_total(FhScene* const s, const size_t point, double* const se)
{
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new(s, 1, &caster), FH_OK);
  assert_true(test_scene_set_microphones(s, &points[point], 1));
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = N_RAYS;
  desc.seats = false;
  desc.diffraction = false;
  const FhRadiator radiator = source();
  FhTraceResult result;
  assert_int_equal(fh_trace_radiators(
                     s, caster, &radiator, 1, &desc, NULL, NULL, &result, NULL),
                   FH_OK);
  const FhPairResponse* const pair = &result.pairs[0];
  double sum = 0.0;
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    sum += (double)pair->arrivals[i].intensity[4];
  }
  for (size_t i = 0; i < pair->n_bins; ++i) {
    sum += (double)pair->late[i][4];
  }
  double mean = 0.0;
  double square = 0.0;
  const double n = (double)pair->n_blocks;
  for (size_t k = 0; k < pair->n_blocks; ++k) {
    const double x = (double)pair->block_energy[k][2][4];
    mean += x / n;
    square += x * x / n;
  }
  *se = sqrt((square - mean * mean) / (n - 1.0)) / sum;
  fh_trace_result_clear(&result);
  fh_raycaster_free(caster);
  free(s->microphone);
  s->microphone = NULL;
  s->n_microphones = 0;
  return sum;
}

static double
relative_se(const FhVariants* const v, const size_t variant, const size_t point)
{
  double mean = 0.0;
  double square = 0.0;
  const double n = FH_VARIANTS_BLOCKS;
  for (size_t k = 0; k < FH_VARIANTS_BLOCKS; ++k) {
    const double x =
      (double)
        v->block_total[(variant * v->n_points + point) * FH_VARIANTS_BLOCKS + k]
                      [4];
    mean += x / n;
    square += x * x / n;
  }
  return sqrt((square - mean * mean) / (n - 1.0)) / mean;
}

// Two variants against two runs of the engine; four standard errors
static void
test_variants_agree_with_engine(void** state)
{
  (void)state;
  FhScene s;
  make_box(&s, 0.1f, 0.1f);
  FhScene full;
  make_box(&full, 0.1f, 0.7f);
  const FhMaterial* const tables[2] = {s.materials, full.materials};
  FhVariants v;
  trace(&s, tables, 2, 2, false, &v);
  for (size_t p = 0; p < 3; ++p) {
    for (size_t k = 0; k < 2; ++k) {
      double se = 0.0;
      const double wanted = engine_total(k ? &full : &s, p, &se);
      const double own = relative_se(&v, k, p);
      assert_true(own < 0.05);
      CHECK_NEAR(total(&v, k, p, 4) / wanted, 1.0, 4.0 * hypot(se, own));
    }
  }
  fh_variants_clear(&v);
  test_scene_free(&s);
  test_scene_free(&full);
}

// A wall that lets everything through is as good as none
static void
test_transparent_wall_is_none(void** state)
{
  (void)state;
  FhScene bare;
  make_box(&bare, 0.2f, 0.2f);
  FhScene s;
  make_box(&s, 0.2f, 0.2f);
  FhMaterial clear = test_material(1.0f, 0.0f);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    clear.transmission[b] = 1.0f;
  }
  const uint32_t c = test_scene_add_material(&s, clear);
  const float corner[3] = {4.0f, 1.0f, 0.5f};
  const float along[3] = {0.0f, 5.0f, 0.0f};
  const float across[3] = {4.0f, 0.0f, 1.0f};
  const float up[3] = {0.0f, 0.0f, 4.0f};
  test_scene_add_quad(&s, corner, along, across, c);
  test_scene_add_quad(&s, corner, along, up, c);
  FhVariants with;
  FhVariants without;
  const FhMaterial* const one[1] = {s.materials};
  const FhMaterial* const other[1] = {bare.materials};
  trace(&s, one, 1, 2, false, &with);
  trace(&bare, other, 1, 2, false, &without);
  for (size_t p = 0; p < 3; ++p) {
    const double se =
      hypot(relative_se(&with, 0, p), relative_se(&without, 0, p));
    CHECK_NEAR(total(&with, 0, p, 4) / total(&without, 0, p, 4), 1.0, 4.0 * se);
  }
  fh_variants_clear(&with);
  fh_variants_clear(&without);
  test_scene_free(&s);
  test_scene_free(&bare);
}

// Differences between variants of one trace carry far less chance than levels
static void
test_difference_is_sharper_than_levels(void** state)
{
  (void)state;
  FhScene s;
  make_box(&s, 0.2f, 0.20f);
  FhScene near;
  make_box(&near, 0.2f, 0.25f);
  const FhMaterial* const tables[2] = {s.materials, near.materials};
  FhVariants v;
  trace(&s, tables, 2, 2, false, &v);
  double mean = 0.0;
  double square = 0.0;
  for (size_t k = 0; k < FH_VARIANTS_BLOCKS; ++k) {
    const double r = (double)v.block_total[k][4] /
                     (double)v.block_total[3 * FH_VARIANTS_BLOCKS + k][4];
    mean += r / FH_VARIANTS_BLOCKS;
    square += r * r / FH_VARIANTS_BLOCKS;
  }
  const double se =
    sqrt((square - mean * mean) / (FH_VARIANTS_BLOCKS - 1.0)) / mean;
  assert_true(se < 0.3 * relative_se(&v, 0, 0));
  fh_variants_clear(&v);
  test_scene_free(&s);
  test_scene_free(&near);
}

static void
test_same_bits_on_any_threads(void** state)
{
  (void)state;
  FhScene s;
  make_box(&s, 0.3f, 0.4f);
  const FhMaterial* const tables[1] = {s.materials};
  FhVariants a;
  trace(&s, tables, 1, 1, true, &a);
  for (unsigned n = 2; n <= 7; n += 5) {
    FhVariants b;
    trace(&s, tables, 1, n, true, &b);
    assert_int_equal(a.n_bins, b.n_bins);
    assert_memory_equal(a.energy, b.energy, 3 * a.n_bins * sizeof *a.energy);
    assert_memory_equal(a.hits, b.hits, 6 * a.n_bins * sizeof *a.hits);
    fh_variants_clear(&b);
  }
  fh_variants_clear(&a);
  test_scene_free(&s);
}

// The counted meetings foretell what a little more absorption does: the
// neglected square term of a 5 % change is under 2 % of it at 10 meetings
static void
test_hits_are_the_gradient(void** state)
{
  (void)state;
  FhScene s;
  make_box(&s, 0.2f, 0.30f);
  FhScene moved;
  make_box(&moved, 0.2f, 0.302f);
  const FhMaterial* const tables[2] = {s.materials, moved.materials};
  FhVariants v;
  trace(&s, tables, 2, 2, true, &v);
  for (size_t p = 0; p < 3; ++p) {
    double change = 0.0;
    double foretold = 0.0;
    for (size_t i = 0; i < v.n_bins; ++i) {
      change += (double)v.energy[(3 + p) * v.n_bins + i][4] -
                (double)v.energy[p * v.n_bins + i][4];
      foretold += (double)v.hits[(p * v.n_bins + i) * v.n_materials + 1][4] *
                  log((1.0 - 0.302) / (1.0 - 0.30));
    }
    CHECK_NEAR(change / foretold, 1.0, 0.03);
  }
  fh_variants_clear(&v);
  test_scene_free(&s);
  test_scene_free(&moved);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_variants_agree_with_engine),
    cmocka_unit_test(test_transparent_wall_is_none),
    cmocka_unit_test(test_difference_is_sharper_than_levels),
    cmocka_unit_test(test_same_bits_on_any_threads),
    cmocka_unit_test(test_hits_are_the_gradient),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
