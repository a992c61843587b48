// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/yaml.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#define CHUNK_BYTES 65536U

/// Memory that lives as long as the document
typedef struct ChunkImpl Chunk;

struct ChunkImpl {
  Chunk* next;
  size_t used, size;
  _Alignas(16) unsigned char bytes[];
};

struct FhYamlImpl {
  char* name;
  char* text;
  size_t size;
  Chunk* chunks;
  const FhYamlNode* root;
};

/// A list or map whose end has not come yet
typedef struct {
  FhYamlNode* node;
  FhYamlNode* last; ///< Last value, or null
  FhYamlNode* key;  ///< Key that waits for its value, or null
} Level;

typedef struct {
  FhYaml* yaml;
  FhDiag* diag;
  yaml_parser_t parser;
  size_t n_nodes;
  size_t n_levels;
  Level level[FH_YAML_MAX_DEPTH];
  size_t mark_index; ///< Characters and bytes up to the last mark asked for:
  size_t mark_byte;  ///< marks come in rising order, so this is one pass
} Builder;

static void*
take(FhYaml* const yaml, const size_t wanted)
{
  const size_t size = (wanted + 15U) & ~(size_t)15U;
  Chunk* chunk = yaml->chunks;
  if (!chunk || chunk->size - chunk->used < size) {
    const size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
    chunk = (Chunk*)malloc(sizeof(Chunk) + room);
    if (!chunk) {
      return NULL;
    }
    chunk->next = yaml->chunks;
    chunk->used = 0;
    chunk->size = room;
    yaml->chunks = chunk;
  }
  void* const at = chunk->bytes + chunk->used;
  chunk->used += size;
  return memset(at, 0, size);
}

void
fh_yaml_free(FhYaml* const yaml)
{
  if (yaml) {
    Chunk* chunk = yaml->chunks;
    while (chunk) {
      Chunk* const next = chunk->next;
      free(chunk);
      chunk = next;
    }
    free(yaml->name);
    free(yaml->text);
    free(yaml);
  }
}

static FhStatus
fail_at(const Builder* const b,
        const FhStatus status,
        const yaml_mark_t mark,
        const char* const text)
{
  fh_diag_add(b->diag,
              FH_DIAG_ERROR,
              b->yaml->name,
              (int)mark.line + 1,
              (int)mark.column + 1,
              "%s",
              text);
  return status;
}

/// Byte offset of a character index (libyaml counts characters)
static size_t
byte_offset(Builder* const b, const size_t index)
{
  if (index < b->mark_index) {
    b->mark_index = b->mark_byte = 0;
  }
  while (b->mark_index < index && b->mark_byte < b->yaml->size) {
    ++b->mark_byte;
    while (b->mark_byte < b->yaml->size &&
           ((unsigned char)b->yaml->text[b->mark_byte] & 0xC0U) == 0x80U) {
      ++b->mark_byte;
    }
    ++b->mark_index;
  }
  return b->mark_byte;
}

static FhStatus
new_node(Builder* const b,
         const yaml_event_t* const event,
         const FhYamlKind kind,
         FhYamlNode** const out)
{
  if (++b->n_nodes > FH_YAML_MAX_NODES) {
    return fail_at(b,
                   FH_ERR_LIMIT,
                   event->start_mark,
                   "more than a million values; keep big geometry in a model "
                   "file beside the venue");
  }
  FhYamlNode* const node = (FhYamlNode*)take(b->yaml, sizeof(FhYamlNode));
  if (!node) {
    return FH_ERR_NO_MEM;
  }
  node->kind = kind;
  node->line = (int)event->start_mark.line + 1;
  node->column = (int)event->start_mark.column + 1;
  node->begin = byte_offset(b, event->start_mark.index);
  node->end = byte_offset(b, event->end_mark.index);
  *out = node;
  return FH_OK;
}

