// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_RETRACE_H
#define FH_RESULT_RETRACE_H

#include <fh/run.h>

/*
  Reflections at a few seats of a run, traced again with one thing changed: for
  suspects whose reflected sound matters (a wall that gives an echo, a
  loudspeaker together with all that it sends round the room). Fewer rays than
  the run, but the same for every suspect, so that differences are sharp; in
  batches of other seeds, from whose spread comes the error of a difference.
*/

/// Batches of rays; each is a trace of its own
#define RETRACE_BATCHES 3
/// Surfaces that are suspected at most
#define RETRACE_SURFACES 6

/// Some seats, traced in batches; those that were not are zero
typedef struct {
  FhTraceResult batch[RETRACE_BATCHES];
} Retrace;

/// What is traced: start from retrace_desc()
typedef struct {
  FhScene scene; ///< That of the run, or with a change; shares all
  const FhRaycaster* caster;
  const FhSources* sources;
  const uint32_t* seat; ///< [n_seats] seats of the run; borrowed
  size_t n_seats;
  size_t emitter;  ///< That alone plays, or SIZE_MAX for all
  double until_s;  ///< Length of the responses [s]
  bool by_emitter; ///< Bins of each emitter, too
} RetraceDesc;

/// Seats of a run as they are, for levels: the first half of the decay, after
/// which nothing comes that is heard in a level
RetraceDesc
retrace_desc(const FhRun* run, const uint32_t* seat, size_t n_seats);

/**
   Trace batches that are not there yet.

   @param n_batches Of all, so many are there afterwards.
   @param[in,out] retrace Zeroed to begin with; owned by the caller,
   retrace_clear(), on errors, too.
*/
FhStatus
retrace_batches(const FhRun* run,
                const RetraceDesc* desc,
                size_t n_batches,
                Retrace* retrace);

void
retrace_clear(Retrace* retrace);

/**
   Echogram of a seat, reflections only: the mean of the batches that are there.

   @param row Of the seats traced.
   @param emitter Whose sound is missing, or SIZE_MAX for none.
   @param batch That is missing, or RETRACE_BATCHES for none.
   @param[out] bins [batch[0].n_seat_bins] mean squares [Pa^2].
*/
void
retrace_bins(const FhRun* run,
             const Retrace* retrace,
             size_t row,
             size_t emitter,
             size_t batch,
             float (*bins)[FH_N_OCTAVES]);

/**
   Standard error of a number by jackknife.

   @param without The number with each batch missing in turn.
*/
double
retrace_error(const double without[RETRACE_BATCHES]);

/// Seats with nothing changed, and with surfaces taken away one by one
typedef struct {
  const FhRun* run;
  RetraceDesc desc; ///< Of `without`
  Retrace now;      ///< Bins by emitter, too
  size_t n_surfaces;
  uint32_t material[RETRACE_SURFACES]; ///< As in FhRun.face_material
  Retrace without[RETRACE_SURFACES];   ///< With that one black; the first
                                       ///< batch, until more are asked for
  FhMaterial* black; ///< [scene.n_materials] those of one trace; owned
} Retraced;

/**
   Trace seats again for zones with echoes or cancellations.

   @param seat [n_seats] borrowed; outlives `out`.
   @param surfaces Whether to take away surfaces: those that reflect most sound
   for their area and absorption.
   @param until_s Length of the responses [s].
   @param[out] out Owned by the caller, retraced_clear(); zeroed on error.
*/
FhStatus
retraced_new(const FhRun* run,
             const uint32_t* seat,
             size_t n_seats,
             bool surfaces,
             double until_s,
             Retraced* out);

/// See that all batches of `without[k]` are there
FhStatus
retraced_complete(Retraced* retraced, size_t k);

void
retraced_clear(Retraced* retraced);

#endif // FH_RESULT_RETRACE_H
