// SPDX-License-Identifier: GPL-3.0-or-later
#include "paper.h"

#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>

#define SIZE_CELL_PT 8.0
#define GAP_PT       6.0
#define INNER_PT     (PAPER_WIDTH_PT - 2.0 * PAPER_MARGIN_PT)

// Draw text broken to a width, or only measure it; its height
static double
put(cairo_t* const cr,
    const double x,
    const double y,
    const double width_pt,
    const double size_pt,
    const bool bold,
    const bool right,
    const bool draw,
    const char* const text)
{
  PangoLayout* const layout = pango_cairo_create_layout(cr);
  PangoFontDescription* const font =
    pango_font_description_from_string("DejaVu Sans");
  pango_font_description_set_absolute_size(font, size_pt * PANGO_SCALE);
  pango_font_description_set_weight(
    font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout, font);
  pango_layout_set_width(layout, (int)(width_pt * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment(layout,
                             right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
  pango_layout_set_text(layout, text, -1);
  int height = 0;
  pango_layout_get_size(layout, NULL, &height);
  if (draw) {
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
    cairo_new_path(cr);
  }
  pango_font_description_free(font);
  g_object_unref(layout);
  return (double)height / PANGO_SCALE;
}

void
paper_begin(Paper* const paper, FhCanvas* const canvas, const char* const foot)
{
  *paper = (Paper){canvas, foot, 1, PAPER_MARGIN_PT};
}

void
paper_end(const Paper* const paper)
{
  static const double grey[3] = {0.35, 0.35, 0.35};
  cairo_t* const cr = fh_canvas_cairo(paper->canvas);
  char number[16];
  snprintf(number, sizeof number, "%u", paper->page);
  const double y = PAPER_HEIGHT_PT - 0.6 * PAPER_MARGIN_PT;
  fh_plot_text(cr, PAPER_MARGIN_PT, y, 0.0, 0.5, 7.5, false, grey, paper->foot);
  fh_plot_text(cr,
               PAPER_WIDTH_PT - PAPER_MARGIN_PT,
               y,
               1.0,
               0.5,
               7.5,
               false,
               grey,
               number);
}

void
paper_next_page(Paper* const paper)
{
  paper_end(paper);
  fh_canvas_next_page(paper->canvas);
  ++paper->page;
  paper->y = PAPER_MARGIN_PT;
}

double
paper_room(const Paper* const paper)
{
  return PAPER_HEIGHT_PT - PAPER_MARGIN_PT - paper->y;
}

void
paper_heading(Paper* const paper, const double size_pt, const char* const text)
{
  static const double least_pt = 120.0;
  if (paper->y > PAPER_MARGIN_PT) {
    paper->y += 1.2 * size_pt;
    if (paper_room(paper) < least_pt) {
      paper_next_page(paper);
    }
  }
  paper->y += put(fh_canvas_cairo(paper->canvas),
                  PAPER_MARGIN_PT,
                  paper->y,
                  INNER_PT,
                  size_pt,
                  true,
                  false,
                  true,
                  text) +
              0.4 * size_pt;
}

void
paper_text(Paper* const paper, const double size_pt, const char* const text)
{
  cairo_t* const cr = fh_canvas_cairo(paper->canvas);
  const double height =
    put(cr, PAPER_MARGIN_PT, 0.0, INNER_PT, size_pt, false, false, false, text);
  if (height > paper_room(paper)) {
    paper_next_page(paper);
  }
  (void)put(
    cr, PAPER_MARGIN_PT, paper->y, INNER_PT, size_pt, false, false, true, text);
  paper->y += height + 0.4 * size_pt;
}

// One row, drawn or only measured; its height
static double
put_row(const Paper* const paper,
        const PaperColumn* const columns,
        const size_t n,
        const char* const* const cells,
        const bool draw)
{
  cairo_t* const cr = fh_canvas_cairo(paper->canvas);
  double x = PAPER_MARGIN_PT;
  double height = 0.0;
  for (size_t i = 0; i < n; ++i) {
    height = fmax(height,
                  put(cr,
                      x,
                      paper->y,
                      columns[i].width_pt - GAP_PT,
                      SIZE_CELL_PT,
                      !cells,
                      columns[i].number,
                      draw,
                      cells ? cells[i] : columns[i].head));
    x += columns[i].width_pt;
  }
  if (draw) {
    const double grey = cells ? 0.8 : 0.2;
    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_set_line_width(cr, 0.5);
    cairo_move_to(cr, PAPER_MARGIN_PT, paper->y + height + 2.0);
    cairo_line_to(cr, x - GAP_PT, paper->y + height + 2.0);
    cairo_stroke(cr);
  }
  return height + 5.0;
}

void
paper_row(Paper* const paper,
          const PaperColumn* const columns,
          const size_t n,
          const char* const* const cells)
{
  if (put_row(paper, columns, n, cells, false) > paper_room(paper)) {
    paper_next_page(paper);
    if (cells) {
      paper->y += put_row(paper, columns, n, NULL, true);
    }
  }
  paper->y += put_row(paper, columns, n, cells, true);
}
