// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_PANEL_STATES_H
#define FULLHOUSE_TESTS_PANEL_STATES_H

#include "panel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Views that a window must show well, each with a name
typedef struct {
  const char* name;
  void (*make)(Panel* panel);
} PanelState;

// A show in its second hour: everything there is to see
static inline void
make_show(Panel* panel)
{
  FhView* const view = &panel->view;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    const double x = (double)i / (FH_N_EQ_BANDS - 1);
    view->curve[FH_CURVE_SOUNDCHECK][i] = (float)(2.0 * sin(9.0 * x) - 2.0 * x);
    view->curve[FH_CURVE_NOW][i] =
      view->curve[FH_CURVE_SOUNDCHECK][i] - (float)(3.5 * x * x - 0.4);
    view->curve[FH_CURVE_TARGET][i] = (float)fmin(3.2 * x * x - 0.4, 2.6);
    view->curve[FH_CURVE_APPLIED][i] = 0.8f * view->curve[FH_CURVE_TARGET][i];
    view->curve[FH_CURVE_LIMIT_UP][i] = i < 5 ? 0.0f : 3.0f;
    view->curve[FH_CURVE_LIMIT_DOWN][i] = -3.0f;
    view->curve[FH_CURVE_COHERENCE][i] =
      (float)fmax(0.1, 0.95 - 3.0 * fabs(x - 0.5) * fabs(x - 0.5));
    view->curve[FH_CURVE_KNOWN][i] = i > 3 && i < 28 ? 1.0f : 0.0f;
    view->port[FH_PORT_EQ_FIRST + i] = view->curve[FH_CURVE_APPLIED][i];
  }
  for (unsigned i = 0; i < 180; ++i) {
    fh_history_add(&view->history,
                   (float)(0.85 * (1.0 - exp(-(double)i / 45.0))),
                   (float)(0.04 + 0.12 * exp(-(double)i / 20.0)));
  }
  view->port[FH_PORT_MODE] = 2.0f;
  view->port[FH_PORT_OCCUPANCY] = 0.83f;
  view->port[FH_PORT_OCCUPANCY_SD] = 0.05f;
  view->port[FH_PORT_CONFIDENCE] = 0.76f;
  view->port[FH_PORT_COHERENCE] = 0.71f;
  view->port[FH_PORT_DELAY_MS] = 61.4f;
  view->port[FH_PORT_LEVEL_CHANGE_DB] = -2.1f;
  view->port[FH_PORT_ATTENDANCE] = 550.0f;
  view->fact[FH_FACT_PROGRAMME_DB] = -18.0f;
  view->fact[FH_FACT_MIC_1_DB] = -31.0f;
  view->fact[FH_FACT_MIC_2_DB] = -120.0f;
  view->fact[FH_FACT_HAS_PROFILE] = 1.0f;
  view->fact[FH_FACT_HAS_BASELINE] = 1.0f;
  view->fact[FH_FACT_VERDICT] = 1.0f;
  view->fact[FH_FACT_CAN_UNDO] = 1.0f;
  view->fact[FH_FACT_ALARM] = FH_ALARM_BUSY;
  snprintf(view->state, sizeof(view->state), "Moving to the target");
  snprintf(view->verdict, sizeof(view->verdict), "Good");
  snprintf(view->profile, sizeof(view->profile), "/shows/club-600.fhp");
  fh_view_add_line(view,
                   "00:48:10.250 crowd 4000 Hz +1.2 to +1.4 dB, confidence "
                   "0.74: Moving to the target");
  fh_view_add_line(view,
                   "00:51:02.000 crowd 8000 Hz +1.6 to +1.9 dB, confidence "
                   "0.76: Moving to the target");
}

static inline void
say_state(Panel* panel, FhAlarm alarm, const char* text)
{
  make_show(panel);
  panel->view.fact[FH_FACT_ALARM] = (float)alarm;
  snprintf(panel->view.state, sizeof(panel->view.state), "%s", text);
}

static inline void
make_fresh(Panel* panel)
{
  FhView* const view = &panel->view;
  snprintf(view->state,
           sizeof(view->state),
           "No venue profile: measurement and manual EQ only");
  snprintf(view->verdict, sizeof(view->verdict), "No soundcheck captured");
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    view->curve[FH_CURVE_LIMIT_UP][i] = 3.0f;
    view->curve[FH_CURVE_LIMIT_DOWN][i] = -3.0f;
  }
}

