// SPDX-License-Identifier: GPL-3.0-or-later
#include "variant_walk.h"

/*
  As transport.c, with a weight for each variant: a ray draws its events by the
  coefficients of one octave of one variant, its leader, and each octave b of
  each variant v carries

    w_vb = A_vb g_vb,   g_vb = q_vb / mean over v and b of q

  where A is what absorption left and q the probability of the events so far.
  There are no image sources here: what comes mirrored is counted through a
  volume about the receiver.
*/

/// A line of sight closer than this is not looked for again [m]
#define NEAR_M 0.05f
/// Reflections of one ray, at most
#define MAX_BOUNCES 20000u
/// Surfaces that a line of sight may pass through
#define MAX_PASSED 16u

typedef struct {
  float at[3];
  float direction[3];
  float length_m;
  uint64_t key;
  uint32_t step;
  bool reflected;     ///< Has met a surface
  bool counts_volume; ///< The last event was no scattering
  F8 energy[FH_VARIANTS_MAX];
  F8 path[FH_VARIANTS_MAX];
  uint16_t hits[VARIANT_MAX_HITS];
} Ray;

static void
count(const VariantWalk* const job,
      VariantTally* const tally,
      const unsigned block,
      const Ray* const ray,
      const size_t point,
      const float length_m,
      const F8* const intensity)
{
  const Engine* const engine = job->engine;
  const float time_s =
    length_m / engine->speed_m_s + (float)job->emitter->radiator.delay_s;
  const size_t bin = (size_t)(time_s * (float)(1.0 / FH_VARIANTS_BIN_S));
  if (bin >= job->n_bins) {
    return;
  }
  const F8 air = engine_air(engine, length_m) *
                 f8_load(job->emitter->radiator.power_w) *
                 f8_all(1.0f / VARIANT_SCALE);
  int64_t(*const energy)[8] =
    tally->energy + (point * job->n_bins + bin) * job->n_variants;
  int64_t(*const total)[8] =
    tally->blocks + (point * FH_VARIANTS_BLOCKS + block) * job->n_variants;
  for (size_t v = 0; v < job->n_variants; ++v) {
    const F8 value = intensity[v] * air;
    fixed_add8(energy[v], value);
    fixed_add8(total[v], value);
  }
  if (job->count_hits) {
    const size_t n_materials = engine->n_surfaces;
    int64_t(*const hits)[8] =
      tally->hits + (point * job->n_bins + bin) * n_materials;
    for (size_t m = 0; m < n_materials; ++m) {
      if (ray->hits[m]) {
        fixed_add8(hits[m],
                   intensity[0] * air * f8_all((float)ray->hits[m] * 0.0625f));
      }
    }
  }
}

/// Lanes of `x` above zero, as bits
static unsigned
positive(const F8 x)
{
  unsigned bits = 0;
  for (unsigned i = 0; i < 8; ++i) {
    bits |= (x[i] > 0.0f ? 1u : 0u) << i;
  }
  return bits;
}

static void
count_volume(const VariantWalk* const job,
             VariantTally* const tally,
             const unsigned block,
             const Ray* const ray,
             const float length,
             const size_t point)
{
  const Detector* const mic = &job->engine->mics[point];
  const float chord =
    detector_chord(job->engine, mic, ray->at, ray->direction, length);
  if (!(chord > 0.0f)) {
    return;
  }
  const float to[3] = {
    mic->at[0] - ray->at[0], mic->at[1] - ray->at[1], mic->at[2] - ray->at[2]};
  F8 intensity[FH_VARIANTS_MAX];
  for (size_t v = 0; v < job->n_variants; ++v) {
    intensity[v] =
      ray->energy[v] * ray->path[v] * f8_all(chord * mic->inverse_volume);
  }
  // The wave passes the centre when the ray passes beside it
  count(job,
        tally,
        block,
        ray,
        point,
        fmaxf(ray->length_m + dot3(to, ray->direction), 0.0f),
        intensity);
}

