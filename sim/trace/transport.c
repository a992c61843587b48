// SPDX-License-Identifier: GPL-3.0-or-later
#include "transport_count.h"

/*
  Rays that are mirrored, scattered or let through by chance. All bands share
  a ray: it draws its events by the coefficients of one band, its leader, and
  each band b carries

    w_b = A_b g_b,   g_b = q_b / mean over bands of q

  where A is what absorption left and q_b the probability of the events so far
  by the coefficients of band b. As the leader goes round from ray to ray,
  rays of all leaders together have the density mean(q): every band is exact,
  and no weight exceeds the energy times the number of bands (balance heuristic
  of Veach, 1997; Wilkie et al., "Hero wavelength spectral sampling", 2014).

  The number of octets, `n`, is a constant: all is compiled for one, and three.
*/

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
/// Reflections of one ray, at most: a bound for rooms without absorption
#define MAX_BOUNCES 20000u

typedef enum { GO_THROUGH, GO_SCATTER, GO_MIRROR } Event;

FOR_EACH_N void
copy_ray(Ray* const to, const Ray* const from, const unsigned n)
{
  memcpy(to, from, offsetof(Ray, load) + n * sizeof(Load));
}

/// Draw what happens by the leader's coefficients and weigh all bands
FOR_EACH_N Event
draw_event(const Walk* const walk,
           Ray* const ray,
           const uint32_t material,
           const float u,
           const unsigned n)
{
  const Engine* const engine = walk->engine;
  const unsigned octet = n > 1 ? walk->leader_octet : 0;
  const Surface* const lead = &engine[octet].surfaces[material];
  const float through = lead->p_through[walk->leader];
  const float scatter = lead->p_diffuse[walk->leader];
  const Event event = u < through             ? GO_THROUGH
                      : u < through + scatter ? GO_SCATTER
                                              : GO_MIRROR;
  F8 path[MAX_OCTETS];
  for (unsigned o = 0; o < n; ++o) {
    const Surface* const surface = &engine[o].surfaces[material];
    path[o] = ray->load[o].path * (event == GO_THROUGH   ? surface->p_through
                                   : event == GO_SCATTER ? surface->p_diffuse
                                                         : surface->p_mirror);
  }
  const float mean = octets_sum(path, n) * (1.0f / (float)(n * FH_N_OCTAVES));
  const F8 scale = f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);
  for (unsigned o = 0; o < n; ++o) {
    ray->load[o].energy *= engine[o].surfaces[material].keep;
    ray->load[o].path = path[o] * scale;
  }
  return event;
}

/// Air in the books of energy, which add up with any that is a function of the
/// way. That of 24 bands comes from the list: exponentials take too long
FOR_EACH_N F8
air_in_books(const Walk* const walk,
             const unsigned octet,
             const float length_m,
             const unsigned n)
{
  const Engine* const engine = &walk->engine[octet];
  return n > 1 ? engine_air(engine, length_m)
               : engine_air_loss(engine, length_m);
}

/// Energy of a ray with the air on its way, for the books
FOR_EACH_N F8
carried(const Walk* const walk,
        const Ray* const ray,
        const unsigned octet,
        const unsigned n)
{
  return weight_of(ray, octet) * air_in_books(walk, octet, ray->length_m, n);
}

/// Book what a ray still carries
FOR_EACH_N void
leave(const Walk* const walk, const Ray* const ray, const unsigned n)
{
  for (unsigned o = 0; o < n && walk->books; ++o) {
    fixed_add8(walk->tally[o].ledger->left, carried(walk, ray, o, n));
  }
}

FOR_EACH_N void
escape(Walk* const walk, const Ray* const ray, const unsigned n)
{
  ++walk->n_escaped;
  for (unsigned o = 0; o < n && walk->books; ++o) {
    fixed_add8(walk->tally[o].ledger->escaped, carried(walk, ray, o, n));
  }
}

