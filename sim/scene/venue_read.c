// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_check.h"
#include "venue_input.h"

#include <fh/mesh.h>
#include <fh/polygon.h>
#include <fh/share.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define DEFAULT_NOISE "NC-30"

static FhStatus
fail_path(FhDiag* const diag, const char* const path, const char* const text)
{
  fh_diag_add(diag, FH_DIAG_ERROR, path, 0, 0, "%s", text);
  return FH_ERR_IO;
}

static bool
has_ending(const char* const path, const char* const ending)
{
  const size_t n = strlen(path);
  const size_t m = strlen(ending);
  return n > m && strcasecmp(path + n - m, ending) == 0;
}

/// Folder of a venue that comes with the program, by its name alone
static bool
find_bundled(const char* const name, char* const folder, const size_t size)
{
  if (!name[0] || strchr(name, '/')) {
    return false;
  }
  char file[1200];
  struct stat info;
  snprintf(file, sizeof(file), "%s/%s/venue.yaml", fh_share_folder(), name);
  return !stat(file, &info) &&
         snprintf(folder, size, "%s/%s", fh_share_folder(), name) < (int)size;
}

/// The venue file that a path means, and its folder
static FhStatus
find_file(const char* path, FhVenue* const venue, FhDiag* const diag)
{
  static const char* const models[] = {".obj",
                                       ".gltf",
                                       ".glb",
                                       ".dae",
                                       ".3ds",
                                       ".dxf",
                                       ".stl",
                                       ".ply",
                                       ".ifc",
                                       ".ac"};
  struct stat info;
  char bundled[sizeof(venue->path)];
  if (stat(path, &info) && errno == ENOENT &&
      find_bundled(path, bundled, sizeof(bundled))) {
    path = bundled;
  }
  if (strlen(path) > sizeof(venue->path) - 16) {
    return fail_path(diag, path, "the path is too long; move the folder");
  }
  if (stat(path, &info)) {
    char text[200];
    snprintf(text,
             sizeof(text),
             "cannot be opened: %s; give a venue file, a folder that holds "
             "venue.yaml, or the name of a venue that comes with fullhouse",
             strerror(errno));
    return fail_path(diag, path, text);
  }
  if (S_ISDIR(info.st_mode)) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
      --n;
    }
    snprintf(venue->folder, sizeof(venue->folder), "%.*s", (int)n, path);
    const int m = snprintf(venue->path,
                           sizeof(venue->path),
                           "%s%svenue.yaml",
                           venue->folder,
                           strcmp(venue->folder, "/") == 0 ? "" : "/");
    if (m < 0 || stat(venue->path, &info)) {
      return fail_path(diag,
                       path,
                       "this folder holds no venue.yaml; name the venue file, "
                       "or make a venue with `fullhouse import MODEL -o DIR`");
    }
    return FH_OK;
  }
  for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); ++i) {
    if (has_ending(path, models[i])) {
      return fail_path(diag,
                       path,
                       "this is a model, not a venue; turn it into one with "
                       "`fullhouse import MODEL -o DIR`");
    }
  }
  snprintf(venue->path, sizeof(venue->path), "%s", path);
  const char* const slash = strrchr(path, '/');
  if (!slash) {
    snprintf(venue->folder, sizeof(venue->folder), ".");
  } else {
    const size_t n = slash == path ? 1 : (size_t)(slash - path);
    snprintf(venue->folder, sizeof(venue->folder), "%.*s", (int)n, path);
  }
  return FH_OK;
}

/// Path of a file that a venue refers to; false when it is too long
static bool
join_path(const FhVenue* const venue,
          const char* const file,
          char* const path,
          const size_t size)
{
  const int n = file[0] == '/'
                  ? snprintf(path, size, "%s", file)
                  : snprintf(path, size, "%s/%s", venue->folder, file);
  return n >= 0 && (size_t)n < size;
}

