// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

#include <fh/ir_text.h>
#include <fh/sofa.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

FhExit
ir_error(const FhExit code, const char* const path, const char* format, ...)
{
  va_list args;
  va_start(args, format);
  fprintf(stderr, "%s: error: ", path);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  return code;
}

void
ir_warning(const char* const path, const char* format, ...)
{
  va_list args;
  va_start(args, format);
  fprintf(stderr, "%s: warning: ", path);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

static const char*
meaning(const FhStatus status)
{
  switch (status) {
  case FH_ERR_IO:
    return "cannot be read; check the name and the rights";
  case FH_ERR_FORMAT:
    return "is no sound, SOFA or text file that is understood, or is cut "
           "short; export it again";
  case FH_ERR_NO_SIGNAL:
    return "holds no impulse response: it is empty, silent, constant or noise "
           "alone; check the file and the channel";
  case FH_ERR_INVALID_DATA:
    return "grows towards its peak instead of decaying: the response is "
           "reversed; turn it round";
  case FH_ERR_NOT_FINITE:
    return "holds NaN or infinite samples; export it again";
  case FH_ERR_NOT_FOUND:
    return "does not say its sample rate; give it with --rate HZ";
  case FH_ERR_LIMIT:
    return "is too large, or has too many channels";
  case FH_ERR_NO_MEM:
    return "needs more memory than there is";
  default:
    return NULL;
  }
}

FhExit
ir_status_error(const char* const path, const FhStatus status)
{
  const char* const text = meaning(status);
  return ir_error(
    fh_cli_exit_code(status), path, "%s", text ? text : fh_strerror(status));
}

static bool
has_ending(const char* const path, const char* const endings)
{
  const char* const dot = strrchr(path, '.');
  const size_t length = dot ? strlen(dot) : 0;
  const char* at = endings;
  while (length && *at) {
    const size_t n = strcspn(at, " ");
    if (n == length && !strncasecmp(at, dot, n)) {
      return true;
    }
    at += n + (at[n] == ' ');
  }
  return false;
}

static FhStatus
from_sofa(const FhSofa* const s, const size_t measurement, FhAudio* const out)
{
  const FhStatus status =
    fh_audio_init(s->n_frames, s->n_receivers, s->rate_hz, out);
  if (!status) {
    const float* const ir = s->ir + measurement * s->n_receivers * s->n_frames;
    for (size_t c = 0; c < s->n_receivers; ++c) {
      for (size_t i = 0; i < s->n_frames; ++i) {
        out->data[i * s->n_receivers + c] = ir[c * s->n_frames + i];
      }
    }
  }
  return status;
}

static FhExit
sofa_error(const char* const path, const FhStatus status)
{
  return status == FH_ERR_UNSUPPORTED
           ? ir_error(FH_EXIT_BAD_INPUT,
                      path,
                      "holds no impulse responses (its data type is not FIR); "
                      "export it as FIR")
           : ir_status_error(path, status);
}

static bool
read_sofa(const char* const path,
          const size_t measurement,
          FhAudio* const out,
          FhExit* const code)
{
  FhSofa sofa;
  FhStatus status = fh_sofa_read(path, &sofa);
  if (status) {
    *code = sofa_error(path, status);
    return false;
  }
  if (measurement >= sofa.n_measurements) {
    *code = ir_error(FH_EXIT_BAD_INPUT,
                     path,
                     "has measurements 1 to %zu, not %zu; change --measurement",
                     sofa.n_measurements,
                     measurement + 1);
    fh_sofa_clear(&sofa);
    return false;
  }
  status = from_sofa(&sofa, measurement, out);
  fh_sofa_clear(&sofa);
  if (status) {
    *code = ir_status_error(path, status);
  }
  return !status;
}

size_t
ir_count_measurements(const char* const path, FhExit* const code)
{
  if (!has_ending(path, ".sofa")) {
    return 1;
  }
  FhSofa sofa;
  const FhStatus status = fh_sofa_read(path, &sofa);
  if (status) {
    *code = sofa_error(path, status);
    return 0;
  }
  const size_t n = sofa.n_measurements;
  fh_sofa_clear(&sofa);
  return n;
}

bool
ir_read(const char* const path,
        const size_t measurement,
        const double rate_hz,
        FhAudio* const out,
        FhExit* const code)
{
  memset(out, 0, sizeof(*out));
  if (has_ending(path, ".sofa")) {
    return read_sofa(path, measurement, out, code);
  }
  size_t line = 0;
  const bool text = has_ending(path, ".txt .csv .dat");
  const FhStatus status = text ? fh_ir_text_read(path, rate_hz, &line, out)
                               : fh_audio_read(path, out);
  if (text && (status == FH_ERR_FORMAT || status == FH_ERR_NOT_FINITE)) {
    fprintf(stderr,
            "%s:%zu: error: %s; one sample a line is expected, or REW's export "
            "of an impulse response\n",
            path,
            line,
            status == FH_ERR_FORMAT ? "no number" : "not a finite number");
    *code = FH_EXIT_BAD_INPUT;
  } else if (status) {
    *code = ir_status_error(path, status);
  }
  return !status;
}

bool
ir_parse_numbers(const char* const text, const size_t n, double* const out)
{
  const char* at = text;
  for (size_t i = 0; i < n; ++i) {
    char* end = NULL;
    out[i] = strtod(at, &end);
    if (end == at || !isfinite(out[i]) || (i + 1 < n && *end != ',')) {
      return false;
    }
    at = end + (i + 1 < n);
  }
  return !*at;
}
