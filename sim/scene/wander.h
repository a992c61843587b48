// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SCENE_WANDER_H
#define FULLHOUSE_SCENE_WANDER_H

#include <stdint.h>

/*
  Rays that wander through a model to learn about it. `state` is that of the
  generator SplitMix64 (Steele, Lea and Flood 2014): the same start, the same
  way.
*/

/// A direction, any as likely as any other
void
wander_direction(uint64_t* state, float out[3]);

/// 1 where `normal` faces what comes in `direction`, else -1
float
wander_side(const float normal[3], const float direction[3]);

/// Scatter at a surface by Lambert's law, to the side that `from` came from;
/// `out` may be `from`
void
wander_scatter(uint64_t* state,
               const float normal[3],
               const float from[3],
               float out[3]);

#endif // FULLHOUSE_SCENE_WANDER_H
