// SPDX-License-Identifier: GPL-3.0-or-later
#include "validate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_PARAMETERS = 0x2600, KEY_BANDS };

static const struct argp_option options_table[] = {
  {"parameters",
   KEY_PARAMETERS,
   "LIST",
   0,
   "Parameters that count, of t30,edt,d50,c80,ts,g,lf,t20,c50,lfc (default: "
   "the first seven)",
   2},
  {"bands",
   KEY_BANDS,
   "LOW-HIGH",
   0,
   "Octaves that count, e.g. 250-4000 (default: all that were measured)",
   2},
  {0}};

ValidateChoice
validate_choice_default(void)
{
  return (ValidateChoice){.quantities = FH_QUANTITIES_USUAL,
                          .high_band = FH_N_OCTAVES - 1};
}

static unsigned
parse_parameters(const struct argp_state* const state, const char* const list)
{
  unsigned set = 0;
  for (const char* at = list; *at;) {
    const size_t n = strcspn(at, ",");
    char word[16];
    FhQuantity quantity = FH_QUANTITY_T30;
    snprintf(word, sizeof word, "%.*s", (int)(n < 15 ? n : 15), at);
    if (!fh_quantity_find(word, &quantity)) {
      argp_error(state,
                 "no parameter '%s'; there are t30, edt, d50, c80, ts, g, lf, "
                 "t20, c50 and lfc",
                 word);
    }
    set |= 1u << quantity;
    at += n + (at[n] == ',');
  }
  if (!set) {
    argp_error(state, "--parameters names none");
  }
  return set;
}

static size_t
parse_band(const struct argp_state* const state,
           const char* const text,
           const size_t n)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (strlen(fh_octave_name(b)) == n &&
        !strncmp(fh_octave_name(b), text, n)) {
      return b;
    }
  }
  argp_error(state, "'%.*s' is no octave; there are 63 to 8000", (int)n, text);
  return 0;
}

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  ValidateChoice* const o = (ValidateChoice*)state->input;
  const char* dash = NULL;
  switch (key) {
  case KEY_PARAMETERS:
    o->quantities = parse_parameters(state, arg);
    return 0;
  case KEY_BANDS:
    dash = strchr(arg, '-');
    o->low_band =
      parse_band(state, arg, dash ? (size_t)(dash - arg) : strlen(arg));
    o->high_band =
      dash ? parse_band(state, dash + 1, strlen(dash + 1)) : o->low_band;
    if (o->high_band < o->low_band) {
      argp_error(state, "--bands '%s' ends before it begins", arg);
    }
    return 0;
  case ARGP_KEY_ARG:
    if (o->measured) {
      argp_error(state, "'%s' is one argument too many", arg);
    }
    *(o->venue ? &o->measured : &o->venue) = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o->measured) {
      argp_error(state, "name a venue and what was measured in it");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp validate_choice_argp =
  {options_table, parse_option, NULL, NULL, NULL, NULL, NULL};