static FhStatus
load_geometry_file(FhVenueInput* const input,
                   FhKeyReader* const reader,
                   const FhYamlNode* const geometry)
{
  char path[2200];
  FhVenue* const venue = &input->venue;
  const FhYamlNode* const node = fh_yaml_get(geometry, "file");
  if (!join_path(venue, input->geometry_file, path, sizeof(path))) {
    fh_keys_error(reader, node, "the path is too long; move the folder");
    return FH_ERR_INVALID_DATA;
  }
  struct stat info;
  if (stat(path, &info) || !S_ISREG(info.st_mode)) {
    fh_keys_error(reader,
                  node,
                  "geometry '%s' is not there; file names are relative to the "
                  "venue file, check the name",
                  path);
    return FH_ERR_IO;
  }
  FhMeshOptions options = fh_mesh_options_default();
  // What the author does not say, the file may know
  if (fh_yaml_get(geometry, "units")) {
    options.unit_m = fh_length_units_m[input->geometry_unit];
  }
  if (fh_yaml_get(geometry, "up")) {
    options.up = input->geometry_up ? 'y' : 'z';
  }
  const FhStatus status =
    fh_mesh_read(path, &options, &venue->mesh, reader->diag);
  if (status == FH_OK) {
    venue->hash = fh_hash_file(venue->hash, path);
  }
  return status;
}

/// Index of a material name of the mesh, added where it is new
static uint32_t
mesh_material(FhMesh* const mesh, const char* const name)
{
  for (uint32_t i = 0; i < mesh->n_materials; ++i) {
    if (strcmp(mesh->material_name[i], name) == 0) {
      return i;
    }
  }
  snprintf(mesh->material_name[mesh->n_materials], FH_NAME_SIZE, "%s", name);
  return (uint32_t)mesh->n_materials++;
}

static FhStatus
build_faces(FhVenueInput* const input)
{
  FhMesh* const mesh = &input->venue.mesh;
  const double unit = fh_length_units_m[input->geometry_unit];
  size_t n = 0;
  for (size_t i = 0; i < input->n_faces; ++i) {
    n += input->faces[i].n_points;
  }
  mesh->vertex = (double(*)[3])calloc(n + 1, sizeof(*mesh->vertex));
  mesh->triangle = (uint32_t(*)[3])calloc(n + 1, sizeof(*mesh->triangle));
  mesh->material = (uint32_t*)calloc(n + 1, sizeof(*mesh->material));
  mesh->material_name = (char(*)[FH_NAME_SIZE])calloc(
    input->n_faces + 1, sizeof(*mesh->material_name));
  if (!mesh->vertex || !mesh->triangle || !mesh->material ||
      !mesh->material_name) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < input->n_faces; ++i) {
    const FhFaceInput* const face = &input->faces[i];
    const uint32_t first = (uint32_t)mesh->n_vertices;
    for (size_t j = 0; j < face->n_points; ++j) {
      const double* const p = face->point[j];
      double* const v = mesh->vertex[mesh->n_vertices++];
      v[0] = unit * p[0];
      v[1] = unit * (input->geometry_up ? -p[2] : p[1]);
      v[2] = unit * (input->geometry_up ? p[1] : p[2]);
    }
    size_t n_triangles = 0;
    const FhStatus status =
      fh_polygon_triangulate((const double(*)[3])face->point,
                             face->n_points,
                             mesh->triangle + mesh->n_triangles,
                             &n_triangles);
    if (status) {
      return status;
    }
    const uint32_t material = mesh_material(mesh, face->material);
    for (size_t j = 0; j < n_triangles; ++j) {
      for (size_t k = 0; k < 3; ++k) {
        mesh->triangle[mesh->n_triangles][k] += first;
      }
      mesh->material[mesh->n_triangles++] = material;
    }
  }
  return FH_OK;
}

static FhStatus
load_geometry(FhVenueInput* const input,
              FhKeyReader* const reader,
              const FhYamlNode* const root)
{
  const FhYamlNode* const node = fh_yaml_get(root, "geometry");
  const FhYamlNode* const file = fh_yaml_get(node, "file");
  if (file && input->n_faces) {
    fh_keys_error(reader,
                  fh_yaml_get(node, "faces")->key,
                  "the geometry has both 'file' and 'faces'; keep one");
    return FH_ERR_INVALID_DATA;
  }
  if (file) {
    return load_geometry_file(input, reader, node);
  }
  if (!input->n_faces) {
    fh_keys_error(reader,
                  node,
                  "the geometry is empty; give 'file: MODEL', or 'faces' with "
                  "polygons");
    return FH_ERR_INVALID_DATA;
  }
  return build_faces(input);
}

