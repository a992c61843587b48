// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "ports.h"
#include "uris.h"

#include <fh/live.h>

#include <lv2/core/lv2.h>

#include <lilv/lilv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  What hosts read in the bundle is what the program does: symbols, order,
  kinds and ranges of ports.h, and the names of the DSP's bands and states.
*/

typedef struct {
  LilvWorld* world;
  const LilvPlugin* plugin;
} Bundle;

static int
load(void** state)
{
  static Bundle bundle;
  bundle.world = lilv_world_new();
  lilv_world_load_all(bundle.world);
  LilvNode* const uri = lilv_new_uri(bundle.world, FULLHOUSE_URI);
  bundle.plugin =
    lilv_plugins_get_by_uri(lilv_world_get_all_plugins(bundle.world), uri);
  lilv_node_free(uri);
  *state = &bundle;
  return bundle.plugin ? 0 : -1;
}

static int
unload(void** state)
{
  lilv_world_free(((Bundle*)*state)->world);
  return 0;
}

static bool
port_is(const Bundle* bundle, const LilvPort* port, const char* uri)
{
  LilvNode* const node = lilv_new_uri(bundle->world, uri);
  const bool is = lilv_port_is_a(bundle->plugin, port, node);
  lilv_node_free(node);
  return is;
}

static bool
port_has(const Bundle* bundle, const LilvPort* port, const char* uri)
{
  LilvNode* const node = lilv_new_uri(bundle->world, uri);
  const bool has = lilv_port_has_property(bundle->plugin, port, node);
  lilv_node_free(node);
  return has;
}

static const char*
text_of(const Bundle* bundle,
        const LilvPort* port,
        const char* predicate,
        char* text,
        size_t size)
{
  LilvNode* const key = lilv_new_uri(bundle->world, predicate);
  LilvNode* const value = lilv_port_get(bundle->plugin, port, key);
  snprintf(text, size, "%s", value ? lilv_node_as_string(value) : "");
  lilv_node_free(value);
  lilv_node_free(key);
  return text;
}

static void
test_ports_agree(void** state)
{
  const Bundle* const bundle = *state;
  assert_int_equal(lilv_plugin_get_num_ports(bundle->plugin), FH_PORT_COUNT);
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const LilvPort* const port =
      lilv_plugin_get_port_by_index(bundle->plugin, i);
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    assert_non_null(port);
    assert_string_equal(
      lilv_node_as_string(lilv_port_get_symbol(bundle->plugin, port)),
      info->symbol);
    LilvNode* const name = lilv_port_get_name(bundle->plugin, port);
    assert_string_equal(lilv_node_as_string(name), info->name);
    lilv_node_free(name);
    const bool is_input = info->kind == FH_PORT_AUDIO_IN ||
                          info->kind == FH_PORT_ATOM_IN ||
                          info->kind == FH_PORT_CONTROL_IN;
    assert_int_equal(port_is(bundle, port, LV2_CORE__InputPort), is_input);
    assert_int_equal(port_is(bundle, port, LV2_CORE__OutputPort), !is_input);
    assert_int_equal(port_is(bundle, port, LV2_CORE__AudioPort),
                     info->kind == FH_PORT_AUDIO_IN ||
                       info->kind == FH_PORT_AUDIO_OUT);
    assert_int_equal(port_is(bundle, port, LV2_CORE__ControlPort),
                     info->kind == FH_PORT_CONTROL_IN ||
                       info->kind == FH_PORT_CONTROL_OUT);
  }
}

static void
test_ranges_agree(void** state)
{
  const Bundle* const bundle = *state;
  float lo[FH_PORT_COUNT];
  float hi[FH_PORT_COUNT];
  float initial[FH_PORT_COUNT];
  lilv_plugin_get_port_ranges_float(bundle->plugin, lo, hi, initial);
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    if (info->kind != FH_PORT_CONTROL_IN && info->kind != FH_PORT_CONTROL_OUT) {
      continue;
    }
    assert_float_equal(lo[i], info->minimum, 0.0f);
    assert_float_equal(hi[i], info->maximum, 0.0f);
    assert_float_equal(initial[i], info->initial, 0.0f);
    assert_true(lo[i] <= initial[i] && initial[i] <= hi[i]);
  }
}

static void
test_ports_are_described(void** state)
{
  const Bundle* const bundle = *state;
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const LilvPort* const port =
      lilv_plugin_get_port_by_index(bundle->plugin, i);
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    char text[256];
    assert_true(strlen(text_of(bundle,
                               port,
                               "http://www.w3.org/2000/01/rdf-schema#comment",
                               text,
                               sizeof(text))) > 10);
    text_of(bundle,
            port,
            "http://lv2plug.in/ns/extensions/units#unit",
            text,
            sizeof(text));
    if (info->unit[0]) {
      assert_true(text[0] != '\0');
    }
    assert_int_equal(
      port_has(bundle, port, "http://lv2plug.in/ns/ext/port-props#trigger"),
      info->is_trigger);
  }
}

