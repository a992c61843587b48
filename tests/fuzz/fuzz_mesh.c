// SPDX-License-Identifier: GPL-3.0-or-later
// AC3D and OBJ readers, and the welding of what they make of anything
#include "scene/mesh_private.h"
#include "scene/weld.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t* const data, const size_t size)
{
  char* const text = (char*)malloc(size + 1);
  if (!text) {
    return 0;
  }
  memcpy(text, data, size);
  text[size] = '\0';
  FhMeshBuilder builder;
  memset(&builder, 0, sizeof builder);
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = size && data[0] == 'A'
                            ? fh_ac3d_parse(text, size, "ac", &builder, diag)
                            : fh_obj_parse(text, size, "obj", &builder, diag);
  const FhMesh* const m = &builder.mesh;
  for (size_t t = 0; t < m->n_triangles; ++t) {
    if (m->material[t] >= m->n_materials) {
      abort();
    }
    for (size_t k = 0; k < 3; ++k) {
      if (m->triangle[t][k] >= m->n_vertices) {
        abort();
      }
    }
  }
  bool near = true;
  for (size_t v = 0; v < m->n_vertices; ++v) {
    for (size_t k = 0; k < 3; ++k) {
      near = near && fabs(m->vertex[v][k]) < 1e6;
    }
  }
  // What reading lets through farther on is within these bounds
  if (!status && near) {
    Weld weld;
    if (!weld_mesh(m, &weld)) {
      weld_report(&weld, "mesh", diag);
      weld_clear(&weld);
    }
  } else if (status && status != FH_ERR_NO_MEM &&
             !fh_diag_count(diag, FH_DIAG_ERROR)) {
    abort(); // Refused without a word
  }
  fh_mesh_builder_clear(&builder);
  fh_diag_free(diag);
  free(text);
  return 0;
}
