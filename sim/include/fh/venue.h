// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_VENUE_H
#define FH_VENUE_H

#include <fh/air.h>
#include <fh/bands.h>
#include <fh/diag.h>
#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
  The venue as its author wrote it: a plain tree of values that the reader
  fills and checks (units, ranges, references by name). Geometry is already
  z up and in metres. What is traced is made from it by fh/scene.h.
*/

#define FH_NAME_SIZE 64

/// Acoustic properties of a surface; octave and third-octave forms of the same.
/// `name` is the library's name for a library material, else the geometry's
typedef struct {
  char name[FH_NAME_SIZE];
  float absorption[FH_N_OCTAVES];   ///< Random-incidence coefficient, 0 to 1.3
  float scattering[FH_N_OCTAVES];   ///< ISO 17497-1 coefficient, 0 to 1
  float transmission[FH_N_OCTAVES]; ///< Energy let through, part of absorption,
                                    ///< 0 to 1
  float absorption_third[FH_N_THIRDS]; ///< As given, or spread from octaves
  float scattering_third[FH_N_THIRDS];
  float transmission_third[FH_N_THIRDS];
  bool two_sided;   ///< True unless stated otherwise
  char source[256]; ///< Where the numbers come from
} FhMaterial;

/// A triangle mesh in metres, z up, as in the geometry file
typedef struct {
  size_t n_vertices;
  double (*vertex)[3]; ///< [n_vertices] positions [m]; owned
  size_t n_triangles;
  uint32_t (*triangle)[3]; ///< [n_triangles] vertex indices; owned
  uint32_t* material;      ///< [n_triangles] index into `material_name`; owned
  size_t n_materials;
  char (*material_name)[FH_NAME_SIZE]; ///< Names used by the geometry; owned
} FhMesh;

typedef enum { FH_POSTURE_SEATED, FH_POSTURE_STANDING } FhPosture;

/// Seat upholstery; crowd-model.md, section 2
typedef enum {
  FH_SEAT_NONE,
  FH_SEAT_PLASTIC,
  FH_SEAT_LIGHT,
  FH_SEAT_MEDIUM,
  FH_SEAT_HEAVY
} FhSeatClass;

/// An area where people are
typedef struct {
  char name[FH_NAME_SIZE];
  char surface[FH_NAME_SIZE]; ///< Material of the geometry, or empty when
                              ///< `polygon` is given
  size_t n_polygon;
  double (*polygon)[3]; ///< [n_polygon] corners [m]; owned; null when `surface`
                        ///< is given
  FhPosture posture;
  FhSeatClass seat;
  double capacity;  ///< Persons when full, above 0
  double spacing_m; ///< Seat grid [m], 0.3 to 10
  double occupancy; ///< 0 to 1, after the venue's `occupancy`
  double clothing;  ///< Clothing factor kappa, 0.3 to 3, 1 nominal
} FhAudience;

typedef enum {
  FH_EQ_PEAK,
  FH_EQ_LOW_SHELF,
  FH_EQ_HIGH_SHELF,
  FH_EQ_HIGH_PASS,
  FH_EQ_LOW_PASS
} FhEqType;

/// One filter of a loudspeaker's processing
typedef struct {
  FhEqType type;
  double frequency_hz; ///< 10 to 24 000
  double gain_db;      ///< -40 to 40; unused by high- and low-pass
  double q;  ///< 0.1 to 50; 0.7071 where order is even and Butterworth
  int order; ///< 1 to 8 for high- and low-pass (Butterworth), else 2
} FhEqFilter;

/// A loudspeaker hung or stood by itself
typedef struct {
  char name[FH_NAME_SIZE];
  char model[256];  ///< "omni", a library name, or a file beside the venue
  double at[3];     ///< Position of the acoustic reference point [m]
  double yaw_deg;   ///< 0 looks along +y, positive turns towards -x
                    ///< (counter-clockwise from above)
  double pitch_deg; ///< Positive looks up, -90 to 90
  double roll_deg;  ///< Positive is clockwise seen from behind
  double gain_db;   ///< -60 to 20
  double delay_ms;  ///< 0 to 2000
  bool invert;      ///< Polarity reversed
  size_t n_eq;
  FhEqFilter* eq;               ///< [n_eq]; owned
  char fir[256];                ///< WAV of a FIR beside the venue, or empty
  bool has_power;               ///< `power_db` was given (omni only)
  float power_db[FH_N_OCTAVES]; ///< Sound power per octave [dB re 1 pW]
  bool muted;                   ///< Present but silent
  int line;                     ///< Line in the venue file, for messages
} FhLoudspeaker;

/// A flown or ground-stacked array of equal boxes
typedef struct {
  char name[FH_NAME_SIZE];
  char box[256];    ///< Library name or file of the element
  size_t count;     ///< 1 to 64
  double top[3];    ///< Front top edge of the top box [m]
  double yaw_deg;   ///< As for a loudspeaker
  double pitch_deg; ///< Of the top box
  size_t n_splay;
  double* splay_deg; ///< [count - 1] angles between boxes, top first; owned
  double gain_db;
  double delay_ms;
  bool invert;
  size_t n_eq;
  FhEqFilter* eq;       ///< Of the whole array; owned
  double* box_gain_db;  ///< [count] shading, or null; owned
  double* box_delay_ms; ///< [count], or null; owned
  bool* box_invert;     ///< [count], or null; owned
  bool muted;
  int line;
} FhArray;

