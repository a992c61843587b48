// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_PAGE_H
#define FULLHOUSE_PAGE_H

#include <fh/status.h>

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/// Stands for "no value" in arrays of type #PAGE_I16
#define PAGE_NO_VALUE INT16_MIN

/// Types of the arrays that the page reads
typedef enum { PAGE_F32, PAGE_U32, PAGE_I16, PAGE_U8 } PageType;

/**
   An array as the page wants it: {"type": ..., "zlib": base64}.

   @return A new reference, or null when out of memory.
*/
json_t*
page_pack(PageType type, const void* values, size_t n);

/**
   The bytes of such an array.

   @param[out] n Number of values.
   @return Owned by the caller (free()); null where it is no such array, is of
   another type, holds more than 2^26 values, or memory ran out.
*/
void*
page_unpack(const json_t* array, PageType type, size_t* n);

/// {"png": ...} of a picture as a data: address; null where it can't be read
json_t*
page_picture(const char* path);

/**
   Write the page with its data, through a temporary name.

   @param path Where it goes.
   @param data As page/src/data.js describes; borrowed.
*/
FhStatus
page_write(const char* path, const json_t* data);

#endif // FULLHOUSE_PAGE_H
