// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_ARRAY_SESSION_H
#define FULLHOUSE_CLI_ARRAY_SESSION_H

#include "array.h"

#include <jansson.h>

/*
  A run of `fullhouse array`: what was asked for and what is open. Each part of
  the command has its file.
*/

/// Arrangements of subwoofers whose delays can be worked out
typedef enum {
  DESIGN_NONE,
  DESIGN_ARC,
  DESIGN_END_FIRE,
  DESIGN_CARDIOID
} ArrayDesign;

typedef struct {
  FhCommonOptions common;
  const char* venue;
  const char* folder; ///< Null: no pictures
  const char* arrays; ///< Names to show, or null for all arrays
  const char* on;     ///< Names that play, or null for all
  const char* off;    ///< Names that do not
  const char* maps;   ///< Frequencies and "dba"
  bool together;
  bool tone;
  bool free_field;
  FhInput input;
  double crest_db;
  ArrayDesign design;
  double arc_deg;
  size_t n_hz;
  double hz[ARRAY_MAX_HZ];
} ArrayOptions;

/// Everything that is open while the command runs
typedef struct {
  ArrayOptions options;
  FhVenue venue;
  FhScene scene;
  FhSources* sources;
  FhRaycaster* caster;
  ArrayStage stage;
  uint64_t mask; ///< Emitters that play
  float (*seats)[3];
  FhDirectField field;
  FhHeadroom headroom;
  FhDiag* diag;
} ArraySession;

/// Is an emitter among those to show?
bool
array_is_shown(const ArraySession* s, size_t e);

/// Print boxes, coverage and headroom of a view
void
array_print_view(const ArraySession* s, const ArrayView* view);

/// Print levels of the seats and what limits
void
array_print_seats(const ArraySession* s);

/// A view as JSON; owned by the caller
json_t*
array_json_view(const ArraySession* s, const ArrayView* view);

/// Print everything as JSON; takes over `arrays`
void
array_print_json(const ArraySession* s, json_t* arrays);

/// DIR/NAME-KIND.png with what file systems dislike replaced
void
array_picture_path(const ArraySession* s,
                   const char* name,
                   const char* kind,
                   char out[1400]);

/// Draw the maps that were asked for
FhStatus
array_draw_maps(const ArraySession* s);

/// Print delays and polarity of an arrangement of subwoofers
FhStatus
array_print_design(const ArraySession* s);

#endif // FULLHOUSE_CLI_ARRAY_SESSION_H
