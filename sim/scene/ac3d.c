// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
  AC3D ("AC3Db"): MATERIAL lines, then a tree of OBJECTs, each with an offset
  `loc`, a rotation `rot`, `numvert` points, `numsurf` surfaces and `kids`.
  Source: the format's description by Inivis, "The AC3D file format".
*/

#define MAX_DEPTH 64
#define MAX_WORD  512

/// Rotation then offset: world = rot local + loc
typedef struct {
  double rot[3][3];
  double loc[3];
} Frame;

typedef struct {
  const char* at;
  const char* end;
  const char* path;
  int line;
  FhMeshBuilder* builder;
  FhDiag* diag;
  size_t n_materials; ///< Declared in the file
  uint32_t* material; ///< [n_materials] index in the mesh
  size_t n_lines;     ///< Surfaces that are only lines
  uint32_t* outline;  ///< Corners of the surface being read
  size_t outline_size;
} Reader;

static const Frame identity = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {0, 0, 0}};

static FhStatus
fail(Reader* const r, const FhStatus status, const char* const text)
{
  fh_diag_add(r->diag, FH_DIAG_ERROR, r->path, r->line, 0, "%s", text);
  return status;
}

static void
skip_space(Reader* const r)
{
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' ||
                            *r->at == '\n' || *r->at == '\0')) {
    r->line += *r->at == '\n';
    ++r->at;
  }
}

/// Next word or quoted text; false at the end of the file
static bool
next_word(Reader* const r, char word[MAX_WORD])
{
  skip_space(r);
  if (r->at == r->end) {
    return false;
  }
  size_t n = 0;
  if (*r->at == '"') {
    ++r->at;
    while (r->at < r->end && *r->at != '"' && *r->at != '\n') {
      if (n + 1 < MAX_WORD) {
        word[n++] = *r->at;
      }
      ++r->at;
    }
    r->at += r->at < r->end && *r->at == '"';
  } else {
    while (r->at < r->end && (unsigned char)*r->at > ' ') {
      if (n + 1 < MAX_WORD) {
        word[n++] = *r->at;
      }
      ++r->at;
    }
  }
  word[n] = '\0';
  return true;
}

static void
skip_line(Reader* const r)
{
  while (r->at < r->end && *r->at != '\n') {
    ++r->at;
  }
}

static FhStatus
next_number(Reader* const r, double* const out)
{
  char word[MAX_WORD];
  char* end = NULL;
  if (!next_word(r, word)) {
    return fail(r, FH_ERR_FORMAT, "the file ends too early; export it again");
  }
  *out = strtod(word, &end);
  if (end == word || *end) {
    fh_diag_add(r->diag,
                FH_DIAG_ERROR,
                r->path,
                r->line,
                0,
                "\"%.40s\" where a number is expected; export the file again",
                word);
    return FH_ERR_FORMAT;
  }
  if (!isfinite(*out)) {
    return fail(r,
                FH_ERR_NOT_FINITE,
                "a coordinate is not a finite number; repair the model and "
                "export it again");
  }
  return FH_OK;
}

/// A count; each counted item takes at least `least` bytes of the file
static FhStatus
next_count(Reader* const r, const size_t least, size_t* const out)
{
  double value = 0.0;
  const FhStatus status = next_number(r, &value);
  if (status) {
    return status;
  }
  if (!(value >= 0.0 && value == floor(value)) ||
      value * (double)least > (double)(r->end - r->at) + 1.0) {
    return fail(
      r, FH_ERR_FORMAT, "a count that the file cannot hold; export it again");
  }
  *out = (size_t)value;
  return FH_OK;
}

static FhStatus
read_material(Reader* const r)
{
  char name[MAX_WORD];
  if (!next_word(r, name)) {
    return fail(r, FH_ERR_FORMAT, "the file ends within a MATERIAL line");
  }
  skip_line(r);
  uint32_t* const grown =
    (uint32_t*)realloc(r->material, (r->n_materials + 1) * sizeof *r->material);
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  r->material = grown;
  return fh_mesh_builder_material(
    r->builder, name, &r->material[r->n_materials++]);
}

