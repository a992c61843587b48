// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"
#include "crowd/evaluate.h"
#include "crowd_folder.h"
#include "files.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_NETS = 0x2b00, KEY_EPOCHS, KEY_RIDGE, KEY_DRAWS, KEY_FOLDS };

/// Fewer venues than this are too few for a network
#define MIN_VENUES_NETWORK 300u
#define RIDGE_LAMBDA       10.0

typedef struct {
  FhCommonOptions common;
  const char* folder;
  const char* output;
  bool ridge;
  uint32_t n_folds; ///< 0: train and write
  CrowdRecipe recipe;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "FILE", 0, "Weights to write (.safetensors)", 1},
  {"folds",
   KEY_FOLDS,
   "N",
   0,
   "Write nothing: train N times without one part of the venues, and score on "
   "that part",
   1},
  {"draws",
   KEY_DRAWS,
   "N",
   0,
   "Measurements of each show that are learned from (default: 16)",
   2},
  {"nets", KEY_NETS, "N", 0, "Networks of the ensemble (default: 4)", 2},
  {"epochs", KEY_EPOCHS, "N", 0, "Passes over the rows (default: 12)", 2},
  {"ridge", KEY_RIDGE, NULL, 0, "Ridge regression in place of networks", 2},
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
    o->output = arg;
    return 0;
  case KEY_NETS:
    o->recipe.n_nets =
      (size_t)fh_cli_number(state, "nets", arg, 1.0, CROWD_MAX_NETS);
    return 0;
  case KEY_EPOCHS:
    o->recipe.n_epochs =
      (size_t)fh_cli_number(state, "epochs", arg, 1.0, 1000.0);
    return 0;
  case KEY_RIDGE:
    o->ridge = true;
    return 0;
  case KEY_DRAWS:
    o->recipe.n_draws =
      (uint32_t)fh_cli_number(state, "draws", arg, 2.0, 1000.0);
    return 0;
  case KEY_FOLDS:
    o->n_folds = (uint32_t)fh_cli_number(state, "folds", arg, 2.0, 100.0);
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "folder", arg, &o->folder);
    return 0;
  case ARGP_KEY_END:
    if (!o->folder || (o->output != NULL) == (o->n_folds > 0)) {
      argp_error(state,
                 "give a folder of traced venues and one of -o FILE, --folds");
    }
    if (o->ridge && o->n_folds) {
      argp_error(state, "--folds is for networks and goes without --ridge");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp train_argp = {
  options_table,
  parse_option,
  "DIR",
  "Train the crowd model of the auto-EQ on traced venues."
  "\vDIR is what 'fullhouse crowd examples' made. The venues held out there "
  "are only scored on. The same venues and options give the same weights. "
  "--folds is for choosing among recipes: scores are of what was left out, rms "
  "errors at the seats of model and physics fit, and their ratio.",
  fh_common_children,
  NULL,
  NULL};

/// The model, then one without each class in turn for its intervals
static FhStatus
train(const Options* const o,
      FhProgress* const progress,
      const CrowdRows* const rows,
      FhCrowdModel* const model)
{
  CrowdRecipe recipe = o->recipe;
  recipe.progress = fh_progress_step;
  recipe.user = progress;
  recipe.share = 1.0 / (1.0 + CROWD_N_CLASSES);
  FhStatus status =
    o->ridge ? crowd_train_ridge(rows, RIDGE_LAMBDA, CROWD_N_CLASSES, model)
             : crowd_train_network(rows, &recipe, CROWD_N_CLASSES, model);
  recipe.done = recipe.share;
  recipe.share = 1.0 - recipe.done;
  status = status ? status : crowd_train_conformal(rows, &recipe, model);
  fh_progress_end(progress);
  return status;
}

/// What the model misses by on the venues held out, as text of the file
static FhStatus
score(const Options* const o, const FhCrowdModel* const model, char text[256])
{
  CrowdScore sum;
  memset(&sum, 0, sizeof sum);
  CrowdFrames frames = {NULL, 0};
  const FhStatus status =
    fh_crowd_read_frames(o->folder, NULL, o->common.seed + 1, &frames);
  crowd_frames_score(&frames, model, NULL, &sum);
  crowd_frames_clear(&frames);
  if (!status && sum.n_venues > 0.0) {
    snprintf(text,
             256,
             "rms error at the seats in %.0f venues held out: model %.3f dB, "
             "physics %.3f dB, nothing %.3f dB",
             sum.n_venues,
             fh_crowd_rms(&sum, CROWD_MODEL),
             fh_crowd_rms(&sum, CROWD_PHYSICS),
             fh_crowd_rms(&sum, CROWD_NOTHING));
  } else {
    snprintf(text, 256, "no venues held out");
  }
  return status;
}

static FhStatus
write_model(const Options* const o,
            const CrowdRows* const rows,
            const uint32_t n_venues,
            const FhCrowdModel* const model)
{
  char recipe[256];
  char data[128];
  char scores[256];
  const CrowdRecipe* const r = &o->recipe;
  if (o->ridge) {
    snprintf(recipe, sizeof recipe, "ridge, lambda %g", RIDGE_LAMBDA);
  } else {
    snprintf(
      recipe,
      sizeof recipe,
      "%u draws, %zu nets, %zu epochs, batch %zu, rate %g, weight decay %g, "
      "beta %g, held out %g, seed %" PRIu64,
      r->n_draws,
      r->n_nets,
      r->n_epochs,
      r->batch,
      r->rate,
      r->weight_decay,
      r->beta,
      r->hold_out,
      r->seed);
  }
  snprintf(data,
           sizeof data,
           "%zu rows of %u venues, FNV-1a %016" PRIx64,
           rows->n_rows,
           n_venues,
           crowd_rows_hash(rows));
  FhStatus status = score(o, model, scores);
  const char* const texts[][2] = {
    {"recipe", recipe}, {"data", data}, {"scores", scores}};
  void* bytes = NULL;
  size_t size = 0;
  status =
    status ? status : crowd_model_serialise(model, texts, 3, &bytes, &size);
  if (!status && !fh_cli_write_file(o->output, bytes, size)) {
    fh_cli_error("%s: %s; choose another file", o->output, strerror(errno));
    status = FH_ERR_IO;
  }
  free(bytes);
  if (!status) {
    printf("Recipe: %s\nData:   %s\nScores: %s\n", recipe, data, scores);
  }
  return status;
}

static int
run(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .recipe = crowd_recipe_default()};
  fh_cli_parse(&train_argp, argc, argv, &o);
  fh_cli_catch_signals();
  o.recipe.seed = o.common.seed;
  FhProgress progress;
  fh_progress_init(&progress, &o.common);
  CrowdRows rows;
  memset(&rows, 0, sizeof rows);
  FhCrowdModel* const model = crowd_model_new();
  uint32_t n_venues = 0;
  FhStatus status = model ? fh_crowd_read_rows(o.folder,
                                               o.common.seed,
                                               o.recipe.n_draws,
                                               &progress,
                                               &rows,
                                               &n_venues)
                          : FH_ERR_NO_MEM;
  fh_progress_end(&progress);
  const bool bad_folder = status == FH_ERR_INVALID_DATA;
  if (!status && n_venues < MIN_VENUES_NETWORK && !o.ridge && !o.common.quiet) {
    fprintf(stderr,
            "%u venues are few for a network; --ridge is safer under %u\n",
            n_venues,
            MIN_VENUES_NETWORK);
  }
  fh_progress_init(&progress, &o.common);
  if (!status && o.n_folds) {
    status =
      fh_crowd_cross_validate(o.folder, &rows, &o.recipe, o.n_folds, &progress);
  } else {
    status = status ? status : train(&o, &progress, &rows, model);
    status = status ? status : write_model(&o, &rows, n_venues, model);
  }
  if (status == FH_ERR_NO_SIGNAL) {
    fh_cli_error("%s: %u venues to learn from are too few; trace more with "
                 "'fullhouse crowd examples'",
                 o.folder,
                 n_venues);
    status = FH_ERR_INVALID_DATA;
  } else if (status && !bad_folder && status != FH_ERR_IO) {
    fh_cli_error("%s", fh_strerror(status));
  }
  fh_crowd_model_free(model);
  crowd_rows_clear(&rows);
  return (int)(status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE
                                   : fh_cli_exit_code(status));
}

const FhCommand fh_crowd_train_command =
  {"train", "Train the crowd model on traced venues", &train_argp, run, NULL};
