// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>
#include <fh/plot.h>

#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>

#define SIZE_LABEL_PT 9.0
#define SIZE_TITLE_PT 11.0
#define MAX_TICKS     16

static const double black[3] = {0.1, 0.1, 0.1};

void
fh_plot_text(cairo_t* const cr,
             const double x,
             const double y,
             const double align,
             const double valign,
             const double size_pt,
             const bool bold,
             const double rgb[3],
             const char* const text)
{
  PangoLayout* const layout = pango_cairo_create_layout(cr);
  PangoFontDescription* const font =
    pango_font_description_from_string("DejaVu Sans");
  pango_font_description_set_absolute_size(font, size_pt * PANGO_SCALE);
  pango_font_description_set_weight(
    font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout, font);
  pango_layout_set_text(layout, text, -1);
  int width = 0;
  int height = 0;
  pango_layout_get_size(layout, &width, &height);
  const double* const c = rgb ? rgb : black;
  cairo_set_source_rgb(cr, c[0], c[1], c[2]);
  cairo_move_to(cr,
                x - align * (double)width / PANGO_SCALE,
                y - valign * (double)height / PANGO_SCALE);
  pango_cairo_show_layout(cr, layout);
  cairo_new_path(cr);
  pango_font_description_free(font);
  g_object_unref(layout);
}

