// SPDX-License-Identifier: GPL-3.0-or-later
#include "model.h"

#include <string.h>

FhStatus
model_load(const char* const name,
           const char* const folder,
           const char* const venue_path,
           const int line,
           Model* const out,
           FhDiag* const diag)
{
  (void)folder;
  if (!strcmp(name, "omni")) {
    return model_init_omni(out);
  }
  memset(out, 0, sizeof *out);
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              venue_path,
              line,
              0,
              "no loudspeaker is called \"%s\"; use \"omni\" or a name of the "
              "library",
              name);
  return FH_ERR_NOT_FOUND;
}
