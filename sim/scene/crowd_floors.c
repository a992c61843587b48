// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <fh/polygon.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Steeper than 60 degrees nobody stands: such faces are risers and fronts
#define LEAST_FLOOR_NZ 0.5

/// Deeper than this a strip is split in two, as far as there are strips [m]
#define STRIP_DEPTH_M 1.0

/// Pieces that grow
typedef struct {
  Area* area;
  VertexTable table;
  size_t room;
} Pieces;

bool
venue_stage(const FhVenue* const venue, double at[3])
{
  const size_t n = venue->n_loudspeakers + venue->n_arrays;
  at[0] = at[1] = at[2] = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double* const p = i < venue->n_loudspeakers
                              ? venue->loudspeakers[i].at
                              : venue->arrays[i - venue->n_loudspeakers].top;
    for (size_t k = 0; k < 3; ++k) {
      at[k] += p[k] / (double)n;
    }
  }
  return n > 0;
}

static double
along_front(const Area* const area, const double at[3])
{
  return area->front[0] * at[0] + area->front[1] * at[1];
}

/// Twice the signed plan area of a triangle
static double
plan2(const double a[3], const double b[3], const double c[3])
{
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static bool
is_floor(const double (*const v)[3], const uint32_t t[3])
{
  double corner[3][3];
  double area[3];
  for (size_t i = 0; i < 3; ++i) {
    memcpy(corner[i], v[t[i]], sizeof corner[i]);
  }
  const double length = fh_polygon_area((const double(*)[3])corner, 3, area);
  return fabs(area[2]) > LEAST_FLOOR_NZ * length;
}

static FhStatus
add_piece(Pieces* const p,
          const double corner[3][3],
          const uint32_t strip,
          const uint32_t under)
{
  Area* const area = p->area;
  if (area->n_pieces == p->room) {
    const size_t room = p->room ? 2 * p->room : 64;
    uint32_t(*const piece)[3] =
      (uint32_t(*)[3])realloc(area->piece, room * sizeof *piece);
    area->piece = piece ? piece : area->piece;
    uint32_t* const strips =
      (uint32_t*)realloc(area->strip, room * sizeof *strips);
    area->strip = strips ? strips : area->strip;
    uint32_t* const unders =
      (uint32_t*)realloc(area->under, room * sizeof *unders);
    area->under = unders ? unders : area->under;
    if (!piece || !strips || !unders) {
      return FH_ERR_NO_MEM;
    }
    p->room = room;
  }
  uint32_t v[3];
  for (size_t i = 0; i < 3; ++i) {
    const FhStatus status = vertex_table_find(&p->table, corner[i], &v[i]);
    if (status) {
      return status;
    }
  }
  const double a2 =
    plan2(p->table.at[v[0]], p->table.at[v[1]], p->table.at[v[2]]);
  if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0] || fabs(a2) < 1e-7) {
    return FH_OK;
  }
  uint32_t* const piece = area->piece[area->n_pieces];
  piece[0] = v[0];
  piece[1] = a2 > 0.0 ? v[1] : v[2];
  piece[2] = a2 > 0.0 ? v[2] : v[1];
  area->strip[area->n_pieces] = strip;
  area->under[area->n_pieces++] = under;
  for (size_t k = 0; k < 2; ++k) {
    const double* const at[3] = {
      p->table.at[v[0]], p->table.at[v[1]], p->table.at[v[2]]};
    const double low = fmin(at[0][k], fmin(at[1][k], at[2][k]));
    const double high = fmax(at[0][k], fmax(at[1][k], at[2][k]));
    const bool first = area->n_pieces == 1;
    area->low[k] = first ? low : fmin(area->low[k], low);
    area->high[k] = first ? high : fmax(area->high[k], high);
  }
  area->strip_m2[strip] += 0.5 * fabs(a2);
  area->plan_m2 += 0.5 * fabs(a2);
  return FH_OK;
}

