// SPDX-License-Identifier: GPL-3.0-or-later
#include "textfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (64U << 20)

void
textfile_clear(TextFile* const file)
{
  free(file->text);
  free(file->fields);
  free(file->line);
  memset(file, 0, sizeof *file);
}

bool
textfile_number(const char* const field, double* const out)
{
  char copy[64];
  (void)snprintf(copy, sizeof copy, "%s", field);
  char* const comma = strchr(copy, ',');
  if (comma) {
    *comma = '.';
  }
  char* end = NULL;
  errno = 0;
  const double value = strtod(copy, &end);
  if (end == copy || *end || errno || !isfinite(value)) {
    return false;
  }
  *out = value;
  return true;
}

static FhStatus
slurp(TextFile* const file, FhDiag* const diag)
{
  FILE* const stream = fopen(file->path, "rb");
  if (!stream) {
    textfile_error(file,
                   diag,
                   0,
                   "cannot be opened (%s); check its name and "
                   "permissions",
                   strerror(errno));
    return FH_ERR_IO;
  }
  FhStatus status = FH_OK;
  size_t size = 0;
  size_t room = 0;
  while (!status) {
    if (size + 65536 + 1 > room) {
      room = 2 * room + 65536 + 1;
      char* const bigger = (char*)realloc(file->text, room);
      if (!bigger) {
        status = FH_ERR_NO_MEM;
        break;
      }
      file->text = bigger;
    }
    const size_t n = fread(file->text + size, 1, 65536, stream);
    size += n;
    if (size > MAX_BYTES) {
      textfile_error(
        file, diag, 0, "is larger than 64 MB; is it the right file?");
      status = FH_ERR_LIMIT;
    }
    if (!n) {
      break;
    }
  }
  if (!status && ferror(stream)) {
    textfile_error(file, diag, 0, "cannot be read (%s)", strerror(errno));
    status = FH_ERR_IO;
  }
  (void)fclose(stream);
  if (!status) {
    file->text[size] = '\0';
    if (strlen(file->text) != size) {
      textfile_error(file, diag, 0, "is not a text file; export it as text");
      status = FH_ERR_FORMAT;
    }
  }
  return status;
}

static size_t
count_any(const char* const text, const char* const set)
{
  size_t n = 0;
  for (const char* at = text; *at; ++at) {
    n += strchr(set, *at) != NULL;
  }
  return n;
}

/// Cut one line into fields; returns how many
static size_t
cut(char* const line,
    const char* const separators,
    const bool runs,
    char** const field)
{
  size_t n = 0;
  char* at = line;
  if (runs) {
    at += strspn(at, separators);
  }
  while (*at) {
    field[n++] = at;
    at += strcspn(at, separators);
    if (!*at) {
      break;
    }
    *at++ = '\0';
    if (runs) {
      at += strspn(at, separators);
    }
  }
  // Blanks about a field are no part of it
  for (size_t i = 0; i < n; ++i) {
    field[i] += strspn(field[i], " \t\"");
    size_t length = strlen(field[i]);
    while (length && strchr(" \t\"", field[i][length - 1])) {
      field[i][--length] = '\0';
    }
  }
  while (n && !*field[n - 1]) {
    --n;
  }
  return n;
}

FhStatus
textfile_read(const char* const path,
              const char* const separators,
              const char* const comment,
              TextFile* const out,
              FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  out->path = path;
  FhStatus status = slurp(out, diag);
  if (!status) {
    const size_t n_lines = count_any(out->text, "\r\n") + 1;
    const size_t n_fields = count_any(out->text, separators) + n_lines;
    out->line = (TextLine*)calloc(n_lines + 1, sizeof(TextLine));
    out->fields = (char**)calloc(n_fields + 1, sizeof(char*));
    status = out->line && out->fields ? FH_OK : FH_ERR_NO_MEM;
  }
  if (status) {
    textfile_clear(out);
    return status;
  }
  const bool runs = strchr(separators, ' ') != NULL;
  char** field = out->fields;
  int number = 0;
  // A byte order mark is no text
  char* at = out->text + (strncmp(out->text, "\xEF\xBB\xBF", 3) ? 0 : 3);
  while (*at) {
    ++number;
    const size_t length = strcspn(at, "\r\n");
    char* next = at + length;
    if (*next) {
      const bool pair = next[0] == '\r' && next[1] == '\n';
      *next = '\0';
      next += pair ? 2 : 1;
    }
    if (*at && !(comment[0] && strchr(comment, *at))) {
      const size_t n = cut(at, separators, runs, field);
      if (n) {
        out->line[out->n_lines++] = (TextLine){number, n, field};
        field += n;
      }
    }
    at = next;
  }
  return FH_OK;
}
