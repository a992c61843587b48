// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Candidates of the first search and of every polish per variable; no search
/// of several variables has less than the last
#define GLOBAL_PER_VARIABLE 30
#define POLISH_PER_VARIABLE 20
#define LEAST_CANDIDATES    120

/// Loudspeakers and boxes that play
static size_t
count_boxes(const FhVenue* const view)
{
  size_t n = 0;
  for (size_t e = 0; e < view_count(view); ++e) {
    n += view_boxes(view, e);
  }
  return n;
}

/// A whole venue with the system of a view, rounded to what can be set up
static FhStatus
venue_of(const FhVenue* const venue,
         const FhVenue* const view,
         FhVenue* const out)
{
  FhVenue whole = *venue;
  whole.loudspeakers = view->loudspeakers;
  whole.n_loudspeakers = view->n_loudspeakers;
  whole.arrays = view->arrays;
  whole.n_arrays = view->n_arrays;
  const FhStatus status = fh_venue_copy(&whole, out);
  for (size_t e = 0; !status && e < view_count(out); ++e) {
    const Handles h = view_handles(out, e);
    for (size_t k = 0; k < 3; ++k) {
      h.at[k] = round(100.0 * h.at[k]) / 100.0;
    }
    *h.yaw_deg = round(10.0 * *h.yaw_deg) / 10.0;
    *h.pitch_deg = round(10.0 * *h.pitch_deg) / 10.0;
    *h.delay_ms = round(10.0 * *h.delay_ms) / 10.0;
    *h.gain_db = round(10.0 * *h.gain_db) / 10.0;
  }
  return status;
}

/// Keep the best of a space as an option
static FhStatus
keep(Job* const job, const Space* const space, const Best* const best)
{
  FhPlace* const out = job->out;
  FhPlaceOption* const grown =
    (FhPlaceOption*)realloc(out->option, (out->n + 1) * sizeof(FhPlaceOption));
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  out->option = grown;
  FhPlaceOption* const option = &out->option[out->n];
  memset(option, 0, sizeof *option);
  FhVenue view;
  FhStatus status = view_new(&space->base, 0, &view);
  if (status) {
    return status;
  }
  space_apply(space, best->x, &view);
  status = venue_of(job->venue, &view, &option->venue);
  view_clear(&view);
  if (!status) {
    option->search = best->score;
    option->n_boxes = count_boxes(&option->venue);
    option->n_added = space->n_added;
    ++out->n;
  }
  return status;
}

uint64_t
job_share(const Job* const job, const uint64_t n)
{
  if (!job->desc->n_evaluations) {
    return n;
  }
  const uint64_t done = job->watch.n_done;
  const uint64_t left =
    job->desc->n_evaluations > done ? job->desc->n_evaluations - done : 0;
  return n < left ? n : left;
}

/// What is added by a rule that gives no delays sounds after what is heard
/// already, or it would be heard instead of the stage (H. Haas, 1951)
static void
come_after(Space* const space, const double* const guess)
{
  const size_t g = space->n_groups - 1;
  for (size_t i = 0; i < space->n; ++i) {
    Variable* const v = &space->variable[i];
    if (v->group == g && v->kind == VARY_DELAY &&
        !space->group[g].rule->has_delay) {
      v->low = fmin(guess[i], v->high - 1.0);
    }
  }
}

/// Start a unit where it seems to be needed
static FhStatus
start_unit(Job* const job,
           const Space* const before,
           const Best* const known,
           Space* const space,
           Best* const best)
{
  FhVenue view;
  FhPlaceScore score;
  FhStatus status = evaluator_enter(job->evaluator, &before->base, before);
  status = status ? status : view_new(&before->base, 0, &view);
  if (status) {
    return status;
  }
  space_apply(before, known->x, &view);
  status = evaluator_judge(job->evaluator, &view, &score);
  view_clear(&view);
  double(*const guess)[MAX_VARIABLES] =
    (double(*)[MAX_VARIABLES])calloc(MAX_GUESSES, sizeof *guess);
  if (!guess) {
    return FH_ERR_NO_MEM;
  }
  // Its places are known to be free only once its own box was entered
  status = status ? status : job_enter(job, space);
  size_t n = 0;
  if (!status) {
    n = guess_unit(job->evaluator, space, space->n_groups - 1, best->x, guess);
  }
  if (n) {
    come_after(space, guess[0]);
  }
  best->score.cost = HUGE_VAL;
  Best tried = *best;
  status =
    status ? status : search_begin(job->evaluator, space, &job->watch, best);
  for (size_t i = 0; i < n && !status && watch_goes_on(&job->watch); ++i) {
    memcpy(tried.x, guess[i], sizeof tried.x);
    status = search_begin(job->evaluator, space, &job->watch, &tried);
    if (!status && tried.score.cost < best->score.cost) {
      *best = tried;
    }
  }
  free(guess);
  return status;
}

