// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel.h"
#include "uris.h"
#include "window.h"

#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/atom/util.h>
#include <lv2/core/lv2.h>
#include <lv2/options/options.h>
#include <lv2/patch/patch.h>
#include <lv2/ui/ui.h>
#include <lv2/urid/urid.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The plugin forgets a window that does not say this often that it is there [s]
#define WATCH_STEP_S 4.0

typedef struct {
  LV2_URID event_transfer, atom_float, atom_vector, atom_string, atom_path,
    atom_object, atom_urid;
  LV2_URID patch_get, patch_set, patch_property, patch_value;
  LV2_URID profile, trim, watch, view, curves, facts, state, verdict, line,
    message, history;
  LV2_URID scale_factor;
} Uris;

typedef struct {
  LV2UI_Write_Function write;
  LV2UI_Controller controller;
  LV2_URID_Map* map;
  LV2_Atom_Forge forge;
  Uris uris;
  FhView view; ///< As the plugin tells it
  Panel panel;
  FhWindow* window;
  double watch_due_s;
} Ui;

static double
now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void
map_uris(LV2_URID_Map* map, Uris* uris)
{
  const struct {
    LV2_URID* to;
    const char* uri;
  } table[] = {
    {&uris->event_transfer, LV2_ATOM__eventTransfer},
    {&uris->atom_float, LV2_ATOM__Float},
    {&uris->atom_vector, LV2_ATOM__Vector},
    {&uris->atom_string, LV2_ATOM__String},
    {&uris->atom_path, LV2_ATOM__Path},
    {&uris->atom_object, LV2_ATOM__Object},
    {&uris->atom_urid, LV2_ATOM__URID},
    {&uris->patch_get, LV2_PATCH__Get},
    {&uris->patch_set, LV2_PATCH__Set},
    {&uris->patch_property, LV2_PATCH__property},
    {&uris->patch_value, LV2_PATCH__value},
    {&uris->profile, FULLHOUSE_PROFILE_URI},
    {&uris->trim, FULLHOUSE_TRIM_URI},
    {&uris->watch, FULLHOUSE_WATCH_URI},
    {&uris->view, FULLHOUSE_VIEW_URI},
    {&uris->curves, FULLHOUSE_CURVES_URI},
    {&uris->facts, FULLHOUSE_FACTS_URI},
    {&uris->state, FULLHOUSE_STATE_URI},
    {&uris->verdict, FULLHOUSE_VERDICT_URI},
    {&uris->line, FULLHOUSE_LINE_URI},
    {&uris->message, FULLHOUSE_MESSAGE_URI},
    {&uris->history, FULLHOUSE_HISTORY_URI},
    {&uris->scale_factor, LV2_UI__scaleFactor},
  };
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    *table[i].to = map->map(map->handle, table[i].uri);
  }
}

static void
send_atom(Ui* ui, const LV2_Atom* atom)
{
  ui->write(ui->controller,
            FH_PORT_CONTROL,
            lv2_atom_total_size(atom),
            ui->uris.event_transfer,
            atom);
}

// An object without properties: patch:Get of all, or "a window is here"
static void
send_empty(Ui* ui, LV2_URID type)
{
  uint64_t buffer[16];
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(&ui->forge, (uint8_t*)buffer, sizeof(buffer));
  lv2_atom_forge_object(&ui->forge, &frame, 0, type);
  lv2_atom_forge_pop(&ui->forge, &frame);
  send_atom(ui, (const LV2_Atom*)buffer);
}

static void
set_port(void* data, FhPort port, float value)
{
  Ui* const ui = data;
  if (!fh_port_info(port)->is_trigger) {
    ui->view.port[port] = value;
  }
  ui->write(ui->controller, port, sizeof(value), 0, &value);
}

static void
set_trim(void* data, const float db[FH_N_EQ_BANDS])
{
  Ui* const ui = data;
  memcpy(ui->view.curve[FH_CURVE_TRIM], db, sizeof(float) * FH_N_EQ_BANDS);
  uint64_t buffer[64];
  LV2_Atom_Forge* const forge = &ui->forge;
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(forge, (uint8_t*)buffer, sizeof(buffer));
  lv2_atom_forge_object(forge, &frame, 0, ui->uris.patch_set);
  lv2_atom_forge_key(forge, ui->uris.patch_property);
  lv2_atom_forge_urid(forge, ui->uris.trim);
  lv2_atom_forge_key(forge, ui->uris.patch_value);
  lv2_atom_forge_vector(
    forge, sizeof(float), ui->uris.atom_float, FH_N_EQ_BANDS, db);
  lv2_atom_forge_pop(forge, &frame);
  send_atom(ui, (const LV2_Atom*)buffer);
}

