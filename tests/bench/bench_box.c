// SPDX-License-Identifier: GPL-3.0-or-later
/*
  A box traced to one microphone by one thread, for comparisons with other
  tracers: prints what was done as JSON.
*/
#include "reference/reference_room.h"

#include <stdio.h>

int
main(void)
{
  FhScene scene;
  if (!test_scene_init(&scene)) {
    return 1;
  }
  uint32_t material[6];
  for (size_t i = 0; i < 6; ++i) {
    material[i] = test_scene_add_material(&scene, test_material(0.2f, 0.3f));
  }
  const float size[3] = {20.0f, 15.0f, 8.0f};
  const float source[3] = {4.0f, 5.0f, 2.0f};
  const float at[1][3] = {{14.0f, 9.0f, 1.5f}};
  test_scene_add_box(&scene, size, material);
  FhRaycaster* caster = NULL;
  if (!test_scene_set_microphones(&scene, at, 1) ||
      fh_raycaster_new(&scene, 1, &caster)) {
    return 1;
  }
  const FhRadiator radiator = omni_at(source);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 16384;
  desc.n_threads = 1;
  desc.seats = false;
  FhTraceResult result;
  if (fh_trace_radiators(
        &scene, caster, &radiator, 1, &desc, NULL, NULL, &result, NULL)) {
    return 1;
  }
  (void)printf("{\"size_m\": [20, 15, 8], \"source_m\": [4, 5, 2], "
               "\"microphone_m\": [14, 9, 1.5], \"rays\": %llu, "
               "\"bounces\": %llu, \"cpu_s\": %.4f}\n",
               (unsigned long long)result.n_rays_done,
               (unsigned long long)result.n_bounces,
               result.cpu_s);
  fh_trace_result_clear(&result);
  fh_raycaster_free(caster);
  test_scene_free(&scene);
  return 0;
}
