// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate.h"

#include "mesh_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What a class looks like; ranges are [low, high]
typedef struct {
  const char* name;
  double volume_m3[2];
  double height_share; ///< Height over the cube root of the volume
  double height_m[2];
  double absorption[2]; ///< Of walls and ceiling, mean
  double standing[2];   ///< Share of the floor where people stand
  double persons_m2[2]; ///< Standing, when full
  double rake[2];       ///< Rise over run of the main floor
  double balcony;       ///< Probability of a rear balcony
  double seats[5];      ///< Probability of each FhSeatClass
} ClassTable;

static const ClassTable classes[] = {{"club",
                                      {300.0, 3000.0},
                                      0.45,
                                      {3.0, 9.0},
                                      {0.12, 0.38},
                                      {1.0, 1.0},
                                      {1.0, 3.5},
                                      {0.0, 0.0},
                                      0.15,
                                      {1.0, 0.0, 0.0, 0.0, 0.0}},
                                     {"theatre",
                                      {2000.0, 12000.0},
                                      0.62,
                                      {7.0, 18.0},
                                      {0.12, 0.25},
                                      {0.0, 0.0},
                                      {1.5, 2.5},
                                      {0.05, 0.15},
                                      0.7,
                                      {0.0, 0.0, 0.2, 0.5, 0.3}},
                                     {"concert hall",
                                      {8000.0, 25000.0},
                                      0.65,
                                      {12.0, 24.0},
                                      {0.08, 0.14},
                                      {0.0, 0.0},
                                      {1.5, 2.5},
                                      {0.02, 0.12},
                                      0.6,
                                      {0.0, 0.0, 0.3, 0.4, 0.3}},
                                     {"shed",
                                      {5000.0, 60000.0},
                                      0.38,
                                      {6.0, 18.0},
                                      {0.06, 0.22},
                                      {0.3, 1.0},
                                      {1.0, 3.0},
                                      {0.0, 0.0},
                                      0.0,
                                      {0.3, 0.7, 0.0, 0.0, 0.0}},
                                     {"arena",
                                      {50000.0, 300000.0},
                                      0.38,
                                      {16.0, 35.0},
                                      {0.12, 0.32},
                                      {0.15, 0.45},
                                      {1.5, 3.5},
                                      {0.0, 0.0},
                                      1.0,
                                      {0.0, 0.6, 0.4, 0.0, 0.0}},
                                     {"open air",
                                      {20000.0, 400000.0},
                                      0.22,
                                      {8.0, 16.0},
                                      {0.75, 0.92},
                                      {1.0, 1.0},
                                      {1.0, 3.0},
                                      {0.0, 0.04},
                                      0.0,
                                      {1.0, 0.0, 0.0, 0.0, 0.0}}};

/// Clear way in front of the stage and behind the last row [m]
#define FRONT_M 2.0
#define REAR_M  1.5
#define SIDE_M  1.2
/// Microphone in front of balconies and tiers; it really stands up to 1 m off
#define MIC_CLEARANCE_M 1.2
/// Listeners' places that stand for a venue
#define N_SEATS 48.0

/// What has been drawn so far
typedef struct {
  const ClassTable* table;
  CrowdRandom* random;
  FhVenue* venue;
  MeshBuilder mesh;
  double width, depth, height; ///< From the stage's front to the rear wall [m]
  double stage_depth, stage_height;
  double rake;
  double floor_end; ///< Where tiers or a balcony begin [m]
  bool open_air, seated;
  FhSeatClass seat;
} Draft;

static double
within(CrowdRandom* const random, const double range[2])
{
  return range[0] < range[1] ? crowd_uniform(random, range[0], range[1])
                             : range[0];
}

static double
log_within(CrowdRandom* const random, const double range[2])
{
  return exp(crowd_uniform(random, log(range[0]), log(range[1])));
}

const char*
crowd_class_name(const CrowdClass klass)
{
  return classes[klass].name;
}

static void
draw_size(Draft* const d)
{
  const double volume = log_within(d->random, d->table->volume_m3);
  const double height =
    d->table->height_share * cbrt(volume) * exp(0.15 * crowd_normal(d->random));
  d->height = fmin(fmax(height, d->table->height_m[0]), d->table->height_m[1]);
  const double floor = volume / d->height;
  const double long_over_wide = exp(crowd_uniform(d->random, 0.0, 0.7));
  const double length = sqrt(floor * long_over_wide);
  d->width = floor / length;
  d->stage_depth = fmin(fmax(0.18 * length, 2.5), 16.0);
  d->depth = length - d->stage_depth;
  d->stage_height = fmin(0.6 + 0.01 * length, 1.6);
  d->rake = within(d->random, d->table->rake);
  // The rear must stay well under the ceiling
  d->rake = fmin(d->rake, 0.3 * d->height / d->depth);
}

