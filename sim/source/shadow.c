// SPDX-License-Identifier: GPL-3.0-or-later
#include "shadow_private.h"
#include "sight.h"

#include <math.h>
#include <stdlib.h>

/// Longest detour round an obstacle [m]
#define LONGEST_M 25.0
/// Looks along an edge to find whether an emitter sees it
#define N_LOOKS 5
/// How far away a second edge may be [m]
#define SECOND_REACH_M 4.0

enum { FROM_X, FROM_Y, FROM_Z, ALONG_X, ALONG_Y, ALONG_Z, LENGTH, D1, Z1 };

void
shadow_free(Shadow* const shadow)
{
  if (shadow) {
    for (size_t e = 0; shadow->seen && e < shadow->sources->n_emitters; ++e) {
      free(shadow->seen[e].edge);
      free(shadow->seen[e].column);
    }
    free(shadow->seen);
    free(shadow->second);
    free(shadow);
  }
}

static bool
sees(const Shadow* const shadow, const float at[3], const FhEdge* const edge)
{
  float to[N_LOOKS][3];
  uint8_t visible[N_LOOKS];
  for (size_t i = 0; i < N_LOOKS; ++i) {
    const double share = ((double)i + 0.5) / (double)N_LOOKS;
    fh_edge_point(edge, share * (double)edge->length_m, OFF_M, to[i]);
  }
  sight_many(shadow->sources,
             shadow->caster,
             at,
             (const float(*)[3])to,
             N_LOOKS,
             visible);
  for (size_t i = 0; i < N_LOOKS; ++i) {
    if (visible[i]) {
      return true;
    }
  }
  return false;
}

/// An emitter's view: its middle, and its ends where it is long
static bool
emitter_sees(const Shadow* const shadow,
             const FhEmitter* const emitter,
             const FhEdge* const edge)
{
  const Element* const first =
    &shadow->sources->elements[emitter->first_element];
  return sees(shadow, emitter->centre, edge) ||
         (emitter->n_elements > 1 &&
          (sees(shadow, first->at, edge) ||
           sees(shadow, first[emitter->n_elements - 1].at, edge)));
}

static bool
seen_init(const Shadow* const shadow,
          const FhEmitter* const emitter,
          Seen* const seen)
{
  seen->edge = (uint32_t*)calloc(shadow->n_edges + 1, sizeof(uint32_t));
  if (!seen->edge) {
    return false;
  }
  for (size_t i = 0; i < shadow->n_edges; ++i) {
    if (emitter_sees(shadow, emitter, &shadow->edges[i])) {
      seen->edge[seen->n++] = (uint32_t)i;
    }
  }
  const size_t n = seen->n;
  seen->column = (float*)calloc(9 * n + 1, sizeof(float));
  if (!seen->column) {
    return false;
  }
  for (size_t i = 0; i < n; ++i) {
    const FhEdge* const edge = &shadow->edges[seen->edge[i]];
    float v[3];
    for (size_t k = 0; k < 3; ++k) {
      seen->column[(FROM_X + k) * n + i] = edge->from[k];
      seen->column[(ALONG_X + k) * n + i] = edge->along[k];
      v[k] = emitter->centre[k] - edge->from[k];
    }
    const float z = dot3(v, edge->along);
    seen->column[LENGTH * n + i] = edge->length_m;
    seen->column[D1 * n + i] = sqrtf(fmaxf(0.0f, dot3(v, v) - z * z));
    seen->column[Z1 * n + i] = z;
  }
  return true;
}

