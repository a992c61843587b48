// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "panel_states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  The window without a window: pictures of each state against those in golden/
  (made by panel_paint FOLDER 0.5, and looked at), and what a hand does.
*/

#define WIDTH  (PANEL_WIDTH / 2)
#define HEIGHT (PANEL_HEIGHT / 2)

/// What the panel asked for last
typedef struct {
  FhPort port;
  float value;
  unsigned n_sets;
  unsigned n_trims;
  float trim[FH_N_EQ_BANDS];
  char profile[4096];
  unsigned n_profiles;
} Asked;

static void
on_set(void* data, FhPort port, float value)
{
  Asked* const asked = data;
  asked->port = port;
  asked->value = value;
  ++asked->n_sets;
}

static void
on_trim(void* data, const float db[FH_N_EQ_BANDS])
{
  Asked* const asked = data;
  memcpy(asked->trim, db, sizeof(asked->trim));
  ++asked->n_trims;
}

static void
on_profile(void* data, const char* path)
{
  Asked* const asked = data;
  snprintf(asked->profile, sizeof(asked->profile), "%s", path);
  ++asked->n_profiles;
}

static Panel*
make_panel(Asked* asked)
{
  memset(asked, 0, sizeof(*asked));
  const PanelCalls calls = {on_set, on_trim, on_profile, asked};
  Panel* const panel = malloc(sizeof(Panel));
  assert_non_null(panel);
  panel_init(panel, &calls);
  return panel;
}

static cairo_surface_t*
paint(Panel* panel)
{
  cairo_surface_t* const surface =
    cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t* const cr = cairo_create(surface);
  panel_draw(panel, cr, WIDTH, HEIGHT);
  cairo_destroy(cr);
  cairo_surface_flush(surface);
  return surface;
}

/// Share of pixels that differ by more than a quarter of full scale
static double
difference(cairo_surface_t* a, cairo_surface_t* b)
{
  const unsigned char* const one = cairo_image_surface_get_data(a);
  const unsigned char* const two = cairo_image_surface_get_data(b);
  const int stride_a = cairo_image_surface_get_stride(a);
  const int stride_b = cairo_image_surface_get_stride(b);
  unsigned n = 0;
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) {
      int largest = 0;
      for (int c = 0; c < 3; ++c) {
        const int d = abs((int)one[y * stride_a + 4 * x + c] -
                          (int)two[y * stride_b + 4 * x + c]);
        largest = d > largest ? d : largest;
      }
      n += largest > 64 ? 1U : 0U;
    }
  }
  return (double)n / (WIDTH * HEIGHT);
}

// Letters are drawn a little differently by other versions of FreeType, which
// moves edges of strokes: text covers 8 % of the picture, so 2 % of all pixels
// leaves room for that. A lost curve, button or alarm is more, or fails the
// test below.
static void
test_pictures_are_as_looked_at(void** state)
{
  (void)state;
  for (size_t i = 0; i < N_PANEL_STATES; ++i) {
    Asked asked;
    Panel* const panel = make_panel(&asked);
    panel_states[i].make(panel);
    cairo_surface_t* const got = paint(panel);
    char path[4096];
    snprintf(
      path, sizeof(path), "%s/%s.png", GOLDEN_FOLDER, panel_states[i].name);
    cairo_surface_t* const expected = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(expected), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(expected), WIDTH);
    const double share = difference(got, expected);
    if (share > 0.02) {
      print_error("%s: %.2f %% of the pixels differ\n",
                  panel_states[i].name,
                  100.0 * share);
      cairo_surface_write_to_png(got, "panel-differs.png");
    }
    assert_true(share <= 0.02);
    cairo_surface_destroy(expected);
    cairo_surface_destroy(got);
    free(panel);
  }
}

// No two states look alike, so a golden picture cannot pass for another
static void
test_states_look_different(void** state)
{
  (void)state;
  cairo_surface_t* pictures[N_PANEL_STATES];
  for (size_t i = 0; i < N_PANEL_STATES; ++i) {
    Asked asked;
    Panel* const panel = make_panel(&asked);
    panel_states[i].make(panel);
    pictures[i] = paint(panel);
    free(panel);
  }
  for (size_t i = 0; i < N_PANEL_STATES; ++i) {
    for (size_t k = 0; k < i; ++k) {
      assert_true(difference(pictures[i], pictures[k]) > 0.001);
    }
  }
  for (size_t i = 0; i < N_PANEL_STATES; ++i) {
    cairo_surface_destroy(pictures[i]);
  }
}

