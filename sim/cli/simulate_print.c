// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "simulate.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// How a quantity is spread over the seats
typedef struct {
  double low, middle, high; ///< 5 %, median, 95 %
  double mean;
} Spread;

typedef double (*SeatValue)(const FhSeatMetrics*);

static double
seat_dba(const FhSeatMetrics* const m)
{
  return (double)m->spl_dba;
}

static double
seat_sti(const FhSeatMetrics* const m)
{
  return (double)m->sti;
}

static double
seat_c80(const FhSeatMetrics* const m)
{
  return 0.5 * (double)(m->c80_db[3] + m->c80_db[4]);
}

static double
seat_t30(const FhSeatMetrics* const m)
{
  return 0.5 * (double)(m->t30_s[3] + m->t30_s[4]);
}

static double
seat_d_r(const FhSeatMetrics* const m)
{
  return (double)m->d_r_db;
}

/// What the summary tells of the seats
static const struct {
  const char* key;
  const char* name;
  const char* unit;
  int digits;
  SeatValue value;
} seat_rows[] = {{"spl_dba", "Level", "dB(A)", 1, seat_dba},
                 {"sti", "STI", "", 2, seat_sti},
                 {"c80_db", "C80, 500 Hz-1 kHz", "dB", 1, seat_c80},
                 {"t30_s", "T30, 500 Hz-1 kHz", "s", 2, seat_t30},
                 {"d_r_db", "Direct/reflected", "dB(A)", 1, seat_d_r}};

#define N_SEAT_ROWS (sizeof(seat_rows) / sizeof(seat_rows[0]))

