// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <fh/crowd_tables.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Blocks in one state of occupancy. Where seats stay (seated areas with
  upholstery or plastic), the block is there in every state and only its
  absorption changes: empty and full then differ by nothing else. Where people
  bring nothing but themselves, the floor of the model is there in every state,
  and blocks stand on the strips that are occupied. Triangles of blocks that are
  not there collapse to a point, so that every state has the same triangles in
  the same order.

  Three corrections make the traced decay agree with the published coefficients
  (tests/reference/test_crowd_iso354.c puts blocks into a reverberation room):
  - Published coefficients of audiences hold for their area plus a strip of
    0.5 m along free edges (Beranek 1960; Davies et al. 1994 find the same from
    samples of different size). A side is higher than that strip is wide, so
    its coefficient is that of the top, less in proportion.
  - They were derived with Sabine's formula and the volume of the empty room.
    What a plane at the height of the heads has to absorb for the same decay is
    alpha (1 - 0.15 alpha), so the published 1.2 of a dense crowd is 0.98.
  - A block takes space that in truth is air between people. Where they absorb
    all that enters, that space is lost to the sound anyway; where they absorb
    little, the block would shorten the reverberation by mere lack of volume.
    So it absorbs less by (1 - alpha) A h / V, with A the absorption area and V
    the volume of the room, and h the block's height.
*/

/// The most that a traced surface absorbs
#define MOST_ABSORPTION 0.98f

/// Traced coefficients are alpha (1 - SABINE_BIAS alpha)
#define SABINE_BIAS 0.15

/// Absorption of a side against that of the top: 0.5 m strip over 1.1 m
#define SIDE_SHARE (0.5 / 1.1)

/// Sides reach this far into the floor, so that nothing slips under [m]
#define SKIRT_M 2e-3

/// From this on a standing crowd is closed to grazing sound [1/m2]
#define CLOSED_DENSITY 1.5

/// What a block is made of in this state
typedef struct {
  bool there;
  double local;    ///< Local occupancy for grazing sound, 0 to 1
  double plan_m2;  ///< Floor under it
  double space_m3; ///< What it takes
  float absorption[FH_N_OCTAVES];
  float scattering[FH_N_OCTAVES];
} State;

static void
state_of_area(const Area* const area, State* const states)
{
  const FhAudience* const a = area->audience;
  if (area->fixed) {
    states[0].there = true;
    states[0].local = a->occupancy;
    fh_crowd_seated(
      a->seat, a->occupancy, a->clothing, NULL, states[0].absorption);
    fh_crowd_scattering(a->occupancy, states[0].scattering);
    return;
  }
  const bool standing = a->posture == FH_POSTURE_STANDING;
  const double share =
    standing ? fh_crowd_filled_share(a->occupancy) : pow(a->occupancy, 0.9);
  double left_m2 = share * area->plan_m2;
  for (size_t s = 0; s < area->n_strips; ++s) {
    State* const state = &states[s];
    const double filled = area->strip_m2[s] > 0.0
                            ? fmax(fmin(left_m2 / area->strip_m2[s], 1.0), 0.0)
                            : 0.0;
    left_m2 -= area->strip_m2[s];
    // Less than a hundredth of a strip is rounding
    state->there = filled > 0.01;
    if (!state->there) {
      continue;
    }
    const double local = a->occupancy / share * filled;
    if (standing) {
      const double density = local * a->capacity / area->plan_m2;
      fh_crowd_standing(density, a->clothing, 0.0, state->absorption);
      state->local = fmin(density / CLOSED_DENSITY, 1.0);
    } else {
      fh_crowd_seated(
        FH_SEAT_NONE, local, a->clothing, NULL, state->absorption);
      state->local = local;
    }
    fh_crowd_scattering(1.0, state->scattering);
  }
}

static bool
is_there(const State* const states, const int32_t block)
{
  return block >= 0 && states[block].there;
}

