// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan.h"

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Loudspeakers that are named on a map
#define MAX_LABELS 12u
/// Outlines that have a number
#define MAX_NUMBERS 12u

static void
draw_triangle(cairo_t* const cr, const double x, const double y)
{
  static const double r = 4.5;
  cairo_move_to(cr, x, y - r);
  cairo_line_to(cr, x - 0.87 * r, y + 0.5 * r);
  cairo_line_to(cr, x + 0.87 * r, y + 0.5 * r);
  cairo_close_path(cr);
}

// Where a loudspeaker looks
static void
draw_aim(cairo_t* const cr,
         const double x,
         const double y,
         const PlanMark* const mark)
{
  static const double reach_pt = 14.0;
  for (int pass = 0; pass < 2; ++pass) {
    cairo_set_source_rgb(cr, 1.0 - pass, 1.0 - pass, 1.0 - pass);
    cairo_set_line_width(cr, pass ? 0.9 : 2.2);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x + reach_pt * mark->aim[0], y - reach_pt * mark->aim[1]);
    cairo_stroke(cr);
  }
}

// A name that makes room for those drawn before it
static void
draw_label(cairo_t* const cr,
           double labels[MAX_LABELS][3],
           const size_t n,
           const double x,
           double y,
           const char* const name)
{
  const double half = 2.3 * (double)strlen(name);
  for (size_t i = 0; i < n; ++i) {
    if (fabs(labels[i][0] - x) < labels[i][2] + half &&
        fabs(labels[i][1] - y) < 8.0) {
      y = labels[i][1] + 8.0;
    }
  }
  labels[n][0] = x;
  labels[n][1] = y;
  labels[n][2] = half;
  fh_plot_text(cr, x, y, 0.5, 0.0, 7.0, false, NULL, name);
}

static void
draw_things(cairo_t* const cr,
            const FhPlot* const plot,
            const Plan* const plan,
            const PlanPanel* const panel)
{
  double labels[MAX_LABELS][3];
  size_t n_labels = 0;
  for (size_t e = 0; e < plan->n_loudspeakers; ++e) {
    const PlanMark* const mark = &plan->loudspeaker[e];
    const double x = fh_plot_x(plot, mark->at[0]);
    const double y = fh_plot_y(plot, mark->at[1]);
    if (x < plot->left || x > plot->left + plot->width || y < plot->top ||
        y > plot->top + plot->height) {
      continue;
    }
    draw_aim(cr, x, y, mark);
    draw_triangle(cr, x, y);
    cairo_set_source_rgb(cr, 0.0, 0.0, 0.0);
    if (mark->muted) {
      cairo_set_source_rgb(cr, 0.6, 0.6, 0.6);
    }
    cairo_fill_preserve(cr);
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_set_line_width(cr, 0.8);
    cairo_stroke(cr);
    if (plan->n_loudspeakers <= MAX_LABELS) {
      draw_label(cr, labels, n_labels++, x, y + 4.0, mark->name);
    }
  }
  for (size_t m = 0; m < plan->n_microphones; ++m) {
    const double* const at = plan->microphone[m].at;
    // Those of another level would only confuse
    if (at[2] < panel->under - 2.5 || at[2] > panel->over + 2.5) {
      continue;
    }
    const double x = fh_plot_x(plot, at[0]);
    const double y = fh_plot_y(plot, at[1]);
    if (x < plot->left || x > plot->left + plot->width || y < plot->top ||
        y > plot->top + plot->height) {
      continue;
    }
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_set_line_width(cr, 2.4);
    cairo_arc(cr, x, y, 2.6, 0.0, 6.2832);
    cairo_stroke(cr);
    cairo_set_source_rgb(cr, 0.0, 0.0, 0.0);
    cairo_set_line_width(cr, 1.0);
    cairo_arc(cr, x, y, 2.6, 0.0, 6.2832);
    cairo_stroke(cr);
  }
}

// The seats of one area on a panel
static size_t
gather_area(const Plan* const plan,
            const PlanPanel* const panel,
            const double* const value,
            const size_t area)
{
  size_t n = 0;
  for (size_t i = 0; i < panel->n_seats; ++i) {
    const uint32_t s = panel->seat[i];
    if (plan->area_of[s] == area) {
      plan->part[0][n] = plan->seat[s][0];
      plan->part[1][n] = plan->seat[s][1];
      plan->part[2][n] = value[s];
      ++n;
    }
  }
  return n;
}

