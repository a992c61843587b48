// SPDX-License-Identifier: GPL-3.0-or-later
// Measured parameters from a CSV file
#include "measured.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 64
#define MAX_BYTES (16u << 20)

/// What a word of the column `parameter` means
typedef struct {
  const char* word;
  FhQuantity quantity;
  double unit;      ///< Of the file, in SI
  double low, high; ///< Values that can be, in the file's unit
} Parameter;

static const Parameter parameters[] = {
  {"t30_s", FH_QUANTITY_T30, 1.0, 0.02, 60.0},
  {"t20_s", FH_QUANTITY_T20, 1.0, 0.02, 60.0},
  {"edt_s", FH_QUANTITY_EDT, 1.0, 0.001, 60.0},
  {"d50", FH_QUANTITY_D50, 1.0, 0.0, 1.0},
  {"d50_percent", FH_QUANTITY_D50, 0.01, 0.0, 100.0},
  {"c80_db", FH_QUANTITY_C80, 1.0, -60.0, 60.0},
  {"c50_db", FH_QUANTITY_C50, 1.0, -60.0, 60.0},
  {"ts_s", FH_QUANTITY_TS, 1.0, 0.0, 5.0},
  {"ts_ms", FH_QUANTITY_TS, 0.001, 0.0, 5000.0},
  {"g_db", FH_QUANTITY_G, 1.0, -60.0, 60.0},
  {"lf", FH_QUANTITY_LF, 1.0, 0.0, 1.0},
  {"lf_percent", FH_QUANTITY_LF, 0.01, 0.0, 100.0},
  {"lfc", FH_QUANTITY_LFC, 1.0, 0.0, 1.0},
  {"lfc_percent", FH_QUANTITY_LFC, 0.01, 0.0, 100.0}};

#define N_PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

/// A file on its way in
typedef struct {
  const FhVenue* venue;
  FhMeasured* out;
  FhDiag* diag;
  size_t room;
  int line;
  char* cell[MAX_CELLS];
  int column[MAX_CELLS]; ///< From 1
  size_t n_cells;
  bool header;
  size_t at[3];          ///< Cells of source, microphone, parameter
  int octave[MAX_CELLS]; ///< Of a cell, -1 for none
  char unknown[512];     ///< Pairs that were named already
} Reader;

static char*
read_text(const char* const path, FhDiag* const diag, FhStatus* const status)
{
  FILE* const f = fopen(path, "rb");
  char* const text = f ? (char*)malloc(MAX_BYTES + 1) : NULL;
  const size_t n = text ? fread(text, 1, MAX_BYTES + 1, f) : 0;
  const bool bad = !f || (text && ferror(f));
  const int reason = errno;
  if (f) {
    fclose(f);
  }
  *status = bad ? FH_ERR_IO : text ? FH_OK : FH_ERR_NO_MEM;
  if (bad) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, path, 0, 0, "cannot be read: %s", strerror(reason));
  } else if (text && n > MAX_BYTES) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, path, 0, 0, "is over 16 MB; give a CSV table");
    *status = FH_ERR_LIMIT;
  } else if (text && memchr(text, '\0', n)) {
    fh_diag_add(diag, FH_DIAG_ERROR, path, 0, 0, "is binary; give a CSV table");
    *status = FH_ERR_FORMAT;
  }
  if (*status) {
    free(text);
    return NULL;
  }
  text[n] = '\0';
  return text;
}

// Cut a line into trimmed cells, quotes taken off
static void
cut(Reader* const r, char* const line)
{
  char* at = line;
  r->n_cells = 0;
  while (at && r->n_cells < MAX_CELLS) {
    char* const comma = strchr(at, ',');
    if (comma) {
      *comma = '\0';
    }
    char* cell = at + strspn(at, " \t\"");
    r->column[r->n_cells] = (int)(cell - line) + 1;
    size_t n = strlen(cell);
    while (n && strchr(" \t\r\"", cell[n - 1])) {
      cell[--n] = '\0';
    }
    r->cell[r->n_cells++] = cell;
    at = comma ? comma + 1 : NULL;
  }
}

static int
octave_of(const char* const name)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const char* const octave = fh_octave_name(b);
    const size_t n = strlen(octave);
    if (!strncmp(name, octave, n) && (!name[n] || !strcmp(name + n, " Hz"))) {
      return (int)b;
    }
  }
  return -1;
}

static FhStatus
read_header(Reader* const r)
{
  static const char* const words[3] = {"source", "microphone", "parameter"};
  size_t n_octaves = 0;
  for (size_t k = 0; k < 3; ++k) {
    r->at[k] = MAX_CELLS;
  }
  for (size_t i = 0; i < r->n_cells; ++i) {
    bool known = false;
    for (size_t k = 0; k < 3; ++k) {
      if (!strcmp(r->cell[i], words[k])) {
        r->at[k] = i;
        known = true;
      }
    }
    r->octave[i] = known ? -1 : octave_of(r->cell[i]);
    for (size_t k = 0; k < i; ++k) {
      if (r->octave[i] >= 0 && r->octave[k] == r->octave[i]) {
        fh_diag_add(r->diag,
                    FH_DIAG_ERROR,
                    r->out->path,
                    r->line,
                    r->column[i],
                    "column '%s' stands there twice; keep one",
                    r->cell[i]);
        return FH_ERR_FORMAT;
      }
    }
    n_octaves += r->octave[i] >= 0;
    if (!known && r->octave[i] < 0) {
      fh_diag_add(r->diag,
                  FH_DIAG_WARNING,
                  r->out->path,
                  r->line,
                  r->column[i],
                  "column '%s' skipped: it is no octave from 63 to 8000",
                  r->cell[i]);
    }
  }
  for (size_t k = 0; k < 3; ++k) {
    if (r->at[k] == MAX_CELLS || !n_octaves) {
      fh_diag_add(r->diag,
                  FH_DIAG_ERROR,
                  r->out->path,
                  r->line,
                  1,
                  "has no column '%s'; begin with "
                  "'source,microphone,parameter,125,250,...'",
                  r->at[k] == MAX_CELLS ? words[k] : "1000");
      return FH_ERR_FORMAT;
    }
  }
  r->header = true;
  return FH_OK;
}

