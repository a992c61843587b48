// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

#include <fh/plot.h>
#include <fh/spectrum.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double page_width_pt = 560.0;
static const double panel_height_pt = 280.0;

// Decibels shown
static const double range_db = 70.0;

/// Where one panel goes and from what it is drawn
typedef struct {
  cairo_t* cr;
  double top_pt;
  const IrResult* result;
  const double* h;
  size_t n;
} Panel;

// When the slowest decay has met the noise [s]
static double
shown_s(const IrResult* const r)
{
  const FhAnalysis* const a = &r->analysis;
  double end = 0.0;
  for (size_t b = 0; b <= a->n_bands; ++b) {
    end = fmax(end, a->decay[b].knee_s);
  }
  return fmax(fmin(1.1 * end, r->duration_s), 0.05);
}

static FhPlot
make_plot(const Panel* const p, const FhAxis x, const FhAxis y)
{
  FhPlot plot = {.x = x, .y = y};
  fh_plot_fit(
    &plot, 8.0, p->top_pt + 6.0, page_width_pt - 16.0, panel_height_pt - 12.0);
  return plot;
}

static FhStatus
draw_decay(const Panel* const p)
{
  const FhAnalysis* const a = &p->result->analysis;
  const FhEnergies* const e = &a->energies;
  const FhAxis time = {.label = "Time after the onset [s]",
                       .high = shown_s(p->result)};
  const FhAxis level = {.label = "Decay curve [dB]", .low = -range_db};
  const FhPlot plot = make_plot(p, time, level);
  double* const t = (double*)malloc(2 * e->n_steps * sizeof(double));
  if (!t) {
    return FH_ERR_NO_MEM;
  }
  double* const y = t + e->n_steps;
  for (size_t i = 0; i < e->n_steps; ++i) {
    t[i] = (double)i * e->step_s;
  }
  fh_plot_axes(p->cr, &plot, "Energy decay, noise subtracted");
  const char* names[FH_ANALYSIS_MAX_BANDS];
  FhPen pens[FH_ANALYSIS_MAX_BANDS];
  size_t n_drawn = 0;
  // Of third octaves every third is shown: the octave midbands
  const size_t stride = a->desc.bands_per_octave == 1 ? 1 : 3;
  for (size_t b = stride / 2; b < a->n_bands; b += stride) {
    if (a->decay[b].n_used) {
      fh_decay_curve(
        e->energy + b * e->n_steps, e->n_steps, e->step_s, &a->decay[b], y);
      pens[n_drawn] = fh_plot_pen(n_drawn);
      names[n_drawn] = stride == 1 ? fh_octave_name(b) : fh_third_name(b);
      fh_plot_curve(p->cr, &plot, t, y, a->decay[b].n_used, &pens[n_drawn]);
      ++n_drawn;
    }
  }
  fh_plot_legend(p->cr, &plot, names, pens, n_drawn, 1);
  free(t);
  return FH_OK;
}

static FhStatus
draw_echogram(const Panel* const p)
{
  enum { COLUMNS = 1600 };
  const FhAnalysis* const a = &p->result->analysis;
  const double end_s = fmin(shown_s(p->result), 0.5);
  const FhAxis time = {
    .label = "Time after the onset [s]", .low = -0.02 * end_s, .high = end_s};
  const FhAxis level = {.label = "Level re the peak [dB]", .low = -range_db};
  const FhPlot plot = make_plot(p, time, level);
  double* const t = (double*)malloc(2 * COLUMNS * sizeof(double));
  if (!t) {
    return FH_ERR_NO_MEM;
  }
  double* const y = t + COLUMNS;
  const double width_s = (time.high - time.low) / COLUMNS;
  for (size_t k = 0; k < COLUMNS; ++k) {
    // Greatest magnitude of each column: no reflection gets lost
    const double at = time.low + ((double)k + 0.5) * width_s;
    const double from =
      (a->onset.time_s + at - 0.5 * width_s) * p->result->rate_hz;
    const double to = from + fmax(width_s * p->result->rate_hz, 1.0);
    double greatest = 0.0;
    const size_t last = (size_t)fmin(fmax(to, 0.0), (double)p->n);
    for (size_t i = (size_t)ceil(fmax(from, 0.0)); i < last; ++i) {
      greatest = fmax(greatest, fabs(p->h[i]));
    }
    t[k] = at;
    y[k] = fmax(20.0 * log10(fmax(greatest / a->onset.peak, 1e-12)), -200.0);
  }
  const FhPen pen = fh_plot_pen(0);
  fh_plot_axes(p->cr, &plot, "Echogram");
  fh_plot_bars(p->cr, &plot, t, y, COLUMNS, -range_db, 1.0, pen.rgb);
  free(t);
  return FH_OK;
}

