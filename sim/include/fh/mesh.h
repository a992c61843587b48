// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_MESH_H
#define FH_MESH_H

#include <fh/diag.h>
#include <fh/status.h>
#include <fh/venue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
  Triangle meshes: reading them from model files, building them by hand,
  writing them. What is traced is made from a mesh by fh/scene.h.
*/

/// How to understand a model file; start from fh_mesh_options_default()
typedef struct {
  double unit_m; ///< Length of the file's unit [m], 1e-6 to 1e6; 0 for what the
                 ///< file says of itself, and metres where it says nothing
  char up;       ///< The file's upward axis: 'z', or 'y', which turns (x, y, z)
                 ///< into (x, -z, y); 0 for what the file or its format says,
                 ///< and z where neither does
} FhMeshOptions;

/// Units and axis as the file says
FhMeshOptions
fh_mesh_options_default(void);

/**
   Metres per unit of a name.

   @param name "m", "cm", "mm", "km", "in", "ft", "yd" or the full words.
   @return 0 when the name is not known.
*/
double
fh_mesh_unit_m(const char* name);

/**
   Read a model file: AC3D, OBJ, glTF, GLB, DAE, 3DS, DXF, STL, PLY or IFC2x3.

   The format is chosen by the extension. AC3D and OBJ are read here; everything
   else by assimp in a child process with limits on memory and time, so that a
   file that breaks the library gives a message and not a crash. Transforms of
   nodes are applied, materials with the same name become one, layers stand in
   for materials in DXF files, and polygons, concave ones too, become triangles.
   Faces keep their order and winding.

   @param path File to read.
   @param options Units and up axis; null for the defaults.
   @param[out] out Mesh in metres, z up; owned by the caller, see
   fh_mesh_clear(); zeroed on error.
   @param diag Receives what was lost or doubtful, and why reading failed; may
   be null.
   @return #FH_ERR_IO, #FH_ERR_UNSUPPORTED for an extension or version that is
   not read, #FH_ERR_FORMAT, #FH_ERR_INVALID_DATA without any face,
   #FH_ERR_NOT_FINITE, #FH_ERR_LIMIT (over 1 GiB, 4 GiB of memory or 5
   minutes), #FH_ERR_NO_MEM.
*/
FhStatus
fh_mesh_read(const char* path,
             const FhMeshOptions* options,
             FhMesh* out,
             FhDiag* diag);

/**
   Write a mesh as an AC3D file, y up as the format has it, in metres.

   Reading it back gives the same mesh to the last bit of each coordinate.
   Writes to a temporary name first, then renames.
*/
FhStatus
fh_mesh_write(const FhMesh* mesh, const char* path, FhDiag* diag);

/// Free what a mesh owns and zero it
void
fh_mesh_clear(FhMesh* mesh);

/// Deep copy; #FH_ERR_NO_MEM leaves `out` zeroed
FhStatus
fh_mesh_copy(const FhMesh* mesh, FhMesh* out);

/// A mesh that grows; start from a zeroed object
typedef struct {
  FhMesh mesh;             ///< What was added so far; valid at any time
  size_t vertices_size;    ///< Allocated vertices
  size_t triangles_size;   ///< Allocated triangles
  size_t materials_size;   ///< Allocated names
  size_t n_degenerate;     ///< Polygons dropped: no area
  size_t n_self_crossing;  ///< Polygons cut as a fan: they cross themselves
  double worst_flatness_m; ///< Farthest a corner lies off its polygon's plane
  size_t n_not_flat;       ///< Polygons with a corner over 5 cm off the plane
  double not_flat_at[3];   ///< A corner of the worst of them [m]
  void* scratch;           ///< For cutting polygons; owned
  size_t scratch_size;     ///< Corners it has room for
} FhMeshBuilder;

/// Free everything of a builder, its mesh too, and zero it
void
fh_mesh_builder_clear(FhMeshBuilder* builder);

/// Hand the mesh over to the caller and clear the builder
void
fh_mesh_builder_finish(FhMeshBuilder* builder, FhMesh* out);

/// Add a vertex [m]; its index goes to `index`
FhStatus
fh_mesh_builder_vertex(FhMeshBuilder* builder,
                       const double at[3],
                       uint32_t* index);

/// Find or add a material by name (cut to 63 bytes, cleaned of control
/// characters); its index goes to `index`
FhStatus
fh_mesh_builder_material(FhMeshBuilder* builder,
                         const char* name,
                         uint32_t* index);

/// Add a triangle of existing vertices and an existing material
FhStatus
fh_mesh_builder_triangle(FhMeshBuilder* builder,
                         const uint32_t vertex[3],
                         uint32_t material);

/**
   Add a polygon of existing vertices, cut into triangles.

   Concave outlines are cut by ears (fh_polygon_triangulate()); an outline
   without area is dropped and counted, one that crosses itself is cut as a fan
   and counted.

   @param vertex [n] indices in order around the outline; borrowed.
   @param n Corners, 3 to 1000; #FH_ERR_LIMIT above.
   @param material Index of an existing material.
*/
FhStatus
fh_mesh_builder_polygon(FhMeshBuilder* builder,
                        const uint32_t* vertex,
                        size_t n,
                        uint32_t material);

#endif // FH_MESH_H