/// Cut a polygon by `along_front >= level` (keep = +1) or <= (keep = -1)
static size_t
clip(const Area* const area,
     const double level,
     const double keep,
     double (*const in)[3],
     const size_t n,
     double (*const out)[3])
{
  size_t m = 0;
  for (size_t i = 0; i < n; ++i) {
    const double* a = in[i];
    const double* b = in[(i + 1) % n];
    const double da = keep * (along_front(area, a) - level);
    const double db = keep * (along_front(area, b) - level);
    if (da >= 0.0) {
      memcpy(out[m++], a, sizeof out[0]);
    }
    if ((da > 0.0 && db < 0.0) || (da < 0.0 && db > 0.0)) {
      // From the same end for both triangles of an edge: the same point
      const bool swap =
        a[0] > b[0] ||
        (a[0] == b[0] && (a[1] > b[1] || (a[1] == b[1] && a[2] > b[2])));
      const double* const p = swap ? b : a;
      const double* const q = swap ? a : b;
      const double dp = along_front(area, p) - level;
      const double dq = along_front(area, q) - level;
      const double f = dp / (dp - dq);
      for (size_t k = 0; k < 3; ++k) {
        out[m][k] = p[k] + f * (q[k] - p[k]);
      }
      ++m;
    }
  }
  return m;
}

/// Cut a triangle into the strips that lie between `back` and `front`
static FhStatus
cut_triangle(Pieces* const p,
             const double corner[3][3],
             const double front,
             const double depth,
             const uint32_t under)
{
  Area* const area = p->area;
  FhStatus status = FH_OK;
  for (uint32_t s = 0; s < area->n_strips && !status; ++s) {
    double a[9][3];
    double b[9][3];
    memcpy(a, corner, 3 * sizeof a[0]);
    size_t n = 3;
    if (s > 0) {
      n = clip(area, front - s * depth, -1.0, a, n, b);
      memcpy(a, b, n * sizeof a[0]);
    }
    if (s + 1 < area->n_strips) {
      n = clip(area, front - (s + 1) * depth, 1.0, a, n, b);
      memcpy(a, b, n * sizeof a[0]);
    }
    for (size_t i = 1; i + 1 < n && !status; ++i) {
      double t[3][3];
      memcpy(t[0], a[0], sizeof t[0]);
      memcpy(t[1], a[i], sizeof t[1]);
      memcpy(t[2], a[i + 1], sizeof t[2]);
      status = add_piece(p, (const double(*)[3])t, s, under);
    }
  }
  return status;
}

/// Triangles of an area as the user gave it
typedef struct {
  size_t n;
  double (*corner)[3][3]; ///< [n]; owned
  uint32_t* under;        ///< [n] material of the model, or UINT32_MAX; owned
} Drawn;

static FhStatus
draw_polygon(const FhAudience* const a, Drawn* const d)
{
  uint32_t(*const t)[3] = (uint32_t(*)[3])malloc(a->n_polygon * sizeof *t);
  d->corner = (double(*)[3][3])malloc(a->n_polygon * sizeof *d->corner);
  d->under = (uint32_t*)malloc(a->n_polygon * sizeof *d->under);
  FhStatus status = t && d->corner && d->under ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    status = fh_polygon_triangulate(
      (const double(*)[3])a->polygon, a->n_polygon, t, &d->n);
  }
  for (size_t i = 0; i < d->n && !status; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      memcpy(d->corner[i][k], a->polygon[t[i][k]], sizeof d->corner[i][k]);
    }
    d->under[i] = UINT32_MAX;
  }
  free(t);
  return status;
}

static FhStatus
draw_surface(const FhMesh* const mesh,
             const uint32_t material,
             const bool fixed,
             Drawn* const d,
             bool* const keep)
{
  const double(*const v)[3] = (const double(*)[3])mesh->vertex;
  size_t n = 0;
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    n += mesh->material[t] == material && is_floor(v, mesh->triangle[t]);
  }
  d->corner = (double(*)[3][3])malloc((n + 1) * sizeof *d->corner);
  d->under = (uint32_t*)malloc((n + 1) * sizeof *d->under);
  if (!d->corner || !d->under) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    if (mesh->material[t] == material && is_floor(v, mesh->triangle[t])) {
      for (size_t k = 0; k < 3; ++k) {
        memcpy(d->corner[d->n][k], v[mesh->triangle[t][k]], sizeof(double[3]));
      }
      // Where the block always stands, its floor is never seen
      keep[t] = keep[t] && !fixed;
      d->under[d->n++] = fixed ? UINT32_MAX : material;
    }
  }
  return FH_OK;
}

