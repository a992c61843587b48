// SPDX-License-Identifier: GPL-3.0-or-later
#include "check_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Densities that nobody stands or sits at [1/m2]
#define MOST_STANDING 7.0
#define MOST_SEATED   4.0

/// What was found out about the seats of an area
typedef struct {
  size_t n, n_out, n_close, n_raised;
  float out_at[3], close_at[3];
  double raised_m;
} AreaSeats;

static void
look_from_seat(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               const FhSeat* const seat,
               AreaSeats* const area)
{
  unsigned n_out = 0;
  const float nearest = check_nearest_surface(caster, seat->at, &n_out);
  ++area->n;
  if (scene->closed && n_out > CHECK_MOST_OPEN) {
    if (!area->n_out++) {
      memcpy(area->out_at, seat->at, sizeof area->out_at);
    }
  } else if (nearest < 0.05f) {
    if (!area->n_close++) {
      memcpy(area->close_at, seat->at, sizeof area->close_at);
    }
  }
  // A second floor a chair's height under the first; a slab's underside faces
  // down and is none
  static const float down[3] = {0.0f, 0.0f, -1.0f};
  const float ear_m =
    (float)fh_crowd_ear_m(venue->audience[seat->area].posture);
  const float under[3] = {
    seat->at[0], seat->at[1], seat->at[2] - ear_m - 0.02f};
  FhHit hit;
  fh_raycast(caster, under, down, 0.0f, 1.6f, &hit);
  if (hit.triangle != FH_NO_HIT && hit.distance_m > 0.25f &&
      scene->kind[hit.triangle] == FH_SURFACE_PLAIN &&
      scene->normal[hit.triangle][2] > 0.9f) {
    area->raised_m += (double)hit.distance_m;
    ++area->n_raised;
  }
}

static void
judge_area(const FhVenue* const venue,
           const FhScene* const scene,
           const size_t a,
           const double plan_m2,
           const AreaSeats* const seats,
           FhDiag* const diag)
{
  const FhAudience* const area = &venue->audience[a];
  double at[3];
  if (seats->n_out) {
    fh_scene_to_world(scene, seats->out_at, at);
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "audience \"%s\": %zu of %zu seats are outside the room, the "
                "first at (%.2f, %.2f, %.2f); draw the area within the walls",
                area->name,
                seats->n_out,
                seats->n,
                at[0],
                at[1],
                at[2]);
  }
  if (seats->n_close) {
    fh_scene_to_world(scene, seats->close_at, at);
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "audience \"%s\": %zu of %zu seats are in a wall or within "
                "5 cm of one, the first at (%.2f, %.2f, %.2f); draw the area "
                "smaller",
                area->name,
                seats->n_close,
                seats->n,
                at[0],
                at[1],
                at[2]);
  }
  if (2 * seats->n_raised > seats->n) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "audience \"%s\" lies %.2f m over a floor: its surface should "
                "be the floor itself, ears and heads are added to it",
                area->name,
                seats->raised_m / (double)seats->n_raised);
  }
  const double density = area->capacity / plan_m2;
  const double most =
    area->posture == FH_POSTURE_STANDING ? MOST_STANDING : MOST_SEATED;
  if (!(density <= most)) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "audience \"%s\": %.0f persons on %.1f m2 are %.1f per m2; "
                "check `capacity` and the area",
                area->name,
                area->capacity,
                plan_m2,
                density);
  }
}

FhStatus
check_audience(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               FhCheckReport* const out,
               FhDiag* const diag)
{
  out->n_audience = venue->n_audience;
  out->area_seats = (size_t*)calloc(venue->n_audience + 1, sizeof(size_t));
  out->area_m2 = (double*)calloc(venue->n_audience + 1, sizeof(double));
  AreaSeats* const areas =
    (AreaSeats*)calloc(venue->n_audience + 1, sizeof *areas);
  if (!out->area_seats || !out->area_m2 || !areas) {
    free(areas);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < scene->n_seats; ++i) {
    const FhSeat* const seat = &scene->seats[i];
    ++out->area_seats[seat->area];
    out->area_m2[seat->area] += (double)seat->area_m2;
    look_from_seat(venue, scene, caster, seat, &areas[seat->area]);
  }
  for (size_t a = 0; a < venue->n_audience; ++a) {
    if (areas[a].n) {
      judge_area(venue, scene, a, out->area_m2[a], &areas[a], diag);
    } else {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  venue->path,
                  0,
                  0,
                  "audience \"%s\" has no seat with room for a head",
                  venue->audience[a].name);
    }
  }
  free(areas);
  return FH_OK;
}
