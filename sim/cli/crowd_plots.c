// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"

#include <fh/plot.h>

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 4096
#define MAX_LINES 5u

/// Methods that are drawn, from the worst to ours
static const CrowdMethod drawn[MAX_LINES] = {CROWD_NOTHING,
                                             CROWD_RAW,
                                             CROWD_SIM_COUNT,
                                             CROWD_PHYSICS,
                                             CROWD_MODEL};

static const char* const class_short[CROWD_N_CLASSES] =
  {"club", "theatre", "hall", "shed", "arena", "open"};

/// An axis with one tick per class, and room at both ends
static FhAxis
axis_classes(void)
{
  static const double ticks[CROWD_N_CLASSES] = {0, 1, 2, 3, 4, 5};
  FhAxis axis = {NULL, -0.5, 5.5, false, ticks, class_short, CROWD_N_CLASSES};
  return axis;
}

static void
draw_octaves(cairo_t* const cr, const FhCrowdScores* const s)
{
  const char* names[MAX_LINES];
  FhPen pens[MAX_LINES];
  for (int tonal = 0; tonal < 2; ++tonal) {
    FhPlot plot = {
      fh_axis_octaves(),
      {"Error at the seats, rms [dB]", 0.0, 3.0, false, NULL, NULL, 0},
      0,
      0,
      0,
      0};
    plot.y.high = tonal ? 2.0 : 2.5;
    fh_plot_fit(&plot, tonal * 310.0, 0.0, 310.0, 240.0);
    fh_plot_axes(cr, &plot, tonal ? "Tonal" : "Total");
    double hz[FH_N_OCTAVES];
    for (size_t m = 0; m < MAX_LINES; ++m) {
      double y[FH_N_OCTAVES];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        hz[b] = fh_octave_hz(b);
        y[b] = fh_crowd_octave_rms(&s->all, drawn[m], b, tonal == 1);
      }
      names[m] = crowd_method_name(drawn[m]);
      pens[m] = fh_plot_pen(m);
      fh_plot_curve(cr, &plot, hz, y, FH_N_OCTAVES, &pens[m]);
    }
    if (tonal) {
      fh_plot_legend(cr, &plot, names, pens, MAX_LINES, 1);
    }
  }
}

/// Dots of one series over the classes, a little aside of their ticks
static void
draw_series(cairo_t* const cr,
            const FhPlot* const plot,
            const double y[CROWD_N_CLASSES],
            const size_t i,
            const size_t n)
{
  double x[CROWD_N_CLASSES];
  for (size_t c = 0; c < CROWD_N_CLASSES; ++c) {
    x[c] = (double)c + 0.14 * ((double)i - 0.5 * (double)(n - 1));
  }
  const FhPen pen = fh_plot_pen(i);
  fh_plot_dots(cr, plot, x, y, NULL, CROWD_N_CLASSES, 3.0, pen.rgb);
}

/// A level that was asked for
static void
draw_limit(cairo_t* const cr, const FhPlot* const plot, const double y)
{
  const double x[2] = {plot->x.low, plot->x.high};
  const double level[2] = {y, y};
  const FhPen pen = {{0.4, 0.4, 0.4}, 1.0, 3.0};
  fh_plot_curve(cr, plot, x, level, 2, &pen);
}

