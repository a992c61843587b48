// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "reference_room.h"

#include <string.h>

/*
  Input that makes no sense is refused with a reason, and input that never ends
  ends.
*/

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  FhDiag* diag;
} Case;

static const float inside[3] = {2.0f, 2.0f, 1.5f};

static void
set_up(Case* const c, const float absorption)
{
  memset(c, 0, sizeof *c);
  assert_true(test_scene_init(&c->scene));
  uint32_t material[6];
  for (size_t i = 0; i < 6; ++i) {
    material[i] =
      test_scene_add_material(&c->scene, test_material(absorption, 0.3f));
  }
  const float size[3] = {6.0f, 5.0f, 3.0f};
  test_scene_add_box(&c->scene, size, material);
  const float at[1][3] = {{4.0f, 3.0f, 1.5f}};
  assert_true(test_scene_set_microphones(&c->scene, at, 1));
  assert_int_equal(fh_raycaster_new(&c->scene, 1, &c->caster), FH_OK);
  c->diag = fh_diag_new();
  assert_non_null(c->diag);
}

static void
tear_down(Case* const c)
{
  fh_diag_free(c->diag);
  fh_raycaster_free(c->caster);
  test_scene_free(&c->scene);
}

/// Trace a little; the status
static FhStatus
trace(Case* const c, const float source[3], FhTraceResult* const out)
{
  const FhRadiator radiator = omni_at(source);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 1024;
  desc.seats = false;
  return fh_trace_radiators(
    &c->scene, c->caster, &radiator, 1, &desc, NULL, NULL, out, c->diag);
}

static void
check_refused(Case* const c,
              const float source[3],
              const FhStatus status,
              const char* const reason)
{
  FhTraceResult r;
  assert_int_equal(trace(c, source, &r), status);
  assert_null(r.pairs);
  assert_int_equal(fh_diag_count(c->diag, FH_DIAG_ERROR), 1);
  assert_non_null(strstr(fh_diag_entry(c->diag, 0)->text, reason));
  tear_down(c);
}

static void
test_source_on_a_surface(void** state)
{
  (void)state;
  Case c;
  set_up(&c, 0.2f);
  const float at[3] = {2.0f, 2.0f, 0.0f};
  check_refused(&c, at, FH_ERR_INVALID_DATA, "on a surface");
}

static void
test_microphone_on_a_surface(void** state)
{
  (void)state;
  Case c;
  set_up(&c, 0.2f);
  c.scene.microphone[0][2] = 0.0f;
  check_refused(&c, inside, FH_ERR_INVALID_DATA, "on a surface");
}

static void
test_microphone_outside(void** state)
{
  (void)state;
  Case c;
  set_up(&c, 0.2f);
  c.scene.microphone[0][0] = 20.0f;
  check_refused(&c, inside, FH_ERR_INVALID_DATA, "outside");
}

static void
test_room_without_volume(void** state)
{
  (void)state;
  Case c;
  set_up(&c, 0.2f);
  c.scene.volume_m3 = 0.0;
  check_refused(&c, inside, FH_ERR_INVALID_DATA, "no volume");
}

static void
test_material_that_is_no_number(void** state)
{
  (void)state;
  Case c;
  set_up(&c, 0.2f);
  c.scene.materials[2].scattering[4] = NAN;
  check_refused(&c, inside, FH_ERR_NOT_FINITE, "material");
}

// Air alone takes sound away: the response ends at the cap, and says so
static void
test_room_without_absorption_ends(void** state)
{
  (void)state;
  Case c;
  set_up(&c, 0.0f);
  c.scene.air.humidity_percent = 100.0;
  FhTraceResult r;
  assert_int_equal(trace(&c, inside, &r), FH_OK);
  assert_int_equal(fh_diag_count(c.diag, FH_DIAG_WARNING), 1);
  assert_non_null(strstr(fh_diag_entry(c.diag, 0)->text, "has not died away"));
  fh_trace_result_clear(&r);
  tear_down(&c);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_source_on_a_surface),
    cmocka_unit_test(test_microphone_on_a_surface),
    cmocka_unit_test(test_microphone_outside),
    cmocka_unit_test(test_room_without_volume),
    cmocka_unit_test(test_material_that_is_no_number),
    cmocka_unit_test(test_room_without_absorption_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
