// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/mesh.h>

#include <stdlib.h>
#include <string.h>

FhMeshOptions
fh_mesh_options_default(void)
{
  return (FhMeshOptions){.unit_m = 0.0, .up = 'z'};
}

void
fh_mesh_clear(FhMesh* const mesh)
{
  free(mesh->vertex);
  free(mesh->triangle);
  free(mesh->material);
  free(mesh->material_name);
  memset(mesh, 0, sizeof(*mesh));
}

/// Copy `n` items of `size` bytes; null for none or for lack of memory
static void*
copy_items(const void* const items, const size_t n, const size_t size)
{
  void* const copy = n ? calloc(n, size) : NULL;
  return copy ? memcpy(copy, items, n * size) : NULL;
}

FhStatus
fh_mesh_copy(const FhMesh* const mesh, FhMesh* const out)
{
  *out = *mesh;
  out->vertex = (double(*)[3])copy_items(
    mesh->vertex, mesh->n_vertices, sizeof(*mesh->vertex));
  out->triangle = (uint32_t(*)[3])copy_items(
    mesh->triangle, mesh->n_triangles, sizeof(*mesh->triangle));
  out->material = (uint32_t*)copy_items(
    mesh->material, mesh->n_triangles, sizeof(*mesh->material));
  out->material_name = (char(*)[FH_NAME_SIZE])copy_items(
    mesh->material_name, mesh->n_materials, sizeof(*mesh->material_name));
  if ((mesh->n_vertices && !out->vertex) ||
      (mesh->n_triangles && (!out->triangle || !out->material)) ||
      (mesh->n_materials && !out->material_name)) {
    fh_mesh_clear(out);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}
