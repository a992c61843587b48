// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"
#include "crowd_folder.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Penalty of the ridge regression that is compared
#define RIDGE_LAMBDA 10.0

/// What a comparison works with
typedef struct {
  const CrowdRows* rows;
  const CrowdRecipe* recipe;
  const FhCrowdModel* model;
  const CrowdFrames* frames;
  FhCrowdModel* other;
  FhCrowdComparison* out;
  double n_all; ///< Trainings in all, for the progress
  double n_done;
} Comparison;

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

/// Score a model as the next variant
static void
add(Comparison* const c,
    const FhCrowdVariantKind kind,
    const char* const name,
    const uint32_t n_venues,
    const FhCrowdModel* const model,
    const uint32_t klass)
{
  CrowdScore classes[CROWD_N_CLASSES];
  CrowdScore all;
  memset(classes, 0, sizeof classes);
  memset(&all, 0, sizeof all);
  crowd_frames_score(c->frames, model, classes, &all);
  FhCrowdVariant* const v = &c->out->variant[c->out->n++];
  memset(v, 0, sizeof *v);
  v->kind = kind;
  snprintf(v->name, sizeof v->name, "%s", name);
  v->n_venues = n_venues;
  v->score = klass < CROWD_N_CLASSES ? classes[klass] : all;
}

/// Train on some rows with part of the recipe
static FhStatus
train(Comparison* const c,
      const CrowdRows* const rows,
      const CrowdRecipe* const recipe,
      const uint32_t skip_class)
{
  CrowdRecipe part = *recipe;
  part.share = 1.0 / c->n_all;
  part.done = c->n_done / c->n_all;
  c->n_done += 1.0;
  const FhStatus status =
    crowd_train_network(rows, &part, skip_class, c->other);
  take_factors(c->model, c->other);
  return status;
}

static uint32_t
count_venues(const CrowdRows* const rows, const uint32_t skip_class)
{
  uint32_t n = 0;
  for (size_t i = 0; i < rows->n_rows; ++i) {
    n += rows->klass[i] != skip_class &&
         (i == 0 || rows->venue[i] != rows->venue[i - 1]);
  }
  return n;
}

/// Each class without having learned it, with the gate and without
static FhStatus
leave_classes_out(Comparison* const c)
{
  FhStatus status = FH_OK;
  for (uint32_t k = 0; k < CROWD_N_CLASSES && !status; ++k) {
    status = train(c, c->rows, c->recipe, k);
    if (!status) {
      const char* const name = crowd_class_name((CrowdClass)k);
      const uint32_t n = count_venues(c->rows, k);
      add(c, FH_CROWD_CLASS, name, n, c->other, k);
      c->other->distance_limit = FLT_MAX;
      add(c, FH_CROWD_CLASS_UNGATED, name, n, c->other, k);
    }
  }
  return status;
}

/// Fewer and fewer venues: the first ones, of all classes
static FhStatus
learn_from_fewer(Comparison* const c)
{
  static const uint32_t sizes[] = {36, 72, 144, 288, 576};
  FhStatus status = FH_OK;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !status; ++i) {
    CrowdRows first = *c->rows;
    first.n_rows = 0;
    while (first.n_rows < c->rows->n_rows &&
           c->rows->venue[first.n_rows] < sizes[i]) {
      ++first.n_rows;
    }
    if (first.n_rows == c->rows->n_rows) {
      break;
    }
    status = train(c, &first, c->recipe, CROWD_N_CLASSES);
    if (!status) {
      char name[64];
      const uint32_t n = count_venues(&first, CROWD_N_CLASSES);
      snprintf(name, sizeof name, "%u venues", n);
      add(c, FH_CROWD_SIZE, name, n, c->other, CROWD_N_CLASSES);
    }
  }
  return status;
}

/// Without some of the inputs
static FhStatus
leave_inputs_out(Comparison* const c,
                 const size_t from,
                 const size_t n,
                 const char* const name)
{
  CrowdRecipe recipe = *c->recipe;
  for (size_t i = 0; i < n; ++i) {
    recipe.left_out[from + i] = true;
  }
  const FhStatus status = train(c, c->rows, &recipe, CROWD_N_CLASSES);
  if (!status) {
    add(c, FH_CROWD_ABLATION, name, 0, c->other, CROWD_N_CLASSES);
  }
  return status;
}

/// Whole, then without each part of it
static FhStatus
leave_parts_out(Comparison* const c)
{
  FhStatus status = train(c, c->rows, c->recipe, CROWD_N_CLASSES);
  if (!status) {
    const uint32_t n = count_venues(c->rows, CROWD_N_CLASSES);
    add(c, FH_CROWD_BASE, "nothing", n, c->other, CROWD_N_CLASSES);
    c->other->distance_limit = FLT_MAX;
    add(c, FH_CROWD_ABLATION, "the gate", n, c->other, CROWD_N_CLASSES);
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      c->other->conformal[t] = 1.0f;
    }
    add(c,
        FH_CROWD_ABLATION,
        "gate and factors of the intervals",
        n,
        c->other,
        CROWD_N_CLASSES);
  }
  size_t from = 0;
  for (size_t g = 0; g < CROWD_N_INPUT_GROUPS && !status; ++g) {
    const CrowdInputGroup* const group = &crowd_input_group[g];
    status = leave_inputs_out(c, from, group->n, group->name);
    from += group->n;
  }
  if (!status) {
    status = leave_inputs_out(c,
                              0,
                              crowd_input_group[0].n + crowd_input_group[1].n,
                              "all that the fit found");
  }
  CrowdRecipe single = *c->recipe;
  single.n_nets = 1;
  status = status ? status : train(c, c->rows, &single, CROWD_N_CLASSES);
  if (!status) {
    add(c, FH_CROWD_ABLATION, "all nets but one", 0, c->other, CROWD_N_CLASSES);
    status =
      crowd_train_ridge(c->rows, RIDGE_LAMBDA, CROWD_N_CLASSES, c->other);
  }
  if (!status) {
    take_factors(c->model, c->other);
    add(c,
        FH_CROWD_ABLATION,
        "all nets: ridge regression",
        0,
        c->other,
        CROWD_N_CLASSES);
  }
  return status;
}

FhStatus
fh_crowd_compare(const char* const folder,
                 const CrowdRecipe* const recipe,
                 const FhCrowdModel* const model,
                 const CrowdFrames* const frames,
                 FhProgress* const progress,
                 FhCrowdComparison* const out)
{
  CrowdRows rows;
  memset(&rows, 0, sizeof rows);
  uint32_t n_venues = 0;
  FhStatus status = fh_crowd_read_rows(
    folder, recipe->seed, recipe->n_draws, progress, &rows, &n_venues);
  fh_progress_end(progress);
  CrowdRecipe used = *recipe;
  used.progress = fh_progress_step;
  used.user = progress;
  Comparison c = {.rows = &rows,
                  .recipe = &used,
                  .model = model,
                  .frames = frames,
                  .other = crowd_model_new(),
                  .out = out,
                  .n_all = CROWD_N_CLASSES + CROWD_N_INPUT_GROUPS + 8.0};
  status = status ? status : c.other ? FH_OK : FH_ERR_NO_MEM;
  status = status ? status : leave_parts_out(&c);
  status = status ? status : learn_from_fewer(&c);
  status = status ? status : leave_classes_out(&c);
  fh_progress_end(progress);
  fh_crowd_model_free(c.other);
  crowd_rows_clear(&rows);
  return status;
}
