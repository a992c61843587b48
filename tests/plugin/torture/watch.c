// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define WATCH_WORKS 0
#else
#  define WATCH_WORKS 1
#endif

#define MAX_NAMES 96

static _Thread_local bool watching;

static const char* names[MAX_NAMES];
static atomic_ulong counts[MAX_NAMES];
static atomic_uint n_names;

void
watch_begin(void)
{
  watching = true;
}

void
watch_end(void)
{
  watching = false;
}

bool
watch_pause(void)
{
  const bool was_on = watching;
  watching = false;
  return was_on;
}

void
watch_resume(bool was_on)
{
  watching = was_on;
}

void
watch_note(const char* what)
{
  if (!watching) {
    return;
  }
  const unsigned n = atomic_load(&n_names);
  for (unsigned i = 0; i < n; ++i) {
    if (!strcmp(names[i], what)) {
      atomic_fetch_add(&counts[i], 1);
      return;
    }
  }
  if (n < MAX_NAMES) { // Only the one audio thread is ever watched
    names[n] = what;
    atomic_store(&counts[n], 1);
    atomic_store(&n_names, n + 1);
  }
}

unsigned long
watch_total(void)
{
  unsigned long total = 0;
  for (unsigned i = 0; i < atomic_load(&n_names); ++i) {
    total += atomic_load(&counts[i]);
  }
  return total;
}

void
watch_reset(void)
{
  atomic_store(&n_names, 0);
}

void
watch_describe(char* text, size_t size)
{
  size_t used = 0;
  snprintf(text, size, "none");
  for (unsigned i = 0; i < atomic_load(&n_names) && used < size; ++i) {
    const int n = snprintf(text + used,
                           size - used,
                           "%s%s=%lu",
                           used ? " " : "",
                           names[i],
                           atomic_load(&counts[i]));
    used += n > 0 ? (size_t)n : 0;
  }
}

bool
watch_works(void)
{
  return WATCH_WORKS;
}

#if WATCH_WORKS

// The allocator of glibc under its own names: dlsym() itself allocates
void*
__libc_malloc(size_t size);
void*
__libc_calloc(size_t n, size_t size);
void*
__libc_realloc(void* p, size_t size);
void
__libc_free(void* p);
void*
__libc_memalign(size_t alignment, size_t size);
void*
memalign(size_t alignment, size_t size);

void*
malloc(size_t size)
{
  watch_note("malloc");
  return __libc_malloc(size);
}

void*
calloc(size_t n, size_t size)
{
  watch_note("calloc");
  return __libc_calloc(n, size);
}

void*
realloc(void* p, size_t size)
{
  watch_note("realloc");
  return __libc_realloc(p, size);
}

void
free(void* p)
{
  watch_note("free");
  __libc_free(p);
}

void*
memalign(size_t alignment, size_t size)
{
  watch_note("memalign");
  return __libc_memalign(alignment, size);
}

void*
aligned_alloc(size_t alignment, size_t size)
{
  watch_note("aligned_alloc");
  return __libc_memalign(alignment, size);
}

int
posix_memalign(void** p, size_t alignment, size_t size)
{
  watch_note("posix_memalign");
  *p = __libc_memalign(alignment, size);
  return *p ? 0 : 12;
}

static void*
find_next(const char* name)
{
  const bool was_on = watch_pause();
  void* const f = dlsym(RTLD_NEXT, name);
  watch_resume(was_on);
  return f;
}

// The pointer is copied through memory: ISO C has no cast from void*
#  define NEXT(pointer, name)                      \
    do {                                           \
      void* const found_ = find_next(name);        \
      memcpy(&(pointer), &found_, sizeof(found_)); \
    } while (0)

