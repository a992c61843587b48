// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulate.h"

#include "cli.h"
#include "commands.h"

#include <fh/report.h>
#include <fh/run.h>
#include <fh/run_record.h>
#include <fh/run_states.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  KEY_OCCUPANCY = 0x2000,
  KEY_STATE,
  KEY_ERROR,
  KEY_RAYS,
  KEY_GATHER,
  KEY_RESUME,
  KEY_CHECKPOINT,
  KEY_IMAGES,
  KEY_TIME,
  KEY_DURATION,
  KEY_FACES,
  KEY_CROSSOVER,
  KEY_NO_SEATS,
  KEY_NO_RECEIVERS,
  KEY_NO_RESPONSES,
  KEY_NO_MAPS,
  KEY_NO_PROOFS
};

typedef struct {
  FhCommonOptions common;
  const char* venue;
  const char* folder;
  double occupancy; ///< NaN: as the venue says
  size_t n_states;
  double states[FH_MAX_STATES]; ///< Occupancies to simulate, too
  FhTraceDesc trace;
  bool receivers;
  bool resume;
  FhRunWriteDesc write;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "RUN", 0, "Folder of the results", 1},
  {"occupancy",
   KEY_OCCUPANCY,
   "F",
   0,
   "Fill all audience areas to this share, 0 to 1",
   1},
  {"state",
   KEY_STATE,
   "F",
   0,
   "Simulate it filled to this share, too, by the same rays; may be given "
   "again. RUN/states keeps it; report.html and 'fullhouse diff RUN' compare",
   1},
  {"error",
   KEY_ERROR,
   "DB",
   0,
   "Trace until levels have this standard error (default: 0.3)",
   2},
  {"rays", KEY_RAYS, "N", 0, "Trace N rays per source instead", 2},
  {"gather-rays", KEY_GATHER, "N", 0, "Rays per seat (default: 256)", 2},
  {"image-order",
   KEY_IMAGES,
   "N",
   0,
   "Image sources up to this order, 0 to 10 (default: by size)",
   2},
  {"duration",
   KEY_DURATION,
   "S",
   0,
   "Length of the responses (default: by reverberation)",
   2},
  {"time-limit", KEY_TIME, "S", 0, "Stop tracing after S seconds", 2},
  {"checkpoint",
   KEY_CHECKPOINT,
   "S",
   0,
   "Keep the state of a long trace every S seconds (default: 30)",
   2},
  {"resume", KEY_RESUME, 0, 0, "Go on from the checkpoint in RUN", 2},
  {"no-finite-faces",
   KEY_FACES,
   0,
   0,
   "Let faces mirror sound that they are too small for",
   2},
  {"crossover",
   KEY_CROSSOVER,
   "HZ",
   0,
   "Solve the wave equation below HZ, 0 to 400; 0: nowhere (default: in empty "
   "boxes, below the Schroeder frequency)",
   2},
  {"no-seats", KEY_NO_SEATS, 0, 0, "Leave the seats out", 3},
  {"no-receivers", KEY_NO_RECEIVERS, 0, 0, "Leave the microphones out", 3},
  {"no-responses", KEY_NO_RESPONSES, 0, 0, "Write no impulse responses", 3},
  {"no-maps", KEY_NO_MAPS, 0, 0, "Draw no maps", 3},
  {"no-proofs",
   KEY_NO_PROOFS,
   0,
   0,
   "Name causes of dead zones by their looks, without taking suspects away",
   3},
  {0}};

