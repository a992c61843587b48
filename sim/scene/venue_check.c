// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_check.h"

#include <fh/polygon.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Largest rooms: the biggest domed stadiums measure about 300 m, exhibition
// and hangar halls reach 400 m. Largest grounds: festival sites, 2 to 3 km
#define ROOM_MAX_M    500.0
#define GROUND_MAX_M  4000.0
#define VENUE_MIN_M   2.0
#define LIKELY_LOW_M  5.0
#define LIKELY_HIGH_M 400.0

// Where people stand on a surface that has no material of its own
#define DEFAULT_FLOOR "wood_floor_on_joists"

// --- names ----------------------------------------------------------------

/// A name and where it stands
typedef struct {
  const char* name;
  const FhYamlNode* node;
} Name;

static int
compare_names(const void* const a, const void* const b)
{
  const Name* const x = (const Name*)a;
  const Name* const y = (const Name*)b;
  const int order = strcmp(x->name, y->name);
  return order ? order
               : (x->node->begin > y->node->begin) -
                   (x->node->begin < y->node->begin);
}

/// Names of a list of maps, appended to `names`
static size_t
collect(const FhYamlNode* const list, Name* const names, size_t n)
{
  for (const FhYamlNode* item = list ? list->first : NULL; item;
       item = item->next) {
    const FhYamlNode* const node = fh_yaml_get(item, "name");
    if (node) {
      names[n].name = node->text;
      names[n++].node = node;
    }
  }
  return n;
}

/// Names become parts of file names and columns of tables
static void
check_letters(FhKeyReader* const reader, const Name* const name)
{
  if (strpbrk(name->name, "/\\\"") || name->name[0] == '.') {
    fh_keys_error(reader,
                  name->node,
                  "the name '%s' becomes part of file names; leave out / \\ \" "
                  "and a dot in front",
                  name->name);
  }
}

static void
check_unique(FhKeyReader* const reader, Name* const names, const size_t n)
{
  qsort(names, n, sizeof(*names), compare_names);
  for (size_t i = 0; i < n; ++i) {
    check_letters(reader, &names[i]);
    if (i && strcmp(names[i - 1].name, names[i].name) == 0) {
      fh_keys_error(reader,
                    names[i].node,
                    "the name '%s' is taken (line %d); choose another",
                    names[i].name,
                    names[i - 1].node->line);
    }
  }
}

/// Report a name that is none of `n` names
static void
check_known(FhKeyReader* const reader,
            const FhYamlNode* const node,
            const char* const name,
            const char* const what,
            const Name* const names,
            const size_t n)
{
  const char** const words = (const char**)calloc(n + 1, sizeof(*words));
  if (!words) {
    reader->no_memory = true;
    return;
  }
  bool known = false;
  for (size_t i = 0; i < n; ++i) {
    words[i] = names[i].name;
    known = known || strcmp(name, names[i].name) == 0;
  }
  if (!known) {
    const char* const closest = fh_closest_word(name, words, n);
    fh_keys_error(reader,
                  node,
                  "there is no %s '%s'; %s%s%s",
                  what,
                  name,
                  closest ? "did you mean '" : "name one that exists",
                  closest ? closest : "",
                  closest ? "'?" : "");
  }
  free(words);
}

static void
check_moves(FhKeyReader* const reader,
            const FhYamlNode* const root,
            const Name* const emitters,
            const size_t n)
{
  const FhYamlNode* const rules = fh_yaml_get(root, "placement");
  for (const FhYamlNode* rule = rules ? rules->first : NULL; rule;
       rule = rule->next) {
    const FhYamlNode* const move = fh_yaml_get(rule, "move");
    if (move && move->kind == FH_YAML_SCALAR) {
      check_known(
        reader, move, move->text, "loudspeaker or array", emitters, n);
    }
    for (const FhYamlNode* item = move ? move->first : NULL; item;
         item = item->next) {
      check_known(
        reader, item, item->text, "loudspeaker or array", emitters, n);
    }
  }
}

