// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint.h"
#include "engine.h"
#include "image.h"
#include "memory.h"
#include "response.h"
#include "rounds.h"
#include "setup.h"

#include <stdlib.h>

/// Share of escaped energy that is worth a warning in a closed room
#define ESCAPE_WARNING 0.01

FhTraceDesc
fh_trace_desc_default(void)
{
  FhTraceDesc desc;
  memset(&desc, 0, sizeof desc);
  desc.seed = 1;
  desc.error_db = 0.3;
  desc.gather_rays = 256;
  desc.image_order = 3;
  desc.seats = true;
  desc.diffraction = true;
  desc.proofs = true;
  desc.finite_faces = true;
  return desc;
}

static void
warn(const Run* const run)
{
  const Window* const window = &run->engine->window;
  if (window->endless) {
    fh_diag_add(run->diag,
                FH_DIAG_WARNING,
                NULL,
                0,
                0,
                "sound has not died away after %.0f s (no absorption?); the "
                "response ends there",
                (double)window->duration_s);
  }
  if (run->engine->scene->closed && window->escaped > ESCAPE_WARNING &&
      run->out->n_holes) {
    double at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = run->engine->scene->origin[k] + (double)run->out->hole_at[0][k];
    }
    fh_diag_add(run->diag,
                FH_DIAG_WARNING,
                NULL,
                0,
                0,
                "%.1f %% of the energy leaves through holes, for one near "
                "(%.2f, %.2f, %.2f); close the geometry",
                100.0 * window->escaped,
                at[0],
                at[1],
                at[2]);
  }
}

static FhStatus
prepare_tallies(Run* const run)
{
  Engine* const engine = run->engine;
  const size_t n = run->n_octets * engine->n_emitters;
  const size_t n_own = run->n_octets * engine->n_threads;
  run->images = (Images**)engine_alloc(engine->n_emitters, sizeof(void*));
  run->mirrored = (Tally*)engine_alloc(n, sizeof(Tally));
  run->scattered = (Tally*)engine_alloc(n, sizeof(Tally));
  run->thread = (Tally*)engine_alloc(n_own, sizeof(Tally));
  if (!run->images || !run->mirrored || !run->scattered || !run->thread) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = setup_times(engine);
  for (size_t i = 0; i < n && !status; ++i) {
    status = tally_init(engine, &run->mirrored[i]);
    status = status ? status : tally_init(engine, &run->scattered[i]);
  }
  for (size_t i = 0; i < n_own && !status; ++i) {
    status = tally_init(engine, &run->thread[i]);
  }
  return status;
}

static FhStatus
prepare_images(Run* const run)
{
  const Engine* const engine = run->engine;
  FhStatus status = FH_OK;
  for (size_t e = 0; e < engine->n_emitters && !status; ++e) {
    status = images_new(engine,
                        &engine->emitters[e],
                        e,
                        run->desc.image_order,
                        NULL,
                        &run->images[e]);
  }
  return status;
}

static FhStatus
prepare_diffraction(Run* const run)
{
  Engine* const engine = run->engine;
  if (!run->desc.diffraction || !engine->any_mirror) {
    return FH_OK;
  }
  const FhStatus status = diffraction_new(engine, &run->diffraction);
  for (unsigned o = 0; o < run->n_octets; ++o) {
    engine[o].diffraction = &run->diffraction;
  }
  return status;
}

static FhStatus
prepare_seats(Run* const run)
{
  const Engine* const engine = run->engine;
  run->has_seats = run->desc.seats && engine->scene->n_seats > 0;
  run->gather_rays = run->desc.gather_rays ? run->desc.gather_rays : 256;
  // Sums of microphones alone: what they may fill, with what is held by now
  const size_t n_tallies =
    run->n_octets * (2 * engine->n_emitters + engine->n_threads);
  double memory_bytes =
    (double)memory_used() +
    (double)n_tallies * (double)run->thread[0].n_words * sizeof(int64_t);
  FhStatus status = FH_OK;
  if (run->has_seats) {
    status = seats_new(engine, &run->seats, run->diag);
    memory_bytes = run->seats.memory_bytes;
  }
  for (unsigned o = 0; o < run->n_octets; ++o) {
    run->out[o].memory_bytes = memory_bytes;
  }
  return status;
}

static void
run_clear(Run* const run)
{
  Engine* const engine = run->engine;
  seats_clear(engine, &run->seats);
  diffraction_clear(&run->diffraction);
  for (size_t e = 0; run->images && e < engine->n_emitters; ++e) {
    images_free(run->images[e]);
  }
  for (size_t i = 0; i < run->n_octets * engine->n_emitters; ++i) {
    if (run->mirrored) {
      tally_clear(&run->mirrored[i]);
    }
    if (run->scattered) {
      tally_clear(&run->scattered[i]);
    }
  }
  for (size_t i = 0; run->thread && i < run->n_octets * engine->n_threads;
       ++i) {
    tally_clear(&run->thread[i]);
  }
  free(run->sights);
  free(run->images);
  free(run->mirrored);
  free(run->scattered);
  free(run->thread);
  setup_clear(engine);
}

