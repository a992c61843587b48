// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"
#include "crowd/evaluate.h"
#include "crowd_folder.h"
#include "files.h"

#include <fh/tensors.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  FhCommonOptions common;
  const char* folder;
  const char* model;
  bool compare;
} Options;

enum { KEY_COMPARE = 0x2c00 };

/// Penalty of the ridge regression that is compared
#define RIDGE_LAMBDA 10.0

static const struct argp_option options_table[] = {
  {"model", 'm', "FILE", 0, "Weights (default: the physics alone)", 1},
  {"compare",
   KEY_COMPARE,
   NULL,
   0,
   "Train others in place of the weights: on the other classes, on fewer "
   "venues, ridge regression; some minutes",
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
  case 'm':
    o->model = arg;
    return 0;
  case KEY_COMPARE:
    o->compare = true;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "folder", arg, &o->folder);
    return 0;
  case ARGP_KEY_END:
    if (!o->folder) {
      argp_error(state, "give a folder of traced venues");
    }
    if (o->compare && o->common.json) {
      argp_error(state, "--compare prints a table and goes without --json");
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

static double
ratio(const double a, const double b)
{
  return b > 0.0 ? a / b : 0.0;
}

static void
print_score(const char* const name, const CrowdScore* const s)
{
  if (!(s->n_venues > 0.0)) {
    return;
  }
  printf("%s, %.0f venues\n", name, s->n_venues);
  printf(
    "  %-20s %7s %7s %7s %7s\n", "", "rms dB", "tonal", "worse", "tonally");
  for (size_t m = 0; m < CROWD_N_METHODS; ++m) {
    const CrowdMethodSums* const x = &s->method[m];
    printf("  %-20s %7.3f %7.3f %6.1f%% %6.1f%%\n",
           crowd_method_name((CrowdMethod)m),
           sqrt(ratio(x->total2, x->n)),
           sqrt(ratio(x->tonal2, x->n)),
           100.0 * ratio(x->n_worse, x->n),
           100.0 * ratio(x->n_tonal_worse, x->n));
  }
  printf("  octaves from 63 Hz:  ");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const CrowdMethodSums* const x = &s->method[CROWD_MODEL];
    printf(" %5.2f", sqrt(ratio(x->band2[b], x->n)));
  }
  printf(" model\n%23s", "");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %5.2f", sqrt(s->truth2[b] / s->n_venues));
  }
  printf(" standard error of the truth\n");
  printf("  occupancy off by %.3f, %.3f with a count; 90 %% intervals hold "
         "%.1f %%\n\n",
         ratio(s->occupancy_error[0], s->n_occupancy[0]),
         ratio(s->occupancy_error[1], s->n_occupancy[1]),
         100.0 * ratio(s->n_covered, s->n_intervals));
}

static json_t*
score_json(const CrowdScore* const s)
{
  json_t* const methods = json_object();
  for (size_t m = 0; m < CROWD_N_METHODS; ++m) {
    const CrowdMethodSums* const x = &s->method[m];
    json_t* const bands = json_array();
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      json_array_append_new(bands, json_real(sqrt(ratio(x->band2[b], x->n))));
    }
    json_object_set_new(methods,
                        crowd_method_name((CrowdMethod)m),
                        json_pack("{s:f, s:f, s:f, s:f, s:o}",
                                  "rms_db",
                                  sqrt(ratio(x->total2, x->n)),
                                  "tonal_rms_db",
                                  sqrt(ratio(x->tonal2, x->n)),
                                  "worse",
                                  ratio(x->n_worse, x->n),
                                  "tonally_worse",
                                  ratio(x->n_tonal_worse, x->n),
                                  "octave_rms_db",
                                  bands));
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
                   ratio(s->occupancy_error[0], s->n_occupancy[0]),
                   "occupancy_error_counted",
                   ratio(s->occupancy_error[1], s->n_occupancy[1]),
                   "coverage_90",
                   ratio(s->n_covered, s->n_intervals));
}

static void
print_json(const CrowdScore classes[CROWD_N_CLASSES],
           const CrowdScore* const all)
{
  json_t* const root = json_object();
  for (uint32_t c = 0; c < CROWD_N_CLASSES; ++c) {
    if (classes[c].n_venues > 0.0) {
      json_object_set_new(
        root, crowd_class_name((CrowdClass)c), score_json(&classes[c]));
    }
  }
  json_object_set_new(root, "all", score_json(all));
  fh_cli_print_json(root, 17);
}

/// One line of the comparison
static void
print_line(const char* const name, const CrowdScore* const s)
{
  const CrowdMethodSums* const m = s->method;
  printf("  %-28s %7.3f %7.3f %7.3f %7.3f %6.1f%%\n",
         name,
         sqrt(ratio(m[CROWD_MODEL].total2, m[CROWD_MODEL].n)),
         sqrt(ratio(m[CROWD_MODEL].tonal2, m[CROWD_MODEL].n)),
         sqrt(ratio(m[CROWD_PHYSICS].total2, m[CROWD_PHYSICS].n)),
         sqrt(ratio(m[CROWD_NOTHING].total2, m[CROWD_NOTHING].n)),
         100.0 * ratio(s->n_covered, s->n_intervals));
  (void)fflush(stdout);
}

