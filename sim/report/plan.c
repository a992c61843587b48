// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Triangles of the building drawn at most
#define MAX_OUTLINE 60000u

void
plan_clear(Plan* const plan)
{
  for (size_t p = 0; p < PLAN_MAX_PANELS; ++p) {
    free(plan->panel[p].seat);
  }
  free(plan->area);
  free(plan->seat);
  free(plan->area_of);
  free(plan->wall);
  free(plan->loudspeaker);
  free(plan->microphone);
  for (size_t i = 0; i < 3; ++i) {
    free(plan->part[i]);
  }
  memset(plan, 0, sizeof(*plan));
}

/// Box of an area's seats
typedef struct {
  double low[3], high[3];
  size_t n;
} Box;

static Box
box_of_area(const Plan* const plan, const size_t area)
{
  Box box = {
    {INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}, 0};
  for (size_t i = 0; i < plan->n_seats; ++i) {
    if (plan->area_of[i] == area) {
      const double at[3] = {
        plan->seat[i][0], plan->seat[i][1], plan->seat[i][2]};
      for (size_t k = 0; k < 3; ++k) {
        box.low[k] = fmin(box.low[k], at[k]);
        box.high[k] = fmax(box.high[k], at[k]);
      }
      ++box.n;
    }
  }
  return box;
}

// Whether some seat of area `b` lies above or below one of area `a`
static bool
overlap(const Plan* const plan, const size_t a, const size_t b)
{
  const Box box_a = box_of_area(plan, a);
  const Box box_b = box_of_area(plan, b);
  for (size_t k = 0; k < 2; ++k) {
    if (box_a.high[k] < box_b.low[k] || box_b.high[k] < box_a.low[k]) {
      return false;
    }
  }
  const size_t n = plan->n_seats;
  const double reach =
    0.5 * plan->area[a].spacing_m + 0.5 * plan->area[b].spacing_m;
  for (size_t i = 0; i < n; ++i) {
    // Only those of `a` within the box of `b`
    if (plan->area_of[i] != a || plan->seat[i][0] < box_b.low[0] - reach ||
        plan->seat[i][0] > box_b.high[0] + reach ||
        plan->seat[i][1] < box_b.low[1] - reach ||
        plan->seat[i][1] > box_b.high[1] + reach) {
      continue;
    }
    for (size_t j = 0; j < n; ++j) {
      if (plan->area_of[j] == b &&
          fabs(plan->seat[i][0] - plan->seat[j][0]) < reach &&
          fabs(plan->seat[i][1] - plan->seat[j][1]) < reach) {
        return true;
      }
    }
  }
  return false;
}

/// An area's order from the ground up
typedef struct {
  double height_m;
  size_t area;
} Ranked;

static int
by_height(const void* const a, const void* const b)
{
  const Ranked* const x = (const Ranked*)a;
  const Ranked* const y = (const Ranked*)b;
  if (x->height_m < y->height_m || x->height_m > y->height_m) {
    return x->height_m < y->height_m ? -1 : 1;
  }
  return (x->area > y->area) - (x->area < y->area);
}

static void
widen(PlanPanel* const panel, const double x, const double y)
{
  panel->low[0] = fmin(panel->low[0], x);
  panel->low[1] = fmin(panel->low[1], y);
  panel->high[0] = fmax(panel->high[0], x);
  panel->high[1] = fmax(panel->high[1], y);
}

static FhStatus
fill_panels(Plan* const plan, const size_t* const panel_of)
{
  for (size_t p = 0; p < plan->n_panels; ++p) {
    PlanPanel* const panel = &plan->panel[p];
    panel->seat = (uint32_t*)calloc(plan->n_seats + 1, sizeof(uint32_t));
    if (!panel->seat) {
      return FH_ERR_NO_MEM;
    }
    for (size_t k = 0; k < 2; ++k) {
      panel->low[k] = INFINITY;
      panel->high[k] = -INFINITY;
    }
    panel->under = INFINITY;
    panel->over = -INFINITY;
  }
  for (uint32_t i = 0; i < plan->n_seats; ++i) {
    const uint32_t area = plan->area_of[i];
    PlanPanel* const panel = &plan->panel[panel_of[area]];
    panel->seat[panel->n_seats++] = i;
    widen(panel, plan->seat[i][0], plan->seat[i][1]);
    panel->under = fmin(panel->under, plan->seat[i][2]);
    panel->over = fmax(panel->over, plan->seat[i][2]);
  }
  for (size_t a = 0; a < plan->n_areas; ++a) {
    char* const title = plan->panel[panel_of[a]].title;
    const size_t used = strlen(title);
    snprintf(title + used,
             sizeof(plan->panel[0].title) - used,
             "%s%s",
             used ? ", " : "",
             plan->area[a].name);
  }
  return FH_OK;
}

