// SPDX-License-Identifier: GPL-3.0-or-later
#include "gather_cache_private.h"
#include "pool.h"

/// Rays of one cell that one thread takes at a time: one in each direction
#define CHUNK ((uint64_t)RINGS_EACH * SECTORS_EACH)
/// Rays end by lot under this mean weight
#define LOT_BELOW 0.25f
#define MAX_STEPS 400u
/// Mirrored rays end by lot under this weight
#define MIRROR_LOT_BELOW 0.1f
/// Sides that one thread takes at a time
#define CHUNK_SIDES 256u

/// A ray as it leaves
typedef struct {
  uint64_t key;
  uint32_t cell;
  uint32_t direction;
  unsigned leader; ///< Octave by whose coefficients events are drawn
  float towards[3];
} Start;

/// Direction of ray `number` of a cell: all of the cell's take turns
static uint32_t
direction_of_ray(const uint32_t cell, const uint64_t number)
{
  const uint32_t within = (uint32_t)(number % CHUNK);
  const uint32_t ring =
    cell / CELL_SECTORS * RINGS_EACH + within / SECTORS_EACH;
  const uint32_t sector =
    cell % CELL_SECTORS * SECTORS_EACH + within % SECTORS_EACH;
  return ring * FH_TRANSFER_SECTORS + sector;
}

/// @param kind Bit that tells the keys of different rays apart
static Start
start_ray(const Engine* const engine,
          const unsigned kind,
          const uint32_t cell,
          const uint64_t number)
{
  Start start;
  start.key = (uint64_t)1 << kind | (uint64_t)cell << 40 | number;
  start.cell = cell;
  start.direction = direction_of_ray(cell, number);
  // Octaves take turns from a first one that is drawn for each turn of the
  // directions: none is tied to a direction
  const Random4 turn =
    random4(engine->desc->seed, start.key - number % CHUNK, 1, 0, DRAW_EMIT);
  start.leader =
    ((unsigned)(turn.u[0] * FH_N_OCTAVES) + (unsigned)number) % FH_N_OCTAVES;
  const Random4 r = random4(engine->desc->seed, start.key, 0, 0, DRAW_EMIT);
  direction_in(start.direction, r.u[0], r.u[1], start.towards);
  return start;
}

/// Follow one ray; all octaves share it, as in transport.c
static void
send_ray(const Position* const position,
         const uint32_t cell,
         const uint64_t number)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  const FhScene* const scene = engine->scene;
  const Start start = start_ray(engine, 54, cell, number);
  float at[3];
  float d[3];
  memcpy(at, position->out->at, sizeof at);
  memcpy(d, start.towards, sizeof d);
  F8 energy = f8_all(1.0f);
  F8 path = f8_all(1.0f);
  float length = 0.0f;
  for (uint32_t step = 1; step < MAX_STEPS; ++step) {
    FhHit hit;
    if (!engine_cast(engine, at, d, &hit)) {
      return;
    }
    length += hit.distance_m;
    const Surface* const s = &engine->surfaces[scene->material[hit.triangle]];
    float normal[3];
    memcpy(normal, scene->normal[hit.triangle], sizeof normal);
    float cosine = dot3(normal, d);
    const bool back = cosine > 0.0f;
    if (back && s->one_sided) {
      return;
    }
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = back ? -normal[k] : normal[k];
      at[k] += hit.distance_m * d[k] + LIFT_M * normal[k];
    }
    cosine = -fabsf(cosine);

    const F8 sent = energy * path * s->diffuse;
    const size_t chip = patch_chip(&position->met, &hit);
    patch_see(&position->met, chip, back);
    if (step == 1) {
      patch_add(position->left[start.direction], s->keep);
    }
    // What scatters first is looked for from the seats, but near the source
    if (f8_max(sent) > 0.0f && (step > 1 || length < NEAR_SOURCE_M)) {
      const uint32_t tile =
        cache->patches.tile_of[cache->patches.spot[chip][back]];
      size_t bin = (size_t)(length / engine->speed_m_s / BIN_S);
      bin = bin < cache->n_bins ? bin : cache->n_bins - 1;
      patch_add(position->sums[(tile * cache->n_bins + bin) * N_CELLS + cell],
                sent * engine_air(engine, length));
    }

    const Random4 r =
      random4(engine->desc->seed, start.key, step, 0, DRAW_BOUNCE);
    const float through = s->p_through[start.leader];
    if (r.u[0] < through) {
      path *= s->p_through;
      for (size_t k = 0; k < 3; ++k) {
        at[k] -= 2.0f * LIFT_M * normal[k];
      }
    } else if (r.u[0] < through + s->p_diffuse[start.leader]) {
      path *= s->p_diffuse;
      lambert_direction(normal, r.u[1], r.u[2], d);
    } else {
      path *= s->p_mirror;
      for (size_t k = 0; k < 3; ++k) {
        d[k] -= 2.0f * cosine * normal[k];
      }
    }
    const float mean = f8_sum(path) * 0.125f;
    path *= f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);
    energy *= s->keep;
    const float left = f8_sum(energy * path) * 0.125f / LOT_BELOW;
    if (left < 1.0f) {
      if (r.u[3] >= left) {
        return;
      }
      energy *= f8_all(1.0f / left);
    }
  }
}

