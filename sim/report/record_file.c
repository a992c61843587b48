// SPDX-License-Identifier: GPL-3.0-or-later
#include "record_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

static bool
has(const char* const folder, const char* const name)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return !access(path, R_OK);
}

/// Why a file is not there, and what to do
static void
complain_missing(const char* const folder,
                 const char* const name,
                 FhDiag* const diag)
{
  if (access(folder, R_OK)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "there is no such folder; give one that 'fullhouse simulate' "
                "wrote");
  } else if (has(folder, "checkpoint") ||
             (!has(folder, "run.json") && has(folder, "states"))) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "the run is not finished (no %s beside its %s); go on with "
                "'fullhouse simulate ... --resume'",
                name,
                has(folder, "checkpoint") ? "checkpoint" : "states");
  } else if (has(folder, "run.json") && !strcmp(name, "page.json")) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "the run has no seats to show (no page.json); give the venue "
                "an 'audience:' and simulate without --no-seats");
  } else {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "no finished run with seats (no %s); give a folder that "
                "'fullhouse simulate' finished",
                name);
  }
}

FhStatus
record_load(const char* const folder,
            const char* const name,
            json_t** const out,
            FhDiag* const diag)
{
  *out = NULL;
  if (!has(folder, name)) {
    complain_missing(folder, name, diag);
    return FH_ERR_NOT_FOUND;
  }
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  json_error_t error;
  *out = json_load_file(path, 0, &error);
  if (!json_is_object(*out)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                error.line > 0 ? error.line : 0,
                error.column > 0 ? error.column : 0,
                "%s; the file is damaged: simulate again",
                *out ? "an object is expected" : error.text);
    json_decref(*out);
    *out = NULL;
    return FH_ERR_FORMAT;
  }
  return FH_OK;
}

static FhStatus
check_format(const json_t* const index,
             const char* const folder,
             FhDiag* const diag)
{
  const json_int_t format =
    json_integer_value(json_object_get(index, "format"));
  const char* const program =
    json_string_value(json_object_get(index, "program"));
  const char* const version =
    json_string_value(json_object_get(index, "version"));
  if (!program || strcmp(program, "fullhouse") != 0 || !version) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "run.json is not one of fullhouse; give a folder that "
                "'fullhouse simulate' wrote");
    return FH_ERR_FORMAT;
  }
  if (format == FH_RUN_FORMAT) {
    return FH_OK;
  }
  fh_diag_add(
    diag,
    FH_DIAG_ERROR,
    folder,
    0,
    0,
    "was written by fullhouse %s (form %d), this is " FULLHOUSE_VERSION
    " (form %d); %s",
    version,
    (int)format,
    FH_RUN_FORMAT,
    format > FH_RUN_FORMAT ? "use that version, or simulate again"
                           : "simulate again");
  return FH_ERR_VERSION;
}

FhStatus
record_load_index(const char* const folder,
                  json_t** const out,
                  FhDiag* const diag)
{
  FhStatus status = record_load(folder, "run.json", out, diag);
  if (!status) {
    status = check_format(*out, folder, diag);
  }
  if (status) {
    json_decref(*out);
    *out = NULL;
  }
  return status;
}

void
record_complain(const char* const folder,
                const char* const name,
                const char* const what,
                FhDiag* const diag)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              path,
              0,
              0,
              "%s; the file is damaged: simulate again",
              what);
}