/// Put a value where it belongs: the root, a list, a map's key or its value
static FhStatus
attach(Builder* const b,
       const yaml_event_t* const event,
       FhYamlNode* const node)
{
  if (b->n_levels == 0) {
    b->yaml->root = node;
    return FH_OK;
  }
  Level* const level = &b->level[b->n_levels - 1];
  if (level->node->kind == FH_YAML_MAP && !level->key) {
    if (node->kind != FH_YAML_SCALAR) {
      return fail_at(b,
                     FH_ERR_FORMAT,
                     event->start_mark,
                     "a key must be a plain word; a list or map in brackets "
                     "stands here where 'key: value' belongs");
    }
    level->key = node;
    return FH_OK;
  }
  node->key = level->key;
  level->key = NULL;
  if (level->last) {
    level->last->next = node;
  } else {
    level->node->first = node;
  }
  level->last = node;
  ++level->node->n_items;
  return FH_OK;
}

static FhStatus
on_scalar(Builder* const b, const yaml_event_t* const event)
{
  FhYamlNode* node = NULL;
  FhStatus status = new_node(b, event, FH_YAML_SCALAR, &node);
  if (status) {
    return status;
  }
  const size_t length = event->data.scalar.length;
  char* const text = (char*)take(b->yaml, length + 1);
  if (!text) {
    return FH_ERR_NO_MEM;
  }
  memcpy(text, event->data.scalar.value, length);
  if (strlen(text) != length) {
    return fail_at(b,
                   FH_ERR_FORMAT,
                   event->start_mark,
                   "a text holds a zero byte; remove '\\0' from it");
  }
  node->text = text;
  node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  return attach(b, event, node);
}

static FhStatus
on_start(Builder* const b, const yaml_event_t* const event, FhYamlKind kind)
{
  if (b->n_levels == FH_YAML_MAX_DEPTH) {
    return fail_at(b,
                   FH_ERR_LIMIT,
                   event->start_mark,
                   "nested more than 64 levels deep; no venue needs that, "
                   "check the brackets");
  }
  FhYamlNode* node = NULL;
  FhStatus status = new_node(b, event, kind, &node);
  status = status ? status : attach(b, event, node);
  if (status) {
    return status;
  }
  node->flow = kind == FH_YAML_LIST
                 ? event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
                 : event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
  b->level[b->n_levels++] = (Level){.node = node};
  return FH_OK;
}

/// A key of a map, to be sorted
typedef struct {
  const FhYamlNode* node;
} Key;

static int
compare_keys(const void* const a, const void* const b)
{
  const FhYamlNode* const x = ((const Key*)a)->node;
  const FhYamlNode* const y = ((const Key*)b)->node;
  const int order = strcmp(x->text, y->text);
  return order ? order : (x->begin > y->begin) - (x->begin < y->begin);
}

static FhStatus
refuse_duplicates(const Builder* const b, const FhYamlNode* const map)
{
  if (map->n_items < 2) {
    return FH_OK;
  }
  Key* const keys = (Key*)calloc(map->n_items, sizeof(Key));
  if (!keys) {
    return FH_ERR_NO_MEM;
  }
  size_t n = 0;
  for (const FhYamlNode* v = map->first; v; v = v->next) {
    keys[n++].node = v->key;
  }
  qsort(keys, n, sizeof(Key), compare_keys);
  FhStatus status = FH_OK;
  for (size_t i = 1; i < n && !status; ++i) {
    const FhYamlNode* const key = keys[i].node;
    const FhYamlNode* const first = keys[i - 1].node;
    if (strcmp(first->text, key->text) == 0) {
      fh_diag_add(b->diag,
                  FH_DIAG_ERROR,
                  b->yaml->name,
                  key->line,
                  key->column,
                  "'%.60s' stands here a second time (first on line %d); "
                  "keep one of the two",
                  key->text,
                  first->line);
      status = FH_ERR_FORMAT;
    }
  }
  free(keys);
  return status;
}