/// Count a mirrored segment at the seats for which no image source stands
static void
count_seats(const Position* const position,
            const uint32_t cell_sent,
            const float at[3],
            const float d[3],
            const float hit_m,
            const float length,
            const uint64_t sequence,
            const unsigned order,
            const F8 weight)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  const SeatGrid* const grid = &cache->grid;
  CubeWalk walk;
  cube_walk_begin(&grid->cells, at, d, hit_m, &walk);
  for (; walk.inside; (void)cube_walk_next(&grid->cells, &walk)) {
    const size_t cell = cube_of_walk(&grid->cells, &walk);
    for (size_t i = grid->first[cell]; i < grid->first[cell + 1]; ++i) {
      const size_t s = grid->member[i];
      const Detector* const seat = &grid->seats[s];
      float along = 0.0f;
      if (!seat_grid_meets(grid, seat, at, d, hit_m, cell, &along) ||
          images_own(position->images, sequence, order, grid->zone_of[s])) {
        continue;
      }
      const float chord = detector_chord(engine, seat, at, d, hit_m);
      if (!(chord > 0.0f)) {
        continue;
      }
      const float towards[3] = {-d[0], -d[1], -d[2]};
      const float path = greater(length + along, 0.0f);
      const float to[3] = {seat->at[0] - position->out->at[0],
                           seat->at[1] - position->out->at[1],
                           seat->at[2] - position->out->at[2]};
      const float after = (path - sqrtf(dot3(to, to))) / engine->speed_m_s;
      const size_t window = window_of(after);
      patch_add(
        position->mirrored[(s * N_CELLS + cell_sent) * N_WINDOWS + window],
        weight * engine_graze(engine, seat, towards) *
          engine_air(engine, path) * f8_all(chord * seat->inverse_volume));
    }
  }
}

/// Follow one ray that never scatters
static void
send_mirrored(const Position* const position,
              const uint32_t cell,
              const uint64_t number)
{
  const FhGatherCache* const cache = position->cache;
  const Engine* const engine = &cache->engine;
  const FhScene* const scene = engine->scene;
  const Start start = start_ray(engine, 53, cell, number);
  float at[3];
  float d[3];
  memcpy(at, position->out->at, sizeof at);
  memcpy(d, start.towards, sizeof d);
  F8 weight = f8_all(1.0f);
  float length = 0.0f;
  uint64_t sequence = 0;
  for (uint32_t step = 0; step < MAX_STEPS; ++step) {
    FhHit hit;
    const bool met = engine_cast(engine, at, d, &hit);
    const float hit_m = met ? hit.distance_m : FAR_M;
    if (step) {
      count_seats(position, cell, at, d, hit_m, length, sequence, step, weight);
    }
    if (!met) {
      return;
    }
    const Surface* const s = &engine->surfaces[scene->material[hit.triangle]];
    const float* const n = scene->normal[hit.triangle];
    const float cosine = dot3(n, d);
    if (cosine > 0.0f && s->one_sided) {
      return;
    }
    length += hit.distance_m;
    const float lift = cosine > 0.0f ? -LIFT_M : LIFT_M;
    for (size_t k = 0; k < 3; ++k) {
      at[k] += hit.distance_m * d[k] + lift * n[k];
      d[k] -= 2.0f * cosine * n[k];
    }
    sequence = image_sequence(sequence, engine->planes.plane_of[hit.triangle]);
    weight *= s->mirror;
    const float left = f8_max(weight) / MIRROR_LOT_BELOW;
    if (left < 1.0f) {
      const Random4 r =
        random4(engine->desc->seed, start.key, step + 1, 0, DRAW_BOUNCE);
      if (r.u[0] >= left) {
        return;
      }
      weight *= f8_all(1.0f / left);
    }
  }
}

