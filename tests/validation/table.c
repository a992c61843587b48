// SPDX-License-Identifier: GPL-3.0-or-later
#include "hall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char*
read_text(const char* const path)
{
  FILE* const f = fopen(path, "rb");
  if (!f) {
    return NULL;
  }
  size_t size = 0;
  size_t room = 65536;
  char* text = (char*)malloc(room);
  while (text) {
    const size_t n = fread(text + size, 1, room - size - 1, f);
    size += n;
    if (n == 0) {
      text[size] = '\0';
      break;
    }
    if (room - size < 2) {
      room *= 2;
      char* const grown = (char*)realloc(text, room);
      if (!grown) {
        free(text);
      }
      text = grown;
    }
  }
  fclose(f);
  return text;
}

/// Cut blanks at both ends
static char*
trim(char* text)
{
  text += strspn(text, " \t\r");
  size_t n = strlen(text);
  while (n && strchr(" \t\r", text[n - 1])) {
    text[--n] = '\0';
  }
  return text;
}

/// Cut one line into cells; returns the start of the next
static char*
cut_line(char* at, char* cells[TABLE_MAX_CELLS], int* const line)
{
  static char nothing[] = "";
  size_t n = 0;
  bool more = true;
  for (size_t i = 0; i < TABLE_MAX_CELLS; ++i) {
    cells[i] = nothing;
  }
  while (more) {
    char* cell = at;
    char* to = at;
    bool quoted = false;
    while (*at && (quoted || (*at != ',' && *at != '\n'))) {
      *line += *at == '\n';
      if (*at == '"') {
        quoted = !quoted;
        ++at;
      } else {
        *to++ = *at++;
      }
    }
    more = *at == ',';
    const bool end = !*at;
    *to = '\0';
    at += end ? 0 : 1;
    if (n < TABLE_MAX_CELLS) {
      cells[n++] = trim(cell);
    }
  }
  ++*line;
  return at;
}

FhStatus
table_read(const char* const data,
           const char* const name,
           Table* const out,
           FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/%s", data, name);
  out->text = read_text(path);
  if (!out->text) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be read: %s; give the folder of measured rooms",
                strerror(errno));
    return FH_ERR_IO;
  }
  size_t room = 1;
  for (const char* c = out->text; *c; ++c) {
    room += *c == '\n';
  }
  out->row = (char*(*)[TABLE_MAX_CELLS])calloc(room, sizeof *out->row);
  out->line = (int*)calloc(room, sizeof *out->line);
  if (!out->row || !out->line) {
    table_clear(out);
    return FH_ERR_NO_MEM;
  }
  int line = 1;
  for (char* at = out->text; *at;) {
    out->line[out->n_rows] = line;
    at = cut_line(at, out->row[out->n_rows++], &line);
  }
  return FH_OK;
}

bool
table_number(const Table* const table,
             const size_t row,
             const size_t cell,
             double* const out)
{
  const char* const text = cell < TABLE_MAX_CELLS ? table->row[row][cell] : "";
  char* end = NULL;
  *out = strtod(text, &end);
  return end != text && !*end;
}

void
table_clear(Table* const table)
{
  free(table->text);
  free(table->row);
  free(table->line);
  memset(table, 0, sizeof *table);
}
