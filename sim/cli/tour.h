// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_TOUR_H
#define FULLHOUSE_CLI_TOUR_H

#include <fh/trace.h>

/**
   'tour' for one of several ranks, each of which does some of the nights.

   @param team Ranks; null for this one alone.
   @param n_threads Threads unless told; 0 for all processors.
   @return FhExit.
*/
int
tour_main(int argc, char** argv, const FhTeam* team, unsigned n_threads);

#endif // FULLHOUSE_CLI_TOUR_H
