// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/venue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char share[1024];
static pthread_once_t share_found = PTHREAD_ONCE_INIT;

static bool
is_share(const char* const folder)
{
  char file[1200];
  snprintf(file, sizeof(file), "%s/materials.yaml", folder);
  return access(file, R_OK) == 0;
}

/// PREFIX/share/fullhouse for a program at PREFIX/bin/fullhouse
static bool
find_beside_program(void)
{
  char program[900];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
  if (n <= 0) {
    return false;
  }
  program[n] = '\0';
  char* const slash = strrchr(program, '/');
  if (!slash) {
    return false;
  }
  *slash = '\0';
  snprintf(share, sizeof(share), "%s/../share/fullhouse", program);
  return is_share(share);
}

static void
find_share(void)
{
  const char* const wanted = getenv("FULLHOUSE_SHARE");
  if (wanted && *wanted) {
    snprintf(share, sizeof(share), "%s", wanted);
  } else if (!find_beside_program()) {
    snprintf(share,
             sizeof(share),
             "%s",
             is_share(FULLHOUSE_SHARE_SOURCE) ? FULLHOUSE_SHARE_SOURCE
                                              : FULLHOUSE_SHARE_INSTALLED);
  }
}

const char*
fh_share_folder(void)
{
  pthread_once(&share_found, find_share);
  return share;
}
