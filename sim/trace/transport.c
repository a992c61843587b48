// SPDX-License-Identifier: GPL-3.0-or-later
#include "transport.h"

#include "near.h"

/*
  Rays that are mirrored, scattered or let through by chance. All octaves share
  a ray: it draws its events by the coefficients of one octave, its leader, and
  each octave b carries

    w_b = A_b g_b,   g_b = q_b / mean over octaves of q

  where A is what absorption left and q_b the probability of the events so far
  by the coefficients of octave b. As the leader goes round from ray to ray,
  rays of all leaders together have the density mean(q): every octave is
  exact, and no weight exceeds eight times the energy (balance heuristic of
  Veach, 1997; Wilkie et al., "Hero wavelength spectral sampling", 2014).
*/

/// Rays held back by splitting, at most
#define MAX_PENDING 64u
/// Copies made of one ray at one reflection, at most
#define MAX_COPIES 8u
/// Copies made of one ray and of its copies, at most. Where octaves fall at
/// very different rates, the pilot meets too few of the rays that carry the
/// mean of the fastest late on, and all rays look too heavy
#define MAX_FAMILY 16u
/// Weights under this share of the start are left [1]
#define WEIGHT_END 1e-9f
/// One ray in this many keeps the books of energy
#define LEDGER_STEP 8u
/// One chunk of rays in this many of each block checks the gather
#define CONTROL_STEP 2u
/// A line of sight closer than this is not looked for again [m]
#define NEAR_M 0.05f
/// Marks the random numbers of a disc
#define NEAR_CHILD 0x80000000u
/// Reflections of one ray, at most: a bound for rooms without absorption
#define MAX_BOUNCES 20000u

/// A ray under way
typedef struct {
  float at[3];
  float direction[3];
  float length_m;
  F8 energy;    ///< A_b: what absorption left
  F8 path;      ///< g_b: probability of the path over the mean
  uint64_t key; ///< Names the ray, copies included
  uint32_t step;
  bool scattered;     ///< Has met at least one scattering
  bool counts_volume; ///< The last event was no scattering, an earlier one was
} Ray;

typedef struct {
  const Transport* job;
  const Engine* engine;
  Tally* tally;
  unsigned block;
  unsigned leader;
  bool books;    ///< Keep the books of energy
  bool controls; ///< Check the gather
  const PatchTally* sums;
  PatchDeposit deposit;
  uint32_t n_family; ///< Copies of the ray that was started last
  uint32_t n_pending;
  Ray pending[MAX_PENDING];
} Walk;

typedef enum { GO_THROUGH, GO_SCATTER, GO_MIRROR } Event;

static void
book(const Walk* const walk, int64_t sum[8], const F8 energy)
{
  if (walk->books) {
    fixed_add8(sum, energy);
  }
}

/// Count at one seat, by time
static void
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
static void
count_control(const Walk* const walk, const Ray* const ray, const float length)
{
  const Engine* const engine = walk->engine;
  const SeatGrid* const grid = walk->job->control;
  Tally* const tally = walk->tally;
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
      if (chord > 0.0f) {
        const float towards[3] = {
          -ray->direction[0], -ray->direction[1], -ray->direction[2]};
        const float path = ray->length_m + greater(along, 0.0f);
        const F8 energy =
          ray->energy * ray->path * engine_graze(engine, seat, towards) *
          engine_air(engine, path) * f8_all(chord * seat->inverse_volume);
        if (walk->job->control_bins) {
          count_control_bin(walk->job, s, path, energy);
        } else {
          fixed_add8(tally->control[walk->block], energy * f8_all(share));
        }
      }
    }
  }
}

/// Count the segment at every microphone whose volume it passes
static void
count_volumes(const Walk* const walk, const Ray* const ray, const float length)
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
    tally_microphone(engine,
                     walk->tally,
                     walk->block,
                     m,
                     &walk->job->sights[m],
                     greater(path / engine->speed_m_s +
                               (float)walk->job->emitter->radiator.delay_s,
                             walk->job->sights[m].direct_s),
                     towards,
                     ray->energy * ray->path *
                       f8_all(chord * mic->inverse_volume));
  }
}

/// Scattered sound from a hit on a disc under a microphone
static void
connect_near(const Walk* const walk,
             const Ray* const ray,
             const size_t m,
             const NearDisc* const disc,
             const F8 scattered)
{
  const Engine* const engine = walk->engine;
  const Detector* const mic = &engine->mics[m];
  const Sight* const sight = &walk->job->sights[m];
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
  tally_microphone(engine,
                   walk->tally,
                   walk->block,
                   m,
                   sight,
                   greater(time_s, sight->direct_s),
                   towards,
                   scattered * f8_all(disc->share));
}