// One wrapper: count the call and hand it on
#  define WATCH(ret, name, params, args) \
    ret name params                      \
    {                                    \
      static ret(*next) params;          \
      if (!next) {                       \
        NEXT(next, #name);               \
      }                                  \
      watch_note(#name);                 \
      return next args;                  \
    }

// Locks and wake-ups
WATCH(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
WATCH(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
WATCH(int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
WATCH(int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
WATCH(int, pthread_spin_lock, (pthread_spinlock_t * l), (l))
WATCH(int, pthread_cond_signal, (pthread_cond_t * c), (c))
WATCH(int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
WATCH(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t* m), (c, m))
WATCH(int,
      pthread_cond_timedwait,
      (pthread_cond_t * c, pthread_mutex_t* m, const struct timespec* t),
      (c, m, t))
WATCH(int, pthread_join, (pthread_t t, void** r), (t, r))
WATCH(int,
      pthread_create,
      (pthread_t * t, const pthread_attr_t* a, void* (*f)(void*), void* p),
      (t, a, f, p))
WATCH(int, sem_wait, (sem_t * s), (s))
WATCH(int, sem_timedwait, (sem_t * s, const struct timespec* t), (s, t))
WATCH(int, sem_post, (sem_t * s), (s))

// Sleeping and waiting
WATCH(int, nanosleep, (const struct timespec* a, struct timespec* b), (a, b))
WATCH(int,
      clock_nanosleep,
      (clockid_t c, int f, const struct timespec* a, struct timespec* b),
      (c, f, a, b))
WATCH(int, usleep, (unsigned us), (us))
WATCH(unsigned, sleep, (unsigned s), (s))
WATCH(int, sched_yield, (void), ())
WATCH(int, poll, (struct pollfd * p, nfds_t n, int t), (p, n, t))
WATCH(int,
      select,
      (int n, fd_set* r, fd_set* w, fd_set* e, struct timeval* t),
      (n, r, w, e, t))

// Files and sockets
WATCH(ssize_t, read, (int fd, void* p, size_t n), (fd, p, n))
WATCH(ssize_t, write, (int fd, const void* p, size_t n), (fd, p, n))
WATCH(ssize_t, pread, (int fd, void* p, size_t n, off_t o), (fd, p, n, o))
WATCH(ssize_t,
      pwrite,
      (int fd, const void* p, size_t n, off_t o),
      (fd, p, n, o))
WATCH(int, close, (int fd), (fd))
WATCH(int, fsync, (int fd), (fd))
WATCH(FILE*, fopen, (const char* p, const char* m), (p, m))
WATCH(int, fclose, (FILE * f), (f))
WATCH(int, fflush, (FILE * f), (f))
WATCH(size_t, fread, (void* p, size_t s, size_t n, FILE* f), (p, s, n, f))
WATCH(size_t,
      fwrite,
      (const void* p, size_t s, size_t n, FILE* f),
      (p, s, n, f))
WATCH(int, fputs, (const char* s, FILE* f), (s, f))
WATCH(int, fputc, (int c, FILE* f), (c, f))
WATCH(int, puts, (const char* s), (s))
WATCH(int, putchar, (int c), (c))
WATCH(int, stat, (const char* p, struct stat* s), (p, s))
WATCH(int, unlink, (const char* p), (p))
WATCH(int, rename, (const char* a, const char* b), (a, b))
WATCH(DIR*, opendir, (const char* p), (p))
WATCH(ssize_t, send, (int fd, const void* p, size_t n, int f), (fd, p, n, f))
WATCH(ssize_t, recv, (int fd, void* p, size_t n, int f), (fd, p, n, f))
WATCH(int, munmap, (void* p, size_t n), (p, n))
WATCH(void*, dlopen, (const char* p, int f), (p, f))

void*
mmap(void* p, size_t n, int prot, int flags, int fd, off_t o)
{
  static void* (*next)(void*, size_t, int, int, int, off_t);
  if (!next) {
    NEXT(next, "mmap");
  }
  watch_note("mmap");
  return next(p, n, prot, flags, fd, o);
}

// Functions with variable arguments
#  define WATCH_OPEN(name)                                              \
    int name(const char* path, int flags, ...)                          \
    {                                                                   \
      static int (*next)(const char*, int, ...);                        \
      if (!next) {                                                      \
        NEXT(next, #name);                                              \
      }                                                                 \
      watch_note(#name);                                                \
      va_list list;                                                     \
      va_start(list, flags);                                            \
      const mode_t mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0; \
      va_end(list);                                                     \
      return next(path, flags, mode);                                   \
    }

int
open64(const char* path, int flags, ...);

WATCH_OPEN(open)
WATCH_OPEN(open64)

int
printf(const char* format, ...)
{
  watch_note("printf");
  va_list list;
  va_start(list, format);
  const int n = vfprintf(stdout, format, list);
  va_end(list);
  return n;
}

int
fprintf(FILE* f, const char* format, ...)
{
  watch_note("fprintf");
  va_list list;
  va_start(list, format);
  const int n = vfprintf(f, format, list);
  va_end(list);
  return n;
}

int
vfprintf(FILE* f, const char* format, va_list list)
{
  static int (*next)(FILE*, const char*, va_list);
  if (!next) {
    NEXT(next, "vfprintf");
  }
  watch_note("vfprintf");
  return next(f, format, list);
}

#endif // WATCH_WORKS
