// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Candidates: of the first search and of every polish per variable, and of a
/// unit that is added; no search of several variables has less than the last
#define GLOBAL_PER_VARIABLE 30
#define UNIT_CANDIDATES     150
#define POLISH_PER_VARIABLE 20
#define LEAST_CANDIDATES    120

/// Loudspeakers and boxes that play
static size_t
count_boxes(const FhVenue* const view)
{
  size_t n = 0;
  for (size_t i = 0; i < view->n_loudspeakers; ++i) {
    n += !view->loudspeakers[i].muted;
  }
  for (size_t i = 0; i < view->n_arrays; ++i) {
    n += view->arrays[i].muted ? 0 : view->arrays[i].count;
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

static uint64_t
share_of(const Job* const job, const uint64_t n)
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

/// Try one unit more by a rule, from the best system without it
static FhStatus
try_unit(Job* const job,
         const Space* const before,
         const Best* const known,
         const size_t rule,
         Space* const space,
         Best* const best)
{
  FhVenue view;
  FhStatus status = view_new(&before->base, 0, &view);
  if (status) {
    return status;
  }
  space_apply(before, known->x, &view);
  job->unit_rule[job->n_units] = rule;
  status =
    space_new(job->venue, &view, job->unit_rule, job->n_units + 1, space);
  view_clear(&view);
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
                        share_of(job, UNIT_CANDIDATES),
                        &job->watch,
                        best);
  }
  return status;
}

static bool
may_add(const Job* const job, const size_t rule)
{
  const FhPlacementRule* const r = &job->venue->placement[rule];
  size_t used = 0;
  for (size_t u = 0; u < job->n_units; ++u) {
    used += job->unit_rule[u] == rule ? rule_unit(r) : 0;
  }
  return job->n_units < MAX_UNITS &&
         used + rule_unit(r) <= (size_t)r->add_max && job_in_stock(job, r);
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
               candidates(POLISH_PER_VARIABLE, space->n);
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
                    share_of(job, candidates(POLISH_PER_VARIABLE, space->n)),
                    &job->watch,
                    best);
}

/// Add the unit that helps most; `space` and `best` become those with it.
/// Sets `added` to whether there was one
static FhStatus
add_unit(Job* const job,
         Space* const space,
         Best* const best,
         bool* const added)
{
  Space chosen;
  Best winner;
  memset(&chosen, 0, sizeof chosen);
  winner.score.cost = HUGE_VAL;
  size_t rule = SIZE_MAX;
  FhStatus status = FH_OK;
  *added = false;
  for (size_t r = 0; r < job->venue->n_placement && !status; ++r) {
    if (!may_add(job, r) || !watch_goes_on(&job->watch)) {
      continue;
    }
    Space tried;
    Best own;
    status = try_unit(job, space, best, r, &tried, &own);
    if (!status && own.score.cost < winner.score.cost) {
      const Space loser = chosen;
      chosen = tried;
      tried = loser;
      winner = own;
      rule = r;
    }
    space_clear(&tried);
  }
  if (status || rule == SIZE_MAX) {
    space_clear(&chosen);
    return status;
  }
  job->unit_rule[job->n_units++] = rule;
  space_clear(space);
  *space = chosen;
  *best = winner;
  *added = true;
  status = job_enter(job, space);
  return status ? status : polish(job, space, best);
}

FhStatus
job_search(Job* const job)
{
  Space space;
  FhStatus status =
    space_new(job->venue, job->venue, job->unit_rule, 0, &space);
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
  if (!status) {
    share_time(job, 1 + units_left(job));
    space_start(&space, best.x);
    status = search_begin(job->evaluator, &space, &job->watch, &best);
  }
  if (!status) {
    status = search_run(job->evaluator,
                        &space,
                        SEARCH_GLOBAL,
                        SIZE_MAX,
                        0.0,
                        share_of(job, candidates(GLOBAL_PER_VARIABLE, space.n)),
                        &job->watch,
                        &best);
  }
  status = status ? status : polish(job, &space, &best);
  status = status ? status : keep(job, &space, &best);
  bool more = !status;
  while (more && !status && !job->watch.interrupted &&
         !job->watch.out_of_time) {
    share_time(job, units_left(job));
    status = add_unit(job, &space, &best, &more);
    if (!status && more) {
      status = keep(job, &space, &best);
    }
  }
  space_clear(&space);
  return status;
}
