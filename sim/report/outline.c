// SPDX-License-Identifier: GPL-3.0-or-later
#include "outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Cells to a seat's spacing
#define CELLS 4.0
/// How far a seat reaches, in spacings: neighbours on a ring touch
#define REACH 0.75
/// Seats farther above or below are on another floor [m]
#define FLOOR_M 1.2
/// Cells at most; larger zones get coarser ones
#define MAX_CELLS 4000000.0
/// How far a line may be from the cells' edges, in cells
#define TOLERANCE 0.45

/// The floor about some seats in small cells
typedef struct {
  size_t nx, ny;
  double low[2], cell_m;
  float* distance; ///< [nx * ny] to the nearest chosen seat [cells]; owned
  float* height;   ///< [nx * ny] of that seat [m]; owned
  uint8_t* in;     ///< [nx * ny]; owned
  uint8_t* used;   ///< [(nx + 1) * (ny + 1)] edges to the east taken; owned
} Floor;

static void
floor_clear(Floor* const f)
{
  free(f->distance);
  free(f->height);
  free(f->in);
  free(f->used);
}

static FhStatus
floor_init(Floor* const f,
           const double (*const at)[3],
           const bool* const inside,
           const size_t n_seats,
           const double spacing_m)
{
  double high[2] = {-INFINITY, -INFINITY};
  f->low[0] = f->low[1] = INFINITY;
  for (size_t i = 0; i < n_seats; ++i) {
    for (size_t k = 0; k < 2 && inside[i]; ++k) {
      f->low[k] = fmin(f->low[k], at[i][k]);
      high[k] = fmax(high[k], at[i][k]);
    }
  }
  const double air = (REACH + 1.0) * spacing_m;
  const double w = high[0] - f->low[0] + 2.0 * air;
  const double h = high[1] - f->low[1] + 2.0 * air;
  f->cell_m = fmax(spacing_m / CELLS, sqrt(w * h / MAX_CELLS));
  f->low[0] -= air;
  f->low[1] -= air;
  f->nx = (size_t)ceil(w / f->cell_m) + 1;
  f->ny = (size_t)ceil(h / f->cell_m) + 1;
  const size_t n = f->nx * f->ny;
  f->distance = (float*)calloc(n, sizeof(float));
  f->height = (float*)calloc(n, sizeof(float));
  f->in = (uint8_t*)calloc(n, 1);
  f->used = (uint8_t*)calloc((f->nx + 1) * (f->ny + 1), 1);
  return f->distance && f->height && f->in && f->used ? FH_OK : FH_ERR_NO_MEM;
}

// Cells within reach go to the seat, or from it to a nearer one
static void
claim(Floor* const f, const double at[3], const bool inside, double reach_m)
{
  const double cx = (at[0] - f->low[0]) / f->cell_m;
  const double cy = (at[1] - f->low[1]) / f->cell_m;
  const double r = reach_m / f->cell_m;
  if (cx + r < 0.0 || cy + r < 0.0) {
    return;
  }
  const size_t x1 = (size_t)fmin(ceil(cx + r), (double)f->nx);
  const size_t y1 = (size_t)fmin(ceil(cy + r), (double)f->ny);
  for (size_t y = (size_t)fmax(floor(cy - r), 0.0); y < y1; ++y) {
    for (size_t x = (size_t)fmax(floor(cx - r), 0.0); x < x1; ++x) {
      const double dx = (double)x + 0.5 - cx;
      const double dy = (double)y + 0.5 - cy;
      const double d = sqrt(dx * dx + dy * dy);
      const size_t i = y * f->nx + x;
      if (!(d <= r)) {
        continue;
      }
      if (inside && (!f->in[i] || d < (double)f->distance[i])) {
        f->in[i] = 1;
        f->distance[i] = (float)d;
        f->height[i] = (float)at[2];
      } else if (!inside && d < (double)f->distance[i] &&
                 fabs((double)f->height[i] - at[2]) < FLOOR_M) {
        f->in[i] = 0;
      }
    }
  }
}

static bool
is_in(const Floor* const f, const long x, const long y)
{
  return x >= 0 && y >= 0 && x < (long)f->nx && y < (long)f->ny &&
         f->in[(size_t)y * f->nx + (size_t)x];
}

// Whether the edge that leaves a corner (0 east, 1 north, 2 west, 3 south) has
// the zone to its left and something else to its right
static bool
is_edge(const Floor* const f, const long x, const long y, const int to)
{
  static const int left[4][2] = {{0, 0}, {-1, 0}, {-1, -1}, {0, -1}};
  const int* const l = left[to];
  const int* const r = left[(to + 3) % 4];
  return is_in(f, x + l[0], y + l[1]) && !is_in(f, x + r[0], y + r[1]);
}

/// Points under way
typedef struct {
  size_t n, room;
  double (*at)[3];
} Line;

static bool
push(Line* const line, const double x, const double y, const double z)
{
  if (line->n == line->room) {
    const size_t room = line->room ? 2 * line->room : 64;
    void* const grown = realloc(line->at, room * sizeof *line->at);
    if (!grown) {
      return false;
    }
    line->at = (double(*)[3])grown;
    line->room = room;
  }
  double* const p = line->at[line->n++];
  p[0] = x;
  p[1] = y;
  p[2] = z;
  return true;
}

