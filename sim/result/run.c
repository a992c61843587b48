// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "../trace/team.h"
#include "cause.h"
#include "listener.h"
#include "reach.h"
#include "wave.h"

#include <fh/check.h>
#include <fh/finite_faces.h>
#include <fh/run.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double
now_s(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static FhStatus
check_venue(const FhVenue* const venue, const FhTraceDesc* desc, FhDiag* diag)
{
  size_t n_live = 0;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    n_live += !venue->loudspeakers[i].muted;
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    n_live += !venue->arrays[i].muted;
  }
  if (!n_live) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                venue->n_loudspeakers + venue->n_arrays
                  ? "every loudspeaker is muted; unmute one"
                  : "there is no loudspeaker; add one under 'system: "
                    "loudspeakers:'");
    return FH_ERR_INVALID_DATA;
  }
  if (!venue->n_microphones && !(desc->seats && venue->n_audience)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "nobody listens; add 'audience:' or 'microphones:'");
    return FH_ERR_INVALID_DATA;
  }
  return FH_OK;
}

// Direct fields of all emitters together and of each alone
static FhStatus
direct_fields(const FhRun* const run,
              const float (*const points)[3],
              const size_t n_points,
              FhDirectField* const all,
              FhDirectField** const each)
{
  *each = (FhDirectField*)calloc(run->n_emitters + 1, sizeof(FhDirectField));
  if (!*each) {
    return FH_ERR_NO_MEM;
  }
  const unsigned n_threads =
    run->desc.n_threads ? run->desc.n_threads : pool_processors();
  FhStatus status = fh_direct_field(run->sources,
                                    run->caster,
                                    points,
                                    n_points,
                                    UINT64_MAX,
                                    run->desc.diffraction,
                                    n_threads,
                                    all);
  if (!status) {
    fh_direct_field_graze(
      run->sources, &run->scene, run->caster, points, UINT64_MAX, all);
  }
  for (size_t e = 0; e < run->n_emitters && !status; ++e) {
    const uint64_t mask = (uint64_t)1 << e;
    status = fh_direct_field(run->sources,
                             run->caster,
                             points,
                             n_points,
                             mask,
                             run->desc.diffraction,
                             n_threads,
                             &(*each)[e]);
    if (!status) {
      fh_direct_field_graze(
        run->sources, &run->scene, run->caster, points, mask, &(*each)[e]);
    }
  }
  return status;
}

static FhStatus
compute_direct(FhRun* const run)
{
  const size_t n_seats = run->desc.seats ? run->scene.n_seats : 0;
  float(*const ears)[3] = (float(*)[3])calloc(n_seats + 1, sizeof *ears);
  if (!ears) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n_seats; ++i) {
    memcpy(ears[i], run->scene.seats[i].at, sizeof ears[i]);
  }
  FhStatus status = FH_OK;
  if (n_seats) {
    status = direct_fields(run,
                           (const float(*)[3])ears,
                           n_seats,
                           &run->seat_direct,
                           &run->seat_direct_by);
  }
  free(ears);
  if (!status && run->scene.n_microphones) {
    status = direct_fields(run,
                           (const float(*)[3])run->scene.microphone,
                           run->scene.n_microphones,
                           &run->mic_direct,
                           &run->mic_direct_by);
  }
  return status;
}

// Energy mean of the A-weighted level: over the seats by the area that each
// stands for, else over the microphones
static void
set_mean_level(FhRun* const run)
{
  double sum = 0.0;
  double weight = 0.0;
  for (size_t i = 0; run->seats && i < run->scene.n_seats; ++i) {
    const double m2 = (double)run->scene.seats[i].area_m2;
    sum += m2 * pow(10.0, 0.1 * (double)run->seats[i].spl_dba);
    weight += m2;
  }
  for (size_t i = 0; !(weight > 0.0) && i < run->scene.n_microphones; ++i) {
    sum += pow(10.0, 0.1 * run->system[i].spl_dba);
  }
  if (!(weight > 0.0)) {
    weight = (double)run->scene.n_microphones;
  }
  run->mean_dba = sum > 0.0 ? 10.0 * log10(sum / weight) : -INFINITY;
  run->speech_db = fh_speech_offset_db(run->mean_dba);
}

