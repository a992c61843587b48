// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SCENE_H
#define FH_SCENE_H

#include <fh/venue.h>

/// What a surface is
typedef enum {
  FH_SURFACE_PLAIN,     ///< A wall, floor, ceiling, reflector
  FH_SURFACE_CROWD_TOP, ///< Top of an audience block
  FH_SURFACE_CROWD_SIDE ///< Exposed side of an audience block
} FhSurfaceKind;

/// A listener's position: ears above an audience area
typedef struct {
  uint32_t id;    ///< Row number in seats.csv
  uint32_t area;  ///< Index into FhVenue.audience
  float at[3];    ///< Scene coordinates [m]
  float front[3]; ///< Unit vector towards the stage (where the ears face)
  float area_m2;  ///< Floor area that this seat stands for [m2]
} FhSeat;

/*
  The traceable form of a venue at one occupancy: triangles with a material
  each, recentred so that float coordinates are exact enough, audience blocks
  in place of the floor under them, seats in spatial order.
*/
typedef struct {
  double origin[3]; ///< World = scene + origin [m]
  size_t n_vertices;
  float (
    *vertex)[4]; ///< [n_vertices] x y z 0 [m]; owned, 16-byte rows for Embree
  size_t n_triangles;
  uint32_t (*triangle)[3]; ///< Owned
  uint32_t* material;      ///< [n_triangles] index into `materials`; owned
  int32_t* block;          ///< [n_triangles] audience block, -1 for none; owned
  uint8_t* kind;           ///< [n_triangles] FhSurfaceKind; owned
  float (
    *normal)[4]; ///< [n_triangles] unit normals (right-handed winding); owned
  size_t n_materials;
  FhMaterial* materials; ///< Geometry's, then one per block state; owned
  size_t n_blocks;
  float (*block_loss_db)[FH_N_OCTAVES]; ///< [n_blocks] scale of the grazing
                                        ///< loss (0 when empty); owned
  uint32_t* block_area; ///< [n_blocks] index into FhVenue.audience; owned
  double block_m3;      ///< Space that the blocks take [m3]
  double* hidden_m2; ///< [n_materials] area that blocks hide, included in the
                     ///< triangles; owned, may be null [m2]
  size_t n_seats;
  FhSeat* seats; ///< Owned
  size_t n_microphones;
  float (*microphone)[3]; ///< Scene coordinates [m]; owned
  float low[3], high[3];  ///< Bounding box, scene coordinates [m]
  double volume_m3;       ///< Signed-volume or ray estimate, less the blocks; 0
                          ///< when open [m3]
  double surface_m2;      ///< Total area, each two-sided face once, less what
                          ///< blocks hide [m2]
  size_t n_open_edges;    ///< Edges that belong to one triangle only
  bool closed;            ///< A closed room is declared and (nearly) so
  FhAir air;
} FhScene;

/**
   Build the scene of a venue at the occupancies it holds.

   The geometry is welded, triangles without area and copies are dropped, and
   audience blocks stand on their floors (design: "Crowd"); absorption of the
   blocks comes from fh/crowd_tables.h. Where seats stay, a block replaces its
   floor in every state and only its absorption changes. Standing areas, and
   seated ones without seats, keep the model's floor; blocks stand on the
   strips that are occupied, from the front, and the triangles of the others
   collapse to a point. So the number and order of triangles and seats depend
   on the venue alone, never on occupancy, and a ray that meets no crowd takes
   the same way in every state.

   @param venue Borrowed for the call.
   @param[out] out Scene, owned by the caller; zeroed on error.
*/
FhStatus
fh_scene_build(const FhVenue* venue, FhScene* out, FhDiag* diag);

/// Free what a scene owns and zero it
void
fh_scene_clear(FhScene* scene);

/// World to scene coordinates
void
fh_scene_from_world(const FhScene* scene, const double world[3], float out[3]);

/// Scene to world coordinates
void
fh_scene_to_world(const FhScene* scene, const float at[3], double out[3]);

/// Sabine-type estimate of the reverberation time per octave [s], air included
void
fh_scene_eyring_t60_s(const FhScene* scene, double t60_s[FH_N_OCTAVES]);

#endif // FH_SCENE_H
