// SPDX-License-Identifier: GPL-3.0-or-later
// BRAS CR2 (AC3D, fitted materials), and two models of pffdtd (JSON)
#include "hall.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FhStatus
take_mesh(const FhMesh* const mesh, FhMeshBuilder* const builder)
{
  FhStatus status = FH_OK;
  uint32_t index = 0;
  for (size_t v = 0; v < mesh->n_vertices && !status; ++v) {
    status = fh_mesh_builder_vertex(builder, mesh->vertex[v], &index);
  }
  for (size_t t = 0; t < mesh->n_triangles && !status; ++t) {
    status = fh_mesh_builder_material(
      builder, mesh->material_name[mesh->material[t]], &index);
    status = status
               ? status
               : fh_mesh_builder_triangle(builder, mesh->triangle[t], index);
  }
  return status;
}

// --- BRAS -----------------------------------------------------------------

/// 31 third octaves from 20 Hz: the 24 from 50 Hz begin at the fifth
#define BRAS_FIRST 4U

static FhStatus
read_bras_material(const char* const data,
                   const char* const part,
                   Hall* const hall,
                   FhDiag* const diag)
{
  char name[128];
  Table t;
  (void)snprintf(
    name, sizeof name, "bras_cr2/materials_fitted/mat_CR2_%s.csv", part);
  FhStatus status = table_read(data, name, &t, diag);
  if (status) {
    return status;
  }
  (void)snprintf(name, sizeof name, "mat_scene09_%s", part);
  HallSurface* const s = hall_add_surface(hall, name);
  bool good = s && t.n_rows >= 3;
  for (size_t b = 0; b < FH_N_THIRDS && good; ++b) {
    double hz = 0.0;
    good = table_number(&t, 0, BRAS_FIRST + b, &hz) &&
           table_number(&t, 1, BRAS_FIRST + b, &s->absorption[b]) &&
           table_number(&t, 2, BRAS_FIRST + b, &s->scattering[b]) &&
           fabs(hz / fh_third_hz(b) - 1.0) < 0.02;
  }
  if (good) {
    s->n_bands = FH_N_THIRDS;
    (void)snprintf(s->source,
                   sizeof s->source,
                   "BRAS, fitted estimate (Aspoeck et al., DOI "
                   "10.14279/depositonce-6726.3), CC BY-SA 4.0");
  } else {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                name,
                0,
                0,
                "does not hold 31 third octaves from 20 Hz; the data are "
                "damaged");
    status = FH_ERR_FORMAT;
  }
  table_clear(&t);
  return status;
}

FhStatus
convert_bras_cr2(const char* const data,
                 const char* const folder,
                 FhDiag* const diag)
{
  static const char* const parts[] = {
    "concrete", "windows", "ceiling", "plaster", "floor"};
  Hall* const hall = (Hall*)calloc(1, sizeof *hall);
  if (!hall) {
    return FH_ERR_NO_MEM;
  }
  hall->title = "BRAS CR2, seminar room";
  hall->note = "BRAS scene 9 (RWTH Aachen): geometry, fitted materials, "
               "positions and air as given";
  hall->air.temperature_c = 19.5;
  hall->air.humidity_percent = 41.7;
  hall->air.pressure_kpa = 101.325;

  FhMesh mesh;
  Table points = {0};
  char path[1024];
  const FhMeshOptions options = {1.0, 'y'};
  (void)snprintf(path, sizeof path, "%s/bras_cr2/geometry/scene9.ac", data);
  FhStatus status = fh_mesh_read(path, &options, &mesh, diag);
  status = status ? status : take_mesh(&mesh, &hall->builder);
  fh_mesh_clear(&mesh);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !status; ++i) {
    status = read_bras_material(data, parts[i], hall, diag);
  }
  status =
    status ? status : table_read(data, "bras_cr2/positions.csv", &points, diag);
  for (size_t r = 0; r < points.n_rows && !status; ++r) {
    double at[3];
    if (points.row[r][0][0] != '#' && table_number(&points, r, 2, &at[0]) &&
        table_number(&points, r, 3, &at[1]) &&
        table_number(&points, r, 4, &at[2])) {
      status = !strcmp(points.row[r][1], "source")
                 ? hall_add_point(
                     hall->sources, &hall->n_sources, points.row[r][0], at)
                 : hall_add_point(
                     hall->receivers, &hall->n_receivers, points.row[r][0], at);
    }
  }
  status =
    status ? status : hall_write(hall, folder, "model.ac", "venue.yaml", diag);
  table_clear(&points);
  hall_clear(hall);
  free(hall);
  return status;
}

