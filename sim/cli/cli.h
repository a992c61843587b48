// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_H
#define FULLHOUSE_CLI_H

#include <fh/diag.h>
#include <fh/status.h>

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Exit codes, the same for every command
typedef enum {
  FH_EXIT_OK = 0,
  FH_EXIT_NO = 1, ///< The answer is "no" (a check failed)
  FH_EXIT_USAGE = 2,
  FH_EXIT_BAD_INPUT = 3,
  FH_EXIT_NO_RESOURCE = 4, ///< Memory, disk or device
  FH_EXIT_INTERRUPTED = 130
} FhExit;

typedef struct FhCommandImpl FhCommand;

/// A command of the program; the tables also make completions and man pages
struct FhCommandImpl {
  const char* name;                    ///< As typed
  const char* summary;                 ///< One line for the list of commands
  const struct argp* argp;             ///< Options, arguments, long description
  int (*run)(int argc, char** argv);   ///< argv[0] is "fullhouse NAME"; FhExit
  const FhCommand* const* subcommands; ///< Null-ended, or null for none
};

/**
   Run the subcommand that argv[1] names, or say what there is.

   For `run` of a command with subcommands, and for the program itself.

   @param program What the user typed so far, e.g. "fullhouse ir".
   @param about One paragraph for `--help`.
   @param commands Null-ended table.
   @return The command's exit code, #FH_EXIT_USAGE for an unknown name.
*/
int
fh_cli_dispatch(const char* program,
                const char* about,
                const FhCommand* const* commands,
                int argc,
                char** argv);

/// Options that every command shares; put `fh_common_argp` among its children
typedef struct {
  bool json;          ///< Result as JSON on stdout
  bool quiet;         ///< No talk on stderr but warnings and errors
  unsigned n_threads; ///< 0: all processors
  uint64_t seed;      ///< 1 unless given
} FhCommonOptions;

/// argp child whose input is an FhCommonOptions (--json --quiet --threads
/// --seed)
extern const struct argp fh_common_argp;

/// The common options as the only children of a command
extern const struct argp_child fh_common_children[];

/// Defaults of the common options
FhCommonOptions
fh_common_options_default(void);

/// Parse with argp; exits with #FH_EXIT_USAGE itself where the usage is wrong
void
fh_cli_parse(const struct argp* argp, int argc, char** argv, void* input);

/// A number of an option within a range, or a usage error
double
fh_cli_number(const struct argp_state* state,
              const char* name,
              const char* text,
              double low,
              double high);

/// Take `arg` as the one WHAT of a command, or a usage error if it has one
void
fh_cli_one(const struct argp_state* state,
           const char* what,
           const char* arg,
           const char** out);

/// Print every finding to stderr as `file:line:column: error: text`
void
fh_cli_print_diag(const FhDiag* diag, bool quiet);

/// Print one error line to stderr: "fullhouse: error: ..."
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void
fh_cli_error(const char* format, ...);

/**
   Print a result as JSON on stdout; fh_cli_finish() tells of failures.

   @param root Freed; null is one that there was no memory for.
   @param digits Significant ones of its numbers, 17 for all.
*/
void
fh_cli_print_json(json_t* root, size_t digits);

/// The exit code of the program: `code`, or #FH_EXIT_NO_RESOURCE with a message
/// where stdout lacks a part of the result
int
fh_cli_finish(int code);

/// Talk on stderr, unless quiet
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void
fh_cli_say(const FhCommonOptions* options, const char* format, ...);

/// Exit code that belongs to a status
FhExit
fh_cli_exit_code(FhStatus status);

/// Progress with time left, on stderr where it is a terminal
typedef struct {
  bool enabled;
  char stage[64];
  double started_s; ///< When the stage began
  double shown_s;   ///< When a line was last shown
} FhProgress;

/// Start; nothing is shown when quiet or stderr is no terminal
void
fh_progress_init(FhProgress* progress, const FhCommonOptions* options);

/// An FhProgressFn: shows the stage, and answers false after Ctrl-C
bool
fh_progress_step(void* progress, const char* stage, double fraction);

/// Remove the progress line
void
fh_progress_end(FhProgress* progress);

/// Catch Ctrl-C and SIGTERM: the first asks to stop, the second ends at once
void
fh_cli_catch_signals(void);

/// True after the first Ctrl-C or SIGTERM
bool
fh_cli_interrupted(void);

/// Seconds from a monotonic clock
double
fh_cli_now_s(void);

#endif // FULLHOUSE_CLI_H
