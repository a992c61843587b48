// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PROFILE_H
#define FH_PROFILE_H

#include <fh/air.h>
#include <fh/bands.h>
#include <fh/status.h>

#include <stddef.h>
#include <stdint.h>

/*
  Venue profile (.fhp): what the simulator knows of a venue, empty to full.

  The file is of the form of fh/tensors.h; `format` in its metadata is
  "fullhouse profile", `version` is FH_PROFILE_VERSION. Energies are mean square
  pressures of the whole system [Pa2] per time bin and octave.
*/

#define FH_PROFILE_VERSION   1
#define FH_PROFILE_STATES    5
#define FH_PROFILE_MAX_MICS  8
#define FH_PROFILE_MAX_BINS  1024
#define FH_PROFILE_NAME_SIZE 64

/// Tables of a venue at occupancies from 0 to 1
typedef struct {
  char venue[FH_PROFILE_NAME_SIZE]; ///< Name
  char hash[32];      ///< Of the venue file and its geometry, hexadecimal
  FhAir air;          ///< State of the air in the tables
  double capacity;    ///< Persons when full
  double volume_m3;   ///< 0 in the open
  double surface_m2;  ///< Of all surfaces
  double audience_m2; ///< Of all audience areas
  double standing;    ///< Share of the audience area where people stand, 0 to 1
  double open_air;    ///< 1 in the open, else 0
  size_t n_mics;      ///< 1 to FH_PROFILE_MAX_MICS
  char mic[FH_PROFILE_MAX_MICS][FH_PROFILE_NAME_SIZE]; ///< Names
  float occupancy[FH_PROFILE_STATES];                  ///< Rising from 0 to 1
  size_t n_bins;
  float* edge_s;     ///< [n_bins + 1] since emission [s]; owned
  float* mic_energy; ///< [n_mics][states][n_bins][octaves]; owned
  float mic_direct_s[FH_PROFILE_MAX_MICS];   ///< First arrival [s]
  float mic_distance_m[FH_PROFILE_MAX_MICS]; ///< To the nearest loudspeaker [m]
  float* audience_energy; ///< [states][n_bins][octaves], mean of seats; owned
  /// [states][n_bins][octaves]: the part up to 50 ms after the first arrival at
  /// each seat; owned
  float* audience_early;
  /// Mean over seats of the level and of the early level [dB]
  float total_db[FH_PROFILE_STATES][FH_N_OCTAVES];
  float early_db[FH_PROFILE_STATES][FH_N_OCTAVES];
  float t20_s[FH_PROFILE_STATES][FH_N_OCTAVES]; ///< Mean over microphones [s]
  float edt_s[FH_PROFILE_STATES][FH_N_OCTAVES];
  float added_m2[FH_PROFILE_STATES]
                [FH_N_OCTAVES]; ///< Absorption area over empty
  float empty_m2[FH_N_OCTAVES]; ///< Absorption area of the empty venue [m2]
  /// Largest standard error of empty-to-full differences of the levels at the
  /// seats, as a mean, and at the first microphone [dB]
  float difference_se_db[FH_N_OCTAVES];
} FhProfile;

/**
   Read a profile from the bytes of a file.

   @param[out] out Profile, owned by the caller (fh_profile_free()); null on
   error.
   @param[out] reason What is wrong, 128 characters; may be null.
   @return #FH_ERR_FORMAT, #FH_ERR_VERSION, #FH_ERR_LIMIT, #FH_ERR_NOT_FINITE,
   #FH_ERR_INVALID_DATA, #FH_ERR_NO_MEM.
*/
FhStatus
fh_profile_parse(const void* bytes, size_t size, FhProfile** out, char* reason);

/**
   The bytes of the file of a profile.

   @param[out] bytes Owned by the caller (free()).
*/
FhStatus
fh_profile_serialise(const FhProfile* profile, void** bytes, size_t* size);

/// An empty profile with room for the tables; null when out of memory
FhProfile*
fh_profile_new(size_t n_mics, size_t n_bins);

/// Free; does nothing if it is null
void
fh_profile_free(FhProfile* profile);

/// [n_bins][octaves] of a microphone at a state; borrowed
const float*
fh_profile_mic(const FhProfile* profile, size_t mic, size_t state);

/**
   Where a search for the delay finds the sound of the system [s].

   This is `mic_direct_s`, unless most of the sound of 1 to 4 kHz comes in
   another bin: a fill may be heard before the main arrays.
*/
double
fh_profile_arrival_s(const FhProfile* profile, size_t mic);

#endif // FH_PROFILE_H
