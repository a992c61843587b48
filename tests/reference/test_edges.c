// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../sim/source/utd.h"
#include "box_scene.h"
#include "check.h"
#include "csv.h"

#include <complex.h>

#define DATA FULLHOUSE_REFERENCE_DATA "/"

#define SPEED 343.2

static double
radians(const double degrees)
{
  return degrees * FH_PI / 180.0;
}

static void
test_transition_function(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "utd_transition.csv", &csv);
  assert_non_null(csv.text);
  for (size_t row = 0; row < csv.n_rows; ++row) {
    double f[2];
    fh_utd_transition(csv_number(&csv, row, "x"), f);
    CHECK_NEAR(f[0], csv_number(&csv, row, "F_re"), 1e-6);
    CHECK_NEAR(f[1], csv_number(&csv, row, "F_im"), 1e-6);
  }
  assert_true(csv.n_rows > 10);
  csv_clear(&csv);
}

static void
test_wedge_coefficients(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "utd_coefficients.csv", &csv);
  assert_non_null(csv.text);
  for (size_t row = 0; row < csv.n_rows; ++row) {
    double hard[2];
    double soft[2];
    fh_utd_coefficients(csv_number(&csv, row, "n"),
                        radians(csv_number(&csv, row, "phi_p_deg")),
                        radians(csv_number(&csv, row, "phi_deg")),
                        sin(radians(csv_number(&csv, row, "beta0_deg"))),
                        csv_number(&csv, row, "k"),
                        csv_number(&csv, row, "L_m"),
                        hard,
                        soft);
    CHECK_NEAR(hard[0], csv_number(&csv, row, "Dh_re"), 1e-6);
    CHECK_NEAR(hard[1], csv_number(&csv, row, "Dh_im"), 1e-6);
    CHECK_NEAR(soft[0], csv_number(&csv, row, "Ds_re"), 1e-6);
    CHECK_NEAR(soft[1], csv_number(&csv, row, "Ds_im"), 1e-6);
  }
  assert_true(csv.n_rows > 5);
  csv_clear(&csv);
}

/// A wedge on the z axis, long enough to have no ends
static FhEdge
long_edge(const double n)
{
  const FhEdge edge = {.from = {0.0f, 0.0f, -5000.0f},
                       .along = {0.0f, 0.0f, 1.0f},
                       .face = {1.0f, 0.0f, 0.0f},
                       .normal = {0.0f, 1.0f, 0.0f},
                       .length_m = 10000.0f,
                       .n = (float)n};
  return edge;
}

static void
polar(const double r, const double degrees, const double z, float out[3])
{
  out[0] = (float)(r * cos(radians(degrees)));
  out[1] = (float)(r * sin(radians(degrees)));
  out[2] = (float)z;
}

