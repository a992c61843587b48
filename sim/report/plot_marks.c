// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/plot.h>

#include <cairo.h>
#include <math.h>
#include <stdio.h>

#define SIZE_LABEL_PT 9.0

FhPen
fh_plot_pen(const size_t i)
{
  // M. Okabe, K. Ito, "Color universal design", 2008; black and yellow last
  static const double colours[8][3] = {{0.00, 0.45, 0.70},
                                       {0.84, 0.37, 0.00},
                                       {0.00, 0.62, 0.45},
                                       {0.80, 0.47, 0.65},
                                       {0.90, 0.62, 0.00},
                                       {0.34, 0.71, 0.91},
                                       {0.10, 0.10, 0.10},
                                       {0.75, 0.70, 0.10}};
  static const double dashes[8] = {0.0, 6.0, 2.5, 9.0, 4.0, 1.5, 0.0, 7.0};
  const double* const c = colours[i % 8];
  return (FhPen){
    .rgb = {c[0], c[1], c[2]}, .width_pt = 1.6, .dash_pt = dashes[i % 8]};
}

static void
begin_inside(cairo_t* const cr, const FhPlot* const p)
{
  cairo_save(cr);
  cairo_rectangle(cr, p->left, p->top, p->width, p->height);
  cairo_clip(cr);
}

static void
set_pen(cairo_t* const cr, const FhPen* const pen)
{
  cairo_set_source_rgb(cr, pen->rgb[0], pen->rgb[1], pen->rgb[2]);
  cairo_set_line_width(cr, pen->width_pt);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  if (pen->dash_pt > 0.0) {
    const double dashes[2] = {pen->dash_pt, 0.6 * pen->dash_pt + 1.0};
    cairo_set_dash(cr, dashes, 2, 0.0);
  } else {
    cairo_set_dash(cr, NULL, 0, 0.0);
  }
}

// Page place, kept near the page: cairo's fixed point ends at 2^23
static bool
place(const FhPlot* const p,
      const double x,
      const double y,
      double* const px,
      double* const py)
{
  *px = fh_plot_x(p, x);
  *py = fmin(fmax(fh_plot_y(p, y), -1e5), 1e5);
  return isfinite(x) && isfinite(y) && fabs(*px) < 1e6;
}

void
fh_plot_curve(cairo_t* const cr,
              const FhPlot* const plot,
              const double* const x,
              const double* const y,
              const size_t n,
              const FhPen* const pen)
{
  begin_inside(cr, plot);
  set_pen(cr, pen);
  bool down = false;
  for (size_t i = 0; i < n; ++i) {
    double px = 0.0;
    double py = 0.0;
    if (!place(plot, x[i], y[i], &px, &py)) {
      down = false;
    } else if (down) {
      cairo_line_to(cr, px, py);
    } else {
      cairo_move_to(cr, px, py);
      down = true;
    }
  }
  cairo_stroke(cr);
  cairo_restore(cr);
}

void
fh_plot_interval(cairo_t* const cr,
                 const FhPlot* const plot,
                 const double* const x,
                 const double* const low,
                 const double* const high,
                 const size_t n,
                 const double rgb[3])
{
  begin_inside(cr, plot);
  cairo_set_source_rgba(cr, rgb[0], rgb[1], rgb[2], 0.22);
  // Quads one by one, so that gaps stay gaps
  for (size_t i = 0; i + 1 < n; ++i) {
    double q[4][2];
    if (place(plot, x[i], low[i], &q[0][0], &q[0][1]) &&
        place(plot, x[i + 1], low[i + 1], &q[1][0], &q[1][1]) &&
        place(plot, x[i + 1], high[i + 1], &q[2][0], &q[2][1]) &&
        place(plot, x[i], high[i], &q[3][0], &q[3][1])) {
      cairo_move_to(cr, q[0][0], q[0][1]);
      for (size_t k = 1; k < 4; ++k) {
        cairo_line_to(cr, q[k][0], q[k][1]);
      }
      cairo_close_path(cr);
    }
  }
  cairo_fill(cr);
  cairo_restore(cr);
}

void
fh_plot_dots(cairo_t* const cr,
             const FhPlot* const plot,
             const double* const x,
             const double* const y,
             const double* const error,
             const size_t n,
             const double radius_pt,
             const double rgb[3])
{
  begin_inside(cr, plot);
  cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
  cairo_set_line_width(cr, 1.0);
  for (size_t i = 0; i < n; ++i) {
    double px = 0.0;
    double py = 0.0;
    if (!place(plot, x[i], y[i], &px, &py)) {
      continue;
    }
    cairo_new_sub_path(cr);
    cairo_arc(cr, px, py, radius_pt, 0.0, 6.283185307179586);
    cairo_fill(cr);
    if (error && isfinite(error[i])) {
      double ends[2] = {0.0, 0.0};
      (void)place(plot, x[i], y[i] - error[i], &px, &ends[0]);
      (void)place(plot, x[i], y[i] + error[i], &px, &ends[1]);
      cairo_move_to(cr, px, ends[0]);
      cairo_line_to(cr, px, ends[1]);
      cairo_stroke(cr);
    }
  }
  cairo_restore(cr);
}

void
fh_plot_bars(cairo_t* const cr,
             const FhPlot* const plot,
             const double* const x,
             const double* const y,
             const size_t n,
             const double base,
             const double share,
             const double rgb[3])
{
  begin_inside(cr, plot);
  cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
  double step = plot->width;
  for (size_t i = 0; i + 1 < n; ++i) {
    step = fmin(step, fabs(fh_plot_x(plot, x[i + 1]) - fh_plot_x(plot, x[i])));
  }
  const double width = share * step;
  for (size_t i = 0; i < n; ++i) {
    double px = 0.0;
    double top = 0.0;
    double bottom = 0.0;
    if (place(plot, x[i], y[i], &px, &top) &&
        place(plot, x[i], base, &px, &bottom)) {
      cairo_rectangle(cr, px - 0.5 * width, top, width, bottom - top);
    }
  }
  cairo_fill(cr);
  cairo_restore(cr);
}

