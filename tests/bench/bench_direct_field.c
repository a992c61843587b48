// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "trace/bench_private.h"

#include <stdio.h>

/*
  What the direct field of an array costs, against boxes, seats and bands, with
  and without occlusion, on one thread. `--short` runs the smallest rows alone.
*/

#define MAX_SEATS 20000

/// A hall of 60 x 40 x 20 m with a balcony over its last third
static bool
make_hall(FhScene* const scene)
{
  if (!test_scene_init(scene)) {
    return false;
  }
  const uint32_t m = test_scene_add_material(scene, test_material(0.2f, 0.2f));
  const uint32_t walls[6] = {m, m, m, m, m, m};
  const float size[3] = {60.0f, 40.0f, 20.0f};
  test_scene_add_box(scene, size, walls);
  // Balcony: a slab with a front
  const float p[3] = {40.0f, 0.0f, 6.0f};
  const float x[3] = {20.0f, 0.0f, 0.0f};
  const float y[3] = {0.0f, 40.0f, 0.0f};
  const float z[3] = {0.0f, 0.0f, 1.0f};
  const float top[3] = {40.0f, 0.0f, 7.0f};
  test_scene_add_quad(scene, p, y, x, m);
  test_scene_add_quad(scene, top, x, y, m);
  test_scene_add_quad(scene, p, z, y, m);
  return true;
}

int
main(const int argc, char** const argv)
{
  const bool brief = argc > 1 && !strcmp(argv[1], "--short");
  static float seats[MAX_SEATS][3];
  for (size_t i = 0; i < MAX_SEATS; ++i) {
    // Neighbours in the list are neighbours in the hall
    seats[i][0] = 8.0f + 50.0f * (float)(i / 100) / 200.0f;
    seats[i][1] = 1.0f + 38.0f * (float)(i % 100) / 100.0f;
    seats[i][2] = 1.2f;
  }
  FhScene hall;
  if (!make_hall(&hall)) {
    return 4;
  }
  FhRaycaster* caster = NULL;
  if (fh_raycaster_new(&hall, 1, &caster)) {
    return 4;
  }
  static const size_t boxes[] = {6, 12, 24, 48};
  static const size_t counts[] = {1250, 2500, 5000, 10000, 20000};
  const unsigned n_runs = brief ? 1 : BENCH_REPEATS;
  bool good = true;
  printf("%6s %7s %12s %12s %12s %16s\n",
         "boxes",
         "seats",
         "free ms",
         "sight ms",
         "edges ms",
         "ns per box, seat");
  for (size_t b = 0; b < (brief ? 2 : 4); ++b) {
    static const double top[3] = {3.0, 20.0, 14.0};
    FhSources* const sources = bench_array(&hall, boxes[b], top);
    good = good && sources;
    for (size_t s = 0; sources && s < (brief ? 2 : 5); ++s) {
      // Every so many-th seat, so that each count covers the hall
      const size_t stride = MAX_SEATS / counts[s];
      static float some[MAX_SEATS][3];
      for (size_t i = 0; i < counts[s]; ++i) {
        memcpy(some[i], seats[i * stride], sizeof some[i]);
      }
      const float(*const at)[3] = (const float(*)[3])some;
      const double plain =
        bench_field_s(sources, NULL, at, counts[s], false, n_runs);
      const double sight =
        bench_field_s(sources, caster, at, counts[s], false, n_runs);
      const double edges =
        bench_field_s(sources, caster, at, counts[s], true, n_runs);
      good = good && plain > 0.0 && sight > 0.0 && edges > 0.0;
      printf("%6zu %7zu %12.1f %12.1f %12.1f %16.0f\n",
             boxes[b],
             counts[s],
             1e3 * plain,
             1e3 * sight,
             1e3 * edges,
             1e9 * edges / (double)(boxes[b] * counts[s]));
    }
    fh_sources_free(sources);
  }
  fh_raycaster_free(caster);
  test_scene_free(&hall);
  return good ? 0 : 1;
}
