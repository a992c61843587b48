// SPDX-License-Identifier: GPL-3.0-or-later
#include "paint.h"
#include "panel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool
is_on(const Panel* panel, FhPort port)
{
  return panel->view.port[port] > 0.5f;
}

static Ink
alarm_ink(FhAlarm alarm)
{
  switch (alarm) {
  case FH_ALARM_NONE:
    return INK_GREEN;
  case FH_ALARM_BUSY:
    return INK_BLUE;
  case FH_ALARM_HOLD:
    return INK_ORANGE;
  case FH_ALARM_FAULT:
    return INK_RED;
  case FH_ALARM_STOPPED:
    return INK_PURPLE;
  }
  return INK_EDGE;
}

// A shape for each kind of state, so that colour is not needed
static void
draw_alarm(cairo_t* cr, FhAlarm alarm, double x, double y)
{
  paint_ink(cr, INK_BLACK, 1.0);
  switch (alarm) {
  case FH_ALARM_NONE: // A tick
    cairo_set_line_width(cr, 6.0);
    cairo_move_to(cr, x - 13.0, y);
    cairo_line_to(cr, x - 4.0, y + 10.0);
    cairo_line_to(cr, x + 14.0, y - 11.0);
    cairo_stroke(cr);
    return;
  case FH_ALARM_BUSY: // An arrow
    cairo_move_to(cr, x - 11.0, y - 14.0);
    cairo_line_to(cr, x + 14.0, y);
    cairo_line_to(cr, x - 11.0, y + 14.0);
    break;
  case FH_ALARM_HOLD: // Two bars
    cairo_rectangle(cr, x - 12.0, y - 14.0, 9.0, 28.0);
    cairo_rectangle(cr, x + 3.0, y - 14.0, 9.0, 28.0);
    break;
  case FH_ALARM_FAULT: // A sign with an exclamation mark
    cairo_move_to(cr, x, y - 17.0);
    cairo_line_to(cr, x + 19.0, y + 15.0);
    cairo_line_to(cr, x - 19.0, y + 15.0);
    cairo_close_path(cr);
    cairo_fill(cr);
    paint_ink(cr, INK_RED, 1.0);
    cairo_rectangle(cr, x - 2.0, y - 7.0, 4.0, 12.0);
    cairo_rectangle(cr, x - 2.0, y + 8.0, 4.0, 4.0);
    break;
  case FH_ALARM_STOPPED: // A square
    cairo_rectangle(cr, x - 13.0, y - 13.0, 26.0, 26.0);
    break;
  }
  cairo_fill(cr);
}

// A level, or a dash where there is silence
static const char*
level(float db, char text[16])
{
  if (isfinite(db) && db > -100.0f) {
    snprintf(text, 16, "%.0f dB", (double)db);
  } else {
    snprintf(text, 16, "silent");
  }
  return text;
}

// Levels of the programme and of the microphones in use
static void
level_words(const FhView* view, char* text, size_t size)
{
  char programme[16];
  char mic_1[16];
  char mic_2[16];
  level(view->fact[FH_FACT_PROGRAMME_DB], programme);
  level(view->fact[FH_FACT_MIC_1_DB], mic_1);
  level(view->fact[FH_FACT_MIC_2_DB], mic_2);
  if (view->port[FH_PORT_MICS] > 1.5f) {
    snprintf(text, size, "programme %s   mics %s, %s", programme, mic_1, mic_2);
  } else {
    snprintf(text, size, "programme %s   mic %s", programme, mic_1);
  }
}

// Size at which a line fits in `width`, for a reason must be read to its end
static double
size_that_fits(cairo_t* cr,
               double size,
               double smallest,
               double width,
               const char* text)
{
  cairo_text_extents_t extents;
  cairo_set_font_size(cr, size);
  cairo_text_extents(cr, text, &extents);
  return extents.x_advance > width
           ? fmax(smallest, 0.99 * size * width / extents.x_advance)
           : size;
}

