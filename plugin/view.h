// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_VIEW_H
#define FULLHOUSE_VIEW_H

#include "ports.h"

#include <stdbool.h>
#include <stddef.h>

/*
  All that a window or a terminal shows, in one plain struct. The JACK client
  fills it from the DSP object, the plugin's window from ports and atoms; the
  drawing code knows nothing else.
*/

/// Points kept of the occupancy over the show
#define FH_VIEW_HISTORY 256
/// Lines kept of the log of moves
#define FH_VIEW_LINES 16
/// Room for one line of text, with its end
#define FH_VIEW_TEXT 160

/// Curves over the bands of the equaliser, in the order they are sent
typedef enum {
  FH_CURVE_SOUNDCHECK, ///< Room at the soundcheck [dB]
  FH_CURVE_NOW,        ///< Room now [dB]
  FH_CURVE_TARGET,     ///< Correction wanted [dB]
  FH_CURVE_APPLIED,    ///< Correction in effect [dB]
  FH_CURVE_LIMIT_UP,   ///< Largest boost [dB]
  FH_CURVE_LIMIT_DOWN, ///< Largest cut [dB], negative
  FH_CURVE_COHERENCE,  ///< Squared, 0 to 1
  FH_CURVE_KNOWN,      ///< 1 where the room now is known, else 0
  FH_CURVE_TRIM,       ///< The engineer's own equaliser [dB]
  FH_N_CURVES
} FhCurve;

/// Single numbers that have no port, in the order they are sent
typedef enum {
  FH_FACT_PROGRAMME_DB,     ///< Output level [dBFS]
  FH_FACT_MIC_1_DB,         ///< [dBFS]
  FH_FACT_MIC_2_DB,         ///< [dBFS]
  FH_FACT_CAPTURE_PROGRESS, ///< 0 to 1
  FH_FACT_VERDICT,          ///< Of the soundcheck; 0 none, 1 good, else bad
  FH_FACT_HAS_PROFILE,      ///< 0 or 1
  FH_FACT_HAS_BASELINE,     ///< 0 or 1
  FH_FACT_CAN_UNDO,         ///< 0 or 1
  FH_FACT_CAN_TRUST,        ///< 1: `apply` trusts the profile of another room
  FH_FACT_HAS_WORKER,       ///< 0: the host gives none, nothing is analysed
  FH_FACT_ALARM,            ///< An FhAlarm
  FH_FACT_TIME_S,           ///< Since the start, in frames of audio [s]
  FH_N_FACTS
} FhFact;

/// How the state is to be shown
typedef enum {
  FH_ALARM_NONE,    ///< All is well, or nothing is done
  FH_ALARM_BUSY,    ///< Moving, capturing, suggesting: look when you can
  FH_ALARM_HOLD,    ///< Held by itself: a reason is given
  FH_ALARM_FAULT,   ///< Something is broken: microphone, worker, input
  FH_ALARM_STOPPED, ///< Frozen, panic or bypassed by the engineer
} FhAlarm;

/// Occupancy over the show
typedef struct {
  float occupancy[FH_VIEW_HISTORY];    ///< Oldest first
  float occupancy_sd[FH_VIEW_HISTORY]; ///< 0 to 1
  float step_s;                        ///< From point to point [s]
  unsigned n;                          ///< Points in use
} FhHistory;

/// Everything that is shown
typedef struct {
  float port[FH_PORT_COUNT]; ///< Control ports, in and out
  float curve[FH_N_CURVES][FH_N_EQ_BANDS];
  float fact[FH_N_FACTS];
  FhHistory history;
  char state[FH_VIEW_TEXT];               ///< State and reason in words
  char verdict[FH_VIEW_TEXT];             ///< Of the soundcheck, in words
  char profile[FH_VIEW_TEXT];             ///< Name of the profile, or empty
  char message[FH_VIEW_TEXT];             ///< What went wrong last, or empty
  char line[FH_VIEW_LINES][FH_VIEW_TEXT]; ///< Log of moves, newest first
  unsigned n_lines;
} FhView;

/// Ports at their defaults, everything else empty
void
fh_view_init(FhView* view);

/// Put a line on top of the log
void
fh_view_add_line(FhView* view, const char* text);

/// Begin a history: one point each 10 s at first
void
fh_history_init(FhHistory* history);

/**
   Add a point; when there is no more room every other one is dropped and the
   step doubles. Safe in the audio thread.
*/
void
fh_history_add(FhHistory* history, float occupancy, float occupancy_sd);

/// Nominal frequency of a band [Hz]: 20, 25, 31.5 ... 20 000
float
fh_view_band_hz(unsigned band);

#endif // FULLHOUSE_VIEW_H
