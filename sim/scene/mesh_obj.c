// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/mesh.h>
#include <fh/polygon.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Wavefront OBJ, as far as acoustics needs it: positions, faces and material
  names. Normals, textures, groups and colours are skipped.
*/

#define MAX_LINE    65536
#define MAX_CORNERS 1000

typedef struct {
  const char* path;
  FhDiag* diag;
  FhMeshOptions options;
  FhMesh mesh;
  size_t room_vertices, room_triangles, room_materials;
  uint32_t material; ///< In use, UINT32_MAX before the first `usemtl`
  int line;
  size_t n_skipped; ///< Faces without area
  int first_skipped;
} Reader;

static FhStatus
grow(void** const items, size_t* const room, const size_t wanted, size_t size)
{
  if (wanted <= *room) {
    return FH_OK;
  }
  const size_t n = wanted > 2 * *room ? wanted + 64 : 2 * *room;
  void* const grown = realloc(*items, n * size);
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  *items = grown;
  *room = n;
  return FH_OK;
}

static FhStatus
bad_line(const Reader* const r, const char* const what)
{
  fh_diag_add(r->diag,
              FH_DIAG_ERROR,
              r->path,
              r->line,
              1,
              "%s; export the model anew or mend the line",
              what);
  return FH_ERR_FORMAT;
}

static FhStatus
read_vertex(Reader* const r, const char* text)
{
  double p[3];
  for (size_t k = 0; k < 3; ++k) {
    char* end = NULL;
    p[k] = strtod(text, &end);
    if (end == text || !isfinite(p[k])) {
      return bad_line(r, "a vertex needs three finite numbers");
    }
    text = end;
  }
  FhMesh* const m = &r->mesh;
  const FhStatus status = grow((void**)&m->vertex,
                               &r->room_vertices,
                               m->n_vertices + 1,
                               sizeof(*m->vertex));
  if (!status) {
    const double unit = r->options.unit_m > 0.0 ? r->options.unit_m : 1.0;
    double* const v = m->vertex[m->n_vertices++];
    const bool y_up = r->options.up == 'y';
    v[0] = unit * p[0];
    v[1] = unit * (y_up ? -p[2] : p[1]);
    v[2] = unit * (y_up ? p[1] : p[2]);
  }
  return status;
}

static FhStatus
use_material(Reader* const r, const char* const name)
{
  FhMesh* const m = &r->mesh;
  const size_t length = strcspn(name, "\r\n");
  if (length == 0 || length >= FH_NAME_SIZE) {
    return bad_line(r, "a material's name has 1 to 63 bytes");
  }
  for (uint32_t i = 0; i < m->n_materials; ++i) {
    if (strlen(m->material_name[i]) == length &&
        memcmp(m->material_name[i], name, length) == 0) {
      r->material = i;
      return FH_OK;
    }
  }
  const FhStatus status = grow((void**)&m->material_name,
                               &r->room_materials,
                               m->n_materials + 1,
                               sizeof(*m->material_name));
  if (!status) {
    char* const to = m->material_name[m->n_materials];
    memcpy(to, name, length);
    to[length] = '\0';
    r->material = (uint32_t)m->n_materials++;
  }
  return status;
}

/// Corner indices of a face, 0-based; the count, or 0 after a message
static size_t
read_corners(const Reader* const r, const char* text, uint32_t* const corner)
{
  size_t n = 0;
  for (;;) {
    char* end = NULL;
    const long long i = strtoll(text, &end, 10);
    if (end == text) {
      break;
    }
    const long long size = (long long)r->mesh.n_vertices;
    const long long at = i < 0 ? size + i : i - 1;
    if (at < 0 || at >= size) {
      bad_line(r, "a face names a vertex that does not exist");
      return 0;
    }
    if (n == MAX_CORNERS) {
      bad_line(r, "a face has more than 1000 corners");
      return 0;
    }
    corner[n++] = (uint32_t)at;
    // Texture and normal after the slashes do not matter here
    text = end + strcspn(end, " \t\r\n");
  }
  if (n < 3) {
    bad_line(r, "a face needs at least 3 corners");
    return 0;
  }
  return n;
}

