// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <fh/crowd_tables.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Blocks. Where seats stay (seated areas with upholstery or plastic), the block
  is there in every state and only its absorption changes: empty and full then
  differ by nothing else. Where people bring nothing but themselves, the floor
  of the model is there in every state, and blocks stand on the strips that are
  occupied. Triangles of blocks that are not there collapse to a point, so that
  every state has the same triangles in the same order.

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

/// Longest part of a side [m]
#define SIDE_PART_M 1.0

/// A side closer to a wall than this is not exposed [m]
#define WALL_GAP_M 2e-3

/// Sides reach this far into the floor, so that nothing slips under [m]
#define SKIRT_M 2e-3

/// From this on a standing crowd is closed to grazing sound [1/m2]
#define CLOSED_DENSITY 1.5

/// First thing that a ray meets, up to `far_m`
static double
reach(const FhScene* const scene,
      const FhRaycaster* const caster,
      const double from[3],
      const double direction[3],
      const double far_m,
      FhHit* const hit)
{
  float o[3];
  float d[3];
  fh_scene_from_world(scene, from, o);
  for (size_t k = 0; k < 3; ++k) {
    d[k] = (float)direction[k];
  }
  fh_raycast(caster, o, d, 0.0f, (float)far_m, hit);
  return hit->triangle == FH_NO_HIT ? far_m : (double)hit->distance_m;
}

static void
piece_centre(const Area* const area, const size_t i, double at[3])
{
  for (size_t k = 0; k < 3; ++k) {
    at[k] =
      (area->floor[area->piece[i][0]][k] + area->floor[area->piece[i][1]][k] +
       area->floor[area->piece[i][2]][k]) /
      3.0;
  }
}

/// Height free over a place, less 5 cm, at most that of a block
static double
headroom(const FhScene* const scene,
         const FhRaycaster* const caster,
         const double floor[3],
         const double height)
{
  static const double up[3] = {0.0, 0.0, 1.0};
  const double from[3] = {floor[0], floor[1], floor[2] + 0.01};
  FhHit hit;
  const double free_m = reach(scene, caster, from, up, height + 0.1, &hit);
  return fmin(height, fmax(free_m - 0.05, 0.05));
}

/// Pull the tops under low ceilings and in from leaning walls
static void
fit_tops(const FhScene* const scene,
         const FhRaycaster* const caster,
         Area* const area)
{
  const double height = fh_crowd_top_m(area->audience->posture);
  for (size_t v = 0; v < area->n_vertices; ++v) {
    memcpy(area->top[v], area->floor[v], sizeof area->top[v]);
    area->top[v][2] += height;
  }
  for (size_t i = 0; i < area->n_pieces; ++i) {
    double c[3];
    piece_centre(area, i, c);
    const double centre_lift = headroom(scene, caster, c, height);
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t v = area->piece[i][k];
      const double* const f = area->floor[v];
      const double d = hypot(c[0] - f[0], c[1] - f[1]);
      const double in = d > 0.0 ? fmin(0.05 / d, 0.5) : 0.0;
      const double place[3] = {f[0] + in * (c[0] - f[0]),
                               f[1] + in * (c[1] - f[1]),
                               f[2] + in * (c[2] - f[2])};
      const double lift =
        fmin(headroom(scene, caster, place, height), centre_lift);
      area->top[v][2] = fmin(area->top[v][2], f[2] + lift);
    }
  }
  for (size_t i = 0; i < area->n_pieces; ++i) {
    double c[3] = {0.0, 0.0, 0.0};
    for (size_t k = 0; k < 3; ++k) {
      for (size_t j = 0; j < 3; ++j) {
        c[j] += area->top[area->piece[i][k]][j] / 3.0;
      }
    }
    c[2] -= 0.01;
    for (size_t k = 0; k < 3; ++k) {
      double* const top = area->top[area->piece[i][k]];
      double d[3] = {top[0] - c[0], top[1] - c[1], top[2] - 0.01 - c[2]};
      const double length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      if (!(length > 0.1)) {
        continue;
      }
      for (size_t j = 0; j < 3; ++j) {
        d[j] /= length;
      }
      FhHit hit;
      const double t = reach(scene, caster, c, d, length, &hit);
      // Nearer things are columns and the like: they may stand in a crowd
      if (t < length - WALL_GAP_M && t > length - 0.6) {
        for (size_t j = 0; j < 3; ++j) {
          top[j] -= (length - t + 0.01) * d[j];
        }
      }
    }
  }
}

