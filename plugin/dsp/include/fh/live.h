// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_LIVE_H
#define FH_LIVE_H

#include <fh/air.h>
#include <fh/bands.h>
#include <fh/crowd.h>
#include <fh/profile.h>
#include <fh/room_sound.h>
#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
  The auto-EQ without a host: measure, infer, decide, equalise.

  Two threads take part. The audio thread calls fh_live_process() and reads
  fh_live_meters(); nothing there allocates, locks, waits, logs or touches
  files. The worker calls fh_live_work() whenever fh_live_has_work() says so;
  it may run late, twice or never, and the audio goes on.

  All clocks count frames. The audio thread hands over what it heard at fixed
  frame counts (ticks) and takes an answer into use at fixed frame counts, so
  that any block size, and a render faster than real time, gives the same bits
  as long as the worker answers within fh_live_answer_frames().

  Audio never leaves: state, meters and log hold statistics of bands only.
*/

/// Bands of the equaliser: third octaves, nominally 20 Hz to 20 kHz
#define FH_LIVE_BANDS 31
/// Measurement microphones at most
#define FH_LIVE_MICS 2

/// Exact base-10 midband frequency of band `i` (0 to 30) [Hz]
double
fh_live_band_hz(size_t i);

/// Nominal name of band `i` as used in port symbols: "20", "31_5", "20000"
const char*
fh_live_band_name(size_t i);

/// Who moves the equaliser; the values are those of the port
typedef enum {
  FH_LIVE_MODE_OFF = 0,     ///< Measure; the correction ramps out
  FH_LIVE_MODE_SUGGEST = 1, ///< Show the curve, move on `apply` alone
  FH_LIVE_MODE_AUTO = 2,    ///< Move by itself, within the limits
} FhLiveMode;

/// What it does, or why it holds; the values are those of the port `state`
typedef enum {
  FH_LIVE_STATE_OFF = 0,           ///< Mode is off: measuring only
  FH_LIVE_STATE_BYPASSED = 1,      ///< `enabled` is 0: audio untouched
  FH_LIVE_STATE_NO_PROFILE = 2,    ///< Measurement and manual EQ only
  FH_LIVE_STATE_NO_BASELINE = 3,   ///< Waits for a soundcheck capture
  FH_LIVE_STATE_CAPTURING = 4,     ///< Capturing the soundcheck
  FH_LIVE_STATE_LISTENING = 5,     ///< Not yet heard enough to judge
  FH_LIVE_STATE_SUGGESTING = 6,    ///< A suggestion waits for `apply`
  FH_LIVE_STATE_MOVING = 7,        ///< Moving to the target
  FH_LIVE_STATE_SETTLED = 8,       ///< On target, within the dead band
  FH_LIVE_STATE_PANIC = 9,         ///< At the soundcheck EQ until released
  FH_LIVE_STATE_FROZEN = 10,       ///< Held by the freeze button
  FH_LIVE_STATE_MIC_LOST = 11,     ///< Held: no sound from the microphone
  FH_LIVE_STATE_MIC_CLIPPING = 12, ///< Held: the microphone clips
  FH_LIVE_STATE_MIC_MOVED = 13,    ///< Held: delay no longer that of the
                                   ///< soundcheck; capture again
  FH_LIVE_STATE_DELAY_JUMP = 14,   ///< Held: the delay has just jumped
  FH_LIVE_STATE_SILENT = 15,       ///< Held: programme too quiet
  FH_LIVE_STATE_COHERENCE = 16,    ///< Held: coherence too low, or crowd
                                   ///< louder than the programme allows
  FH_LIVE_STATE_UNSURE = 17,       ///< Held: the model does not explain it
  FH_LIVE_STATE_MIC_IS_LINE = 18,  ///< Held: microphone input carries the
                                   ///< programme itself
  FH_LIVE_STATE_WORKER_LATE = 19,  ///< Held: the worker does not keep up
  FH_LIVE_STATE_FAULT = 20,        ///< Held: not-a-number in the input
  FH_LIVE_STATE_GAIN_CHANGED =
    21,                       ///< Held: a gain has changed, averages begin anew
  FH_LIVE_STATE_FOREIGN = 22, ///< Held: the room is not that of the
                              ///< profile; `apply` trusts it all the same
  FH_LIVE_N_STATES
} FhLiveState;

