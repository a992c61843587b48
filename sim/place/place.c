// SPDX-License-Identifier: GPL-3.0-or-later
#include "search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Candidates: of the first search and of every polish per variable, and of a
/// unit that is added; no search of several variables has less than the last
#define GLOBAL_PER_VARIABLE 30
#define UNIT_CANDIDATES     150
#define POLISH_PER_VARIABLE 20
#define LEAST_CANDIDATES    120
/// Units added at most
#define MAX_UNITS 16
/// A box more has to be worth this much of the goals' units
#define COST_OF_BOX 0.02
/// Systems simulated in full at most
#define MAX_SIMULATED 8

FhPlaceDesc
fh_place_desc_default(void)
{
  FhPlaceDesc desc;
  memset(&desc, 0, sizeof desc);
  desc.seed = 1;
  desc.n_simulated = 3;
  desc.max_seats = 320;
  desc.trace = fh_trace_desc_default();
  desc.trace.seats = true;
  desc.trace.diffraction = true;
  return desc;
}

static void
option_clear(FhPlaceOption* const option)
{
  fh_venue_clear(&option->venue);
  free(option->move);
  memset(option, 0, sizeof *option);
}

void
fh_place_clear(FhPlace* const place)
{
  fh_run_clear(&place->before);
  fh_run_clear(&place->after);
  for (size_t i = 0; place->option && i < place->n; ++i) {
    option_clear(&place->option[i]);
  }
  free(place->option);
  free(place->lacking);
  memset(place, 0, sizeof *place);
}

/// One job
typedef struct {
  const FhVenue* venue;
  const FhPlaceDesc* desc;
  FhDiag* diag;
  Watch watch;
  Evaluator* evaluator;
  size_t n_units; ///< Added so far
  size_t unit_rule[MAX_UNITS];
  FhPlace* out;
} Job;

/// Simulate a system without its microphones
static FhStatus
simulate(const Job* const job,
         const FhVenue* const venue,
         FhRun* const run,
         FhDiag* const diag)
{
  FhTraceDesc desc = job->desc->trace;
  desc.seed = job->desc->seed;
  desc.n_threads = job->desc->n_threads;
  desc.seats = true;
  FhVenue quiet = *venue;
  quiet.n_microphones = 0;
  const FhStatus status = fh_run_compute(
    &quiet, &desc, job->watch.progress, job->watch.user, run, diag);
  run->venue = venue;
  return status;
}

static FhStatus
score_run(FhRun* const run, FhPlaceScore* const out)
{
  FhHeadroom headroom;
  fh_sources_headroom(run->sources, UINT64_MAX, FH_INPUT_PINK, 6.0, &headroom);
  return fh_place_score(run->venue,
                        run->scene.seats,
                        run->scene.n_seats,
                        run->seats,
                        headroom.headroom_db,
                        out);
}

/// T per octave: mean over the seats, else by Eyring
static void
decay_of(const FhRun* const run, double decay_s[FH_N_OCTAVES])
{
  fh_scene_eyring_t60_s(&run->scene, decay_s);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double sum = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < run->scene.n_seats; ++i) {
      if (isfinite(run->seats[i].t30_s[b])) {
        sum += (double)run->seats[i].t30_s[b];
        ++n;
      }
    }
    decay_s[b] = n ? sum / (double)n : decay_s[b];
    decay_s[b] = decay_s[b] > 0.05 ? decay_s[b] : 0.05;
  }
}

static void
complain(const Job* const job, const Group* const group, const char* const text)
{
  fh_diag_add(job->diag,
              FH_DIAG_ERROR,
              job->venue->path,
              group->rule->line,
              0,
              "placement rule %zu cannot be met: %s",
              group->number,
              text);
}