static void
draw_banner(const Panel* panel, cairo_t* cr)
{
  const FhView* const view = &panel->view;
  const Box box = panel_box(ITEM_BANNER);
  const long code = lrintf(view->fact[FH_FACT_ALARM]);
  const FhAlarm alarm = code >= FH_ALARM_NONE && code <= FH_ALARM_STOPPED
                          ? (FhAlarm)code
                          : FH_ALARM_NONE;
  paint_box(cr, box, alarm_ink(alarm), alarm_ink(alarm));
  draw_alarm(cr, alarm, box.x + 34.0, box.y + 0.5 * box.h);
  paint_ink(cr, INK_BLACK, 1.0);
  paint_weight(cr, true);
  const char* const state =
    view->state[0] ? view->state : "Waiting for the plugin";
  const double width = box.w - 76.0;
  paint_text_in(cr,
                box.x + 66.0,
                box.y + 0.38 * box.h,
                size_that_fits(cr, 21.0, 14.0, width, state),
                width,
                state);
  char line[256];
  if (view->message[0]) {
    snprintf(line, sizeof(line), "%s", view->message);
  } else {
    char levels[96];
    level_words(view, levels, sizeof(levels));
    snprintf(line,
             sizeof(line),
             "coherence %.2f   delay %.1f ms   level %+.1f dB   %s",
             (double)view->port[FH_PORT_COHERENCE],
             (double)view->port[FH_PORT_DELAY_MS],
             (double)view->port[FH_PORT_LEVEL_CHANGE_DB],
             levels);
  }
  paint_weight(cr, false);
  paint_text_in(cr, box.x + 66.0, box.y + 0.77 * box.h, 14.0, width, line);
}

// A button; lit ones are filled with their colour and have black letters
static void
draw_button(const Panel* panel,
            cairo_t* cr,
            Item item,
            const char* text,
            double size,
            Ink colour,
            bool is_lit,
            bool is_useful)
{
  Box box = panel_box(item);
  const bool is_pointed = panel->pointed == item;
  if (panel->pressed == item) {
    box.y += 1.0;
  }
  paint_box(cr,
            box,
            is_lit ? colour : INK_FIELD,
            is_lit       ? colour
            : is_pointed ? INK_TEXT
                         : INK_EDGE);
  paint_weight(cr, true);
  paint_ink(cr, is_lit ? INK_BLACK : is_useful ? INK_TEXT : INK_EDGE, 1.0);
  paint_text(cr, box.x + 0.5 * box.w, box.y + 0.5 * box.h, size, 0.5, text);
}

static void
draw_buttons(const Panel* panel, cairo_t* cr)
{
  const FhView* const view = &panel->view;
  const long mode = lrintf(view->port[FH_PORT_MODE]);
  const bool is_frozen = is_on(panel, FH_PORT_FREEZE);
  const bool is_enabled = is_on(panel, FH_PORT_ENABLED);
  const bool can_apply = mode == 1 || view->fact[FH_FACT_CAN_TRUST] > 0.5f;
  draw_button(panel,
              cr,
              ITEM_FREEZE,
              is_frozen ? "FROZEN" : "FREEZE",
              26.0,
              INK_PURPLE,
              is_frozen,
              true);
  draw_button(
    panel, cr, ITEM_OFF, "Off", 15.0, INK_SOUNDCHECK, mode == 0, true);
  draw_button(
    panel, cr, ITEM_SUGGEST, "Suggest", 15.0, INK_BLUE, mode == 1, true);
  draw_button(panel, cr, ITEM_AUTO, "Auto", 15.0, INK_GREEN, mode == 2, true);
  draw_button(panel,
              cr,
              ITEM_APPLY,
              "Apply",
              16.0,
              INK_TARGET,
              panel->pressed == ITEM_APPLY,
              can_apply);
  draw_button(panel,
              cr,
              ITEM_UNDO,
              "Undo",
              16.0,
              INK_SOUNDCHECK,
              panel->pressed == ITEM_UNDO,
              view->fact[FH_FACT_CAN_UNDO] > 0.5f);
  draw_button(panel,
              cr,
              ITEM_PANIC,
              "PANIC",
              18.0,
              INK_RED,
              panel->pressed == ITEM_PANIC,
              true);
  draw_button(panel,
              cr,
              ITEM_ENABLED,
              is_enabled ? "A/B: EQ in" : "A/B: EQ out",
              15.0,
              INK_PURPLE,
              !is_enabled,
              true);
  draw_button(
    panel, cr, ITEM_TRIM, "Trim", 13.0, INK_TRIM, panel->trim_is_open, true);
}