static void
set_occupancies(FhKeyReader* const reader,
                FhVenueInput* const input,
                const Name* const areas,
                const size_t n)
{
  FhVenue* const venue = &input->venue;
  fh_venue_set_occupancy(venue, input->occupancy);
  for (size_t i = 0; i < input->n_occupancy; ++i) {
    const FhOccupancyInput* const o = &input->area_occupancy[i];
    check_known(reader, o->node->key, o->area, "audience area", areas, n);
    for (size_t j = 0; j < venue->n_audience; ++j) {
      if (strcmp(venue->audience[j].name, o->area) == 0) {
        venue->audience[j].occupancy = o->occupancy;
      }
    }
  }
}

/// What a single map must hold beyond its keys
static void
check_items(FhKeyReader* const reader,
            const FhYamlNode* const root,
            const FhVenue* const venue)
{
  const FhYamlNode* const areas = fh_yaml_get(root, "audience");
  size_t i = 0;
  for (const FhYamlNode* item = areas ? areas->first : NULL; item;
       item = item->next, ++i) {
    if (venue->audience[i].posture == FH_POSTURE_SEATED &&
        !fh_yaml_get(item, "seat")) {
      fh_keys_error(reader,
                    item,
                    "a seated audience area lacks 'seat'; add the upholstery: "
                    "none, plastic, light, medium or heavy");
    }
  }
  const FhYamlNode* const list =
    fh_yaml_get(fh_yaml_get(root, "system"), "loudspeakers");
  i = 0;
  for (const FhYamlNode* item = list ? list->first : NULL; item;
       item = item->next, ++i) {
    if (venue->loudspeakers[i].has_power &&
        strcmp(venue->loudspeakers[i].model, "omni") != 0) {
      fh_keys_error(reader,
                    fh_yaml_get(item, "power_db")->key,
                    "'power_db' belongs to `model: omni`; other models have "
                    "their own sensitivity, use 'gain_db'");
    }
  }
}

void
fh_venue_check_names(FhKeyReader* const reader,
                     const FhYamlNode* const root,
                     FhVenueInput* const input)
{
  const FhVenue* const venue = &input->venue;
  const FhYamlNode* const system = fh_yaml_get(root, "system");
  const size_t most = venue->n_loudspeakers + venue->n_arrays +
                      venue->n_microphones + venue->n_audience + 1;
  Name* const names = (Name*)calloc(most, sizeof(Name));
  if (!names) {
    reader->no_memory = true;
    return;
  }
  size_t n = collect(fh_yaml_get(system, "loudspeakers"), names, 0);
  n = collect(fh_yaml_get(system, "arrays"), names, n);
  check_unique(reader, names, n);
  check_moves(reader, root, names, n);
  n = collect(fh_yaml_get(root, "microphones"), names, 0);
  check_unique(reader, names, n);
  n = collect(fh_yaml_get(root, "audience"), names, 0);
  check_unique(reader, names, n);
  set_occupancies(reader, input, names, n);
  check_items(reader, root, venue);
  free(names);
}

// --- size -----------------------------------------------------------------

static double
mesh_extent_m(const FhMesh* const mesh)
{
  double extent = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < mesh->n_triangles; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        const double x = mesh->vertex[mesh->triangle[i][j]][k];
        low = fmin(low, x);
        high = fmax(high, x);
      }
    }
    extent = fmax(extent, high - low);
  }
  return extent;
}

FhStatus
fh_venue_check_size(FhKeyReader* const reader,
                    const FhYamlNode* const root,
                    const FhVenueInput* const input)
{
  const FhVenue* const venue = &input->venue;
  const FhYamlNode* const geometry = fh_yaml_get(root, "geometry");
  const double extent = mesh_extent_m(&venue->mesh);
  const double most = venue->open_air ? GROUND_MAX_M : ROOM_MAX_M;
  if (extent >= VENUE_MIN_M && extent <= most) {
    return FH_OK;
  }
  // Name the unit that would make it a venue
  const double of_file = extent / fh_length_units_m[input->geometry_unit];
  char advice[160] = "";
  static const int order[] = {2, 1, 0, 4, 3};
  for (size_t i = 0; i < 5 && !*advice; ++i) {
    const double length = of_file * fh_length_units_m[order[i]];
    if (order[i] != input->geometry_unit && length >= LIKELY_LOW_M &&
        length <= LIKELY_HIGH_M) {
      snprintf(advice,
               sizeof(advice),
               "write `units: %s` if it should be %.3g m",
               fh_length_unit_names[order[i]],
               length);
    }
  }
  fh_keys_error(
    reader,
    geometry,
    "the geometry is %.4g m across with `units: %s`, too %s for %s; "
    "%s%s",
    extent,
    fh_length_unit_names[input->geometry_unit],
    extent > most ? "large" : "small",
    venue->open_air || extent < most ? "a venue" : "a room",
    *advice ? advice : "check the units of the model",
    !venue->open_air && extent > most && extent <= GROUND_MAX_M
      ? ", or `open_air: true` for a ground"
      : "");
  return FH_ERR_INVALID_DATA;
}

