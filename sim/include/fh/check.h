// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_CHECK_H
#define FH_CHECK_H

#include <fh/raycast.h>
#include <fh/scene.h>

/// A place where sound gets out of a room
typedef struct {
  double at[3]; ///< On the rim of the hole, world [m]
  double share; ///< Of all rays that got out
  double gap_m; ///< From that rim to the nearest ray that got out [m]
} FhHole;

#define FH_HOLES_MAX 16U

/// What a check found out about a venue
typedef struct {
  double low[3], high[3]; ///< Bounding box, world [m]
  double volume_m3;       ///< Air, at the venue's occupancy; 0 when open
  double surface_m2;
  double t60_s[FH_N_OCTAVES]; ///< Eyring's estimate; 0 when open
  bool closed;
  size_t n_vertices;   ///< After welding
  size_t n_triangles;  ///< Without blocks
  size_t n_open_edges; ///< Edges of one triangle only
  size_t n_seats;
  double escaped_share; ///< Chance of a ray to get out, per reflection
  size_t n_holes;
  FhHole holes[FH_HOLES_MAX]; ///< Most used first
  size_t n_materials;
  double* material_m2; ///< [n_materials] area in the model; owned
  size_t n_audience;
  size_t* area_seats; ///< [n_audience]; owned
  double* area_m2;    ///< [n_audience] floor area; owned
} FhCheckReport;

/**
   Look for everything that is wrong or doubtful in a venue.

   Findings go to `diag` with coordinates: #FH_DIAG_ERROR for what makes results
   meaningless (a microphone in a wall), #FH_DIAG_WARNING for what is doubtful.

   @param venue As read; borrowed.
   @param[out] out Owned by the caller, see fh_check_clear(); zeroed on error.
   @return An error only where checking was not possible; see `diag`.
*/
FhStatus
fh_check_venue(const FhVenue* venue, FhCheckReport* out, FhDiag* diag);

/**
   Look only for loudspeakers, arrays and microphones that are in walls, within
   the audience or outside.

   @param caster Made of `scene`, which was built from `venue`.
*/
FhStatus
fh_check_places(const FhVenue* venue,
                const FhScene* scene,
                const FhRaycaster* caster,
                FhDiag* diag);

/**
   Refuse loudspeakers and microphones that are on a surface.

   @return #FH_ERR_INVALID_DATA when there is one; each is a finding of its own.
*/
FhStatus
fh_check_surfaces(const FhVenue* venue,
                  const FhScene* scene,
                  const FhRaycaster* caster,
                  FhDiag* diag);

/// Free what a report owns and zero it
void
fh_check_clear(FhCheckReport* report);

#endif // FH_CHECK_H
