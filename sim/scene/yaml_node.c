// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/yaml.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

const FhYamlNode*
fh_yaml_get(const FhYamlNode* const map, const char* const key)
{
  if (map && map->kind == FH_YAML_MAP) {
    for (const FhYamlNode* v = map->first; v; v = v->next) {
      if (strcmp(v->key->text, key) == 0) {
        return v;
      }
    }
  }
  return NULL;
}

FhStatus
fh_yaml_number(const FhYamlNode* const node, double* const out)
{
  if (node->kind != FH_YAML_SCALAR || node->quoted || !*node->text) {
    return FH_ERR_FORMAT;
  }
  static const char* const not_finite[] = {".nan",
                                           ".NaN",
                                           ".NAN",
                                           "nan",
                                           "NaN",
                                           "NAN",
                                           ".inf",
                                           ".Inf",
                                           ".INF",
                                           "inf",
                                           "Inf",
                                           "-inf",
                                           "+inf",
                                           "-.inf",
                                           "+.inf",
                                           "infinity",
                                           "Infinity"};
  for (size_t i = 0; i < sizeof(not_finite) / sizeof(not_finite[0]); ++i) {
    if (strcmp(node->text, not_finite[i]) == 0) {
      return FH_ERR_NOT_FINITE;
    }
  }
  // No hexadecimal, no locale's comma: decimal digits only
  if (strspn(node->text, "0123456789+-.eE") != strlen(node->text)) {
    return FH_ERR_FORMAT;
  }
  char* end = NULL;
  const double value = strtod(node->text, &end);
  if (end == node->text || *end) {
    return FH_ERR_FORMAT;
  }
  if (!isfinite(value)) {
    return FH_ERR_NOT_FINITE;
  }
  *out = value;
  return FH_OK;
}

FhStatus
fh_yaml_bool(const FhYamlNode* const node, bool* const out)
{
  static const char* const words[][2] = {
    {"false", "true"}, {"no", "yes"}, {"False", "True"}, {"off", "on"}};
  if (node->kind == FH_YAML_SCALAR && !node->quoted) {
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
      for (int value = 0; value < 2; ++value) {
        if (strcmp(node->text, words[i][value]) == 0) {
          *out = value;
          return FH_OK;
        }
      }
    }
  }
  return FH_ERR_FORMAT;
}

const char*
fh_yaml_kind_name(const FhYamlNode* const node)
{
  double number = 0.0;
  bool truth = false;
  if (node->kind == FH_YAML_LIST) {
    return "a list";
  }
  if (node->kind == FH_YAML_MAP) {
    return "a map";
  }
  if (fh_yaml_number(node, &number) == FH_OK) {
    return "a number";
  }
  if (fh_yaml_bool(node, &truth) == FH_OK) {
    return "true or false";
  }
  return *node->text || node->quoted ? "a text" : "nothing";
}
