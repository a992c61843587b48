// SPDX-License-Identifier: GPL-3.0-or-later
#include "image_box.h"

#include <stdlib.h>

/// Walls may be this far from the box around the scene [m]
#define WALL_TOLERANCE_M 1e-4

static bool
find_wall(const Engine* const engine,
          const Plane* const plane,
          const ImageBox* const box,
          size_t* const axis,
          size_t* const side)
{
  (void)engine;
  for (size_t k = 0; k < 3; ++k) {
    if (fabs(fabs(plane->normal[k]) - 1.0) < 1e-9) {
      const double x = plane->offset * plane->normal[k];
      *axis = k;
      *side = fabs(x - box->high[k]) < WALL_TOLERANCE_M;
      return *side || fabs(x - box->low[k]) < WALL_TOLERANCE_M;
    }
  }
  return false;
}

static double
triangle_area(const FhScene* const scene, const size_t t)
{
  const uint32_t* const v = scene->triangle[t];
  double e[2][3];
  for (size_t k = 0; k < 3; ++k) {
    e[0][k] = (double)scene->vertex[v[1]][k] - (double)scene->vertex[v[0]][k];
    e[1][k] = (double)scene->vertex[v[2]][k] - (double)scene->vertex[v[0]][k];
  }
  const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                       e[0][2] * e[1][0] - e[0][0] * e[1][2],
                       e[0][0] * e[1][1] - e[0][1] * e[1][0]};
  return 0.5 * sqrt(dot3d(n, n));
}

bool
image_box_init(const Engine* const engine, ImageBox* const box)
{
  const FhScene* const scene = engine->scene;
  const Planes* const planes = &engine->planes;
  if (planes->n_planes != 6) {
    return false;
  }
  for (size_t k = 0; k < 3; ++k) {
    box->low[k] = (double)scene->low[k];
    box->high[k] = (double)scene->high[k];
  }

  double area[3][2] = {{0.0}};
  uint32_t material[3][2] = {{UINT32_MAX, UINT32_MAX},
                             {UINT32_MAX, UINT32_MAX},
                             {UINT32_MAX, UINT32_MAX}};
  for (size_t t = 0; t < scene->n_triangles; ++t) {
    size_t axis = 0;
    size_t side = 0;
    if (!find_wall(
          engine, &planes->planes[planes->plane_of[t]], box, &axis, &side)) {
      return false;
    }
    uint32_t* const m = &material[axis][side];
    if (*m != UINT32_MAX && *m != scene->material[t]) {
      return false;
    }
    *m = scene->material[t];
    area[axis][side] += triangle_area(scene, t);
  }
  for (size_t k = 0; k < 3; ++k) {
    const size_t u = (k + 1) % 3;
    const size_t v = (k + 2) % 3;
    const double whole =
      (box->high[u] - box->low[u]) * (box->high[v] - box->low[v]);
    for (size_t side = 0; side < 2; ++side) {
      if (fabs(area[k][side] - whole) > 1e-5 * whole) {
        return false;
      }
      for (unsigned o = 0; o < engine->n_octets; ++o) {
        box->mirror[o][k][side] = engine[o].surfaces[material[k][side]].mirror;
      }
    }
  }
  return true;
}

/// Image `index` along one axis: an even number of walls met, or an odd one
typedef struct {
  double at;
  unsigned hits[2];
  double flip; ///< -1 where the image looks the other way
} AxisImage;

static AxisImage
axis_image(const double low,
           const double high,
           const double source,
           const int index)
{
  const double length = high - low;
  const double x = source - low;
  AxisImage image;
  const unsigned n = (unsigned)(index < 0 ? -index : index);
  // The first wall met is the one at `low` for images below
  const unsigned more = (n + 1) / 2;
  const unsigned less = n / 2;
  image.hits[0] = index < 0 ? more : less;
  image.hits[1] = index < 0 ? less : more;
  image.flip = n % 2 ? -1.0 : 1.0;
  image.at = low + (double)index * length + (n % 2 ? length - x : x);
  return image;
}

static F8
power_of(const F8 base, const unsigned exponent)
{
  F8 result = f8_all(1.0f);
  for (unsigned i = 0; i < exponent; ++i) {
    result *= base;
  }
  return result;
}

void
image_box_arrivals(const ImageBox* const box,
                   const Engine* const engine,
                   const Emitter* const emitter,
                   const unsigned order,
                   const float receiver[3],
                   const ImageSink sink,
                   void* const user)
{
  const int k_max = (int)order;
  for (int i = -k_max; i <= k_max; ++i) {
    const int j_max = k_max - abs(i);
    for (int j = -j_max; j <= j_max; ++j) {
      const int l_max = j_max - abs(j);
      for (int l = -l_max; l <= l_max; ++l) {
        const int index[3] = {i, j, l};
        const unsigned n = (unsigned)(abs(i) + abs(j) + abs(l));
        if (!n) {
          continue;
        }
        F8 reflected[MAX_OCTETS];
        for (unsigned o = 0; o < engine->n_octets; ++o) {
          reflected[o] = f8_all(1.0f);
        }
        double to[3];
        double flip[3];
        for (size_t k = 0; k < 3; ++k) {
          const AxisImage image = axis_image(box->low[k],
                                             box->high[k],
                                             (double)emitter->radiator.at[k],
                                             index[k]);
          to[k] = image.at - (double)receiver[k];
          flip[k] = image.flip;
          for (unsigned o = 0; o < engine->n_octets; ++o) {
            reflected[o] *= power_of(box->mirror[o][k][0], image.hits[0]) *
                            power_of(box->mirror[o][k][1], image.hits[1]);
          }
        }
        if (!(octets_max(reflected, engine->n_octets) > 0.0f)) {
          continue;
        }
        const double length = sqrt(dot3d(to, to));
        float towards[3];
        float departure[3];
        for (size_t k = 0; k < 3; ++k) {
          towards[k] = (float)(to[k] / length);
          departure[k] = (float)(-to[k] / length * flip[k]);
        }
        image_emit(engine,
                   emitter,
                   length,
                   towards,
                   departure,
                   n,
                   reflected,
                   sink,
                   user);
      }
    }
  }
}
