// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_FINITE_FACES_H
#define FH_FINITE_FACES_H

#include <fh/raycast.h>

/*
  Faces too small to mirror.

  A plane face mirrors sound only where it fills the first Fresnel zone: below a
  limit it reflects by diffraction into all directions. Across a strip of width
  w, seen under an angle of incidence theta from distances a1 and a2, what is
  mirrored falls as f / f_w below

    f_w = c a / (2 (w cos theta)^2),   a = 2 a1 a2 / (a1 + a2)

  (J. H. Rindel, Acustica 61 (1986) 102, from the Fresnel-Kirchhoff integral; so
  also the scattering by size of C. L. Christensen and J. H. Rindel, Forum
  Acusticum 2005). Both sides of a face count: the mirrored share is the product
  of two, and the rest is scattered as well as what its material scatters.

  Only free edges count: where a face ends in a corner, the mirror goes on in
  the other wall, and a room of six walls stays exact. Taken as means: a1 = a2 =
  free path from the face, weighted as in a diffuse field, and cos theta = 2/3.
  Interference of one edge with another (ripple about f_w) is left out.
*/

/// What fh_scene_scatter_faces() did
typedef struct {
  size_t n_faces;        ///< Plane faces, of any number of triangles
  size_t n_small;        ///< Of which some band is scattered
  size_t n_materials;    ///< Materials that were added
  double share_mirrored; ///< By size, of a diffuse field at 125 Hz, all faces
} FhFiniteFaces;

/**
   Give faces that are too small to mirror the scattering of their size.

   Their triangles get a material of their own, which comes after all others and
   has the name of the one they had. Audience blocks stay.

   @param[in,out] scene `material`, `materials` and `n_materials` change. On
   error it must be cleared.
   @param caster Of the scene; needs not be made anew.
   @param n_threads 0 for all processors; results do not depend on it.
   @param[out] out May be null.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
fh_scene_scatter_faces(FhScene* scene,
                       const FhRaycaster* caster,
                       unsigned n_threads,
                       FhFiniteFaces* out);

/**
   The same by materials: each gets the mean over its faces, weighted by area.

   Coarser, but materials stay as many as they were.

   @param[in,out] scene Scattering of its materials changes.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
fh_scene_scatter_materials(FhScene* scene,
                           const FhRaycaster* caster,
                           unsigned n_threads);

#endif // FH_FINITE_FACES_H