/// A measurement position
typedef struct {
  char name[FH_NAME_SIZE];
  double at[3];   ///< [m]
  double yaw_deg; ///< Where "front" is for lateral and binaural quantities
  int line;
} FhMicrophone;

/// Loudspeakers of one model that there are, e.g. in a truck
typedef struct {
  char model[256]; ///< As a venue names it
  size_t count;    ///< Boxes
} FhStock;

/// What `place` may change; ranges are [low, high], low == high means fixed
typedef struct {
  size_t n_move;
  char (
    *move)[FH_NAME_SIZE]; ///< Loudspeakers or arrays that move together; owned
  int mirror;             ///< 0 none, 1 "yz" (x -> -x), 2 "xz" (y -> -y)
  double within[2][3];    ///< Box allowed for `at` or `top` [m]
  bool has_within;
  double keep_view[2][3]; ///< Box, such as the stage, that seats must see past
                          ///< these loudspeakers [m]
  bool has_keep_view;
  double yaw_deg[2], pitch_deg[2], delay_ms[2], gain_db[2], splay_deg[2];
  bool has_yaw, has_pitch, has_delay, has_gain, has_splay;
  char add_model[256]; ///< Model of fills that may be added, or empty
  int add_max;         ///< How many may be added, 0 to 16
  size_t n_models;
  char (*models)[256]; ///< [n_models] that may hang here instead; owned
  double max_mass_kg;  ///< Rigging limit, 0 for none
  int line;
} FhPlacementRule;

/// Targets and thresholds; start from fh_goals_default()
typedef struct {
  double level_dba; ///< Mean level wanted [dB(A)], 102
  double spread_db; ///< Spread allowed [dB], 6
  double sti;       ///< STI wanted, 0.5
  double weight_spread, weight_dead, weight_sti, weight_level;
  double dead_quiet_db;     ///< 6: under the area's energy mean, 250 Hz-4 kHz
  double dead_muffled_db;   ///< 6: tilt under the mean tilt
  double dead_sti;          ///< 0.45
  double dead_cancelled_db; ///< 10: depth of a cancellation below 500 Hz
} FhGoals;

/// Everything in a venue file; start from a zeroed object
typedef struct {
  char path[1024];   ///< The venue file, as opened
  char folder[1024]; ///< Its folder; files are relative to it
  char name[FH_NAME_SIZE];
  uint64_t hash; ///< Of the venue file, its geometry and libraries
  FhAir air;
  FhMesh mesh;
  FhMaterial*
    materials; ///< [mesh.n_materials], same order as the mesh's names; owned
  size_t n_audience;
  FhAudience* audience; ///< Owned
  size_t n_loudspeakers;
  FhLoudspeaker* loudspeakers; ///< Owned
  size_t n_arrays;
  FhArray* arrays; ///< Owned
  size_t n_microphones;
  FhMicrophone* microphones; ///< Owned
  size_t n_placement;
  FhPlacementRule* placement; ///< Owned
  size_t n_stock;
  FhStock* stock; ///< All the boxes there are; null: enough of each; owned
  FhGoals goals;
  float noise_db[FH_N_OCTAVES]; ///< Background noise per octave [dB SPL]
  bool open_air;                ///< No enclosure is expected (`open_air: true`)
  double duration_s; ///< Longest response asked for [s], 0 for automatic
} FhVenue;

/// Defaults as documented in the venue table
FhGoals
fh_goals_default(void);

/**
   Read a venue file with everything it refers to.

   @param path A YAML (or JSON) file, a folder that holds `venue.yaml`, or the
   bare name of such a folder in fh_share_folder(), e.g. `club-600`.
   @param[out] out Venue, owned by the caller; left zeroed on error.
   @param diag Receives every finding with file, line and column; may be null.
   @return #FH_ERR_IO, #FH_ERR_FORMAT, #FH_ERR_LIMIT, #FH_ERR_INVALID_DATA.
*/
FhStatus
fh_venue_read(const char* path, FhVenue* out, FhDiag* diag);

/**
   Write a venue as YAML, so that reading it back gives the same system.

   Keeps the text of the file the venue was read from, comments and all, for
   every top-level key whose value did not change; the others (mostly `system`)
   are written anew. A material whose octaves were changed must have its thirds
   changed too: where they are not the octaves spread, the thirds are written.
   A venue that comes from no file has its geometry written as `faces`.

   @param path File to write (through a temporary name); its folder exists.
   References to files are rewritten relative to it.
*/
FhStatus
fh_venue_write(const FhVenue* venue, const char* path, FhDiag* diag);

/// Print every key of the venue file: type, unit, range, default, meaning
void
fh_venue_help(FILE* out);

/// JSON Schema (draft 07) of the venue file; the caller frees it, null when
/// memory runs out
char*
fh_venue_schema_json(void);

/// Deep copy, e.g. to vary a system; #FH_ERR_NO_MEM leaves `out` zeroed
FhStatus
fh_venue_copy(const FhVenue* venue, FhVenue* out);

/// Share of the capacity of all areas that is there, 0 to 1
double
fh_venue_occupancy(const FhVenue* venue);

/// Set the occupancy of every audience area (0 to 1)
void
fh_venue_set_occupancy(FhVenue* venue, double occupancy);

/// Free what a venue owns and zero it
void
fh_venue_clear(FhVenue* venue);

/// Find a material of the bundled library (`venues/materials.yaml`) by name
FhStatus
fh_material_find(const char* name, FhMaterial* out);

#endif // FH_VENUE_H
