// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RAYCAST_H
#define FH_RAYCAST_H

#include <fh/scene.h>

#define FH_NO_HIT UINT32_MAX

typedef struct FhRaycasterImpl FhRaycaster; ///< An acceleration structure

/// Where a ray met the scene
typedef struct {
  uint32_t triangle; ///< Index, or #FH_NO_HIT
  float distance_m;  ///< From the ray's origin
  float u, v;        ///< Barycentric coordinates
} FhHit;

/**
   Build the acceleration structure (the one file that includes Embree).

   ROBUST, medium quality, fixed instruction set (avx2) so that bits agree
   between machines. `scene` is borrowed and outlives the raycaster.
   @return #FH_ERR_DEVICE when Embree refuses, #FH_ERR_NO_MEM.
*/
FhStatus
fh_raycaster_new(const FhScene* scene, unsigned n_threads, FhRaycaster** out);

/// Free a raycaster; does nothing if it is null
void
fh_raycaster_free(FhRaycaster* caster);

/// Closest hit along a ray; `direction` is a unit vector; safe from any thread
void
fh_raycast(const FhRaycaster* caster,
           const float origin[3],
           const float direction[3],
           float near_m,
           float far_m,
           FhHit* hit);

/// True when nothing lies between the two points (1 mm clear at either end)
bool
fh_visible(const FhRaycaster* caster, const float from[3], const float to[3]);

/// Visibility of many points from one; `visible` receives 0 or 1 for each
void
fh_visible_many(const FhRaycaster* caster,
                const float from[3],
                const float (*to)[3],
                size_t n,
                uint8_t* visible);

/// Name and version of the library and instruction set in use, for run.json
const char*
fh_raycaster_device(const FhRaycaster* caster);

#endif // FH_RAYCAST_H
