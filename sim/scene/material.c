// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"

#include <fh/share.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Acoustic properties of surfaces: the table of their keys, the reader of own
  numbers, and the bundled library.
*/

#define DEFAULT_SCATTERING 0.1F

/// 1, 8 or 24 numbers into both forms
static void
read_bands(FhKeyReader* const reader,
           const FhYamlNode* const node,
           const FhKey* const key,
           float octave[FH_N_OCTAVES],
           float third[FH_N_THIRDS])
{
  double value[FH_N_THIRDS];
  const bool thirds = node->kind == FH_YAML_LIST && node->n_items > 12;
  const size_t n = thirds ? FH_N_THIRDS : FH_N_OCTAVES;
  if (node->kind == FH_YAML_LIST && node->n_items != n) {
    fh_keys_error(reader,
                  node,
                  "'%s' has %zu numbers; give 1, 8 (octaves 63 Hz-8 kHz) or 24 "
                  "(thirds 50 Hz-10 kHz)",
                  key->name,
                  node->n_items);
    return;
  }
  if (!fh_keys_numbers(reader, node, key, true, n, value)) {
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    (thirds ? third : octave)[i] = (float)value[i];
  }
  if (thirds) {
    fh_thirds_mean(third, octave);
  } else {
    fh_octaves_to_thirds(octave, third);
  }
}

static void
write_bands(FhKeyWriter* const writer,
            const float octave[FH_N_OCTAVES],
            const float third[FH_N_THIRDS],
            const float fallback)
{
  float spread[FH_N_THIRDS];
  fh_octaves_to_thirds(octave, spread);
  bool eight = true;
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    eight = eight && spread[i] == third[i];
  }
  const size_t n = eight ? FH_N_OCTAVES : FH_N_THIRDS;
  const float* const v = eight ? octave : third;
  bool flat = true;
  for (size_t i = 1; i < n; ++i) {
    flat = flat && v[i] == v[0];
  }
  if (flat) {
    if (v[0] != fallback) {
      fh_keys_write_float(writer, v[0]);
    }
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write_float(writer, v[i]);
  }
  fputc(']', writer->out);
}

static void
read_absorption(FhKeyReader* const reader,
                const FhYamlNode* const node,
                void* const object)
{
  FhMaterial* const m = &((FhMaterialEntry*)object)->material;
  read_bands(reader,
             node,
             fh_section_key(&fh_material_section, "absorption"),
             m->absorption,
             m->absorption_third);
}

static void
read_scattering(FhKeyReader* const reader,
                const FhYamlNode* const node,
                void* const object)
{
  FhMaterial* const m = &((FhMaterialEntry*)object)->material;
  read_bands(reader,
             node,
             fh_section_key(&fh_material_section, "scattering"),
             m->scattering,
             m->scattering_third);
}

static void
read_transmission(FhKeyReader* const reader,
                  const FhYamlNode* const node,
                  void* const object)
{
  FhMaterial* const m = &((FhMaterialEntry*)object)->material;
  read_bands(reader,
             node,
             fh_section_key(&fh_material_section, "transmission"),
             m->transmission,
             m->transmission_third);
}

static void
write_absorption(FhKeyWriter* const writer, const void* const object)
{
  const FhMaterial* const m = &((const FhMaterialEntry*)object)->material;
  write_bands(writer, m->absorption, m->absorption_third, -1.0F);
}

static void
write_scattering(FhKeyWriter* const writer, const void* const object)
{
  const FhMaterial* const m = &((const FhMaterialEntry*)object)->material;
  write_bands(writer, m->scattering, m->scattering_third, DEFAULT_SCATTERING);
}

static void
write_transmission(FhKeyWriter* const writer, const void* const object)
{
  const FhMaterial* const m = &((const FhMaterialEntry*)object)->material;
  write_bands(writer, m->transmission, m->transmission_third, 0.0F);
}

static void
read_estimated(FhKeyReader* const reader,
               const FhYamlNode* const node,
               void* const object)
{
  FhMaterialEntry* const entry = (FhMaterialEntry*)object;
  if (node->kind != FH_YAML_LIST) {
    fh_keys_error(
      reader, node, "'estimated' needs a list of octaves, e.g. [63, 8000]");
    return;
  }
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    bool known = false;
    for (size_t i = 0; i < FH_N_OCTAVES && item->text; ++i) {
      if (strcmp(item->text, fh_octave_name(i)) == 0) {
        entry->estimated[i] = known = true;
      }
    }
    if (!known) {
      fh_keys_error(reader,
                    item,
                    "no such octave; write 63, 125, 250, 500, 1000, 2000, 4000 "
                    "or 8000");
    }
  }
}