static void
count_volumes(const VariantWalk* const job,
              VariantTally* const tally,
              const unsigned block,
              const Ray* const ray,
              const float length)
{
  const float* const d = ray->direction;
  for (size_t i = 0; i < job->n_eights; ++i) {
    const EightPoints* const e = &job->eights[i];
    const F8 x = e->x - f8_all(ray->at[0]);
    const F8 y = e->y - f8_all(ray->at[1]);
    const F8 z = e->z - f8_all(ray->at[2]);
    const F8 along = x * f8_all(d[0]) + y * f8_all(d[1]) + z * f8_all(d[2]);
    const F8 across2 = x * x + y * y + z * z - along * along;
    unsigned near = positive(e->radius2 - across2);
    for (unsigned k = 0; near; ++k, near >>= 1) {
      if (near & 1u) {
        count_volume(job, tally, block, ray, length, 8 * i + k);
      }
    }
  }
}

/**
   What each variant lets through between two points.

   @param[out] shares [n_variants] product of what the surfaces on the way let
   through.
   @return False when nothing comes through in any of them.
*/
static bool
look_through(const VariantWalk* const job,
             const float from[3],
             const float to[3],
             F8* const shares)
{
  const Engine* const engine = job->engine;
  for (size_t v = 0; v < job->n_variants; ++v) {
    shares[v] = f8_all(1.0f);
  }
  if (!engine->any_through) {
    return fh_visible(engine->caster, from, to);
  }
  float at[3] = {from[0], from[1], from[2]};
  for (unsigned passed = 0; passed < MAX_PASSED; ++passed) {
    float d[3] = {to[0] - at[0], to[1] - at[1], to[2] - at[2]};
    const float length = sqrtf(dot3(d, d));
    if (length < 2.0f * LIFT_M) {
      return true;
    }
    for (size_t k = 0; k < 3; ++k) {
      d[k] /= length;
    }
    FhHit hit;
    fh_raycast(engine->caster, at, d, LIFT_M, length - LIFT_M, &hit);
    if (hit.triangle == FH_NO_HIT) {
      return true;
    }
    const uint32_t material = engine->scene->material[hit.triangle];
    float most = 0.0f;
    for (size_t v = 0; v < job->n_variants; ++v) {
      shares[v] *= job->surfaces[v][material].through;
      most = fmaxf(most, f8_max(shares[v]));
    }
    if (!(most > 0.0f)) {
      return false;
    }
    for (size_t k = 0; k < 3; ++k) {
      at[k] += hit.distance_m * d[k];
    }
  }
  return false;
}

/// Scattered sound from a hit to one point, `factor` for those left out
static void
connect_point(const VariantWalk* const job,
              VariantTally* const tally,
              const unsigned block,
              const Ray* const ray,
              const float normal[3],
              const F8* const scattered,
              const size_t point,
              const float factor)
{
  const Detector* const mic = &job->engine->mics[point];
  const float to[3] = {
    mic->at[0] - ray->at[0], mic->at[1] - ray->at[1], mic->at[2] - ray->at[2]};
  const float r2 = fmaxf(dot3(to, to), NEAR_M * NEAR_M);
  const float r = sqrtf(r2);
  const float share = factor * dot3(to, normal) / (r * r2 * (float)FH_PI);
  F8 intensity[FH_VARIANTS_MAX];
  if (!look_through(job, ray->at, mic->at, intensity)) {
    return;
  }
  for (size_t v = 0; v < job->n_variants; ++v) {
    intensity[v] *= scattered[v] * f8_all(share);
  }
  count(job, tally, block, ray, point, ray->length_m + r, intensity);
}

