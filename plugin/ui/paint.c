// SPDX-License-Identifier: GPL-3.0-or-later
#include "paint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double inks[N_INKS][3] = {
  [INK_GROUND] = {0.086, 0.094, 0.106},
  [INK_FIELD] = {0.137, 0.149, 0.165},
  [INK_EDGE] = {0.31, 0.33, 0.36},
  [INK_TEXT] = {0.93, 0.94, 0.95},
  [INK_DIM] = {0.66, 0.68, 0.71},
  [INK_SOUNDCHECK] = {0.62, 0.64, 0.67},
  [INK_NOW] = {0.337, 0.706, 0.914},
  [INK_TARGET] = {0.902, 0.624, 0.0},
  [INK_APPLIED] = {0.941, 0.894, 0.259},
  [INK_TRIM] = {0.0, 0.72, 0.53},
  [INK_GREEN] = {0.0, 0.62, 0.45},
  [INK_BLUE] = {0.337, 0.706, 0.914},
  [INK_ORANGE] = {0.902, 0.624, 0.0},
  [INK_RED] = {0.88, 0.36, 0.05},
  [INK_PURPLE] = {0.80, 0.475, 0.655},
  [INK_BLACK] = {0.04, 0.04, 0.05},
};

void
paint_ink(cairo_t* cr, Ink ink, double alpha)
{
  cairo_set_source_rgba(cr, inks[ink][0], inks[ink][1], inks[ink][2], alpha);
}

/// A rectangle with round corners as path
static void
paint_round(cairo_t* cr, Box box, double radius)
{
  const double right = box.x + box.w - radius;
  const double bottom = box.y + box.h - radius;
  const double quarter = 1.57079632679489661923;
  cairo_new_sub_path(cr);
  cairo_arc(cr, right, box.y + radius, radius, -quarter, 0.0);
  cairo_arc(cr, right, bottom, radius, 0.0, quarter);
  cairo_arc(cr, box.x + radius, bottom, radius, quarter, 2.0 * quarter);
  cairo_arc(
    cr, box.x + radius, box.y + radius, radius, 2.0 * quarter, 3.0 * quarter);
  cairo_close_path(cr);
}

void
paint_box(cairo_t* cr, Box box, Ink fill, Ink edge)
{
  paint_round(cr, box, 4.0);
  paint_ink(cr, fill, 1.0);
  cairo_fill_preserve(cr);
  paint_ink(cr, edge, 1.0);
  cairo_set_line_width(cr, 1.0);
  cairo_stroke(cr);
}

void
paint_weight(cairo_t* cr, bool is_bold)
{
  cairo_select_font_face(cr,
                         "DejaVu Sans",
                         CAIRO_FONT_SLANT_NORMAL,
                         is_bold ? CAIRO_FONT_WEIGHT_BOLD
                                 : CAIRO_FONT_WEIGHT_NORMAL);
}

void
paint_text(cairo_t* cr,
           double x,
           double y,
           double size,
           double align,
           const char* text)
{
  cairo_set_font_size(cr, size);
  double left = x;
  if (align > 0.0) {
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    left -= align * extents.x_advance;
  }
  // Capitals of DejaVu Sans are 0.73 of the size
  cairo_move_to(cr, left, y + 0.365 * size);
  cairo_show_text(cr, text);
  cairo_new_path(cr); // The text leaves a point where a path would begin
}

void
paint_text_in(cairo_t* cr,
              double x,
              double y,
              double size,
              double width,
              const char* text)
{
  cairo_set_font_size(cr, size);
  cairo_text_extents_t extents;
  cairo_text_extents(cr, text, &extents);
  if (extents.x_advance <= width) {
    paint_text(cr, x, y, size, 0.0, text);
    return;
  }
  char cut[FH_VIEW_TEXT + 4];
  size_t n = strlen(text);
  n = n < FH_VIEW_TEXT ? n : FH_VIEW_TEXT - 1;
  // A first guess, then letter by letter
  const double part = width / extents.x_advance * (double)n;
  n = part < (double)n ? (size_t)part + 1 : n;
  do {
    --n;
    while (n && ((unsigned char)text[n] & 0xC0U) == 0x80U) {
      --n; // Not within a UTF-8 letter
    }
    snprintf(cut, sizeof(cut), "%.*s…", (int)n, text);
    cairo_text_extents(cr, cut, &extents);
  } while (n && extents.x_advance > width);
  paint_text(cr, x, y, size, 0.0, cut);
}
