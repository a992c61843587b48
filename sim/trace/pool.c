// SPDX-License-Identifier: GPL-3.0-or-later
#include "pool.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#define MAX_THREADS 256u

typedef struct {
  uint64_t first, last;
  uint64_t next;   ///< Atomic
  uint64_t n_done; ///< Atomic
  int stop;        ///< Atomic
  PoolWork work;
  PoolWatch watch;
  void* user;
} Pool;

typedef struct {
  Pool* pool;
  unsigned worker;
} Job;

static void
run_chunks(Pool* const pool, const unsigned worker)
{
  while (!__atomic_load_n(&pool->stop, __ATOMIC_RELAXED)) {
    const uint64_t chunk = __atomic_fetch_add(&pool->next, 1, __ATOMIC_RELAXED);
    if (chunk >= pool->last) {
      return;
    }
    pool->work(pool->user, worker, chunk);
    const uint64_t n_done =
      __atomic_add_fetch(&pool->n_done, 1, __ATOMIC_RELAXED);
    if (!worker && pool->watch &&
        !pool->watch(pool->user, n_done, pool->last - pool->first)) {
      __atomic_store_n(&pool->stop, 1, __ATOMIC_RELAXED);
    }
  }
}

static void*
run_thread(void* const user)
{
  const Job* const job = (const Job*)user;
  run_chunks(job->pool, job->worker);
  return NULL;
}

FhStatus
pool_run(const unsigned n_threads,
         const uint64_t first,
         const uint64_t last,
         const PoolWork work,
         const PoolWatch watch,
         void* const user)
{
  Pool pool = {first, last, first, 0, 0, work, watch, user};
  pthread_t thread[MAX_THREADS];
  Job job[MAX_THREADS];
  unsigned n = n_threads < MAX_THREADS ? n_threads : MAX_THREADS;
  if (n > last - first) {
    n = last > first ? (unsigned)(last - first) : 1;
  }

  unsigned n_started = 1;
  for (unsigned i = 1; i < n; ++i) {
    job[i].pool = &pool;
    job[i].worker = i;
    if (pthread_create(&thread[i], NULL, run_thread, &job[i])) {
      break;
    }
    ++n_started;
  }
  run_chunks(&pool, 0);
  for (unsigned i = 1; i < n_started; ++i) {
    (void)pthread_join(thread[i], NULL);
  }
  return pool.stop ? FH_ERR_INTERRUPTED : FH_OK;
}

unsigned
pool_processors(void)
{
  const long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n < 1 ? 1u : n > (long)MAX_THREADS ? MAX_THREADS : (unsigned)n;
}
