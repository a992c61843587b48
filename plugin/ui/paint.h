// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_UI_PAINT_H
#define FULLHOUSE_UI_PAINT_H

#include "panel.h"

/// Colours of the panel; those of curves and alarms after Okabe and Ito 2008,
/// told apart by colour-blind people, and every use has a shape as well
typedef enum {
  INK_GROUND,
  INK_FIELD,
  INK_EDGE,
  INK_TEXT,
  INK_DIM,
  INK_SOUNDCHECK,
  INK_NOW,
  INK_TARGET,
  INK_APPLIED,
  INK_TRIM,
  INK_GREEN,
  INK_BLUE,
  INK_ORANGE,
  INK_RED,
  INK_PURPLE,
  INK_BLACK,
  N_INKS
} Ink;

/// Use a colour
void
paint_ink(cairo_t* cr, Ink ink, double alpha);

/// Fill a box, with an edge
void
paint_box(cairo_t* cr, Box box, Ink fill, Ink edge);

/// Text with its middle line at `y`; `align` 0 left, 0.5 centre, 1 right of x
void
paint_text(cairo_t* cr,
           double x,
           double y,
           double size,
           double align,
           const char* text);

/// The same, cut short with an ellipsis to fit `width`
void
paint_text_in(cairo_t* cr,
              double x,
              double y,
              double size,
              double width,
              const char* text);

/// Thick or thin letters from now on
void
paint_weight(cairo_t* cr, bool is_bold);

#endif // FULLHOUSE_UI_PAINT_H
