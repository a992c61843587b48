// SPDX-License-Identifier: GPL-3.0-or-later
#include "measured.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char*
measured_emitter_name(const FhVenue* const venue, const size_t i)
{
  if (i < venue->n_loudspeakers) {
    return venue->loudspeakers[i].name;
  }
  const size_t k = i - venue->n_loudspeakers;
  return k < venue->n_arrays ? venue->arrays[k].name : NULL;
}

FhMeasuredRow*
measured_add(FhMeasured* const measured, size_t* const room)
{
  if (measured->n_rows == *room) {
    const size_t wanted = *room ? 2 * *room : 64;
    FhMeasuredRow* const grown =
      (FhMeasuredRow*)realloc(measured->row, wanted * sizeof(FhMeasuredRow));
    if (!grown) {
      return NULL;
    }
    measured->row = grown;
    *room = wanted;
  }
  FhMeasuredRow* const row = &measured->row[measured->n_rows++];
  memset(row, 0, sizeof(*row));
  for (size_t b = 0; b <= FH_N_OCTAVES; ++b) {
    row->at[b] = NAN;
  }
  return row;
}

// Lateral fractions are one number: the mean of the octaves 125 Hz to 1 kHz
static bool
average_lateral(FhMeasuredRow* const row)
{
  double sum = 0.0;
  for (size_t b = 1; b <= 4; ++b) {
    sum += row->at[b];
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    row->at[b] = NAN;
  }
  row->at[FH_BAND_MID] = 0.25 * sum;
  return isfinite(sum);
}

static void
average_laterals(FhMeasured* const m, FhDiag* const diag)
{
  for (size_t i = 0; i < m->n_rows; ++i) {
    FhMeasuredRow* const row = &m->row[i];
    const bool lateral =
      row->quantity == FH_QUANTITY_LF || row->quantity == FH_QUANTITY_LFC;
    if (lateral && !average_lateral(row)) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  m->path,
                  row->line,
                  0,
                  "%s skipped: its mean needs all octaves 125 Hz to 1 kHz; "
                  "fill them in",
                  fh_quantity_name(row->quantity));
    }
  }
}

static bool
same_thing(const FhMeasuredRow* const a, const FhMeasuredRow* const b)
{
  return a->emitter == b->emitter && a->microphone == b->microphone &&
         a->quantity == b->quantity;
}

// Two values of one thing contradict each other, or are one too many
static FhStatus
check_twice(const FhMeasured* const m, FhDiag* const diag)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < m->n_rows; ++i) {
    for (size_t k = 0; k < i; ++k) {
      const FhMeasuredRow* const a = &m->row[k];
      const FhMeasuredRow* const b = &m->row[i];
      if (!same_thing(a, b)) {
        continue;
      }
      char first[300];
      if (a->line) {
        snprintf(first, sizeof first, "line %d", a->line);
      } else {
        snprintf(first, sizeof first, "'%s'", a->file);
      }
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  m->path,
                  b->line,
                  0,
                  "%s%s%s of this pair is also given by %s; keep one of them",
                  b->file,
                  b->line ? "" : ": ",
                  fh_quantity_name(b->quantity),
                  first);
      status = FH_ERR_INVALID_DATA;
      break;
    }
  }
  return status;
}

static const FhMeasuredRow*
find_row(const FhMeasured* const m,
         const FhMeasuredRow* const of,
         const FhQuantity quantity)
{
  for (size_t i = 0; i < m->n_rows; ++i) {
    FhMeasuredRow wanted = *of;
    wanted.quantity = quantity;
    if (same_thing(&m->row[i], &wanted)) {
      return &m->row[i];
    }
  }
  return NULL;
}

// C50 is D50 in decibels: where both are given they must agree
static void
check_clarity(const FhMeasured* const m, FhDiag* const diag)
{
  for (size_t i = 0; i < m->n_rows; ++i) {
    const FhMeasuredRow* const c50 = &m->row[i];
    const FhMeasuredRow* const d50 = c50->quantity == FH_QUANTITY_C50
                                       ? find_row(m, c50, FH_QUANTITY_D50)
                                       : NULL;
    for (size_t b = 0; d50 && b < FH_N_OCTAVES; ++b) {
      const double d = d50->at[b];
      const double off = c50->at[b] - 10.0 * log10(d / (1.0 - d));
      if (isfinite(off) && fabs(off) > 0.5) {
        fh_diag_add(diag,
                    FH_DIAG_WARNING,
                    m->path,
                    c50->line,
                    0,
                    "C50 at %s Hz is %+.1f dB off what D50 of line %d says; "
                    "one of them is wrong",
                    fh_octave_name(b),
                    off,
                    d50->line);
      }
    }
  }
}

FhStatus
fh_measured_read(const char* const path,
                 const FhVenue* const venue,
                 FhMeasured* const out,
                 FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  struct stat info;
  const int n = snprintf(out->path, sizeof out->path, "%s", path);
  if (n < 0 || (size_t)n >= sizeof out->path || stat(path, &info)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be read (%s); give a CSV table, a SOFA file or a "
                "folder of impulse responses",
                strerror(errno));
    memset(out, 0, sizeof(*out));
    return FH_ERR_IO;
  }
  const char* const dot = strrchr(path, '.');
  FhStatus status =
    S_ISDIR(info.st_mode)          ? measured_read_folder(venue, out, diag)
    : dot && !strcmp(dot, ".sofa") ? measured_read_sofa(venue, out, diag)
                                   : measured_read_table(venue, out, diag);
  status = status ? status : check_twice(out, diag);
  if (!status && !out->n_rows) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "holds nothing about a pair of this venue; names of "
                "loudspeakers and microphones must be the venue's, in SOFA "
                "files their places");
    status = FH_ERR_INVALID_DATA;
  }
  if (!status) {
    check_clarity(out, diag);
    average_laterals(out, diag);
  } else {
    fh_measured_clear(out);
  }
  return status;
}

void
fh_measured_clear(FhMeasured* const measured)
{
  free(measured->row);
  memset(measured, 0, sizeof(*measured));
}
