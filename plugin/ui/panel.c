// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel.h"

#include "curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Drag over this height goes from one end of a range to the other
#define DRAG_HEIGHT 300.0
#define FINE        0.1
// A soundcheck that exists is only replaced when the button is held this long,
// so that a slip of the hand in the show costs nothing [s]
#define HOLD_S  1.0
#define PLOT_DB 9.0

// Everything that has a place; the chooser lies over the plot
static const Box boxes[N_ITEMS] = {
  [ITEM_BANNER] = {10, 10, 706, 60},
  [ITEM_FREEZE] = {724, 10, 266, 60},
  [ITEM_PLOT] = {10, 78, 706, 322},
  [ITEM_OFF] = {724, 78, 84, 40},
  [ITEM_SUGGEST] = {808, 78, 98, 40},
  [ITEM_AUTO] = {906, 78, 84, 40},
  [ITEM_APPLY] = {724, 126, 129, 40},
  [ITEM_UNDO] = {861, 126, 129, 40},
  [ITEM_PANIC] = {724, 174, 129, 48},
  [ITEM_ENABLED] = {861, 174, 129, 48},
  [ITEM_AMOUNT] = {724, 232, 266, 26},
  [ITEM_LIMIT] = {724, 262, 266, 26},
  [ITEM_SLEW] = {724, 292, 266, 26},
  [ITEM_BOOST] = {724, 322, 266, 26},
  [ITEM_TEMPERATURE] = {724, 358, 129, 26},
  [ITEM_HUMIDITY] = {861, 358, 129, 26},
  [ITEM_ATTENDANCE] = {724, 388, 172, 26},
  [ITEM_MICS] = {904, 388, 86, 26},
  [ITEM_TRIM] = {632, 84, 78, 24},
  [ITEM_BASELINE] = {724, 424, 266, 44},
  [ITEM_PROFILE] = {724, 474, 266, 28},
  [ITEM_OCCUPANCY] = {10, 408, 290, 182},
  [ITEM_LOG] = {308, 408, 408, 182},
  [ITEM_CHOOSER] = {60, 84, 600, 340},
};

Box
panel_box(Item item)
{
  return boxes[item];
}

static bool
contains(Box box, double x, double y)
{
  return x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
}

FhPort
panel_port(Item item)
{
  switch (item) {
  case ITEM_FREEZE:
    return FH_PORT_FREEZE;
  case ITEM_OFF:
  case ITEM_SUGGEST:
  case ITEM_AUTO:
    return FH_PORT_MODE;
  case ITEM_APPLY:
    return FH_PORT_APPLY;
  case ITEM_UNDO:
    return FH_PORT_UNDO;
  case ITEM_PANIC:
    return FH_PORT_PANIC;
  case ITEM_ENABLED:
    return FH_PORT_ENABLED;
  case ITEM_AMOUNT:
    return FH_PORT_AMOUNT;
  case ITEM_LIMIT:
    return FH_PORT_LIMIT_DB;
  case ITEM_BOOST:
    return FH_PORT_BOOST_RATIO;
  case ITEM_SLEW:
    return FH_PORT_SLEW_DB_PER_MIN;
  case ITEM_TEMPERATURE:
    return FH_PORT_TEMPERATURE_C;
  case ITEM_HUMIDITY:
    return FH_PORT_HUMIDITY_PERCENT;
  case ITEM_ATTENDANCE:
    return FH_PORT_ATTENDANCE;
  case ITEM_MICS:
    return FH_PORT_MICS;
  case ITEM_BASELINE:
    return FH_PORT_BASELINE;
  default:
    return FH_PORT_COUNT;
  }
}

void
panel_init(Panel* panel, const PanelCalls* calls)
{
  memset(panel, 0, sizeof(*panel));
  fh_view_init(&panel->view);
  panel->calls = *calls;
  panel->trim_band = -1;
  panel->chooser.pointed = -1;
  panel->is_dirty = true;
}

void
panel_fit(double width, double height, double* scale, double* x, double* y)
{
  *scale = fmin(width / PANEL_WIDTH, height / PANEL_HEIGHT);
  *x = 0.5 * (width - *scale * PANEL_WIDTH);
  *y = 0.5 * (height - *scale * PANEL_HEIGHT);
}

static Item
item_at(const Panel* panel, double x, double y)
{
  if (panel->chooser.is_open) {
    return contains(boxes[ITEM_CHOOSER], x, y) ? ITEM_CHOOSER : ITEM_NONE;
  }
  if (contains(boxes[ITEM_TRIM], x, y)) {
    return ITEM_TRIM; // Lies on the plot
  }
  for (int i = ITEM_BANNER; i < ITEM_CHOOSER; ++i) {
    if (contains(boxes[i], x, y)) {
      return (Item)i;
    }
  }
  return ITEM_NONE;
}

