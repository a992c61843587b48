// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_TRANSPORT_COUNT_H
#define FH_TRACE_TRANSPORT_COUNT_H

#include "near.h"
#include "transport.h"

/*
  The rays of transport.c, and how microphones and the control of the gather
  count them.
*/

/// Rays held back by splitting, at most
#define MAX_PENDING 64u
/// A line of sight closer than this is not looked for again [m]
#define NEAR_M 0.05f
/// Marks the random numbers of a disc
#define NEAR_CHILD 0x80000000u

/// What a ray carries in eight bands
typedef struct {
  F8 energy; ///< A_b: what absorption left
  F8 path;   ///< g_b: probability of the path over the mean
} Load;

/// A ray under way
typedef struct {
  float at[3];
  float direction[3];
  float length_m;
  uint32_t step;
  uint64_t key;       ///< Names the ray, copies included
  bool scattered;     ///< Has met at least one scattering
  bool counts_volume; ///< The last event was no scattering, an earlier one was
  Load load[MAX_OCTETS]; ///< Last: of octaves alone only the first is copied
} Ray;

typedef struct {
  const Transport* job;
  const Engine* engine; ///< [octet]
  Tally* tally;         ///< [octet]
  unsigned block;
  unsigned leader_octet;
  unsigned leader; ///< Band of that octet
  bool books;      ///< Keep the books of energy
  bool controls;   ///< Check the gather
  bool deposits;   ///< Scattered sound goes to the patches
  const PatchTally* sums;
  PatchQueue queue;
  int64_t n_bounces, n_escaped;
  uint32_t n_family; ///< Copies of the ray that was started last
  uint32_t n_pending;
  Ray pending[MAX_PENDING];
} Walk;

FOR_EACH_N F8
weight_of(const Ray* const ray, const unsigned octet)
{
  return ray->load[octet].energy * ray->load[octet].path;
}

/// Count at one seat, by time
static inline void
count_control_bin(const Transport* const job,
                  const size_t seat,
                  const float path_m,
                  const F8 energy)
{
  const size_t n = seat_bin_count(job->patches);
  const size_t bin =
    seat_bin_of(job->patches, path_m * job->patches->per_m + job->delay_bins);
  if (bin < n) {
    fixed_add8(job->control_bins[seat * n + bin], energy);
  }
}

/// Count a scattered segment in the small volumes around all seats together:
/// what the gather should find on average
FOR_EACH_N void
count_control(const Walk* const walk,
              const Ray* const ray,
              const float length,
              const unsigned n)
{
  const Engine* const engine = walk->engine;
  const SeatGrid* const grid = walk->job->control;
  const float share = 1.0f / (float)grid->n_seats;
  CubeWalk cubes;
  cube_walk_begin(&grid->cells, ray->at, ray->direction, length, &cubes);
  for (; cubes.inside; (void)cube_walk_next(&grid->cells, &cubes)) {
    const size_t cell = cube_of_walk(&grid->cells, &cubes);
    for (size_t i = grid->first[cell]; i < grid->first[cell + 1]; ++i) {
      const size_t s = grid->member[i];
      const Detector* const seat = &grid->near[s];
      float along = 0.0f;
      if (!seat_grid_meets(
            grid, seat, ray->at, ray->direction, length, cell, &along)) {
        continue;
      }
      const float chord =
        detector_chord(engine, seat, ray->at, ray->direction, length);
      if (!(chord > 0.0f)) {
        continue;
      }
      const float towards[3] = {
        -ray->direction[0], -ray->direction[1], -ray->direction[2]};
      const float path = ray->length_m + greater(along, 0.0f);
      const F8 graze = engine_graze(engine, seat, towards);
      for (unsigned o = 0; o < n; ++o) {
        const F8 energy = weight_of(ray, o) * graze *
                          engine_air(&engine[o], path) *
                          f8_all(chord * seat->inverse_volume);
        if (walk->job->control_bins) {
          count_control_bin(walk->job, s, path, energy);
        } else {
          fixed_add8(walk->tally[o].control[walk->block],
                     energy * f8_all(share));
        }
      }
    }
  }
}

/// Count at a microphone what some weights give it
FOR_EACH_N void
count_microphone(const Walk* const walk,
                 const size_t mic,
                 const float time_s,
                 const float towards[3],
                 const F8* const weight,
                 const float share,
                 const unsigned n)
{
  F8 arriving[MAX_OCTETS];
  for (unsigned o = 0; o < n; ++o) {
    arriving[o] = weight[o] * f8_all(share);
  }
  tally_microphone(walk->engine,
                   walk->tally,
                   n,
                   walk->block,
                   mic,
                   &walk->job->sights[mic],
                   time_s,
                   towards,
                   arriving);
}