/**
   Scattered sound from a hit to every microphone in sight.

   With many microphones, those that would get less than the average surface
   element gives (cos / (pi r^2) against 4 / S) are looked for by chance. Hits
   just under a microphone count for all of its disc there (near.h): as if the
   plane wave that the ray stands for had met a point of it that is drawn anew.
*/
static void
connect_microphones(const Walk* const walk,
                    const Ray* const ray,
                    const float normal[3],
                    const uint32_t material,
                    const F8 scattered)
{
  const Engine* const engine = walk->engine;
  if (!engine->n_mics || !(f8_max(scattered) > 0.0f)) {
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
        connect_near(walk, ray, m, disc, scattered);
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
    tally_microphone(engine,
                     walk->tally,
                     walk->block,
                     m,
                     &walk->job->sights[m],
                     (ray->length_m + r) / engine->speed_m_s +
                       (float)walk->job->emitter->radiator.delay_s,
                     towards,
                     scattered * f8_all(share));
  }
}

/// Draw what happens by the leader's coefficients and weigh all octaves
static Event
draw_event(const Walk* const walk,
           Ray* const ray,
           const Surface* const surface,
           const float u)
{
  const float through = surface->p_through[walk->leader];
  const float scatter = surface->p_diffuse[walk->leader];
  const Event event = u < through             ? GO_THROUGH
                      : u < through + scatter ? GO_SCATTER
                                              : GO_MIRROR;
  F8 path = ray->path * (event == GO_THROUGH   ? surface->p_through
                         : event == GO_SCATTER ? surface->p_diffuse
                                               : surface->p_mirror);
  const float mean = f8_sum(path) * 0.125f;
  path *= f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);

  ray->energy *= surface->keep;
  ray->path = path;
  return event;
}

/// Book what a ray still carries
static void
leave(const Walk* const walk, const Ray* const ray)
{
  if (walk->books) {
    book(walk,
         walk->tally->ledger->left,
         ray->energy * ray->path *
           engine_air_loss(walk->engine, ray->length_m));
  }
}

/// Roulette and splitting about the mean weight; false when the ray ends
static bool
keep_window(Walk* const walk,
            Ray* const ray,
            const Event event,
            const float normal[3],
            const float u)
{
  const Engine* const engine = walk->engine;
  const float ratio = window_ratio(&engine->window,
                                   ray->length_m / engine->speed_m_s,
                                   ray->energy * ray->path);
  if (ratio < 0.5f) {
    const F8 before = ray->energy * ray->path;
    const F8 loss =
      walk->books ? engine_air_loss(engine, ray->length_m) : before;
    if (!(u < ratio)) {
      book(walk, walk->tally->ledger->sampling, -before * loss);
      return false;
    }
    const float gain = 1.0f / ratio;
    ray->energy *= f8_all(gain);
    book(
      walk, walk->tally->ledger->sampling, before * loss * f8_all(gain - 1.0f));
  } else if (ratio > 2.0f && event == GO_SCATTER &&
             walk->n_family < MAX_FAMILY) {
    uint32_t n = (uint32_t)lesser(ratio, (float)MAX_COPIES);
    if (n > MAX_PENDING - walk->n_pending + 1) {
      n = MAX_PENDING - walk->n_pending + 1;
    }
    walk->n_family += n - 1;
    ray->energy *= f8_all(1.0f / (float)n);
    for (uint32_t i = 1; i < n; ++i) {
      Ray* const copy = &walk->pending[walk->n_pending++];
      *copy = *ray;
      copy->key = mix64(ray->key, ray->step * 16u + i) >> 4;
      const Random4 random =
        random4(engine->desc->seed, copy->key, ray->step, 0, DRAW_BOUNCE);
      lambert_direction(normal, random.u[1], random.u[2], copy->direction);
    }
  }
  return true;
}

static void
escape(const Walk* const walk, const Ray* const ray)
{
  ++walk->tally->ledger->n_escaped;
  if (walk->books) {
    book(walk,
         walk->tally->ledger->escaped,
         ray->energy * ray->path *
           engine_air_loss(walk->engine, ray->length_m));
  }
}

/// Sound that a surface absorbs, and air on the way to it
static void
book_segment(const Walk* const walk,
             const Ray* const ray,
             const float length_m,
             const uint32_t material,
             const F8 keep)
{
  if (walk->books) {
    const F8 weight = ray->energy * ray->path;
    const F8 before = engine_air_loss(walk->engine, ray->length_m);
    const F8 after = engine_air_loss(walk->engine, ray->length_m + length_m);
    fixed_add8(walk->tally->ledger->air, weight * (before - after));
    fixed_add8(walk->tally->absorbed[material],
               weight * after * (f8_all(1.0f) - keep));
  }
}

/// Leave scattered sound on the patch that was met
static void
deposit_scattered(Walk* const walk,
                  const Ray* const ray,
                  const FhHit* const hit,
                  const bool back,
                  const F8 scattered)
{
  const Transport* const job = walk->job;
  // What scatters first is gathered by lines of sight to the source, but for
  // places so near to it that these would be few and strong
  patch_deposit(job->patches,
                walk->sums,
                &walk->deposit,
                patch_chip(job->patches, hit),
                back,
                walk->block,
                ray->length_m * job->patches->per_m + job->delay_bins,
                ray->step > 1 || ray->length_m < NEAR_SOURCE_M,
                scattered * job->power *
                  engine_air(walk->engine, ray->length_m));
}

