// SPDX-License-Identifier: GPL-3.0-or-later
#include "record_seats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE   4096
#define LINE_SIZE   4096
#define MAX_COLUMNS 128u

/// Where a column's value goes; offsets into FhRecordSeat
typedef struct {
  const char* name; ///< Without the octave
  size_t at;
  bool octaves;
} Column;

#define METRIC(member) offsetof(FhRecordSeat, metrics.member)

static const Column columns[] = {
  {"spl_db", METRIC(spl_db), false},
  {"spl_dba", METRIC(spl_dba), false},
  {"spl_", METRIC(spl_octave_db), true},
  {"direct_dba", METRIC(direct_dba), false},
  {"d_r_db", METRIC(d_r_db), false},
  {"edt_", METRIC(edt_s), true},
  {"t30_", METRIC(t30_s), true},
  {"c50_", METRIC(c50_db), true},
  {"c80_", METRIC(c80_db), true},
  {"d50", METRIC(d50), false},
  {"ts_ms", METRIC(ts_ms), false},
  {"sti", METRIC(sti), false},
  {"tilt_db", METRIC(tilt_db), false},
  {"se_db", METRIC(se_db), false},
};

/// What a column of this file is
typedef enum {
  SKIPPED,
  ID,
  AREA,
  PLACE, ///< Then `to` is 0, 1 or 2
  DEAD,
  VALUE ///< Then `to` is an offset into FhRecordSeat
} Kind;

typedef struct {
  Kind kind;
  size_t to;
} Field;

// Cut a line at its commas, in place; text in quotes loses them
static size_t
split(char* line, char* field[MAX_COLUMNS])
{
  size_t n = 0;
  char* c = line;
  while (n < MAX_COLUMNS) {
    field[n++] = c;
    char* to = c;
    bool quoted = false;
    for (; *c && (quoted || (*c != ',' && *c != '\n' && *c != '\r')); ++c) {
      if (*c != '"') {
        *to++ = *c;
      } else if (quoted && c[1] == '"') {
        *to++ = *++c;
      } else {
        quoted = !quoted;
      }
    }
    const char end = *c;
    *to = '\0';
    if (end != ',') {
      break;
    }
    ++c;
  }
  return n;
}

static Field
field_of(const char* const name)
{
  static const char* const places[3] = {"x", "y", "z"};
  if (!strcmp(name, "id")) {
    return (Field){ID, 0};
  }
  if (!strcmp(name, "area")) {
    return (Field){AREA, 0};
  }
  if (!strcmp(name, "dead")) {
    return (Field){DEAD, 0};
  }
  for (size_t k = 0; k < 3; ++k) {
    if (!strcmp(name, places[k])) {
      return (Field){PLACE, k};
    }
  }
  for (size_t i = 0; i < sizeof columns / sizeof *columns; ++i) {
    const Column* const c = &columns[i];
    if (!c->octaves && !strcmp(name, c->name)) {
      return (Field){VALUE, c->at};
    }
    const size_t n = strlen(c->name);
    for (size_t b = 0; c->octaves && b < FH_N_OCTAVES; ++b) {
      if (!strncmp(name, c->name, n) && !strcmp(name + n, fh_octave_name(b))) {
        return (Field){VALUE, c->at + b * sizeof(float)};
      }
    }
  }
  return (Field){SKIPPED, 0};
}

static uint8_t
dead_bits(const char* const words)
{
  uint8_t bits = 0;
  for (size_t i = 0; i < FH_N_DEAD_REASONS; ++i) {
    if (strstr(words, fh_dead_reason_word(i))) {
      bits |= (uint8_t)(1u << i);
    }
  }
  return bits;
}

// All that is not in the table has no value
static void
seat_init(FhRecordSeat* const s)
{
  memset(s, 0, sizeof *s);
  FhSeatMetrics* const m = &s->metrics;
  m->spl_db = m->spl_dba = m->direct_dba = m->d_r_db = m->d50 = m->ts_ms = NAN;
  m->sti = m->tilt_db = m->cancel_depth_db = m->cancel_hz = m->echo = NAN;
  m->echo_ms = m->se_db = m->octave_se_db = NAN;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m->spl_octave_db[b] = m->edt_s[b] = m->t30_s[b] = NAN;
    m->c50_db[b] = m->c80_db[b] = NAN;
  }
}

static bool
set_field(const FhRunRecord* const r,
          const Field* const field,
          const char* const text,
          FhRecordSeat* const s)
{
  char* end = NULL;
  switch (field->kind) {
  case SKIPPED:
    return true;
  case AREA:
    for (uint32_t a = 0; a < r->n_areas; ++a) {
      if (!strcmp(text, r->area[a].name)) {
        s->area = a;
        return true;
      }
    }
    return false;
  case DEAD:
    s->metrics.dead = dead_bits(text);
    return true;
  case ID:
    s->id = (uint32_t)strtoul(text, &end, 10);
    return end != text && !*end;
  case PLACE:
    s->at[field->to] = strtod(text, &end);
    return end != text && !*end && isfinite(s->at[field->to]);
  case VALUE: {
    float value = *text ? strtof(text, &end) : NAN;
    memcpy((char*)s + field->to, &value, sizeof value);
    return !*text || !*end;
  }
  }
  return false;
}

static FhStatus
read_rows(FILE* const file, FhRunRecord* const r, int* const line_no)
{
  char line[LINE_SIZE];
  char* text[MAX_COLUMNS];
  Field field[MAX_COLUMNS];
  size_t room = 0;
  if (!fgets(line, sizeof line, file)) {
    return FH_ERR_FORMAT;
  }
  const size_t n_columns = split(line, text);
  size_t n_places = 0;
  for (size_t i = 0; i < n_columns; ++i) {
    field[i] = field_of(text[i]);
    n_places += field[i].kind == PLACE || field[i].kind == AREA;
  }
  if (n_places != 4) {
    return FH_ERR_FORMAT;
  }
  while (fgets(line, sizeof line, file)) {
    ++*line_no;
    if (r->n_seats == room) {
      room = room ? 2 * room : 1024;
      void* const grown = realloc(r->seat, room * sizeof *r->seat);
      if (!grown) {
        return FH_ERR_NO_MEM;
      }
      r->seat = (FhRecordSeat*)grown;
    }
    FhRecordSeat* const s = &r->seat[r->n_seats];
    seat_init(s);
    if (split(line, text) != n_columns) {
      return FH_ERR_FORMAT;
    }
    for (size_t i = 0; i < n_columns; ++i) {
      if (!set_field(r, &field[i], text[i], s)) {
        return FH_ERR_FORMAT;
      }
    }
    ++r->n_seats;
  }
  return ferror(file) ? FH_ERR_IO : FH_OK;
}

FhStatus
record_read_seats(const char* const folder,
                  FhRunRecord* const record,
                  FhDiag* const diag)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/seats.csv", folder);
  FILE* const file = fopen(path, "r");
  if (!file) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be read; give a folder that 'fullhouse simulate' "
                "finished");
    return FH_ERR_NOT_FOUND;
  }
  int line_no = 1;
  FhStatus status = read_rows(file, record, &line_no);
  (void)fclose(file);
  if (status == FH_ERR_FORMAT) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                line_no,
                0,
                "the row is not that of a seat; simulate again");
  } else if (!status && !record->n_seats) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "the run has no seats; give 'audience:' to the venue, or "
                "simulate without --no-seats");
    status = FH_ERR_NOT_FOUND;
  }
  return status;
}
