// SPDX-License-Identifier: GPL-3.0-or-later
#include "draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Clear way in front of the stage and behind the last row [m]
#define FRONT_M 2.0
#define REAR_M  1.5
#define SIDE_M  1.2

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
                                : draft_within(d->random, d->table->persons_m2);
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
  const double share = draft_within(d->random, d->table->standing);
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

void
draft_geometry(Draft* const d, const CrowdClass klass)
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
