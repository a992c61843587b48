// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEY_JSON = 0x1000, KEY_QUIET, KEY_THREADS, KEY_SEED };

static const struct argp_option common_options[] = {
  {"json", KEY_JSON, 0, 0, "Print the result as JSON", 90},
  {"quiet", KEY_QUIET, 0, 0, "Say nothing but warnings and errors", 90},
  {"threads",
   KEY_THREADS,
   "N",
   0,
   "Use N threads (default: all processors)",
   90},
  {"seed", KEY_SEED, "N", 0, "Seed of the random numbers (default: 1)", 90},
  {0}};

static uint64_t
parse_count(const struct argp_state* state,
            const char* name,
            const char* text,
            uint64_t max)
{
  char* end = NULL;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (errno || end == text || *end || text[0] == '-' || value > max) {
    argp_error(state,
               "--%s needs a whole number from 0 to %llu, not '%s'",
               name,
               (unsigned long long)max,
               text);
  }
  return value;
}

static error_t
parse_common(int key, char* arg, struct argp_state* state)
{
  FhCommonOptions* const options = (FhCommonOptions*)state->input;
  switch (key) {
  case KEY_JSON:
    options->json = true;
    return 0;
  case KEY_QUIET:
    options->quiet = true;
    return 0;
  case KEY_THREADS:
    options->n_threads = (unsigned)parse_count(state, "threads", arg, 1024);
    return 0;
  case KEY_SEED:
    options->seed = parse_count(state, "seed", arg, UINT64_MAX);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp fh_common_argp =
  {common_options, parse_common, 0, 0, 0, 0, 0};

const struct argp_child fh_common_children[] = {{&fh_common_argp, 0, NULL, 90},
                                                {0}};

FhCommonOptions
fh_common_options_default(void)
{
  return (FhCommonOptions){.seed = 1};
}

void
fh_cli_parse(const struct argp* const argp,
             const int argc,
             char** const argv,
             void* const input)
{
  argp_err_exit_status = FH_EXIT_USAGE;
  if (argp_parse(argp, argc, argv, 0, NULL, input)) {
    exit(FH_EXIT_USAGE);
  }
}

double
fh_cli_number(const struct argp_state* const state,
              const char* const name,
              const char* const text,
              const double low,
              const double high)
{
  char* end = NULL;
  errno = 0;
  const double value = strtod(text, &end);
  if (errno || end == text || *end || !(value >= low && value <= high)) {
    argp_error(state,
               "--%s needs a number from %g to %g, not '%s'",
               name,
               low,
               high,
               text);
  }
  return value;
}

void
fh_cli_one(const struct argp_state* const state,
           const char* const what,
           const char* const arg,
           const char** const out)
{
  if (*out) {
    argp_error(state, "one %s at a time, not '%s' too", what, arg);
  }
  *out = arg;
}

void
fh_cli_print_diag(const FhDiag* const diag, const bool quiet)
{
  static const char* const words[] = {"note", "warning", "error"};
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    if (quiet && e->severity == FH_DIAG_NOTE) {
      continue;
    }
    if (e->file) {
      fprintf(stderr, "%s:", e->file);
      if (e->line) {
        fprintf(stderr, "%d:", e->line);
      }
      if (e->line && e->column) {
        fprintf(stderr, "%d:", e->column);
      }
      fputc(' ', stderr);
    }
    fprintf(stderr, "%s: %s\n", words[e->severity], e->text ? e->text : "");
  }
}

void
fh_cli_error(const char* const format, ...)
{
  va_list args;
  va_start(args, format);
  fputs("fullhouse: error: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

/// A result could not be made for lack of memory
static bool result_lost;

void
fh_cli_print_json(json_t* const root, const size_t digits)
{
  result_lost = result_lost || !root;
  (void)json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(digits));
  putchar('\n');
  json_decref(root);
}

int
fh_cli_finish(const int code)
{
  errno = 0;
  const bool printed = !fflush(stdout) && !ferror(stdout);
  if (printed && !result_lost) {
    return code;
  }
  fh_cli_error("the result cannot be printed: %s",
               result_lost ? fh_strerror(FH_ERR_NO_MEM)
               : errno     ? strerror(errno)
                           : "not all of it was taken");
  return code ? code : FH_EXIT_NO_RESOURCE;
}

void
fh_cli_say(const FhCommonOptions* const options, const char* const format, ...)
{
  if (!options->quiet) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
  }
}

FhExit
fh_cli_exit_code(const FhStatus status)
{
  switch (status) {
  case FH_OK:
    return FH_EXIT_OK;
  case FH_ERR_NO_MEM:
  case FH_ERR_DEVICE:
    return FH_EXIT_NO_RESOURCE;
  case FH_ERR_INTERRUPTED:
    return FH_EXIT_INTERRUPTED;
  default:
    return FH_EXIT_BAD_INPUT;
  }
}

double
fh_cli_now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
fh_progress_init(FhProgress* const progress,
                 const FhCommonOptions* const options)
{
  memset(progress, 0, sizeof(*progress));
  progress->enabled = !options->quiet && isatty(STDERR_FILENO);
  progress->started_s = fh_cli_now_s();
}

bool
fh_progress_step(void* const user,
                 const char* const stage,
                 const double fraction)
{
  FhProgress* const p = (FhProgress*)user;
  if (p->enabled) {
    const double now = fh_cli_now_s();
    if (strncmp(p->stage, stage, sizeof(p->stage) - 1) != 0) {
      snprintf(p->stage, sizeof(p->stage), "%s", stage);
      p->started_s = now;
    }
    if (now - p->shown_s > 0.1) {
      const double f = fmin(fmax(fraction, 0.0), 1.0);
      const double left = f > 0.01 ? (now - p->started_s) * (1.0 - f) / f : NAN;
      p->shown_s = now;
      fprintf(stderr, "\r\033[K%-28s %3.0f %%", p->stage, 100.0 * f);
      if (isfinite(left)) {
        fprintf(stderr, "  %.0f s left", ceil(left));
      }
      fflush(stderr);
    }
  }
  return !fh_cli_interrupted();
}

void
fh_progress_end(FhProgress* const progress)
{
  if (progress->enabled) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
}

static volatile sig_atomic_t n_signals;

static void
on_signal(const int number)
{
  (void)number;
  ++n_signals;
  if (n_signals > 1) {
    _exit(FH_EXIT_INTERRUPTED);
  }
}

void
fh_cli_catch_signals(void)
{
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  // A file that grows past the limit of `ulimit -f` is an error like a full
  // disk
  action.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &action, NULL);
}

bool
fh_cli_interrupted(void)
{
  return n_signals > 0;
}