static FhStatus
read_face(Reader* const r, const char* const text)
{
  FhMesh* const m = &r->mesh;
  uint32_t corner[MAX_CORNERS];
  double point[MAX_CORNERS][3];
  uint32_t triangle[MAX_CORNERS - 2][3];
  const size_t n = read_corners(r, text, corner);
  if (n == 0) {
    return FH_ERR_FORMAT;
  }
  if (r->material == UINT32_MAX) {
    const FhStatus status = use_material(r, "default");
    if (status) {
      return status;
    }
  }
  for (size_t i = 0; i < n; ++i) {
    memcpy(point[i], m->vertex[corner[i]], sizeof(point[i]));
  }
  size_t n_triangles = 0;
  FhStatus status = fh_polygon_triangulate(
    (const double(*)[3])point, n, triangle, &n_triangles);
  if (status == FH_ERR_INVALID_DATA) {
    r->first_skipped = r->n_skipped++ ? r->first_skipped : r->line;
    return FH_OK;
  }
  size_t room = r->room_triangles;
  status = status ? status
                  : grow((void**)&m->triangle,
                         &room,
                         m->n_triangles + n_triangles,
                         sizeof(*m->triangle));
  status = status ? status
                  : grow((void**)&m->material,
                         &r->room_triangles,
                         m->n_triangles + n_triangles,
                         sizeof(*m->material));
  for (size_t i = 0; !status && i < n_triangles; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      m->triangle[m->n_triangles][k] = corner[triangle[i][k]];
    }
    m->material[m->n_triangles++] = r->material;
  }
  return status;
}

static FhStatus
read_line(Reader* const r, const char* text)
{
  text += strspn(text, " \t");
  if (strncmp(text, "v ", 2) == 0 || strncmp(text, "v\t", 2) == 0) {
    return read_vertex(r, text + 2);
  }
  if (strncmp(text, "f ", 2) == 0 || strncmp(text, "f\t", 2) == 0) {
    return read_face(r, text + 2);
  }
  if (strncmp(text, "usemtl", 6) == 0) {
    return use_material(r, text + 6 + strspn(text + 6, " \t"));
  }
  return FH_OK;
}

FhStatus
fh_mesh_read(const char* const path,
             const FhMeshOptions* const options,
             FhMesh* const out,
             FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  const char* const dot = strrchr(path, '.');
  if (!dot || (strcmp(dot, ".obj") != 0 && strcmp(dot, ".OBJ") != 0)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "this format of geometry is not read; export it as .obj");
    return FH_ERR_UNSUPPORTED;
  }
  FILE* const file = fopen(path, "rb");
  if (!file) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be opened: %s; check the name and its folder",
                strerror(errno));
    return FH_ERR_IO;
  }
  char* const text = (char*)malloc(MAX_LINE);
  Reader r = {
    .path = path, .diag = diag, .options = *options, .material = UINT32_MAX};
  FhStatus status = text ? FH_OK : FH_ERR_NO_MEM;
  while (!status && fgets(text, MAX_LINE, file)) {
    ++r.line;
    if (strlen(text) == MAX_LINE - 1) {
      status = bad_line(&r, "a line is longer than 65 000 bytes");
    } else {
      status = read_line(&r, text);
    }
  }
  if (!status && ferror(file)) {
    status = FH_ERR_IO;
  }
  if (!status && r.n_skipped) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                path,
                r.first_skipped,
                1,
                "%zu faces without area or with crossing edges were left out",
                r.n_skipped);
  }
  if (!status && r.mesh.n_triangles == 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "holds no faces; export the model's surfaces as polygons");
    status = FH_ERR_INVALID_DATA;
  }
  if (status) {
    fh_mesh_clear(&r.mesh);
  }
  *out = r.mesh;
  free(text);
  fclose(file);
  return status;
}
