// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"
#include "venue_own.h"

#include <fh/venue.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/// Most models that a rule may choose from
#define MAX_MODELS 16

void
fh_own_read_move(FhKeyReader* const reader,
                 const FhYamlNode* const node,
                 void* const object)
{
  FhPlacementRule* const rule = (FhPlacementRule*)object;
  const bool list = node->kind == FH_YAML_LIST;
  const size_t n = list ? node->n_items : 1;
  if (n > 4096) {
    fh_keys_error(reader, node, "'move' names more than 4096; name fewer");
    return;
  }
  if (n == 0) {
    return;
  }
  rule->move = (char(*)[FH_NAME_SIZE])calloc(n, sizeof(*rule->move));
  if (!rule->move) {
    reader->no_memory = true;
    return;
  }
  for (const FhYamlNode* item = list ? node->first : node; item;
       item = list ? item->next : NULL) {
    if (fh_keys_text(
          reader, item, "move", rule->move[rule->n_move], FH_NAME_SIZE)) {
      ++rule->n_move;
    }
  }
}

void
fh_own_write_move(FhKeyWriter* const writer, const void* const object)
{
  const FhPlacementRule* const rule = (const FhPlacementRule*)object;
  fputc('[', writer->out);
  for (size_t i = 0; i < rule->n_move; ++i) {
    fputs(i ? ", " : "", writer->out);
    fh_keys_write_text(writer, rule->move[i]);
  }
  fputc(']', writer->out);
}

void
fh_own_write_models(FhKeyWriter* const writer, const void* const object)
{
  const FhPlacementRule* const rule = (const FhPlacementRule*)object;
  for (size_t i = 0; i < rule->n_models; ++i) {
    fputs(i ? ", " : "[", writer->out);
    fh_keys_write_text(writer, rule->models[i]);
  }
  if (rule->n_models) {
    fputc(']', writer->out);
  }
}

void
fh_own_read_models(FhKeyReader* const reader,
                   const FhYamlNode* const node,
                   void* const object)
{
  FhPlacementRule* const rule = (FhPlacementRule*)object;
  if (node->kind != FH_YAML_LIST || node->n_items > MAX_MODELS) {
    fh_keys_error(reader,
                  node,
                  "'models' needs a list of %d models at most; write [a, b]",
                  MAX_MODELS);
    return;
  }
  if (!node->n_items) {
    return;
  }
  rule->models = (char(*)[256])calloc(node->n_items, sizeof(*rule->models));
  if (!rule->models) {
    reader->no_memory = true;
    return;
  }
  for (const FhYamlNode* item = node->first; item; item = item->next) {
    if (fh_keys_text(reader,
                     item,
                     "models",
                     rule->models[rule->n_models],
                     sizeof(*rule->models))) {
      ++rule->n_models;
    }
  }
}

/// Two opposite corners, lower ones first; false after an error
static bool
read_box(FhKeyReader* const reader,
         const FhYamlNode* const node,
         const char* const name,
         double box[2][3])
{
  const FhKey* const key = fh_section_key(&fh_placement_section, name);
  if (node->kind != FH_YAML_LIST || node->n_items != 2) {
    fh_keys_error(reader,
                  node,
                  "'%s' needs two opposite corners; write [[x0, y0, z0], "
                  "[x1, y1, z1]]",
                  name);
    return false;
  }
  double corner[2][3];
  if (!fh_keys_numbers(reader, node->first, key, false, 3, corner[0]) ||
      !fh_keys_numbers(reader, node->first->next, key, false, 3, corner[1])) {
    return false;
  }
  for (size_t k = 0; k < 3; ++k) {
    const bool up = corner[0][k] <= corner[1][k];
    box[0][k] = corner[up ? 0 : 1][k];
    box[1][k] = corner[up ? 1 : 0][k];
  }
  return true;
}

static void
write_box(FhKeyWriter* const writer, const double box[2][3])
{
  fputc('[', writer->out);
  fh_own_write_point(writer, box[0]);
  fputs(", ", writer->out);
  fh_own_write_point(writer, box[1]);
  fputc(']', writer->out);
}

void
fh_own_read_within(FhKeyReader* const reader,
                   const FhYamlNode* const node,
                   void* const object)
{
  FhPlacementRule* const rule = (FhPlacementRule*)object;
  rule->has_within = read_box(reader, node, "within", rule->within);
}

void
fh_own_write_within(FhKeyWriter* const writer, const void* const object)
{
  const FhPlacementRule* const rule = (const FhPlacementRule*)object;
  if (rule->has_within) {
    write_box(writer, rule->within);
  }
}

void
fh_own_read_keep_view(FhKeyReader* const reader,
                      const FhYamlNode* const node,
                      void* const object)
{
  FhPlacementRule* const rule = (FhPlacementRule*)object;
  rule->has_keep_view = read_box(reader, node, "keep_view", rule->keep_view);
}

void
fh_own_write_keep_view(FhKeyWriter* const writer, const void* const object)
{
  const FhPlacementRule* const rule = (const FhPlacementRule*)object;
  if (rule->has_keep_view) {
    write_box(writer, rule->keep_view);
  }
}
