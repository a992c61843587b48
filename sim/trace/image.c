// SPDX-License-Identifier: GPL-3.0-or-later
#include "image_private.h"

#include <stdlib.h>

/// Sequences that are listed in full before rays have to find the others
#define LISTED_MAX 200000u
/// Sequences kept, at most
#define NODES_MAX 4000000u
/// Sequences times seats that are all tried, without zones
#define UNZONED_MAX 4e6
/// A hit may lie this far from where the image says [m], and in proportion
#define HIT_TOLERANCE_M 2e-3f
#define HIT_TOLERANCE   2e-5f

static uint32_t
find_slot(const Images* const images, const uint64_t hash)
{
  size_t at = hash & (images->n_slots - 1);
  while (images->slots[at] && images->nodes[images->slots[at]].hash != hash) {
    at = (at + 1) & (images->n_slots - 1);
  }
  return (uint32_t)at;
}

static FhStatus
grow(Images* const images)
{
  if (images->n_nodes < images->n_room) {
    return FH_OK;
  }
  const size_t n_room = images->n_room ? 2 * images->n_room : 1024;
  Node* const nodes = (Node*)realloc(images->nodes, n_room * sizeof(Node));
  if (!nodes) {
    return FH_ERR_NO_MEM;
  }
  images->nodes = nodes;
  uint32_t* const slots = (uint32_t*)calloc(4 * n_room, sizeof(uint32_t));
  if (!slots) {
    return FH_ERR_NO_MEM;
  }
  free(images->slots);
  images->slots = slots;
  images->n_slots = 4 * n_room;
  images->n_room = n_room;
  for (size_t i = 1; i < images->n_nodes; ++i) {
    images->slots[find_slot(images, nodes[i].hash)] = (uint32_t)i;
  }
  return FH_OK;
}

uint32_t
image_add_node(Images* const images,
               const uint32_t parent,
               const uint32_t plane)
{
  const uint64_t hash = image_sequence(images->nodes[parent].hash, plane);
  const uint32_t known = images->slots[find_slot(images, hash)];
  if (known) {
    return known;
  }
  if (images->n_nodes >= NODES_MAX || grow(images)) {
    return 0;
  }
  const Plane* const p = &images->engine->planes.planes[plane];
  const Node* const from = &images->nodes[parent];
  Node* const node = &images->nodes[images->n_nodes];
  const double behind = 2.0 * (dot3d(p->normal, from->image) - p->offset);
  for (size_t k = 0; k < 3; ++k) {
    node->image[k] = from->image[k] - behind * p->normal[k];
  }
  node->hash = hash;
  node->parent = parent;
  node->plane = plane;
  node->order = from->order + 1;
  images->slots[find_slot(images, hash)] = (uint32_t)images->n_nodes;
  return (uint32_t)images->n_nodes++;
}

/// A plane at the hull mirrors only what is inside of it
static bool
may_mirror(const Images* const images,
           const uint32_t parent,
           const uint32_t plane)
{
  const Plane* const p = &images->engine->planes.planes[plane];
  const Node* const from = &images->nodes[parent];
  if (!p->mirrors || (parent && from->plane == plane)) {
    return false;
  }
  const double side = dot3d(p->normal, from->image) - p->offset;
  return p->inside ? side * p->inside > 1e-9 : fabs(side) > 1e-9;
}

/// List all sequences up to an order, level by level
static void
list_all(Images* const images, const unsigned order)
{
  size_t first = 0;
  for (unsigned level = 1; level <= order; ++level) {
    const size_t last = images->n_nodes;
    for (size_t i = first; i < last; ++i) {
      for (uint32_t p = 0; p < images->engine->planes.n_planes; ++p) {
        if (may_mirror(images, (uint32_t)i, p)) {
          (void)image_add_node(images, (uint32_t)i, p);
        }
      }
    }
    first = last;
  }
}

/// Greatest order at which all sequences together stay few
static unsigned
listed_order(const Images* const images)
{
  size_t n_mirrors = 0;
  for (size_t p = 0; p < images->engine->planes.n_planes; ++p) {
    n_mirrors += images->engine->planes.planes[p].mirrors;
  }
  double level = (double)n_mirrors;
  double total = level;
  unsigned order = 0;
  while (order < images->order && total <= LISTED_MAX) {
    ++order;
    level *= fmax(1.0, (double)n_mirrors - 1.0);
    total += level;
  }
  return order;
}

