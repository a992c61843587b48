// SPDX-License-Identifier: GPL-3.0-or-later
#include "shells.h"

#include "ports.h"

#include <stdio.h>
#include <string.h>

/*
  How bash, zsh and fish want to be told. Every name comes from the tables and
  is plain; only descriptions need quotes.
*/

const char*
shells_child(const Command* const group, const Command* const command)
{
  const size_t n = strlen(group->path);
  if (strncmp(command->path, group->path, n) != 0 || command->path[n] != ' ' ||
      strchr(command->path + n + 1, ' ')) {
    return NULL;
  }
  return command->path + n + 1;
}

// A function's name must not hold spaces or dashes
static void
print_identifier(const char* const path)
{
  for (const char* c = path; *c; ++c) {
    putchar(*c == ' ' || *c == '-' ? '_' : *c);
  }
}

static bool
needs_controls(const Command* const command)
{
  for (size_t i = 0; i < command->n_options; ++i) {
    if (command->options[i].kind == ARGUMENT_CONTROL) {
      return true;
    }
  }
  return false;
}

static void
print_controls(const char* const colon)
{
  const char* before = "";
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    if (info->kind == FH_PORT_CONTROL_IN) {
      printf("%s%s%s", before, info->symbol, colon);
      before = " ";
    }
  }
}

// -- bash

static void
bash_arguments(const Command* const command, const ArgumentKind kind)
{
  const char* before = "";
  for (size_t i = 0; i < command->n_options; ++i) {
    const Option* const o = &command->options[i];
    if (o->kind == kind) {
      printf("%s--%s", before, o->name);
      before = "|";
      if (o->letter) {
        printf("|-%c", o->letter);
      }
    }
  }
}

static void
bash_kinds(const Command* const command)
{
  static const char* const names[] = {
    [ARGUMENT_WORD] = "word",
    [ARGUMENT_FILE] = "file",
    [ARGUMENT_FOLDER] = "folder",
    [ARGUMENT_CONTROL] = "control",
  };
  bool has_any = false;
  for (int kind = ARGUMENT_WORD; kind <= ARGUMENT_CONTROL; ++kind) {
    bool is_used = false;
    for (size_t i = 0; i < command->n_options; ++i) {
      is_used = is_used || (int)command->options[i].kind == kind;
    }
    if (is_used) {
      printf("%s", has_any ? "" : "      case $prev in\n");
      printf("        ");
      bash_arguments(command, (ArgumentKind)kind);
      printf(") kind='%s' ;;\n", names[kind]);
      has_any = true;
    }
  }
  if (has_any) {
    printf("      esac\n");
  }
}

static void
bash_command(const Program* const program, const Command* const command)
{
  printf("    '%s')\n      options='", command->path);
  for (size_t i = 0; i < command->n_options; ++i) {
    printf("%s--%s", i ? " " : "", command->options[i].name);
  }
  printf("'\n");
  if (command->is_group) {
    printf("      words='");
    const char* before = "";
    for (size_t i = 0; i < program->n_commands; ++i) {
      const char* const child = shells_child(command, &program->commands[i]);
      if (child) {
        printf("%s%s", before, child);
        before = " ";
      }
    }
    printf("'\n      kind='command'\n");
  } else {
    printf("      kind='%s'\n", command->takes_files ? "file" : "word");
  }
  if (needs_controls(command)) {
    printf("      words='");
    print_controls(":");
    printf("'\n");
  }
  bash_kinds(command);
  printf("      ;;\n");
}

void
shells_bash(const Program* const program)
{
  printf("# bash completion of %s, made from its option tables\n_",
         program->name);
  print_identifier(program->name);
  printf(
    "()\n{\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "  local at=%s kind options words='' i\n"
    "  # `--name=value` comes as three words, `symbol:value` too\n"
    "  if [[ $cur == [=:] ]]; then cur=''\n"
    "  elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
    "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
    "    case \"$at ${COMP_WORDS[i]}\" in\n",
    program->name);
  for (size_t i = 1; i < program->n_commands; ++i) {
    printf("      %s'%s'", i > 1 ? "| " : "", program->commands[i].path);
    printf(" %s\n", i + 1 < program->n_commands ? "\\" : ")");
  }
  printf("%s      *) break ;;\n    esac\n  done\n  case $at in\n",
         program->n_commands > 1 ? "        at+=\" ${COMP_WORDS[i]}\" ;;\n"
                                 : "");
  for (size_t i = 0; i < program->n_commands; ++i) {
    bash_command(program, &program->commands[i]);
  }
  printf(
    "  esac\n"
    "  COMPREPLY=()\n"
    "  case $kind in\n"
    "    command | file | word)\n"
    "      if [[ $cur == -* ]]; then words=$options kind='command'; fi ;;\n"
    "  esac\n"
    "  case $kind in\n"
    "    command) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
    "\"$cur\") ;;\n"
    "    control)\n"
    "      mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "      compopt -o nospace 2>/dev/null ;;\n"
    "    folder)\n"
    "      mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "      compopt -o filenames 2>/dev/null ;;\n"
    "    file)\n"
    "      mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "      compopt -o filenames 2>/dev/null ;;\n"
    "  esac\n"
    "  return 0\n"
    "}\ncomplete -F _");
  print_identifier(program->name);
  printf(" %s\n", program->name);
}

// -- zsh

// Within single quotes; colons and brackets end a part of a specification
static void
zsh_text(const char* const text)
{
  for (const char* c = text; *c; ++c) {
    if (*c == '\'') {
      printf("'\\''");
    } else {
      if (strchr("[]:\\", *c)) {
        putchar('\\');
      }
      putchar(*c);
    }
  }
}