/// One sentence without a period for the engineer; static storage
const char*
fh_live_state_text(FhLiveState state);

/// What the engineer sets; given anew to every fh_live_process()
typedef struct {
  bool enabled; ///< False fades to bit-exact bypass in 10 ms
  FhLiveMode mode;
  double amount; ///< Part of the target that is applied, 0 to 1
  bool freeze;
  double limit_db;              ///< Largest correction, 0 to 6 [dB], 3
  double boost_ratio;           ///< Boosts as a part of cuts, 0 to 1, 0.5
  double slew_db_per_min;       ///< 0.05 to 3 [dB/min], 0.5
  bool baseline;                ///< A rising edge starts the soundcheck capture
  bool apply;                   ///< A rising edge applies the suggestion, or
                                ///< trusts the profile of another room
  bool undo;                    ///< A rising edge undoes the last apply
  bool panic;                   ///< A rising edge ramps to the soundcheck EQ
  double temperature_c;         ///< Air now [degrees Celsius], -10 to 50
  double humidity_percent;      ///< 0 to 100 [%]
  double attendance;            ///< Persons expected; 0 = unknown
  unsigned mics;                ///< Microphones in use, 1 or 2
  bool trim_on;                 ///< Use `trim_db`
  float trim_db[FH_LIVE_BANDS]; ///< The engineer's own EQ, -12 to 12 [dB]
} FhLiveControls;

/// Enabled, mode suggest, 100 %, limits and air at their defaults, trim flat
FhLiveControls
fh_live_controls_default(void);

/// How good the soundcheck is
typedef enum {
  FH_LIVE_VERDICT_NONE = 0,     ///< None captured
  FH_LIVE_VERDICT_GOOD = 1,     ///< Good
  FH_LIVE_VERDICT_SHORT = 2,    ///< Too little programme was heard
  FH_LIVE_VERDICT_NOISY = 3,    ///< Coherence low: raise level or wait
  FH_LIVE_VERDICT_NARROW = 4,   ///< Programme does not excite enough bands
  FH_LIVE_VERDICT_NO_DELAY = 5, ///< No delay found: is it the right mic?
  FH_LIVE_VERDICT_CLIPPED = 6,  ///< The microphone clipped
  FH_LIVE_VERDICT_UNSTEADY = 7, ///< Level or delay changed while capturing
  FH_LIVE_N_VERDICTS
} FhLiveVerdict;

/// One sentence without a period; static storage
const char*
fh_live_verdict_text(FhLiveVerdict verdict);

/// Numbers for ports, window and OSC; all of one moment
typedef struct {
  uint32_t serial; ///< Changes whenever anything but the time does
  FhLiveState state;
  FhLiveVerdict verdict;  ///< Of the soundcheck
  float capture_progress; ///< Of a soundcheck capture, 0 to 1
  float latency_frames;   ///< Always 0
  float occupancy;        ///< 0 to 1.15
  float occupancy_sd;     ///< 0 to 1
  float confidence;       ///< 0 to 1
  float coherence;        ///< Mean squared coherence 250 Hz to 4 kHz, 0 to 1
  float delay_ms;         ///< Output to first microphone [ms]
  float mic_delay_ms[FH_LIVE_MICS]; ///< Each microphone, 0 while unknown [ms]
  float level_change_db;      ///< Mean change 250 Hz to 4 kHz, not applied [dB]
  float programme_db;         ///< Output level, rms of the last second [dBFS]
  float mic_db[FH_LIVE_MICS]; ///< The same of the microphones [dBFS]
  float eq_db[FH_LIVE_BANDS]; ///< Response in effect, trim included [dB]
  /// Correction in effect, without trim [dB]
  float applied_db[FH_LIVE_BANDS];
  float target_db[FH_LIVE_BANDS];      ///< Where it would go [dB]
  float soundcheck_db[FH_LIVE_BANDS];  ///< Room at the soundcheck, mean 0 [dB]
  float now_db[FH_LIVE_BANDS];         ///< Room now, same reference [dB]
  float coherence_band[FH_LIVE_BANDS]; ///< Squared, 0 to 1
  float limit_up_db[FH_LIVE_BANDS];    ///< Largest boost allowed now [dB]
  float limit_down_db[FH_LIVE_BANDS];  ///< Largest cut allowed now, < 0 [dB]
  bool band_known[FH_LIVE_BANDS];      ///< `now_db` rests on valid data
  float added_m2[FH_N_OCTAVES];        ///< Absorption the crowd added [m2]
  float weather_db[FH_N_OCTAVES];      ///< Change due to the air alone [dB]
  float total_db[FH_N_OCTAVES];        ///< Estimated change at the seats [dB]
  float total_sd_db[FH_N_OCTAVES];
  float early_db[FH_N_OCTAVES]; ///< The same of the first 50 ms there [dB]
  float early_sd_db[FH_N_OCTAVES];
  float wish_db[FH_LIVE_BANDS]; ///< Target before amount and limits [dB]
  /// How unlike the profile the soundcheck is, as fh_room_distance(); 0 =
  /// unknown, over FH_ROOM_LIMIT it is of another room
  float room_distance;
  bool has_profile; ///< A crowd model of a venue is in use
  bool has_baseline;
  bool can_undo;
  uint64_t frame; ///< Frames since the start
} FhLiveMeters;

