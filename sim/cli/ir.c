// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

static const FhCommand* const subcommands[] = {
  &fh_ir_sweep_command,
  &fh_ir_deconvolve_command,
  &fh_ir_analyze_command,
#ifdef FULLHOUSE_HAVE_JACK
  &fh_ir_capture_command,
#endif
  NULL,
};

static int
run(const int argc, char** const argv)
{
  return fh_cli_dispatch(
    "fullhouse ir",
    "Measure impulse responses and analyse them by ISO 3382 and IEC 60268-16.",
    subcommands,
    argc,
    argv);
}

const FhCommand fh_ir_command = {.name = "ir",
                                 .summary = "Measure and analyse impulse "
                                            "responses",
                                 .run = run,
                                 .subcommands = subcommands};