static void
draw_seat_class(Draft* const d)
{
  double u = crowd_uniform(d->random, 0.0, 1.0);
  d->seat = FH_SEAT_NONE;
  for (int s = 0; s < 5; ++s) {
    if (u < d->table->seats[s]) {
      d->seat = (FhSeatClass)s;
      break;
    }
    u -= d->table->seats[s];
  }
  d->seated = d->seat != FH_SEAT_NONE;
}

/// An audience area on a surface of the mesh that was just made
static void
add_audience(Draft* const d,
             const char* const name,
             const double area_m2,
             const bool seated)
{
  FhVenue* const v = d->venue;
  FhAudience* const grown = (FhAudience*)realloc(
    v->audience, (v->n_audience + 1) * sizeof *v->audience);
  if (!grown) {
    d->mesh.failed = true;
    return;
  }
  v->audience = grown;
  FhAudience* const a = &v->audience[v->n_audience++];
  memset(a, 0, sizeof *a);
  snprintf(a->name, sizeof a->name, "%s", name);
  snprintf(a->surface, sizeof a->surface, "%s", name);
  a->posture = seated ? FH_POSTURE_SEATED : FH_POSTURE_STANDING;
  a->seat = seated ? d->seat : FH_SEAT_NONE;
  const double density = seated ? crowd_uniform(d->random, 1.4, 2.2)
                                : within(d->random, d->table->persons_m2);
  a->capacity = fmax(1.0, density * area_m2);
  a->clothing = 1.0;
}

/// A sloped surface that carries an area
static void
add_block(Draft* const d,
          const char* const name,
          const double x[2],
          const double y[2],
          const double z[2],
          const bool seated)
{
  if (!(x[1] - x[0] > 1.0 && y[1] - y[0] > 1.0)) {
    return;
  }
  mesh_builder_slope(&d->mesh, mesh_builder_material(&d->mesh, name), x, y, z);
  add_audience(d, name, (x[1] - x[0]) * (y[1] - y[0]), seated);
}

/// Floor around an area: aisles in front, behind and beside it
static void
add_aisles(Draft* const d,
           const double x[2],
           const double y[2],
           const double z[2],
           const double inner_x[2],
           const double inner_y[2])
{
  const uint32_t floor = mesh_builder_material(&d->mesh, "Floor");
  const double slope = (z[1] - z[0]) / (y[1] - y[0]);
  const double z1 = z[0] + slope * (inner_y[0] - y[0]);
  const double z2 = z[0] + slope * (inner_y[1] - y[0]);
  const double front[2] = {y[0], inner_y[0]};
  const double front_z[2] = {z[0], z1};
  const double rear[2] = {inner_y[1], y[1]};
  const double rear_z[2] = {z2, z[1]};
  const double middle_z[2] = {z1, z2};
  const double left[2] = {x[0], inner_x[0]};
  const double right[2] = {inner_x[1], x[1]};
  mesh_builder_slope(&d->mesh, floor, x, front, front_z);
  mesh_builder_slope(&d->mesh, floor, x, rear, rear_z);
  mesh_builder_slope(&d->mesh, floor, left, inner_y, middle_z);
  mesh_builder_slope(&d->mesh, floor, right, inner_y, middle_z);
}

/// Main floor from the stage to the rear wall, audience in its middle
static void
add_main_floor(Draft* const d, const double half_width, const double end_y)
{
  const double x[2] = {-half_width, half_width};
  const double y[2] = {0.0, end_y};
  const double z[2] = {0.0, d->rake * end_y};
  const double inner_x[2] = {x[0] + SIDE_M, x[1] - SIDE_M};
  const double reach = d->open_air ? crowd_uniform(d->random, 0.55, 0.95) : 1.0;
  const double inner_y[2] = {FRONT_M, fmax(reach * end_y - REAR_M, 5.0)};
  add_aisles(d, x, y, z, inner_x, inner_y);
  const double share = within(d->random, d->table->standing);
  // People stand in front, seats begin behind them
  const double split =
    d->seated ? inner_y[0] + share * (inner_y[1] - inner_y[0]) : inner_y[1];
  const double front_y[2] = {inner_y[0], split};
  const double rear_y[2] = {split, inner_y[1]};
  const double front_z[2] = {d->rake * front_y[0], d->rake * front_y[1]};
  const double rear_z[2] = {d->rake * rear_y[0], d->rake * rear_y[1]};
  const uint32_t floor = mesh_builder_material(&d->mesh, "Floor");
  if (split - inner_y[0] > 1.0) {
    add_block(d, "Standing", inner_x, front_y, front_z, false);
  } else {
    mesh_builder_slope(&d->mesh, floor, inner_x, front_y, front_z);
  }
  if (inner_y[1] - split > 1.0) {
    add_block(d, "Stalls", inner_x, rear_y, rear_z, true);
  } else {
    mesh_builder_slope(&d->mesh, floor, inner_x, rear_y, rear_z);
  }
}

