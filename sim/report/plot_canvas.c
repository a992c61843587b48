// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/plot.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { KIND_PNG, KIND_SVG, KIND_PDF } Kind;

struct FhCanvasImpl {
  char* path;
  char* temporary;
  Kind kind;
  cairo_surface_t* surface;
  cairo_t* cr;
};

static bool
kind_of(const char* const path, Kind* const kind)
{
  static const char* const endings[] = {".png", ".svg", ".pdf"};
  const char* const dot = strrchr(path, '.');
  for (size_t i = 0; dot && i < 3; ++i) {
    if (!strcmp(dot, endings[i])) {
      *kind = (Kind)i;
      return true;
    }
  }
  return false;
}

static FhStatus
status_of(const cairo_status_t status)
{
  switch (status) {
  case CAIRO_STATUS_SUCCESS:
    return FH_OK;
  case CAIRO_STATUS_NO_MEMORY:
    return FH_ERR_NO_MEM;
  default:
    return FH_ERR_IO;
  }
}

static bool
open_surface(FhCanvas* const c, const double width, const double height)
{
  static const double px_per_pt = 2.0;
  switch (c->kind) {
  case KIND_PNG:
    c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                            (int)(px_per_pt * width + 0.5),
                                            (int)(px_per_pt * height + 0.5));
    cairo_surface_set_device_scale(c->surface, px_per_pt, px_per_pt);
    break;
  case KIND_SVG:
    c->surface = cairo_svg_surface_create(c->temporary, width, height);
    break;
  case KIND_PDF:
    c->surface = cairo_pdf_surface_create(c->temporary, width, height);
    break;
  }
  c->cr = cairo_create(c->surface);
  return cairo_status(c->cr) == CAIRO_STATUS_SUCCESS;
}

FhStatus
fh_canvas_new(const char* const path,
              const double width_pt,
              const double height_pt,
              FhCanvas** const out)
{
  *out = NULL;
  if (!(width_pt >= 1.0 && width_pt <= 10000.0) ||
      !(height_pt >= 1.0 && height_pt <= 10000.0)) {
    return FH_ERR_BAD_ARG;
  }
  Kind kind = KIND_PNG;
  if (!kind_of(path, &kind)) {
    return FH_ERR_UNSUPPORTED;
  }
  FhCanvas* const c = (FhCanvas*)calloc(1, sizeof(FhCanvas));
  if (!c) {
    return FH_ERR_NO_MEM;
  }
  c->kind = kind;
  FhStatus status = FH_ERR_NO_MEM;
  const size_t room = strlen(path) + 32;
  c->path = (char*)malloc(room);
  c->temporary = (char*)malloc(room);
  if (!c->path || !c->temporary) {
    goto fail;
  }
  snprintf(c->path, room, "%s", path);
  snprintf(c->temporary, room, "%s.tmp-%ld", path, (long)getpid());
  if (!open_surface(c, width_pt, height_pt)) {
    status = status_of(cairo_status(c->cr));
    goto fail;
  }
  cairo_set_source_rgb(c->cr, 1.0, 1.0, 1.0);
  cairo_paint(c->cr);
  *out = c;
  return FH_OK;

fail:
  fh_canvas_free(c);
  return status;
}

cairo_t*
fh_canvas_cairo(FhCanvas* const canvas)
{
  return canvas->cr;
}

void
fh_canvas_next_page(FhCanvas* const canvas)
{
  if (canvas->kind == KIND_PDF) {
    cairo_show_page(canvas->cr);
  }
}

FhStatus
fh_canvas_finish(FhCanvas* const canvas)
{
  FhStatus status = status_of(cairo_status(canvas->cr));
  if (!status && canvas->kind == KIND_PNG) {
    status =
      status_of(cairo_surface_write_to_png(canvas->surface, canvas->temporary));
  }
  cairo_surface_finish(canvas->surface);
  if (!status) {
    status = status_of(cairo_surface_status(canvas->surface));
  }
  if (!status && rename(canvas->temporary, canvas->path)) {
    status = FH_ERR_IO;
  }
  fh_canvas_free(canvas);
  return status;
}

void
fh_canvas_free(FhCanvas* const canvas)
{
  if (canvas) {
    cairo_destroy(canvas->cr);
    cairo_surface_destroy(canvas->surface);
    if (canvas->temporary) {
      // Gone already where it was renamed
      (void)unlink(canvas->temporary);
    }
    free(canvas->temporary);
    free(canvas->path);
    free(canvas);
  }
}
