// SPDX-License-Identifier: GPL-3.0-or-later
#include "array.h"

#include <fh/plot.h>

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
name_hz(const double hz, char out[32])
{
  (void)snprintf(out, 32, "%s Hz", fh_third_name(array_band(hz)));
}

static void
use_pen(cairo_t* const cr, const FhPen* const pen)
{
  cairo_set_source_rgb(cr, pen->rgb[0], pen->rgb[1], pen->rgb[2]);
  cairo_set_line_width(cr, pen->width_pt);
  cairo_set_dash(cr, &pen->dash_pt, pen->dash_pt > 0.0 ? 1 : 0, 0.0);
}

/// Which line is which frequency, along the foot of a page 760 pt wide
static void
draw_key(cairo_t* const cr, const ArrayView* const view, const double y)
{
  const double step = fmin(90.0, 740.0 / (double)view->n_hz);
  for (size_t f = 0; f < view->n_hz; ++f) {
    const FhPen pen = fh_plot_pen(f);
    const double x =
      380.0 + step * ((double)f - 0.5 * (double)(view->n_hz - 1));
    use_pen(cr, &pen);
    cairo_move_to(cr, x - 32.0, y);
    cairo_line_to(cr, x - 12.0, y);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0.0);
    char text[32];
    name_hz(view->hz[f], text);
    fh_plot_text(cr, x - 8.0, y, 0.0, 0.5, 8.0, false, NULL, text);
  }
}

static void
finite_range(const double* const v,
             const size_t n,
             double* const low,
             double* const high)
{
  *low = HUGE_VAL;
  *high = -HUGE_VAL;
  for (size_t i = 0; i < n; ++i) {
    if (isfinite(v[i])) {
      *low = fmin(*low, v[i]);
      *high = fmax(*high, v[i]);
    }
  }
}

/// Level at the seats on the line, against their distance
static void
draw_line(cairo_t* const cr, const ArrayView* const view, FhPlot* const plot)
{
  double low = 0.0;
  double high = 0.0;
  finite_range(view->line_db, view->n_line * view->n_hz, &low, &high);
  if (!(low < high)) {
    low = 0.0;
    high = 1.0;
  }
  plot->x = (FhAxis){
    .label = "Distance on plan [m]",
    .low = 0.0,
    .high = view->n_line ? 1.02 * view->distance_m[view->n_line - 1] : 1.0};
  plot->y = (FhAxis){.label = "Level of the third octave [dB]",
                     .low = fmax(5.0 * floor(low / 5.0), high - 60.0),
                     .high = 5.0 * ceil(high / 5.0)};
  fh_plot_axes(cr,
               plot,
               view->n_line ? "Seats in the plane of the aim"
                            : "No seats lie in the plane of the aim");
  for (size_t f = 0; f < view->n_hz; ++f) {
    const FhPen pen = fh_plot_pen(f);
    fh_plot_curve(cr,
                  plot,
                  view->distance_m,
                  view->line_db + f * view->n_line,
                  view->n_line,
                  &pen);
  }
}

