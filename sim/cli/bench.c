// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_equalizer.h"
#include "cli.h"
#include "commands.h"

#include <fh/bench.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SHORT = 0x3000 };

typedef struct {
  FhCommonOptions common;
  bool brief;
} Options;

static const struct argp_option options_table[] = {
  {"short",
   KEY_SHORT,
   0,
   0,
   "A tenth of the work: rough figures within seconds",
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
  case KEY_SHORT:
    o->brief = true;
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "bench takes no argument, not '%s'", arg);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp bench_argp = {
  options_table,
  parse_option,
  "",
  "Measure how fast the engine and the equaliser are here."
  "\vFigures are ratios within one run, or of one thread's processor time: "
  "they hold on a busy machine, though not to the last percent. The hall is "
  "built in: 60 x 40 x 20 m, T of 3 s.",
  fh_common_children,
  NULL,
  NULL};

/// A measured value and what it should reach
typedef struct {
  char key[48];
  double value;
  double reach; ///< NaN: none
  bool less;    ///< Less is better
  const char* unit;
  char what[160];
} Figure;

#define MAX_FIGURES 32

typedef struct {
  size_t n;
  Figure at[MAX_FIGURES];
} Figures;

/// Append a figure; its description is left to the caller
static Figure*
add(Figures* const list,
    const char* const key,
    const double value,
    const char* const unit,
    const bool less,
    const double reach)
{
  Figure* const f = &list->at[list->n++];
  (void)snprintf(f->key, sizeof f->key, "%s", key);
  f->value = value;
  f->reach = reach;
  f->less = less;
  f->unit = unit;
  f->what[0] = '\0';
  return f;
}

#define SAY(figure, ...) \
  (void)snprintf((figure)->what, sizeof(figure)->what, __VA_ARGS__)

static void
list_tracer(const FhBench* const b, Figures* const list)
{
  Figure* f =
    add(list, "tracer_vs_bare_intersect", b->tracer_vs_bare, "x", false, 0.72);
  SAY(f, "8 octaves, nothing counted; hall of %zu triangles", b->n_triangles);
  f = add(list,
          "tracer_tally_vs_bare_intersect",
          b->tracer_tally_vs_bare,
          "x",
          false,
          0.60);
  SAY(f, "the same with the patches' sums");
  f = add(list,
          "tracer_thirds_vs_bare_intersect",
          b->tracer_thirds_vs_bare,
          "x",
          false,
          0.50);
  SAY(f, "24 third octaves in one walk, with the patches' sums");
  f = add(list,
          "mega_bounces_per_second_per_core",
          b->mega_bounces,
          "M/s",
          false,
          1.6);
  SAY(f,
      "hall of %zu triangles, one microphone in sight",
      b->mega_bounces_triangles);
  f = add(list, "two_threads_vs_one", b->two_threads, "x", false, 1.85);
  SAY(f, "with the patches' sums, processor time");
  f = add(list, "ready_seconds", b->ready_s, "s", true, 0.3);
  SAY(f, "%zu triangles, from faces to the first ray", b->ready_triangles);
  f = add(list, "direct_field_seconds", b->direct_s, "s", true, 0.1);
  SAY(f,
      "array of %zu boxes at %zu seats, one core",
      b->n_direct_boxes,
      b->n_direct_seats);
  f =
    add(list, "direct_field_sight_seconds", b->direct_sight_s, "s", true, 0.3);
  SAY(f, "the same with what stands in the way");
  f =
    add(list, "direct_field_edges_seconds", b->direct_edges_s, "s", true, NAN);
  SAY(f, "and over its edges: each row of seats is one more");
}

static void
list_seats(const FhBench* const b, Figures* const list)
{
  Figure* f = add(list, "seats_level_seconds", b->seats_s, "s", true, 5.0);
  SAY(f,
      "%zu seats, 8 octaves, %zu triangles, %u threads: trace and gather",
      b->n_seats,
      b->n_triangles,
      b->seats_threads);
  f = add(list, "seats_level_cpu_seconds", b->seats_cpu_s, "s", true, 10.0);
  SAY(f, "the same, of all processors together");
  f = add(list, "seats_level_error_db", b->seats_error_db, "dB", true, 0.2);
  SAY(f, "standard error of level there, 1 kHz");
  f = add(list, "seats_c80_error_db", b->seats_c80_error_db, "dB", true, 0.6);
  SAY(f, "standard error of C80 there, 4 repeats");
  f = add(list, "gather_vs_spheres", b->gather_vs_spheres, "x", false, 6.0);
  SAY(f,
      "scattered sound to one error in 10 ms bins, 100-500 ms: spheres %.2f s "
      "and %.2f dB, gather %.2f s and %.2f dB",
      b->sphere_cpu_s,
      b->sphere_error_db,
      b->gather_cpu_s,
      b->gather_error_db);
  f = add(list, "seats_bins_error_db", b->map_bins_error_db, "dB", true, NAN);
  SAY(f, "standard error in such bins of a whole map, mirrors too");
  f = add(list, "position_vs_full_map", b->position_vs_full, "x", true, 0.3);
  SAY(f, "a further position through what seats see, %zu seats", b->n_seats);
  f = add(list,
          "place_reevaluation_speedup",
          b->reevaluation_speedup,
          "x",
          false,
          50.0);
  SAY(f, "aim, gain or equalisation at a traced position");
}

static void
list_figures(const FhBench* const b, const double eq_us, Figures* const list)
{
  list->n = 0;
  list_tracer(b, list);
  list_seats(b, list);
  for (size_t i = 0; i < FH_BENCH_COSTS; ++i) {
    const FhBenchCost* const c = &b->cost[i];
    char key[48];
    (void)snprintf(key, sizeof key, "cost_of_%.0f_times_%s", c->more, c->of);
    Figure* const f = add(list, key, c->cost, "x", true, c->more);
    SAY(f, "time of a trace to seats, %.0f times the %s", c->more, c->of);
  }
  Figure* const f = add(list, "eq_run_us_64", eq_us, "us", true, 30.0);
  SAY(f, "31 bands, stereo, 64 frames at 48 kHz");
}

static void
print_text(const FhBench* const b, const Figure* const f, const size_t n)
{
  (void)printf("%s; bare rtcIntersect1 %.2f M rays/s on one core\n\n",
               b->device,
               b->bare_mega_rays);
  for (size_t i = 0; i < n; ++i) {
    if (!(f[i].value > 0.0)) {
      (void)printf("%-34s not measured\n", f[i].key);
      continue;
    }
    char goal[48] = "no goal";
    if (isfinite(f[i].reach)) {
      (void)snprintf(
        goal, sizeof goal, "reach %s %g", f[i].less ? "<=" : ">=", f[i].reach);
    }
    (void)printf("%-34s %9.3f %-3s  (%s)  %s\n",
                 f[i].key,
                 f[i].value,
                 f[i].unit,
                 goal,
                 f[i].what);
  }
  (void)printf("\n%12s %14s %10s %10s\n",
               "triangles",
               "bare M rays/s",
               "tracer/bare",
               "ready [s]");
  for (size_t i = 0; i < b->n_sizes; ++i) {
    (void)printf("%12zu %14.2f %10.2f %10.3f\n",
                 b->sizes[i].n_triangles,
                 b->sizes[i].bare_mega_rays,
                 b->sizes[i].tracer_vs_bare,
                 b->sizes[i].ready_s);
  }
}

static int
print_json(const FhBench* const b, const Figure* const f, const size_t n)
{
  json_t* const root = json_object();
  json_t* const measured_on = json_object();
  json_t* const reach = json_object();
  json_t* const sizes = json_array();
  for (size_t i = 0; i < n; ++i) {
    (void)json_object_set_new(
      root, f[i].key, f[i].value > 0.0 ? json_real(f[i].value) : json_null());
    (void)json_object_set_new(measured_on, f[i].key, json_string(f[i].what));
    (void)json_object_set_new(reach,
                              f[i].key,
                              isfinite(f[i].reach) ? json_real(f[i].reach)
                                                   : json_null());
  }
  for (size_t i = 0; i < b->n_sizes; ++i) {
    (void)json_array_append_new(sizes,
                                json_pack("{s:I,s:f,s:f,s:f}",
                                          "triangles",
                                          (json_int_t)b->sizes[i].n_triangles,
                                          "bare_mega_rays_per_second",
                                          b->sizes[i].bare_mega_rays,
                                          "tracer_vs_bare_intersect",
                                          b->sizes[i].tracer_vs_bare,
                                          "ready_seconds",
                                          b->sizes[i].ready_s));
  }
  (void)json_object_set_new(root, "measured_on", measured_on);
  (void)json_object_set_new(root, "reach", reach);
  (void)json_object_set_new(root, "sizes", sizes);
  (void)json_object_set_new(root, "device", json_string(b->device));
  (void)json_object_set_new(
    root, "bare_mega_rays_per_second", json_real(b->bare_mega_rays));
  fh_cli_print_json(root, 17);
  return FH_EXIT_OK;
}

static int
run_bench(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(), .brief = false};
  fh_cli_parse(&bench_argp, argc, argv, &o);
  FhProgress progress;
  fh_progress_init(&progress, &o.common);
  FhBench bench;
  const FhStatus status = fh_bench_run(
    o.brief, o.common.n_threads, fh_progress_step, &progress, &bench);
  fh_progress_end(&progress);
  if (status) {
    fh_cli_error("the benchmark stopped: %s", fh_strerror(status));
    return fh_cli_exit_code(status);
  }
  Figures figures;
  list_figures(&bench, bench_equalizer_us(o.brief), &figures);
  if (o.common.json) {
    return print_json(&bench, figures.at, figures.n);
  }
  print_text(&bench, figures.at, figures.n);
  return FH_EXIT_OK;
}

const FhCommand fh_bench_command = {"bench",
                                    "Measure speed against its goals",
                                    &bench_argp,
                                    run_bench,
                                    NULL};
