// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <fh/check.h>
#include <fh/import.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  FhCommonOptions common;
  const char* model;
  const char* folder;
  FhMeshOptions mesh;
} Options;

enum { KEY_UNITS = 0x2000, KEY_UP };

static const struct argp_option import_options[] = {
  {"output", 'o', "DIR", 0, "Venue folder to make or bring up to date", 0},
  {"units",
   KEY_UNITS,
   "UNIT",
   0,
   "Unit of the model: m, cm, mm, in, ft (default: what the file says, else m)",
   0},
  {"up",
   KEY_UP,
   "AXIS",
   0,
   "Upward axis of the model: y or z (default: as its format says, else z)",
   0},
  {0}};

static error_t
parse(int key, char* arg, struct argp_state* state)
{
  Options* const options = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &options->common;
    return 0;
  case 'o':
    options->folder = arg;
    return 0;
  case KEY_UNITS:
    options->mesh.unit_m = fh_mesh_unit_m(arg);
    if (!(options->mesh.unit_m > 0.0)) {
      argp_error(state, "--units is m, cm, mm, in or ft, not '%s'", arg);
    }
    return 0;
  case KEY_UP:
    if (strcmp(arg, "y") != 0 && strcmp(arg, "z") != 0) {
      argp_error(state, "--up is y or z, not '%s'", arg);
    }
    options->mesh.up = arg[0];
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "model", arg, &options->model);
    return 0;
  case ARGP_KEY_END:
    if (!options->model) {
      argp_error(state, "give a MODEL file");
    }
    if (!options->folder) {
      argp_error(state, "give the folder to write: -o DIR");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp import_argp = {
  import_options,
  parse,
  "MODEL -o DIR",
  "Turn a model file into a venue folder.\v"
  "Reads ac obj gltf glb dae 3ds dxf stl ply ifc. Writes DIR/model.ac and "
  "DIR/venue.yaml with every surface, a guess at its material, and a first "
  "loudspeaker and microphone. Import again after changing the model: "
  "assignments are kept by name.",
  fh_common_children,
  0,
  0};

static const char* const how_words[] = {"guessed from the name",
                                        "a stopgap, choose one",
                                        "as before"};

static void
print_text(const FhImportReport* const r, const FhCheckReport* const c)
{
  printf("%s\n", r->venue);
  printf("  size       %.2f x %.2f x %.2f m\n",
         r->high[0] - r->low[0],
         r->high[1] - r->low[1],
         r->high[2] - r->low[2]);
  if (c->closed) {
    printf("  volume     %.0f m3\n", c->volume_m3);
  } else {
    printf("  volume     open\n");
  }
  printf("  faces      %zu triangles, %zu open edges\n",
         c->n_triangles,
         c->n_open_edges);
  for (size_t i = 0; i < r->n_surfaces; ++i) {
    const FhImportSurface* const s = &r->surfaces[i];
    printf("  surface    %-24s %8.1f m2  %-24s %s\n",
           s->name,
           s->area_m2,
           s->library[0] ? s->library : "(own numbers)",
           how_words[s->how]);
  }
  for (size_t i = 0; i < r->n_gone; ++i) {
    printf("  gone       %-24s its assignment is kept\n", r->gone[i]);
  }
  for (size_t i = 0; i < c->n_holes; ++i) {
    printf("  hole       near (%.2f, %.2f, %.2f)\n",
           c->holes[i].at[0],
           c->holes[i].at[1],
           c->holes[i].at[2]);
  }
}

static void
print_json(const FhImportReport* const r, const FhCheckReport* const c)
{
  static const char* const words[] = {"name", "stopgap", "before"};
  json_t* const surfaces = json_array();
  for (size_t i = 0; i < r->n_surfaces; ++i) {
    const FhImportSurface* const s = &r->surfaces[i];
    json_array_append_new(surfaces,
                          json_pack("{s:s, s:f, s:s, s:s}",
                                    "name",
                                    s->name,
                                    "area_m2",
                                    s->area_m2,
                                    "material",
                                    s->library,
                                    "assigned",
                                    words[s->how]));
  }
  json_t* const gone = json_array();
  for (size_t i = 0; i < r->n_gone; ++i) {
    json_array_append_new(gone, json_string(r->gone[i]));
  }
  json_t* const holes = json_array();
  for (size_t i = 0; i < c->n_holes; ++i) {
    json_array_append_new(
      holes,
      json_pack(
        "[fff]", c->holes[i].at[0], c->holes[i].at[1], c->holes[i].at[2]));
  }
  json_t* const root =
    json_pack("{s:s, s:b, s:[fff], s:[fff], s:f, s:b, s:I, s:I, s:o, s:o, s:o}",
              "venue",
              r->venue,
              "again",
              r->again,
              "low_m",
              r->low[0],
              r->low[1],
              r->low[2],
              "high_m",
              r->high[0],
              r->high[1],
              r->high[2],
              "volume_m3",
              c->volume_m3,
              "closed",
              c->closed,
              "triangles",
              (json_int_t)c->n_triangles,
              "open_edges",
              (json_int_t)c->n_open_edges,
              "surfaces",
              surfaces,
              "gone",
              gone,
              "holes",
              holes);
  fh_cli_print_json(root, 7);
}

/// Take back a venue that turned out to be no good
static void
undo(const FhImportReport* const r, const char* const folder)
{
  char path[1100];
  (void)snprintf(path, sizeof path, "%s/model.ac", folder);
  (void)remove(r->venue);
  (void)remove(path);
  (void)rmdir(folder); // Fails where there is something else
}

static int
run(const int argc, char** const argv)
{
  Options options = {
    fh_common_options_default(), NULL, NULL, fh_mesh_options_default()};
  fh_cli_parse(&import_argp, argc, argv, &options);

  FhDiag* const diag = fh_diag_new();
  FhImportReport report;
  FhCheckReport check;
  FhVenue venue;
  memset(&report, 0, sizeof report);
  memset(&check, 0, sizeof check);
  memset(&venue, 0, sizeof venue);
  FhStatus status =
    diag
      ? fh_import(options.model, options.folder, &options.mesh, &report, diag)
      : FH_ERR_NO_MEM;
  // What was written has to be good to work with
  status = status ? status : fh_venue_read(report.venue, &venue, diag);
  status = status ? status : fh_check_venue(&venue, &check, diag);
  if (status && report.venue[0] && !report.again) {
    undo(&report, options.folder);
  }
  fh_cli_print_diag(diag, options.common.quiet);
  if (status && report.venue[0] && !report.again) {
    fh_cli_say(&options.common,
               "Nothing was kept; give --units or --up if the size is wrong");
  }
  if (status && !fh_diag_count(diag, FH_DIAG_ERROR)) {
    fh_cli_error("%s: %s", options.model, fh_strerror(status));
  }
  if (!status) {
    if (options.common.json) {
      print_json(&report, &check);
    } else {
      print_text(&report, &check);
    }
    fh_cli_say(&options.common,
               "Assign materials in %s, then: fullhouse check %s",
               report.venue,
               options.folder);
  }
  fh_check_clear(&check);
  fh_import_clear(&report);
  fh_venue_clear(&venue);
  fh_diag_free(diag);
  return (int)fh_cli_exit_code(status);
}

const FhCommand fh_import_command = {"import",
                                     "Turn a model file into a venue folder",
                                     &import_argp,
                                     run,
                                     NULL};
