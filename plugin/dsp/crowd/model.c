// SPDX-License-Identifier: GPL-3.0-or-later
#include "model.h"

#include <fh/tensors.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_SIZE 128u
#define N_FIELDS    20u

static const char format[] = "fullhouse crowd model";
/// 2: nets of their own for the occupancy, inputs of the people
static const char format_version[] = "2";

/// An array of the file and its place in the model
typedef struct {
  const char* name;
  size_t n_dims;
  size_t shape[3];
  float* data;
} Field;

static size_t
list_fields(FhCrowdModel* const m, Field fields[N_FIELDS])
{
  const size_t n = m->n_nets;
  const size_t in = CROWD_N_INPUTS;
  const size_t mid = CROWD_N_HIDDEN;
  const Field common[] = {
    {"input_mean", 1, {in}, m->input_mean},
    {"input_sd", 1, {in}, m->input_sd},
    {"target_mean", 1, {CROWD_N_TARGETS}, m->target_mean},
    {"target_sd", 1, {CROWD_N_TARGETS}, m->target_sd},
    {"precision", 2, {in, in}, &m->precision[0][0]},
    {"distance_limit", 1, {1}, &m->distance_limit},
    {"conformal", 1, {CROWD_N_TARGETS}, m->conformal},
    {"physics_sd_db", 1, {1}, &m->physics_sd_db},
  };
  const Field nets[] = {
    {"w1", 3, {n, mid, in}, &m->w1[0][0][0]},
    {"b1", 2, {n, mid}, &m->b1[0][0]},
    {"w2", 3, {n, mid, mid}, &m->w2[0][0][0]},
    {"b2", 2, {n, mid}, &m->b2[0][0]},
    {"w3", 3, {n, CROWD_N_OUTPUTS, mid}, &m->w3[0][0][0]},
    {"b3", 2, {n, CROWD_N_OUTPUTS}, &m->b3[0][0]},
    {"people_w1", 3, {n, mid, in}, &m->people_w1[0][0][0]},
    {"people_b1", 2, {n, mid}, &m->people_b1[0][0]},
    {"people_w2", 3, {n, mid, mid}, &m->people_w2[0][0][0]},
    {"people_b2", 2, {n, mid}, &m->people_b2[0][0]},
    {"people_w3", 3, {n, CROWD_N_PEOPLE_OUTPUTS, mid}, &m->people_w3[0][0][0]},
    {"people_b3", 2, {n, CROWD_N_PEOPLE_OUTPUTS}, &m->people_b3[0][0]},
  };
  const Field ridge[] = {
    {"ridge_w", 2, {CROWD_N_TARGETS, in}, &m->ridge_w[0][0]},
    {"ridge_b", 1, {CROWD_N_TARGETS}, m->ridge_b},
    {"ridge_sd", 1, {CROWD_N_TARGETS}, m->ridge_sd},
  };
  size_t count = sizeof common / sizeof *common;
  memcpy(fields, common, sizeof common);
  const Field* const more = n ? nets : ridge;
  const size_t n_more =
    n ? sizeof nets / sizeof *nets : sizeof ridge / sizeof *ridge;
  memcpy(fields + count, more, n_more * sizeof *more);
  count += n_more;
  return count;
}

static FhStatus
refuse(char* const reason, const FhStatus status, const char* const words)
{
  if (reason) {
    snprintf(reason, REASON_SIZE, "%s", words);
  }
  return status;
}

static FhStatus
check(const FhCrowdModel* const m, char* const reason)
{
  bool fits = m->distance_limit > 0.0f && m->physics_sd_db >= 0.0f;
  for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
    fits = fits && m->input_sd[i] > 0.0f;
  }
  for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
    fits = fits && m->target_sd[t] > 0.0f && m->conformal[t] > 0.0f &&
           (m->n_nets || m->ridge_sd[t] >= 0.0f);
  }
  return fits ? FH_OK
              : refuse(reason,
                       FH_ERR_INVALID_DATA,
                       "the model's scales are out of range");
}