// --- pffdtd ---------------------------------------------------------------

/// What stands for a named surface; the data have names only
typedef struct {
  const char* name;
  const char* library;
  const char* why;
} Choice;

static int
by_name(const void* const a, const void* const b)
{
  return strcmp(*(const char* const*)a, *(const char* const*)b);
}

static bool
json_point3(const json_t* const array, double at[3])
{
  for (size_t k = 0; k < 3; ++k) {
    const json_t* const value = json_array_get(array, k);
    if (!json_is_number(value)) {
      return false;
    }
    at[k] = json_number_value(value);
  }
  return true;
}

static FhStatus
add_json_surface(const char* const name,
                 const json_t* const part,
                 FhMeshBuilder* const builder)
{
  const json_t* const points = json_object_get(part, "pts");
  const json_t* const triangles = json_object_get(part, "tris");
  const size_t first = builder->mesh.n_vertices;
  const size_t n = json_array_size(points);
  uint32_t material = 0;
  FhStatus status = fh_mesh_builder_material(builder, name, &material);
  for (size_t i = 0; i < n && !status; ++i) {
    double at[3];
    uint32_t index = 0;
    status = json_point3(json_array_get(points, i), at)
               ? fh_mesh_builder_vertex(builder, at, &index)
               : FH_ERR_FORMAT;
  }
  for (size_t i = 0; i < json_array_size(triangles) && !status; ++i) {
    double v[3];
    uint32_t corner[3];
    if (!json_point3(json_array_get(triangles, i), v)) {
      return FH_ERR_FORMAT;
    }
    for (size_t k = 0; k < 3; ++k) {
      if (!(v[k] >= 0.0 && v[k] < (double)n)) {
        return FH_ERR_FORMAT;
      }
      corner[k] = (uint32_t)(first + (size_t)v[k]);
    }
    status = fh_mesh_builder_triangle(builder, corner, material);
  }
  return status;
}

static FhStatus
add_json_points(const json_t* const list,
                const char letter,
                HallPoint* const points,
                size_t* const n)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < json_array_size(list) && !status; ++i) {
    const json_t* const item = json_array_get(list, i);
    const char* name = json_string_value(json_object_get(item, "name"));
    char own[FH_NAME_SIZE];
    double at[3];
    name = name ? name + strspn(name, " ") : "";
    (void)snprintf(own, sizeof own, "%c%zu", letter, i + 1);
    status = json_point3(json_object_get(item, "xyz"), at)
               ? hall_add_point(points, n, *name ? name : own, at)
               : FH_ERR_FORMAT;
  }
  return status;
}