static FhStatus
read_vertices(Reader* const r, const Frame* const f, const size_t n)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < n && !status; ++i) {
    double local[3] = {0, 0, 0};
    for (size_t k = 0; k < 3 && !status; ++k) {
      status = next_number(r, &local[k]);
    }
    // Some exporters add a normal
    skip_line(r);
    double at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = f->loc[k] + f->rot[k][0] * local[0] + f->rot[k][1] * local[1] +
              f->rot[k][2] * local[2];
    }
    uint32_t index = 0;
    status = status ? status : fh_mesh_builder_vertex(r->builder, at, &index);
  }
  return status;
}

/// Read the `refs` of a surface into the outline
static FhStatus
read_refs(Reader* const r,
          const size_t n,
          const size_t first_vertex,
          const size_t n_vertices)
{
  if (n > r->outline_size) {
    uint32_t* const grown =
      (uint32_t*)realloc(r->outline, n * sizeof *r->outline);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    r->outline = grown;
    r->outline_size = n;
  }
  for (size_t i = 0; i < n; ++i) {
    double value = 0.0;
    const FhStatus status = next_number(r, &value);
    if (status) {
      return status;
    }
    if (!(value >= 0.0 && value < (double)n_vertices &&
          value == floor(value))) {
      fh_diag_add(r->diag,
                  FH_DIAG_ERROR,
                  r->path,
                  r->line,
                  0,
                  "corner %.0f of an object with %zu vertices; export the "
                  "file again",
                  value,
                  n_vertices);
      return FH_ERR_FORMAT;
    }
    r->outline[i] = (uint32_t)(first_vertex + (size_t)value);
    skip_line(r); // Texture coordinates
  }
  return FH_OK;
}

static FhStatus
add_surface(Reader* const r, const long flags, const double mat, const size_t n)
{
  if ((flags & 0xF) == 1 || (flags & 0xF) == 2 || n < 3) {
    ++r->n_lines;
    return FH_OK;
  }
  uint32_t material = 0;
  FhStatus status = FH_OK;
  if (mat >= 0.0 && mat < (double)r->n_materials) {
    material = r->material[(size_t)mat];
  } else if (r->n_materials) {
    return fail(r,
                FH_ERR_FORMAT,
                "a surface names a material that the file does not have; "
                "export it again");
  } else {
    status = fh_mesh_builder_material(r->builder, "unnamed", &material);
  }
  if (!status) {
    status = fh_mesh_builder_polygon(r->builder, r->outline, n, material);
  }
  if (status == FH_ERR_LIMIT) {
    return fail(
      r, status, "a surface with over 1000 corners; split it in the model");
  }
  return status;
}

static FhStatus
read_surfaces(Reader* const r,
              const size_t n,
              const size_t first_vertex,
              const size_t n_vertices)
{
  char word[MAX_WORD];
  for (size_t i = 0; i < n; ++i) {
    long flags = 0;
    double mat = 0.0;
    for (;;) {
      if (!next_word(r, word)) {
        return fail(r, FH_ERR_FORMAT, "the file ends within a surface");
      }
      if (!strcmp(word, "SURF")) {
        if (!next_word(r, word)) {
          return fail(r, FH_ERR_FORMAT, "the file ends within a surface");
        }
        flags = strtol(word, NULL, 0);
      } else if (!strcmp(word, "mat")) {
        const FhStatus status = next_number(r, &mat);
        if (status) {
          return status;
        }
      } else if (!strcmp(word, "refs")) {
        break;
      } else {
        fh_diag_add(r->diag,
                    FH_DIAG_ERROR,
                    r->path,
                    r->line,
                    0,
                    "\"%.40s\" where SURF, mat or refs is expected; export "
                    "the file again",
                    word);
        return FH_ERR_FORMAT;
      }
    }
    size_t n_refs = 0;
    FhStatus status = next_count(r, 2, &n_refs);
    if (!status) {
      status = read_refs(r, n_refs, first_vertex, n_vertices);
    }
    if (!status) {
      status = add_surface(r, flags, mat, n_refs);
    }
    if (status) {
      return status;
    }
  }
  return FH_OK;
}