/// Edges that run beside an edge, near and in sight: the far rim of a parapet,
/// the other face of a thick wall
static void
find_seconds(const Shadow* const shadow, const size_t e)
{
  const FhEdge* const a = &shadow->edges[e];
  float middle[3];
  fh_edge_point(a, 0.5 * (double)a->length_m, OFF_M, middle);
  double distance[MAX_SECOND];
  size_t n = 0;
  for (size_t i = 0; i < shadow->n_edges; ++i) {
    const FhEdge* const b = &shadow->edges[i];
    const float c = dot3(a->along, b->along);
    if (i == e || fabsf(c) < 0.9f) {
      continue;
    }
    float v[3];
    for (size_t k = 0; k < 3; ++k) {
      v[k] = middle[k] - b->from[k];
    }
    const float z = fminf(b->length_m, fmaxf(0.0f, dot3(v, b->along)));
    float near[3];
    fh_edge_point(b, (double)z, OFF_M, near);
    double d2 = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      const double d = (double)near[k] - (double)middle[k];
      d2 += d * d;
    }
    const double d = sqrt(d2);
    if (d > SECOND_REACH_M || d < 0.02 ||
        !sight(shadow->sources, shadow->caster, middle, near)) {
      continue;
    }
    size_t at = n < MAX_SECOND ? n++ : MAX_SECOND;
    if (at == MAX_SECOND) {
      if (d >= distance[MAX_SECOND - 1]) {
        continue;
      }
      at = MAX_SECOND - 1;
    }
    while (at > 0 && distance[at - 1] > d) {
      distance[at] = distance[at - 1];
      shadow->second[e][at] = shadow->second[e][at - 1];
      --at;
    }
    distance[at] = d;
    shadow->second[e][at] = (uint32_t)i;
  }
}

Shadow*
shadow_new(const FhSources* const sources, const FhRaycaster* const caster)
{
  Shadow* const shadow = (Shadow*)calloc(1, sizeof *shadow);
  if (!shadow) {
    return NULL;
  }
  shadow->sources = sources;
  shadow->caster = caster;
  shadow->n_edges = fh_edges_count(sources->edges);
  shadow->edges = fh_edges_all(sources->edges);
  shadow->seen = (Seen*)calloc(sources->n_emitters + 1, sizeof(Seen));
  shadow->second = (uint32_t(*)[MAX_SECOND])calloc(shadow->n_edges + 1,
                                                   sizeof *shadow->second);
  bool good = shadow->seen && shadow->second;
  for (size_t e = 0; good && e < sources->n_emitters; ++e) {
    good = seen_init(shadow, &sources->emitters[e], &shadow->seen[e]);
  }
  // Only edges that somebody sees can be first ones
  for (size_t i = 0; good && i < shadow->n_edges; ++i) {
    for (size_t k = 0; k < MAX_SECOND; ++k) {
      shadow->second[i][k] = UINT32_MAX;
    }
  }
  for (size_t e = 0; good && e < sources->n_emitters; ++e) {
    for (size_t i = 0; i < shadow->seen[e].n; ++i) {
      const uint32_t edge = shadow->seen[e].edge[i];
      if (shadow->second[edge][0] == UINT32_MAX) {
        find_seconds(shadow, edge);
      }
    }
  }
  if (!good) {
    shadow_free(shadow);
    return NULL;
  }
  return shadow;
}

/// Detours over the seen edges, and where they cross them
static void
search(const Seen* const seen,
       const size_t first,
       const size_t n,
       const float point[3],
       const float straight,
       float* const cost,
       float* const apex)
{
  const size_t m = seen->n;
  const float* const c = seen->column;
  for (size_t i = 0; i < n; ++i) {
    const size_t at = first + i;
    const float x = point[0] - c[FROM_X * m + at];
    const float y = point[1] - c[FROM_Y * m + at];
    const float z = point[2] - c[FROM_Z * m + at];
    const float z2 = x * c[ALONG_X * m + at] + y * c[ALONG_Y * m + at] +
                     z * c[ALONG_Z * m + at];
    const float d2 = sqrtf(fmaxf(0.0f, x * x + y * y + z * z - z2 * z2));
    const float d1 = c[D1 * m + at];
    const float z1 = c[Z1 * m + at];
    const float share = d1 / fmaxf(d1 + d2, 1e-6f);
    const float z0 = z1 + share * (z2 - z1);
    const float on = fminf(c[LENGTH * m + at], fmaxf(0.0f, z0));
    // By way of the nearest point that the edge has
    const float a = sqrtf(d1 * d1 + (on - z1) * (on - z1));
    const float b = sqrtf(d2 * d2 + (z2 - on) * (z2 - on));
    cost[i] = a + b - straight;
    apex[i] = on;
  }
}

