// SPDX-License-Identifier: GPL-3.0-or-later

/*
  Hold a JSON file against a JSON Schema (draft 7): schema_check SCHEMA FILE

  Knows type, enum, const, properties, required, additionalProperties, items,
  minItems, maxItems, minimum, maximum, exclusiveMinimum; a keyword that it does
  not know is an error, so that no check is passed over in silence.
*/
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int n_errors;

static void
complain(const char* const where, const char* const what, const char* const why)
{
  fprintf(stderr, "%s: %s %s\n", *where ? where : "/", what, why);
  ++n_errors;
}

static bool
is_type(const json_t* const value, const char* const name)
{
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return !strcmp(name, "object");
  case JSON_ARRAY:
    return !strcmp(name, "array");
  case JSON_STRING:
    return !strcmp(name, "string");
  case JSON_INTEGER:
    return !strcmp(name, "integer") || !strcmp(name, "number");
  case JSON_REAL:
    return !strcmp(name, "number");
  case JSON_TRUE:
  case JSON_FALSE:
    return !strcmp(name, "boolean");
  case JSON_NULL:
    return !strcmp(name, "null");
  }
  return false;
}

static bool
is_one_type(const json_t* const value, const json_t* const names)
{
  if (json_is_string(names)) {
    return is_type(value, json_string_value(names));
  }
  bool any = false;
  for (size_t i = 0; i < json_array_size(names); ++i) {
    any = any || is_type(value, json_string_value(json_array_get(names, i)));
  }
  return any;
}

static bool
is_in(const json_t* const value, const json_t* const list)
{
  bool any = false;
  for (size_t i = 0; i < json_array_size(list); ++i) {
    any = any || json_equal(value, json_array_get(list, i));
  }
  return any;
}

static void
check(json_t* schema, json_t* value, const char* where);

static void
check_members(json_t* const schema,
              json_t* const value,
              const char* const where)
{
  json_t* const properties = json_object_get(schema, "properties");
  json_t* const others = json_object_get(schema, "additionalProperties");
  const char* key = NULL;
  json_t* member = NULL;
  json_object_foreach(value, key, member)
  {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", where, key);
    json_t* const known = json_object_get(properties, key);
    if (known) {
      check(known, member, path);
    } else if (json_is_false(others)) {
      complain(path, key, "is not allowed");
    } else if (json_is_object(others)) {
      check(others, member, path);
    }
  }
  const json_t* const required = json_object_get(schema, "required");
  for (size_t i = 0; i < json_array_size(required); ++i) {
    const char* const name = json_string_value(json_array_get(required, i));
    if (!json_object_get(value, name)) {
      complain(where, name, "is missing");
    }
  }
}

static void
check_items(json_t* const schema, json_t* const value, const char* const where)
{
  const json_t* const least = json_object_get(schema, "minItems");
  const json_t* const most = json_object_get(schema, "maxItems");
  const json_int_t size = (json_int_t)json_array_size(value);
  if ((least && size < json_integer_value(least)) ||
      (most && size > json_integer_value(most))) {
    complain(where, "the array", "has the wrong length");
  }
  json_t* const items = json_object_get(schema, "items");
  for (size_t i = 0; items && i < json_array_size(value); ++i) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%zu", where, i);
    check(items, json_array_get(value, i), path);
  }
}

static void
check_range(json_t* const schema, json_t* const value, const char* const where)
{
  const double x = json_number_value(value);
  const json_t* const least = json_object_get(schema, "minimum");
  const json_t* const most = json_object_get(schema, "maximum");
  const json_t* const above = json_object_get(schema, "exclusiveMinimum");
  if ((least && x < json_number_value(least)) ||
      (most && x > json_number_value(most)) ||
      (above && x <= json_number_value(above))) {
    complain(where, "the number", "is out of range");
  }
}

static void
check_keywords(json_t* const schema, const char* const where)
{
  static const char* const known[] = {"$schema",
                                      "$id",
                                      "title",
                                      "description",
                                      "type",
                                      "enum",
                                      "const",
                                      "default",
                                      "properties",
                                      "required",
                                      "items",
                                      "examples",
                                      "minItems",
                                      "additionalProperties",
                                      "maxItems",
                                      "minimum",
                                      "maximum",
                                      "exclusiveMinimum"};
  const char* key = NULL;
  json_t* unused = NULL;
  json_object_foreach(schema, key, unused)
  {
    bool found = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); ++i) {
      found = found || !strcmp(key, known[i]);
    }
    if (!found) {
      complain(where, key, "is a keyword that this program does not know");
    }
  }
}

static void
check(json_t* const schema, json_t* const value, const char* const where)
{
  const json_t* const type = json_object_get(schema, "type");
  const json_t* const list = json_object_get(schema, "enum");
  const json_t* const only = json_object_get(schema, "const");
  check_keywords(schema, where);
  if (type && !is_one_type(value, type)) {
    complain(where, "the value", "has the wrong type");
    return;
  }
  if ((list && !is_in(value, list)) || (only && !json_equal(value, only))) {
    complain(where, "the value", "is none of those allowed");
  }
  if (json_is_object(value)) {
    check_members(schema, value, where);
  } else if (json_is_array(value)) {
    check_items(schema, value, where);
  } else if (json_is_number(value)) {
    check_range(schema, value, where);
  }
}

static json_t*
load(const char* const path)
{
  json_error_t error;
  json_t* const root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (!root) {
    fprintf(
      stderr, "%s:%d:%d: %s\n", path, error.line, error.column, error.text);
  }
  return root;
}

int
main(const int argc, char** const argv)
{
  if (argc != 3) {
    fputs("usage: schema_check SCHEMA FILE\n", stderr);
    return 2;
  }
  json_t* const schema = load(argv[1]);
  json_t* const value = load(argv[2]);
  if (!schema || !value) {
    return 2;
  }
  check(schema, value, "");
  json_decref(schema);
  json_decref(value);
  return n_errors ? 1 : 0;
}
