// SPDX-License-Identifier: GPL-3.0-or-later
#include "paint.h"
#include "panel.h"

#include <math.h>
#include <stdio.h>

static double
band_x(unsigned band)
{
  return panel_x_of_hz((double)fh_view_band_hz(band));
}

// Within the plot, a little beyond its ends for what is off the scale
static double
band_y(float db)
{
  const double y = panel_y_of_db((double)db);
  return fmin(fmax(y, panel_y_of_db(9.6)), panel_y_of_db(-9.6));
}

static void
draw_grid(cairo_t* cr)
{
  static const double lines_hz[] = {
    31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000};
  static const char* const names[] = {
    "31", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"};
  const Box plot = panel_box(ITEM_PLOT);
  const double left = panel_x_of_hz(18.0);
  const double right = panel_x_of_hz(22400.0);
  cairo_set_line_width(cr, 1.0);
  paint_weight(cr, false);
  for (int db = -9; db <= 9; db += 3) {
    const double y = floor(panel_y_of_db(db)) + 0.5;
    paint_ink(cr, INK_EDGE, db ? 0.5 : 1.0);
    cairo_move_to(cr, left, y);
    cairo_line_to(cr, right, y);
    cairo_stroke(cr);
    char text[8];
    snprintf(text, sizeof(text), db > 0 ? "+%d" : "%d", db);
    paint_ink(cr, INK_DIM, 1.0);
    paint_text(cr, left - 6.0, y, 12.0, 1.0, text);
  }
  for (size_t i = 0; i < sizeof(lines_hz) / sizeof(lines_hz[0]); ++i) {
    const double x = floor(panel_x_of_hz(lines_hz[i])) + 0.5;
    paint_ink(cr, INK_EDGE, 0.5);
    cairo_move_to(cr, x, panel_y_of_db(9.0));
    cairo_line_to(cr, x, panel_y_of_db(-9.0));
    cairo_stroke(cr);
    paint_ink(cr, INK_DIM, 1.0);
    paint_text(cr, x, plot.y + plot.h - 12.0, 12.0, 0.5, names[i]);
  }
}

// Bands whose coherence is low are dark: do not trust what is drawn there
static void
draw_coherence(const FhView* view, cairo_t* cr)
{
  const double top = panel_y_of_db(9.0);
  const double bottom = panel_y_of_db(-9.0);
  const bool is_measuring = view->fact[FH_FACT_HAS_WORKER] > 0.5f;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    const double left =
      i ? 0.5 * (band_x(i - 1) + band_x(i)) : panel_x_of_hz(18.0);
    const double right = i + 1 < FH_N_EQ_BANDS
                           ? 0.5 * (band_x(i) + band_x(i + 1))
                           : panel_x_of_hz(22400.0);
    const double coherence =
      is_measuring
        ? fmin(fmax((double)view->curve[FH_CURVE_COHERENCE][i], 0.0), 1.0)
        : 0.0;
    // A strip along the bottom: as high as the coherence
    paint_ink(cr, INK_BLUE, 0.16 + 0.24 * coherence);
    cairo_rectangle(cr,
                    left + 1.0,
                    bottom - 26.0 * coherence,
                    right - left - 2.0,
                    26.0 * coherence);
    cairo_fill(cr);
    if (coherence < 0.3) {
      paint_ink(cr, INK_BLACK, 0.45 * (1.0 - coherence / 0.3));
      cairo_rectangle(cr, left, top, right - left, bottom - top);
      cairo_fill(cr);
    }
  }
}

static void
draw_limits(const FhView* view, cairo_t* cr)
{
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    cairo_line_to(cr, band_x(i), band_y(view->curve[FH_CURVE_LIMIT_UP][i]));
  }
  for (unsigned i = FH_N_EQ_BANDS; i--;) {
    cairo_line_to(cr, band_x(i), band_y(view->curve[FH_CURVE_LIMIT_DOWN][i]));
  }
  cairo_close_path(cr);
  paint_ink(cr, INK_APPLIED, 0.08);
  cairo_fill_preserve(cr);
  paint_ink(cr, INK_APPLIED, 0.3);
  cairo_set_line_width(cr, 1.0);
  cairo_stroke(cr);
}

static void
path_curve(const float db[FH_N_EQ_BANDS], cairo_t* cr)
{
  bool is_open = false;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    if (!isfinite(db[i])) {
      is_open = false;
      continue;
    }
    if (is_open) {
      cairo_line_to(cr, band_x(i), band_y(db[i]));
    } else {
      cairo_move_to(cr, band_x(i), band_y(db[i]));
    }
    is_open = true;
  }
}

// The room now, solid where it is known and dotted where it is not
static void
draw_now(const FhView* view, cairo_t* cr)
{
  static const double dots[] = {1.0, 4.0};
  const float* const db = view->curve[FH_CURVE_NOW];
  const float* const known = view->curve[FH_CURVE_KNOWN];
  paint_ink(cr, INK_NOW, 1.0);
  cairo_set_line_width(cr, 2.0);
  for (int pass = 0; pass < 2; ++pass) {
    for (unsigned i = 0; i + 1 < FH_N_EQ_BANDS; ++i) {
      const bool is_known = known[i] > 0.5f && known[i + 1] > 0.5f;
      if (is_known == (pass == 0) && isfinite(db[i]) && isfinite(db[i + 1])) {
        cairo_move_to(cr, band_x(i), band_y(db[i]));
        cairo_line_to(cr, band_x(i + 1), band_y(db[i + 1]));
      }
    }
    cairo_set_dash(cr, dots, pass == 0 ? 0 : 2, 0.0);
    cairo_stroke(cr);
  }
  cairo_set_dash(cr, NULL, 0, 0.0);
}

