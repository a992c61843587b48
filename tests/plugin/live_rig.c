// SPDX-License-Identifier: GPL-3.0-or-later
#include "live_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool
rig_init(Rig* const rig,
         const uint32_t seed,
         const double duty,
         const double seconds)
{
  memset(rig, 0, sizeof(*rig));
  rig->controls = fh_live_controls_default();
  rig->programme_gain = 1.0F;
  rig->fault.gain = 1.0F;
  rig->n_programme =
    (size_t)(seconds * WORLD_RATE_HZ) / WORLD_BLOCK * WORLD_BLOCK;
  // Another length, so that the two never meet the same way again
  rig->n_noise = rig->n_programme + 7 * WORLD_BLOCK;
  rig->programme = (float*)malloc(rig->n_programme * sizeof(float));
  rig->noise = (float*)malloc(rig->n_noise * sizeof(float));
  if (!rig->programme || !rig->noise ||
      !world_stream_init(&rig->room, RIG_RESPONSE) ||
      fh_live_new(WORLD_RATE_HZ, &rig->live)) {
    return false;
  }
  world_programme(rig->programme, rig->n_programme, seed, duty);
  world_noise(rig->noise, rig->n_noise, seed + 1);
  return true;
}

void
rig_clear(Rig* const rig)
{
  fh_live_free(rig->live);
  world_stream_clear(&rig->room);
  free(rig->programme);
  free(rig->noise);
  memset(rig, 0, sizeof(*rig));
}

void
rig_set_room(Rig* const rig, const float response[RIG_RESPONSE])
{
  world_stream_set(&rig->room, response, RIG_RESPONSE);
}

void
rig_set_noise(Rig* const rig, const double snr_db)
{
  // What the programme makes of the room: energy of the response times its own
  double sum = 0.0;
  const size_t n = rig->room.n_parts * (WORLD_BLOCK + 1);
  for (size_t i = 0; i < n; ++i) {
    const double size = (double)cabsf(rig->room.part[i]);
    sum += size * size / WORLD_BLOCK;
  }
  const double level = world_mean_square(rig->programme, rig->n_programme);
  rig->noise_gain = (float)(sqrt(sum * level) * pow(10.0, -snr_db / 20.0));
}

/// What the microphone hears in this block
static void
fill_mic(const Rig* const rig, const float* const in, float* const mic)
{
  const RigFault* const f = &rig->fault;
  const size_t from = 3 * WORLD_BLOCK - RIG_DELAY - f->extra;
  for (size_t i = 0; i < WORLD_BLOCK; ++i) {
    const float noise =
      rig->noise_gain * rig->noise[(rig->at + i) % rig->n_noise];
    mic[i] = f->gain * (rig->heard[from + i] + noise);
    if (f->is_line) {
      mic[i] = in[i];
    }
    if (f->is_clipped) {
      mic[i] = fminf(fmaxf(30.0F * mic[i], -1.0F), 1.0F);
    }
    if (f->is_out) {
      mic[i] = 0.0F;
    }
    if (f->is_bad && i % 1000 == 17) {
      mic[i] = i % 2000 == 17 ? NAN : INFINITY;
    }
  }
}

void
rig_step(Rig* const rig)
{
  float in[WORLD_BLOCK];
  float mic[WORLD_BLOCK];
  for (size_t i = 0; i < WORLD_BLOCK; ++i) {
    in[i] =
      rig->programme_gain * rig->programme[(rig->at + i) % rig->n_programme];
  }
  fill_mic(rig, in, mic);
  const float* const ins[2] = {in, in};
  const float* const mics[2] = {rig->fault.is_null ? NULL : mic, NULL};
  float* const outs[2] = {rig->out[0], rig->out[1]};
  fh_live_process(rig->live, &rig->controls, ins, mics, outs, WORLD_BLOCK);
  memmove(
    rig->heard, rig->heard + WORLD_BLOCK, 2 * WORLD_BLOCK * sizeof(float));
  world_stream_process(&rig->room, rig->out[0], rig->heard + 2 * WORLD_BLOCK);
  rig->at += WORLD_BLOCK;
  if (!rig->worker_sleeps) {
    fh_live_work(rig->live);
  }
}

void
rig_run(Rig* const rig, const double seconds)
{
  const size_t end = rig->at + (size_t)(seconds * WORLD_RATE_HZ);
  while (rig->at < end) {
    rig_step(rig);
  }
}

void
rig_press(Rig* const rig, bool* const button)
{
  *button = true;
  rig_step(rig);
  *button = false;
}

/// The change at the microphone, taken for that of the audience
typedef struct {
  FhLiveModel model;
  float sd_db;
} RigModel;

static bool
infer(void* const self,
      const FhCrowdObservation* const frame,
      FhCrowdEstimate* const out)
{
  const RigModel* const model = (const RigModel*)self;
  memset(out, 0, sizeof(*out));
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    out->total_db[o] = frame->tf_valid[o] ? frame->tf_db[o] : 0.0F;
    out->early_db[o] = out->total_db[o];
    out->total_sd_db[o] = model->sd_db;
    out->early_sd_db[o] = model->sd_db;
  }
  out->occupancy = 0.5F;
  out->occupancy_sd = 0.1F;
  out->confidence = 0.8F;
  return true;
}

static void
free_model(FhLiveModel* const model)
{
  free(model->self);
}

FhLiveModel*
rig_model_new(const float sd_db)
{
  RigModel* const model = (RigModel*)calloc(1, sizeof(*model));
  if (!model) {
    return NULL;
  }
  model->model.self = model;
  model->model.infer = infer;
  model->model.free = free_model;
  model->sd_db = sd_db;
  return &model->model;
}
