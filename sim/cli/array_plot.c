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
array_plot_coverage(const ArrayView* const view, const char* const path)
{
  FhCanvas* canvas = NULL;
  const FhStatus status = fh_canvas_new(path, 760.0, 400.0, &canvas);
  if (status) {
    return status;
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  char title[160];
  (void)snprintf(title, sizeof title, "%s: vertical coverage", view->name);
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
array_plot_polar(const ArrayView* const view, const char* const path)
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
                 view->name);
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

/// Seats this much higher than others under them are on another floor [m]
#define FLOOR_M   1.8
#define MAX_AREAS 64

/// Which areas lie over others: they get a picture beside the rest
static void
find_upper(const FhScene* const scene, bool upper[MAX_AREAS])
{
  memset(upper, 0, MAX_AREAS * sizeof *upper);
  size_t over[MAX_AREAS] = {0};
  size_t all[MAX_AREAS] = {0};
  for (size_t i = 0; i < scene->n_seats; ++i) {
    const FhSeat* const a = &scene->seats[i];
    if (a->area >= MAX_AREAS) {
      continue;
    }
    ++all[a->area];
    const float near_m = sqrtf(a->area_m2);
    for (size_t j = 0; j < scene->n_seats; ++j) {
      const FhSeat* const b = &scene->seats[j];
      if (b->at[2] < a->at[2] - (float)FLOOR_M &&
          fabsf(b->at[0] - a->at[0]) < near_m &&
          fabsf(b->at[1] - a->at[1]) < near_m) {
        ++over[a->area];
        break;
      }
    }
  }
  for (size_t k = 0; k < MAX_AREAS; ++k) {
    upper[k] = over[k] * 5 > all[k];
  }
}

/// One floor of a map
typedef struct {
  size_t n;
  double *x, *y, *v; ///< World places [m] and levels
} Floor;

static void
draw_floor(const ArrayStage* const stage,
           const Floor* const shown,
           const double low[2],
           const double high[2],
           const double size_m,
           const FhColourScale* const scale,
           const double left,
           const double width,
           const char* const title,
           cairo_t* const cr)
{
  const double wide = high[0] - low[0];
  const double tall = high[1] - low[1];
  const double points = fmin((width - 70.0) / wide, 480.0 / tall);
  FhPlot plot;
  memset(&plot, 0, sizeof plot);
  plot.x = (FhAxis){.label = "x [m]", .low = low[0], .high = high[0]};
  plot.y = (FhAxis){.label = "y [m]", .low = low[1], .high = high[1]};
  plot.left = left + 55.0 + 0.5 * (width - 70.0 - points * wide);
  plot.top = 40.0 + 0.5 * (480.0 - points * tall);
  plot.width = points * wide;
  plot.height = points * tall;
  fh_plot_axes(cr, &plot, title);
  fh_plot_cells(
    cr, &plot, shown->x, shown->y, shown->v, shown->n, size_m, scale);
  for (size_t e = 0; e < fh_sources_count(stage->sources); ++e) {
    double world[3];
    static const double red[3] = {0.8, 0.1, 0.1};
    fh_scene_to_world(
      stage->scene, fh_sources_emitter(stage->sources, e)->centre, world);
    fh_plot_dots(cr, &plot, &world[0], &world[1], NULL, 1, 2.5, red);
  }
}

static void
stretch(const double world[3], double low[2], double high[2])
{
  for (size_t k = 0; k < 2; ++k) {
    low[k] = fmin(low[k], world[k]);
    high[k] = fmax(high[k], world[k]);
  }
}

static void
draw_map(const ArrayStage* const stage,
         const double* const level_db,
         const char* const title,
         cairo_t* const cr,
         double* const column)
{
  const FhScene* const scene = stage->scene;
  const size_t n = scene->n_seats;
  bool upper[MAX_AREAS];
  find_upper(scene, upper);
  Floor floors[2] = {{0, column, column + n, column + 2 * n},
                     {0, column + 3 * n, column + 4 * n, column + 5 * n}};
  double low[2] = {HUGE_VAL, HUGE_VAL};
  double high[2] = {-HUGE_VAL, -HUGE_VAL};
  double area_m2 = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const FhSeat* const seat = &scene->seats[i];
    Floor* const one = &floors[seat->area < MAX_AREAS && upper[seat->area]];
    double world[3];
    fh_scene_to_world(scene, seat->at, world);
    stretch(world, low, high);
    one->x[one->n] = world[0];
    one->y[one->n] = world[1];
    one->v[one->n++] = level_db[i];
    area_m2 += (double)seat->area_m2 / (double)n;
  }
  for (size_t e = 0; e < fh_sources_count(stage->sources); ++e) {
    double world[3];
    fh_scene_to_world(
      scene, fh_sources_emitter(stage->sources, e)->centre, world);
    stretch(world, low, high);
  }
  for (size_t k = 0; k < 2; ++k) {
    low[k] -= 2.0;
    high[k] += 2.0;
  }
  double bottom = 0.0;
  double top = 0.0;
  finite_range(level_db, n, &bottom, &top);
  const FhColourScale scale = {FH_COLOUR_VIRIDIS,
                               fmax(floor(bottom), ceil(top) - 40.0),
                               ceil(top) > floor(bottom) ? ceil(top)
                                                         : floor(bottom) + 1.0,
                               "Level [dB]"};
  const bool two = floors[1].n > 0;
  for (size_t f = 0; f < (two ? 2U : 1U); ++f) {
    const char* const name = !two ? title : f ? "Upper floors" : title;
    draw_floor(stage,
               &floors[f],
               low,
               high,
               sqrt(area_m2),
               &scale,
               f ? 460.0 : 0.0,
               two ? 460.0 : 640.0,
               name,
               cr);
  }
  fh_plot_scale(cr, two ? 935.0 : 650.0, 60.0, 440.0, &scale);
}

FhStatus
array_plot_map(const ArrayStage* const stage,
               const double* const level_db,
               const char* const title,
               const char* const path)
{
  const size_t n = stage->scene->n_seats;
  bool upper[MAX_AREAS];
  find_upper(stage->scene, upper);
  bool two = false;
  for (size_t k = 0; k < MAX_AREAS; ++k) {
    two = two || upper[k];
  }
  double* const column = (double*)calloc(6 * n + 1, sizeof(double));
  FhCanvas* canvas = NULL;
  FhStatus status = FH_ERR_NO_MEM;
  if (column) {
    status = fh_canvas_new(path, two ? 1025.0 : 740.0, 560.0, &canvas);
  }
  if (!status) {
    draw_map(stage, level_db, title, fh_canvas_cairo(canvas), column);
    status = fh_canvas_finish(canvas);
  }
  free(column);
  return status;
}
