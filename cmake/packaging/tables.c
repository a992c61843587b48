// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "osc_section.h"
#include "shells.h"

#ifdef FULLHOUSE_LIVE
#  include "options.h"
#endif

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  What is made of the option tables of the programs beside their --help; a
  program of the build, not installed:

    fullhouse-tables bash|zsh|fish PROGRAM   completions
    fullhouse-tables list PROGRAM            every command, one a line
    fullhouse-tables pages PROGRAM           man pages: command|summary
    fullhouse-tables osc fullhouse-live      man page section on OSC
*/

// Commands of fullhouse-mpi
static const char* const mpi_names[] = {"simulate", "tour", NULL};

// Arguments that are files or folders; all others are numbers or words
static const struct {
  const char* name;
  ArgumentKind kind;
} argument_kinds[] = {
  {"DIR", ARGUMENT_FOLDER},
  {"FOLDER", ARGUMENT_FOLDER},
  {"RUN", ARGUMENT_FOLDER},
  {"FILE", ARGUMENT_FILE},
  {"FILE.fhp", ARGUMENT_FILE},
  {"HRTF", ARGUMENT_FILE},
  {"JSON", ARGUMENT_FILE},
  {"MEASURED", ARGUMENT_FILE},
  {"MODEL", ARGUMENT_FILE},
  {"PDF", ARGUMENT_FILE},
  {"PROFILE", ARGUMENT_FILE},
  {"RECORDING", ARGUMENT_FILE},
  {"SOFA", ARGUMENT_FILE},
  {"TOUR", ARGUMENT_FILE},
  {"VENUE", ARGUMENT_FILE},
  {"WAV", ARGUMENT_FILE},
  {"YAML", ARGUMENT_FILE},
  {"SYMBOL:VALUE", ARGUMENT_CONTROL},
};

static ArgumentKind
kind_of(const char* const argument)
{
  if (!argument) {
    return ARGUMENT_NONE;
  }
  for (size_t i = 0; i < sizeof(argument_kinds) / sizeof(argument_kinds[0]);
       ++i) {
    if (!strcmp(argument, argument_kinds[i].name)) {
      return argument_kinds[i].kind;
    }
  }
  return ARGUMENT_WORD;
}

// The first sentence of a description: a list has no room for more
static void
shorten(const char* const doc, char* const out, const size_t size)
{
  const char* const text = doc ? doc : "";
  size_t n = strlen(text);
  static const char* const ends[] = {"; ", " (default"};
  for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); ++i) {
    const char* const end = strstr(text, ends[i]);
    if (end && (size_t)(end - text) < n) {
      n = (size_t)(end - text);
    }
  }
  for (const char* end = text; (end = strstr(end, ". ")); ++end) {
    // Not the full stop of "e.g. this"
    if (isupper((unsigned char)end[2]) && (size_t)(end - text) < n) {
      n = (size_t)(end - text);
    }
  }
  snprintf(out, size, "%.*s", (int)n, text);
}

static void
add_option(Command* const command, const struct argp_option* const o)
{
  if (command->n_options == MAX_OPTIONS) {
    fprintf(stderr, "%s: too many options\n", command->path);
    exit(1);
  }
  Option* const out = &command->options[command->n_options++];
  out->name = o->name;
  out->letter =
    o->key > 0 && o->key < 128 && isprint(o->key) ? (char)o->key : '\0';
  out->argument = o->arg;
  out->kind = kind_of(o->arg);
  shorten(o->doc, out->doc, sizeof(out->doc));
}

static void
add_options(Command* const command, const struct argp* const argp)
{
  for (const struct argp_option* o = argp->options;
       o && (o->name || o->key || o->doc || o->group);
       ++o) {
    // Headings have no name; hidden ones stay so
    if (o->name && !(o->flags & (OPTION_HIDDEN | OPTION_DOC))) {
      add_option(command, o);
    }
  }
  for (const struct argp_child* c = argp->children; c && c->argp; ++c) {
    add_options(command, c->argp);
  }
}

