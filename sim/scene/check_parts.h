// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CHECK_PARTS_H
#define FULLHOUSE_CHECK_PARTS_H

#include "scene_private.h"

#include <fh/check.h>

/*
  Parts of fh_check_venue(); fh_check_places() is one more.
*/

/// As a length of rays: farther than any venue is wide [m]
#define CHECK_FAR_M 1e6f

/// Directions that check_nearest_surface() looks in; of these, more than
/// CHECK_MOST_OPEN lead out from outside only
#define CHECK_N_AROUND  26U
#define CHECK_MOST_OPEN 11U

/// Distance to the first surface from a place [m], and how many directions
/// lead out
float
check_nearest_surface(const FhRaycaster* caster,
                      const float at[3],
                      unsigned* n_out);

/// Seats in walls and outside, areas above their floor, and densities; fills
/// the report's `area_seats` and `area_m2`, which its owner frees also on error
FhStatus
check_audience(const FhVenue* venue,
               const FhScene* scene,
               const FhRaycaster* caster,
               FhCheckReport* out,
               FhDiag* diag);

/// Where rays get out of a closed room; fills the report's holes
FhStatus
check_holes(const FhVenue* venue,
            const FhScene* scene,
            const FhRaycaster* caster,
            const Weld* weld,
            FhCheckReport* out,
            FhDiag* diag);

#endif // FULLHOUSE_CHECK_PARTS_H
