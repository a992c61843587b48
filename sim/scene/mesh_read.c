// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_private.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE ((size_t)1 << 30U)

/// Farther from the origin no float of a venue is exact to a millimetre [m]
#define MAX_COORDINATE_M 1e6

/// Lower-case extension without the dot; empty where there is none
static void
extension_of(const char* const path, char extension[8])
{
  const char* const slash = strrchr(path, '/');
  const char* const dot = strrchr(slash ? slash : path, '.');
  size_t n = 0;
  extension[0] = '\0';
  if (dot && strlen(dot + 1) < 8) {
    for (const char* c = dot + 1; *c; ++c) {
      extension[n++] = (char)tolower((unsigned char)*c);
    }
    extension[n] = '\0';
  }
}

static bool
is_known(const char* const extension)
{
  static const char* const known[] = {"ac",
                                      "ac3d",
                                      "obj",
                                      "gltf",
                                      "glb",
                                      "dae",
                                      "3ds",
                                      "dxf",
                                      "stl",
                                      "ply",
                                      "ifc"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i) {
    if (!strcmp(known[i], extension)) {
      return true;
    }
  }
  return false;
}

/// Whole file followed by a zero, owned by the caller
static FhStatus
read_file(const char* const path,
          char** const text,
          size_t* const size,
          FhDiag* const diag)
{
  struct stat st;
  FILE* const file = fopen(path, "rb");
  if (!file || fstat(fileno(file), &st) != 0) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, path, 0, 0, "cannot be opened: %s", strerror(errno));
    if (file) {
      fclose(file);
    }
    return FH_ERR_IO;
  }
  if (!S_ISREG(st.st_mode)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "is not a file; give the name of a model file");
    fclose(file);
    return FH_ERR_IO;
  }
  if ((size_t)st.st_size > MAX_FILE) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, path, 0, 0, "is over 1 GiB; simplify the model");
    fclose(file);
    return FH_ERR_LIMIT;
  }
  *size = (size_t)st.st_size;
  *text = (char*)malloc(*size + 1);
  const bool good = *text && fread(*text, 1, *size, file) == *size;
  fclose(file);
  if (!*text) {
    return FH_ERR_NO_MEM;
  }
  if (!good) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, path, 0, 0, "cannot be read: %s", strerror(errno));
    free(*text);
    *text = NULL;
    return FH_ERR_IO;
  }
  (*text)[*size] = '\0';
  return FH_OK;
}

/// Turn z up and into metres; every coordinate is checked on the way
static FhStatus
to_metres(FhMesh* const mesh,
          const FhMeshFrame* const frame,
          const char* const path,
          FhDiag* const diag)
{
  for (size_t i = 0; i < mesh->n_vertices; ++i) {
    double* const v = mesh->vertex[i];
    const double x = v[0] * frame->unit_m;
    const double y = v[1] * frame->unit_m;
    const double z = v[2] * frame->unit_m;
    if (!(isfinite(x) && isfinite(y) && isfinite(z))) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  0,
                  0,
                  "vertex %zu is not finite; repair the model and export it "
                  "again",
                  i + 1);
      return FH_ERR_NOT_FINITE;
    }
    if (fabs(x) > MAX_COORDINATE_M || fabs(y) > MAX_COORDINATE_M ||
        fabs(z) > MAX_COORDINATE_M) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  0,
                  0,
                  "vertex %zu is over 1000 km from the origin; check `units` "
                  "(mm?), or move the model to the origin",
                  i + 1);
      return FH_ERR_INVALID_DATA;
    }
    v[0] = x;
    v[1] = frame->up == 'y' ? -z : y;
    v[2] = frame->up == 'y' ? y : z;
    for (size_t k = 0; k < 3; ++k) {
      v[k] += 0.0; // No negative zeros
    }
  }
  return FH_OK;
}

/// Drop the names of materials that no face has
static FhStatus
drop_unused_names(FhMesh* const mesh)
{
  uint32_t* const place =
    (uint32_t*)calloc(mesh->n_materials + 1, sizeof *place);
  if (!place) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < mesh->n_triangles; ++i) {
    place[mesh->material[i]] = 1;
  }
  size_t n = 0;
  for (size_t i = 0; i < mesh->n_materials; ++i) {
    if (place[i]) {
      memmove(mesh->material_name[n], mesh->material_name[i], FH_NAME_SIZE);
      place[i] = (uint32_t)n++;
    }
  }
  mesh->n_materials = n;
  for (size_t i = 0; i < mesh->n_triangles; ++i) {
    mesh->material[i] = place[mesh->material[i]];
  }
  free(place);
  return FH_OK;
}

/// Say what the builder had to do
static void
note_polygons(const FhMeshBuilder* const b,
              const FhMeshFrame* const frame,
              const char* const path,
              FhDiag* const diag)
{
  if (b->n_degenerate) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                path,
                0,
                0,
                "%zu faces without area are left out",
                b->n_degenerate);
  }
  if (b->n_self_crossing) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                path,
                0,
                0,
                "%zu faces cross themselves and were cut as well as that "
                "goes; redraw them in the model",
                b->n_self_crossing);
  }
  const double off_m = b->worst_flatness_m * frame->unit_m;
  if (off_m > 0.05) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                path,
                0,
                0,
                "faces are not flat (by up to %.2f m); they were cut into "
                "triangles",
                off_m);
  }
}

FhStatus
fh_mesh_read(const char* const path,
             const FhMeshOptions* const options,
             FhMesh* const out,
             FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  const FhMeshOptions wanted = options ? *options : fh_mesh_options_default();
  char extension[8];
  extension_of(path, extension);
  if (!is_known(extension)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "models ending in \"%s\" are not read; export ac, obj, gltf, "
                "glb, dae, 3ds, dxf, stl, ply or ifc",
                extension);
    return FH_ERR_UNSUPPORTED;
  }

  char* text = NULL;
  size_t size = 0;
  FhMeshBuilder builder;
  memset(&builder, 0, sizeof builder);
  FhMeshFrame frame = {wanted.unit_m > 0.0 ? wanted.unit_m : 1.0, 'y'};
  FhStatus status = read_file(path, &text, &size, diag);
  if (!status && extension[0] == 'a') {
    frame.up = wanted.up ? wanted.up : 'y';
    status = fh_ac3d_parse(text, size, path, &builder, diag);
  } else if (!status && !strcmp(extension, "obj")) {
    frame.up = wanted.up ? wanted.up : 'z';
    status = fh_obj_parse(text, size, path, &builder, diag);
  } else if (!status) {
    status = fh_mesh_scan(text, size, path, extension, &wanted, &frame, diag);
    free(text);
    text = NULL;
    if (!status) {
      status =
        fh_mesh_read_guarded(path, !strcmp(extension, "dxf"), &builder, diag);
    }
  }
  free(text);
  if (!status) {
    status = to_metres(&builder.mesh, &frame, path, diag);
  }
  if (!status) {
    note_polygons(&builder, &frame, path, diag);
    status = drop_unused_names(&builder.mesh);
    if (!status && !builder.mesh.n_triangles) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  0,
                  0,
                  "holds no faces; export the room's surfaces as a mesh");
      status = FH_ERR_INVALID_DATA;
    }
  }
  if (status) {
    fh_mesh_builder_clear(&builder);
  } else {
    fh_mesh_builder_finish(&builder, out);
  }
  return status;
}
