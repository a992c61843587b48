// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <fh/import.h>
#include <fh/polygon.h>
#include <fh/yaml.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// What stands for a surface whose name says nothing
#define STOPGAP "plaster_on_brick"

#define MODEL_NAME "model.ac"

/// Places tried for the first loudspeaker, per axis
#define N_PLACES 12U

/// Text that grows; `good` is false once memory ran out
typedef struct {
  char* at;
  size_t n, room;
  bool good;
} Text;

static void
put_bytes(Text* const text, const char* const bytes, const size_t n)
{
  if (text->good && text->n + n + 1 > text->room) {
    const size_t room = 2 * (text->n + n + 1);
    char* const grown = (char*)realloc(text->at, room);
    text->good = grown != NULL;
    text->at = grown ? grown : text->at;
    text->room = grown ? room : text->room;
  }
  if (text->good && text->at) {
    memcpy(text->at + text->n, bytes, n);
    text->n += n;
    text->at[text->n] = '\0';
  }
}

static void
put(Text* const text, const char* const line)
{
  put_bytes(text, line, strlen(line));
}

/// A name between quotes, as YAML and JSON both read it
static void
put_quoted(Text* const text, const char* const name)
{
  put(text, "\"");
  for (const char* c = name; *c; ++c) {
    if (*c == '"' || *c == '\\') {
      put(text, "\\");
    }
    put_bytes(text, c, 1);
  }
  put(text, "\"");
}

static FhStatus
write_text(const Text* const text, const char* const path, FhDiag* const diag)
{
  if (!text->good) {
    return FH_ERR_NO_MEM;
  }
  char temporary[1200];
  (void)snprintf(
    temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
  FILE* const f = fopen(temporary, "w");
  bool good = f && fwrite(text->at, 1, text->n, f) == text->n;
  good = f && fclose(f) == 0 && good;
  if (good && rename(temporary, path) == 0) {
    return FH_OK;
  }
  fh_diag_add(
    diag, FH_DIAG_ERROR, path, 0, 0, "cannot be written: %s", strerror(errno));
  if (f) {
    remove(temporary);
  }
  return FH_ERR_IO;
}

// --- what is in the model -------------------------------------------------

static FhStatus
list_surfaces(const FhMesh* const mesh, FhImportReport* const out)
{
  out->surfaces =
    (FhImportSurface*)calloc(mesh->n_materials + 1, sizeof *out->surfaces);
  if (!out->surfaces) {
    return FH_ERR_NO_MEM;
  }
  out->n_surfaces = mesh->n_materials;
  for (size_t i = 0; i < mesh->n_materials; ++i) {
    FhImportSurface* const s = &out->surfaces[i];
    memcpy(s->name, mesh->material_name[i], sizeof s->name);
    const char* const guess = fh_material_guess(s->name);
    s->how = guess ? FH_ASSIGNED_BY_NAME : FH_ASSIGNED_BLIND;
    (void)snprintf(
      s->library, sizeof s->library, "%s", guess ? guess : STOPGAP);
  }
  for (size_t k = 0; k < 3; ++k) {
    out->low[k] = 1e30;
    out->high[k] = -1e30;
  }
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    double p[3][3];
    double n[3];
    for (size_t i = 0; i < 3; ++i) {
      memcpy(p[i], mesh->vertex[mesh->triangle[t][i]], sizeof p[i]);
      for (size_t k = 0; k < 3; ++k) {
        out->low[k] = fmin(out->low[k], p[i][k]);
        out->high[k] = fmax(out->high[k], p[i][k]);
      }
    }
    out->surfaces[mesh->material[t]].area_m2 +=
      fh_polygon_area((const double(*)[3])p, 3, n);
  }
  return FH_OK;
}

// --- a first loudspeaker and microphone -----------------------------------

/// A place in the room, and how much air is around it
typedef struct {
  double at[3];
  double room_m;
} Place;

/// Air around a point; negative when it is not enclosed
static double
air_around(const FhRaycaster* const caster, const float at[3])
{
  float nearest = 1e6f;
  size_t misses = 0;
  for (size_t i = 0; i < 32; ++i) {
    float d[3];
    FhHit hit;
    even_direction(i, 32, d);
    fh_raycast(caster, at, d, 0.0f, 1e6f, &hit);
    misses += hit.triangle == FH_NO_HIT;
    nearest =
      hit.triangle == FH_NO_HIT ? nearest : fminf(nearest, hit.distance_m);
  }
  return misses > 3 ? -1.0 : (double)nearest;
}