static FhStatus
on_end(Builder* const b, const yaml_event_t* const event)
{
  const Level* const level = &b->level[--b->n_levels];
  FhYamlNode* const node = level->node;
  if (node->flow) {
    node->end = byte_offset(b, event->end_mark.index);
  } else if (level->last) {
    // A block ends with its last value, not with the comments that follow
    node->end = level->last->end;
  }
  return node->kind == FH_YAML_MAP ? refuse_duplicates(b, node) : FH_OK;
}

static bool
has_tag_or_anchor(const yaml_event_t* const event)
{
  switch (event->type) {
  case YAML_SCALAR_EVENT:
    return event->data.scalar.anchor || event->data.scalar.tag;
  case YAML_SEQUENCE_START_EVENT:
    return event->data.sequence_start.anchor || event->data.sequence_start.tag;
  case YAML_MAPPING_START_EVENT:
    return event->data.mapping_start.anchor || event->data.mapping_start.tag;
  default:
    return false;
  }
}

static FhStatus
on_event(Builder* const b, const yaml_event_t* const event)
{
  if (has_tag_or_anchor(event)) {
    return fail_at(b,
                   FH_ERR_FORMAT,
                   event->start_mark,
                   "anchors ('&name') and tags ('!name') are not used here; "
                   "remove it, or put the text in quotes");
  }
  switch (event->type) {
  case YAML_ALIAS_EVENT:
    return fail_at(b,
                   FH_ERR_FORMAT,
                   event->start_mark,
                   "aliases ('*name') are not used here; write the value out, "
                   "or put the text in quotes");
  case YAML_DOCUMENT_START_EVENT:
    return b->yaml->root ? fail_at(b,
                                   FH_ERR_FORMAT,
                                   event->start_mark,
                                   "a second document starts here; keep one")
                         : FH_OK;
  case YAML_SCALAR_EVENT:
    return on_scalar(b, event);
  case YAML_SEQUENCE_START_EVENT:
    return on_start(b, event, FH_YAML_LIST);
  case YAML_MAPPING_START_EVENT:
    return on_start(b, event, FH_YAML_MAP);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    return on_end(b, event);
  default:
    return FH_OK;
  }
}

/// Line and column of a byte, for errors of libyaml's decoder
static yaml_mark_t
mark_of_byte(const FhYaml* const yaml, const size_t offset)
{
  yaml_mark_t mark = {0};
  for (size_t i = 0; i < offset && i < yaml->size; ++i) {
    if (yaml->text[i] == '\n') {
      ++mark.line;
      mark.column = 0;
    } else if (((unsigned char)yaml->text[i] & 0xC0U) != 0x80U) {
      ++mark.column;
    }
  }
  return mark;
}

static FhStatus
on_parser_error(const Builder* const b)
{
  const yaml_parser_t* const p = &b->parser;
  switch (p->error) {
  case YAML_MEMORY_ERROR:
    return FH_ERR_NO_MEM;
  case YAML_READER_ERROR:
    return fail_at(b,
                   FH_ERR_FORMAT,
                   mark_of_byte(b->yaml, p->problem_offset),
                   "this is not UTF-8 text; save the file as UTF-8");
  default: {
    char text[400];
    const char* const problem = p->problem ? p->problem : "cannot be read";
    if (p->context) {
      snprintf(text,
               sizeof(text),
               "not YAML: %s %s (from line %d); check indentation, brackets "
               "and quotes just before",
               problem,
               p->context,
               (int)p->context_mark.line + 1);
    } else {
      snprintf(text,
               sizeof(text),
               "not YAML: %s; check indentation, brackets and quotes just "
               "before",
               problem);
    }
    return fail_at(b, FH_ERR_FORMAT, p->problem_mark, text);
  }
  }
}

