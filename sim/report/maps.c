// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/plot.h>
#include <fh/run.h>

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Panels at most; areas beyond share the last one
#define MAX_PANELS 4u
/// Triangles of the building drawn at most
#define MAX_OUTLINE 60000u
/// Loudspeakers that are named on a map
#define MAX_LABELS 12u

/// Areas that can be seen from above without hiding each other
typedef struct {
  size_t n_seats;
  uint32_t* seat;         ///< [n_seats] indices; owned
  double low[2], high[2]; ///< Of the picture, world [m]
  double under, over;     ///< Heights of its ears [m]
  char title[160];
} Panel;

typedef struct {
  const FhRun* run;
  size_t n_panels;
  Panel panel[MAX_PANELS];
  double* x;       ///< [n_seats] world [m]; owned
  double* y;       ///< [n_seats]; owned
  double* z;       ///< [n_seats]; owned
  double* value;   ///< [n_seats]; owned
  double* part[3]; ///< [n_seats] scratch of one panel; owned
} Maps;

static void
maps_clear(Maps* const maps)
{
  for (size_t p = 0; p < MAX_PANELS; ++p) {
    free(maps->panel[p].seat);
  }
  free(maps->x);
  free(maps->y);
  free(maps->z);
  free(maps->value);
  for (size_t i = 0; i < 3; ++i) {
    free(maps->part[i]);
  }
  memset(maps, 0, sizeof(*maps));
}

/// Box of an area's seats
typedef struct {
  double low[3], high[3];
  size_t n;
} Box;

static Box
box_of_area(const Maps* const maps, const size_t area)
{
  Box box = {
    {INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}, 0};
  for (size_t i = 0; i < maps->run->scene.n_seats; ++i) {
    if (maps->run->scene.seats[i].area == area) {
      const double at[3] = {maps->x[i], maps->y[i], maps->z[i]};
      for (size_t k = 0; k < 3; ++k) {
        box.low[k] = fmin(box.low[k], at[k]);
        box.high[k] = fmax(box.high[k], at[k]);
      }
      ++box.n;
    }
  }
  return box;
}

// Whether some seat of area `b` lies above or below one of area `a`
static bool
overlap(const Maps* const maps, const size_t a, const size_t b)
{
  const Box box_a = box_of_area(maps, a);
  const Box box_b = box_of_area(maps, b);
  for (size_t k = 0; k < 2; ++k) {
    if (box_a.high[k] < box_b.low[k] || box_b.high[k] < box_a.low[k]) {
      return false;
    }
  }
  const FhSeat* const seats = maps->run->scene.seats;
  const size_t n = maps->run->scene.n_seats;
  const double reach = 0.5 * maps->run->venue->audience[a].spacing_m +
                       0.5 * maps->run->venue->audience[b].spacing_m;
  for (size_t i = 0; i < n; ++i) {
    // Only those of `a` within the box of `b`
    if (seats[i].area != a || maps->x[i] < box_b.low[0] - reach ||
        maps->x[i] > box_b.high[0] + reach ||
        maps->y[i] < box_b.low[1] - reach ||
        maps->y[i] > box_b.high[1] + reach) {
      continue;
    }
    for (size_t j = 0; j < n; ++j) {
      if (seats[j].area == b && fabs(maps->x[i] - maps->x[j]) < reach &&
          fabs(maps->y[i] - maps->y[j]) < reach) {
        return true;
      }
    }
  }
  return false;
}

/// An area's order from the ground up
typedef struct {
  double height_m;
  size_t area;
} Ranked;

static int
by_height(const void* const a, const void* const b)
{
  const Ranked* const x = (const Ranked*)a;
  const Ranked* const y = (const Ranked*)b;
  if (x->height_m < y->height_m || x->height_m > y->height_m) {
    return x->height_m < y->height_m ? -1 : 1;
  }
  return (x->area > y->area) - (x->area < y->area);
}

static void
widen(Panel* const panel, const double x, const double y)
{
  panel->low[0] = fmin(panel->low[0], x);
  panel->low[1] = fmin(panel->low[1], y);
  panel->high[0] = fmax(panel->high[0], x);
  panel->high[1] = fmax(panel->high[1], y);
}

