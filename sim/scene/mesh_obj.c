// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_private.h"

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

typedef struct {
  const char* path;
  FhDiag* diag;
  FhMeshBuilder* builder;
  uint32_t material; ///< In use, UINT32_MAX before the first `usemtl`
  int line;
  uint32_t* corner; ///< Of the face being read
  size_t room;      ///< Corners it has room for
} Reader;

static FhStatus
bad_line(const Reader* const r, const FhStatus status, const char* const what)
{
  fh_diag_add(r->diag,
              FH_DIAG_ERROR,
              r->path,
              r->line,
              1,
              "%s; export the model anew or mend the line",
              what);
  return status;
}

static FhStatus
read_vertex(const Reader* const r, const char* text)
{
  double p[3];
  for (size_t k = 0; k < 3; ++k) {
    char* end = NULL;
    p[k] = strtod(text, &end);
    if (end == text) {
      return bad_line(r, FH_ERR_FORMAT, "a vertex needs three numbers");
    }
    if (!isfinite(p[k])) {
      return bad_line(
        r, FH_ERR_NOT_FINITE, "a vertex needs three finite numbers");
    }
    text = end;
  }
  uint32_t index = 0;
  return fh_mesh_builder_vertex(r->builder, p, &index);
}

static FhStatus
add_corner(Reader* const r, const size_t n, const uint32_t index)
{
  if (n == r->room) {
    const size_t room = n ? 2 * n : 64;
    uint32_t* const grown = (uint32_t*)realloc(r->corner, room * sizeof *grown);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    r->corner = grown;
    r->room = room;
  }
  r->corner[n] = index;
  return FH_OK;
}

static FhStatus
read_face(Reader* const r, const char* text)
{
  size_t n = 0;
  FhStatus status = FH_OK;
  for (;;) {
    char* end = NULL;
    const long long i = strtoll(text, &end, 10);
    if (end == text) {
      break;
    }
    const long long size = (long long)r->builder->mesh.n_vertices;
    const long long at = i < 0 ? size + i : i - 1;
    if (i == 0 || at < 0 || at >= size) {
      return bad_line(
        r, FH_ERR_FORMAT, "a face names a vertex that does not exist");
    }
    status = add_corner(r, n++, (uint32_t)at);
    if (status) {
      return status;
    }
    // Texture and normal after the slashes do not matter here
    text = end + strcspn(end, " \t");
  }
  text += strspn(text, " \t");
  if (*text && *text != '#') {
    return bad_line(r, FH_ERR_FORMAT, "a face is a list of vertex numbers");
  }
  if (n < 3) {
    return bad_line(r, FH_ERR_FORMAT, "a face needs at least 3 corners");
  }
  if (r->material == UINT32_MAX) {
    status = fh_mesh_builder_material(r->builder, "default", &r->material);
  }
  if (!status) {
    status = fh_mesh_builder_polygon(r->builder, r->corner, n, r->material);
  }
  return status == FH_ERR_LIMIT
           ? bad_line(r, status, "a face has over 1000 corners")
           : status;
}

static FhStatus
read_line(Reader* const r, const char* text)
{
  text += strspn(text, " \t");
  if (!strncmp(text, "v ", 2) || !strncmp(text, "v\t", 2)) {
    return read_vertex(r, text + 2);
  }
  if (!strncmp(text, "f ", 2) || !strncmp(text, "f\t", 2)) {
    return read_face(r, text + 2);
  }
  if (!strncmp(text, "usemtl", 6)) {
    return fh_mesh_builder_material(r->builder, text + 6, &r->material);
  }
  return FH_OK;
}

/// End a line with a zero, joining those that a backslash continues
static char*
end_line(char* const line, char* const end, int* const n_lines)
{
  char* at = line;
  for (;;) {
    char* const newline = (char*)memchr(at, '\n', (size_t)(end - at));
    ++*n_lines;
    if (!newline) {
      return end;
    }
    char* last = newline;
    last -= last > line && last[-1] == '\r';
    if (last > line && last[-1] == '\\') {
      memset(last - 1, ' ', (size_t)(newline - last) + 2);
      at = newline + 1;
      continue;
    }
    *last = '\0';
    *newline = '\0';
    return newline + 1;
  }
}

FhStatus
fh_obj_parse(char* const text,
             const size_t size,
             const char* const path,
             FhMeshBuilder* const builder,
             FhDiag* const diag)
{
  Reader r = {path, diag, builder, UINT32_MAX, 0, NULL, 0};
  FhStatus status = FH_OK;
  char* const end = text + size;
  if (memchr(text, '\0', size)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "is no text file; export the model as OBJ");
    return FH_ERR_FORMAT;
  }
  for (char* at = text; at < end && !status;) {
    int n_lines = 0;
    char* const next = end_line(at, end, &n_lines);
    ++r.line;
    status = read_line(&r, at);
    r.line += n_lines - 1;
    at = next;
  }
  free(r.corner);
  return status;
}
