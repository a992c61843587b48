// SPDX-License-Identifier: GPL-3.0-or-later
#include "tour.h"

#include "cli.h"
#include "commands.h"

#include <fh/tour.h>

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  KEY_BUDGET = 0x2600,
  KEY_EVALUATIONS,
  KEY_RAYS,
  KEY_ERROR,
  KEY_AGAIN,
  KEY_RESPONSES,
  KEY_HELP_TOUR
};

typedef struct {
  FhCommonOptions common;
  const char* tour;
  const char* folder;
  FhTourDesc desc;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "DIR", 0, "Folder of the results", 1},
  {"budget",
   KEY_BUDGET,
   "S",
   0,
   "Search about S seconds for each night; what is found then depends on the "
   "machine (default: as long as it takes)",
   2},
  {"evaluations",
   KEY_EVALUATIONS,
   "N",
   0,
   "Look at N candidates for each night at most (default: by what may change)",
   2},
  {"error",
   KEY_ERROR,
   "DB",
   0,
   "Standard error of the levels in the simulations (default: 0.3)",
   2},
  {"rays", KEY_RAYS, "N", 0, "Trace N rays per source instead", 2},
  {"responses", KEY_RESPONSES, 0, 0, "Write impulse responses too", 3},
  {"again", KEY_AGAIN, 0, 0, "Do nights that are done already again", 3},
  {"help-tour", KEY_HELP_TOUR, 0, 0, "Explain the tour file", 4},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case 'o':
    o->folder = arg;
    return 0;
  case KEY_BUDGET:
    o->desc.place.budget_s = fh_cli_number(state, "budget", arg, 1.0, 1e6);
    return 0;
  case KEY_EVALUATIONS:
    o->desc.place.n_evaluations =
      (uint64_t)fh_cli_number(state, "evaluations", arg, 1.0, 1e7);
    return 0;
  case KEY_ERROR:
    o->desc.place.trace.error_db =
      fh_cli_number(state, "error", arg, 0.01, 10.0);
    return 0;
  case KEY_RAYS:
    o->desc.place.trace.n_rays =
      (uint64_t)fh_cli_number(state, "rays", arg, 64.0, 1e12);
    return 0;
  case KEY_AGAIN:
    o->desc.again = true;
    return 0;
  case KEY_RESPONSES:
    o->desc.write.responses = true;
    return 0;
  case KEY_HELP_TOUR:
    fh_tour_help(stdout);
    exit(FH_EXIT_OK);
  case ARGP_KEY_ARG:
    fh_cli_one(state, "tour", arg, &o->tour);
    return 0;
  case ARGP_KEY_END:
    if (!o->tour || !o->folder) {
      argp_error(state, "give a TOUR file and -o DIR");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp tour_argp = {
  options_table,
  parse_option,
  "TOUR -o DIR",
  "Plan a tour: many venues, one inventory of loudspeakers. Every night gets "
  "the best placement of what is in the truck within what its venue allows, a "
  "simulation of it, a pack list, and what to hire in where it is not enough; "
  "index.html ranks the nights by trouble."
  "\vTOUR is a YAML file ('fullhouse tour --help-tour' explains it). DIR "
  "receives a folder for each night with place/ and run/, tour.json and "
  "index.html. Nights that are done are kept: after a stop of any kind the "
  "same "
  "command goes on. 'mpirun -n N fullhouse-mpi tour' shares out the nights.",
  fh_common_children,
  NULL,
  NULL};

// The folder, which is ours, empty or new
static FhStatus
open_folder(const char* const path, FhDiag* const diag)
{
  if (mkdir(path, 0777) && errno != EEXIST) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be made (%s); give another folder",
                strerror(errno));
    return FH_ERR_IO;
  }
  DIR* const dir = opendir(path);
  if (!dir) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, path, 0, 0, "is no folder; give another one");
    return FH_ERR_IO;
  }
  bool foreign = false;
  bool ours = false;
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    ours = ours || !strcmp(e->d_name, "tour.json");
    foreign = foreign || e->d_name[0] != '.';
  }
  (void)closedir(dir);
  if (foreign && !ours) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "is not empty and holds no earlier tour (no tour.json); give a "
                "new folder");
    return FH_ERR_MISMATCH;
  }
  return FH_OK;
}

/// True when all ranks got here with nothing wrong
static bool
meet(const FhTeam* const team, const bool wrong)
{
  int64_t n_wrong = wrong;
  if (team && !team->sum(team->user, &n_wrong, 1)) {
    return false;
  }
  return !n_wrong;
}

