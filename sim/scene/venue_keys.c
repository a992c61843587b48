// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"
#include "venue_own.h"

#include <stddef.h>
#include <string.h>

/*
  The table of the venue file. Reader, messages, --help-venue, the published
  JSON Schema and the writer all come from these rows.
*/

#define ROOM(type, member) sizeof(((type*)0)->member)
#define COUNT(array)       (sizeof(array) / sizeof((array)[0]))

// Coordinates: the largest festival sites measure a few kilometres
#define POSITION_MAX_M 20000.0

const char* const fh_length_unit_names[] = {"m", "cm", "mm", "in", "ft", NULL};
const double fh_length_units_m[] = {1.0, 0.01, 0.001, 0.0254, 0.3048};

static const char* const up_axes[] = {"z", "y", NULL};
static const char* const postures[] = {"seated", "standing", NULL};
static const char* const seats[] =
  {"none", "plastic", "light", "medium", "heavy", NULL};
static const char* const eq_types[] =
  {"peak", "low_shelf", "high_shelf", "high_pass", "low_pass", NULL};
static const char* const mirrors[] = {"none", "yz", "xz", NULL};

#define POINT_SCHEMA                                                           \
  "{\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"minItems\": 3, " \
  "\"maxItems\": 3}"
#define POLYGON_SCHEMA                             \
  "{\"type\": \"array\", \"items\": " POINT_SCHEMA \
  ", \"minItems\": 3, \"maxItems\": 1000}"

// --- geometry -------------------------------------------------------------

static const FhKey face_keys[] = {
  {.name = "material",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhFaceInput, material),
   .size = FH_NAME_SIZE,
   .doc = "Name that `materials` assigns, or a library name"},
  {.name = "points",
   .type = FH_KEY_OWN,
   .required = true,
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .read = fh_own_read_face_points,
   .write = fh_own_write_nothing,
   .form = "list of 3 to 1000 corners [x, y, z]",
   .schema = POLYGON_SCHEMA,
   .doc = "Corners of a plane polygon, convex or not, in order; the normal is "
          "right-handed"},
};

static const FhSection face_section = {.what = "a face",
                                       .path = "geometry.faces[]",
                                       .keys = face_keys,
                                       .n_keys = COUNT(face_keys),
                                       .size = sizeof(FhFaceInput),
                                       .line_at = offsetof(FhFaceInput, line)};

static const FhKey geometry_keys[] = {
  {.name = "file",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhVenueInput, geometry_file),
   .size = ROOM(FhVenueInput, geometry_file),
   .fallback_text = "",
   .doc = "Model beside the venue file (obj gltf glb dae 3ds dxf stl ply ifc "
          "ac)"},
  {.name = "units",
   .type = FH_KEY_CHOICE,
   .at = offsetof(FhVenueInput, geometry_unit),
   .choices = fh_length_unit_names,
   .doc = "Unit of length of the model; left out: as the file says, else m"},
  {.name = "up",
   .type = FH_KEY_CHOICE,
   .at = offsetof(FhVenueInput, geometry_up),
   .choices = up_axes,
   .doc = "Upward axis of the model; y turns (x, y, z) into (x, -z, y); left "
          "out: as its format says, else z"},
  {.name = "faces",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenueInput, faces),
   .count_at = offsetof(FhVenueInput, n_faces),
   .high = 100000,
   .section = &face_section,
   .doc = "Polygons written out here instead of in a file"},
};

static const FhSection geometry_section = {.what = "the geometry",
                                           .path = "geometry",
                                           .keys = geometry_keys,
                                           .n_keys = COUNT(geometry_keys),
                                           .size = sizeof(FhVenueInput)};

// --- air --------------------------------------------------------------------

