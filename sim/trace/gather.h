// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_GATHER_H
#define FH_TRACE_GATHER_H

#include "patch.h"

/*
  Final gather: from each seat rays look for the patches that are seen from it,
  directly and in mirrors, and add up what those send. Sound scattered once, at
  a place that the source sees, is added by a line of sight from there to the
  source instead; patches hold everything else.
*/

/// Independent sets of gather rays behind the standard errors
#define GATHER_BLOCKS 8u
/// Delays of the late part, at most: longer chains of mirrors count as this
#define MAX_DELAYS 64u

/// Echograms of all patches for one group of emitters, per unit of area
typedef struct {
  F8* fine;        ///< [tile][fine bin] sent per area [W/m2]; owned
  F8* late;        ///< [field][coarse bin] [W/m2]; owned
  F8* total;       ///< [tile] over all time [W/m2]; owned
  F8* blocks;      ///< [tile][block] as `total`, by each block alone; owned
  F8 (*sharp)[2];  ///< [spot] against its tile and its field; owned
  uint32_t* first; ///< [tile] first fine bin with energy; owned
} PatchMap;

/// Emitters whose sound is added up
typedef struct {
  size_t first, last; ///< Range of emitters
  PatchMap map[MAX_OCTETS];
} Group;

/// One patch seen from a seat
typedef struct {
  F8 weight; ///< Intensity at the seat per unit sent by the patch, no air; in
             ///< the first octet
  float at[3];
  float normal[3];
  float length_m;
  float dither; ///< Random number that rounds the delay
  uint32_t chip;
  uint32_t material;
  uint8_t back;
  uint8_t block;
} Glance;

/// Memory of one thread
typedef struct {
  size_t n_glances, n_room;
  Glance* glances; ///< Owned
  /// [n_room] weights in further octets; null where there are none; owned
  F8 (*further)[MAX_OCTETS - 1];
  F8* delayed;            ///< [field][MAX_DELAYS] weights; owned
  uint32_t* delayed_list; ///< Entries of `delayed` in use; owned
  F8* tile_weight;        ///< [tile]; owned
  uint32_t* tile_list;    ///< Entries of `tile_weight` in use; owned
  uint8_t* tile_used;     ///< [tile]; owned
  uint8_t* delayed_used;  ///< [field][MAX_DELAYS]; owned
} GatherScratch;

/// What a seat receives in one octet
typedef struct {
  F8* bins;               ///< [n_seat_bins]; borrowed
  F8 rows[GATHER_BLOCKS]; ///< Total by each set of gather rays
  F8 columns[N_BLOCKS];   ///< Total from patches by each block of rays
  F8 coarser; ///< What is added where patches are four times as wide
} SeatEnergy;

FhStatus
gather_scratch_init(const Patches* patches,
                    unsigned n_octets,
                    GatherScratch* scratch);

void
gather_scratch_clear(GatherScratch* scratch);

/**
   Find the patches that a seat sees.

   @param key Names the seat, for its random numbers.
   @param n_rays Multiple of #GATHER_BLOCKS.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
gather_look(const Engine* engine,
            const Patches* patches,
            const Detector* seat,
            uint64_t key,
            unsigned n_rays,
            GatherScratch* scratch);

/// Add what the patches in sight send in the octet of an engine
void
gather_patches(const Engine* engine,
               const Patches* patches,
               const PatchMap* map,
               GatherScratch* scratch,
               SeatEnergy* seat);

/// Add what is scattered once between emitters [first, last) and the seat
/// [n_octets]
void
gather_first(const Engine* engine,
             const Patches* patches,
             size_t first,
             size_t last,
             uint64_t key,
             const GatherScratch* scratch,
             SeatEnergy* seat);

/**
   Turn the sums of an octet into echograms per area.

   @param scale Power in each octave that a sum of 1 stands for [W].
   @param n_rays Rays of each block.
*/
FhStatus
patch_map_init(const Patches* patches,
               const PatchTally* tally,
               unsigned octet,
               F8 scale,
               const double n_rays[N_BLOCKS],
               PatchMap* map);

void
patch_map_clear(PatchMap* map);

/// Index of the seat bin of a time from the electrical input [fine bins]
static inline size_t
seat_bin_of(const Patches* const patches, const float bin)
{
  const size_t fine = (size_t)bin;
  return fine < patches->n_fine
           ? fine
           : patches->n_fine + (fine - patches->n_fine) / COARSE_FACTOR;
}

/// Number of bins of a seat
static inline size_t
seat_bin_count(const Patches* const patches)
{
  return patches->n_fine + patches->n_coarse - patches->n_fine / COARSE_FACTOR;
}

#endif // FH_TRACE_GATHER_H