/// Corners of a side in this state; false when nothing of it shows
static bool
side_corners(const Side* const side,
             const State* const states,
             double corner[4][3])
{
  if (!states[side->block].there || side->wall) {
    return false;
  }
  const bool covered = is_there(states, side->beside);
  bool shows = false;
  for (size_t e = 0; e < 2; ++e) {
    const double* const f = side->floor[e];
    const double* const t = side->top[e];
    double low = f[2] - SKIRT_M;
    if (covered) {
      low = fmax(low, side->beside_top_m - SKIRT_M);
    }
    const double whole = t[2] - f[2];
    const double g =
      whole > 0.0 ? fmin(fmax((low - f[2]) / whole, -1.0), 1.0) : 1.0;
    shows = shows || t[2] - low > 0.01;
    for (size_t k = 0; k < 3; ++k) {
      corner[e][k] = f[k] + g * (t[k] - f[k]);
      corner[3 - e][k] = t[k];
    }
  }
  return shows;
}

/// Make room for the triangles and vertices of the blocks
static FhStatus
reserve(FhScene* const s, const size_t n_vertices, const size_t n_triangles)
{
  const size_t v = s->n_vertices + n_vertices + 1;
  const size_t t = s->n_triangles + n_triangles + 1;
  struct {
    void** array;
    size_t size;
  } const arrays[] = {{(void**)&s->vertex, v * sizeof *s->vertex},
                      {(void**)&s->triangle, t * sizeof *s->triangle},
                      {(void**)&s->material, t * sizeof *s->material},
                      {(void**)&s->block, t * sizeof *s->block},
                      {(void**)&s->kind, t * sizeof *s->kind},
                      {(void**)&s->normal, t * sizeof *s->normal}};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; ++i) {
    void* const grown = realloc(*arrays[i].array, arrays[i].size);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    *arrays[i].array = grown;
  }
  return FH_OK;
}

static uint32_t
put_vertex(FhScene* const s, const double world[3])
{
  fh_scene_from_world(s, world, s->vertex[s->n_vertices]);
  s->vertex[s->n_vertices][3] = 0.0f;
  return (uint32_t)s->n_vertices++;
}

static void
put_triangle(FhScene* const s,
             const uint32_t v[3],
             const uint32_t material,
             const uint32_t block,
             const FhSurfaceKind kind,
             const bool there)
{
  const size_t t = s->n_triangles++;
  for (size_t k = 0; k < 3; ++k) {
    s->triangle[t][k] = there ? v[k] : v[0];
  }
  s->material[t] = material;
  s->block[t] = (int32_t)block;
  s->kind[t] = (uint8_t)kind;
}

/// Tops and sides of one area
static void
emit_area(const Crowd* const crowd,
          const size_t a,
          const State* const states,
          FhScene* const s)
{
  const Area* const area = &crowd->areas[a];
  const uint32_t first_material =
    (uint32_t)(s->n_materials - 2 * crowd->n_blocks);
  const uint32_t base = (uint32_t)s->n_vertices;
  for (size_t v = 0; v < area->n_vertices; ++v) {
    put_vertex(s, area->top[v]);
  }
  for (size_t i = 0; i < area->n_pieces; ++i) {
    const uint32_t block = (uint32_t)area->first_block + area->strip[i];
    const uint32_t v[3] = {base + area->piece[i][0],
                           base + area->piece[i][1],
                           base + area->piece[i][2]};
    put_triangle(s,
                 v,
                 first_material + 2 * block,
                 block,
                 FH_SURFACE_CROWD_TOP,
                 states[block].there);
  }
  for (size_t i = 0; i < crowd->n_sides; ++i) {
    const Side* const side = &crowd->sides[i];
    if (side->area != a) {
      continue;
    }
    double corner[4][3];
    const bool shows = side_corners(side, states, corner);
    uint32_t v[4];
    for (size_t e = 0; e < 4; ++e) {
      v[e] = put_vertex(s, shows ? corner[e] : side->floor[0]);
    }
    const uint32_t low[3] = {v[0], v[1], v[2]};
    const uint32_t high[3] = {v[0], v[2], v[3]};
    const uint32_t m = first_material + 2 * side->block + 1;
    put_triangle(s, low, m, side->block, FH_SURFACE_CROWD_SIDE, shows);
    put_triangle(s, high, m, side->block, FH_SURFACE_CROWD_SIDE, shows);
  }
}

