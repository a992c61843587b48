// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_CROWD_EXAMPLES_H
#define FULLHOUSE_CLI_CROWD_EXAMPLES_H

#include <fh/trace.h>

/**
   'crowd examples' for one of several ranks, each of which traces some venues.

   @param team Ranks; null for this one alone.
   @param n_threads Threads unless told; 0 for all processors.
   @return FhExit.
*/
int
crowd_examples_main(int argc,
                    char** argv,
                    const FhTeam* team,
                    unsigned n_threads);

#endif // FULLHOUSE_CLI_CROWD_EXAMPLES_H