static void
write_estimated(FhKeyWriter* const writer, const void* const object)
{
  const FhMaterialEntry* const entry = (const FhMaterialEntry*)object;
  const char* before = "[";
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    if (entry->estimated[i]) {
      fprintf(writer->out, "%s%s", before, fh_octave_name(i));
      before = ", ";
    }
  }
  if (*before == ',') {
    fputc(']', writer->out);
  }
}

#define BANDS_SCHEMA(high)                                                   \
  "{\"anyOf\": [{\"type\": \"number\", \"minimum\": 0, \"maximum\": " high   \
  "}, {\"type\": \"array\", \"items\": {\"type\": \"number\", \"minimum\": " \
  "0, \"maximum\": " high                                                    \
  "}, \"minItems\": 8, \"maxItems\": 8}, {\"type\": \"array\", \"items\": "  \
  "{\"type\": \"number\", \"minimum\": 0, \"maximum\": " high                \
  "}, \"minItems\": 24, \"maxItems\": 24}]}"

#define BANDS_FORM "number, 8 or 24 numbers"

static const FhKey material_keys[] = {
  {.name = "absorption",
   .type = FH_KEY_OWN,
   .required = true,
   .low = 0.0,
   .high = 1.3,
   .read = read_absorption,
   .write = write_absorption,
   .form = BANDS_FORM,
   .schema = BANDS_SCHEMA("1.3"),
   .doc = "Random-incidence absorption coefficient (ISO 354), one for all "
          "bands, 8 octaves or 24 thirds"},
  {.name = "scattering",
   .type = FH_KEY_OWN,
   .low = 0.0,
   .high = 1.0,
   .fallback_text = "0.1",
   .read = read_scattering,
   .write = write_scattering,
   .form = BANDS_FORM,
   .schema = BANDS_SCHEMA("1"),
   .doc = "Scattering coefficient (ISO 17497-1)"},
  {.name = "transmission",
   .type = FH_KEY_OWN,
   .low = 0.0,
   .high = 1.0,
   .fallback_text = "0",
   .read = read_transmission,
   .write = write_transmission,
   .form = BANDS_FORM,
   .schema = BANDS_SCHEMA("1"),
   .doc = "Share of the energy that passes through, part of the absorption"},
  {.name = "two_sided",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhMaterialEntry, material.two_sided),
   .fallback = 1,
   .doc = "False: only the side that the right-handed normal points to "
          "reflects, the other lets sound through"},
  {.name = "source",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhMaterialEntry, material.source),
   .size = sizeof(((FhMaterial*)0)->source),
   .fallback_text = "",
   .doc = "Where the numbers come from"},
  {.name = "about",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhMaterialEntry, about),
   .size = sizeof(((FhMaterialEntry*)0)->about),
   .fallback_text = "",
   .doc = "Description in a few words"},
  {.name = "group",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhMaterialEntry, group),
   .size = sizeof(((FhMaterialEntry*)0)->group),
   .fallback_text = "",
   .doc = "Chapter of the library"},
  {.name = "scattering_source",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhMaterialEntry, scattering_source),
   .size = sizeof(((FhMaterialEntry*)0)->scattering_source),
   .fallback_text = "",
   .doc = "Where the scattering comes from, if not from `source`"},
  {.name = "estimated",
   .type = FH_KEY_OWN,
   .read = read_estimated,
   .write = write_estimated,
   .form = "list of octaves, e.g. [63, 8000]",
   .schema = "{\"type\": \"array\", \"items\": {\"enum\": [63, 125, 250, 500, "
             "1000, 2000, 4000, 8000]}}",
   .doc = "Octaves of the absorption that the source does not print and that "
          "were extrapolated"},
};

const FhSection fh_material_section = {.what = "a material",
                                       .path = "materials.NAME",
                                       .keys = material_keys,
                                       .n_keys = sizeof(material_keys) /
                                                 sizeof(material_keys[0]),
                                       .size = sizeof(FhMaterialEntry)};