static const FhKey air_keys[] = {
  {.name = "temperature_c",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhVenue, air.temperature_c),
   .unit = "degrees Celsius",
   .low = -50,
   .high = 60,
   .fallback = 20,
   .doc = "Temperature"},
  {.name = "humidity_percent",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhVenue, air.humidity_percent),
   .unit = "%",
   .low = 0,
   .high = 100,
   .fallback = 50,
   .doc = "Relative humidity"},
  {.name = "pressure_kpa",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhVenue, air.pressure_kpa),
   .unit = "kPa",
   .low = 50,
   .high = 120,
   .fallback = 101.325,
   .doc = "Static pressure"},
};

static const FhSection air_section = {.what = "the air",
                                      .path = "air",
                                      .keys = air_keys,
                                      .n_keys = COUNT(air_keys),
                                      .size = sizeof(FhVenue)};

// --- audience -------------------------------------------------------------

static const FhKey audience_keys[] = {
  {.name = "name",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhAudience, name),
   .size = FH_NAME_SIZE,
   .doc = "Name of the area"},
  {.name = "surface",
   .type = FH_KEY_OWN,
   .required = true,
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .read = fh_own_read_surface,
   .write = fh_own_write_surface,
   .form = "text, or list of 3 to 1000 corners [x, y, z]",
   .schema = "{\"anyOf\": [{\"type\": \"string\"}, " POLYGON_SCHEMA "]}",
   .doc = "Material name of the geometry that the people are on, or the "
          "area's own polygon"},
  {.name = "posture",
   .type = FH_KEY_CHOICE,
   .required = true,
   .at = offsetof(FhAudience, posture),
   .choices = postures,
   .doc = "Ears are 1.2 m above a seated area, 1.65 m above a standing one"},
  {.name = "seat",
   .type = FH_KEY_CHOICE,
   .at = offsetof(FhAudience, seat),
   .choices = seats,
   .doc = "Upholstery of the seats; a seated area needs it"},
  {.name = "capacity",
   .type = FH_KEY_NUMBER,
   .required = true,
   .at = offsetof(FhAudience, capacity),
   .low = 1,
   .high = 1000000,
   .doc = "Persons when full"},
  {.name = "spacing_m",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhAudience, spacing_m),
   .unit = "m",
   .low = 0.3,
   .high = 10,
   .fallback = 1,
   .doc = "Distance of the listening positions that are computed"},
  {.name = "clothing",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhAudience, clothing),
   .low = 0.3,
   .high = 3,
   .fallback = 1,
   .doc = "Clothing factor: 0.6 for light summer dress, 1.5 for winter coats"},
};

const FhSection fh_audience_section = {.what = "an audience area",
                                       .path = "audience[]",
                                       .keys = audience_keys,
                                       .n_keys = COUNT(audience_keys),
                                       .size = sizeof(FhAudience)};

// --- system ---------------------------------------------------------------

static const FhKey eq_keys[] = {
  {.name = "type",
   .type = FH_KEY_CHOICE,
   .required = true,
   .at = offsetof(FhEqFilter, type),
   .choices = eq_types,
   .doc = "Kind of filter"},
  {.name = "frequency_hz",
   .type = FH_KEY_NUMBER,
   .required = true,
   .at = offsetof(FhEqFilter, frequency_hz),
   .unit = "Hz",
   .low = 10,
   .high = 24000,
   .doc = "Centre or corner frequency"},
  {.name = "gain_db",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhEqFilter, gain_db),
   .unit = "dB",
   .low = -40,
   .high = 40,
   .doc = "Gain of a peak or shelf"},
  {.name = "q",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhEqFilter, q),
   .low = 0.1,
   .high = 50,
   .fallback = 0.7071,
   .doc = "Quality of a peak or shelf"},
  {.name = "order",
   .type = FH_KEY_INT,
   .at = offsetof(FhEqFilter, order),
   .low = 1,
   .high = 8,
   .fallback = 2,
   .doc = "Order of a high or low pass (Butterworth)"},
};

static const FhSection eq_section = {.what = "a filter",
                                     .path = "eq[]",
                                     .keys = eq_keys,
                                     .n_keys = COUNT(eq_keys),
                                     .size = sizeof(FhEqFilter)};