static void
set_profile(void* data, const char* path)
{
  Ui* const ui = data;
  uint64_t buffer[640];
  LV2_Atom_Forge* const forge = &ui->forge;
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(forge, (uint8_t*)buffer, sizeof(buffer));
  lv2_atom_forge_object(forge, &frame, 0, ui->uris.patch_set);
  lv2_atom_forge_key(forge, ui->uris.patch_property);
  lv2_atom_forge_urid(forge, ui->uris.profile);
  lv2_atom_forge_key(forge, ui->uris.patch_value);
  if (!lv2_atom_forge_path(forge, path, (uint32_t)strlen(path))) {
    return; // Longer than any file system allows
  }
  lv2_atom_forge_pop(forge, &frame);
  send_atom(ui, (const LV2_Atom*)buffer);
}

static double
scale_of(const Ui* ui, const LV2_Options_Option* options)
{
  for (const LV2_Options_Option* o = options; o && o->key; ++o) {
    if (o->key == ui->uris.scale_factor && o->type == ui->uris.atom_float) {
      return (double)*(const float*)o->value;
    }
  }
  return 1.0;
}

static void*
feature(const LV2_Feature* const* features, const char* uri)
{
  for (size_t i = 0; features && features[i] && features[i]->URI; ++i) {
    if (!strcmp(features[i]->URI, uri)) {
      return features[i]->data;
    }
  }
  return NULL;
}

static void
cleanup(LV2UI_Handle handle)
{
  Ui* const ui = handle;
  fh_window_free(ui->window);
  free(ui);
}

static LV2UI_Handle
instantiate(const LV2UI_Descriptor* descriptor,
            const char* plugin_uri,
            const char* bundle_path,
            LV2UI_Write_Function write_function,
            LV2UI_Controller controller,
            LV2UI_Widget* widget,
            const LV2_Feature* const* features)
{
  (void)descriptor;
  (void)bundle_path;
  if (strcmp(plugin_uri, FULLHOUSE_URI) != 0) {
    return NULL;
  }
  Ui* const ui = calloc(1, sizeof(Ui));
  if (!ui) {
    return NULL;
  }
  ui->write = write_function;
  ui->controller = controller;
  ui->map = feature(features, LV2_URID__map);
  if (!ui->map) {
    fprintf(stderr, "fullhouse: the host lacks <%s>\n", LV2_URID__map);
    free(ui);
    return NULL;
  }
  map_uris(ui->map, &ui->uris);
  lv2_atom_forge_init(&ui->forge, ui->map);
  const PanelCalls calls = {set_port, set_trim, set_profile, ui};
  panel_init(&ui->panel, &calls);
  fh_view_init(&ui->view);
  ui->window =
    fh_window_new(&ui->panel,
                  (uintptr_t)feature(features, LV2_UI__parent),
                  scale_of(ui, feature(features, LV2_OPTIONS__options)),
                  "Fullhouse Auto-EQ");
  if (!ui->window) {
    fprintf(stderr, "fullhouse: cannot open a window on this display\n");
    free(ui);
    return NULL;
  }
  const LV2UI_Resize* const resize = feature(features, LV2_UI__resize);
  if (resize) {
    int width = 0;
    int height = 0;
    fh_window_size(ui->window, &width, &height);
    resize->ui_resize(resize->handle, width, height);
  }
  *widget = (LV2UI_Widget)fh_window_id(ui->window);
  return ui;
}

// Numbers of a vector, at most `max`; the count is returned
static uint32_t
floats(const Ui* ui, const LV2_Atom* atom, float* to, uint32_t max)
{
  if (!atom || atom->type != ui->uris.atom_vector ||
      atom->size < sizeof(LV2_Atom_Vector_Body)) {
    return 0;
  }
  const LV2_Atom_Vector_Body* const body = LV2_ATOM_BODY_CONST(atom);
  if (body->child_type != ui->uris.atom_float ||
      body->child_size != sizeof(float)) {
    return 0;
  }
  const uint32_t n =
    (uint32_t)((atom->size - sizeof(LV2_Atom_Vector_Body)) / sizeof(float));
  const uint32_t used = n < max ? n : max;
  memcpy(to, body + 1, used * sizeof(float));
  return used;
}

// A text with its end within the atom; cut to fit
static bool
text(const LV2_Atom* atom, LV2_URID type, char* to, size_t size)
{
  if (!atom || atom->type != type || !atom->size) {
    return false;
  }
  snprintf(
    to, size, "%.*s", (int)atom->size, (const char*)LV2_ATOM_BODY_CONST(atom));
  return true;
}

