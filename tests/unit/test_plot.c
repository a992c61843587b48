// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/plot.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Relative luminance of sRGB; IEC 61966-2-1
static double
luminance(const double rgb[3])
{
  static const double weight[3] = {0.2126, 0.7152, 0.0722};
  double sum = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double v = rgb[k];
    sum +=
      weight[k] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
  }
  return sum;
}

// A scale is readable in grey when its lightness only rises
static void
test_colours_rise_in_lightness(void** state)
{
  (void)state;
  static const FhColourMap maps[] = {FH_COLOUR_VIRIDIS, FH_COLOUR_CIVIDIS};
  for (size_t m = 0; m < 2; ++m) {
    double before = -1.0;
    for (int i = 0; i <= 64; ++i) {
      double rgb[3];
      fh_colour_at(maps[m], (double)i / 64.0, rgb);
      const double l = luminance(rgb);
      assert_true(l > before);
      before = l;
    }
    assert_true(before > 0.6);
  }
}

// Ends of the published tables, 1/255 for their rounding
static void
test_colours_are_the_published_ones(void** state)
{
  (void)state;
  static const double want[4][3] = {
    {68, 1, 84}, {253, 231, 37}, {0, 32, 77}, {254, 232, 56}};
  for (size_t i = 0; i < 4; ++i) {
    double rgb[3];
    fh_colour_at(
      i < 2 ? FH_COLOUR_VIRIDIS : FH_COLOUR_CIVIDIS, (i & 1) ? 1.0 : 0.0, rgb);
    for (size_t k = 0; k < 3; ++k) {
      // The polynomial of cividis is within 14/255 of its table at the ends
      CHECK_NEAR(255.0 * rgb[k], want[i][k], i < 2 ? 1.0 : 14.0);
    }
  }
  double grey[3];
  fh_colour_at(FH_COLOUR_VIRIDIS, NAN, grey);
  CHECK_NEAR(grey[0], grey[2], 0.0);
}

static void
test_ticks_are_round_and_inside(void** state)
{
  (void)state;
  double t[16];
  const size_t n = fh_plot_ticks(-0.3, 0.71, t, 16);
  assert_int_equal(n, 5);
  CHECK_NEAR(t[0], -0.2, 1e-12);
  CHECK_NEAR(t[1], 0.0, 0.0);
  CHECK_NEAR(t[4], 0.6, 1e-12);
  for (size_t i = 0; i < n; ++i) {
    assert_true(t[i] >= -0.3 && t[i] <= 0.71);
  }
  assert_int_equal(fh_plot_ticks(1.0, 1.0, t, 16), 0);
  assert_int_equal(fh_plot_ticks(0.0, NAN, t, 16), 0);
}

static void
draw(FhCanvas* const canvas)
{
  cairo_t* const cr = fh_canvas_cairo(canvas);
  FhPlot plot = {.x = fh_axis_octaves(),
                 .y = {.label = "T30 [s]", .low = 0.0, .high = 2.0}};
  fh_plot_fit(&plot, 0.0, 0.0, 300.0, 200.0);
  fh_plot_axes(cr, &plot, "A test");
  const double x[4] = {125.0, 500.0, 2000.0, 8000.0};
  const double y[4] = {1.0, NAN, 1e300, -1e300};
  const FhPen pen = fh_plot_pen(1);
  fh_plot_curve(cr, &plot, x, y, 4, &pen);
  fh_plot_dots(cr, &plot, x, y, y, 4, 2.0, pen.rgb);
  fh_plot_bars(cr, &plot, x, y, 4, 0.0, 0.5, pen.rgb);
  fh_plot_interval(cr, &plot, x, y, y, 4, pen.rgb);
  const char* const names[] = {"one"};
  fh_plot_legend(cr, &plot, names, &pen, 1, 3);
  const FhColourScale scale = {FH_COLOUR_CIVIDIS, 90.0, 102.0, "Level [dB(A)]"};
  fh_plot_scale(cr, 320.0, 20.0, 150.0, &scale);
}

static size_t
n_files(const char* const folder)
{
  DIR* const dir = opendir(folder);
  assert_non_null(dir);
  size_t n = 0;
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    n += e->d_name[0] != '.';
  }
  (void)closedir(dir);
  return n;
}

static void
test_pictures_appear_whole_or_not_at_all(void** state)
{
  (void)state;
  char folder[] = "/tmp/fullhouse-plot-XXXXXX";
  assert_non_null(mkdtemp(folder));
  static const char* const names[] = {"a.png", "a.svg", "a.pdf"};
  static const char* const magic[] = {"\x89PNG", "<?xml", "%PDF"};
  for (size_t i = 0; i < 3; ++i) {
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
    FhCanvas* canvas = NULL;
    assert_int_equal(fh_canvas_new(path, 400.0, 220.0, &canvas), FH_OK);
    draw(canvas);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(fh_canvas_finish(canvas), FH_OK);
    FILE* const f = fopen(path, "rb");
    assert_non_null(f);
    char head[6] = {0};
    assert_int_equal(fread(head, 1, 5, f), 5);
    (void)fclose(f);
    assert_memory_equal(head, magic[i], strlen(magic[i]));
    assert_int_equal(n_files(folder), 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(fh_canvas_new(path, 400.0, 220.0, &canvas), FH_OK);
    fh_canvas_free(canvas);
    assert_int_equal(n_files(folder), 0);
  }
  assert_int_equal(rmdir(folder), 0);
}

static void
test_pictures_bad_targets(void** state)
{
  (void)state;
  FhCanvas* canvas = NULL;
  assert_int_equal(fh_canvas_new("/tmp/a.gif", 10.0, 10.0, &canvas),
                   FH_ERR_UNSUPPORTED);
  assert_int_equal(fh_canvas_new("/tmp/a.png", NAN, 10.0, &canvas),
                   FH_ERR_BAD_ARG);
  assert_int_equal(fh_canvas_new("/nowhere/at/all.pdf", 10.0, 10.0, &canvas),
                   FH_ERR_IO);
  assert_int_equal(fh_canvas_new("/nowhere/at/all.png", 10.0, 10.0, &canvas),
                   FH_OK);
  assert_int_equal(fh_canvas_finish(canvas), FH_ERR_IO);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_colours_rise_in_lightness),
    cmocka_unit_test(test_colours_are_the_published_ones),
    cmocka_unit_test(test_ticks_are_round_and_inside),
    cmocka_unit_test(test_pictures_appear_whole_or_not_at_all),
    cmocka_unit_test(test_pictures_bad_targets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
