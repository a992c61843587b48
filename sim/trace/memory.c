// SPDX-License-Identifier: GPL-3.0-or-later
// madvise() and MAP_ANONYMOUS are beyond POSIX
#ifndef _DEFAULT_SOURCE
#  define _DEFAULT_SOURCE
#endif
#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)1 << 21)

/// Bytes to map, 0 when the size overflows
static size_t
bytes_of(const size_t n, const size_t size)
{
  if (size && n > (SIZE_MAX / 2) / size) {
    return 0;
  }
  return (n * size + HUGE_PAGE) / HUGE_PAGE * HUGE_PAGE;
}

void*
memory_new(const size_t n, const size_t size)
{
  const size_t bytes = bytes_of(n, size);
  if (!bytes) {
    return NULL;
  }
  void* const p = mmap(NULL,
                       bytes,
                       PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1,
                       0);
  if (p == MAP_FAILED) {
    return NULL;
  }
#ifdef MADV_HUGEPAGE
  // Random deposits miss the address cache without; no harm where refused
  (void)madvise(p, bytes, MADV_HUGEPAGE);
#endif
  return p;
}

void
memory_free(void* const table, const size_t n, const size_t size)
{
  if (table) {
    (void)munmap(table, bytes_of(n, size));
  }
}

/// Number after a key in a file of the kernel's, in kB there [bytes]
static size_t
read_bytes(const char* const path, const char* const key)
{
  FILE* const f = fopen(path, "r");
  if (!f) {
    return 0;
  }
  const size_t n = strlen(key);
  char line[256];
  size_t bytes = 0;
  while (!bytes && fgets(line, sizeof line, f)) {
    if (!strncmp(line, key, n)) {
      bytes = (size_t)strtoull(line + n, NULL, 10) * 1024;
    }
  }
  (void)fclose(f);
  return bytes;
}

size_t
memory_available(void)
{
  return read_bytes("/proc/meminfo", "MemAvailable:");
}

size_t
memory_used(void)
{
  return read_bytes("/proc/self/status", "VmRSS:");
}
