// SPDX-License-Identifier: GPL-3.0-or-later
#include "place/place_private.h"

#include <fh/share.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
  What placement's judgement of one candidate costs beside a full simulation of
  the same venue, on one thread, and how far the two are apart at the seats, per
  octave. Both look at all seats. `--short` compares one system alone, and so
  does the number of a system, from 1, with all rays.
*/

/// Rays of the simulation that is compared with: its own noise must be small
#define SURE_RAYS         262144
#define SURE_GATHER_RAYS  2048
#define BRIEF_RAYS        8192
#define BRIEF_GATHER_RAYS 256
/// Rays of the simulation that costs are compared with: those that make it as
/// accurate as the search is
#define EQUAL_RAYS        8192
#define EQUAL_GATHER_RAYS 256
/// Candidates that are timed
#define N_TIMED 8
/// The theatre's name within the bundled data
#define THEATRE "theatre-1200/mains-only.yaml"

/// A system: one pair of loudspeakers
typedef struct {
  const char* model;
  double height_m; ///< Of both
  double pitch_deg;
} System;

static const System systems[] = {{"fh-point-90x60", 5.2, -14.0},
                                 {"fh-point-110x50", 5.2, -14.0},
                                 {"fh-point-60x40", 5.2, -14.0},
                                 {"fh-point-60x40", 1.4, -15.0}};

static double
cpu_s(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
print_findings(const FhDiag* const diag)
{
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    (void)fprintf(stderr, "%s\n", fh_diag_entry(diag, i)->text);
  }
}

static void
set_system(FhVenue* const venue, const System* const system)
{
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    FhLoudspeaker* const l = &venue->loudspeakers[i];
    (void)snprintf(l->model, sizeof l->model, "%s", system->model);
    l->at[2] = system->height_m;
    l->pitch_deg = system->pitch_deg;
    l->gain_db = 0.0;
    l->delay_ms = 0.0;
  }
}

/// A full simulation with its cost
static FhStatus
simulate(const FhVenue* const venue,
         const uint64_t n_rays,
         const unsigned gather_rays,
         FhRun* const run,
         double* const used_s)
{
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_threads = 1;
  desc.n_rays = n_rays;
  desc.gather_rays = gather_rays;
  FhDiag* const diag = fh_diag_new();
  const double began_s = cpu_s();
  const FhStatus status = fh_run_compute(venue, &desc, NULL, NULL, run, diag);
  *used_s = cpu_s() - began_s;
  if (status) {
    print_findings(diag);
  }
  fh_diag_free(diag);
  return status;
}

static FhStatus
judge(Evaluator* const evaluator,
      const FhVenue* const view,
      double* const used_s)
{
  FhPlaceScore score;
  const double began_s = cpu_s();
  const FhStatus status = evaluator_judge(evaluator, view, &score);
  *used_s = cpu_s() - began_s;
  return status;
}

/// Root mean square over the seats of what two simulations differ by [dB]
static void
differences(const FhSeatMetrics* const a,
            const FhSeatMetrics* const b,
            const size_t n_seats,
            double rms_db[FH_N_OCTAVES],
            double mean_db[FH_N_OCTAVES])
{
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    double sum = 0.0;
    double square = 0.0;
    for (size_t s = 0; s < n_seats; ++s) {
      const double d =
        (double)a[s].spl_octave_db[o] - (double)b[s].spl_octave_db[o];
      sum += d;
      square += d * d;
    }
    rms_db[o] = sqrt(square / (double)n_seats);
    mean_db[o] = sum / (double)n_seats;
  }
}

/// The worst octave without what the reference itself is unsure of [dB]
static double
worst_of(const double rms_db[FH_N_OCTAVES], const double se_db[FH_N_OCTAVES])
{
  double most = 0.0;
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    const double own = rms_db[o] * rms_db[o] - se_db[o] * se_db[o];
    most = fmax(most, sqrt(fmax(own, 0.0)));
  }
  return most;
}

static void
print_row(const char* const name, const double value[FH_N_OCTAVES])
{
  printf("  %-28s", name);
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    printf(" %6.2f", value[o]);
  }
  printf("\n");
}

/// Times of the evaluator, each the best of a few [s]
typedef struct {
  double first_s;    ///< At the first places, with memory for them
  double position_s; ///< At places that were not traced, after those
  double aim_s;      ///< Another aim of both
  double gain_s;     ///< Another gain and delay of one
  double eq_s;       ///< Another filter of one
} Times;

/// Time the judgement of other values at a traced position
static FhStatus
time_values(Evaluator* const evaluator,
            FhVenue* const venue,
            FhEqFilter eq[FH_N_OCTAVES],
            Times* const times)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < N_TIMED && !status; ++i) {
    double used_s = 0.0;
    venue->loudspeakers[0].gain_db += 0.5;
    venue->loudspeakers[0].delay_ms += 1.0;
    status = judge(evaluator, venue, &used_s);
    times->gain_s = fmin(times->gain_s, used_s);
    eq[i % FH_N_OCTAVES].gain_db -= 1.0;
    status = status ? status : judge(evaluator, venue, &used_s);
    times->eq_s = fmin(times->eq_s, used_s);
    for (size_t l = 0; l < venue->n_loudspeakers; ++l) {
      venue->loudspeakers[l].pitch_deg += 1.0;
    }
    status = status ? status : judge(evaluator, venue, &used_s);
    times->aim_s = fmin(times->aim_s, used_s);
  }
  return status;
}

