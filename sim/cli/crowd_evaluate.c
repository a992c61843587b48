// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"
#include "files.h"

#include <fh/tensors.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  FhCommonOptions common;
  const char* folder;
  const char* model;
  const char* page; ///< Folder, or null
  bool compare;
  CrowdRecipe recipe; ///< Of what is compared
} Options;

enum { KEY_COMPARE = 0x2c00, KEY_PAGE, KEY_DRAWS, KEY_NETS };

static const struct argp_option options_table[] = {
  {"model", 'm', "FILE", 0, "Weights (default: the physics alone)", 1},
  {"compare",
   KEY_COMPARE,
   NULL,
   0,
   "Train others in place of the weights: on the other classes, on fewer "
   "venues, without parts of the model; some minutes",
   1},
  {"page",
   KEY_PAGE,
   "FOLDER",
   0,
   "Compare, and write results.md and its pictures there",
   1},
  {"draws",
   KEY_DRAWS,
   "N",
   0,
   "Measurements of each show that what is compared learns from (default: "
   "those of 'crowd train')",
   2},
  {"nets", KEY_NETS, "N", 0, "Networks of what is compared (default: 4)", 2},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case 'm':
    o->model = arg;
    return 0;
  case KEY_COMPARE:
    o->compare = true;
    return 0;
  case KEY_PAGE:
    o->page = arg;
    o->compare = true;
    return 0;
  case KEY_NETS:
    o->recipe.n_nets =
      (size_t)fh_cli_number(state, "nets", arg, 1.0, CROWD_MAX_NETS);
    return 0;
  case KEY_DRAWS:
    o->recipe.n_draws =
      (uint32_t)fh_cli_number(state, "draws", arg, 2.0, 1000.0);
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "folder", arg, &o->folder);
    return 0;
  case ARGP_KEY_END:
    if (!o->folder) {
      argp_error(state, "give a folder of traced venues");
    }
    if (o->compare && o->common.json) {
      argp_error(state,
                 "--compare and --page print tables and go without --json");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp evaluate_argp = {
  options_table,
  parse_option,
  "DIR",
  "Score a crowd model on the held-out venues of a folder of traced venues."
  "\vErrors are of the change of the mean level at the seats, 63 Hz to 8 kHz, "
  "rms over octaves and shows; tonal errors are without their mean. The "
  "simulator at count and the model, counted, are scored on the shows whose "
  "attendance was counted; the model, applied, is the share of its change that "
  "the equaliser believes. 'Worse' counts shows with an error over that of "
  "doing nothing by more than 0.1 dB.",
  fh_common_children,
  NULL,
  NULL};

static void
print_score(const char* const name, const CrowdScore* const s)
{
  if (!(s->n_venues > 0.0)) {
    return;
  }
  printf("%s, %.0f venues\n", name, s->n_venues);
  printf(
    "  %-20s %7s %7s %7s %7s\n", "", "rms dB", "tonal", "worse", "tonally");
  for (size_t i = 0; i < CROWD_N_METHODS; ++i) {
    const CrowdMethod m = (CrowdMethod)i;
    printf("  %-20s %7.3f %7.3f %6.1f%% %6.1f%%\n",
           crowd_method_name(m),
           fh_crowd_rms(s, m),
           fh_crowd_tonal_rms(s, m),
           100.0 * fh_crowd_worse(s, m, false),
           100.0 * fh_crowd_worse(s, m, true));
  }
  printf("  octaves from 63 Hz:  ");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %5.2f", fh_crowd_octave_rms(s, CROWD_MODEL, b, false));
  }
  printf(" model\n%23s", "");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %5.2f", fh_crowd_octave_rms(s, CROWD_MODEL, b, true));
  }
  printf(" tonal\n%23s", "");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %5.2f", sqrt(s->truth2[b] / s->n_venues));
  }
  printf(" standard error of the truth\n");
  printf("  occupancy off by %.3f, %.3f with a count; 90 %% intervals hold "
         "%.1f %%\n\n",
         fh_crowd_occupancy_error(s, false),
         fh_crowd_occupancy_error(s, true),
         100.0 * fh_crowd_coverage(s));
}

static json_t*
octaves_json(const CrowdScore* const s, const CrowdMethod m, const bool tonal)
{
  json_t* const array = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(array,
                          json_real(fh_crowd_octave_rms(s, m, b, tonal)));
  }
  return array;
}

static json_t*
score_json(const CrowdScore* const s)
{
  json_t* const methods = json_object();
  for (size_t i = 0; i < CROWD_N_METHODS; ++i) {
    const CrowdMethod m = (CrowdMethod)i;
    json_object_set_new(methods,
                        crowd_method_name(m),
                        json_pack("{s:f, s:f, s:f, s:f, s:o, s:o}",
                                  "rms_db",
                                  fh_crowd_rms(s, m),
                                  "tonal_rms_db",
                                  fh_crowd_tonal_rms(s, m),
                                  "worse",
                                  fh_crowd_worse(s, m, false),
                                  "tonally_worse",
                                  fh_crowd_worse(s, m, true),
                                  "octave_rms_db",
                                  octaves_json(s, m, false),
                                  "octave_tonal_rms_db",
                                  octaves_json(s, m, true)));
  }
  json_t* const truth = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(truth, json_real(sqrt(s->truth2[b] / s->n_venues)));
  }
  return json_pack("{s:o, s:f, s:o, s:f, s:f, s:f}",
                   "truth_se_db",
                   truth,
                   "venues",
                   s->n_venues,
                   "methods",
                   methods,
                   "occupancy_error",
                   fh_crowd_occupancy_error(s, false),
                   "occupancy_error_counted",
                   fh_crowd_occupancy_error(s, true),
                   "coverage_90",
                   fh_crowd_coverage(s));
}