static Command*
add_command(Program* const program,
            const char* const path,
            const char* const summary,
            const struct argp* const argp)
{
  if (program->n_commands == MAX_COMMANDS) {
    fprintf(stderr, "%s: too many commands\n", path);
    exit(1);
  }
  Command* const command = &program->commands[program->n_commands++];
  snprintf(command->path, sizeof(command->path), "%s", path);
  command->summary = summary;
  if (argp) {
    add_options(command, argp);
    command->takes_files = argp->args_doc && argp->args_doc[0];
    const struct argp_option usage = {
      "usage", 0, NULL, 0, "Give a short usage message", 0};
    add_option(command, &usage);
  }
  const struct argp_option help = {"help", 0, NULL, 0, "Explain and end", 0};
  add_option(command, &help);
  return command;
}

static void
add_commands(Program* const program,
             const char* const path,
             const FhCommand* const* const commands)
{
  for (const FhCommand* const* c = commands; *c; ++c) {
    char name[MAX_PATH_TEXT];
    snprintf(name, sizeof(name), "%s %s", path, (*c)->name);
    Command* const command =
      add_command(program, name, (*c)->summary, (*c)->argp);
    if ((*c)->subcommands) {
      command->is_group = true;
      add_commands(program, name, (*c)->subcommands);
    }
  }
}

static const FhCommand*
find_command(const char* const name)
{
  for (const FhCommand* const* c = fh_commands; *c; ++c) {
    if (!strcmp((*c)->name, name)) {
      return *c;
    }
  }
  return NULL;
}

static void
make_fullhouse(Program* const program)
{
  static const struct argp_option words[] = {
    {"help-venue", 0, NULL, 0, "Explain the venue file", 0},
    {"venue-schema", 0, NULL, 0, "Print its JSON Schema", 0},
    {"version", 'V', NULL, 0, "Print the version", 0}};
  Command* const top =
    add_command(program, "fullhouse", "Predict how a venue will sound", NULL);
  top->is_group = true;
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
    add_option(top, &words[i]);
  }
  add_commands(program, "fullhouse", fh_commands);
}

static bool
make_mpi(Program* const program)
{
  const FhCommand* commands[sizeof(mpi_names) / sizeof(mpi_names[0])] = {NULL};
  for (size_t i = 0; mpi_names[i]; ++i) {
    if (!(commands[i] = find_command(mpi_names[i]))) {
      return false;
    }
  }
  add_command(program, "fullhouse-mpi", "Fullhouse over MPI ranks", NULL)
    ->is_group = true;
  add_commands(program, "fullhouse-mpi", commands);
  return true;
}

static bool
make_program(Program* const program)
{
  if (!strcmp(program->name, "fullhouse")) {
    make_fullhouse(program);
    return true;
  }
  if (!strcmp(program->name, "fullhouse-mpi")) {
    return make_mpi(program);
  }
#ifdef FULLHOUSE_LIVE
  if (!strcmp(program->name, "fullhouse-live")) {
    Command* const top = add_command(
      program, "fullhouse-live", "The auto-EQ as a JACK client", &live_argp);
    const struct argp_option version = {
      "version", 'V', NULL, 0, "Print the version", 0};
    add_option(top, &version);
    return true;
  }
#endif
  return false;
}

static void
list(const Program* const program)
{
  for (size_t i = 0; i < program->n_commands; ++i) {
    puts(program->commands[i].path);
  }
}

// A summary as it stands in a man page: small, but for names in capitals
static void
pages(const Program* const program)
{
  for (size_t i = 0; i < program->n_commands; ++i) {
    const char* const text = program->commands[i].summary;
    const bool is_word = text[0] && !isupper((unsigned char)text[1]);
    printf("%s|%c%s\n",
           program->commands[i].path,
           is_word ? tolower((unsigned char)text[0]) : text[0],
           text + 1);
  }
}

int
main(int argc, char** argv)
{
  static const struct {
    const char* name;
    void (*write)(const Program* program);
  } shells[] = {{"bash", shells_bash},
                {"zsh", shells_zsh},
                {"fish", shells_fish},
                {"list", list},
                {"pages", pages},
                {"osc", osc_section}};
  static Program program;
  for (size_t i = 0; argc == 3 && i < sizeof(shells) / sizeof(shells[0]); ++i) {
    if (!strcmp(argv[1], shells[i].name)) {
      program.name = argv[2];
      if (!make_program(&program)) {
        break;
      }
      shells[i].write(&program);
      return fflush(stdout) ? 1 : 0;
    }
  }
  fprintf(stderr,
          "Usage: fullhouse-tables bash|zsh|fish|list|pages|osc PROGRAM\n");
  return 2;
}
