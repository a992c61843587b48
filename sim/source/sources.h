// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_SOURCES_H
#define FH_SOURCE_SOURCES_H

#include "model.h"

#include <fh/edges.h>
#include <fh/scene.h>
#include <fh/source.h>

/// Frequencies per third octave: few where all paths are about equally long
#define N_LEVELS  3
#define N_LINES   12
#define MAX_LINES (N_LINES << (N_LEVELS - 1))

/// A coherent point of an emitter
typedef struct {
  float at[3];    ///< Scene coordinates [m]
  float right[3]; ///< Local axes in scene coordinates
  float forward[3];
  float up[3];
  uint32_t model;
  uint32_t emitter;
  double delay_s; ///< Of this box, the emitter's not included [s]
  float gain;     ///< Pressure factor of this box, with its polarity
} Element;

/// Electrical drive of an emitter at the lines of each level: pressure at 1 m
/// on axis; the delay is kept apart
typedef struct {
  /// [24] rms pressure at 1 m per line: squares add up to the band's [Pa]
  float amp[MAX_LINES][FH_N_THIRDS];
  int32_t phase[MAX_LINES][FH_N_THIRDS]; ///< [2^-32 turns]
} DriveLines;

typedef struct {
  DriveLines level[N_LEVELS];
} Drive;

/// What an emitter's processing does to the signal
typedef struct {
  size_t n_eq;
  FhEqFilter* eq; ///< [n_eq]; owned
  double gain;    ///< Pressure factor with polarity
  double delay_s;
  size_t n_fir;
  float* fir; ///< [n_fir] impulse response; owned
  double fir_rate_hz;
  double fir_delay_s; ///< Middle of the FIR's energy, part of `delay_s`
  bool has_power;     ///< Omni: sound power instead of a curve
  double power_third_w[FH_N_THIRDS];
} Processing;

/// Far field of an emitter as a table over directions in scene axes
typedef struct {
  size_t n_el, n_az;               ///< 0 for the same in all directions
  float (*w)[FH_N_THIRDS];         ///< [n_el * n_az] [W]; owned
  float (*octave_w)[FH_N_OCTAVES]; ///< The same in octaves; owned
} FarField;

struct FhSourcesImpl {
  FhAir air;
  double speed_m_s;
  double rho_c;
  size_t n_models;
  Model* models; ///< Owned unless `borrowed`
  bool borrowed; ///< Models and edges belong to the sources varied
  size_t n_elements;
  Element* elements; ///< Owned, in emitter order
  size_t n_emitters;
  FhEmitter* emitters;    ///< Owned
  Processing* processing; ///< [n_emitters]; owned
  Drive* drives;          ///< [n_emitters]; owned
  FarField* far;          ///< [n_emitters]; owned
  FhEdges* edges;         ///< Of the scene; owned
  size_t n_kinds;
  uint8_t* kind; ///< [n_kinds] FhSurfaceKind of the scene's triangles; owned
  bool has_audience; ///< Some are not plain
};

/// Frequencies of the lines: index `s` of `n` in third `b`, on a 1/16 Hz grid
double
line_hz(size_t s, size_t n, size_t band);

/// On-axis pressure at 1 m of an emitter at a frequency, delay left out [Pa],
/// as the rms of a whole third octave around it
void
drive_at(const FhSources* sources,
         size_t emitter,
         double hz,
         double* re,
         double* im);

/// Refuse boxes that are not for arrays, warn of splay that cannot be rigged
FhStatus
inspect_array(const FhVenue* venue,
              const FhArray* array,
              const Model* model,
              FhDiag* diag);

/// Warn of elements that stand in each other or in surfaces
void
inspect_sources(const FhSources* sources,
                const FhVenue* venue,
                const FhScene* scene,
                FhDiag* diag);

/// Fill the drive tables
FhStatus
drives_build(FhSources* sources);

/// Fill the far-field tables and the emitters' powers
FhStatus
far_build(FhSources* sources);

#endif // FH_SOURCE_SOURCES_H
