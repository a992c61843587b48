// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_CROWD_FOLDER_H
#define FULLHOUSE_CLI_CROWD_FOLDER_H

#include "cli.h"
#include "crowd/observe.h"

/*
  A folder of traced venues: two files each, profile and real house.
*/

#define FH_CROWD_PATH_SIZE 4096

/// Paths of profile and real house
void
fh_crowd_venue_paths(const char* folder,
                     uint32_t index,
                     char paths[2][FH_CROWD_PATH_SIZE]);

/**
   Read a venue; says on stderr what is wrong with it.

   @param desc What it has to be made with, or null for any.
   @param[out] out Owned by the caller (crowd_example_clear()), also on error.
   @param[out] there False, with #FH_OK, where it is not there.
*/
FhStatus
fh_crowd_read_venue(const char* folder,
                    uint32_t index,
                    const CrowdExampleDesc* desc,
                    CrowdExample* out,
                    bool* there);

/**
   Rows of all venues that are not held out; says on stderr what is wrong.

   @param n_draws Measurements of each show.
   @param[in,out] rows Added to, owned by the caller (crowd_rows_clear()).
   @param[out] n_venues Venues that the rows are of.
   @return #FH_ERR_INVALID_DATA also where venues were made with other seeds,
   rays or seats than the first.
*/
FhStatus
fh_crowd_read_rows(const char* folder,
                   uint64_t seed,
                   uint32_t n_draws,
                   FhProgress* progress,
                   CrowdRows* rows,
                   uint32_t* n_venues);

#endif // FULLHOUSE_CLI_CROWD_FOLDER_H
