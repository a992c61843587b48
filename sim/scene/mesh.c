// SPDX-License-Identifier: GPL-3.0-or-later

#include <fh/mesh.h>
#include <fh/polygon.h>

#include <stdlib.h>
#include <string.h>

/// More than this and 32-bit indices or memory give out anyway
#define MAX_ITEMS 200000000U

#define MAX_CORNERS 1000U

FhMeshOptions
fh_mesh_options_default(void)
{
  const FhMeshOptions options = {0.0, 0};
  return options;
}

double
fh_mesh_unit_m(const char* const name)
{
  static const struct {
    const char* name;
    double metres;
  } units[] = {
    {"m", 1.0},
    {"metre", 1.0},
    {"metres", 1.0},
    {"meter", 1.0},
    {"meters", 1.0},
    {"cm", 0.01},
    {"mm", 0.001},
    {"millimetre", 1e-3},
    {"millimetres", 1e-3},
    {"millimeter", 1e-3},
    {"millimeters", 1e-3},
    {"centimetre", 0.01},
    {"centimetres", 0.01},
    {"centimeter", 0.01},
    {"centimeters", 0.01},
    {"km", 1000.0},
    {"in", 0.0254},
    {"inch", 0.0254},
    {"inches", 0.0254},
    {"ft", 0.3048},
    {"foot", 0.3048},
    {"feet", 0.3048},
    {"yd", 0.9144},
    {"yard", 0.9144},
    {"yards", 0.9144},
  };
  for (size_t i = 0; i < sizeof units / sizeof units[0]; ++i) {
    if (!strcmp(units[i].name, name)) {
      return units[i].metres;
    }
  }
  return 0.0;
}

void
fh_mesh_clear(FhMesh* const mesh)
{
  free(mesh->vertex);
  free(mesh->triangle);
  free(mesh->material);
  free(mesh->material_name);
  memset(mesh, 0, sizeof *mesh);
}

/// Copy of `n` items of `size` bytes; an empty array is a null pointer
static bool
copy_array(const void* const from, const size_t n, const size_t size, void** to)
{
  *to = NULL;
  if (n) {
    *to = malloc(n * size);
    if (*to) {
      memcpy(*to, from, n * size);
    }
  }
  return !n || *to;
}