FhStatus
array_plot_coverage(const ArrayStage* const stage,
                    const ArrayView* const view,
                    const char* const path)
{
  FhCanvas* canvas = NULL;
  const FhStatus status = fh_canvas_new(path, 760.0, 400.0, &canvas);
  if (status) {
    return status;
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  char title[160];
  (void)snprintf(title,
                 sizeof title,
                 "%s: vertical coverage",
                 fh_sources_emitter(stage->sources, view->emitter)->name);
  fh_plot_text(cr, 380.0, 8.0, 0.5, 0.0, 13.0, true, NULL, title);

  FhPlot left;
  memset(&left, 0, sizeof left);
  left.x = (FhAxis){
    .label = "Far-field level re greatest [dB]", .low = -36.0, .high = 0.0};
  left.y = (FhAxis){.label = "Elevation [degrees]", .low = -60.0, .high = 30.0};
  fh_plot_fit(&left, 10.0, 30.0, 360.0, 340.0);
  fh_plot_axes(cr, &left, "Far field");
  double elevation[91];
  for (size_t i = 0; i < 91; ++i) {
    elevation[i] = (double)i - 60.0;
  }
  for (size_t f = 0; f < view->n_hz; ++f) {
    const FhPen pen = fh_plot_pen(f);
    fh_plot_curve(cr, &left, view->vertical_db[f] + 120, elevation, 91, &pen);
  }

  FhPlot right;
  memset(&right, 0, sizeof right);
  right.x = (FhAxis){.label = "Distance on plan [m]", .low = 0.0, .high = 1.0};
  right.y = (FhAxis){
    .label = "Level of the third octave [dB]", .low = 0.0, .high = 100.0};
  fh_plot_fit(&right, 385.0, 30.0, 365.0, 340.0);
  draw_line(cr, view, &right);
  draw_key(cr, view, 388.0);
  return fh_canvas_finish(canvas);
}

/// A polar diagram: rings every 6 dB down to -36, 0 degrees to the right
static void
draw_polar(cairo_t* const cr,
           const double x,
           const double y,
           const double radius,
           const ArrayView* const view,
           const bool vertical)
{
  cairo_set_line_width(cr, 0.5);
  for (int ring = 0; ring < 6; ++ring) {
    cairo_set_source_rgb(cr, 0.75, 0.75, 0.75);
    cairo_arc(cr, x, y, radius * (double)(6 - ring) / 6.0, 0.0, 2.0 * FH_PI);
    cairo_stroke(cr);
    char text[16];
    (void)snprintf(text, sizeof text, "%d", -6 * ring);
    fh_plot_text(cr,
                 x - radius * (double)(6 - ring) / 6.0,
                 y - 1.0,
                 0.5,
                 1.0,
                 7.0,
                 false,
                 NULL,
                 text);
  }
  for (int spoke = 0; spoke < 12; ++spoke) {
    const double a = 30.0 * (double)spoke;
    const double c = cos(a * FH_PI / 180.0);
    const double s = sin(a * FH_PI / 180.0);
    cairo_set_source_rgb(cr, 0.75, 0.75, 0.75);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x + radius * c, y - radius * s);
    cairo_stroke(cr);
    char text[16];
    (void)snprintf(text, sizeof text, "%.0f", a <= 180.0 ? a : a - 360.0);
    fh_plot_text(cr,
                 x + (radius + 12.0) * c,
                 y - (radius + 12.0) * s,
                 0.5,
                 0.5,
                 8.0,
                 false,
                 NULL,
                 text);
  }
  for (size_t f = 0; f < view->n_hz; ++f) {
    const double* const db =
      vertical ? view->vertical_db[f] : view->horizontal_db[f];
    const FhPen pen = fh_plot_pen(f);
    use_pen(cr, &pen);
    for (size_t i = 0; i < ARRAY_N_ANGLES; ++i) {
      const double a = ((double)i - 180.0) * FH_PI / 180.0;
      const double r = radius * fmax(0.0, 1.0 + db[i] / 36.0);
      cairo_line_to(cr, x + r * cos(a), y - r * sin(a));
    }
    cairo_stroke(cr);
  }
  cairo_set_dash(cr, NULL, 0, 0.0);
}

