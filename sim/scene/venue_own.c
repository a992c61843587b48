// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_own.h"

#include "venue_input.h"

#include <fh/polygon.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CORNERS 1000U

void
fh_own_write_nothing(FhKeyWriter* const writer, const void* const object)
{
  (void)writer;
  (void)object;
}

void
fh_own_read_version(FhKeyReader* const reader,
                    const FhYamlNode* const node,
                    void* const object)
{
  (void)object;
  double version = 0.0;
  if (fh_yaml_number(node, &version) || version != 1.0) {
    fh_keys_error(reader,
                  node,
                  "this program reads version 1 of the venue format, not '%s'; "
                  "write `fullhouse: 1`, or get a newer fullhouse",
                  node->kind == FH_YAML_SCALAR ? node->text : "?");
  }
}

void
fh_own_write_version(FhKeyWriter* const writer, const void* const object)
{
  (void)object;
  fputs("1", writer->out);
}

void
fh_own_write_point(FhKeyWriter* const writer, const double p[3])
{
  for (size_t k = 0; k < 3; ++k) {
    fputs(k ? ", " : "[", writer->out);
    fh_keys_write_number(writer, p[k]);
  }
  fputc(']', writer->out);
}

/// A list of corners: plane, simple, at least 3; nothing after an error
static void
read_polygon(FhKeyReader* const reader,
             const FhYamlNode* const node,
             const FhKey* const key,
             double (** const points)[3],
             size_t* const n_points)
{
  const size_t n = node->n_items;
  if (node->kind != FH_YAML_LIST || n < 3 || n > MAX_CORNERS) {
    fh_keys_error(reader,
                  node,
                  "'%s' needs 3 to 1000 corners [x, y, z], got %s; write "
                  "[[x, y, z], ...]",
                  key->name,
                  node->kind == FH_YAML_LIST ? (n < 3 ? "fewer" : "more")
                                             : fh_yaml_kind_name(node));
    return;
  }
  double(*const point)[3] = (double(*)[3])calloc(n, sizeof(*point));
  uint32_t(*const triangle)[3] = (uint32_t(*)[3])calloc(n, sizeof(*triangle));
  if (!point || !triangle) {
    reader->no_memory = true;
    goto fail;
  }
  size_t i = 0;
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    if (!fh_keys_numbers(reader, item, key, false, 3, point[i++])) {
      goto fail;
    }
  }

  size_t worst = 0;
  double area[3];
  const double off = fh_polygon_flatness((const double(*)[3])point, n, &worst);
  const double size = fh_polygon_area((const double(*)[3])point, n, area);
  if (off > 0.01) {
    fh_keys_error(reader,
                  node,
                  "the polygon is not plane: corner %zu lies %.3g m off; "
                  "correct it or split the polygon into triangles",
                  worst + 1,
                  off);
    goto fail;
  }
  size_t n_triangles = 0;
  const FhStatus status = fh_polygon_triangulate(
    (const double(*)[3])point, n, triangle, &n_triangles);
  if (status == FH_ERR_NO_MEM) {
    reader->no_memory = true;
    goto fail;
  }
  if (status) {
    fh_keys_error(reader,
                  node,
                  "the polygon %s; give its corners in order",
                  size > 1e-9 ? "has edges that cross" : "has no area");
    goto fail;
  }
  free(triangle);
  *points = point;
  *n_points = n;
  return;

fail:
  free(point);
  free(triangle);
}

void
fh_own_read_face_points(FhKeyReader* const reader,
                        const FhYamlNode* const node,
                        void* const object)
{
  FhFaceInput* const face = (FhFaceInput*)object;
  static const FhKey key = {
    .name = "points", .unit = "m", .low = -20000.0, .high = 20000.0};
  read_polygon(reader, node, &key, &face->point, &face->n_points);
}