/// Try one unit more, from the best system without it
static FhStatus
try_unit(Job* const job,
         const Space* const before,
         const Best* const known,
         const Unit unit,
         Space* const space,
         Best* const best)
{
  memset(space, 0, sizeof *space);
  best->score.cost = HUGE_VAL;
  FhVenue view;
  FhStatus status = view_new(&before->base, 0, &view);
  if (status) {
    return status;
  }
  space_apply(before, known->x, &view);
  job->unit[job->n_units] = unit;
  status = space_new(job->venue, &view, job->unit, job->n_units + 1, space);
  view_clear(&view);
  if (!status && job->venue->placement[unit.rule].n_models) {
    // What its point does not carry is no fault of the rule: it has others
    Job quiet = *job;
    quiet.diag = NULL;
    if (job_apply_limits(&quiet, space)) {
      return FH_OK;
    }
  }
  status = status ? status : job_apply_limits(job, space);
  if (!status) {
    memset(best, 0, sizeof *best);
    space_start(space, best->x);
    status = start_unit(job, before, known, space, best);
  }
  if (!status) {
    status = search_run(job->evaluator,
                        space,
                        SEARCH_LOCAL,
                        space->n_groups - 1,
                        0.1,
                        job_share(job, UNIT_CANDIDATES),
                        &job->watch,
                        best);
  }
  return status;
}

/// Whether a rule allows another unit
static bool
may_add(const Job* const job, const size_t rule)
{
  const FhPlacementRule* const r = &job->venue->placement[rule];
  size_t used = 0;
  for (size_t u = 0; u < job->n_units; ++u) {
    used += job->unit[u].rule == rule ? rule_unit(r) : 0;
  }
  return job->n_units < MAX_UNITS && used + rule_unit(r) <= (size_t)r->add_max;
}

/// The model that a rule may add: its own, then those instead
static const char*
added_model(const FhPlacementRule* const rule, const size_t m)
{
  return m ? rule->models[m - 1] : rule->add_model;
}

/// Stages left, each with an equal part of the time left
static void
share_time(Job* const job, const size_t n_stages)
{
  if (job->watch.until_s > 0.0) {
    const double now_s = watch_now_s();
    job->watch.stage_s =
      now_s + (job->watch.until_s - now_s) / (double)(n_stages ? n_stages : 1);
  }
}

/// Units that rules still allow
static size_t
units_left(const Job* const job)
{
  size_t n = 0;
  for (size_t r = 0; r < job->venue->n_placement; ++r) {
    const FhPlacementRule* const rule = &job->venue->placement[r];
    n += (size_t)rule->add_max / rule_unit(rule);
  }
  n = n < MAX_UNITS ? n : MAX_UNITS;
  return n > job->n_units ? n - job->n_units : 0;
}

/// Candidates of a search of all variables
static uint64_t
candidates(const uint64_t per_variable, const size_t n)
{
  const uint64_t all = per_variable * n;
  return !n ? 0 : all < LEAST_CANDIDATES ? LEAST_CANDIDATES : all;
}

/// Candidates that the whole search will look at, about
static uint64_t
expected(const Job* const job, const Space* const space)
{
  uint64_t n = 1 + candidates(GLOBAL_PER_VARIABLE, space->n) +
               candidates(POLISH_PER_VARIABLE, space->n) +
               job_count_models(space);
  for (size_t u = 1; u <= units_left(job); ++u) {
    n += UNIT_CANDIDATES + candidates(POLISH_PER_VARIABLE, space->n + 6 * u);
  }
  const uint64_t most = job->desc->n_evaluations;
  return most && most < n ? most : n;
}

/// Improve what is there by everything that may change
static FhStatus
polish(Job* const job, const Space* const space, Best* const best)
{
  return search_run(job->evaluator,
                    space,
                    SEARCH_LOCAL,
                    SIZE_MAX,
                    0.05,
                    job_share(job, candidates(POLISH_PER_VARIABLE, space->n)),
                    &job->watch,
                    best);
}

/// The best of all units that could be added
typedef struct {
  Space space;
  Best best;
  Unit unit;
  bool found;
} Addition;

/// Find the unit that helps most, in stock or out of it
static FhStatus
find_unit(Job* const job,
          const Space* const space,
          const Best* const best,
          const bool in_stock,
          Addition* const out)
{
  memset(out, 0, sizeof *out);
  out->best.score.cost = HUGE_VAL;
  FhStatus status = FH_OK;
  for (size_t r = 0; r < job->venue->n_placement && !status; ++r) {
    const FhPlacementRule* const rule = &job->venue->placement[r];
    const size_t n_models = may_add(job, r) ? 1 + rule->n_models : 0;
    for (size_t m = 0; m < n_models && !status; ++m) {
      const Unit unit = {r, added_model(rule, m)};
      if (in_stock !=
            job_in_stock(job, &space->base, unit.model, rule_unit(rule)) ||
          !watch_goes_on(&job->watch)) {
        continue;
      }
      Space tried;
      Best own;
      status = try_unit(job, space, best, unit, &tried, &own);
      if (!status && own.score.cost < out->best.score.cost) {
        const Space loser = out->space;
        out->space = tried;
        tried = loser;
        out->best = own;
        out->unit = unit;
        out->found = true;
      }
      space_clear(&tried);
    }
  }
  if (status) {
    space_clear(&out->space);
  }
  return status;
}

