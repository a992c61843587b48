// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_JACK_TERMINAL_H
#define FULLHOUSE_JACK_TERMINAL_H

#include "view.h"

#include <stdbool.h>
#include <stddef.h>

/// Lines that terminal_text() writes
#define TERMINAL_LINES 4

/**
   What is going on, in TERMINAL_LINES lines of UTF-8: state and reason,
   occupancy and trust, levels, the equaliser as bars.

   @param width Columns of the terminal, at least 40.
   @param n_xruns Xruns so far.
   @param[out] text Lines, each ended by a newline.
*/
void
terminal_text(const FhView* view,
              unsigned width,
              unsigned n_xruns,
              char* text,
              size_t size);

/// The same as one plain line without newline, for logs
void
terminal_line(const FhView* view, unsigned n_xruns, char* text, size_t size);

/// Draw over what was drawn before; `is_first` the first time
void
terminal_draw(const FhView* view, unsigned n_xruns, bool is_first);

#endif // FULLHOUSE_JACK_TERMINAL_H