/**
   Scattered sound from a hit to the points in sight.

   A point is looked for as often as it gives, against an average surface
   element: the chances are laid end to end, and those points are taken over
   which a comb of teeth one apart, shifted by chance, has a tooth.
*/
static void
connect(const VariantWalk* const job,
        VariantTally* const tally,
        const unsigned block,
        const Ray* const ray,
        const float normal[3],
        const F8* const scattered,
        const float u)
{
  const float surface = (float)job->engine->scene->surface_m2;
  const F8 unit =
    f8_all(surface > 0.0f ? surface * 0.25f / (float)FH_PI : FAR_M);
  float sum = u;
  for (size_t i = 0; i < job->n_eights; ++i) {
    const EightPoints* const e = &job->eights[i];
    const F8 x = e->x - f8_all(ray->at[0]);
    const F8 y = e->y - f8_all(ray->at[1]);
    const F8 z = e->z - f8_all(ray->at[2]);
    const F8 facing =
      x * f8_all(normal[0]) + y * f8_all(normal[1]) + z * f8_all(normal[2]);
    const F8 r2 = x * x + y * y + z * z + f8_all(NEAR_M * NEAR_M);
    // facing / r^3 by two roots at once would need a loop: square, then root
    const F8 square = facing * facing / (r2 * r2 * r2);
    for (unsigned k = 0; k < 8; ++k) {
      if (!(facing[k] > 0.0f) || !(e->radius2[k] > 0.0f)) {
        continue;
      }
      const float chance = fminf(sqrtf(square[k]) * unit[k], 1.0f);
      const float before = floorf(sum);
      sum += chance;
      if (chance >= 1.0f || floorf(sum) > before) {
        connect_point(
          job, tally, block, ray, normal, scattered, 8 * i + k, 1.0f / chance);
      }
    }
  }
}

typedef enum { GO_THROUGH, GO_SCATTER, GO_MIRROR } Event;

/// Draw by the leader and weigh all variants; the largest weight is returned
static float
draw_event(const VariantWalk* const job,
           Ray* const ray,
           const uint32_t material,
           const uint64_t leader,
           const float u,
           Event* const event)
{
  const Surface* const lead = &job->surfaces[leader / FH_N_OCTAVES][material];
  const size_t band = (size_t)(leader % FH_N_OCTAVES);
  const float through = lead->p_through[band];
  const float scatter = lead->p_diffuse[band];
  *event = u < through             ? GO_THROUGH
           : u < through + scatter ? GO_SCATTER
                                   : GO_MIRROR;
  float sum = 0.0f;
  for (size_t v = 0; v < job->n_variants; ++v) {
    const Surface* const s = &job->surfaces[v][material];
    ray->path[v] *= *event == GO_THROUGH   ? s->p_through
                    : *event == GO_SCATTER ? s->p_diffuse
                                           : s->p_mirror;
    ray->energy[v] *= s->keep;
    sum += f8_sum(ray->path[v]);
  }
  const float mean = sum / (float)(job->n_variants * FH_N_OCTAVES);
  const F8 scale = f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);
  float most = 0.0f;
  for (size_t v = 0; v < job->n_variants; ++v) {
    ray->path[v] *= scale;
    most = fmaxf(most, f8_max(ray->energy[v] * ray->path[v]));
  }
  return most;
}

/// Roulette about the mean weight; false when the ray ends
static bool
survive(const VariantWalk* const job, Ray* const ray, const float u)
{
  const Engine* const engine = job->engine;
  F8 mean = f8_all(0.0f);
  for (size_t v = 0; v < job->n_variants; ++v) {
    mean += ray->energy[v] * ray->path[v];
  }
  mean *= f8_all(1.0f / (float)job->n_variants);
  const float ratio =
    window_ratio(engine, ray->length_m / engine->speed_m_s, &mean, 1);
  if (ratio >= 0.5f) {
    return true;
  }
  if (!(u < ratio)) {
    return false;
  }
  for (size_t v = 0; v < job->n_variants; ++v) {
    ray->energy[v] *= f8_all(1.0f / ratio);
  }
  return true;
}

