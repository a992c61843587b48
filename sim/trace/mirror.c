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
  F8 weight;
  uint64_t sequence;
  unsigned order;
  bool passed; ///< Went through a surface
} Ray;

static void
count_volumes(const Mirror* const job,
              Tally* const tally,
              const unsigned block,
              const Ray* const ray,
              const float length)
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
    tally_microphone(engine,
                     tally,
                     block,
                     m,
                     &job->sights[m],
                     path / engine->speed_m_s +
                       (float)job->emitter->radiator.delay_s,
                     towards,
                     ray->weight * f8_all(chord * mic->inverse_volume));
  }
}

/// Count a segment at the seats whose volumes it passes, each in the cell that
/// holds the middle of the chord
static void
count_seats(const Mirror* const job,
            const unsigned block,
            const Ray* const ray,
            const float length)
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
        const F8 energy = ray->weight * seats->power *
                          engine_graze(engine, seat, towards) *
                          engine_air(engine, greater(path, 0.0f)) *
                          f8_all(chord * seat->inverse_volume);
        patch_add(seats->sum[s * seat_bin_count(seats->patches) + bin], energy);
        patch_add(seats->blocks[s * N_BLOCKS + block], energy);
      }
    }
  }
}

/// One segment and its end; false when the ray ends
static bool
advance(const Mirror* const job,
        Tally* const tally,
        const unsigned block,
        const uint64_t key,
        const uint32_t step,
        Ray* const ray)
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
    count_volumes(job, tally, block, ray, length);
  }
  if (job->seats && (ray->order || ray->passed)) {
    count_seats(job, block, ray, length);
  }
  if (!met) {
    return false;
  }

  const Surface* const surface =
    &engine->surfaces[scene->material[hit.triangle]];
  float normal[3];
  memcpy(normal, scene->normal[hit.triangle], sizeof normal);
  float cosine = dot3(normal, ray->direction);
  if (cosine > 0.0f) {
    if (surface->one_sided) {
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
  float chance = 0.0f;
  if (surface->transmits) {
    const float through = f8_sum(surface->through);
    const float both = through + f8_sum(surface->mirror);
    chance =
      surface->mirrors ? greater(0.05f, lesser(0.95f, through / both)) : 1.0f;
  }
  if (random.u[0] < chance) {
    ray->weight *= surface->through * f8_all(1.0f / chance);
    ray->passed = true;
    for (size_t k = 0; k < 3; ++k) {
      ray->at[k] -= 2.0f * LIFT_M * normal[k];
    }
  } else {
    ray->weight *= surface->mirror * f8_all(1.0f / (1.0f - chance));
    ray->sequence =
      image_sequence(ray->sequence, engine->planes.plane_of[hit.triangle]);
    ++ray->order;
    for (size_t k = 0; k < 3; ++k) {
      ray->direction[k] -= 2.0f * cosine * normal[k];
    }
  }
  if (!(f8_max(ray->weight) > WEIGHT_END) ||
      ray->length_m >= engine->window.duration_s * engine->speed_m_s) {
    return false;
  }
  const float share = window_ratio(&engine->window,
                                   ray->length_m / engine->speed_m_s,
                                   ray->weight) /
                      ROULETTE_SHARE;
  if (share < 1.0f) {
    if (random.u[1] >= share) {
      return false;
    }
    ray->weight *= f8_all(1.0f / share);
  }
  return true;
}

void
mirror_chunk(void* const mirror, const unsigned worker, const uint64_t chunk)
{
  const Mirror* const job = (const Mirror*)mirror;
  Tally* const tally = &job->tallies[worker];
  const unsigned block = (unsigned)(chunk % N_BLOCKS);
  for (uint64_t i = 0; i < CHUNK_RAYS; ++i) {
    const uint64_t number = chunk * CHUNK_RAYS + i;
    const uint64_t key = (uint64_t)1 << 58 | job->emitter_index << 36 | number;
    const Random4 random =
      random4(job->engine->desc->seed, key, 0, 0, DRAW_EMIT);
    Ray ray;
    memset(&ray, 0, sizeof ray);
    memcpy(ray.at, job->emitter->radiator.at, sizeof ray.at);
    ray.weight = emitter_sample(job->emitter, &random, ray.direction);
    for (uint32_t step = 1; step < MAX_BOUNCES; ++step) {
      if (!advance(job, tally, block, key, step, &ray)) {
        break;
      }
    }
  }
  tally->n_rays[block] += CHUNK_RAYS;
}