// Levels of short spectra [rows in log frequency][columns in time]
static FhStatus
make_waterfall(const Panel* const p,
               const double end_s,
               const size_t n_x,
               const size_t n_y,
               const double low_hz,
               const double high_hz,
               double* const value)
{
  const double rate = p->result->rate_hz;
  const size_t length = (size_t)(0.04 * rate);
  const size_t window = fh_fft_size(4 * length); // Smooth at low frequencies
  FhFft* fft = NULL;
  double* const x = (double*)malloc(window * sizeof(double));
  double complex* const s =
    (double complex*)malloc((window / 2 + 1) * sizeof(double complex));
  const FhStatus status = x && s ? fh_fft_new(window, &fft) : FH_ERR_NO_MEM;
  double greatest = -INFINITY;
  for (size_t c = 0; c < n_x && !status; ++c) {
    const double centre = p->result->analysis.onset.time_s +
                          end_s * ((double)c + 0.5) / (double)n_x;
    const double first = centre * rate - 0.5 * (double)length;
    for (size_t i = 0; i < window; ++i) {
      const double at = first + (double)i;
      const double w =
        0.5 - 0.5 * cos(2.0 * FH_PI * ((double)i + 0.5) / (double)length);
      const bool inside = i < length && at >= 0.0 && at < (double)p->n;
      x[i] = inside ? w * p->h[(size_t)at] : 0.0;
    }
    fh_fft_forward(fft, x, s);
    for (size_t r = 0; r < n_y; ++r) {
      const double f =
        low_hz * pow(high_hz / low_hz, ((double)r + 0.5) / (double)n_y);
      // A twelfth octave round it, one line at least
      const double bins = f * (double)window / rate;
      const size_t lo = (size_t)fmax(bins * 0.9715 + 0.5, 1.0);
      const size_t hi = (size_t)(bins * 1.0293 + 0.5);
      double sum = 0.0;
      size_t k = lo;
      do {
        sum += k <= window / 2 ? creal(s[k] * conj(s[k])) : 0.0;
        ++k;
      } while (k <= hi);
      value[r * n_x + c] = 10.0 * log10(fmax(sum / (double)(k - lo), 1e-300));
      greatest = fmax(greatest, value[r * n_x + c]);
    }
  }
  for (size_t i = 0; i < n_x * n_y && !status; ++i) {
    value[i] -= greatest;
  }
  fh_fft_free(fft);
  free(s);
  free(x);
  return status;
}

static FhStatus
draw_waterfall(const Panel* const p)
{
  enum { N_X = 240, N_Y = 160 };
  const double end_s = shown_s(p->result);
  const double high_hz = fmin(16000.0, 0.45 * p->result->rate_hz);
  const double low_hz = fmin(40.0, 0.1 * high_hz);
  const FhAxis time = {.label = "Time after the onset [s]", .high = end_s};
  FhAxis frequency = fh_axis_frequency(low_hz, high_hz);
  frequency.label = "Frequency [Hz]";
  const FhColourScale scale = {
    .map = FH_COLOUR_VIRIDIS, .low = -range_db, .label = "Level [dB]"};
  FhPlot plot = {.x = time, .y = frequency};
  fh_plot_fit(
    &plot, 8.0, p->top_pt + 6.0, page_width_pt - 76.0, panel_height_pt - 12.0);
  double* const value = (double*)malloc((size_t)N_X * N_Y * sizeof(double));
  if (!value) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status =
    make_waterfall(p, end_s, N_X, N_Y, low_hz, high_hz, value);
  if (!status) {
    fh_plot_axes(p->cr, &plot, "Waterfall: spectra of 40 ms");
    fh_plot_heat(p->cr, &plot, value, N_X, N_Y, &scale);
    fh_plot_scale(
      p->cr, plot.left + plot.width + 10.0, plot.top, plot.height, &scale);
  }
  free(value);
  return status;
}

typedef FhStatus (*Draw)(const Panel* panel);

// The drawings that a list names; 0 for a name that is not known
static size_t
parse_what(const char* const text, Draw draws[3])
{
  static const struct {
    const char* name;
    Draw draw;
  } known[] = {{"decay", draw_decay},
               {"echogram", draw_echogram},
               {"waterfall", draw_waterfall}};
  size_t n = 0;
  const char* at = text;
  while (*at && n < 3) {
    const size_t length = strcspn(at, ",");
    Draw draw = NULL;
    for (size_t i = 0; i < 3; ++i) {
      if (strlen(known[i].name) == length &&
          !strncmp(known[i].name, at, length)) {
        draw = known[i].draw;
      }
    }
    if (!draw) {
      return 0;
    }
    draws[n++] = draw;
    at += length + (at[length] == ',');
  }
  return *at ? 0 : n;
}

bool
ir_plot(const IrResult* const result,
        const double* const h,
        const size_t n,
        const IrOptions* const o)
{
  Draw draws[3];
  const size_t n_draws = parse_what(o->plot_what, draws);
  if (!n_draws) {
    fh_cli_error("--plot-what knows decay, echogram and waterfall, not '%s'",
                 o->plot_what);
    return false;
  }
  FhCanvas* canvas = NULL;
  FhStatus status = fh_canvas_new(
    o->plot, page_width_pt, panel_height_pt * (double)n_draws, &canvas);
  for (size_t i = 0; i < n_draws && !status; ++i) {
    const Panel panel = {
      fh_canvas_cairo(canvas), panel_height_pt * (double)i, result, h, n};
    status = draws[i](&panel);
  }
  if (status) {
    fh_canvas_free(canvas);
  } else {
    status = fh_canvas_finish(canvas);
  }
  if (status) {
    ir_error(FH_EXIT_BAD_INPUT,
             o->plot,
             status == FH_ERR_UNSUPPORTED
               ? "pictures end in .png, .svg or .pdf"
               : "cannot be written; check the folder and the disk");
  }
  return !status;
}