// Array and loudspeaker share the table; the help shows it once
static const FhSection array_eq_section = {.what = "a filter",
                                           .path = "",
                                           .keys = eq_keys,
                                           .n_keys = COUNT(eq_keys),
                                           .size = sizeof(FhEqFilter)};

static const FhKey aim_keys[] = {
  {.name = "yaw_deg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhLoudspeaker, yaw_deg),
   .unit = "degrees",
   .low = -360,
   .high = 360,
   .doc = "0 looks along +y, positive turns towards -x (counter-clockwise "
          "from above)"},
  {.name = "pitch_deg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhLoudspeaker, pitch_deg),
   .unit = "degrees",
   .low = -90,
   .high = 90,
   .doc = "Positive looks up"},
  {.name = "roll_deg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhLoudspeaker, roll_deg),
   .unit = "degrees",
   .low = -360,
   .high = 360,
   .doc = "Positive is clockwise seen from behind"},
};

static const FhSection aim_section = {.what = "an aim",
                                      .path = "system.loudspeakers[].aim",
                                      .keys = aim_keys,
                                      .n_keys = COUNT(aim_keys),
                                      .size = sizeof(FhLoudspeaker)};

static const FhKey loudspeaker_keys[] = {
  {.name = "name",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhLoudspeaker, name),
   .size = FH_NAME_SIZE,
   .doc = "Name, unique in the system"},
  {.name = "model",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhLoudspeaker, model),
   .size = ROOM(FhLoudspeaker, model),
   .doc = "omni (an ideal point source), a name of the loudspeaker library, "
          "or a data file beside the venue"},
  {.name = "at",
   .type = FH_KEY_POINT,
   .required = true,
   .at = offsetof(FhLoudspeaker, at),
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .doc = "Position of the acoustic reference point"},
  {.name = "aim",
   .type = FH_KEY_SECTION,
   .section = &aim_section,
   .doc = "Where it looks"},
  {.name = "gain_db",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhLoudspeaker, gain_db),
   .unit = "dB",
   .low = -60,
   .high = 20,
   .doc = "Gain"},
  {.name = "delay_ms",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhLoudspeaker, delay_ms),
   .unit = "ms",
   .low = 0,
   .high = 2000,
   .doc = "Delay"},
  {.name = "invert",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhLoudspeaker, invert),
   .doc = "Polarity reversed"},
  {.name = "eq",
   .type = FH_KEY_LIST,
   .at = offsetof(FhLoudspeaker, eq),
   .count_at = offsetof(FhLoudspeaker, n_eq),
   .high = 64,
   .section = &eq_section,
   .doc = "Filters of its processing"},
  {.name = "fir",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhLoudspeaker, fir),
   .size = ROOM(FhLoudspeaker, fir),
   .fallback_text = "",
   .doc = "WAV of a FIR filter beside the venue file"},
  {.name = "power_db",
   .type = FH_KEY_OCTAVES,
   .at = offsetof(FhLoudspeaker, power_db),
   .has_at = offsetof(FhLoudspeaker, has_power),
   .unit = "dB re 1 pW",
   .low = -20,
   .high = 200,
   .fallback = 100,
   .fallback_text = "100",
   .doc = "Sound power in each octave, of `model: omni`"},
  {.name = "muted",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhLoudspeaker, muted),
   .doc = "Present but silent"},
};

const FhSection fh_loudspeaker_section = {.what = "a loudspeaker",
                                          .path = "system.loudspeakers[]",
                                          .keys = loudspeaker_keys,
                                          .n_keys = COUNT(loudspeaker_keys),
                                          .size = sizeof(FhLoudspeaker),
                                          .line_at =
                                            offsetof(FhLoudspeaker, line)};

#define NUMBERS_SCHEMA \
  "{\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"maxItems\": 64}"

