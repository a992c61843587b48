// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_private.h"

#include <assimp/cimport.h>
#include <assimp/postprocess.h>
#include <assimp/scene.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
  Runs in a child process only (see mesh_guard.c): whatever a broken file does
  to the library ends there.
*/

#define MAX_NODES 64

/// What was collected while writing
typedef struct {
  FILE* out;
  const struct aiScene* scene;
  bool layers;
  size_t n_vertices; ///< Written so far
  size_t n_lines;    ///< Faces with fewer than three corners
  size_t n_materials;
  char** material; ///< [n_materials] names written so far
} Writer;

static void
write_record(Writer* const w,
             const FhRecordKind kind,
             const void* const bytes,
             const size_t n)
{
  const FhRecord record = {(uint32_t)kind, (uint32_t)n};
  fwrite(&record, sizeof record, 1, w->out);
  fwrite(bytes, 1, n, w->out);
}

static void
write_text(Writer* const w, const FhRecordKind kind, const char* const text)
{
  write_record(w, kind, text, strlen(text));
}

/// Index of a material by name, written the first time it is seen
static uint32_t
material_index(Writer* const w, const char* const name)
{
  for (size_t i = 0; i < w->n_materials; ++i) {
    if (!strcmp(w->material[i], name)) {
      return (uint32_t)i;
    }
  }
  char** const grown =
    (char**)realloc(w->material, (w->n_materials + 1) * sizeof *grown);
  char* const copy = grown ? strdup(name) : NULL;
  if (!copy) {
    _exit(1);
  }
  w->material = grown;
  w->material[w->n_materials] = copy;
  write_text(w, FH_RECORD_MATERIAL, name);
  return (uint32_t)w->n_materials++;
}

static uint32_t
material_of(Writer* const w, const struct aiMesh* const mesh)
{
  struct aiString name;
  memset(&name, 0, sizeof name);
  if (w->layers) {
    return material_index(w, mesh->mName.length ? mesh->mName.data : "0");
  }
  if (mesh->mMaterialIndex < w->scene->mNumMaterials) {
    aiGetMaterialString(
      w->scene->mMaterials[mesh->mMaterialIndex], AI_MATKEY_NAME, &name);
  }
  return material_index(w, name.length ? name.data : "unnamed");
}

static void
write_vertices(Writer* const w,
               const struct aiMesh* const mesh,
               const struct aiMatrix4x4* const m)
{
  for (unsigned i = 0; i < mesh->mNumVertices; ++i) {
    const struct aiVector3D* const v = &mesh->mVertices[i];
    const double x = (double)v->x;
    const double y = (double)v->y;
    const double z = (double)v->z;
    const double at[3] = {
      (double)m->a1 * x + (double)m->a2 * y + (double)m->a3 * z + (double)m->a4,
      (double)m->b1 * x + (double)m->b2 * y + (double)m->b3 * z + (double)m->b4,
      (double)m->c1 * x + (double)m->c2 * y + (double)m->c3 * z +
        (double)m->c4};
    write_record(w, FH_RECORD_VERTICES, at, sizeof at);
  }
}

static void
write_mesh(Writer* const w,
           const struct aiMesh* const mesh,
           const struct aiMatrix4x4* const m)
{
  const uint32_t material = material_of(w, mesh);
  const uint32_t first = (uint32_t)w->n_vertices;
  write_vertices(w, mesh, m);
  w->n_vertices += mesh->mNumVertices;
  // A mirroring transform turns every face around
  const bool mirrored = aiMatrix4Determinant(m) < 0.0f;

  for (unsigned i = 0; i < mesh->mNumFaces; ++i) {
    const struct aiFace* const face = &mesh->mFaces[i];
    const unsigned n = face->mNumIndices;
    if (n < 3) {
      ++w->n_lines;
      continue;
    }
    const FhRecord record = {FH_RECORD_POLYGON,
                             (uint32_t)((n + 1) * sizeof(uint32_t))};
    fwrite(&record, sizeof record, 1, w->out);
    fwrite(&material, sizeof material, 1, w->out);
    for (unsigned k = 0; k < n; ++k) {
      const uint32_t index = first + face->mIndices[mirrored ? n - 1 - k : k];
      fwrite(&index, sizeof index, 1, w->out);
    }
  }
}

// NOLINTNEXTLINE(misc-no-recursion): depth is limited
static void
write_node(Writer* const w,
           const struct aiNode* const node,
           const struct aiMatrix4x4* const parent,
           const int depth)
{
  if (depth > MAX_NODES) {
    write_text(w, FH_RECORD_ERROR, "nodes nested over 64 deep; flatten them");
    return;
  }
  struct aiMatrix4x4 m = *parent;
  aiMultiplyMatrix4(&m, &node->mTransformation);
  for (unsigned i = 0; i < node->mNumMeshes; ++i) {
    write_mesh(w, w->scene->mMeshes[node->mMeshes[i]], &m);
  }
  for (unsigned i = 0; i < node->mNumChildren; ++i) {
    write_node(w, node->mChildren[i], &m, depth + 1);
  }
}

void
fh_mesh_convert(const char* const path, const bool layers, const int fd)
{
  Writer w = {fdopen(fd, "w"), NULL, layers, 0, 0, 0, NULL};
  if (!w.out) {
    _exit(1);
  }
  w.scene = aiImportFile(path, 0);
  if (!w.scene || !w.scene->mRootNode) {
    char text[512];
    const char* const reason = aiGetErrorString();
    snprintf(text,
             sizeof text,
             "cannot be read as this format (%.300s); export it again",
             reason && *reason ? reason : "no geometry");
    write_text(&w, FH_RECORD_ERROR, text);
  } else {
    struct aiMatrix4x4 identity;
    aiIdentityMatrix4(&identity);
    write_node(&w, w.scene->mRootNode, &identity, 0);
    if (w.n_lines) {
      char text[128];
      snprintf(text,
               sizeof text,
               "%zu lines and points are left out: only faces reflect sound",
               w.n_lines);
      write_text(&w, FH_RECORD_NOTE, text);
    }
  }
  write_text(&w, FH_RECORD_END, "");
  for (size_t i = 0; i < w.n_materials; ++i) {
    free(w.material[i]);
  }
  free(w.material);
  if (fclose(w.out) != 0) {
    _exit(1);
  }
}
