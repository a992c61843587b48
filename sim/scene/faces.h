// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SCENE_FACES_H
#define FULLHOUSE_SCENE_FACES_H

#include <fh/raycast.h>

/*
  Plane faces of a scene: triangles that share sides in one plane.
*/

/// A side of a triangle between two vertices
typedef struct {
  uint32_t low, high;
  uint32_t triangle;
  uint32_t from; ///< Which corner of the triangle it starts at, 0 to 2
} Side3;

/// Faces of a scene
typedef struct {
  const FhScene* scene;
  const FhRaycaster* caster;
  double speed_m_s;
  Side3* side;     ///< [3 n_triangles] sorted by corners; owned
  bool* inner;     ///< [3 n_triangles] triangle's side within a face; owned
  uint32_t* face;  ///< [n_triangles] a triangle that stands for its face; owned
  uint32_t* order; ///< [n_triangles] triangles face by face; owned
  int (*step)[2];  ///< [n_triangles] limits of its face; owned
} Faces;

double
faces_dot(const double a[3], const double b[3]);

void
faces_cross(const double a[3], const double b[3], double out[3]);

/// Corner of a triangle [m]; counted modulo 3
void
faces_place(const Faces* faces, uint32_t triangle, size_t corner, double at[3]);

/// Vector from one corner of a triangle to another [m]
void
faces_side(const Faces* faces,
           uint32_t triangle,
           size_t from,
           size_t to,
           double out[3]);

/// Unit normal, 0 for a triangle without one; the area [m2]
double
faces_normal(const Faces* faces, uint32_t triangle, double normal[3]);

/// Find the faces of the scene; faces_clear() also on error
FhStatus
faces_find(Faces* faces);

void
faces_clear(Faces* faces);

#endif // FULLHOUSE_SCENE_FACES_H