/// The intervals' factors come from errors in classes left out: those of the
/// weights hold for what is trained in their place
static void
take_factors(const FhCrowdModel* const from, FhCrowdModel* const to)
{
  if (from) {
    memcpy(to->conformal, from->conformal, sizeof to->conformal);
    to->physics_sd_db = from->physics_sd_db;
  }
}

/// Rows of the first venues alone
static CrowdRows
first_venues(const CrowdRows* const rows, const uint32_t until)
{
  CrowdRows first = *rows;
  first.n_rows = 0;
  while (first.n_rows < rows->n_rows && rows->venue[first.n_rows] < until) {
    ++first.n_rows;
  }
  return first;
}

/// What is left out, or how little is learned from, against the whole
static FhStatus
compare(const Options* const o, const FhCrowdModel* const model)
{
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  CrowdRows rows;
  memset(&rows, 0, sizeof rows);
  uint32_t n_venues = 0;
  CrowdRecipe recipe = crowd_recipe_default();
  recipe.seed = o->common.seed;
  FhStatus status = fh_crowd_read_rows(
    o->folder, recipe.seed, recipe.n_draws, &progress, &rows, &n_venues);
  fh_progress_end(&progress);
  FhCrowdModel* const other = crowd_model_new();
  status = status ? status : other ? FH_OK : FH_ERR_NO_MEM;
  const uint64_t seed = o->common.seed + 1;
  CrowdScore classes[CROWD_N_CLASSES];
  CrowdScore all;
  printf("trained on other venues\n  %-28s %7s %7s %7s %7s %7s\n",
         "",
         "rms dB",
         "tonal",
         "physics",
         "nothing",
         "90 %");
  for (uint32_t c = 0; c < CROWD_N_CLASSES && !status; ++c) {
    status = crowd_train_network(&rows, &recipe, c, other);
    take_factors(model, other);
    memset(classes, 0, sizeof classes);
    status =
      status
        ? status
        : fh_crowd_score_folder(o->folder, NULL, other, seed, classes, &all);
    if (!status) {
      char name[64];
      snprintf(
        name, sizeof name, "%s, not learned", crowd_class_name((CrowdClass)c));
      print_line(name, &classes[c]);
    }
  }
  static const uint32_t sizes[] = {36, 144, 432};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !status; ++i) {
    const CrowdRows first = first_venues(&rows, sizes[i]);
    if (first.n_rows == rows.n_rows) {
      break;
    }
    status = crowd_train_network(&first, &recipe, CROWD_N_CLASSES, other);
    take_factors(model, other);
    status =
      status ? status
             : fh_crowd_score_folder(o->folder, NULL, other, seed, NULL, &all);
    if (!status) {
      char name[64];
      snprintf(name, sizeof name, "all, %u venues", sizes[i] * 5 / 6);
      print_line(name, &all);
    }
  }
  status = status
             ? status
             : crowd_train_ridge(&rows, RIDGE_LAMBDA, CROWD_N_CLASSES, other);
  if (!status) {
    take_factors(model, other);
    status = fh_crowd_score_folder(o->folder, NULL, other, seed, NULL, &all);
  }
  if (!status) {
    print_line("all, ridge regression", &all);
  }
  fh_crowd_model_free(other);
  crowd_rows_clear(&rows);
  return status;
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

static int
run(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default()};
  fh_cli_parse(&evaluate_argp, argc, argv, &o);
  fh_cli_catch_signals();
  FhCrowdModel* model = NULL;
  FhStatus status = o.model ? read_model(o.model, &model) : FH_OK;
  CrowdScore classes[CROWD_N_CLASSES];
  memset(classes, 0, sizeof classes);
  CrowdScore all;
  status = status ? status
                  : fh_crowd_score_folder(
                      o.folder, NULL, model, o.common.seed + 1, classes, &all);
  if (!status && !(all.n_venues > 0.0)) {
    fh_cli_error("%s: no held-out venues; trace 36 or more with 'fullhouse "
                 "crowd examples'",
                 o.folder);
    status = FH_ERR_INVALID_DATA;
  }
  if (!status && o.common.json) {
    print_json(classes, &all);
  } else if (!status) {
    for (uint32_t c = 0; c < CROWD_N_CLASSES; ++c) {
      print_score(crowd_class_name((CrowdClass)c), &classes[c]);
    }
    print_score("all", &all);
    if (o.compare && (status = compare(&o, model)) &&
        status != FH_ERR_INVALID_DATA) {
      fh_cli_error("%s: cannot compare: %s", o.folder, fh_strerror(status));
    }
  }
  fh_crowd_model_free(model);
  return (int)fh_cli_exit_code(status);
}

const FhCommand fh_crowd_evaluate_command = {
  "evaluate",
  "Score a crowd model on venues held out",
  &evaluate_argp,
  run,
  NULL};