// Would these numbers look different in the picture?
static bool
differs(float a, float b, float step)
{
  return isfinite(a) != isfinite(b) || (isfinite(a) && fabsf(a - b) >= step);
}

static bool
looks_different(const FhView* a, const FhView* b)
{
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    const float step =
      info->kind == FH_PORT_CONTROL_OUT
        ? fmaxf(0.002f * (info->maximum - info->minimum), 1e-6f)
        : 1e-6f;
    if (differs(a->port[i], b->port[i], i == FH_PORT_DELAY_MS ? 0.05f : step)) {
      return true;
    }
  }
  for (unsigned c = 0; c < FH_N_CURVES; ++c) {
    const float step =
      c == FH_CURVE_COHERENCE || c == FH_CURVE_KNOWN ? 0.02f : 0.03f;
    for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
      if (differs(a->curve[c][i], b->curve[c][i], step)) {
        return true;
      }
    }
  }
  for (unsigned i = 0; i < FH_N_FACTS; ++i) {
    const float step = i == FH_FACT_CAPTURE_PROGRESS ? 0.005f
                       : i <= FH_FACT_MIC_2_DB       ? 1.0f
                                                     : 0.5f;
    if (i != FH_FACT_TIME_S && differs(a->fact[i], b->fact[i], step)) {
      return true;
    }
  }
  return a->history.n != b->history.n ||
         a->history.step_s != b->history.step_s || a->n_lines != b->n_lines ||
         strcmp(a->line[0], b->line[0]) != 0 ||
         strcmp(a->state, b->state) != 0 ||
         strcmp(a->verdict, b->verdict) != 0 ||
         strcmp(a->profile, b->profile) != 0 ||
         strcmp(a->message, b->message) != 0;
}

void
panel_set_view(Panel* panel, const FhView* view)
{
  panel->view = *view;
  if (looks_different(view, &panel->drawn)) {
    panel->is_dirty = true;
  }
}

static void
set_port(Panel* panel, FhPort port, float value)
{
  const FhPortInfo* const info = fh_port_info(port);
  const float to = fminf(fmaxf(value, info->minimum), info->maximum);
  if (!info->is_trigger) {
    panel->view.port[port] = to;
  }
  panel->is_dirty = true;
  panel->calls.set(panel->calls.data, port, to);
}

// Round to what a person would type
static float
rounded(FhPort port, double value)
{
  switch (port) {
  case FH_PORT_ATTENDANCE:
    return (float)(value < 2000.0 ? round(value / 10.0) * 10.0
                                  : round(value / 100.0) * 100.0);
  case FH_PORT_AMOUNT:
  case FH_PORT_HUMIDITY_PERCENT:
  case FH_PORT_MICS:
    return (float)round(value);
  case FH_PORT_BOOST_RATIO:
  case FH_PORT_SLEW_DB_PER_MIN:
    return (float)(round(value * 100.0) / 100.0);
  default:
    return (float)(round(value * 10.0) / 10.0);
  }
}

// Part of the range, 0 to 1; attendance and speed on a curve, as they span
// decades
static double
part_of(FhPort port, double value)
{
  const FhPortInfo* const info = fh_port_info(port);
  const double lo = (double)info->minimum;
  const double hi = (double)info->maximum;
  switch (port) {
  case FH_PORT_ATTENDANCE:
    return cbrt(value / hi);
  case FH_PORT_SLEW_DB_PER_MIN:
    return log(value / lo) / log(hi / lo);
  default:
    return (value - lo) / (hi - lo);
  }
}

static double
value_of(FhPort port, double part)
{
  const FhPortInfo* const info = fh_port_info(port);
  const double lo = (double)info->minimum;
  const double hi = (double)info->maximum;
  const double p = fmin(fmax(part, 0.0), 1.0);
  switch (port) {
  case FH_PORT_ATTENDANCE:
    return hi * p * p * p;
  case FH_PORT_SLEW_DB_PER_MIN:
    return lo * pow(hi / lo, p);
  default:
    return lo + p * (hi - lo);
  }
}

static bool
is_slider(Item item)
{
  return item >= ITEM_AMOUNT && item <= ITEM_MICS;
}

double
panel_x_of_hz(double hz)
{
  const Box plot = boxes[ITEM_PLOT];
  return plot.x + 40.0 + (plot.w - 52.0) * log(hz / 18.0) / log(22400.0 / 18.0);
}

double
panel_y_of_db(double db)
{
  const Box plot = boxes[ITEM_PLOT];
  const double middle = plot.y + 30.0 + 0.5 * (plot.h - 54.0);
  return middle - db / PLOT_DB * 0.5 * (plot.h - 54.0);
}

