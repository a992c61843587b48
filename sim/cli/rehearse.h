// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_REHEARSE_H
#define FULLHOUSE_CLI_REHEARSE_H

#include <fh/rehearse.h>

/// Write rehearsal.json, moves.txt and the pictures into a folder that exists
FhStatus
rehearsal_write(const FhRehearsal* rehearsal,
                const FhProfile* world,
                const char* folder);

/// Print what rehearsal.json holds
void
rehearsal_print_json(const FhRehearsal* rehearsal, const FhProfile* world);

#endif // FULLHOUSE_CLI_REHEARSE_H
