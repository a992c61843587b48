// SPDX-License-Identifier: GPL-3.0-or-later
// PTB's round robins: Elmia hall (II) and the music studio (III)
#include "hall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CORNER 10000U

/// Corners by number
typedef struct {
  bool known[MAX_CORNER];
  uint32_t vertex[MAX_CORNER];
} Corners;

/// Corners of a sheet: number in the first cell, x y z from `first`
static FhStatus
read_corners(const Table* const t,
             const size_t first,
             Corners* const corners,
             FhMeshBuilder* const builder)
{
  FhStatus status = FH_OK;
  for (size_t r = 0; r < t->n_rows && !status; ++r) {
    double number = 0.0;
    double at[3];
    if (table_number(t, r, 0, &number) && table_number(t, r, first, &at[0]) &&
        table_number(t, r, first + 1, &at[1]) &&
        table_number(t, r, first + 2, &at[2]) && number >= 0.0 &&
        number < (double)MAX_CORNER) {
      const size_t i = (size_t)number;
      corners->known[i] = true;
      status = fh_mesh_builder_vertex(builder, at, &corners->vertex[i]);
    }
  }
  return status;
}

/// A polygon of known corners
static FhStatus
add_outline(const double* const number,
            const size_t n,
            const char* const path,
            const int line,
            const char* const material,
            const Corners* const corners,
            FhMeshBuilder* const builder,
            FhDiag* const diag)
{
  uint32_t outline[TABLE_MAX_CELLS];
  for (size_t i = 0; i < n; ++i) {
    if (!(number[i] >= 0.0 && number[i] < (double)MAX_CORNER) ||
        !corners->known[(size_t)number[i]]) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  line,
                  0,
                  "corner %.0f is not in the tables; the data are damaged",
                  number[i]);
      return FH_ERR_FORMAT;
    }
    outline[i] = corners->vertex[(size_t)number[i]];
  }
  uint32_t index = 0;
  const FhStatus status = fh_mesh_builder_material(builder, material, &index);
  return status || n < 3 ? status
                         : fh_mesh_builder_polygon(builder, outline, n, index);
}

/// A polygon of corner numbers from cell `first` on, up to the first other text
static FhStatus
add_plane(const Table* const t,
          const size_t row,
          const size_t first,
          const char* const path,
          const char* const material,
          const Corners* const corners,
          FhMeshBuilder* const builder,
          FhDiag* const diag)
{
  double number[TABLE_MAX_CELLS];
  size_t n = 0;
  while (n < TABLE_MAX_CELLS && table_number(t, row, first + n, &number[n])) {
    ++n;
  }
  return add_outline(
    number, n, path, t->line[row], material, corners, builder, diag);
}

/// Rows "S1,x,y,z" and "R1,x,y,z"
static FhStatus
read_points(const Table* const t, Hall* const hall)
{
  FhStatus status = FH_OK;
  for (size_t r = 0; r < t->n_rows && !status; ++r) {
    const char* const name = t->row[r][0];
    double at[3];
    if ((name[0] == 'S' || name[0] == 'R') && name[1] >= '1' &&
        name[1] <= '9' && table_number(t, r, 1, &at[0]) &&
        table_number(t, r, 2, &at[1]) && table_number(t, r, 3, &at[2])) {
      status =
        name[0] == 'S'
          ? hall_add_point(hall->sources, &hall->n_sources, name, at)
          : hall_add_point(hall->receivers, &hall->n_receivers, name, at);
    }
  }
  return status;
}

// --- Elmia ----------------------------------------------------------------

/// Six numbers between < and >
static bool
scan_six(const char* const text, double v[6], const char** const rest)
{
  const char* at = strchr(text, '<');
  for (size_t i = 0; at && i < 6; ++i) {
    char* end = NULL;
    at += i == 0;
    v[i] = strtod(at, &end);
    at = end == at ? NULL : end;
  }
  *rest = at;
  return at != NULL;
}

/// Lines `name = < absorption > L < scattering >`, percent
static FhStatus
read_catt_materials(const char* const data,
                    Hall* const hall,
                    FhDiag* const diag)
{
  char path[1024];
  char line[512];
  (void)snprintf(path, sizeof path, "%s/elmia_rr2/material_catt.txt", data);
  FILE* const f = fopen(path, "r");
  if (!f) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be read; give the folder of measured rooms");
    return FH_ERR_IO;
  }
  FhStatus status = FH_OK;
  while (!status && fgets(line, sizeof line, f)) {
    const size_t length = strcspn(line, " =\t");
    const char* rest = NULL;
    double absorption[6];
    // Without `L < >` CATT-Acoustic takes its default, 10 %
    double scattering[6] = {10, 10, 10, 10, 10, 10};
    if (!strchr(line, '<') || !scan_six(line, absorption, &rest)) {
      continue;
    }
    const char* const l = strchr(rest, 'L');
    const bool given = l && scan_six(l, scattering, &rest);
    char name[FH_NAME_SIZE];
    (void)snprintf(
      name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), line);
    HallSurface* const s = hall_add_surface(hall, name);
    if (!s) {
      status = FH_ERR_LIMIT;
      break;
    }
    hall_set_six(s, absorption, scattering);
    (void)snprintf(s->source,
                   sizeof s->source,
                   "PTB round robin II, 125 Hz-4 kHz; 63 Hz and 8 kHz repeat "
                   "the nearest octave%s",
                   given ? "" : "; scattering assumed 0.1");
  }
  fclose(f);
  return status;
}