static void
add_stage(Draft* const d)
{
  const uint32_t stage = mesh_builder_material(&d->mesh, "Stage");
  const double half = 0.5 * d->width;
  const double low[3] = {-half, -d->stage_depth, 0.0};
  const double high[3] = {half, 0.0, d->stage_height};
  const double top_x[2] = {low[0], high[0]};
  const double top_y[2] = {low[1], high[1]};
  const double top_z[2] = {high[2], high[2]};
  mesh_builder_slope(&d->mesh, stage, top_x, top_y, top_z);
  const double a[3] = {-half, 0.0, 0.0};
  const double b[3] = {half, 0.0, 0.0};
  const double c[3] = {half, 0.0, d->stage_height};
  const double e[3] = {-half, 0.0, d->stage_height};
  mesh_builder_quad(&d->mesh, stage, a, b, c, e);
}

static void
add_shell(Draft* const d)
{
  const double half = 0.5 * d->width;
  const double y0 = -d->stage_depth;
  const double y1 = d->depth;
  const double h = d->height;
  // Side walls may open towards the rear, or the ceiling fall to it
  const double fall = crowd_uniform(d->random, 0.0, 0.15) * h;
  const double p[8][3] = {{-half, y0, 0.0},
                          {half, y0, 0.0},
                          {half, y1, 0.0},
                          {-half, y1, 0.0},
                          {-half, y0, h},
                          {half, y0, h},
                          {half, y1, h - fall},
                          {-half, y1, h - fall}};
  const uint32_t front = mesh_builder_material(&d->mesh, "StageWall");
  const uint32_t side = mesh_builder_material(&d->mesh, "SideWall");
  const uint32_t rear = mesh_builder_material(&d->mesh, "RearWall");
  const uint32_t ceiling = mesh_builder_material(&d->mesh, "Ceiling");
  mesh_builder_quad(&d->mesh, front, p[0], p[1], p[5], p[4]);
  mesh_builder_quad(&d->mesh, side, p[1], p[2], p[6], p[5]);
  mesh_builder_quad(&d->mesh, rear, p[2], p[3], p[7], p[6]);
  mesh_builder_quad(&d->mesh, side, p[3], p[0], p[4], p[7]);
  mesh_builder_quad(&d->mesh, ceiling, p[4], p[5], p[6], p[7]);
}

static void
add_rear_balcony(Draft* const d)
{
  const double depth = fmin(0.3 * d->depth, 12.0);
  const double under = d->rake * d->depth + 2.8;
  if (under + 4.0 > 0.8 * d->height || depth < 3.0) {
    return;
  }
  const double half = 0.5 * d->width;
  const double y[2] = {d->depth - depth, d->depth};
  d->floor_end = y[0];
  const double low[3] = {-half, y[0], under};
  const double high[3] = {half, y[1], under + 0.4};
  mesh_builder_box(
    &d->mesh, mesh_builder_material(&d->mesh, "Balcony"), low, high, false);
  const double rise = fmin(0.35 * depth, 0.75 * d->height - under - 2.6);
  const double x[2] = {-half + 0.5, half - 0.5};
  const double seat_y[2] = {y[0] + 0.8, y[1] - 0.5};
  const double z[2] = {high[2] + 0.05, high[2] + 0.05 + fmax(rise, 0.2)};
  add_block(d, "BalconySeats", x, seat_y, z, d->seated);
}

