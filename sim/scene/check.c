// SPDX-License-Identifier: GPL-3.0-or-later
#include "check_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

float
check_nearest_surface(const FhRaycaster* const caster,
                      const float at[3],
                      unsigned* const n_out)
{
  float nearest = CHECK_FAR_M;
  *n_out = 0;
  for (size_t i = 0; i < CHECK_N_AROUND; ++i) {
    float d[3];
    FhHit hit;
    even_direction(i, CHECK_N_AROUND, d);
    fh_raycast(caster, at, d, 0.0f, CHECK_FAR_M, &hit);
    *n_out += hit.triangle == FH_NO_HIT;
    nearest =
      hit.triangle == FH_NO_HIT ? nearest : fminf(nearest, hit.distance_m);
  }
  return nearest;
}

static void
check_counts(const FhVenue* const venue, FhDiag* const diag)
{
  if (!venue->n_loudspeakers && !venue->n_arrays) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "has no loudspeakers; add some under `system`");
  }
  if (!venue->n_microphones && !venue->n_audience) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "has neither audience nor microphones; nobody would listen");
  }
}

/// Faces of two materials in one place: which one counts is chance
static void
check_overlaps(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               FhDiag* const diag)
{
  size_t n = 0;
  size_t pair[2] = {0, 0};
  double first[3] = {0.0, 0.0, 0.0};
  for (uint32_t t = 0; t < scene->n_triangles; ++t) {
    if (scene->kind[t] != FH_SURFACE_PLAIN) {
      continue;
    }
    float at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = (scene->vertex[scene->triangle[t][0]][k] +
               scene->vertex[scene->triangle[t][1]][k] +
               scene->vertex[scene->triangle[t][2]][k]) /
              3.0f;
    }
    for (int side = -1; side <= 1; side += 2) {
      float from[3];
      float d[3];
      for (size_t k = 0; k < 3; ++k) {
        d[k] = (float)side * scene->normal[t][k];
        from[k] = at[k] - 2e-3f * d[k];
      }
      FhHit hit;
      fh_raycast(caster, from, d, 0.0f, 2.5e-3f, &hit);
      if (hit.triangle != FH_NO_HIT && hit.triangle != t &&
          scene->kind[hit.triangle] == FH_SURFACE_PLAIN &&
          scene->material[hit.triangle] != scene->material[t] &&
          fabsf(hit.distance_m - 2e-3f) < 5e-4f) {
        if (!n++) {
          pair[0] = scene->material[t];
          pair[1] = scene->material[hit.triangle];
          fh_scene_to_world(scene, at, first);
        }
        break;
      }
    }
  }
  if (n) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "%zu faces lie on others of a different material, the first "
                "at (%.2f, %.2f, %.2f): \"%s\" and \"%s\"; cut one out of the "
                "other in the model",
                n,
                first[0],
                first[1],
                first[2],
                venue->mesh.material_name[pair[0]],
                venue->mesh.material_name[pair[1]]);
  }
}

static FhStatus
measure_materials(const FhVenue* const venue,
                  const Weld* const weld,
                  FhCheckReport* const out)
{
  out->n_materials = venue->mesh.n_materials;
  out->material_m2 =
    (double*)calloc(venue->mesh.n_materials + 1, sizeof(double));
  if (!out->material_m2) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < weld->mesh.n_triangles; ++t) {
    const uint32_t* const v = weld->mesh.triangle[t];
    out->material_m2[weld->mesh.material[t]] +=
      triangle_m2(weld->mesh.vertex[v[0]],
                  weld->mesh.vertex[v[1]],
                  weld->mesh.vertex[v[2]]);
  }
  return FH_OK;
}

static void
check_decay(const FhVenue* const venue,
            const FhCheckReport* const out,
            FhDiag* const diag)
{
  // Longer than the driest marble mausoleum at mid frequencies
  const double mid = fmax(out->t60_s[3], out->t60_s[4]);
  if (out->closed && (mid > 15.0 || !(mid > 0.1))) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "the reverberation time would be %.2g s at mid frequencies; "
                "check `units` and the materials",
                mid);
  }
}

FhStatus
fh_check_venue(const FhVenue* const venue,
               FhCheckReport* const out,
               FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhScene scene;
  Weld weld;
  FhRaycaster* caster = NULL;
  FhStatus status = fh_scene_build(venue, &scene, diag);
  if (status) {
    return status;
  }
  status = weld_mesh(&venue->mesh, &weld);
  if (!status) {
    status = fh_raycaster_new(&scene, 1, &caster);
  }
  if (!status) {
    for (size_t k = 0; k < 3; ++k) {
      out->low[k] = (double)scene.low[k] + scene.origin[k];
      out->high[k] = (double)scene.high[k] + scene.origin[k];
    }
    out->volume_m3 = scene.volume_m3;
    out->surface_m2 = scene.surface_m2;
    out->closed = scene.closed;
    out->n_vertices = weld.mesh.n_vertices;
    out->n_triangles = weld.mesh.n_triangles;
    out->n_open_edges = weld.n_open_edges;
    out->n_seats = scene.n_seats;
    fh_scene_eyring_t60_s(&scene, out->t60_s);
    status = measure_materials(venue, &weld, out);
  }
  status = status ? status : fh_check_places(venue, &scene, caster, diag);
  if (!status) {
    check_counts(venue, diag);
  }
  status = status ? status : check_audience(venue, &scene, caster, out, diag);
  status =
    status ? status : check_holes(venue, &scene, caster, &weld, out, diag);
  if (!status) {
    check_overlaps(venue, &scene, caster, diag);
    check_decay(venue, out, diag);
  }
  fh_raycaster_free(caster);
  weld_clear(&weld);
  fh_scene_clear(&scene);
  if (status) {
    fh_check_clear(out);
  }
  return status;
}

void
fh_check_clear(FhCheckReport* const report)
{
  free(report->material_m2);
  free(report->area_seats);
  free(report->area_m2);
  memset(report, 0, sizeof *report);
}