static void
set_colour(cairo_t* const cr, const FhColourScale* const s, const double value)
{
  double rgb[3];
  fh_colour_at(s->map, (value - s->low) / (s->high - s->low), rgb);
  cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
}

void
fh_plot_heat(cairo_t* const cr,
             const FhPlot* const plot,
             const double* const value,
             const size_t n_x,
             const size_t n_y,
             const FhColourScale* const scale)
{
  begin_inside(cr, plot);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
  const double w = plot->width / (double)n_x;
  const double h = plot->height / (double)n_y;
  for (size_t j = 0; j < n_y; ++j) {
    for (size_t i = 0; i < n_x; ++i) {
      set_colour(cr, scale, value[j * n_x + i]);
      cairo_rectangle(cr,
                      plot->left + (double)i * w,
                      plot->top + plot->height - (double)(j + 1) * h,
                      w,
                      h);
      cairo_fill(cr);
    }
  }
  cairo_restore(cr);
}

void
fh_plot_cells(cairo_t* const cr,
              const FhPlot* const plot,
              const double* const x,
              const double* const y,
              const double* const value,
              const size_t n,
              const double size,
              const FhColourScale* const scale)
{
  begin_inside(cr, plot);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
  for (size_t i = 0; i < n; ++i) {
    const double left = fh_plot_x(plot, x[i] - 0.5 * size);
    const double right = fh_plot_x(plot, x[i] + 0.5 * size);
    const double top = fh_plot_y(plot, y[i] + 0.5 * size);
    const double bottom = fh_plot_y(plot, y[i] - 0.5 * size);
    set_colour(cr, scale, value[i]);
    cairo_rectangle(cr, left, top, right - left, bottom - top);
    cairo_fill(cr);
  }
  cairo_restore(cr);
}

void
fh_plot_scale(cairo_t* const cr,
              const double left,
              const double top,
              const double height,
              const FhColourScale* const scale)
{
  enum { N_STEPS = 128 };
  static const double width = 12.0;
  cairo_save(cr);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
  for (size_t i = 0; i < N_STEPS; ++i) {
    const double x = ((double)i + 0.5) / N_STEPS;
    set_colour(cr, scale, scale->low + x * (scale->high - scale->low));
    cairo_rectangle(cr,
                    left,
                    top + height * (1.0 - (double)(i + 1) / N_STEPS),
                    width,
                    height / N_STEPS);
    cairo_fill(cr);
  }
  cairo_restore(cr);
  cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
  cairo_set_line_width(cr, 0.8);
  cairo_rectangle(cr, left, top, width, height);
  cairo_stroke(cr);

  double ticks[16];
  const size_t n = fh_plot_ticks(scale->low, scale->high, ticks, 16);
  for (size_t i = 0; i < n; ++i) {
    const double share = (ticks[i] - scale->low) / (scale->high - scale->low);
    const double y = top + height * (1.0 - share);
    char text[32];
    snprintf(text, sizeof(text), "%g", ticks[i]);
    cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
    cairo_move_to(cr, left + width, y);
    cairo_line_to(cr, left + width + 3.0, y);
    cairo_stroke(cr);
    fh_plot_text(
      cr, left + width + 5.0, y, 0.0, 0.5, SIZE_LABEL_PT, false, NULL, text);
  }
  if (scale->label) {
    cairo_save(cr);
    cairo_translate(cr, left + width + 36.0, top + 0.5 * height);
    cairo_rotate(cr, -1.5707963267948966);
    fh_plot_text(
      cr, 0.0, 0.0, 0.5, 0.5, SIZE_LABEL_PT, false, NULL, scale->label);
    cairo_restore(cr);
  }
}

void
fh_plot_legend(cairo_t* const cr,
               const FhPlot* const plot,
               const char* const* const names,
               const FhPen* const pens,
               const size_t n,
               const int corner)
{
  static const double row = 13.0;
  static const double sample = 24.0;
  double width = 0.0;
  for (size_t i = 0; i < n; ++i) {
    double letters = 0.0;
    for (const char* c = names[i]; *c; ++c) {
      letters += ((unsigned char)*c & 0xC0U) != 0x80U;
    }
    width = fmax(width, sample + 12.0 + 5.6 * letters);
  }
  const double height = row * (double)n + 6.0;
  const double x =
    (corner & 1) ? plot->left + plot->width - width - 6.0 : plot->left + 6.0;
  const double y =
    (corner & 2) ? plot->top + plot->height - height - 6.0 : plot->top + 6.0;
  cairo_set_source_rgba(cr, 1.0, 1.0, 1.0, 0.85);
  cairo_rectangle(cr, x, y, width, height);
  cairo_fill(cr);
  for (size_t i = 0; i < n; ++i) {
    const double middle = y + 3.0 + row * ((double)i + 0.5);
    cairo_save(cr);
    set_pen(cr, &pens[i]);
    cairo_move_to(cr, x + 4.0, middle);
    cairo_line_to(cr, x + 4.0 + sample, middle);
    cairo_stroke(cr);
    cairo_restore(cr);
    fh_plot_text(cr,
                 x + 8.0 + sample,
                 middle,
                 0.0,
                 0.5,
                 SIZE_LABEL_PT,
                 false,
                 NULL,
                 names[i]);
  }
}
