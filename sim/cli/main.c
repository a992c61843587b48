// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"

#include <fh/processor.h>
#include <fh/venue.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char** argv)
{
  setlocale(LC_CTYPE, "");
  if (!fh_processor_fits()) {
    fh_cli_error(FH_PROCESSOR_WORDS);
    return FH_EXIT_NO_RESOURCE;
  }
  if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
    puts("fullhouse " FULLHOUSE_VERSION);
    return FH_EXIT_OK;
  }
  if (argc > 1 && !strcmp(argv[1], "--help-venue")) {
    fh_venue_help(stdout);
    return fh_cli_finish(FH_EXIT_OK);
  }
  if (argc > 1 && !strcmp(argv[1], "--venue-schema")) {
    char* const schema = fh_venue_schema_json();
    if (!schema) {
      return FH_EXIT_NO_RESOURCE;
    }
    fputs(schema, stdout);
    free(schema);
    return fh_cli_finish(FH_EXIT_OK);
  }
  fh_cli_catch_signals();
  return fh_cli_finish(
    fh_cli_dispatch("fullhouse",
                    "Predict how a venue will sound, empty and full.\n"
                    "--help-venue explains the venue file, --venue-schema "
                    "prints it as JSON Schema.",
                    fh_commands,
                    argc,
                    argv));
}