static int
by_value(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static Spread
spread_of(const FhRun* const run, const SeatValue value)
{
  Spread s = {NAN, NAN, NAN, NAN};
  double* const list = (double*)calloc(run->scene.n_seats + 1, sizeof(double));
  size_t n = 0;
  double sum = 0.0;
  for (size_t i = 0; list && i < run->scene.n_seats; ++i) {
    const double v = value(&run->seats[i]);
    if (isfinite(v)) {
      list[n++] = v;
      sum += v;
    }
  }
  if (n) {
    qsort(list, n, sizeof(double), by_value);
    s.low = list[(size_t)(0.05 * (double)(n - 1) + 0.5)];
    s.middle = list[n / 2];
    s.high = list[(size_t)(0.95 * (double)(n - 1) + 0.5)];
    s.mean = sum / (double)n;
  }
  free(list);
  return s;
}

static void
print_value(const double value, const int digits)
{
  if (isfinite(value)) {
    printf(" %8.*f", digits, value);
  } else {
    printf(" %8s", "-");
  }
}

static void
print_seats(const FhRun* const run)
{
  printf("\n%zu seats                 5 %%   median     95 %%\n",
         run->scene.n_seats);
  for (size_t i = 0; i < N_SEAT_ROWS; ++i) {
    const Spread s = spread_of(run, seat_rows[i].value);
    printf("  %-18s", seat_rows[i].name);
    print_value(s.low, seat_rows[i].digits);
    print_value(s.middle, seat_rows[i].digits);
    print_value(s.high, seat_rows[i].digits);
    printf("  %s\n", seat_rows[i].unit);
  }
  printf("  energy mean of the level %.1f dB(A)\n", run->mean_dba);
}

static void
print_zones(const FhRun* const run)
{
  const size_t shown = run->zones.n < 8 ? run->zones.n : 8;
  printf("\n%zu dead seats of %zu in %zu zones\n",
         run->zones.n_dead,
         run->scene.n_seats,
         run->zones.n);
  for (size_t i = 0; i < shown; ++i) {
    const FhDeadZone* const z = &run->zones.zone[i];
    double at[3];
    fh_scene_to_world(&run->scene, z->centre, at);
    printf("  %5zu seats, %6.1f m2 in %s near (%.1f, %.1f, %.1f):",
           z->n_seats,
           z->area_m2,
           run->venue->audience[z->area].name,
           at[0],
           at[1],
           at[2]);
    for (size_t k = 0; k < FH_N_DEAD_REASONS; ++k) {
      if (z->reasons & (1U << k)) {
        printf(" %s", fh_dead_reason_word(k));
      }
    }
    printf("; %s\n", z->because);
  }
  if (shown < run->zones.n) {
    printf("  and %zu smaller ones\n", run->zones.n - shown);
  }
}

static double
mid(const FhEstimate* const e)
{
  return 0.5 * (e->at[3] + e->at[4]);
}

static double
mid_se(const FhEstimate* const e)
{
  return 0.5 * (e->se[3] + e->se[4]);
}

/// A value and its standard error, "-" where there is none
static void
print_estimate(const double value, const double se, const int digits)
{
  print_value(value, digits);
  if (isfinite(se)) {
    printf(" +-%.2f", se);
  } else {
    printf("       ");
  }
}

static void
print_microphone(const FhRun* const run, const FhMicrophoneMetrics* const m)
{
  printf("  %-16.16s %-16.16s",
         m->emitter == SIZE_MAX
           ? "system"
           : fh_sources_emitter(run->sources, m->emitter)->name,
         run->venue->microphones[m->microphone].name);
  print_estimate(m->spl_dba, m->spl_dba_se, 1);
  print_estimate(mid(&m->t30_s), mid_se(&m->t30_s), 2);
  print_estimate(mid(&m->c80_db), mid_se(&m->c80_db), 1);
  print_value(m->sti, 2);
  putchar('\n');
}

static void
print_microphones(const FhRun* const run)
{
  const size_t n = run->scene.n_microphones;
  const size_t n_pairs = run->n_emitters * n;
  printf("\n  %-16s %-16s %8s       %8s       %8s       %8s\n",
         "source",
         "microphone",
         "dB(A)",
         "T30 s",
         "C80 dB",
         "STI");
  for (size_t i = 0; i < n && i < 16; ++i) {
    print_microphone(run, &run->system[i]);
  }
  for (size_t i = 0; run->n_emitters > 1 && n_pairs <= 24 && i < n_pairs; ++i) {
    print_microphone(run, &run->pairs[i]);
  }
  if (n > 16 || (run->n_emitters > 1 && n_pairs > 24)) {
    puts("  microphones.json has every pair");
  }
}

void
simulate_print(const FhRun* const run, const char* const folder)
{
  const FhScene* const s = &run->scene;
  printf("%s: %zu triangles", run->venue->name, s->n_triangles);
  if (s->volume_m3 > 0.0) {
    printf(", %.0f m3, Schroeder frequency %.0f Hz",
           s->volume_m3,
           fh_scene_schroeder_hz(s));
  }
  printf(", %zu sources, %.3g rays, %.1f s\n",
         run->n_emitters,
         (double)run->trace.n_rays_done,
         run->scene_s + run->direct_s + run->trace_s + run->metrics_s);
  if (run->seats) {
    print_seats(run);
    print_zones(run);
  }
  if (run->system) {
    print_microphones(run);
  }
  if (run->seats) {
    printf("\nLook at %s/maps/spl_dba.png and sti.png; every seat is in "
           "%s/seats.csv\n",
           folder,
           folder);
  }
  if (run->system) {
    printf("%sMicrophones are in %s/microphones.json, their responses in "
           "%s/ir\n",
           run->seats ? "" : "\n",
           folder,
           folder);
  }
}

static json_t*
number(const double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t*
octaves(const double value[FH_N_OCTAVES])
{
  json_t* const list = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(list, number(value[b]));
  }
  return list;
}

static json_t*
seats_json(const FhRun* const run)
{
  json_t* const o = json_object();
  json_object_set_new(o, "n", json_integer((json_int_t)run->scene.n_seats));
  for (size_t i = 0; i < N_SEAT_ROWS; ++i) {
    const Spread s = spread_of(run, seat_rows[i].value);
    json_t* const row = json_object();
    json_object_set_new(row, "p5", number(s.low));
    json_object_set_new(row, "median", number(s.middle));
    json_object_set_new(row, "p95", number(s.high));
    json_object_set_new(row, "mean", number(s.mean));
    json_object_set_new(o, seat_rows[i].key, row);
  }
  json_object_set_new(o, "energy_mean_dba", number(run->mean_dba));
  json_object_set_new(o, "dead", json_integer((json_int_t)run->zones.n_dead));
  json_object_set_new(o, "zones", json_integer((json_int_t)run->zones.n));
  return o;
}

static json_t*
system_json(const FhRun* const run)
{
  json_t* const list = json_array();
  for (size_t i = 0; i < run->scene.n_microphones; ++i) {
    const FhMicrophoneMetrics* const m = &run->system[i];
    json_t* const o = json_object();
    json_object_set_new(
      o,
      "microphone",
      json_string(run->venue->microphones[m->microphone].name));
    json_object_set_new(o, "spl_dba", number(m->spl_dba));
    json_object_set_new(o, "spl_dba_se", number(m->spl_dba_se));
    json_object_set_new(o, "t30_s", octaves(m->t30_s.at));
    json_object_set_new(o, "c80_db", octaves(m->c80_db.at));
    json_object_set_new(o, "sti", number(m->sti));
    json_array_append_new(list, o);
  }
  return list;
}

void
simulate_print_json(const FhRun* const run, const char* const folder)
{
  json_t* const root = json_object();
  json_object_set_new(root, "run", json_string(folder));
  json_object_set_new(root, "venue", json_string(run->venue->name));
  json_object_set_new(root, "interrupted", json_boolean(run->interrupted));
  json_object_set_new(
    root, "rays", json_integer((json_int_t)run->trace.n_rays_done));
  json_object_set_new(
    root,
    "seconds",
    number(run->scene_s + run->direct_s + run->trace_s + run->metrics_s));
  json_object_set_new(
    root, "seats", run->seats ? seats_json(run) : json_null());
  json_object_set_new(
    root, "system", run->system ? system_json(run) : json_array());
  fh_cli_print_json(root, 6);
}
