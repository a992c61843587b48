// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_folder.h"

#include "cli.h"
#include "files.h"

#include <fh/tensors.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
