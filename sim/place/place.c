// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
  return place_sum(run->venue,
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

/// Simulate a proposal; what keeps it from that is told, warnings were already
static FhStatus
simulate_option(const Job* const job,
                const FhPlaceOption* const option,
                FhRun* const run)
{
  FhDiag* const found = fh_diag_new();
  if (!found) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status = simulate(job, &option->venue, run, found);
  for (size_t i = 0; status && i < fh_diag_size(found); ++i) {
    const FhDiagEntry* const f = fh_diag_entry(found, i);
    if (f->severity == FH_DIAG_ERROR) {
      fh_diag_add(job->diag,
                  f->severity,
                  f->file,
                  f->line,
                  f->column,
                  "where the rules would put it, %s",
                  f->text);
    }
  }
  fh_diag_free(found);
  return status;
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
    status = simulate_option(job, option, &run);
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

/// Models that rules may add or choose from
static FhStatus
spare_models(const FhVenue* const venue,
             char (** const out)[256],
             size_t* const n)
{
  size_t most = 1;
  for (size_t r = 0; r < venue->n_placement; ++r) {
    most += 1 + venue->placement[r].n_models;
  }
  *n = 0;
  *out = (char(*)[256])calloc(most, sizeof **out);
  for (size_t r = 0; *out && r < venue->n_placement; ++r) {
    const FhPlacementRule* const rule = &venue->placement[r];
    if (rule->add_max) {
      memcpy((*out)[(*n)++], rule->add_model, sizeof rule->add_model);
    }
    for (size_t m = 0; m < rule->n_models; ++m) {
      memcpy((*out)[(*n)++], rule->models[m], sizeof rule->models[m]);
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
  return status ? status : job_check_models(job);
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
             .n_stock = desc->stock ? desc->n_stock : venue->n_stock,
             .stock = desc->stock ? desc->stock : venue->stock,
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
  status = status ? status : job_search(&job);
  out->search_s = watch_now_s() - ready_s;
  out->interrupted = job.watch.interrupted;
  out->out_of_time = job.watch.out_of_time;
  if (job.evaluator) {
    out->n_evaluations = evaluator_count(job.evaluator);
    out->n_positions = evaluator_positions(job.evaluator);
  }
  evaluator_free(job.evaluator);
  view_clear(&job.start);
  if (!status && !out->interrupted) {
    status = simulate_best(&job);
  } else if (!status) {
    qsort(out->option, out->n, sizeof *out->option, by_price);
  }
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
