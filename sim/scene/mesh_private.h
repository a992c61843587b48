// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_MESH_PRIVATE_H
#define FULLHOUSE_MESH_PRIVATE_H

#include <fh/mesh.h>

#include <stddef.h>

/// How a file's own coordinates become ours
typedef struct {
  double unit_m; ///< Metres per unit of what the reader returns
  char up;       ///< 'y' or 'z': what points up in what the reader
} FhMeshFrame;

/**
   Read an AC3D file that is in memory; coordinates as in the file.

   @param text [size] bytes followed by a zero; borrowed.
   @param path Named in messages.
   @param builder Receives vertices, materials and triangles.
*/
FhStatus
fh_ac3d_parse(const char* text,
              size_t size,
              const char* path,
              FhMeshBuilder* builder,
              FhDiag* diag);

/// The same for a Wavefront OBJ file, of which `text` is changed in place
FhStatus
fh_obj_parse(char* text,
             size_t size,
             const char* path,
             FhMeshBuilder* builder,
             FhDiag* diag);

/**
   Look into a file for what assimp does not say.

   DXF: units, solids that are not read; IFC: schema; DAE: unit.

   @param text [size] bytes followed by a zero; borrowed.
   @param extension Lower case, without the dot.
   @param options What the user asked for.
   @param[out] frame How assimp's coordinates become ours.
*/
FhStatus
fh_mesh_scan(const char* text,
             size_t size,
             const char* path,
             const char* extension,
             const FhMeshOptions* options,
             FhMeshFrame* frame,
             FhDiag* diag);

/**
   Read a file with assimp in a child process.

   @param layers True when names of meshes stand in for materials (DXF).
*/
FhStatus
fh_mesh_read_guarded(const char* path,
                     bool layers,
                     FhMeshBuilder* builder,
                     FhDiag* diag);

/**
   In the child: read `path` and write its records to `fd`.

   See mesh_guard.c for the records. Returns only when all was written.
*/
void
fh_mesh_convert(const char* path, bool layers, int fd);

/// A record on the pipe between child and parent
typedef struct {
  uint32_t kind;  ///< FhRecordKind
  uint32_t count; ///< Bytes that follow
} FhRecord;

typedef enum {
  FH_RECORD_ERROR = 0x46480001, ///< Text: why the file cannot be read
  FH_RECORD_NOTE,               ///< Text: what was lost
  FH_RECORD_MATERIAL,           ///< Name; indices count from 0 in this order
  FH_RECORD_VERTICES,           ///< double[3] each
  FH_RECORD_POLYGON,            ///< uint32_t material, then vertex indices
  FH_RECORD_END                 ///< Nothing is missing
} FhRecordKind;

#endif // FULLHOUSE_MESH_PRIVATE_H
