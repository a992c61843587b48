// SPDX-License-Identifier: GPL-3.0-or-later
#include "mirror.h"

#include "gather.h"

/*
  Sound that is mirrored at every surface, or passes through thin ones, along
  a sequence that no image source stands for. The rays carry (1 - absorption)
  (1 - scattering) exactly and are counted by their length in a volume around
  the receiver.
*/

/// Weights under this share of the start are left out, -90 dB
#define WEIGHT_END 1e-9f
/// Rays that carry less than this share of the mean of all rays, scattered
/// ones too, go on by lot
#define ROULETTE_SHARE 0.02f
#define MAX_BOUNCES    20000u

typedef struct {
  float at[3];
  float direction[3];
  float length_m;
  uint64_t sequence;
  unsigned order;
  bool passed; ///< Went through a surface
  F8 weight[MAX_OCTETS];
} Ray;

FOR_EACH_N void
weigh(Ray* const ray, const float factor, const unsigned n)
{
  for (unsigned o = 0; o < n; ++o) {
    ray->weight[o] *= f8_all(factor);
  }
}

FOR_EACH_N void
count_volumes(const Mirror* const job,
              Tally* const tally,
              const unsigned block,
              const Ray* const ray,
              const float length,
              const unsigned n)
{
  const Engine* const engine = job->engine;
  for (size_t m = 0; m < engine->n_mics; ++m) {
    const Detector* const mic = &engine->mics[m];
    const float chord =
      detector_chord(engine, mic, ray->at, ray->direction, length);
    if (!(chord > 0.0f)) {
      continue;
    }
    const float to[3] = {mic->at[0] - ray->at[0],
                         mic->at[1] - ray->at[1],
                         mic->at[2] - ray->at[2]};
    const float path = ray->length_m + dot3(to, ray->direction);
    const float towards[3] = {
      -ray->direction[0], -ray->direction[1], -ray->direction[2]};
    F8 arriving[MAX_OCTETS];
    for (unsigned o = 0; o < n; ++o) {
      arriving[o] = ray->weight[o] * f8_all(chord * mic->inverse_volume);
    }
    tally_microphone(engine,
                     tally,
                     n,
                     block,
                     m,
                     &job->sights[m],
                     path / engine->speed_m_s +
                       (float)job->emitter->radiator.delay_s,
                     towards,
                     arriving);
  }
}

/// Count a segment at the seats whose volumes it passes, each in the cell that
/// holds the middle of the chord
FOR_EACH_N void
count_seats(const Mirror* const job,
            const unsigned block,
            const Ray* const ray,
            const float length,
            const unsigned n)
{
  const Engine* const engine = job->engine;
  const SeatMirror* const seats = job->seats;
  const SeatGrid* const grid = seats->grid;
  CubeWalk walk;
  cube_walk_begin(&grid->cells, ray->at, ray->direction, length, &walk);
  for (; walk.inside; (void)cube_walk_next(&grid->cells, &walk)) {
    const size_t cell = cube_of_walk(&grid->cells, &walk);
    for (size_t i = grid->first[cell]; i < grid->first[cell + 1]; ++i) {
      const size_t s = grid->member[i];
      const Detector* const seat = &grid->seats[s];
      float along = 0.0f;
      if (!seat_grid_meets(
            grid, seat, ray->at, ray->direction, length, cell, &along)) {
        continue;
      }
      if (!ray->passed &&
          images_own(
            seats->images, ray->sequence, ray->order, grid->zone_of[s])) {
        continue;
      }
      const float chord =
        detector_chord(engine, seat, ray->at, ray->direction, length);
      const float path = ray->length_m + along;
      const float time = path * seats->patches->per_m + seats->delay_bins;
      const size_t bin = seat_bin_of(seats->patches, greater(time, 0.0f));
      if (chord > 0.0f && bin < seat_bin_count(seats->patches)) {
        const float towards[3] = {
          -ray->direction[0], -ray->direction[1], -ray->direction[2]};
        const F8 graze = engine_graze(engine, seat, towards);
        const size_t at = s * seat_bin_count(seats->patches) + bin;
        for (unsigned o = 0; o < n; ++o) {
          const F8 energy = ray->weight[o] * seats->power * graze *
                            engine_air(&engine[o], greater(path, 0.0f)) *
                            f8_all(chord * seat->inverse_volume);
          patch_add(seats->sum[o][at], energy);
          patch_add(seats->blocks[o][s * N_BLOCKS + block], energy);
        }
      }
    }
  }
}

