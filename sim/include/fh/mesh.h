// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_MESH_H
#define FH_MESH_H

#include <fh/diag.h>
#include <fh/status.h>
#include <fh/venue.h>

/// How to understand a geometry file; start from fh_mesh_options_default()
typedef struct {
  double unit_m; ///< Length of the file's unit [m], 1e-4 to 1000; 0: what the
                 ///< file says of itself, else metres
  char up;       ///< The file's upward axis: 'z', or 'y', which turns
                 ///< (x, y, z) into (x, -z, y)
} FhMeshOptions;

/// Metres, z up
FhMeshOptions
fh_mesh_options_default(void);

/**
   Read a geometry file into a mesh in metres, z up.

   Polygons become triangles with the same (right-handed) winding; every
   material name of the file appears once, in the order of first use.

   @param path Geometry file; its ending tells the format.
   @param[out] out Mesh, owned by the caller (fh_mesh_clear()); zeroed on error.
   @param diag Receives findings with file and line; may be null.
   @return #FH_ERR_IO, #FH_ERR_FORMAT, #FH_ERR_LIMIT, #FH_ERR_UNSUPPORTED for a
   format that is not read, #FH_ERR_INVALID_DATA.
*/
FhStatus
fh_mesh_read(const char* path,
             const FhMeshOptions* options,
             FhMesh* out,
             FhDiag* diag);

/// Free what a mesh owns and zero it
void
fh_mesh_clear(FhMesh* mesh);

/// Deep copy; #FH_ERR_NO_MEM leaves `out` zeroed
FhStatus
fh_mesh_copy(const FhMesh* mesh, FhMesh* out);

#endif // FH_MESH_H
