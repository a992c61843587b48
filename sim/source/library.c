// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"

#include <fh/keys.h>
#include <fh/share.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NAMES 256

static bool
exists(const char* const path)
{
  return access(path, F_OK) == 0;
}

static bool
ends_in(const char* const name, const char* const end)
{
  const size_t n = strlen(name);
  const size_t m = strlen(end);
  return n >= m && !strcmp(name + n - m, end);
}

/// The model in the library whose name is most like this one
static void
suggest(const char* const name, char out[FH_NAME_SIZE])
{
  out[0] = '\0';
  char folder[1200];
  (void)snprintf(folder, sizeof folder, "%s/loudspeakers", fh_share_folder());
  DIR* const dir = opendir(folder);
  if (!dir) {
    return;
  }
  char* names[MAX_NAMES];
  size_t n = 0;
  for (const struct dirent* entry = readdir(dir); entry && n < MAX_NAMES;
       entry = readdir(dir)) {
    if (ends_in(entry->d_name, ".yaml")) {
      names[n] = strdup(entry->d_name);
      if (names[n]) {
        names[n][strlen(names[n]) - 5] = '\0';
        ++n;
      }
    }
  }
  (void)closedir(dir);
  const char* words[MAX_NAMES];
  for (size_t i = 0; i < n; ++i) {
    words[i] = names[i];
  }
  const char* const best = fh_closest_word(name, words, n);
  if (best) {
    (void)snprintf(out, FH_NAME_SIZE, "%s", best);
  }
  for (size_t i = 0; i < n; ++i) {
    free(names[i]);
  }
}

static FhStatus
read_any(const char* const path, Model* const out, FhDiag* const diag)
{
  if (ends_in(path, ".yaml") || ends_in(path, ".yml") ||
      ends_in(path, ".json")) {
    return model_file_read(path, out, diag);
  }
  return model_read_foreign(path, 0, out, diag);
}

FhStatus
model_load(const char* const name,
           const char* const folder,
           const char* const venue_path,
           const int line,
           Model* const out,
           FhDiag* const diag)
{
  if (!strcmp(name, "omni")) {
    return model_init_omni(out);
  }
  memset(out, 0, sizeof *out);
  char path[1400];
  bool found = false;
  if (folder && name[0] != '/') {
    (void)snprintf(path, sizeof path, "%s/%s", folder[0] ? folder : ".", name);
    found = exists(path);
  } else {
    (void)snprintf(path, sizeof path, "%s", name);
    found = exists(path);
  }
  if (!found && !strchr(name, '/')) {
    (void)snprintf(
      path, sizeof path, "%s/loudspeakers/%s.yaml", fh_share_folder(), name);
    found = exists(path);
  }
  if (!found) {
    char like[FH_NAME_SIZE];
    suggest(name, like);
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue_path,
                line,
                0,
                "no loudspeaker is called '%.80s'%s%s%s; name a model of the "
                "library, 'omni', or a file beside the venue",
                name,
                like[0] ? ", did you mean '" : "",
                like,
                like[0] ? "'?" : "");
    return FH_ERR_NOT_FOUND;
  }
  const FhStatus status = read_any(path, out, diag);
  if (status) {
    model_clear(out);
    return status;
  }
  (void)snprintf(out->key, sizeof out->key, "%s", name);
  if (!out->name[0]) {
    (void)snprintf(out->name, sizeof out->name, "%.63s", name);
  }
  return FH_OK;
}