// Name a pair that the venue has not, once
static void
name_unknown(Reader* const r,
             const size_t cell,
             const char* const what,
             const char* const name)
{
  char key[FH_NAME_SIZE + 8];
  snprintf(key, sizeof key, "%c%.60s;", *what, name);
  if (strstr(r->unknown, key)) {
    return;
  }
  const size_t used = strlen(r->unknown);
  snprintf(r->unknown + used, sizeof r->unknown - used, "%s", key);
  fh_diag_add(r->diag,
              FH_DIAG_WARNING,
              r->out->path,
              r->line,
              r->column[cell],
              "%s '%s' skipped: the venue has none of that name",
              what,
              name);
}

static bool
find_pair(Reader* const r, size_t* const emitter, size_t* const microphone)
{
  const char* const source = r->cell[r->at[0]];
  const char* const mic = r->cell[r->at[1]];
  size_t e = 0;
  const char* name = measured_emitter_name(r->venue, 0);
  while (name && strcmp(name, source) != 0) {
    name = measured_emitter_name(r->venue, ++e);
  }
  size_t m = 0;
  while (m < r->venue->n_microphones &&
         strcmp(r->venue->microphones[m].name, mic) != 0) {
    ++m;
  }
  if (!name) {
    name_unknown(r, r->at[0], "source", source);
  }
  if (m == r->venue->n_microphones) {
    name_unknown(r, r->at[1], "microphone", mic);
  }
  *emitter = e;
  *microphone = m;
  return name && m < r->venue->n_microphones;
}

static const Parameter*
find_parameter(Reader* const r)
{
  const char* const word = r->cell[r->at[2]];
  for (size_t i = 0; i < N_PARAMETERS; ++i) {
    if (!strcmp(parameters[i].word, word)) {
      return &parameters[i];
    }
  }
  name_unknown(r, r->at[2], "parameter", word);
  return NULL;
}

static FhStatus
read_values(Reader* const r, const Parameter* const p, FhMeasuredRow* const row)
{
  for (size_t i = 0; i < r->n_cells; ++i) {
    const char* const text = r->cell[i];
    if (r->octave[i] < 0 || !*text) {
      continue;
    }
    char* end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end) {
      fh_diag_add(r->diag,
                  FH_DIAG_ERROR,
                  r->out->path,
                  r->line,
                  r->column[i],
                  "'%.40s' is no number; leave the cell empty where nothing "
                  "was measured",
                  text);
      return FH_ERR_INVALID_DATA;
    }
    if (!(value >= p->low && value <= p->high)) {
      fh_diag_add(r->diag,
                  FH_DIAG_ERROR,
                  r->out->path,
                  r->line,
                  r->column[i],
                  "%s of %.40s is outside %g to %g; is it in another unit?",
                  p->word,
                  text,
                  p->low,
                  p->high);
      return FH_ERR_INVALID_DATA;
    }
    row->at[r->octave[i]] = value * p->unit;
  }
  return FH_OK;
}

static FhStatus
read_row(Reader* const r)
{
  for (size_t k = 0; k < 3; ++k) {
    if (r->at[k] >= r->n_cells) {
      fh_diag_add(r->diag,
                  FH_DIAG_ERROR,
                  r->out->path,
                  r->line,
                  1,
                  "has fewer cells than the header; complete the line");
      return FH_ERR_FORMAT;
    }
  }
  size_t emitter = 0;
  size_t microphone = 0;
  const Parameter* const p = find_parameter(r);
  if (!find_pair(r, &emitter, &microphone) || !p) {
    return FH_OK;
  }
  FhMeasuredRow* const row = measured_add(r->out, &r->room);
  if (!row) {
    return FH_ERR_NO_MEM;
  }
  row->emitter = emitter;
  row->microphone = microphone;
  row->quantity = p->quantity;
  row->line = r->line;
  return read_values(r, p, row);
}

FhStatus
measured_read_table(const FhVenue* const venue,
                    FhMeasured* const out,
                    FhDiag* const diag)
{
  FhStatus status = FH_OK;
  char* const text = read_text(out->path, diag, &status);
  Reader r = {.venue = venue, .out = out, .diag = diag};
  for (char* line = text; line && *line && !status;) {
    char* const end = strchr(line, '\n');
    if (end) {
      *end = '\0';
    }
    ++r.line;
    const char* const first = line + strspn(line, " \t\r,");
    if (*first && *first != '#') {
      cut(&r, line);
      status = r.header ? read_row(&r) : read_header(&r);
    }
    line = end ? end + 1 : NULL;
  }
  if (!status && !r.header) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                out->path,
                0,
                0,
                "is empty; begin with "
                "'source,microphone,parameter,125,250,...'");
    status = FH_ERR_FORMAT;
  }
  free(text);
  return status;
}
