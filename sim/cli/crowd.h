// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_CROWD_H
#define FULLHOUSE_CLI_CROWD_H

#include "cli.h"

/// `fullhouse crowd examples`
extern const FhCommand fh_crowd_examples_command;

#endif // FULLHOUSE_CLI_CROWD_H