/// Hash of files beside the venue that the loudspeakers name
static void
hash_models(FhVenue* const venue)
{
  char path[2200];
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    const FhLoudspeaker* const l = &venue->loudspeakers[i];
    if (join_path(venue, l->model, path, sizeof(path))) {
      venue->hash = fh_hash_file(venue->hash, path);
    }
    if (l->fir[0] && join_path(venue, l->fir, path, sizeof(path))) {
      venue->hash = fh_hash_file(venue->hash, path);
    }
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    if (join_path(venue, venue->arrays[i].box, path, sizeof(path))) {
      venue->hash = fh_hash_file(venue->hash, path);
    }
  }
}

/// The folder's last part, where the file gives no name
static void
default_name(FhVenue* const venue)
{
  if (venue->name[0]) {
    return;
  }
  const char* const slash = strrchr(venue->folder, '/');
  const char* const last = slash ? slash + 1 : venue->folder;
  const bool named = *last && strcmp(last, ".") != 0 && strcmp(last, "..") != 0;
  snprintf(venue->name, sizeof(venue->name), "%.63s", named ? last : "venue");
}

static FhStatus
check_form(const FhYaml* const yaml, FhDiag* const diag)
{
  const FhYamlNode* const root = fh_yaml_root(yaml);
  if (root->kind == FH_YAML_MAP && fh_yaml_get(root, "fullhouse")) {
    return FH_OK;
  }
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              fh_yaml_name(yaml),
              root->line,
              root->column,
              "this is not a venue file: the key 'fullhouse: 1' is missing; "
              "add it as the first line, or name another file");
  return FH_ERR_FORMAT;
}

static FhStatus
read_tree(const FhYaml* const yaml,
          FhVenueInput* const input,
          FhDiag* const diag)
{
  FhVenue* const venue = &input->venue;
  const FhYamlNode* const root = fh_yaml_root(yaml);
  FhKeyReader reader = {.file = fh_yaml_name(yaml), .diag = diag};
  FhStatus status = check_form(yaml, diag);
  if (status) {
    return status;
  }
  input->occupancy = 1.0;
  fh_keys_read(&reader, &fh_venue_section, root, input);
  if (!reader.no_memory && !reader.n_errors) {
    fh_venue_check_names(&reader, root, input);
  }
  if (reader.no_memory) {
    return FH_ERR_NO_MEM;
  }
  if (reader.n_errors) {
    return FH_ERR_INVALID_DATA;
  }
  default_name(venue);
  if (!input->has_noise) {
    fh_noise_curve(DEFAULT_NOISE, venue->noise_db);
  }

  size_t size = 0;
  const char* const text = fh_yaml_text(yaml, &size);
  venue->hash = fh_hash_bytes(FH_HASH_START, text, size);
  status = load_geometry(input, &reader, root);
  if (!status) {
    status = fh_venue_check_size(&reader, root, input);
  }
  if (!status) {
    status = fh_venue_assign_materials(&reader, root, input);
  }
  if (!status) {
    fh_venue_check_audience(&reader, root, input);
    hash_models(venue);
    status = reader.n_errors ? FH_ERR_INVALID_DATA : FH_OK;
  }
  return status;
}

FhStatus
fh_venue_read_yaml(const FhYaml* const yaml,
                   FhVenueInput* const input,
                   FhVenue* const out,
                   FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  const FhStatus status = read_tree(yaml, input, diag);
  if (!status) {
    *out = input->venue;
    memset(&input->venue, 0, sizeof(input->venue));
  }
  return status;
}

FhStatus
fh_venue_read(const char* const path, FhVenue* const out, FhDiag* const diag)
{
  memset(out, 0, sizeof(*out));
  FhVenueInput* const input = (FhVenueInput*)calloc(1, sizeof(FhVenueInput));
  if (!input) {
    return FH_ERR_NO_MEM;
  }
  FhYaml* yaml = NULL;
  FhStatus status = find_file(path, &input->venue, diag);
  status = status ? status : fh_yaml_read(input->venue.path, &yaml, diag);
  status = status ? status : fh_venue_read_yaml(yaml, input, out, diag);
  fh_venue_input_clear(input);
  free(input);
  fh_yaml_free(yaml);
  return status;
}
