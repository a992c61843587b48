// SPDX-License-Identifier: GPL-3.0-or-later
#include "example.h"

#include <fh/tensors.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FIELDS 8u
#define TEXT     96u

static const char format[] = "fullhouse crowd example";

/// An array of the file and its place
typedef struct {
  const char* name;
  size_t n_dims;
  size_t shape[3];
  float* data;
} Field;

/// What the file says about how it was made
static void
describe(const CrowdExampleDesc* const desc,
         const uint32_t index,
         char text[TEXT])
{
  snprintf(text,
           TEXT,
           "venue %u, seed %llu, %llu rays, %zu seats",
           index,
           (unsigned long long)desc->seed,
           (unsigned long long)desc->n_rays,
           desc->n_seats);
}

/// Numbers that are kept as an array of their own
typedef struct {
  float direct_s;
  float occupancy[CROWD_N_REAL];
} Plain;

static size_t
list_fields(CrowdExample* const e, Plain* const plain, Field fields[N_FIELDS])
{
  const size_t n = e->profile->n_bins;
  const size_t o = FH_N_OCTAVES;
  const Field all[] = {
    {"mic", 3, {CROWD_N_REAL, n, o}, e->mic},
    {"seats", 3, {CROWD_N_REAL, n, o}, e->seats},
    {"early", 3, {CROWD_N_REAL, n, o}, e->early},
    {"total_db", 2, {CROWD_N_REAL, o}, &e->total_db[0][0]},
    {"early_db", 2, {CROWD_N_REAL, o}, &e->early_db[0][0]},
    {"se_db", 1, {o}, e->se_db},
    {"direct_s", 1, {1}, &plain->direct_s},
    {"occupancy", 1, {CROWD_N_REAL}, plain->occupancy},
  };
  memcpy(fields, all, sizeof all);
  return sizeof all / sizeof *all;
}

FhStatus
crowd_example_serialise(const CrowdExample* const example,
                        const CrowdExampleDesc* const desc,
                        void** const bytes,
                        size_t* const size)
{
  *bytes = NULL;
  *size = 0;
  FhTensorWriter* const writer = fh_tensor_writer_new();
  if (!writer) {
    return FH_ERR_NO_MEM;
  }
  CrowdExample copy = *example;
  Plain plain = {.direct_s = (float)example->real_direct_s};
  for (size_t s = 0; s < CROWD_N_REAL; ++s) {
    plain.occupancy[s] = (float)example->occupancy[s];
  }
  Field fields[N_FIELDS];
  const size_t n = list_fields(&copy, &plain, fields);
  for (size_t i = 0; i < n; ++i) {
    fh_tensor_writer_add(writer,
                         fields[i].name,
                         fields[i].n_dims,
                         fields[i].shape,
                         fields[i].data);
  }
  char text[TEXT];
  describe(desc, example->index, text);
  fh_tensor_writer_text(writer, "format", format);
  fh_tensor_writer_text(writer, "made", text);
  const FhStatus status = fh_tensor_writer_finish(writer, bytes, size);
  fh_tensor_writer_free(writer);
  return status;
}

static FhStatus
fill(const FhTensors* const file, CrowdExample* const e, char* const reason)
{
  const size_t n = CROWD_N_REAL * e->profile->n_bins * FH_N_OCTAVES;
  e->mic = (float*)calloc(n, sizeof(float));
  e->seats = (float*)calloc(n, sizeof(float));
  e->early = (float*)calloc(n, sizeof(float));
  if (!e->mic || !e->seats || !e->early) {
    return FH_ERR_NO_MEM;
  }
  Plain plain;
  Field fields[N_FIELDS];
  const size_t n_fields = list_fields(e, &plain, fields);
  for (size_t i = 0; i < n_fields; ++i) {
    const Field* const f = &fields[i];
    const float* const data =
      fh_tensors_get(file, f->name, f->n_dims, f->shape, reason);
    if (!data) {
      return FH_ERR_FORMAT;
    }
    const size_t values = fh_tensors_find(file, f->name)->n_values;
    memcpy(f->data, data, values * sizeof(float));
  }
  for (size_t i = 0; i < n; ++i) {
    if (!(e->mic[i] >= 0.0f && e->seats[i] >= 0.0f && e->early[i] >= 0.0f)) {
      snprintf(reason, 128, "an energy is out of range");
      return FH_ERR_INVALID_DATA;
    }
  }
  e->real_direct_s = (double)plain.direct_s;
  for (size_t s = 0; s < CROWD_N_REAL; ++s) {
    e->occupancy[s] = (double)plain.occupancy[s];
  }
  return FH_OK;
}

FhStatus
crowd_example_parse(const void* const bytes,
                    const size_t size,
                    const CrowdExampleDesc* const desc,
                    CrowdExample* const example,
                    char* const reason)
{
  FhTensors* file = NULL;
  FhStatus status = fh_tensors_parse(bytes, size, &file, reason);
  if (status) {
    return status;
  }
  const char* const kind = fh_tensors_text(file, "format");
  const char* const made = fh_tensors_text(file, "made");
  const CrowdExampleDesc any = crowd_example_desc_default();
  char text[TEXT];
  describe(desc ? desc : &any, example->index, text);
  if (!kind || strcmp(kind, format) != 0 || !made) {
    snprintf(reason, 128, "not a traced venue of the crowd examples");
    status = FH_ERR_FORMAT;
  } else if (desc && strcmp(made, text) != 0) {
    snprintf(reason, 128, "made with %.50s; not %.50s", made, text);
    status = FH_ERR_MISMATCH;
  } else {
    example->klass = crowd_example_class(example->index);
    example->held_out = crowd_example_held_out(example->index);
    const char* const comma = strchr(made, ',');
    snprintf(example->made, sizeof example->made, "%s", comma ? comma : made);
    status = fill(file, example, reason);
  }
  fh_tensors_free(file);
  return status;
}
