// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.h"

#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_OSC_PUBLIC = 256, OPTION_OSC_SEND, OPTION_CONVERT, OPTION_TRACE };

static const struct argp_option argp_options[] = {
  {"name", 'j', "NAME", 0, "Name of the JACK client (fullhouse)", 1},
  {"connect",
   'c',
   "WHAT",
   0,
   "Connect: `auto` takes capture 1-4 as programme left, right, microphone 1 "
   "and 2, and playback 1-2; or one port, e.g. mic_1=system:capture_3. May be "
   "given again",
   1},
  {"set",
   'p',
   "SYMBOL:VALUE",
   0,
   "Set a control, e.g. mode:2 or limit_db:2. May be given again",
   1},
  {"soundcheck",
   'b',
   "FILE",
   0,
   "Keep the soundcheck here: read at the start, written after a capture",
   1},
  {"weights",
   'w',
   "FILE",
   0,
   "Weights of the crowd network; `none` for the physics alone",
   1},
  {"export",
   'e',
   "FOLDER",
   0,
   "Keep the curve in FOLDER for equalisers that take files: FRD, REW, "
   "Equalizer APO, GraphicEQ, CamillaDSP, miniDSP. In mode suggest it is the "
   "suggestion, else what is in effect",
   1},
  {"convert",
   OPTION_CONVERT,
   "FILE",
   0,
   "Write the curve of FILE (FRD, REW or Open Sound Meter text) to the folder "
   "of --export in every form, and end",
   1},
  {"trace",
   OPTION_TRACE,
   "FILE",
   0,
   "Show this measurement (FRD, REW or Open Sound Meter text) in the window",
   2},
  {"no-window",
   'G',
   NULL,
   0,
   "No window: status on the terminal, or plain "
   "lines where there is none",
   2},
  {"list", 'l', NULL, 0, "List the controls with their ranges, and end", 2},
  {"quiet", 'q', NULL, 0, "Say nothing but errors", 2},
  {"osc",
   'O',
   "PORT",
   0,
   "Listen to OSC on this UDP port of this machine; 0 picks a free one",
   3},
  {"osc-public",
   OPTION_OSC_PUBLIC,
   NULL,
   0,
   "Let the whole network reach that port",
   3},
  {"osc-send",
   OPTION_OSC_SEND,
   "HOST:PORT",
   0,
   "Send OSC here without being asked. May be given again",
   3},
  {0}};

static const char argp_doc[] =
  "Keep a PA sounding as at the soundcheck while the house fills, as a client "
  "of JACK. PROFILE comes from `fullhouse profile`; without one it measures "
  "and equalises by hand."
  "\v"
  "OSC: /fullhouse/{enabled,mode,freeze,amount,apply,undo,panic,baseline,...} "
  "and every control of --list come in; /fullhouse/{state,occupancy,confidence,"
  "eq} go out at 5 Hz to whoever sent /fullhouse/subscribe.\n\n"
  "SIGTERM and Ctrl-C end it cleanly. Exit codes: 0 ended as told, 2 usage, 3 "
  "a file is bad, 4 no JACK server, or it has gone.";

static void
list_controls(void)
{
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    if (info->kind == FH_PORT_CONTROL_IN) {
      printf("%-18s %g to %g, default %g %s%s\n",
             info->symbol,
             (double)info->minimum,
             (double)info->maximum,
             (double)info->initial,
             info->unit,
             info->is_trigger ? "(trigger)" : "");
    }
  }
}

static bool
add(const char** list, unsigned* n, unsigned max, const char* text)
{
  if (*n == max) {
    return false;
  }
  list[(*n)++] = text;
  return true;
}

static error_t
parse_option(int key, char* arg, struct argp_state* state)
{
  Options* const options = state->input;
  char* end = NULL;
  switch (key) {
  case 'j':
    options->name = arg;
    return 0;
  case 'c':
    if (!add(options->connect, &options->n_connect, MAX_CONNECT, arg)) {
      argp_error(state, "too many --connect");
    }
    return 0;
  case 'p':
    if (!strchr(arg, ':') ||
        !add(options->set, &options->n_set, MAX_SET, arg)) {
      argp_error(state, "--set wants SYMBOL:VALUE, not `%s`", arg);
    }
    return 0;
  case 'b':
    options->soundcheck = arg;
    return 0;
  case 'w':
    options->weights = arg;
    return 0;
  case 'e':
    options->export_to = arg;
    return 0;
  case OPTION_CONVERT:
    options->convert = arg;
    return 0;
  case OPTION_TRACE:
    options->trace = arg;
    return 0;
  case 'G':
    options->no_window = true;
    return 0;
  case 'l':
    list_controls();
    exit(0); // NOLINT(concurrency-mt-unsafe): nothing runs yet
  case 'q':
    options->quiet = true;
    return 0;
  case 'O':
    options->osc_port = (int)strtol(arg, &end, 10);
    if (end == arg || *end || options->osc_port < 0 ||
        options->osc_port > 65535) {
      argp_error(state, "--osc wants a port from 0 to 65535, not `%s`", arg);
    }
    return 0;
  case OPTION_OSC_PUBLIC:
    options->osc_public = true;
    return 0;
  case OPTION_OSC_SEND:
    if (!add(options->send, &options->n_send, MAX_SEND, arg)) {
      argp_error(state, "too many --osc-send");
    }
    return 0;
  case ARGP_KEY_ARG:
    if (options->profile) {
      argp_error(state, "one PROFILE is enough");
    }
    options->profile = arg;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp live_argp =
  {argp_options, parse_option, "[PROFILE]", argp_doc, NULL, NULL, NULL};

void
options_parse(int argc, char** argv, Options* options)
{
  argp_program_version = "fullhouse-live " FULLHOUSE_VERSION;
  argp_err_exit_status = EXIT_USAGE;
  *options = (Options){.name = "fullhouse", .osc_port = -1};
  argp_parse(&live_argp, argc, argv, 0, NULL, options);
}
