// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACES_H
#define FH_PLACES_H

#include <fh/raycast.h>
#include <fh/scene.h>

/// Where a point lies
typedef enum {
  FH_PLACE_ROOM,    ///< In the air of the venue
  FH_PLACE_SURFACE, ///< Within 2 cm of a surface
  FH_PLACE_CROWD,   ///< Within an audience block
  FH_PLACE_SOLID,   ///< In a cavity that no sound gets out of
  FH_PLACE_OUTSIDE  ///< Outside the room
} FhPlace;

/**
   Tell where points lie: in the room, in a wall, outside.

   The points are judged together: rays that wander from each of them show which
   share a space, and the space of most points is the room. Meshes need
   neither be closed nor have their faces turned one way. Seats, when there are
   any, count as points of the room.

   @param caster Made of `scene`.
   @param at [n] scene coordinates [m].
   @param[out] place [n].
*/
FhStatus
fh_scene_places(const FhScene* scene,
                const FhRaycaster* caster,
                const float (*at)[3],
                size_t n,
                FhPlace* place);

/**
   True when a point is on a surface, or within a millimetre of one.

   Nothing radiates or listens there: half of its sight is behind the surface,
   or all of it.
*/
bool
fh_place_on_surface(const FhRaycaster* caster, const float at[3]);

#endif // FH_PLACES_H
