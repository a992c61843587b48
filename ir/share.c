// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/share.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 1024

/// What is looked for, and where the path of it goes
typedef struct {
  const char* file;
  char* path;
  size_t size;
} Wanted;

/// In FOLDER/BELOW; `n` is the length of the folder's name
static bool
is_in(const Wanted* w, const char* folder, const size_t n, const char* below)
{
  const int length =
    snprintf(w->path, w->size, "%.*s%s/%s", (int)n, folder, below, w->file);
  return length > 0 && (size_t)length < w->size && !access(w->path, R_OK);
}

static bool
is_near_program(const Wanted* const w)
{
  char program[PATH_SIZE];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof(program));
  if (n <= 0 || (size_t)n == sizeof(program)) {
    return false;
  }
  program[n] = '\0';
  const size_t folder = (size_t)(strrchr(program, '/') - program);
  return is_in(w, program, folder, "/share/fullhouse") ||
         is_in(w, program, folder, "/../share/fullhouse");
}

/// The specification has relative folders ignored
static bool
is_in_data_folder(const Wanted* const w, const char* folder, const size_t n)
{
  return folder[0] == '/' && is_in(w, folder, n, "/fullhouse");
}

static bool
is_of_user_or_system(const Wanted* const w)
{
  const char* const own = getenv("XDG_DATA_HOME");
  const char* const home = getenv("HOME");
  if (own && *own) {
    if (is_in_data_folder(w, own, strlen(own))) {
      return true;
    }
  } else if (home && home[0] == '/' &&
             is_in(w, home, strlen(home), "/.local/share/fullhouse")) {
    return true;
  }
  const char* folders = getenv("XDG_DATA_DIRS");
  if (!folders || !*folders) {
    folders = "/usr/local/share:/usr/share";
  }
  for (;;) {
    const size_t n = strcspn(folders, ":");
    if (is_in_data_folder(w, folders, n)) {
      return true;
    }
    if (!folders[n]) {
      return false;
    }
    folders += n + 1;
  }
}

bool
fh_share_find(const char* const bundle,
              const char* const file,
              char* const path,
              const size_t size)
{
  const Wanted wanted = {file, path, size};
  const char* const said = getenv("FULLHOUSE_SHARE");
  if (said && *said) {
    return is_in(&wanted, said, strlen(said), "");
  }
  return (bundle && is_in(&wanted, bundle, strlen(bundle), "")) ||
         is_near_program(&wanted) || is_of_user_or_system(&wanted);
}

static char share[PATH_SIZE];
static pthread_once_t share_found = PTHREAD_ONCE_INIT;

static void
find_share(void)
{
  const char* const said = getenv("FULLHOUSE_SHARE");
  if (said && *said) {
    snprintf(share, sizeof(share), "%s", said);
  } else if (fh_share_find(NULL, "materials.yaml", share, sizeof(share))) {
    *strrchr(share, '/') = '\0';
  } else {
    snprintf(share, sizeof(share), "/usr/local/share/fullhouse");
  }
}

const char*
fh_share_folder(void)
{
  pthread_once(&share_found, find_share);
  return share;
}
