// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/dead_zone.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char*
fh_dead_cause_word(const FhDeadCause cause)
{
  switch (cause) {
  case FH_CAUSE_NONE:
    return "";
  case FH_CAUSE_BLOCKED:
    return "blocked line of sight";
  case FH_CAUSE_OFF_AXIS:
    return "off axis of every loudspeaker";
  case FH_CAUSE_DISTANCE:
    return "distance";
  case FH_CAUSE_INTERFERENCE:
    return "interference";
  case FH_CAUSE_REVERBERATION:
    return "reverberation";
  case FH_CAUSE_ECHO:
    return "echo";
  case FH_CAUSE_NOISE:
    return "background noise";
  }
  return "";
}

/// Means of an area over its seats
typedef struct {
  double level_db; ///< Of the energy
  double tilt_db;
  double distance_m; ///< To the nearest emitter
} AreaMean;

/// What the grouping works on
typedef struct {
  const FhVenue* venue;
  const FhScene* scene;
  const FhSources* sources;
  const FhDirectField* direct;
  FhSeatMetrics* seats;
  uint32_t* parent; ///< [n_seats] union-find over dead seats
  AreaMean* mean;   ///< [n_audience]
} Work;

static uint32_t
root_of(uint32_t* const parent, uint32_t i)
{
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

static double
distance2(const float a[3], const float b[3])
{
  double sum = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = (double)a[k] - (double)b[k];
    sum += d * d;
  }
  return sum;
}

/// A dead seat with its cell, for sorting
typedef struct {
  int32_t cell[3];
  uint32_t area;
  uint32_t seat;
} Placed;

static int
by_cell(const void* const a, const void* const b)
{
  const Placed* const x = (const Placed*)a;
  const Placed* const y = (const Placed*)b;
  if (x->area != y->area) {
    return x->area < y->area ? -1 : 1;
  }
  for (size_t k = 0; k < 3; ++k) {
    if (x->cell[k] != y->cell[k]) {
      return x->cell[k] < y->cell[k] ? -1 : 1;
    }
  }
  return (x->seat > y->seat) - (x->seat < y->seat);
}

