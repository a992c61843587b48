// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.h"

#include <cairo.h>
#include <math.h>

// Curve of the mixer strip: this many decibels up and down
#define RANGE_DB 6.0

void
fh_plugin_render_free(Plugin* self)
{
  if (self->surface) {
    cairo_surface_destroy(self->surface);
    self->surface = NULL;
  }
}

static cairo_surface_t*
surface_of(Plugin* self, int width, int height)
{
  cairo_surface_t* const old = self->surface;
  if (old && cairo_image_surface_get_width(old) == width &&
      cairo_image_surface_get_height(old) == height) {
    return old;
  }
  fh_plugin_render_free(self);
  cairo_surface_t* const made =
    cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
  if (cairo_surface_status(made) != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy(made);
    return NULL;
  }
  self->surface = made;
  return made;
}

static void
draw_curve(Plugin* self, cairo_t* cr, double width, double height)
{
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    const double db =
      (double)atomic_load_explicit(&self->shown_db[i], memory_order_relaxed);
    const double x = width * (i + 0.5) / FH_N_EQ_BANDS;
    const double y = height * (0.5 - 0.5 * db / RANGE_DB);
    cairo_line_to(cr, x, y);
  }
}

LV2_Inline_Display_Image_Surface*
fh_plugin_render(LV2_Handle instance, uint32_t width, uint32_t max_height)
{
  Plugin* const self = instance;
  // Ardour's strip is about 80 pixels wide; half as high is enough to read
  const uint32_t wanted = width / 2 > 24 ? width / 2 : 24;
  const int w = (int)width;
  const int h = (int)(wanted < max_height ? wanted : max_height);
  if (w < 1 || h < 1 || w > 4096 || h > 4096) {
    return NULL;
  }
  cairo_surface_t* const surface = surface_of(self, w, h);
  if (!surface) {
    return NULL;
  }
  cairo_t* const cr = cairo_create(surface);
  cairo_set_source_rgb(cr, 0.10, 0.11, 0.12);
  cairo_paint(cr);
  cairo_set_line_width(cr, 1.0);
  cairo_set_source_rgb(cr, 0.32, 0.34, 0.36);
  const double middle = floor(0.5 * h) + 0.5; // On a pixel
  cairo_move_to(cr, 0.0, middle);
  cairo_line_to(cr, w, middle);
  cairo_stroke(cr);

  // Colours of Okabe and Ito: told apart by colour-blind people too
  const int alarm = atomic_load(&self->shown_alarm);
  if (alarm == FH_ALARM_FAULT) {
    cairo_set_source_rgb(cr, 0.835, 0.369, 0.0);
  } else if (alarm == FH_ALARM_HOLD) {
    cairo_set_source_rgb(cr, 0.902, 0.624, 0.0);
  } else {
    cairo_set_source_rgb(cr, 0.337, 0.706, 0.914);
  }
  draw_curve(self, cr, w, h);
  cairo_set_line_width(cr, 1.5);
  cairo_stroke(cr);
  if (alarm == FH_ALARM_FAULT || alarm == FH_ALARM_HOLD) {
    cairo_rectangle(cr, 1.0, 1.0, w - 2.0, h - 2.0);
    cairo_stroke(cr);
  }
  cairo_destroy(cr);
  cairo_surface_flush(surface);
  self->image =
    (LV2_Inline_Display_Image_Surface){cairo_image_surface_get_data(surface),
                                       w,
                                       h,
                                       cairo_image_surface_get_stride(surface)};
  return &self->image;
}
