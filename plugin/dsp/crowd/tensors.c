// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/tensors.h>

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_SIZE     128u
#define MAX_HEADER_SIZE ((size_t)1 << 20)
#define MAX_TENSORS     1024u
#define LENGTH_SIZE     8u

struct FhTensorsImpl {
  json_t* header;
  float* data; ///< All arrays, one after the other
  size_t n_tensors;
  FhTensor* tensors;
};

static FhStatus
refuse(char* const reason, const FhStatus status, const char* const words)
{
  if (reason) {
    snprintf(reason, REASON_SIZE, "%s", words);
  }
  return status;
}

static uint64_t
length_of(const unsigned char* const bytes)
{
  uint64_t n = 0;
  for (size_t i = LENGTH_SIZE; i-- > 0;) {
    n = n << 8 | bytes[i];
  }
  return n;
}

/// A whole number of the header, or false
static bool
get_count(const json_t* const value, const size_t max, size_t* const out)
{
  if (!json_is_integer(value)) {
    return false;
  }
  const json_int_t n = json_integer_value(value);
  if (n < 0 || (uint64_t)n > max) {
    return false;
  }
  *out = (size_t)n;
  return true;
}

static FhStatus
read_shape(const json_t* const shape, FhTensor* const tensor, char* reason)
{
  if (!json_is_array(shape) || json_array_size(shape) > FH_TENSOR_MAX_DIMS) {
    return refuse(reason, FH_ERR_FORMAT, "an array has no proper shape");
  }
  tensor->n_dims = json_array_size(shape);
  tensor->n_values = 1;
  for (size_t i = 0; i < tensor->n_dims; ++i) {
    size_t n = 0;
    if (!get_count(json_array_get(shape, i), FH_TENSORS_MAX_SIZE, &n) || !n ||
        n > FH_TENSORS_MAX_SIZE / tensor->n_values) {
      return refuse(reason, FH_ERR_FORMAT, "an array's shape is out of range");
    }
    tensor->shape[i] = n;
    tensor->n_values *= n;
  }
  return FH_OK;
}

/// Read one entry of the header; `data` is [n_bytes / 4] values
static FhStatus
read_tensor(const char* const name,
            const json_t* const entry,
            const float* const data,
            const size_t n_bytes,
            FhTensor* const tensor,
            char* const reason)
{
  const char* const type = json_string_value(json_object_get(entry, "dtype"));
  if (!type || strcmp(type, "F32") != 0) {
    return refuse(reason, FH_ERR_FORMAT, "an array is not of type F32");
  }
  if (!*name || strlen(name) >= FH_TENSOR_NAME_SIZE) {
    return refuse(reason, FH_ERR_FORMAT, "an array's name is too long");
  }
  snprintf(tensor->name, sizeof tensor->name, "%s", name);
  const FhStatus status =
    read_shape(json_object_get(entry, "shape"), tensor, reason);
  if (status) {
    return status;
  }
  const json_t* const offsets = json_object_get(entry, "data_offsets");
  size_t first = 0;
  size_t last = 0;
  if (json_array_size(offsets) != 2 ||
      !get_count(json_array_get(offsets, 0), n_bytes, &first) ||
      !get_count(json_array_get(offsets, 1), n_bytes, &last) ||
      first % sizeof(float) || last < first ||
      last - first != tensor->n_values * sizeof(float)) {
    return refuse(reason, FH_ERR_FORMAT, "an array lies outside of the file");
  }
  tensor->data = data + first / sizeof(float);
  for (size_t i = 0; i < tensor->n_values; ++i) {
    if (!isfinite(tensor->data[i])) {
      return refuse(
        reason, FH_ERR_NOT_FINITE, "an array holds a value that is no number");
    }
  }
  return FH_OK;
}