/// One segment and the event at its end; false when the ray ends
static bool
advance(const VariantWalk* const job,
        VariantTally* const tally,
        const unsigned block,
        const uint64_t leader,
        Ray* const ray)
{
  const Engine* const engine = job->engine;
  const FhScene* const scene = engine->scene;
  FhHit hit;
  ++*tally->n_bounces;
  const bool met = engine_cast(engine, ray->at, ray->direction, &hit);
  const float length = met ? hit.distance_m : FAR_M;
  if (ray->reflected && ray->counts_volume) {
    count_volumes(job, tally, block, ray, length);
  }
  if (!met) {
    return false;
  }
  const uint32_t material = scene->material[hit.triangle];
  float normal[3];
  memcpy(normal, scene->normal[hit.triangle], sizeof normal);
  float cosine = dot3(normal, ray->direction);
  const bool back = cosine > 0.0f;
  if (back) {
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = -normal[k];
    }
    cosine = -cosine;
  }
  ray->length_m += length;
  for (size_t k = 0; k < 3; ++k) {
    ray->at[k] += length * ray->direction[k] + LIFT_M * normal[k];
  }
  if ((back && job->surfaces[0][material].one_sided) ||
      ray->length_m >= engine->window.duration_s * engine->speed_m_s ||
      ++ray->step > MAX_BOUNCES) {
    return false;
  }
  if (job->count_hits && ray->hits[material] < UINT16_MAX) {
    ++ray->hits[material];
  }

  F8 scattered[FH_VARIANTS_MAX];
  bool scatters = false;
  for (size_t v = 0; v < job->n_variants; ++v) {
    const Surface* const s = &job->surfaces[v][material];
    scattered[v] = ray->energy[v] * ray->path[v] * s->diffuse;
    scatters |= s->scatters;
  }
  const Random4 random =
    random4(engine->desc->seed, ray->key, ray->step, 0, DRAW_BOUNCE);
  if (scatters) {
    const float u =
      random4(engine->desc->seed, ray->key, ray->step, 0, DRAW_CONNECT).u[0];
    connect(job, tally, block, ray, normal, scattered, u);
  }
  Event event;
  if (!(draw_event(job, ray, material, leader, random.u[0], &event) > 0.0f)) {
    return false;
  }
  if (event == GO_SCATTER) {
    lambert_direction(normal, random.u[1], random.u[2], ray->direction);
    ray->counts_volume = false;
    ray->reflected = true;
  } else if (event == GO_MIRROR) {
    for (size_t k = 0; k < 3; ++k) {
      ray->direction[k] -= 2.0f * cosine * normal[k];
    }
    ray->counts_volume = true;
    ray->reflected = true;
  } else {
    // Sound let through goes on as what it was: direct, scattered, mirrored
    for (size_t k = 0; k < 3; ++k) {
      ray->at[k] -= 2.0f * LIFT_M * normal[k];
    }
  }
  return survive(job, ray, random.u[3]);
}

void
variant_chunk(void* const walk, const unsigned worker, const uint64_t chunk)
{
  const VariantWalk* const job = (const VariantWalk*)walk;
  VariantTally* const tally = &job->tallies[worker];
  const unsigned block = (unsigned)(chunk % FH_VARIANTS_BLOCKS);
  const uint64_t n_leaders = (uint64_t)(job->n_variants * FH_N_OCTAVES);
  if (!n_leaders) {
    return;
  }
  for (uint64_t i = 0; i < CHUNK_RAYS; ++i) {
    const uint64_t number = chunk * CHUNK_RAYS + i;
    const uint64_t leader = number % n_leaders;
    Ray ray;
    memset(&ray, 0, sizeof ray);
    ray.key = (job->emitter_index << 36 | number) + 1;
    const Random4 random =
      random4(job->engine->desc->seed, ray.key, 0, 0, DRAW_EMIT);
    const F8 start = emitter_sample(job->emitter, &random, ray.direction);
    for (size_t v = 0; v < job->n_variants; ++v) {
      ray.energy[v] = start;
      ray.path[v] = f8_all(1.0f);
    }
    memcpy(ray.at, job->emitter->radiator.at, sizeof ray.at);
    while (advance(job, tally, block, leader, &ray)) {
    }
  }
  tally->n_rays[block] += CHUNK_RAYS;
}
