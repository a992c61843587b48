// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_PLAN_H
#define FULLHOUSE_PLAN_H

#include "outline.h"

#include <fh/plot.h>
#include <fh/run.h>
#include <fh/run_record.h>

/// Panels at most; areas beyond share the last one
#define PLAN_MAX_PANELS 4u

/// An audience area of a plan
typedef struct {
  char name[FH_NAME_SIZE];
  double spacing_m;
} PlanArea;

/// Something drawn on a plan besides seats
typedef struct {
  char name[FH_NAME_SIZE];
  double at[3];  ///< World [m]
  double aim[2]; ///< Unit vector in plan, 0 where it looks nowhere
  bool muted;
} PlanMark;

/// Areas that can be seen from above without hiding each other
typedef struct {
  size_t n_seats;
  uint32_t* seat;         ///< [n_seats] indices; owned
  double low[2], high[2]; ///< Of the picture, world [m]
  double under, over;     ///< Heights of its ears [m]
  char title[160];
} PlanPanel;

/// The seats of a venue from above; one panel for each level of the house
typedef struct {
  char venue[FH_NAME_SIZE];
  size_t n_areas;
  PlanArea* area; ///< Owned
  size_t n_seats;
  double (*seat)[3]; ///< [n_seats] world [m]; owned
  uint32_t* area_of; ///< [n_seats]; owned
  size_t n_walls;
  double (*wall)[4];      ///< [n_walls] x, y of both ends [m]; owned
  double low[2], high[2]; ///< Of the room [m]
  size_t n_loudspeakers, n_microphones;
  PlanMark* loudspeaker; ///< Owned
  PlanMark* microphone;  ///< Owned
  size_t n_panels;
  PlanPanel panel[PLAN_MAX_PANELS];
  double* part[3]; ///< [n_seats] scratch of one panel; owned
} Plan;

/**
   Lay out the plan of a run.

   @param[out] out Owned by the caller, plan_clear(); zeroed on error.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
plan_from_run(const FhRun* run, Plan* out);

/// As plan_from_run(), of a run folder
FhStatus
plan_from_record(const FhRunRecord* record, Plan* out);

/// Free what a plan owns and zero it
void
plan_clear(Plan* plan);

/**
   Outline of some seats of one area, e.g. of a dead zone.

   @param seats [n] indices of seats.
   @param[out] out Owned by the caller, outline_clear(); zeroed on error.
*/
FhStatus
plan_outline(const Plan* plan, const uint32_t* seats, size_t n, Outline* out);

/**
   Size of a plan that fills as much as it can of a page.

   @param room_pt Width and height that there are [pt].
   @param[out] size_pt Width and height that it takes, scale included [pt].
*/
void
plan_size(const Plan* plan, const double room_pt[2], double size_pt[2]);

/// What is drawn on a plan
typedef struct {
  const double* value; ///< [n_seats], not finite for none; borrowed
  FhColourScale scale;
  double sign_from; ///< Values this far from 0 get a plus or a minus, so that
                    ///< grey tells them apart; 0 for no signs
  const Outline* outlines; ///< [n_outlines] drawn about seats, largest first;
                           ///< the first ones with a number; borrowed
  size_t n_outlines;
} PlanMap;

/**
   Draw a value of every seat, with the scale to the right.

   @param room_pt As for plan_size().
*/
void
plan_draw(cairo_t* cr,
          const Plan* plan,
          double left_pt,
          double top_pt,
          const double room_pt[2],
          const PlanMap* map);

/**
   Write one plan as a picture with a title into a run folder.

   @param name Within the folder, e.g. "maps/sti.png".
*/
FhStatus
plan_write(const Plan* plan,
           const char* title,
           const PlanMap* map,
           FhRunFolder* folder,
           const char* name,
           FhDiag* diag);

/// The value that `share` of the seats stay below; NaN where none has one
double
plan_quantile(const Plan* plan, const double* value, double share);

/**
   Scale of a level map: spans 18 dB, so that one glance at two pictures
   compares them; its top is a multiple of 3 dB that leaves 2 % of the seats
   above.
*/
FhColourScale
plan_level_scale(const Plan* plan, const double* value, const char* label);

#endif // FULLHOUSE_PLAN_H
