// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_OBSTACLE_H
#define FH_RESULT_OBSTACLE_H

#include <fh/raycast.h>
#include <fh/scene.h>

/*
  Things of a room: triangles of one material that hang together.
*/

/// Things in the way at most
#define MAX_OBSTACLES 6

typedef struct {
  size_t n_triangles;
  uint32_t* thing; ///< [n_triangles] its number: that of one of its triangles;
                   ///< owned
} Things;

/// Find the things of a scene; `material` [n_triangles] says what each is of
FhStatus
things_new(const FhScene* scene, const uint32_t* material, Things* out);

void
things_clear(Things* things);

/// Things in the way, most often met first
typedef struct {
  size_t n;
  uint32_t thing[MAX_OBSTACLES];
  size_t n_met[MAX_OBSTACLES];
} Obstacles;

/// Count what lies between two points; audience is looked through
void
obstacles_count(const FhScene* scene,
                const FhRaycaster* caster,
                const Things* things,
                const float from[3],
                const float to[3],
                Obstacles* obstacles);

/// Sort by how often they were met
void
obstacles_sort(Obstacles* obstacles);

/// A scene without them
typedef struct {
  FhScene scene;           ///< Shares all but the triangles
  uint32_t (*triangle)[3]; ///< Owned
  FhRaycaster* caster;     ///< Owned
} Cleared;

FhStatus
cleared_new(const FhScene* scene,
            const Things* things,
            const Obstacles* obstacles,
            Cleared* out);

void
cleared_clear(Cleared* cleared);

#endif // FH_RESULT_OBSTACLE_H