static void
click(Panel* panel, Item item)
{
  const Box box = panel_box(item);
  const double x = box.x + 0.5 * box.w;
  const double y = box.y + 0.5 * box.h;
  panel_press(panel, x, y, (Keys){false, false}, 1.0);
  panel_release(panel, x, y);
}

static void
test_freeze_is_one_click(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  click(panel, ITEM_FREEZE);
  assert_int_equal(asked.port, FH_PORT_FREEZE);
  CHECK_NEAR(asked.value, 1.0, 0.0);
  click(panel, ITEM_FREEZE);
  CHECK_NEAR(asked.value, 0.0, 0.0);
  assert_int_equal(asked.n_sets, 2);
  free(panel);
}

static void
test_modes_and_bypass(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  click(panel, ITEM_AUTO);
  assert_int_equal(asked.port, FH_PORT_MODE);
  CHECK_NEAR(asked.value, 2.0, 0.0);
  click(panel, ITEM_OFF);
  CHECK_NEAR(asked.value, 0.0, 0.0);
  click(panel, ITEM_SUGGEST);
  CHECK_NEAR(asked.value, 1.0, 0.0);
  click(panel, ITEM_ENABLED);
  assert_int_equal(asked.port, FH_PORT_ENABLED);
  CHECK_NEAR(asked.value, 0.0, 0.0);
  free(panel);
}

// A trigger goes up with the button and down with it
static void
test_triggers_go_up_and_down(void** state)
{
  (void)state;
  static const Item items[] = {ITEM_APPLY, ITEM_UNDO, ITEM_PANIC};
  for (size_t i = 0; i < 3; ++i) {
    Asked asked;
    Panel* const panel = make_panel(&asked);
    const Box box = panel_box(items[i]);
    panel_press(panel, box.x + 5.0, box.y + 5.0, (Keys){false, false}, 0.0);
    assert_int_equal(asked.port, panel_port(items[i]));
    CHECK_NEAR(asked.value, 1.0, 0.0);
    panel_release(panel, box.x + 5.0, box.y + 5.0);
    CHECK_NEAR(asked.value, 0.0, 0.0);
    assert_int_equal(asked.n_sets, 2);
    free(panel);
  }
}

static void
test_sliders_drag_wheel_and_default(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  const Box box = panel_box(ITEM_LIMIT);
  const double x = box.x + 20.0;
  const double y = box.y + 10.0;
  panel_press(panel, x, y, (Keys){false, false}, 0.0);
  panel_move(panel, x, y - 100.0, (Keys){false, false}); // A third up: 2 dB
  assert_int_equal(asked.port, FH_PORT_LIMIT_DB);
  CHECK_NEAR(asked.value, 5.0, 0.01);
  panel_move(panel, x, y - 100.0, (Keys){false, true}); // Fine: a tenth
  CHECK_NEAR(asked.value, 3.2, 0.01);
  panel_move(panel, x, y - 10000.0, (Keys){false, false});
  CHECK_NEAR(asked.value, 6.0, 0.0);
  panel_release(panel, x, y);
  panel_press(panel, x, y, (Keys){true, false}, 0.0);
  CHECK_NEAR(asked.value, 3.0, 0.0);
  panel_release(panel, x, y);
  panel_wheel(panel, x, y, 1, (Keys){false, false});
  CHECK_NEAR(asked.value, 3.1, 0.01);
  panel_wheel(panel, x, y, -1, (Keys){false, false});
  CHECK_NEAR(asked.value, 3.0, 0.01);
  free(panel);
}