/// Add the unit that helps most; `space` and `best` become those with it.
/// Sets `added` to whether there was one
static FhStatus
add_unit(Job* const job,
         Space* const space,
         Best* const best,
         const bool in_stock,
         bool* const added)
{
  Addition a;
  FhStatus status = find_unit(job, space, best, in_stock, &a);
  *added = !status && a.found;
  if (!*added) {
    return status;
  }
  job->unit[job->n_units++] = a.unit;
  space_clear(space);
  *space = a.space;
  *best = a.best;
  status = job_enter(job, space);
  return status ? status : polish(job, space, best);
}

/// Note fills that rules allow, that are not in stock and that would help;
/// `space` and `best` become those with them
static FhStatus
find_hire(Job* const job, Space* const space, Best* const best)
{
  bool more = job->stock != NULL;
  FhStatus status = FH_OK;
  while (more && !status && watch_goes_on(&job->watch)) {
    const FhPlaceScore before = best->score;
    status = add_unit(job, space, best, false, &more);
    if (status || !more) {
      return status;
    }
    const Unit* const unit = &job->unit[job->n_units - 1];
    const size_t n = rule_unit(&job->venue->placement[unit->rule]);
    more = before.cost - best->score.cost > COST_OF_BOX * (double)n;
    if (more) {
      char why[256];
      (void)snprintf(why,
                     sizeof why,
                     "as %s that placement rule %zu allows: dead seats from "
                     "%.1f to %.1f %%, spread from %.1f to %.1f dB, as the "
                     "search sees it",
                     n > 1 ? "fills" : "a fill",
                     unit->rule + 1,
                     100.0 * before.dead_share,
                     100.0 * best->score.dead_share,
                     before.spread_db,
                     best->score.spread_db);
      status = job_note_lack(job, unit->model, n, why);
    }
  }
  return status;
}

/// Stages that look for what should be hired in
static size_t
hires(const Job* const job)
{
  return job->stock ? 1 : 0;
}

/// The system as it is, with everything that may move at its best
static FhStatus
search_first(Job* const job, const Space* const space, Best* const best)
{
  const size_t models = job_count_models(space) ? 1 : 0;
  share_time(job, 1 + models + units_left(job) + hires(job));
  space_start(space, best->x);
  FhStatus status = search_begin(job->evaluator, space, &job->watch, best);
  if (!status) {
    status =
      search_run(job->evaluator,
                 space,
                 SEARCH_GLOBAL,
                 SIZE_MAX,
                 0.0,
                 job_share(job, candidates(GLOBAL_PER_VARIABLE, space->n)),
                 &job->watch,
                 best);
  }
  status = status ? status : polish(job, space, best);
  return status ? status : keep(job, space, best);
}

/// Other models in the same places
static FhStatus
search_models(Job* const job, Space* const space, Best* const best)
{
  if (!job_count_models(space)) {
    return FH_OK;
  }
  share_time(job, 1 + units_left(job) + hires(job));
  bool changed = false;
  FhStatus status = job_choose_models(job, space, best, &changed);
  if (!status && changed) {
    status = polish(job, space, best);
    status = status ? status : keep(job, space, best);
  }
  return status;
}

FhStatus
job_search(Job* const job)
{
  Space space;
  FhStatus status = job_fit_stock(job);
  status =
    status ? status : space_new(job->venue, &job->start, job->unit, 0, &space);
  if (status) {
    return status;
  }
  Best best;
  memset(&best, 0, sizeof best);
  status = job_enter(job, &space);
  status = status ? status : job_apply_limits(job, &space);
  job->watch.n_expected = expected(job, &space);
  job->watch.told_cost = HUGE_VAL;
  if (!status) {
    status = evaluator_judge(job->evaluator, job->venue, &job->out->search);
  }
  status = status ? status : search_first(job, &space, &best);
  status = status ? status : search_models(job, &space, &best);
  bool more = !status;
  while (more && !status && watch_lives(&job->watch)) {
    share_time(job, units_left(job) + hires(job));
    status = add_unit(job, &space, &best, true, &more);
    if (!status && more) {
      status = keep(job, &space, &best);
    }
  }
  if (!status && watch_lives(&job->watch)) {
    share_time(job, 1);
    status = find_hire(job, &space, &best);
  }
  space_clear(&space);
  return status;
}
