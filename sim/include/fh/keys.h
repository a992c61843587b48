// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_KEYS_H
#define FH_KEYS_H

#include <fh/bands.h>
#include <fh/diag.h>
#include <fh/status.h>
#include <fh/yaml.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
  Tables of keys. A table says of every key of a YAML map which C member it
  fills, its type, unit, range, default and meaning; reading, checking, messages
  ("did you mean"), writing, help text and JSON Schema all come from it.
*/

typedef struct FhKeyImpl FhKey;
typedef struct FhSectionImpl FhSection;

/// Where a reading stands; start with file and diag set, the rest zero
typedef struct {
  const char* file; ///< Name for messages; borrowed
  FhDiag* diag;     ///< May be null
  size_t n_errors;  ///< Errors found so far
  bool no_memory;   ///< Memory ran out
  void* user;       ///< For a table's own readers
} FhKeyReader;

/// Where text goes
typedef struct {
  FILE* out;
  bool json; ///< Quote keys and texts as JSON does
} FhKeyWriter;

typedef enum {
  FH_KEY_NUMBER,  ///< double
  FH_KEY_COUNT,   ///< size_t, a whole number
  FH_KEY_INT,     ///< int, a whole number
  FH_KEY_BOOL,    ///< bool
  FH_KEY_TEXT,    ///< char[size]
  FH_KEY_CHOICE,  ///< enum or int: index of a word in `choices`
  FH_KEY_POINT,   ///< double[3]: [x, y, z]
  FH_KEY_RANGE,   ///< double[2]: a number or [low, high]; sets `has_at`
  FH_KEY_OCTAVES, ///< float[8]: one number or eight; sets `has_at`
  FH_KEY_SECTION, ///< Map that fills an object at `at` (0: the same object)
  FH_KEY_LIST, ///< Owned array of `section` objects, its length at `count_at`
  FH_KEY_OWN   ///< Read and written by the row's own functions; with `section`
               ///< and no `schema`: a map from names to a text or such a map
} FhKeyType;

/// One row of a table
struct FhKeyImpl {
  const char* name;
  FhKeyType type;
  bool required;
  size_t at;        ///< Offset of the member in its object
  size_t size;      ///< Bytes of a text member
  size_t count_at;  ///< Offset of a list's length (size_t)
  size_t has_at;    ///< Offset of a bool that tells "was given", 0 for none
  const char* unit; ///< "m", "dB", ... or null
  double low, high; ///< Ends of the range, both allowed
  double fallback;  ///< Default of a number, an index or a truth value
  const char* fallback_text;  ///< Default of a text; or words for the help
  const char* const* choices; ///< Null-ended words
  const FhSection* section;
  void (*read)(FhKeyReader* reader, const FhYamlNode* node, void* object);
  /// Instead of what the type would write; writes nothing for a default
  void (*write)(FhKeyWriter* writer, const void* object);
  const char* form;   ///< Type in words, for own rows
  const char* schema; ///< JSON Schema of the value, for own rows
  const char* doc;    ///< One sentence without a period
};

/// A table: the keys of one kind of map
struct FhSectionImpl {
  const char* what; ///< "a loudspeaker", for messages
  const char* path; ///< "system.loudspeakers[]", for the help
  const FhKey* keys;
  size_t n_keys;
  size_t size;    ///< Bytes of the object
  size_t line_at; ///< Offset of an int that takes the map's line, 0 for none
};

/// Set every member that a table knows to its default
void
fh_keys_default(const FhSection* section, void* object);

/**
   Read a map into an object, after setting defaults.

   Findings go to the reader's diag; on errors the object still holds what was
   right, and the caller frees what it owns.

   @param node Value of any kind; anything but a map is an error.
*/
void
fh_keys_read(FhKeyReader* reader,
             const FhSection* section,
             const FhYamlNode* node,
             void* object);

/// Write an object as one `{key: value, ...}` that reads back the same
void
fh_keys_write(FhKeyWriter* writer,
              const FhSection* section,
              const void* object);

/// Write the value of one key alone; nothing where it has its default
void
fh_keys_write_value(FhKeyWriter* writer, const FhKey* key, const void* object);

/// Write a text, in quotes where YAML (or JSON) needs them
void
fh_keys_write_text(FhKeyWriter* writer, const char* text);

/// Write the shortest decimal number that reads back as the same double
void
fh_keys_write_number(FhKeyWriter* writer, double value);

/// Write the shortest decimal number that reads back as the same float
void
fh_keys_write_float(FhKeyWriter* writer, float value);

/// Describe every key, for a terminal
void
fh_keys_help(FILE* out, const FhSection* section);

/// JSON Schema (object) of a table, indented by `indent` spaces
void
fh_keys_schema(FILE* out, const FhSection* section, int indent);

/// Report an error at a node
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void
fh_keys_error(FhKeyReader* reader,
              const FhYamlNode* node,
              const char* format,
              ...);

/// Report a doubt at a node
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void
fh_keys_warn(FhKeyReader* reader,
             const FhYamlNode* node,
             const char* format,
             ...);

/**
   Read a number within a range; errors name `key` and unit.

   @return False after an error; `out` is then left as it was.
*/
bool
fh_keys_number(FhKeyReader* reader,
               const FhYamlNode* node,
               const FhKey* key,
               double* out);

/// Read `n` numbers from a list (or, with `spread`, one number for all)
bool
fh_keys_numbers(FhKeyReader* reader,
                const FhYamlNode* node,
                const FhKey* key,
                bool spread,
                size_t n,
                double* out);

/// Copy a text, refusing one that is empty, too long or has control characters
bool
fh_keys_text(FhKeyReader* reader,
             const FhYamlNode* node,
             const char* name,
             char* out,
             size_t size);

/**
   The most similar word, or null when none is similar enough.

   Words count as similar when a third of the letters or fewer differ (typing
   errors: Damerau-Levenshtein distance), or one begins with the other.
*/
const char*
fh_closest_word(const char* word, const char* const* words, size_t n_words);

#endif // FH_KEYS_H
