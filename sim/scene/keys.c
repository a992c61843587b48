// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/keys.h>

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void*
member(void* const object, const size_t at)
{
  return (char*)object + at;
}

static void
add_finding(const FhKeyReader* const reader,
            const FhSeverity severity,
            const FhYamlNode* const node,
            const char* const text)
{
  fh_diag_add(
    reader->diag, severity, reader->file, node->line, node->column, "%s", text);
}

void
fh_keys_error(FhKeyReader* const reader,
              const FhYamlNode* const node,
              const char* const format,
              ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  add_finding(reader, FH_DIAG_ERROR, node, text);
  ++reader->n_errors;
}

void
fh_keys_warn(FhKeyReader* const reader,
             const FhYamlNode* const node,
             const char* const format,
             ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  add_finding(reader, FH_DIAG_WARNING, node, text);
}

/// " [unit]" or nothing
static const char*
unit_of(const FhKey* const key, char text[32])
{
  text[0] = '\0';
  if (key->unit) {
    snprintf(text, 32, " [%s]", key->unit);
  }
  return text;
}

bool
fh_keys_number(FhKeyReader* const reader,
               const FhYamlNode* const node,
               const FhKey* const key,
               double* const out)
{
  char unit[32];
  double value = 0.0;
  switch (fh_yaml_number(node, &value)) {
  case FH_OK:
    break;
  case FH_ERR_NOT_FINITE:
    fh_keys_error(reader,
                  node,
                  "'%s' is not a finite number; give one from %g to %g%s",
                  key->name,
                  key->low,
                  key->high,
                  unit_of(key, unit));
    return false;
  default:
    fh_keys_error(reader,
                  node,
                  "'%s' needs a number%s, not %s%s%.40s%s; write it without "
                  "unit or quotes, with a decimal point",
                  key->name,
                  unit_of(key, unit),
                  fh_yaml_kind_name(node),
                  node->kind == FH_YAML_SCALAR && *node->text ? " '" : "",
                  node->kind == FH_YAML_SCALAR ? node->text : "",
                  node->kind == FH_YAML_SCALAR && *node->text ? "'" : "");
    return false;
  }
  if (!(value >= key->low && value <= key->high)) {
    fh_keys_error(reader,
                  node,
                  "'%s' is %g, outside %g to %g%s; give a value in that range",
                  key->name,
                  value,
                  key->low,
                  key->high,
                  unit_of(key, unit));
    return false;
  }
  *out = value;
  return true;
}

bool
fh_keys_numbers(FhKeyReader* const reader,
                const FhYamlNode* const node,
                const FhKey* const key,
                const bool spread,
                const size_t n,
                double* const out)
{
  if (spread && node->kind == FH_YAML_SCALAR) {
    double value = 0.0;
    if (!fh_keys_number(reader, node, key, &value)) {
      return false;
    }
    for (size_t i = 0; i < n; ++i) {
      out[i] = value;
    }
    return true;
  }
  if (node->kind != FH_YAML_LIST || node->n_items != n) {
    char got[40];
    snprintf(got,
             sizeof(got),
             node->kind == FH_YAML_LIST ? "%zu" : "no list",
             node->n_items);
    fh_keys_error(reader,
                  node,
                  "'%s' needs %sa list of %zu numbers, got %s; write [a, b, "
                  "...]",
                  key->name,
                  spread ? "one number or " : "",
                  n,
                  got);
    return false;
  }
  size_t i = 0;
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    if (!fh_keys_number(reader, item, key, &out[i++])) {
      return false;
    }
  }
  return true;
}

bool
fh_keys_text(FhKeyReader* const reader,
             const FhYamlNode* const node,
             const char* const name,
             char* const out,
             const size_t size)
{
  if (node->kind != FH_YAML_SCALAR || !*node->text) {
    fh_keys_error(reader,
                  node,
                  "'%s' needs a text, not %s; write a name or words after it",
                  name,
                  fh_yaml_kind_name(node));
    return false;
  }
  const size_t length = strlen(node->text);
  if (length >= size) {
    fh_keys_error(reader,
                  node,
                  "'%s' is %zu bytes long; %zu fit, shorten it",
                  name,
                  length,
                  size - 1);
    return false;
  }
  for (size_t i = 0; i < length; ++i) {
    const unsigned char c = (unsigned char)node->text[i];
    if (c < 0x20U || c == 0x7FU) {
      fh_keys_error(reader,
                    node,
                    "'%s' holds a line end or control character; remove it",
                    name);
      return false;
    }
  }
  memcpy(out, node->text, length + 1);
  return true;
}

