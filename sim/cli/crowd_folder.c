// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_folder.h"

#include "files.h"

#include <fh/tensors.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
fh_crowd_venue_paths(const char* const folder,
                     const uint32_t index,
                     char paths[2][FH_CROWD_PATH_SIZE])
{
  snprintf(paths[0], FH_CROWD_PATH_SIZE, "%s/venue-%06u.fhp", folder, index);
  snprintf(
    paths[1], FH_CROWD_PATH_SIZE, "%s/venue-%06u.safetensors", folder, index);
}

FhStatus
fh_crowd_read_venue(const char* const folder,
                    const uint32_t index,
                    const CrowdExampleDesc* const desc,
                    CrowdExample* const out,
                    bool* const there)
{
  char paths[2][FH_CROWD_PATH_SIZE];
  fh_crowd_venue_paths(folder, index, paths);
  char reason[128] = "";
  memset(out, 0, sizeof *out);
  out->index = index;
  FhStatus status = FH_OK;
  size_t bad = 0;
  for (size_t i = 0; i < 2 && !status; ++i) {
    size_t size = 0;
    void* const bytes = fh_cli_read_file(paths[i], FH_TENSORS_MAX_SIZE, &size);
    *there = bytes != NULL;
    if (!bytes) {
      break;
    }
    bad = i;
    status = i ? crowd_example_parse(bytes, size, desc, out, reason)
               : fh_profile_parse(bytes, size, &out->profile, reason);
    free(bytes);
  }
  if (status) {
    fh_cli_error("%s: %s; remove it, or choose another folder",
                 paths[bad],
                 reason[0] ? reason : fh_strerror(status));
    status = FH_ERR_INVALID_DATA;
  }
  return status;
}

/// Venues that follow one another in a folder
static uint32_t
count_venues(const char* const folder)
{
  char paths[2][FH_CROWD_PATH_SIZE];
  uint32_t n = 0;
  do {
    fh_crowd_venue_paths(folder, n, paths);
  } while (!access(paths[1], F_OK) && ++n < UINT32_MAX);
  return n;
}

FhStatus
fh_crowd_read_rows(const char* const folder,
                   const uint64_t seed,
                   const uint32_t n_draws,
                   FhProgress* const progress,
                   CrowdRows* const rows,
                   uint32_t* const n_venues)
{
  *n_venues = 0;
  const uint32_t n = count_venues(folder);
  char made[sizeof((CrowdExample*)NULL)->made] = "";
  FhStatus status = FH_OK;
  for (uint32_t i = 0; i < n && !status; ++i) {
    CrowdExample example;
    bool there = false;
    status = fh_crowd_read_venue(folder, i, NULL, &example, &there);
    if (!status && !made[0]) {
      memcpy(made, example.made, sizeof made);
    }
    if (!status && strcmp(made, example.made) != 0) {
      fh_cli_error("%s: venue %u was made with another seed, other rays or "
                   "seats than venue 0; remove it, and trace it again",
                   folder,
                   i);
      status = FH_ERR_INVALID_DATA;
    }
    if (!status && there && !example.held_out) {
      status = crowd_rows_add(rows, &example, seed, n_draws);
      *n_venues += 1;
    }
    crowd_example_clear(&example);
    const double done = (double)(i + 1) / (double)n;
    if (!fh_progress_step(progress, "Reading venues", done) && !status) {
      status = FH_ERR_INTERRUPTED;
    }
  }
  return status;
}