static void
send_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  const uint64_t first = chunk / N_CELLS * CHUNK;
  for (uint64_t i = first; i < first + CHUNK; ++i) {
    send_ray(position, (uint32_t)(chunk % N_CELLS), i);
    if (position->mirrored) {
      send_mirrored(position, (uint32_t)(chunk % N_CELLS), i);
    }
  }
}

/// Ask of each side whether it sees the position; a PoolWork
static void
light_sides(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  const FhGatherCache* const cache = position->cache;
  const float* const from = position->out->at;
  for (size_t i = chunk * CHUNK_SIDES;
       i < (chunk + 1) * CHUNK_SIDES && i < cache->n_sides;
       ++i) {
    const Side* const side = &cache->sides[i];
    const float to[3] = {
      from[0] - side->at[0], from[1] - side->at[1], from[2] - side->at[2]};
    position->lit[i] = dot3(to, side->normal) > 0.0f &&
                       fh_visible(cache->engine.caster, side->at, from);
  }
}

/// True where some octave has energy
static bool
has_energy(const int64_t row[8])
{
  int64_t any = 0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    any |= row[b];
  }
  return any;
}

/// Count the rows of a tile that received energy; a PoolWork
static void
count_rows(void* const user, const unsigned worker, const uint64_t tile)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  const size_t n_rows = position->cache->n_bins * N_CELLS;
  int64_t(*const sums)[8] = position->sums + (size_t)tile * n_rows;
  uint32_t n = 0;
  // No ray came to a side without area, nor does a seat see it
  for (size_t i = 0; i < n_rows && position->met.tile_m2[tile] > 0.0f; ++i) {
    n += has_energy(sums[i]);
  }
  position->sent.first[tile + 1] = n;
}

/// Move the rows of a tile to what it sends; a PoolWork
static void
move_rows(void* const user, const unsigned worker, const uint64_t tile)
{
  (void)worker;
  const Position* const position = (const Position*)user;
  const Sent* const sent = &position->sent;
  const size_t n_rows = position->cache->n_bins * N_CELLS;
  int64_t(*const sums)[8] = position->sums + (size_t)tile * n_rows;
  const double n_rays = (double)(position->rays_per_cell * N_CELLS);
  const double area = (double)position->met.tile_m2[tile];
  const float unit =
    area > 0.0 ? (float)(1.0 / (PATCH_ONE * n_rays * area)) : 0.0f;
  uint32_t at = sent->first[tile];
  for (size_t i = 0; at < sent->first[tile + 1]; ++i) {
    if (!has_energy(sums[i])) {
      continue;
    }
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      sent->energy[at][b] = (float)sums[i][b] * unit;
    }
    sent->row[at++] = (uint32_t)i;
    memset(sums[i], 0, sizeof sums[i]);
  }
}

/// Turn the sums of the tiles into what they send
static FhStatus
sum_tiles(Position* const position)
{
  const unsigned n_threads = position->cache->engine.n_threads;
  const size_t n = position->cache->patches.n_tiles;
  Sent* const sent = &position->sent;
  sent->first = (uint32_t*)engine_alloc(n + 1, sizeof(uint32_t));
  if (!sent->first) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = pool_run(n_threads, 0, n, count_rows, NULL, position);
  for (size_t i = 0; i < n; ++i) {
    sent->first[i + 1] += sent->first[i];
  }
  sent->energy = (F8*)engine_alloc(sent->first[n], sizeof(F8));
  sent->row = (uint32_t*)engine_alloc(sent->first[n], sizeof(uint32_t));
  if (!sent->energy || !sent->row) {
    return FH_ERR_NO_MEM;
  }
  return status ? status : pool_run(n_threads, 0, n, move_rows, NULL, position);
}

FhStatus
position_send(Position* const position)
{
  const FhGatherCache* const cache = position->cache;
  const unsigned n_threads = cache->engine.n_threads;
  position->rays_per_cell =
    (position->rays_per_cell + CHUNK - 1) / CHUNK * CHUNK;
  FhStatus status = pool_run(n_threads,
                             0,
                             position->rays_per_cell / CHUNK * N_CELLS,
                             send_chunk,
                             NULL,
                             position);
  status = status ? status : patches_measure(&position->met);
  if (!status) {
    const uint64_t n_chunks = (cache->n_sides + CHUNK_SIDES - 1) / CHUNK_SIDES;
    status = pool_run(n_threads, 0, n_chunks, light_sides, NULL, position);
  }
  return status ? status : sum_tiles(position);
}