static FhStatus
build(Builder* const b)
{
  if (!yaml_parser_initialize(&b->parser)) {
    return FH_ERR_NO_MEM;
  }
  yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(
    &b->parser, (const unsigned char*)b->yaml->text, b->yaml->size);
  FhStatus status = FH_OK;
  bool done = false;
  while (!status && !done) {
    yaml_event_t event;
    if (!yaml_parser_parse(&b->parser, &event)) {
      status = on_parser_error(b);
      break;
    }
    done = event.type == YAML_STREAM_END_EVENT;
    status = on_event(b, &event);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&b->parser);
  if (!status && !b->yaml->root) {
    fh_diag_add(b->diag,
                FH_DIAG_ERROR,
                b->yaml->name,
                0,
                0,
                "the file is empty; see `fullhouse --help-venue` for what "
                "belongs in it");
    status = FH_ERR_FORMAT;
  }
  return status;
}

FhStatus
fh_yaml_parse(const char* const name,
              const char* const text,
              const size_t size,
              FhYaml** const out,
              FhDiag* const diag)
{
  *out = NULL;
  if (size > FH_YAML_MAX_BYTES) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                name,
                0,
                0,
                "larger than 16 MB; this is hardly a venue file, and big "
                "geometry belongs in a model file beside it");
    return FH_ERR_LIMIT;
  }
  const void* const zero = size ? memchr(text, 0, size) : NULL;
  if (zero) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                name,
                0,
                0,
                "is binary, not text; give a YAML file, and turn a model into "
                "a venue with `fullhouse import MODEL -o DIR`");
    return FH_ERR_FORMAT;
  }

  FhYaml* const yaml = (FhYaml*)calloc(1, sizeof(FhYaml));
  FhStatus status = yaml ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    const size_t name_size = strlen(name) + 1;
    yaml->name = (char*)malloc(name_size);
    yaml->text = (char*)malloc(size + 1);
    if (yaml->name && yaml->text) {
      memcpy(yaml->name, name, name_size);
      memcpy(yaml->text, text, size);
      yaml->text[size] = '\0';
      yaml->size = size;
      Builder builder = {.yaml = yaml, .diag = diag};
      status = build(&builder);
    } else {
      status = FH_ERR_NO_MEM;
    }
  }
  if (status) {
    fh_yaml_free(yaml);
  } else {
    *out = yaml;
  }
  return status;
}

static FhStatus
fail_to_open(FhDiag* const diag, const char* const path, const char* const why)
{
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              path,
              0,
              0,
              "cannot be read: %s; check the name and its permissions",
              why);
  return FH_ERR_IO;
}

FhStatus
fh_yaml_read(const char* const path, FhYaml** const out, FhDiag* const diag)
{
  *out = NULL;
  struct stat info;
  if (stat(path, &info)) {
    return fail_to_open(diag, path, strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) {
    return fail_to_open(diag, path, "it is not a file");
  }
  FILE* const file = fopen(path, "rb");
  if (!file) {
    return fail_to_open(diag, path, strerror(errno));
  }
  // One byte more than allowed shows that the file is too large
  const size_t room = (size_t)info.st_size < FH_YAML_MAX_BYTES
                        ? (size_t)info.st_size + 1
                        : (size_t)FH_YAML_MAX_BYTES + 1;
  char* const text = (char*)malloc(room);
  FhStatus status = text ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    const size_t size = fread(text, 1, room, file);
    status = ferror(file) ? fail_to_open(diag, path, strerror(errno))
                          : fh_yaml_parse(path, text, size, out, diag);
  }
  free(text);
  fclose(file);
  return status;
}

const FhYamlNode*
fh_yaml_root(const FhYaml* const yaml)
{
  return yaml->root;
}

const char*
fh_yaml_name(const FhYaml* const yaml)
{
  return yaml->name;
}

const char*
fh_yaml_text(const FhYaml* const yaml, size_t* const size)
{
  *size = yaml->size;
  return yaml->text;
}