static FhStatus
assign_panels(Plan* const plan)
{
  const size_t n = plan->n_areas;
  Ranked* const rank = (Ranked*)calloc(n + 1, sizeof(Ranked));
  size_t* const panel_of = (size_t*)calloc(n + 1, sizeof(size_t));
  FhStatus status = rank && panel_of ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    for (size_t a = 0; a < n; ++a) {
      const Box box = box_of_area(plan, a);
      rank[a].area = a;
      rank[a].height_m = box.n ? box.low[2] : 0.0;
    }
    qsort(rank, n, sizeof(Ranked), by_height);
    plan->n_panels = 1;
    for (size_t i = 0; i < n; ++i) {
      size_t p = 0;
      for (size_t j = 0; j < i; ++j) {
        if (panel_of[rank[j].area] >= p &&
            overlap(plan, rank[i].area, rank[j].area)) {
          p = panel_of[rank[j].area] + 1;
        }
      }
      panel_of[rank[i].area] = p < PLAN_MAX_PANELS ? p : PLAN_MAX_PANELS - 1;
      if (panel_of[rank[i].area] >= plan->n_panels) {
        plan->n_panels = panel_of[rank[i].area] + 1;
      }
    }
    status = fill_panels(plan, panel_of);
  }
  free(rank);
  free(panel_of);
  return status;
}

// Show the loudspeakers too where they are not far away, and some air
static void
frame_panels(Plan* const plan)
{
  double low[2] = {INFINITY, INFINITY};
  double high[2] = {-INFINITY, -INFINITY};
  for (size_t p = 0; p < plan->n_panels; ++p) {
    for (size_t k = 0; k < 2; ++k) {
      low[k] = fmin(low[k], plan->panel[p].low[k]);
      high[k] = fmax(high[k], plan->panel[p].high[k]);
    }
  }
  const double size = fmax(fmax(high[0] - low[0], high[1] - low[1]), 1.0);
  PlanPanel whole = {.low = {low[0], low[1]}, .high = {high[0], high[1]}};
  for (size_t e = 0; e < plan->n_loudspeakers; ++e) {
    const double* const at = plan->loudspeaker[e].at;
    if (at[0] > low[0] - size && at[0] < high[0] + size &&
        at[1] > low[1] - size && at[1] < high[1] + size) {
      widen(&whole, at[0], at[1]);
    }
  }
  // The room as well, where it is not much larger than the audience
  for (size_t k = 0; k < 2; ++k) {
    if (low[k] - plan->low[k] < 0.6 * size) {
      whole.low[k] = fmin(whole.low[k], plan->low[k]);
    }
    if (plan->high[k] - high[k] < 0.6 * size) {
      whole.high[k] = fmax(whole.high[k], plan->high[k]);
    }
  }
  const double air = 0.02 * size + 0.2;
  for (size_t p = 0; p < plan->n_panels; ++p) {
    for (size_t k = 0; k < 2; ++k) {
      // Names hang under the loudspeakers
      plan->panel[p].low[k] = whole.low[k] - (k ? 3.0 : 1.0) * air;
      plan->panel[p].high[k] = whole.high[k] + air;
    }
  }
}

// Room for everything but the walls
static FhStatus
plan_init(Plan* const plan,
          const char* const venue,
          const size_t n_areas,
          const size_t n_seats,
          const size_t n_loudspeakers,
          const size_t n_microphones)
{
  memset(plan, 0, sizeof(*plan));
  snprintf(plan->venue, sizeof plan->venue, "%s", venue);
  plan->n_areas = n_areas;
  plan->n_seats = n_seats;
  plan->n_loudspeakers = n_loudspeakers;
  plan->n_microphones = n_microphones;
  plan->area = (PlanArea*)calloc(n_areas + 1, sizeof(PlanArea));
  plan->seat = (double(*)[3])calloc(n_seats + 1, sizeof *plan->seat);
  plan->area_of = (uint32_t*)calloc(n_seats + 1, sizeof(uint32_t));
  plan->loudspeaker = (PlanMark*)calloc(n_loudspeakers + 1, sizeof(PlanMark));
  plan->microphone = (PlanMark*)calloc(n_microphones + 1, sizeof(PlanMark));
  bool whole = plan->area && plan->seat && plan->area_of && plan->loudspeaker &&
               plan->microphone;
  for (size_t i = 0; i < 3; ++i) {
    plan->part[i] = (double*)calloc(n_seats + 1, sizeof(double));
    whole = whole && plan->part[i];
  }
  return whole ? FH_OK : FH_ERR_NO_MEM;
}

static void
set_aim(PlanMark* const mark, const double yaw_deg)
{
  const double yaw = yaw_deg * FH_PI / 180.0;
  mark->aim[0] = -sin(yaw);
  mark->aim[1] = cos(yaw);
}

// Walls seen from above: edges of triangles that stand nearly upright
static FhStatus
set_walls(Plan* const plan, const FhScene* const s)
{
  if (s->n_triangles > MAX_OUTLINE) {
    return FH_OK;
  }
  plan->wall = (double(*)[4])calloc(3 * s->n_triangles + 1, sizeof *plan->wall);
  if (!plan->wall) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < s->n_triangles; ++t) {
    if (s->kind[t] != FH_SURFACE_PLAIN || fabs((double)s->normal[t][2]) > 0.3) {
      continue;
    }
    for (size_t k = 0; k < 3; ++k) {
      const float* const a = s->vertex[s->triangle[t][k]];
      const float* const b = s->vertex[s->triangle[t][(k + 1) % 3]];
      const double dx = (double)a[0] - (double)b[0];
      const double dy = (double)a[1] - (double)b[1];
      if (dx * dx + dy * dy > 1e-4) {
        double* const wall = plan->wall[plan->n_walls++];
        for (size_t i = 0; i < 2; ++i) {
          wall[i] = (double)a[i] + s->origin[i];
          wall[2 + i] = (double)b[i] + s->origin[i];
        }
      }
    }
  }
  return FH_OK;
}