// A plus or a minus on seats whose value is far from 0
static void
draw_signs(cairo_t* const cr,
           const FhPlot* const plot,
           const Plan* const plan,
           const size_t n,
           const double spacing_m,
           const PlanMap* const map)
{
  const double cell = fabs(fh_plot_x(plot, spacing_m) - fh_plot_x(plot, 0.0));
  // Cells that are too small show a sign for some of them only
  const size_t step = (size_t)fmax(ceil(6.0 / cell), 1.0);
  const double half = fmin(0.3 * cell * (double)step, 3.0);
  cairo_set_line_width(cr, 0.7);
  for (size_t i = 0; i < n; i += step) {
    const double v = plan->part[2][i];
    if (!(fabs(v) >= map->sign_from)) {
      continue;
    }
    // Light ink where the ends of the scale are dark
    const double ink = fabs(v) > 0.66 * map->scale.high ? 1.0 : 0.0;
    cairo_set_source_rgb(cr, ink, ink, ink);
    const double x = fh_plot_x(plot, plan->part[0][i]);
    const double y = fh_plot_y(plot, plan->part[1][i]);
    cairo_move_to(cr, x - half, y);
    cairo_line_to(cr, x + half, y);
    if (v > 0.0) {
      cairo_move_to(cr, x, y - half);
      cairo_line_to(cr, x, y + half);
    }
    cairo_stroke(cr);
  }
}

static void
draw_seats(cairo_t* const cr,
           const FhPlot* const plot,
           const Plan* const plan,
           const PlanPanel* const panel,
           const PlanMap* const map)
{
  for (size_t a = 0; a < plan->n_areas; ++a) {
    const size_t n = gather_area(plan, panel, map->value, a);
    fh_plot_cells(cr,
                  plot,
                  plan->part[0],
                  plan->part[1],
                  plan->part[2],
                  n,
                  plan->area[a].spacing_m,
                  &map->scale);
    if (map->sign_from > 0.0) {
      draw_signs(cr, plot, plan, n, plan->area[a].spacing_m, map);
    }
  }
}

static bool
is_on(const PlanPanel* const panel, const uint32_t seat)
{
  for (size_t i = 0; i < panel->n_seats; ++i) {
    if (panel->seat[i] == seat) {
      return true;
    }
  }
  return false;
}

static void
draw_outlines(cairo_t* const cr,
              const FhPlot* const plot,
              const PlanPanel* const panel,
              const PlanMap* const map)
{
  for (size_t o = 0; o < map->n_outlines; ++o) {
    const Outline* const outline = &map->outlines[o];
    size_t from = 0;
    for (size_t l = 0; l < outline->n_loops && is_on(panel, outline->seat);
         ++l) {
      cairo_new_sub_path(cr);
      for (size_t i = from; i < outline->end[l]; ++i) {
        cairo_line_to(cr,
                      fh_plot_x(plot, outline->point[i][0]),
                      fh_plot_y(plot, outline->point[i][1]));
      }
      from = outline->end[l];
      cairo_close_path(cr);
    }
  }
  // White under black: seen on any colour, and in grey
  cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
  cairo_set_line_width(cr, 2.4);
  cairo_stroke_preserve(cr);
  cairo_set_source_rgb(cr, 0.0, 0.0, 0.0);
  cairo_set_line_width(cr, 1.1);
  cairo_stroke(cr);
}

/// Numbers of the largest outlines, each on a seat of its own
static void
draw_numbers(cairo_t* const cr,
             const FhPlot* const plot,
             const Plan* const plan,
             const PlanPanel* const panel,
             const PlanMap* const map)
{
  for (size_t o = 0; o < map->n_outlines && o < MAX_NUMBERS; ++o) {
    const uint32_t seat = map->outlines[o].seat;
    if (!is_on(panel, seat)) {
      continue;
    }
    const double x = fh_plot_x(plot, plan->seat[seat][0]);
    const double y = fh_plot_y(plot, plan->seat[seat][1]);
    char text[16];
    snprintf(text, sizeof text, "%zu", o + 1);
    cairo_new_path(cr);
    cairo_arc(cr, x, y, 5.5, 0.0, 2.0 * FH_PI);
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_fill_preserve(cr);
    cairo_set_source_rgb(cr, 0.0, 0.0, 0.0);
    cairo_set_line_width(cr, 0.8);
    cairo_stroke(cr);
    fh_plot_text(cr, x, y, 0.5, 0.5, 7.0, true, NULL, text);
  }
}

static void
draw_walls(cairo_t* const cr, const FhPlot* const plot, const Plan* const plan)
{
  cairo_save(cr);
  cairo_rectangle(cr, plot->left, plot->top, plot->width, plot->height);
  cairo_clip(cr);
  cairo_set_source_rgb(cr, 0.5, 0.5, 0.5);
  cairo_set_line_width(cr, 0.6);
  for (size_t i = 0; i < plan->n_walls; ++i) {
    const double* const w = plan->wall[i];
    cairo_move_to(cr, fh_plot_x(plot, w[0]), fh_plot_y(plot, w[1]));
    cairo_line_to(cr, fh_plot_x(plot, w[2]), fh_plot_y(plot, w[3]));
  }
  cairo_stroke(cr);
  cairo_restore(cr);
}

/// How the panels of a plan lie on a page
typedef struct {
  bool stacked; ///< One above the other, else side by side
  double w_m, h_m;
  double pt_per_m;
  double panel_w, panel_h; ///< [pt]
} Layout;

