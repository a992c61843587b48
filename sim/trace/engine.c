// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include <stdlib.h>

/// Smallest distance between a detector and the next surface to be "clear" [m]
#define CLEARANCE_M 1e-3f
/// A receiver no higher than this over the heads is among them [m]
#define AMONG_HEADS_M 0.5f
/// Sine of the elevation from which heads take nothing, 8 degrees
#define SIN_CLEAR 0.139173101f

void*
engine_alloc(const size_t n, const size_t size)
{
  if (size && n > (SIZE_MAX / 2) / size) {
    return NULL;
  }
  const size_t bytes = (n * size + 63) / 64 * 64;
  void* const p = aligned_alloc(64, bytes ? bytes : 64);
  if (p) {
    memset(p, 0, bytes ? bytes : 64);
  }
  return p;
}

/// @param third As FhTraceDesc.third
static bool
surface_init(Surface* const s, const FhMaterial* const m, const unsigned third)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const size_t i = third ? 3 * b + third - 1 : 0;
    const float a = third ? m->absorption_third[i] : m->absorption[b];
    const float scatter = third ? m->scattering_third[i] : m->scattering[b];
    const float through = third ? m->transmission_third[i] : m->transmission[b];
    if (!(a >= 0.0f && a <= 2.0f) || !(scatter >= 0.0f && scatter <= 1.0f) ||
        !(through >= 0.0f && through <= 1.0f)) {
      return false;
    }
    const float reflect = greater(0.0f, 1.0f - a);
    const float pass = lesser(through, 1.0f - reflect);
    s->keep[b] = reflect + pass;
    s->diffuse[b] = reflect * scatter;
    s->mirror[b] = reflect * (1.0f - scatter);
    s->through[b] = pass;
    const float share = s->keep[b] > 0.0f ? pass / s->keep[b] : 0.0f;
    s->p_through[b] = share;
    s->p_diffuse[b] = (1.0f - share) * scatter;
    s->p_mirror[b] = (1.0f - share) * (1.0f - scatter);
    s->scatters |= s->diffuse[b] > 0.0f;
    s->transmits |= pass > 0.0f;
    s->mirrors |= s->mirror[b] > 0.0f;
  }
  s->one_sided = !m->two_sided;
  return true;
}

FhStatus
surfaces_new(Engine* const engine, FhDiag* const diag)
{
  const FhScene* const scene = engine->scene;
  engine->n_surfaces = scene->n_materials;
  engine->surfaces =
    (Surface*)engine_alloc(scene->n_materials, sizeof(Surface));
  if (!engine->surfaces) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < scene->n_materials; ++i) {
    Surface* const s = &engine->surfaces[i];
    if (!surface_init(s, &scene->materials[i], engine->third)) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  NULL,
                  0,
                  0,
                  "material %s: absorption, scattering or transmission is no "
                  "number within its range; give values from 0 to 1",
                  scene->materials[i].name);
      return FH_ERR_NOT_FINITE;
    }
    engine->any_scatter |= s->scatters;
    engine->any_through |= s->transmits;
    engine->any_mirror |= s->mirrors;
  }
  return FH_OK;
}

void
surfaces_join(Engine* const engine)
{
  Engine any = engine[0];
  for (unsigned o = 1; o < engine->n_octets; ++o) {
    any.any_scatter |= engine[o].any_scatter;
    any.any_through |= engine[o].any_through;
    any.any_mirror |= engine[o].any_mirror;
  }
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    engine[o].any_scatter = any.any_scatter;
    engine[o].any_through = any.any_through;
    engine[o].any_mirror = any.any_mirror;
  }
  for (size_t i = 0; i < engine->n_surfaces; ++i) {
    Surface all = engine[0].surfaces[i];
    for (unsigned o = 1; o < engine->n_octets; ++o) {
      all.scatters |= engine[o].surfaces[i].scatters;
      all.transmits |= engine[o].surfaces[i].transmits;
      all.mirrors |= engine[o].surfaces[i].mirrors;
    }
    for (unsigned o = 0; o < engine->n_octets; ++o) {
      engine[o].surfaces[i].scatters = all.scatters;
      engine[o].surfaces[i].transmits = all.transmits;
      engine[o].surfaces[i].mirrors = all.mirrors;
    }
  }
}