// --- materials ------------------------------------------------------------

static FhMaterialInput*
find_input(const FhVenueInput* const input, const char* const name)
{
  for (size_t i = 0; i < input->n_materials; ++i) {
    if (strcmp(input->materials[i].name, name) == 0) {
      return &input->materials[i];
    }
  }
  return NULL;
}

static bool
is_audience_surface(const FhVenue* const venue, const char* const name)
{
  for (size_t i = 0; i < venue->n_audience; ++i) {
    if (strcmp(venue->audience[i].surface, name) == 0) {
      return true;
    }
  }
  return false;
}

/// Whether a triangle uses a material name of the mesh
static bool
is_used(const FhMesh* const mesh, const size_t material)
{
  for (size_t i = 0; i < mesh->n_triangles; ++i) {
    if (mesh->material[i] == material) {
      return true;
    }
  }
  return false;
}

/// What to write for a name without a material
static void
suggest(const FhMaterialLibrary* const library,
        const FhVenueInput* const input,
        const char* const name,
        char* const text,
        const size_t size)
{
  const char* words[256];
  size_t n = 0;
  for (size_t i = 0; i < input->n_materials && n < 256; ++i) {
    words[n++] = input->materials[i].name;
  }
  const char* const mine = fh_closest_word(name, words, n);
  const char* const theirs = fh_material_library_closest(library, name);
  if (mine) {
    snprintf(text, size, "`materials` has '%s', is that the same?", mine);
  } else {
    snprintf(text,
             size,
             "add '%s: %s' (or another of the library) to `materials`",
             name,
             theirs ? theirs : "plaster_on_brick");
  }
}

static void
take_library(FhKeyReader* const reader,
             const FhMaterialLibrary* const library,
             const FhMaterialInput* const from,
             FhMaterial* const out)
{
  const FhMaterialEntry* const entry =
    fh_material_library_find(library, from->library);
  if (entry) {
    *out = entry->material;
    return;
  }
  const char* const closest =
    fh_material_library_closest(library, from->library);
  fh_keys_error(reader,
                from->node,
                "the library has no material '%s'; %s%s%s",
                from->library,
                closest ? "did you mean '"
                        : "venues/materials.yaml lists them,"
                          " or write {absorption: [...]}",
                closest ? closest : "",
                closest ? "'?" : "");
}

static void
assign(FhKeyReader* const reader,
       const FhYamlNode* const where,
       FhVenueInput* const input,
       const FhMaterialLibrary* const library,
       const size_t i)
{
  FhVenue* const venue = &input->venue;
  const char* const name = venue->mesh.material_name[i];
  FhMaterial* const out = &venue->materials[i];
  FhMaterialInput* const from = find_input(input, name);
  if (from) {
    from->used = true;
    if (from->library[0]) {
      take_library(reader, library, from, out);
    } else {
      *out = from->own.material;
    }
    return;
  }
  const FhMaterialEntry* entry = fh_material_library_find(library, name);
  if (!entry && is_audience_surface(venue, name)) {
    entry = fh_material_library_find(library, DEFAULT_FLOOR);
    fh_diag_add(reader->diag,
                FH_DIAG_NOTE,
                reader->file,
                where->line,
                where->column,
                "'%s' has no material; where nobody is on it, it counts as %s",
                name,
                DEFAULT_FLOOR);
  }
  if (entry) {
    *out = entry->material;
    return;
  }
  if (!is_used(&venue->mesh, i)) {
    snprintf(out->name, sizeof(out->name), "%s", name);
    out->two_sided = true;
    return;
  }
  char advice[300];
  suggest(library, input, name, advice, sizeof(advice));
  fh_keys_error(
    reader, where, "the surface '%s' has no material; %s", name, advice);
}