static FhStatus
prepare(Run* const run,
        const FhRadiator* const radiators,
        const size_t n_radiators)
{
  Engine* const engine = run->engine;
  FhStatus status =
    setup_engine(engine, run->n_octets, radiators, n_radiators, run->diag);
  status = status ? status : setup_check_places(engine, run->diag);
  if (!status) {
    run->sights = sights_new(engine);
    status = run->sights ? FH_OK : FH_ERR_NO_MEM;
  }
  status = status ? status : window_new(engine, run->out);
  status = status ? status : prepare_tallies(run);
  status = status ? status : prepare_images(run);
  status = status ? status : prepare_diffraction(run);
  return status ? status : prepare_seats(run);
}

/// Let all octets have what is known of the whole walk
static FhStatus
share_result(const Run* const run, const double cpu_s)
{
  const FhTraceResult* const first = run->out;
  FhStatus status = FH_OK;
  for (unsigned o = 0; o < run->n_octets; ++o) {
    FhTraceResult* const out = &run->out[o];
    out->out_of_time = run->out_of_time;
    out->wall_s = rounds_clock_s(CLOCK_MONOTONIC) - run->started_s;
    out->cpu_s = rounds_clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    if (o && first->n_holes) {
      out->hole_at = (float(*)[3])calloc(first->n_holes, sizeof *out->hole_at);
      if (!out->hole_at) {
        status = FH_ERR_NO_MEM;
        continue;
      }
      out->n_holes = first->n_holes;
      memcpy(
        out->hole_at, first->hole_at, first->n_holes * sizeof *out->hole_at);
    }
  }
  return status;
}

/// Trace one octet, or all three of third octaves
static FhStatus
trace(const FhScene* const scene,
      const FhRaycaster* const caster,
      const FhRadiator* const radiators,
      const size_t n_radiators,
      const FhTraceDesc* const desc,
      const FhProgressFn progress,
      void* const user,
      const unsigned n_octets,
      FhTraceResult* const out,
      FhDiag* const diag)
{
  memset(out, 0, n_octets * sizeof *out);
  FhStatus status = setup_check(scene, radiators, n_radiators, desc, diag);
  if (status) {
    return status;
  }

  Run* const run = (Run*)engine_alloc(1, sizeof(Run));
  if (!run) {
    return FH_ERR_NO_MEM;
  }
  const double cpu_s = rounds_clock_s(CLOCK_PROCESS_CPUTIME_ID);
  run->started_s = rounds_clock_s(CLOCK_MONOTONIC);
  run->desc = *desc;
  run->team = desc->team;
  run->n_octets = n_octets;
  run->engine->scene = scene;
  run->engine->caster = caster;
  run->engine->desc = &run->desc;
  run->out = out;
  run->diag = diag;
  run->progress = progress;
  run->user = user;
  run->stage_done = 0.02;

  status = prepare(run, radiators, n_radiators);
  if (!status) {
    run->input = checkpoint_input(run);
    status = rounds_run(run);
  }
  if ((!status || status == FH_ERR_INTERRUPTED) && rounds_have_rays(run)) {
    FhStatus filled = rounds_fill(run);
    warn(run);
    if (run->out_of_time) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  NULL,
                  0,
                  0,
                  "the time limit was met after %llu rays from each "
                  "loudspeaker; see the standard errors%s",
                  (unsigned long long)out->n_rays_done,
                  desc->checkpoint ? ", or go on with --resume" : "");
      status = FH_OK;
    }
    const FhStatus shared = share_result(run, cpu_s);
    filled = filled ? filled : shared;
    status = filled ? filled : status;
  } else {
    for (unsigned o = 0; o < n_octets; ++o) {
      fh_trace_result_clear(&out[o]);
    }
  }
  run_clear(run);
  free(run);
  return status;
}

FhStatus
fh_trace_radiators(const FhScene* const scene,
                   const FhRaycaster* const caster,
                   const FhRadiator* const radiators,
                   const size_t n_radiators,
                   const FhTraceDesc* const desc,
                   const FhProgressFn progress,
                   void* const user,
                   FhTraceResult* const out,
                   FhDiag* const diag)
{
  return trace(
    scene, caster, radiators, n_radiators, desc, progress, user, 1, out, diag);
}

FhStatus
fh_trace_radiators_thirds(const FhScene* const scene,
                          const FhRaycaster* const caster,
                          const FhRadiator* const radiators,
                          const size_t n_radiators,
                          const FhTraceDesc* const desc,
                          const FhProgressFn progress,
                          void* const user,
                          FhTraceResult out[FH_TRACE_THIRDS],
                          FhDiag* const diag)
{
  return trace(scene,
               caster,
               radiators,
               n_radiators,
               desc,
               progress,
               user,
               FH_TRACE_THIRDS,
               out,
               diag);
}