static float
distance_to(const float a[3], const float b[3])
{
  const float d[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
  return sqrtf(dot3(d, d));
}

static float
sight_of_direction(const Engine* const engine,
                   const float at[3],
                   const float d[3],
                   const float far_m)
{
  FhHit hit;
  fh_raycast(engine->caster, at, d, 0.0f, far_m, &hit);
  return hit.triangle == FH_NO_HIT ? far_m : hit.distance_m;
}

/// Look for heads under a receiver
static void
find_crowd(const Engine* const engine, Detector* const detector)
{
  const FhScene* const scene = engine->scene;
  const float down[3] = {0.0f, 0.0f, -1.0f};
  FhHit hit;
  detector->crowd = -1;
  if (!scene->n_blocks || !scene->block_loss_db) {
    return;
  }
  fh_raycast(engine->caster, detector->at, down, 0.0f, AMONG_HEADS_M, &hit);
  if (hit.triangle != FH_NO_HIT &&
      scene->kind[hit.triangle] == FH_SURFACE_CROWD_TOP) {
    const float* const n = scene->normal[hit.triangle];
    for (size_t k = 0; k < 3; ++k) {
      detector->up[k] = n[2] < 0.0f ? -n[k] : n[k];
    }
    detector->crowd = scene->block[hit.triangle];
  }
}

void
detector_init(const Engine* const engine,
              const float at[3],
              const float radius_m,
              const uint64_t key,
              const uint32_t n_points,
              Detector* const detector)
{
  // Volume seen from the centre: mean of the cubed distance of sight
  double volume = 0.0;
  float nearest = radius_m;
  for (uint32_t i = 0; i < n_points; ++i) {
    const Random4 r = random4(engine->desc->seed, key, i, 0, DRAW_VOLUME);
    float d[3];
    sphere_direction(((float)i + r.u[0]) / (float)n_points, r.u[1], d);
    const float sight = sight_of_direction(engine, at, d, radius_m);
    volume += pow((double)sight, 3.0);
    nearest = lesser(nearest, sight);
  }
  volume *= 4.0 / 3.0 * FH_PI / (double)n_points;
  memcpy(detector->at, at, sizeof detector->at);
  detector->radius_m = radius_m;
  detector->clear = nearest >= radius_m - CLEARANCE_M;
  detector->inverse_volume = (float)(1.0 / volume);
  find_crowd(engine, detector);
}

F8
engine_graze(const Engine* const engine,
             const Detector* const at,
             const float towards[3])
{
  F8 left = f8_all(1.0f);
  if (at->crowd < 0) {
    return left;
  }
  const float sine = dot3(towards, at->up);
  if (sine >= SIN_CLEAR) {
    return left;
  }
  const float degrees = asinf(greater(sine, 0.0f)) * (float)(180.0 / FH_PI);
  const float pressure = 0.2f + 0.1f * degrees;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    left[b] = powf(pressure, 2.0f * engine->scene->block_loss_db[at->crowd][b]);
  }
  return left;
}

float
detector_chord(const Engine* const engine,
               const Detector* const detector,
               const float origin[3],
               const float direction[3],
               const float length_m)
{
  const float to[3] = {detector->at[0] - origin[0],
                       detector->at[1] - origin[1],
                       detector->at[2] - origin[2]};
  const float along = dot3(to, direction);
  const float across2 = dot3(to, to) - along * along;
  const float r2 = detector->radius_m * detector->radius_m;
  if (across2 >= r2) {
    return 0.0f;
  }
  const float half = sqrtf(r2 - across2);
  const float first = greater(along - half, 0.0f);
  const float last = lesser(along + half, length_m);
  if (!(last > first)) {
    return 0.0f;
  }
  if (detector->clear) {
    return last - first;
  }
  // A random point of the chord decides for all of it; its position comes
  // from the ray itself, so that it repeats
  const float mix = fabsf(across2 * 8191.0f + along * 127.0f);
  const float f = mix - floorf(mix);
  const float t = first + f * (last - first);
  const float p[3] = {origin[0] + t * direction[0],
                      origin[1] + t * direction[1],
                      origin[2] + t * direction[2]};
  if (distance_to(detector->at, p) > 2.0f * CLEARANCE_M &&
      !fh_visible(engine->caster, detector->at, p)) {
    return 0.0f;
  }
  return last - first;
}

bool
engine_cast(const Engine* const engine,
            const float origin[3],
            float direction[3],
            FhHit* const hit)
{
  fh_raycast(engine->caster, origin, direction, 0.0f, FAR_M, hit);
  if (hit->triangle != FH_NO_HIT || !engine->scene->closed) {
    return hit->triangle != FH_NO_HIT;
  }
  // Even robust traversal may miss where edges meet: look just beside
  const float beside[3] = {direction[0] + 1e-6f * direction[1],
                           direction[1] - 1e-6f * direction[2],
                           direction[2] + 1e-6f * direction[0]};
  fh_raycast(engine->caster, origin, beside, 0.0f, FAR_M, hit);
  return hit->triangle != FH_NO_HIT;
}

F8
engine_air_loss(const Engine* const engine, const float length_m)
{
  F8 loss;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    loss[b] = expf(-engine->air[b] * length_m);
  }
  return loss;
}

size_t
block_bin_of(const float after_s)
{
  return !(after_s > 0.0f) ? 0
         : after_s < 0.1f  ? (size_t)(after_s * 100.0f)
                           : 10 + (size_t)((after_s - 0.1f) * 25.0f);
}

double
fh_trace_block_edge_s(const size_t bin)
{
  return bin <= 10 ? 0.01 * (double)bin : 0.1 + 0.04 * (double)(bin - 10);
}

