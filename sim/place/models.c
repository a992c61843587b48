// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
  The choice among models: what may hang in the places of a rule, and which of
  it is best there.
*/

/// Emitters of a view that a rule moves
static size_t
members_of(const FhPlacementRule* const rule,
           const FhVenue* const view,
           size_t emitter[MAX_MEMBERS])
{
  size_t n = 0;
  for (size_t k = 0; k < rule->n_move; ++k) {
    for (size_t e = 0; e < view_count(view) && n < MAX_MEMBERS; ++e) {
      if (!strcmp(view_name(view, e), rule->move[k])) {
        emitter[n++] = e;
      }
    }
  }
  return n;
}

FhStatus
job_check_models(const Job* const job)
{
  FhStatus status = FH_OK;
  for (size_t r = 0; r < job->venue->n_placement; ++r) {
    const FhPlacementRule* const rule = &job->venue->placement[r];
    size_t emitter[MAX_MEMBERS];
    const size_t n = members_of(rule, job->venue, emitter);
    FhVenue view;
    if (view_new(job->venue, 0, &view)) {
      return FH_ERR_NO_MEM;
    }
    for (size_t m = 0; m < rule->n_models; ++m) {
      for (size_t i = 0; i < n; ++i) {
        double splay_deg[2] = {1.0, 0.0};
        view_set_model(&view, emitter[i], rule->models[m]);
        if (emitter[i] < view.n_loudspeakers ||
            (evaluator_rigging(job->evaluator, &view, emitter[i], splay_deg) &&
             splay_deg[0] <= splay_deg[1])) {
          continue;
        }
        fh_diag_add(job->diag,
                    FH_DIAG_ERROR,
                    job->venue->path,
                    rule->line,
                    0,
                    "placement rule %zu: '%.80s' in 'models' is no box for "
                    "arrays such as '%s'; name boxes that have 'splay_deg'",
                    r + 1,
                    rule->models[m],
                    view_name(&view, emitter[i]));
        status = FH_ERR_INVALID_DATA;
        break;
      }
    }
    view_clear(&view);
  }
  return status;
}

/// Whether stock and points allow what hangs at some emitters
static bool
suits(const Job* const job,
      const FhPlacementRule* const rule,
      const FhVenue* const view,
      const size_t* const emitter,
      const size_t n)
{
  const double most_kg = job_mass_limit_kg(job, rule);
  for (size_t i = 0; i < n; ++i) {
    if (!job_in_stock(job, view, view_model(view, emitter[i]), 0) ||
        (most_kg > 0.0 &&
         evaluator_mass_kg(job->evaluator, view, emitter[i]) > most_kg)) {
      return false;
    }
  }
  return true;
}

bool
job_hang_other(const Job* const job,
               const FhPlacementRule* const rule,
               FhVenue* const view)
{
  size_t emitter[MAX_MEMBERS];
  const size_t n = members_of(rule, view, emitter);
  FhVenue tried;
  if (view_new(view, 0, &tried)) {
    return false;
  }
  bool found = false;
  for (size_t m = 0; m < rule->n_models && !found; ++m) {
    for (size_t i = 0; i < n; ++i) {
      view_set_model(&tried, emitter[i], rule->models[m]);
    }
    found = suits(job, rule, &tried, emitter, n);
  }
  for (size_t i = 0; found && i < n; ++i) {
    view_set_model(view, emitter[i], view_model(&tried, emitter[i]));
  }
  view_clear(&tried);
  return found;
}

/// Hang a group's candidate `m` in a view: its rule's models, then what the
/// venue or the rule's `add` has there. False where that changes nothing
static bool
hang(const Job* const job,
     const Group* const group,
     const size_t m,
     FhVenue* const view)
{
  bool changed = false;
  for (size_t i = 0; i < group->n; ++i) {
    const size_t e = group->emitter[i];
    // Arrays stand behind what was added, which the venue does not have
    const size_t own = e < view->n_loudspeakers ? e
                                                : e - view->n_loudspeakers +
                                                    job->venue->n_loudspeakers;
    const char* const model = m < group->rule->n_models ? group->rule->models[m]
                              : group->added            ? group->rule->add_model
                                             : view_model(job->venue, own);
    changed = changed || strcmp(view_model(view, e), model) != 0;
    view_set_model(view, e, model);
  }
  return changed;
}

/// How much louder or quieter a group should play to keep the goals' level
static void
match_level(const Space* const space,
            const size_t group,
            const Best* const before,
            const Best* const now,
            double* const x)
{
  for (size_t i = 0; i < space->n; ++i) {
    const Variable* const v = &space->variable[i];
    if (v->group == group && v->kind == VARY_GAIN) {
      const double louder = before->score.level_dba - now->score.level_dba;
      x[i] = fmin(fmax(x[i] + louder, v->low), v->high);
    }
  }
}

/// Try one candidate in the places of a group; `own` has its cost, huge where
/// it cannot hang there
static FhStatus
try_model(Job* const job,
          const Space* const before,
          const Best* const known,
          const size_t group,
          const size_t m,
          Space* const space,
          Best* const own)
{
  memset(space, 0, sizeof *space);
  own->score.cost = HUGE_VAL;
  FhVenue view;
  FhStatus status = view_new(&before->base, 0, &view);
  if (status) {
    return status;
  }
  space_apply(before, known->x, &view);
  const Group* const g = &before->group[group];
  const bool worth =
    hang(job, g, m, &view) && suits(job, g->rule, &view, g->emitter, g->n);
  if (worth) {
    status = space_new(job->venue, &view, job->unit, job->n_units, space);
  }
  view_clear(&view);
  if (!worth || status) {
    return status;
  }
  // What cannot hang there is no fault of the rules: others can
  Job quiet = *job;
  quiet.diag = NULL;
  if (job_apply_limits(&quiet, space) || job_enter(&quiet, space)) {
    return FH_OK;
  }
  space_start(space, own->x);
  status = search_begin(job->evaluator, space, &job->watch, own);
  Best matched = *own;
  if (!status) {
    match_level(space, group, known, own, matched.x);
    status = search_begin(job->evaluator, space, &job->watch, &matched);
  }
  if (!status && matched.score.cost < own->score.cost) {
    *own = matched;
  }
  return status ? status
                : search_run(job->evaluator,
                             space,
                             SEARCH_LOCAL,
                             group,
                             0.1,
                             job_share(job, UNIT_CANDIDATES),
                             &job->watch,
                             own);
}

uint64_t
job_count_models(const Space* const space)
{
  uint64_t n = 0;
  for (size_t g = 0; g < space->n_groups; ++g) {
    n += (UNIT_CANDIDATES + 2) * space->group[g].rule->n_models;
  }
  return n;
}

FhStatus
job_choose_models(Job* const job,
                  Space* const space,
                  Best* const best,
                  bool* const changed)
{
  FhStatus status = FH_OK;
  *changed = false;
  for (size_t g = 0; g < space->n_groups && !status; ++g) {
    const FhPlacementRule* const rule = space->group[g].rule;
    const size_t n = rule->n_models ? rule->n_models + 1 : 0;
    for (size_t m = 0; m < n && !status && watch_goes_on(&job->watch); ++m) {
      Space tried;
      Best own;
      status = try_model(job, space, best, g, m, &tried, &own);
      if (!status && own.score.cost < best->score.cost - COST_OF_BOX) {
        const Space loser = *space;
        *space = tried;
        tried = loser;
        *best = own;
        *changed = true;
      }
      space_clear(&tried);
    }
  }
  // The last that was tried may have been another
  return status ? status : job_enter(job, space);
}
