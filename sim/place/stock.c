// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  What there is of each model, and what stays at home where that is too little.
*/

/// Ideal sources are in no truck
static bool
is_counted(const char* const model)
{
  return strcmp(model, "omni") != 0;
}

size_t
stock_used(const FhVenue* const view, const char* const model)
{
  size_t n = 0;
  for (size_t e = 0; e < view_count(view); ++e) {
    n += strcmp(view_model(view, e), model) ? 0 : view_boxes(view, e);
  }
  return n;
}

/// Boxes of a model that there are
static size_t
stock_of(const Job* const job, const char* const model)
{
  size_t n = 0;
  for (size_t i = 0; i < job->n_stock; ++i) {
    n += strcmp(job->stock[i].model, model) ? 0 : job->stock[i].count;
  }
  return n;
}

bool
job_in_stock(const Job* const job,
             const FhVenue* const view,
             const char* const model,
             const size_t more)
{
  return !job->stock || !is_counted(model) ||
         stock_used(view, model) + more <= stock_of(job, model);
}

FhStatus
fh_place_count_boxes(const FhVenue* const venue,
                     FhStock** const boxes,
                     size_t* const n)
{
  *n = 0;
  *boxes = (FhStock*)calloc(view_count(venue) + 1, sizeof(FhStock));
  if (!*boxes) {
    return FH_ERR_NO_MEM;
  }
  for (size_t e = 0; e < view_count(venue); ++e) {
    const char* const model = view_model(venue, e);
    bool known = !is_counted(model) || !stock_used(venue, model);
    for (size_t k = 0; k < *n; ++k) {
      known = known || !strcmp((*boxes)[k].model, model);
    }
    if (!known) {
      FhStock* const one = &(*boxes)[(*n)++];
      (void)snprintf(one->model, sizeof one->model, "%s", model);
      one->count = stock_used(venue, model);
    }
  }
  return FH_OK;
}

FhStatus
job_note_lack(Job* const job,
              const char* const model,
              const size_t count,
              const char* const why)
{
  FhPlace* const out = job->out;
  FhPlaceLack* const grown = (FhPlaceLack*)realloc(
    out->lacking, (out->n_lacking + 1) * sizeof(FhPlaceLack));
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  out->lacking = grown;
  FhPlaceLack* const one = &out->lacking[out->n_lacking++];
  memset(one, 0, sizeof *one);
  (void)snprintf(one->boxes.model, sizeof one->boxes.model, "%s", model);
  one->boxes.count = count;
  (void)snprintf(one->why, sizeof one->why, "%s", why);
  return FH_OK;
}

/// The rule that moves an emitter, or null
static const FhPlacementRule*
rule_of(const FhVenue* const venue, const char* const name)
{
  for (size_t r = 0; r < venue->n_placement; ++r) {
    const FhPlacementRule* const rule = &venue->placement[r];
    for (size_t k = 0; k < rule->n_move; ++k) {
      if (!strcmp(rule->move[k], name)) {
        return rule;
      }
    }
  }
  return NULL;
}

/// Hang others where a model is lacking, those of the last first
static void
replace(const Job* const job, FhVenue* const view, const char* const model)
{
  for (size_t e = view_count(view); e-- > 0;) {
    if (job_in_stock(job, view, model, 0)) {
      return;
    }
    const FhPlacementRule* const rule =
      strcmp(view_model(view, e), model) != 0 || !view_boxes(view, e)
        ? NULL
        : rule_of(job->venue, view_name(view, e));
    if (rule) {
      (void)job_hang_other(job, rule, view);
    }
  }
}

/// Take the lowest box off each of the largest arrays of a model
static bool
shrink_arrays(FhVenue* const view, const char* const model)
{
  size_t most = 0;
  for (size_t i = 0; i < view->n_arrays; ++i) {
    const FhArray* const a = &view->arrays[i];
    if (!a->muted && !strcmp(a->box, model) && a->count > most) {
      most = a->count;
    }
  }
  for (size_t i = 0; most && i < view->n_arrays; ++i) {
    FhArray* const a = &view->arrays[i];
    if (a->muted || strcmp(a->box, model) != 0 || a->count != most) {
      continue;
    }
    if (a->count == 1) {
      a->muted = true;
    } else {
      --a->count;
      a->n_splay = a->n_splay < a->count ? a->n_splay : a->count - 1;
    }
  }
  return most > 0;
}

