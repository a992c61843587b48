// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_POOL_H
#define FH_TRACE_POOL_H

#include <fh/status.h>

#include <stdbool.h>
#include <stdint.h>

/// Work on one chunk; `worker` is below the number of threads
typedef void (*PoolWork)(void* user, unsigned worker, uint64_t chunk);

/// Asked by the calling thread between its chunks; false stops the rest
typedef bool (*PoolWatch)(void* user, uint64_t n_done, uint64_t n_chunks);

/**
   Run chunks [first, last) on some threads, the calling one among them.

   Chunks are handed out as threads get free; results must not depend on who
   does what.

   @param n_threads At least 1; fewer run when threads cannot be had.
   @param watch May be null.
   @return #FH_ERR_INTERRUPTED when `watch` said stop: chunks begun are done.
*/
FhStatus
pool_run(unsigned n_threads,
         uint64_t first,
         uint64_t last,
         PoolWork work,
         PoolWatch watch,
         void* user);

/// Number of processors of this machine, at least 1
unsigned
pool_processors(void);

#endif // FH_TRACE_POOL_H