/// The frame of a child: its own rotation and offset within its parent's
static Frame
compose(const Frame* const parent, const Frame* const own)
{
  Frame f;
  for (size_t i = 0; i < 3; ++i) {
    f.loc[i] = parent->loc[i];
    for (size_t j = 0; j < 3; ++j) {
      f.loc[i] += parent->rot[i][j] * own->loc[j];
      f.rot[i][j] = 0.0;
      for (size_t k = 0; k < 3; ++k) {
        f.rot[i][j] += parent->rot[i][k] * own->rot[k][j];
      }
    }
  }
  return f;
}

static FhStatus
read_numbers(Reader* const r, double* const to, const size_t n)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < n && !status; ++i) {
    status = next_number(r, &to[i]);
  }
  return status;
}

/// Skip the text of a `data` line: so many bytes after the line's end
static FhStatus
skip_data(Reader* const r)
{
  size_t n = 0;
  const FhStatus status = next_count(r, 1, &n);
  if (status) {
    return status;
  }
  skip_line(r);
  r->line += r->at < r->end;
  r->at += r->at < r->end;
  for (size_t i = 0; i < n && r->at < r->end; ++i) {
    r->line += *r->at == '\n';
    ++r->at;
  }
  return FH_OK;
}

// NOLINTNEXTLINE(misc-no-recursion): depth is limited
static FhStatus
read_object(Reader* const r, const Frame* const parent, const int depth)
{
  if (depth > MAX_DEPTH) {
    return fail(r, FH_ERR_LIMIT, "objects nested over 64 deep; flatten them");
  }
  Frame own = identity;
  Frame f = *parent;
  size_t first_vertex = r->builder->mesh.n_vertices;
  size_t n_vertices = 0;
  char word[MAX_WORD];
  if (!next_word(r, word)) { // "world", "group" or "poly"
    return fail(r, FH_ERR_FORMAT, "the file ends within an object");
  }
  while (next_word(r, word)) {
    FhStatus status = FH_OK;
    size_t n = 0;
    if (!strcmp(word, "rot")) {
      double m[9];
      status = read_numbers(r, m, 9);
      // The file holds the matrix for row vectors, so by columns for us
      for (size_t i = 0; i < 9 && !status; ++i) {
        own.rot[i % 3][i / 3] = m[i];
      }
    } else if (!strcmp(word, "loc")) {
      status = read_numbers(r, own.loc, 3);
    } else if (!strcmp(word, "numvert")) {
      status = next_count(r, 6, &n);
      f = compose(parent, &own);
      first_vertex = r->builder->mesh.n_vertices;
      n_vertices = n;
      status = status ? status : read_vertices(r, &f, n);
    } else if (!strcmp(word, "numsurf")) {
      status = next_count(r, 10, &n);
      status = status ? status : read_surfaces(r, n, first_vertex, n_vertices);
    } else if (!strcmp(word, "kids")) {
      status = next_count(r, 6, &n);
      f = compose(parent, &own);
      for (size_t i = 0; i < n && !status; ++i) {
        if (!next_word(r, word) || strcmp(word, "OBJECT") != 0) {
          status = fail(r,
                        FH_ERR_FORMAT,
                        "fewer objects than `kids` says; export the file "
                        "again");
        } else {
          status = read_object(r, &f, depth + 1);
        }
      }
      return status; // `kids` ends an object
    } else if (!strcmp(word, "data")) {
      status = skip_data(r);
    } else if (!strcmp(word, "OBJECT") || !strcmp(word, "MATERIAL")) {
      return fail(r, FH_ERR_FORMAT, "an object without `kids`");
    } else {
      skip_line(r); // name, texture, texrep, crease, url, hidden ...
    }
    if (status) {
      return status;
    }
  }
  return fail(r, FH_ERR_FORMAT, "the file ends within an object");
}

