// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_input.h"

#include <stdlib.h>

static void
read_list(FhKeyReader* const reader,
          const FhYamlNode* const node,
          const char* const name,
          Numbers* const out)
{
  out->node = node;
  if (node->kind != FH_YAML_LIST || node->n_items > MAX_POINTS ||
      !node->n_items) {
    fh_keys_error(reader,
                  node,
                  "'%s' is a list of 1 to %d numbers; write [a, b, ...]",
                  name,
                  MAX_POINTS);
    return;
  }
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    double value = 0.0;
    const FhStatus status = fh_yaml_number(item, &value);
    if (status) {
      fh_keys_error(reader,
                    item,
                    status == FH_ERR_NOT_FINITE
                      ? "'%s' holds a number that is not finite; measure it "
                        "again or take the point out"
                      : "'%s' needs a plain number here; write it without a "
                        "unit",
                    name);
      return;
    }
    out->at[out->n++] = value;
  }
}

static void
read_hz(FhKeyReader* const reader, const FhYamlNode* const node, void* object)
{
  Numbers* const hz = &((ResponseInput*)object)->hz;
  read_list(reader, node, "frequency_hz", hz);
  const FhYamlNode* item = node->first;
  for (size_t i = 0; i < hz->n; ++i, item = item->next) {
    if (!(hz->at[i] >= 1.0 && hz->at[i] <= 100000.0)) {
      fh_keys_error(reader,
                    item,
                    "a frequency of %g is not within 1 to 100 000 Hz; is it in "
                    "kHz?",
                    hz->at[i]);
      return;
    }
    if (i && !(hz->at[i] > hz->at[i - 1])) {
      fh_keys_error(reader,
                    item,
                    "frequencies must rise: %g Hz follows %g Hz; sort them",
                    hz->at[i],
                    hz->at[i - 1]);
      return;
    }
  }
}

static void
read_db(FhKeyReader* const reader, const FhYamlNode* const node, void* object)
{
  read_list(reader, node, "level_db", &((ResponseInput*)object)->db);
}

static void
read_phase(FhKeyReader* const reader,
           const FhYamlNode* const node,
           void* object)
{
  read_list(reader, node, "phase_deg", &((ResponseInput*)object)->phase_deg);
}

static void
read_limit(FhKeyReader* const reader,
           const FhYamlNode* const node,
           void* object)
{
  Numbers* const limit = &((ModelInput*)object)->limit_db;
  read_list(reader, node, "max_third_db", limit);
  if (limit->n && limit->n != FH_N_THIRDS) {
    fh_keys_error(reader,
                  node,
                  "'max_third_db' has %zu numbers; give one for each of the 24 "
                  "third octaves from 50 Hz to 10 kHz",
                  limit->n);
  }
}

static void
read_at(FhKeyReader* const reader, const FhYamlNode* const node, void* object)
{
  static const FhKey key = {
    .name = "at_m", .unit = "m", .low = -5.0, .high = 5.0};
  (void)fh_keys_numbers(reader, node, &key, false, 2, ((Way*)object)->at);
}

#define IN(type, member) .at = offsetof(type, member)

static const FhKey response_keys[] = {
  {.name = "frequency_hz",
   .type = FH_KEY_OWN,
   .read = read_hz,
   .form = "list of numbers",
   .doc = "Rising frequencies"},
  {.name = "level_db",
   .type = FH_KEY_OWN,
   .read = read_db,
   .form = "list of numbers",
   .doc = "Level on axis relative to the sensitivity"},
  {.name = "phase_deg",
   .type = FH_KEY_OWN,
   .read = read_phase,
   .form = "list of numbers",
   .doc = "Phase on axis; left out, the minimum phase of the level"},
  {.name = "file",
   .type = FH_KEY_TEXT,
   IN(ResponseInput, file),
   .size = 256,
   .doc = "FRD file instead: frequency, level, phase; level is absolute"},
};
static const FhSection response_section = {.what = "a response",
                                           .path = "response",
                                           .keys = response_keys,
                                           .n_keys = sizeof response_keys /
                                                     sizeof response_keys[0],
                                           .size = sizeof(ResponseInput)};

static const char* const shapes[] = {"disc", "horn", NULL};