/// Why the correction moved
typedef enum {
  FH_LIVE_MOVE_CROWD = 0,    ///< Toward the target, in auto
  FH_LIVE_MOVE_APPLY = 1,    ///< `apply` was pressed
  FH_LIVE_MOVE_UNDO = 2,     ///< `undo` was pressed
  FH_LIVE_MOVE_PANIC = 3,    ///< `panic` was pressed
  FH_LIVE_MOVE_LIMIT = 4,    ///< A limit or the amount was turned down
  FH_LIVE_MOVE_TRIM = 5,     ///< The engineer's own EQ
  FH_LIVE_MOVE_HOLD = 6,     ///< Stopped; `state` says why
  FH_LIVE_MOVE_RESUME = 7,   ///< Goes on; `state` says to what
  FH_LIVE_MOVE_BASELINE = 8, ///< A soundcheck was captured
  FH_LIVE_N_MOVES
} FhLiveMoveReason;

/// One line of the log: numbers of a band, never audio
typedef struct {
  uint64_t frame; ///< When, in frames since the start
  double time_s;  ///< The same [s]
  int band;       ///< 0 to 30, or -1 for all
  float from_db;
  float to_db;
  float confidence; ///< 0 to 1
  FhLiveMoveReason reason;
  FhLiveState state;
} FhLiveMove;

/// Write one line without newline, e.g. for a log file; snprintf() rules
int
fh_live_move_text(const FhLiveMove* move, char* text, size_t size);

/// What a soundcheck leaves behind: statistics of bands, no audio
typedef struct {
  uint32_t version; ///< FH_LIVE_BASELINE_VERSION
  uint32_t n_mics;  ///< 0 to 2; 0 = none captured
  int32_t verdict;  ///< An FhLiveVerdict
  float seconds;    ///< Programme heard [s]
  float temperature_c;
  float humidity_percent;
  float minutes_ago; ///< Age when it was saved [min]
  struct {
    float delay_ms;
    float level_db;                      ///< Broadband transfer [dB]
    float third_db[FH_LIVE_BANDS];       ///< Energy of the response [dB]
    float coherence[FH_LIVE_BANDS];      ///< Squared
    float total_db[FH_N_OCTAVES];        ///< Energy of the response [dB]
    float late_db[FH_N_OCTAVES];         ///< After 80 ms [dB], NaN = unknown
    float t_s[FH_N_OCTAVES];             ///< Decay time [s], 0 = unknown
    float t_error[FH_N_OCTAVES];         ///< Its relative standard error
    float direct_ratio_db[FH_N_OCTAVES]; ///< 0-20 ms over the rest [dB]
    float octave_coherence[FH_N_OCTAVES];
  } mic[FH_LIVE_MICS];
} FhLiveBaseline;

#define FH_LIVE_BASELINE_VERSION 1U