FhStatus
fh_ac3d_parse(const char* const text,
              const size_t size,
              const char* const path,
              FhMeshBuilder* const builder,
              FhDiag* const diag)
{
  Reader r = {text, text + size, path, 1, builder, diag, 0, NULL, 0, NULL, 0};
  FhStatus status = FH_OK;
  if (size < 5 || strncmp(text, "AC3D", 4) != 0) {
    return fail(
      &r, FH_ERR_FORMAT, "not an AC3D file: it does not begin with AC3D");
  }
  skip_line(&r);

  char word[MAX_WORD];
  while (!status && next_word(&r, word)) {
    if (!strcmp(word, "MATERIAL")) {
      status = read_material(&r);
    } else if (!strcmp(word, "OBJECT")) {
      status = read_object(&r, &identity, 0);
    } else if (word[0] == '#') {
      skip_line(&r);
    } else {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  r.line,
                  0,
                  "\"%.40s\" where MATERIAL or OBJECT is expected; export the "
                  "file again",
                  word);
      status = FH_ERR_FORMAT;
    }
  }
  if (!status && r.n_lines) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                path,
                0,
                0,
                "%zu lines and points are left out: only faces reflect sound",
                r.n_lines);
  }
  free(r.material);
  free(r.outline);
  return status;
}

/// Write all of the mesh; false when the disk is full
static bool
write_ac3d(const FhMesh* const mesh, FILE* const file)
{
  bool good = fputs("AC3Db\n", file) >= 0;
  for (size_t i = 0; i < mesh->n_materials; ++i) {
    // AC3D has no way to write a quote in a name
    char name[FH_NAME_SIZE];
    memcpy(name, mesh->material_name[i], sizeof name);
    for (char* c = name; *c; ++c) {
      *c = *c == '"' ? '\'' : *c;
    }
    good = good &&
           fprintf(file,
                   "MATERIAL \"%s\" rgb 0.7 0.7 0.7 amb 0.2 0.2 0.2 emis 0 0 0 "
                   "spec 0 0 0 shi 0 trans 0\n",
                   name) > 0;
  }
  good = good &&
         fprintf(file,
                 "OBJECT world\nkids 1\nOBJECT poly\nname \"venue\"\nnumvert "
                 "%zu\n",
                 mesh->n_vertices) > 0;
  for (size_t i = 0; i < mesh->n_vertices && good; ++i) {
    // The format is y up
    const double v[3] = {
      mesh->vertex[i][0], mesh->vertex[i][2], 0.0 - mesh->vertex[i][1]};
    // Short where that is exact, 17 digits where it is not
    for (size_t k = 0; k < 3; ++k) {
      char text[40];
      snprintf(text, sizeof text, "%.9g", v[k]);
      if (strtod(text, NULL) != v[k]) {
        snprintf(text, sizeof text, "%.17g", v[k]);
      }
      good = good && fprintf(file, "%s%c", text, k == 2 ? '\n' : ' ') > 0;
    }
  }
  good = good && fprintf(file, "numsurf %zu\n", mesh->n_triangles) > 0;
  for (size_t i = 0; i < mesh->n_triangles && good; ++i) {
    const uint32_t* const t = mesh->triangle[i];
    good = fprintf(file,
                   "SURF 0x20\nmat %u\nrefs 3\n%u 0 0\n%u 0 0\n%u 0 0\n",
                   mesh->material[i],
                   t[0],
                   t[1],
                   t[2]) > 0;
  }
  return good && fputs("kids 0\n", file) >= 0;
}

FhStatus
fh_mesh_write(const FhMesh* const mesh,
              const char* const path,
              FhDiag* const diag)
{
  char temporary[1100];
  const int n =
    snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
  if (n < 0 || (size_t)n >= sizeof temporary) {
    return FH_ERR_LIMIT;
  }
  FILE* const file = fopen(temporary, "w");
  bool good = file && write_ac3d(mesh, file);
  int error = errno;
  if (file && fclose(file) != 0 && good) {
    good = false;
    error = errno;
  }
  if (good && rename(temporary, path) != 0) {
    good = false;
    error = errno;
  }
  if (!good) {
    if (file) {
      remove(temporary);
    }
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be written: %s",
                strerror(error));
    return FH_ERR_IO;
  }
  return FH_OK;
}
