// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_MODEL_H
#define FH_SOURCE_MODEL_H

#include <fh/bands.h>
#include <fh/diag.h>
#include <fh/source.h>
#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
  What one box radiates: level on axis against frequency and the pattern
  around it. Local axes: x to the right seen from behind, y forwards (the
  axis), z up. Polar angle theta is from the axis, phi turns from x to z.
*/

/// Pattern over the sphere: equal steps of theta (0 to 180 degrees, ends
/// included) and phi (all around), third octaves last
typedef struct {
  size_t n_theta; ///< At least 2
  size_t n_phi;   ///< At least 4
  /// [n_theta * n_phi][24] pressure factor on the model's curve, which holds
  /// for the axis (for a dodecahedron: for the mean over the sphere); owned
  float (*amp)[FH_N_THIRDS];
  /// [n_theta * n_phi][24] phase relative to on axis at the same distance
  /// [turns], or null where there is none; owned
  float (*turn)[FH_N_THIRDS];
} Balloon;

/// Curve over frequency, straight between its points in dB over log f
typedef struct {
  size_t n;
  double* hz;   ///< [n] ascending; owned
  double* db;   ///< [n]; owned
  double* turn; ///< [n] unwrapped phase [turns], or null; owned
} Curve;

/// What kind of pattern a model has
typedef enum {
  PATTERN_OMNI,
  PATTERN_PISTON, ///< Circular piston in a baffle, exact: 2 J1(x) / x
  PATTERN_BALLOON
} Pattern;

/// A loudspeaker as its maker would publish it
typedef struct {
  char name[FH_NAME_SIZE];
  char key[256]; ///< Name by which a venue calls it
  char description[256];
  char source[512];  ///< Where the numbers come from
  double size_m[3];  ///< Width, height, depth [m]; 0 unknown
  double mass_kg;    ///< 0 unknown
  double splay_low;  ///< Angles that boxes of an array can take [degrees]
  double splay_high; ///< Below splay_low: the box is not for arrays
  Pattern pattern;
  double piston_m; ///< Radius [m]
  Balloon balloon;
  Curve axis;        ///< Level at 1 m on axis for 1 W (2.83 V at 8 ohms) [dB]
  double input_dbw;  ///< Pink input at gain 0, 24 third octaves [dB re 1 W]
  double max_spl_db; ///< Peak level at 1 m on axis; 0 unknown
  bool has_limit;    ///< `limit_db` was given
  float limit_db[FH_N_THIRDS]; ///< Greatest rms level at 1 m per third [dB]
} Model;

/// Free what a balloon owns and zero it
void
balloon_clear(Balloon* balloon);

/// Make room for a pattern of equal levels; `phase` also makes phases of zero
FhStatus
balloon_init(Balloon* balloon, size_t n_theta, size_t n_phi, bool phase);

/**
   Pattern in a direction.

   Amplitudes are bilinear between the four neighbours and phases along the
   shortest way between them, so nothing exceeds what was measured.

   @param d Unit vector in local axes.
   @param[out] amp Pressure relative to on axis.
   @param[out] turn Phase [turns], 0 where the balloon has none.
*/
void
balloon_at(const Balloon* balloon,
           const float d[3],
           float amp[FH_N_THIRDS],
           float turn[FH_N_THIRDS]);

/**
   Refine a coarse pattern by a factor in theta and phi.

   Monotone cubics (Fritsch and Carlson, 1980) in level: smooth, and never
   above or below both neighbours.
*/
FhStatus
balloon_refine(Balloon* balloon, size_t factor);

/// Mean square pressure over the sphere relative to on axis (1 / Q) per third
void
balloon_mean(const Balloon* balloon, double mean[FH_N_THIRDS]);

/// Free what a curve owns and zero it
void
curve_clear(Curve* curve);

/// Copy `n` points; `turn` may be null; #FH_ERR_BAD_ARG unless ascending
FhStatus
curve_set(Curve* curve,
          const double* hz,
          const double* db,
          const double* turn,
          size_t n);

/// Level at a frequency [dB]; beyond the ends the end slope goes on, never up
double
curve_db(const Curve* curve, double hz);

/// Phase of the curve at a frequency [turns]; 0 where it has none
double
curve_turn(const Curve* curve, double hz);

/**
   Give a curve the minimum phase that belongs to its magnitude.

   Bode's integral of the slope in log frequency, with the weight
   ln coth |u / 2|; Bode, "Network analysis and feedback amplifier design",
   1945, chapter 14. Points are added: 24 per octave from 20 Hz to 20 kHz.
*/
FhStatus
curve_add_minimum_phase(Curve* curve);

/// Ideal point source: 1 W of sound at gain 0 in every third octave
FhStatus
model_init_omni(Model* model);

/// Free what a model owns and zero it
void
model_clear(Model* model);

/// Pattern at any frequency (between the thirds by log f), double precision
void
model_pattern(const Model* model,
              double speed_m_s,
              double hz,
              const float d[3],
              double* amp,
              double* turn);

/// 2 J1(x) / x
double
piston_pattern(double x);

/// 1 / Q per third octave of the whole model
void
model_mean(const Model* model, double speed_m_s, double mean[FH_N_THIRDS]);

/**
   Load a model by the name used in a venue.

   @param name "omni", a library name, or a file.
   @param folder Folder of the venue, tried before the library; may be null.
   @param line Line of the venue file that names it, for messages.
   @param venue_path For messages; may be null.
   @param[out] out Owned by the caller; zeroed on error.
*/
FhStatus
model_load(const char* name,
           const char* folder,
           const char* venue_path,
           int line,
           Model* out,
           FhDiag* diag);

#endif // FH_SOURCE_MODEL_H
