// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"

#include <fh/diff.h>
#include <fh/run_states.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_FROM = 0x2400, KEY_TO };

typedef struct {
  FhCommonOptions common;
  const char* run[2];
  const char* state[2]; ///< Null: the run's own
  const char* folder;
} Options;

static const struct argp_option options_table[] = {
  {"from",
   KEY_FROM,
   "STATE",
   0,
   "State of the (first) run to begin with: 'empty', 'full', a share of 0 to 1 "
   "(default: the run's own)",
   1},
  {"to",
   KEY_TO,
   "STATE",
   0,
   "State of the (second) run to hold against it (default: the run's own)",
   1},
  {"output",
   'o',
   "DIR",
   0,
   "Folder for diff.json and maps of change (default: print only)",
   1},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case KEY_FROM:
    o->state[0] = arg;
    return 0;
  case KEY_TO:
    o->state[1] = arg;
    return 0;
  case 'o':
    o->folder = arg;
    return 0;
  case ARGP_KEY_ARG:
    if (o->run[1]) {
      argp_error(state, "two runs at a time, not '%s' too", arg);
    }
    o->run[o->run[0] ? 1 : 0] = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o->run[0] || !(o->run[1] || o->state[0] || o->state[1])) {
      argp_error(state,
                 "give two RUN folders, before and after; or one, and two of "
                 "its states with --from and --to");
    }
    if (!o->run[1]) {
      o->run[1] = o->run[0];
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp diff_argp = {
  options_table,
  parse_option,
  "RUN RUN\nRUN --from STATE --to STATE",
  "What changed from the first run of a venue to the second: another system, "
  "another occupancy, other materials. Seat by seat, with the seats gained "
  "(dead before, alive now) and lost. Or from one state to another of one run "
  "that was simulated with --state."
  "\vChanges are the second run less the first. 'Up' and 'down' count the "
  "seats "
  "whose change is large enough to be heard (1 dB, 0.03 of STI, 5 % of a decay "
  "time ...). Runs with the same seed share their chance, so that their "
  "difference is sharper than either.",
  fh_common_children,
  NULL,
  NULL};

static json_t*
number(const double value)
{
  // Six digits: what the tables behind it have
  char text[32];
  snprintf(text, sizeof text, "%.6g", value);
  return isfinite(value) ? json_real(strtod(text, NULL)) : json_null();
}

static json_t*
row_json(const FhDiffRow* const r)
{
  return json_pack("{s:s, s:s, s:o, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:I, "
                   "s:I}",
                   "key",
                   r->key,
                   "unit",
                   r->unit,
                   "noticeable",
                   number(r->step),
                   "relative",
                   r->relative,
                   "seats",
                   (json_int_t)r->n,
                   "before",
                   number(r->before),
                   "after",
                   number(r->after),
                   "change",
                   number(r->mean),
                   "least",
                   number(r->least),
                   "most",
                   number(r->most),
                   "up",
                   (json_int_t)r->n_up,
                   "down",
                   (json_int_t)r->n_down);
}

static json_t*
ids_json(const FhRunRecord* const run, const uint32_t* seats, const size_t n)
{
  json_t* const list = json_array();
  for (size_t i = 0; i < n; ++i) {
    json_array_append_new(list, json_integer(run->seat[seats[i]].id));
  }
  return list;
}

static json_t*
run_json(const FhRunRecord* const run)
{
  char state[32];
  fh_state_name(fh_run_record_occupancy(run), state);
  return json_pack("{s:s, s:s, s:s, s:o, s:I, s:b}",
                   "run",
                   run->folder,
                   "state",
                   state,
                   "venue",
                   run->venue,
                   "occupancy",
                   number(fh_run_record_occupancy(run)),
                   "seed",
                   (json_int_t)run->seed,
                   "interrupted",
                   run->interrupted);
}

static json_t*
diff_json(const FhRunRecord run[2], const FhDiff* const d)
{
  json_t* const rows = json_array();
  for (size_t i = 0; i < FH_DIFF_ROWS; ++i) {
    json_array_append_new(rows, row_json(&d->row[i]));
  }
  return json_pack("{s:o, s:o, s:I, s:o, s:o, s:{s:I, s:I, s:o, s:o}}",
                   "before",
                   run_json(&run[0]),
                   "after",
                   run_json(&run[1]),
                   "seats",
                   (json_int_t)d->n_seats,
                   "change_se_db",
                   number(d->error_db),
                   "changes",
                   rows,
                   "dead",
                   "before",
                   (json_int_t)d->n_dead_before,
                   "after",
                   (json_int_t)d->n_dead_after,
                   "gained",
                   ids_json(&run[0], d->gained, d->n_gained),
                   "lost",
                   ids_json(&run[0], d->lost, d->n_lost));
}

static bool
put_json(const FhRunRecord run[2], const FhDiff* const d, FILE* const file)
{
  json_t* const root = diff_json(run, d);
  const bool ok =
    root && !json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) &&
    fputc('\n', file) != EOF;
  json_decref(root);
  return ok;
}

// How many of some seats are in an area
static size_t
count_in(const FhRunRecord* const run,
         const uint32_t* const seats,
         const size_t n,
         const uint32_t area)
{
  size_t count = 0;
  for (size_t i = 0; i < n; ++i) {
    count += run->seat[seats[i]].area == area;
  }
  return count;
}

