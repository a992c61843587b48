// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_UI_PANEL_H
#define FULLHOUSE_UI_PANEL_H

#include "ports.h"
#include "view.h"

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

/*
  The picture and the hand: what is drawn where, and what a mouse does to it.
  Knows cairo and nothing of X, LV2 or JACK; time is given in. Lengths are in
  units of a picture 1000 wide and 600 high, which is scaled to the window.
*/

#define PANEL_WIDTH  1000
#define PANEL_HEIGHT 600
/// Entries that the profile chooser shows at once
#define CHOOSER_ROWS 12
/// Entries of a folder that it knows
#define CHOOSER_MAX 512

/// What can be pointed at
typedef enum {
  ITEM_NONE,
  ITEM_BANNER,
  ITEM_FREEZE,
  ITEM_PLOT,
  ITEM_OFF,
  ITEM_SUGGEST,
  ITEM_AUTO,
  ITEM_APPLY,
  ITEM_UNDO,
  ITEM_PANIC,
  ITEM_ENABLED,
  ITEM_TRIM,
  ITEM_AMOUNT,
  ITEM_LIMIT,
  ITEM_BOOST,
  ITEM_SLEW,
  ITEM_TEMPERATURE,
  ITEM_HUMIDITY,
  ITEM_ATTENDANCE,
  ITEM_MICS,
  ITEM_BASELINE,
  ITEM_PROFILE,
  ITEM_OCCUPANCY,
  ITEM_LOG,
  ITEM_CHOOSER, ///< The list that lies over the plot while it is open
  N_ITEMS
} Item;

/// A rectangle in units of the picture
typedef struct {
  double x, y, w, h;
} Box;

/// What the hand does goes here
typedef struct {
  void (*set)(void* data, FhPort port, float value);
  void (*trim)(void* data, const float db[FH_N_EQ_BANDS]);
  void (*profile)(void* data, const char* path);
  void* data;
} PanelCalls;

/// One entry of a folder
typedef struct {
  char name[128];
  bool is_folder;
} ChooserEntry;

/// The list of profiles
typedef struct {
  bool is_open;
  char folder[4096];
  ChooserEntry entry[CHOOSER_MAX];
  unsigned n_entries;
  unsigned first;   ///< Topmost shown
  int pointed;      ///< Row under the pointer, -1 for none
  bool has_trouble; ///< The folder cannot be read
} Chooser;

/// Mouse buttons that matter
typedef struct {
  bool shift; ///< Click: back to the default
  bool ctrl;  ///< Drag and wheel: fine
} Keys;

/// The window's content
typedef struct {
  FhView view;
  FhView drawn; ///< As it was last drawn
  PanelCalls calls;
  Item pointed; ///< Under the pointer
  Item pressed; ///< Held down
  double press_y;
  float press_value;
  double press_s;    ///< When [s]
  double hold;       ///< Of a button that wants to be held, 0 to 1
  int trim_band;     ///< Band under the pointer, -1 for none
  bool trim_is_open; ///< The plot edits the engineer's own equaliser
  bool has_acted;    ///< The held button has done its work
  bool is_dirty;     ///< Must be drawn again
  Chooser chooser;
  float trace_db[FH_N_EQ_BANDS]; ///< Another program's measurement [dB]
  bool has_trace;
  char trace_name[128]; ///< Of its file, or what is wrong with it
} Panel;

/// Begin with a view at its defaults
void
panel_init(Panel* panel, const PanelCalls* calls);

/// Where an item is
Box
panel_box(Item item);

/// Scale and offset that put the picture into a window
void
panel_fit(double width, double height, double* scale, double* x, double* y);

/// New numbers; marks the panel dirty only if they would look different
void
panel_set_view(Panel* panel, const FhView* view);

/// Draw on a surface of this size [pixel]
void
panel_draw(Panel* panel, cairo_t* cr, double width, double height);

/// Pointer moved, in units of the picture
void
panel_move(Panel* panel, double x, double y, Keys keys);

/// First button down; `now_s` is any clock that runs [s]
void
panel_press(Panel* panel, double x, double y, Keys keys, double now_s);

/// First button up
void
panel_release(Panel* panel, double x, double y);

/// Wheel: +1 up, -1 down
void
panel_wheel(Panel* panel, double x, double y, int steps, Keys keys);

/// Pointer left the window
void
panel_leave(Panel* panel);

/// To be called at least each 0.1 s: buttons that want to be held
void
panel_tick(Panel* panel, double now_s);

/// The control an item turns, FH_PORT_COUNT for none
FhPort
panel_port(Item item);

/// Place in the plot of a frequency [Hz] and a gain [dB]
double
panel_x_of_hz(double hz);

double
panel_y_of_db(double db);

/**
   Show a measurement of another program (FRD, REW, Open Sound Meter) beside
   the curves; null or an empty path takes it away.

   @return False when it cannot be read; `trace_name` then says why.
*/
bool
panel_load_trace(Panel* panel, const char* path);

/// Read a folder into the chooser
void
chooser_open(Chooser* chooser, const char* folder);

/// What a click on a row does: enter a folder, or give the path of a profile
bool
chooser_pick(Chooser* chooser, unsigned row, char* path, size_t size);

/// Where the rows, the arrows and the way out of the chooser are
Box
chooser_row(unsigned row);

Box
chooser_close(void);

Box
chooser_none(void);

/// Parts of the drawing, by file
void
draw_plot(const Panel* panel, cairo_t* cr);

void
draw_chooser(const Panel* panel, cairo_t* cr);

#endif // FULLHOUSE_UI_PANEL_H
