// SPDX-License-Identifier: GPL-3.0-or-later
// Published measurements as `measured.csv` beside the venue, in its columns
#include "hall.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What a published table calls a parameter, and what we call it
typedef struct {
  const char* theirs;
  const char* ours;
} Word;

static const Word ptb_words[] = {{"T30/s", "t30_s"},
                                 {"EDT/s", "edt_s"},
                                 {"D/%", "d50_percent"},
                                 {"C/dB", "c80_db"},
                                 {"TS/ms", "ts_ms"},
                                 {"G/dB", "g_db"},
                                 {"LF/%", "lf_percent"},
                                 {"LFC/%", "lfc_percent"}};

#define N_PTB_WORDS (sizeof ptb_words / sizeof ptb_words[0])
#define MAX_PAIRS   16

/// Values of one parameter: pairs by octave
typedef struct {
  char pair[MAX_PAIRS][2][8]; ///< Source and receiver
  size_t n_pairs;
  double at[N_PTB_WORDS][MAX_PAIRS][FH_N_OCTAVES];
} Sheet;

static void
sheet_init(Sheet* const s)
{
  memset(s, 0, sizeof *s);
  for (size_t q = 0; q < N_PTB_WORDS; ++q) {
    for (size_t p = 0; p < MAX_PAIRS; ++p) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        s->at[q][p][b] = NAN;
      }
    }
  }
}

static FhStatus
open_output(const char* const folder, FILE** const out, FhDiag* const diag)
{
  char path[1200];
  (void)snprintf(path, sizeof path, "%s/measured.csv", folder);
  *out = fopen(path, "w");
  if (!*out) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be written: %s",
                strerror(errno));
    return FH_ERR_IO;
  }
  fputs("source,microphone,parameter", *out);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    fprintf(*out, ",%s", fh_octave_name(b));
  }
  fputc('\n', *out);
  return FH_OK;
}

static FhStatus
close_output(FILE* const out)
{
  const bool bad = ferror(out) != 0;
  return fclose(out) != 0 || bad ? FH_ERR_IO : FH_OK;
}

static void
put_row(FILE* const out,
        const char* const source,
        const char* const receiver,
        const char* const parameter,
        const double at[FH_N_OCTAVES])
{
  fprintf(out, "%s,%s,%s", source, receiver, parameter);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (isfinite(at[b])) {
      fprintf(out, ",%.6g", at[b]);
    } else {
      fputc(',', out);
    }
  }
  fputc('\n', out);
}

static FhStatus
write_sheet(const Sheet* const s, const char* const folder, FhDiag* const diag)
{
  FILE* out = NULL;
  const FhStatus status = open_output(folder, &out, diag);
  if (status) {
    return status;
  }
  for (size_t p = 0; p < s->n_pairs; ++p) {
    for (size_t q = 0; q < N_PTB_WORDS; ++q) {
      put_row(
        out, s->pair[p][0], s->pair[p][1], ptb_words[q].ours, s->at[q][p]);
    }
  }
  return close_output(out);
}

/// Parameter of a cell, N_PTB_WORDS for none
static size_t
find_word(const char* const text)
{
  size_t q = 0;
  while (q < N_PTB_WORDS && strcmp(ptb_words[q].theirs, text) != 0) {
    ++q;
  }
  return q;
}

/// Octave of "125" or "125 Hz", FH_N_OCTAVES for none
static size_t
find_octave(const char* const text)
{
  char* end = NULL;
  const double hz = strtod(text, &end);
  size_t b = 0;
  while (
    b < FH_N_OCTAVES &&
    !(end != text && fabs(hz / strtod(fh_octave_name(b), NULL) - 1.0) < 0.02)) {
    ++b;
  }
  return *end && strcmp(end, " Hz") != 0 ? FH_N_OCTAVES : b;
}