/// Make a ray stronger by roulette
FOR_EACH_N void
gain_energy(const Walk* const walk,
            Ray* const ray,
            const float gain,
            const unsigned n)
{
  for (unsigned o = 0; o < n; ++o) {
    if (walk->books) {
      fixed_add8(walk->tally[o].ledger->sampling,
                 carried(walk, ray, o, n) * f8_all(gain - 1.0f));
    }
    ray->load[o].energy *= f8_all(gain);
  }
}

/// Split a ray that was scattered
FOR_EACH_N void
split(Walk* const walk,
      Ray* const ray,
      const float normal[3],
      const float ratio,
      const unsigned n)
{
  uint32_t n_copies = (uint32_t)lesser(ratio, (float)MAX_COPIES);
  if (n_copies > MAX_PENDING - walk->n_pending + 1) {
    n_copies = MAX_PENDING - walk->n_pending + 1;
  }
  walk->n_family += n_copies - 1;
  for (unsigned o = 0; o < n; ++o) {
    ray->load[o].energy *= f8_all(1.0f / (float)n_copies);
  }
  for (uint32_t i = 1; i < n_copies; ++i) {
    Ray* const copy = &walk->pending[walk->n_pending++];
    copy_ray(copy, ray, n);
    copy->key = mix64(ray->key, ray->step * 16u + i) >> 4;
    const Random4 random =
      random4(walk->engine->desc->seed, copy->key, ray->step, 0, DRAW_BOUNCE);
    lambert_direction(normal, random.u[1], random.u[2], copy->direction);
  }
}

/// Roulette and splitting about the mean weight; false when the ray ends
FOR_EACH_N bool
keep_window(Walk* const walk,
            Ray* const ray,
            const Event event,
            const float normal[3],
            const float u,
            const unsigned n)
{
  const Engine* const engine = walk->engine;
  const float time_s = ray->length_m / engine->speed_m_s;
  F8 weight[MAX_OCTETS];
  for (unsigned o = 0; o < n; ++o) {
    weight[o] = weight_of(ray, o);
  }
  const float ratio = window_ratio(engine, time_s, weight, n);
  if (ratio < 0.5f) {
    if (!(u < ratio)) {
      gain_energy(walk, ray, 0.0f, n);
      return false;
    }
    gain_energy(walk, ray, 1.0f / ratio, n);
  } else if (ratio > 2.0f && event == GO_SCATTER &&
             walk->n_family < MAX_FAMILY) {
    split(walk, ray, normal, ratio, n);
  }
  return true;
}

/// Sound that a surface absorbs, and air on the way to it
FOR_EACH_N void
book_segment(const Walk* const walk,
             const Ray* const ray,
             const float length_m,
             const uint32_t material,
             const bool dead,
             const unsigned n)
{
  for (unsigned o = 0; o < n && walk->books; ++o) {
    const F8 keep =
      dead ? f8_all(0.0f) : walk->engine[o].surfaces[material].keep;
    const F8 weight = weight_of(ray, o);
    const F8 before = air_in_books(walk, o, ray->length_m, n);
    const F8 after = air_in_books(walk, o, ray->length_m + length_m, n);
    fixed_add8(walk->tally[o].ledger->air, weight * (before - after));
    fixed_add8(walk->tally[o].absorbed[material],
               weight * after * (f8_all(1.0f) - keep));
  }
}

/// Leave scattered sound on the patch that was met
FOR_EACH_N void
deposit_scattered(Walk* const walk,
                  const Ray* const ray,
                  const FhHit* const hit,
                  const bool back,
                  const F8* const scattered,
                  const unsigned n)
{
  const Transport* const job = walk->job;
  // What scatters first is gathered by lines of sight to the source, but for
  // places so near to it that these would be few and strong
  PatchDeposit* const deposit =
    patch_deposit(job->patches,
                  walk->sums,
                  n,
                  &walk->queue,
                  patch_chip(job->patches, hit),
                  back,
                  walk->block,
                  ray->length_m * job->patches->per_m + job->delay_bins,
                  ray->step > 1 || ray->length_m < NEAR_SOURCE_M);
  for (unsigned o = 0; o < n; ++o) {
    deposit->energy[o] = scattered[o] * job->power;
    deposit->air[o] = engine_air_entry(&walk->engine[o], ray->length_m);
    __builtin_prefetch(deposit->air[o]);
  }
}