static inline void
make_capturing(Panel* panel)
{
  make_fresh(panel);
  panel->view.fact[FH_FACT_ALARM] = FH_ALARM_BUSY;
  panel->view.fact[FH_FACT_CAPTURE_PROGRESS] = 0.42f;
  snprintf(
    panel->view.state, sizeof(panel->view.state), "Capturing the soundcheck");
}

static inline void
make_suggesting(Panel* panel)
{
  say_state(panel, FH_ALARM_BUSY, "Suggestion ready: press Apply to use it");
  panel->view.port[FH_PORT_MODE] = 1.0f;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    panel->view.curve[FH_CURVE_APPLIED][i] = 0.0f;
  }
}

static inline void
make_settled(Panel* panel)
{
  say_state(panel, FH_ALARM_NONE, "Settled on the target");
}

static inline void
make_frozen(Panel* panel)
{
  say_state(panel, FH_ALARM_STOPPED, "Frozen by hand");
  panel->view.port[FH_PORT_FREEZE] = 1.0f;
}

static inline void
make_hold(Panel* panel)
{
  say_state(
    panel, FH_ALARM_HOLD, "Holding: coherence too low, the crowd is too loud");
}

static inline void
make_fault(Panel* panel)
{
  say_state(panel, FH_ALARM_FAULT, "Holding: no sound from the microphone");
}

// The longest reason there is
static inline void
make_moved(Panel* panel)
{
  say_state(panel,
            FH_ALARM_FAULT,
            "Holding: the microphone has moved; capture the soundcheck again");
}

static inline void
make_bypassed(Panel* panel)
{
  say_state(panel, FH_ALARM_STOPPED, "Bypassed: audio untouched");
  panel->view.port[FH_PORT_ENABLED] = 0.0f;
}

static inline void
make_message(Panel* panel)
{
  make_fresh(panel);
  snprintf(panel->view.message,
           sizeof(panel->view.message),
           "/shows/hall.fhp: version 7, this program knows 1");
}

static inline void
make_trim(Panel* panel)
{
  make_settled(panel);
  panel->trim_is_open = true;
  panel->trim_band = 12;
  panel->view.curve[FH_CURVE_TRIM][12] = -4.0f;
  panel->view.curve[FH_CURVE_TRIM][13] = -1.5f;
  panel->view.curve[FH_CURVE_TRIM][11] = -1.5f;
}

static inline void
make_panic(Panel* panel)
{
  say_state(
    panel, FH_ALARM_STOPPED, "Panic: soundcheck EQ; change mode to go on");
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    panel->view.curve[FH_CURVE_APPLIED][i] = 0.0f;
    panel->view.port[FH_PORT_EQ_FIRST + i] = 0.0f;
  }
}

static inline void
make_chooser(Panel* panel)
{
  static const ChooserEntry entries[] = {{"..", true},
                                         {"older", true},
                                         {"arena-12000.fhp", false},
                                         {"club-600.fhp", false},
                                         {"tuesday.frd", false}};
  make_settled(panel);
  Chooser* const chooser = &panel->chooser;
  snprintf(chooser->folder, sizeof(chooser->folder), "/shows");
  memcpy(chooser->entry, entries, sizeof(entries));
  chooser->n_entries = sizeof(entries) / sizeof(entries[0]);
  chooser->pointed = 3;
  chooser->is_open = true;
}

static const PanelState panel_states[] = {
  {"fresh", make_fresh},
  {"capturing", make_capturing},
  {"suggesting", make_suggesting},
  {"moving", make_show},
  {"settled", make_settled},
  {"frozen", make_frozen},
  {"hold", make_hold},
  {"fault", make_fault},
  {"moved", make_moved},
  {"bypassed", make_bypassed},
  {"message", make_message},
  {"trim", make_trim},
  {"panic", make_panic},
  {"chooser", make_chooser},
};

#define N_PANEL_STATES (sizeof(panel_states) / sizeof(panel_states[0]))

#endif // FULLHOUSE_TESTS_PANEL_STATES_H
