// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"

#include "model_input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Path of a file named in another one
static void
beside(const char* const path,
       const char* const name,
       char* const out,
       const size_t size)
{
  const char* const slash = strrchr(path, '/');
  if (name[0] == '/' || !slash) {
    (void)snprintf(out, size, "%s", name);
  } else {
    (void)snprintf(out, size, "%.*s/%s", (int)(slash - path), path, name);
  }
}

/// The curve on axis: sensitivity plus response, with its phase
static FhStatus
make_axis(FhKeyReader* const reader,
          const char* const path,
          ModelInput* const in,
          Model* const model)
{
  ResponseInput* const r = &in->response;
  FhStatus status = FH_OK;
  if (r->file[0]) {
    char file[1300];
    beside(path, r->file, file, sizeof file);
    return read_frd(file, &model->axis, reader->diag);
  }
  if (r->hz.n != r->db.n || (r->phase_deg.n && r->phase_deg.n != r->hz.n)) {
    fh_keys_error(reader,
                  r->db.node ? r->db.node : r->hz.node,
                  "%zu frequencies, %zu levels, %zu phases; give as many of "
                  "each",
                  r->hz.n,
                  r->db.n,
                  r->phase_deg.n);
    return FH_ERR_INVALID_DATA;
  }
  if (!r->hz.n) {
    const double hz[2] = {20.0, 20000.0};
    const double db[2] = {in->sensitivity_db, in->sensitivity_db};
    status = curve_set(&model->axis, hz, db, NULL, 2);
  } else {
    double turn[MAX_POINTS];
    for (size_t i = 0; i < r->hz.n; ++i) {
      r->db.at[i] += in->sensitivity_db;
      turn[i] = r->phase_deg.at[i] / 360.0;
      if (i && i < r->phase_deg.n) {
        turn[i] -= rint(turn[i] - turn[i - 1]);
      }
    }
    status = curve_set(
      &model->axis, r->hz.at, r->db.at, r->phase_deg.n ? turn : NULL, r->hz.n);
  }
  if (!status && !in->linear_phase && !model->axis.turn && r->hz.n) {
    status = curve_add_minimum_phase(&model->axis);
  }
  return status;
}

static FhStatus
make_pattern(FhKeyReader* const reader,
             const char* const path,
             const FhYamlNode* const root,
             const PatternInput* const in,
             Model* const model)
{
  const int n = (in->omni ? 1 : 0) + (in->box_node != NULL) +
                (in->dodecahedron_node != NULL) + (in->piston_node != NULL) +
                (in->balloon_node != NULL);
  if (n != 1) {
    fh_keys_error(reader,
                  fh_yaml_get(root, "directivity"),
                  "a directivity has exactly one of omni, box, dodecahedron, "
                  "piston, balloon, not %d; keep one",
                  n);
    return FH_ERR_INVALID_DATA;
  }
  model->pattern = PATTERN_BALLOON;
  if (in->omni) {
    model->pattern = PATTERN_OMNI;
    return FH_OK;
  }
  if (in->piston_node) {
    model->pattern = PATTERN_PISTON;
    model->piston_m = in->piston.radius_m;
    return FH_OK;
  }
  if (in->dodecahedron_node) {
    return family_dodecahedron(
      in->dodecahedron.sphere_m, in->dodecahedron.piston_m, &model->balloon);
  }
  if (in->box_node) {
    return family_box(
      in->box.ways, in->box.n_ways, model->size_m, &model->balloon);
  }
  Model other;
  memset(&other, 0, sizeof other);
  char file[1300];
  beside(path, in->balloon, file, sizeof file);
  const FhStatus status =
    model_read_foreign(file, in->measurement, &other, reader->diag);
  if (!status) {
    model->balloon = other.balloon;
    memset(&other.balloon, 0, sizeof other.balloon);
  }
  model_clear(&other);
  return status;
}

static FhStatus
make_model(FhKeyReader* const reader,
           const char* const path,
           const FhYamlNode* const root,
           ModelInput* const in,
           Model* const model)
{
  memcpy(model->name, in->name, sizeof model->name);
  memcpy(model->description, in->description, sizeof model->description);
  memcpy(model->source, in->source, sizeof model->source);
  memcpy(model->size_m, in->size_m, sizeof model->size_m);
  model->mass_kg = in->mass_kg;
  model->splay_low = in->has_splay ? in->splay_deg[0] : 1.0;
  model->splay_high = in->has_splay ? in->splay_deg[1] : 0.0;
  model->input_dbw = in->input_dbw;
  model->max_spl_db = in->max_spl_db;
  model->has_limit = in->limit_db.n == FH_N_THIRDS;
  for (size_t b = 0; model->has_limit && b < FH_N_THIRDS; ++b) {
    model->limit_db[b] = (float)in->limit_db.at[b];
  }
  FhStatus status = make_pattern(reader, path, root, &in->pattern, model);
  if (!status) {
    status = make_axis(reader, path, in, model);
  }
  return status;
}

FhStatus
model_file_read(const char* const path, Model* const out, FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhYaml* yaml = NULL;
  FhStatus status = fh_yaml_read(path, &yaml, diag);
  if (status) {
    return status;
  }
  ModelInput* const in = (ModelInput*)calloc(1, sizeof *in);
  if (!in) {
    fh_yaml_free(yaml);
    return FH_ERR_NO_MEM;
  }
  FhKeyReader reader = {.file = path, .diag = diag};
  fh_keys_read(&reader, &model_section, fh_yaml_root(yaml), in);
  status = reader.no_memory  ? FH_ERR_NO_MEM
           : reader.n_errors ? FH_ERR_INVALID_DATA
                             : FH_OK;
  if (!status) {
    status = make_model(&reader, path, fh_yaml_root(yaml), in, out);
  }
  if (status) {
    model_clear(out);
  }
  free(in->pattern.box.ways);
  free(in);
  fh_yaml_free(yaml);
  return status;
}