static double
slider_part(FhPort port, double value)
{
  const FhPortInfo* const info = fh_port_info(port);
  const double lo = (double)info->minimum;
  const double hi = (double)info->maximum;
  double part = (value - lo) / (hi - lo);
  if (port == FH_PORT_ATTENDANCE) {
    part = cbrt(value / hi);
  } else if (port == FH_PORT_SLEW_DB_PER_MIN) {
    part = log(value / lo) / log(hi / lo);
  }
  return fmin(fmax(part, 0.0), 1.0);
}

static void
draw_slider(const Panel* panel, cairo_t* cr, Item item, const char* name)
{
  const FhPort port = panel_port(item);
  const FhPortInfo* const info = fh_port_info(port);
  const double value = (double)panel->view.port[port];
  const Box box = panel_box(item);
  const bool is_active = panel->pointed == item || panel->pressed == item;
  paint_box(cr, box, INK_FIELD, is_active ? INK_TEXT : INK_EDGE);
  const double width = (box.w - 4.0) * slider_part(port, value);
  if (width > 1.0) {
    cairo_rectangle(cr, box.x + 2.0, box.y + box.h - 5.0, width, 3.0);
    paint_ink(cr, INK_BLUE, 1.0);
    cairo_fill(cr);
  }
  char text[48];
  if (port == FH_PORT_ATTENDANCE && value < 0.5) {
    snprintf(text, sizeof(text), "unknown");
  } else {
    const int digits =
      port == FH_PORT_SLEW_DB_PER_MIN || port == FH_PORT_BOOST_RATIO ? 2
      : port == FH_PORT_LIMIT_DB || port == FH_PORT_TEMPERATURE_C    ? 1
                                                                     : 0;
    snprintf(text,
             sizeof(text),
             "%.*f%s%s",
             digits,
             value,
             info->unit[0] && port != FH_PORT_ATTENDANCE ? " " : "",
             port != FH_PORT_ATTENDANCE ? info->unit : "");
  }
  const double middle = box.y + 0.5 * box.h - 1.0;
  paint_weight(cr, false);
  paint_ink(cr, INK_DIM, 1.0);
  paint_text(cr, box.x + 8.0, middle, 13.0, 0.0, name);
  paint_weight(cr, true);
  paint_ink(cr, INK_TEXT, 1.0);
  paint_text(cr, box.x + box.w - 8.0, middle, 13.0, 1.0, text);
}

static void
draw_baseline(const Panel* panel, cairo_t* cr)
{
  const FhView* const view = &panel->view;
  const Box box = panel_box(ITEM_BASELINE);
  const double progress = (double)view->fact[FH_FACT_CAPTURE_PROGRESS];
  const bool has_baseline = view->fact[FH_FACT_HAS_BASELINE] > 0.5f;
  const bool is_capturing = progress > 0.0 && progress < 1.0;
  const bool is_pointed = panel->pointed == ITEM_BASELINE;
  paint_box(cr, box, INK_FIELD, is_pointed ? INK_TEXT : INK_EDGE);
  const double filled = panel->hold > 0.0 ? panel->hold
                        : is_capturing    ? progress
                                          : 0.0;
  if (filled > 0.0) {
    cairo_rectangle(
      cr, box.x + 2.0, box.y + 2.0, (box.w - 4.0) * filled, box.h - 4.0);
    paint_ink(cr, panel->hold > 0.0 ? INK_ORANGE : INK_BLUE, 0.5);
    cairo_fill(cr);
  }
  char text[64];
  if (is_capturing) {
    snprintf(text, sizeof(text), "Capturing: %.0f %%", 100.0 * progress);
  } else if (has_baseline) {
    snprintf(text, sizeof(text), "Soundcheck done (hold to redo)");
  } else {
    snprintf(text, sizeof(text), "Capture soundcheck");
  }
  paint_weight(cr, true);
  paint_ink(cr, INK_TEXT, 1.0);
  paint_text_in(cr, box.x + 8.0, box.y + 14.0, 13.0, box.w - 16.0, text);
  paint_weight(cr, false);
  const long verdict = lrintf(view->fact[FH_FACT_VERDICT]);
  paint_ink(cr,
            verdict == 1   ? INK_TRIM
            : verdict == 0 ? INK_DIM
                           : INK_ORANGE,
            1.0);
  paint_text_in(
    cr, box.x + 8.0, box.y + 31.0, 12.0, box.w - 16.0, view->verdict);
}