/// Places 1.5 m over a floor
static size_t
find_places(const FhScene* const scene,
            const FhRaycaster* const caster,
            Place places[N_PLACES * N_PLACES * N_PLACES])
{
  static const float down[3] = {0.0f, 0.0f, -1.0f};
  size_t n = 0;
  for (size_t i = 0; i < (size_t)N_PLACES * N_PLACES * N_PLACES; ++i) {
    const size_t cell[3] = {
      i % N_PLACES, i / N_PLACES % N_PLACES, i / N_PLACES / N_PLACES};
    float at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = scene->low[k] + (scene->high[k] - scene->low[k]) *
                                ((float)cell[k] + 0.5f) / (float)N_PLACES;
    }
    FhHit hit;
    fh_raycast(caster, at, down, 0.0f, 1e6f, &hit);
    if (hit.triangle == FH_NO_HIT) {
      continue;
    }
    at[2] += 1.5f - hit.distance_m;
    const double air = air_around(caster, at);
    if (air > 0.2) {
      fh_scene_to_world(scene, at, places[n].at);
      places[n++].room_m = fmin(air, 1.4);
    }
  }
  return n;
}

/// Two places with air around them, far from each other; false in the open
static bool
choose_places(const FhMesh* const mesh, double source[3], double microphone[3])
{
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  venue.mesh = *mesh;
  venue.air = fh_air_default();
  venue.materials =
    (FhMaterial*)calloc(mesh->n_materials + 1, sizeof(FhMaterial));
  Place* const places =
    (Place*)malloc((size_t)N_PLACES * N_PLACES * N_PLACES * sizeof *places);
  FhScene scene;
  FhRaycaster* caster = NULL;
  size_t n = 0;
  if (venue.materials && places && !fh_scene_build(&venue, &scene, NULL)) {
    if (!fh_raycaster_new(&scene, 1, &caster)) {
      n = find_places(&scene, caster, places);
    }
    fh_raycaster_free(caster);
    fh_scene_clear(&scene);
  }
  double best = -1.0;
  for (size_t i = 0; i < n; ++i) {
    // From the middle to one end, where a stage would be
    for (size_t j = 0; j < n; j += n / 64 + 1) {
      const double d = hypot(places[i].at[0] - places[j].at[0],
                             places[i].at[1] - places[j].at[1]);
      const double score =
        (places[i].room_m + places[j].room_m) * sqrt(d + 0.1);
      if (score > best) {
        best = score;
        memcpy(source, places[i].at, 3 * sizeof(double));
        memcpy(microphone, places[j].at, 3 * sizeof(double));
      }
    }
  }
  free(venue.materials);
  free(places);
  return n > 0;
}

// --- a new venue file -----------------------------------------------------

static void
put_surface(Text* const text, const FhImportSurface* const s)
{
  put_quoted(text, s->name);
  put(text, ": ");
  put(text, s->library);
}

