// SPDX-License-Identifier: GPL-3.0-or-later
#include "curve.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES   ((size_t)64 << 20)
#define MAX_ROWS    1000000
#define MAX_COLUMNS 6

// UTF-16 with a mark at its start, and UTF-8's mark, become plain bytes; what
// is no ASCII becomes '?', which no number contains
static char*
to_ascii(const char* bytes, size_t size, size_t* length)
{
  const unsigned char* const b = (const unsigned char*)bytes;
  char* const text = malloc(size + 1);
  if (!text) {
    return NULL;
  }
  size_t n = 0;
  const bool is_little = size >= 2 && b[0] == 0xff && b[1] == 0xfe;
  const bool is_big = size >= 2 && b[0] == 0xfe && b[1] == 0xff;
  if (is_little || is_big) {
    for (size_t i = 2; i + 1 < size; i += 2) {
      const unsigned c = is_little ? b[i] | (unsigned)b[i + 1] << 8
                                   : b[i + 1] | (unsigned)b[i] << 8;
      text[n++] = c && c < 128 ? (char)c : '?';
    }
  } else {
    const bool has_mark =
      size >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf;
    for (size_t i = has_mark ? 3 : 0; i < size; ++i) {
      text[n++] = b[i] && b[i] < 128 ? bytes[i] : '?';
    }
  }
  text[n] = '\0';
  *length = n;
  return text;
}

static bool
is_comment(const char* line)
{
  line += strspn(line, " \t\"");
  return !*line || !strchr("0123456789.+-", *line);
}

// A decimal comma, if the columns are parted by something else
static bool
has_decimal_comma(const char* line)
{
  const char* const comma = strchr(line, ',');
  if (!comma) {
    return false;
  }
  if (strchr(line, ';') || strchr(line, '\t')) {
    return true;
  }
  // "100,5 -3,2": a digit on both sides and a space between the columns
  const char* const space = strchr(line + strspn(line, " "), ' ');
  return space && comma > line && comma[1] >= '0' && comma[1] <= '9' &&
         space > comma + 1;
}

// Split a row into numbers; NaN for `*`. False if something is no number
static bool
split(char* line, double column[MAX_COLUMNS], size_t* n)
{
  if (has_decimal_comma(line)) {
    for (char* c = line; *c; ++c) {
      *c = *c == ',' ? '.' : *c;
    }
  }
  *n = 0;
  for (char* c = line; *n < MAX_COLUMNS;) {
    c += strspn(c, " \t,;\"");
    if (!*c) {
      return true;
    }
    char* end = c + 1;
    column[*n] = *c == '*' ? NAN : strtod(c, &end);
    if (*c != '*' && (end == c || !strchr(" \t,;\"", *end))) {
      return false;
    }
    ++*n;
    c = end;
  }
  return true;
}

static bool
append(FhTrace* trace, size_t* room, const double* column, size_t n)
{
  if (trace->n == *room) {
    const size_t more = *room ? 2 * *room : 1024;
    double* const hz = realloc(trace->hz, more * sizeof(double));
    trace->hz = hz ? hz : trace->hz;
    double* const db = realloc(trace->db, more * sizeof(double));
    trace->db = db ? db : trace->db;
    double* const coherence = realloc(trace->coherence, more * sizeof(double));
    trace->coherence = coherence ? coherence : trace->coherence;
    if (!hz || !db || !coherence) {
      return false;
    }
    *room = more;
  }
  trace->hz[trace->n] = column[0];
  trace->db[trace->n] = column[1];
  trace->coherence[trace->n++] =
    n > 3 && column[3] >= 0.0 && column[3] <= 1.0 ? column[3] : NAN;
  return true;
}