/// Tiers of an arena along both sides and the rear
static void
add_tiers(Draft* const d, const double inner_half, const double inner_end)
{
  const double half = 0.5 * d->width;
  const double base = 2.0;
  const uint32_t front = mesh_builder_material(&d->mesh, "TierFront");
  const double side_run = half - inner_half;
  const double rear_run = d->depth - inner_end;
  const double slope =
    fmin(0.5, (0.6 * d->height - base) / fmax(side_run, rear_run));
  for (int s = -1; s <= 1; s += 2) {
    const double x0 = (double)s * inner_half;
    const double x1 = (double)s * (half - 0.2);
    const double top = base + slope * fabs(x1 - x0);
    const double a[3] = {x0, 4.0, base};
    const double b[3] = {x0, inner_end, base};
    const double c[3] = {x1, inner_end, top};
    const double e[3] = {x1, 4.0, top};
    const char* const name = s < 0 ? "TierLeft" : "TierRight";
    mesh_builder_quad(
      &d->mesh, mesh_builder_material(&d->mesh, name), a, b, c, e);
    add_audience(
      d, name, fabs(x1 - x0) * (inner_end - 4.0) * hypot(1.0, slope), true);
    const double foot_a[3] = {x0, 4.0, 0.0};
    const double foot_b[3] = {x0, inner_end, 0.0};
    mesh_builder_quad(&d->mesh, front, foot_a, foot_b, b, a);
    // The end of the tier towards the stage
    const double foot_e[3] = {x1, 4.0, 0.0};
    mesh_builder_quad(&d->mesh, front, foot_a, a, e, foot_e);
  }
  const double x[2] = {-inner_half, inner_half};
  const double y[2] = {inner_end, d->depth - 0.2};
  const double z[2] = {base, base + slope * (y[1] - y[0])};
  add_block(d, "TierRear", x, y, z, true);
  const double a[3] = {x[0], y[0], 0.0};
  const double b[3] = {x[1], y[0], 0.0};
  const double c[3] = {x[1], y[0], base};
  const double e[3] = {x[0], y[0], base};
  mesh_builder_quad(&d->mesh, front, a, b, c, e);
}

/// Ground far around, and a stage with a roof
static void
add_field(Draft* const d)
{
  const uint32_t ground = mesh_builder_material(&d->mesh, "Floor");
  const double far_x = d->width;
  const double half = 0.5 * d->width;
  const double y[2] = {-2.0 * d->stage_depth, d->depth};
  const double z[2] = {0.0, 0.0};
  const double left[2] = {-far_x, -half};
  const double right[2] = {half, far_x};
  const double back[2] = {y[0], 0.0};
  const double middle[2] = {-half, half};
  const double side_z[2] = {0.0, d->rake * d->depth};
  const double side_y[2] = {0.0, d->depth};
  mesh_builder_slope(&d->mesh, ground, middle, back, z);
  mesh_builder_slope(&d->mesh, ground, left, back, z);
  mesh_builder_slope(&d->mesh, ground, right, back, z);
  mesh_builder_slope(&d->mesh, ground, left, side_y, side_z);
  mesh_builder_slope(&d->mesh, ground, right, side_y, side_z);
  const double wide = fmin(0.35 * d->width, 12.0);
  const double low[3] = {-wide, -d->stage_depth, 0.0};
  const double high[3] = {wide, -0.5, d->stage_height};
  mesh_builder_box(
    &d->mesh, mesh_builder_material(&d->mesh, "Stage"), low, high, true);
  const double roof_low[3] = {-wide, -d->stage_depth, d->height - 0.3};
  const double roof_high[3] = {wide, -0.5, d->height};
  mesh_builder_box(&d->mesh,
                   mesh_builder_material(&d->mesh, "Ceiling"),
                   roof_low,
                   roof_high,
                   false);
  const double wall_low[3] = {-wide, -d->stage_depth - 0.2, d->stage_height};
  const double wall_high[3] = {wide, -d->stage_depth, d->height - 0.3};
  mesh_builder_box(&d->mesh,
                   mesh_builder_material(&d->mesh, "StageWall"),
                   wall_low,
                   wall_high,
                   false);
}

static void
draw_geometry(Draft* const d, const CrowdClass klass)
{
  const double half = 0.5 * d->width;
  d->floor_end = d->depth;
  if (klass == CROWD_OPEN_AIR) {
    add_field(d);
    add_main_floor(d, half, d->depth);
    return;
  }
  add_shell(d);
  add_stage(d);
  if (klass == CROWD_ARENA) {
    const double inner_half = crowd_uniform(d->random, 0.45, 0.6) * half;
    const double inner_end = crowd_uniform(d->random, 0.55, 0.7) * d->depth;
    const bool seated = d->seated;
    d->seated = crowd_uniform(d->random, 0.0, 1.0) < 0.5;
    add_main_floor(d, inner_half, inner_end);
    d->seated = seated;
    add_tiers(d, inner_half, inner_end);
    d->floor_end = inner_end;
    return;
  }
  add_main_floor(d, half, d->depth);
  if (crowd_uniform(d->random, 0.0, 1.0) < d->table->balcony) {
    add_rear_balcony(d);
  }
}

