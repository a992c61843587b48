// SPDX-License-Identifier: GPL-3.0-or-later
#include "page.h"
#include "pdf.h"
#include "record_file.h"
#include "report_data.h"

#include <fh/report.h>
#include <fh/run_states.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

/// What the page cannot do without
static const char*
missing_part(const json_t* const page)
{
  static const char* const arrays[] = {
    "bands", "areas", "metrics", "states", "loudspeakers", "about", "notes"};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i) {
    if (!json_is_array(json_object_get(page, arrays[i]))) {
      return arrays[i];
    }
  }
  const json_t* const seats = json_object_get(page, "seats");
  size_t n = 0;
  void* const places =
    page_unpack(json_object_get(seats, "position"), PAGE_F32, &n);
  free(places);
  if (!places || (json_int_t)n !=
                   3 * json_integer_value(json_object_get(seats, "count"))) {
    return "seats";
  }
  size_t i = 0;
  const json_t* state = NULL;
  json_array_foreach(json_object_get(page, "states"), i, state)
  {
    if (!json_is_object(json_object_get(state, "values")) ||
        !json_is_string(json_object_get(state, "name"))) {
      return "states";
    }
  }
  const bool complete = i && json_is_string(json_object_get(page, "title")) &&
                        json_is_string(json_object_get(page, "subtitle")) &&
                        json_is_object(json_object_get(page, "mesh"));
  return complete ? NULL : "parts";
}

static FhStatus
read_page(const char* const folder, json_t** const out, FhDiag* const diag)
{
  *out = NULL;
  json_t* index = NULL;
  FhStatus status = record_load_index(folder, &index, diag);
  json_decref(index);
  status = status ? status : record_load(folder, "page.json", out, diag);
  if (status) {
    return status;
  }
  if (json_integer_value(json_object_get(*out, "format")) != REPORT_FORMAT) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "its page.json was made by another version of fullhouse; "
                "simulate again");
    status = FH_ERR_VERSION;
  } else {
    const char* const part = missing_part(*out);
    if (part) {
      char what[64];
      snprintf(what, sizeof what, "'%s' is missing or not complete", part);
      record_complain(folder, "page.json", what, diag);
      status = FH_ERR_FORMAT;
    }
  }
  if (status) {
    json_decref(*out);
    *out = NULL;
  }
  return status;
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

static FhStatus
add_folder(json_t* const page, const char* const folder, FhDiag* const diag)
{
  json_t* other = NULL;
  FhStatus status = read_page(folder, &other, diag);
  status = status ? status : add_states(page, other, folder, diag);
  json_decref(other);
  return status;
}

FhStatus
fh_report_write(const char* const folder,
                const char* const* const others,
                const size_t n_others,
                FhDiag* const diag)
{
  json_t* page = NULL;
  FhRunStates states;
  FhStatus status = fh_run_states_read(folder, &states, diag);
  status = status ? status : read_page(folder, &page, diag);
  for (size_t i = 1; i < states.n && !status; ++i) {
    status = add_folder(page, states.state[i].folder, diag);
  }
  for (size_t i = 0; i < n_others && !status; ++i) {
    status = add_folder(page, others[i], diag);
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