static FhStatus
add_side(Crowd* const crowd, const Side* const side)
{
  if (crowd->n_sides == crowd->sides_room) {
    const size_t room = crowd->sides_room ? 2 * crowd->sides_room : 128;
    Side* const grown = (Side*)realloc(crowd->sides, room * sizeof *grown);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    crowd->sides = grown;
    crowd->sides_room = room;
  }
  crowd->sides[crowd->n_sides++] = *side;
  return FH_OK;
}

/// Height of a piece's top over a place [m]
static double
top_over(const Area* const area, const size_t piece, const double at[2])
{
  const double* const a = area->top[area->piece[piece][0]];
  const double* const b = area->top[area->piece[piece][1]];
  const double* const c = area->top[area->piece[piece][2]];
  const double whole =
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  if (!(fabs(whole) > 1e-9)) {
    return a[2];
  }
  const double wb =
    ((at[0] - a[0]) * (c[1] - a[1]) - (at[1] - a[1]) * (c[0] - a[0])) / whole;
  const double wc =
    ((b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0])) / whole;
  return a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2]);
}

/// What stands beside a part of a side: another block, a wall, nothing
static void
look_beside(const FhScene* const scene,
            const FhRaycaster* const caster,
            const Crowd* const crowd,
            Side* const side)
{
  double out[3] = {side->floor[1][1] - side->floor[0][1],
                   side->floor[0][0] - side->floor[1][0],
                   0.0};
  const double length = hypot(out[0], out[1]);
  if (!(length > 0.0)) {
    side->wall = true;
    return;
  }
  out[0] /= length;
  out[1] /= length;
  double mid[3];
  double high[3];
  for (size_t k = 0; k < 3; ++k) {
    mid[k] = 0.5 * (side->floor[0][k] + side->floor[1][k]);
    high[k] = 0.5 * (side->top[0][k] + side->top[1][k]);
  }
  const double beside[2] = {mid[0] + 0.05 * out[0], mid[1] + 0.05 * out[1]};
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    double z = 0.0;
    const size_t piece = area_find(area, beside, mid[2], &z);
    if (piece != SIZE_MAX && fabs(z - mid[2]) < 1.5) {
      side->beside = (int32_t)(area->first_block + area->strip[piece]);
      side->beside_top_m = top_over(area, piece, beside);
      break;
    }
  }
  // All of the height: over a parapet the rest of the side shows
  static const double heights[] = {0.02, 0.35, 0.7, 0.9, 0.985};
  side->wall = true;
  for (size_t i = 0; i < sizeof heights / sizeof heights[0]; ++i) {
    const double f = heights[i];
    double from[3];
    for (size_t k = 0; k < 3; ++k) {
      from[k] = mid[k] + f * (high[k] - mid[k]) - 0.02 * out[k];
    }
    FhHit hit;
    side->wall = side->wall &&
                 reach(scene, caster, from, out, 0.1, &hit) < 0.02 + WALL_GAP_M;
  }
}

static void
lerp(const double a[3], const double b[3], const double f, double out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = f >= 1.0 ? b[k] : a[k] + f * (b[k] - a[k]);
  }
}

/// Sides along an outer edge, in parts
static FhStatus
add_outer(const FhScene* const scene,
          const FhRaycaster* const caster,
          Crowd* const crowd,
          const size_t a,
          const uint32_t piece,
          const uint32_t from,
          const uint32_t to)
{
  const Area* const area = &crowd->areas[a];
  double length2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = area->floor[to][k] - area->floor[from][k];
    length2 += d * d;
  }
  const size_t n = (size_t)ceil(sqrt(length2) / SIDE_PART_M);
  FhStatus status = FH_OK;
  for (size_t i = 0; i < n && !status; ++i) {
    Side side = {.area = (uint32_t)a,
                 .block = (uint32_t)area->first_block + area->strip[piece],
                 .beside = -1};
    for (size_t e = 0; e < 2; ++e) {
      const double f = (double)(i + e) / (double)n;
      lerp(area->floor[from], area->floor[to], f, side.floor[e]);
      lerp(area->top[from], area->top[to], f, side.top[e]);
    }
    look_beside(scene, caster, crowd, &side);
    status = add_side(crowd, &side);
  }
  return status;
}

