// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "check.h"

#include <fh/air.h>
#include <fh/trace.h>

#include <stdio.h>

/// Absorption and scattering that differ in every third octave
static FhMaterial
uneven(void)
{
  FhMaterial m = test_material(0.0f, 0.0f);
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    m.absorption_third[i] = 0.05f + 0.01f * (float)(i % 7);
    m.scattering_third[i] = 0.2f + 0.02f * (float)(i % 5);
  }
  fh_thirds_mean(m.absorption_third, m.absorption);
  fh_thirds_mean(m.scattering_third, m.scattering);
  return m;
}

/// The same in octaves that are what one of their thirds is
static FhMaterial
octaves_of(const FhMaterial* const of, const size_t third)
{
  FhMaterial m = *of;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m.absorption[b] = of->absorption_third[3 * b + third - 1];
    m.scattering[b] = of->scattering_third[3 * b + third - 1];
  }
  return m;
}

static void
trace(const FhMaterial material, const unsigned third, FhTraceResult* out)
{
  static const float to[3] = {8.0f, 6.0f, 4.0f};
  static const float microphone[1][3] = {{5.5f, 3.1f, 1.7f}};
  FhScene scene;
  assert_true(test_scene_init(&scene));
  const uint32_t m = test_scene_add_material(&scene, material);
  const uint32_t walls[6] = {m, m, m, m, m, m};
  test_scene_add_box(&scene, to, walls);
  assert_true(test_scene_set_microphones(&scene, microphone, 1));
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  FhLoudspeaker speaker;
  memset(&speaker, 0, sizeof speaker);
  (void)snprintf(speaker.model, sizeof speaker.model, "omni");
  speaker.at[0] = 2.0;
  speaker.at[1] = 2.5;
  speaker.at[2] = 1.5;
  venue.n_loudspeakers = 1;
  venue.loudspeakers = &speaker;
  FhSources* sources = NULL;
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_sources_new(&venue, &scene, &sources, NULL), FH_OK);
  assert_int_equal(fh_raycaster_new(&scene, 1, &caster), FH_OK);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.seats = false;
  desc.n_rays = 1024;
  desc.duration_s = 0.5;
  desc.n_threads = 1;
  desc.third = third;
  assert_int_equal(
    fh_trace(&scene, caster, sources, &desc, NULL, NULL, out, NULL), FH_OK);
  fh_raycaster_free(caster);
  fh_sources_free(sources);
  test_scene_free(&scene);
}

// A third of every octave is traced as octaves with its materials would be; the
// air is that of the third. The middle third has the octave's midband: same
// bits
static void
test_third_is_octave_of_its_own(void** state)
{
  (void)state;
  const FhMaterial m = uneven();
  const FhAir air = fh_air_default();
  double octave[FH_N_OCTAVES];
  double thirds[FH_N_THIRDS];
  fh_air_octaves(&air, octave);
  fh_air_thirds(&air, thirds);
  for (unsigned third = 1; third <= 3; ++third) {
    FhTraceResult got;
    FhTraceResult expected;
    trace(m, third, &got);
    trace(octaves_of(&m, third), 0, &expected);
    const FhPairResponse* const a = &got.pairs[0];
    const FhPairResponse* const b = &expected.pairs[0];
    assert_int_equal(a->n_arrivals, b->n_arrivals);
    assert_true(a->n_arrivals > 10);
    for (size_t i = 0; i < a->n_arrivals; ++i) {
      for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
        const double way_m =
          fh_air_speed_m_s(&air) * (double)b->arrivals[i].time_s;
        const double by = exp(-way_m * (thirds[3 * k + third - 1] - octave[k]));
        // Air is looked up in steps and kept as a float
        CHECK_NEAR((double)a->arrivals[i].intensity[k] /
                     (double)b->arrivals[i].intensity[k],
                   by,
                   third == 2 ? 1e-7 : 2e-4);
      }
    }
    if (third == 2) {
      assert_int_equal(a->n_bins, b->n_bins);
      assert_memory_equal(a->late, b->late, a->n_bins * sizeof a->late[0]);
    }
    fh_trace_result_clear(&got);
    fh_trace_result_clear(&expected);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_third_is_octave_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