void
fh_own_write_geometry(FhKeyWriter* const writer, const void* const object)
{
  const FhMesh* const mesh = &((const FhVenue*)object)->mesh;
  const char* const material = writer->json ? "\"material\"" : "material";
  const char* const points = writer->json ? "\"points\"" : "points";
  fputs(writer->json ? "{\"faces\": [" : "{faces: [", writer->out);
  for (size_t i = 0; i < mesh->n_triangles; ++i) {
    fprintf(writer->out, "%s\n    {%s: ", i ? "," : "", material);
    fh_keys_write_text(writer, mesh->material_name[mesh->material[i]]);
    fprintf(writer->out, ", %s: ", points);
    for (size_t k = 0; k < 3; ++k) {
      fputs(k ? ", " : "[", writer->out);
      fh_own_write_point(writer, mesh->vertex[mesh->triangle[i][k]]);
    }
    fputs("]}", writer->out);
  }
  fputs("]}", writer->out);
}

// --- materials ------------------------------------------------------------

void
fh_own_read_materials(FhKeyReader* const reader,
                      const FhYamlNode* const node,
                      void* const object)
{
  FhVenueInput* const input = (FhVenueInput*)object;
  if (node->kind != FH_YAML_MAP) {
    fh_keys_error(reader,
                  node,
                  "'materials' needs a map from the geometry's names to "
                  "materials, not %s; write 'Name: library_name' lines",
                  fh_yaml_kind_name(node));
    return;
  }
  input->materials =
    (FhMaterialInput*)calloc(node->n_items + 1, sizeof(FhMaterialInput));
  if (!input->materials) {
    reader->no_memory = true;
    return;
  }
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    FhMaterialInput* const m = &input->materials[input->n_materials];
    m->node = item;
    if (!fh_keys_text(
          reader, item->key, "a material's name", m->name, sizeof(m->name))) {
      continue;
    }
    if (item->kind == FH_YAML_MAP) {
      fh_material_read_entry(reader, item, m->name, &m->own);
    } else if (!fh_keys_text(
                 reader, item, m->name, m->library, sizeof(m->library))) {
      continue;
    }
    ++input->n_materials;
  }
}

static bool
same_material(const FhMaterial* const a, const FhMaterial* const b)
{
  bool same = a->two_sided == b->two_sided;
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    same = same && a->absorption[i] == b->absorption[i] &&
           a->scattering[i] == b->scattering[i] &&
           a->transmission[i] == b->transmission[i];
  }
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    same = same && a->absorption_third[i] == b->absorption_third[i] &&
           a->scattering_third[i] == b->scattering_third[i] &&
           a->transmission_third[i] == b->transmission_third[i];
  }
  return same;
}

void
fh_own_write_materials(FhKeyWriter* const writer, const void* const object)
{
  const FhVenue* const venue = (const FhVenue*)object;
  FhMaterialLibrary library = {0};
  if (fh_material_library_read(NULL, &library, NULL)) {
    memset(&library, 0, sizeof(library));
  }
  for (size_t i = 0; i < venue->mesh.n_materials; ++i) {
    const FhMaterial* const m = &venue->materials[i];
    fputs(writer->json ? (i ? ",\n  " : "{\n  ") : "\n  ", writer->out);
    fh_keys_write_text(writer, venue->mesh.material_name[i]);
    fputs(": ", writer->out);
    const FhMaterialEntry* const entry =
      fh_material_library_find(&library, m->name);
    if (entry && same_material(&entry->material, m)) {
      fh_keys_write_text(writer, m->name);
    } else {
      FhMaterialEntry own = {.material = *m};
      fh_keys_write(writer, &fh_material_section, &own);
    }
  }
  if (writer->json && venue->mesh.n_materials) {
    fputc('}', writer->out);
  }
  fh_material_library_clear(&library);
}

// --- audience -------------------------------------------------------------

void
fh_own_read_surface(FhKeyReader* const reader,
                    const FhYamlNode* const node,
                    void* const object)
{
  FhAudience* const area = (FhAudience*)object;
  if (node->kind == FH_YAML_LIST) {
    read_polygon(reader,
                 node,
                 fh_section_key(&fh_audience_section, "surface"),
                 &area->polygon,
                 &area->n_polygon);
  } else {
    fh_keys_text(reader, node, "surface", area->surface, FH_NAME_SIZE);
  }
}

