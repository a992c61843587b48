// SPDX-License-Identifier: GPL-3.0-or-later
#include "setup.h"

#include "image.h"
#include "near.h"
#include "pool.h"

#include <fh/places.h>

#include <stdlib.h>

/// Radius of the volume around a microphone where there is room [m]
#define MIC_RADIUS_M 1.0f
/// The same for scattered sound, at most, and against the mean free path
#define WIDE_RADIUS_M   1.5f
#define WIDE_FREE_PATHS 0.25f
/// Error that this is for [dB], and rays that reach it, about
#define WIDE_ERROR_DB 0.3
#define WIDE_RAYS     16384.0
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
  } else if (scene->closed && !(scene->volume_m3 > 0.0)) {
    wrong = "the room encloses no volume; check the geometry, or say "
            "'open_air: true'";
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

/*
  Radius of the volume by which scattered rays are counted. Its mean is that of
  the centre but for the field's curvature, an error that grows with the square
  of the radius; the error of chance falls with it. So the square goes with the
  error asked for: a long run, which sees more, has the small volume.
*/
static float
wide_radius_m(const Engine* const engine)
{
  const FhScene* const scene = engine->scene;
  const FhTraceDesc* const desc = engine->desc;
  float radius = WIDE_RADIUS_M;
  if (scene->closed && scene->surface_m2 > 0.0) {
    const double path = 4.0 * scene->volume_m3 / scene->surface_m2;
    radius = lesser(radius, WIDE_FREE_PATHS * (float)path);
  }
  const double error_db =
    desc->n_rays ? WIDE_ERROR_DB * sqrt(WIDE_RAYS / (double)desc->n_rays)
                 : desc->error_db;
  radius *= sqrtf((float)fmin(1.0, error_db / WIDE_ERROR_DB));
  return greater(radius, MIC_RADIUS_M);
}

static FhStatus
make_microphones(Engine* const engine)
{
  const FhScene* const scene = engine->scene;
  engine->mics =
    (Detector*)engine_alloc(scene->n_microphones, sizeof(Detector));
  engine->wide =
    (Detector*)engine_alloc(scene->n_microphones, sizeof(Detector));
  if (!engine->mics || !engine->wide) {
    return FH_ERR_NO_MEM;
  }
  const float wide_m = wide_radius_m(engine);
  engine->n_mics = scene->n_microphones;
  for (size_t m = 0; m < engine->n_mics; ++m) {
    detector_init(engine,
                  scene->microphone[m],
                  MIC_RADIUS_M,
                  m,
                  MIC_VOLUME_POINTS,
                  &engine->mics[m]);
    detector_init(engine,
                  scene->microphone[m],
                  wide_m,
                  m,
                  MIC_VOLUME_POINTS,
                  &engine->wide[m]);
  }
  engine->near = near_discs_new(engine);
  return engine->near ? FH_OK : FH_ERR_NO_MEM;
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

static void
set_air(Engine* const engine)
{
  const unsigned third = engine->third;
  double octave[FH_N_OCTAVES];
  double thirds[FH_N_THIRDS];
  fh_air_octaves(&engine->scene->air, octave);
  fh_air_thirds(&engine->scene->air, thirds);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    engine->air[b] = (float)(third ? thirds[3 * b + third - 1] : octave[b]);
  }
}

/// Let the other octets have what is shared
static void
share_engine(Engine* const engine)
{
  for (unsigned o = 1; o < engine->n_octets; ++o) {
    Engine* const other = &engine[o];
    const Engine own = *other;
    *other = *engine;
    other->n_octets = 1;
    other->octet = o;
    other->third = own.third;
    other->surfaces = own.surfaces;
    other->air = own.air;
  }
}

FhStatus
setup_engine(Engine* const engine,
             const unsigned n_octets,
             const FhRadiator* const radiators,
             const size_t n_radiators,
             FhDiag* const diag)
{
  engine->n_octets = n_octets;
  engine->speed_m_s = (float)fh_air_speed_m_s(&engine->scene->air);
  engine->n_search = SEARCH_RAYS;
  engine->n_threads =
    engine->desc->n_threads ? engine->desc->n_threads : pool_processors();
  FhStatus status = FH_OK;
  for (unsigned o = 0; o < n_octets && !status; ++o) {
    engine[o].scene = engine->scene;
    engine[o].third = n_octets > 1 ? o + 1 : engine->desc->third;
    set_air(&engine[o]);
    status = surfaces_new(&engine[o], diag);
  }
  if (status) {
    return status;
  }
  surfaces_join(engine);
  status = planes_new(engine, &engine->planes);
  status = status ? status : make_emitters(engine, radiators, n_radiators);
  status = status ? status : make_microphones(engine);
  share_engine(engine);
  return status;
}

/// Directions to the corners, edges and faces of a cube
#define N_PROBES 26u

/// Direction `i` of a probe
static void
probe_direction(const uint32_t i, float d[3])
{
  // 27 cells of a cube without its middle
  const uint32_t cell = i < 13 ? i : i + 1;
  const uint32_t digit[3] = {cell % 3, cell / 3 % 3, cell / 9};
  for (size_t k = 0; k < 3; ++k) {
    d[k] = (float)digit[k] - 1.0f;
  }
  const float length = sqrtf(dot3(d, d));
  for (size_t k = 0; k < 3; ++k) {
    d[k] /= length;
  }
}

/// Directions in which nothing is met
static unsigned
count_misses(const Engine* const engine, const float at[3])
{
  unsigned n = 0;
  for (uint32_t i = 0; i < N_PROBES; ++i) {
    float d[3];
    FhHit hit;
    probe_direction(i, d);
    fh_raycast(engine->caster, at, d, 0.0f, FAR_M, &hit);
    n += hit.triangle == FH_NO_HIT;
  }
  return n;
}

static FhStatus
complain_of_place(const Engine* const engine,
                  FhDiag* const diag,
                  const char* const what,
                  const float at[3])
{
  double world[3];
  for (size_t k = 0; k < 3; ++k) {
    world[k] = engine->scene->origin[k] + (double)at[k];
  }
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              NULL,
              0,
              0,
              "%s, at (%.3f, %.3f, %.3f)",
              what,
              world[0],
              world[1],
              world[2]);
  return FH_ERR_INVALID_DATA;
}

