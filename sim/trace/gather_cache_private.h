// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_GATHER_CACHE_PRIVATE_H
#define FH_TRACE_GATHER_CACHE_PRIVATE_H

#include "diffract.h"
#include "gather.h"
#include "image.h"
#include "seat_grid.h"

#include <fh/gather_cache.h>

/*
  What of a position is kept for every direction of a transfer, and what only
  for cells of many: sound that is scattered once, or mirrored by an image
  source, comes to a seat along a line that is known, and so does the direction
  in which it left. The rest has lost most memory of it.
*/

/// Cells of the sphere, each of whole rings and sectors of the directions
#define CELL_RINGS   4u
#define CELL_SECTORS 8u
#define N_CELLS      ((size_t)CELL_RINGS * CELL_SECTORS)
#define RINGS_EACH   (FH_TRANSFER_RINGS / CELL_RINGS)
#define SECTORS_EACH (FH_TRANSFER_SECTORS / CELL_SECTORS)
#define N_DIRECTIONS ((size_t)FH_TRANSFER_DIRECTIONS)
#define N_WINDOWS    ((size_t)FH_TRANSFER_WINDOWS)
/// Width of the patches' bins [s]; look-ups are rounded by chance
#define BIN_S 0.02f
/// Where the windows end after the direct sound [s]
#define FIRST_WINDOW_S  0.05f
#define SECOND_WINDOW_S 0.08f

/// A patch seen from a seat, as it is kept
typedef struct {
  F8 weight; ///< Air included
  uint32_t tile;
  float length_m;
  float dither;
  uint32_t unused[5];
} View;

/// A place seen from a seat, at which a position's sound is scattered first
typedef struct {
  F8 weight; ///< Intensity at the seat per intensity there, no air
  float at[3];
  float normal[3];
  float length_m;
  uint32_t side; ///< Of the cache's
} Place;

/// Side of a chip on which there are places: one of them stands for all when it
/// is asked whether a position is in sight
typedef struct {
  float at[3];
  float normal[3];
} Side;

/// What a seat sees
typedef struct {
  size_t n_views;
  View* views; ///< Owned
  size_t n_places;
  Place* places; ///< Owned
} Sights;

struct FhGatherCacheImpl {
  FhScene scene; ///< Borrowed arrays, but for the seats; those are owned
  FhTraceDesc desc;
  Engine engine;
  Diffraction diffraction;
  Patches patches;
  SeatGrid grid;
  unsigned gather_rays;
  float reach_m;
  size_t n_bins;
  size_t n_rows;
  void* spare;    ///< Sums of the last position, all zero; atomic; owned
  Sights* sights; ///< [n_seats]; owned
  size_t n_sides;
  Side* sides; ///< Owned
};

/// What comes to a seat along known lines
typedef struct {
  uint32_t end[FH_TRANSFER_WINDOWS]; ///< Of each window in what follows
  F8* energy;                        ///< [all] per watt of an even source
                                     ///< [1/m2]; owned
  uint16_t* direction;               ///< [all] in which it left; owned
} Lines;

struct FhTransferSumsImpl {
  Lines* lines; ///< [n_seats]; owned
  F8* cells;    ///< [seat][cell][window] the rest, per watt that an even
                ///< source would send, from one cell [1/m2]; owned
  F8* share;    ///< [direction] of its cell's rest, sum 1; owned
};

/// Sound that the tiles send: entries by tile, then by the bin of time in which
/// they came there, then by cell
typedef struct {
  uint32_t* first; ///< [n_tiles + 1]; owned
  F8* energy;      ///< [first[n_tiles]] per area; owned
  uint32_t* row;   ///< [first[n_tiles]] bin and cell, by #N_CELLS; owned
} Sent;

/// Rays from one position, and what the patches receive of them
typedef struct {
  const FhGatherCache* cache;
  Patches met; ///< The cache's, with its own record of chips that were met
  Emitter emitter;
  Images* images;
  uint64_t rays_per_cell;
  int64_t (*sums)[8];     ///< [tile][bin][cell]
  int64_t (*mirrored)[8]; ///< [seat][cell][window]; null for none
  int64_t (*left)[8];     ///< [direction] what its first surfaces leave
  Sent sent;
  uint8_t* lit; ///< [side] whether it sees the position
  FhTransfer* out;
} Position;

/// Send the rays of a position and sum up what the tiles and seats receive; the
/// tiles' sums are all zero again, if there was no error
FhStatus
position_send(Position* position);

/// Window of a time after the direct sound
static inline size_t
window_of(const float after_s)
{
  return after_s < FIRST_WINDOW_S ? 0 : after_s < SECOND_WINDOW_S ? 1 : 2;
}

/// Cell of a direction
static inline uint32_t
cell_of(const uint32_t direction)
{
  return direction / FH_TRANSFER_SECTORS / RINGS_EACH * CELL_SECTORS +
         direction % FH_TRANSFER_SECTORS / SECTORS_EACH;
}

/// Angle of a direction over a full turn, 0 to 1; within 3e-7
static inline float
turn_of(const float x, const float y)
{
  const float along = fabsf(x);
  const float across = fabsf(y);
  const float high = greater(along, across);
  const float t = high > 0.0f ? lesser(along, across) / high : 0.0f;
  const float t2 = t * t;
  // atan(t) / (2 pi) on [0, 1]
  float turn =
    t *
    (0.15915131f +
     t2 * (-0.05293867f +
           t2 * (0.03080341f + t2 * (-0.01853100f +
                                     t2 * (0.00837999f + t2 * -0.00186548f)))));
  turn = across > along ? 0.25f - turn : turn;
  turn = x < 0.0f ? 0.5f - turn : turn;
  return y < 0.0f ? 1.0f - turn : turn;
}

/// Direction of a unit vector
static inline uint32_t
direction_of(const float d[3])
{
  const float ring = (1.0f - d[2]) * 0.5f * (float)FH_TRANSFER_RINGS;
  const float sector = turn_of(d[0], d[1]) * (float)FH_TRANSFER_SECTORS;
  const uint32_t r =
    (uint32_t)lesser(greater(ring, 0.0f), (float)FH_TRANSFER_RINGS - 0.5f);
  const uint32_t s =
    (uint32_t)lesser(greater(sector, 0.0f), (float)FH_TRANSFER_SECTORS - 0.5f);
  return r * FH_TRANSFER_SECTORS + s;
}

/// Unit vector within a direction, evenly for `u` and `v` in [0, 1)
static inline void
direction_in(const uint32_t direction, const float u, const float v, float d[3])
{
  const uint32_t ring = direction / FH_TRANSFER_SECTORS;
  const uint32_t sector = direction % FH_TRANSFER_SECTORS;
  sphere_direction(((float)ring + u) / (float)FH_TRANSFER_RINGS,
                   ((float)sector + v) / (float)FH_TRANSFER_SECTORS,
                   d);
}

#endif // FH_TRACE_GATHER_CACHE_PRIVATE_H