static FhStatus
read_tensors(FhTensors* const self, const size_t n_bytes, char* const reason)
{
  const size_t n = json_object_size(self->header);
  if (n > MAX_TENSORS) {
    return refuse(reason, FH_ERR_LIMIT, "the file holds too many arrays");
  }
  self->tensors = (FhTensor*)calloc(n + 1, sizeof(FhTensor));
  if (!self->tensors) {
    return refuse(reason, FH_ERR_NO_MEM, "out of memory");
  }
  const char* name = NULL;
  json_t* entry = NULL;
  json_object_foreach(self->header, name, entry)
  {
    if (!strcmp(name, "__metadata__")) {
      continue;
    }
    const FhStatus status = read_tensor(name,
                                        entry,
                                        self->data,
                                        n_bytes,
                                        &self->tensors[self->n_tensors],
                                        reason);
    if (status) {
      return status;
    }
    ++self->n_tensors;
  }
  return FH_OK;
}

FhStatus
fh_tensors_parse(const void* const bytes,
                 const size_t size,
                 FhTensors** const out,
                 char* const reason)
{
  *out = NULL;
  const unsigned char* const file = (const unsigned char*)bytes;
  if (size > FH_TENSORS_MAX_SIZE) {
    return refuse(reason, FH_ERR_LIMIT, "the file is too large");
  }
  if (size < LENGTH_SIZE + 2) {
    return refuse(reason, FH_ERR_FORMAT, "the file is cut off");
  }
  const uint64_t n_header = length_of(file);
  if (n_header > MAX_HEADER_SIZE || n_header > size - LENGTH_SIZE) {
    return refuse(
      reason, FH_ERR_FORMAT, "the file is cut off or not of this kind");
  }

  FhTensors* const self = (FhTensors*)calloc(1, sizeof(FhTensors));
  if (!self) {
    return refuse(reason, FH_ERR_NO_MEM, "out of memory");
  }
  FhStatus status = FH_OK;
  const size_t n_bytes = size - LENGTH_SIZE - (size_t)n_header;
  self->header = json_loadb((const char*)file + LENGTH_SIZE,
                            (size_t)n_header,
                            JSON_REJECT_DUPLICATES,
                            NULL);
  self->data = (float*)calloc(n_bytes / sizeof(float) + 1, sizeof(float));
  if (!json_is_object(self->header)) {
    status = refuse(reason, FH_ERR_FORMAT, "the file's header is damaged");
  } else if (!self->data) {
    status = refuse(reason, FH_ERR_NO_MEM, "out of memory");
  } else {
    memcpy(self->data,
           file + LENGTH_SIZE + n_header,
           n_bytes / sizeof(float) * sizeof(float));
    status = read_tensors(self, n_bytes, reason);
  }
  if (status) {
    fh_tensors_free(self);
    return status;
  }
  *out = self;
  return FH_OK;
}

void
fh_tensors_free(FhTensors* const tensors)
{
  if (tensors) {
    json_decref(tensors->header);
    free(tensors->data);
    free(tensors->tensors);
    free(tensors);
  }
}

const FhTensor*
fh_tensors_find(const FhTensors* const tensors, const char* const name)
{
  for (size_t i = 0; i < tensors->n_tensors; ++i) {
    if (!strcmp(tensors->tensors[i].name, name)) {
      return &tensors->tensors[i];
    }
  }
  return NULL;
}

const float*
fh_tensors_get(const FhTensors* const tensors,
               const char* const name,
               const size_t n_dims,
               const size_t* const shape,
               char* const reason)
{
  const FhTensor* const tensor = fh_tensors_find(tensors, name);
  if (!tensor) {
    if (reason) {
      snprintf(reason, REASON_SIZE, "the array '%s' is missing", name);
    }
    return NULL;
  }
  bool same = tensor->n_dims == n_dims;
  for (size_t i = 0; same && i < n_dims; ++i) {
    same = tensor->shape[i] == shape[i];
  }
  if (!same) {
    if (reason) {
      snprintf(reason, REASON_SIZE, "the array '%s' has another shape", name);
    }
    return NULL;
  }
  return tensor->data;
}

const char*
fh_tensors_text(const FhTensors* const tensors, const char* const key)
{
  return json_string_value(
    json_object_get(json_object_get(tensors->header, "__metadata__"), key));
}

struct FhTensorWriterImpl {
  json_t* header;
  json_t* texts;
  unsigned char* data;
  size_t n_bytes;
  FhStatus status;
};

