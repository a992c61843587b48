// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"

#include "commands.h"

static const FhCommand* const subcommands[] = {
  &fh_crowd_examples_command,
  &fh_crowd_train_command,
  &fh_crowd_evaluate_command,
  NULL,
};

static int
run(const int argc, char** const argv)
{
  return fh_cli_dispatch(
    "fullhouse crowd",
    "Make, train and score the crowd model of the auto-EQ.",
    subcommands,
    argc,
    argv);
}

const FhCommand fh_crowd_command = {.name = "crowd",
                                    .summary =
                                      "Make, train and score the crowd model",
                                    .run = run,
                                    .subcommands = subcommands};
