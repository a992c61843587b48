// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/keys.h>

#include <stdio.h>
#include <string.h>

/// Type in words, as the help shows it
static void
print_form(FILE* const out, const FhKey* const key)
{
  static const char* const words[] = {"number",
                                      "whole number",
                                      "whole number",
                                      "true or false",
                                      "text",
                                      "",
                                      "[x, y, z]",
                                      "number or [low, high]",
                                      "number or 8 numbers (63 Hz-8 kHz)",
                                      "map",
                                      "list of maps",
                                      ""};
  if (key->form) {
    fputs(key->form, out);
  } else if (key->type == FH_KEY_CHOICE) {
    for (size_t i = 0; key->choices[i]; ++i) {
      fprintf(out, "%s%s", i ? " | " : "", key->choices[i]);
    }
  } else {
    fputs(words[key->type], out);
  }
}

static void
print_limits(FILE* const out, const FhKey* const key)
{
  if (key->unit) {
    fprintf(out, " [%s]", key->unit);
  }
  if (key->type != FH_KEY_LIST && key->low < key->high) {
    fprintf(out, ", %g to %g", key->low, key->high);
  }
  if (key->required) {
    fputs(", required", out);
  } else if (key->fallback_text) {
    fprintf(
      out, *key->fallback_text ? ", default %s" : "%s", key->fallback_text);
  } else if (key->type == FH_KEY_CHOICE) {
    fprintf(out, ", default %s", key->choices[(size_t)key->fallback]);
  } else if (key->type == FH_KEY_BOOL) {
    fprintf(out, ", default %s", key->fallback != 0.0 ? "true" : "false");
  } else if (key->type == FH_KEY_NUMBER || key->type == FH_KEY_INT ||
             key->type == FH_KEY_COUNT) {
    fprintf(out, ", default %g", key->fallback);
  }
}

void
fh_keys_help(FILE* const out, const FhSection* const section)
{
  if (*section->path) {
    fprintf(out, "\n%s\n", section->path);
  }
  for (size_t i = 0; i < section->n_keys; ++i) {
    const FhKey* const key = &section->keys[i];
    fprintf(out, "  %s: ", key->name);
    print_form(out, key);
    print_limits(out, key);
    fprintf(out, "\n      %s.\n", key->doc);
  }
  for (size_t i = 0; i < section->n_keys; ++i) {
    if (section->keys[i].section) {
      fh_keys_help(out, section->keys[i].section);
    }
  }
}

static void
print_json_text(FILE* const out, const char* const text)
{
  FhKeyWriter writer = {out, true};
  fh_keys_write_text(&writer, text);
}

static void
print_number_schema(FILE* const out, const FhKey* const key)
{
  const bool whole = key->type == FH_KEY_COUNT || key->type == FH_KEY_INT;
  fprintf(out,
          "{\"type\": \"%s\", \"minimum\": %g, \"maximum\": %g}",
          whole ? "integer" : "number",
          key->low,
          key->high);
}

static void
print_numbers_schema(FILE* const out, const FhKey* const key, const int n)
{
  fputs("{\"type\": \"array\", \"items\": ", out);
  print_number_schema(out, key);
  fprintf(out, ", \"minItems\": %d, \"maxItems\": %d}", n, n);
}

static void
print_value_schema(FILE* const out, const FhKey* const key, const int indent)
{
  switch (key->type) {
  case FH_KEY_NUMBER:
  case FH_KEY_COUNT:
  case FH_KEY_INT:
    print_number_schema(out, key);
    break;
  case FH_KEY_BOOL:
    fputs("{\"type\": \"boolean\"}", out);
    break;
  case FH_KEY_TEXT:
    fprintf(out,
            "{\"type\": [\"string\", \"number\"], \"maxLength\": %zu}",
            key->size - 1);
    break;
  case FH_KEY_CHOICE:
    fputs("{\"enum\": [", out);
    for (size_t i = 0; key->choices[i]; ++i) {
      fputs(i ? ", " : "", out);
      print_json_text(out, key->choices[i]);
    }
    fputs("]}", out);
    break;
  case FH_KEY_POINT:
    print_numbers_schema(out, key, 3);
    break;
  case FH_KEY_RANGE:
  case FH_KEY_OCTAVES:
    fputs("{\"anyOf\": [", out);
    print_number_schema(out, key);
    fputs(", ", out);
    print_numbers_schema(
      out, key, key->type == FH_KEY_RANGE ? 2 : FH_N_OCTAVES);
    fputs("]}", out);
    break;
  case FH_KEY_SECTION:
    fh_keys_schema(out, key->section, indent);
    break;
  case FH_KEY_LIST:
    fputs("{\"type\": \"array\", \"items\": ", out);
    fh_keys_schema(out, key->section, indent);
    fputs("}", out);
    break;
  case FH_KEY_OWN:
    if (key->schema) {
      fputs(key->schema, out);
    } else {
      fputs("{\"type\": \"object\", \"additionalProperties\": {\"anyOf\": "
            "[{\"type\": \"string\"}, ",
            out);
      fh_keys_schema(out, key->section, indent);
      fputs("]}}", out);
    }
    break;
  }
}

/// The description an editor shows: meaning, unit, default
static void
print_description(FILE* const out, const FhKey* const key)
{
  char text[512];
  char unit[40] = "";
  char fallback[120] = "";
  if (key->unit) {
    snprintf(unit, sizeof(unit), " [%s]", key->unit);
  }
  if (!key->required && key->fallback_text && *key->fallback_text) {
    snprintf(fallback, sizeof(fallback), "; default %s", key->fallback_text);
  } else if (!key->required && key->type == FH_KEY_CHOICE) {
    snprintf(fallback,
             sizeof(fallback),
             "; default %s",
             key->choices[(size_t)key->fallback]);
  } else if (!key->required && !key->fallback_text && key->type <= FH_KEY_INT) {
    snprintf(fallback, sizeof(fallback), "; default %g", key->fallback);
  }
  snprintf(text, sizeof(text), "%s%s%s", key->doc, unit, fallback);
  print_json_text(out, text);
}

void
fh_keys_schema(FILE* const out,
               const FhSection* const section,
               const int indent)
{
  fputs("{\n", out);
  fprintf(out, "%*s\"type\": \"object\",\n", indent + 2, "");
  fprintf(out, "%*s\"additionalProperties\": false,\n", indent + 2, "");
  fprintf(out, "%*s\"required\": [", indent + 2, "");
  const char* before = "";
  for (size_t i = 0; i < section->n_keys; ++i) {
    if (section->keys[i].required) {
      fputs(before, out);
      print_json_text(out, section->keys[i].name);
      before = ", ";
    }
  }
  fprintf(out, "],\n%*s\"properties\": {\n", indent + 2, "");
  for (size_t i = 0; i < section->n_keys; ++i) {
    const FhKey* const key = &section->keys[i];
    fprintf(out, "%*s", indent + 4, "");
    print_json_text(out, key->name);
    fprintf(out, ": {\n%*s\"description\": ", indent + 6, "");
    print_description(out, key);
    fprintf(out, ",\n%*s\"allOf\": [", indent + 6, "");
    print_value_schema(out, key, indent + 6);
    fprintf(
      out, "]\n%*s}%s\n", indent + 4, "", i + 1 < section->n_keys ? "," : "");
  }
  fprintf(out, "%*s}\n%*s}", indent + 2, "", indent, "");
}