static void
zsh_action(const ArgumentKind kind)
{
  switch (kind) {
  case ARGUMENT_FILE:
    printf("_files");
    break;
  case ARGUMENT_FOLDER:
    printf("_files -/");
    break;
  case ARGUMENT_CONTROL:
    printf("{compadd -S \"\" -- ");
    print_controls("\\:"); // A bare colon would end the action
    printf("}");
    break;
  case ARGUMENT_NONE:
  case ARGUMENT_WORD:
    printf(" ");
    break;
  }
}

static void
zsh_option(const Option* const o)
{
  // With both forms: '(-o --output)'{-o,--output=}'[text]:RUN:_files'
  printf(" \\\n      ");
  const char* const equals = o->argument ? "=" : "";
  if (o->letter) {
    printf(
      "{-%c%s,--%s%s}'[", o->letter, o->argument ? "+" : "", o->name, equals);
  } else {
    printf("'--%s%s[", o->name, equals);
  }
  zsh_text(o->doc);
  printf("]");
  if (o->argument) {
    printf(":");
    zsh_text(o->argument);
    printf(":");
    zsh_action(o->kind);
  }
  printf("'");
}

static void
zsh_command(const Program* const program, const Command* const command)
{
  printf("_");
  print_identifier(command->path);
  printf("()\n{\n");
  if (command->is_group) {
    printf("  local -a commands=(\n");
    for (size_t i = 0; i < program->n_commands; ++i) {
      const char* const child = shells_child(command, &program->commands[i]);
      if (child) {
        printf("    '%s:", child);
        zsh_text(program->commands[i].summary);
        printf("'\n");
      }
    }
    printf("  )\n  local curcontext=$curcontext state line\n");
  }
  printf("  _arguments -s%s", command->is_group ? " -C" : "");
  for (size_t i = 0; i < command->n_options; ++i) {
    zsh_option(&command->options[i]);
  }
  if (command->is_group) {
    printf(" \\\n      '1:command:->command' '*::argument:->argument'\n"
           "  case $state in\n"
           "    command) _describe command commands ;;\n"
           "    argument)\n"
           "      case $line[1] in\n");
    for (size_t i = 0; i < program->n_commands; ++i) {
      const char* const child = shells_child(command, &program->commands[i]);
      if (child) {
        printf("        %s) _", child);
        print_identifier(program->commands[i].path);
        printf(" ;;\n");
      }
    }
    printf("      esac ;;\n  esac\n}\n\n");
  } else {
    printf("%s\n}\n\n",
           command->takes_files ? " \\\n      '*:file:_files'" : "");
  }
}

void
shells_zsh(const Program* const program)
{
  printf("#compdef %s\n# Made from the program's option tables\n\n",
         program->name);
  for (size_t i = program->n_commands; i-- > 0;) {
    zsh_command(program, &program->commands[i]);
  }
  printf("_");
  print_identifier(program->name);
  printf(" \"$@\"\n");
}

// -- fish

static void
fish_text(const char* const text)
{
  putchar('\'');
  for (const char* c = text; *c; ++c) {
    if (*c == '\'' || *c == '\\') {
      putchar('\\');
    }
    putchar(*c);
  }
  putchar('\'');
}

// Begin a line that holds where the words so far are those of `command`
static void
fish_begin(const Program* const program, const Command* const command)
{
  printf("complete -c %s -n '__", program->name);
  print_identifier(program->name);
  printf("_is%s%s' ",
         command->is_group ? " only" : " at",
         command->path + strlen(program->name));
}

static void
fish_option(const Option* const o)
{
  printf("-l %s ", o->name);
  if (o->letter) {
    printf("-s %c ", o->letter);
  }
  switch (o->kind) {
  case ARGUMENT_NONE:
    break;
  case ARGUMENT_WORD:
    printf("-x ");
    break;
  case ARGUMENT_FILE:
    printf("-r -F ");
    break;
  case ARGUMENT_FOLDER:
    printf("-x -a '(__fish_complete_directories)' ");
    break;
  case ARGUMENT_CONTROL:
    printf("-x -a '");
    print_controls(":");
    printf("' ");
    break;
  }
  printf("-d ");
  fish_text(o->doc);
  putchar('\n');
}

void
shells_fish(const Program* const program)
{
  printf(
    "# fish completion of %s, made from its option tables\n"
    "# True if the words so far begin with (at), or are (only), those given\n"
    "function __",
    program->name);
  print_identifier(program->name);
  printf("_is\n"
         "    set -l words (commandline -opc)\n"
         "    set -e words[1]\n"
         "    set -l how $argv[1]\n"
         "    set -e argv[1]\n"
         "    if test $how = only; and test (count $words) -ne (count $argv)\n"
         "        return 1\n"
         "    end\n"
         "    for i in (seq (count $argv))\n"
         "        test \"$words[$i]\" = \"$argv[$i]\"; or return 1\n"
         "    end\n"
         "end\n"
         "complete -c %s -f\n",
         program->name);
  for (size_t i = 0; i < program->n_commands; ++i) {
    const Command* const command = &program->commands[i];
    for (size_t k = 0; command->is_group && k < program->n_commands; ++k) {
      const char* const child = shells_child(command, &program->commands[k]);
      if (child) {
        fish_begin(program, command);
        printf("-a %s -d ", child);
        fish_text(program->commands[k].summary);
        putchar('\n');
      }
    }
    if (command->takes_files) {
      fish_begin(program, command);
      printf("-F\n");
    }
    for (size_t k = 0; k < command->n_options; ++k) {
      fish_begin(program, command);
      fish_option(&command->options[k]);
    }
  }
}
