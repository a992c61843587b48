// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_LATTICE_H
#define FH_PLACE_LATTICE_H

#include <fh/gather_cache.h>

/*
  What the room adds for a loudspeaker anywhere in a box: transfers traced at
  the nodes of a lattice when they are first needed, and linear between them.
*/

/// Nodes are this far apart, or farther where a box is large [m]
#define LATTICE_STEP_M 3.0
/// Most nodes of one lattice
#define LATTICE_NODES 32

typedef struct {
  float low[3], high[3]; ///< Scene coordinates [m]
  size_t n[3];           ///< Nodes along each axis
  bool valid[LATTICE_NODES];
  FhTransfer* node[LATTICE_NODES]; ///< Null until needed; owned
} Lattice;

/**
   Lay out the nodes; those inside walls are left out.

   @return #FH_ERR_NOT_FOUND when all of them are.
*/
FhStatus
lattice_init(Lattice* lattice,
             const FhScene* scene,
             const FhRaycaster* caster,
             const float low[3],
             const float high[3]);

void
lattice_clear(Lattice* lattice);

/// Nodes traced so far
size_t
lattice_traced(const Lattice* lattice);

/// Whether a place is in sight of a valid node near it
bool
lattice_sees(const Lattice* lattice,
             const FhRaycaster* caster,
             const float at[3]);

/**
   Intensity after the direct sound at the seats of a cache.

   @param power_w As fh_transfer_powers() gives it.
   @param scratch [n_seats].
   @param[out] out [n_seats] windows [W/m2].
*/
FhStatus
lattice_weigh(Lattice* lattice,
              const FhGatherCache* cache,
              uint64_t n_rays,
              const float at[3],
              const float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES],
              float (*scratch)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES],
              float (*out)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES]);

#endif // FH_PLACE_LATTICE_H
