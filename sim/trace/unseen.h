// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_UNSEEN_H
#define FH_TRACE_UNSEEN_H

#include "engine.h"

/*
  What a run of few rays may have missed.

  Energies are sums of hits of which some are strong and rare. While there are
  few, most runs lack one: the level is then too low, and the spread of the
  blocks, which has not seen it either, is too small. So the strongest block
  counts once more, as what may be missing: Fay and Feuer's limit for sums of
  weighted Poisson counts (Statistics in Medicine 16 (1997) 791), in which the
  greatest weight is added to the sum and its square to the variance. It fades
  as the relative error falls under a quarter, where blocks are near to normal
  and their spread is enough; but for a block that sticks out of them even then.

  A microphone with less than four effective hits cannot know even that: for it
  stands the strongest block at any of the microphones.
*/

/// Relative error from which the strongest block counts in full
#define UNSEEN_FULL 0.25
/// Relative errors between which the other microphones come in: 4 effective
/// hits, and 1
#define UNSEEN_ALONE 0.5
#define UNSEEN_LOST  1.0
/// What the strongest of 8 or 16 normal blocks hardly ever adds, in errors of
/// the mean; where one block has all, that is 0.94. What it has beyond counts
/// so many times that it then counts once
#define UNSEEN_NORMAL 0.65
#define UNSEEN_EXCESS 3.0

/// Mean of independent estimates
typedef struct {
  double mean, error; ///< And its standard error
  double most;        ///< Strongest block over the mean, as a part of it
  unsigned strongest; ///< Which block that is
} BlockSum;

/// Sum up the estimates of `n` blocks, at least 2
static inline BlockSum
block_sum(const double* const block, const unsigned n)
{
  BlockSum s = {0.0, 0.0, 0.0, 0};
  for (unsigned k = 0; k < n; ++k) {
    s.mean += block[k] / (double)n;
    s.strongest = block[k] > block[s.strongest] ? k : s.strongest;
  }
  double squares = 0.0;
  for (unsigned k = 0; k < n; ++k) {
    squares += (block[k] - s.mean) * (block[k] - s.mean);
  }
  s.error = sqrt(squares / ((double)n * ((double)n - 1.0)));
  s.most = fmax(0.0, block[s.strongest] - s.mean) / (double)n;
  return s;
}

/// What may be missing where one block sticks out
static inline double
block_odd(const BlockSum s)
{
  return fmax(0.0, UNSEEN_EXCESS * (s.most - UNSEEN_NORMAL * s.error));
}

/// What may be missing; `pool` is the greatest `most` of all microphones
static inline double
block_unseen(const BlockSum s, const double pool)
{
  const double error = s.mean > 0.0 ? s.error / s.mean : UNSEEN_LOST;
  const double few = fmin(1.0, error / UNSEEN_FULL) * s.most;
  const double lost = (error - UNSEEN_ALONE) / (UNSEEN_LOST - UNSEEN_ALONE);
  return fmax(fmax(few, block_odd(s)), fmin(1.0, lost) * pool);
}

/// An error with what may be missing: both, and the shift that it would be
static inline double
widened_error(const double error, const double unseen)
{
  return hypot(error, unseen) + unseen / FH_TRACE_INTERVAL_95;
}

#endif // FH_TRACE_UNSEEN_H