// Every slider reaches both ends with the wheel and never leaves its range
static void
test_wheel_reaches_the_ends(void** state)
{
  (void)state;
  for (int item = ITEM_AMOUNT; item < ITEM_MICS; ++item) {
    Asked asked;
    Panel* const panel = make_panel(&asked);
    const Box box = panel_box((Item)item);
    const FhPortInfo* const info = fh_port_info(panel_port((Item)item));
    for (int i = 0; i < 400; ++i) {
      panel_wheel(panel, box.x + 5.0, box.y + 5.0, 1, (Keys){false, false});
      assert_true(asked.value <= info->maximum);
    }
    CHECK_NEAR(asked.value, info->maximum, 1e-3 * fabs((double)info->maximum));
    for (int i = 0; i < 400; ++i) {
      panel_wheel(panel, box.x + 5.0, box.y + 5.0, -1, (Keys){false, false});
      assert_true(asked.value >= info->minimum);
    }
    CHECK_NEAR(asked.value, info->minimum, 1e-6);
    free(panel);
  }
}

// The soundcheck is only replaced by a button that is held
static void
test_soundcheck_wants_to_be_held(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  click(panel, ITEM_BASELINE);
  assert_int_equal(asked.n_sets, 2); // The first: at once
  panel->view.fact[FH_FACT_HAS_BASELINE] = 1.0f;
  click(panel, ITEM_BASELINE);
  assert_int_equal(asked.n_sets, 2); // A slip of the hand does nothing
  const Box box = panel_box(ITEM_BASELINE);
  panel_press(panel, box.x + 5.0, box.y + 5.0, (Keys){false, false}, 10.0);
  panel_tick(panel, 10.5);
  assert_int_equal(asked.n_sets, 2);
  panel_tick(panel, 11.1);
  assert_int_equal(asked.n_sets, 3);
  assert_int_equal(asked.port, FH_PORT_BASELINE);
  panel_release(panel, box.x + 5.0, box.y + 5.0);
  CHECK_NEAR(asked.value, 0.0, 0.0);
  free(panel);
}

// The plot is deaf until the trim is opened
static void
test_trim_needs_its_button(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  const double x = panel_x_of_hz(1000.0);
  const double y = panel_y_of_db(0.0);
  panel_press(panel, x, y, (Keys){false, false}, 0.0);
  panel_move(panel, x, panel_y_of_db(-6.0), (Keys){false, false});
  panel_release(panel, x, y);
  assert_int_equal(asked.n_trims, 0);
  click(panel, ITEM_TRIM);
  panel_move(panel, x, y, (Keys){false, false});
  panel_press(panel, x, y, (Keys){false, false}, 0.0);
  panel_move(panel, x, y + 50.0, (Keys){false, false}); // 3 dB down
  panel_release(panel, x, y + 50.0);
  assert_true(asked.n_trims > 0);
  CHECK_NEAR(asked.trim[17], -3.0, 0.06);
  for (int i = 0; i < FH_N_EQ_BANDS; ++i) {
    CHECK_NEAR(asked.trim[i], i == 17 ? -3.0 : 0.0, 0.06);
  }
  panel_press(panel, x, y, (Keys){true, false}, 0.0);
  CHECK_NEAR(asked.trim[17], 0.0, 0.0);
  free(panel);
}

static void
test_chooser_finds_profiles(void** state)
{
  (void)state;
  char folder[] = "/tmp/fullhouse-chooser-XXXXXX";
  assert_non_null(mkdtemp(folder));
  char path[256];
  static const char* const names[] = {"b.fhp", "a.fhp", "notes.doc", ".c.fhp"};
  for (size_t i = 0; i < 4; ++i) {
    snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
    FILE* const file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
  }
  Asked asked;
  Panel* const panel = make_panel(&asked);
  snprintf(panel->view.profile, FH_VIEW_TEXT, "%s/old.fhp", folder);
  click(panel, ITEM_PROFILE);
  assert_true(panel->chooser.is_open);
  assert_int_equal(panel->chooser.n_entries, 3); // .., a.fhp, b.fhp
  cairo_surface_t* const picture = paint(panel);
  cairo_surface_destroy(picture);
  const Box row = chooser_row(1);
  panel_press(panel, row.x + 5.0, row.y + 5.0, (Keys){false, false}, 0.0);
  snprintf(path, sizeof(path), "%s/a.fhp", folder);
  assert_string_equal(asked.profile, path);
  assert_false(panel->chooser.is_open);
  // Outside of the list: closed, nothing chosen
  click(panel, ITEM_PROFILE);
  click(panel, ITEM_FREEZE);
  assert_false(panel->chooser.is_open);
  assert_int_equal(asked.n_profiles, 1);
  assert_int_equal(asked.n_sets, 0);
  free(panel);
  for (size_t i = 0; i < 4; ++i) {
    snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
    remove(path);
  }
  remove(folder);
}

