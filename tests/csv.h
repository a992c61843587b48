// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_CSV_H
#define FULLHOUSE_TESTS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Tables of tests/reference/data: '#' lines, one header line, rows; a text may
  stand in double quotes. Everything is kept until csv_clear().
*/
typedef struct {
  char* text;
  size_t n_columns, n_rows;
  char** cell; ///< [(n_rows + 1) * n_columns], the header first
} Csv;

static inline char*
csv_slurp(const char* const path)
{
  FILE* const f = fopen(path, "rb");
  if (!f) {
    return NULL;
  }
  fseek(f, 0, SEEK_END);
  const long size = ftell(f);
  rewind(f);
  char* const text = (char*)calloc((size_t)size + 2, 1);
  if (text && fread(text, 1, (size_t)size, f) != (size_t)size) {
    text[0] = '\0';
  }
  fclose(f);
  return text;
}

// Cut the cell off at `*at`; returns true at the end of the line
static inline bool
csv_cut(char** const at, char** const cell)
{
  char* p = *at;
  const bool quoted = *p == '"';
  *cell = quoted ? ++p : p;
  p += quoted ? strcspn(p, "\"") : strcspn(p, ",\r\n");
  if (quoted && *p) {
    *p++ = '\0';
  }
  const char end = *p;
  *p++ = '\0';
  if (end == '\r') {
    ++p;
  }
  *at = p;
  return end != ',';
}

/// Read a table; `csv->text` is null when the file is missing
static inline void
csv_read(const char* const path, Csv* const csv)
{
  memset(csv, 0, sizeof(*csv));
  csv->text = csv_slurp(path);
  size_t n = 0;
  size_t room = 0;
  char* at = csv->text;
  while (at && *at) {
    if (*at == '#' || *at == '\n' || *at == '\r') {
      at += strcspn(at, "\n");
      at += *at == '\n';
      continue;
    }
    bool last = false;
    size_t column = 0;
    while (!last) {
      if (n == room) {
        room = 2 * room + 64;
        csv->cell = (char**)realloc(csv->cell, room * sizeof(char*));
      }
      last = csv_cut(&at, &csv->cell[n++]);
      ++column;
    }
    csv->n_columns = csv->n_columns ? csv->n_columns : column;
  }
  csv->n_rows = csv->n_columns ? n / csv->n_columns - 1 : 0;
}

static inline void
csv_clear(Csv* const csv)
{
  free(csv->cell);
  free(csv->text);
  memset(csv, 0, sizeof(*csv));
}

/// Text of a cell; ends the program when there is no such column
static inline const char*
csv_text(const Csv* const csv, const size_t row, const char* const name)
{
  for (size_t i = 0; i < csv->n_columns; ++i) {
    if (!strcmp(csv->cell[i], name)) {
      return csv->cell[(row + 1) * csv->n_columns + i];
    }
  }
  fprintf(stderr, "no column '%s'\n", name);
  abort();
}

/// Number of a cell; NaN when it is empty
static inline double
csv_number(const Csv* const csv, const size_t row, const char* const name)
{
  const char* const text = csv_text(csv, row, name);
  return *text ? strtod(text, NULL) : strtod("nan", NULL);
}

#endif // FULLHOUSE_TESTS_CSV_H
