// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_PAPER_H
#define FULLHOUSE_PAPER_H

#include <fh/plot.h>

#include <stdbool.h>

/// A4 upright [pt]
#define PAPER_WIDTH_PT  595.0
#define PAPER_HEIGHT_PT 842.0
#define PAPER_MARGIN_PT 48.0
/// Columns of a table at most
#define PAPER_MAX_COLUMNS 12

/// Pages that are filled from the top
typedef struct {
  FhCanvas* canvas; ///< Borrowed
  const char* foot; ///< Stands under every page; borrowed
  unsigned page;    ///< From 1
  double y;         ///< Where the next thing goes [pt]
} Paper;

/// A column of a table
typedef struct {
  const char* head;
  double width_pt;
  bool number; ///< To the right
} PaperColumn;

/// Start the first page
void
paper_begin(Paper* paper, FhCanvas* canvas, const char* foot);

/// Go on on a new page
void
paper_next_page(Paper* paper);

/// Put the foot under the last page
void
paper_end(const Paper* paper);

/// Room that is left on the page [pt]
double
paper_room(const Paper* paper);

/// A heading, on a new page where little room is left
void
paper_heading(Paper* paper, double size_pt, const char* text);

/// Lines of text, broken to the width of the page
void
paper_text(Paper* paper, double size_pt, const char* text);

/**
   A row of a table, with text broken to its columns; on a new page, with the
   head again, where it does not fit.

   @param cells [n] texts; null for the head itself.
*/
void
paper_row(Paper* paper,
          const PaperColumn* columns,
          size_t n,
          const char* const* cells);

#endif // FULLHOUSE_PAPER_H