FhTensorWriter*
fh_tensor_writer_new(void)
{
  FhTensorWriter* const self =
    (FhTensorWriter*)calloc(1, sizeof(FhTensorWriter));
  if (!self) {
    return NULL;
  }
  self->header = json_object();
  self->texts = json_object();
  if (!self->header || !self->texts) {
    fh_tensor_writer_free(self);
    return NULL;
  }
  return self;
}

void
fh_tensor_writer_free(FhTensorWriter* const writer)
{
  if (writer) {
    json_decref(writer->header);
    json_decref(writer->texts);
    free(writer->data);
    free(writer);
  }
}

void
fh_tensor_writer_add(FhTensorWriter* const writer,
                     const char* const name,
                     const size_t n_dims,
                     const size_t* const shape,
                     const float* const data)
{
  size_t n = 1;
  bool fits = *name && strlen(name) < FH_TENSOR_NAME_SIZE &&
              n_dims <= FH_TENSOR_MAX_DIMS &&
              !json_object_get(writer->header, name);
  json_t* const sizes = json_array();
  for (size_t i = 0; fits && i < n_dims; ++i) {
    fits = shape[i] > 0 && shape[i] <= FH_TENSORS_MAX_SIZE / n;
    n *= fits ? shape[i] : 1;
    json_array_append_new(sizes, json_integer((json_int_t)shape[i]));
  }
  for (size_t i = 0; fits && i < n; ++i) {
    fits = isfinite(data[i]);
  }
  if (!fits) {
    json_decref(sizes);
    writer->status = FH_ERR_BAD_ARG;
    return;
  }
  const size_t first = writer->n_bytes;
  const size_t last = first + n * sizeof(float);
  unsigned char* const grown = (unsigned char*)realloc(writer->data, last);
  if (!grown) {
    json_decref(sizes);
    writer->status = FH_ERR_NO_MEM;
    return;
  }
  writer->data = grown;
  writer->n_bytes = last;
  memcpy(grown + first, data, n * sizeof(float));
  json_object_set_new(writer->header,
                      name,
                      json_pack("{s:s, s:o, s:[I,I]}",
                                "dtype",
                                "F32",
                                "shape",
                                sizes,
                                "data_offsets",
                                (json_int_t)first,
                                (json_int_t)last));
}

void
fh_tensor_writer_text(FhTensorWriter* const writer,
                      const char* const key,
                      const char* const text)
{
  if (json_object_set_new(writer->texts, key, json_string(text))) {
    writer->status = FH_ERR_BAD_ARG;
  }
}

FhStatus
fh_tensor_writer_finish(FhTensorWriter* const writer,
                        void** const bytes,
                        size_t* const size)
{
  *bytes = NULL;
  *size = 0;
  if (writer->status) {
    return writer->status;
  }
  if (json_object_size(writer->texts)) {
    json_object_set(writer->header, "__metadata__", writer->texts);
  }
  char* const header =
    json_dumps(writer->header, JSON_SORT_KEYS | JSON_COMPACT);
  if (!header) {
    return FH_ERR_NO_MEM;
  }
  // Spaces after the header align the arrays
  const size_t n_text = strlen(header);
  const size_t n_header = (n_text + 7) / 8 * 8;
  const size_t total = LENGTH_SIZE + n_header + writer->n_bytes;
  unsigned char* const file =
    n_header <= MAX_HEADER_SIZE && total <= FH_TENSORS_MAX_SIZE
      ? (unsigned char*)malloc(total)
      : NULL;
  if (file) {
    for (size_t i = 0; i < LENGTH_SIZE; ++i) {
      file[i] = (unsigned char)(n_header >> (8 * i));
    }
    memset(file + LENGTH_SIZE, ' ', n_header);
    for (size_t i = 0; i < n_text; ++i) {
      file[LENGTH_SIZE + i] = (unsigned char)header[i];
    }
    if (writer->n_bytes) {
      memcpy(file + LENGTH_SIZE + n_header, writer->data, writer->n_bytes);
    }
    *bytes = file;
    *size = total;
  }
  free(header);
  return file ? FH_OK : FH_ERR_NO_MEM;
}