FhStatus
setup_check_places(const Engine* const engine, FhDiag* const diag)
{
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    const FhRadiator* const radiator = &engine->emitters[e].radiator;
    if (f8_max(f8_load(radiator->power_w)) > 0.0f &&
        fh_place_on_surface(engine->caster, radiator->at)) {
      return complain_of_place(engine,
                               diag,
                               "a loudspeaker is on a surface; move it some "
                               "centimetres off",
                               radiator->at);
    }
  }
  for (size_t m = 0; m < engine->n_mics; ++m) {
    // The volume around it, by which rays are counted, would be nothing
    if (fh_place_on_surface(engine->caster, engine->mics[m].at)) {
      return complain_of_place(engine,
                               diag,
                               "a microphone is on a surface; move it some "
                               "centimetres off",
                               engine->mics[m].at);
    }
  }
  for (size_t m = 0; m < engine->n_mics && engine->scene->closed; ++m) {
    // A room has holes, but hardly in most directions
    if (count_misses(engine, engine->mics[m].at) > N_PROBES / 2) {
      return complain_of_place(
        engine,
        diag,
        "a microphone is outside of the room; move it in",
        engine->mics[m].at);
    }
  }
  return FH_OK;
}

FhStatus
setup_times(Engine* const engine)
{
  double delay_s = 0.0;
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    delay_s = fmax(delay_s, engine->emitters[e].radiator.delay_s);
  }
  FhStatus status = FH_OK;
  for (unsigned o = 0; o < engine->n_octets && !status; ++o) {
    Engine* const octet = &engine[o];
    octet->duration_s = octet->window.duration_s + (float)delay_s;
    octet->n_bins = (size_t)ceilf(octet->duration_s / FINE_BIN_S) + 1;
    octet->n_block_bins = block_bin_of(octet->duration_s) + 1;
    status = make_air(octet);
  }
  return status;
}

void
setup_clear(Engine* const engine)
{
  for (size_t e = 0; engine->emitters && e < engine->n_emitters; ++e) {
    emitter_clear(&engine->emitters[e]);
  }
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    free(engine[o].surfaces);
    free(engine[o].window.inverse);
    free(engine[o].air_at);
  }
  free(engine->emitters);
  free(engine->mics);
  free(engine->wide);
  free(engine->near);
  planes_clear(&engine->planes);
}