static FhStatus
do_nights(const Options* const o,
          const FhTour* const tour,
          const FhTeam* const team,
          FhDiag* const diag)
{
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  const size_t rank = team ? team->rank : 0;
  const size_t n_ranks = team ? team->n_ranks : 1;
  FhStatus status = FH_OK;
  for (size_t i = rank; i < tour->n_nights && !status; i += n_ranks) {
    bool kept = false;
    if (fh_cli_interrupted()) {
      status = FH_ERR_INTERRUPTED;
      break;
    }
    fh_progress_end(&progress);
    fh_cli_say(&o->common,
               "night %zu of %zu: %s",
               i + 1,
               tour->n_nights,
               tour->night[i].name);
    status = fh_tour_night(
      tour, i, &o->desc, o->folder, fh_progress_step, &progress, &kept, diag);
    if (kept) {
      fh_cli_say(&o->common, "  done before, kept");
    }
  }
  fh_progress_end(&progress);
  return status;
}

// What is told at the end; 1 where a night failed
static int
tell(const Options* const o)
{
  char path[4096];
  snprintf(path, sizeof path, "%s/tour.json", o->folder);
  json_t* const root = json_load_file(path, 0, NULL);
  const json_t* const nights = json_object_get(root, "nights");
  int code = FH_EXIT_OK;
  if (o->common.json) {
    fh_cli_print_json(json_incref(root), 9);
  } else if (!o->common.quiet) {
    printf("%-20s %-20s %-16s %7s %7s %6s\n",
           "Night",
           "Venue",
           "Verdict",
           "dead %",
           "dB",
           "STI");
  }
  for (size_t i = 0; i < json_array_size(nights); ++i) {
    const json_t* const n = json_array_get(nights, i);
    const json_t* const after = json_object_get(n, "after");
    if (!json_is_true(json_object_get(n, "done"))) {
      code = FH_EXIT_NO;
    }
    if (!o->common.json && !o->common.quiet) {
      const char* const venue = json_string_value(json_object_get(n, "venue"));
      printf("%-20s %-20s %-16s",
             json_string_value(json_object_get(n, "name")),
             venue ? venue : "",
             json_string_value(json_object_get(n, "verdict")));
      if (after) {
        printf(" %7.1f %7.1f %6.2f",
               100.0 * json_number_value(json_object_get(after, "dead_share")),
               json_number_value(json_object_get(after, "spread_db")),
               json_number_value(json_object_get(after, "sti")));
      }
      putchar('\n');
    }
  }
  json_decref(root);
  if (!o->common.json && !o->common.quiet) {
    printf("Look at %s/index.html\n", o->folder);
  }
  return code;
}

int
tour_main(const int argc,
          char** const argv,
          const FhTeam* const team,
          const unsigned n_threads)
{
  Options o = {.common = fh_common_options_default(),
               .desc = fh_tour_desc_default()};
  fh_cli_parse(&tour_argp, argc, argv, &o);
  o.desc.place.seed = o.common.seed;
  o.desc.place.trace.seed = o.common.seed;
  o.desc.place.n_threads = o.common.n_threads ? o.common.n_threads : n_threads;
  o.desc.place.trace.n_threads = o.desc.place.n_threads;
  const bool leads = !team || !team->rank;
  FhDiag* const diag = fh_diag_new();
  FhTour tour = {.n_nights = 0};
  FhStatus status = diag ? fh_tour_read(o.tour, &tour, diag) : FH_ERR_NO_MEM;
  if (!status && leads) {
    status = open_folder(o.folder, diag);
    // Marks the folder as ours before anything is in it
    status = status ? status : fh_tour_write_page(&tour, o.folder, diag);
  }
  if (meet(team, status != FH_OK)) {
    status = do_nights(&o, &tour, team, diag);
  }
  const bool all = meet(team, status != FH_OK && status != FH_ERR_INTERRUPTED);
  if (leads && all && tour.n_nights) {
    const FhStatus wrote = fh_tour_write_page(&tour, o.folder, diag);
    status = status ? status : wrote;
  }
  fh_cli_print_diag(diag, o.common.quiet);
  int code =
    status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : (int)fh_cli_exit_code(status);
  if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted; the nights that are done are kept, the same "
                 "command goes on");
  } else if (!status && leads) {
    code = tell(&o);
  }
  fh_tour_clear(&tour);
  fh_diag_free(diag);
  return code;
}

static int
run_tour(const int argc, char** const argv)
{
  return tour_main(argc, argv, NULL, 0);
}

const FhCommand fh_tour_command = {"tour",
                                   "Place one inventory in many venues",
                                   &tour_argp,
                                   run_tour,
                                   NULL};
