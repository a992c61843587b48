// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_private.h"
#include "rounds.h"

#include <stdio.h>
#include <stdlib.h>

/*
  How the time of a trace grows with what it is asked for, and the time of a
  direct field.
*/

/// Sources of the largest case
#define MAX_SOURCES 4u

/// One case: a trace to the seats of the hall
typedef struct {
  uint64_t n_rays;
  size_t n_seats;
  size_t n_sources;
  bool thirds; ///< 24 bands in one walk
} Case;

/// Processor time of a case [s]
static FhStatus
time_case(const Case* const c, double* const cpu_s)
{
  FhScene scene;
  FhRaycaster* caster = NULL;
  FhStatus status = fh_bench_hall(FH_HALL_MIDDLE, 0.0, c->n_seats, &scene);
  if (status) {
    return status;
  }
  status = fh_raycaster_new(&scene, 1, &caster);
  FhRadiator radiators[MAX_SOURCES];
  for (size_t i = 0; i < MAX_SOURCES; ++i) {
    radiators[i] = bench_source();
    radiators[i].at[1] += 3.0f * (float)i;
  }
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = c->n_rays;
  desc.n_threads = 1;
  FhTraceResult result[FH_TRACE_THIRDS];
  memset(result, 0, sizeof result);
  if (!status) {
    const size_t n = c->n_sources;
    status =
      c->thirds
        ? fh_trace_radiators_thirds(
            &scene, caster, radiators, n, &desc, NULL, NULL, result, NULL)
        : fh_trace_radiators(
            &scene, caster, radiators, n, &desc, NULL, NULL, result, NULL);
  }
  *cpu_s = result[0].cpu_s;
  for (size_t i = 0; i < FH_TRACE_THIRDS; ++i) {
    fh_trace_result_clear(&result[i]);
  }
  fh_raycaster_free(caster);
  fh_scene_clear(&scene);
  return status;
}

FhStatus
bench_costs(const bool brief, FhBench* const out)
{
  const uint64_t n_rays = brief ? 2048 : 8192;
  const size_t n_seats = brief ? 128 : 1024;
  const Case base = {n_rays, n_seats, 1, false};
  const struct {
    const char* of;
    double more;
    Case larger;
  } cases[FH_BENCH_COSTS] = {{"rays", 4.0, {4 * n_rays, n_seats, 1, false}},
                             {"seats", 4.0, {n_rays, 4 * n_seats, 1, false}},
                             {"sources", 4.0, {n_rays, n_seats, 4, false}},
                             {"bands", 3.0, {n_rays, n_seats, 1, true}}};
  FhStatus status = FH_OK;
  for (size_t i = 0; i < FH_BENCH_COSTS && !status; ++i) {
    // In turn, so that a slow moment meets both
    double small_s = 0.0;
    double large_s = 0.0;
    status = time_case(&base, &small_s);
    status = status ? status : time_case(&cases[i].larger, &large_s);
    out->cost[i].of = cases[i].of;
    out->cost[i].more = cases[i].more;
    out->cost[i].cost = small_s > 0.0 ? large_s / small_s : 0.0;
  }
  return status;
}

/// Boxes of the array
#define N_BOXES 24u

FhSources*
bench_array(const FhScene* const scene,
            const size_t n_boxes,
            const double top[3])
{
  double splay_deg[BENCH_MAX_BOXES];
  for (size_t i = 0; i < BENCH_MAX_BOXES; ++i) {
    splay_deg[i] = 0.2 + 0.1 * (double)i;
  }
  FhArray array;
  memset(&array, 0, sizeof array);
  (void)snprintf(array.name, sizeof array.name, "main");
  (void)snprintf(array.box, sizeof array.box, "fh-line-10");
  array.count = n_boxes;
  memcpy(array.top, top, sizeof array.top);
  array.yaw_deg = -90.0;
  array.n_splay = n_boxes - 1;
  array.splay_deg = splay_deg;
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  venue.n_arrays = 1;
  venue.arrays = &array;
  FhSources* sources = NULL;
  return fh_sources_new(&venue, scene, &sources, NULL) ? NULL : sources;
}

double
bench_field_s(const FhSources* const sources,
              const FhRaycaster* const caster,
              const float (*const ears)[3],
              const size_t n,
              const bool edges,
              const unsigned n_repeats)
{
  double best_s = 0.0;
  for (unsigned i = 0; i < n_repeats; ++i) {
    FhDirectField field;
    const double began_s = rounds_clock_s(CLOCK_PROCESS_CPUTIME_ID);
    if (fh_direct_field(
          sources, caster, ears, n, UINT64_MAX, edges, 1, &field)) {
      return 0.0;
    }
    const double took_s = rounds_clock_s(CLOCK_PROCESS_CPUTIME_ID) - began_s;
    best_s = i ? fmin(best_s, took_s) : took_s;
    fh_direct_field_clear(&field);
  }
  return best_s;
}

FhStatus
bench_direct(const bool brief, FhBench* const out)
{
  FhScene scene;
  FhRaycaster* caster = NULL;
  FhStatus status = fh_bench_hall(FH_HALL_MIDDLE, 0.0, 5000, &scene);
  if (status) {
    return status;
  }
  status = fh_raycaster_new(&scene, 1, &caster);
  float(*const ears)[3] = (float(*)[3])calloc(scene.n_seats, sizeof *ears);
  static const double top[3] = {8.0, 20.0, 11.0};
  FhSources* const sources = bench_array(&scene, N_BOXES, top);
  if (!status && ears && sources) {
    for (size_t i = 0; i < scene.n_seats; ++i) {
      memcpy(ears[i], scene.seats[i].at, sizeof ears[i]);
    }
    const float(*const at)[3] = (const float(*)[3])ears;
    const unsigned n = brief ? 1 : BENCH_REPEATS;
    out->n_direct_boxes = N_BOXES;
    out->n_direct_seats = scene.n_seats;
    const size_t n_ears = scene.n_seats;
    out->direct_s = bench_field_s(sources, NULL, at, n_ears, false, n);
    out->direct_sight_s = bench_field_s(sources, caster, at, n_ears, false, n);
    out->direct_edges_s = bench_field_s(sources, caster, at, n_ears, true, n);
  }
  status = status || ears ? status : FH_ERR_NO_MEM;
  free(ears);
  fh_sources_free(sources);
  fh_raycaster_free(caster);
  fh_scene_clear(&scene);
  return status;
}
