// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_GATHER_CACHE_H
#define FH_GATHER_CACHE_H

#include <fh/trace.h>

/*
  Many loudspeaker positions in one scene, for searches. What each seat sees is
  found once and kept (the cache); then a further position costs one pass of
  rays and a look-up (its transfer), and a loudspeaker of any directivity, aim,
  gain or equalisation at that position costs a weighted sum.

  Transfers hold everything after the direct sound, in three windows of time
  after it. Image sources, sound scattered once and sound bent over an edge are
  known for each of FH_TRANSFER_DIRECTIONS in which a loudspeaker sends; what is
  reflected more often, for cells of many directions, and is read from patches
  of some metres. The winner should be traced by fh_trace(). All positions share
  random numbers, so that their differences are known better than their levels.
*/

/// Directions kept apart: rings of equal height from the top, sectors from +x
/// towards +y within a ring; in scene axes
#define FH_TRANSFER_RINGS      48
#define FH_TRANSFER_SECTORS    96
#define FH_TRANSFER_DIRECTIONS (FH_TRANSFER_RINGS * FH_TRANSFER_SECTORS)

/// Windows after the direct sound: 0 to 50 ms, 50 to 80 ms, 80 ms to the end
#define FH_TRANSFER_WINDOWS 3

typedef struct FhGatherCacheImpl FhGatherCache; ///< What the seats see

/// Everything that decides a cache; start from fh_gather_cache_desc_default()
typedef struct {
  uint64_t seed;
  unsigned gather_rays;  ///< Rays per seat, 256
  unsigned image_order;  ///< Of the transfers' image sources, 0 to 3; 3
  float reach_m;         ///< Longest path from any position to any seat [m]; 0:
                         ///< the diagonal of the scene
  unsigned n_threads;    ///< 0 = all processors
  const uint32_t* seats; ///< [n_seats] indices into the scene's seats; null for
                         ///< all; borrowed for the call
  size_t n_seats;
} FhGatherCacheDesc;

FhGatherCacheDesc
fh_gather_cache_desc_default(void);

/**
   Find what the seats see.

   @param scene,caster Borrowed; they outlive the cache.
   @param progress May be null.
   @param[out] out Cache, owned by the caller.
   @return #FH_ERR_INTERRUPTED when `progress` said so, #FH_ERR_NO_MEM,
   #FH_ERR_INVALID_DATA for a scene without seats or surfaces.
*/
FhStatus
fh_gather_cache_new(const FhScene* scene,
                    const FhRaycaster* caster,
                    const FhGatherCacheDesc* desc,
                    FhProgressFn progress,
                    void* user,
                    FhGatherCache** out,
                    FhDiag* diag);

/// Free a cache; does nothing if it is null
void
fh_gather_cache_free(FhGatherCache* cache);

/// Number of seats of a cache
size_t
fh_gather_cache_seats(const FhGatherCache* cache);

/// From one position to all seats of a cache
typedef struct {
  float at[3]; ///< Scene coordinates [m]
  size_t n_seats;
  float* direct_s; ///< [n_seats] direct sound after leaving [s]; owned
  struct FhTransferSumsImpl* sums; ///< Owned
  double cpu_s;
} FhTransfer;

/**
   Trace one position.

   @param at Scene coordinates [m].
   @param n_rays About this many rays; 16 384 gives 0.3 dB in a hall.
   @param[out] out Owned by the caller (fh_seat_transfer_clear()).
*/
FhStatus
fh_transfer_trace(const FhGatherCache* cache,
                  const float at[3],
                  uint64_t n_rays,
                  FhTransfer* out);

/// Free what a transfer owns and zero it
void
fh_seat_transfer_clear(FhTransfer* transfer);

/**
   What a loudspeaker sends into each direction of a transfer.

   @param radiator Its `octaves`, or its power when it is even; place and delay
   are not used.
   @param[out] power_w [FH_TRANSFER_DIRECTIONS] power of the even source with
   the same intensity [W].
*/
void
fh_transfer_powers(const FhRadiator* radiator,
                   float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES]);

/**
   Intensity at every seat by a loudspeaker at a traced position.

   @param power_w As fh_transfer_powers() gives it, gains included.
   @param[out] out [n_seats] windows [W/m2]; overwritten.
*/
void
fh_transfer_weigh(const FhTransfer* transfer,
                  const float power_w[FH_TRANSFER_DIRECTIONS][FH_N_OCTAVES],
                  float (*out)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES]);

#endif // FH_GATHER_CACHE_H