void
fh_own_write_surface(FhKeyWriter* const writer, const void* const object)
{
  const FhAudience* const area = (const FhAudience*)object;
  if (!area->polygon) {
    fh_keys_write_text(writer, area->surface);
    return;
  }
  for (size_t i = 0; i < area->n_polygon; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_own_write_point(writer, area->polygon[i]);
  }
  fputc(']', writer->out);
}

void
fh_own_read_occupancy(FhKeyReader* const reader,
                      const FhYamlNode* const node,
                      void* const object)
{
  FhVenueInput* const input = (FhVenueInput*)object;
  const FhKey* const key = fh_section_key(&fh_venue_section, "occupancy");
  if (node->kind != FH_YAML_MAP) {
    fh_keys_number(reader, node, key, &input->occupancy);
    return;
  }
  input->area_occupancy =
    (FhOccupancyInput*)calloc(node->n_items + 1, sizeof(FhOccupancyInput));
  if (!input->area_occupancy) {
    reader->no_memory = true;
    return;
  }
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    FhOccupancyInput* const o = &input->area_occupancy[input->n_occupancy];
    o->node = item;
    if (fh_keys_text(reader, item->key, "an area", o->area, FH_NAME_SIZE) &&
        fh_keys_number(reader, item, key, &o->occupancy)) {
      ++input->n_occupancy;
    }
  }
}

void
fh_own_write_occupancy(FhKeyWriter* const writer, const void* const object)
{
  const FhVenue* const venue = (const FhVenue*)object;
  bool same = true;
  for (size_t i = 1; i < venue->n_audience; ++i) {
    same = same && venue->audience[i].occupancy == venue->audience[0].occupancy;
  }
  if (venue->n_audience == 0) {
    return;
  }
  if (same) {
    fh_keys_write_number(writer, venue->audience[0].occupancy);
    return;
  }
  for (size_t i = 0; i < venue->n_audience; ++i) {
    fputs(i ? ", " : "{", writer->out);
    fh_keys_write_text(writer, venue->audience[i].name);
    fputs(": ", writer->out);
    fh_keys_write_number(writer, venue->audience[i].occupancy);
  }
  fputc('}', writer->out);
}

// --- background noise -----------------------------------------------------

void
fh_own_read_noise(FhKeyReader* const reader,
                  const FhYamlNode* const node,
                  void* const object)
{
  FhVenueInput* const input = (FhVenueInput*)object;
  const FhKey* const key =
    fh_section_key(&fh_venue_section, "background_noise");
  input->has_noise = true;
  if (node->kind == FH_YAML_LIST) {
    double level_db[FH_N_OCTAVES];
    if (fh_keys_numbers(reader, node, key, false, FH_N_OCTAVES, level_db)) {
      for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
        input->venue.noise_db[i] = (float)level_db[i];
      }
    }
    return;
  }
  const FhStatus status = node->kind == FH_YAML_SCALAR
                            ? fh_noise_curve(node->text, input->venue.noise_db)
                            : FH_ERR_FORMAT;
  if (status) {
    fh_keys_error(reader,
                  node,
                  "'%s' is %s %s; give NC-15 to NC-70, NR-0 to NR-130, RC-15 "
                  "to RC-60, or 8 octave levels from 63 Hz to 8 kHz [dB]",
                  key->name,
                  node->kind == FH_YAML_SCALAR ? node->text
                                               : fh_yaml_kind_name(node),
                  status == FH_ERR_LIMIT ? "outside the curves published"
                                         : "no noise curve");
  }
}

void
fh_own_write_noise(FhKeyWriter* const writer, const void* const object)
{
  const FhVenue* const venue = (const FhVenue*)object;
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write_float(writer, venue->noise_db[i]);
  }
  fputc(']', writer->out);
}

