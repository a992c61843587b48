// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <fh/check.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  FhCommonOptions common;
  const char* venue;
} Options;

static error_t
parse(int key, char* arg, struct argp_state* state)
{
  Options* const options = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &options->common;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "venue", arg, &options->venue);
    return 0;
  case ARGP_KEY_END:
    if (!options->venue) {
      argp_error(state, "give a VENUE: a YAML file, or a folder with one");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp check_argp = {
  0,
  parse,
  "VENUE",
  "Tell what is wrong or doubtful in a venue, with coordinates.\v"
  "Looks for holes, faces that are there twice, loudspeakers and microphones "
  "in walls or outside, seats without headroom, odd sizes, and surfaces "
  "without a material; prints size, volume and an estimate of the "
  "reverberation time (Eyring). Exits with 1 when it finds an error, with 3 "
  "when the venue cannot be read.",
  fh_common_children,
  0,
  0};

static json_t*
json_point(const double at[3])
{
  return json_pack("[fff]", at[0], at[1], at[2]);
}

static json_t*
json_findings(const FhDiag* const diag)
{
  static const char* const words[] = {"note", "warning", "error"};
  json_t* const list = json_array();
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    json_t* const item = json_pack("{s:s, s:s}",
                                   "severity",
                                   words[e->severity],
                                   "text",
                                   e->text ? e->text : "");
    if (e->file) {
      json_object_set_new(item, "file", json_string(e->file));
    }
    if (e->line) {
      json_object_set_new(item, "line", json_integer(e->line));
      json_object_set_new(item, "column", json_integer(e->column));
    }
    json_array_append_new(list, item);
  }
  return list;
}

static json_t*
json_octaves(const double* const v, const bool known)
{
  json_t* const list = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(list, known ? json_real(v[b]) : json_null());
  }
  return list;
}

static void
print_json(const FhVenue* const venue,
           const FhCheckReport* const r,
           const FhDiag* const diag)
{
  json_t* const holes = json_array();
  for (size_t i = 0; i < r->n_holes; ++i) {
    json_array_append_new(holes,
                          json_pack("{s:o, s:f}",
                                    "at",
                                    json_point(r->holes[i].at),
                                    "share",
                                    r->holes[i].share));
  }
  json_t* const materials = json_array();
  for (size_t i = 0; i < r->n_materials; ++i) {
    double absorption[FH_N_OCTAVES];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      absorption[b] = (double)venue->materials[i].absorption[b];
    }
    json_array_append_new(materials,
                          json_pack("{s:s, s:f, s:s, s:o}",
                                    "name",
                                    venue->mesh.material_name[i],
                                    "area_m2",
                                    r->material_m2[i],
                                    "material",
                                    venue->materials[i].name,
                                    "absorption",
                                    json_octaves(absorption, true)));
  }
  json_t* const areas = json_array();
  for (size_t i = 0; i < r->n_audience; ++i) {
    json_array_append_new(areas,
                          json_pack("{s:s, s:I, s:f, s:f}",
                                    "name",
                                    venue->audience[i].name,
                                    "seats",
                                    (json_int_t)r->area_seats[i],
                                    "area_m2",
                                    r->area_m2[i],
                                    "capacity",
                                    venue->audience[i].capacity));
  }
  json_t* const root = json_pack(
    "{s:s, s:s, s:b, s:I, s:I, s:o, s:o, s:o, s:b, s:f, s:f, s:I, s:I, s:I, "
    "s:I, s:f, s:o, s:o, s:o, s:o}",
    "venue",
    venue->name,
    "path",
    venue->path,
    "ok",
    fh_diag_count(diag, FH_DIAG_ERROR) == 0,
    "errors",
    (json_int_t)fh_diag_count(diag, FH_DIAG_ERROR),
    "warnings",
    (json_int_t)fh_diag_count(diag, FH_DIAG_WARNING),
    "findings",
    json_findings(diag),
    "low_m",
    json_point(r->low),
    "high_m",
    json_point(r->high),
    "closed",
    r->closed,
    "volume_m3",
    r->volume_m3,
    "surface_m2",
    r->surface_m2,
    "vertices",
    (json_int_t)r->n_vertices,
    "triangles",
    (json_int_t)r->n_triangles,
    "open_edges",
    (json_int_t)r->n_open_edges,
    "seats",
    (json_int_t)r->n_seats,
    "escaped_share",
    r->escaped_share,
    "holes",
    holes,
    "t60_s",
    json_octaves(r->t60_s, r->closed),
    "areas",
    areas,
    "materials",
    materials);
  fh_cli_print_json(root, 7);
}