/// Band of the equaliser at `x` in the plot, -1 outside
static int
panel_band_at(double x)
{
  for (int i = 0; i < FH_N_EQ_BANDS; ++i) {
    const double centre = panel_x_of_hz((double)fh_view_band_hz((unsigned)i));
    if (fabs(x - centre) < 11.0) {
      return i;
    }
  }
  return -1;
}

static void
set_trim(Panel* panel, int band, float db)
{
  float* const trim = panel->view.curve[FH_CURVE_TRIM];
  trim[band] = fminf(fmaxf(roundf(db * 10.0f) / 10.0f, -12.0f), 12.0f);
  panel->is_dirty = true;
  panel->calls.trim(panel->calls.data, trim);
}

void
panel_move(Panel* panel, double x, double y, Keys keys)
{
  const double rise =
    (panel->press_y - y) / DRAG_HEIGHT * (keys.ctrl ? FINE : 1.0);
  if (is_slider(panel->pressed)) {
    const FhPort port = panel_port(panel->pressed);
    const double part = part_of(port, (double)panel->press_value) + rise;
    set_port(panel, port, rounded(port, value_of(port, part)));
    return;
  }
  if (panel->pressed == ITEM_PLOT && panel->trim_band >= 0) {
    set_trim(panel,
             panel->trim_band,
             panel->press_value + (float)(rise * 2.0 * PLOT_DB));
    return;
  }
  const Item item = item_at(panel, x, y);
  const int band =
    item == ITEM_PLOT && panel->trim_is_open ? panel_band_at(x) : -1;
  int row = -1;
  for (unsigned i = 0; panel->chooser.is_open && i < CHOOSER_ROWS; ++i) {
    row = contains(chooser_row(i), x, y) ? (int)i : row;
  }
  if (item != panel->pointed || band != panel->trim_band ||
      row != panel->chooser.pointed) {
    panel->is_dirty = true;
  }
  panel->pointed = item;
  panel->trim_band = band;
  panel->chooser.pointed = row;
}

static void
open_chooser(Panel* panel)
{
  const char* const path = panel->view.profile;
  char folder[4096] = "";
  const char* const slash = strrchr(path, '/');
  if (slash && slash != path) {
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
  } else {
    const char* const home = getenv("HOME");
    snprintf(folder, sizeof(folder), "%s", home && *home ? home : "/");
  }
  chooser_open(&panel->chooser, folder);
}

bool
panel_load_trace(Panel* panel, const char* path)
{
  panel->is_dirty = true;
  panel->has_trace = false;
  panel->trace_name[0] = '\0';
  if (!path || !*path) {
    return true;
  }
  const char* const slash = strrchr(path, '/');
  const char* const name = slash ? slash + 1 : path;
  FhTrace trace;
  char reason[FH_CURVE_REASON];
  if (fh_trace_read(path, &trace, reason)) {
    snprintf(panel->trace_name,
             sizeof(panel->trace_name),
             "%.40s: %.80s",
             name,
             reason);
    return false;
  }
  fh_trace_bands(&trace, panel->trace_db);
  fh_trace_clear(&trace);
  panel->has_trace = true;
  snprintf(panel->trace_name, sizeof(panel->trace_name), "%.60s", name);
  return true;
}

static void
press_chooser(Panel* panel, double x, double y)
{
  Chooser* const chooser = &panel->chooser;
  if (contains(chooser_close(), x, y) || !contains(boxes[ITEM_CHOOSER], x, y)) {
    chooser->is_open = false;
    return;
  }
  if (contains(chooser_none(), x, y)) {
    chooser->is_open = false;
    panel_load_trace(panel, NULL);
    panel->calls.profile(panel->calls.data, "");
    return;
  }
  for (unsigned i = 0; i < CHOOSER_ROWS; ++i) {
    char path[4096 + 160];
    if (contains(chooser_row(i), x, y) &&
        chooser_pick(chooser, i, path, sizeof(path))) {
      chooser->is_open = false;
      const size_t n = strlen(path);
      if (n > 4 && !strcmp(path + n - 4, ".fhp")) {
        panel->calls.profile(panel->calls.data, path);
      } else {
        panel_load_trace(panel, path);
      }
      return;
    }
  }
}

static void
press_slider(Panel* panel, Item item, Keys keys)
{
  const FhPort port = panel_port(item);
  if (keys.shift) {
    set_port(panel, port, fh_port_info(port)->initial);
  } else if (item == ITEM_MICS) {
    set_port(panel, port, 3.0f - panel->view.port[port]);
  } else {
    panel->pressed = item;
    panel->press_value = panel->view.port[port];
  }
}

