// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/diag.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct FhDiagImpl {
  size_t n_entries;
  size_t n_allocated;
  FhDiagEntry* entries;
};

// A million broken lines must not fill memory: what comes later is dropped
#define MAX_ENTRIES 10000U

FhDiag*
fh_diag_new(void)
{
  return (FhDiag*)calloc(1, sizeof(FhDiag));
}

void
fh_diag_free(FhDiag* const diag)
{
  if (diag) {
    for (size_t i = 0; i < diag->n_entries; ++i) {
      free(diag->entries[i].file);
      free(diag->entries[i].text);
    }
    free(diag->entries);
    free(diag);
  }
}

static char*
copy_string(const char* const s)
{
  const size_t size = strlen(s) + 1;
  char* const copy = (char*)malloc(size);
  return copy ? (char*)memcpy(copy, s, size) : NULL;
}

void
fh_diag_add(FhDiag* const diag,
            const FhSeverity severity,
            const char* const file,
            const int line,
            const int column,
            const char* const format,
            ...)
{
  if (!diag || diag->n_entries == MAX_ENTRIES) {
    return;
  }
  if (diag->n_entries == diag->n_allocated) {
    const size_t n = diag->n_allocated ? 2 * diag->n_allocated : 16;
    FhDiagEntry* const grown =
      (FhDiagEntry*)realloc(diag->entries, n * sizeof(FhDiagEntry));
    if (!grown) {
      return;
    }
    diag->entries = grown;
    diag->n_allocated = n;
  }

  char text[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);

  FhDiagEntry* const entry = &diag->entries[diag->n_entries++];
  entry->severity = severity;
  entry->file = file ? copy_string(file) : NULL;
  entry->line = line;
  entry->column = column;
  entry->text = copy_string(text);
}

size_t
fh_diag_count(const FhDiag* const diag, const FhSeverity severity)
{
  size_t n = 0;
  for (size_t i = 0; diag && i < diag->n_entries; ++i) {
    n += diag->entries[i].severity == severity;
  }
  return n;
}

size_t
fh_diag_size(const FhDiag* const diag)
{
  return diag ? diag->n_entries : 0;
}

const FhDiagEntry*
fh_diag_entry(const FhDiag* const diag, const size_t i)
{
  return &diag->entries[i];
}