/// What the tops of an area cannot hold, as absorption of its sides
static void
side_absorption(const Crowd* const crowd,
                const size_t a,
                const State* const states,
                float side[FH_N_OCTAVES])
{
  const Area* const area = &crowd->areas[a];
  double side_m2 = 0.0;
  for (size_t i = 0; i < crowd->n_sides; ++i) {
    double corner[4][3];
    if (crowd->sides[i].area == a &&
        side_corners(&crowd->sides[i], states, corner)) {
      side_m2 += triangle_m2(corner[0], corner[1], corner[2]) +
                 triangle_m2(corner[0], corner[2], corner[3]);
    }
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double excess_m2 = 0.0;
    for (size_t s = 0; s < area->n_strips; ++s) {
      const State* const state = &states[area->first_block + s];
      if (state->there) {
        excess_m2 += area->strip_m2[s] *
                     fmax((double)state->absorption[b] - MOST_ABSORPTION, 0.0);
      }
    }
    side[b] = side_m2 > 0.0 ? (float)(excess_m2 / side_m2) : 0.0f;
  }
}

static void
put_material(FhMaterial* const m,
             const char* const area,
             const size_t strip,
             const char* const part,
             const State* const state,
             const double share,
             const float more[FH_N_OCTAVES])
{
  memset(m, 0, sizeof *m);
  (void)snprintf(m->name,
                 sizeof m->name,
                 "%.30s crowd %u %.8s",
                 area,
                 (unsigned)(strip + 1),
                 part);
  (void)snprintf(m->source, sizeof m->source, "fh/crowd_tables.h");
  m->two_sided = true;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const float a =
      (float)(share * (double)state->absorption[b]) + (more ? more[b] : 0.0f);
    m->absorption[b] = fminf(a, MOST_ABSORPTION);
    m->scattering[b] = state->scattering[b];
  }
  fh_octaves_to_thirds(m->absorption, m->absorption_third);
  fh_octaves_to_thirds(m->scattering, m->scattering_third);
}

/// Floor that the blocks of this state hide, by material [m2]
static void
sum_hidden(const Crowd* const crowd,
           const State* const states,
           FhScene* const s)
{
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    for (size_t i = 0; i < area->n_pieces; ++i) {
      if (area->under[i] == UINT32_MAX ||
          !states[area->first_block + area->strip[i]].there) {
        continue;
      }
      const uint32_t* const v = area->piece[i];
      s->hidden_m2[area->under[i]] +=
        triangle_m2(area->floor[v[0]], area->floor[v[1]], area->floor[v[2]]);
    }
  }
}

/// Floor area and space of each block
static void
measure_blocks(const Crowd* const crowd, State* const states)
{
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    for (size_t i = 0; i < area->n_pieces; ++i) {
      State* const state = &states[area->first_block + area->strip[i]];
      const uint32_t* const v = area->piece[i];
      const double* const p = area->floor[v[0]];
      const double* const q = area->floor[v[1]];
      const double* const r = area->floor[v[2]];
      const double plan =
        0.5 * ((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
      for (size_t k = 0; k < 3; ++k) {
        state->space_m3 +=
          plan * (area->top[v[k]][2] - area->floor[v[k]][2]) / 3.0;
      }
      state->plan_m2 += plan;
    }
  }
}

/// Absorption area of everything but the blocks
static void
rest_absorption(const FhScene* const s, double rest_m2[FH_N_OCTAVES])
{
  memset(rest_m2, 0, FH_N_OCTAVES * sizeof *rest_m2);
  for (size_t t = 0; t < s->n_triangles; ++t) {
    double v[3][3];
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 3; ++k) {
        v[i][k] = (double)s->vertex[s->triangle[t][i]][k];
      }
    }
    const double m2 = triangle_m2(v[0], v[1], v[2]);
    const FhMaterial* const m = &s->materials[s->material[t]];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      rest_m2[b] += m2 * (double)m->absorption[b];
    }
  }
  for (size_t i = 0; i < s->n_materials; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      rest_m2[b] -= s->hidden_m2[i] * (double)s->materials[i].absorption[b];
    }
  }
}

