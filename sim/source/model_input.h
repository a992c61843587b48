// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_MODEL_INPUT_H
#define FH_SOURCE_MODEL_INPUT_H

#include "family.h"

#include <fh/keys.h>

/*
  What a loudspeaker file says, before curves and patterns are made of it.
*/

#define MAX_POINTS 512
#define MAX_WAYS   8

/// A list of numbers
typedef struct {
  size_t n;
  double at[MAX_POINTS];
  const FhYamlNode* node;
} Numbers;

typedef struct {
  Numbers hz, db, phase_deg;
  char file[256];
} ResponseInput;

typedef struct {
  size_t n_ways;
  Way* ways; ///< Owned
} BoxInput;

typedef struct {
  double sphere_m, piston_m;
} DodecahedronInput;

typedef struct {
  double radius_m;
} PistonInput;

typedef struct {
  bool omni;
  BoxInput box;
  const FhYamlNode* box_node;
  DodecahedronInput dodecahedron;
  const FhYamlNode* dodecahedron_node;
  PistonInput piston;
  const FhYamlNode* piston_node;
  char balloon[256];
  const FhYamlNode* balloon_node;
  size_t measurement;
} PatternInput;

typedef struct {
  int version;
  char name[FH_NAME_SIZE];
  char description[256];
  char source[512];
  double size_m[3];
  double mass_kg;
  double splay_deg[2];
  bool has_splay;
  double sensitivity_db;
  ResponseInput response;
  bool linear_phase;
  double input_dbw;
  double max_spl_db;
  Numbers limit_db;
  PatternInput pattern;
} ModelInput;

/// The table of keys; fills a ModelInput
extern const FhSection model_section;

#endif // FH_SOURCE_MODEL_INPUT_H