/**
   The crowd model as the controller sees it: one object, built elsewhere and
   swapped in as one pointer.
*/
typedef struct FhLiveModel {
  void* self;
  /// As fh_crowd_infer(); called by the worker alone
  bool (*infer)(void* self,
                const FhCrowdObservation* frame,
                FhCrowdEstimate* out);
  /// As fh_crowd_reset(); called when a new soundcheck was captured
  void (*reset)(void* self);
  /// As fh_room_distance() from the empty venue at a microphone, 0 where the
  /// model has no such microphone; null = takes any room for its own
  double (*distance)(void* self,
                     size_t mic,
                     const FhAir* air,
                     const FhRoomSound* measured);
  /// Frees `self` and the model; may be null where its builder frees it
  void (*free)(struct FhLiveModel* model);
} FhLiveModel;

typedef struct FhLiveImpl FhLive; ///< The whole auto-EQ

/**
   Create one.

   @param rate_hz 44 100 to 192 000 [Hz].
   @return #FH_ERR_BAD_ARG for a rate outside that, #FH_ERR_NO_MEM.
*/
FhStatus
fh_live_new(double rate_hz, FhLive** out);

/// Free, with the model in use; no other call may run. Null is allowed
void
fh_live_free(FhLive* live);

/**
   Forget the sound (filter states, frames being measured), keep settings,
   soundcheck and correction. Call while no fh_live_process() runs, e.g. when
   the host activates.
*/
void
fh_live_reset(FhLive* live);

/**
   Process a block; for the audio thread.

   Output may be the same memory as any input, channel by channel. Inputs that
   are not finite are taken as 0, and outputs are finite.

   @param in Programme, left and right; [n_frames] each.
   @param mic Measurement microphones; a null pointer is an absent one.
   @param[out] out Equalised programme, latency 0.
   @param n_frames Any number; 0 is allowed.
*/
void
fh_live_process(FhLive* live,
                const FhLiveControls* controls,
                const float* const in[2],
                const float* const mic[FH_LIVE_MICS],
                float* const out[2],
                size_t n_frames);

/// The numbers as of the last fh_live_process(); for the audio thread
const FhLiveMeters*
fh_live_meters(const FhLive* live);

/// Take the next line of the log; for the audio thread. False when empty
bool
fh_live_next_move(FhLive* live, FhLiveMove* move);

/// True when fh_live_work() has something to do; any thread, wait-free
bool
fh_live_has_work(const FhLive* live);

/// Do what there is to do; for the worker. A second call meanwhile returns
void
fh_live_work(FhLive* live);

/// Frames within which the worker must answer for the same bits as offline
size_t
fh_live_answer_frames(const FhLive* live);

/**
   Use another model, or none (null); any thread, wait-free.

   The object belongs to `live` until it comes back by
   fh_live_retired_model(), or is freed by fh_live_free().

   @return A model given before that was never taken into use, for the caller
   to free, else null.
*/
FhLiveModel*
fh_live_set_model(FhLive* live, FhLiveModel* model);

/// A model that is no longer in use, for the caller to free; null when none
FhLiveModel*
fh_live_retired_model(FhLive* live);

/**
   A model of a venue: the physics fit, and the network where there is one.

   @param profile Belongs to the model from now on; on error to the caller.
   @param weights The same; null for the physics alone.
   @return Null when out of memory.
*/
FhLiveModel*
fh_live_model_new(FhProfile* profile, FhCrowdModel* weights);

/// Hash of the venue of a model made by fh_live_model_new(); borrowed
const char*
fh_live_model_venue(const FhLiveModel* model);

/// Call `free` of the model; null is allowed
void
fh_live_model_free(FhLiveModel* model);

/// Copy the soundcheck; any thread. False when none was captured
bool
fh_live_baseline(const FhLive* live, FhLiveBaseline* out);

/**
   Use a stored soundcheck; any thread but the audio thread, one at a time.

   @return #FH_ERR_VERSION, #FH_ERR_NOT_FINITE or #FH_ERR_INVALID_DATA for one
   that cannot be used; nothing changes then.
*/
FhStatus
fh_live_set_baseline(FhLive* live, const FhLiveBaseline* baseline);

#endif // FH_LIVE_H