static void
add_state(Options* const o,
          const char* const arg,
          const struct argp_state* const state)
{
  const double share = fh_cli_number(state, "state", arg, 0.0, 1.0);
  char name[32];
  fh_state_folder(share, name);
  for (size_t i = 0; i < o->n_states; ++i) {
    char other[32];
    fh_state_folder(o->states[i], other);
    if (!strcmp(name, other)) {
      argp_error(state, "--state %s is there already", arg);
    }
  }
  if (o->n_states == FH_MAX_STATES) {
    argp_error(state, "at most %u states beside the first", FH_MAX_STATES);
  }
  o->states[o->n_states++] = share;
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
  case KEY_STATE:
    add_state(o, arg, state);
    return 0;
  case KEY_ERROR:
    o->trace.error_db = fh_cli_number(state, "error", arg, 0.01, 10.0);
    return 0;
  case KEY_RAYS:
    o->trace.n_rays = (uint64_t)fh_cli_number(state, "rays", arg, 64.0, 1e12);
    return 0;
  case KEY_GATHER:
    o->trace.gather_rays =
      (unsigned)fh_cli_number(state, "gather-rays", arg, 16.0, 65536.0);
    return 0;
  case KEY_IMAGES:
    o->trace.image_order =
      (unsigned)fh_cli_number(state, "image-order", arg, 0.0, 10.0);
    return 0;
  case KEY_DURATION:
    o->trace.duration_s = fh_cli_number(state, "duration", arg, 0.05, 30.0);
    return 0;
  case KEY_TIME:
    o->trace.time_limit_s = fh_cli_number(state, "time-limit", arg, 0.1, 1e7);
    return 0;
  case KEY_CHECKPOINT:
    o->trace.checkpoint_s = fh_cli_number(state, "checkpoint", arg, 0.01, 1e6);
    return 0;
  case KEY_RESUME:
    o->resume = true;
    return 0;
  case KEY_FACES:
    o->trace.finite_faces = false;
    return 0;
  case KEY_CROSSOVER:
    o->trace.crossover_hz = fh_cli_number(state, "crossover", arg, 0.0, 400.0);
    return 0;
  case KEY_NO_SEATS:
    o->trace.seats = false;
    return 0;
  case KEY_NO_RECEIVERS:
    o->receivers = false;
    return 0;
  case KEY_NO_RESPONSES:
    o->write.responses = false;
    return 0;
  case KEY_NO_PROOFS:
    o->trace.proofs = false;
    return 0;
  case KEY_NO_MAPS:
    o->write.maps = false;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "venue", arg, &o->venue);
    return 0;
  case ARGP_KEY_END:
    if (!o->venue) {
      argp_error(state, "name a venue: a YAML file or a folder");
    }
    if (!o->folder) {
      argp_error(state, "name the folder of the results with -o RUN");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp simulate_argp = {
  options_table,
  parse_option,
  "VENUE -o RUN",
  "Simulate a venue: level, intelligibility and ISO 3382 parameters at every "
  "seat, impulse responses at the microphones, maps and dead zones."
  "\vVENUE is a YAML file or a folder with venue.yaml; 'fullhouse check VENUE' "
  "looks for mistakes first. RUN receives run.json, seats.csv, "
  "microphones.json, deadzones.json, ir/ and maps/. Ctrl-C keeps what is "
  "finished, a second one ends at once; --resume goes on.",
  fh_common_children,
  NULL,
  NULL};

static int
fail(const FhStatus status)
{
  // What a message has not explained already
  if (status == FH_ERR_NO_MEM || status == FH_ERR_DEVICE) {
    fh_cli_error("%s", fh_strerror(status));
  } else if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted before anything was finished; nothing written");
  }
  return fh_cli_exit_code(status);
}

/// One state of a venue on its way into a folder
typedef struct {
  const Options* options;
  const FhVenue* venue;
  const char* folder;
  bool own;    ///< The run itself, which its states belong to
  bool writes; ///< Of several processes, the one that does
} Job;

/// Put a run into place; an exit code
static int
write_run(const Job* const job,
          const FhRun* const run,
          FhRunFolder* const folder,
          FhProgress* const progress,
          FhDiag* const diag)
{
  const Options* const o = job->options;
  FhRunWriteDesc desc = o->write;
  if (job->own) {
    desc.n_states = o->n_states;
    desc.states = o->states;
  }
  FhStatus status =
    fh_run_write(run, &desc, fh_progress_step, progress, folder, diag);
  if (status) {
    fh_run_folder_free(folder);
  } else {
    for (size_t i = 0; i < desc.n_states; ++i) {
      char name[32];
      fh_state_folder(desc.states[i], name);
      fh_run_folder_keep_state(folder, name);
    }
    // The state of what ended early stays, for --resume
    const bool finished = !run->interrupted && !run->trace.out_of_time;
    status = fh_run_folder_commit(folder, finished, diag);
  }
  if (!status && desc.n_states && run->seats) {
    // Once more, with the other states beside it
    status = fh_report_write(job->folder, NULL, 0, diag);
  }
  return status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : fail(status);
}

