// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_POLYGON_H
#define FH_POLYGON_H

#include <fh/status.h>

#include <stddef.h>
#include <stdint.h>

/**
   Area vector of a closed polygon (Newell's method).

   @param point Corners in order [m]; borrowed.
   @param[out] area Its length is the area [m2] (of a plane polygon), its
   direction the right-handed normal.
   @return Length of `area`.
*/
double
fh_polygon_area(const double (*point)[3], size_t n_points, double area[3]);

/**
   Greatest distance of a corner from the polygon's mean plane [m].

   @param[out] worst Index of that corner; may be null.
*/
double
fh_polygon_flatness(const double (*point)[3], size_t n_points, size_t* worst);

/**
   Cut a plane simple polygon, convex or not, into triangles.

   Ears are clipped, the best shaped first. Every corner becomes a corner of a
   triangle, those in the middle of a straight edge too, so that neighbours
   that share it stay tight; repeated corners are skipped.

   @param point Corners in order, either way round [m]; borrowed.
   @param n_points At least 3.
   @param[out] triangle Room for [n_points - 2] triangles of indices into
   `point`, wound as the polygon is.
   @param[out] n_triangles Triangles written.
   @return #FH_ERR_BAD_ARG for fewer than 3 points, #FH_ERR_INVALID_DATA for a
   polygon without area or with edges that cross, #FH_ERR_NO_MEM.

   Source: Meisters (1975), Polygons have ears, Amer. Math. Monthly 82.
*/
FhStatus
fh_polygon_triangulate(const double (*point)[3],
                       size_t n_points,
                       uint32_t (*triangle)[3],
                       size_t* n_triangles);

#endif // FH_POLYGON_H