/// One segment and the event at its end; false when the ray ends
static bool
advance(Walk* const walk, Ray* const ray)
{
  const Engine* const engine = walk->engine;
  const FhScene* const scene = engine->scene;
  FhHit hit;
  ++walk->tally->ledger->n_bounces;
  const bool met = engine_cast(engine, ray->at, ray->direction, &hit);
  const float length = met ? hit.distance_m : FAR_M;
  if (ray->counts_volume) {
    count_volumes(walk, ray, length);
  }
  if (walk->controls && ray->scattered) {
    count_control(walk, ray, length);
  }
  if (!met) {
    escape(walk, ray);
    return false;
  }

  const uint32_t material = scene->material[hit.triangle];
  const Surface* const surface = &engine->surfaces[material];
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
  const bool dead = back && surface->one_sided;
  book_segment(
    walk, ray, length, material, dead ? f8_all(0.0f) : surface->keep);
  if (dead) {
    return false;
  }

  ray->length_m += length;
  for (size_t k = 0; k < 3; ++k) {
    ray->at[k] += length * ray->direction[k] + LIFT_M * normal[k];
  }
  const float time_s = ray->length_m / engine->speed_m_s;
  const F8 weight = ray->energy * ray->path;
  if (!(f8_max(weight * surface->keep) > WEIGHT_END) ||
      time_s >= engine->window.duration_s || ++ray->step > MAX_BOUNCES) {
    ray->energy *= surface->keep;
    leave(walk, ray);
    return false;
  }

  const F8 scattered = weight * surface->diffuse;
  if (surface->scatters) {
    connect_microphones(walk, ray, normal, material, scattered);
    if (walk->job->patches && walk->sums) {
      deposit_scattered(walk, ray, &hit, back, scattered);
    }
  }

  const Random4 random =
    random4(engine->desc->seed, ray->key, ray->step, 0, DRAW_BOUNCE);
  // What the lottery of events changes, with the air on the way so far
  const F8 kept = ray->energy * ray->path * surface->keep;
  const Event event = draw_event(walk, ray, surface, random.u[0]);
  if (walk->books) {
    const F8 change = ray->energy * ray->path - kept;
    fixed_add8(walk->tally->ledger->sampling,
               change * engine_air_loss(engine, ray->length_m));
  }
  if (event == GO_SCATTER) {
    lambert_direction(normal, random.u[1], random.u[2], ray->direction);
    ray->scattered = true;
    ray->counts_volume = false;
  } else {
    ray->counts_volume = ray->scattered;
    for (size_t k = 0; k < 3; ++k) {
      if (event == GO_MIRROR) {
        ray->direction[k] -= 2.0f * cosine * normal[k];
      } else {
        ray->at[k] -= 2.0f * LIFT_M * normal[k];
      }
    }
  }
  return keep_window(walk, ray, event, normal, random.u[3]);
}

static void
start(const Walk* const walk, const uint64_t number, Ray* const ray)
{
  const Transport* const job = walk->job;
  memset(ray, 0, sizeof *ray);
  ray->key = (job->emitter_index << 36 | number) + 1;
  const Random4 random =
    random4(walk->engine->desc->seed, ray->key, 0, 0, DRAW_EMIT);
  ray->energy = emitter_sample(job->emitter, &random, ray->direction);
  ray->path = f8_all(1.0f);
  memcpy(ray->at, job->emitter->radiator.at, sizeof ray->at);
}

void
transport_chunk(void* const transport,
                const unsigned worker,
                const uint64_t chunk)
{
  const Transport* const job = (const Transport*)transport;
  Walk walk;
  walk.job = job;
  walk.engine = job->engine;
  walk.tally = &job->tallies[worker];
  walk.block = (unsigned)(chunk % N_BLOCKS);
  walk.n_pending = 0;
  memset(&walk.deposit, 0, sizeof walk.deposit);
  walk.sums =
    job->sums && !job->sums->is_shared ? &job->sums[worker] : job->sums;
  walk.controls =
    job->control && (job->control_bins || chunk / N_BLOCKS % CONTROL_STEP == 0);
  for (uint64_t i = 0; i < CHUNK_RAYS; ++i) {
    const uint64_t number = chunk * CHUNK_RAYS + i;
    walk.leader = (unsigned)(number % FH_N_OCTAVES);
    walk.books = number / FH_N_OCTAVES % LEDGER_STEP == 0;
    Ray ray;
    start(&walk, number, &ray);
    walk.n_family = 0;
    book(&walk, walk.tally->ledger->emitted, ray.energy);
    for (;;) {
      while (advance(&walk, &ray)) {
      }
      if (!walk.n_pending) {
        break;
      }
      ray = walk.pending[--walk.n_pending];
    }
  }
  if (job->patches && walk.sums) {
    patch_flush(job->patches, walk.sums, &walk.deposit);
  }
  walk.tally->n_rays[walk.block] += CHUNK_RAYS;
  walk.tally->n_control[walk.block] += walk.controls ? CHUNK_RAYS : 0;
}