static int
simulate_one(const Job* const job, FhDiag* const diag)
{
  const Options* const o = job->options;
  FhRunFolder* folder = NULL;
  FhStatus status =
    job->writes ? fh_run_folder_new(job->folder, "run.json", &folder, diag)
                : FH_OK;
  if (status) {
    return status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : fail(status);
  }
  FhTraceDesc desc = o->trace;
  char checkpoint[1024];
  const int n =
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", job->folder);
  if (n > 0 && (size_t)n < sizeof checkpoint) {
    desc.checkpoint = checkpoint;
  }
  // Of several states, those that were not reached have nothing to go on from
  desc.resume = o->resume && (!o->n_states || !access(checkpoint, R_OK));
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhRun run;
  status =
    fh_run_compute(job->venue, &desc, fh_progress_step, &progress, &run, diag);
  if (status) {
    fh_progress_end(&progress);
    fh_run_folder_free(folder);
    return fail(status);
  }
  int code = FH_EXIT_OK;
  if (job->writes) {
    code = write_run(job, &run, folder, &progress, diag);
  } else {
    // A rank that failed says so itself
    const FhStatus helped = fh_run_help_write(&run, &o->write);
    code = helped == FH_ERR_DEVICE ? FH_EXIT_OK : fail(helped);
  }
  fh_progress_end(&progress);
  if (job->writes && code == FH_EXIT_OK) {
    if (job->own && o->common.json) {
      simulate_print_json(&run, job->folder);
    } else if (job->own && !o->common.quiet) {
      simulate_print(&run, job->folder);
    }
    if (run.interrupted) {
      fh_cli_error("interrupted: '%s' holds what was finished", job->folder);
      code = FH_EXIT_INTERRUPTED;
    }
  }
  fh_run_clear(&run);
  return code;
}

/// Whether a state was finished by an earlier, equal run that --resume goes on
static bool
is_finished(const Job* const job)
{
  char index[1024 + 16];
  FhDiag* const said = fh_diag_new();
  FhRunRecord record;
  snprintf(index, sizeof index, "%s/run.json", job->folder);
  if (access(index, R_OK) || !said ||
      fh_run_record_read(job->folder, &record, said)) {
    fh_diag_free(said);
    return false;
  }
  const FhTraceDesc* const a = &record.trace;
  const FhTraceDesc* const b = &job->options->trace;
  char hash[32];
  snprintf(hash, sizeof hash, "%016llx", (unsigned long long)job->venue->hash);
  const bool same =
    !record.interrupted && !strcmp(record.venue_hash, hash) &&
    a->seed == b->seed && a->n_rays == b->n_rays &&
    a->gather_rays == b->gather_rays && a->image_order == b->image_order &&
    a->finite_faces == b->finite_faces &&
    fabs(a->error_db - b->error_db) < 1e-6 &&
    fabs(a->duration_s - b->duration_s) < 1e-6 &&
    fabs(fh_run_record_occupancy(&record) - fh_venue_occupancy(job->venue)) <
      1e-6;
  fh_run_record_clear(&record);
  fh_diag_free(said);
  return same;
}

