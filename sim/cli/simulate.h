// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SIMULATE_H
#define FULLHOUSE_SIMULATE_H

#include <fh/run.h>

/**
   The command, by one of several processes that share the work.

   The first rank alone writes files and talks.

   @param team Null for one process.
   @param n_threads Threads unless the user gives a number; 0 = all processors.
   @return Exit code.
*/
int
simulate_main(int argc, char** argv, const FhTeam* team, unsigned n_threads);

/// Print what to look at and the key numbers to stdout
void
simulate_print(const FhRun* run, const char* folder);

/// Print the same as a JSON object to stdout
void
simulate_print_json(const FhRun* run, const char* folder);

#endif // FULLHOUSE_SIMULATE_H
