// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_private.h"
#include "rounds.h"
#include "setup.h"

#include <stdlib.h>

FhRadiator
bench_source(void)
{
  FhRadiator r;
  memset(&r, 0, sizeof r);
  memcpy(r.at, fh_bench_stage, sizeof r.at);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    r.power_w[b] = 0.01f;
  }
  return r;
}

void
bench_rig_clear(Rig* const rig)
{
  for (size_t i = 0; i < 2 * (size_t)MAX_OCTETS; ++i) {
    tally_clear(&rig->tally[i]);
  }
  for (size_t i = 0; i < 2; ++i) {
    patch_tally_clear(&rig->sums[i]);
  }
  free(rig->sights);
  patches_clear(&rig->patches);
  setup_clear(rig->engine);
  fh_raycaster_free(rig->caster);
  fh_scene_clear(&rig->scene);
}

FhStatus
bench_rig_init(Rig* const rig,
               const unsigned n_octets,
               const FhHall hall,
               const double edge_m,
               const size_t n_seats,
               const bool microphone)
{
  memset(rig, 0, sizeof *rig);
  FhStatus status = fh_bench_hall(hall, edge_m, n_seats, &rig->scene);
  if (!status && microphone) {
    rig->scene.microphone =
      (float(*)[3])calloc(1, sizeof *rig->scene.microphone);
    if (!rig->scene.microphone) {
      return FH_ERR_NO_MEM;
    }
    static const float at[3] = {30.0f, 18.0f, 4.0f};
    memcpy(rig->scene.microphone[0], at, sizeof at);
    rig->scene.n_microphones = 1;
  }
  const double began_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID);
  status = status ? status : fh_raycaster_new(&rig->scene, 1, &rig->caster);
  if (status) {
    return status;
  }
  rig->desc = fh_trace_desc_default();
  rig->desc.n_threads = 1;
  Engine* const engine = rig->engine;
  engine->scene = &rig->scene;
  engine->caster = rig->caster;
  engine->desc = &rig->desc;
  const FhRadiator radiator = bench_source();
  status = setup_engine(engine, n_octets, &radiator, 1, NULL);
  if (!status) {
    status = patches_new(engine, 0.48f, 3.0f, &rig->patches);
  }
  rig->ready_s = rounds_clock_s(CLOCK_THREAD_CPUTIME_ID) - began_s;
  FhTraceResult pilot;
  memset(&pilot, 0, sizeof pilot);
  status = status ? status : window_new(engine, &pilot);
  fh_trace_result_clear(&pilot);
  status = status ? status : setup_times(engine);
  rig->sights = status ? NULL : sights_new(engine);
  for (size_t i = 0; i < 2 * (size_t)n_octets && !status; ++i) {
    status = tally_init(engine, &rig->tally[i]);
  }
  for (size_t i = 0; i < 2 && !status; ++i) {
    status = patch_tally_init(&rig->patches, n_octets, &rig->sums[i]);
  }
  return status ? status : rig->sights ? FH_OK : FH_ERR_NO_MEM;
}

void
bench_rig_job(Rig* const rig, const bool patches, Transport* const job)
{
  memset(job, 0, sizeof *job);
  job->engine = rig->engine;
  job->emitter = &rig->engine->emitters[0];
  job->sights = rig->sights;
  job->tallies = rig->tally;
  job->power = f8_all(1.0f);
  if (patches) {
    job->patches = &rig->patches;
    job->sums = rig->sums;
  }
}