/// The states beside the run first: what has a run.json is complete
static int
simulate_states(const Options* const o, const bool writes, FhDiag* const diag)
{
  int code = FH_EXIT_OK;
  for (size_t i = 0; i < o->n_states && code == FH_EXIT_OK; ++i) {
    FhVenue venue;
    const FhStatus status = fh_venue_read(o->venue, &venue, diag);
    if (status) {
      return fail(status);
    }
    char name[32];
    char folder[1024];
    fh_state_folder(o->states[i], name);
    const int n =
      snprintf(folder, sizeof folder, "%s/states/%s", o->folder, name);
    if (n < 0 || (size_t)n >= sizeof folder) {
      fh_cli_error("the name of the folder is too long; give another one");
      fh_venue_clear(&venue);
      return FH_EXIT_BAD_INPUT;
    }
    if (!o->receivers) {
      venue.n_microphones = 0;
    }
    fh_venue_set_occupancy(&venue, o->states[i]);
    const Job job = {
      .options = o, .venue = &venue, .folder = folder, .writes = writes};
    // Ranks need not see each other's files
    const bool done = o->resume && !o->trace.team && is_finished(&job);
    if (writes && !o->common.quiet) {
      fprintf(stderr, "State '%s'%s\n", name, done ? " is there" : "");
    }
    code = done ? FH_EXIT_OK : simulate_one(&job, diag);
    fh_venue_clear(&venue);
  }
  return code;
}

/// Whether the run itself is one of the states that are wanted beside it
static bool
is_own_state(const Options* const o, const FhVenue* const venue)
{
  char own[32];
  fh_state_folder(fh_venue_occupancy(venue), own);
  for (size_t i = 0; i < o->n_states; ++i) {
    char name[32];
    fh_state_folder(o->states[i], name);
    if (!strcmp(own, name)) {
      fh_cli_error("--state %g is the state '%s' of the run itself; leave it "
                   "out, or choose another --occupancy",
                   o->states[i],
                   own);
      return true;
    }
  }
  return false;
}

static int
simulate(const Options* const o, FhVenue* const venue, FhDiag* const diag)
{
  if (!o->receivers) {
    venue->n_microphones = 0;
  }
  if (isfinite(o->occupancy)) {
    fh_venue_set_occupancy(venue, o->occupancy);
  }
  if (is_own_state(o, venue)) {
    return FH_EXIT_BAD_INPUT;
  }
  const bool writes = !o->trace.team || !o->trace.team->rank;
  if (writes && o->n_states) {
    // Before hours of work: is this a folder to write to?
    FhRunFolder* folder = NULL;
    const FhStatus status =
      fh_run_folder_new(o->folder, "run.json", &folder, diag);
    fh_run_folder_free(folder);
    if (status) {
      return status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : fail(status);
    }
  }
  const int code = simulate_states(o, writes, diag);
  if (code != FH_EXIT_OK) {
    return code;
  }
  const Job job = {.options = o,
                   .venue = venue,
                   .folder = o->folder,
                   .own = true,
                   .writes = writes};
  return simulate_one(&job, diag);
}

int
simulate_main(const int argc,
              char** const argv,
              const FhTeam* const team,
              const unsigned n_threads)
{
  Options o = {.common = fh_common_options_default(),
               .occupancy = NAN,
               .trace = fh_trace_desc_default(),
               .receivers = true,
               .write = {.responses = true, .maps = true}};
  o.trace.seats = true;
  o.trace.diffraction = true;
  o.trace.crossover_hz = FH_CROSSOVER_AUTO;
  fh_cli_parse(&simulate_argp, argc, argv, &o);
  o.trace.seed = o.common.seed;
  o.trace.n_threads = o.common.n_threads ? o.common.n_threads : n_threads;
  o.trace.team = team;
  if (team && team->rank) {
    o.common.quiet = true;
  }
  FhDiag* const diag = fh_diag_new();
  if (!diag) {
    return fail(FH_ERR_NO_MEM);
  }
  FhVenue venue;
  const FhStatus status = fh_venue_read(o.venue, &venue, diag);
  int code = fail(status);
  if (!status) {
    code = simulate(&o, &venue, diag);
    fh_venue_clear(&venue);
  }
  if (!team || !team->rank) {
    fh_cli_print_diag(diag, o.common.quiet);
  }
  fh_diag_free(diag);
  return code;
}

static int
run_simulate(const int argc, char** const argv)
{
  return simulate_main(argc, argv, NULL, 0);
}

const FhCommand fh_simulate_command = {
  "simulate",
  "Simulate a venue at every seat and microphone",
  &simulate_argp,
  run_simulate,
  NULL};
