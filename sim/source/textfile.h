// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_TEXTFILE_H
#define FH_SOURCE_TEXTFILE_H

#include <fh/diag.h>
#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>

/*
  Text files cut into lines and fields, for the readers of measurements.
*/

typedef struct {
  int number;      ///< From 1
  size_t n_fields; ///< Fields without those that are empty at the end
  char** field;    ///< [n_fields], in `TextFile.text`
} TextLine;

typedef struct {
  const char* path; ///< Borrowed
  char* text;       ///< Owned
  char** fields;    ///< Owned
  size_t n_lines;   ///< Lines that hold something
  TextLine* line;   ///< [n_lines]; owned
} TextFile;

/**
   Read a file of at most 64 MB and cut it.

   @param separators Characters between fields; a run of blanks counts as one
   when ' ' is among them.
   @param comment Characters that make a line a comment, or "".
*/
FhStatus
textfile_read(const char* path,
              const char* separators,
              const char* comment,
              TextFile* out,
              FhDiag* diag);

void
textfile_clear(TextFile* file);

/// A number; false when the field is no finite number (decimal commas are read)
bool
textfile_number(const char* field, double* out);

/// Report an error at a line, as fh_diag_add()
#define textfile_error(file, diag, line, ...) \
  fh_diag_add((diag), FH_DIAG_ERROR, (file)->path, (line), 0, __VA_ARGS__)

#endif // FH_SOURCE_TEXTFILE_H
