// SPDX-License-Identifier: GPL-3.0-or-later
#include "search.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// A search ends when its steps are this share of the ranges
#define STEP_END 5e-4
/// Cost of a candidate that hangs in a wall or in somebody's view
#define FORBIDDEN 1e3

typedef struct {
  Evaluator* evaluator;
  const Space* space;
  Watch* watch;
  Best* best;
  size_t n;
  size_t index[MAX_VARIABLES]; ///< [n] variables that this run varies
  FhVenue view;                ///< Owned
  nlopt_opt opt;
  FhStatus status;
} Run;

double
watch_now_s(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool
watch_goes_on(Watch* const watch)
{
  const double n = fmax((double)watch->n_expected, 1.0);
  if (watch->progress &&
      !watch->progress(watch->user, "Placing", (double)watch->n_done / n)) {
    watch->interrupted = true;
  }
  const double now_s = watch_now_s();
  if (watch->until_s > 0.0 && now_s > watch->until_s) {
    watch->out_of_time = true;
  }
  const bool stage_over = watch->stage_s > 0.0 && now_s > watch->stage_s;
  return !watch->interrupted && !watch->out_of_time && !stage_over;
}

static void
tell(Watch* const watch, const FhPlaceScore* const score)
{
  if (score->cost < watch->told_cost) {
    watch->told_cost = score->cost;
    if (watch->best) {
      watch->best(watch->user, score);
    }
  }
}

/// Whether everything that moves hangs in the air and out of sight
static bool
may_hang(const Evaluator* const evaluator,
         const Space* const space,
         const FhVenue* const view)
{
  for (size_t g = 0; g < space->n_groups; ++g) {
    const Group* const group = &space->group[g];
    if (!sight_is_kept(evaluator, group, view)) {
      return false;
    }
    for (size_t i = 0; group->rule->has_within && i < group->n; ++i) {
      if (!evaluator_hangs_free(evaluator, view, group->emitter[i])) {
        return false;
      }
    }
  }
  return true;
}

FhStatus
search_begin(Evaluator* const evaluator,
             const Space* const space,
             Watch* const watch,
             Best* const best)
{
  FhVenue view;
  FhStatus status = view_new(&space->base, 0, &view);
  if (status) {
    return status;
  }
  space_apply(space, best->x, &view);
  status = evaluator_judge(evaluator, &view, &best->score);
  if (!status && !may_hang(evaluator, space, &view)) {
    best->score.cost = FORBIDDEN;
  }
  view_clear(&view);
  ++watch->n_done;
  if (!status) {
    tell(watch, &best->score);
  }
  return status;
}

static double
scaled(const Variable* const v, const double x)
{
  return (x - v->low) / (v->high - v->low);
}

static double
objective(const unsigned n,
          const double* const unit,
          double* const gradient,
          void* const user)
{
  (void)gradient;
  Run* const run = (Run*)user;
  double x[MAX_VARIABLES];
  memcpy(x, run->best->x, sizeof x);
  for (size_t i = 0; i < n; ++i) {
    const Variable* const v = &run->space->variable[run->index[i]];
    const double share = fmin(fmax(unit[i], 0.0), 1.0);
    x[run->index[i]] = v->low + share * (v->high - v->low);
  }
  space_apply(run->space, x, &run->view);
  FhPlaceScore score = {.cost = FORBIDDEN};
  if (may_hang(run->evaluator, run->space, &run->view)) {
    run->status = evaluator_judge(run->evaluator, &run->view, &score);
  }
  ++run->watch->n_done;
  if (run->status) {
    nlopt_force_stop(run->opt);
    return FORBIDDEN;
  }
  if (score.cost < run->best->score.cost) {
    memcpy(run->best->x, x, sizeof x);
    run->best->score = score;
    tell(run->watch, &score);
  }
  if (!watch_goes_on(run->watch)) {
    nlopt_force_stop(run->opt);
  }
  return score.cost;
}

static FhStatus
minimise(Run* const run,
         const SearchKind kind,
         const double step,
         const uint64_t n)
{
  double unit[MAX_VARIABLES];
  for (size_t i = 0; i < run->n; ++i) {
    unit[i] =
      scaled(&run->space->variable[run->index[i]], run->best->x[run->index[i]]);
  }
  double cost = 0.0;
  const bool ready =
    nlopt_set_min_objective(run->opt, objective, run) > 0 &&
    nlopt_set_lower_bounds1(run->opt, 0.0) > 0 &&
    nlopt_set_upper_bounds1(run->opt, 1.0) > 0 &&
    nlopt_set_maxeval(run->opt, (int)(n < 1000000 ? n : 1000000)) > 0 &&
    nlopt_set_xtol_abs1(run->opt, STEP_END) > 0 &&
    (kind == SEARCH_GLOBAL || nlopt_set_initial_step1(run->opt, step) > 0);
  if (!ready) {
    return FH_ERR_NO_MEM;
  }
  // The generator belongs to this thread; every run starts it anew
  nlopt_srand((unsigned long)run->watch->seed);
  const nlopt_result result = nlopt_optimize(run->opt, unit, &cost);
  if (run->status) {
    return run->status;
  }
  // Rounding may stop it early: what was found stands
  return result == NLOPT_OUT_OF_MEMORY ? FH_ERR_NO_MEM : FH_OK;
}

FhStatus
search_run(Evaluator* const evaluator,
           const Space* const space,
           const SearchKind kind,
           const size_t group,
           const double step,
           const uint64_t n,
           Watch* const watch,
           Best* const best)
{
  Run run = {
    .evaluator = evaluator, .space = space, .watch = watch, .best = best};
  for (size_t i = 0; i < space->n; ++i) {
    if (group == SIZE_MAX || space->variable[i].group == group) {
      run.index[run.n++] = i;
    }
  }
  if (!run.n || n < 2 || !watch_goes_on(watch)) {
    return FH_OK;
  }
  FhStatus status = view_new(&space->base, 0, &run.view);
  if (status) {
    return status;
  }
  run.opt = nlopt_create(
    kind == SEARCH_GLOBAL ? NLOPT_GN_CRS2_LM : NLOPT_LN_SBPLX, (unsigned)run.n);
  status = run.opt ? minimise(&run, kind, step, n) : FH_ERR_NO_MEM;
  nlopt_destroy(run.opt);
  view_clear(&run.view);
  return status;
}