/// Scattered sound from a hit, to microphones and patches
FOR_EACH_N void
send_scattered(Walk* const walk,
               const Ray* const ray,
               const FhHit* const hit,
               const float normal[3],
               const uint32_t material,
               const bool back,
               const unsigned n)
{
  F8 scattered[MAX_OCTETS];
  for (unsigned o = 0; o < n; ++o) {
    scattered[o] =
      weight_of(ray, o) * walk->engine[o].surfaces[material].diffuse;
  }
  connect_microphones(walk, ray, normal, material, scattered, n);
  if (walk->deposits) {
    deposit_scattered(walk, ray, hit, back, scattered, n);
  }
}

/// Draw the event at a surface, and book what the lottery changes, with the air
/// on the way so far
FOR_EACH_N Event
meet(const Walk* const walk,
     Ray* const ray,
     const uint32_t material,
     const float u,
     const unsigned n)
{
  F8 kept[MAX_OCTETS];
  for (unsigned o = 0; o < n && walk->books; ++o) {
    kept[o] = weight_of(ray, o) * walk->engine[o].surfaces[material].keep;
  }
  const Event event = draw_event(walk, ray, material, u, n);
  for (unsigned o = 0; o < n && walk->books; ++o) {
    const F8 change = weight_of(ray, o) - kept[o];
    fixed_add8(walk->tally[o].ledger->sampling,
               change * air_in_books(walk, o, ray->length_m, n));
  }
  return event;
}

/// Some band has enough left after a surface to go on
FOR_EACH_N bool
is_audible(const Walk* const walk,
           const Ray* const ray,
           const uint32_t material,
           const unsigned n)
{
  F8 left[MAX_OCTETS];
  for (unsigned o = 0; o < n; ++o) {
    left[o] = weight_of(ray, o) * walk->engine[o].surfaces[material].keep;
  }
  return octets_max(left, n) > WEIGHT_END;
}

