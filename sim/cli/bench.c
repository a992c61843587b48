// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_equalizer.h"
#include "cli.h"
#include "commands.h"

#include <fh/bench.h>

#include <jansson.h>
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

static const struct argp_child children[] = {{&fh_common_argp, 0, NULL, 90},
                                             {0}};

static const struct argp bench_argp = {
  options_table,
  parse_option,
  "",
  "Measure how fast the engine and the equaliser are here."
  "\vFigures are ratios within one run, or of one thread's processor time: "
  "they hold on a busy machine, though not to the last percent. The hall is "
  "built in: 60 x 40 x 20 m, T of 3 s.",
  children,
  NULL,
  NULL};

/// A measured value and what it should reach
typedef struct {
  const char* key;
  double value;
  double reach;
  bool less; ///< Less is better
  const char* unit;
  char what[128];
} Figure;

#define N_FIGURES 11

static size_t
list_figures(const FhBench* const b, const double eq_us, Figure f[N_FIGURES])
{
  size_t n = 0;
  const Figure figures[N_FIGURES] = {
    {"tracer_vs_bare_intersect", b->tracer_vs_bare, 0.72, false, "x", ""},
    {"tracer_tally_vs_bare_intersect",
     b->tracer_tally_vs_bare,
     0.60,
     false,
     "x",
     ""},
    {"mega_bounces_per_second_per_core",
     b->mega_bounces,
     1.6,
     false,
     "M/s",
     ""},
    {"two_threads_vs_one", b->two_threads, 1.85, false, "x", ""},
    {"seats_level_seconds", b->seats_s, 5.0, true, "s", ""},
    {"seats_level_cpu_seconds", b->seats_cpu_s, 10.0, true, "s", ""},
    {"seats_level_error_db", b->seats_error_db, 0.2, true, "dB", ""},
    {"seats_c80_error_db", b->seats_c80_error_db, 0.6, true, "dB", ""},
    {"position_vs_full_map", b->position_vs_full, 0.3, true, "x", ""},
    {"place_reevaluation_speedup",
     b->reevaluation_speedup,
     50.0,
     false,
     "x",
     ""},
    {"eq_run_us_64", eq_us, 30.0, true, "us", ""}};
  memcpy(f, figures, sizeof figures);
  n = N_FIGURES;
  const size_t size = sizeof f[0].what;
  (void)snprintf(f[0].what,
                 size,
                 "8 octaves, nothing counted; hall of %zu triangles",
                 b->n_triangles);
  (void)snprintf(f[1].what, size, "the same with the patches' sums");
  (void)snprintf(f[2].what,
                 size,
                 "hall of %zu triangles, one microphone in sight",
                 b->mega_bounces_triangles);
  (void)snprintf(f[3].what, size, "with the patches' sums, processor time");
  (void)snprintf(f[4].what,
                 size,
                 "%zu seats, 8 octaves, %zu triangles, %u threads: trace and "
                 "gather",
                 b->n_seats,
                 b->n_triangles,
                 b->seats_threads);
  (void)snprintf(f[5].what, size, "the same, of all processors together");
  (void)snprintf(f[6].what, size, "standard error of level there, 1 kHz");
  (void)snprintf(f[7].what, size, "standard error of C80 there, 4 repeats");
  (void)snprintf(f[8].what,
                 size,
                 "a further position through what seats see, %zu seats",
                 b->n_seats);
  (void)snprintf(
    f[9].what, size, "aim, gain or equalisation at a traced position");
  (void)snprintf(f[10].what, size, "31 bands, stereo, 64 frames at 48 kHz");
  return n;
}

static void
print_text(const FhBench* const b, const Figure* const f, const size_t n)
{
  (void)printf("%s; bare rtcIntersect1 %.2f M rays/s on one core\n\n",
               b->device,
               b->bare_mega_rays);
  for (size_t i = 0; i < n; ++i) {
    if (!(f[i].value > 0.0)) {
      (void)printf("%-34s not measured (left out by --short)\n", f[i].key);
      continue;
    }
    (void)printf("%-34s %9.3f %-3s  (reach %s %g)  %s\n",
                 f[i].key,
                 f[i].value,
                 f[i].unit,
                 f[i].less ? "<=" : ">=",
                 f[i].reach,
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
    (void)json_object_set_new(reach, f[i].key, json_real(f[i].reach));
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
  const int failed =
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
  (void)printf("\n");
  json_decref(root);
  return failed ? FH_EXIT_NO_RESOURCE : FH_EXIT_OK;
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
  Figure figures[N_FIGURES];
  const size_t n = list_figures(&bench, bench_equalizer_us(o.brief), figures);
  if (o.common.json) {
    return print_json(&bench, figures, n);
  }
  print_text(&bench, figures, n);
  return FH_EXIT_OK;
}

const FhCommand fh_bench_command = {"bench",
                                    "Measure speed against its goals",
                                    &bench_argp,
                                    run_bench,
                                    NULL};