static const FhKey array_keys[] = {
  {.name = "name",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhArray, name),
   .size = FH_NAME_SIZE,
   .doc = "Name, unique in the system"},
  {.name = "box",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhArray, box),
   .size = ROOM(FhArray, box),
   .doc = "Model of one box, as for a loudspeaker"},
  {.name = "count",
   .type = FH_KEY_COUNT,
   .required = true,
   .at = offsetof(FhArray, count),
   .low = 1,
   .high = 64,
   .doc = "Number of boxes"},
  {.name = "top",
   .type = FH_KEY_POINT,
   .required = true,
   .at = offsetof(FhArray, top),
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .doc = "Front top edge of the top box, in its middle"},
  {.name = "yaw_deg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhArray, yaw_deg),
   .unit = "degrees",
   .low = -360,
   .high = 360,
   .doc = "0 looks along +y, positive turns towards -x"},
  {.name = "pitch_deg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhArray, pitch_deg),
   .unit = "degrees",
   .low = -90,
   .high = 90,
   .doc = "Of the top box, positive looks up"},
  {.name = "splay_deg",
   .type = FH_KEY_OWN,
   .unit = "degrees",
   .low = -30,
   .high = 30,
   .read = fh_own_read_splay,
   .write = fh_own_write_splay,
   .fallback_text = "0",
   .form = "list of count - 1 numbers",
   .schema = NUMBERS_SCHEMA,
   .doc = "Angles between boxes, top first; positive opens downwards"},
  {.name = "gain_db",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhArray, gain_db),
   .unit = "dB",
   .low = -60,
   .high = 20,
   .doc = "Gain"},
  {.name = "delay_ms",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhArray, delay_ms),
   .unit = "ms",
   .low = 0,
   .high = 2000,
   .doc = "Delay"},
  {.name = "invert",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhArray, invert),
   .doc = "Polarity reversed"},
  {.name = "eq",
   .type = FH_KEY_LIST,
   .at = offsetof(FhArray, eq),
   .count_at = offsetof(FhArray, n_eq),
   .high = 64,
   .section = &array_eq_section,
   .doc = "Filters of the whole array, keys as for a loudspeaker's"},
  {.name = "box_gain_db",
   .type = FH_KEY_OWN,
   .unit = "dB",
   .low = -60,
   .high = 20,
   .read = fh_own_read_box_gain,
   .write = fh_own_write_box_gain,
   .form = "list of count numbers",
   .schema = NUMBERS_SCHEMA,
   .doc = "Gain of each box on top of the array's, top first"},
  {.name = "box_delay_ms",
   .type = FH_KEY_OWN,
   .unit = "ms",
   .low = 0,
   .high = 2000,
   .read = fh_own_read_box_delay,
   .write = fh_own_write_box_delay,
   .form = "list of count numbers",
   .schema = NUMBERS_SCHEMA,
   .doc = "Delay of each box on top of the array's, top first"},
  {.name = "box_invert",
   .type = FH_KEY_OWN,
   .read = fh_own_read_box_invert,
   .write = fh_own_write_box_invert,
   .form = "list of count truth values",
   .schema = "{\"type\": \"array\", \"items\": {\"type\": \"boolean\"}, "
             "\"maxItems\": 64}",
   .doc = "Polarity of each box reversed, top first"},
  {.name = "muted",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhArray, muted),
   .doc = "Present but silent"},
};

const FhSection fh_array_section = {.what = "an array",
                                    .path = "system.arrays[]",
                                    .keys = array_keys,
                                    .n_keys = COUNT(array_keys),
                                    .size = sizeof(FhArray),
                                    .line_at = offsetof(FhArray, line)};

static const FhKey system_keys[] = {
  {.name = "loudspeakers",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenue, loudspeakers),
   .count_at = offsetof(FhVenue, n_loudspeakers),
   .high = 4096,
   .section = &fh_loudspeaker_section,
   .doc = "Loudspeakers that hang or stand by themselves"},
  {.name = "arrays",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenue, arrays),
   .count_at = offsetof(FhVenue, n_arrays),
   .high = 256,
   .section = &fh_array_section,
   .doc = "Flown or stacked arrays of equal boxes"},
};

