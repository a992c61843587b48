// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
  Model files come from anywhere, and the library that reads them has a long
  record of overflows on broken ones. So it runs in a child process with limits
  on memory and time; what it says comes over a pipe as records and is checked
  here as if an enemy had written it.
*/

#define MEMORY_LIMIT ((rlim_t)4 << 30U) ///< Beyond what we have already [B]
#define CPU_LIMIT_S  240U
#define WALL_LIMIT_S 300.0
#define MAX_TEXT     2048U
#define MAX_CORNERS  1000U

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define SANITIZED 1
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#    define SANITIZED 1
#  endif
#endif

/// The parent's end of the pipe
typedef struct {
  int fd;
  double deadline_s;
  const char* path;
  FhMeshBuilder* builder;
  FhDiag* diag;
  size_t n_materials;
  uint32_t* material; ///< [n_materials] index in the mesh
  uint32_t* corners;  ///< [MAX_CORNERS + 1]
  size_t at, filled;
  unsigned char buffer[65536];
  bool ended;  ///< The end record came
  bool failed; ///< An error record came
} Reader;

static double
now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#ifndef SANITIZED
/// Address space in use, which the child starts with [B]
static rlim_t
used_memory(void)
{
  unsigned long pages = 0;
  FILE* const file = fopen("/proc/self/statm", "r");
  if (file) {
    char line[64];
    if (fgets(line, sizeof line, file)) {
      pages = strtoul(line, NULL, 10);
    }
    fclose(file);
  }
  return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}
#endif

static void
lower_limit(const int resource, const rlim_t value)
{
  struct rlimit limit;
  if (!getrlimit(resource, &limit)) {
    limit.rlim_cur = limit.rlim_max < value ? limit.rlim_max : value;
    limit.rlim_max = limit.rlim_cur;
    setrlimit(resource, &limit);
  }
}

/// The child: never returns
static void
run_child(const char* const path, const bool layers, const int fd)
{
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
  }
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
#ifndef SANITIZED
  lower_limit(RLIMIT_AS, used_memory() + MEMORY_LIMIT);
#endif
  lower_limit(RLIMIT_CPU, CPU_LIMIT_S);
  lower_limit(RLIMIT_CORE, 0);
  lower_limit(RLIMIT_FSIZE, 0);
  fh_mesh_convert(path, layers, fd);
  _exit(0);
}

/// Read exactly `n` bytes
static FhStatus
take(Reader* const r, void* const to, const size_t n)
{
  unsigned char* out = (unsigned char*)to;
  size_t missing = n;
  while (missing) {
    if (r->at == r->filled) {
      struct pollfd p = {r->fd, POLLIN, 0};
      const double left_s = r->deadline_s - now_s();
      if (!(left_s > 0.0)) {
        return FH_ERR_LIMIT;
      }
      const int ready = poll(&p, 1, (int)(left_s * 1e3) + 1);
      if (ready < 0 && errno != EINTR) {
        return FH_ERR_IO;
      }
      if (ready <= 0) {
        continue;
      }
      const ssize_t got = read(r->fd, r->buffer, sizeof r->buffer);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        return FH_ERR_IO;
      }
      r->at = 0;
      r->filled = (size_t)got;
    }
    const size_t have = r->filled - r->at;
    const size_t part = have < missing ? have : missing;
    memcpy(out, r->buffer + r->at, part);
    r->at += part;
    out += part;
    missing -= part;
  }
  return FH_OK;
}

static FhStatus
take_text(Reader* const r, const size_t n, char text[MAX_TEXT + 1])
{
  if (n > MAX_TEXT) {
    return FH_ERR_FORMAT;
  }
  text[n] = '\0';
  return take(r, text, n);
}

static FhStatus
take_material(Reader* const r, const size_t n)
{
  char name[MAX_TEXT + 1];
  FhStatus status = take_text(r, n, name);
  uint32_t* const grown =
    (uint32_t*)realloc(r->material, (r->n_materials + 1) * sizeof *grown);
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  r->material = grown;
  r->material[r->n_materials] = 0;
  if (!status) {
    status = fh_mesh_builder_material(
      r->builder, name, &r->material[r->n_materials++]);
  }
  return status;
}

static FhStatus
take_vertices(Reader* const r, const size_t n)
{
  if (n % sizeof(double[3])) {
    return FH_ERR_FORMAT;
  }
  FhStatus status = FH_OK;
  for (size_t i = 0; i < n / sizeof(double[3]) && !status; ++i) {
    double at[3];
    uint32_t index = 0;
    status = take(r, at, sizeof at);
    status = status ? status : fh_mesh_builder_vertex(r->builder, at, &index);
  }
  return status;
}

