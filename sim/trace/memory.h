// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_MEMORY_H
#define FH_TRACE_MEMORY_H

#include <stddef.h>

/**
   Allocate a large table, zeroed, on huge pages where the system gives them.

   Pages that are never written take no memory. Free with memory_free(), with
   the same size; null when out of memory or when the size overflows.
*/
void*
memory_new(size_t n, size_t size);

void
memory_free(void* table, size_t n, size_t size);

/// Memory that is free for programs [bytes]; 0 when the system does not say
size_t
memory_available(void);

/// Memory that this program holds now [bytes]; 0 when the system does not say
size_t
memory_used(void);

#endif // FH_TRACE_MEMORY_H
