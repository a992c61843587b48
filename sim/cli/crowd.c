// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"

#include "commands.h"

static const FhCommand* const subcommands[] = {
  &fh_crowd_examples_command,
  NULL,
};

static int
run(const int argc, char** const argv)
{
  return fh_cli_dispatch("fullhouse crowd",
                         "Make what a crowd model of the auto-EQ learns from.",
                         subcommands,
                         argc,
                         argv);
}

const FhCommand fh_crowd_command = {.name = "crowd",
                                    .summary =
                                      "Trace what a crowd model learns "
                                      "from",
                                    .run = run,
                                    .subcommands = subcommands};
