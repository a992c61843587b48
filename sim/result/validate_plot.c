// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/plot.h>
#include <fh/validate.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double page_pt = 640.0;
static const double row_pt = 190.0;
static const double head_pt = 30.0;

static const double measured_rgb[3] = {0.0, 0.0, 0.0};
static const double simulated_rgb[3] = {0.0, 0.447, 0.698};

/// One row of panels
typedef struct {
  cairo_t* cr;
  const FhValidation* v;
  FhQuantity quantity;
  double top_pt;
  double scale;  ///< Of the unit shown to SI
  char name[32]; ///< With unit
} Row;

static void
name_row(Row* const r)
{
  const char* unit = fh_quantity_unit(r->quantity);
  char name[8];
  snprintf(name, sizeof name, "%s", fh_quantity_name(r->quantity));
  for (char* c = name; *c; ++c) {
    *c = (char)toupper((unsigned char)*c);
  }
  r->scale = 1.0;
  if (r->quantity == FH_QUANTITY_TS) {
    r->scale = 1000.0;
    unit = "ms";
  }
  if (*unit) {
    snprintf(r->name, sizeof r->name, "%s [%s]", name, unit);
  } else {
    snprintf(r->name, sizeof r->name, "%s", name);
  }
}

// Means over pairs, and how far the pairs reach
static void
draw_means(const Row* const r)
{
  double hz[FH_N_OCTAVES];
  double y[2][FH_N_OCTAVES];
  double low[2][FH_N_OCTAVES];
  double high[2][FH_N_OCTAVES];
  double bottom = INFINITY;
  double top = -INFINITY;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const FhDeviationMean* const m = &r->v->mean[r->quantity][b];
    hz[b] = fh_octave_hz(b);
    const double mean[2] = {m->measured, m->simulated};
    for (size_t k = 0; k < 2; ++k) {
      y[k][b] = m->n ? r->scale * mean[k] : (double)NAN;
      low[k][b] = m->n ? r->scale * m->low[k] : (double)NAN;
      high[k][b] = m->n ? r->scale * m->high[k] : (double)NAN;
      bottom = fmin(bottom, low[k][b]);
      top = fmax(top, high[k][b]);
    }
  }
  const double room = fmax(0.08 * (top - bottom), 1e-3);
  FhPlot plot = {
    .x = fh_axis_octaves(),
    .y = {.label = r->name, .low = bottom - room, .high = top + room}};
  fh_plot_fit(&plot, 6.0, r->top_pt, 0.5 * page_pt - 12.0, row_pt - 8.0);
  fh_plot_axes(r->cr, &plot, NULL);
  for (size_t k = 0; k < 2; ++k) {
    const double* const rgb = k ? simulated_rgb : measured_rgb;
    FhPen pen = {.width_pt = 1.6};
    memcpy(pen.rgb, rgb, sizeof pen.rgb);
    fh_plot_interval(r->cr, &plot, hz, low[k], high[k], FH_N_OCTAVES, rgb);
    fh_plot_curve(r->cr, &plot, hz, y[k], FH_N_OCTAVES, &pen);
    fh_plot_dots(r->cr, &plot, hz, y[k], NULL, FH_N_OCTAVES, 2.5, rgb);
  }
}

// Every difference in just noticeable ones, over the band of one of them
static void
draw_differences(const Row* const r, const double limit)
{
  static const double grey[3] = {0.5, 0.5, 0.5};
  const double edge[2] = {40.0, 12000.0};
  const double minus[2] = {-1.0, -1.0};
  const double plus[2] = {1.0, 1.0};
  FhPlot plot = {
    .x = fh_axis_octaves(),
    .y = {.label = "Difference [JND]", .low = -limit, .high = limit}};
  fh_plot_fit(
    &plot, 0.5 * page_pt + 6.0, r->top_pt, 0.5 * page_pt - 12.0, row_pt - 8.0);
  fh_plot_axes(r->cr, &plot, NULL);
  fh_plot_interval(r->cr, &plot, edge, minus, plus, 2, grey);
  for (size_t i = 0; i < r->v->n; ++i) {
    const FhDeviation* const d = &r->v->at[i];
    if (d->quantity != r->quantity || d->band >= FH_N_OCTAVES) {
      continue;
    }
    const double hz =
      fh_octave_hz(d->band) * (d->emitter % 2 ? 1.06 : 1.0 / 1.06);
    const double y = fmax(-limit, fmin(limit, d->jnd));
    fh_plot_dots(r->cr, &plot, &hz, &y, NULL, 1, 1.8, simulated_rgb);
  }
}

static double
greatest_jnd(const FhValidation* const v, const FhQuantity quantity)
{
  double greatest = 2.0;
  for (size_t i = 0; i < v->n; ++i) {
    if (v->at[i].quantity == quantity) {
      greatest = fmax(greatest, fabs(v->at[i].jnd));
    }
  }
  return fmin(1.08 * greatest, 20.0);
}

// A quantity of one band has no octaves to draw
static bool
is_drawn(const FhValidation* const v, const size_t quantity)
{
  return v->all[quantity].n && !v->mean[quantity][FH_BAND_MID].n;
}

FhStatus
fh_validation_plot(const FhValidation* const validation,
                   const char* const title,
                   const char* const path)
{
  size_t n = 0;
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    n += is_drawn(validation, q);
  }
  if (!n) {
    return FH_ERR_INVALID_DATA;
  }
  FhCanvas* canvas = NULL;
  const FhStatus status =
    fh_canvas_new(path, page_pt, head_pt + (double)n * row_pt, &canvas);
  if (status) {
    return status;
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  fh_plot_text(cr, 8.0, 12.0, 0.0, 0.5, 11.0, true, NULL, title);
  fh_plot_text(
    cr, page_pt - 190.0, 12.0, 0.0, 0.5, 9.0, true, measured_rgb, "measured");
  fh_plot_text(
    cr, page_pt - 130.0, 12.0, 0.0, 0.5, 9.0, true, simulated_rgb, "simulated");
  fh_plot_text(
    cr, page_pt - 8.0, 12.0, 1.0, 0.5, 8.0, false, NULL, "areas: all pairs");
  Row row = {.cr = cr, .v = validation, .top_pt = head_pt};
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    if (is_drawn(validation, q)) {
      row.quantity = (FhQuantity)q;
      name_row(&row);
      draw_means(&row);
      draw_differences(&row, greatest_jnd(validation, row.quantity));
      row.top_pt += row_pt;
    }
  }
  return fh_canvas_finish(canvas);
}
