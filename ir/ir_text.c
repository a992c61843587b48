// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/ir_text.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t max_frames = (size_t)1 << 28;

/// What has been read so far
typedef struct {
  float* data;
  size_t n, room;
  double first_s, last_s; // Of a time column
  bool has_times;
  double rate_hz;
} Reader;

static FhStatus
add_sample(Reader* const r, const double value)
{
  if (!isfinite(value)) {
    return FH_ERR_NOT_FINITE;
  }
  if (r->n == r->room) {
    const size_t room = r->room ? 2 * r->room : 4096;
    float* const data = room <= max_frames
                          ? (float*)realloc(r->data, room * sizeof(float))
                          : NULL;
    if (!data) {
      return room > max_frames ? FH_ERR_LIMIT : FH_ERR_NO_MEM;
    }
    r->data = data;
    r->room = room;
  }
  r->data[r->n++] = (float)value;
  return FH_OK;
}

static const char*
skip_gap(const char* at)
{
  return at + strspn(at, " \t,;");
}

static FhStatus
read_line(Reader* const r, const char* const text)
{
  const char* at = text + strspn(text, " \t");
  if (!*at || *at == '*' || *at == '#' || *at == ';') {
    return FH_OK;
  }
  char* end = NULL;
  const double first = strtod(at, &end);
  if (end == at) {
    return FH_ERR_FORMAT;
  }
  at = skip_gap(end);
  if (!strncmp(at, "//", 2)) {
    if (strstr(at, "ample interval") && first > 0.0) {
      r->rate_hz = 1.0 / first;
    }
    return FH_OK;
  }
  if (!*at) {
    return add_sample(r, first);
  }
  const double second = strtod(at, &end);
  if (end == at || *skip_gap(end)) {
    return FH_ERR_FORMAT;
  }
  if (!r->has_times) {
    r->has_times = true;
    r->first_s = first;
  }
  r->last_s = first;
  return add_sample(r, second);
}

static FhStatus
read_lines(Reader* const r, FILE* const f, size_t* const line)
{
  char text[512];
  size_t at = 0;
  while (fgets(text, sizeof(text), f)) {
    const size_t length = strcspn(text, "\r\n");
    ++at;
    if (!text[length] && !feof(f)) {
      *line = at;
      return FH_ERR_FORMAT; // Too long to be a number
    }
    text[length] = '\0';
    const FhStatus status = read_line(r, text);
    if (status) {
      *line = at;
      return status;
    }
  }
  return ferror(f) ? FH_ERR_IO : FH_OK;
}

FhStatus
fh_ir_text_read(const char* const path,
                const double rate_hz,
                size_t* const line,
                FhAudio* const out)
{
  size_t at = 0;
  Reader r = {0};
  memset(out, 0, sizeof(*out));
  FILE* const f = fopen(path, "r");
  if (!f) {
    return FH_ERR_IO;
  }
  FhStatus status = read_lines(&r, f, &at);
  fclose(f);
  if (line) {
    *line = at;
  }
  if (!status && r.n < 1) {
    status = FH_ERR_NO_SIGNAL;
  }
  if (!status) {
    double rate = r.rate_hz > 0.0 ? r.rate_hz : rate_hz;
    if (r.has_times && r.n > 1) {
      rate = (double)(r.n - 1) / (r.last_s - r.first_s);
    }
    // Intervals are printed with few digits: rates are whole
    rate = fabs(rate - round(rate)) < 1e-4 * rate ? round(rate) : rate;
    status = rate > 0.0 && rate < 1e7 ? FH_OK : FH_ERR_NOT_FOUND;
    *out = (FhAudio){r.n, 1, rate, r.data};
  }
  if (status) {
    free(r.data);
    memset(out, 0, sizeof(*out));
  }
  return status;
}

static void
write_text(FILE* const f, const FhAudio* const a, const size_t channel)
{
  size_t peak = 0;
  for (size_t i = 1; i < a->n_frames; ++i) {
    if (fabsf(a->data[i * a->n_channels + channel]) >
        fabsf(a->data[peak * a->n_channels + channel])) {
      peak = i;
    }
  }
  fputs("* Impulse Response data saved by fullhouse\n"
        "* IR is not normalised\n"
        "* IR window has not been applied\n"
        "* IR is not the min phase version\n",
        f);
  fprintf(f,
          "%.9g // Peak value before normalisation\n"
          "%zu // Peak index\n"
          "%zu // Response length\n"
          "%.17g // Sample interval (seconds)\n"
          "%.17g // Start time (seconds)\n"
          "* Data start\n",
          (double)a->data[peak * a->n_channels + channel],
          peak,
          a->n_frames,
          1.0 / a->rate_hz,
          0.0);
  for (size_t i = 0; i < a->n_frames; ++i) {
    fprintf(f, "%.9g\n", (double)a->data[i * a->n_channels + channel]);
  }
}

FhStatus
fh_ir_text_write(const char* const path,
                 const FhAudio* const audio,
                 const size_t channel)
{
  if (!audio->n_frames || channel >= audio->n_channels) {
    return FH_ERR_BAD_ARG;
  }
  const size_t size = strlen(path) + sizeof(".part");
  char* const temporary = (char*)malloc(size);
  if (!temporary) {
    return FH_ERR_NO_MEM;
  }
  snprintf(temporary, size, "%s.part", path);
  FILE* const f = fopen(temporary, "w");
  FhStatus status = f ? FH_OK : FH_ERR_IO;
  if (f) {
    write_text(f, audio, channel);
    const bool bad = ferror(f);
    if (fclose(f) || bad || rename(temporary, path)) {
      status = FH_ERR_IO;
      remove(temporary);
    }
  }
  free(temporary);
  return status;
}