static const FhKey way_keys[] = {
  {.name = "shape",
   .type = FH_KEY_CHOICE,
   .required = true,
   IN(Way, shape),
   .choices = shapes,
   .doc = "A round piston or a rectangular mouth"},
  {.name = "at_m",
   .type = FH_KEY_OWN,
   .read = read_at,
   .form = "[right, up]",
   .doc = "Centre on the front"},
  {.name = "radius_m",
   .type = FH_KEY_NUMBER,
   IN(Way, radius_m),
   .unit = "m",
   .low = 0.0,
   .high = 2.0,
   .doc = "Radius of a disc"},
  {.name = "width_m",
   .type = FH_KEY_NUMBER,
   IN(Way, width_m),
   .unit = "m",
   .low = 0.0,
   .high = 5.0,
   .doc = "Width of a mouth"},
  {.name = "height_m",
   .type = FH_KEY_NUMBER,
   IN(Way, height_m),
   .unit = "m",
   .low = 0.0,
   .high = 5.0,
   .doc = "Height of a mouth"},
  {.name = "horizontal_deg",
   .type = FH_KEY_NUMBER,
   IN(Way, horizontal_deg),
   .unit = "degrees",
   .low = 0.0,
   .high = 170.0,
   .doc = "Coverage of a mouth at -6 dB, 0 for a plane wavefront"},
  {.name = "vertical_deg",
   .type = FH_KEY_NUMBER,
   IN(Way, vertical_deg),
   .unit = "degrees",
   .low = 0.0,
   .high = 170.0,
   .doc = "The same in the vertical plane"},
  {.name = "from_hz",
   .type = FH_KEY_NUMBER,
   IN(Way, from_hz),
   .unit = "Hz",
   .low = 0.0,
   .high = 50000.0,
   .doc = "Crossover below, 0 for none"},
  {.name = "to_hz",
   .type = FH_KEY_NUMBER,
   IN(Way, to_hz),
   .unit = "Hz",
   .low = 0.0,
   .high = 50000.0,
   .doc = "Crossover above, 0 for none"},
  {.name = "mirrored",
   .type = FH_KEY_BOOL,
   IN(Way, mirrored),
   .doc = "A second one at the other side"},
};
static const FhSection way_section = {.what = "a way",
                                      .path = "directivity.box[]",
                                      .keys = way_keys,
                                      .n_keys =
                                        sizeof way_keys / sizeof way_keys[0],
                                      .size = sizeof(Way)};

static const FhKey dodecahedron_keys[] = {
  {.name = "sphere_m",
   .type = FH_KEY_NUMBER,
   .required = true,
   IN(DodecahedronInput, sphere_m),
   .unit = "m",
   .low = 0.01,
   .high = 1.0,
   .doc = "Distance of the pistons from the middle"},
  {.name = "piston_m",
   .type = FH_KEY_NUMBER,
   .required = true,
   IN(DodecahedronInput, piston_m),
   .unit = "m",
   .low = 0.005,
   .high = 0.5,
   .doc = "Radius of each piston"},
};
static const FhSection dodecahedron_section = {
  .what = "a dodecahedron",
  .path = "directivity.dodecahedron",
  .keys = dodecahedron_keys,
  .n_keys = sizeof dodecahedron_keys / sizeof dodecahedron_keys[0],
  .size = sizeof(DodecahedronInput)};

static const FhKey piston_keys[] = {
  {.name = "radius_m",
   .type = FH_KEY_NUMBER,
   .required = true,
   IN(PistonInput, radius_m),
   .unit = "m",
   .low = 0.001,
   .high = 2.0,
   .doc = "Radius"},
};
static const FhSection piston_section = {.what = "a piston",
                                         .path = "directivity.piston",
                                         .keys = piston_keys,
                                         .n_keys = sizeof piston_keys /
                                                   sizeof piston_keys[0],
                                         .size = sizeof(PistonInput)};

static void
read_ways(FhKeyReader* const reader,
          const FhYamlNode* const node,
          void* const object)
{
  PatternInput* const in = (PatternInput*)object;
  in->box_node = node;
  if (node->kind != FH_YAML_LIST || !node->n_items ||
      node->n_items > MAX_WAYS) {
    fh_keys_error(reader,
                  node,
                  "'box' is a list of 1 to %d ways; write one map for each",
                  MAX_WAYS);
    return;
  }
  in->box.ways = (Way*)calloc(node->n_items, sizeof(Way));
  if (!in->box.ways) {
    reader->no_memory = true;
    return;
  }
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    Way* const way = &in->box.ways[in->box.n_ways++];
    fh_keys_read(reader, &way_section, item, way);
    if (way->shape == WAY_DISC && !(way->radius_m > 0.0)) {
      fh_keys_error(reader, item, "a disc needs its 'radius_m'; add it");
    }
    if (way->shape == WAY_HORN &&
        !(way->width_m > 0.0 && way->height_m > 0.0)) {
      fh_keys_error(
        reader, item, "a horn needs 'width_m' and 'height_m'; add them");
    }
  }
}

static void
read_dodecahedron(FhKeyReader* const reader,
                  const FhYamlNode* const node,
                  void* const object)
{
  PatternInput* const in = (PatternInput*)object;
  in->dodecahedron_node = node;
  fh_keys_read(reader, &dodecahedron_section, node, &in->dodecahedron);
}

static void
read_piston(FhKeyReader* const reader,
            const FhYamlNode* const node,
            void* const object)
{
  PatternInput* const in = (PatternInput*)object;
  in->piston_node = node;
  fh_keys_read(reader, &piston_section, node, &in->piston);
}

static void
read_balloon_name(FhKeyReader* const reader,
                  const FhYamlNode* const node,
                  void* const object)
{
  PatternInput* const in = (PatternInput*)object;
  in->balloon_node = node;
  (void)fh_keys_text(reader, node, "balloon", in->balloon, sizeof in->balloon);
}