static bool
is_audience(const FhImportSurface* const s)
{
  char low[FH_NAME_SIZE];
  for (size_t i = 0; i < sizeof low; ++i) {
    const char c = s->name[i];
    low[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
  }
  return s->area_m2 > 5.0 && (strstr(low, "audience") || strstr(low, "crowd") ||
                              strstr(low, "publikum"));
}

static void
put_new_venue(Text* const text,
              const FhImportReport* const r,
              const char* const model,
              const FhMesh* const mesh)
{
  char line[400];
  const char* const slash = strrchr(model, '/');
  const char* const file = slash ? slash + 1 : model;
  const char* const dot = strrchr(file, '.');
  char name[FH_NAME_SIZE];
  (void)snprintf(name, sizeof name, "%.*s", (int)(dot ? dot - file : 20), file);
  put(text, "# Made by `fullhouse import` from ");
  put(text, file);
  put(text,
      "; yours to edit. Importing again replaces\n# the model and keeps what "
      "is written here; `fullhouse check` tells what is doubtful.\n"
      "fullhouse: 1\nname: ");
  put_quoted(text, name);
  put(text,
      "\ngeometry: {file: " MODEL_NAME
      ", units: m, up: y}\nmaterials:             # surface of the model: "
      "entry of the library\n");
  for (size_t i = 0; i < r->n_surfaces; ++i) {
    const FhImportSurface* const s = &r->surfaces[i];
    put(text, "  ");
    put_surface(text, s);
    (void)snprintf(line,
                   sizeof line,
                   "  # %s, %.1f m2\n",
                   s->how == FH_ASSIGNED_BY_NAME ? "guessed from the name"
                                                 : "a stopgap: choose one",
                   s->area_m2);
    put(text, line);
  }
  bool any = false;
  for (size_t i = 0; i < r->n_surfaces; ++i) {
    const FhImportSurface* const s = &r->surfaces[i];
    if (is_audience(s)) {
      put(text, any ? "" : "audience:  # guessed from names: check\n");
      any = true;
      put(text, "  - {name: ");
      put_quoted(text, s->name);
      put(text, ", surface: ");
      put_quoted(text, s->name);
      (void)snprintf(line,
                     sizeof line,
                     ", posture: standing, capacity: %.0f, spacing_m: 1.0}\n",
                     fmax(floor(2.0 * s->area_m2), 1.0));
      put(text, line);
    }
  }
  if (!any) {
    put(text,
        "# audience:  # a surface of the model, or corners of a polygon\n"
        "#   - {name: floor, surface: SURFACE, posture: seated, seat: medium, "
        "capacity: 100}\n");
  }
  double source[3] = {0.0, 0.0, 0.0};
  double microphone[3] = {0.0, 0.0, 0.0};
  if (choose_places(mesh, source, microphone)) {
    (void)snprintf(line,
                   sizeof line,
                   "system:    # a first loudspeaker and microphone: move "
                   "them\n  loudspeakers:\n    - {name: S1, model: omni, at: "
                   "[%.2f, %.2f, %.2f]}\nmicrophones:\n  - {name: M1, at: "
                   "[%.2f, %.2f, %.2f]}\n",
                   source[0],
                   source[1],
                   source[2],
                   microphone[0],
                   microphone[1],
                   microphone[2]);
  } else {
    (void)snprintf(line,
                   sizeof line,
                   "open_air: true  # nothing encloses the model\nsystem:\n  "
                   "loudspeakers:\n    - {name: S1, model: omni, at: [%.2f, "
                   "%.2f, %.2f]}\nmicrophones:\n  - {name: M1, at: [%.2f, "
                   "%.2f, %.2f]}\n",
                   0.75 * r->low[0] + 0.25 * r->high[0],
                   0.5 * (r->low[1] + r->high[1]),
                   r->high[2] + 3.0,
                   0.25 * r->low[0] + 0.75 * r->high[0],
                   0.5 * (r->low[1] + r->high[1]),
                   r->high[2] + 1.5);
  }
  put(text, line);
}

// --- a venue file that was there ------------------------------------------

/// Compare the assignments of the file with the surfaces of the model
static FhStatus
match_old(const FhYamlNode* const map, FhImportReport* const r)
{
  r->gone =
    (char(*)[FH_NAME_SIZE])calloc(map ? map->n_items + 1 : 1, sizeof *r->gone);
  if (!r->gone) {
    return FH_ERR_NO_MEM;
  }
  for (const FhYamlNode* v = map ? map->first : NULL; v; v = v->next) {
    const char* const name = v->key && v->key->text ? v->key->text : "";
    bool found = false;
    for (size_t i = 0; i < r->n_surfaces; ++i) {
      FhImportSurface* const s = &r->surfaces[i];
      if (!strcmp(s->name, name)) {
        found = true;
        s->how = FH_ASSIGNED_BEFORE;
        (void)snprintf(s->library,
                       sizeof s->library,
                       "%s",
                       v->kind == FH_YAML_SCALAR ? v->text : "");
      }
    }
    if (!found) {
      (void)snprintf(r->gone[r->n_gone++], sizeof *r->gone, "%s", name);
    }
  }
  return FH_OK;
}

/// The old text with a line for each new surface
static void
put_old_venue(Text* const text,
              const char* const old,
              const size_t size,
              const FhYamlNode* const map,
              const FhImportReport* const r)
{
  // New lines go before the first old one, indented like it
  size_t at = size;
  size_t indent = 2;
  const bool flow = map && map->flow;
  if (map && map->first && map->first->key) {
    at = map->first->key->begin;
    if (!flow) {
      while (at > 0 && old[at - 1] != '\n') {
        --at;
      }
      indent = map->first->key->begin - at;
    }
  }
  put_bytes(text, old, at);
  if (!map) {
    put(text,
        size && old[size - 1] != '\n' ? "\nmaterials:\n" : "materials:\n");
  }
  for (size_t i = 0; i < r->n_surfaces; ++i) {
    if (r->surfaces[i].how == FH_ASSIGNED_BEFORE) {
      continue;
    }
    for (size_t k = 0; k < indent && !flow; ++k) {
      put(text, " ");
    }
    put_surface(text, &r->surfaces[i]);
    put(text, flow ? ", " : "  # new in the model: check\n");
  }
  put_bytes(text, old + at, size - at);
}

static FhStatus
update_venue(const char* const path,
             Text* const text,
             FhImportReport* const out,
             FhDiag* const diag)
{
  FhYaml* yaml = NULL;
  FhStatus status = fh_yaml_read(path, &yaml, diag);
  if (status) {
    return status;
  }
  const FhYamlNode* const root = fh_yaml_root(yaml);
  const FhYamlNode* const geometry = fh_yaml_get(root, "geometry");
  const FhYamlNode* const file = fh_yaml_get(geometry, "file");
  const FhYamlNode* const map = fh_yaml_get(root, "materials");
  if (!file || file->kind != FH_YAML_SCALAR ||
      strcmp(file->text, MODEL_NAME) != 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                geometry && geometry->key ? geometry->key->line : 1,
                geometry && geometry->key ? geometry->key->column : 1,
                "this venue's geometry is not " MODEL_NAME
                ": an import would not be seen; give another folder");
    status = FH_ERR_MISMATCH;
  } else if (map && (map->kind != FH_YAML_MAP || !map->first)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                map->line,
                map->column,
                "`materials` is no table of surfaces; write one, or delete "
                "the line");
    status = FH_ERR_FORMAT;
  }
  status = status ? status : match_old(map, out);
  if (!status) {
    size_t size = 0;
    const char* const old = fh_yaml_text(yaml, &size);
    put_old_venue(text, old, size, map, out);
  }
  fh_yaml_free(yaml);
  return status;
}

