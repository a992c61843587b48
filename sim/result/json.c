// SPDX-License-Identifier: GPL-3.0-or-later
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

json_t*
json_number(const double value)
{
  if (!isfinite(value)) {
    return json_null();
  }
  // Shortest form of what was meant: floats do not become 17 digits
  char text[32];
  snprintf(text, sizeof(text), "%.9g", value);
  return json_real(strtod(text, NULL));
}

json_t*
json_numbers(const double* const value, const size_t n)
{
  json_t* const list = json_array();
  for (size_t i = 0; i < n; ++i) {
    json_array_append_new(list, json_number(value[i]));
  }
  return list;
}

json_t*
json_floats(const float* const value, const size_t n)
{
  json_t* const list = json_array();
  for (size_t i = 0; i < n; ++i) {
    json_array_append_new(list, json_number((double)value[i]));
  }
  return list;
}

FhStatus
json_save(json_t* const root,
          const char* const name,
          FhRunFolder* const folder,
          FhDiag* const diag)
{
  if (!root) {
    return FH_ERR_NO_MEM;
  }
  errno = 0;
  const char* const path = fh_run_folder_path(folder, name);
  FILE* const file = path ? fopen(path, "w") : NULL;
  bool ok =
    file && !json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
  ok = ok && fputc('\n', file) != EOF;
  ok = file && !fclose(file) && ok;
  if (!ok) {
    fh_run_folder_complain(folder, name, diag);
  }
  json_decref(root);
  return ok ? FH_OK : FH_ERR_IO;
}
