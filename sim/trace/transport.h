// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_TRANSPORT_H
#define FH_TRACE_TRANSPORT_H

#include "gather.h"
#include "seat_grid.h"

/// Rays of one emitter that scatter on their way
typedef struct {
  const Engine* engine; ///< [octet]
  const Emitter* emitter;
  uint64_t emitter_index;
  const Sight* sights;     ///< [n_mics] of this emitter
  Tally* tallies;          ///< [n_threads][octet]
  const SeatGrid* control; ///< Seats at which the gather is checked; null for
                           ///< none
  int64_t (*control_bins)[8]; ///< [seat][seat bin] count there instead, by all
                              ///< rays of octaves; null but for measurements
  Patches* patches;           ///< What rays meet is noted here; null for none
  const PatchTally* sums;     ///< [n_threads], or one that all share; null for
                              ///< none
  F8 power;                   ///< Of the emitter, against the strongest
  float delay_bins;           ///< Of the emitter [fine bins]
} Transport;

/// Follow the rays of one chunk; a PoolWork
void
transport_chunk(void* transport, unsigned worker, uint64_t chunk);

#endif // FH_TRACE_TRANSPORT_H