static const FhSection system_section = {.what = "the system",
                                         .path = "system",
                                         .keys = system_keys,
                                         .n_keys = COUNT(system_keys),
                                         .size = sizeof(FhVenue)};

static const FhKey microphone_keys[] = {
  {.name = "name",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhMicrophone, name),
   .size = FH_NAME_SIZE,
   .doc = "Name, unique among the microphones"},
  {.name = "at",
   .type = FH_KEY_POINT,
   .required = true,
   .at = offsetof(FhMicrophone, at),
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .doc = "Position"},
  {.name = "yaw_deg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhMicrophone, yaw_deg),
   .unit = "degrees",
   .low = -360,
   .high = 360,
   .fallback = 180,
   .doc = "Where its front looks, as for loudspeakers; 180 looks along -y, to "
          "a stage at y = 0"},
};

static const FhSection microphone_section = {.what = "a microphone",
                                             .path = "microphones[]",
                                             .keys = microphone_keys,
                                             .n_keys = COUNT(microphone_keys),
                                             .size = sizeof(FhMicrophone),
                                             .line_at =
                                               offsetof(FhMicrophone, line)};

// --- placement and goals --------------------------------------------------

static const FhKey add_keys[] = {
  {.name = "model",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhPlacementRule, add_model),
   .size = ROOM(FhPlacementRule, add_model),
   .doc = "Model of the loudspeakers that may be added"},
  {.name = "max",
   .type = FH_KEY_INT,
   .at = offsetof(FhPlacementRule, add_max),
   .low = 0,
   .high = 16,
   .doc = "How many at most"},
};

static const FhSection add_section = {.what = "an addition",
                                      .path = "placement[].add",
                                      .keys = add_keys,
                                      .n_keys = COUNT(add_keys),
                                      .size = sizeof(FhPlacementRule)};

#define RULE_RANGE(key, member, has, of_unit, from, to, text)            \
  {                                                                      \
    .name = (key), .type = FH_KEY_RANGE,                                 \
    .at = offsetof(FhPlacementRule, member),                             \
    .has_at = offsetof(FhPlacementRule, has), .unit = (of_unit),         \
    .low = (from), .high = (to), .fallback_text = "fixed", .doc = (text) \
  }

static const FhKey placement_keys[] = {
  {.name = "move",
   .type = FH_KEY_OWN,
   .required = true,
   .read = fh_own_read_move,
   .write = fh_own_write_move,
   .form = "name, or list of names",
   .schema = "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"array\", "
             "\"items\": {\"type\": \"string\"}}]}",
   .doc = "Loudspeakers or arrays that move together; [] where only `add` is "
          "meant"},
  {.name = "mirror",
   .type = FH_KEY_CHOICE,
   .at = offsetof(FhPlacementRule, mirror),
   .choices = mirrors,
   .doc = "Keep the first two mirror images in the plane yz (x to -x) or xz "
          "(y to -y)"},
  {.name = "within",
   .type = FH_KEY_OWN,
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .read = fh_own_read_within,
   .write = fh_own_write_within,
   .fallback_text = "fixed",
   .form = "[[x0, y0, z0], [x1, y1, z1]]",
   .schema = "{\"type\": \"array\", \"items\": " POINT_SCHEMA
             ", \"minItems\": 2, \"maxItems\": 2}",
   .doc = "Box that `at` or `top` of the first may be in"},
  RULE_RANGE("yaw_deg", yaw_deg, has_yaw, "degrees", -360, 360, "Range of yaw"),
  RULE_RANGE("pitch_deg",
             pitch_deg,
             has_pitch,
             "degrees",
             -90,
             90,
             "Range of pitch"),
  RULE_RANGE("delay_ms", delay_ms, has_delay, "ms", 0, 2000, "Range of delay"),
  RULE_RANGE("gain_db", gain_db, has_gain, "dB", -60, 20, "Range of gain"),
  RULE_RANGE("splay_deg",
             splay_deg,
             has_splay,
             "degrees",
             -30,
             30,
             "Range of each angle between boxes"),
  {.name = "add",
   .type = FH_KEY_SECTION,
   .section = &add_section,
   .doc = "Loudspeakers that may be added, within the same ranges"},
  {.name = "max_mass_kg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhPlacementRule, max_mass_kg),
   .unit = "kg",
   .low = 0,
   .high = 100000,
   .doc = "Limit of the rigging point, 0 for none"},
};

