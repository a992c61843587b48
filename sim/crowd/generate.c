// SPDX-License-Identifier: GPL-3.0-or-later
#include "draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/// Microphone in front of balconies and tiers; it really stands up to 1 m off
#define MIC_CLEARANCE_M 1.2
/// Listeners' places that stand for a venue
#define N_SEATS 48.0

double
draft_within(CrowdRandom* const random, const double range[2])
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
  d->rake = draft_within(d->random, d->table->rake);
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
  const double mean = draft_within(d->random, d->table->absorption);
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
  draft_geometry(&d, klass);
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
