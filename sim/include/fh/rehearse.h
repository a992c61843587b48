// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_REHEARSE_H
#define FH_REHEARSE_H

#include <fh/audio.h>
#include <fh/crowd.h>
#include <fh/diag.h>
#include <fh/profile.h>
#include <fh/trace.h>

/*
  A whole show around the very DSP of the auto-EQ: a soundcheck in the empty
  venue, then doors, a crowd, weather, and whatever goes wrong with the
  microphone. What the audience hears comes from the venue's tables.
*/

/// A value over time; straight between points, constant outside them
typedef struct {
  double minute; ///< After doors [min]
  double value;
} FhScenarioPoint;

/// Something that happens to the microphone
typedef struct {
  double minute;   ///< After doors [min]
  double gain_db;  ///< From now on [dB]
  double delay_ms; ///< Later than at the soundcheck, from now on [ms]
  bool mute;       ///< The cable is out
  bool clip;       ///< Driven into clipping
} FhScenarioFault;

/// What happens; start from fh_scenario_default()
typedef struct {
  double minutes; ///< Length after doors, 1 to 600 [min]
  size_t n_occupancy;
  FhScenarioPoint* occupancy; ///< 0 to 1; owned
  size_t n_temperature;
  FhScenarioPoint* temperature_c; ///< Owned; empty = as in the profile
  size_t n_humidity;
  FhScenarioPoint* humidity_percent; ///< Owned; empty = as in the profile
  size_t n_mic_gain;
  FhScenarioPoint* mic_gain_db; ///< Of the microphone over time; owned
  size_t n_mic_tilt;
  FhScenarioPoint* mic_tilt_db; ///< The same per two octaves; owned
  size_t n_faults;
  FhScenarioFault* faults; ///< Owned
  double crowd_noise_db; ///< Full crowd against the programme at the microphone
                         ///< [dB]
  double clothing;       ///< Of the true crowd, 1 nominal
  double tilt;           ///< Of the true crowd, 0 nominal
  double attendance;     ///< What the engineer enters, 0 = nothing
  bool sensors;          ///< Temperature and humidity are entered as they are
} FhScenario;

/// 45 minutes from empty to full, warming by 3 degrees and 10 % humidity
FhStatus
fh_scenario_default(FhScenario* out);

/**
   Read a scenario (YAML).

   @return As fh_yaml_read(); #FH_ERR_INVALID_DATA with words in `diag`.
*/
FhStatus
fh_scenario_read(const char* path, FhScenario* out, FhDiag* diag);

/// Free what it owns and zero it
void
fh_scenario_clear(FhScenario* scenario);

/// One minute of the show; octaves 63 Hz to 8 kHz
typedef struct {
  double minute;
  double occupancy; ///< True
  float occupancy_estimate, occupancy_sd, confidence;
  int state;    ///< An FhLiveState, at the end of the minute
  float held_s; ///< Part of the minute in which something was wrong and nothing
                ///< could move [s]
  int hold;     ///< The FhLiveState that held longest in it, or -1
  float
    true_db[FH_N_OCTAVES]; ///< Change at the seats since the soundcheck [dB]
  float true_early_db[FH_N_OCTAVES];     ///< The same of the first 50 ms [dB]
  float estimate_db[FH_N_OCTAVES];       ///< What the auto-EQ takes it for [dB]
  float estimate_sd_db[FH_N_OCTAVES];    ///< And how sure it is [dB]
  float estimate_early_db[FH_N_OCTAVES]; ///< The same of the first 50 ms [dB]
  float wish_db[FH_N_OCTAVES];   ///< What it would do without limits [dB]
  float target_db[FH_N_OCTAVES]; ///< What it may do [dB]
  float eq_db[FH_N_OCTAVES];     ///< Response of the equaliser [dB]
  float raw_db[FH_N_OCTAVES];    ///< What undoing the microphone would apply,
                                 ///< level aside [dB]
  float tonal_untouched_db; ///< rms of the change less its mean, 125 Hz-8 kHz
  float tonal_raw_db;
  float tonal_ours_db;
  float eq_rms_db; ///< Over the octaves 125 Hz to 8 kHz
} FhRehearsalMinute;

/// Tonal errors of the last ten minutes, each the median over them [dB]
typedef struct {
  float untouched_db, raw_db, ours_db; ///< Octaves 125 Hz to 8 kHz
  /// 63 Hz too, which the auto-EQ leaves alone
  float all_untouched_db, all_raw_db, all_ours_db;
} FhRehearsalEnd;

/// What a rehearsal gave
typedef struct {
  size_t n_minutes;
  FhRehearsalMinute* minutes; ///< Owned
  FhRehearsalEnd end;
  size_t n_moves;
  char (*moves)[192];    ///< Lines of the log; owned
  const char* verdict;   ///< On the soundcheck; static
  double soundcheck_min; ///< Programme that the soundcheck took [min]
  /// Soundcheck against the profile, see fh/room_sound.h; over FH_ROOM_LIMIT it
  /// was taken for another room
  double room_distance;
  double wall_s;
} FhRehearsal;

/**
   Rehearse a show.

   @param world What the venue is; borrowed.
   @param profile What the auto-EQ is told; usually the same.
   @param weights Network, or null for the physics alone; borrowed.
   @param music Programme at 48 kHz, looped; null for synthetic music.
   @param[out] out Owned by the caller (fh_rehearsal_clear()).
   @return #FH_ERR_INTERRUPTED keeps the minutes that are done.
*/
FhStatus
fh_rehearse(const FhProfile* world,
            const FhProfile* profile,
            const FhCrowdModel* weights,
            const FhScenario* scenario,
            const FhAudio* music,
            uint64_t seed,
            FhProgressFn progress,
            void* user,
            FhRehearsal* out);

/// Free what it owns and zero it
void
fh_rehearsal_clear(FhRehearsal* rehearsal);

/**
   Synthetic music: a beat, a bass line, chords, a voice that comes and goes.

   Statistics are those of amplified music: as much in each octave from 63 Hz to
   1 kHz, then falling, 10 dB less at 8 kHz; beats and rests in each octave;
   crest over 10 dB. All of it from the seed.

   Source: spectrum about that of the simulated programme of IEC 60268-1.

   @param[out] out [n_frames] mono, rms 0.1; at 48 kHz, without a seam when
   repeated but for the beat.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
fh_synthetic_music(uint64_t seed, float* out, size_t n_frames);

#endif // FH_REHEARSE_H
