// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"
#include "files.h"

#include <fh/venue_profile.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_ERROR = 0x2100, KEY_RAYS, KEY_SEATS };

typedef struct {
  FhCommonOptions common;
  const char* venue;
  const char* output;
  FhVenueProfileDesc desc;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "FILE.fhp", 0, "The profile to write", 1},
  {"error",
   KEY_ERROR,
   "DB",
   0,
   "Standard error of empty-to-full differences per octave (default: 0.1)",
   2},
  {"rays", KEY_RAYS, "N", 0, "Trace N rays per loudspeaker instead", 2},
  {"seats",
   KEY_SEATS,
   "N",
   0,
   "Seats that stand for the audience (default: 64)",
   2},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case 'o':
    o->output = arg;
    return 0;
  case KEY_ERROR:
    o->desc.error_db = fh_cli_number(state, "error", arg, 0.01, 10.0);
    return 0;
  case KEY_RAYS:
    o->desc.n_rays = (uint64_t)fh_cli_number(state, "rays", arg, 1024.0, 1e8);
    return 0;
  case KEY_SEATS:
    o->desc.n_seats = (size_t)fh_cli_number(state, "seats", arg, 1.0, 1024.0);
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "venue", arg, &o->venue);
    return 0;
  case ARGP_KEY_END:
    if (!o->venue || !o->output) {
      argp_error(state, "give a VENUE and -o FILE.fhp");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp profile_argp = {
  options_table,
  parse_option,
  "VENUE",
  "Tell the auto-EQ what it needs to know of a venue, empty to full: what its "
  "microphones and its audience hear at 0, 25, 50, 75 and 100 % occupancy."
  "\vAll five states come from one trace, so that their differences are "
  "sharper than the levels themselves.",
  fh_common_children,
  NULL,
  NULL};

static json_t*
row(const float values[FH_N_OCTAVES])
{
  json_t* const array = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(array, json_real((double)values[b]));
  }
  return array;
}

static void
print_json(const FhProfile* const p)
{
  json_t* const states = json_array();
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    json_array_append_new(states,
                          json_pack("{s:f, s:o, s:o, s:o, s:o, s:o}",
                                    "occupancy",
                                    (double)p->occupancy[s],
                                    "level_db",
                                    row(p->total_db[s]),
                                    "early_db",
                                    row(p->early_db[s]),
                                    "t20_s",
                                    row(p->t20_s[s]),
                                    "edt_s",
                                    row(p->edt_s[s]),
                                    "added_absorption_m2",
                                    row(p->added_m2[s])));
  }
  json_t* const root = json_pack("{s:s, s:s, s:f, s:o, s:o}",
                                 "venue",
                                 p->venue,
                                 "hash",
                                 p->hash,
                                 "capacity",
                                 p->capacity,
                                 "difference_se_db",
                                 row(p->difference_se_db),
                                 "states",
                                 states);
  fh_cli_print_json(root, 6);
}

static void
print_row(const char* const label, const float* const x, const int decimals)
{
  printf("  %-22s", label);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %7.*f", decimals, (double)x[b]);
  }
  putchar('\n');
}

static void
print_table(const FhProfile* const p, const char* const path)
{
  const size_t full = FH_PROFILE_STATES - 1;
  float change[FH_N_OCTAVES];
  float early[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    change[b] = p->total_db[full][b] - p->total_db[0][b];
    early[b] = p->early_db[full][b] - p->early_db[0][b];
  }
  printf("%s: %.0f persons, %zu microphone%s\n",
         p->venue,
         p->capacity,
         p->n_mics,
         p->n_mics == 1 ? "" : "s");
  printf("  %-22s", "Octave [Hz]");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %7s", fh_octave_name(b));
  }
  putchar('\n');
  print_row("T20 empty [s]", p->t20_s[0], 2);
  print_row("T20 full [s]", p->t20_s[full], 2);
  print_row("Level change [dB]", change, 2);
  print_row("Early change [dB]", early, 2);
  print_row("Its standard error", p->difference_se_db, 2);
  printf("Written: %s. Load it into the auto-EQ.\n", path);
}

static int
run(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .desc = fh_venue_profile_desc_default()};
  fh_cli_parse(&profile_argp, argc, argv, &o);
  fh_cli_catch_signals();
  o.desc.seed = o.common.seed;
  o.desc.n_threads = o.common.n_threads;

  FhDiag* const diag = fh_diag_new();
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  FhProfile* profile = NULL;
  FhStatus status = fh_venue_read(o.venue, &venue, diag);
  if (!status) {
    FhProgress progress;
    fh_progress_init(&progress, &o.common);
    status = fh_venue_profile_make(
      &venue, &o.desc, fh_progress_step, &progress, &profile, diag);
    fh_progress_end(&progress);
  }
  fh_cli_print_diag(diag, o.common.quiet);
  void* bytes = NULL;
  size_t size = 0;
  if (!status) {
    status = fh_profile_serialise(profile, &bytes, &size);
  }
  if (!status && !fh_cli_write_file(o.output, bytes, size)) {
    fh_cli_error("%s: %s; choose another place for the profile",
                 o.output,
                 strerror(errno));
    status = FH_ERR_IO;
  } else if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted; nothing was written");
  } else if (status && !fh_diag_count(diag, FH_DIAG_ERROR)) {
    fh_cli_error("%s: %s", o.venue, fh_strerror(status));
  } else if (!status && o.common.json) {
    print_json(profile);
  } else if (!status) {
    print_table(profile, o.output);
  }
  free(bytes);
  fh_profile_free(profile);
  fh_venue_clear(&venue);
  fh_diag_free(diag);
  return (int)(status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE
                                   : fh_cli_exit_code(status));
}

const FhCommand fh_profile_command = {"profile",
                                      "Make the venue profile of the auto-EQ",
                                      &profile_argp,
                                      run,
                                      NULL};