const FhSection fh_placement_section = {.what = "a placement rule",
                                        .path = "placement[]",
                                        .keys = placement_keys,
                                        .n_keys = COUNT(placement_keys),
                                        .size = sizeof(FhPlacementRule),
                                        .line_at =
                                          offsetof(FhPlacementRule, line)};

#define GOAL(key, member, of_unit, from, to, value, text)                  \
  {                                                                        \
    .name = (key), .type = FH_KEY_NUMBER, .at = offsetof(FhGoals, member), \
    .unit = (of_unit), .low = (from), .high = (to), .fallback = (value),   \
    .doc = (text)                                                          \
  }

static const FhKey weight_keys[] = {
  GOAL("spread", weight_spread, NULL, 0, 1000, 1, "Weight of the spread"),
  GOAL("dead", weight_dead, NULL, 0, 1000, 2, "Weight of dead seats"),
  GOAL("sti", weight_sti, NULL, 0, 1000, 1, "Weight of intelligibility"),
  GOAL("level", weight_level, NULL, 0, 1000, 0.5, "Weight of the level"),
};

static const FhSection weight_section = {.what = "the weights",
                                         .path = "goals.weights",
                                         .keys = weight_keys,
                                         .n_keys = COUNT(weight_keys),
                                         .size = sizeof(FhGoals)};

static const FhKey dead_keys[] = {
  GOAL("quiet_db",
       dead_quiet_db,
       "dB",
       0.5,
       60,
       6,
       "A seat this far under its area's energy mean (250 Hz-4 kHz) is quiet"),
  GOAL("muffled_db",
       dead_muffled_db,
       "dB",
       0.5,
       60,
       6,
       "A seat whose treble is this far under the mean tilt is muffled"),
  GOAL("sti", dead_sti, NULL, 0, 1, 0.45, "A seat under this STI is unclear"),
  GOAL("cancelled_db",
       dead_cancelled_db,
       "dB",
       1,
       60,
       10,
       "A cancellation this deep over a third octave below 500 Hz counts"),
};

static const FhSection dead_section = {.what = "the dead-zone thresholds",
                                       .path = "goals.dead",
                                       .keys = dead_keys,
                                       .n_keys = COUNT(dead_keys),
                                       .size = sizeof(FhGoals)};

static const FhKey goals_keys[] = {
  GOAL("level_dba",
       level_dba,
       "dB(A)",
       30,
       140,
       102,
       "Mean level over the audience"),
  GOAL("spread_db",
       spread_db,
       "dB",
       0.5,
       60,
       6,
       "Spread of the level over the audience that is allowed"),
  GOAL("sti", sti, NULL, 0, 1, 0.5, "Speech transmission index wanted"),
  {.name = "weights",
   .type = FH_KEY_SECTION,
   .section = &weight_section,
   .doc = "How much each goal counts when loudspeakers are placed"},
  {.name = "dead",
   .type = FH_KEY_SECTION,
   .section = &dead_section,
   .doc = "When a seat counts as dead"},
};

const FhSection fh_goals_section = {.what = "the goals",
                                    .path = "goals",
                                    .keys = goals_keys,
                                    .n_keys = COUNT(goals_keys),
                                    .size = sizeof(FhGoals)};

// --- the whole ------------------------------------------------------------