static void
draw_profile(const Panel* panel, cairo_t* cr)
{
  const Box box = panel_box(ITEM_PROFILE);
  const char* const path = panel->view.profile;
  const char* const slash = strrchr(path, '/');
  char text[FH_VIEW_TEXT + 16];
  snprintf(text,
           sizeof(text),
           "Profile: %s",
           path[0] ? (slash ? slash + 1 : path) : "none (click to choose)");
  paint_box(
    cr, box, INK_FIELD, panel->pointed == ITEM_PROFILE ? INK_TEXT : INK_EDGE);
  paint_weight(cr, false);
  paint_ink(cr, path[0] ? INK_TEXT : INK_ORANGE, 1.0);
  paint_text_in(cr, box.x + 8.0, box.y + 0.5 * box.h, 13.0, box.w - 16.0, text);
}

// Height in the plot of an occupancy; what is no number lies at the bottom
static double
history_y(Box plot, double occupancy)
{
  const double part = isfinite(occupancy) ? occupancy / 1.15 : 0.0;
  return plot.y + plot.h * (1.0 - fmin(fmax(part, 0.0), 1.0));
}

static void
draw_history(const FhView* view, cairo_t* cr, Box plot)
{
  const FhHistory* const history = &view->history;
  const unsigned n = history->n;
  if (n < 2) {
    return;
  }
  const double step = plot.w / (double)(n - 1);
  for (unsigned i = 0; i < n; ++i) {
    const double spread = 1.645 * (double)history->occupancy_sd[i];
    cairo_line_to(cr,
                  plot.x + step * i,
                  history_y(plot, (double)history->occupancy[i] + spread));
  }
  for (unsigned i = n; i--;) {
    const double spread = 1.645 * (double)history->occupancy_sd[i];
    cairo_line_to(cr,
                  plot.x + step * i,
                  history_y(plot, (double)history->occupancy[i] - spread));
  }
  cairo_close_path(cr);
  paint_ink(cr, INK_BLUE, 0.25);
  cairo_fill(cr);
  for (unsigned i = 0; i < n; ++i) {
    cairo_line_to(
      cr, plot.x + step * i, history_y(plot, (double)history->occupancy[i]));
  }
  paint_ink(cr, INK_BLUE, 1.0);
  cairo_set_line_width(cr, 2.0);
  cairo_stroke(cr);
}

static void
draw_occupancy(const Panel* panel, cairo_t* cr)
{
  const FhView* const view = &panel->view;
  const Box box = panel_box(ITEM_OCCUPANCY);
  paint_box(cr, box, INK_FIELD, INK_EDGE);
  const double occupancy = 100.0 * (double)view->port[FH_PORT_OCCUPANCY];
  const double interval = 164.5 * (double)view->port[FH_PORT_OCCUPANCY_SD];
  const bool is_known = view->fact[FH_FACT_HAS_PROFILE] > 0.5f &&
                        view->port[FH_PORT_CONFIDENCE] > 0.0f;
  char text[64];
  paint_weight(cr, false);
  paint_ink(cr, INK_DIM, 1.0);
  paint_text(cr, box.x + 10.0, box.y + 18.0, 13.0, 0.0, "House");
  paint_weight(cr, true);
  paint_ink(cr, INK_TEXT, 1.0);
  if (is_known) {
    snprintf(text, sizeof(text), "%.0f %%", occupancy);
    paint_text(cr, box.x + 60.0, box.y + 20.0, 24.0, 0.0, text);
    snprintf(text,
             sizeof(text),
             "%.0f to %.0f %%, sure %.0f %%",
             fmax(occupancy - interval, 0.0),
             fmin(occupancy + interval, 115.0),
             100.0 * (double)view->port[FH_PORT_CONFIDENCE]);
  } else {
    paint_text(cr, box.x + 60.0, box.y + 20.0, 24.0, 0.0, "?");
    snprintf(text, sizeof(text), "not known");
  }
  paint_weight(cr, false);
  paint_ink(cr, INK_DIM, 1.0);
  paint_text(cr, box.x + box.w - 10.0, box.y + 20.0, 13.0, 1.0, text);

  const Box plot = {box.x + 40.0, box.y + 44.0, box.w - 52.0, box.h - 66.0};
  cairo_set_line_width(cr, 1.0);
  for (int percent = 0; percent <= 100; percent += 50) {
    const double y = floor(plot.y + plot.h * (1.0 - percent / 115.0)) + 0.5;
    paint_ink(cr, INK_EDGE, 0.6);
    cairo_move_to(cr, plot.x, y);
    cairo_line_to(cr, plot.x + plot.w, y);
    cairo_stroke(cr);
    snprintf(text, sizeof(text), "%d", percent);
    paint_ink(cr, INK_DIM, 1.0);
    paint_text(cr, plot.x - 6.0, y, 11.0, 1.0, text);
  }
  draw_history(view, cr, plot);
  const double minutes = (double)view->history.step_s *
                         (view->history.n ? view->history.n - 1.0 : 0.0) / 60.0;
  snprintf(text, sizeof(text), "the last %.0f min", minutes);
  paint_ink(cr, INK_DIM, 1.0);
  paint_text(cr,
             plot.x + plot.w,
             box.y + box.h - 11.0,
             11.0,
             1.0,
             view->history.n > 1 ? text : "no history yet");
}

