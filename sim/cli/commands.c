// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

extern const FhCommand fh_command_check;

const FhCommand* const fh_commands[] = {
  &fh_simulate_command,
  &fh_command_check,
  NULL,
};