static FhStatus
time_candidates(Evaluator* const evaluator,
                FhVenue* const venue,
                Times* const times)
{
  times->aim_s = HUGE_VAL;
  times->gain_s = HUGE_VAL;
  times->eq_s = HUGE_VAL;
  for (size_t l = 0; l < venue->n_loudspeakers; ++l) {
    venue->loudspeakers[l].at[2] += 0.5;
  }
  FhStatus status = evaluator_enter(evaluator, venue, NULL);
  status = status ? status : judge(evaluator, venue, &times->position_s);
  // One filter for each octave of the first
  FhLoudspeaker* const l = &venue->loudspeakers[0];
  FhEqFilter eq[FH_N_OCTAVES];
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    eq[o] = (FhEqFilter){FH_EQ_PEAK, fh_octave_hz(o), 0.0, 1.4, 2};
  }
  FhEqFilter* const own = l->eq;
  const size_t n_own = l->n_eq;
  l->eq = eq;
  l->n_eq = FH_N_OCTAVES;
  status = status ? status : judge(evaluator, venue, &times->eq_s);
  status = status ? status : time_values(evaluator, venue, eq, times);
  l->eq = own;
  l->n_eq = n_own;
  return status;
}

/// Compare one system; false where a bound is missed or memory ran out
static bool
compare(FhVenue* const venue, const System* const system, const bool brief)
{
  set_system(venue, system);
  FhRun run;
  FhRun coarse;
  double full_s = 0.0;
  double coarse_s = 0.0;
  Evaluator* evaluator = NULL;
  Times times;
  memset(&times, 0, sizeof times);
  memset(&coarse, 0, sizeof coarse);
  FhStatus status = simulate(venue,
                             brief ? BRIEF_RAYS : SURE_RAYS,
                             brief ? BRIEF_GATHER_RAYS : SURE_GATHER_RAYS,
                             &run,
                             &full_s);
  if (!status) {
    FhPlaceDesc desc = fh_place_desc_default();
    desc.n_threads = 1;
    desc.max_seats = run.scene.n_seats;
    double decay_s[FH_N_OCTAVES];
    fh_scene_eyring_t60_s(&run.scene, decay_s);
    status = evaluator_new(venue,
                           &run.scene,
                           run.caster,
                           &desc,
                           NULL,
                           0,
                           decay_s,
                           NULL,
                           NULL,
                           &evaluator,
                           NULL);
  }
  status = status ? status : evaluator_enter(evaluator, venue, NULL);
  status = status ? status : judge(evaluator, venue, &times.first_s);
  bool good = false;
  if (!status) {
    const FhSeat* seats = NULL;
    const FhSeatMetrics* metrics = NULL;
    const size_t n = evaluator_seats(evaluator, &seats, &metrics);
    double rms_db[FH_N_OCTAVES];
    double mean_db[FH_N_OCTAVES];
    double se_db[FH_N_OCTAVES] = {0.0};
    differences(metrics, run.seats, n, rms_db, mean_db);
    for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
      for (size_t s = 0; s < n; ++s) {
        const double se = (double)run.trace.seat_se_db[s][o];
        se_db[o] += se * se / (double)n;
      }
      se_db[o] = sqrt(se_db[o]);
    }
    printf(
      "%s at %.1f m, %zu seats [dB]\n", system->model, system->height_m, n);
    print_row("search - full, rms", rms_db);
    print_row("search - full, mean", mean_db);
    print_row("full, standard error", se_db);
    const double worst_db = worst_of(rms_db, se_db);
    status = simulate(venue, EQUAL_RAYS, EQUAL_GATHER_RAYS, &coarse, &coarse_s);
    status = status ? status : time_candidates(evaluator, venue, &times);
    if (!status) {
      double coarse_db[FH_N_OCTAVES];
      differences(coarse.seats, run.seats, n, coarse_db, mean_db);
      print_row("full, equally sure, rms", coarse_db);
      const double position = times.position_s / (double)venue->n_loudspeakers;
      printf("  full %.2f s, equally sure %.2f s; first position %.2f s, "
             "another %.2f s: %.2f of the latter\n",
             full_s,
             coarse_s,
             times.first_s / (double)venue->n_loudspeakers,
             position,
             position / coarse_s);
      printf("  aim %.1f ms: 1/%.0f; gain and delay %.1f ms: 1/%.0f; EQ %.1f "
             "ms: 1/%.0f\n",
             1e3 * times.aim_s,
             coarse_s / times.aim_s,
             1e3 * times.gain_s,
             coarse_s / times.gain_s,
             1e3 * times.eq_s,
             coarse_s / times.eq_s);
      const double values_s = fmax(times.aim_s, fmax(times.gain_s, times.eq_s));
      // Times say nothing on a busy machine
      good =
        worst_db <= 0.5 &&
        (brief || (position <= 0.3 * coarse_s && 50.0 * values_s <= coarse_s));
    }
  }
  evaluator_free(evaluator);
  fh_run_clear(&coarse);
  fh_run_clear(&run);
  return good;
}

int
main(const int argc, char** const argv)
{
  const bool brief = argc > 1 && !strcmp(argv[1], "--short");
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/" THEATRE, fh_share_folder());
  FhDiag* const diag = fh_diag_new();
  FhVenue venue;
  if (fh_venue_read(path, &venue, diag)) {
    print_findings(diag);
    fh_diag_free(diag);
    return 3;
  }
  fh_diag_free(diag);
  const size_t n_microphones = venue.n_microphones;
  venue.n_microphones = 0;
  bool good = true;
  const size_t n_systems = sizeof systems / sizeof *systems;
  const size_t only = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
  const size_t first = only && only <= n_systems ? only - 1 : 0;
  const size_t last = brief ? 1 : first + 1 == only ? only : n_systems;
  for (size_t i = first; i < last; ++i) {
    good = compare(&venue, &systems[i], brief) && good;
    (void)fflush(stdout);
  }
  venue.n_microphones = n_microphones;
  fh_venue_clear(&venue);
  return good ? 0 : 1;
}