static FhStatus
take_polygon(Reader* const r, const size_t n)
{
  const size_t n_words = n / sizeof(uint32_t);
  if (n % sizeof(uint32_t) || n_words < 4) {
    return FH_ERR_FORMAT;
  }
  if (n_words > MAX_CORNERS + 1) {
    fh_diag_add(r->diag,
                FH_DIAG_ERROR,
                r->path,
                0,
                0,
                "a face with over 1000 corners; split it in the model");
    r->failed = true;
    return FH_ERR_LIMIT;
  }
  const FhStatus status = take(r, r->corners, n);
  if (status) {
    return status;
  }
  if (r->corners[0] >= r->n_materials) {
    return FH_ERR_FORMAT;
  }
  for (size_t i = 1; i < n_words; ++i) {
    if (r->corners[i] >= r->builder->mesh.n_vertices) {
      return FH_ERR_FORMAT;
    }
  }
  return fh_mesh_builder_polygon(
    r->builder, r->corners + 1, n_words - 1, r->material[r->corners[0]]);
}

static FhStatus
take_record(Reader* const r)
{
  FhRecord record;
  FhStatus status = take(r, &record, sizeof record);
  if (status) {
    return status;
  }
  char text[MAX_TEXT + 1];
  switch (record.kind) {
  case FH_RECORD_ERROR:
  case FH_RECORD_NOTE:
    status = take_text(r, record.count, text);
    if (!status) {
      const bool error = record.kind == FH_RECORD_ERROR;
      fh_diag_add(r->diag,
                  error ? FH_DIAG_ERROR : FH_DIAG_NOTE,
                  r->path,
                  0,
                  0,
                  "%s",
                  text);
      r->failed = r->failed || error;
    }
    return status;
  case FH_RECORD_MATERIAL:
    return take_material(r, record.count);
  case FH_RECORD_VERTICES:
    return take_vertices(r, record.count);
  case FH_RECORD_POLYGON:
    return take_polygon(r, record.count);
  case FH_RECORD_END:
    r->ended = true;
    return FH_OK;
  default:
    return FH_ERR_FORMAT;
  }
}

/// Say how the child ended, unless it said so itself
static FhStatus
explain(const Reader* const r, const FhStatus status, const int how)
{
  if (r->failed) {
    return status == FH_ERR_LIMIT ? status : FH_ERR_FORMAT;
  }
  if (status == FH_ERR_NO_MEM) {
    return status;
  }
  const int sig = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
  if (status == FH_ERR_LIMIT || sig == SIGXCPU || sig == SIGKILL) {
    fh_diag_add(r->diag,
                FH_DIAG_ERROR,
                r->path,
                0,
                0,
                "takes too long to read or is too large; simplify the model, "
                "or export OBJ");
    return FH_ERR_LIMIT;
  }
  fh_diag_add(r->diag,
              FH_DIAG_ERROR,
              r->path,
              0,
              0,
              "the reader of this format broke down on it (signal %d); the "
              "file is damaged or needs over 4 GiB: export it again, or as "
              "OBJ",
              sig);
  return FH_ERR_FORMAT;
}

FhStatus
fh_mesh_read_guarded(const char* const path,
                     const bool layers,
                     FhMeshBuilder* const builder,
                     FhDiag* const diag)
{
  int ends[2];
  if (pipe(ends) != 0) {
    return FH_ERR_NO_MEM;
  }
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return FH_ERR_NO_MEM;
  }
  if (child == 0) {
    close(ends[0]);
    run_child(path, layers, ends[1]);
  }
  close(ends[1]);

  FhStatus status = FH_OK;
  int how = 0;
  Reader* const r = (Reader*)calloc(1, sizeof *r);
  uint32_t* const corners =
    (uint32_t*)malloc((MAX_CORNERS + 1) * sizeof(uint32_t));
  if (r && corners) {
    r->fd = ends[0];
    r->deadline_s = now_s() + WALL_LIMIT_S;
    r->path = path;
    r->builder = builder;
    r->diag = diag;
    r->corners = corners;
    while (!status && !r->ended) {
      status = take_record(r);
    }
  } else {
    status = FH_ERR_NO_MEM;
  }
  close(ends[0]);
  if (status) {
    // It may hang: a pipe without a reader only ends a child that writes
    kill(child, status == FH_ERR_IO ? 0 : SIGKILL);
  }
  while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
  }
  if (r && (status || r->failed)) {
    status = explain(r, status, how);
  }
  if (r) {
    free(r->material);
  }
  free(corners);
  free(r);
  return status;
}
