// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Layers named in a message at most
#define MAX_LAYERS 16

/// Solids on one layer that assimp leaves out without a word
typedef struct {
  char layer[FH_NAME_SIZE];
  char kind[16];
  size_t n;
} Lost;

/// One line of a text, without its end and the blanks around it
static const char*
next_line(const char* at, const char* const end, char line[256])
{
  const char* const start = at;
  while (at < end && *at != '\n') {
    ++at;
  }
  const char* first = start;
  const char* last = at;
  while (first < last && (*first == ' ' || *first == '\t')) {
    ++first;
  }
  while (last > first &&
         (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r')) {
    --last;
  }
  size_t n = (size_t)(last - first);
  n = n < 255 ? n : 255;
  memcpy(line, first, n);
  line[n] = '\0';
  return at < end ? at + 1 : end;
}

/// Metres per unit of a DXF header's $INSUNITS, 0 for none; AutoCAD's table
static double
dxf_unit_m(const int code)
{
  switch (code) {
  case 1:
    return 0.0254;
  case 2:
    return 0.3048;
  case 4:
    return 0.001;
  case 5:
    return 0.01;
  case 6:
    return 1.0;
  case 7:
    return 1000.0;
  case 10:
    return 0.9144;
  case 14:
    return 0.1;
  default:
    return 0.0;
  }
}

/// Entities with faces that assimp does not read
static bool
is_lost(const char* const kind)
{
  static const char* const kinds[] = {"3DSOLID",
                                      "BODY",
                                      "REGION",
                                      "SURFACE",
                                      "EXTRUDEDSURFACE",
                                      "LOFTEDSURFACE",
                                      "PLANESURFACE",
                                      "SWEPTSURFACE",
                                      "REVOLVEDSURFACE",
                                      "MESH",
                                      "LWPOLYLINE"};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i) {
    if (!strcmp(kind, kinds[i])) {
      return true;
    }
  }
  return false;
}

static void
count_lost(Lost lost[MAX_LAYERS],
           size_t* const n_lost,
           const char* const kind,
           const char* const layer)
{
  for (size_t i = 0; i < *n_lost; ++i) {
    if (!strcmp(lost[i].layer, layer) && !strcmp(lost[i].kind, kind)) {
      ++lost[i].n;
      return;
    }
  }
  if (*n_lost < MAX_LAYERS) {
    Lost* const l = &lost[(*n_lost)++];
    snprintf(l->layer, sizeof l->layer, "%.63s", layer);
    snprintf(l->kind, sizeof l->kind, "%.15s", kind);
    l->n = 1;
  }
}

/// Pairs of lines: a group code, a value
static FhStatus
scan_dxf(const char* const text,
         const size_t size,
         const char* const path,
         double* const unit_m,
         FhDiag* const diag)
{
  if (!strncmp(text, "AutoCAD Binary DXF", 18)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "binary DXF is not read; save it as ASCII DXF, or export OBJ "
                "or glTF");
    return FH_ERR_UNSUPPORTED;
  }
  Lost lost[MAX_LAYERS];
  size_t n_lost = 0;
  char code[256];
  char value[256];
  char kind[256] = "";
  bool waiting = false; // For the layer of a lost entity
  bool units_next = false;
  const char* const end = text + size;
  for (const char* at = text; at < end;) {
    at = next_line(at, end, code);
    at = next_line(at, end, value);
    if (!strcmp(code, "0")) {
      waiting = is_lost(value);
      memcpy(kind, value, strlen(value) + 1);
    } else if (waiting && !strcmp(code, "8")) {
      count_lost(lost, &n_lost, kind, value);
      waiting = false;
    } else if (!strcmp(code, "9")) {
      units_next = !strcmp(value, "$INSUNITS");
    } else if (units_next && !strcmp(code, "70")) {
      *unit_m = dxf_unit_m((int)strtol(value, NULL, 10));
      units_next = false;
    }
  }
  for (size_t i = 0; i < n_lost; ++i) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                path,
                0,
                0,
                "%zu %s on layer \"%s\" %s not read; explode to mesh in the "
                "CAD program, or export OBJ or glTF",
                lost[i].n,
                lost[i].kind,
                lost[i].layer,
                lost[i].n == 1 ? "is" : "are");
  }
  return FH_OK;
}

static FhStatus
scan_ifc(const char* const text, const char* const path, FhDiag* const diag)
{
  const char* const schema = strstr(text, "FILE_SCHEMA");
  const char* const name = schema ? strchr(schema, '\'') : NULL;
  if (!name) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "no FILE_SCHEMA: not an IFC file; export it again");
    return FH_ERR_FORMAT;
  }
  if (strncmp(name, "'IFC2X3", 7) != 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "IFC schema %.*s is not read; export IFC2x3, OBJ or glTF",
                (int)strcspn(name + 1, "'") < 20 ? (int)strcspn(name + 1, "'")
                                                 : 20,
                name + 1);
    return FH_ERR_VERSION;
  }
  return FH_OK;
}

/// The `meter` of a DAE file's <unit>, 1 where there is none
static double
dae_unit_m(const char* const text)
{
  const char* const unit = strstr(text, "<unit");
  const char* const end = unit ? strchr(unit, '>') : NULL;
  const char* const meter = unit ? strstr(unit, "meter=\"") : NULL;
  if (meter && end && meter < end) {
    const double value = strtod(meter + 7, NULL);
    return value > 0.0 ? value : 1.0;
  }
  return 1.0;
}

FhStatus
fh_mesh_scan(const char* const text,
             const size_t size,
             const char* const path,
             const char* const extension,
             const FhMeshOptions* const options,
             FhMeshFrame* const frame,
             FhDiag* const diag)
{
  FhStatus status = FH_OK;
  double file_unit_m = 0.0;
  // Axis of the file as it is written, and whether assimp turns it to y
  char file_up = 'z';
  bool turned = false;
  frame->unit_m = 1.0;

  if (!strcmp(extension, "dxf")) {
    status = scan_dxf(text, size, path, &file_unit_m, diag);
    turned = true;
  } else if (!strcmp(extension, "3ds")) {
    turned = true;
  } else if (!strcmp(extension, "ifc")) {
    status = scan_ifc(text, path, diag);
    turned = true;
  } else if (!strcmp(extension, "gltf") || !strcmp(extension, "glb")) {
    file_up = 'y';
  } else if (!strcmp(extension, "dae")) {
    // assimp has applied both; the unit can be taken back, the axis is stated
    frame->unit_m = options->unit_m > 0.0 ? 1.0 / dae_unit_m(text) : 1.0;
    frame->up = 'y';
    if (options->up) {
      fh_diag_add(diag,
                  FH_DIAG_NOTE,
                  path,
                  0,
                  0,
                  "`up` is not used: a DAE file says itself which way is up");
    }
    frame->unit_m *= options->unit_m > 0.0 ? options->unit_m : 1.0;
    return status;
  }

  const double unit_m = options->unit_m > 0.0 ? options->unit_m : file_unit_m;
  frame->unit_m = unit_m > 0.0 ? unit_m : 1.0;
  const char up = options->up ? options->up : file_up;
  // A file that assimp turned has z where y is now; undone by "y up"
  frame->up = up;
  if (turned) {
    frame->up = 'y';
    if (up != 'z') {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  path,
                  0,
                  0,
                  "`up` is not used: this format is z up; turn the model "
                  "before exporting it");
    }
  }
  return status;
}