static size_t
n_choices(const FhKey* const key)
{
  size_t n = 0;
  while (key->choices[n]) {
    ++n;
  }
  return n;
}

static void
read_choice(FhKeyReader* const reader,
            const FhYamlNode* const node,
            const FhKey* const key,
            int* const out)
{
  const size_t n = n_choices(key);
  char list[400] = "";
  size_t used = 0;
  for (size_t i = 0; i < n; ++i) {
    if (node->kind == FH_YAML_SCALAR &&
        strcmp(node->text, key->choices[i]) == 0) {
      *out = (int)i;
      return;
    }
    const int written = snprintf(
      list + used, sizeof(list) - used, i ? ", %s" : "%s", key->choices[i]);
    used += written > 0 ? (size_t)written : 0;
    used = used < sizeof(list) ? used : sizeof(list) - 1;
  }
  const char* const closest = node->kind == FH_YAML_SCALAR
                                ? fh_closest_word(node->text, key->choices, n)
                                : NULL;
  fh_keys_error(reader,
                node,
                "'%s' cannot be %s%.40s%s; %s%s%sit is one of %s",
                key->name,
                node->kind == FH_YAML_SCALAR ? "'" : "",
                node->kind == FH_YAML_SCALAR ? node->text
                                             : fh_yaml_kind_name(node),
                node->kind == FH_YAML_SCALAR ? "'" : "",
                closest ? "did you mean '" : "",
                closest ? closest : "",
                closest ? "'? " : "",
                list);
}

static bool
read_whole(FhKeyReader* const reader,
           const FhYamlNode* const node,
           const FhKey* const key,
           double* const out)
{
  double value = 0.0;
  if (!fh_keys_number(reader, node, key, &value)) {
    return false;
  }
  if (value != floor(value)) {
    fh_keys_error(reader,
                  node,
                  "'%s' is %g; give a whole number from %g to %g",
                  key->name,
                  value,
                  key->low,
                  key->high);
    return false;
  }
  *out = value;
  return true;
}

static void
read_range(FhKeyReader* const reader,
           const FhYamlNode* const node,
           const FhKey* const key,
           double* const range,
           bool* const has)
{
  if (!fh_keys_numbers(reader, node, key, true, 2, range)) {
    return;
  }
  if (!(range[0] <= range[1])) {
    fh_keys_error(reader,
                  node,
                  "'%s' runs from %g down to %g; write [low, high]",
                  key->name,
                  range[0],
                  range[1]);
    return;
  }
  *has = true;
}

static void
read_list(FhKeyReader* const reader,
          const FhYamlNode* const node,
          const FhKey* const key,
          void* const object)
{
  if (node->kind != FH_YAML_LIST) {
    fh_keys_error(reader,
                  node,
                  "'%s' needs a list of maps, not %s; begin each with '- '",
                  key->name,
                  fh_yaml_kind_name(node));
    return;
  }
  if (key->high > 0.0 && (double)node->n_items > key->high) {
    fh_keys_error(reader,
                  node,
                  "'%s' has %zu items; %g are allowed",
                  key->name,
                  node->n_items,
                  key->high);
    return;
  }
  const size_t size = key->section->size;
  if (node->n_items == 0) {
    return;
  }
  char* const items = (char*)calloc(node->n_items, size);
  if (!items) {
    reader->no_memory = true;
    return;
  }
  *(void**)member(object, key->at) = items;
  size_t* const count = (size_t*)member(object, key->count_at);
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    fh_keys_read(reader, key->section, item, items + *count * size);
    ++*count;
  }
}

static void
read_value(FhKeyReader* const reader,
           const FhYamlNode* const node,
           const FhKey* const key,
           void* const object)
{
  void* const at = member(object, key->at);
  bool unused = false;
  bool* const has = key->has_at ? (bool*)member(object, key->has_at) : &unused;
  double value = 0.0;
  double bands[FH_N_OCTAVES] = {0};
  switch (key->type) {
  case FH_KEY_NUMBER:
    fh_keys_number(reader, node, key, (double*)at);
    break;
  case FH_KEY_COUNT:
    if (read_whole(reader, node, key, &value)) {
      *(size_t*)at = (size_t)value;
    }
    break;
  case FH_KEY_INT:
    if (read_whole(reader, node, key, &value)) {
      *(int*)at = (int)value;
    }
    break;
  case FH_KEY_BOOL:
    if (fh_yaml_bool(node, (bool*)at)) {
      fh_keys_error(
        reader, node, "'%s' needs true or false; write one", key->name);
    }
    break;
  case FH_KEY_TEXT:
    fh_keys_text(reader, node, key->name, (char*)at, key->size);
    break;
  case FH_KEY_CHOICE:
    read_choice(reader, node, key, (int*)at);
    break;
  case FH_KEY_POINT:
    fh_keys_numbers(reader, node, key, false, 3, (double*)at);
    break;
  case FH_KEY_RANGE:
    read_range(reader, node, key, (double*)at, has);
    break;
  case FH_KEY_OCTAVES:
    if (fh_keys_numbers(reader, node, key, true, FH_N_OCTAVES, bands)) {
      for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
        ((float*)at)[i] = (float)bands[i];
      }
      *has = true;
    }
    break;
  case FH_KEY_SECTION:
    fh_keys_read(reader, key->section, node, at);
    break;
  case FH_KEY_LIST:
    read_list(reader, node, key, object);
    break;
  case FH_KEY_OWN:
    key->read(reader, node, object);
    break;
  }
}