static void
print_table(const FhRunRecord run[2], const FhDiff* const d)
{
  printf("%s: %s (%.0f %% full) to %s (%.0f %% full), %zu seats\n\n",
         run[1].venue,
         run[0].folder,
         100.0 * fh_run_record_occupancy(&run[0]),
         run[1].folder,
         100.0 * fh_run_record_occupancy(&run[1]),
         d->n_seats);
  printf("  %-30s %8s %8s %8s %8s %8s %6s %6s\n",
         "",
         "before",
         "after",
         "change",
         "least",
         "most",
         "up",
         "down");
  for (size_t i = 0; i < FH_DIFF_ROWS; ++i) {
    const FhDiffRow* const r = &d->row[i];
    if (!r->n) {
      continue;
    }
    char label[64];
    const bool fine = !r->unit[0] || !strcmp(r->unit, "s");
    const int digits = fine ? 3 : 1;
    snprintf(label,
             sizeof label,
             "%s%s%s%s",
             r->label,
             r->unit[0] ? " [" : "",
             r->unit,
             r->unit[0] ? "]" : "");
    printf("  %-30s %8.*f %8.*f %+8.*f %+8.*f %+8.*f %6zu %6zu\n",
           label,
           digits,
           r->before,
           digits,
           r->after,
           digits,
           r->mean,
           digits,
           r->least,
           digits,
           r->most,
           r->n_up,
           r->n_down);
  }
  if (isfinite(d->error_db)) {
    printf("\nStandard error of a seat's change of level: %s%.2f dB\n",
           run[0].seed == run[1].seed ? "at most " : "",
           d->error_db);
  }
  printf("Dead seats: %zu before, %zu after; %zu gained, %zu lost\n",
         d->n_dead_before,
         d->n_dead_after,
         d->n_gained,
         d->n_lost);
  for (uint32_t a = 0; a < run[0].n_areas; ++a) {
    const size_t gained = count_in(&run[0], d->gained, d->n_gained, a);
    const size_t lost = count_in(&run[0], d->lost, d->n_lost, a);
    if (gained || lost) {
      printf("  %s: %zu gained, %zu lost\n", run[0].area[a].name, gained, lost);
    }
  }
}

static FhStatus
write_folder(const Options* const o,
             const FhRunRecord run[2],
             const FhDiff* const diff,
             FhDiag* const diag)
{
  FhRunFolder* folder = NULL;
  FhStatus status = fh_run_folder_new(o->folder, "diff.json", &folder, diag);
  if (!status) {
    status = fh_diff_write_maps(&run[0], &run[1], diff, folder, diag);
  }
  if (!status) {
    errno = 0;
    const char* const path = fh_run_folder_path(folder, "diff.json");
    FILE* const file = path ? fopen(path, "w") : NULL;
    bool ok = file && put_json(run, diff, file);
    ok = file && !fclose(file) && ok;
    if (!ok) {
      fh_run_folder_complain(folder, "diff.json", diag);
      status = FH_ERR_IO;
    }
  }
  if (!status) {
    status = fh_run_folder_commit(folder, true, diag);
    folder = NULL;
  }
  fh_run_folder_free(folder);
  return status;
}

static int
run_diff(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default()};
  fh_cli_parse(&diff_argp, argc, argv, &o);
  FhDiag* const diag = fh_diag_new();
  FhRunRecord run[2] = {{.n_seats = 0}, {.n_seats = 0}};
  FhDiff diff = {.n_seats = 0};
  FhStatus status = diag ? FH_OK : FH_ERR_NO_MEM;
  for (size_t i = 0; i < 2 && !status; ++i) {
    FhRunState state;
    status = fh_run_state_find(o.run[i], o.state[i], &state, diag);
    status = status ? status : fh_run_record_read(state.folder, &run[i], diag);
    if (!status && run[i].interrupted) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  o.run[i],
                  0,
                  0,
                  "was stopped before it was finished; its levels are rough");
    }
  }
  int code = fh_cli_exit_code(status);
  if (!status) {
    status = fh_diff(&run[0], &run[1], &diff, diag);
    code = fh_cli_exit_code(status);
  }
  if (!status && o.folder) {
    status = write_folder(&o, run, &diff, diag);
    code =
      status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : (int)fh_cli_exit_code(status);
  }
  fh_cli_print_diag(diag, o.common.quiet);
  if (status == FH_ERR_NO_MEM) {
    fh_cli_error("%s", fh_strerror(status));
  }
  if (!status && o.common.json) {
    (void)put_json(run, &diff, stdout);
  } else if (!status && !o.common.quiet) {
    print_table(run, &diff);
    if (o.folder) {
      printf("Look at %s/maps/change_spl_dba.png and change_dead.png\n",
             o.folder);
    }
  }
  fh_diff_clear(&diff);
  fh_run_record_clear(&run[0]);
  fh_run_record_clear(&run[1]);
  fh_diag_free(diag);
  return code;
}

const FhCommand fh_diff_command = {"diff",
                                   "What changed from one run to another",
                                   &diff_argp,
                                   run_diff,
                                   NULL};