/// Direction to the stage in steps of 45 degrees, so that moving a
/// loudspeaker does not turn the strips
static void
face_stage(const FhVenue* const venue, const Drawn* const d, Area* const area)
{
  double centre[2] = {0.0, 0.0};
  double sum = 0.0;
  for (size_t i = 0; i < d->n; ++i) {
    const double w =
      fabs(plan2(d->corner[i][0], d->corner[i][1], d->corner[i][2]));
    sum += w;
    for (size_t k = 0; k < 2; ++k) {
      centre[k] +=
        w * (d->corner[i][0][k] + d->corner[i][1][k] + d->corner[i][2][k]) / 3;
    }
  }
  double stage[3];
  double to[2] = {0.0, 1.0};
  if (venue_stage(venue, stage) && sum > 0.0) {
    to[0] = stage[0] - centre[0] / sum;
    to[1] = stage[1] - centre[1] / sum;
  }
  const double step = FH_PI / 4.0;
  const double angle = step * floor(atan2(to[1], to[0]) / step + 0.5);
  // Exact zeros, so that axis-parallel strips are exactly parallel
  const double c = cos(angle);
  const double s = sin(angle);
  area->front[0] = fabs(c) < 1e-9 ? 0.0 : c;
  area->front[1] = fabs(s) < 1e-9 ? 0.0 : s;
}

static FhStatus
cut_area(const FhVenue* const venue, const Drawn* const d, Area* const area)
{
  face_stage(venue, d, area);
  double front = -1e30;
  double back = 1e30;
  for (size_t i = 0; i < d->n; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      const double s = along_front(area, d->corner[i][k]);
      front = fmax(front, s);
      back = fmin(back, s);
    }
  }
  const double strips =
    area->fixed ? 1.0 : floor((front - back) / STRIP_DEPTH_M);
  area->n_strips = strips < 1.0          ? 1
                   : strips > MAX_STRIPS ? MAX_STRIPS
                                         : (size_t)strips;

  Pieces p = {.area = area};
  FhStatus status = vertex_table_init(&p.table, 1e-4);
  for (size_t i = 0; i < d->n && !status; ++i) {
    status = cut_triangle(&p,
                          (const double(*)[3])d->corner[i],
                          front,
                          (front - back) / (double)area->n_strips,
                          d->under[i]);
  }
  if (!status) {
    area->floor = p.table.at;
    area->n_vertices = p.table.n;
    p.table.at = NULL;
    area->top =
      (double(*)[3])malloc((area->n_vertices + 1) * sizeof *area->top);
    status = area->top ? FH_OK : FH_ERR_NO_MEM;
  }
  vertex_table_clear(&p.table);
  return status;
}

/// Vertical faces of an audience's material, such as risers, are hidden by the
/// blocks on either side of them
static void
drop_risers(const FhMesh* const mesh,
            const Crowd* const crowd,
            const size_t a,
            const uint32_t material,
            bool* const keep)
{
  const Area* const area = &crowd->areas[a];
  const double height = fh_crowd_top_m(area->audience->posture);
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    const double(*const v)[3] = (const double(*)[3])mesh->vertex;
    if (mesh->material[t] != material || is_floor(v, mesh->triangle[t])) {
      continue;
    }
    double corner[3][3];
    double n[3];
    double c[3];
    double high = -1e30;
    for (size_t i = 0; i < 3; ++i) {
      memcpy(corner[i], v[mesh->triangle[t][i]], sizeof corner[i]);
      high = fmax(high, corner[i][2]);
    }
    const double length = fh_polygon_area((const double(*)[3])corner, 3, n);
    bool hidden = true;
    for (int side = -1; side <= 1; side += 2) {
      for (size_t k = 0; k < 3; ++k) {
        c[k] = (corner[0][k] + corner[1][k] + corner[2][k]) / 3.0 +
               0.02 * side * n[k] / length;
      }
      double z = 0.0;
      const size_t piece = area_find(area, c, c[2], &z);
      hidden = hidden && piece != SIZE_MAX && c[2] < z + height &&
               high < z + height + 1e-6;
    }
    keep[t] = keep[t] && !hidden;
  }
}