static void
set_default(const FhKey* const key, void* const object)
{
  void* const at = member(object, key->at);
  switch (key->type) {
  case FH_KEY_NUMBER:
    *(double*)at = key->fallback;
    break;
  case FH_KEY_COUNT:
    *(size_t*)at = (size_t)key->fallback;
    break;
  case FH_KEY_INT:
  case FH_KEY_CHOICE:
    *(int*)at = (int)key->fallback;
    break;
  case FH_KEY_BOOL:
    *(bool*)at = key->fallback != 0.0;
    break;
  case FH_KEY_TEXT:
    snprintf(
      (char*)at, key->size, "%s", key->fallback_text ? key->fallback_text : "");
    break;
  case FH_KEY_POINT:
    for (size_t i = 0; i < 3; ++i) {
      ((double*)at)[i] = key->fallback;
    }
    break;
  case FH_KEY_RANGE:
    for (size_t i = 0; i < 2; ++i) {
      ((double*)at)[i] = key->fallback;
    }
    break;
  case FH_KEY_OCTAVES:
    for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
      ((float*)at)[i] = (float)key->fallback;
    }
    break;
  case FH_KEY_SECTION:
    fh_keys_default(key->section, at);
    break;
  case FH_KEY_LIST:
  case FH_KEY_OWN:
    break;
  }
}

void
fh_keys_default(const FhSection* const section, void* const object)
{
  for (size_t i = 0; i < section->n_keys; ++i) {
    set_default(&section->keys[i], object);
  }
}

static void
refuse_unknown(FhKeyReader* const reader,
               const FhSection* const section,
               const FhYamlNode* const map)
{
  const char* names[64] = {0};
  const size_t n = section->n_keys < 64 ? section->n_keys : 64;
  for (size_t i = 0; i < n; ++i) {
    names[i] = section->keys[i].name;
  }
  for (const FhYamlNode* value = map->first; value; value = value->next) {
    const char* const name = value->key->text;
    bool known = false;
    for (size_t i = 0; i < n && !known; ++i) {
      known = strcmp(name, names[i]) == 0;
    }
    if (known) {
      continue;
    }
    const char* const closest = fh_closest_word(name, names, n);
    if (closest) {
      fh_keys_error(reader,
                    value->key,
                    "unknown key '%.60s' of %s; did you mean '%s'?",
                    name,
                    section->what,
                    closest);
    } else {
      fh_keys_error(reader,
                    value->key,
                    "unknown key '%.60s' of %s; remove it, `fullhouse "
                    "--help-venue` lists the keys",
                    name,
                    section->what);
    }
  }
}

void
fh_keys_read(FhKeyReader* const reader,
             const FhSection* const section,
             const FhYamlNode* const node,
             void* const object)
{
  fh_keys_default(section, object);
  if (section->line_at) {
    *(int*)member(object, section->line_at) = node->line;
  }
  if (node->kind != FH_YAML_MAP) {
    fh_keys_error(reader,
                  node,
                  "%s is a map of keys, not %s; write 'key: value' lines or "
                  "{key: value, ...}",
                  section->what,
                  fh_yaml_kind_name(node));
    return;
  }
  refuse_unknown(reader, section, node);
  for (size_t i = 0; i < section->n_keys && !reader->no_memory; ++i) {
    const FhKey* const key = &section->keys[i];
    const FhYamlNode* const value = fh_yaml_get(node, key->name);
    if (value) {
      read_value(reader, value, key, object);
    } else if (key->required) {
      fh_keys_error(reader,
                    node,
                    "%s lacks '%s'; add it (%s)",
                    section->what,
                    key->name,
                    key->doc);
    }
  }
}