// --- arrays ---------------------------------------------------------------

/// A list of exactly `n` numbers into new memory
static double*
read_list(FhKeyReader* const reader,
          const FhYamlNode* const node,
          const char* const name,
          const size_t n)
{
  const FhKey* const key = fh_section_key(&fh_array_section, name);
  double* const values = (double*)calloc(n ? n : 1, sizeof(double));
  if (!values) {
    reader->no_memory = true;
    return NULL;
  }
  if (!fh_keys_numbers(reader, node, key, false, n, values)) {
    free(values);
    return NULL;
  }
  return values;
}

static void
write_list(FhKeyWriter* const writer, const double* const v, const size_t n)
{
  for (size_t i = 0; v && i < n; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write_number(writer, v[i]);
  }
  if (v && n) {
    fputc(']', writer->out);
  }
}

void
fh_own_read_splay(FhKeyReader* const reader,
                  const FhYamlNode* const node,
                  void* const object)
{
  FhArray* const array = (FhArray*)object;
  const size_t wanted = array->count ? array->count - 1 : 0;
  if (node->kind == FH_YAML_LIST && node->n_items != wanted) {
    fh_keys_error(reader,
                  node,
                  "%zu boxes have %zu angles between them, 'splay_deg' gives "
                  "%zu; make it count - 1",
                  array->count,
                  wanted,
                  node->n_items);
    return;
  }
  array->splay_deg = read_list(reader, node, "splay_deg", wanted);
  array->n_splay = array->splay_deg ? wanted : 0;
}

void
fh_own_write_splay(FhKeyWriter* const writer, const void* const object)
{
  const FhArray* const array = (const FhArray*)object;
  write_list(writer, array->splay_deg, array->n_splay);
}

void
fh_own_read_box_gain(FhKeyReader* const reader,
                     const FhYamlNode* const node,
                     void* const object)
{
  FhArray* const array = (FhArray*)object;
  array->box_gain_db = read_list(reader, node, "box_gain_db", array->count);
}

void
fh_own_write_box_gain(FhKeyWriter* const writer, const void* const object)
{
  const FhArray* const array = (const FhArray*)object;
  write_list(writer, array->box_gain_db, array->count);
}

void
fh_own_read_box_delay(FhKeyReader* const reader,
                      const FhYamlNode* const node,
                      void* const object)
{
  FhArray* const array = (FhArray*)object;
  array->box_delay_ms = read_list(reader, node, "box_delay_ms", array->count);
}

void
fh_own_write_box_delay(FhKeyWriter* const writer, const void* const object)
{
  const FhArray* const array = (const FhArray*)object;
  write_list(writer, array->box_delay_ms, array->count);
}

void
fh_own_read_box_invert(FhKeyReader* const reader,
                       const FhYamlNode* const node,
                       void* const object)
{
  FhArray* const array = (FhArray*)object;
  if (node->kind != FH_YAML_LIST || node->n_items != array->count) {
    fh_keys_error(reader,
                  node,
                  "'box_invert' needs %zu truth values, one for each box; "
                  "write [true, false, ...]",
                  array->count);
    return;
  }
  bool* const values = (bool*)calloc(array->count + 1, sizeof(bool));
  if (!values) {
    reader->no_memory = true;
    return;
  }
  size_t i = 0;
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    if (fh_yaml_bool(item, &values[i++])) {
      fh_keys_error(
        reader, item, "'box_invert' needs true or false; write one");
      free(values);
      return;
    }
  }
  array->box_invert = values;
}

void
fh_own_write_box_invert(FhKeyWriter* const writer, const void* const object)
{
  const FhArray* const array = (const FhArray*)object;
  for (size_t i = 0; array->box_invert && i < array->count; ++i) {
    fprintf(writer->out,
            "%s%s",
            i ? ", " : "[",
            array->box_invert[i] ? "true" : "false");
  }
  if (array->box_invert) {
    fputc(']', writer->out);
  }
}
