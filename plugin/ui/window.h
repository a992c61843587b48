// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_UI_WINDOW_H
#define FULLHOUSE_UI_WINDOW_H

#include "panel.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct FhWindowImpl FhWindow; ///< An X window that shows a panel

/**
   Open a window on a connection of its own to the X server.

   @param panel Borrowed, outlives the window.
   @param parent X window to live in, 0 for one of its own on the desktop.
   @param scale Pixels to a unit of the panel at first, 0.5 to 4.
   @param title For a window of its own.
   @return Null when there is no X server or no memory.
*/
FhWindow*
fh_window_new(Panel* panel, uintptr_t parent, double scale, const char* title);

/// Close and free; null is allowed
void
fh_window_free(FhWindow* window);

/// X's number of the window
uintptr_t
fh_window_id(const FhWindow* window);

/// Descriptor to poll() for events
int
fh_window_descriptor(const FhWindow* window);

/// Size now [pixel]
void
fh_window_size(const FhWindow* window, int* width, int* height);

/// Handle what has come and draw if it is worth it; false once it is gone
bool
fh_window_idle(FhWindow* window);

/// True once after each time the window manager asked to close
bool
fh_window_close_asked(FhWindow* window);

#endif // FULLHOUSE_UI_WINDOW_H
