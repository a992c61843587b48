// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Turns measured rooms into venue folders; see make-venues, which runs it.
  Exit codes are those of fullhouse: 2 usage, 3 bad input.
*/
#include "hall.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  const char* name;
  FhStatus (*convert)(const char* data, const char* folder, FhDiag* diag);
  /// Its measurements; null where there are none
  FhStatus (*measured)(const char* data, const char* folder, FhDiag* diag);
} Room;

static const Room rooms[] = {
  {"elmia", convert_elmia, convert_elmia_measured},
  {"ptb-studio", convert_ptb_studio, convert_ptb_measured},
  {"bras-cr2", convert_bras_cr2, convert_bras_measured},
  {"musikverein", convert_musikverein, NULL},
  {"ctk-church", convert_ctk_church, NULL}};

static void
print_findings(const FhDiag* const diag)
{
  static const char* const words[] = {"note", "warning", "error"};
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    fprintf(stderr, "%s:", e->file ? e->file : "make-venues");
    if (e->line) {
      fprintf(stderr, "%d:", e->line);
    }
    fprintf(stderr, " %s: %s\n", words[e->severity], e->text);
  }
}

int
main(const int argc, char** const argv)
{
  if (argc != 3) {
    fprintf(stderr, "Usage: convert-venues DATA OUT\n");
    return 2;
  }
  struct stat st;
  if (stat(argv[1], &st) != 0 || !S_ISDIR(st.st_mode)) {
    fprintf(stderr,
            "%s: error: is no folder; give the folder of measured rooms\n",
            argv[1]);
    return 3;
  }
  if (mkdir(argv[2], 0777) != 0 && errno != EEXIST) {
    fprintf(
      stderr, "%s: error: cannot be made: %s\n", argv[2], strerror(errno));
    return 3;
  }
  int code = 0;
  for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; ++i) {
    char folder[1024];
    const int n =
      snprintf(folder, sizeof folder, "%s/%s", argv[2], rooms[i].name);
    if (n < 0 || (size_t)n >= sizeof folder) {
      fprintf(stderr, "%s: error: is too long a name\n", argv[2]);
      return 3;
    }
    FhDiag* const diag = fh_diag_new();
    FhStatus status =
      diag ? rooms[i].convert(argv[1], folder, diag) : FH_ERR_NO_MEM;
    if (!status && rooms[i].measured) {
      status = rooms[i].measured(argv[1], folder, diag);
    }
    print_findings(diag);
    if (status) {
      if (!fh_diag_count(diag, FH_DIAG_ERROR)) {
        fprintf(stderr, "%s: error: %s\n", rooms[i].name, fh_strerror(status));
      }
      code = status == FH_ERR_NO_MEM ? 4 : 3;
    } else {
      printf("%s\n", folder);
    }
    fh_diag_free(diag);
  }
  return code;
}
