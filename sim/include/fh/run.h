// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RUN_H
#define FH_RUN_H

#include <fh/dead_zone.h>
#include <fh/low_frequency.h>
#include <fh/result.h>
#include <fh/run_folder.h>

/*
  A whole simulation: scene, direct field, trace, metrics, dead zones; and how
  it becomes a run folder (design, section 5).
*/

/// What one simulation gave; borrows the venue
typedef struct {
  const FhVenue* venue;
  FhTraceDesc desc; ///< As used
  FhScene scene;
  FhRaycaster* caster; ///< Owned
  /// [scene.n_triangles] materials as the geometry has them: those of the scene
  /// may be of single faces; owned
  uint32_t* face_material;
  FhSources* sources; ///< Owned
  size_t n_emitters;
  FhDirectField seat_direct;     ///< All emitters together
  FhDirectField* seat_direct_by; ///< [n_emitters] each alone; owned
  FhDirectField mic_direct;
  FhDirectField* mic_direct_by; ///< [n_emitters]; owned
  FhTraceResult trace;
  FhSeatMetrics* seats;        ///< [scene.n_seats]; owned
  FhMicrophoneMetrics* pairs;  ///< [n_emitters * scene.n_microphones]; owned
  FhMicrophoneMetrics* system; ///< [scene.n_microphones]; owned
  FhDeadZones zones;
  double mean_dba;  ///< Energy mean of the A-weighted level over the listeners
  double speech_db; ///< fh_speech_offset_db() of that
  bool has_wave;    ///< The modes of `box` answer about and below the
                    ///< crossover of `desc`
  FhModalBox box;
  bool interrupted; ///< Stopped before the trace was done
  bool borrows;     ///< Scene, sources and direct fields are another run's
  double scene_s, direct_s, trace_s, metrics_s; ///< Wall time of the stages
} FhRun;

/**
   Simulate a venue.

   @param desc How to trace; copied. `seats` false leaves the seats out. Only
   the first rank of a team rates what was traced; all but it then call
   fh_run_help_write().
   @param progress Called now and then; may be null.
   @param[out] out Owned by the caller, fh_run_clear(); zeroed on error.
   @param diag Findings, with what to mend.
   @return #FH_ERR_INVALID_DATA for a venue that cannot be simulated as it is
   (no loudspeaker, no listener, listeners that no sound can reach),
   #FH_ERR_INTERRUPTED when `progress` stopped it before anything was finished.
   Stopped later, it returns #FH_OK with `interrupted` set.
*/
FhStatus
fh_run_compute(const FhVenue* venue,
               const FhTraceDesc* desc,
               FhProgressFn progress,
               void* user,
               FhRun* out,
               FhDiag* diag);

/**
   As fh_run_compute(), in 24 third octaves by one walk (fh_trace_thirds()).

   What decides the result but FhTraceDesc.third is the same as there, and each
   run is what it would give with that: octave `b` of the metrics is the lower,
   middle or upper third of it, at the power of the octave. The modes of a box
   know octaves only: #FH_ERR_BAD_ARG where a crossover is asked for.

   @param[out] out Owned by the caller; the second and third share what the
   first has built, so that it is cleared last. Zeroed on error.
*/
FhStatus
fh_run_compute_thirds(const FhVenue* venue,
                      const FhTraceDesc* desc,
                      FhProgressFn progress,
                      void* user,
                      FhRun out[FH_TRACE_THIRDS],
                      FhDiag* diag);

/// Free what a run owns and zero it
void
fh_run_clear(FhRun* run);

/// What goes into the folder besides the tables
typedef struct {
  bool responses;       ///< Impulse responses (WAV, SOFA)
  bool maps;            ///< Pictures, and the report on paper
  size_t n_states;      ///< Further states of the run (fh/run_states.h)
  const double* states; ///< [n_states] their occupancies; borrowed
} FhRunWriteDesc;

/**
   Write everything into a run folder, which is then ready to be committed.
   Other ranks of the run's team call fh_run_help_write() meanwhile.

   @param diag Says which file could not be written and why.
   @return #FH_ERR_IO when a file cannot be written.
*/
FhStatus
fh_run_write(const FhRun* run,
             const FhRunWriteDesc* desc,
             FhProgressFn progress,
             void* user,
             FhRunFolder* folder,
             FhDiag* diag);

/**
   Help another rank to write: what the ranks of the run's team share of it.

   All ranks but the one that calls fh_run_write() call it, with the same
   `desc`.

   @return #FH_ERR_DEVICE when another rank has failed.
*/
FhStatus
fh_run_help_write(const FhRun* run, const FhRunWriteDesc* desc);

/// Name of the impulse response of a pair within the folder, e.g.
/// "ir/RIR_hall_L_FOH.wav"; names get letters, digits, '-', '.' only
void
fh_run_response_name(const FhRun* run,
                     size_t emitter,
                     size_t microphone,
                     char out[256]);

/**
   Pictures of a run: plan views of the seats for levels, STI, C80, direct to
   reverberant ratio, T30 and dead seats, one panel for each level of the house.

   @param out Receives "maps/NAME.png" files.
*/
FhStatus
fh_run_write_maps(const FhRun* run,
                  FhProgressFn progress,
                  void* user,
                  FhRunFolder* folder,
                  FhDiag* diag);

#endif // FH_RUN_H
