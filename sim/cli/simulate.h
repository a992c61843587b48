// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SIMULATE_H
#define FULLHOUSE_SIMULATE_H

#include <fh/run.h>

/// Print what to look at and the key numbers to stdout
void
simulate_print(const FhRun* run, const char* folder);

/// Print the same as a JSON object to stdout
void
simulate_print_json(const FhRun* run, const char* folder);

#endif // FULLHOUSE_SIMULATE_H
