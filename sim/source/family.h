// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_FAMILY_H
#define FH_SOURCE_FAMILY_H

#include "model.h"

/*
  Patterns from theory, where nothing was measured: radiators in the front of
  a box, each over its own range of frequencies, and pistons on a sphere.
*/

/// Shape of a radiator
typedef enum {
  WAY_DISC, ///< Circular piston
  WAY_HORN  ///< Rectangular mouth with a curved or plane wavefront
} WayShape;

/// One radiator of a box and the range that the crossover gives it
typedef struct {
  WayShape shape;
  double at[2];          ///< Centre on the front: to the right, up [m]
  double radius_m;       ///< Of a disc
  double width_m;        ///< Of a mouth [m]
  double height_m;       ///< Of a mouth [m]
  double horizontal_deg; ///< Coverage (-6 dB), 0 for a plane wavefront
  double vertical_deg;
  double from_hz; ///< Fourth-order crossovers (Linkwitz-Riley), 0 for none
  double to_hz;
  bool mirrored; ///< A second one at -at[0]
} Way;

/**
   Pattern of a box.

   Disc: 2 J1(ka sin) / (ka sin). Mouth: in each plane the field of an arc of
   the coverage angle whose chord is the mouth, exp(jkR cos) summed along it; a
   plane front gives sin(x) / x of a line segment; the product of the planes is
   the pattern of the rectangle. The front of the box throws forward as it gets
   large against the wave: Kirchhoff's (1 + cos) / 2, blended in over
   (k b)^2 / (1 + (k b)^2) with half the box's mean width b, and never below
   -30 dB. Sources: Beranek, "Acoustics", 1954, chapter 4; Keele, "What's so
   sacred about exponential horns?", 1975; Ureda, "Analysis of loudspeaker line
   arrays", 2004.

   @param[out] balloon Of 2.5 degree steps, phases relative to the middle of
   the front; owned by the caller.
*/
FhStatus
family_box(const Way* ways,
           size_t n_ways,
           const double size_m[3],
           Balloon* balloon);

/**
   Pattern of twelve equal pistons on a sphere, at the faces of a dodecahedron.

   Lobes cross the axis as any other direction, so levels are relative to the
   mean over the sphere.
*/
FhStatus
family_dodecahedron(double sphere_m, double piston_m, Balloon* balloon);

#endif // FH_SOURCE_FAMILY_H