static void
test_trace_is_shown_or_explained(void** state)
{
  (void)state;
  char path[] = "/tmp/fullhouse-trace-XXXXXX";
  const int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  FILE* const file = fdopen(descriptor, "w");
  fputs("* Freq(Hz) SPL(dB)\n20 80\n1000 80\n20000 74\n", file);
  fclose(file);
  Asked asked;
  Panel* const panel = make_panel(&asked);
  make_show(panel);
  cairo_surface_t* const without = paint(panel);
  assert_true(panel_load_trace(panel, path));
  assert_true(panel->has_trace);
  CHECK_NEAR(panel->trace_db[0] - panel->trace_db[17], 0.0, 0.01);
  CHECK_NEAR(panel->trace_db[30] - panel->trace_db[17], -6.0, 0.01);
  cairo_surface_t* const with = paint(panel);
  assert_true(difference(without, with) > 0.001);
  assert_false(panel_load_trace(panel, "/nowhere.frd"));
  assert_non_null(strstr(panel->trace_name, "nowhere.frd"));
  assert_true(panel_load_trace(panel, NULL));
  cairo_surface_destroy(with);
  cairo_surface_destroy(without);
  free(panel);
  remove(path);
}

// What does not show is not drawn again: an idle window costs nothing
static void
test_small_changes_draw_nothing(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  make_show(panel);
  cairo_surface_destroy(paint(panel));
  assert_false(panel->is_dirty);
  FhView view = panel->view;
  view.fact[FH_FACT_TIME_S] += 10.0f;
  view.fact[FH_FACT_PROGRAMME_DB] += 0.2f;
  view.curve[FH_CURVE_NOW][10] += 0.005f;
  panel_set_view(panel, &view);
  assert_false(panel->is_dirty);
  view.curve[FH_CURVE_APPLIED][10] += 0.1f;
  panel_set_view(panel, &view);
  assert_true(panel->is_dirty);
  free(panel);
}

// Numbers that are none, and texts without end, do not hurt
static void
test_nonsense_is_drawn_without_harm(void** state)
{
  (void)state;
  Asked asked;
  Panel* const panel = make_panel(&asked);
  make_show(panel);
  for (unsigned c = 0; c < FH_N_CURVES; ++c) {
    for (unsigned i = 0; i < FH_N_EQ_BANDS; i += 2) {
      panel->view.curve[c][i] = c & 1 ? NAN : INFINITY;
    }
  }
  for (unsigned i = 0; i < FH_N_FACTS; ++i) {
    panel->view.fact[i] = NAN;
  }
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    panel->view.port[i] = i & 1 ? 1e30f : -1e30f;
  }
  memset(panel->view.state, 'W', FH_VIEW_TEXT - 1);
  memset(panel->view.line[0], 'M', FH_VIEW_TEXT - 1);
  cairo_surface_t* const picture = paint(panel);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy(picture);
  free(panel);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pictures_are_as_looked_at),
    cmocka_unit_test(test_states_look_different),
    cmocka_unit_test(test_freeze_is_one_click),
    cmocka_unit_test(test_modes_and_bypass),
    cmocka_unit_test(test_triggers_go_up_and_down),
    cmocka_unit_test(test_sliders_drag_wheel_and_default),
    cmocka_unit_test(test_wheel_reaches_the_ends),
    cmocka_unit_test(test_soundcheck_wants_to_be_held),
    cmocka_unit_test(test_trim_needs_its_button),
    cmocka_unit_test(test_chooser_finds_profiles),
    cmocka_unit_test(test_trace_is_shown_or_explained),
    cmocka_unit_test(test_small_changes_draw_nothing),
    cmocka_unit_test(test_nonsense_is_drawn_without_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
