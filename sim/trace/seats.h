// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_SEATS_H
#define FH_TRACE_SEATS_H

#include "gather.h"
#include "image.h"
#include "mirror.h"
#include "pool.h"
#include "seat_grid.h"

/*
  The response at every seat: image sources, mirror rays beyond them through a
  volume around the seat, and the final gather of what scatters.
*/

typedef struct {
  SeatGrid grid;
  Patches patches;
  size_t n_bins;         ///< Of a seat
  size_t n_groups;       ///< 1, or one for each emitter
  Group* groups;         ///< [n_groups]; owned
  PatchTally* scattered; ///< [n_groups]; owned
  F8 most_power;         ///< Of one emitter, per octave [W]
  F8* power;             ///< [n_emitters] share of `most_power`; owned
  Images** images;       ///< [n_emitters]; owned
  int64_t (*pass)[8];    ///< [seat][bin] mirrored in the pass under way; owned
  int64_t (*pass_blocks)[8]; ///< [seat][block]; owned
  F8* mirrored;              ///< [group][seat][bin] sum over rays; owned
  F8* mirrored_blocks;       ///< [group][seat][block] total; owned
} Seats;

/// Prepare the seats of the scene for all emitters; zeroed on error
FhStatus
seats_new(const Engine* engine, Seats* seats);

void
seats_clear(const Engine* engine, Seats* seats);

/// Group of an emitter
static inline size_t
seats_group(const Seats* const seats, const size_t emitter)
{
  return seats->n_groups > 1 ? emitter : 0;
}

/// What the mirror rays of an emitter need to know of the seats
SeatMirror
seats_mirror(const Engine* engine, const Seats* seats, size_t emitter);

/// Add the mirror pass of an emitter to the sums and make room for the next
void
seats_end_mirror(Seats* seats, size_t emitter);

/// Standard errors of levels of the seats [dB], root mean square, by cause
typedef struct {
  double rays;   ///< Of the number of rays from the emitters
  double gather; ///< Of the number of gather rays
} SeatError;

/**
   Gather at all seats and fill in the result.

   @param scattered,mirrored [n_emitters] sums, for the number of rays.
   @param gather_rays Rays of each seat.
   @param watch Asked between seats; may be null.
   @return #FH_ERR_INTERRUPTED when `watch` said stop: nothing is filled in.
*/
FhStatus
seats_gather(const Engine* engine,
             Seats* seats,
             const Tally* scattered,
             const Tally* mirrored,
             unsigned gather_rays,
             PoolWatch watch,
             void* user,
             SeatError* error,
             FhTraceResult* out);

#endif // FH_TRACE_SEATS_H