static FhStatus
fill_panels(Maps* const maps, const size_t* const panel_of)
{
  const FhRun* const run = maps->run;
  for (size_t p = 0; p < maps->n_panels; ++p) {
    Panel* const panel = &maps->panel[p];
    panel->seat = (uint32_t*)calloc(run->scene.n_seats + 1, sizeof(uint32_t));
    if (!panel->seat) {
      return FH_ERR_NO_MEM;
    }
    for (size_t k = 0; k < 2; ++k) {
      panel->low[k] = INFINITY;
      panel->high[k] = -INFINITY;
    }
    panel->under = INFINITY;
    panel->over = -INFINITY;
  }
  for (uint32_t i = 0; i < run->scene.n_seats; ++i) {
    const uint32_t area = run->scene.seats[i].area;
    Panel* const panel = &maps->panel[panel_of[area]];
    panel->seat[panel->n_seats++] = i;
    widen(panel, maps->x[i], maps->y[i]);
    panel->under = fmin(panel->under, maps->z[i]);
    panel->over = fmax(panel->over, maps->z[i]);
  }
  for (size_t a = 0; a < run->venue->n_audience; ++a) {
    char* const title = maps->panel[panel_of[a]].title;
    const size_t used = strlen(title);
    snprintf(title + used,
             sizeof(maps->panel[0].title) - used,
             "%s%s",
             used ? ", " : "",
             run->venue->audience[a].name);
  }
  return FH_OK;
}

static FhStatus
assign_panels(Maps* const maps)
{
  const size_t n = maps->run->venue->n_audience;
  Ranked* const rank = (Ranked*)calloc(n + 1, sizeof(Ranked));
  size_t* const panel_of = (size_t*)calloc(n + 1, sizeof(size_t));
  FhStatus status = rank && panel_of ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    for (size_t a = 0; a < n; ++a) {
      const Box box = box_of_area(maps, a);
      rank[a].area = a;
      rank[a].height_m = box.n ? box.low[2] : 0.0;
    }
    qsort(rank, n, sizeof(Ranked), by_height);
    maps->n_panels = 1;
    for (size_t i = 0; i < n; ++i) {
      size_t p = 0;
      for (size_t j = 0; j < i; ++j) {
        if (panel_of[rank[j].area] >= p &&
            overlap(maps, rank[i].area, rank[j].area)) {
          p = panel_of[rank[j].area] + 1;
        }
      }
      panel_of[rank[i].area] = p < MAX_PANELS ? p : MAX_PANELS - 1;
      if (panel_of[rank[i].area] >= maps->n_panels) {
        maps->n_panels = panel_of[rank[i].area] + 1;
      }
    }
    status = fill_panels(maps, panel_of);
  }
  free(rank);
  free(panel_of);
  return status;
}

// Show the loudspeakers too where they are not far away, and some air
static void
frame_panels(Maps* const maps)
{
  double low[2] = {INFINITY, INFINITY};
  double high[2] = {-INFINITY, -INFINITY};
  for (size_t p = 0; p < maps->n_panels; ++p) {
    for (size_t k = 0; k < 2; ++k) {
      low[k] = fmin(low[k], maps->panel[p].low[k]);
      high[k] = fmax(high[k], maps->panel[p].high[k]);
    }
  }
  const double size = fmax(fmax(high[0] - low[0], high[1] - low[1]), 1.0);
  Panel whole = {.low = {low[0], low[1]}, .high = {high[0], high[1]}};
  for (size_t e = 0; e < maps->run->n_emitters; ++e) {
    double at[3];
    fh_scene_to_world(
      &maps->run->scene, fh_sources_emitter(maps->run->sources, e)->centre, at);
    if (at[0] > low[0] - size && at[0] < high[0] + size &&
        at[1] > low[1] - size && at[1] < high[1] + size) {
      widen(&whole, at[0], at[1]);
    }
  }
  // The room as well, where it is not much larger than the audience
  for (size_t k = 0; k < 2; ++k) {
    const double* const origin = maps->run->scene.origin;
    const double wall[2] = {(double)maps->run->scene.low[k] + origin[k],
                            (double)maps->run->scene.high[k] + origin[k]};
    if (low[k] - wall[0] < 0.6 * size) {
      whole.low[k] = fmin(whole.low[k], wall[0]);
    }
    if (wall[1] - high[k] < 0.6 * size) {
      whole.high[k] = fmax(whole.high[k], wall[1]);
    }
  }
  const double air = 0.02 * size + 0.2;
  for (size_t p = 0; p < maps->n_panels; ++p) {
    for (size_t k = 0; k < 2; ++k) {
      // Names hang under the loudspeakers
      maps->panel[p].low[k] = whole.low[k] - (k ? 3.0 : 1.0) * air;
      maps->panel[p].high[k] = whole.high[k] + air;
    }
  }
}