/// From published coefficients to those that are traced
static void
calibrate(const Crowd* const crowd,
          const FhScene* const scene,
          State* const states)
{
  double all_m2[FH_N_OCTAVES];
  rest_absorption(scene, all_m2);
  for (size_t i = 0; i < crowd->n_blocks; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES && states[i].there; ++b) {
      all_m2[b] += states[i].plan_m2 * (double)states[i].absorption[b];
    }
  }
  for (size_t i = 0; i < crowd->n_blocks; ++i) {
    if (!states[i].there || !(states[i].plan_m2 > 0.0)) {
      continue;
    }
    const double height = states[i].space_m3 / states[i].plan_m2;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double alpha = (double)states[i].absorption[b];
      // In the open no volume is missing
      const double less =
        scene->volume_m3 > 0.0
          ? fmax(1.0 - alpha, 0.0) * all_m2[b] * height / scene->volume_m3
          : 0.0;
      states[i].absorption[b] =
        (float)fmax(alpha * (1.0 - SABINE_BIAS * alpha) - less, 0.0);
    }
  }
}

FhStatus
crowd_emit(const FhVenue* const venue,
           const Crowd* const crowd,
           FhScene* const scene)
{
  size_t n_vertices = 4 * crowd->n_sides;
  size_t n_triangles = 2 * crowd->n_sides;
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    n_vertices += crowd->areas[a].n_vertices;
    n_triangles += crowd->areas[a].n_pieces;
  }
  State* const states = (State*)calloc(crowd->n_blocks + 1, sizeof *states);
  scene->block_loss_db = (float(*)[FH_N_OCTAVES])calloc(
    crowd->n_blocks + 1, sizeof *scene->block_loss_db);
  scene->block_area =
    (uint32_t*)calloc(crowd->n_blocks + 1, sizeof *scene->block_area);
  FhStatus status = states && scene->block_loss_db && scene->block_area
                      ? reserve(scene, n_vertices, n_triangles)
                      : FH_ERR_NO_MEM;
  if (status) {
    free(states);
    return status;
  }
  scene->n_blocks = crowd->n_blocks;
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    state_of_area(&crowd->areas[a], states + crowd->areas[a].first_block);
  }
  measure_blocks(crowd, states);
  sum_hidden(crowd, states, scene);
  calibrate(crowd, scene, states);
  FhMaterial* const first =
    scene->materials + (scene->n_materials - 2 * crowd->n_blocks);
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    float more[FH_N_OCTAVES];
    side_absorption(crowd, a, states, more);
    for (size_t s = 0; s < area->n_strips; ++s) {
      const size_t b = area->first_block + s;
      const char* const name = venue->audience[a].name;
      put_material(&first[2 * b], name, s, "top", &states[b], 1.0, NULL);
      put_material(
        &first[2 * b + 1], name, s, "side", &states[b], SIDE_SHARE, more);
      fh_crowd_grazing(states[b].local, scene->block_loss_db[b]);
      scene->block_area[b] = (uint32_t)a;
    }
    emit_area(crowd, a, states, scene);
  }
  for (size_t i = 0; i < crowd->n_blocks; ++i) {
    scene->block_m3 += states[i].there ? states[i].space_m3 : 0.0;
  }
  free(states);
  return FH_OK;
}