// Corner and half plane: geometry and field from two points alone
static void
test_diffracted_field(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "edge_diffraction.csv", &csv);
  assert_non_null(csv.text);
  UtdTable* const table = utd_table_new();
  assert_non_null(table);
  size_t n_thirds = 0;
  for (size_t row = 0; row < csv.n_rows; ++row) {
    const FhEdge edge = long_edge(csv_number(&csv, row, "n"));
    float from[3];
    float to[3];
    polar(csv_number(&csv, row, "rs"),
          csv_number(&csv, row, "ths_deg"),
          csv_number(&csv, row, "zs"),
          from);
    polar(csv_number(&csv, row, "rr"),
          csv_number(&csv, row, "thr_deg"),
          csv_number(&csv, row, "zr"),
          to);
    FhEdgePath path;
    assert_true(fh_edge_path(&edge, from, to, &path));
    CHECK_NEAR(path.before_m, csv_number(&csv, row, "sp_m"), 1e-4);
    CHECK_NEAR(path.after_m, csv_number(&csv, row, "sd_m"), 1e-4);
    const double hz = csv_number(&csv, row, "f_Hz");
    const double k = 2.0 * FH_PI * hz / SPEED;
    double factor[2];
    fh_edge_factor(&path, k, 1.0, 1.0, factor);
    const double length = path.before_m + path.after_m;
    const double complex p = (factor[0] + factor[1] * (double complex)I) /
                             length * cexp(-k * length * (double complex)I);
    const double complex expected =
      csv_number(&csv, row, "pd_utd_re") +
      csv_number(&csv, row, "pd_utd_im") * (double complex)I;
    // Ends 5 km away leave 1e-4; positions are floats
    CHECK_NEAR(cabs(p - expected) / cabs(expected), 0.0, 1.5e-3);
    assert_int_equal(path.lit, csv_number(&csv, row, "vis") > 0.5);

    const double band = 10.0 * log10(hz / 1000.0) + 13.0;
    if (band > -0.1 && band < 23.1) {
      const size_t b = (size_t)lrint(band);
      float re[FH_N_THIRDS];
      float im[FH_N_THIRDS];
      utd_thirds(table, &path, SPEED, 1.0, 1.0, re, im);
      CHECK_NEAR(re[b], factor[0], 1e-3 * hypot(factor[0], factor[1]) + 1e-6);
      CHECK_NEAR(im[b], factor[1], 1e-3 * hypot(factor[0], factor[1]) + 1e-6);
      ++n_thirds;
    }
  }
  assert_true(csv.n_rows > 100 && n_thirds > 100);
  utd_table_free(table);
  csv_clear(&csv);
}

// A thin screen: insertion loss against the exact rigid half plane
static void
test_barrier(void** state)
{
  (void)state;
  Csv csv;
  csv_read(DATA "barrier_maekawa.csv", &csv);
  assert_non_null(csv.text);
  const FhEdge edge = long_edge(2.0);
  for (size_t row = 0; row < csv.n_rows; ++row) {
    // The screen hangs down from the edge along +x; the line of sight passes
    // h under the edge
    const double h = csv_number(&csv, row, "h_m");
    const float from[3] = {(float)h, (float)csv_number(&csv, row, "a_m"), 0.0f};
    const float to[3] = {(float)h, -(float)csv_number(&csv, row, "b_m"), 0.0f};
    FhEdgePath path;
    assert_true(fh_edge_path(&edge, from, to, &path));
    assert_false(path.lit);
    double factor[2];
    const double hz = csv_number(&csv, row, "f_Hz");
    fh_edge_factor(&path, 2.0 * FH_PI * hz / SPEED, 1.0, 1.0, factor);
    const double straight =
      csv_number(&csv, row, "a_m") + csv_number(&csv, row, "b_m");
    const double loss = -20.0 * log10(hypot(factor[0], factor[1]) * straight /
                                      (path.before_m + path.after_m));
    // Between models the tables allow 1.5 dB
    CHECK_NEAR(loss, csv_number(&csv, row, "IL_exact_dB"), 0.5);
    CHECK_NEAR(loss, csv_number(&csv, row, "IL_kurze_dB"), 1.5);
  }
  assert_true(csv.n_rows > 30);
  csv_clear(&csv);
}

// Cut into pieces an edge bends as the whole one
static void
test_pieces_add_up_to_the_edge(void** state)
{
  (void)state;
  const float from[3] = {3.0f, 4.0f, 0.3f};
  const float to[3] = {3.5f, -6.0f, 1.1f};
  FhEdge whole = long_edge(2.0);
  whole.from[2] = -4.0f;
  whole.length_m = 9.0f;
  FhEdgePath path;
  assert_true(fh_edge_path(&whole, from, to, &path));
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const double k = 2.0 * FH_PI * fh_third_hz(b) / SPEED;
    double expected[2];
    fh_edge_factor(&path, k, 1.0, 1.0, expected);
    double sum[2] = {0.0, 0.0};
    for (size_t i = 0; i < 9; ++i) {
      FhEdge piece = whole;
      piece.from[2] = -4.0f + (float)i;
      piece.length_m = 1.0f;
      FhEdgePath own;
      assert_true(fh_edge_path(&piece, from, to, &own));
      double factor[2];
      fh_edge_factor(&own, k, 1.0, 1.0, factor);
      sum[0] += factor[0];
      sum[1] += factor[1];
    }
    CHECK_NEAR(sum[0], expected[0], 1e-4);
    CHECK_NEAR(sum[1], expected[1], 1e-4);
  }
}

