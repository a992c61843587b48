// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SCENE_PRIVATE_H
#define FULLHOUSE_SCENE_PRIVATE_H

#include "weld.h"

#include <fh/crowd_tables.h>
#include <fh/raycast.h>
#include <fh/scene.h>

/// Strips that an area without fixed seats fills by, from the front
#define MAX_STRIPS 12U

/// Floor of an audience area, cut into strips
typedef struct {
  const FhAudience* audience;
  bool fixed;      ///< Has seats that stay: its block is always there
  bool from_mesh;  ///< Drawn as triangles of the model
  double front[2]; ///< Unit vector towards the stage, a multiple of 45 deg
  size_t n_vertices;
  double (*floor)[3]; ///< [n_vertices] world [m]; owned
  double (*top)[3];   ///< [n_vertices] where the block ends [m]; owned
  size_t n_pieces;
  uint32_t (*piece)[3];   ///< [n_pieces] counter-clockwise from above; owned
  double low[2], high[2]; ///< Around all pieces, from above [m]
  uint32_t* strip;        ///< [n_pieces] 0 is the front; owned
  uint32_t* under;        ///< [n_pieces] material hidden by the block,
                          ///< UINT32_MAX for none; owned
  size_t n_strips;
  double strip_m2[MAX_STRIPS]; ///< Plan areas
  double plan_m2;              ///< Their sum
  size_t first_block;          ///< Block of strip 0
} Area;

/// A side of a block, or a part of one, that may be exposed
typedef struct {
  uint32_t area;
  uint32_t block;     ///< Whose side it is
  int32_t beside;     ///< Block that may cover it, -1 for none
  double floor[2][3]; ///< World [m], outward is to the right of 0 -> 1
  double top[2][3];
  double beside_top_m; ///< Height (z) that `beside` covers up to [m]
  bool wall;           ///< A wall stands right there
} Side;

/// All audience of a venue, in its geometry
typedef struct {
  size_t n_areas;
  Area* areas; ///< Owned
  size_t n_sides, sides_room;
  Side* sides; ///< Owned
  size_t n_blocks;
} Crowd;

/**
   Cut the floors of all audience areas.

   @param[out] keep [weld->mesh.n_triangles] false where a triangle gives way to
   a block in every state.
*/
FhStatus
crowd_floors(const FhVenue* venue,
             const Weld* weld,
             Crowd* crowd,
             bool* keep,
             FhDiag* diag);

/// Raise the blocks among the walls; `caster` holds the plain surfaces
FhStatus
crowd_raise(const FhScene* scene, const FhRaycaster* caster, Crowd* crowd);

/// Add blocks in the state that the venue's occupancies give
FhStatus
crowd_emit(const FhVenue* venue, const Crowd* crowd, FhScene* scene);

void
crowd_clear(Crowd* crowd);

/// Floor height at a place of an area; the piece, or SIZE_MAX outside
size_t
area_find(const Area* area, const double at[2], double near_z, double* floor_z);

/// Seats of all areas
FhStatus
seats_place(const FhVenue* venue,
            const Crowd* crowd,
            const FhRaycaster* caster,
            FhScene* scene,
            FhDiag* diag);

/// Mean of all loudspeakers and arrays [m]; false when there are none
bool
venue_stage(const FhVenue* venue, double at[3]);

/// Volume, and whether the room is closed as declared
void
scene_measure(const FhVenue* venue,
              const Weld* weld,
              const FhRaycaster* caster,
              FhScene* scene,
              FhDiag* diag);

/// Area of a triangle [m2]
double
triangle_m2(const double a[3], const double b[3], const double c[3]);

/// `n` directions spread evenly over the sphere
void
even_direction(size_t i, size_t n, float out[3]);

#endif // FULLHOUSE_SCENE_PRIVATE_H