/// The side of a strip towards the strip behind it
static FhStatus
add_inner(Crowd* const crowd, const size_t a, const Edge* const edge)
{
  const Area* const area = &crowd->areas[a];
  const bool first = area->strip[edge->triangle] < area->strip[edge->other];
  const uint32_t own = first ? edge->triangle : edge->other;
  const uint32_t behind = first ? edge->other : edge->triangle;
  // Walk the edge as the front piece does: outward is then to the right
  uint32_t from = edge->low;
  uint32_t to = edge->high;
  for (size_t k = 0; k < 3; ++k) {
    if (area->piece[own][k] == edge->high &&
        area->piece[own][(k + 1) % 3] == edge->low) {
      from = edge->high;
      to = edge->low;
    }
  }
  Side side = {.area = (uint32_t)a,
               .block = (uint32_t)area->first_block + area->strip[own],
               .beside = (int32_t)(area->first_block + area->strip[behind]),
               .beside_top_m = 1e9};
  memcpy(side.floor[0], area->floor[from], sizeof side.floor[0]);
  memcpy(side.floor[1], area->floor[to], sizeof side.floor[1]);
  memcpy(side.top[0], area->top[from], sizeof side.top[0]);
  memcpy(side.top[1], area->top[to], sizeof side.top[1]);
  return add_side(crowd, &side);
}

/// Surface that a block hides in a drawn polygon's place
static void
look_under(const FhScene* const scene,
           const FhRaycaster* const caster,
           Area* const area)
{
  static const double down[3] = {0.0, 0.0, -1.0};
  for (size_t i = 0; i < area->n_pieces && !area->from_mesh; ++i) {
    double c[3];
    piece_centre(area, i, c);
    c[2] += 0.05;
    FhHit hit;
    reach(scene, caster, c, down, 0.35, &hit);
    area->under[i] =
      hit.triangle == FH_NO_HIT ? UINT32_MAX : scene->material[hit.triangle];
  }
}

FhStatus
crowd_raise(const FhScene* const scene,
            const FhRaycaster* const caster,
            Crowd* const crowd)
{
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    fit_tops(scene, caster, &crowd->areas[a]);
    look_under(scene, caster, &crowd->areas[a]);
  }
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    Edge* edges = NULL;
    size_t n = 0;
    FhStatus status =
      mesh_edges((const uint32_t(*)[3])area->piece, area->n_pieces, &edges, &n);
    for (size_t i = 0; i < n && !status; ++i) {
      const Edge* const e = &edges[i];
      if (e->n == 1) {
        const bool forward = e->balance > 0;
        status = add_outer(scene,
                           caster,
                           crowd,
                           a,
                           e->triangle,
                           forward ? e->low : e->high,
                           forward ? e->high : e->low);
      } else if (area->strip[e->triangle] != area->strip[e->other]) {
        status = add_inner(crowd, a, e);
      }
    }
    free(edges);
    if (status) {
      return status;
    }
  }
  return FH_OK;
}

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

static double
quad_area(double corner[4][3])
{
  double sum = 0.0;
  for (size_t i = 0; i < 2; ++i) {
    double e[2][3];
    for (size_t k = 0; k < 3; ++k) {
      e[0][k] = corner[i + 1][k] - corner[0][k];
      e[1][k] = corner[i + 2][k] - corner[0][k];
    }
    const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                         e[0][2] * e[1][0] - e[0][0] * e[1][2],
                         e[0][0] * e[1][1] - e[0][1] * e[1][0]};
    sum += 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  }
  return sum;
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
      side_m2 += quad_area(corner);
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
      const double* const p = area->floor[area->piece[i][0]];
      const double* const q = area->floor[area->piece[i][1]];
      const double* const r = area->floor[area->piece[i][2]];
      double e[2][3];
      for (size_t k = 0; k < 3; ++k) {
        e[0][k] = q[k] - p[k];
        e[1][k] = r[k] - p[k];
      }
      const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                           e[0][2] * e[1][0] - e[0][0] * e[1][2],
                           e[0][0] * e[1][1] - e[0][1] * e[1][0]};
      s->hidden_m2[area->under[i]] +=
        0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
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
    double e[2][3];
    for (size_t k = 0; k < 3; ++k) {
      const double o = (double)s->vertex[s->triangle[t][0]][k];
      e[0][k] = (double)s->vertex[s->triangle[t][1]][k] - o;
      e[1][k] = (double)s->vertex[s->triangle[t][2]][k] - o;
    }
    const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                         e[0][2] * e[1][0] - e[0][0] * e[1][2],
                         e[0][0] * e[1][1] - e[0][1] * e[1][0]};
    const double m2 = 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
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
