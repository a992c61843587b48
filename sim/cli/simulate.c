// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulate.h"

#include "cli.h"
#include "commands.h"

#include <fh/run.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_OCCUPANCY = 0x2000,
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
  KEY_NO_MAPS
};

typedef struct {
  FhCommonOptions common;
  const char* venue;
  const char* folder;
  double occupancy; ///< NaN: as the venue says
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
  case KEY_OCCUPANCY:
    o->occupancy = fh_cli_number(state, "occupancy", arg, 0.0, 1.0);
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
  "finished, a second one ends at once.",
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

static int
simulate(const Options* const o, FhVenue* const venue, FhDiag* const diag)
{
  if (!o->receivers) {
    venue->n_microphones = 0;
  }
  if (isfinite(o->occupancy)) {
    fh_venue_set_occupancy(venue, o->occupancy);
  }
  FhRunFolder* folder = NULL;
  const bool writes = !o->trace.team || !o->trace.team->rank;
  FhStatus status =
    writes ? fh_run_folder_new(o->folder, "run.json", &folder, diag) : FH_OK;
  if (status) {
    return status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE : fail(status);
  }
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhRun run;
  status =
    fh_run_compute(venue, &o->trace, fh_progress_step, &progress, &run, diag);
  const bool computed = !status;
  bool wrote = false;
  if (computed && writes) {
    status =
      fh_run_write(&run, &o->write, fh_progress_step, &progress, folder, diag);
    if (!status) {
      // The state of what ended early stays, for --resume
      const bool finished = !run.interrupted && !run.trace.out_of_time;
      status = fh_run_folder_commit(folder, finished, diag);
      folder = NULL;
    }
    wrote = !status;
  }
  fh_progress_end(&progress);
  fh_run_folder_free(folder);
  int code = fail(status);
  if (wrote) {
    if (o->common.json) {
      simulate_print_json(&run, o->folder);
    } else if (!o->common.quiet) {
      simulate_print(&run, o->folder);
    }
    if (run.interrupted) {
      fh_cli_error("interrupted: '%s' holds what was finished", o->folder);
      code = FH_EXIT_INTERRUPTED;
    }
  } else if (computed && status == FH_ERR_IO) {
    code = FH_EXIT_NO_RESOURCE;
  }
  if (computed) {
    fh_run_clear(&run);
  }
  return code;
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
  o.trace.resume = o.resume;
  if (team && team->rank) {
    o.common.quiet = true;
  }
  char checkpoint[1024];
  const int n =
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", o.folder);
  if (n > 0 && (size_t)n < sizeof checkpoint) {
    o.trace.checkpoint = checkpoint;
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
