// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_examples.h"

#include "crowd.h"
#include "crowd_folder.h"
#include "files.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_RAYS = 0x2a00, KEY_SEATS, KEY_SHARD };

/// Most venues of one folder
#define MAX_VENUES 1e6
#define MAX_SHARDS 100000u

typedef struct {
  FhCommonOptions common;
  const char* folder;
  uint32_t n_venues;
  uint32_t shard, n_shards; ///< From 0
  CrowdExampleDesc desc;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "DIR", 0, "Folder of the traced venues", 1},
  {"venues", 'n', "N", 0, "Number of venues (default: 1296)", 1},
  {"rays",
   KEY_RAYS,
   "N",
   0,
   "Rays per loudspeaker of a theatre; the other classes get 2 to 32 times "
   "as many (default: 1024)",
   2},
  {"seats",
   KEY_SEATS,
   "N",
   0,
   "Seats that stand for the audience (default: 24)",
   2},
  {"shard",
   KEY_SHARD,
   "I/N",
   0,
   "Trace every Nth venue from the Ith (1 to N): several processes or machines "
   "share the work in one folder",
   2},
  {0}};

static void
parse_shard(Options* const o,
            const char* const arg,
            const struct argp_state* const state)
{
  char* end = NULL;
  const unsigned long i = strtoul(arg, &end, 10);
  const unsigned long n = *end == '/' ? strtoul(end + 1, &end, 10) : 0;
  if (*end || i < 1 || i > n || n > MAX_SHARDS) {
    argp_error(state, "--shard is I/N with 1 <= I <= N, not '%s'", arg);
  }
  o->shard = (uint32_t)(i - 1);
  o->n_shards = (uint32_t)n;
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
  case 'n':
    o->n_venues = (uint32_t)fh_cli_number(state, "venues", arg, 1, MAX_VENUES);
    return 0;
  case KEY_RAYS:
    o->desc.n_rays = (uint64_t)fh_cli_number(state, "rays", arg, 64.0, 1e7);
    return 0;
  case KEY_SEATS:
    o->desc.n_seats = (size_t)fh_cli_number(state, "seats", arg, 1.0, 256.0);
    return 0;
  case KEY_SHARD:
    parse_shard(o, arg, state);
    return 0;
  case ARGP_KEY_END:
    if (!o->folder) {
      argp_error(state, "give a folder with -o DIR");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp examples_argp = {
  options_table,
  parse_option,
  NULL,
  "Trace random venues of six classes, empty and with five audiences, for the "
  "crowd model to learn from."
  "\vA folder that holds some of them already is carried on with. Every sixth "
  "round of the six classes has seeds of its own, to score a model on venues "
  "that it never saw.",
  fh_common_children,
  NULL,
  NULL};

/// Progress of the whole, from venues that differ in cost
typedef struct {
  FhProgress* progress;
  uint32_t done, n;
} Steps;

static bool
step(void* const user, const char* const stage, const double fraction)
{
  const Steps* const s = (const Steps*)user;
  (void)stage;
  return fh_progress_step(
    s->progress, "Tracing venues", ((double)s->done + fraction) / (double)s->n);
}

/// Trace one venue into the folder; the profile goes first, so that the other
/// file tells that both are there
static FhStatus
trace_one(const Options* const o, const uint32_t index, Steps* const steps)
{
  char paths[2][FH_CROWD_PATH_SIZE];
  fh_crowd_venue_paths(o->folder, index, paths);
  bool there = false;
  CrowdExample example;
  FhStatus status =
    fh_crowd_read_venue(o->folder, index, &o->desc, &example, &there);
  crowd_example_clear(&example);
  if (status || there) {
    return status;
  }
  FhDiag* const diag = fh_diag_new();
  status = crowd_example_trace(&o->desc, index, step, steps, &example, diag);
  if (status && status != FH_ERR_INTERRUPTED) {
    fh_cli_error("venue %u: %s", index, fh_strerror(status));
  }
  fh_cli_print_diag(diag, true);
  fh_diag_free(diag);
  for (size_t i = 0; i < 2 && !status; ++i) {
    void* bytes = NULL;
    size_t size = 0;
    status = i ? crowd_example_serialise(&example, &o->desc, &bytes, &size)
               : fh_profile_serialise(example.profile, &bytes, &size);
    if (status) {
      fh_cli_error("venue %u: %s", index, fh_strerror(status));
    } else if (!fh_cli_write_file(paths[i], bytes, size)) {
      fh_cli_error("%s: %s; choose another folder", paths[i], strerror(errno));
      status = FH_ERR_IO;
    }
    free(bytes);
  }
  crowd_example_clear(&example);
  return status;
}

/// True when some rank failed; all of them ask, so that none waits for ever
static bool
others_failed(const FhTeam* const team, const FhStatus status)
{
  int64_t n_failed = status != FH_OK;
  return team && (!team->sum(team->user, &n_failed, 1) || n_failed > !!status);
}

int
crowd_examples_main(const int argc,
                    char** const argv,
                    const FhTeam* const team,
                    const unsigned n_threads)
{
  Options o = {.common = fh_common_options_default(),
               .n_venues = 1296,
               .n_shards = 1,
               .desc = crowd_example_desc_default()};
  o.common.n_threads = n_threads;
  fh_cli_parse(&examples_argp, argc, argv, &o);
  fh_cli_catch_signals();
  o.desc.seed = o.common.seed;
  o.desc.n_threads = o.common.n_threads;
  const uint32_t n_told = (o.n_venues + o.n_shards - 1) / o.n_shards;
  if (team) {
    // Ranks share the shard out once more
    o.shard += o.n_shards * team->rank;
    o.n_shards *= team->n_ranks;
    o.common.quiet = o.common.quiet || team->rank;
  }
  if (mkdir(o.folder, 0777) && errno != EEXIST) {
    fh_cli_error("%s: %s; choose another folder", o.folder, strerror(errno));
    return FH_EXIT_NO_RESOURCE;
  }
  FhProgress progress;
  fh_progress_init(&progress, &o.common);
  Steps steps = {&progress, 0, (o.n_venues + o.n_shards - 1) / o.n_shards};
  FhStatus status = FH_OK;
  for (uint32_t i = o.shard; i < o.n_venues && !status; i += o.n_shards) {
    status = trace_one(&o, i, &steps);
    ++steps.done;
    if (!status && fh_cli_interrupted()) {
      status = FH_ERR_INTERRUPTED;
    }
  }
  fh_progress_end(&progress);
  const bool leads = !team || !team->rank;
  if (others_failed(team, status) && !status) {
    // That rank has said why
    status = FH_ERR_INVALID_DATA;
  } else if (status == FH_ERR_INTERRUPTED && leads) {
    fh_cli_error("interrupted; the same command carries on");
  } else if (!status && leads && o.common.json) {
    json_t* const root = json_pack("{s:s, s:i, s:I}",
                                   "folder",
                                   o.folder,
                                   "venues",
                                   (int)n_told,
                                   "seed",
                                   (json_int_t)o.desc.seed);
    fh_cli_print_json(root, 17);
  } else if (!status && leads) {
    printf("Traced: %u venues in %s\n", n_told, o.folder);
  }
  return (int)(status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE
                                   : fh_cli_exit_code(status));
}

static int
run(const int argc, char** const argv)
{
  return crowd_examples_main(argc, argv, NULL, 0);
}

const FhCommand fh_crowd_examples_command = {
  "examples",
  "Trace random venues for the crowd model",
  &examples_argp,
  run,
  NULL};