// Panels and their frames, and nothing left behind on failure
static FhStatus
finish(Plan* const plan, FhStatus status)
{
  if (!status) {
    status = assign_panels(plan);
  }
  if (status) {
    plan_clear(plan);
    return status;
  }
  frame_panels(plan);
  return FH_OK;
}

FhStatus
plan_from_run(const FhRun* const run, Plan* const out)
{
  const FhVenue* const v = run->venue;
  const FhScene* const s = &run->scene;
  FhStatus status = plan_init(
    out, v->name, v->n_audience, s->n_seats, run->n_emitters, s->n_microphones);
  if (status) {
    return finish(out, status);
  }
  for (size_t a = 0; a < v->n_audience; ++a) {
    snprintf(out->area[a].name, FH_NAME_SIZE, "%s", v->audience[a].name);
    out->area[a].spacing_m = v->audience[a].spacing_m;
  }
  for (size_t i = 0; i < s->n_seats; ++i) {
    fh_scene_to_world(s, s->seats[i].at, out->seat[i]);
    out->area_of[i] = s->seats[i].area;
  }
  for (size_t e = 0; e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    PlanMark* const mark = &out->loudspeaker[e];
    snprintf(mark->name, FH_NAME_SIZE, "%s", emitter->name);
    fh_scene_to_world(s, emitter->centre, mark->at);
    mark->muted = emitter->muted;
    set_aim(mark,
            e < v->n_loudspeakers ? v->loudspeakers[e].yaw_deg
                                  : v->arrays[e - v->n_loudspeakers].yaw_deg);
  }
  for (size_t m = 0; m < s->n_microphones; ++m) {
    snprintf(
      out->microphone[m].name, FH_NAME_SIZE, "%s", v->microphones[m].name);
    fh_scene_to_world(s, s->microphone[m], out->microphone[m].at);
  }
  for (size_t k = 0; k < 2; ++k) {
    out->low[k] = (double)s->low[k] + s->origin[k];
    out->high[k] = (double)s->high[k] + s->origin[k];
  }
  return finish(out, set_walls(out, s));
}

FhStatus
plan_from_record(const FhRunRecord* const r, Plan* const out)
{
  FhStatus status = plan_init(
    out, r->venue, r->n_areas, r->n_seats, r->n_sources, r->n_microphones);
  if (status) {
    return finish(out, status);
  }
  for (size_t a = 0; a < r->n_areas; ++a) {
    snprintf(out->area[a].name, FH_NAME_SIZE, "%s", r->area[a].name);
    out->area[a].spacing_m = r->area[a].spacing_m;
  }
  for (size_t i = 0; i < r->n_seats; ++i) {
    memcpy(out->seat[i], r->seat[i].at, sizeof out->seat[i]);
    out->area_of[i] = r->seat[i].area;
  }
  for (size_t e = 0; e < r->n_sources; ++e) {
    PlanMark* const mark = &out->loudspeaker[e];
    snprintf(mark->name, FH_NAME_SIZE, "%s", r->source[e].name);
    memcpy(mark->at, r->source[e].at, sizeof mark->at);
    mark->muted = r->source[e].muted;
    set_aim(mark, r->source[e].yaw_deg);
  }
  for (size_t m = 0; m < r->n_microphones; ++m) {
    snprintf(
      out->microphone[m].name, FH_NAME_SIZE, "%s", r->microphone[m].name);
    memcpy(
      out->microphone[m].at, r->microphone[m].at, sizeof r->microphone[m].at);
  }
  out->wall = (double(*)[4])calloc(r->n_walls + 1, sizeof *out->wall);
  if (!out->wall) {
    return finish(out, FH_ERR_NO_MEM);
  }
  out->n_walls = r->n_walls;
  if (r->n_walls) {
    memcpy(out->wall, r->wall, r->n_walls * sizeof *out->wall);
  }
  memcpy(out->low, r->low, sizeof out->low);
  memcpy(out->high, r->high, sizeof out->high);
  return finish(out, FH_OK);
}

FhStatus
plan_outline(const Plan* const plan,
             const uint32_t* const seats,
             const size_t n,
             Outline* const out)
{
  memset(out, 0, sizeof *out);
  bool* const inside = (bool*)calloc(plan->n_seats + 1, sizeof(bool));
  if (!inside) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    inside[seats[i]] = true;
  }
  const FhStatus status =
    n ? outline_make((const double(*)[3])plan->seat,
                     inside,
                     plan->n_seats,
                     plan->area[plan->area_of[seats[0]]].spacing_m,
                     out)
      : FH_OK;
  free(inside);
  return status;
}