/// Pairs "S1R1" in cells from `first` on
static void
read_pairs(const Table* const t, const size_t row, const size_t first, Sheet* s)
{
  s->n_pairs = 0;
  for (size_t i = first; i < TABLE_MAX_CELLS && s->n_pairs < MAX_PAIRS; ++i) {
    const char* const text = t->row[row][i];
    if (text[0] != 'S' || strlen(text) != 4 || text[2] != 'R') {
      break;
    }
    (void)snprintf(s->pair[s->n_pairs][0], 8, "%.2s", text);
    (void)snprintf(s->pair[s->n_pairs][1], 8, "%.2s", text + 2);
    ++s->n_pairs;
  }
}

static void
read_numbers(const Table* const t,
             const size_t row,
             const size_t first,
             const size_t q,
             const size_t band,
             Sheet* const s)
{
  for (size_t p = 0; p < s->n_pairs; ++p) {
    double value = 0.0;
    if (table_number(t, row, first + p, &value)) {
      s->at[q][p][band] = value;
    }
  }
}

FhStatus
convert_elmia_measured(const char* const data,
                       const char* const folder,
                       FhDiag* const diag)
{
  Table t = {0};
  Sheet s;
  sheet_init(&s);
  FhStatus status = table_read(data, "elmia_rr2/csv/measured.csv", &t, diag);
  size_t q = N_PTB_WORDS;
  for (size_t r = 0; r < t.n_rows && !status; ++r) {
    const char* const first = t.row[r][0];
    const size_t band = find_octave(first);
    if (!strcmp(t.row[r][1], "S1R1")) {
      q = find_word(first);
      read_pairs(&t, r, 1, &s);
    } else if (q < N_PTB_WORDS && band < FH_N_OCTAVES) {
      read_numbers(&t, r, 1, q, band, &s);
    }
  }
  status = status ? status : write_sheet(&s, folder, diag);
  table_clear(&t);
  return status;
}

FhStatus
convert_ptb_measured(const char* const data,
                     const char* const folder,
                     FhDiag* const diag)
{
  Table t = {0};
  Sheet s;
  sheet_init(&s);
  FhStatus status =
    table_read(data, "ptb_studio_rr3/csv/measured_curtains_open.csv", &t, diag);
  for (size_t r = 0; r < t.n_rows && !status; ++r) {
    const size_t band = find_octave(t.row[r][1]);
    const size_t q = find_word(t.row[r][2]);
    if (!strcmp(t.row[r][0], "statistic")) {
      read_pairs(&t, r, 3, &s);
    } else if (!strcmp(t.row[r][0], "mean") && band < FH_N_OCTAVES &&
               q < N_PTB_WORDS) {
      read_numbers(&t, r, 3, q, band, &s);
    }
  }
  status = status ? status : write_sheet(&s, folder, diag);
  table_clear(&t);
  return status;
}

FhStatus
convert_bras_measured(const char* const data,
                      const char* const folder,
                      FhDiag* const diag)
{
  // source,receiver,band_hz,c50_db,c80_db,ts_s,d50,edt_s,t20_s,t30_s
  static const char* const ours[7] = {
    "c50_db", "c80_db", "ts_s", "d50", "edt_s", "t20_s", "t30_s"};
  Table t = {0};
  FILE* out = NULL;
  FhStatus status = table_read(
    data, "bras_cr2/measured/cr2_measured_octave_pairs.csv", &t, diag);
  status = status ? status : open_output(folder, &out, diag);
  for (size_t r = 1; r < t.n_rows && !status;) {
    size_t last = r;
    while (last < t.n_rows && !strcmp(t.row[last][0], t.row[r][0]) &&
           !strcmp(t.row[last][1], t.row[r][1])) {
      ++last;
    }
    for (size_t q = 0; q < 7 && t.row[r][0][0]; ++q) {
      double at[FH_N_OCTAVES];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        at[b] = NAN;
      }
      for (size_t i = r; i < last; ++i) {
        const size_t band = find_octave(t.row[i][2]);
        // Not 8 kHz: limited by noise, say the notes of the data
        if (band < FH_N_OCTAVES - 1) {
          (void)table_number(&t, i, 3 + q, &at[band]);
        }
      }
      put_row(out, t.row[r][0], t.row[r][1], ours[q], at);
    }
    r = last;
  }
  if (out) {
    const FhStatus closed = close_output(out);
    status = status ? status : closed;
  }
  table_clear(&t);
  return status;
}
