// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_MIRROR_H
#define FH_TRACE_MIRROR_H

#include "engine.h"
#include "image.h"
#include "patch.h"
#include "seat_grid.h"

/// Seats as mirror rays see them
typedef struct {
  const SeatGrid* grid;
  const Patches* patches; ///< For the bins of time
  const Images* images;   ///< Sequences that are counted elsewhere, by zone
  /// Of each octet [seat][bin], shared by the threads; in PATCH_ONE
  int64_t (*sum[MAX_OCTETS])[8];
  int64_t (*blocks[MAX_OCTETS])[8]; ///< Of each octet [seat][block]; shared
  F8 power;                         ///< Of the emitter, against the strongest
  float delay_bins;                 ///< Of the emitter
} SeatMirror;

/// Rays of one emitter that never scatter
typedef struct {
  const Engine* engine; ///< [octet]
  const Emitter* emitter;
  uint64_t emitter_index;
  const Sight* sights;     ///< [n_mics] of this emitter
  const Images* images;    ///< Sequences that are counted elsewhere
  Tally* tallies;          ///< [n_threads][octet]
  const SeatMirror* seats; ///< Null for none
} Mirror;

/// Follow the rays of one chunk; a PoolWork
void
mirror_chunk(void* mirror, unsigned worker, uint64_t chunk);

#endif // FH_TRACE_MIRROR_H
