// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_ROUNDS_H
#define FH_TRACE_ROUNDS_H

#include "diffract.h"
#include "image.h"
#include "seats.h"

#include <time.h>

/// A trace under way
typedef struct {
  Engine engine[MAX_OCTETS];
  unsigned n_octets;
  FhTraceDesc desc;
  const FhTeam* team;
  Sight* sights;           ///< [octet][emitter][mic]; owned
  Images** images;         ///< [emitter]; owned
  Tally* mirrored;         ///< [octet][emitter] sums of all threads; owned
  Tally* scattered;        ///< [octet][emitter]; owned
  Tally* thread;           ///< [n_threads][octet]; owned
  Diffraction diffraction; ///< Where it was asked for
  bool has_seats;
  Seats seats;
  unsigned gather_rays;
  uint64_t n_rays;    ///< Of each emitter so far
  uint64_t until;     ///< Rays that the round under way ends with
  uint64_t input;     ///< Hash of all that decides the result
  double saved_s;     ///< When the last checkpoint was written
  FhTraceResult* out; ///< [octet]
  FhDiag* diag;
  FhProgressFn progress;
  void* user;
  const char* stage;
  double stage_done, stage_share; ///< Of the whole, for progress
  double started_s;
  bool in_rays;     ///< Between the beginning and the end of a round
  bool out_of_time; ///< The time limit ended the rays
  bool stopped;     ///< The user did
} Run;

/// Turn the sums of all octets into responses
FhStatus
rounds_fill(const Run* run);

/// Rounds of rays and gathers until the error asked for, or the rays asked for
FhStatus
rounds_run(Run* run);

/// True when every emitter has some rays to answer from
static inline bool
rounds_have_rays(const Run* const run)
{
  return run->n_rays > 0;
}

/// Seconds of a clock
double
rounds_clock_s(clockid_t clock);

#endif // FH_TRACE_ROUNDS_H
