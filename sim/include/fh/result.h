// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_H
#define FH_RESULT_H

#include <fh/parameters.h>
#include <fh/trace.h>

/*
  What a listener gets: numbers of ISO 3382-1 and IEC 60268-16 at seats and
  microphones, from the direct field and the trace.
*/

/// Reference sound pressure squared, (20 uPa)^2 [Pa^2]
#define FH_P2_REF 4e-10
/// Speech is rated at no more than this mean level over the seats [dB(A)]: a
/// louder system is turned down for it, as an announcer's channel is
#define FH_SPEECH_MAX_DBA 80.0
/// Dietsch-Kraak criterion of speech that disturbs every second listener;
/// L. Dietsch, W. Kraak, Acustica 60 (1986)
#define FH_ECHO_DISTURBS 1.0

/// Standard errors beyond which a seat is dead for certain: chance takes one
/// seat in forty there
#define FH_SURE 2.0

/// One row of seats.csv; see the design, section 5. NaN where there is no value
typedef struct {
  float spl_db, spl_dba;
  float spl_octave_db[FH_N_OCTAVES];
  float direct_dba;
  float d_r_db; ///< Direct over reflected energy, A-weighted
  float edt_s[FH_N_OCTAVES], t30_s[FH_N_OCTAVES];
  float c50_db[FH_N_OCTAVES], c80_db[FH_N_OCTAVES];
  float d50, ts_ms; ///< Mid bands (500 Hz and 1 kHz)
  float sti;
  float tilt_db; ///< 2-8 kHz over 250 Hz-1 kHz
  float
    cancel_depth_db;  ///< Deepest cancellation below 500 Hz over a third octave
  float cancel_hz;    ///< Where that is
  float echo;         ///< Dietsch-Kraak criterion of speech at 1 kHz, of an
                      ///< arrival after 50 ms that is within 10 dB; else 0
  float echo_ms;      ///< When that echo comes after the direct sound
  float echo_se;      ///< Standard error of `echo`
  float se_db;        ///< Standard error of `spl_db`
  float octave_se_db; ///< Of an octave's level, mean by energy: what judges a
                      ///< seat, whose criteria are about parts of the spectrum
  uint8_t dead;       ///< Bits, FhDeadReason
  uint8_t sure;       ///< Those of them by more than FH_SURE standard errors
} FhSeatMetrics;

/// Why a seat is dead; design, section 5
typedef enum {
  FH_DEAD_QUIET = 1,
  FH_DEAD_MUFFLED = 2,
  FH_DEAD_UNCLEAR = 4,
  FH_DEAD_CANCELLED = 8,
  FH_DEAD_ECHO = 16
} FhDeadReason;

/// Number of the reasons above
#define FH_N_DEAD_REASONS 5

/// Word of reason bit `i` (0 to 4) as in files: "quiet" ... "echo"
const char*
fh_dead_reason_word(size_t i);

/**
   Metrics of every seat from the direct field and the trace.

   @param direct Direct field at the seats, all emitters together (thirds).
   @param by_emitter [fh_sources_count()] the same for each emitter alone, or
   null: then the direct sound counts as one arrival, and neither cancellations
   nor echoes of one emitter after another are found.
   @param n_emitters Number of fields in `by_emitter`.
   @param n_threads Threads, at least 1; results do not depend on it.
   @param[out] out [scene->n_seats], owned by the caller.
*/
FhStatus
fh_seat_metrics(const FhVenue* venue,
                const FhScene* scene,
                const FhDirectField* direct,
                const FhDirectField* by_emitter,
                size_t n_emitters,
                const FhTraceResult* trace,
                unsigned n_threads,
                FhSeatMetrics* out);

/**
   Set the bits of `dead` and `sure` from the metrics and the venue's goals.

   Errors of a seat's level and of the energy of its echo are those of the
   trace; that of the tilt follows from the level's (two parts that share rays),
   and that of STI too: it moves by 1/30 per decibel of signal to noise at most
   (IEC 60268-16).

   @param seats [n_seats] areas, and what each seat stands for in their means.
   @param metrics [n_seats].
   @return #FH_ERR_NO_MEM.
*/
FhStatus
fh_seat_judge(const FhVenue* venue,
              const FhSeat* seats,
              size_t n_seats,
              FhSeatMetrics* metrics);

/// A value per octave with its standard error
typedef struct {
  double at[FH_N_OCTAVES];
  double se[FH_N_OCTAVES]; ///< 0 where nothing was sampled
} FhEstimate;

/// What a microphone gets from one emitter, or from all of them
typedef struct {
  size_t emitter; ///< Index, or SIZE_MAX for the whole system
  size_t microphone;
  double distance_m; ///< From the (nearest) emitter's centre
  double onset_s;    ///< Arrival of the direct sound after the electrical input
  FhParameters parameters;
  FhEstimate edt_s, t20_s, t30_s, c50_db, c80_db, d50, ts_s; ///< NaN: no value
  FhEstimate spl_db;
  FhEstimate g_db; ///< Strength re the emitter's power; NaN for the system
  double direct_db[FH_N_OCTAVES]; ///< Of the direct sound alone
  double spl_dba, spl_dba_se;     ///< A-weighted sum
  double sti, sti_se;             ///< At the level of FH_SPEECH_MAX_DBA
  double lf, lf_se;   ///< Lateral fraction J_LF, 125 Hz-1 kHz; NaN for the
                      ///< system
  double lfc, lfc_se; ///< J_LFC
} FhMicrophoneMetrics;

/**
   Metrics of every pair of emitter and microphone, and of the whole system.

   Standard errors are a jackknife over the blocks of rays of the trace, widened
   by what few rays may have missed (FhPairResponse.unseen):
   #FH_TRACE_INTERVAL_95 of them on either side hold the truth in 95 % of all
   cases. NaN where nothing can be said (FhTraceResult.errors_unknown).

   @param direct Direct field at the microphones, all emitters together.
   @param by_emitter [n_emitters] the same for each emitter alone.
   @param speech_db Level of the speech at which STI is taken against the level
   simulated [dB]; see fh_speech_offset_db().
   @param[out] pairs [n_emitters * n_microphones], emitter-major.
   @param[out] system [n_microphones].
*/
FhStatus
fh_microphone_metrics(const FhVenue* venue,
                      const FhScene* scene,
                      const FhSources* sources,
                      const FhDirectField* direct,
                      const FhDirectField* by_emitter,
                      const FhTraceResult* trace,
                      double speech_db,
                      unsigned n_threads,
                      FhMicrophoneMetrics* pairs,
                      FhMicrophoneMetrics* system);

/// How far speech is turned down where the energy mean of the A-weighted level
/// over the listeners is `mean_dba`: 0 or less [dB]
double
fh_speech_offset_db(double mean_dba);

#endif // FH_RESULT_H
