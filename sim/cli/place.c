// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"

#include <fh/place.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_BUDGET = 0x2100,
  KEY_EVALUATIONS,
  KEY_SIMULATE,
  KEY_OCCUPANCY,
  KEY_STOCK,
  KEY_MAX_MASS
};

/// Models that --stock may name
#define MAX_STOCK 64

typedef struct {
  FhCommonOptions common;
  const char* venue;
  const char* folder;
  double occupancy; ///< NaN: as the venue says
  FhPlaceDesc place;
  FhStock stock[MAX_STOCK];
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "DIR", 0, "Folder of the results", 1},
  {"occupancy",
   KEY_OCCUPANCY,
   "F",
   0,
   "Fill all audience areas to this share, 0 to 1",
   1},
  {"budget",
   KEY_BUDGET,
   "S",
   0,
   "Be done after about S seconds; what is found by then depends on the "
   "machine (default: as long as it takes)",
   2},
  {"evaluations",
   KEY_EVALUATIONS,
   "N",
   0,
   "Look at N candidates at most (default: by what may change)",
   2},
  {"simulate",
   KEY_SIMULATE,
   "N",
   0,
   "Simulate the best N in full, 1 to 8 (default: 3)",
   2},
  {"stock",
   KEY_STOCK,
   "MODEL=N",
   0,
   "There are N of a model, and of models not named none; may be repeated "
   "(default: the venue's 'stock')",
   3},
  {"max-mass",
   KEY_MAX_MASS,
   "KG",
   0,
   "Limit of every rigging point whose rule has none (default: none)",
   3},
  {0}};

static void
add_stock(struct argp_state* const state, char* const arg, Options* const o)
{
  char* const equals = strrchr(arg, '=');
  if (!equals || equals == arg) {
    argp_error(state, "--stock needs MODEL=N, e.g. fh-point-90x60=4");
    return;
  }
  if (o->place.n_stock == MAX_STOCK) {
    argp_error(state, "--stock names more than %d models", MAX_STOCK);
    return;
  }
  FhStock* const one = &o->stock[o->place.n_stock++];
  *equals = '\0';
  (void)snprintf(one->model, sizeof one->model, "%s", arg);
  one->count = (size_t)fh_cli_number(state, "stock", equals + 1, 0.0, 10000.0);
  o->place.stock = o->stock;
}

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
  case KEY_OCCUPANCY:
    o->occupancy = fh_cli_number(state, "occupancy", arg, 0.0, 1.0);
    return 0;
  case KEY_BUDGET:
    o->place.budget_s = fh_cli_number(state, "budget", arg, 1.0, 1e6);
    return 0;
  case KEY_EVALUATIONS:
    o->place.n_evaluations =
      (uint64_t)fh_cli_number(state, "evaluations", arg, 1.0, 1e7);
    return 0;
  case KEY_SIMULATE:
    o->place.n_simulated =
      (size_t)fh_cli_number(state, "simulate", arg, 1.0, 8.0);
    return 0;
  case KEY_STOCK:
    add_stock(state, arg, o);
    return 0;
  case KEY_MAX_MASS:
    o->place.max_mass_kg = fh_cli_number(state, "max-mass", arg, 0.1, 1e5);
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "venue", arg, &o->venue);
    return 0;
  case ARGP_KEY_END:
    if (!o->venue) {
      argp_error(state, "name a venue: a YAML file or a folder");
    }
    if (!o->folder) {
      argp_error(state, "name the folder of the results with -o DIR");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp place_argp = {
  options_table,
  parse_option,
  "VENUE -o DIR",
  "Find better places, aims, delays, gains and splay angles for the "
  "loudspeakers of a venue, and better models out of a stock, within what its "
  "'placement' allows, and fills where they are needed."
  "\vVENUE is a YAML file or a folder with venue.yaml. Its 'goals' say what is "
  "better: fewer dead seats, an even level, speech that is understood. DIR "
  "receives venue.yaml with the best system, ready to simulate; "
  "option-2.yaml and on, the alternatives; place.json; moves.txt, what to do "
  "in words; and maps/ before and after. Ctrl-C ends the search and keeps the "
  "best so far. Without --budget the same seed gives the same result on any "
  "number of threads.",
  fh_common_children,
  NULL,
  NULL};

/// The progress, and where to tell of something better
typedef struct {
  FhProgress progress; ///< First: the library hands it on
  const FhCommonOptions* common;
  double told_s;
} Talk;

static bool
on_progress(void* const user, const char* const stage, const double fraction)
{
  return fh_progress_step(&((Talk*)user)->progress, stage, fraction);
}

static void
on_best(void* const user, const FhPlaceScore* const best)
{
  static const double every_s = 2.0;
  Talk* const talk = (Talk*)user;
  const double now_s = fh_cli_now_s();
  if (now_s - talk->told_s < every_s) {
    return;
  }
  talk->told_s = now_s;
  fh_progress_end(&talk->progress);
  fh_cli_say(talk->common,
             "best so far: %.1f %% of the audience dead, spread %.1f dB, STI "
             "%.2f, %.1f dB(A)",
             100.0 * best->dead_share,
             best->spread_db,
             best->sti,
             best->level_dba);
}

static const FhPlaceScore*
score_of(const FhPlaceOption* const option)
{
  return option->simulated ? &option->full : &option->search;
}

static void
print_row(const char* const name,
          const size_t boxes,
          const FhPlaceScore* const s,
          const char* const remark)
{
  printf("  %-10s %5zu %11zu %10.1f %6.2f %8.1f %7.2f  %s\n",
         name,
         boxes,
         s->n_dead,
         s->spread_db,
         s->sti,
         s->level_dba,
         s->cost,
         remark);
}

static size_t
own_boxes(const FhVenue* const venue)
{
  size_t n = 0;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    n += !venue->loudspeakers[i].muted;
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    n += venue->arrays[i].muted ? 0 : venue->arrays[i].count;
  }
  return n;
}

