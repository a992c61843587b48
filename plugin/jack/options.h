// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_JACK_OPTIONS_H
#define FULLHOUSE_JACK_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#define MAX_SET     64
#define MAX_CONNECT 32
#define MAX_SEND    8

// Exit codes, as those of fullhouse
enum { EXIT_USAGE = 2, EXIT_BAD_INPUT = 3, EXIT_NO_RESOURCE = 4 };

/// What was asked for on the command line
typedef struct {
  const char* profile;
  const char* name;
  const char* weights;
  const char* soundcheck;
  const char* export_to;
  const char* convert;
  const char* trace;
  const char* set[MAX_SET];
  const char* connect[MAX_CONNECT];
  const char* send[MAX_SEND];
  unsigned n_set, n_connect, n_send;
  int osc_port; ///< -1: none
  bool osc_public;
  bool no_window;
  bool quiet;
} Options;

/// The options and their words; for `--help`, man pages and completions
extern const struct argp live_argp;

/// Read the command line; ends the program for `--help` or wrong use
void
options_parse(int argc, char** argv, Options* options);

#endif // FULLHOUSE_JACK_OPTIONS_H