typedef struct {
  float cost;
  float apex;
  uint32_t edge;
} Candidate;

#define SEARCH_BLOCK 256
#define MAX_TRIED    24

/// Keep the cheapest candidates in order
static size_t
keep_cheapest(Candidate* const list,
              const size_t n_list,
              const Candidate* const candidate)
{
  size_t at = n_list < MAX_TRIED ? n_list : MAX_TRIED;
  const size_t n = n_list < MAX_TRIED ? n_list + 1 : n_list;
  if (at == MAX_TRIED) {
    if (candidate->cost >= list[MAX_TRIED - 1].cost) {
      return n;
    }
    --at;
  }
  while (at > 0 && list[at - 1].cost > candidate->cost) {
    list[at] = list[at - 1];
    --at;
  }
  list[at] = *candidate;
  return n;
}

/// Add the ways over an edge and a second one that the point sees
static void
add_seconds(const Shadow* const shadow,
            const Candidate* const first,
            const float point[3],
            const float reach,
            Bends* const out)
{
  const FhEdge* const a = &shadow->edges[first->edge];
  float apex[3];
  fh_edge_point(a, (double)first->apex, OFF_M, apex);
  const float straight = distance(apex, point);
  for (size_t k = 0; k < MAX_SECOND && out->n < MAX_DETOURS; ++k) {
    const uint32_t second = shadow->second[first->edge][k];
    if (second == UINT32_MAX) {
      break;
    }
    const FhEdge* const b = &shadow->edges[second];
    double r[2];
    const double za = along_edge(b, apex, &r[0]);
    const double zp = along_edge(b, point, &r[1]);
    const double z = fmin((double)b->length_m,
                          fmax(0.0, za + (zp - za) * r[0] / (r[0] + r[1])));
    float over[3];
    fh_edge_point(b, z, OFF_M, over);
    if (distance(apex, over) + distance(over, point) - straight < reach &&
        sight(shadow->sources, shadow->caster, point, over)) {
      out->bend[out->n++] = (Bend){first->edge, second};
    }
  }
}

void
shadow_find(const Shadow* const shadow,
            const size_t emitter,
            const float point[3],
            const bool hidden,
            Bends* const out)
{
  out->n = 0;
  const Seen* const seen = &shadow->seen[emitter];
  const float straight =
    distance(shadow->sources->emitters[emitter].centre, point);
  const float limit = hidden ? (float)LONGEST_M : (float)(2.0 * LIT_REACH_M);
  Candidate list[MAX_TRIED];
  size_t n_list = 0;
  for (size_t first = 0; first < seen->n; first += SEARCH_BLOCK) {
    const size_t n =
      seen->n - first < SEARCH_BLOCK ? seen->n - first : SEARCH_BLOCK;
    float cost[SEARCH_BLOCK];
    float apex[SEARCH_BLOCK];
    search(seen, first, n, point, straight, cost, apex);
    for (size_t i = 0; i < n; ++i) {
      if (cost[i] < limit) {
        const Candidate candidate = {cost[i], apex[i], seen->edge[first + i]};
        n_list = keep_cheapest(list, n_list, &candidate);
      }
    }
  }
  const float* const centre = shadow->sources->emitters[emitter].centre;
  for (size_t i = 0; i < n_list && out->n < MAX_DETOURS; ++i) {
    const FhEdge* const edge = &shadow->edges[list[i].edge];
    float over[3];
    FhEdgePath path;
    fh_edge_point(edge, (double)list[i].apex, OFF_M, over);
    if (!fh_edge_path(edge, centre, point, &path) ||
        !sight(shadow->sources, shadow->caster, point, over)) {
      continue;
    }
    out->bend[out->n++] = (Bend){list[i].edge, UINT32_MAX};
    // A second edge close under the way softens its own shadow's border
    add_seconds(shadow, &list[i], point, (float)LIT_REACH_M, out);
  }
  // Points that no single edge reaches
  for (size_t i = 0; hidden && !out->n && i < n_list; ++i) {
    add_seconds(shadow, &list[i], point, (float)LONGEST_M, out);
  }
}