/// Boxes by model, "2 x A, 4 x B"
static void
print_models(const FhVenue* const venue)
{
  FhStock* boxes = NULL;
  size_t n = 0;
  if (!fh_place_count_boxes(venue, &boxes, &n) && n) {
    printf("             ");
    for (size_t i = 0; i < n; ++i) {
      printf("%s%zu x %s", i ? ", " : "", boxes[i].count, boxes[i].model);
    }
    putchar('\n');
  }
  free(boxes);
}

static void
print_place(const FhPlace* const place, const char* const folder)
{
  printf("%s: %llu candidates in %.0f s, %zu places traced\n\n",
         place->venue->name,
         (unsigned long long)place->n_evaluations,
         place->search_s,
         place->n_positions);
  printf("             boxes  dead seats  spread dB    STI    dB(A)    cost\n");
  print_row("as it is", own_boxes(place->venue), &place->full, "");
  print_models(place->venue);
  for (size_t i = 0; i < place->n; ++i) {
    const FhPlaceOption* const option = &place->option[i];
    char name[24];
    (void)snprintf(name, sizeof name, i ? "option %zu" : "best", i + 1);
    print_row(name,
              option->n_boxes,
              score_of(option),
              !option->simulated ? "by the search alone, on part of the seats"
              : option->front    ? "none with fewer boxes is more even"
                                 : "");
    print_models(&option->venue);
  }
  if (place->n) {
    const FhPlaceOption* const best = &place->option[0];
    printf("\nWhat to do:\n");
    for (size_t i = 0; i < best->n_moves; ++i) {
      printf("  %s\n", best->move[i]);
    }
    if (!best->n_moves) {
      puts("  Leave everything as it is.");
    }
  }
  if (place->n_lacking) {
    printf("\nTo hire in:\n");
  }
  for (size_t i = 0; i < place->n_lacking; ++i) {
    const FhPlaceLack* const lack = &place->lacking[i];
    printf("  %zu x %s %s\n", lack->boxes.count, lack->boxes.model, lack->why);
  }
  printf("\nSimulate it with 'fullhouse simulate %s/venue.yaml -o RUN'; maps "
         "before and after are in %s/maps\n",
         folder,
         folder);
}

static void
print_json(const char* const folder)
{
  char path[1400];
  (void)snprintf(path, sizeof path, "%s/place.json", folder);
  fh_cli_print_json(json_load_file(path, 0, NULL), 9);
}

static int
fail(const FhStatus status)
{
  // What a message has not explained already
  if (status == FH_ERR_NO_MEM || status == FH_ERR_DEVICE) {
    fh_cli_error("%s", fh_strerror(status));
  } else if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted before anything was found; nothing written");
  }
  return fh_cli_exit_code(status);
}

static int
place(const Options* const o, FhVenue* const venue, FhDiag* const diag)
{
  if (isfinite(o->occupancy)) {
    fh_venue_set_occupancy(venue, o->occupancy);
  }
  Talk talk = {.common = &o->common};
  fh_progress_init(&talk.progress, &o->common);
  FhPlace result;
  FhStatus status =
    fh_place(venue, &o->place, on_progress, on_best, &talk, &result, diag);
  fh_progress_end(&talk.progress);
  if (status) {
    return fail(status);
  }
  status = fh_place_write(&result, o->folder, diag);
  int code = status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : fail(status);
  if (!status && o->common.json) {
    print_json(o->folder);
  } else if (!status && !o->common.quiet) {
    print_place(&result, o->folder);
  }
  if (!status && result.interrupted) {
    fh_cli_error("interrupted: '%s' holds the best so far", o->folder);
    code = FH_EXIT_INTERRUPTED;
  }
  fh_place_clear(&result);
  return code;
}

static int
run_place(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .occupancy = NAN,
               .place = fh_place_desc_default()};
  fh_cli_parse(&place_argp, argc, argv, &o);
  o.place.seed = o.common.seed;
  o.place.n_threads = o.common.n_threads;
  FhDiag* const diag = fh_diag_new();
  if (!diag) {
    return fail(FH_ERR_NO_MEM);
  }
  FhVenue venue;
  const FhStatus status = fh_venue_read(o.venue, &venue, diag);
  int code = fail(status);
  if (!status) {
    code = place(&o, &venue, diag);
    fh_venue_clear(&venue);
  }
  fh_cli_print_diag(diag, o.common.quiet);
  fh_diag_free(diag);
  return code;
}

const FhCommand fh_place_command = {
  "place",
  "Find better places, aims, delays and gains",
  &place_argp,
  run_place,
  NULL};