/// Enter a space, saying which rule hangs everything in walls
static FhStatus
enter(const Job* const job, const Space* const space)
{
  const FhStatus status = evaluator_enter(job->evaluator, &space->base, space);
  if (status == FH_ERR_NOT_FOUND) {
    for (size_t g = 0; g < space->n_groups; ++g) {
      if (space->group[g].rule->has_within &&
          !evaluator_has_room(
            job->evaluator, space, space->group[g].emitter[0])) {
        complain(job,
                 &space->group[g],
                 "all of 'within' lies in walls or outside the room; move it");
        return FH_ERR_INVALID_DATA;
      }
    }
  }
  return status;
}

/// Keep gains within what loudspeakers can do, and masses within limits
static FhStatus
apply_limits(const Job* const job, Space* const space)
{
  FhStatus status = FH_OK;
  for (size_t g = 0; g < space->n_groups; ++g) {
    const Group* const group = &space->group[g];
    const double most_kg = group->rule->max_mass_kg > 0.0
                             ? group->rule->max_mass_kg
                             : job->desc->max_mass_kg;
    double limit_db = HUGE_VAL;
    for (size_t i = 0; i < group->n; ++i) {
      limit_db = fmin(
        limit_db,
        evaluator_gain_limit(job->evaluator, &space->base, group->emitter[i]));
      const double mass_kg =
        evaluator_mass_kg(job->evaluator, &space->base, group->emitter[i]);
      if (most_kg > 0.0 && mass_kg > most_kg) {
        char text[200];
        (void)snprintf(text,
                       sizeof text,
                       "'%s' weighs %.4g kg, but its point carries %.4g kg "
                       "('max_mass_kg'); use lighter or fewer boxes",
                       view_name(&space->base, group->emitter[i]),
                       mass_kg,
                       most_kg);
        complain(job, group, text);
        status = FH_ERR_INVALID_DATA;
      }
    }
    for (size_t i = 0; i < space->n; ++i) {
      Variable* const v = &space->variable[i];
      if (v->group != g || v->kind != VARY_GAIN) {
        continue;
      }
      if (v->low > limit_db + 1e-9) {
        char text[200];
        (void)snprintf(text,
                       sizeof text,
                       "'gain_db' starts at %.1f dB, but '%s' reaches its "
                       "maximum output at %.1f dB; lower the range",
                       v->low,
                       view_name(&space->base, group->emitter[0]),
                       limit_db);
        complain(job, group, text);
        status = FH_ERR_INVALID_DATA;
      }
      v->high = fmax(fmin(v->high, limit_db), v->low + 1e-6);
    }
  }
  return status;
}

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
  status = status ? status : enter(job, space);
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
  status = status ? status : apply_limits(job, space);
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

/// Boxes of a model that a system needs, muted ones too: they hang there
static size_t
count_model(const FhVenue* const venue, const char* const model)
{
  size_t n = 0;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    n += !strcmp(venue->loudspeakers[i].model, model);
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    n += strcmp(venue->arrays[i].box, model) ? 0 : venue->arrays[i].count;
  }
  return n;
}

/// Boxes of a model that there are
static size_t
stock_of(const FhPlaceDesc* const desc, const char* const model)
{
  size_t n = 0;
  for (size_t i = 0; i < desc->n_stock; ++i) {
    n += strcmp(desc->stock[i].model, model) ? 0 : desc->stock[i].count;
  }
  return n;
}

/// Whether the stock has another unit of what a rule adds
static bool
in_stock(const Job* const job, const FhPlacementRule* const rule)
{
  size_t used = count_model(job->venue, rule->add_model);
  for (size_t u = 0; u < job->n_units; ++u) {
    const FhPlacementRule* const other =
      &job->venue->placement[job->unit_rule[u]];
    used += strcmp(other->add_model, rule->add_model) ? 0 : rule_unit(other);
  }
  return !job->desc->stock ||
         used + rule_unit(rule) <= stock_of(job->desc, rule->add_model);
}