static FhStatus
compute_metrics(FhRun* const run, const FhProgressFn progress, void* const user)
{
  const size_t n_mics = run->scene.n_microphones;
  FhStatus status = FH_OK;
  if (run->desc.seats && run->scene.n_seats) {
    run->seats =
      (FhSeatMetrics*)calloc(run->scene.n_seats, sizeof(FhSeatMetrics));
    if (!run->seats) {
      return FH_ERR_NO_MEM;
    }
    status = fh_seat_metrics(run->venue,
                             &run->scene,
                             &run->seat_direct,
                             run->seat_direct_by,
                             run->n_emitters,
                             &run->trace,
                             run->desc.n_threads,
                             run->seats);
    if (!status) {
      status = wave_seats(run);
    }
    if (!status) {
      status = fh_dead_zones(run->venue,
                             &run->scene,
                             run->sources,
                             &run->seat_direct,
                             run->seats,
                             &run->zones);
    }
    if (!status) {
      status = prove_causes(run, progress, user);
    }
  }
  if (status || !n_mics) {
    set_mean_level(run);
    return status;
  }
  run->pairs = (FhMicrophoneMetrics*)calloc(run->n_emitters * n_mics,
                                            sizeof(FhMicrophoneMetrics));
  run->system =
    (FhMicrophoneMetrics*)calloc(n_mics, sizeof(FhMicrophoneMetrics));
  if (!run->pairs || !run->system) {
    return FH_ERR_NO_MEM;
  }
  // Without seats the level for STI is that of the microphones: twice through
  for (int pass = 0; pass < 2 && !status; ++pass) {
    if (run->seats || pass) {
      set_mean_level(run);
    }
    status = fh_microphone_metrics(run->venue,
                                   &run->scene,
                                   run->sources,
                                   &run->mic_direct,
                                   run->mic_direct_by,
                                   &run->trace,
                                   run->speech_db,
                                   run->desc.n_threads,
                                   run->pairs,
                                   run->system);
    if (!status) {
      status = wave_microphones(run);
    }
    if (run->seats) {
      break;
    }
  }
  return status;
}

// Tell where rays left a room that should be closed
static void
warn_of_holes(const FhRun* const run, FhDiag* const diag)
{
  double escaped = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    escaped = fmax(escaped, run->trace.balance.escaped[b]);
  }
  if (run->venue->open_air || !(escaped > 0.01)) {
    return;
  }
  char at[256] = "";
  size_t used = 0;
  for (size_t i = 0; i < run->trace.n_holes && i < 3; ++i) {
    double world[3];
    fh_scene_to_world(&run->scene, run->trace.hole_at[i], world);
    const int n = snprintf(at + used,
                           sizeof(at) - used,
                           "%s(%.2f, %.2f, %.2f)",
                           i ? ", " : " near ",
                           world[0],
                           world[1],
                           world[2]);
    used += n > 0 ? (size_t)n : 0;
  }
  fh_diag_add(diag,
              FH_DIAG_WARNING,
              run->venue->path,
              0,
              0,
              "%.1f %% of the energy leaves through holes%s; close them "
              "('fullhouse check' lists them), or say 'open_air: true'",
              100.0 * escaped,
              at);
}

/// As check_reach(), but saying which end of a blocked way is to blame
static FhStatus
check_ways(const FhRun* const run, FhDiag* const diag)
{
  FhDiag* const found = fh_diag_new();
  if (!found) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status = check_reach(run, found);
  const size_t before = fh_diag_count(diag, FH_DIAG_ERROR);
  if (status == FH_ERR_INVALID_DATA &&
      fh_check_places(run->venue, &run->scene, run->caster, diag)) {
    fh_diag_free(found);
    return FH_ERR_NO_MEM;
  }
  const bool named = fh_diag_count(diag, FH_DIAG_ERROR) > before;
  for (size_t i = 0; i < fh_diag_size(found); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(found, i);
    if (!named || e->severity != FH_DIAG_ERROR) {
      fh_diag_add(
        diag, e->severity, e->file, e->line, e->column, "%s", e->text);
    }
  }
  fh_diag_free(found);
  return status;
}

static FhStatus
keep_materials(FhRun* const run)
{
  const size_t n = run->scene.n_triangles;
  run->face_material = (uint32_t*)calloc(n + 1, sizeof(uint32_t));
  if (!run->face_material) {
    return FH_ERR_NO_MEM;
  }
  if (n) {
    memcpy(run->face_material, run->scene.material, n * sizeof(uint32_t));
  }
  return FH_OK;
}

/// Build the scene and find the direct sound
static FhStatus
prepare(const FhVenue* const venue,
        const FhTraceDesc* const desc,
        const FhProgressFn progress,
        void* const user,
        FhRun* const out,
        FhDiag* const diag)
{
  out->venue = venue;
  out->desc = *desc;
  double start_s = now_s();
  FhStatus status = check_venue(venue, desc, diag);
  if (!status) {
    status = fh_scene_build(venue, &out->scene, diag);
  }
  if (!status) {
    status = fh_raycaster_new(&out->scene, desc->n_threads, &out->caster);
  }
  status = status ? status : keep_materials(out);
  if (!status && desc->finite_faces) {
    status =
      fh_scene_scatter_faces(&out->scene, out->caster, desc->n_threads, NULL);
  }
  if (!status) {
    status = fh_check_surfaces(venue, &out->scene, out->caster, diag);
  }
  if (!status) {
    status = fh_sources_new(venue, &out->scene, &out->sources, diag);
  }
  if (!status) {
    out->n_emitters = fh_sources_count(out->sources);
    if (out->n_emitters > MAX_EMITTERS) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  venue->path,
                  0,
                  0,
                  "%zu loudspeakers and arrays are more than the %d that can "
                  "be told apart; join some into arrays",
                  out->n_emitters,
                  MAX_EMITTERS);
      status = FH_ERR_LIMIT;
    }
  }
  if (!status) {
    status = check_ways(out, diag);
  }
  if (!status) {
    status = wave_choose(out, diag);
  }
  if (status) {
    return status;
  }
  out->desc.seats = desc->seats && out->scene.n_seats;
  out->scene_s = now_s() - start_s;

  start_s = now_s();
  if (progress && !progress(user, "Direct sound", 0.0)) {
    return FH_ERR_INTERRUPTED;
  }
  status = compute_direct(out);
  out->direct_s = now_s() - start_s;
  return status;
}