FhStatus
crowd_floors(const FhVenue* const venue,
             const Weld* const weld,
             Crowd* const crowd,
             bool* const keep,
             FhDiag* const diag)
{
  const FhMesh* const mesh = &weld->mesh;
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    keep[t] = true;
  }
  crowd->areas = (Area*)calloc(venue->n_audience + 1, sizeof *crowd->areas);
  if (!crowd->areas) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < venue->n_audience; ++i) {
    const FhAudience* const a = &venue->audience[i];
    Area* const area = &crowd->areas[i];
    area->audience = a;
    area->fixed = a->posture == FH_POSTURE_SEATED && a->seat != FH_SEAT_NONE;
    area->from_mesh = a->n_polygon == 0;
    area->first_block = crowd->n_blocks;
    crowd->n_areas = i + 1;

    uint32_t material = 0;
    while (material < mesh->n_materials &&
           strcmp(mesh->material_name[material], a->surface) != 0) {
      ++material;
    }
    Drawn drawn = {0, NULL, NULL};
    FhStatus status =
      area->from_mesh ? draw_surface(mesh, material, area->fixed, &drawn, keep)
                      : draw_polygon(a, &drawn);
    if (!status) {
      status = cut_area(venue, &drawn, area);
    }
    free(drawn.corner);
    free(drawn.under);
    if (status && status != FH_ERR_INVALID_DATA) {
      return status;
    }
    if (status || !area->n_pieces) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  venue->path,
                  0,
                  0,
                  area->from_mesh
                    ? "audience \"%s\": surface \"%s\" has no floor in the "
                      "model; give the material of the floor, or a polygon"
                    : "audience \"%s\": its polygon is no floor; give corners "
                      "in order around it%.0s",
                  a->name,
                  a->surface);
      return FH_ERR_INVALID_DATA;
    }
    crowd->n_blocks += area->n_strips;
    if (area->fixed && area->from_mesh) {
      drop_risers(mesh, crowd, i, material, keep);
    }
  }
  return FH_OK;
}

size_t
area_find(const Area* const area,
          const double at[2],
          const double near_z,
          double* const floor_z)
{
  size_t best = SIZE_MAX;
  double best_d = 1e30;
  const double p[3] = {at[0], at[1], 0.0};
  // Most of a large model is far from any one area
  const double off = 1e-6;
  if (at[0] < area->low[0] - off || at[0] > area->high[0] + off ||
      at[1] < area->low[1] - off || at[1] > area->high[1] + off) {
    return SIZE_MAX;
  }
  for (size_t i = 0; i < area->n_pieces; ++i) {
    const double* const a = area->floor[area->piece[i][0]];
    const double* const b = area->floor[area->piece[i][1]];
    const double* const c = area->floor[area->piece[i][2]];
    const double wc = plan2(a, b, p);
    if (wc < 0.0) {
      continue;
    }
    const double wa = plan2(b, c, p);
    const double wb = plan2(c, a, p);
    if (wa >= 0.0 && wb >= 0.0 && wc >= 0.0) {
      const double z = (wa * a[2] + wb * b[2] + wc * c[2]) / (wa + wb + wc);
      if (fabs(z - near_z) < best_d) {
        best_d = fabs(z - near_z);
        best = i;
        *floor_z = z;
      }
    }
  }
  return best;
}

void
crowd_clear(Crowd* const crowd)
{
  for (size_t i = 0; i < crowd->n_areas; ++i) {
    free(crowd->areas[i].floor);
    free(crowd->areas[i].top);
    free(crowd->areas[i].piece);
    free(crowd->areas[i].strip);
    free(crowd->areas[i].under);
  }
  free(crowd->areas);
  free(crowd->sides);
  memset(crowd, 0, sizeof *crowd);
}
