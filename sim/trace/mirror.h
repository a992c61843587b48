// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_MIRROR_H
#define FH_TRACE_MIRROR_H

#include "engine.h"
#include "image.h"

/// Rays of one emitter that never scatter
typedef struct {
  const Engine* engine;
  const Emitter* emitter;
  uint64_t emitter_index;
  const Sight* sights;  ///< [n_mics] of this emitter
  const Images* images; ///< Sequences that are counted elsewhere
  Tally* tallies;       ///< [n_threads]
} Mirror;

/// Follow the rays of one chunk; a PoolWork
void
mirror_chunk(void* mirror, unsigned worker, uint64_t chunk);

#endif // FH_TRACE_MIRROR_H