F8
direct_gain(const Engine* const engine, const size_t emitter, const float at[3])
{
  const FhRadiator* const radiator = &engine->emitters[emitter].radiator;
  const float r = greater(distance_to(radiator->at, at), 0.1f);
  if (!fh_visible(engine->caster, radiator->at, at)) {
    return f8_all(0.0f);
  }
  float direction[3];
  for (size_t k = 0; k < 3; ++k) {
    direction[k] = (at[k] - radiator->at[k]) / r;
  }
  F8 loss = f8_all(1.0f / (4.0f * (float)FH_PI * r * r));
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    loss[b] *= expf(-(float)engine->air[b] * r);
  }
  return emitter_gain(&engine->emitters[emitter], direction) * loss;
}

Sight*
sights_new(const Engine* const engine)
{
  const size_t n = engine->n_emitters * engine->n_mics;
  Sight* const sights =
    (Sight*)engine_alloc(engine->n_octets * n, sizeof(Sight));
  if (!sights) {
    return NULL;
  }
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    const FhRadiator* const radiator = &engine->emitters[e].radiator;
    for (size_t m = 0; m < engine->n_mics; ++m) {
      Sight* const sight = &sights[e * engine->n_mics + m];
      const float* const at = engine->mics[m].at;
      sight->direct_s = distance_to(radiator->at, at) / engine->speed_m_s +
                        (float)radiator->delay_s;
      const float x = radiator->at[0] - at[0];
      const float y = radiator->at[1] - at[1];
      const float flat = sqrtf(x * x + y * y);
      sight->lateral[0] = flat > 1e-6f ? -y / flat : 1.0f;
      sight->lateral[1] = flat > 1e-6f ? x / flat : 0.0f;
      for (unsigned o = engine->n_octets; o-- > 0;) {
        sight[o * n] = *sight;
        sight[o * n].direct = direct_gain(&engine[o], e, at);
      }
    }
  }
  return sights;
}

FhStatus
tally_init(const Engine* const engine, Tally* const tally)
{
  memset(tally, 0, sizeof *tally);
  const size_t n_fine = engine->n_mics * engine->n_bins;
  const size_t n_block = N_BLOCKS * engine->n_mics * engine->n_block_bins;
  const size_t n_ledger = (sizeof(Ledger) / sizeof(int64_t) + 7) / 8 * 8;
  tally->n_words = 8 * n_fine + 8 * n_block + 8 * engine->n_surfaces +
                   n_ledger + 10 * N_BLOCKS + 2 * n_fine;
  tally->words = (int64_t*)engine_alloc(tally->n_words, sizeof(int64_t));
  if (!tally->words) {
    return FH_ERR_NO_MEM;
  }
  int64_t* next = tally->words;
  tally->fine = (int64_t(*)[8])next;
  next += 8 * n_fine;
  tally->blocks = (int64_t(*)[8])next;
  next += 8 * n_block;
  tally->absorbed = (int64_t(*)[8])next;
  next += 8 * engine->n_surfaces;
  tally->ledger = (Ledger*)next;
  next += n_ledger;
  tally->n_rays = next;
  next += N_BLOCKS;
  tally->n_control = next;
  next += N_BLOCKS;
  tally->control = (int64_t(*)[8])next;
  next += 8 * N_BLOCKS;
  tally->lateral = (int64_t(*)[2])next;
  return FH_OK;
}

void
tally_clear(Tally* const tally)
{
  free(tally->words);
  memset(tally, 0, sizeof *tally);
}

void
tally_add(Tally* const tally, const Tally* const from)
{
  for (size_t i = 0; i < tally->n_words; ++i) {
    tally->words[i] += from->words[i];
  }
}

/// Count an intensity in one octet
static void
tally_octet(Tally* const tally,
            const size_t at,
            const size_t block_bin,
            const float lateral,
            const F8 intensity)
{
  fixed_add8(tally->fine[at], intensity);

  // 125 Hz to 1 kHz, as ISO 3382-1 averages lateral energy
  const float broad = intensity[1] + intensity[2] + intensity[3] + intensity[4];
  tally->lateral[at][0] += fixed_of(broad * lateral * lateral);
  tally->lateral[at][1] += fixed_of(broad * lateral);
  fixed_add8(tally->blocks[block_bin], intensity);
}

void
tally_microphone(const Engine* const engine,
                 Tally* const tally,
                 const unsigned n_octets,
                 const unsigned block,
                 const size_t mic,
                 const Sight* const sight,
                 const float time_s,
                 const float towards[3],
                 const F8* const arriving)
{
  const size_t bin = (size_t)(time_s * (1.0f / FINE_BIN_S));
  if (bin >= engine->n_bins) {
    return;
  }
  const F8 graze = engine_graze(engine, &engine->mics[mic], towards);
  const float lateral = fabsf(dot3(towards, sight->lateral));
  size_t late = block_bin_of(time_s - sight->direct_s);
  if (late >= engine->n_block_bins) {
    late = engine->n_block_bins - 1;
  }
  for (unsigned o = 0; o < n_octets; ++o) {
    tally_octet(&tally[o],
                mic * engine->n_bins + bin,
                (block * engine->n_mics + mic) * engine->n_block_bins + late,
                lateral,
                arriving[o] * graze);
  }
}