// Middles of the edges about one part, which cut the corners of the steps
static bool
follow(Floor* const f, const long from_x, const long from_y, Line* const line)
{
  static const int step[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  long x = from_x;
  long y = from_y;
  int to = 0;
  do {
    if (to == 0) {
      f->used[(size_t)y * (f->nx + 1) + (size_t)x] = 1;
    }
    const long cell_x = x - (to == 1 || to == 2);
    const long cell_y = y - (to == 2 || to == 3);
    const float z = f->height[(size_t)cell_y * f->nx + (size_t)cell_x];
    if (!push(line,
              f->low[0] + f->cell_m * ((double)x + 0.5 * step[to][0]),
              f->low[1] + f->cell_m * ((double)y + 0.5 * step[to][1]),
              (double)z)) {
      return false;
    }
    x += step[to][0];
    y += step[to][1];
    // To the left first, so that parts that touch at a corner stay two
    static const int turns[3] = {1, 0, 3};
    for (size_t i = 0; i < 3; ++i) {
      if (is_edge(f, x, y, (to + turns[i]) % 4)) {
        to = (to + turns[i]) % 4;
        break;
      }
    }
  } while (x != from_x || y != from_y || to != 0);
  return true;
}

static double
off_line(const double p[3], const double a[3], const double b[3])
{
  const double dx = b[0] - a[0];
  const double dy = b[1] - a[1];
  const double length = sqrt(dx * dx + dy * dy);
  return length > 0.0 ? fabs(dx * (p[1] - a[1]) - dy * (p[0] - a[0])) / length
                      : sqrt((p[0] - a[0]) * (p[0] - a[0]) +
                             (p[1] - a[1]) * (p[1] - a[1]));
}

// Keep what bends: D. H. Douglas, T. K. Peucker, Cartographica 10 (1973) 112.
// `stack` has room for as many pairs as there are points
static void
thin(const Line* const line,
     const double tolerance_m,
     uint8_t* const keep,
     size_t (*const stack)[2])
{
  size_t n = 0;
  stack[n][0] = 0;
  stack[n++][1] = line->n - 1;
  keep[0] = keep[line->n - 1] = 1;
  while (n) {
    const size_t a = stack[--n][0];
    const size_t b = stack[n][1];
    double most = tolerance_m;
    size_t at = 0;
    for (size_t i = a + 1; i < b; ++i) {
      const double d = off_line(line->at[i], line->at[a], line->at[b]);
      if (d > most) {
        most = d;
        at = i;
      }
    }
    if (at) {
      keep[at] = 1;
      stack[n][0] = a;
      stack[n++][1] = at;
      stack[n][0] = at;
      stack[n++][1] = b;
    }
  }
}

// Add what is left of a loop to the outline
static FhStatus
add_loop(Outline* const out, const Line* const line, const double tolerance_m)
{
  uint8_t* const keep = (uint8_t*)calloc(line->n + 1, 1);
  size_t(*const stack)[2] = (size_t(*)[2])calloc(line->n + 2, sizeof *stack);
  const size_t had = out->n_loops ? out->end[out->n_loops - 1] : 0;
  size_t* const end =
    (size_t*)realloc(out->end, (out->n_loops + 1) * sizeof *out->end);
  out->end = end ? end : out->end;
  double(*const point)[3] =
    (double(*)[3])realloc(out->point, (had + line->n) * sizeof *out->point);
  out->point = point ? point : out->point;
  const bool ok = keep && stack && end && point;
  if (ok) {
    thin(line, tolerance_m, keep, stack);
    size_t n = had;
    for (size_t i = 0; i < line->n; ++i) {
      if (keep[i]) {
        memcpy(out->point[n++], line->at[i], sizeof *line->at);
      }
    }
    out->end[out->n_loops++] = n;
  }
  free(keep);
  free(stack);
  return ok ? FH_OK : FH_ERR_NO_MEM;
}

FhStatus
outline_make(const double (*const at)[3],
             const bool* const inside,
             const size_t n_seats,
             const double spacing_m,
             Outline* const out)
{
  memset(out, 0, sizeof *out);
  size_t first = 0;
  while (first < n_seats && !inside[first]) {
    ++first;
  }
  if (first == n_seats) {
    return FH_OK;
  }
  out->seat = (uint32_t)first;
  Floor f = {0};
  Line line = {0};
  FhStatus status = floor_init(&f, at, inside, n_seats, spacing_m);
  for (int pass = 0; pass < 2 && !status; ++pass) {
    for (size_t i = 0; i < n_seats; ++i) {
      if (inside[i] == !pass) {
        claim(&f, at[i], inside[i], REACH * spacing_m);
      }
    }
  }
  for (size_t y = 0; y <= f.ny && !status; ++y) {
    for (size_t x = 0; x <= f.nx && !status; ++x) {
      if (!f.used[y * (f.nx + 1) + x] && is_edge(&f, (long)x, (long)y, 0)) {
        line.n = 0;
        status = follow(&f, (long)x, (long)y, &line)
                   ? add_loop(out, &line, TOLERANCE * f.cell_m)
                   : FH_ERR_NO_MEM;
      }
    }
  }
  free(line.at);
  floor_clear(&f);
  if (status) {
    outline_clear(out);
  }
  return status;
}

void
outline_clear(Outline* const outline)
{
  free(outline->end);
  free(outline->point);
  memset(outline, 0, sizeof *outline);
}