static void
test_states_have_names(void** state)
{
  const Bundle* const bundle = *state;
  const LilvPort* const port =
    lilv_plugin_get_port_by_index(bundle->plugin, FH_PORT_STATE);
  LilvScalePoints* const points =
    lilv_port_get_scale_points(bundle->plugin, port);
  assert_int_equal(lilv_scale_points_size(points), FH_LIVE_N_STATES);
  lilv_scale_points_free(points);
  assert_int_equal((int)fh_port_info(FH_PORT_STATE)->maximum,
                   FH_LIVE_N_STATES - 1);
}

static void
test_bands_have_their_names(void** state)
{
  (void)state;
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    char symbol[16];
    snprintf(symbol, sizeof(symbol), "eq_%s", fh_live_band_name(i));
    FhPort port = FH_PORT_COUNT;
    assert_true(fh_port_find(symbol, &port));
    assert_int_equal(port, FH_PORT_EQ_FIRST + i);
  }
  FhPort port = FH_PORT_COUNT;
  assert_false(fh_port_find("eq_21", &port));
  assert_null(fh_port_info(FH_PORT_COUNT));
}

static void
test_features_are_declared(void** state)
{
  const Bundle* const bundle = *state;
  static const char* const optional[] = {
    LV2_CORE__hardRTCapable,
    "http://lv2plug.in/ns/ext/worker#schedule",
    "http://lv2plug.in/ns/ext/state#threadSafeRestore",
    "http://lv2plug.in/ns/ext/state#mapPath",
    "http://lv2plug.in/ns/ext/state#freePath",
    "http://harrisonconsoles.com/lv2/inlinedisplay#queue_draw"};
  for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); ++i) {
    LilvNode* const uri = lilv_new_uri(bundle->world, optional[i]);
    assert_true(lilv_plugin_has_feature(bundle->plugin, uri));
    lilv_node_free(uri);
  }
  LilvNodes* const required = lilv_plugin_get_required_features(bundle->plugin);
  assert_int_equal(lilv_nodes_size(required), 1); // urid:map alone
  lilv_nodes_free(required);
  assert_true(lilv_plugin_verify(bundle->plugin));
}

static void
test_latency_is_designated_and_zero(void** state)
{
  const Bundle* const bundle = *state;
  assert_true(lilv_plugin_has_latency(bundle->plugin));
  assert_int_equal(lilv_plugin_get_latency_port_index(bundle->plugin),
                   FH_PORT_LATENCY);
  assert_float_equal(fh_port_info(FH_PORT_LATENCY)->maximum, 0.0f, 0.0f);
}

static void
test_profile_is_writable(void** state)
{
  const Bundle* const bundle = *state;
  LilvNode* const key =
    lilv_new_uri(bundle->world, "http://lv2plug.in/ns/ext/patch#writable");
  LilvNode* const profile = lilv_new_uri(bundle->world, FULLHOUSE_PROFILE_URI);
  const LilvNode* const self = lilv_plugin_get_uri(bundle->plugin);
  assert_true(lilv_world_ask(bundle->world, self, key, profile));
  lilv_node_free(profile);
  lilv_node_free(key);
}

// Presets name ports that exist, and never a trigger
static void
test_presets_are_sound(void** state)
{
  const Bundle* const bundle = *state;
  LilvNode* const kind =
    lilv_new_uri(bundle->world, "http://lv2plug.in/ns/ext/presets#Preset");
  LilvNode* const port = lilv_new_uri(bundle->world, LV2_CORE__port);
  LilvNode* const symbol = lilv_new_uri(bundle->world, LV2_CORE__symbol);
  LilvNodes* const presets = lilv_plugin_get_related(bundle->plugin, kind);
  assert_true(lilv_nodes_size(presets) >= 4);
  LILV_FOREACH(nodes, p, presets)
  {
    const LilvNode* const preset = lilv_nodes_get(presets, p);
    lilv_world_load_resource(bundle->world, preset);
    LilvNodes* const ports =
      lilv_world_find_nodes(bundle->world, preset, port, NULL);
    assert_true(lilv_nodes_size(ports) > 0);
    LILV_FOREACH(nodes, q, ports)
    {
      LilvNode* const name =
        lilv_world_get(bundle->world, lilv_nodes_get(ports, q), symbol, NULL);
      FhPort found = FH_PORT_COUNT;
      assert_true(fh_port_find(lilv_node_as_string(name), &found));
      assert_int_equal(fh_port_info(found)->kind, FH_PORT_CONTROL_IN);
      assert_false(fh_port_info(found)->is_trigger);
      lilv_node_free(name);
    }
    lilv_nodes_free(ports);
  }
  lilv_nodes_free(presets);
  lilv_node_free(symbol);
  lilv_node_free(port);
  lilv_node_free(kind);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_ports_agree),
    cmocka_unit_test(test_ranges_agree),
    cmocka_unit_test(test_ports_are_described),
    cmocka_unit_test(test_states_have_names),
    cmocka_unit_test(test_bands_have_their_names),
    cmocka_unit_test(test_features_are_declared),
    cmocka_unit_test(test_latency_is_designated_and_zero),
    cmocka_unit_test(test_profile_is_writable),
    cmocka_unit_test(test_presets_are_sound),
  };
  return cmocka_run_group_tests(tests, load, unload);
}
