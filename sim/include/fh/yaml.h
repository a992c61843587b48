// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_YAML_H
#define FH_YAML_H

#include <fh/diag.h>
#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>

/*
  A YAML (or JSON) file as a tree whose every node knows its place. Strict on
  purpose: UTF-8 only, one document, no aliases, no tags, no duplicate keys, at
  most 64 levels, 16 MB and a million values.
*/

#define FH_YAML_MAX_DEPTH 64
#define FH_YAML_MAX_BYTES (16U << 20)
#define FH_YAML_MAX_NODES 1000000U

typedef enum { FH_YAML_SCALAR, FH_YAML_LIST, FH_YAML_MAP } FhYamlKind;

typedef struct FhYamlNodeImpl FhYamlNode;

/// A value and its place; owned by its document
struct FhYamlNodeImpl {
  FhYamlKind kind;
  int line;                ///< From 1
  int column;              ///< From 1, in characters
  size_t begin, end;       ///< Bytes [begin, end) of the text
  bool quoted;             ///< Scalar in quotes: a text, never a number
  bool flow;               ///< List or map in brackets
  const char* text;        ///< Scalar: its value
  const FhYamlNode* key;   ///< Value in a map: its key, else null
  const FhYamlNode* next;  ///< Next in the same list or map
  const FhYamlNode* first; ///< First item or value, or null
  size_t n_items;          ///< Items or values
};

typedef struct FhYamlImpl FhYaml; ///< A parsed document

/**
   Read a file.

   @param path A regular file.
   @param[out] out Document, owned by the caller.
   @param diag Receives what is wrong, with its place; may be null.
   @return #FH_ERR_IO, #FH_ERR_FORMAT, #FH_ERR_LIMIT, #FH_ERR_NO_MEM.
*/
FhStatus
fh_yaml_read(const char* path, FhYaml** out, FhDiag* diag);

/// Parse `size` bytes of text (copied); `name` stands in messages
FhStatus
fh_yaml_parse(const char* name,
              const char* text,
              size_t size,
              FhYaml** out,
              FhDiag* diag);

/// Free a document; does nothing if it is null
void
fh_yaml_free(FhYaml* yaml);

/// The outermost value; borrowed
const FhYamlNode*
fh_yaml_root(const FhYaml* yaml);

/// Name of the file, as given; borrowed
const char*
fh_yaml_name(const FhYaml* yaml);

/// The whole text and its size in bytes; borrowed
const char*
fh_yaml_text(const FhYaml* yaml, size_t* size);

/// Value of a key, or null when `map` is no map or has no such key
const FhYamlNode*
fh_yaml_get(const FhYamlNode* map, const char* key);

/// What a value is, for messages: "a number", "a text", "a list", ...
const char*
fh_yaml_kind_name(const FhYamlNode* node);

/**
   Value of a scalar as a number.

   @return #FH_ERR_NOT_FINITE for NaN and infinity, #FH_ERR_FORMAT for what is
   no plain decimal number; `out` is then left as it was.
*/
FhStatus
fh_yaml_number(const FhYamlNode* node, double* out);

/// Value of a scalar as true or false; #FH_ERR_FORMAT
FhStatus
fh_yaml_bool(const FhYamlNode* node, bool* out);

#endif // FH_YAML_H
