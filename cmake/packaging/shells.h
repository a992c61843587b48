// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SHELLS_H
#define FULLHOUSE_SHELLS_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_COMMANDS  64u
#define MAX_OPTIONS   64u
#define MAX_PATH_TEXT 64u

/// What an option takes
typedef enum {
  ARGUMENT_NONE,
  ARGUMENT_WORD, ///< A number or word that only the user knows
  ARGUMENT_FILE,
  ARGUMENT_FOLDER,
  ARGUMENT_CONTROL ///< SYMBOL:VALUE of a control of the auto-EQ
} ArgumentKind;

typedef struct {
  const char* name;     ///< Without dashes
  char letter;          ///< Of the short form, 0 for none
  const char* argument; ///< As in --help, null for none
  ArgumentKind kind;
  char doc[160];
} Option;

/// A program or a command of it
typedef struct {
  char path[MAX_PATH_TEXT]; ///< As typed, e.g. "fullhouse ir analyze"
  const char* summary;
  bool is_group;    ///< A command must follow
  bool takes_files; ///< Arguments are files or folders
  Option options[MAX_OPTIONS];
  size_t n_options;
} Command;

/// A program with all its commands, each group before its own
typedef struct {
  const char* name;
  Command commands[MAX_COMMANDS];
  size_t n_commands;
} Program;

/// Write the completion of a program to stdout
void
shells_bash(const Program* program);

/// The same for zsh
void
shells_zsh(const Program* program);

/// The same for fish
void
shells_fish(const Program* program);

/// Name of a child of `group`, null if `command` is none
const char*
shells_child(const Command* group, const Command* command);

#endif // FULLHOUSE_SHELLS_H
