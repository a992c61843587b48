// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_REPORT_DATA_H
#define FULLHOUSE_REPORT_DATA_H

#include <fh/run.h>

#include <jansson.h>

/// Form of page.json that is written and understood
#define REPORT_FORMAT 3

/**
   What the page shows of a run, as page/src/data.js reads it, without maps.

   @return A new reference, or null when out of memory.
*/
json_t*
report_data(const FhRun* run);

/// Put the pictures of a run folder into the data of its page
void
report_add_maps(json_t* data, const char* folder);

/**
   Write page.json (the data) and report.html into a run folder.

   The maps must lie in the folder already; those that are missing are left out.
*/
FhStatus
report_write(const FhRun* run, FhRunFolder* folder, FhDiag* diag);

#endif // FULLHOUSE_REPORT_DATA_H
