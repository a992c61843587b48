// SPDX-License-Identifier: GPL-3.0-or-later
#include "box_scene.h"
#include "check.h"
#include "reference_room.h"

#include <fh/edges.h>

/*
  A hard floor, and a screen that stands on it between source and microphone:
  the floor's reflection comes over the top, and is as loud as the theory of the
  edge says for the source's image.
*/

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
} Case;

static const float source[3] = {-6.0f, 0.0f, 4.0f};

static void
set_up(Case* const c, const float receiver[3], const bool screen)
{
  memset(c, 0, sizeof *c);
  assert_true(test_scene_init(&c->scene));
  c->scene.closed = false;
  const uint32_t hard =
    test_scene_add_material(&c->scene, test_material(0.02f, 0.0f));
  const uint32_t soft =
    test_scene_add_material(&c->scene, test_material(1.0f, 0.0f));
  const float p[3] = {-20, -20, 0};
  const float u[3] = {40, 0, 0};
  const float v[3] = {0, 40, 0};
  test_scene_add_quad(&c->scene, p, u, v, hard);
  if (screen) {
    const float q[3] = {2, -19, 0.5f};
    const float w[3] = {0, 38, 0};
    const float h[3] = {0, 0, 1.3f};
    test_scene_add_quad(&c->scene, q, w, h, soft);
  }
  float at[1][3];
  memcpy(at[0], receiver, sizeof at[0]);
  assert_true(test_scene_set_microphones(&c->scene, (const float(*)[3])at, 1));
  assert_int_equal(fh_raycaster_new(&c->scene, 1, &c->caster), FH_OK);
}

static void
trace(const Case* const c, const bool diffraction, FhTraceResult* const out)
{
  const FhRadiator radiator = omni_at(source);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 1024;
  desc.seats = false;
  desc.diffraction = diffraction;
  assert_int_equal(
    fh_trace_radiators(
      &c->scene, c->caster, &radiator, 1, &desc, NULL, NULL, out, NULL),
    FH_OK);
}

static void
tear_down(Case* const c, FhTraceResult* const r)
{
  fh_trace_result_clear(r);
  fh_raycaster_free(c->caster);
  test_scene_free(&c->scene);
}

static void
test_hidden_reflection_comes_over_the_screen(void** state)
{
  (void)state;
  // From the image at z = -4 the line to this place meets x = 2 at z = 1
  const float receiver[3] = {6.0f, 0.0f, 3.5f};
  Case c;
  FhTraceResult free_field;
  set_up(&c, receiver, false);
  trace(&c, true, &free_field);
  assert_int_equal(free_field.pairs[0].n_arrivals, 1);
  float open[FH_N_OCTAVES];
  memcpy(open, free_field.pairs[0].arrivals[0].intensity, sizeof open);
  tear_down(&c, &free_field);

  FhTraceResult r;
  set_up(&c, receiver, true);
  trace(&c, false, &r);
  assert_int_equal(r.pairs[0].n_arrivals, 0);
  fh_trace_result_clear(&r);
  trace(&c, true, &r);
  // Over the top, and under the lower rim
  assert_in_range(r.pairs[0].n_arrivals, 1, 2);
  double sum[FH_N_OCTAVES] = {0.0};
  for (size_t i = 0; i < r.pairs[0].n_arrivals; ++i) {
    const FhArrival* const a = &r.pairs[0].arrivals[i];
    assert_int_equal(a->order, 1);
    assert_true(a->time_s > 0.03f);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      sum[b] += (double)a->intensity[b];
    }
  }
  double before = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double level = 10.0 * log10(sum[b] / (double)open[b]);
    print_message("%4s Hz: %.1f dB\n", fh_octave_name(b), level);
    // 5 dB at grazing, and less the shorter the waves; 25 dB at worst here
    assert_true(level < -2.0 && level > -30.0);
    assert_true(b < 2 || level < before + 0.5);
    before = level;
  }
  tear_down(&c, &r);
}

static void
test_nothing_is_added_where_nothing_hides(void** state)
{
  (void)state;
  // This place sees the floor's reflection over the screen
  const float receiver[3] = {6.0f, 0.0f, 12.0f};
  Case c;
  FhTraceResult r[2];
  set_up(&c, receiver, true);
  trace(&c, false, &r[0]);
  trace(&c, true, &r[1]);
  assert_int_equal(r[0].pairs[0].n_arrivals, 1);
  assert_int_equal(r[1].pairs[0].n_arrivals, 1);
  fh_trace_result_clear(&r[0]);
  tear_down(&c, &r[1]);
}

// Source and receiver may change places
static void
test_hidden_reflections_are_reciprocal(void** state)
{
  (void)state;
  const float receiver[3] = {6.0f, 1.0f, 3.5f};
  double sum[2] = {0.0, 0.0};
  for (size_t i = 0; i < 2; ++i) {
    Case c;
    FhTraceResult r;
    memset(&c, 0, sizeof c);
    set_up(&c, i ? source : receiver, true);
    const FhRadiator radiator = omni_at(i ? receiver : source);
    FhTraceDesc desc = fh_trace_desc_default();
    desc.n_rays = 1024;
    desc.seats = false;
    assert_int_equal(
      fh_trace_radiators(
        &c.scene, c.caster, &radiator, 1, &desc, NULL, NULL, &r, NULL),
      FH_OK);
    for (size_t k = 0; k < r.pairs[0].n_arrivals; ++k) {
      sum[i] += (double)r.pairs[0].arrivals[k].intensity[4];
    }
    tear_down(&c, &r);
  }
  assert_true(sum[0] > 0.0);
  CHECK_NEAR(10.0 * log10(sum[1] / sum[0]), 0.0, 0.05);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_hidden_reflection_comes_over_the_screen),
    cmocka_unit_test(test_nothing_is_added_where_nothing_hides),
    cmocka_unit_test(test_hidden_reflections_are_reciprocal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