FhStatus
convert_elmia(const char* const data,
              const char* const folder,
              FhDiag* const diag)
{
  static const char* const planes_name =
    "elmia_rr2/csv/elmia_coordinates-planesCatt.csv";
  Table corners_table = {0};
  Table planes = {0};
  Table points = {0};
  Hall* const hall = (Hall*)calloc(1, sizeof *hall);
  Corners* const corners = (Corners*)calloc(1, sizeof *corners);
  FhStatus status = hall && corners ? FH_OK : FH_ERR_NO_MEM;
  status = status
             ? status
             : table_read(data,
                          "elmia_rr2/csv/elmia_coordinates-cornersCatt.csv",
                          &corners_table,
                          diag);
  status = status ? status : table_read(data, planes_name, &planes, diag);
  status = status
             ? status
             : table_read(data,
                          "elmia_rr2/csv/elmia_coordinates-source-receiver.csv",
                          &points,
                          diag);
  if (!status) {
    hall->title = "Elmia hall, Jonkoping";
    hall->note = "PTB round robin II (Bork 2000): geometry and materials as "
                 "given, unoccupied; air assumed";
    hall->air = fh_air_default();
    status = read_catt_materials(data, hall, diag);
  }
  status =
    status ? status : read_corners(&corners_table, 1, corners, &hall->builder);
  for (size_t r = 0; r < planes.n_rows && !status; ++r) {
    double number = 0.0;
    if (table_number(&planes, r, 0, &number) && planes.row[r][1][0]) {
      status = add_plane(&planes,
                         r,
                         2,
                         planes_name,
                         planes.row[r][1],
                         corners,
                         &hall->builder,
                         diag);
    }
  }
  status = status ? status : read_points(&points, hall);
  status =
    status ? status : hall_write(hall, folder, "model.ac", "venue.yaml", diag);
  table_clear(&corners_table);
  table_clear(&planes);
  table_clear(&points);
  if (hall) {
    hall_clear(hall);
  }
  free(hall);
  free(corners);
  return status;
}

// --- studio ---------------------------------------------------------------

/// The name of a material as the table of properties has it
static const char*
studio_material(const char* const name)
{
  static const char* const pairs[][2] = {
    {"windowglass", "windowglas"},
    {"wood absorbers", "wood absorber"},
    {"studio_wall", "studio wall"},
    {"curtain (closed)", "curtain(closed)"},
    {"curtain (open)", "curtain(open)"}};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; ++i) {
    if (!strcmp(pairs[i][0], name)) {
      return pairs[i][1];
    }
  }
  return name;
}

static FhStatus
read_studio_materials(const Table* const t, Hall* const hall)
{
  for (size_t r = 0; r < t->n_rows; ++r) {
    double absorption[6] = {0.0};
    double scattering[6] = {0.0};
    bool good = t->row[r][0][0] != '\0';
    for (size_t i = 0; i < 6 && good; ++i) {
      good = table_number(t, r, 1 + i, &absorption[i]) &&
             table_number(t, r, 8 + i, &scattering[i]);
      absorption[i] *= 100.0;
      scattering[i] *= 100.0;
    }
    if (good) {
      HallSurface* const s = hall_add_surface(hall, t->row[r][0]);
      if (!s) {
        return FH_ERR_LIMIT;
      }
      hall_set_six(s, absorption, scattering);
      (void)snprintf(s->source,
                     sizeof s->source,
                     "PTB round robin III, 125 Hz-4 kHz; 63 Hz and 8 kHz "
                     "repeat the nearest octave");
    }
  }
  return FH_OK;
}

/// Wall 6 with window 8 cut out of it, by way of corner 5. The table draws the
/// wall whole, but its area, 25.74 m2, is without the window.
static const double studio_wall_6[] =
  {3, 5, 41, 44, 43, 42, 41, 5, 10, 8, 338, 333, 332, 77};

