// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/keys.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const void*
member(const void* const object, const size_t at)
{
  return (const char*)object + at;
}

/// Whether YAML takes a text without quotes for the same text
static bool
is_plain(const char* const text)
{
  static const char* const words[] = {
    "true", "false", "yes", "no", "on", "off", "null", "nan", "inf", "y", "n"};
  if (!isalpha((unsigned char)text[0])) {
    return false;
  }
  for (const char* c = text; *c; ++c) {
    if (!isalnum((unsigned char)*c) && !strchr("_-./ ", *c)) {
      return false;
    }
  }
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
    size_t k = 0;
    while (words[i][k] && tolower((unsigned char)text[k]) == words[i][k]) {
      ++k;
    }
    if (!words[i][k] && !text[k]) {
      return false;
    }
  }
  return text[strlen(text) - 1] != ' ';
}

void
fh_keys_write_text(FhKeyWriter* const writer, const char* const text)
{
  if (!writer->json && is_plain(text)) {
    fputs(text, writer->out);
    return;
  }
  fputc('"', writer->out);
  for (const char* c = text; *c; ++c) {
    if (*c == '"' || *c == '\\') {
      fputc('\\', writer->out);
    }
    if ((unsigned char)*c < 0x20U) {
      fprintf(writer->out, "\\u%04x", (unsigned)(unsigned char)*c);
    } else {
      fputc(*c, writer->out);
    }
  }
  fputc('"', writer->out);
}

void
fh_keys_write_number(FhKeyWriter* const writer, const double value)
{
  char text[40];
  for (int digits = 6; digits <= 17; ++digits) {
    snprintf(text, sizeof(text), "%.*g", digits, value);
    if (strtod(text, NULL) == value) {
      break;
    }
  }
  fputs(text, writer->out);
}

void
fh_keys_write_float(FhKeyWriter* const writer, const float value)
{
  char text[40];
  for (int digits = 3; digits <= 9; ++digits) {
    snprintf(text, sizeof(text), "%.*g", digits, (double)value);
    if (strtof(text, NULL) == value) {
      break;
    }
  }
  fputs(text, writer->out);
}

static void
write_numbers(FhKeyWriter* const writer, const double* const v, const size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write_number(writer, v[i]);
  }
  fputc(']', writer->out);
}

static void
write_octaves(FhKeyWriter* const writer, const float* const v)
{
  bool flat = true;
  for (size_t i = 1; i < FH_N_OCTAVES; ++i) {
    flat = flat && v[i] == v[0];
  }
  if (flat) {
    fh_keys_write_float(writer, v[0]);
    return;
  }
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write_float(writer, v[i]);
  }
  fputc(']', writer->out);
}

static void
write_list(FhKeyWriter* const writer,
           const FhKey* const key,
           const void* const object)
{
  const size_t n = *(const size_t*)member(object, key->count_at);
  const char* const items = *(const char* const*)member(object, key->at);
  for (size_t i = 0; i < n; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write(writer, key->section, items + i * key->section->size);
  }
  if (n) {
    fputc(']', writer->out);
  }
}

void
fh_keys_write_value(FhKeyWriter* const writer,
                    const FhKey* const key,
                    const void* const object)
{
  const void* const at = member(object, key->at);
  const bool has = !key->has_at || *(const bool*)member(object, key->has_at);
  if (key->write) {
    key->write(writer, object);
    return;
  }
  switch (key->type) {
  case FH_KEY_NUMBER: {
    const double value = *(const double*)at;
    if (key->required || value != key->fallback) {
      fh_keys_write_number(writer, value);
    }
    break;
  }
  case FH_KEY_COUNT: {
    const size_t value = *(const size_t*)at;
    if (key->required || value != (size_t)key->fallback) {
      fprintf(writer->out, "%zu", value);
    }
    break;
  }
  case FH_KEY_INT: {
    const int value = *(const int*)at;
    if (key->required || value != (int)key->fallback) {
      fprintf(writer->out, "%d", value);
    }
    break;
  }
  case FH_KEY_BOOL: {
    const bool value = *(const bool*)at;
    if (key->required || value != (key->fallback != 0.0)) {
      fputs(value ? "true" : "false", writer->out);
    }
    break;
  }
  case FH_KEY_TEXT: {
    const char* const value = (const char*)at;
    if (key->required ||
        strcmp(value, key->fallback_text ? key->fallback_text : "") != 0) {
      fh_keys_write_text(writer, value);
    }
    break;
  }
  case FH_KEY_CHOICE: {
    const int value = *(const int*)at;
    if (key->required || value != (int)key->fallback) {
      fh_keys_write_text(writer, key->choices[value]);
    }
    break;
  }
  case FH_KEY_POINT:
    write_numbers(writer, (const double*)at, 3);
    break;
  case FH_KEY_RANGE:
    if (has) {
      write_numbers(writer, (const double*)at, 2);
    }
    break;
  case FH_KEY_OCTAVES:
    if (has) {
      write_octaves(writer, (const float*)at);
    }
    break;
  case FH_KEY_SECTION:
    fh_keys_write(writer, key->section, at);
    break;
  case FH_KEY_LIST:
    write_list(writer, key, object);
    break;
  case FH_KEY_OWN:
    break;
  }
}

void
fh_keys_write(FhKeyWriter* const writer,
              const FhSection* const section,
              const void* const object)
{
  const char* before = "{";
  for (size_t i = 0; i < section->n_keys; ++i) {
    const FhKey* const key = &section->keys[i];
    // Into memory first: a value that comes out empty has its default
    char* text = NULL;
    size_t size = 0;
    FhKeyWriter inner = {open_memstream(&text, &size), writer->json};
    if (!inner.out) {
      continue;
    }
    fh_keys_write_value(&inner, key, object);
    fclose(inner.out);
    if (size > 0 && strcmp(text, "{}") != 0) {
      fputs(before, writer->out);
      before = ", ";
      fprintf(writer->out, writer->json ? "\"%s\": " : "%s: ", key->name);
      fputs(text, writer->out);
    }
    free(text);
  }
  fputs(*before == '{' ? "{}" : "}", writer->out);
}
