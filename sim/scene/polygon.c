// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/polygon.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double
fh_polygon_area(const double (*const point)[3],
                const size_t n_points,
                double area[3])
{
  area[0] = area[1] = area[2] = 0.0;
  for (size_t i = 0; i < n_points; ++i) {
    // Relative to the first corner: far from the origin products would cancel
    double p[3];
    double q[3];
    for (size_t k = 0; k < 3; ++k) {
      p[k] = point[i][k] - point[0][k];
      q[k] = point[(i + 1) % n_points][k] - point[0][k];
    }
    area[0] += 0.5 * (p[1] * q[2] - p[2] * q[1]);
    area[1] += 0.5 * (p[2] * q[0] - p[0] * q[2]);
    area[2] += 0.5 * (p[0] * q[1] - p[1] * q[0]);
  }
  return sqrt(area[0] * area[0] + area[1] * area[1] + area[2] * area[2]);
}

double
fh_polygon_flatness(const double (*const point)[3],
                    const size_t n_points,
                    size_t* const worst)
{
  double normal[3];
  const double area = fh_polygon_area(point, n_points, normal);
  double mean[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < n_points; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      mean[k] += point[i][k] / (double)n_points;
    }
  }
  double greatest = 0.0;
  for (size_t i = 0; i < n_points && area > 0.0; ++i) {
    double d = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      d += (point[i][k] - mean[k]) * normal[k] / area;
    }
    if (fabs(d) > greatest) {
      greatest = fabs(d);
      if (worst) {
        *worst = i;
      }
    }
  }
  return greatest;
}

typedef struct {
  double x, y;
} Point2;

/// The polygon that is left, counter-clockwise in its own plane
typedef struct {
  Point2* at;      ///< [n] positions relative to the first corner [m]
  uint32_t* index; ///< [n] corners of the caller
  size_t n;
  double tolerance; ///< Twice an area that counts as none [m2]
} Remainder;

static double
cross(const Point2 a, const Point2 b, const Point2 c)
{
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static bool
same(const Point2 a, const Point2 b)
{
  return a.x == b.x && a.y == b.y;
}

/// Shape of the ear at corner `i`: 4 sqrt(3) area / (sum of squared sides), so
/// 1 for an equal-sided one; 0 if it is no ear
static double
ear_quality(const Remainder* const r, const size_t i)
{
  const size_t before = (i + r->n - 1) % r->n;
  const size_t after = (i + 1) % r->n;
  const Point2 a = r->at[before];
  const Point2 b = r->at[i];
  const Point2 c = r->at[after];
  const double area2 = cross(a, b, c);
  if (!(area2 > r->tolerance)) {
    return 0.0;
  }
  for (size_t j = 0; j < r->n; ++j) {
    const Point2 p = r->at[j];
    // A corner met twice (a hole joined by a bridge) does not block itself
    if (j == before || j == i || j == after || same(p, a) || same(p, b) ||
        same(p, c)) {
      continue;
    }
    if (cross(a, b, p) >= 0.0 && cross(b, c, p) >= 0.0 &&
        cross(c, a, p) >= 0.0) {
      return 0.0;
    }
  }
  const double sides = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y) +
                       (c.x - b.x) * (c.x - b.x) + (c.y - b.y) * (c.y - b.y) +
                       (a.x - c.x) * (a.x - c.x) + (a.y - c.y) * (a.y - c.y);
  return 3.4641016151377544 * area2 / sides;
}

static void
drop_corner(Remainder* const r, const size_t i)
{
  for (size_t j = i; j + 1 < r->n; ++j) {
    r->at[j] = r->at[j + 1];
    r->index[j] = r->index[j + 1];
  }
  --r->n;
}

