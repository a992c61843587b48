// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"

#include <fh/report.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEY_COMPARE = 0x2300, KEY_OPEN };

/// Runs that one page can hold beside its own
#define MAX_OTHERS 16u

typedef struct {
  FhCommonOptions common;
  const char* folder;
  const char* others[MAX_OTHERS];
  size_t n_others;
  bool open;
} Options;

static const struct argp_option options_table[] = {
  {"compare",
   KEY_COMPARE,
   "RUN",
   0,
   "Another run of the venue to choose and to subtract, e.g. the empty house; "
   "may be given again",
   1},
  {"open", KEY_OPEN, 0, 0, "Show it in the browser", 1},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case KEY_COMPARE:
    if (o->n_others == MAX_OTHERS) {
      argp_error(state, "at most %u runs beside the first", MAX_OTHERS);
    }
    o->others[o->n_others++] = arg;
    return 0;
  case KEY_OPEN:
    o->open = true;
    return 0;
  case ARGP_KEY_ARG:
    if (o->folder) {
      argp_error(state, "one run at a time; use --compare for '%s'", arg);
    }
    o->folder = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o->folder) {
      argp_error(state, "give a RUN folder");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp report_argp = {
  options_table,
  parse_option,
  "RUN",
  "Write report.html of a run again: one file with the venue in three "
  "dimensions, every seat, the dead zones and the microphones; and report.pdf "
  "for the production folder: goals, maps, dead zones with causes and "
  "remedies, "
  "loudspeakers with aims, delays and gains. With --compare other runs of the "
  "same venue stand beside it in report.html.",
  fh_common_children,
  NULL,
  NULL};

static int
run(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default()};
  fh_cli_parse(&report_argp, argc, argv, &o);
  FhDiag* const diag = fh_diag_new();
  FhStatus status = fh_report_write(o.folder, o.others, o.n_others, diag);
  if (!status) {
    status = fh_report_write_pdf(o.folder, diag);
  }
  fh_cli_print_diag(diag, o.common.quiet);
  fh_diag_free(diag);
  if (status) {
    return status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE
                               : (int)fh_cli_exit_code(status);
  }
  if (o.common.json) {
    json_t* const root = json_pack("{s:s+, s:s+}",
                                   "report",
                                   o.folder,
                                   "/report.html",
                                   "pdf",
                                   o.folder,
                                   "/report.pdf");
    fh_cli_print_json(root, 17);
  } else {
    printf(
      "Look at %s/report.html; on paper: %s/report.pdf\n", o.folder, o.folder);
  }
  if (o.open) {
    char path[4096];
    snprintf(path, sizeof path, "%s/report.html", o.folder);
    fflush(stdout);
    (void)execlp("xdg-open", "xdg-open", path, (char*)NULL);
    fh_cli_error("no xdg-open here; open %s in a browser", path);
    return FH_EXIT_NO_RESOURCE;
  }
  return FH_EXIT_OK;
}

const FhCommand fh_report_command = {"report",
                                     "Write the report of a run again",
                                     &report_argp,
                                     run,
                                     NULL};
