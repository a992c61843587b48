// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"

#include <stdio.h>

uint64_t
fh_hash_bytes(uint64_t hash, const void* const bytes, const size_t size)
{
  const unsigned char* const b = (const unsigned char*)bytes;
  for (size_t i = 0; i < size; ++i) {
    hash = (hash ^ b[i]) * 0x100000001B3U;
  }
  return hash;
}

uint64_t
fh_hash_file(uint64_t hash, const char* const path)
{
  FILE* const file = fopen(path, "rb");
  if (file) {
    unsigned char bytes[16384];
    size_t n = 0;
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
      hash = fh_hash_bytes(hash, bytes, n);
    }
    fclose(file);
  }
  return hash;
}