/// Planes of the base model, but those that phase 3 replaces
static FhStatus
add_studio_planes(const Table* const t,
                  const bool closed,
                  const Corners* const corners,
                  FhMeshBuilder* const builder,
                  FhDiag* const diag)
{
  FhStatus status = FH_OK;
  for (size_t r = 0; r < t->n_rows && !status; ++r) {
    double number = 0.0;
    double area = 0.0;
    if (!table_number(t, r, 0, &number) || !table_number(t, r, 2, &area) ||
        number == 10.0 || number == 25.0) {
      continue;
    }
    const char* const material = studio_material(t->row[r][1]);
    if (!strcmp(material, closed ? "curtain(open)" : "curtain(closed)")) {
      continue;
    }
    const char* const path = "ptb_studio_rr3/csv/planes.csv";
    status = number == 6.0
               ? add_outline(studio_wall_6,
                             sizeof studio_wall_6 / sizeof studio_wall_6[0],
                             path,
                             t->line[r],
                             material,
                             corners,
                             builder,
                             diag)
               : add_plane(t, r, 3, path, material, corners, builder, diag);
  }
  return status;
}

static FhStatus
add_detail(const Table* const ceiling,
           const Table* const absorbers,
           const Corners* const corners,
           FhMeshBuilder* const builder,
           FhDiag* const diag)
{
  FhStatus status = FH_OK;
  double number = 0.0;
  for (size_t r = 0; r < ceiling->n_rows && !status; ++r) {
    if (table_number(ceiling, r, 0, &number) && ceiling->row[r][4][0]) {
      status = add_plane(ceiling,
                         r,
                         1,
                         "ptb_studio_rr3/csv/planes_ceiling.csv",
                         studio_material(ceiling->row[r][4]),
                         corners,
                         builder,
                         diag);
    }
  }
  for (size_t r = 0; r < absorbers->n_rows && !status; ++r) {
    if (table_number(absorbers, r, 0, &number) && absorbers->row[r][4][0]) {
      status = add_plane(absorbers,
                         r,
                         5,
                         "ptb_studio_rr3/csv/planes_wood_absorbers.csv",
                         studio_material(absorbers->row[r][4]),
                         corners,
                         builder,
                         diag);
    }
  }
  return status;
}

enum {
  CORNERS,
  CORNERS_3,
  PLANES,
  CEILING,
  ABSORBERS,
  PROPERTIES,
  POINTS,
  N_TABLES
};

static FhStatus
convert_studio_state(Table* const t,
                     const bool closed,
                     const char* const folder,
                     FhDiag* const diag)
{
  Hall* const hall = (Hall*)calloc(1, sizeof *hall);
  Corners* const corners = (Corners*)calloc(1, sizeof *corners);
  FhStatus status = hall && corners ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    hall->title =
      closed ? "PTB studio, curtains closed" : "PTB studio, curtains open";
    hall->note = "PTB round robin III, phase 3 (Bork 2005): geometry, "
                 "materials and air as given";
    hall->air = fh_air_default();
    hall->air.pressure_kpa = 100.0;
    status = read_studio_materials(&t[PROPERTIES], hall);
  }
  status =
    status ? status : read_corners(&t[CORNERS], 2, corners, &hall->builder);
  status =
    status ? status : read_corners(&t[CORNERS_3], 1, corners, &hall->builder);
  status =
    status
      ? status
      : add_studio_planes(&t[PLANES], closed, corners, &hall->builder, diag);
  status =
    status
      ? status
      : add_detail(&t[CEILING], &t[ABSORBERS], corners, &hall->builder, diag);
  status = status ? status : read_points(&t[POINTS], hall);
  status = status ? status
                  : hall_write(hall,
                               folder,
                               closed ? "model-closed.ac" : "model.ac",
                               closed ? "venue-closed.yaml" : "venue.yaml",
                               diag);
  if (hall) {
    hall_clear(hall);
  }
  free(hall);
  free(corners);
  return status;
}

FhStatus
convert_ptb_studio(const char* const data,
                   const char* const folder,
                   FhDiag* const diag)
{
  static const char* const names[N_TABLES] = {"corners.csv",
                                              "corners_phase3.csv",
                                              "planes.csv",
                                              "planes_ceiling.csv",
                                              "planes_wood_absorbers.csv",
                                              "properties+conditions.csv",
                                              "source_receiver.csv"};
  Table tables[N_TABLES] = {0};
  FhStatus status = FH_OK;
  for (size_t i = 0; i < N_TABLES && !status; ++i) {
    char name[128];
    (void)snprintf(name, sizeof name, "ptb_studio_rr3/csv/%s", names[i]);
    status = table_read(data, name, &tables[i], diag);
  }
  status = status ? status : convert_studio_state(tables, false, folder, diag);
  status = status ? status : convert_studio_state(tables, true, folder, diag);
  for (size_t i = 0; i < N_TABLES; ++i) {
    table_clear(&tables[i]);
  }
  return status;
}