void
fh_material_read_entry(FhKeyReader* const reader,
                       const FhYamlNode* const node,
                       const char* const name,
                       FhMaterialEntry* const out)
{
  memset(out, 0, sizeof(*out));
  FhMaterial* const m = &out->material;
  snprintf(m->name, sizeof(m->name), "%s", name);
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    m->scattering[i] = DEFAULT_SCATTERING;
  }
  fh_octaves_to_thirds(m->scattering, m->scattering_third);
  const size_t n_errors = reader->n_errors;
  fh_keys_read(reader, &fh_material_section, node, out);
  if (reader->n_errors > n_errors) {
    return;
  }
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    if (m->transmission_third[i] > m->absorption_third[i] + 1e-6F) {
      fh_keys_error(reader,
                    fh_yaml_get(node, "transmission"),
                    "transmission %.3g at %s Hz is more than the absorption "
                    "%.3g that it is part of; raise the absorption",
                    (double)m->transmission_third[i],
                    fh_third_name(i),
                    (double)m->absorption_third[i]);
      return;
    }
  }
}

static int
compare_entries(const void* const a, const void* const b)
{
  return strcmp(((const FhMaterialEntry*)a)->material.name,
                ((const FhMaterialEntry*)b)->material.name);
}

static FhStatus
read_entries(const FhYaml* const yaml,
             FhMaterialLibrary* const out,
             FhDiag* const diag)
{
  const FhYamlNode* const map = fh_yaml_get(fh_yaml_root(yaml), "materials");
  if (!map || map->kind != FH_YAML_MAP || map->n_items == 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                fh_yaml_name(yaml),
                0,
                0,
                "holds no 'materials' map; this is no material library");
    return FH_ERR_FORMAT;
  }
  out->entries =
    (FhMaterialEntry*)calloc(map->n_items, sizeof(FhMaterialEntry));
  if (!out->entries) {
    return FH_ERR_NO_MEM;
  }
  FhKeyReader reader = {.file = fh_yaml_name(yaml), .diag = diag};
  for (const FhYamlNode* node = map->first; node; node = node->next) {
    char name[FH_NAME_SIZE];
    if (fh_keys_text(
          &reader, node->key, "a material's name", name, sizeof(name))) {
      fh_material_read_entry(
        &reader, node, name, &out->entries[out->n_entries++]);
    }
  }
  qsort(out->entries, out->n_entries, sizeof(*out->entries), compare_entries);
  return reader.n_errors ? FH_ERR_INVALID_DATA : FH_OK;
}

FhStatus
fh_material_library_read(const char* const path,
                         FhMaterialLibrary* const out,
                         FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  char bundled[1200];
  snprintf(bundled, sizeof(bundled), "%s/materials.yaml", fh_share_folder());
  FhYaml* yaml = NULL;
  FhStatus status = fh_yaml_read(path ? path : bundled, &yaml, diag);
  if (status) {
    return status;
  }
  size_t size = 0;
  const char* const text = fh_yaml_text(yaml, &size);
  out->hash = fh_hash_bytes(FH_HASH_START, text, size);
  status = read_entries(yaml, out, diag);
  if (status) {
    fh_material_library_clear(out);
  }
  fh_yaml_free(yaml);
  return status;
}

void
fh_material_library_clear(FhMaterialLibrary* const library)
{
  free(library->entries);
  memset(library, 0, sizeof(*library));
}

const FhMaterialEntry*
fh_material_library_find(const FhMaterialLibrary* const library,
                         const char* const name)
{
  for (size_t i = 0; i < library->n_entries; ++i) {
    if (strcmp(library->entries[i].material.name, name) == 0) {
      return &library->entries[i];
    }
  }
  return NULL;
}

const char*
fh_material_library_closest(const FhMaterialLibrary* const library,
                            const char* const name)
{
  const char** const names =
    (const char**)calloc(library->n_entries + 1, sizeof(*names));
  if (!names) {
    return NULL;
  }
  for (size_t i = 0; i < library->n_entries; ++i) {
    names[i] = library->entries[i].material.name;
  }
  const char* const closest = fh_closest_word(name, names, library->n_entries);
  free(names);
  return closest;
}

FhStatus
fh_material_find(const char* const name, FhMaterial* const out)
{
  FhMaterialLibrary library;
  const FhStatus status = fh_material_library_read(NULL, &library, NULL);
  if (status) {
    return status;
  }
  const FhMaterialEntry* const entry = fh_material_library_find(&library, name);
  if (entry) {
    *out = entry->material;
  }
  fh_material_library_clear(&library);
  return entry ? FH_OK : FH_ERR_NOT_FOUND;
}