static FhStatus
maps_init(Maps* const maps, const FhRun* const run)
{
  memset(maps, 0, sizeof(*maps));
  maps->run = run;
  const size_t n = run->scene.n_seats;
  maps->x = (double*)calloc(n + 1, sizeof(double));
  maps->y = (double*)calloc(n + 1, sizeof(double));
  maps->z = (double*)calloc(n + 1, sizeof(double));
  maps->value = (double*)calloc(n + 1, sizeof(double));
  bool ok = maps->x && maps->y && maps->z && maps->value;
  for (size_t i = 0; i < 3; ++i) {
    maps->part[i] = (double*)calloc(n + 1, sizeof(double));
    ok = ok && maps->part[i];
  }
  if (!ok) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    double at[3];
    fh_scene_to_world(&run->scene, run->scene.seats[i].at, at);
    maps->x[i] = at[0];
    maps->y[i] = at[1];
    maps->z[i] = at[2];
  }
  const FhStatus status = assign_panels(maps);
  if (!status) {
    frame_panels(maps);
  }
  return status;
}

// Walls seen from above: triangles that stand nearly upright
static void
draw_building(cairo_t* const cr, const FhPlot* const plot, const FhRun* run)
{
  const FhScene* const s = &run->scene;
  if (s->n_triangles > MAX_OUTLINE) {
    return;
  }
  cairo_save(cr);
  cairo_rectangle(cr, plot->left, plot->top, plot->width, plot->height);
  cairo_clip(cr);
  cairo_set_source_rgb(cr, 0.5, 0.5, 0.5);
  cairo_set_line_width(cr, 0.6);
  for (size_t t = 0; t < s->n_triangles; ++t) {
    if (s->kind[t] != FH_SURFACE_PLAIN || fabs((double)s->normal[t][2]) > 0.3) {
      continue;
    }
    for (size_t k = 0; k < 3; ++k) {
      const float* const a = s->vertex[s->triangle[t][k]];
      const float* const b = s->vertex[s->triangle[t][(k + 1) % 3]];
      const double dx = (double)a[0] - (double)b[0];
      const double dy = (double)a[1] - (double)b[1];
      if (dx * dx + dy * dy > 1e-4) {
        cairo_move_to(cr,
                      fh_plot_x(plot, (double)a[0] + s->origin[0]),
                      fh_plot_y(plot, (double)a[1] + s->origin[1]));
        cairo_line_to(cr,
                      fh_plot_x(plot, (double)b[0] + s->origin[0]),
                      fh_plot_y(plot, (double)b[1] + s->origin[1]));
      }
    }
  }
  cairo_stroke(cr);
  cairo_restore(cr);
}