FhStatus
array_plot_polar(const ArrayStage* const stage,
                 const ArrayView* const view,
                 const char* const path)
{
  FhCanvas* canvas = NULL;
  const FhStatus status = fh_canvas_new(path, 760.0, 420.0, &canvas);
  if (status) {
    return status;
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  char title[160];
  (void)snprintf(title,
                 sizeof title,
                 "%s: far field, dB re greatest, third octaves",
                 fh_sources_emitter(stage->sources, view->emitter)->name);
  fh_plot_text(cr, 380.0, 8.0, 0.5, 0.0, 13.0, true, NULL, title);
  fh_plot_text(
    cr, 195.0, 30.0, 0.5, 0.0, 10.0, false, NULL, "Vertical (up is +90)");
  fh_plot_text(
    cr, 565.0, 30.0, 0.5, 0.0, 10.0, false, NULL, "Horizontal (left is +90)");
  draw_polar(cr, 195.0, 220.0, 155.0, view, true);
  draw_polar(cr, 565.0, 220.0, 155.0, view, false);
  draw_key(cr, view, 408.0);
  return fh_canvas_finish(canvas);
}

/// A seat with its height, so that upper floors are drawn last
typedef struct {
  double z;
  size_t seat;
} ByHeight;

static int
compare_height(const void* const a, const void* const b)
{
  const ByHeight* const x = (const ByHeight*)a;
  const ByHeight* const y = (const ByHeight*)b;
  if (x->z != y->z) {
    return x->z < y->z ? -1 : 1;
  }
  return (x->seat > y->seat) - (x->seat < y->seat);
}

static void
draw_map(const ArrayStage* const stage,
         const double* const level_db,
         const char* const title,
         cairo_t* const cr,
         ByHeight* const order,
         double* const column)
{
  const FhScene* const scene = stage->scene;
  const size_t n = scene->n_seats;
  double* const x = column;
  double* const y = column + n;
  double* const v = column + 2 * n;
  double low[2] = {HUGE_VAL, HUGE_VAL};
  double high[2] = {-HUGE_VAL, -HUGE_VAL};
  double area_m2 = 0.0;
  for (size_t i = 0; i < n; ++i) {
    double world[3];
    fh_scene_to_world(scene, scene->seats[i].at, world);
    order[i] = (ByHeight){world[2], i};
    area_m2 += (double)scene->seats[i].area_m2 / (double)n;
    for (size_t k = 0; k < 2; ++k) {
      low[k] = fmin(low[k], world[k]);
      high[k] = fmax(high[k], world[k]);
    }
  }
  qsort(order, n, sizeof(ByHeight), compare_height);
  for (size_t i = 0; i < n; ++i) {
    double world[3];
    fh_scene_to_world(scene, scene->seats[order[i].seat].at, world);
    x[i] = world[0];
    y[i] = world[1];
    v[i] = level_db[order[i].seat];
  }
  for (size_t e = 0; e < fh_sources_count(stage->sources); ++e) {
    double world[3];
    fh_scene_to_world(
      scene, fh_sources_emitter(stage->sources, e)->centre, world);
    for (size_t k = 0; k < 2; ++k) {
      low[k] = fmin(low[k], world[k]);
      high[k] = fmax(high[k], world[k]);
    }
  }
  double bottom = 0.0;
  double top = 0.0;
  finite_range(v, n, &bottom, &top);
  const FhColourScale scale = {FH_COLOUR_VIRIDIS,
                               fmax(floor(bottom), ceil(top) - 40.0),
                               ceil(top) > floor(bottom) ? ceil(top)
                                                         : floor(bottom) + 1.0,
                               "Level [dB]"};
  const double margin = 2.0;
  const double wide = high[0] - low[0] + 2.0 * margin;
  const double tall = high[1] - low[1] + 2.0 * margin;
  const double points = fmin(560.0 / wide, 480.0 / tall);
  FhPlot plot;
  memset(&plot, 0, sizeof plot);
  plot.x = (FhAxis){
    .label = "x [m]", .low = low[0] - margin, .high = high[0] + margin};
  plot.y = (FhAxis){
    .label = "y [m]", .low = low[1] - margin, .high = high[1] + margin};
  plot.left = 60.0 + 0.5 * (560.0 - points * wide);
  plot.top = 40.0 + 0.5 * (480.0 - points * tall);
  plot.width = points * wide;
  plot.height = points * tall;
  fh_plot_axes(cr, &plot, title);
  fh_plot_cells(cr, &plot, x, y, v, n, sqrt(area_m2), &scale);
  for (size_t e = 0; e < fh_sources_count(stage->sources); ++e) {
    double world[3];
    static const double red[3] = {0.8, 0.1, 0.1};
    fh_scene_to_world(
      scene, fh_sources_emitter(stage->sources, e)->centre, world);
    fh_plot_dots(cr, &plot, &world[0], &world[1], NULL, 1, 2.5, red);
  }
  fh_plot_scale(cr, 650.0, 60.0, 440.0, &scale);
}

FhStatus
array_plot_map(const ArrayStage* const stage,
               const double* const level_db,
               const char* const title,
               const char* const path)
{
  const size_t n = stage->scene->n_seats;
  ByHeight* const order = (ByHeight*)calloc(n + 1, sizeof(ByHeight));
  double* const column = (double*)calloc(3 * n + 1, sizeof(double));
  FhCanvas* canvas = NULL;
  FhStatus status = FH_ERR_NO_MEM;
  if (order && column) {
    status = fh_canvas_new(path, 740.0, 560.0, &canvas);
  }
  if (!status) {
    draw_map(stage, level_db, title, fh_canvas_cairo(canvas), order, column);
    status = fh_canvas_finish(canvas);
  }
  free(order);
  free(column);
  return status;
}
