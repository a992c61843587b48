// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_MESH_FILE_H
#define FULLHOUSE_TESTS_MESH_FILE_H

#include <fh/mesh.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Model files that tests write into a folder of their own.
*/

/// Folder of this run's files
static char folder[64] = "/tmp/fh-test-mesh-XXXXXX";

/// Path of a file in the folder; overwritten by the next call
static inline const char*
path_of(const char* const name)
{
  static char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static inline const char*
write_bytes(const char* const name, const void* const bytes, const size_t n)
{
  const char* const path = path_of(name);
  FILE* const f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
  return path;
}

static inline const char*
write_text(const char* const name, const char* const text)
{
  return write_bytes(name, text, strlen(text));
}

static inline FhStatus
read_mesh(const char* const path,
          const double unit_m,
          const char up,
          FhMesh* const mesh,
          FhDiag* const diag)
{
  const FhMeshOptions options = {unit_m, up};
  return fh_mesh_read(path, &options, mesh, diag);
}

/// Findings that hold a text
static inline size_t
count_text(const FhDiag* const diag, const char* const text)
{
  size_t n = 0;
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    n += strstr(fh_diag_entry(diag, i)->text, text) != NULL;
  }
  return n;
}

static inline int
set_up(void** state)
{
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static inline int
tear_down(void** state)
{
  (void)state;
  char command[128];
  (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
  return system(command); // NOLINT(cert-env33-c): a fixed command
}

#endif // FULLHOUSE_TESTS_MESH_FILE_H