static void
press_plot(Panel* panel, double x, Keys keys)
{
  const int band = panel->trim_is_open ? panel_band_at(x) : -1;
  if (band < 0) {
    return;
  }
  panel->trim_band = band;
  if (keys.shift) {
    set_trim(panel, band, 0.0f);
    return;
  }
  panel->pressed = ITEM_PLOT;
  panel->press_value = panel->view.curve[FH_CURVE_TRIM][band];
}

void
panel_press(Panel* panel, double x, double y, Keys keys, double now_s)
{
  panel->is_dirty = true;
  panel->press_y = y;
  panel->press_s = now_s;
  panel->has_acted = false;
  panel->hold = 0.0;
  if (panel->chooser.is_open) {
    press_chooser(panel, x, y);
    return;
  }
  const Item item = item_at(panel, x, y);
  const FhPort port = panel_port(item);
  if (is_slider(item)) {
    press_slider(panel, item, keys);
    return;
  }
  switch (item) {
  case ITEM_FREEZE:
  case ITEM_ENABLED:
    set_port(panel, port, panel->view.port[port] > 0.5f ? 0.0f : 1.0f);
    break;
  case ITEM_OFF:
  case ITEM_SUGGEST:
  case ITEM_AUTO:
    set_port(panel, port, (float)(item - ITEM_OFF));
    break;
  case ITEM_APPLY:
  case ITEM_UNDO:
  case ITEM_PANIC:
    set_port(panel, port, 1.0f);
    break;
  case ITEM_BASELINE:
    if (panel->view.fact[FH_FACT_HAS_BASELINE] < 0.5f) {
      set_port(panel, port, 1.0f);
      panel->has_acted = true;
    }
    break;
  case ITEM_TRIM:
    panel->trim_is_open = !panel->trim_is_open;
    break;
  case ITEM_PLOT:
    press_plot(panel, x, keys);
    return;
  case ITEM_PROFILE:
    open_chooser(panel);
    break;
  default:
    break;
  }
  panel->pressed = item;
}

void
panel_release(Panel* panel, double x, double y)
{
  const Item item = panel->pressed;
  panel->pressed = ITEM_NONE;
  panel->hold = 0.0;
  panel->is_dirty = true;
  // Hosts and the DSP act on the step up; the button is let go afterwards
  if (item == ITEM_APPLY || item == ITEM_UNDO || item == ITEM_PANIC ||
      (item == ITEM_BASELINE && panel->has_acted)) {
    set_port(panel, panel_port(item), 0.0f);
  }
  panel_move(panel, x, y, (Keys){false, false});
}

void
panel_wheel(Panel* panel, double x, double y, int steps, Keys keys)
{
  if (panel->chooser.is_open) {
    Chooser* const chooser = &panel->chooser;
    const int last = (int)chooser->n_entries - CHOOSER_ROWS;
    int first = (int)chooser->first - 3 * steps;
    first = first > last ? last : first;
    chooser->first = (unsigned)(first < 0 ? 0 : first);
    panel->is_dirty = true;
    return;
  }
  const Item item = item_at(panel, x, y);
  if (item == ITEM_PLOT && panel->trim_is_open) {
    const int band = panel_band_at(x);
    if (band >= 0) {
      set_trim(panel,
               band,
               panel->view.curve[FH_CURVE_TRIM][band] +
                 (float)steps * (keys.ctrl ? 0.1f : 0.5f));
    }
    return;
  }
  if (!is_slider(item)) {
    return;
  }
  const FhPort port = panel_port(item);
  const double part = part_of(port, (double)panel->view.port[port]) +
                      0.02 * steps * (keys.ctrl ? FINE : 1.0);
  float to = rounded(port, value_of(port, part));
  if (to == panel->view.port[port]) { // At least the smallest step
    const double least =
      (double)to < 1.0 && port != FH_PORT_ATTENDANCE && port != FH_PORT_AMOUNT
        ? 0.01
        : 1.0;
    to += (float)(steps * least);
  }
  set_port(panel, port, to);
}

void
panel_leave(Panel* panel)
{
  if (panel->pressed == ITEM_NONE && panel->pointed != ITEM_NONE) {
    panel->pointed = ITEM_NONE;
    panel->trim_band = -1;
    panel->is_dirty = true;
  }
}

void
panel_tick(Panel* panel, double now_s)
{
  if (panel->pressed != ITEM_BASELINE || panel->has_acted) {
    return;
  }
  panel->hold = fmin((now_s - panel->press_s) / HOLD_S, 1.0);
  panel->is_dirty = true;
  if (panel->hold >= 1.0) {
    panel->has_acted = true;
    set_port(panel, FH_PORT_BASELINE, 1.0f);
  }
}
