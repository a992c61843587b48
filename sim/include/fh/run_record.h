// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RUN_RECORD_H
#define FH_RUN_RECORD_H

#include <fh/result.h>

/*
  A finished run as its folder tells it (design, section 5), for what comes
  after a simulation: comparisons, printed reports, listening.
*/

/// Form of run.json that is written and understood
#define FH_RUN_FORMAT 1

/// An audience area
typedef struct {
  char name[FH_NAME_SIZE];
  double capacity;  ///< Persons when full
  double occupancy; ///< 0 to 1
  double spacing_m; ///< Of the seat grid [m]
} FhRecordArea;

/// A loudspeaker or array
typedef struct {
  char name[FH_NAME_SIZE];
  char model[256];
  double at[3];    ///< World [m]
  size_t elements; ///< Boxes
  double yaw_deg, pitch_deg;
  double gain_db, delay_ms;
  bool invert, muted;
  char splay[256]; ///< Angles between boxes in words, empty for none
} FhRecordSource;

/// A microphone
typedef struct {
  char name[FH_NAME_SIZE];
  double at[3]; ///< World [m]
} FhRecordMicrophone;

/// A listener; of the decay times only those at 1 kHz are known
typedef struct {
  uint32_t id;   ///< As in seats.csv
  uint32_t area; ///< Index into FhRunRecord.area
  double at[3];  ///< World [m]
  FhSeatMetrics metrics;
} FhRecordSeat;

/// A dead zone
typedef struct {
  char area[FH_NAME_SIZE];
  char reasons[128];
  size_t n_seats;
  uint32_t* seat; ///< [n_seats] indices into FhRunRecord.seat; owned
  double area_m2;
  double depth_db, lowest_sti, worst_echo; ///< NaN for none
  double at[3];                            ///< Of its middle [m]
  char cause[FH_NAME_SIZE];
  char because[512];
  char remedy[512];
} FhRecordZone;

/// What a run folder holds; NaN where there is no value
typedef struct {
  char folder[1024];
  char version[32]; ///< Of the program that wrote it
  char venue[FH_NAME_SIZE];
  char venue_path[1024]; ///< As it was opened; empty where unknown
  char venue_hash[32];
  bool interrupted; ///< Stopped before the trace was done
  uint64_t seed, rays;
  FhTraceDesc trace; ///< Settings, as asked for
  double volume_m3;
  double low[3], high[3]; ///< Of the venue, world [m]
  double temperature_c, humidity_percent;
  double t60_s[FH_N_OCTAVES]; ///< Eyring's [s]
  double noise_db[FH_N_OCTAVES];
  double mean_dba; ///< Energy mean over the listeners [dB(A)]
  double se_level_db, se_c80_db, se_t30_s; ///< Means at the microphones
  double se_seats_db;                      ///< Mean of the levels at the seats
  FhGoals goals;
  size_t n_areas;
  FhRecordArea* area; ///< Owned
  size_t n_sources;
  FhRecordSource* source; ///< Owned
  size_t n_microphones;
  FhRecordMicrophone* microphone; ///< Owned
  size_t n_seats;
  FhRecordSeat* seat; ///< Owned
  size_t n_zones;
  FhRecordZone* zone; ///< Owned
  size_t n_walls;
  double (*wall)[4]; ///< [n_walls] plan of the upright faces: x, y of both ends
                     ///< [m]; owned
} FhRunRecord;

/**
   Read a run folder.

   @param[out] out Owned by the caller, fh_run_record_clear(); zeroed on error.
   @param diag Says what is missing or wrong, and where.
   @return #FH_ERR_NOT_FOUND when a file is missing (no run, or one that was
   stopped), #FH_ERR_FORMAT for one that is damaged, #FH_ERR_VERSION for one
   that a newer program wrote, #FH_ERR_NO_MEM.
*/
FhStatus
fh_run_record_read(const char* folder, FhRunRecord* out, FhDiag* diag);

/// Free what a record owns and zero it
void
fh_run_record_clear(FhRunRecord* record);

/// Share of the capacity that is there, 0 to 1
double
fh_run_record_occupancy(const FhRunRecord* record);

#endif // FH_RUN_RECORD_H
