// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_ARRAY_H
#define FULLHOUSE_CLI_ARRAY_H

#include "cli.h"

#include <fh/source.h>

/*
  What `fullhouse array` finds out about a system, apart from how it is shown.
*/

#define ARRAY_MAX_HZ    16
#define ARRAY_N_ANGLES  361 ///< Every degree, both ends included
#define ARRAY_MAX_SHOWN 64

/// One array or loudspeaker as it hangs, or several together
typedef struct {
  char name[FH_NAME_SIZE];
  uint64_t mask;  ///< Emitters by index
  size_t emitter; ///< The first of them
  float centre[3];
  size_t n_hz;
  double hz[ARRAY_MAX_HZ]; ///< Midbands of third octaves
  /// Far-field level of the band relative to its greatest, -180 to 180 degrees
  /// in the vertical plane of the aim (up is positive) and in the horizontal
  /// plane (to the left is positive) [dB]
  double vertical_db[ARRAY_MAX_HZ][ARRAY_N_ANGLES];
  double horizontal_db[ARRAY_MAX_HZ][ARRAY_N_ANGLES];
  double top_deg[ARRAY_MAX_HZ]; ///< Elevations at -6 dB about the strongest one
  double aim_deg[ARRAY_MAX_HZ];
  double bottom_deg[ARRAY_MAX_HZ];
  double rear_db[ARRAY_MAX_HZ]; ///< Level straight behind
  size_t n_line;       ///< Seats close to the vertical plane, by distance
  double* distance_m;  ///< [n_line] on plan; owned
  double* line_db;     ///< [n_hz * n_line] level of the band there [dB]; owned
  FhHeadroom headroom; ///< Of these alone
} ArrayView;

typedef struct {
  const FhVenue* venue;
  const FhScene* scene;
  const FhSources* sources;
  const FhRaycaster* caster; ///< Null: free field
  unsigned n_threads;
  FhInput input;
  double crest_db;
} ArrayStage;

/// Work out one emitter or several as one; #FH_ERR_NO_MEM leaves nothing behind
FhStatus
array_view_init(const ArrayStage* stage,
                uint64_t mask,
                const double* hz,
                size_t n_hz,
                ArrayView* out);

void
array_view_clear(ArrayView* view);

/// Third octave of a frequency
size_t
array_band(double hz);

/// Draw level against distance and elevation
FhStatus
array_plot_coverage(const ArrayView* view, const char* path);

/// Draw both polar patterns
FhStatus
array_plot_polar(const ArrayView* view, const char* path);

/// Draw a level of every seat from above
FhStatus
array_plot_map(const ArrayStage* stage,
               const double* level_db,
               const char* title,
               const char* path);

#endif // FULLHOUSE_CLI_ARRAY_H