FhStatus
fh_import(const char* const model,
          const char* const folder,
          const FhMeshOptions* const options,
          FhImportReport* const out,
          FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhMesh mesh;
  FhStatus status = fh_mesh_read(model, options, &mesh, diag);
  if (status) {
    return status;
  }
  Text text = {NULL, 0, 0, true};
  char path[1100];
  struct stat st;
  const int n =
    snprintf(out->venue, sizeof out->venue, "%s/venue.yaml", folder);
  if (n < 0 || (size_t)n >= 1000) {
    fh_diag_add(diag, FH_DIAG_ERROR, folder, 0, 0, "is too long a name");
    status = FH_ERR_IO;
    goto done;
  }
  (void)snprintf(path, sizeof path, "%s/" MODEL_NAME, folder);
  status = list_surfaces(&mesh, out);
  if (!status && mkdir(folder, 0777) != 0 && errno != EEXIST) {
    fh_diag_add(
      diag, FH_DIAG_ERROR, folder, 0, 0, "cannot be made: %s", strerror(errno));
    status = FH_ERR_IO;
  }
  if (!status && stat(out->venue, &st) == 0) {
    out->again = true;
    status = update_venue(out->venue, &text, out, diag);
  } else if (!status) {
    put_new_venue(&text, out, model, &mesh);
  }
  // The model first: without it a venue file is of no use
  status = status ? status : fh_mesh_write(&mesh, path, diag);
  status = status ? status : write_text(&text, out->venue, diag);

done:
  free(text.at);
  fh_mesh_clear(&mesh);
  if (status) {
    fh_import_clear(out);
  }
  return status;
}

void
fh_import_clear(FhImportReport* const report)
{
  free(report->surfaces);
  free(report->gone);
  memset(report, 0, sizeof *report);
}
