// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_VARIANTS_H
#define FH_VARIANTS_H

#include <fh/trace.h>

/*
  One trace, many tables of materials.

  A path through a scene is drawn once and weighed for each table: empty and
  full, or a material and another in its place, then differ by what the tables
  say and hardly by chance. Only materials may differ; what is not there in a
  variant has faces that let everything through (absorption 1, transmission 1).
  Receivers are points; all reflections are traced, the direct sound is not
  (fh/source.h).
*/

/// Tables in one trace, at most
#define FH_VARIANTS_MAX 16
/// Width of the bins of time [s]
#define FH_VARIANTS_BIN_S 0.005
/// Independent blocks of rays behind the standard errors
#define FH_VARIANTS_BLOCKS 16

/// What to trace; start from fh_variants_desc_default()
typedef struct {
  uint64_t seed;      ///< Same seed, same bits, on any number of threads
  uint64_t n_rays;    ///< Per emitter, 16 384
  double duration_s;  ///< Length of the response [s]; 0 = until it is over
  unsigned n_threads; ///< 0 = all processors
  bool material_hits; ///< Count meetings with each material in table 0
} FhVariantsDesc;

FhVariantsDesc
fh_variants_desc_default(void);

/// Energies are intensities [W/m2] as in fh/trace.h, air included
typedef struct {
  size_t n_variants, n_points, n_bins, n_materials;
  /// [n_variants][n_points][n_bins] all emitters together; owned
  float (*energy)[FH_N_OCTAVES];
  /// [n_variants][n_points][FH_VARIANTS_BLOCKS] sum over time by each block
  /// alone; owned
  float (*block_total)[FH_N_OCTAVES];
  /// [n_points][n_bins][n_materials] energy times the number of meetings with
  /// the material on its way, table 0; null unless asked for; owned.
  /// d ln E / d ln(1 - absorption) = hits / energy
  float (*hits)[FH_N_OCTAVES];
  uint64_t n_bounces;
} FhVariants;

/**
   Trace a scene for several tables of materials.

   @param tables [n_variants][scene->n_materials]; each in place of
   `scene->materials`.
   @param points [n_points] scene coordinates, free of surfaces.
   @param progress May be null.
   @param[out] out Owned by the caller; zeroed on error.
   @return #FH_ERR_BAD_ARG for no or too many variants, #FH_ERR_INTERRUPTED when
   `progress` said stop, #FH_ERR_NOT_FINITE, #FH_ERR_NO_MEM.

   All octaves and variants share a ray, which follows each of them in turn;
   weights are by the balance heuristic (Veach 1997), so each is unbiased.
*/
FhStatus
fh_trace_variants(const FhScene* scene,
                  const FhRaycaster* caster,
                  const FhSources* sources,
                  const FhMaterial* const* tables,
                  size_t n_variants,
                  const float (*points)[3],
                  size_t n_points,
                  const FhVariantsDesc* desc,
                  FhProgressFn progress,
                  void* user,
                  FhVariants* out,
                  FhDiag* diag);

/// As fh_trace_variants(), from points that radiate as told
FhStatus
fh_trace_variants_radiators(const FhScene* scene,
                            const FhRaycaster* caster,
                            const FhRadiator* radiators,
                            size_t n_radiators,
                            const FhMaterial* const* tables,
                            size_t n_variants,
                            const float (*points)[3],
                            size_t n_points,
                            const FhVariantsDesc* desc,
                            FhProgressFn progress,
                            void* user,
                            FhVariants* out,
                            FhDiag* diag);

/// Free what it owns and zero it
void
fh_variants_clear(FhVariants* variants);

#endif // FH_VARIANTS_H