/// Project onto the polygon's plane; false when it has no area
static bool
flatten(const double (*const point)[3],
        const size_t n_points,
        Remainder* const r)
{
  double normal[3];
  const double area = fh_polygon_area(point, n_points, normal);
  double extent2 = 0.0;
  for (size_t i = 1; i < n_points; ++i) {
    double d2 = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      const double d = point[i][k] - point[0][k];
      d2 += d * d;
    }
    extent2 = fmax(extent2, d2);
  }
  // Slivers thinner than a millionth of their length are not surfaces
  if (!(area > 1e-6 * extent2) || !isfinite(area)) {
    return false;
  }

  double u[3] = {0.0, 0.0, 0.0};
  double v[3];
  size_t least = 0;
  for (size_t k = 0; k < 3; ++k) {
    normal[k] /= area;
    if (fabs(normal[k]) < fabs(normal[least])) {
      least = k;
    }
  }
  u[least] = 1.0;
  const double along = normal[least];
  double length = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    u[k] -= along * normal[k];
    length += u[k] * u[k];
  }
  length = sqrt(length);
  for (size_t k = 0; k < 3; ++k) {
    u[k] /= length;
  }
  v[0] = normal[1] * u[2] - normal[2] * u[1];
  v[1] = normal[2] * u[0] - normal[0] * u[2];
  v[2] = normal[0] * u[1] - normal[1] * u[0];

  r->n = 0;
  for (size_t i = 0; i < n_points; ++i) {
    Point2 p = {0.0, 0.0};
    for (size_t k = 0; k < 3; ++k) {
      p.x += (point[i][k] - point[0][k]) * u[k];
      p.y += (point[i][k] - point[0][k]) * v[k];
    }
    if (r->n == 0 || !same(r->at[r->n - 1], p)) {
      r->at[r->n] = p;
      r->index[r->n] = (uint32_t)i;
      ++r->n;
    }
  }
  while (r->n > 1 && same(r->at[0], r->at[r->n - 1])) {
    --r->n;
  }
  r->tolerance = 1e-10 * extent2;
  return r->n >= 3;
}

/// Whether the open segments ab and cd cross (touching does not count)
static bool
segments_cross(const Point2 a, const Point2 b, const Point2 c, const Point2 d)
{
  const double abc = cross(a, b, c);
  const double abd = cross(a, b, d);
  const double cda = cross(c, d, a);
  const double cdb = cross(c, d, b);
  return ((abc > 0.0 && abd < 0.0) || (abc < 0.0 && abd > 0.0)) &&
         ((cda > 0.0 && cdb < 0.0) || (cda < 0.0 && cdb > 0.0));
}

static bool
crosses_itself(const Remainder* const r)
{
  for (size_t i = 0; i < r->n; ++i) {
    for (size_t j = i + 2; j < r->n; ++j) {
      if (segments_cross(
            r->at[i], r->at[i + 1], r->at[j], r->at[(j + 1) % r->n])) {
        return true;
      }
    }
  }
  return false;
}

/// Twice the area that is left
static double
area_left2(const Remainder* const r)
{
  double sum = 0.0;
  for (size_t i = 1; i + 1 < r->n; ++i) {
    sum += cross(r->at[0], r->at[i], r->at[i + 1]);
  }
  return sum;
}

FhStatus
fh_polygon_triangulate(const double (*const point)[3],
                       const size_t n_points,
                       uint32_t (*const triangle)[3],
                       size_t* const n_triangles)
{
  *n_triangles = 0;
  if (n_points < 3 || n_points > UINT32_MAX) {
    return FH_ERR_BAD_ARG;
  }
  Remainder r = {0};
  FhStatus status = FH_OK;
  r.at = (Point2*)calloc(n_points, sizeof(Point2));
  r.index = (uint32_t*)calloc(n_points, sizeof(uint32_t));
  if (!r.at || !r.index) {
    status = FH_ERR_NO_MEM;
    goto done;
  }
  if (!flatten(point, n_points, &r) || crosses_itself(&r)) {
    status = FH_ERR_INVALID_DATA;
    goto done;
  }

  while (r.n >= 3) {
    size_t best = r.n;
    double best_quality = 0.0;
    for (size_t i = 0; i < r.n; ++i) {
      const double quality = ear_quality(&r, i);
      if (quality > best_quality) {
        best_quality = quality;
        best = i;
      }
    }
    if (best == r.n) {
      // What rounding left of a straight run of corners is no fault
      if (*n_triangles == 0 || area_left2(&r) > r.tolerance) {
        status = FH_ERR_INVALID_DATA;
      }
      break;
    }
    uint32_t* const t = triangle[(*n_triangles)++];
    t[0] = r.index[(best + r.n - 1) % r.n];
    t[1] = r.index[best];
    t[2] = r.index[(best + 1) % r.n];
    drop_corner(&r, best);
  }

done:
  if (status) {
    *n_triangles = 0;
  }
  free(r.at);
  free(r.index);
  return status;
}
