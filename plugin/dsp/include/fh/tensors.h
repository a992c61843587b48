// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TENSORS_H
#define FH_TENSORS_H

#include <fh/status.h>

#include <stddef.h>
#include <stdint.h>

/*
  Named float arrays with text about them, in the safetensors format: the
  length of a JSON header (64 bit, little endian), the header, the arrays.
  Venue profiles (.fhp) and model weights (.safetensors) are such files.

  Reading trusts nothing: sizes, shapes, offsets and numbers are checked before
  any of them is used. Everything works on memory; files are the caller's.
*/

#define FH_TENSOR_NAME_SIZE 64
#define FH_TENSOR_MAX_DIMS  4
/// Largest file that is read [bytes]
#define FH_TENSORS_MAX_SIZE ((size_t)64 << 20)

/// One array
typedef struct {
  char name[FH_TENSOR_NAME_SIZE];
  size_t n_dims;
  size_t shape[FH_TENSOR_MAX_DIMS];
  size_t n_values;   ///< Product of `shape`
  const float* data; ///< [n_values], finite; borrowed from the FhTensors
} FhTensor;

typedef struct FhTensorsImpl FhTensors; ///< The contents of a file

/**
   Read a file's bytes.

   @param bytes The file; borrowed for the call.
   @param size Its length [bytes].
   @param[out] out Contents, owned by the caller; null on error.
   @param[out] reason What is wrong, at least 128 characters; may be null.
   @return #FH_ERR_FORMAT, #FH_ERR_LIMIT, #FH_ERR_NOT_FINITE, #FH_ERR_NO_MEM.

   Source: safetensors format, version 0.4; only F32 arrays are known here.
*/
FhStatus
fh_tensors_parse(const void* bytes, size_t size, FhTensors** out, char* reason);

/// Free; does nothing if it is null
void
fh_tensors_free(FhTensors* tensors);

/// An array by name, or null
const FhTensor*
fh_tensors_find(const FhTensors* tensors, const char* name);

/**
   The values of an array that must have this shape.

   @param n_dims Number of dimensions; `shape` has as many.
   @return Null, and words in `reason` (128 characters, may be null), where
   there is none or its shape differs.
*/
const float*
fh_tensors_get(const FhTensors* tensors,
               const char* name,
               size_t n_dims,
               const size_t* shape,
               char* reason);

/// Text of the header's `__metadata__` by key, or null
const char*
fh_tensors_text(const FhTensors* tensors, const char* key);

typedef struct FhTensorWriterImpl FhTensorWriter; ///< A file being put together

/// Begin; null when out of memory
FhTensorWriter*
fh_tensor_writer_new(void);

/// Free; does nothing if it is null
void
fh_tensor_writer_free(FhTensorWriter* writer);

/// Add an array (copied); a failure shows in fh_tensor_writer_finish()
void
fh_tensor_writer_add(FhTensorWriter* writer,
                     const char* name,
                     size_t n_dims,
                     const size_t* shape,
                     const float* data);

/// Add text under a key of the metadata (copied)
void
fh_tensor_writer_text(FhTensorWriter* writer,
                      const char* key,
                      const char* text);

/**
   The file's bytes; the same input gives the same bytes.

   @param[out] bytes Owned by the caller (free()).
   @param[out] size [bytes].
   @return #FH_ERR_NO_MEM, #FH_ERR_BAD_ARG for a name or value that a reader
   would refuse.
*/
FhStatus
fh_tensor_writer_finish(FhTensorWriter* writer, void** bytes, size_t* size);

#endif // FH_TENSORS_H