/// All sequences up to an order together, at most
static double
count_all(const Images* const images)
{
  double n_mirrors = 0.0;
  for (size_t p = 0; p < images->engine->planes.n_planes; ++p) {
    n_mirrors += images->engine->planes.planes[p].mirrors ? 1.0 : 0.0;
  }
  double level = 1.0;
  double total = 0.0;
  for (unsigned i = 0; i < images->order; ++i) {
    level *= i ? fmax(1.0, n_mirrors - 1.0) : n_mirrors;
    total += level;
  }
  return total;
}

FhStatus
images_new(const Engine* const engine,
           const Emitter* const emitter,
           const uint64_t emitter_index,
           const unsigned order,
           const SeatGrid* const grid,
           Images** const out)
{
  *out = NULL;
  Images* const images = (Images*)engine_alloc(1, sizeof(Images));
  if (!images) {
    return FH_ERR_NO_MEM;
  }
  images->engine = engine;
  images->emitter = emitter;
  images->order = order < MAX_IMAGE_ORDER ? order : MAX_IMAGE_ORDER;
  if (grow(images)) {
    images_free(images);
    return FH_ERR_NO_MEM;
  }
  Node* const root = &images->nodes[0];
  memset(root, 0, sizeof *root);
  for (size_t k = 0; k < 3; ++k) {
    root->image[k] = (double)emitter->radiator.at[k];
  }
  images->n_nodes = 1;

  images->is_box = image_box_init(engine, &images->box);
  FhStatus status = FH_OK;
  if (order && !images->is_box && engine->any_mirror) {
    const bool zoned =
      grid && count_all(images) * (double)grid->n_seats > UNZONED_MAX;
    images->grid = zoned ? grid : NULL;
    const unsigned listed = zoned ? 0 : listed_order(images);
    list_all(images, listed);
    if (listed < images->order) {
      status = image_search(images, emitter_index);
    }
  }
  if (status) {
    images_free(images);
    return status;
  }
  *out = images;
  return FH_OK;
}

void
images_free(Images* const images)
{
  if (images) {
    free(images->nodes);
    free(images->slots);
    free(images->pairs);
    free(images->zone_first);
    free(images->zone_nodes);
    free(images);
  }
}

bool
images_own(const Images* const images,
           const uint64_t sequence,
           const unsigned order,
           const uint32_t zone)
{
  if (order > images->order) {
    return false;
  }
  if (images->is_box) {
    return true;
  }
  const uint32_t node = images->slots[find_slot(images, sequence)];
  if (!node || !images->grid) {
    return node != 0;
  }
  const uint64_t pair = (uint64_t)zone << 32 | node;
  return images->n_pairs && images->pairs[image_find_pair(images, pair)];
}

/// Points of reflection from the receiver back to the source; false when the
/// line to an image misses a plane. `from` receives the one next to the source
static bool
find_points(const Images* const images,
            const Node* node,
            const float receiver[3],
            double (*const points)[3],
            double from[3])
{
  for (size_t k = 0; k < 3; ++k) {
    from[k] = (double)receiver[k];
  }
  for (size_t i = 0; node->order; ++i, node = &images->nodes[node->parent]) {
    const Plane* const p = &images->engine->planes.planes[node->plane];
    const double a = dot3d(p->normal, from) - p->offset;
    const double b = dot3d(p->normal, node->image) - p->offset;
    if (!(a * b < 0.0)) {
      return false;
    }
    const double f = a / (a - b);
    for (size_t k = 0; k < 3; ++k) {
      const double x = from[k] + f * (node->image[k] - from[k]);
      if (x < p->low[k] - 1e-3 || x > p->high[k] + 1e-3) {
        return false;
      }
      points[i][k] = x;
      from[k] = x;
    }
  }
  return true;
}