/// One segment and the event at its end; false when the ray ends
FOR_EACH_N bool
advance(Walk* const walk, Ray* const ray, const unsigned n)
{
  const Engine* const engine = walk->engine;
  const FhScene* const scene = engine->scene;
  FhHit hit;
  ++walk->n_bounces;
  const bool met = engine_cast(engine, ray->at, ray->direction, &hit);
  const float length = met ? hit.distance_m : FAR_M;
  if (ray->counts_volume) {
    count_volumes(walk, ray, length, n);
  }
  if (walk->controls && ray->scattered) {
    count_control(walk, ray, length, n);
  }
  if (!met) {
    escape(walk, ray, n);
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
  book_segment(walk, ray, length, material, dead, n);
  if (dead) {
    return false;
  }

  ray->length_m += length;
  for (size_t k = 0; k < 3; ++k) {
    ray->at[k] += length * ray->direction[k] + LIFT_M * normal[k];
  }
  const float time_s = ray->length_m / engine->speed_m_s;
  if (!is_audible(walk, ray, material, n) ||
      time_s >= engine->window.duration_s || ++ray->step > MAX_BOUNCES) {
    for (unsigned o = 0; o < n; ++o) {
      ray->load[o].energy *= engine[o].surfaces[material].keep;
    }
    leave(walk, ray, n);
    return false;
  }

  if (surface->scatters) {
    send_scattered(walk, ray, &hit, normal, material, back, n);
  }

  const Random4 random =
    random4(engine->desc->seed, ray->key, ray->step, 0, DRAW_BOUNCE);
  const Event event = meet(walk, ray, material, random.u[0], n);
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
  return keep_window(walk, ray, event, normal, random.u[3], n);
}

FOR_EACH_N void
start(const Walk* const walk,
      const uint64_t number,
      Ray* const ray,
      const unsigned n)
{
  const Transport* const job = walk->job;
  memset(ray, 0, offsetof(Ray, load));
  ray->key = (job->emitter_index << 36 | number) + 1;
  const Random4 random =
    random4(walk->engine->desc->seed, ray->key, 0, 0, DRAW_EMIT);
  const F8 energy = emitter_sample(job->emitter, &random, ray->direction);
  for (unsigned o = 0; o < n; ++o) {
    ray->load[o].energy = energy;
    ray->load[o].path = f8_all(1.0f);
    if (walk->books) {
      fixed_add8(walk->tally[o].ledger->emitted, energy);
    }
  }
  memcpy(ray->at, job->emitter->radiator.at, sizeof ray->at);
}

/// Follow a ray and its copies to their ends
FOR_EACH_N void
follow(Walk* const walk, const uint64_t number, const unsigned n)
{
  Ray ray;
  start(walk, number, &ray, n);
  walk->n_family = 0;
  for (;;) {
    while (advance(walk, &ray, n)) {
    }
    if (!walk->n_pending) {
      return;
    }
    copy_ray(&ray, &walk->pending[--walk->n_pending], n);
  }
}

/// Where the leaders of a chunk begin. Of 24 bands no chunk has as many rays of
/// each: begun by chance, each ray may have any leader
static uint64_t
first_leader(const Transport* const job, const uint64_t chunk, const unsigned n)
{
  return n > 1
           ? mix64(job->engine->desc->seed, job->emitter_index << 36 | chunk) %
               (n * FH_N_OCTAVES)
           : 0;
}

FOR_EACH_N void
follow_chunk(Walk* const walk, const uint64_t chunk, const unsigned n)
{
  const uint64_t first = first_leader(walk->job, chunk, n);
  for (uint64_t i = 0; i < CHUNK_RAYS; ++i) {
    const uint64_t number = chunk * CHUNK_RAYS + i;
    const uint64_t leader = (number + first) % (n * FH_N_OCTAVES);
    walk->leader_octet = (unsigned)(leader / FH_N_OCTAVES);
    walk->leader = (unsigned)(leader % FH_N_OCTAVES);
    walk->books = number / (n * FH_N_OCTAVES) % LEDGER_STEP == 0;
    follow(walk, number, n);
  }
  if (walk->deposits) {
    patch_flush(walk->job->patches, walk->sums, n, &walk->queue);
  }
}

static void
follow_octaves(Walk* const walk, const uint64_t chunk)
{
  follow_chunk(walk, chunk, 1);
}

static void
follow_thirds(Walk* const walk, const uint64_t chunk)
{
  follow_chunk(walk, chunk, MAX_OCTETS);
}

void
transport_chunk(void* const transport,
                const unsigned worker,
                const uint64_t chunk)
{
  const Transport* const job = (const Transport*)transport;
  const unsigned n = job->engine->n_octets;
  Walk walk;
  walk.job = job;
  walk.engine = job->engine;
  walk.tally = &job->tallies[worker * n];
  walk.block = (unsigned)(chunk % N_BLOCKS);
  walk.n_pending = 0;
  walk.n_bounces = 0;
  walk.n_escaped = 0;
  memset(&walk.queue, 0, sizeof walk.queue);
  walk.deposits = job->patches && job->sums;
  walk.sums =
    walk.deposits && !job->sums->is_shared ? &job->sums[worker] : job->sums;
  walk.controls =
    job->control && (job->control_bins || chunk / N_BLOCKS % CONTROL_STEP == 0);
  if (n > 1) {
    follow_thirds(&walk, chunk);
  } else {
    follow_octaves(&walk, chunk);
  }
  for (unsigned o = 0; o < n; ++o) {
    Tally* const tally = &walk.tally[o];
    tally->ledger->n_bounces += walk.n_bounces;
    tally->ledger->n_escaped += walk.n_escaped;
    tally->n_rays[walk.block] += CHUNK_RAYS;
    tally->n_control[walk.block] += walk.controls ? CHUNK_RAYS : 0;
  }
}