static void
draw_log(const Panel* panel, cairo_t* cr)
{
  const FhView* const view = &panel->view;
  const Box box = panel_box(ITEM_LOG);
  paint_box(cr, box, INK_FIELD, INK_EDGE);
  paint_weight(cr, false);
  paint_ink(cr, INK_DIM, 1.0);
  paint_text(cr,
             box.x + 10.0,
             box.y + 14.0,
             12.0,
             0.0,
             view->n_lines ? "Moves, newest first" : "No moves yet");
  for (unsigned i = 0; i < view->n_lines && i < 9; ++i) {
    paint_ink(cr, i ? INK_DIM : INK_TEXT, 1.0);
    paint_text_in(cr,
                  box.x + 10.0,
                  box.y + 34.0 + 17.0 * i,
                  12.0,
                  box.w - 20.0,
                  view->line[i]);
  }
}

static void
draw_sliders(const Panel* panel, cairo_t* cr)
{
  draw_slider(panel, cr, ITEM_AMOUNT, "Amount");
  draw_slider(panel, cr, ITEM_LIMIT, "Limit");
  draw_slider(panel, cr, ITEM_SLEW, "Speed");
  draw_slider(panel, cr, ITEM_BOOST, "Boosts");
  draw_slider(panel, cr, ITEM_TEMPERATURE, "Air");
  draw_slider(panel, cr, ITEM_HUMIDITY, "Humid");
  draw_slider(panel, cr, ITEM_ATTENDANCE, "Expected");
  draw_slider(panel, cr, ITEM_MICS, "Mics");
}

void
panel_draw(Panel* panel, cairo_t* cr, double width, double height)
{
  double scale = 1.0;
  double x = 0.0;
  double y = 0.0;
  panel_fit(width, height, &scale, &x, &y);
  cairo_save(cr);
  paint_ink(cr, INK_GROUND, 1.0);
  cairo_paint(cr);
  cairo_translate(cr, x, y);
  cairo_scale(cr, scale, scale);
  draw_banner(panel, cr);
  draw_plot(panel, cr);
  draw_buttons(panel, cr);
  draw_sliders(panel, cr);
  draw_baseline(panel, cr);
  draw_profile(panel, cr);
  draw_occupancy(panel, cr);
  draw_log(panel, cr);
  paint_weight(cr, false);
  paint_ink(cr, INK_DIM, 1.0);
  paint_text(cr, 724.0, 528.0, 11.0, 0.0, "drag up, wheel: more   Ctrl: fine");
  paint_text(cr, 724.0, 545.0, 11.0, 0.0, "Shift+click: default");
  paint_text(cr, 990.0, 582.0, 11.0, 1.0, "Fullhouse Auto-EQ, latency 0");
  if (panel->chooser.is_open) {
    draw_chooser(panel, cr);
  }
  cairo_restore(cr);
  panel->drawn = panel->view;
  panel->is_dirty = false;
}
