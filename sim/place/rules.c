// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <stdbool.h>
#include <string.h>

static bool
is_named(const FhPlacementRule* const rule, const char* const name)
{
  for (size_t i = 0; i < rule->n_move; ++i) {
    if (!strcmp(rule->move[i], name)) {
      return true;
    }
  }
  return false;
}

static bool
is_array(const FhVenue* const venue, const char* const name)
{
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    if (!strcmp(venue->arrays[i].name, name)) {
      return true;
    }
  }
  return false;
}

/// Whether a rule moves both arrays and single loudspeakers
static bool
is_mixed(const FhVenue* const venue, const FhPlacementRule* const rule)
{
  size_t n_arrays = 0;
  for (size_t i = 0; i < rule->n_move; ++i) {
    n_arrays += is_array(venue, rule->move[i]);
  }
  return n_arrays && (n_arrays < rule->n_move || rule->add_max);
}

/// What a rule asks that cannot be, and how to mend it; null for nothing
static const char*
fault_of(const FhVenue* const venue, const FhPlacementRule* const rule)
{
  const bool ranges = rule->has_within || rule->has_yaw || rule->has_pitch ||
                      rule->has_delay || rule->has_gain || rule->has_splay ||
                      rule->n_models;
  if (rule->n_move && !ranges) {
    return "changes nothing; give a range, e.g. 'pitch_deg: [-30, 0]', "
           "or 'models'";
  }
  if (!rule->n_move && !rule->add_max) {
    return "moves and adds nothing; name loudspeakers in 'move' or give "
           "'add: {model: .., max: ..}'";
  }
  if (rule->n_move > MAX_MEMBERS) {
    return "moves more than 16 loudspeakers; split it";
  }
  if (rule->n_models && is_mixed(venue, rule)) {
    return "chooses among 'models' for arrays and single loudspeakers alike; "
           "split it";
  }
  if (rule->mirror && rule->n_move == 1) {
    return "mirrors one loudspeaker; name its partner in 'move' too";
  }
  if (rule->add_max && !rule->has_within) {
    return "adds loudspeakers nowhere; say where with 'within'";
  }
  if (rule->add_max && (size_t)rule->add_max < rule_unit(rule)) {
    return "adds in pairs because of 'mirror', but 'max' is 1; make it 2";
  }
  return NULL;
}

static void
check_rule(const FhVenue* const venue,
           const size_t r,
           FhDiag* const diag,
           size_t* const n_faults)
{
  const FhPlacementRule* const rule = &venue->placement[r];
  const char* const fault = fault_of(venue, rule);
  if (fault) {
    ++*n_faults;
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                rule->line,
                0,
                "placement rule %zu %s",
                r + 1,
                fault);
  }
  for (size_t i = 0; i < rule->n_move; ++i) {
    for (size_t other = 0; other < r; ++other) {
      if (is_named(&venue->placement[other], rule->move[i])) {
        ++*n_faults;
        fh_diag_add(diag,
                    FH_DIAG_ERROR,
                    venue->path,
                    rule->line,
                    0,
                    "placement rules %zu and %zu both move '%s'; keep it in "
                    "one of them",
                    other + 1,
                    r + 1,
                    rule->move[i]);
      }
    }
    if (rule->has_splay && !is_array(venue, rule->move[i])) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  venue->path,
                  rule->line,
                  0,
                  "'splay_deg' of placement rule %zu means nothing to '%s', "
                  "which is no array",
                  r + 1,
                  rule->move[i]);
    }
  }
}

FhStatus
rules_check(const FhVenue* const venue, FhDiag* const diag)
{
  size_t n_faults = 0;
  if (!venue->n_placement) {
    ++n_faults;
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "nothing may be moved; say what may under 'placement:' (see "
                "'fullhouse --help-venue')");
  }
  if (!venue->n_audience) {
    ++n_faults;
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "there is no audience to place loudspeakers for; add "
                "'audience:'");
  }
  for (size_t r = 0; r < venue->n_placement; ++r) {
    check_rule(venue, r, diag, &n_faults);
  }
  return n_faults ? FH_ERR_INVALID_DATA : FH_OK;
}
