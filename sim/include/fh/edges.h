// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_EDGES_H
#define FH_EDGES_H

#include <fh/scene.h>

/*
  Edges that bend sound, and how much. Angles at an edge are counted from its
  first face through the open side, 0 to n pi.
*/

/// A straight edge between surfaces, or the rim of a thin one
typedef struct {
  float from[3];   ///< One end, scene coordinates [m]
  float along[3];  ///< Unit vector to the other end
  float face[3];   ///< Unit vector into the first face, square to the edge
  float normal[3]; ///< Unit vector off the first face into the open side
  float length_m;
  float n; ///< Open angle over pi: 2 for a thin sheet, 1.5 for a corner
} FhEdge;

typedef struct FhEdgesImpl FhEdges; ///< The edges of a scene

/**
   Find the edges of a scene.

   Surfaces are joined where their corners agree within a millimetre. An edge
   counts when its open side is wider than 195 degrees and it is at least 0.2 m
   long; edges in one line are one edge; rims that only look open because the
   neighbour is cut differently (T-junctions) count as the joint that they are.
   Edges of audience blocks are left out: crowds are soft and their grazing loss
   is told elsewhere.

   @param scene Borrowed for the call.
   @param[out] out Owned by the caller; empty for an empty scene.
*/
FhStatus
fh_edges_new(const FhScene* scene, FhEdges** out);

/// Free edges; does nothing if it is null
void
fh_edges_free(FhEdges* edges);

size_t
fh_edges_count(const FhEdges* edges);

/// All edges, [fh_edges_count()]; borrowed
const FhEdge*
fh_edges_all(const FhEdges* edges);

/// A point `offset_m` off an edge, `z_m` along it, in the middle of the open
/// side: where lines of sight to the edge end
void
fh_edge_point(const FhEdge* edge, double z_m, double offset_m, float out[3]);

/// The way from one point to another over an edge
typedef struct {
  double apex_z_m;  ///< Where the shortest way over the edge's line crosses it
  double before_m;  ///< From the source to there
  double after_m;   ///< From there to the receiver
  double sin_beta;  ///< Sine of the angle between ray and edge
  double angle_in;  ///< Of the source about the edge, 0 to n pi
  double angle_out; ///< Of the receiver
  double n;         ///< Open angle over pi
  double low_m;     ///< Ends of the edge, counted from the apex
  double high_m;
  bool lit; ///< The edge does not stand between the two
} FhEdgePath;

/// Geometry of a way over an edge; false when a point lies on the edge's line
/// or inside its wedge
bool
fh_edge_path(const FhEdge* edge,
             const float from[3],
             const float to[3],
             FhEdgePath* out);

/**
   Pressure by way of an edge relative to the free field at the same length.

   Uniform theory of diffraction for a rigid wedge (Kouyoumjian and Pathak,
   Proc. IEEE 62, 1974) times the part of the edge's Fresnel zones that it has
   (the stationary-phase integral between its ends), so that edges may end and a
   polygon bends as the curve it stands for. Good from about a wavelength off
   the edge.

   @param wavenumber 2 pi f / c [1/m].
   @param incident Weight of the terms of the incident wave, 1.
   @param reflected Weight of the terms of the faces' reflections, 1.
   @param[out] factor Real and imaginary part; waves run as exp(-jkr).
*/
void
fh_edge_factor(const FhEdgePath* path,
               double wavenumber,
               double incident,
               double reflected,
               double factor[2]);

/// Transition function F(x) of the uniform theory, x >= 0
void
fh_utd_transition(double x, double value[2]);

/**
   Diffraction coefficients of a wedge [sqrt(m)].

   @param n Open angle over pi.
   @param angle_in, angle_out About the edge from its first face [rad].
   @param sin_beta Sine of the angle between ray and edge.
   @param wavenumber [1/m].
   @param distance_m L = s s' sin^2(beta) / (s + s') for a point source [m].
   @param[out] hard Of a rigid wedge.
   @param[out] soft Of a pressure-release one.
*/
void
fh_utd_coefficients(double n,
                    double angle_in,
                    double angle_out,
                    double sin_beta,
                    double wavenumber,
                    double distance_m,
                    double hard[2],
                    double soft[2]);

#endif // FH_EDGES_H
