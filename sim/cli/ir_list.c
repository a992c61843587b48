// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int
compare_names(const void* const a, const void* const b)
{
  return strcmp(*(char* const*)a, *(char* const*)b);
}

void
ir_list_add(IrList* const list,
            const char* const folder,
            const char* const name)
{
  char** const paths =
    (char**)realloc(list->path, (list->n + 1) * sizeof(char*));
  const size_t size = strlen(folder) + strlen(name) + 2;
  char* const path = paths ? (char*)malloc(size) : NULL;
  list->path = paths ? paths : list->path;
  if (!path) {
    list->bad = true;
    return;
  }
  snprintf(path, size, "%s%s%s", folder, *folder ? "/" : "", name);
  list->path[list->n++] = path;
}

static bool
is_response_name(const char* const name)
{
  static const char* const endings[] = {
    ".wav", ".rf64", ".aif", ".aiff", ".flac", ".w64", ".caf", ".sofa", ".txt"};
  const char* const dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); ++i) {
    if (!strcasecmp(dot, endings[i])) {
      return true;
    }
  }
  return false;
}

FhExit
ir_list_folder(IrList* const list, const char* const folder)
{
  DIR* const dir = opendir(folder);
  if (!dir) {
    return ir_error(
      FH_EXIT_BAD_INPUT, folder, "cannot be opened: %s", strerror(errno));
  }
  const size_t first = list->n;
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    if (is_response_name(e->d_name)) {
      ir_list_add(list, folder, e->d_name);
    }
  }
  closedir(dir);
  if (list->n == first) {
    return ir_error(
      FH_EXIT_BAD_INPUT, folder, "holds no sound, SOFA or .txt files");
  }
  qsort(list->path + first, list->n - first, sizeof(char*), compare_names);
  return FH_EXIT_OK;
}

void
ir_list_clear(IrList* const list)
{
  for (size_t i = 0; i < list->n; ++i) {
    free(list->path[i]);
  }
  free(list->path);
  memset(list, 0, sizeof(*list));
}