static void
warn_unused(FhKeyReader* const reader, const FhVenueInput* const input)
{
  const FhMesh* const mesh = &input->venue.mesh;
  const char** const names =
    (const char**)calloc(mesh->n_materials + 1, sizeof(*names));
  for (size_t i = 0; names && i < mesh->n_materials; ++i) {
    names[i] = mesh->material_name[i];
  }
  for (size_t i = 0; names && i < input->n_materials; ++i) {
    const FhMaterialInput* const m = &input->materials[i];
    if (m->used) {
      continue;
    }
    const char* const closest =
      fh_closest_word(m->name, names, mesh->n_materials);
    fh_keys_warn(reader,
                 m->node->key,
                 "the geometry has no surface '%s'; %s%s%s",
                 m->name,
                 closest ? "did you mean '" : "remove the line",
                 closest ? closest : "",
                 closest ? "'?" : "");
  }
  free(names);
}

FhStatus
fh_venue_assign_materials(FhKeyReader* const reader,
                          const FhYamlNode* const root,
                          FhVenueInput* const input)
{
  FhVenue* const venue = &input->venue;
  const FhYamlNode* const map = fh_yaml_get(root, "materials");
  const FhYamlNode* const where =
    map ? map->key : fh_yaml_get(root, "geometry");
  FhMaterialLibrary library;
  const FhStatus status =
    fh_material_library_read(NULL, &library, reader->diag);
  if (status) {
    return status;
  }
  venue->hash = fh_hash_bytes(venue->hash, &library.hash, sizeof(library.hash));
  venue->materials =
    (FhMaterial*)calloc(venue->mesh.n_materials + 1, sizeof(FhMaterial));
  if (!venue->materials) {
    fh_material_library_clear(&library);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < venue->mesh.n_materials; ++i) {
    assign(reader, where, input, &library, i);
  }
  warn_unused(reader, input);
  fh_material_library_clear(&library);
  return reader->n_errors ? FH_ERR_INVALID_DATA : FH_OK;
}

// --- audience -------------------------------------------------------------

void
fh_venue_check_audience(FhKeyReader* const reader,
                        const FhYamlNode* const root,
                        const FhVenueInput* const input)
{
  const FhVenue* const venue = &input->venue;
  const FhMesh* const mesh = &venue->mesh;
  const FhYamlNode* const list = fh_yaml_get(root, "audience");
  size_t i = 0;
  for (const FhYamlNode* item = list ? list->first : NULL; item;
       item = item->next, ++i) {
    const FhAudience* const area = &venue->audience[i];
    if (area->polygon) {
      double normal[3];
      const double size = fh_polygon_area(
        (const double(*)[3])area->polygon, area->n_polygon, normal);
      // Steeper than 45 degrees is a wall, not a floor
      if (fabs(normal[2]) < 0.7071 * size) {
        fh_keys_error(reader,
                      fh_yaml_get(item, "surface"),
                      "the polygon of '%s' stands upright; people need a "
                      "floor, z is up",
                      area->name);
      }
      continue;
    }
    const char** const names =
      (const char**)calloc(mesh->n_materials + 1, sizeof(*names));
    bool found = false;
    for (size_t k = 0; names && k < mesh->n_materials; ++k) {
      names[k] = mesh->material_name[k];
      found =
        found || (strcmp(names[k], area->surface) == 0 && is_used(mesh, k));
    }
    if (names && !found) {
      const char* const closest =
        fh_closest_word(area->surface, names, mesh->n_materials);
      fh_keys_error(reader,
                    fh_yaml_get(item, "surface"),
                    "the geometry has no surface '%s'; %s%s%s",
                    area->surface,
                    closest ? "did you mean '"
                            : "name a material of the geometry, or give the "
                              "area's own polygon",
                    closest ? closest : "",
                    closest ? "'?" : "");
    }
    free(names);
  }
}
