// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_RECORD_FILE_H
#define FULLHOUSE_RECORD_FILE_H

#include <fh/run_record.h>

#include <jansson.h>

/**
   Read a JSON object of a run folder.

   @param name File within the folder, e.g. "run.json".
   @param[out] out A new reference; null on error.
   @param diag Says what is missing or damaged and how to mend it.
   @return #FH_ERR_NOT_FOUND where there is no such file, #FH_ERR_FORMAT.
*/
FhStatus
record_load(const char* folder, const char* name, json_t** out, FhDiag* diag);

/**
   Read run.json of a run folder, refusing what another version wrote.

   @return As record_load(), #FH_ERR_VERSION.
*/
FhStatus
record_load_index(const char* folder, json_t** out, FhDiag* diag);

/// Add a finding that a file of a run folder lacks something
void
record_complain(const char* folder,
                const char* name,
                const char* what,
                FhDiag* diag);

#endif // FULLHOUSE_RECORD_FILE_H
