// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_OUTLINE_H
#define FULLHOUSE_OUTLINE_H

#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Edge of the floor that some seats take, as closed lines
typedef struct {
  uint32_t seat; ///< One of the seats, to tell where it belongs
  size_t n_loops;
  size_t* end;        ///< [n_loops] index after the last point of each; owned
  double (*point)[3]; ///< [end[n_loops - 1]] world, at the ears' height; owned
} Outline;

/**
   Draw a line about some seats that leaves their neighbours out.

   The floor within 0.75 `spacing_m` of a seat belongs to the nearest seat, to a
   quarter of the spacing; the outline is the edge of what belongs to the chosen
   ones. Holes and parts that do not touch have loops of their own.

   @param at [n_seats] places of all seats that may lie between [m].
   @param inside [n_seats] which are chosen.
   @param spacing_m Above 0.
   @param[out] out Owned by the caller, outline_clear(); zeroed on error.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
outline_make(const double (*at)[3],
             const bool* inside,
             size_t n_seats,
             double spacing_m,
             Outline* out);

/// Free what an outline owns and zero it
void
outline_clear(Outline* outline);

#endif // FULLHOUSE_OUTLINE_H
