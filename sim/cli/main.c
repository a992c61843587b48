// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_commands(FILE* const out)
{
  fputs("Usage: fullhouse COMMAND [OPTION...] ...\n"
        "Predict how a venue will sound, empty and full.\n\n"
        "Commands:\n",
        out);
  for (const FhCommand* const* c = fh_commands; *c; ++c) {
    fprintf(out, "  %-11s %s\n", (*c)->name, (*c)->summary);
  }
  fputs("\n'fullhouse COMMAND --help' explains a command.\n"
        "Exit codes: 0 ok, 1 the answer is no, 2 usage, 3 bad input,\n"
        "4 no resources (memory, disk, device), 130 interrupted.\n",
        out);
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
unknown_command(const char* const name)
{
  const char* nearest = NULL;
  size_t least = 3;
  for (const FhCommand* const* c = fh_commands; *c; ++c) {
    const size_t d = distance(name, (*c)->name);
    if (d < least) {
      least = d;
      nearest = (*c)->name;
    }
  }
  if (nearest) {
    fh_cli_error("no command '%s'; did you mean '%s'?", name, nearest);
  } else {
    fh_cli_error("no command '%s'; 'fullhouse --help' lists them", name);
  }
  return FH_EXIT_USAGE;
}

int
main(int argc, char** argv)
{
  setlocale(LC_CTYPE, "");
#if defined(__x86_64__) && defined(__AVX2__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    fh_cli_error("this build needs a processor with AVX2 (from 2013 on); "
                 "rebuild with -DFULLHOUSE_ARCH=x86-64");
    return FH_EXIT_NO_RESOURCE;
  }
#endif
  if (argc < 2) {
    print_commands(stderr);
    return FH_EXIT_USAGE;
  }
  const char* const name = argv[1];
  if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
    print_commands(stdout);
    return FH_EXIT_OK;
  }
  if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
    puts("fullhouse " FULLHOUSE_VERSION);
    return FH_EXIT_OK;
  }
  for (const FhCommand* const* c = fh_commands; *c; ++c) {
    if (!strcmp(name, (*c)->name)) {
      static char full_name[64];
      snprintf(full_name, sizeof(full_name), "fullhouse %s", name);
      argv[1] = full_name;
      fh_cli_catch_signals();
      return (*c)->run(argc - 1, argv + 1);
    }
  }
  return unknown_command(name);
}