// First of the sorted seats in a cell, or `n`
static size_t
find_cell(const Placed* const list,
          const size_t n,
          const uint32_t area,
          const int32_t cell[3])
{
  Placed want = {.area = area, .seat = 0};
  memcpy(want.cell, cell, sizeof want.cell);
  size_t low = 0;
  size_t high = n;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (by_cell(&list[middle], &want) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void
join_neighbours(const Work* const w,
                const Placed* const list,
                const size_t n,
                const size_t i,
                const double reach_m)
{
  const Placed* const p = &list[i];
  for (int k = 0; k < 27; ++k) {
    const int32_t cell[3] = {p->cell[0] + k % 3 - 1,
                             p->cell[1] + k / 3 % 3 - 1,
                             p->cell[2] + k / 9 - 1};
    for (size_t j = find_cell(list, n, p->area, cell);
         j < n && list[j].area == p->area &&
         !memcmp(list[j].cell, cell, sizeof cell);
         ++j) {
      if (list[j].seat > p->seat &&
          distance2(w->scene->seats[p->seat].at,
                    w->scene->seats[list[j].seat].at) <= reach_m * reach_m) {
        const uint32_t a = root_of(w->parent, p->seat);
        const uint32_t b = root_of(w->parent, list[j].seat);
        w->parent[a > b ? a : b] = a < b ? a : b;
      }
    }
  }
}

static double
reach_of(const Work* const w, const uint32_t area)
{
  return 1.8 * w->venue->audience[area].spacing_m;
}

static FhStatus
group(const Work* const w)
{
  const size_t n_seats = w->scene->n_seats;
  Placed* const list = (Placed*)calloc(n_seats + 1, sizeof(Placed));
  if (!list) {
    return FH_ERR_NO_MEM;
  }
  size_t n = 0;
  for (uint32_t i = 0; i < n_seats; ++i) {
    w->parent[i] = i;
    if (w->seats[i].dead) {
      const FhSeat* const s = &w->scene->seats[i];
      Placed* const p = &list[n++];
      p->seat = i;
      p->area = s->area;
      for (size_t k = 0; k < 3; ++k) {
        p->cell[k] = (int32_t)floor((double)s->at[k] / reach_of(w, s->area));
      }
    }
  }
  qsort(list, n, sizeof(Placed), by_cell);
  for (size_t i = 0; i < n; ++i) {
    join_neighbours(w, list, n, i, reach_of(w, list[i].area));
  }
  free(list);
  return FH_OK;
}

/// Let seats live whose group may be chance
static FhStatus
drop_chance(const Work* const w)
{
  const size_t n_seats = w->scene->n_seats;
  uint32_t* const size = (uint32_t*)calloc(n_seats + 1, sizeof(uint32_t));
  bool* const sure = (bool*)calloc(n_seats + 1, sizeof(bool));
  for (uint32_t i = 0; size && sure && i < n_seats; ++i) {
    if (w->seats[i].dead) {
      const uint32_t root = root_of(w->parent, i);
      ++size[root];
      sure[root] = sure[root] || w->seats[i].sure;
    }
  }
  for (uint32_t i = 0; size && sure && i < n_seats; ++i) {
    const uint32_t root = root_of(w->parent, i);
    if (w->seats[i].dead && !sure[root] && size[root] < FH_ZONE_LEAST) {
      w->seats[i].dead = 0;
    }
  }
  const bool done = size && sure;
  free(size);
  free(sure);
  return done ? FH_OK : FH_ERR_NO_MEM;
}

static double
nearest_emitter_m(const Work* const w, const float at[3])
{
  double least = INFINITY;
  const size_t n = w->sources ? fh_sources_count(w->sources) : 0;
  for (size_t e = 0; e < n; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(w->sources, e);
    if (!emitter->muted) {
      least = fmin(least, distance2(emitter->centre, at));
    }
  }
  return sqrt(least);
}

static AreaMean
area_mean(const Work* const w, const uint32_t area)
{
  double p2 = 0.0;
  double tilt = 0.0;
  double distance = 0.0;
  double weight = 0.0;
  for (size_t i = 0; i < w->scene->n_seats; ++i) {
    const FhSeat* const s = &w->scene->seats[i];
    if (s->area == area) {
      const double m2 = (double)s->area_m2;
      p2 += m2 * pow(10.0, 0.1 * (double)w->seats[i].spl_db);
      tilt +=
        isfinite(w->seats[i].tilt_db) ? m2 * (double)w->seats[i].tilt_db : 0.0;
      distance += m2 * nearest_emitter_m(w, s->at);
      weight += m2;
    }
  }
  return (AreaMean){.level_db = 10.0 * log10(p2 / weight),
                    .tilt_db = tilt / weight,
                    .distance_m = distance / weight};
}

static double
depth_of(const FhSeatMetrics* const m, const AreaMean* const mean)
{
  double depth = NAN;
  if (m->dead & FH_DEAD_QUIET) {
    depth = fmax(depth, mean->level_db - (double)m->spl_db);
  }
  if (m->dead & FH_DEAD_MUFFLED) {
    depth = fmax(depth, mean->tilt_db - (double)m->tilt_db);
  }
  if (m->dead & FH_DEAD_CANCELLED) {
    depth = fmax(depth, (double)m->cancel_depth_db);
  }
  return depth;
}

static FhDeadCause
cause_of(const Work* const w,
         const FhDeadZone* const z,
         const AreaMean* const mean)
{
  size_t hidden = 0;
  double d_r = 0.0;
  for (size_t i = 0; i < z->n_seats; ++i) {
    const uint32_t s = z->seats[i];
    hidden += w->direct && w->direct->visible && !w->direct->visible[s];
    d_r += isfinite(w->seats[s].d_r_db) ? (double)w->seats[s].d_r_db : -30.0;
  }
  if (2 * hidden > z->n_seats) {
    return FH_CAUSE_BLOCKED;
  }
  if (z->reasons & FH_DEAD_CANCELLED) {
    return FH_CAUSE_INTERFERENCE;
  }
  if (z->reasons & FH_DEAD_ECHO) {
    return FH_CAUSE_ECHO;
  }
  if (z->reasons & (FH_DEAD_QUIET | FH_DEAD_MUFFLED)) {
    return nearest_emitter_m(w, z->centre) > 1.5 * mean->distance_m
             ? FH_CAUSE_DISTANCE
             : FH_CAUSE_OFF_AXIS;
  }
  return d_r / (double)z->n_seats < 0.0 ? FH_CAUSE_REVERBERATION
                                        : FH_CAUSE_DISTANCE;
}

static void
describe(const Work* const w, FhDeadZone* const z)
{
  const AreaMean* const mean = &w->mean[z->area];
  z->depth_db = NAN;
  z->lowest_sti = NAN;
  double at[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < z->n_seats; ++i) {
    const FhSeatMetrics* const m = &w->seats[z->seats[i]];
    const FhSeat* const s = &w->scene->seats[z->seats[i]];
    z->reasons |= m->dead;
    z->area_m2 += (double)s->area_m2;
    z->depth_db = fmax(z->depth_db, depth_of(m, mean));
    z->lowest_sti = fmin(z->lowest_sti, (double)m->sti);
    z->worst_echo = fmax(z->worst_echo, (double)m->echo);
    for (size_t k = 0; k < 3; ++k) {
      at[k] += (double)s->at[k] / (double)z->n_seats;
    }
  }
  for (size_t k = 0; k < 3; ++k) {
    z->centre[k] = (float)at[k];
  }
  z->cause = cause_of(w, z, mean);
  snprintf(z->because, sizeof(z->because), "%s", fh_dead_cause_word(z->cause));
}

static int
by_size_down(const void* const a, const void* const b)
{
  const FhDeadZone* const x = (const FhDeadZone*)a;
  const FhDeadZone* const y = (const FhDeadZone*)b;
  if (x->n_seats != y->n_seats) {
    return x->n_seats > y->n_seats ? -1 : 1;
  }
  return x->seats[0] < y->seats[0] ? -1 : 1;
}

// Zones from the roots, in the order of their first seats
static FhStatus
collect(const Work* const w, FhDeadZones* const out)
{
  const size_t n_seats = w->scene->n_seats;
  for (uint32_t i = 0; i < n_seats; ++i) {
    out->zone_of[i] = UINT32_MAX;
    if (w->seats[i].dead) {
      ++out->n_dead;
      out->n += root_of(w->parent, i) == i;
    }
  }
  out->zone = (FhDeadZone*)calloc(out->n + 1, sizeof(FhDeadZone));
  if (!out->zone) {
    return FH_ERR_NO_MEM;
  }
  uint32_t next = 0;
  for (uint32_t i = 0; i < n_seats; ++i) {
    if (w->seats[i].dead) {
      const uint32_t root = root_of(w->parent, i);
      out->zone_of[i] = root == i ? next++ : out->zone_of[root];
      ++out->zone[out->zone_of[i]].n_seats;
    }
  }
  for (size_t z = 0; z < out->n; ++z) {
    out->zone[z].seats =
      (uint32_t*)calloc(out->zone[z].n_seats + 1, sizeof(uint32_t));
    if (!out->zone[z].seats) {
      return FH_ERR_NO_MEM;
    }
    out->zone[z].n_seats = 0;
  }
  for (uint32_t i = 0; i < n_seats; ++i) {
    if (out->zone_of[i] < out->n) {
      FhDeadZone* const z = &out->zone[out->zone_of[i]];
      z->area = w->scene->seats[i].area;
      z->seats[z->n_seats++] = i;
    }
  }
  return FH_OK;
}

FhStatus
fh_dead_zones(const FhVenue* const venue,
              const FhScene* const scene,
              const FhSources* const sources,
              const FhDirectField* const direct,
              FhSeatMetrics* const seats,
              FhDeadZones* const out)
{
  memset(out, 0, sizeof(*out));
  Work w = {venue, scene, sources, direct, seats, NULL, NULL};
  w.mean = (AreaMean*)calloc(venue->n_audience + 1, sizeof(AreaMean));
  w.parent = (uint32_t*)calloc(scene->n_seats + 1, sizeof(uint32_t));
  out->zone_of = (uint32_t*)calloc(scene->n_seats + 1, sizeof(uint32_t));
  FhStatus status = FH_ERR_NO_MEM;
  if (w.parent && out->zone_of && w.mean) {
    status = group(&w);
    status = status ? status : drop_chance(&w);
  }
  if (!status) {
    status = collect(&w, out);
  }
  for (uint32_t a = 0; !status && out->n && a < venue->n_audience; ++a) {
    w.mean[a] = area_mean(&w, a);
  }
  for (size_t z = 0; !status && z < out->n; ++z) {
    describe(&w, &out->zone[z]);
  }
  free(w.parent);
  free(w.mean);
  if (status) {
    fh_dead_zones_clear(out);
    return status;
  }
  if (out->n) {
    qsort(out->zone, out->n, sizeof(FhDeadZone), by_size_down);
  }
  for (uint32_t z = 0; z < out->n; ++z) {
    for (size_t i = 0; i < out->zone[z].n_seats; ++i) {
      out->zone_of[out->zone[z].seats[i]] = z;
    }
  }
  return FH_OK;
}

void
fh_dead_zones_clear(FhDeadZones* const zones)
{
  for (size_t z = 0; zones->zone && z < zones->n; ++z) {
    free(zones->zone[z].seats);
  }
  free(zones->zone);
  free(zones->zone_of);
  memset(zones, 0, sizeof(*zones));
}