static FhStatus
parse_row(FhTrace* trace, size_t* room, char* line, size_t number, char* reason)
{
  double column[MAX_COLUMNS];
  size_t n = 0;
  if (!split(line, column, &n) || n < 2) {
    snprintf(reason,
             FH_CURVE_REASON,
             "line %zu: wants frequency and level, as `1000 -3.2`",
             number);
    return FH_ERR_FORMAT;
  }
  if (column[0] == 0.0 || isnan(column[1])) {
    return FH_OK; // A row at 0 Hz, or one without a value
  }
  const double last = trace->n ? trace->hz[trace->n - 1] : 0.0;
  if (!(column[0] > last && column[0] < 1e6)) {
    snprintf(reason,
             FH_CURVE_REASON,
             "line %zu: frequencies must rise, %g Hz follows %g Hz",
             number,
             column[0],
             last);
    return FH_ERR_FORMAT;
  }
  if (!(fabs(column[1]) < 1000.0)) {
    snprintf(
      reason, FH_CURVE_REASON, "line %zu: %g is no level", number, column[1]);
    return FH_ERR_FORMAT;
  }
  if (trace->n >= MAX_ROWS) {
    snprintf(reason, FH_CURVE_REASON, "more than %d rows", MAX_ROWS);
    return FH_ERR_LIMIT;
  }
  if (!append(trace, room, column, n)) {
    snprintf(reason, FH_CURVE_REASON, "out of memory");
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

FhStatus
fh_trace_parse(const char* bytes, size_t size, FhTrace* out, char* reason)
{
  *out = (FhTrace){0};
  reason[0] = '\0';
  size_t length = 0;
  char* const text = size <= MAX_BYTES ? to_ascii(bytes, size, &length) : NULL;
  if (!text) {
    snprintf(reason, FH_CURVE_REASON, "larger than 64 MB, or out of memory");
    return size > MAX_BYTES ? FH_ERR_LIMIT : FH_ERR_NO_MEM;
  }
  FhStatus status = FH_OK;
  size_t room = 0;
  size_t number = 1;
  for (char* line = text; !status && line < text + length; ++number) {
    const size_t n = strcspn(line, "\r\n");
    char* const next =
      line + n + (line[n] == '\r' && line[n + 1] == '\n' ? 2 : 1);
    line[n] = '\0';
    if (!is_comment(line)) {
      status = parse_row(out, &room, line, number, reason);
    }
    line = next;
  }
  free(text);
  if (!status && out->n < 2) {
    snprintf(reason, FH_CURVE_REASON, "line 1: no rows of frequency and level");
    status = FH_ERR_FORMAT;
  }
  if (status) {
    fh_trace_clear(out);
  }
  return status;
}

FhStatus
fh_trace_read(const char* path, FhTrace* out, char* reason)
{
  *out = (FhTrace){0};
  FILE* const file = fopen(path, "rb");
  if (!file) {
    snprintf(reason, FH_CURVE_REASON, "cannot be opened");
    return FH_ERR_IO;
  }
  FhStatus status = FH_ERR_IO;
  char* bytes = NULL;
  size_t used = 0;
  size_t room = 0;
  for (;;) {
    if (used == room) {
      room = room ? 2 * room : 65536;
      char* const more = room <= 2 * MAX_BYTES ? realloc(bytes, room) : NULL;
      if (!more) {
        snprintf(reason, FH_CURVE_REASON, "too large");
        status = FH_ERR_LIMIT;
        goto done;
      }
      bytes = more;
    }
    const size_t n = fread(bytes + used, 1, room - used, file);
    used += n;
    if (!n) {
      break;
    }
  }
  if (ferror(file)) {
    snprintf(reason, FH_CURVE_REASON, "cannot be read");
    goto done;
  }
  status = fh_trace_parse(bytes, used, out, reason);

done:
  free(bytes);
  fclose(file);
  return status;
}

void
fh_trace_clear(FhTrace* trace)
{
  free(trace->hz);
  free(trace->db);
  free(trace->coherence);
  *trace = (FhTrace){0};
}

// Level at a frequency, straight over log frequency between the rows
static double
level_at(const FhTrace* trace, double hz)
{
  size_t i = 1;
  while (i + 1 < trace->n && trace->hz[i] < hz) {
    ++i;
  }
  const double part =
    log(hz / trace->hz[i - 1]) / log(trace->hz[i] / trace->hz[i - 1]);
  return trace->db[i - 1] + part * (trace->db[i] - trace->db[i - 1]);
}

void
fh_trace_bands(const FhTrace* trace, float db[FH_N_EQ_BANDS])
{
  double sum = 0.0;
  unsigned n_middle = 0;
  for (unsigned b = 0; b < FH_N_EQ_BANDS; ++b) {
    const double hz = 1000.0 * pow(10.0, ((double)b - 17.0) / 10.0);
    const double low = hz * pow(10.0, -0.05);
    const double high = hz * pow(10.0, 0.05);
    double energy = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < trace->n; ++i) {
      if (trace->hz[i] >= low && trace->hz[i] < high) {
        energy += pow(10.0, 0.1 * trace->db[i]);
        ++n;
      }
    }
    const bool is_between =
      trace->n && trace->hz[0] <= hz && trace->hz[trace->n - 1] >= hz;
    const double level = n            ? 10.0 * log10(energy / (double)n)
                         : is_between ? level_at(trace, hz)
                                      : NAN;
    db[b] = (float)level;
    if (hz > 240.0 && hz < 4100.0 && isfinite(level)) {
      sum += level;
      ++n_middle;
    }
  }
  const float mean = n_middle ? (float)(sum / n_middle) : 0.0f;
  for (unsigned b = 0; b < FH_N_EQ_BANDS; ++b) {
    db[b] -= mean;
  }
}