/// Count the segment at every microphone whose volume it passes
FOR_EACH_N void
count_volumes(const Walk* const walk,
              const Ray* const ray,
              const float length,
              const unsigned n)
{
  const Engine* const engine = walk->engine;
  for (size_t m = 0; m < engine->n_mics; ++m) {
    const Detector* const mic = &engine->wide[m];
    const float chord =
      detector_chord(engine, mic, ray->at, ray->direction, length);
    if (!(chord > 0.0f)) {
      continue;
    }
    // The wave passes the centre when the ray passes beside it; though not
    // before the direct sound
    const float to[3] = {mic->at[0] - ray->at[0],
                         mic->at[1] - ray->at[1],
                         mic->at[2] - ray->at[2]};
    const float path = ray->length_m + dot3(to, ray->direction);
    const float towards[3] = {
      -ray->direction[0], -ray->direction[1], -ray->direction[2]};
    F8 weight[MAX_OCTETS];
    for (unsigned o = 0; o < n; ++o) {
      weight[o] = weight_of(ray, o);
    }
    count_microphone(walk,
                     m,
                     greater(path / engine->speed_m_s +
                               (float)walk->job->emitter->radiator.delay_s,
                             walk->job->sights[m].direct_s),
                     towards,
                     weight,
                     chord * mic->inverse_volume,
                     n);
  }
}

/// Scattered sound from a hit on a disc under a microphone
FOR_EACH_N void
connect_near(const Walk* const walk,
             const Ray* const ray,
             const size_t m,
             const NearDisc* const disc,
             const F8* const scattered,
             const unsigned n)
{
  const Engine* const engine = walk->engine;
  const Detector* const mic = &engine->mics[m];
  const Random4 random = random4(engine->desc->seed,
                                 ray->key,
                                 ray->step,
                                 (uint32_t)m | NEAR_CHILD,
                                 DRAW_CONNECT);
  float at[3];
  near_disc_draw(disc, random.u[0], random.u[1], at);
  float towards[3];
  float shift[3];
  for (size_t k = 0; k < 3; ++k) {
    towards[k] = at[k] - mic->at[k];
    shift[k] = at[k] - ray->at[k];
  }
  const float r = sqrtf(dot3(towards, towards));
  for (size_t k = 0; k < 3; ++k) {
    towards[k] /= r;
  }
  const float length = ray->length_m + dot3(shift, ray->direction) + r;
  const float time_s =
    length / engine->speed_m_s + (float)walk->job->emitter->radiator.delay_s;
  count_microphone(walk,
                   m,
                   greater(time_s, walk->job->sights[m].direct_s),
                   towards,
                   scattered,
                   disc->share,
                   n);
}

/**
   Scattered sound from a hit to every microphone in sight.

   With many microphones, those that would get less than the average surface
   element gives (cos / (pi r^2) against 4 / S) are looked for by chance. Hits
   just under a microphone count for all of its disc there (near.h): as if the
   plane wave that the ray stands for had met a point of it that is drawn anew.
*/
FOR_EACH_N void
connect_microphones(const Walk* const walk,
                    const Ray* const ray,
                    const float normal[3],
                    const uint32_t material,
                    const F8* const scattered,
                    const unsigned n)
{
  const Engine* const engine = walk->engine;
  if (!engine->n_mics || !(octets_max(scattered, n) > 0.0f)) {
    return;
  }
  const float surface = (float)engine->scene->surface_m2;
  const bool by_chance = engine->n_mics > 1 && surface > 0.0f;
  Random4 random = {{0.0f, 0.0f, 0.0f, 0.0f}};
  for (size_t m = 0; m < engine->n_mics; ++m) {
    const Detector* const mic = &engine->mics[m];
    const float to[3] = {mic->at[0] - ray->at[0],
                         mic->at[1] - ray->at[1],
                         mic->at[2] - ray->at[2]};
    const float facing = dot3(to, normal);
    if (by_chance && !(m & 3u)) {
      random = random4(engine->desc->seed,
                       ray->key,
                       ray->step,
                       (uint32_t)(m >> 2),
                       DRAW_CONNECT);
    }
    if (!(facing > 0.0f)) {
      continue;
    }
    const float r2 = greater(dot3(to, to), NEAR_M * NEAR_M);
    if (r2 < engine->near[m].reach2) {
      const NearDisc* const disc =
        near_disc_of(&engine->near[m], ray->at, normal, material);
      if (disc) {
        connect_near(walk, ray, m, disc, scattered, n);
        continue;
      }
    }
    const float r = sqrtf(r2);
    float share = facing / (r * r2 * (float)FH_PI);
    if (by_chance) {
      const float chance = share * surface * 0.25f;
      if (chance < 1.0f) {
        if (random.u[m & 3u] >= chance) {
          continue;
        }
        share /= chance;
      }
    }
    if (!fh_visible(engine->caster, ray->at, mic->at)) {
      continue;
    }
    const float towards[3] = {-to[0] / r, -to[1] / r, -to[2] / r};
    count_microphone(walk,
                     m,
                     (ray->length_m + r) / engine->speed_m_s +
                       (float)walk->job->emitter->radiator.delay_s,
                     towards,
                     scattered,
                     share,
                     n);
  }
}

#endif // FH_TRACE_TRANSPORT_COUNT_H
