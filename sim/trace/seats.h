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

/// Seats that one thread takes at a time
#define SEATS_PER_CHUNK 8u

/// Key of a seat's random numbers
#define SEATS_KEY ((uint64_t)1 << 56)

typedef struct {
  SeatGrid grid;
  Patches patches;
  size_t n_bins;   ///< Of a seat
  size_t n_groups; ///< 1, or one for each emitter
  Group* groups;   ///< [n_groups]; owned
  size_t n_octets;
  size_t n_private;       ///< Sums of each group: 1, or one for each thread
  PatchTally* scattered;  ///< [n_groups * n_private]; owned
  F8 most_power;          ///< Of one emitter, per octave [W]
  F8* power;              ///< [n_emitters] share of `most_power`; owned
  Images** images;        ///< [n_emitters]; owned
  int64_t (*mirrored)[8]; ///< [octet][group][seat][bin], in PATCH_ONE; owned
  int64_t (*mirrored_blocks)[8]; ///< [octet][group][seat][block] total; owned
  double memory_bytes; ///< Expected of the program, with what it held before
} Seats;

/// Prepare the seats of the scene for all emitters; zeroed on error.
/// #FH_ERR_NO_MEM with a finding when the machine has too little memory
FhStatus
seats_new(const Engine* engine, Seats* seats, FhDiag* diag);

void
seats_clear(const Engine* engine, Seats* seats);

/// Group of an emitter
static inline size_t
seats_group(const Seats* const seats, const size_t emitter)
{
  return seats->n_groups > 1 ? emitter : 0;
}

/// Chunks of all seats
static inline uint64_t
seats_chunks(const Seats* const seats)
{
  return (seats->grid.n_seats + SEATS_PER_CHUNK - 1) / SEATS_PER_CHUNK;
}

/// What the mirror rays of an emitter need to know of the seats
SeatMirror
seats_mirror(const Engine* engine, const Seats* seats, size_t emitter);

/// Begin a round of rays: one rank keeps the sums so far, others start anew
void
seats_begin(Seats* seats, const FhTeam* team);

/// End a round: sums of all threads and ranks. #FH_ERR_DEVICE when the team
/// fails
FhStatus
seats_end(Seats* seats, const FhTeam* team);

/// Standard errors of levels of the seats [dB], root mean square, by cause
typedef struct {
  double rays;   ///< Of the number of rays from the emitters
  double gather; ///< Of the number of gather rays
} SeatError;

/**
   Gather at all seats and fill in the result.

   @param engine [n_octets].
   @param scattered,mirrored [octet][n_emitters] sums, for the number of rays.
   @param gather_rays Rays of each seat.
   @param team Ranks that share the seats; null for this one alone.
   @param watch Asked between seats; may be null.
   @param[out] out [n_octets].
   @return #FH_ERR_INTERRUPTED when `watch` said stop: nothing is filled in.
*/
FhStatus
seats_gather(const Engine* engine,
             Seats* seats,
             const Tally* scattered,
             const Tally* mirrored,
             unsigned gather_rays,
             const FhTeam* team,
             PoolWatch watch,
             void* user,
             SeatError* error,
             FhTraceResult* out);

#endif // FH_TRACE_SEATS_H