static FhStatus
add_json(const json_t* const root,
         const Choice* const choices,
         Hall* const hall)
{
  json_t* const parts = json_object_get(root, "mats_hash");
  const char* names[HALL_MAX_SURFACES];
  size_t n = 0;
  const char* key = NULL;
  json_t* value = NULL;
  json_object_foreach(parts, key, value)
  {
    if (n < HALL_MAX_SURFACES) {
      names[n++] = key;
    }
  }
  qsort((void*)names, n, sizeof names[0], by_name);
  FhStatus status = n ? FH_OK : FH_ERR_FORMAT;
  for (size_t i = 0; i < n && !status; ++i) {
    status = add_json_surface(
      names[i], json_object_get(parts, names[i]), &hall->builder);
    const Choice* c = choices;
    while (c->name && strcmp(c->name, names[i]) != 0) {
      ++c;
    }
    HallSurface* const s = hall_add_surface(hall, names[i]);
    if (!c->name || !s) {
      return FH_ERR_NOT_FOUND;
    }
    (void)snprintf(s->library, sizeof s->library, "%s", c->library);
    (void)snprintf(s->source, sizeof s->source, "%s", c->why);
  }
  status = status ? status
                  : add_json_points(json_object_get(root, "sources"),
                                    'S',
                                    hall->sources,
                                    &hall->n_sources);
  return status ? status
                : add_json_points(json_object_get(root, "receivers"),
                                  'R',
                                  hall->receivers,
                                  &hall->n_receivers);
}

static FhStatus
convert_json(const char* const data,
             const char* const model,
             const char* const title,
             const char* const note,
             const Choice* const choices,
             const char* const folder,
             FhDiag* const diag)
{
  char path[1024];
  json_error_t error;
  (void)snprintf(
    path, sizeof path, "%s/venue_geometry/%s/model_export.json", data, model);
  json_t* const root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (!root) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                error.line > 0 ? error.line : 0,
                error.line > 0 ? error.column : 0,
                "%s; give the folder of measured rooms",
                error.text);
    return FH_ERR_IO;
  }
  Hall* const hall = (Hall*)calloc(1, sizeof *hall);
  FhStatus status = hall ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    hall->title = title;
    hall->note = note;
    hall->air = fh_air_default();
    status = add_json(root, choices, hall);
    if (status) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  0,
                  0,
                  "is not the model that this was written for");
    }
  }
  status =
    status ? status : hall_write(hall, folder, "model.ac", "venue.yaml", diag);
  if (hall) {
    hall_clear(hall);
  }
  free(hall);
  json_decref(root);
  return status;
}

FhStatus
convert_musikverein(const char* const data,
                    const char* const folder,
                    FhDiag* const diag)
{
  static const Choice choices[] = {
    {"Wood", "hall_wood_thin", "assumed: panelling, doors, stage front"},
    {"Plasterboard", "hall_plaster_thick", "assumed: plaster on brick"},
    {"Floor", "wood_parquet_on_concrete", "assumed"},
    {"Chairs", "chairs_wooden", "assumed: wooden, thinly upholstered"},
    {"Window", "glass_plate", "assumed"},
    {NULL, NULL, NULL}};
  return convert_json(data,
                      "musikverein",
                      "Grosser Musikvereinssaal, Vienna",
                      "Geometry by N. Fletcher and B. Hamilton (pffdtd), CC "
                      "BY-SA 4.0; the data have no materials: those here are "
                      "assumed, unoccupied",
                      choices,
                      folder,
                      diag);
}

FhStatus
convert_ctk_church(const char* const data,
                   const char* const folder,
                   FhDiag* const diag)
{
  static const Choice choices[] = {
    {"Walls", "plaster_on_brick", "assumed"},
    {"Tile", "ceramic_tiles", "by its name"},
    {"Glass", "glass_window", "by its name"},
    {"Altar", "marble_floor", "assumed: stone"},
    {"Ceiling", "plaster_on_lath", "assumed: barrel vault"},
    {"AcousticPanel", "glass_fibre_board_50mm", "assumed: 50 mm panels"},
    {"Carpet", "carpet_thin", "assumed"},
    {"PlushChair", "fabric_panel_6pcf", "assumed: upholstery on both faces"},
    {NULL, NULL, NULL}};
  return convert_json(data,
                      "ctk_church",
                      "Christ the King church",
                      "Geometry by H. Lai and B. Hamilton (pffdtd), CC BY-SA "
                      "4.0; the data have no materials: those here are "
                      "assumed, unoccupied",
                      choices,
                      folder,
                      diag);
}
