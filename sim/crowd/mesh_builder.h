// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_MESH_BUILDER_H
#define FULLHOUSE_CROWD_MESH_BUILDER_H

#include <fh/venue.h>

/// A mesh being put together; a failed allocation shows in `failed`
typedef struct {
  FhMesh mesh;
  size_t vertex_room, triangle_room, material_room;
  bool failed;
} MeshBuilder;

/// Index of a material, added when its name is new
uint32_t
mesh_builder_material(MeshBuilder* builder, const char* name);

/// A flat four-sided face, corners in turn
void
mesh_builder_quad(MeshBuilder* builder,
                  uint32_t material,
                  const double a[3],
                  const double b[3],
                  const double c[3],
                  const double d[3]);

/// A box between two corners; `skip_floor` leaves its underside out
void
mesh_builder_box(MeshBuilder* builder,
                 uint32_t material,
                 const double low[3],
                 const double high[3],
                 bool skip_floor);

/// A floor between x0 and x1 that rises from (y0, z0) to (y1, z1)
void
mesh_builder_slope(MeshBuilder* builder,
                   uint32_t material,
                   const double x[2],
                   const double y[2],
                   const double z[2]);

#endif // FULLHOUSE_CROWD_MESH_BUILDER_H