static const FhKey pattern_keys[] = {
  {.name = "omni",
   .type = FH_KEY_BOOL,
   IN(PatternInput, omni),
   .doc = "The same in all directions"},
  {.name = "box",
   .type = FH_KEY_OWN,
   .read = read_ways,
   .form = "list of ways",
   .doc = "Radiators in the front of a box, from theory"},
  {.name = "dodecahedron",
   .type = FH_KEY_OWN,
   .read = read_dodecahedron,
   .form = "map",
   .doc = "Twelve pistons on a sphere"},
  {.name = "piston",
   .type = FH_KEY_OWN,
   .read = read_piston,
   .form = "map",
   .doc = "One round piston in a large wall, exact at every frequency"},
  {.name = "balloon",
   .type = FH_KEY_OWN,
   .read = read_balloon_name,
   .form = "file",
   .doc = "A measured balloon: CSV, SOFA, CLF text or a folder of arcs"},
  {.name = "measurement",
   .type = FH_KEY_COUNT,
   IN(PatternInput, measurement),
   .low = 0.0,
   .high = 1000.0,
   .doc = "Which measurement of a SOFA file, from 1; 0 for the loudest at each "
          "frequency"},
};
static const FhSection pattern_section = {.what = "a directivity",
                                          .path = "directivity",
                                          .keys = pattern_keys,
                                          .n_keys = sizeof pattern_keys /
                                                    sizeof pattern_keys[0],
                                          .size = sizeof(PatternInput)};

static const FhKey model_keys[] = {
  {.name = "loudspeaker",
   .type = FH_KEY_INT,
   .required = true,
   IN(ModelInput, version),
   .low = 1.0,
   .high = 1.0,
   .doc = "Version of the format: 1"},
  {.name = "name",
   .type = FH_KEY_TEXT,
   IN(ModelInput, name),
   .size = FH_NAME_SIZE,
   .doc = "Name of the model"},
  {.name = "description",
   .type = FH_KEY_TEXT,
   IN(ModelInput, description),
   .size = 256,
   .doc = "What it is"},
  {.name = "source",
   .type = FH_KEY_TEXT,
   IN(ModelInput, source),
   .size = 512,
   .doc = "Where the numbers come from"},
  {.name = "size_m",
   .type = FH_KEY_POINT,
   IN(ModelInput, size_m),
   .unit = "m",
   .low = 0.0,
   .high = 10.0,
   .doc = "Width, height and depth"},
  {.name = "mass_kg",
   .type = FH_KEY_NUMBER,
   IN(ModelInput, mass_kg),
   .unit = "kg",
   .low = 0.0,
   .high = 2000.0,
   .doc = "Mass"},
  {.name = "splay_deg",
   .type = FH_KEY_RANGE,
   IN(ModelInput, splay_deg),
   .has_at = offsetof(ModelInput, has_splay),
   .unit = "degrees",
   .low = -30.0,
   .high = 60.0,
   .doc = "Angles between boxes that the rigging allows; arrays only"},
  {.name = "sensitivity_db",
   .type = FH_KEY_NUMBER,
   .required = true,
   IN(ModelInput, sensitivity_db),
   .unit = "dB",
   .low = 40.0,
   .high = 140.0,
   .doc = "Level at 1 m on axis for 1 W (2.83 V at 8 ohms)"},
  {.name = "response",
   .type = FH_KEY_SECTION,
   IN(ModelInput, response),
   .section = &response_section,
   .doc = "Response on axis; left out, it is flat"},
  {.name = "linear_phase",
   .type = FH_KEY_BOOL,
   IN(ModelInput, linear_phase),
   .doc = "No phase goes with the response, else its minimum phase"},
  {.name = "input_dbw",
   .type = FH_KEY_NUMBER,
   IN(ModelInput, input_dbw),
   .unit = "dB re 1 W",
   .low = -40.0,
   .high = 40.0,
   .fallback = 20.0,
   .doc = "Pink noise, 50 Hz to 10 kHz, that stands for a gain of 0 dB"},
  {.name = "max_spl_db",
   .type = FH_KEY_NUMBER,
   IN(ModelInput, max_spl_db),
   .unit = "dB",
   .low = 0.0,
   .high = 170.0,
   .doc = "Greatest peak level at 1 m on axis, 0 where unknown"},
  {.name = "max_third_db",
   .type = FH_KEY_OWN,
   .read = read_limit,
   .form = "list of 24 numbers",
   .doc = "Greatest rms level at 1 m in each third octave"},
  {.name = "directivity",
   .type = FH_KEY_SECTION,
   .required = true,
   IN(ModelInput, pattern),
   .section = &pattern_section,
   .doc = "Pattern; exactly one of its keys"},
};
const FhSection model_section = {.what = "a loudspeaker file",
                                 .path = "",
                                 .keys = model_keys,
                                 .n_keys =
                                   sizeof model_keys / sizeof model_keys[0],
                                 .size = sizeof(ModelInput)};