static Layout
layout_of(const Plan* const plan, const double room_pt[2])
{
  const PlanPanel* const first = &plan->panel[0];
  const double n = (double)plan->n_panels;
  Layout best = {0};
  // Whichever way shows it larger
  for (int stacked = 0; stacked < 2; ++stacked) {
    Layout l = {.stacked = stacked != 0,
                .w_m = first->high[0] - first->low[0],
                .h_m = first->high[1] - first->low[1]};
    const double across = l.stacked ? 1.0 : n;
    const double down = l.stacked ? n : 1.0;
    l.pt_per_m = fmax(fmin(((room_pt[0] - 70.0) / across - 66.0) / l.w_m,
                           (room_pt[1] / down - 62.0) / l.h_m),
                      0.01);
    l.panel_w = fmax(l.w_m * l.pt_per_m + 66.0, 150.0);
    l.panel_h = fmax(l.h_m * l.pt_per_m, 60.0) + 62.0;
    if (l.pt_per_m > best.pt_per_m) {
      best = l;
    }
  }
  return best;
}

void
plan_size(const Plan* const plan, const double room_pt[2], double size_pt[2])
{
  const Layout l = layout_of(plan, room_pt);
  const double n = (double)plan->n_panels;
  size_pt[0] = (l.stacked ? l.panel_w : l.panel_w * n) + 70.0;
  size_pt[1] = l.stacked ? l.panel_h * n : l.panel_h;
}

void
plan_draw(cairo_t* const cr,
          const Plan* const plan,
          const double left_pt,
          const double top_pt,
          const double room_pt[2],
          const PlanMap* const map)
{
  const Layout l = layout_of(plan, room_pt);
  for (size_t p = 0; p < plan->n_panels; ++p) {
    const PlanPanel* const panel = &plan->panel[p];
    FhPlot plot = {
      .x = {.label = "x [m]", .low = panel->low[0], .high = panel->high[0]},
      .y = {.label = "y [m]", .low = panel->low[1], .high = panel->high[1]}};
    fh_plot_fit(&plot,
                left_pt + (l.stacked ? 0.0 : l.panel_w * (double)p),
                top_pt + (l.stacked ? l.panel_h * (double)p : 0.0),
                l.w_m * l.pt_per_m + 66.0,
                l.h_m * l.pt_per_m + 62.0);
    fh_plot_axes(cr, &plot, panel->title);
    draw_walls(cr, &plot, plan);
    draw_seats(cr, &plot, plan, panel, map);
    draw_outlines(cr, &plot, panel, map);
    draw_numbers(cr, &plot, plan, panel, map);
    draw_things(cr, &plot, plan, panel);
  }
  double size_pt[2];
  plan_size(plan, room_pt, size_pt);
  fh_plot_scale(cr,
                left_pt + size_pt[0] - 66.0,
                top_pt + 24.0,
                fmin(l.panel_h - 62.0, 300.0),
                &map->scale);
}

FhStatus
plan_write(const Plan* const plan,
           const char* const title,
           const PlanMap* const map,
           FhRunFolder* const folder,
           const char* const name,
           FhDiag* const diag)
{
  static const double room_pt[2] = {730.0, 622.0};
  static const double head_pt = 26.0;
  double size_pt[2];
  plan_size(plan, room_pt, size_pt);
  errno = 0;
  const char* const path = fh_run_folder_path(folder, name);
  FhCanvas* canvas = NULL;
  FhStatus status =
    path ? fh_canvas_new(
             path, fmax(size_pt[0], 380.0), size_pt[1] + head_pt, &canvas)
         : FH_ERR_IO;
  if (!status) {
    cairo_t* const cr = fh_canvas_cairo(canvas);
    char text[256];
    snprintf(text, sizeof(text), "%s: %s", plan->venue, title);
    fh_plot_text(cr, 12.0, 8.0, 0.0, 0.0, 12.0, true, NULL, text);
    plan_draw(cr, plan, 0.0, head_pt, room_pt, map);
    errno = 0;
    status = fh_canvas_finish(canvas);
  }
  if (status) {
    fh_run_folder_complain(folder, name, diag);
  }
  return status;
}

static int
by_value(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

double
plan_quantile(const Plan* const plan,
              const double* const value,
              const double share)
{
  size_t n = 0;
  for (size_t i = 0; i < plan->n_seats; ++i) {
    if (isfinite(value[i])) {
      plan->part[0][n++] = value[i];
    }
  }
  if (!n) {
    return NAN;
  }
  qsort(plan->part[0], n, sizeof(double), by_value);
  return plan->part[0][(size_t)(share * (double)(n - 1))];
}

FhColourScale
plan_level_scale(const Plan* const plan,
                 const double* const value,
                 const char* const label)
{
  const double top = plan_quantile(plan, value, 0.98);
  const double high = isfinite(top) ? 3.0 * ceil(top / 3.0) : 90.0;
  return (FhColourScale){FH_COLOUR_VIRIDIS, high - 18.0, high, label};
}
