// SPDX-License-Identifier: GPL-3.0-or-later
#include "setup.h"

#include "image.h"
#include "pool.h"

#include <stdlib.h>

/// Radius of the volume around a microphone where there is room [m]
#define MIC_RADIUS_M 1.0f
/// Directions of sight by which that volume is found
#define MIC_VOLUME_POINTS 512u
/// Rays that look for sequences of mirrors that are too many to list
#define SEARCH_RAYS 100000u

static bool
is_finite3(const float p[3])
{
  return isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]);
}

FhStatus
setup_check(const FhScene* const scene,
            const FhRadiator* const radiators,
            const size_t n_radiators,
            const FhTraceDesc* const desc,
            FhDiag* const diag)
{
  const char* wrong = NULL;
  if (!n_radiators) {
    wrong = "nothing radiates; add a loudspeaker that is not muted";
  } else if (!scene->n_triangles) {
    wrong = "the scene has no surface; give a geometry";
  } else if (!(desc->duration_s >= 0.0 && desc->duration_s <= 60.0)) {
    wrong = "the duration is out of range; give 0 (automatic) to 60 s";
  } else if (!desc->n_rays && !(desc->error_db >= 0.01)) {
    wrong = "the error asked for is out of range; give 0.01 dB or more";
  } else if (desc->n_rays > MAX_RAYS) {
    wrong = "too many rays; give 67 million or fewer";
  } else if (desc->image_order > MAX_IMAGE_ORDER) {
    wrong = "the order of image sources is out of range; give 0 to 60";
  }
  for (size_t i = 0; i < n_radiators && !wrong; ++i) {
    double total = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double power = (double)radiators[i].power_w[b];
      total += power >= 0.0 ? power : NAN;
    }
    if (!(isfinite(total) && is_finite3(radiators[i].at) &&
          radiators[i].delay_s >= 0.0 && radiators[i].delay_s <= 10.0)) {
      wrong = "a loudspeaker's place, power or delay is no finite number";
    }
  }
  for (size_t m = 0; m < scene->n_microphones && !wrong; ++m) {
    if (!is_finite3(scene->microphone[m])) {
      wrong = "a microphone's place is no finite number";
    }
  }
  if (!wrong) {
    return FH_OK;
  }
  fh_diag_add(diag, FH_DIAG_ERROR, NULL, 0, 0, "%s", wrong);
  return FH_ERR_INVALID_DATA;
}

uint64_t
setup_rays(const double wanted)
{
  const uint64_t step = (uint64_t)CHUNK_RAYS * N_BLOCKS;
  const double n = fmin(fmax(wanted, (double)step), (double)MAX_RAYS);
  return ((uint64_t)ceil(n) + step - 1) / step * step;
}

static FhStatus
make_emitters(Engine* const engine,
              const FhRadiator* const radiators,
              const size_t n_radiators)
{
  engine->emitters = (Emitter*)engine_alloc(n_radiators, sizeof(Emitter));
  if (!engine->emitters) {
    return FH_ERR_NO_MEM;
  }
  engine->n_emitters = n_radiators;
  for (size_t e = 0; e < n_radiators; ++e) {
    const FhStatus status = emitter_init(&engine->emitters[e], &radiators[e]);
    if (status) {
      return status;
    }
  }
  return FH_OK;
}

static FhStatus
make_microphones(Engine* const engine)
{
  const FhScene* const scene = engine->scene;
  engine->mics =
    (Detector*)engine_alloc(scene->n_microphones, sizeof(Detector));
  if (!engine->mics) {
    return FH_ERR_NO_MEM;
  }
  engine->n_mics = scene->n_microphones;
  for (size_t m = 0; m < engine->n_mics; ++m) {
    detector_init(engine,
                  scene->microphone[m],
                  MIC_RADIUS_M,
                  m,
                  MIC_VOLUME_POINTS,
                  &engine->mics[m]);
  }
  return FH_OK;
}

static FhStatus
make_air(Engine* const engine)
{
  engine->n_air =
    (size_t)(engine->window.duration_s * engine->speed_m_s / AIR_STEP_M) + 2;
  engine->air_at = (F8*)engine_alloc(engine->n_air, sizeof(F8));
  if (!engine->air_at) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < engine->n_air; ++i) {
    engine->air_at[i] = engine_air_loss(engine, (float)i * AIR_STEP_M);
  }
  return FH_OK;
}

FhStatus
setup_engine(Engine* const engine,
             const FhRadiator* const radiators,
             const size_t n_radiators,
             FhDiag* const diag)
{
  double air[FH_N_OCTAVES];
  fh_air_octaves(&engine->scene->air, air);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    engine->air[b] = (float)air[b];
  }
  engine->speed_m_s = (float)fh_air_speed_m_s(&engine->scene->air);
  engine->n_search = SEARCH_RAYS;
  engine->n_threads =
    engine->desc->n_threads ? engine->desc->n_threads : pool_processors();
  FhStatus status = surfaces_new(engine, diag);
  status = status ? status : planes_new(engine, &engine->planes);
  status = status ? status : make_emitters(engine, radiators, n_radiators);
  return status ? status : make_microphones(engine);
}

FhStatus
setup_times(Engine* const engine)
{
  double delay_s = 0.0;
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    delay_s = fmax(delay_s, engine->emitters[e].radiator.delay_s);
  }
  engine->duration_s = engine->window.duration_s + (float)delay_s;
  engine->n_bins = (size_t)ceilf(engine->duration_s / FINE_BIN_S) + 1;
  engine->n_block_bins = block_bin_of(engine->duration_s) + 1;
  return make_air(engine);
}

void
setup_clear(Engine* const engine)
{
  for (size_t e = 0; engine->emitters && e < engine->n_emitters; ++e) {
    emitter_clear(&engine->emitters[e]);
  }
  free(engine->emitters);
  free(engine->surfaces);
  free(engine->mics);
  free(engine->window.inverse);
  free(engine->air_at);
  planes_clear(&engine->planes);
}