static void
spread(FhMaterial* const m)
{
  fh_octaves_to_thirds(m->absorption, m->absorption_third);
  fh_octaves_to_thirds(m->scattering, m->scattering_third);
  fh_octaves_to_thirds(m->transmission, m->transmission_third);
}

static void
draw_material(Draft* const d, const double mean, FhMaterial* const m)
{
  const double tilt = 0.05 + 0.18 * crowd_normal(d->random);
  const double bump = 0.25 * crowd_normal(d->random);
  const double rough = crowd_uniform(d->random, 0.05, 0.4);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double x = ((double)b - 4.0) / 4.0;
    const double a =
      mean * exp(tilt * x + bump * x * x + 0.12 * crowd_normal(d->random));
    m->absorption[b] = (float)fmin(fmax(a, 0.02), 0.95);
    m->scattering[b] =
      (float)fmin(0.05 + rough * (0.4 + 0.15 * (double)b), 0.9);
  }
  m->two_sided = true;
  snprintf(m->source, sizeof m->source, "drawn at random");
  spread(m);
}

static bool
is_audience(const FhVenue* const v, const char* const name)
{
  for (size_t i = 0; i < v->n_audience; ++i) {
    if (!strcmp(v->audience[i].surface, name)) {
      return true;
    }
  }
  return false;
}

/// Bare floors: concrete to parquet; grass in the open
static void
draw_floor(Draft* const d, FhMaterial* const m)
{
  static const double hard[FH_N_OCTAVES] = {
    0.01, 0.02, 0.03, 0.04, 0.04, 0.04, 0.04, 0.04};
  static const double grass[FH_N_OCTAVES] = {
    0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.45, 0.5};
  const double factor = exp(0.3 * crowd_normal(d->random));
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double a = factor * (d->open_air ? grass[b] : hard[b]);
    m->absorption[b] = (float)fmin(a, 0.9);
    m->scattering[b] = 0.1f;
  }
  m->two_sided = true;
  snprintf(m->source, sizeof m->source, "drawn at random");
  spread(m);
}

static void
draw_materials(Draft* const d)
{
  FhVenue* const v = d->venue;
  const double mean = within(d->random, d->table->absorption);
  v->materials = (FhMaterial*)calloc(v->mesh.n_materials, sizeof *v->materials);
  if (!v->materials) {
    d->mesh.failed = true;
    return;
  }
  for (size_t i = 0; i < v->mesh.n_materials; ++i) {
    FhMaterial* const m = &v->materials[i];
    const char* const name = v->mesh.material_name[i];
    if (!strcmp(name, "Floor") || is_audience(v, name)) {
      draw_floor(d, m);
    } else {
      draw_material(d, mean * exp(0.3 * crowd_normal(d->random)), m);
    }
    snprintf(m->name, sizeof m->name, "%s", name);
  }
}

static void
set_spacing(FhVenue* const v, const double area_m2)
{
  const double spacing = sqrt(area_m2 / N_SEATS);
  for (size_t i = 0; i < v->n_audience; ++i) {
    v->audience[i].spacing_m = fmin(fmax(spacing, 0.5), 10.0);
  }
}

static double
audience_area(const FhVenue* const v)
{
  double sum = 0.0;
  for (size_t t = 0; t < v->mesh.n_triangles; ++t) {
    if (!is_audience(v, v->mesh.material_name[v->mesh.material[t]])) {
      continue;
    }
    const uint32_t* const k = v->mesh.triangle[t];
    double e[2][3];
    for (size_t i = 0; i < 3; ++i) {
      e[0][i] = v->mesh.vertex[k[1]][i] - v->mesh.vertex[k[0]][i];
      e[1][i] = v->mesh.vertex[k[2]][i] - v->mesh.vertex[k[0]][i];
    }
    const double x = e[0][1] * e[1][2] - e[0][2] * e[1][1];
    const double y = e[0][2] * e[1][0] - e[0][0] * e[1][2];
    const double z = e[0][0] * e[1][1] - e[0][1] * e[1][0];
    sum += 0.5 * sqrt(x * x + y * y + z * z);
  }
  return sum;
}

