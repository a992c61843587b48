// SPDX-License-Identifier: GPL-3.0-or-later
#include "../report/report_data.h"
#include "../trace/team.h"
#include "run_files.h"

#include <fh/report.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/// Room for a plain name with its number
#define PLAIN_SIZE 80

// Letters, digits, '-' and '.': what every file system and shell takes
static void
make_plain(const char* const name, char out[PLAIN_SIZE])
{
  size_t n = 0;
  for (const char* c = name; *c && n < FH_NAME_SIZE; ++c) {
    const bool plain = isalnum((unsigned char)*c) || *c == '-' || *c == '.';
    out[n++] = plain ? *c : '-';
  }
  out[n] = '\0';
}

typedef const char* (*NameOf)(const FhRun* run, size_t i);

static const char*
emitter_name(const FhRun* const run, const size_t i)
{
  return fh_sources_emitter(run->sources, i)->name;
}

static const char*
microphone_name(const FhRun* const run, const size_t i)
{
  return run->venue->microphones[i].name;
}

// Plain name of thing `i`; with a number where an earlier one has the same
static void
plain_name(const FhRun* const run,
           const NameOf name_of,
           const size_t i,
           char out[PLAIN_SIZE])
{
  make_plain(name_of(run, i), out);
  size_t n_same = 0;
  for (size_t k = 0; k < i; ++k) {
    char other[PLAIN_SIZE];
    make_plain(name_of(run, k), other);
    n_same += !strcmp(out, other);
  }
  if (n_same) {
    const size_t n = strlen(out);
    snprintf(out + n, PLAIN_SIZE - n, "-%zu", n_same + 1);
  }
}

void
fh_run_response_name(const FhRun* const run,
                     const size_t emitter,
                     const size_t microphone,
                     char out[256])
{
  char venue[PLAIN_SIZE];
  char source[PLAIN_SIZE];
  char receiver[PLAIN_SIZE];
  make_plain(run->venue->name, venue);
  plain_name(run, emitter_name, emitter, source);
  plain_name(run, microphone_name, microphone, receiver);
  snprintf(out, 256, "ir/RIR_%s_%s_%s.wav", venue, source, receiver);
}

/// Longest path of a file
#define PATH_SIZE 4096

// The folder that the files of this run lie in so far
static FhStatus
write_pdf(FhRunFolder* const folder, FhDiag* const diag)
{
  char part[PATH_SIZE];
  const char* const path = fh_run_folder_path(folder, "report.pdf");
  snprintf(part, sizeof part, "%s", path ? path : "");
  char* const slash = strrchr(part, '/');
  if (!slash) {
    fh_run_folder_complain(folder, "report.pdf", diag);
    return FH_ERR_IO;
  }
  *slash = '\0';
  return fh_report_write_pdf(part, diag);
}

static bool
has_responses(const FhRun* const run, const FhRunWriteDesc* const desc)
{
  return desc->responses && run->n_emitters && run->scene.n_microphones;
}

FhStatus
fh_run_write(const FhRun* const run,
             const FhRunWriteDesc* const desc,
             const FhProgressFn progress,
             void* const user,
             FhRunFolder* const folder,
             FhDiag* const diag)
{
  FhStatus status = write_seats(run, folder, diag);
  if (!status) {
    status = write_microphones(run, folder, diag);
  }
  if (!status) {
    status = write_dead_zones(run, folder, diag);
  }
  if (!status && desc->maps) {
    status = fh_run_write_maps(run, progress, user, folder, diag);
  }
  if (!status && run->seats) {
    status = report_write(run, folder, diag);
  }
  if (!status) {
    status = write_run_index(run, desc, folder, diag);
  }
  if (!status && run->seats && desc->maps) {
    // From the tables themselves, so that paper and tables cannot differ
    status = write_pdf(folder, diag);
  }
  // Last, so that other ranks make some meanwhile; they are told of a failure
  if (has_responses(run, desc)) {
    status = write_responses(run, status, progress, user, folder, diag);
  } else if (run->desc.team) {
    status = team_meet(run->desc.team, status);
  }
  return status;
}

FhStatus
fh_run_help_write(const FhRun* const run, const FhRunWriteDesc* const desc)
{
  return has_responses(run, desc) ? help_responses(run)
                                  : team_meet(run->desc.team, FH_OK);
}