static FhEdges*
find_edges(const FhScene* const scene)
{
  FhEdges* edges = NULL;
  assert_int_equal(fh_edges_new(scene, &edges), FH_OK);
  return edges;
}

// Inside a room there is nothing to bend about; the hull's outside counts, and
// no sound gets there
static void
test_edges_of_a_room_lie_outside(void** state)
{
  (void)state;
  FhScene scene;
  assert_true(test_scene_init(&scene));
  const uint32_t m = test_scene_add_material(&scene, test_material(0.1f, 0.1f));
  const uint32_t walls[6] = {m, m, m, m, m, m};
  const float size[3] = {8.0f, 6.0f, 4.0f};
  test_scene_add_box(&scene, size, walls);
  FhEdges* const edges = find_edges(&scene);
  assert_int_equal(fh_edges_count(edges), 12);
  for (size_t i = 0; i < 12; ++i) {
    const FhEdge* const edge = &fh_edges_all(edges)[i];
    CHECK_NEAR(edge->n, 1.5, 1e-5);
    float p[3];
    fh_edge_point(edge, 1.0, 0.1, p);
    bool inside = true;
    for (size_t k = 0; k < 3; ++k) {
      inside = inside && p[k] > 0.0f && p[k] < size[k];
    }
    assert_false(inside);
  }
  fh_edges_free(edges);
  test_scene_free(&scene);
}

// A screen cut into strips has four edges, however it is cut, and a wall whose
// neighbours are cut differently has none in its middle
static void
test_cuts_make_no_edges(void** state)
{
  (void)state;
  FhScene scene;
  assert_true(test_scene_init(&scene));
  const uint32_t m = test_scene_add_material(&scene, test_material(0.1f, 0.1f));
  const float x[3] = {2.0f, 0.0f, 0.0f};
  const float z[3] = {0.0f, 0.0f, 1.5f};
  for (size_t i = 0; i < 3; ++i) {
    const float p[3] = {2.0f * (float)i, 0.0f, 0.0f};
    test_scene_add_quad(&scene, p, x, z, m);
  }
  // A row above in two strips: their lower ends meet the upper ends of three
  const float wide[3] = {3.0f, 0.0f, 0.0f};
  for (size_t i = 0; i < 2; ++i) {
    const float p[3] = {3.0f * (float)i, 0.0f, 1.5f};
    test_scene_add_quad(&scene, p, wide, z, m);
  }
  FhEdges* const edges = find_edges(&scene);
  size_t n_long = 0;
  for (size_t i = 0; i < fh_edges_count(edges); ++i) {
    const FhEdge* const edge = &fh_edges_all(edges)[i];
    const float height = edge->from[2] + 0.5f * edge->length_m * edge->along[2];
    const bool level = fabsf(edge->along[2]) < 0.5f;
    // No rim at the cut, 1.5 m up
    assert_false(level && fabsf(height - 1.5f) < 0.1f);
    n_long += level && edge->length_m > 5.9f;
    CHECK_NEAR(edge->n, 2.0, 1e-6);
  }
  assert_int_equal(n_long, 2);
  fh_edges_free(edges);
  test_scene_free(&scene);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_transition_function),
    cmocka_unit_test(test_wedge_coefficients),
    cmocka_unit_test(test_diffracted_field),
    cmocka_unit_test(test_barrier),
    cmocka_unit_test(test_pieces_add_up_to_the_edge),
    cmocka_unit_test(test_edges_of_a_room_lie_outside),
    cmocka_unit_test(test_cuts_make_no_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