static void
draw_triangle(cairo_t* const cr, const double x, const double y)
{
  static const double r = 4.5;
  cairo_move_to(cr, x, y - r);
  cairo_line_to(cr, x - 0.87 * r, y + 0.5 * r);
  cairo_line_to(cr, x + 0.87 * r, y + 0.5 * r);
  cairo_close_path(cr);
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
            const FhRun* const run,
            const Panel* const panel)
{
  double at[3];
  double labels[MAX_LABELS][3];
  size_t n_labels = 0;
  for (size_t e = 0; e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    fh_scene_to_world(&run->scene, emitter->centre, at);
    const double x = fh_plot_x(plot, at[0]);
    const double y = fh_plot_y(plot, at[1]);
    if (x < plot->left || x > plot->left + plot->width || y < plot->top ||
        y > plot->top + plot->height) {
      continue;
    }
    draw_triangle(cr, x, y);
    cairo_set_source_rgb(cr, 0.0, 0.0, 0.0);
    if (emitter->muted) {
      cairo_set_source_rgb(cr, 0.6, 0.6, 0.6);
    }
    cairo_fill_preserve(cr);
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_set_line_width(cr, 0.8);
    cairo_stroke(cr);
    if (run->n_emitters <= MAX_LABELS) {
      draw_label(cr, labels, n_labels++, x, y + 4.0, emitter->name);
    }
  }
  for (size_t m = 0; m < run->scene.n_microphones; ++m) {
    fh_scene_to_world(&run->scene, run->scene.microphone[m], at);
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
gather_area(const Maps* const maps, const Panel* const panel, const size_t area)
{
  size_t n = 0;
  for (size_t i = 0; i < panel->n_seats; ++i) {
    const uint32_t s = panel->seat[i];
    if (maps->run->scene.seats[s].area == area) {
      maps->part[0][n] = maps->x[s];
      maps->part[1][n] = maps->y[s];
      maps->part[2][n] = maps->value[s];
      ++n;
    }
  }
  return n;
}

static void
draw_seats(cairo_t* const cr,
           const FhPlot* const plot,
           const Maps* const maps,
           const Panel* const panel,
           const FhColourScale* const scale)
{
  for (size_t a = 0; a < maps->run->venue->n_audience; ++a) {
    const size_t n = gather_area(maps, panel, a);
    fh_plot_cells(cr,
                  plot,
                  maps->part[0],
                  maps->part[1],
                  maps->part[2],
                  n,
                  maps->run->venue->audience[a].spacing_m,
                  scale);
  }
}

static FhStatus
draw_map(const Maps* const maps,
         const char* const title,
         const FhColourScale* const scale,
         FhRunFolder* const folder,
         const char* const name,
         FhDiag* const diag)
{
  static const double page_pt = 660.0;
  const Panel* const first = &maps->panel[0];
  const double w_m = first->high[0] - first->low[0];
  const double h_m = first->high[1] - first->low[1];
  // Wide houses stack their levels, deep ones put them side by side
  const bool stacked = w_m > h_m;
  const double n = (double)maps->n_panels;
  const double room = stacked ? page_pt : page_pt / fmax(n, 1.0);
  const double pt_per_m =
    fmin((room - 66.0) / w_m, 560.0 / (stacked ? n : 1.0) / h_m);
  const double panel_w = fmax(w_m * pt_per_m + 66.0, 150.0);
  const double panel_h = fmax(h_m * pt_per_m, 60.0) + 62.0;
  const double width = (stacked ? panel_w : panel_w * n) + 70.0;
  const double height = (stacked ? panel_h * n : panel_h) + 26.0;

  errno = 0;
  const char* const path = fh_run_folder_path(folder, name);
  FhCanvas* canvas = NULL;
  FhStatus status =
    path ? fh_canvas_new(path, fmax(width, 380.0), height, &canvas) : FH_ERR_IO;
  if (status) {
    fh_run_folder_complain(folder, name, diag);
    return status;
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  char text[256];
  snprintf(text, sizeof(text), "%s: %s", maps->run->venue->name, title);
  fh_plot_text(cr, 12.0, 8.0, 0.0, 0.0, 12.0, true, NULL, text);
  for (size_t p = 0; p < maps->n_panels; ++p) {
    const Panel* const panel = &maps->panel[p];
    FhPlot plot = {
      .x = {.label = "x [m]", .low = panel->low[0], .high = panel->high[0]},
      .y = {.label = "y [m]", .low = panel->low[1], .high = panel->high[1]}};
    fh_plot_fit(&plot,
                stacked ? 0.0 : panel_w * (double)p,
                26.0 + (stacked ? panel_h * (double)p : 0.0),
                w_m * pt_per_m + 66.0,
                h_m * pt_per_m + 62.0);
    fh_plot_axes(cr, &plot, panel->title);
    draw_building(cr, &plot, maps->run);
    draw_seats(cr, &plot, maps, panel, scale);
    draw_things(cr, &plot, maps->run, panel);
  }
  fh_plot_scale(cr,
                (stacked ? panel_w : panel_w * n) + 4.0,
                50.0,
                fmin(panel_h - 62.0, 300.0),
                scale);
  errno = 0;
  status = fh_canvas_finish(canvas);
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

// The value that `share` of the seats stay below
static double
quantile(const Maps* const maps, const double share)
{
  size_t n = 0;
  for (size_t i = 0; i < maps->run->scene.n_seats; ++i) {
    if (isfinite(maps->value[i])) {
      maps->part[0][n++] = maps->value[i];
    }
  }
  if (!n) {
    return NAN;
  }
  qsort(maps->part[0], n, sizeof(double), by_value);
  return maps->part[0][(size_t)(share * (double)(n - 1))];
}

/*
  Every level map spans 18 dB, so that one glance at two pictures compares them;
  its top is a multiple of 3 dB that leaves 2 % of the seats above.
*/
static FhColourScale
level_scale(const Maps* const maps, const char* const label)
{
  const double top = quantile(maps, 0.98);
  const double high = isfinite(top) ? 3.0 * ceil(top / 3.0) : 90.0;
  return (FhColourScale){FH_COLOUR_VIRIDIS, high - 18.0, high, label};
}

typedef FhStatus (*DrawFn)(Maps* maps, FhRunFolder* folder, FhDiag* diag);

static FhStatus
draw_levels(Maps* const maps, FhRunFolder* const folder, FhDiag* const diag)
{
  const FhRun* const run = maps->run;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    maps->value[i] = (double)run->seats[i].spl_dba;
  }
  FhColourScale scale = level_scale(maps, "Level [dB(A)]");
  FhStatus status = draw_map(maps,
                             "sound pressure level, A-weighted",
                             &scale,
                             folder,
                             "maps/spl_dba.png",
                             diag);
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    char name[64];
    char title[96];
    snprintf(name, sizeof(name), "maps/spl_%s.png", fh_octave_name(b));
    snprintf(title,
             sizeof(title),
             "sound pressure level, %s Hz octave",
             fh_octave_name(b));
    for (size_t i = 0; i < run->scene.n_seats; ++i) {
      maps->value[i] = (double)run->seats[i].spl_octave_db[b];
    }
    scale = level_scale(maps, "Level [dB]");
    status = draw_map(maps, title, &scale, folder, name, diag);
  }
  return status;
}

static FhStatus
draw_quality(Maps* const maps, FhRunFolder* const folder, FhDiag* const diag)
{
  const FhRun* const run = maps->run;
  const size_t n = run->scene.n_seats;
  for (size_t i = 0; i < n; ++i) {
    maps->value[i] = (double)run->seats[i].sti;
  }
  FhColourScale scale = {FH_COLOUR_VIRIDIS, 0.3, 0.8, "STI"};
  FhStatus status = draw_map(
    maps, "speech transmission index", &scale, folder, "maps/sti.png", diag);
  for (size_t i = 0; i < n; ++i) {
    maps->value[i] = (double)run->seats[i].c80_db[4];
  }
  scale = (FhColourScale){FH_COLOUR_VIRIDIS, -6.0, 12.0, "C80 [dB]"};
  if (!status) {
    status = draw_map(
      maps, "clarity C80, 1 kHz octave", &scale, folder, "maps/c80.png", diag);
  }
  for (size_t i = 0; i < n; ++i) {
    maps->value[i] = (double)run->seats[i].d_r_db;
  }
  scale = (FhColourScale){
    FH_COLOUR_DIVERGING, -12.0, 12.0, "Direct over reflected [dB]"};
  if (!status) {
    status = draw_map(maps,
                      "direct to reflected sound, A-weighted",
                      &scale,
                      folder,
                      "maps/d_r.png",
                      diag);
  }
  return status;
}

static FhStatus
draw_decay(Maps* const maps, FhRunFolder* const folder, FhDiag* const diag)
{
  for (size_t i = 0; i < maps->run->scene.n_seats; ++i) {
    maps->value[i] = (double)maps->run->seats[i].t30_s[4];
  }
  // About the median by a factor: the same span in every house
  const double middle = quantile(maps, 0.5);
  const double top = isfinite(middle) ? ceil(middle * 15.0) / 10.0 : 1.0;
  const FhColourScale scale = {
    FH_COLOUR_VIRIDIS, 0.0, fmax(top, 0.2), "T30 [s]"};
  return draw_map(maps,
                  "reverberation time T30, 1 kHz octave",
                  &scale,
                  folder,
                  "maps/t30.png",
                  diag);
}

static FhStatus
draw_dead(Maps* const maps, FhRunFolder* const folder, FhDiag* const diag)
{
  for (size_t i = 0; i < maps->run->scene.n_seats; ++i) {
    unsigned n = 0;
    for (unsigned bits = maps->run->seats[i].dead; bits; bits >>= 1) {
      n += bits & 1U;
    }
    maps->value[i] = (double)n;
  }
  const FhColourScale scale = {
    FH_COLOUR_RISING, 0.0, 3.0, "Reasons why a seat is dead"};
  char title[96];
  snprintf(title,
           sizeof(title),
           "dead seats (%zu of %zu)",
           maps->run->zones.n_dead,
           maps->run->scene.n_seats);
  return draw_map(maps, title, &scale, folder, "maps/dead.png", diag);
}

FhStatus
fh_run_write_maps(const FhRun* const run,
                  const FhProgressFn progress,
                  void* const user,
                  FhRunFolder* const folder,
                  FhDiag* const diag)
{
  static const DrawFn draw[] = {
    draw_levels, draw_quality, draw_decay, draw_dead};
  if (!run->seats || !run->scene.n_seats) {
    return FH_OK;
  }
  Maps maps;
  FhStatus status = maps_init(&maps, run);
  for (size_t i = 0; i < sizeof(draw) / sizeof(draw[0]) && !status; ++i) {
    if (progress) {
      // Ctrl-C does not end the writing of what is finished
      (void)progress(user, "Maps", (double)i / 4.0);
    }
    status = draw[i](&maps, folder, diag);
  }
  maps_clear(&maps);
  return status;
}
