// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Room for one more; false, and `failed`, when out of memory
static bool
grow(MeshBuilder* const b,
     void** const array,
     const size_t size,
     const size_t n,
     size_t* const room)
{
  if (n < *room) {
    return true;
  }
  const size_t wanted = *room ? 2 * *room : 64;
  void* const grown = realloc(*array, wanted * size);
  if (!grown) {
    b->failed = true;
    return false;
  }
  *array = grown;
  *room = wanted;
  return true;
}

uint32_t
mesh_builder_material(MeshBuilder* const builder, const char* const name)
{
  FhMesh* const m = &builder->mesh;
  for (size_t i = 0; i < m->n_materials; ++i) {
    if (!strcmp(m->material_name[i], name)) {
      return (uint32_t)i;
    }
  }
  void* names = m->material_name;
  if (!grow(builder,
            &names,
            sizeof *m->material_name,
            m->n_materials,
            &builder->material_room)) {
    return 0;
  }
  m->material_name = (char(*)[FH_NAME_SIZE])names;
  snprintf(m->material_name[m->n_materials], FH_NAME_SIZE, "%s", name);
  return (uint32_t)m->n_materials++;
}

static uint32_t
add_vertex(MeshBuilder* const b, const double at[3])
{
  FhMesh* const m = &b->mesh;
  void* vertices = m->vertex;
  if (!grow(b, &vertices, sizeof *m->vertex, m->n_vertices, &b->vertex_room)) {
    return 0;
  }
  m->vertex = (double(*)[3])vertices;
  memcpy(m->vertex[m->n_vertices], at, sizeof m->vertex[0]);
  return (uint32_t)m->n_vertices++;
}

static void
add_triangle(MeshBuilder* const b,
             const uint32_t material,
             const uint32_t i,
             const uint32_t j,
             const uint32_t k)
{
  FhMesh* const m = &b->mesh;
  size_t room = b->triangle_room;
  void* triangles = m->triangle;
  void* materials = m->material;
  if (!grow(b, &triangles, sizeof *m->triangle, m->n_triangles, &room)) {
    return;
  }
  m->triangle = (uint32_t(*)[3])triangles;
  room = b->triangle_room;
  if (!grow(b, &materials, sizeof *m->material, m->n_triangles, &room)) {
    return;
  }
  m->material = (uint32_t*)materials;
  b->triangle_room = room;
  m->triangle[m->n_triangles][0] = i;
  m->triangle[m->n_triangles][1] = j;
  m->triangle[m->n_triangles][2] = k;
  m->material[m->n_triangles++] = material;
}

void
mesh_builder_quad(MeshBuilder* const builder,
                  const uint32_t material,
                  const double a[3],
                  const double b[3],
                  const double c[3],
                  const double d[3])
{
  const uint32_t v[4] = {add_vertex(builder, a),
                         add_vertex(builder, b),
                         add_vertex(builder, c),
                         add_vertex(builder, d)};
  add_triangle(builder, material, v[0], v[1], v[2]);
  add_triangle(builder, material, v[0], v[2], v[3]);
}

void
mesh_builder_box(MeshBuilder* const builder,
                 const uint32_t material,
                 const double low[3],
                 const double high[3],
                 const bool skip_floor)
{
  double c[8][3];
  for (size_t i = 0; i < 8; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      c[i][k] = i >> k & 1u ? high[k] : low[k];
    }
  }
  static const size_t face[6][4] = {{0, 1, 5, 4},
                                    {1, 3, 7, 5},
                                    {3, 2, 6, 7},
                                    {2, 0, 4, 6},
                                    {4, 5, 7, 6},
                                    {0, 2, 3, 1}};
  for (size_t f = 0; f < (skip_floor ? 5u : 6u); ++f) {
    mesh_builder_quad(builder,
                      material,
                      c[face[f][0]],
                      c[face[f][1]],
                      c[face[f][2]],
                      c[face[f][3]]);
  }
}

void
mesh_builder_slope(MeshBuilder* const builder,
                   const uint32_t material,
                   const double x[2],
                   const double y[2],
                   const double z[2])
{
  const double a[3] = {x[0], y[0], z[0]};
  const double b[3] = {x[1], y[0], z[0]};
  const double c[3] = {x[1], y[1], z[1]};
  const double d[3] = {x[0], y[1], z[1]};
  mesh_builder_quad(builder, material, a, b, c, d);
}