/// Follow the path with rays: each meets the right plane, and nothing before
static bool
check_path(const Images* const images,
           const Node* node,
           const float receiver[3],
           const double (*const points)[3],
           F8* const reflected)
{
  const Engine* const engine = images->engine;
  const unsigned n = engine->n_octets;
  const FhScene* const scene = engine->scene;
  float at[3] = {receiver[0], receiver[1], receiver[2]};
  for (size_t i = 0; node->order; ++i, node = &images->nodes[node->parent]) {
    float d[3];
    for (size_t k = 0; k < 3; ++k) {
      d[k] = (float)(points[i][k] - (double)at[k]);
    }
    const float length = sqrtf(dot3(d, d));
    const float tolerance = HIT_TOLERANCE_M + HIT_TOLERANCE * length;
    if (!(length > 0.0f)) {
      return false;
    }
    for (size_t k = 0; k < 3; ++k) {
      d[k] /= length;
    }
    FhHit hit;
    fh_raycast(engine->caster, at, d, 0.0f, length + tolerance, &hit);
    if (hit.triangle == FH_NO_HIT ||
        engine->planes.plane_of[hit.triangle] != node->plane ||
        hit.distance_m < length - tolerance) {
      return false;
    }
    const uint32_t material = scene->material[hit.triangle];
    const float* const normal = scene->normal[hit.triangle];
    const bool back = dot3(normal, d) > 0.0f;
    if (back && engine->surfaces[material].one_sided) {
      return false;
    }
    for (unsigned o = 0; o < n; ++o) {
      reflected[o] *= engine[o].surfaces[material].mirror;
    }
    for (size_t k = 0; k < 3; ++k) {
      at[k] = (float)points[i][k] + (back ? -LIFT_M : LIFT_M) * normal[k];
    }
  }
  return octets_max(reflected, n) > 0.0f &&
         fh_visible(engine->caster, at, images->emitter->radiator.at);
}

void
image_emit(const Engine* const engine,
           const Emitter* const emitter,
           const double length_m,
           const float towards[3],
           const float departure[3],
           const unsigned order,
           const F8* const reflected,
           const ImageSink sink,
           void* const user)
{
  FhArrival arrival[MAX_OCTETS];
  arrival->time_s =
    (float)(length_m / (double)engine->speed_m_s + emitter->radiator.delay_s);
  memcpy(arrival->direction, towards, sizeof arrival->direction);
  memcpy(arrival->departure, departure, sizeof arrival->departure);
  arrival->order = order;
  const F8 all = emitter_gain(emitter, departure);
  const double spread = 1.0 / (4.0 * FH_PI * length_m * length_m);
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    const F8 gain = all * reflected[o];
    arrival[o] = arrival[0];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      arrival[o].intensity[b] =
        (float)((double)(emitter->radiator.power_w[b] * gain[b]) * spread *
                exp(-(double)engine[o].air[b] * length_m));
    }
  }
  sink(user, arrival);
}

/// The arrival by one sequence, if it is a valid path
static void
try_node(const Images* const images,
         const Node* const node,
         const float receiver[3],
         const ImageSink sink,
         void* const user)
{
  double points[MAX_IMAGE_ORDER][3];
  double first[3];
  F8 reflected[MAX_OCTETS];
  for (unsigned o = 0; o < images->engine->n_octets; ++o) {
    reflected[o] = f8_all(1.0f);
  }
  if (!find_points(images, node, receiver, points, first) ||
      !check_path(
        images, node, receiver, (const double(*)[3])points, reflected)) {
    return;
  }
  double to[3];
  float towards[3];
  float departure[3];
  for (size_t k = 0; k < 3; ++k) {
    to[k] = node->image[k] - (double)receiver[k];
    departure[k] = (float)(first[k] - images->nodes[0].image[k]);
  }
  const double length = sqrt(dot3d(to, to));
  const float start = sqrtf(dot3(departure, departure));
  for (size_t k = 0; k < 3; ++k) {
    towards[k] = (float)(to[k] / length);
    departure[k] /= start;
  }
  image_emit(images->engine,
             images->emitter,
             length,
             towards,
             departure,
             node->order,
             reflected,
             sink,
             user);
}

void
images_arrivals(const Images* const images,
                const float receiver[3],
                const uint32_t zone,
                const ImageSink sink,
                void* const user)
{
  if (images->is_box) {
    image_box_arrivals(&images->box,
                       images->engine,
                       images->emitter,
                       images->order,
                       receiver,
                       sink,
                       user);
    return;
  }
  if (!images->grid) {
    for (size_t i = 1; i < images->n_nodes; ++i) {
      try_node(images, &images->nodes[i], receiver, sink, user);
    }
    return;
  }
  if (!images->zone_first) {
    return;
  }
  for (size_t i = images->zone_first[zone]; i < images->zone_first[zone + 1];
       ++i) {
    try_node(
      images, &images->nodes[images->zone_nodes[i]], receiver, sink, user);
  }
}