/// Go through a surface or be mirrored; random numbers decide
FOR_EACH_N void
go_on(const Engine* const engine,
      Ray* const ray,
      const FhHit* const hit,
      const uint32_t material,
      const float normal[3],
      const float cosine,
      const float u,
      const unsigned n)
{
  const float chance = surface_chance(engine, material, n);
  if (u < chance) {
    for (unsigned o = 0; o < n; ++o) {
      ray->weight[o] *=
        engine[o].surfaces[material].through * f8_all(1.0f / chance);
    }
    ray->passed = true;
    for (size_t k = 0; k < 3; ++k) {
      ray->at[k] -= 2.0f * LIFT_M * normal[k];
    }
    return;
  }
  for (unsigned o = 0; o < n; ++o) {
    ray->weight[o] *=
      engine[o].surfaces[material].mirror * f8_all(1.0f / (1.0f - chance));
  }
  ray->sequence =
    image_sequence(ray->sequence, engine->planes.plane_of[hit->triangle]);
  ++ray->order;
  for (size_t k = 0; k < 3; ++k) {
    ray->direction[k] -= 2.0f * cosine * normal[k];
  }
}

/// Roulette about the mean of all rays; false when the ray ends
FOR_EACH_N bool
keep_window(const Engine* const engine,
            Ray* const ray,
            const float u,
            const unsigned n)
{
  const float time_s = ray->length_m / engine->speed_m_s;
  const float share =
    window_ratio(engine, time_s, ray->weight, n) / ROULETTE_SHARE;
  if (share < 1.0f) {
    if (u >= share) {
      return false;
    }
    weigh(ray, 1.0f / share, n);
  }
  return true;
}

/// One segment and its end; false when the ray ends
FOR_EACH_N bool
advance(const Mirror* const job,
        Tally* const tally,
        const unsigned block,
        const uint64_t key,
        const uint32_t step,
        Ray* const ray,
        const unsigned n)
{
  const Engine* const engine = job->engine;
  const FhScene* const scene = engine->scene;
  FhHit hit;
  ++tally->ledger->n_bounces;
  const bool met = engine_cast(engine, ray->at, ray->direction, &hit);
  const float length = met ? hit.distance_m : FAR_M;
  const bool owned =
    !ray->passed &&
    (!ray->order || images_own(job->images, ray->sequence, ray->order, 0));
  if (!owned) {
    count_volumes(job, tally, block, ray, length, n);
  }
  if (job->seats && (ray->order || ray->passed)) {
    count_seats(job, block, ray, length, n);
  }
  if (!met) {
    return false;
  }

  const uint32_t material = scene->material[hit.triangle];
  float normal[3];
  memcpy(normal, scene->normal[hit.triangle], sizeof normal);
  float cosine = dot3(normal, ray->direction);
  if (cosine > 0.0f) {
    if (engine->surfaces[material].one_sided) {
      return false;
    }
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = -normal[k];
    }
    cosine = -cosine;
  }

  ray->length_m += length;
  for (size_t k = 0; k < 3; ++k) {
    ray->at[k] += length * ray->direction[k] + LIFT_M * normal[k];
  }
  const Random4 random = random4(engine->desc->seed, key, step, 0, DRAW_BOUNCE);
  go_on(engine, ray, &hit, material, normal, cosine, random.u[0], n);
  return octets_max(ray->weight, n) > WEIGHT_END &&
         ray->length_m < engine->window.duration_s * engine->speed_m_s &&
         keep_window(engine, ray, random.u[1], n);
}

FOR_EACH_N void
follow_chunk(const Mirror* const job,
             Tally* const tally,
             const uint64_t chunk,
             const unsigned n)
{
  const unsigned block = (unsigned)(chunk % N_BLOCKS);
  for (uint64_t i = 0; i < CHUNK_RAYS; ++i) {
    const uint64_t number = chunk * CHUNK_RAYS + i;
    const uint64_t key = (uint64_t)1 << 58 | job->emitter_index << 36 | number;
    const Random4 random =
      random4(job->engine->desc->seed, key, 0, 0, DRAW_EMIT);
    Ray ray;
    memset(&ray, 0, sizeof ray);
    memcpy(ray.at, job->emitter->radiator.at, sizeof ray.at);
    ray.weight[0] = emitter_sample(job->emitter, &random, ray.direction);
    for (unsigned o = 1; o < n; ++o) {
      ray.weight[o] = ray.weight[0];
    }
    for (uint32_t step = 1; step < MAX_BOUNCES; ++step) {
      if (!advance(job, tally, block, key, step, &ray, n)) {
        break;
      }
    }
  }
}

void
mirror_chunk(void* const mirror, const unsigned worker, const uint64_t chunk)
{
  const Mirror* const job = (const Mirror*)mirror;
  const unsigned n = job->engine->n_octets;
  Tally* const tally = &job->tallies[worker * n];
  const int64_t n_bounces = tally->ledger->n_bounces;
  if (n > 1) {
    follow_chunk(job, tally, chunk, MAX_OCTETS);
  } else {
    follow_chunk(job, tally, chunk, 1);
  }
  for (unsigned o = 0; o < n; ++o) {
    tally[o].n_rays[chunk % N_BLOCKS] += CHUNK_RAYS;
    if (o) {
      tally[o].ledger->n_bounces += tally->ledger->n_bounces - n_bounces;
    }
  }
}