/// Note what the stock lacks of a model, once
static FhStatus
note_lack(FhPlace* const out,
          const FhPlaceDesc* const desc,
          const char* const model)
{
  const size_t need = count_model(&out->option[0].venue, model);
  const size_t have = stock_of(desc, model);
  for (size_t i = 0; i < out->n_lacking; ++i) {
    if (!strcmp(out->lacking[i].model, model)) {
      return FH_OK;
    }
  }
  if (need <= have) {
    return FH_OK;
  }
  FhPlaceStock* const grown = (FhPlaceStock*)realloc(
    out->lacking, (out->n_lacking + 1) * sizeof(FhPlaceStock));
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  out->lacking = grown;
  FhPlaceStock* const one = &out->lacking[out->n_lacking++];
  memset(one, 0, sizeof *one);
  (void)snprintf(one->model, sizeof one->model, "%s", model);
  one->count = need - have;
  return FH_OK;
}

/// What has to be hired in for the best system
static FhStatus
list_lacks(FhPlace* const out, const FhPlaceDesc* const desc)
{
  FhStatus status = FH_OK;
  if (!desc->stock || !out->n) {
    return status;
  }
  const FhVenue* const venue = &out->option[0].venue;
  for (size_t i = 0; i < venue->n_loudspeakers && !status; ++i) {
    status = note_lack(out, desc, venue->loudspeakers[i].model);
  }
  for (size_t i = 0; i < venue->n_arrays && !status; ++i) {
    status = note_lack(out, desc, venue->arrays[i].box);
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
         used + rule_unit(r) <= (size_t)r->add_max && in_stock(job, r);
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
  status = enter(job, space);
  return status ? status : polish(job, space, best);
}

/// From the system as it is to the best with each number of units
static FhStatus
search(Job* const job)
{
  Space space;
  FhStatus status =
    space_new(job->venue, job->venue, job->unit_rule, 0, &space);
  if (status) {
    return status;
  }
  Best best;
  memset(&best, 0, sizeof best);
  status = enter(job, &space);
  status = status ? status : apply_limits(job, &space);
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

/// Cost of an option, boxes included, as well as it is known
static double
price(const FhPlaceOption* const option)
{
  const double cost =
    option->simulated ? option->full.cost : option->search.cost;
  return cost + COST_OF_BOX * (double)option->n_boxes;
}

static int
by_price(const void* const a, const void* const b)
{
  const FhPlaceOption* const x = (const FhPlaceOption*)a;
  const FhPlaceOption* const y = (const FhPlaceOption*)b;
  // What was simulated comes before what was only guessed
  if (x->simulated != y->simulated) {
    return x->simulated ? -1 : 1;
  }
  const double p = price(x);
  const double q = price(y);
  if (p < q || p > q) {
    return p < q ? -1 : 1;
  }
  return (x->n_boxes > y->n_boxes) - (x->n_boxes < y->n_boxes);
}

static double
spread_of(const FhPlaceOption* const option)
{
  return option->simulated ? option->full.spread_db : option->search.spread_db;
}

static void
mark_front(FhPlace* const out)
{
  for (size_t i = 0; i < out->n; ++i) {
    FhPlaceOption* const a = &out->option[i];
    a->front = true;
    for (size_t j = 0; j < out->n; ++j) {
      const FhPlaceOption* const b = &out->option[j];
      if (b->n_boxes <= a->n_boxes && spread_of(b) < spread_of(a) - 1e-9) {
        a->front = false;
      }
    }
  }
}

/// Simulate the best; the winner's run is kept
static FhStatus
simulate_best(Job* const job)
{
  FhPlace* const out = job->out;
  qsort(out->option, out->n, sizeof *out->option, by_price);
  const size_t most = job->desc->n_simulated < MAX_SIMULATED
                        ? job->desc->n_simulated
                        : MAX_SIMULATED;
  size_t kept = SIZE_MAX;
  FhStatus status = FH_OK;
  for (size_t i = 0; i < out->n && i < most && !status; ++i) {
    FhPlaceOption* const option = &out->option[i];
    FhRun run;
    status = simulate(job, &option->venue, &run, NULL);
    if (!status && run.interrupted) {
      fh_run_clear(&run);
      status = FH_ERR_INTERRUPTED;
    }
    if (status) {
      break;
    }
    status = score_run(&run, &option->full);
    option->simulated = !status;
    if (!status &&
        (kept == SIZE_MAX || price(option) < price(&out->option[kept]))) {
      fh_run_clear(&out->after);
      out->after = run;
      kept = i;
    } else {
      fh_run_clear(&run);
    }
  }
  if (status == FH_ERR_INTERRUPTED) {
    out->interrupted = true;
    status = FH_OK;
  }
  qsort(out->option, out->n, sizeof *out->option, by_price);
  if (kept != SIZE_MAX) {
    // The winner has moved to the front
    out->after.venue = &out->option[0].venue;
  }
  return status;
}

/// Models that rules may add
static FhStatus
spare_models(const FhVenue* const venue,
             char (** const out)[256],
             size_t* const n)
{
  *n = 0;
  *out = (char(*)[256])calloc(venue->n_placement + 1, sizeof **out);
  for (size_t r = 0; *out && r < venue->n_placement; ++r) {
    if (venue->placement[r].add_max) {
      memcpy((*out)[(*n)++],
             venue->placement[r].add_model,
             sizeof venue->placement[r].add_model);
    }
  }
  return *out ? FH_OK : FH_ERR_NO_MEM;
}

static FhStatus
prepare(Job* const job)
{
  FhPlace* const out = job->out;
  char(*spare)[256] = NULL;
  size_t n_spare = 0;
  double decay_s[FH_N_OCTAVES];
  decay_of(&out->before, decay_s);
  FhStatus status = spare_models(job->venue, &spare, &n_spare);
  if (!status) {
    status = evaluator_new(job->venue,
                           &out->before.scene,
                           out->before.caster,
                           job->desc,
                           (const char(*)[256])spare,
                           n_spare,
                           decay_s,
                           job->watch.progress,
                           job->watch.user,
                           &job->evaluator,
                           job->diag);
  }
  free(spare);
  return status;
}

FhStatus
fh_place(const FhVenue* const venue,
         const FhPlaceDesc* const desc,
         const FhProgressFn progress,
         const FhPlaceBestFn best,
         void* const user,
         FhPlace* const out,
         FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  out->venue = venue;
  Job job = {.venue = venue,
             .desc = desc,
             .diag = diag,
             .watch = {.progress = progress,
                       .best = best,
                       .user = user,
                       .seed = desc->seed},
             .out = out};
  const double started_s = watch_now_s();
  FhStatus status = rules_check(venue, diag);
  status = status ? status : simulate(&job, venue, &out->before, diag);
  if (!status && out->before.interrupted) {
    status = FH_ERR_INTERRUPTED;
  }
  status = status ? status : score_run(&out->before, &out->full);
  status = status ? status : prepare(&job);
  const double ready_s = watch_now_s();
  if (!status && desc->budget_s > 0.0) {
    // Leave time to simulate the best, each like the system as it is
    const double each_s = ready_s - started_s;
    const double left_s =
      desc->budget_s - each_s * (1.0 + 1.2 * (double)desc->n_simulated);
    job.watch.until_s = ready_s + fmax(left_s, 0.1 * desc->budget_s);
  }
  status = status ? status : search(&job);
  out->search_s = watch_now_s() - ready_s;
  out->interrupted = job.watch.interrupted;
  out->out_of_time = job.watch.out_of_time;
  if (job.evaluator) {
    out->n_evaluations = evaluator_count(job.evaluator);
    out->n_positions = evaluator_positions(job.evaluator);
  }
  evaluator_free(job.evaluator);
  if (!status && !out->interrupted) {
    status = simulate_best(&job);
  } else if (!status) {
    qsort(out->option, out->n, sizeof *out->option, by_price);
  }
  status = status ? status : list_lacks(out, desc);
  for (size_t i = 0; i < out->n && !status; ++i) {
    status = moves_describe(venue, &out->option[i]);
  }
  if (status) {
    fh_place_clear(out);
  } else {
    mark_front(out);
  }
  return status;
}
