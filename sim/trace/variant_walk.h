// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_VARIANT_WALK_H
#define FH_TRACE_VARIANT_WALK_H

#include "engine.h"

#include <fh/variants.h>

/// A term of a sum may reach this times the largest of fixed_add8()
#define VARIANT_SCALE 256.0f
/// Materials whose meetings can be counted
#define VARIANT_MAX_HITS 64u

/// Sums of one thread; integers, so that their order is free
typedef struct {
  size_t n_words;
  int64_t* words;       ///< All of the below; owned
  int64_t (*energy)[8]; ///< [point][bin][variant]
  int64_t (*blocks)[8]; ///< [point][block][variant]
  int64_t (*hits)[8];   ///< [point][bin][material] or null
  int64_t* n_rays;      ///< [block]
  int64_t* n_bounces;
} VariantTally;

/// Eight receivers side by side
typedef struct {
  F8 x, y, z;
  F8 radius2; ///< Negative where there is no receiver
} EightPoints;

/// All that stays the same during the rays of one emitter
typedef struct {
  const Engine* engine; ///< Its surfaces are the mean of the tables
  const Emitter* emitter;
  uint64_t emitter_index;
  size_t n_variants;
  Surface* const* surfaces; ///< [n_variants][n_materials]
  size_t n_bins;
  size_t n_eights;
  const EightPoints* eights; ///< [n_eights] all receivers
  bool count_hits;
  VariantTally* tallies; ///< [n_threads]
} VariantWalk;

/// Follow the rays of one chunk; a PoolWork
void
variant_chunk(void* walk, unsigned worker, uint64_t chunk);

#endif // FH_TRACE_VARIANT_WALK_H
