// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_DRAFT_H
#define FULLHOUSE_CROWD_DRAFT_H

#include "generate.h"
#include "mesh_builder.h"

/*
  A random venue while it is drawn.
*/

/// What a class looks like; ranges are [low, high]
typedef struct {
  const char* name;
  double volume_m3[2];
  double height_share; ///< Height over the cube root of the volume
  double height_m[2];
  double absorption[2]; ///< Of walls and ceiling, mean
  double standing[2];   ///< Share of the floor where people stand
  double persons_m2[2]; ///< Standing, when full
  double rake[2];       ///< Rise over run of the main floor
  double balcony;       ///< Probability of a rear balcony
  double seats[5];      ///< Probability of each FhSeatClass
} ClassTable;

/// What has been drawn so far
typedef struct {
  const ClassTable* table;
  CrowdRandom* random;
  FhVenue* venue;
  MeshBuilder mesh;
  double width, depth, height; ///< From the stage's front to the rear wall [m]
  double stage_depth, stage_height;
  double rake;
  double floor_end; ///< Where tiers or a balcony begin [m]
  bool open_air, seated;
  FhSeatClass seat;
} Draft;

/// A number from [low, high), `low` where there is no more than that
double
draft_within(CrowdRandom* random, const double range[2]);

/// Draw surfaces and audience: stage, shell, floors, balconies, tiers
void
draft_geometry(Draft* draft, CrowdClass klass);

#endif // FULLHOUSE_CROWD_DRAFT_H