/// Mute the last loudspeaker of a model and those that move with it
static bool
mute_last(FhVenue* const view, const char* const model)
{
  size_t last = view->n_loudspeakers;
  while (last > 0 && (view->loudspeakers[last - 1].muted ||
                      strcmp(view->loudspeakers[last - 1].model, model) != 0)) {
    --last;
  }
  if (!last) {
    return false;
  }
  FhLoudspeaker* const l = &view->loudspeakers[last - 1];
  const FhPlacementRule* const rule = rule_of(view, l->name);
  for (size_t i = 0; rule && i < view->n_loudspeakers; ++i) {
    FhLoudspeaker* const other = &view->loudspeakers[i];
    if (rule_of(view, other->name) == rule && !strcmp(other->model, model)) {
      other->muted = true;
    }
  }
  l->muted = true;
  return true;
}

/// Names of what has fewer boxes of a model than it had, "A, B"
static void
name_short(const FhVenue* const had,
           const FhVenue* const has,
           const char* const model,
           char* const out,
           const size_t size)
{
  size_t used = 0;
  for (size_t e = 0; e < view_count(has) && used < size; ++e) {
    if (!strcmp(view_model(has, e), model) &&
        view_boxes(has, e) < view_boxes(had, e)) {
      const int n = snprintf(
        out + used, size - used, "%s%s", used ? ", " : "", view_name(has, e));
      used += n > 0 ? (size_t)n : 0;
    }
  }
}

/// Leave at home what there is too little of
static FhStatus
leave_out(Job* const job, const FhVenue* const full, const char* const model)
{
  FhVenue* const view = &job->start;
  if (job_in_stock(job, view, model, 0)) {
    return FH_OK;
  }
  const size_t count = stock_used(view, model) - stock_of(job, model);
  while (!job_in_stock(job, view, model, 0)) {
    if (!shrink_arrays(view, model) && !mute_last(view, model)) {
      break;
    }
  }
  char names[160] = "";
  char why[256];
  name_short(full, view, model, names, sizeof names);
  (void)snprintf(
    why, sizeof why, "to hang %s as the venue's system has it", names);
  return job_note_lack(job, model, count, why);
}

FhStatus
job_fit_stock(Job* const job)
{
  FhStatus status = view_new(job->venue, 0, &job->start);
  if (status) {
    return status;
  }
  // Too heavy a box gives way to one that its point carries
  for (size_t r = 0; r < job->venue->n_placement; ++r) {
    const FhPlacementRule* const rule = &job->venue->placement[r];
    const double most_kg = job_mass_limit_kg(job, rule);
    bool heavy = false;
    for (size_t e = 0; most_kg > 0.0 && e < view_count(&job->start); ++e) {
      heavy =
        heavy || (rule_of(job->venue, view_name(&job->start, e)) == rule &&
                  evaluator_mass_kg(job->evaluator, &job->start, e) > most_kg);
    }
    if (heavy) {
      (void)job_hang_other(job, rule, &job->start);
    }
  }
  if (!job->stock) {
    return FH_OK;
  }
  for (size_t e = 0; e < view_count(&job->start); ++e) {
    replace(job, &job->start, view_model(job->venue, e));
  }
  FhVenue full;
  status = view_new(&job->start, 0, &full);
  size_t left = 0;
  for (size_t e = 0; e < view_count(&job->start) && !status; ++e) {
    status = leave_out(job, &full, view_model(&full, e));
    left += view_boxes(&job->start, e);
  }
  view_clear(&full);
  if (!status && !left && view_count(&job->start)) {
    fh_diag_add(job->diag,
                FH_DIAG_ERROR,
                job->venue->path,
                0,
                0,
                "nothing in stock fits what hangs here; add its models to the "
                "stock, or let its rules choose among 'models'");
    status = FH_ERR_INVALID_DATA;
  }
  return status;
}