static void
draw_classes(cairo_t* const cr, const FhCrowdScores* const s)
{
  static const struct {
    const char* title;
    const char* label;
    double low, high;
    double limit[2]; ///< NaN for none
    size_t n;
    const char* names[MAX_LINES];
    int corner;
  } panel[4] = {
    {"Error of the level at the seats",
     "rms [dB]",
     0.0,
     4.5,
     {NAN, NAN},
     MAX_LINES,
     {"nothing", "raw inverse", "simulator at count", "physics fit", "model"},
     1},
    {"Error of the occupancy",
     "mean absolute",
     0.0,
     0.3,
     {0.12, 0.06},
     2,
     {"without a count", "with a count"},
     1},
    {"90 % intervals that hold",
     "[%]",
     75.0,
     100.0,
     {85.0, 97.0},
     2,
     {"model", "class not learned"},
     2},
    {"Shows made worse by over 0.1 dB",
     "[%]",
     0.0,
     20.0,
     {2.0, NAN},
     3,
     {"applied", "applied, tonally", "in full"},
     1},
  };
  for (size_t k = 0; k < 4; ++k) {
    FhPlot plot = {
      axis_classes(),
      {panel[k].label, panel[k].low, panel[k].high, false, NULL, NULL, 0},
      0,
      0,
      0,
      0};
    const double left = k % 2 ? 310.0 : 0.0;
    const double top = k < 2 ? 0.0 : 220.0;
    fh_plot_fit(&plot, left, top, 310.0, 220.0);
    fh_plot_axes(cr, &plot, panel[k].title);
    for (size_t l = 0; l < 2; ++l) {
      if (isfinite(panel[k].limit[l])) {
        draw_limit(cr, &plot, panel[k].limit[l]);
      }
    }
    FhPen pens[MAX_LINES];
    for (size_t i = 0; i < panel[k].n; ++i) {
      double y[CROWD_N_CLASSES];
      for (size_t c = 0; c < CROWD_N_CLASSES; ++c) {
        const CrowdScore* const score = &s->classes[c];
        y[c] = k == 0   ? fh_crowd_rms(score, drawn[i])
               : k == 1 ? fh_crowd_occupancy_error(score, i == 1)
               : k == 2
                 ? 100.0 * fh_crowd_coverage(score)
                 : 100.0 * fh_crowd_worse(score,
                                          i < 2 ? CROWD_APPLIED : CROWD_MODEL,
                                          i == 1);
      }
      for (size_t v = 0, c = 0; k == 2 && i == 1 && v < s->comparison->n; ++v) {
        if (s->comparison->variant[v].kind == FH_CROWD_CLASS) {
          y[c++] = 100.0 * fh_crowd_coverage(&s->comparison->variant[v].score);
        }
      }
      pens[i] = fh_plot_pen(i);
      pens[i].dash_pt = 0.0;
      draw_series(cr, &plot, y, i, panel[k].n);
    }
    fh_plot_legend(
      cr, &plot, panel[k].names, pens, panel[k].n, panel[k].corner);
  }
}

/// Error over the number of venues learned from
static void
draw_sizes(cairo_t* const cr, const FhCrowdComparison* const c)
{
  double n[FH_CROWD_MAX_VARIANTS];
  double y[2][FH_CROWD_MAX_VARIANTS];
  size_t count = 0;
  // The whole is the last point, and the first of the comparison
  for (int whole = 0; whole < 2; ++whole) {
    for (size_t i = 0; i < c->n; ++i) {
      const FhCrowdVariant* const v = &c->variant[i];
      if (v->kind == (whole ? FH_CROWD_BASE : FH_CROWD_SIZE)) {
        n[count] = v->n_venues;
        y[0][count] = fh_crowd_rms(&v->score, CROWD_MODEL);
        y[1][count++] = fh_crowd_rms(&v->score, CROWD_PHYSICS);
      }
    }
  }
  static const double ticks[] = {30, 60, 120, 240, 480, 1080};
  static const char* const tick_names[] = {
    "30", "60", "120", "240", "480", "1080"};
  FhPlot plot = {
    {"Venues learned from", 25.0, 1300.0, true, ticks, tick_names, 6},
    {"rms [dB]", 0.3, 0.5, false, NULL, NULL, 0},
    0,
    0,
    0,
    0};
  fh_plot_fit(&plot, 0.0, 0.0, 235.0, 280.0);
  fh_plot_axes(cr, &plot, "Data");
  const FhPen pens[2] = {fh_plot_pen(4), fh_plot_pen(3)};
  for (size_t k = 0; k < 2; ++k) {
    fh_plot_curve(cr, &plot, n, y[k], count, &pens[k]);
  }
  fh_plot_dots(cr, &plot, n, y[0], NULL, count, 2.5, pens[0].rgb);
  const char* const names[2] = {"model", "physics fit"};
  fh_plot_legend(cr, &plot, names, pens, 2, 1);
}