static void
receive_history(Ui* ui, const LV2_Atom* atom)
{
  float values[1 + 2 * FH_VIEW_HISTORY];
  const uint32_t n = floats(ui, atom, values, 1 + 2 * FH_VIEW_HISTORY);
  if (!n) {
    return;
  }
  FhHistory* const history = &ui->view.history;
  history->step_s = values[0];
  history->n = (n - 1) / 2;
  for (unsigned i = 0; i < history->n; ++i) {
    history->occupancy[i] = values[1 + 2 * i];
    history->occupancy_sd[i] = values[2 + 2 * i];
  }
}

static void
receive_view(Ui* ui, const LV2_Atom_Object* object)
{
  const LV2_Atom* curves = NULL;
  const LV2_Atom* facts = NULL;
  const LV2_Atom* state = NULL;
  const LV2_Atom* verdict = NULL;
  const LV2_Atom* line = NULL;
  const LV2_Atom* message = NULL;
  const LV2_Atom* history = NULL;
  // clang-format off
  lv2_atom_object_get(object,
                      ui->uris.curves, &curves,
                      ui->uris.facts, &facts,
                      ui->uris.state, &state,
                      ui->uris.verdict, &verdict,
                      ui->uris.line, &line,
                      ui->uris.message, &message,
                      ui->uris.history, &history,
                      0);
  // clang-format on
  FhView* const view = &ui->view;
  floats(ui, curves, view->curve[0], FH_N_CURVES * FH_N_EQ_BANDS);
  floats(ui, facts, view->fact, FH_N_FACTS);
  const LV2_URID string = ui->uris.atom_string;
  text(state, string, view->state, sizeof(view->state));
  text(verdict, string, view->verdict, sizeof(view->verdict));
  text(message, string, view->message, sizeof(view->message));
  char move[FH_VIEW_TEXT];
  if (text(line, string, move, sizeof(move))) {
    fh_view_add_line(view, move);
  }
  receive_history(ui, history);
}

static void
receive_set(Ui* ui, const LV2_Atom_Object* object)
{
  const LV2_Atom* property = NULL;
  const LV2_Atom* value = NULL;
  // clang-format off
  lv2_atom_object_get(object,
                      ui->uris.patch_property, &property,
                      ui->uris.patch_value, &value,
                      0);
  // clang-format on
  if (!property || property->type != ui->uris.atom_urid) {
    return;
  }
  const LV2_URID key = ((const LV2_Atom_URID*)property)->body;
  if (key == ui->uris.profile) {
    text(value, ui->uris.atom_path, ui->view.profile, sizeof(ui->view.profile));
  } else if (key == ui->uris.trim) {
    floats(ui, value, ui->view.curve[FH_CURVE_TRIM], FH_N_EQ_BANDS);
  }
}

static void
port_event(LV2UI_Handle handle,
           uint32_t port,
           uint32_t size,
           uint32_t format,
           const void* buffer)
{
  Ui* const ui = handle;
  if (!format && size == sizeof(float) && port < FH_PORT_COUNT) {
    ui->view.port[port] = *(const float*)buffer;
  } else if (format == ui->uris.event_transfer && port == FH_PORT_NOTIFY) {
    const LV2_Atom_Object* const object = buffer;
    if (object->atom.type != ui->uris.atom_object) {
      return;
    }
    if (object->body.otype == ui->uris.view) {
      receive_view(ui, object);
    } else if (object->body.otype == ui->uris.patch_set) {
      receive_set(ui, object);
    }
  } else {
    return;
  }
  // While a hand drags a control, its own value counts, not the echo
  const FhPort held = panel_port(ui->panel.pressed);
  if (held != FH_PORT_COUNT) {
    ui->view.port[held] = ui->panel.view.port[held];
  }
  if (ui->panel.pressed == ITEM_PLOT) {
    memcpy(ui->view.curve[FH_CURVE_TRIM],
           ui->panel.view.curve[FH_CURVE_TRIM],
           sizeof(ui->view.curve[FH_CURVE_TRIM]));
  }
  panel_set_view(&ui->panel, &ui->view);
}

static int
idle(LV2UI_Handle handle)
{
  Ui* const ui = handle;
  const double time_s = now_s();
  if (time_s >= ui->watch_due_s) {
    ui->watch_due_s = time_s + WATCH_STEP_S;
    send_empty(ui, ui->uris.watch);
  }
  return fh_window_idle(ui->window) ? 0 : 1;
}

static const void*
extension_data(const char* uri)
{
  static const LV2UI_Idle_Interface idle_interface = {idle};
  return strcmp(uri, LV2_UI__idleInterface) ? NULL : &idle_interface;
}

LV2_SYMBOL_EXPORT const LV2UI_Descriptor*
lv2ui_descriptor(uint32_t index)
{
  static const LV2UI_Descriptor descriptor = {
    FULLHOUSE_UI_URI, instantiate, cleanup, port_event, extension_data};
  return index == 0 ? &descriptor : NULL;
}