static void
draw_trim(const Panel* panel, cairo_t* cr)
{
  const float* const trim = panel->view.curve[FH_CURVE_TRIM];
  bool is_flat = true;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    is_flat = is_flat && trim[i] == 0.0f;
  }
  if (is_flat && !panel->trim_is_open) {
    return;
  }
  paint_ink(cr, INK_TRIM, 1.0);
  cairo_set_line_width(cr, 2.0);
  path_curve(trim, cr);
  cairo_stroke(cr);
  for (unsigned i = 0; panel->trim_is_open && i < FH_N_EQ_BANDS; ++i) {
    const bool is_pointed = (int)i == panel->trim_band;
    cairo_arc(cr,
              band_x(i),
              band_y(trim[i]),
              is_pointed ? 7.0 : 4.5,
              0.0,
              6.28318530717958647692);
    cairo_fill(cr);
    if (is_pointed) {
      char text[48];
      snprintf(text,
               sizeof(text),
               "%g Hz %+.1f dB",
               (double)fh_view_band_hz(i),
               (double)trim[i]);
      paint_weight(cr, true);
      paint_text(cr,
                 band_x(i),
                 band_y(trim[i]) + (trim[i] > 0.0f ? -18.0 : 18.0),
                 13.0,
                 i < 3                   ? 0.0
                 : i > FH_N_EQ_BANDS - 4 ? 1.0
                                         : 0.5,
                 text);
    }
  }
}

// Another program's measurement, below the legend
static void
draw_trace(const Panel* panel, cairo_t* cr)
{
  if (!panel->trace_name[0]) {
    return;
  }
  paint_ink(cr, INK_PURPLE, 1.0);
  if (panel->has_trace) {
    cairo_set_line_width(cr, 1.5);
    path_curve(panel->trace_db, cr);
    cairo_stroke(cr);
  }
  paint_weight(cr, false);
  paint_text(cr, band_x(0), panel_y_of_db(8.2), 12.0, 0.0, panel->trace_name);
}

// A name with a piece of its line
static double
legend(cairo_t* cr,
       double x,
       Ink ink,
       double width,
       const double* dashes,
       int n_dashes,
       const char* name)
{
  const double y = panel_box(ITEM_PLOT).y + 16.0;
  paint_ink(cr, ink, 1.0);
  cairo_set_line_width(cr, width);
  cairo_set_dash(cr, dashes, n_dashes, 0.0);
  cairo_move_to(cr, x, y);
  cairo_line_to(cr, x + 24.0, y);
  cairo_stroke(cr);
  cairo_set_dash(cr, NULL, 0, 0.0);
  paint_ink(cr, INK_TEXT, 1.0);
  paint_text(cr, x + 30.0, y, 13.0, 0.0, name);
  cairo_text_extents_t extents;
  cairo_text_extents(cr, name, &extents);
  return x + 30.0 + extents.x_advance + 14.0;
}

void
draw_plot(const Panel* panel, cairo_t* cr)
{
  static const double soundcheck_dash[] = {2.0, 3.0};
  static const double target_dash[] = {8.0, 4.0};
  const FhView* const view = &panel->view;
  paint_box(cr, panel_box(ITEM_PLOT), INK_FIELD, INK_EDGE);
  draw_coherence(view, cr);
  draw_grid(cr);
  draw_limits(view, cr);
  if (view->fact[FH_FACT_HAS_BASELINE] > 0.5f) {
    paint_ink(cr, INK_SOUNDCHECK, 1.0);
    cairo_set_line_width(cr, 1.5);
    cairo_set_dash(cr, soundcheck_dash, 2, 0.0);
    path_curve(view->curve[FH_CURVE_SOUNDCHECK], cr);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0.0);
  }
  draw_now(view, cr);
  paint_ink(cr, INK_TARGET, 1.0);
  cairo_set_line_width(cr, 2.0);
  cairo_set_dash(cr, target_dash, 2, 0.0);
  path_curve(view->curve[FH_CURVE_TARGET], cr);
  cairo_stroke(cr);
  cairo_set_dash(cr, NULL, 0, 0.0);
  paint_ink(cr, INK_APPLIED, 1.0);
  cairo_set_line_width(cr, 3.5);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  path_curve(view->curve[FH_CURVE_APPLIED], cr);
  cairo_stroke(cr);
  draw_trace(panel, cr);
  draw_trim(panel, cr);

  paint_weight(cr, false);
  double x = panel_box(ITEM_PLOT).x + 46.0;
  x = legend(cr, x, INK_SOUNDCHECK, 1.5, soundcheck_dash, 2, "Soundcheck");
  x = legend(cr, x, INK_NOW, 2.0, NULL, 0, "Now");
  x = legend(cr, x, INK_TARGET, 2.0, target_dash, 2, "Target");
  legend(cr, x, INK_APPLIED, 3.5, NULL, 0, "Applied (within limits)");
  paint_ink(cr, INK_NOW, 0.8);
  paint_text(cr, band_x(0), panel_y_of_db(-9.0) - 34.0, 11.0, 0.0, "coherence");
}
