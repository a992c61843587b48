// SPDX-License-Identifier: GPL-3.0-or-later
#include "page.h"

#include "page_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// Largest picture that goes into a page [bytes]
#define MAX_PICTURE ((size_t)4 << 20)

static const char* const type_names[] = {"f32", "u32", "i16", "u8"};
static const size_t type_sizes[] = {4, 4, 2, 1};

/// Base64 of `n` bytes after `prefix`; the caller's, null when out of memory
static char*
base64(const char* const prefix,
       const unsigned char* const bytes,
       const size_t n)
{
  static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t n_prefix = strlen(prefix);
  char* const out = (char*)malloc(n_prefix + (n + 2) / 3 * 4 + 1);
  if (!out) {
    return NULL;
  }
  char* p = stpcpy(out, prefix);
  for (size_t i = 0; i < n; i += 3) {
    const unsigned b1 = i + 1 < n ? bytes[i + 1] : 0u;
    const unsigned b2 = i + 2 < n ? bytes[i + 2] : 0u;
    const unsigned word = (unsigned)bytes[i] << 16 | b1 << 8 | b2;
    *p++ = digits[word >> 18];
    *p++ = digits[word >> 12 & 63u];
    *p++ = i + 1 < n ? digits[word >> 6 & 63u] : '=';
    *p++ = i + 2 < n ? digits[word & 63u] : '=';
  }
  *p = '\0';
  return out;
}

json_t*
page_pack(const PageType type, const void* const values, const size_t n)
{
  uLongf size = compressBound((uLong)(n * type_sizes[type]));
  unsigned char* const bytes = (unsigned char*)malloc(size);
  char* text = NULL;
  if (bytes &&
      compress2(
        bytes, &size, (const Bytef*)values, (uLong)(n * type_sizes[type]), 9) ==
        Z_OK) {
    text = base64("", bytes, size);
  }
  json_t* const out =
    text ? json_pack("{s:s, s:s}", "type", type_names[type], "zlib", text)
         : NULL;
  free(text);
  free(bytes);
  return out;
}

/// Bytes of a base64 text into `out`; how many, or SIZE_MAX where it is none
static size_t
unbase64(const char* const text, unsigned char* const out)
{
  size_t n = 0;
  unsigned word = 0;
  unsigned bits = 0;
  for (const char* c = text; *c && *c != '='; ++c) {
    const unsigned digit = *c >= 'A' && *c <= 'Z'   ? (unsigned)(*c - 'A')
                           : *c >= 'a' && *c <= 'z' ? (unsigned)(*c - 'a') + 26u
                           : *c >= '0' && *c <= '9' ? (unsigned)(*c - '0') + 52u
                           : *c == '+'              ? 62u
                           : *c == '/'              ? 63u
                                                    : 64u;
    if (digit > 63u) {
      return SIZE_MAX;
    }
    word = (word << 6 | digit) & 0xffffffu;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[n++] = (unsigned char)(word >> bits & 255u);
    }
  }
  return n;
}

void*
page_unpack(const json_t* const array, const PageType type, size_t* const n)
{
  static const size_t max_bytes = (size_t)1 << 28;
  *n = 0;
  const char* const kind = json_string_value(json_object_get(array, "type"));
  const char* const text = json_string_value(json_object_get(array, "zlib"));
  if (!kind || strcmp(kind, type_names[type]) != 0 || !text) {
    return NULL;
  }
  unsigned char* const packed = (unsigned char*)malloc(strlen(text) + 1);
  const size_t n_packed = packed ? unbase64(text, packed) : SIZE_MAX;
  unsigned char* bytes = NULL;
  uLongf size = 0;
  // The size is not told: try until it fits
  for (size_t room = 65536; n_packed != SIZE_MAX && room <= max_bytes;
       room *= 4) {
    free(bytes);
    bytes = (unsigned char*)malloc(room);
    size = (uLongf)room;
    const int code =
      bytes ? uncompress(bytes, &size, packed, (uLong)n_packed) : Z_MEM_ERROR;
    if (code == Z_OK) {
      free(packed);
      *n = size / type_sizes[type];
      return bytes;
    }
    if (code != Z_BUF_ERROR) {
      break;
    }
  }
  free(bytes);
  free(packed);
  return NULL;
}

json_t*
page_picture(const char* const path)
{
  FILE* const file = fopen(path, "rb");
  unsigned char* const bytes = (unsigned char*)malloc(MAX_PICTURE);
  const size_t n = file && bytes ? fread(bytes, 1, MAX_PICTURE, file) : 0;
  char* const text =
    n && n < MAX_PICTURE ? base64("data:image/png;base64,", bytes, n) : NULL;
  json_t* const out = text ? json_string(text) : NULL;
  free(text);
  free(bytes);
  if (file) {
    fclose(file);
  }
  return out;
}

/// Write text; `</` is broken up where it would end the script element
static bool
put_script(FILE* const file, const char* const text, const size_t n)
{
  size_t from = 0;
  for (size_t i = 0; i + 8 < n; ++i) {
    if (!memcmp(text + i, "</script", 8)) {
      if (fwrite(text + from, 1, i + 1 - from, file) != i + 1 - from ||
          fputc('\\', file) == EOF) {
        return false;
      }
      from = i + 1;
    }
  }
  return fwrite(text + from, 1, n - from, file) == n - from;
}

/// Write JSON with `<` as \u003c, so that nothing in it ends the element
static int
put_json(const char* const buffer, const size_t size, void* const user)
{
  FILE* const file = (FILE*)user;
  for (size_t i = 0; i < size; ++i) {
    const int failed =
      buffer[i] == '<' ? fputs("\\u003c", file) : fputc(buffer[i], file);
    if (failed == EOF) {
      return -1;
    }
  }
  return 0;
}

static bool
put_page(FILE* const file, const json_t* const data)
{
  static const char* const marks[] = {"@STYLE@", "@DATA@", "@SCRIPT@"};
  const char* rest = fh_page_template;
  for (size_t i = 0; i < 3; ++i) {
    const char* const mark = strstr(rest, marks[i]);
    if (!mark) {
      return false;
    }
    const size_t n = (size_t)(mark - rest);
    bool done = fwrite(rest, 1, n, file) == n;
    switch (i) {
    case 0:
      done = done && fwrite(fh_page_style, 1, fh_page_style_size, file) ==
                       fh_page_style_size;
      break;
    case 1:
      done = done && !json_dump_callback(data,
                                         put_json,
                                         file,
                                         JSON_COMPACT | JSON_SORT_KEYS |
                                           JSON_REAL_PRECISION(6));
      break;
    default:
      done = done && put_script(file, fh_page_script, fh_page_script_size);
      break;
    }
    if (!done) {
      return false;
    }
    rest = mark + strlen(marks[i]);
  }
  return fputs(rest, file) >= 0;
}

FhStatus
page_write(const char* const path, const json_t* const data)
{
  char* const temporary = (char*)malloc(strlen(path) + 8);
  if (!temporary) {
    return FH_ERR_NO_MEM;
  }
  sprintf(temporary, "%s.part", path);
  FILE* const file = fopen(temporary, "wb");
  bool done = file && put_page(file, data);
  if (file) {
    done = !fclose(file) && done;
  }
  done = done && !rename(temporary, path);
  if (!done) {
    (void)remove(temporary);
  }
  free(temporary);
  return done ? FH_OK : FH_ERR_IO;
}