/// Left and right, flown or stacked, and a subwoofer on the stage's edge
static void
draw_system(Draft* const d)
{
  FhVenue* const v = d->venue;
  v->loudspeakers = (FhLoudspeaker*)calloc(3, sizeof *v->loudspeakers);
  if (!v->loudspeakers) {
    d->mesh.failed = true;
    return;
  }
  v->n_loudspeakers = 3;
  const double stage_half =
    d->open_air ? fmin(0.35 * d->width, 12.0) + 1.5 : 0.38 * d->width;
  const double z =
    fmin(fmax(d->height * crowd_uniform(d->random, 0.4, 0.8), 2.2),
         fmin(d->height - 0.8, 14.0));
  static const char* const models[] = {
    "fh-point-60x40", "fh-point-90x60", "fh-point-110x50"};
  const size_t pick = (size_t)fmin(crowd_uniform(d->random, 0.0, 3.0), 2.0);
  const double aim_y = 0.65 * d->depth;
  const double drop = z - (d->rake * aim_y + 1.4);
  for (size_t i = 0; i < 2; ++i) {
    FhLoudspeaker* const s = &v->loudspeakers[i];
    const double side = i ? 1.0 : -1.0;
    snprintf(s->name, sizeof s->name, "%s", i ? "R" : "L");
    snprintf(s->model, sizeof s->model, "%s", models[pick]);
    s->at[0] = side * fmin(stage_half, 0.46 * d->width);
    s->at[1] = 0.5;
    s->at[2] = z;
    s->pitch_deg = -atan2(drop, aim_y) * 180.0 / FH_PI;
    // Positive yaw turns towards -x: the right one looks inwards
    s->yaw_deg = side * crowd_uniform(d->random, 0.0, 10.0);
    s->gain_db = 0.0;
  }
  FhLoudspeaker* const sub = &v->loudspeakers[2];
  snprintf(sub->name, sizeof sub->name, "Sub");
  snprintf(sub->model, sizeof sub->model, "fh-sub-18");
  sub->at[1] = -0.3;
  sub->at[2] = d->stage_height + 0.6;
  sub->gain_db = 6.0;
}

static void
draw_microphone(Draft* const d)
{
  FhVenue* const v = d->venue;
  v->microphones = (FhMicrophone*)calloc(1, sizeof *v->microphones);
  if (!v->microphones) {
    d->mesh.failed = true;
    return;
  }
  v->n_microphones = 1;
  static const double heights[] = {1.3, 1.7, 2.5, 3.5};
  const size_t pick = (size_t)fmin(crowd_uniform(d->random, 0.0, 4.0), 3.0);
  // Neither inside a tier nor a balcony's edge
  const double end = d->floor_end - MIC_CLEARANCE_M;
  const double drawn =
    fmin(crowd_uniform(d->random, 0.35, 0.75) * d->depth, 90.0);
  const double y = fmin(drawn, end);
  FhMicrophone* const m = v->microphones;
  snprintf(m->name, sizeof m->name, "FOH");
  m->at[0] = crowd_uniform(d->random, -0.1, 0.1) * d->width;
  m->at[1] = y;
  // Above the heads: 1.55 m is the top of a standing crowd
  m->at[2] = d->rake * y + fmin(fmax(heights[pick], 1.7), d->height - 1.0);
}

FhStatus
crowd_generate(const CrowdClass klass,
               const uint64_t seed,
               const uint64_t index,
               FhVenue* const out)
{
  memset(out, 0, sizeof *out);
  CrowdRandom random = crowd_random(seed, index, (uint64_t)klass);
  Draft d;
  memset(&d, 0, sizeof d);
  d.table = &classes[klass];
  d.random = &random;
  d.venue = out;
  d.open_air = klass == CROWD_OPEN_AIR;
  snprintf(out->name,
           sizeof out->name,
           "%s %llu",
           d.table->name,
           (unsigned long long)index);
  draw_size(&d);
  draw_seat_class(&d);
  draw_geometry(&d, klass);
  out->mesh = d.mesh.mesh;
  memset(&d.mesh.mesh, 0, sizeof d.mesh.mesh);
  draw_materials(&d);
  draw_system(&d);
  draw_microphone(&d);
  set_spacing(out, audience_area(out));
  out->goals = fh_goals_default();
  out->open_air = d.open_air;
  out->air = fh_air_default();
  if (d.mesh.failed) {
    fh_venue_clear(out);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}