/// Metrics of what was traced
static FhStatus
finish(FhRun* const out, const FhProgressFn progress, void* const user)
{
  const double start_s = now_s();
  const FhStatus status = compute_metrics(out, progress, user);
  out->metrics_s = now_s() - start_s;
  return status;
}

FhStatus
fh_run_compute(const FhVenue* const venue,
               const FhTraceDesc* const desc,
               const FhProgressFn progress,
               void* const user,
               FhRun* const out,
               FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  FhStatus status = prepare(venue, desc, progress, user, out, diag);
  if (status) {
    goto fail;
  }
  const double start_s = now_s();
  status = fh_trace(&out->scene,
                    out->caster,
                    out->sources,
                    &out->desc,
                    progress,
                    user,
                    &out->trace,
                    diag);
  if (status == FH_ERR_INTERRUPTED && out->trace.n_rays_done) {
    out->interrupted = true;
    status = FH_OK;
  }
  if (status) {
    goto fail;
  }
  out->trace_s = now_s() - start_s;
  // Ranks that only help have enough to do with the responses
  if (!desc->team || !desc->team->rank) {
    status = finish(out, progress, user);
    if (status && desc->team) {
      (void)team_meet(desc->team, status);
    }
  }
  if (status) {
    goto fail;
  }
  warn_of_holes(out, diag);
  return FH_OK;

fail:
  fh_run_clear(out);
  return status;
}

FhStatus
fh_run_compute_thirds(const FhVenue* const venue,
                      const FhTraceDesc* const desc,
                      const FhProgressFn progress,
                      void* const user,
                      FhRun out[FH_TRACE_THIRDS],
                      FhDiag* const diag)
{
  memset(out, 0, FH_TRACE_THIRDS * sizeof(*out));
  if (desc->crossover_hz != 0.0) {
    return FH_ERR_BAD_ARG;
  }
  FhTraceResult trace[FH_TRACE_THIRDS];
  memset(trace, 0, sizeof trace);
  FhStatus status = prepare(venue, desc, progress, user, &out[0], diag);
  if (!status) {
    const double start_s = now_s();
    status = fh_trace_thirds(&out->scene,
                             out->caster,
                             out->sources,
                             &out->desc,
                             progress,
                             user,
                             trace,
                             diag);
    out->trace_s = now_s() - start_s;
  }
  if (status == FH_ERR_INTERRUPTED && trace->n_rays_done) {
    out->interrupted = true;
    status = FH_OK;
  }
  for (unsigned i = 0; i < FH_TRACE_THIRDS; ++i) {
    if (i) {
      out[i] = out[0];
      out[i].borrows = true;
    }
    out[i].desc.third = i + 1;
  }
  for (unsigned i = 0; i < FH_TRACE_THIRDS; ++i) {
    out[i].trace = trace[i];
    status = status ? status : finish(&out[i], progress, user);
  }
  if (status) {
    for (unsigned i = FH_TRACE_THIRDS; i-- > 0;) {
      fh_run_clear(&out[i]);
    }
    return status;
  }
  warn_of_holes(&out[0], diag);
  return FH_OK;
}

/// Free what the runs of third octaves share
static void
clear_shared(FhRun* const run)
{
  fh_direct_field_clear(&run->seat_direct);
  fh_direct_field_clear(&run->mic_direct);
  for (size_t e = 0; e < run->n_emitters; ++e) {
    if (run->seat_direct_by) {
      fh_direct_field_clear(&run->seat_direct_by[e]);
    }
    if (run->mic_direct_by) {
      fh_direct_field_clear(&run->mic_direct_by[e]);
    }
  }
  free(run->seat_direct_by);
  free(run->mic_direct_by);
  fh_sources_free(run->sources);
  fh_raycaster_free(run->caster);
  fh_scene_clear(&run->scene);
  free(run->face_material);
}

void
fh_run_clear(FhRun* const run)
{
  fh_dead_zones_clear(&run->zones);
  free(run->seats);
  free(run->pairs);
  free(run->system);
  fh_trace_result_clear(&run->trace);
  if (!run->borrows) {
    clear_shared(run);
  }
  memset(run, 0, sizeof(*run));
}
