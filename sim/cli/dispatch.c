// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

#include <stdio.h>
#include <string.h>

static void
print_commands(FILE* const out,
               const char* const program,
               const char* const about,
               const FhCommand* const* const commands)
{
  fprintf(out,
          "Usage: %s COMMAND [OPTION...] ...\n%s\n\nCommands:\n",
          program,
          about);
  for (const FhCommand* const* c = commands; *c; ++c) {
    fprintf(out, "  %-11s %s\n", (*c)->name, (*c)->summary);
  }
  fprintf(out,
          "\n'%s COMMAND --help' explains a command.\n"
          "Exit codes: 0 ok, 1 the answer is no, 2 usage, 3 bad input,\n"
          "4 no resources (memory, disk, device), 130 interrupted.\n",
          program);
}

// Edit distance of short words, for "did you mean"
static size_t
distance(const char* const a, const char* const b)
{
  size_t row[32];
  const size_t n = strlen(b);
  if (n >= 31 || strlen(a) >= 31) {
    return 99;
  }
  for (size_t j = 0; j <= n; ++j) {
    row[j] = j;
  }
  for (size_t i = 1; a[i - 1]; ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; ++j) {
      const size_t change = diagonal + (a[i - 1] != b[j - 1]);
      const size_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      diagonal = row[j];
      row[j] = change < gap ? change : gap;
    }
  }
  return row[n];
}

static int
unknown_command(const char* const program,
                const FhCommand* const* const commands,
                const char* const name)
{
  const char* nearest = NULL;
  size_t least = 3;
  for (const FhCommand* const* c = commands; *c; ++c) {
    const size_t d = distance(name, (*c)->name);
    if (d < least) {
      least = d;
      nearest = (*c)->name;
    }
  }
  if (nearest) {
    fh_cli_error("no command '%s'; did you mean '%s'?", name, nearest);
  } else {
    fh_cli_error("no command '%s'; '%s --help' lists them", name, program);
  }
  return FH_EXIT_USAGE;
}

int
fh_cli_dispatch(const char* const program,
                const char* const about,
                const FhCommand* const* const commands,
                const int argc,
                char** const argv)
{
  if (argc < 2) {
    print_commands(stderr, program, about, commands);
    return FH_EXIT_USAGE;
  }
  const char* const name = argv[1];
  if (!strcmp(name, "--help") || !strcmp(name, "-?") || !strcmp(name, "-h") ||
      !strcmp(name, "help")) {
    print_commands(stdout, program, about, commands);
    return FH_EXIT_OK;
  }
  for (const FhCommand* const* c = commands; *c; ++c) {
    if (!strcmp(name, (*c)->name)) {
      // argp prints argv[0] in usage and messages
      char full_name[96];
      snprintf(full_name, sizeof(full_name), "%s %s", program, name);
      argv[1] = full_name;
      return (*c)->run(argc - 1, argv + 1);
    }
  }
  return unknown_command(program, commands, name);
}