static void
print_json(const FhCrowdScores* const scores)
{
  json_t* const root = json_object();
  for (uint32_t c = 0; c < CROWD_N_CLASSES; ++c) {
    if (scores->classes[c].n_venues > 0.0) {
      json_object_set_new(
        root, crowd_class_name((CrowdClass)c), score_json(&scores->classes[c]));
    }
  }
  json_object_set_new(root, "all", score_json(&scores->all));
  fh_cli_print_json(root, 17);
}

static FhStatus
read_model(const char* const path, FhCrowdModel** const out)
{
  size_t size = 0;
  void* const bytes = fh_cli_read_file(path, FH_TENSORS_MAX_SIZE, &size);
  if (!bytes) {
    fh_cli_error("%s: %s; make it with 'crowd train'", path, strerror(errno));
    return FH_ERR_INVALID_DATA;
  }
  char reason[128] = "";
  const FhStatus status = fh_crowd_model_parse(bytes, size, out, reason);
  free(bytes);
  if (status) {
    fh_cli_error("%s: %s; make it anew with 'crowd train'",
                 path,
                 reason[0] ? reason : fh_strerror(status));
    return FH_ERR_INVALID_DATA;
  }
  return FH_OK;
}

static void
print_comparison(const FhCrowdComparison* const c)
{
  static const char* const words[][2] = {{"without ", ""},
                                         {"", ", not learned"},
                                         {"", ", not learned, no gate"},
                                         {"", ""},
                                         {"without ", ""}};
  printf("trained in place of the weights\n  %-44s %7s %7s %7s %7s %7s\n",
         "",
         "rms dB",
         "tonal",
         "physics",
         "nothing",
         "90 %");
  for (size_t i = 0; i < c->n; ++i) {
    const FhCrowdVariant* const v = &c->variant[i];
    char name[96];
    const char* const* const w = words[v->kind];
    snprintf(name, sizeof name, "%s%s%s", w[0], v->name, w[1]);
    printf("  %-44s %7.3f %7.3f %7.3f %7.3f %6.1f%%\n",
           name,
           fh_crowd_rms(&v->score, CROWD_MODEL),
           fh_crowd_tonal_rms(&v->score, CROWD_MODEL),
           fh_crowd_rms(&v->score, CROWD_PHYSICS),
           fh_crowd_rms(&v->score, CROWD_NOTHING),
           100.0 * fh_crowd_coverage(&v->score));
  }
}

/// Compare, print and write the page
static FhStatus
compare(const Options* const o,
        const FhCrowdModel* const model,
        const CrowdFrames* const frames,
        FhCrowdScores* const scores)
{
  FhCrowdComparison* const comparison =
    (FhCrowdComparison*)calloc(1, sizeof(FhCrowdComparison));
  if (!comparison) {
    return FH_ERR_NO_MEM;
  }
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhStatus status = fh_crowd_compare(
    o->folder, &o->recipe, model, frames, &progress, comparison);
  if (!status) {
    print_comparison(comparison);
    scores->comparison = comparison;
    status = o->page ? fh_crowd_write_page(o->page, scores) : FH_OK;
  }
  scores->comparison = NULL;
  free(comparison);
  return status;
}

static int
run(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .recipe = crowd_recipe_default()};
  fh_cli_parse(&evaluate_argp, argc, argv, &o);
  fh_cli_catch_signals();
  o.recipe.seed = o.common.seed;
  FhCrowdModel* model = NULL;
  CrowdFrames frames = {NULL, 0};
  FhCrowdScores scores;
  memset(&scores, 0, sizeof scores);
  FhStatus status = FH_OK;
  if (o.page && access(o.page, W_OK)) {
    // Before some minutes of work
    fh_cli_error(
      "%s: %s; choose a folder that is there", o.page, strerror(errno));
    status = FH_ERR_IO;
  }
  status = !status && o.model ? read_model(o.model, &model) : status;
  status = status
             ? status
             : fh_crowd_read_frames(o.folder, NULL, o.common.seed + 1, &frames);
  if (!status && !frames.n) {
    fh_cli_error("%s: no held-out venues; trace 36 or more with 'fullhouse "
                 "crowd examples'",
                 o.folder);
    status = FH_ERR_INVALID_DATA;
  }
  crowd_frames_score(&frames, model, scores.classes, &scores.all);
  if (!status && o.common.json) {
    print_json(&scores);
  } else if (!status) {
    for (uint32_t c = 0; c < CROWD_N_CLASSES; ++c) {
      print_score(crowd_class_name((CrowdClass)c), &scores.classes[c]);
    }
    print_score("all", &scores.all);
    (void)fflush(stdout);
    if (o.compare && (status = compare(&o, model, &frames, &scores)) &&
        status != FH_ERR_INVALID_DATA && status != FH_ERR_IO) {
      fh_cli_error("%s: cannot compare: %s", o.folder, fh_strerror(status));
    }
  }
  crowd_frames_clear(&frames);
  fh_crowd_model_free(model);
  return (int)(status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE
                                   : fh_cli_exit_code(status));
}

const FhCommand fh_crowd_evaluate_command = {
  "evaluate",
  "Score a crowd model on venues held out",
  &evaluate_argp,
  run,
  NULL};