/// A dot for each thing left out, total and tonal, under one another
static void
draw_ablations(cairo_t* const cr, const FhCrowdComparison* const c)
{
  enum { MOST = 20 };
  const FhCrowdVariant* shown[MOST];
  double ticks[MOST];
  const char* names[MOST];
  size_t n = 0;
  for (size_t i = 0; i < c->n && n < MOST; ++i) {
    const FhCrowdVariantKind kind = c->variant[i].kind;
    if (kind == FH_CROWD_BASE || kind == FH_CROWD_ABLATION) {
      shown[n++] = &c->variant[i];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    ticks[i] = (double)(n - 1 - i);
    names[i] = "";
  }
  FhPlot plot = {{"rms [dB]", 0.2, 0.5, false, NULL, NULL, 0},
                 {NULL, -0.5, (double)n - 0.5, false, ticks, names, n},
                 0,
                 0,
                 0,
                 0};
  // Long names want more room than ticks have
  fh_plot_fit(&plot, 400.0, 0.0, 220.0, 280.0);
  fh_plot_axes(cr, &plot, "Without");
  for (size_t i = 0; i < n; ++i) {
    const double y = fh_plot_y(&plot, ticks[i]);
    fh_plot_text(
      cr, plot.left - 6.0, y, 1.0, 0.5, 8.0, false, NULL, shown[i]->name);
  }
  FhPen pens[2];
  for (size_t k = 0; k < 2; ++k) {
    double x[MOST];
    for (size_t i = 0; i < n; ++i) {
      x[i] = k ? fh_crowd_tonal_rms(&shown[i]->score, CROWD_MODEL)
               : fh_crowd_rms(&shown[i]->score, CROWD_MODEL);
    }
    pens[k] = fh_plot_pen(k ? 2 : 4);
    pens[k].dash_pt = 0.0;
    const double whole[2] = {x[0], x[0]};
    const double ends[2] = {plot.y.low, plot.y.high};
    FhPen thin = pens[k];
    thin.width_pt = 0.7;
    fh_plot_curve(cr, &plot, whole, ends, 2, &thin);
    fh_plot_dots(cr, &plot, x, ticks, NULL, n, 3.0, pens[k].rgb);
  }
  const char* const kinds[2] = {"total", "tonal"};
  fh_plot_legend(cr, &plot, kinds, pens, 2, 1);
}

FhStatus
fh_crowd_draw_page(const char* const folder, const FhCrowdScores* const s)
{
  static const struct {
    const char* name;
    double height_pt;
  } picture[3] = {
    {"octaves.png", 240.0}, {"classes.png", 440.0}, {"parts.png", 280.0}};
  FhStatus status = FH_OK;
  for (size_t i = 0; i < 3 && !status; ++i) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, picture[i].name);
    FhCanvas* canvas = NULL;
    status = fh_canvas_new(path, 620.0, picture[i].height_pt, &canvas);
    if (status) {
      fh_cli_error("%s: cannot be drawn: %s", path, fh_strerror(status));
      break;
    }
    cairo_t* const cr = fh_canvas_cairo(canvas);
    if (i == 0) {
      draw_octaves(cr, s);
    } else if (i == 1) {
      draw_classes(cr, s);
    } else {
      draw_sizes(cr, s->comparison);
      draw_ablations(cr, s->comparison);
    }
    status = fh_canvas_finish(canvas);
    if (status) {
      fh_cli_error("%s: cannot be written: %s", path, fh_strerror(status));
    }
  }
  return status;
}