FhStatus
fh_mesh_copy(const FhMesh* const mesh, FhMesh* const out)
{
  void* parts[4] = {NULL, NULL, NULL, NULL};
  const bool good =
    copy_array(
      mesh->vertex, mesh->n_vertices, sizeof *mesh->vertex, &parts[0]) &
    copy_array(
      mesh->triangle, mesh->n_triangles, sizeof *mesh->triangle, &parts[1]) &
    copy_array(
      mesh->material, mesh->n_triangles, sizeof *mesh->material, &parts[2]) &
    copy_array(mesh->material_name,
               mesh->n_materials,
               sizeof *mesh->material_name,
               &parts[3]);
  *out = *mesh;
  out->vertex = (double(*)[3])parts[0];
  out->triangle = (uint32_t(*)[3])parts[1];
  out->material = (uint32_t*)parts[2];
  out->material_name = (char(*)[FH_NAME_SIZE])parts[3];
  if (!good) {
    fh_mesh_clear(out);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

void
fh_mesh_builder_clear(FhMeshBuilder* const builder)
{
  fh_mesh_clear(&builder->mesh);
  free(builder->scratch);
  memset(builder, 0, sizeof *builder);
}

void
fh_mesh_builder_finish(FhMeshBuilder* const builder, FhMesh* const out)
{
  *out = builder->mesh;
  memset(&builder->mesh, 0, sizeof builder->mesh);
  fh_mesh_builder_clear(builder);
}

/// Room to allocate for one more than `n`, 0 when the limit is reached
static size_t
grown_size(const size_t n)
{
  return n >= MAX_ITEMS ? 0 : n < 64 ? 64 : n + n / 2;
}

FhStatus
fh_mesh_builder_vertex(FhMeshBuilder* const builder,
                       const double at[3],
                       uint32_t* const index)
{
  FhMesh* const mesh = &builder->mesh;
  if (mesh->n_vertices == builder->vertices_size) {
    const size_t size = grown_size(mesh->n_vertices);
    if (!size) {
      return FH_ERR_LIMIT;
    }
    double(*const grown)[3] =
      (double(*)[3])realloc(mesh->vertex, size * sizeof *grown);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    mesh->vertex = grown;
    builder->vertices_size = size;
  }
  memcpy(mesh->vertex[mesh->n_vertices], at, 3 * sizeof(double));
  *index = (uint32_t)mesh->n_vertices++;
  return FH_OK;
}

/// Bytes of a well-formed UTF-8 sequence at `s`, 0 if it is none
static size_t
utf8_length(const unsigned char* const s)
{
  const size_t n = s[0] < 0x80U                    ? 1
                   : s[0] >= 0xC2U && s[0] < 0xE0U ? 2
                   : s[0] >= 0xE0U && s[0] < 0xF0U ? 3
                   : s[0] >= 0xF0U && s[0] < 0xF5U ? 4
                                                   : 0;
  for (size_t i = 1; i < n; ++i) {
    if ((s[i] & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  return n;
}

/// Name as it may be printed and written to YAML
static void
clean_name(const char* const name, char clean[FH_NAME_SIZE])
{
  const unsigned char* s = (const unsigned char*)name;
  size_t n = 0;
  while (*s) {
    const size_t length = utf8_length(s);
    if (n + (length ? length : 1) >= FH_NAME_SIZE) {
      break;
    }
    if (length > 1 || (length == 1 && *s >= 0x20U && *s != 0x7FU)) {
      memcpy(clean + n, s, length);
      n += length;
      s += length;
    } else {
      clean[n++] = '_';
      ++s;
    }
  }
  while (n && clean[n - 1] == ' ') {
    --n;
  }
  clean[n] = '\0';
}

FhStatus
fh_mesh_builder_material(FhMeshBuilder* const builder,
                         const char* const name,
                         uint32_t* const index)
{
  FhMesh* const mesh = &builder->mesh;
  char clean[FH_NAME_SIZE];
  clean_name(name + strspn(name, " \t"), clean);
  if (!clean[0]) {
    memcpy(clean, "unnamed", sizeof "unnamed");
  }
  for (size_t i = 0; i < mesh->n_materials; ++i) {
    if (!strcmp(mesh->material_name[i], clean)) {
      *index = (uint32_t)i;
      return FH_OK;
    }
  }
  if (mesh->n_materials == builder->materials_size) {
    const size_t size = grown_size(mesh->n_materials);
    char(*const grown)[FH_NAME_SIZE] =
      (char(*)[FH_NAME_SIZE])realloc(mesh->material_name, size * sizeof *grown);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    mesh->material_name = grown;
    builder->materials_size = size;
  }
  // All bytes, so that equal names are equal memory
  memset(mesh->material_name[mesh->n_materials], 0, FH_NAME_SIZE);
  memcpy(mesh->material_name[mesh->n_materials], clean, strlen(clean) + 1);
  *index = (uint32_t)mesh->n_materials++;
  return FH_OK;
}

FhStatus
fh_mesh_builder_triangle(FhMeshBuilder* const builder,
                         const uint32_t vertex[3],
                         const uint32_t material)
{
  FhMesh* const mesh = &builder->mesh;
  if (mesh->n_triangles == builder->triangles_size) {
    const size_t size = grown_size(mesh->n_triangles);
    if (!size) {
      return FH_ERR_LIMIT;
    }
    uint32_t(*const triangles)[3] =
      (uint32_t(*)[3])realloc(mesh->triangle, size * sizeof *triangles);
    if (!triangles) {
      return FH_ERR_NO_MEM;
    }
    mesh->triangle = triangles;
    uint32_t* const materials =
      (uint32_t*)realloc(mesh->material, size * sizeof *materials);
    if (!materials) {
      return FH_ERR_NO_MEM;
    }
    mesh->material = materials;
    builder->triangles_size = size;
  }
  memcpy(mesh->triangle[mesh->n_triangles], vertex, 3 * sizeof(uint32_t));
  mesh->material[mesh->n_triangles++] = material;
  return FH_OK;
}

/// Room for the corners of a polygon and the triangles cut from it
typedef struct {
  double point[3];
  uint32_t triangle[3];
} Scratch;

/// Make room for a polygon with `n` corners
static FhStatus
reserve_scratch(FhMeshBuilder* const builder, const size_t n)
{
  if (n > builder->scratch_size) {
    free(builder->scratch);
    builder->scratch = malloc(n * sizeof(Scratch));
    builder->scratch_size = builder->scratch ? n : 0;
  }
  return builder->scratch ? FH_OK : FH_ERR_NO_MEM;
}

/// Triangles 0 1 2, 0 2 3, ... of an outline that has no better cut
static size_t
cut_fan(const size_t n, uint32_t (*const triangle)[3])
{
  for (uint32_t i = 0; i + 2 < n; ++i) {
    triangle[i][0] = 0;
    triangle[i][1] = i + 1;
    triangle[i][2] = i + 2;
  }
  return n - 2;
}

/// Area of a polygon against the square of its extent: none below 1e-6
static bool
has_area(const double (*const point)[3], const size_t n)
{
  double area[3];
  double extent2 = 0.0;
  for (size_t i = 1; i < n; ++i) {
    double d2 = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      d2 += (point[i][k] - point[0][k]) * (point[i][k] - point[0][k]);
    }
    extent2 = d2 > extent2 ? d2 : extent2;
  }
  return fh_polygon_area(point, n, area) > 1e-6 * extent2;
}

FhStatus
fh_mesh_builder_polygon(FhMeshBuilder* const builder,
                        const uint32_t* const vertex,
                        const size_t n,
                        const uint32_t material)
{
  if (n < 3) {
    ++builder->n_degenerate;
    return FH_OK;
  }
  if (n > MAX_CORNERS) {
    return FH_ERR_LIMIT;
  }
  FhStatus status = reserve_scratch(builder, n);
  if (status) {
    return status;
  }
  double(*const point)[3] = (double(*)[3])builder->scratch;
  uint32_t(*const triangle)[3] = (uint32_t(*)[3])(void*)(point + n);
  for (size_t i = 0; i < n; ++i) {
    memcpy(point[i], builder->mesh.vertex[vertex[i]], sizeof point[i]);
  }

  const double(*const corner)[3] = (const double(*)[3])point;
  size_t n_triangles = 0;
  if (n == 3) {
    // As it is, with the corner first that was first
    status = has_area(corner, n) ? FH_OK : FH_ERR_INVALID_DATA;
    n_triangles = cut_fan(n, triangle);
  } else {
    status = fh_polygon_triangulate(corner, n, triangle, &n_triangles);
  }
  if (status == FH_ERR_INVALID_DATA) {
    if (!has_area(corner, n)) {
      ++builder->n_degenerate;
      return FH_OK;
    }
    // Leaving it out would open a hole in the room
    ++builder->n_self_crossing;
    n_triangles = cut_fan(n, triangle);
    status = FH_OK;
  }
  size_t worst = 0;
  const double flatness_m = fh_polygon_flatness(corner, n, &worst);
  builder->n_not_flat += flatness_m > 0.05;
  if (flatness_m > builder->worst_flatness_m) {
    builder->worst_flatness_m = flatness_m;
    memcpy(builder->not_flat_at, point[worst], sizeof builder->not_flat_at);
  }
  for (size_t i = 0; i < n_triangles && !status; ++i) {
    const uint32_t t[3] = {
      vertex[triangle[i][0]], vertex[triangle[i][1]], vertex[triangle[i][2]]};
    status = fh_mesh_builder_triangle(builder, t, material);
  }
  return status;
}
