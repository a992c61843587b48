// SPDX-License-Identifier: GPL-3.0-or-later
#include "page.h"
#include "pdf.h"
#include "report_data.h"

#include <fh/report.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

static FhStatus
read_page(const char* const folder, json_t** const out, FhDiag* const diag)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/page.json", folder);
  json_error_t error;
  *out = json_load_file(path, 0, &error);
  if (!*out) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                error.line > 0 ? error.line : 0,
                error.column > 0 ? error.column : 0,
                "%s; give a folder that 'fullhouse simulate' finished, with "
                "seats",
                error.text);
    return FH_ERR_FORMAT;
  }
  if (json_integer_value(json_object_get(*out, "format")) != REPORT_FORMAT) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "made by another version of fullhouse; simulate again");
    json_decref(*out);
    *out = NULL;
    return FH_ERR_VERSION;
  }
  return FH_OK;
}

/// Last part of a path, for the name of a state
static const char*
last_part(const char* const path)
{
  const char* const slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

/// True when a name is taken by one of the states
static bool
is_taken(const json_t* const states, const char* const name)
{
  size_t i = 0;
  const json_t* state = NULL;
  json_array_foreach(states, i, state)
  {
    const char* const other = json_string_value(json_object_get(state, "name"));
    if (other && !strcmp(other, name)) {
      return true;
    }
  }
  return false;
}

static FhStatus
add_states(json_t* const page,
           const json_t* const other,
           const char* const folder,
           FhDiag* const diag)
{
  if (!json_equal(json_object_get(page, "seats"),
                  json_object_get(other, "seats"))) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "its seats are not those of the first run; compare runs of one "
                "venue");
    return FH_ERR_MISMATCH;
  }
  json_t* const states = json_object_get(page, "states");
  size_t i = 0;
  json_t* state = NULL;
  json_array_foreach(json_object_get(other, "states"), i, state)
  {
    const char* const name = json_string_value(json_object_get(state, "name"));
    if (!name || is_taken(states, name)) {
      json_object_set_new(state, "name", json_string(last_part(folder)));
    }
    json_array_append(states, state);
  }
  return FH_OK;
}

/// A page that `fullhouse validate --page` left beside the report
static void
add_validation(json_t* const page, const char* const folder)
{
  static const char name[] = "validate.html";
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (!access(path, R_OK)) {
    json_object_set_new(page, "validation", json_string(name));
  }
}

FhStatus
fh_report_write_pdf(const char* const folder, FhDiag* const diag)
{
  FhRunRecord record;
  FhStatus status = fh_run_record_read(folder, &record, diag);
  if (status) {
    return status;
  }
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/report.pdf", folder);
  status = pdf_write(&record, path);
  if (status == FH_ERR_IO) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be written; free space or change permissions");
  }
  fh_run_record_clear(&record);
  return status;
}

FhStatus
fh_report_write(const char* const folder,
                const char* const* const others,
                const size_t n_others,
                FhDiag* const diag)
{
  json_t* page = NULL;
  FhStatus status = read_page(folder, &page, diag);
  for (size_t i = 0; i < n_others && !status; ++i) {
    json_t* other = NULL;
    status = read_page(others[i], &other, diag);
    status = status ? status : add_states(page, other, others[i], diag);
    json_decref(other);
  }
  if (!status) {
    report_add_maps(page, folder);
    add_validation(page, folder);
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/report.html", folder);
    status = page_write(path, page);
    if (status) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  0,
                  0,
                  "cannot be written; free space or change permissions");
    }
  }
  json_decref(page);
  return status;
}