static FhStatus
read_fields(FhCrowdModel* const model,
            const FhTensors* const file,
            char* const reason)
{
  Field fields[N_FIELDS];
  const size_t n = list_fields(model, fields);
  for (size_t i = 0; i < n; ++i) {
    const Field* const f = &fields[i];
    const float* const data =
      fh_tensors_get(file, f->name, f->n_dims, f->shape, reason);
    if (!data) {
      return FH_ERR_FORMAT;
    }
    memcpy(
      f->data, data, fh_tensors_find(file, f->name)->n_values * sizeof(float));
  }
  return check(model, reason);
}

FhStatus
fh_crowd_model_parse(const void* const bytes,
                     const size_t size,
                     FhCrowdModel** const out,
                     char* const reason)
{
  *out = NULL;
  FhTensors* file = NULL;
  FhStatus status = fh_tensors_parse(bytes, size, &file, reason);
  if (status) {
    return status;
  }
  FhCrowdModel* const model = crowd_model_new();
  const char* const kind = fh_tensors_text(file, "format");
  const char* const version = fh_tensors_text(file, "version");
  const FhTensor* const w1 = fh_tensors_find(file, "w1");
  if (!model) {
    status = refuse(reason, FH_ERR_NO_MEM, "out of memory");
  } else if (!kind || strcmp(kind, format) != 0) {
    status = refuse(reason, FH_ERR_FORMAT, "the file is no crowd model");
  } else if (!version || strcmp(version, format_version) != 0) {
    status = refuse(reason,
                    FH_ERR_VERSION,
                    "the crowd model is of another version; train it again "
                    "with 'fullhouse crowd train'");
  } else if (w1 && (w1->n_dims != 3 || w1->shape[0] > CROWD_MAX_NETS)) {
    status = refuse(reason, FH_ERR_FORMAT, "the array 'w1' has another shape");
  } else {
    model->n_nets = w1 ? w1->shape[0] : 0;
    status = read_fields(model, file, reason);
  }
  fh_tensors_free(file);
  if (status) {
    fh_crowd_model_free(model);
    return status;
  }
  *out = model;
  return FH_OK;
}

FhCrowdModel*
crowd_model_new(void)
{
  return (FhCrowdModel*)calloc(1, sizeof(FhCrowdModel));
}

FhCrowdModel*
crowd_model_copy(const FhCrowdModel* const model)
{
  FhCrowdModel* const copy = crowd_model_new();
  if (copy) {
    *copy = *model;
  }
  return copy;
}

void
fh_crowd_model_free(FhCrowdModel* const model)
{
  free(model);
}

FhStatus
crowd_model_serialise(const FhCrowdModel* const model,
                      const char* const (*const texts)[2],
                      const size_t n_texts,
                      void** const bytes,
                      size_t* const size)
{
  *bytes = NULL;
  *size = 0;
  FhTensorWriter* const writer = fh_tensor_writer_new();
  FhCrowdModel* const copy = crowd_model_new();
  FhStatus status = FH_ERR_NO_MEM;
  if (writer && copy) {
    *copy = *model;
    Field fields[N_FIELDS];
    const size_t n = list_fields(copy, fields);
    for (size_t i = 0; i < n; ++i) {
      fh_tensor_writer_add(writer,
                           fields[i].name,
                           fields[i].n_dims,
                           fields[i].shape,
                           fields[i].data);
    }
    fh_tensor_writer_text(writer, "format", format);
    fh_tensor_writer_text(writer, "version", format_version);
    for (size_t i = 0; i < n_texts; ++i) {
      fh_tensor_writer_text(writer, texts[i][0], texts[i][1]);
    }
    status = fh_tensor_writer_finish(writer, bytes, size);
  }
  fh_tensor_writer_free(writer);
  fh_crowd_model_free(copy);
  return status;
}
