// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell.h"

#include <fh/crowd.h>
#include <fh/tensors.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

FhStatus
fh_shell_read_file(const char* path, size_t limit, char** text, size_t* size)
{
  *text = NULL;
  struct stat info;
  FILE* const file = fopen(path, "rb");
  if (!file) {
    return FH_ERR_IO;
  }
  FhStatus status = FH_ERR_IO;
  if (fstat(fileno(file), &info) || !S_ISREG(info.st_mode)) {
    goto done;
  }
  status = FH_ERR_LIMIT;
  if (info.st_size < 0 || (size_t)info.st_size > limit) {
    goto done;
  }
  const size_t n = (size_t)info.st_size;
  status = FH_ERR_NO_MEM;
  if (!(*text = malloc(n + 1))) {
    goto done;
  }
  status = FH_OK;
  if (fread(*text, 1, n, file) != n) {
    free(*text);
    *text = NULL;
    status = FH_ERR_IO;
    goto done;
  }
  (*text)[n] = '\0';
  if (size) {
    *size = n;
  }

done:
  fclose(file);
  return status;
}

FhStatus
fh_shell_write_file(const char* path, const char* text)
{
  char temporary[4096];
  const int n = snprintf(temporary, sizeof(temporary), "%s.part", path);
  if (n < 0 || (size_t)n >= sizeof(temporary)) {
    return FH_ERR_LIMIT;
  }
  FILE* const file = fopen(temporary, "wb");
  if (!file) {
    return FH_ERR_IO;
  }
  const bool wrote = fputs(text, file) >= 0;
  const bool closed = !fclose(file);
  if (!wrote || !closed || rename(temporary, path)) {
    remove(temporary);
    return FH_ERR_IO;
  }
  return FH_OK;
}

static FhStatus
read_weights(const char* path, FhCrowdModel** out, char* words)
{
  char* bytes = NULL;
  size_t size = 0;
  FhStatus status =
    fh_shell_read_file(path, FH_TENSORS_MAX_SIZE, &bytes, &size);
  if (!status) {
    status = fh_crowd_model_parse(bytes, size, out, words);
  }
  free(bytes);
  return status;
}

static FhStatus
read_profile(const char* path, FhProfile** out, char* words)
{
  char* bytes = NULL;
  size_t size = 0;
  FhStatus status =
    fh_shell_read_file(path, FH_TENSORS_MAX_SIZE, &bytes, &size);
  if (!status) {
    status = fh_profile_parse(bytes, size, out, words);
  }
  free(bytes);
  return status;
}

const char fh_shell_foreign_words[] =
  "The profile is of another venue than the soundcheck: capture the soundcheck "
  "again";

bool
fh_shell_is_foreign(const char* venue, const char* other)
{
  return venue[0] && other[0] && strcmp(venue, other) != 0;
}

FhStatus
fh_shell_load_model(const char* profile_path,
                    const char* weights_path,
                    FhLiveModel** out,
                    char* reason)
{
  *out = NULL;
  reason[0] = '\0';
  char words[128] = "";
  const char* culprit = profile_path;
  FhProfile* profile = NULL;
  FhCrowdModel* weights = NULL;

  errno = 0;
  FhStatus status = read_profile(profile_path, &profile, words);
  if (!status && weights_path) {
    culprit = weights_path;
    status = read_weights(weights_path, &weights, words);
  }
  if (!status) {
    *out = fh_live_model_new(profile, weights);
    status = *out ? FH_OK : FH_ERR_NO_MEM;
  }
  if (status == FH_ERR_IO && errno) {
    strerror_r(errno, words, sizeof(words));
  }
  if (status) {
    // The end of a path says more than its beginning
    const size_t length = strlen(culprit);
    const char* const shown = length > 100 ? culprit + length - 100 : culprit;
    snprintf(reason,
             FH_SHELL_REASON,
             "%s: %s",
             shown,
             words[0] ? words : fh_strerror(status));
    fh_crowd_model_free(weights);
    fh_profile_free(profile);
  }
  return status;
}
