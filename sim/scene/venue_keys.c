// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_keys.h"

#include <string.h>

/*
  Geometry, air, audience, microphones, and the venue as a whole.
*/

const char* const fh_length_unit_names[] = {"m", "cm", "mm", "in", "ft", NULL};
const double fh_length_units_m[] = {1.0, 0.01, 0.001, 0.0254, 0.3048};

static const char* const up_axes[] = {"z", "y", NULL};
static const char* const postures[] = {"seated", "standing", NULL};
static const char* const seats[] =
  {"none", "plastic", "light", "medium", "heavy", NULL};

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

// --- microphones ----------------------------------------------------------

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
   .section = &fh_system_section,
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
  {.name = "stock",
   .type = FH_KEY_LIST,
   .at = offsetof(FhVenue, stock),
   .count_at = offsetof(FhVenue, n_stock),
   .high = 200,
   .section = &fh_stock_section,
   .doc = "All the loudspeakers there are for `fullhouse place`; without it "
          "there are enough of each"},
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
