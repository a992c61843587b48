// SPDX-License-Identifier: GPL-3.0-or-later
#include "hall.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void
hall_set_six(HallSurface* const surface,
             const double absorption[6],
             const double scattering[6])
{
  surface->n_bands = FH_N_OCTAVES;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const size_t from = b < 1 ? 0 : b > 6 ? 5 : b - 1;
    surface->absorption[b] = absorption[from] / 100.0;
    surface->scattering[b] = scattering[from] / 100.0;
  }
}

HallSurface*
hall_add_surface(Hall* const hall, const char* const name)
{
  if (hall->n_surfaces == HALL_MAX_SURFACES) {
    return NULL;
  }
  HallSurface* const s = &hall->surfaces[hall->n_surfaces++];
  (void)snprintf(s->name, sizeof s->name, "%s", name);
  return s;
}

const HallSurface*
hall_find_surface(const Hall* const hall, const char* const name)
{
  for (size_t i = 0; i < hall->n_surfaces; ++i) {
    if (!strcmp(hall->surfaces[i].name, name)) {
      return &hall->surfaces[i];
    }
  }
  return NULL;
}

FhStatus
hall_add_point(HallPoint* const points,
               size_t* const n,
               const char* const name,
               const double at[3])
{
  if (*n == HALL_MAX_POINTS) {
    return FH_ERR_LIMIT;
  }
  HallPoint* const p = &points[(*n)++];
  (void)snprintf(p->name, sizeof p->name, "%s", name);
  memcpy(p->at, at, sizeof p->at);
  return FH_OK;
}

void
hall_clear(Hall* const hall)
{
  fh_mesh_builder_clear(&hall->builder);
  memset(hall, 0, sizeof *hall);
}

static void
print_bands(FILE* const f,
            const char* const key,
            const double* const v,
            const size_t n)
{
  fprintf(f, "    %s: [", key);
  for (size_t b = 0; b < n; ++b) {
    fprintf(f, "%s%.4g", b ? ", " : "", v[b]);
  }
  fprintf(f, "]\n");
}

/// Direction from a receiver to the middle of the sources
static double
yaw_to_sources(const Hall* const hall, const double at[3])
{
  double to[2] = {0.0, 0.0};
  for (size_t i = 0; i < hall->n_sources; ++i) {
    for (size_t k = 0; k < 2; ++k) {
      to[k] += hall->sources[i].at[k] / (double)hall->n_sources -
               at[k] / (double)hall->n_sources;
    }
  }
  // 0 looks along +y, positive turns towards -x
  return 180.0 / FH_PI * atan2(-to[0], to[1]);
}

static void
print_venue(FILE* const f,
            const Hall* const hall,
            const FhMesh* const mesh,
            const char* const model)
{
  fprintf(f,
          "# %s\nfullhouse: 1\nname: \"%s\"\n"
          "geometry: {file: %s, units: m, up: y}\n"
          "air: {temperature_c: %.4g, humidity_percent: %.4g, pressure_kpa: "
          "%.7g}\n"
          "materials:\n",
          hall->note,
          hall->title,
          model,
          hall->air.temperature_c,
          hall->air.humidity_percent,
          hall->air.pressure_kpa);
  for (size_t i = 0; i < mesh->n_materials; ++i) {
    const HallSurface* const s =
      hall_find_surface(hall, mesh->material_name[i]);
    if (!s) {
      continue;
    }
    if (!s->n_bands) {
      fprintf(f, "  \"%s\": %s # %s\n", s->name, s->library, s->source);
      continue;
    }
    fprintf(f, "  \"%s\":\n", s->name);
    print_bands(f, "absorption", s->absorption, s->n_bands);
    print_bands(f, "scattering", s->scattering, s->n_bands);
    fprintf(f, "    source: \"%s\"\n", s->source);
  }
  fprintf(f, "system:\n  loudspeakers:\n");
  for (size_t i = 0; i < hall->n_sources; ++i) {
    const HallPoint* const p = &hall->sources[i];
    fprintf(f,
            "    - {name: %s, model: omni, at: [%.6g, %.6g, %.6g]}\n",
            p->name,
            p->at[0],
            p->at[1],
            p->at[2]);
  }
  fprintf(f, "microphones:\n");
  for (size_t i = 0; i < hall->n_receivers; ++i) {
    const HallPoint* const p = &hall->receivers[i];
    fprintf(f,
            "  - {name: %s, at: [%.6g, %.6g, %.6g], yaw_deg: %.1f}\n",
            p->name,
            p->at[0],
            p->at[1],
            p->at[2],
            yaw_to_sources(hall, p->at));
  }
}

static FhStatus
cannot_write(const char* const path, FhDiag* const diag)
{
  fh_diag_add(
    diag, FH_DIAG_ERROR, path, 0, 0, "cannot be written: %s", strerror(errno));
  return FH_ERR_IO;
}

FhStatus
hall_write(Hall* const hall,
           const char* const folder,
           const char* const model,
           const char* const venue,
           FhDiag* const diag)
{
  FhMesh mesh;
  fh_mesh_builder_finish(&hall->builder, &mesh);
  char path[1024];
  char temporary[1040];
  FhStatus status = FH_OK;
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
    status = cannot_write(folder, diag);
  }
  if (!status) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, model);
    status = fh_mesh_write(&mesh, path, diag);
  }
  if (!status) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, venue);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE* const f = fopen(temporary, "w");
    if (f) {
      print_venue(f, hall, &mesh, model);
    }
    const bool good = f && !ferror(f);
    if (!f || fclose(f) != 0 || !good || rename(temporary, path) != 0) {
      status = cannot_write(path, diag);
    }
  }
  fh_mesh_clear(&mesh);
  return status;
}