FhAxis
fh_axis_frequency(const double low_hz, const double high_hz)
{
  // 1000 Hz times 10^(3 k / 10); IEC 61260-1
  static const double ticks[10] = {31.622776601683793,
                                   63.095734448019324,
                                   125.89254117941673,
                                   251.18864315095801,
                                   501.18723362727229,
                                   1000.0,
                                   1995.2623149688795,
                                   3981.0717055349725,
                                   7943.2823472428150,
                                   15848.931924611134};
  static const char* const names[10] = {
    "31.5", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"};
  size_t first = 0;
  size_t last = 10;
  while (first < 10 && ticks[first] < 0.999 * low_hz) {
    ++first;
  }
  while (last > first && ticks[last - 1] > 1.001 * high_hz) {
    --last;
  }
  return (FhAxis){.label = "Frequency [Hz]",
                  .low = low_hz,
                  .high = high_hz,
                  .logarithmic = true,
                  .ticks = ticks + first,
                  .tick_names = names + first,
                  .n_ticks = last - first};
}

FhAxis
fh_axis_octaves(void)
{
  return fh_axis_frequency(fh_octave_hz(0) * pow(10.0, -0.15),
                           fh_octave_hz(FH_N_OCTAVES - 1) * pow(10.0, 0.15));
}

size_t
fh_plot_ticks(const double low,
              const double high,
              double* const ticks,
              const size_t max)
{
  if (!(high > low) || max < 2) {
    return 0;
  }
  const double raw = (high - low) / 6.0;
  const double decade = pow(10.0, floor(log10(raw)));
  static const double steps[] = {1.0, 2.0, 5.0, 10.0};
  double step = 10.0 * decade;
  for (size_t i = 0; i < 4; ++i) {
    if (steps[i] * decade >= 0.999 * raw) {
      step = steps[i] * decade;
      break;
    }
  }
  size_t n = 0;
  const double slack = 1e-9 * (high - low);
  const double first = ceil((low - slack) / step);
  for (size_t i = 0; n < max; ++i) {
    const double k = first + (double)i;
    if (k * step > high + slack) {
      break;
    }
    ticks[n++] = k == 0.0 ? 0.0 : k * step;
  }
  return n;
}

static double
share_of(const FhAxis* const axis, const double v)
{
  if (axis->logarithmic) {
    return log(v / axis->low) / log(axis->high / axis->low);
  }
  return (v - axis->low) / (axis->high - axis->low);
}

double
fh_plot_x(const FhPlot* const plot, const double x)
{
  return plot->left + plot->width * share_of(&plot->x, x);
}

double
fh_plot_y(const FhPlot* const plot, const double y)
{
  return plot->top + plot->height * (1.0 - share_of(&plot->y, y));
}

void
fh_plot_fit(FhPlot* const plot,
            const double left,
            const double top,
            const double width,
            const double height)
{
  const double margin_left = plot->y.label ? 52.0 : 38.0;
  const double margin_bottom = plot->x.label ? 38.0 : 24.0;
  const double margin_top = 24.0;
  const double margin_right = 14.0;
  plot->left = left + margin_left;
  plot->top = top + margin_top;
  plot->width = fmax(width - margin_left - margin_right, 1.0);
  plot->height = fmax(height - margin_top - margin_bottom, 1.0);
}

static size_t
decades(const FhAxis* const axis, double* const ticks)
{
  size_t n = 0;
  const double first = floor(log10(axis->low));
  for (size_t i = 0; n < MAX_TICKS; ++i) {
    const double v = pow(10.0, first + (double)i);
    if (v > axis->high * 1.0001) {
      break;
    }
    if (v >= axis->low * 0.9999) {
      ticks[n++] = v;
    }
  }
  return n;
}

static size_t
ticks_of(const FhAxis* const axis, double own[MAX_TICKS])
{
  if (axis->ticks) {
    size_t n = 0;
    for (; n < axis->n_ticks && n < MAX_TICKS; ++n) {
      own[n] = axis->ticks[n];
    }
    return n;
  }
  return axis->logarithmic
           ? decades(axis, own)
           : fh_plot_ticks(axis->low, axis->high, own, MAX_TICKS);
}

static void
name_of(const FhAxis* const axis, const size_t i, const double v, char text[32])
{
  if (axis->ticks && axis->tick_names) {
    snprintf(text, 32, "%s", axis->tick_names[i]);
  } else {
    snprintf(text, 32, "%g", fabs(v) < 1e-12 ? 0.0 : v);
  }
}

static void
grid_line(cairo_t* const cr,
          const double x0,
          const double y0,
          const double x1,
          const double y1)
{
  cairo_set_source_rgb(cr, 0.88, 0.88, 0.88);
  cairo_set_line_width(cr, 0.6);
  cairo_move_to(cr, x0, y0);
  cairo_line_to(cr, x1, y1);
  cairo_stroke(cr);
}

static void
draw_x(cairo_t* const cr, const FhPlot* const p)
{
  double ticks[MAX_TICKS];
  const size_t n = ticks_of(&p->x, ticks);
  const double bottom = p->top + p->height;
  for (size_t i = 0; i < n; ++i) {
    const double x = fh_plot_x(p, ticks[i]);
    if (!(x >= p->left - 0.5 && x <= p->left + p->width + 0.5)) {
      continue;
    }
    char text[32];
    name_of(&p->x, i, ticks[i], text);
    grid_line(cr, x, p->top, x, bottom);
    fh_plot_text(
      cr, x, bottom + 3.0, 0.5, 0.0, SIZE_LABEL_PT, false, NULL, text);
  }
  if (p->x.label) {
    fh_plot_text(cr,
                 p->left + 0.5 * p->width,
                 bottom + 18.0,
                 0.5,
                 0.0,
                 SIZE_LABEL_PT,
                 false,
                 NULL,
                 p->x.label);
  }
}

static void
draw_y(cairo_t* const cr, const FhPlot* const p)
{
  double ticks[MAX_TICKS];
  const size_t n = ticks_of(&p->y, ticks);
  for (size_t i = 0; i < n; ++i) {
    const double y = fh_plot_y(p, ticks[i]);
    if (!(y >= p->top - 0.5 && y <= p->top + p->height + 0.5)) {
      continue;
    }
    char text[32];
    name_of(&p->y, i, ticks[i], text);
    grid_line(cr, p->left, y, p->left + p->width, y);
    fh_plot_text(
      cr, p->left - 5.0, y, 1.0, 0.5, SIZE_LABEL_PT, false, NULL, text);
  }
  if (p->y.label) {
    cairo_save(cr);
    cairo_translate(cr, p->left - 40.0, p->top + 0.5 * p->height);
    cairo_rotate(cr, -1.5707963267948966);
    fh_plot_text(
      cr, 0.0, 0.0, 0.5, 0.5, SIZE_LABEL_PT, false, NULL, p->y.label);
    cairo_restore(cr);
  }
}

void
fh_plot_axes(cairo_t* const cr,
             const FhPlot* const plot,
             const char* const title)
{
  draw_x(cr, plot);
  draw_y(cr, plot);
  cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
  cairo_set_line_width(cr, 0.8);
  cairo_rectangle(cr, plot->left, plot->top, plot->width, plot->height);
  cairo_stroke(cr);
  if (title) {
    fh_plot_text(cr,
                 plot->left,
                 plot->top - 6.0,
                 0.0,
                 1.0,
                 SIZE_TITLE_PT,
                 true,
                 NULL,
                 title);
  }
}