static void
print_text(const FhVenue* const venue,
           const FhCheckReport* const r,
           const FhDiag* const diag)
{
  printf("%s\n", venue->name);
  printf("  size        %.2f x %.2f x %.2f m\n",
         r->high[0] - r->low[0],
         r->high[1] - r->low[1],
         r->high[2] - r->low[2]);
  if (r->closed) {
    printf("  volume      %.0f m3\n", r->volume_m3);
  } else {
    printf("  volume      open\n");
  }
  printf("  surface     %.0f m2 in %zu triangles, %zu open edges\n",
         r->surface_m2,
         r->n_triangles,
         r->n_open_edges);
  if (r->closed) {
    printf("  T60 (Eyring)");
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      printf(" %s Hz %.2f s%s",
             fh_octave_name(b),
             r->t60_s[b],
             b + 1 < FH_N_OCTAVES ? "," : "\n");
    }
  }
  for (size_t i = 0; i < r->n_audience; ++i) {
    printf("  audience    %s: %zu seats computed, %.0f persons on %.0f m2\n",
           venue->audience[i].name,
           r->area_seats[i],
           venue->audience[i].capacity,
           r->area_m2[i]);
  }
  for (size_t i = 0; i < r->n_materials; ++i) {
    printf("  surface     %-24s %8.1f m2  %s\n",
           venue->mesh.material_name[i],
           r->material_m2[i],
           venue->materials[i].name);
  }
  for (size_t i = 0; i < r->n_holes; ++i) {
    printf("  hole        near (%.2f, %.2f, %.2f), %.0f %% of what gets out\n",
           r->holes[i].at[0],
           r->holes[i].at[1],
           r->holes[i].at[2],
           100.0 * r->holes[i].share);
  }
  const size_t n_errors = fh_diag_count(diag, FH_DIAG_ERROR);
  const size_t n_warnings = fh_diag_count(diag, FH_DIAG_WARNING);
  printf("%zu error%s, %zu warning%s\n",
         n_errors,
         n_errors == 1 ? "" : "s",
         n_warnings,
         n_warnings == 1 ? "" : "s");
}

static int
run(const int argc, char** const argv)
{
  Options options = {fh_common_options_default(), NULL};
  fh_cli_parse(&check_argp, argc, argv, &options);

  FhDiag* const diag = fh_diag_new();
  FhVenue venue;
  FhCheckReport report;
  memset(&report, 0, sizeof report);
  FhStatus status =
    diag ? fh_venue_read(options.venue, &venue, diag) : FH_ERR_NO_MEM;
  if (status) {
    memset(&venue, 0, sizeof venue);
  } else {
    status = fh_check_venue(&venue, &report, diag);
  }
  if (!options.common.json || status) {
    fh_cli_print_diag(diag, options.common.quiet);
  }
  int code = FH_EXIT_OK;
  if (status) {
    code = (int)fh_cli_exit_code(status);
    if (!fh_diag_count(diag, FH_DIAG_ERROR)) {
      fh_cli_error("%s: %s", options.venue, fh_strerror(status));
    }
  } else {
    code = fh_diag_count(diag, FH_DIAG_ERROR) ? FH_EXIT_NO : FH_EXIT_OK;
    if (options.common.json) {
      print_json(&venue, &report, diag);
    } else {
      print_text(&venue, &report, diag);
    }
  }
  fh_check_clear(&report);
  fh_venue_clear(&venue);
  fh_diag_free(diag);
  return code;
}

const FhCommand fh_check_command = {"check",
                                    "Tell what is wrong or doubtful in a venue",
                                    &check_argp,
                                    run,
                                    NULL};