static const FhKey venue_keys[] = {
  {.name = "fullhouse",
   .type = FH_KEY_OWN,
   .required = true,
   .read = fh_own_read_version,
   .write = fh_own_write_version,
   .form = "1",
   .schema = "{\"const\": 1}",
   .doc = "Version of this format"},
  {.name = "name",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhVenue, name),
   .size = FH_NAME_SIZE,
   .fallback_text = "",
   .doc = "Name of the venue, the folder's if none is given"},
  {.name = "geometry",
   .type = FH_KEY_SECTION,
   .required = true,
   .section = &geometry_section,
   .write = fh_own_write_geometry,
   .doc = "Surfaces: a `file`, or `faces` written out"},
  {.name = "air",
   .type = FH_KEY_SECTION,
   .section = &air_section,
   .doc = "State of the air"},
  {.name = "materials",
   .type = FH_KEY_OWN,
   .section = &fh_material_section,
   .read = fh_own_read_materials,
   .write = fh_own_write_materials,
   .form = "map from the geometry's names to a library name or a map",
   .doc = "What each surface is made of; names of the library itself need no "
          "entry"},
  {.name = "audience",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenue, audience),
   .count_at = offsetof(FhVenue, n_audience),
   .high = 1000,
   .section = &fh_audience_section,
   .doc = "Where people are"},
  {.name = "occupancy",
   .type = FH_KEY_OWN,
   .low = 0,
   .high = 1,
   .read = fh_own_read_occupancy,
   .write = fh_own_write_occupancy,
   .fallback_text = "1",
   .form = "number, or map {area: number}",
   .schema = "{\"anyOf\": [{\"type\": \"number\", \"minimum\": 0, "
             "\"maximum\": 1}, {\"type\": \"object\", "
             "\"additionalProperties\": {\"type\": \"number\", \"minimum\": "
             "0, \"maximum\": 1}}]}",
   .doc = "Share of the capacity that is there"},
  {.name = "system",
   .type = FH_KEY_SECTION,
   .section = &system_section,
   .doc = "Loudspeakers and their processing"},
  {.name = "microphones",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenue, microphones),
   .count_at = offsetof(FhVenue, n_microphones),
   .high = 1000,
   .section = &microphone_section,
   .doc = "Positions that get impulse responses"},
  {.name = "background_noise",
   .type = FH_KEY_OWN,
   .unit = "dB",
   .low = -20,
   .high = 120,
   .read = fh_own_read_noise,
   .write = fh_own_write_noise,
   .fallback_text = "NC-30",
   .form = "NC-15 to NC-70, NR-0 to NR-130, RC-15 to RC-60, or 8 octave levels",
   .schema = "{\"anyOf\": [{\"type\": \"string\", \"pattern\": "
             "\"^(NC|NR|RC)[- ]?[0-9.]+$\"}, {\"type\": \"array\", \"items\": "
             "{\"type\": \"number\", \"minimum\": -20, \"maximum\": 120}, "
             "\"minItems\": 8, \"maxItems\": 8}]}",
   .doc = "Background noise in the audience, 63 Hz to 8 kHz"},
  {.name = "placement",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenue, placement),
   .count_at = offsetof(FhVenue, n_placement),
   .high = 64,
   .section = &fh_placement_section,
   .doc = "What `fullhouse place` may change, and where to"},
  {.name = "goals",
   .type = FH_KEY_SECTION,
   .at = offsetof(FhVenue, goals),
   .section = &fh_goals_section,
   .doc = "What is wanted, and when a seat counts as dead"},
  {.name = "open_air",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhVenue, open_air),
   .doc = "True where no enclosure is expected: sound that leaves is no leak"},
  {.name = "duration_s",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhVenue, duration_s),
   .unit = "s",
   .low = 0,
   .high = 60,
   .doc = "Length of the responses, 0 for automatic"},
};

const FhSection fh_venue_section = {.what = "a venue",
                                    .path = "",
                                    .keys = venue_keys,
                                    .n_keys = COUNT(venue_keys),
                                    .size = sizeof(FhVenueInput)};

const FhKey*
fh_section_key(const FhSection* const section, const char* const name)
{
  for (size_t i = 0; i < section->n_keys; ++i) {
    if (strcmp(section->keys[i].name, name) == 0) {
      return &section->keys[i];
    }
  }
  return NULL;
}
