// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/edges.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Corners this near are one [m]
#define WELD_M 1e-3
/// Shorter edges bend nothing that is worth hearing [m]
#define SHORTEST_M 0.2
/// Open angle over pi from which an edge counts
#define LEAST_N   (195.0 / 180.0)
#define MAX_FACES 8

struct FhEdgesImpl {
  size_t n;
  FhEdge* at;
};

/// A side of a triangle
typedef struct {
  uint32_t a, b;     ///< Welded corners, a < b
  uint32_t opposite; ///< Third corner
  bool crowd;
} Side;

/// A side that faces share
typedef struct {
  double from[3], to[3];
  double face[MAX_FACES][3]; ///< Unit vectors into the faces
  size_t n_faces;
  bool crowd;
  bool dead;
} Joint;

static double
dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void
cross(const double a[3], const double b[3], double out[3])
{
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

static double
normalise(double v[3])
{
  const double length = sqrt(dot(v, v));
  for (size_t k = 0; k < 3 && length > 0.0; ++k) {
    v[k] /= length;
  }
  return length;
}

static void
subtract(const double a[3], const double b[3], double out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = a[k] - b[k];
  }
}

/// Corner with its cell, to sort equal ones together
typedef struct {
  int64_t cell[3];
  uint32_t index;
} Corner;

static int
compare_corners(const void* const a, const void* const b)
{
  const Corner* const x = (const Corner*)a;
  const Corner* const y = (const Corner*)b;
  for (size_t k = 0; k < 3; ++k) {
    if (x->cell[k] != y->cell[k]) {
      return x->cell[k] < y->cell[k] ? -1 : 1;
    }
  }
  return (x->index > y->index) - (x->index < y->index);
}

/// First corner at the same place as each, by rounding to a grid
static bool
weld(const FhScene* const scene, uint32_t* const first)
{
  Corner* const corner = (Corner*)calloc(scene->n_vertices + 1, sizeof(Corner));
  if (!corner) {
    return false;
  }
  for (size_t i = 0; i < scene->n_vertices; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      corner[i].cell[k] = (int64_t)llrint((double)scene->vertex[i][k] / WELD_M);
    }
    corner[i].index = (uint32_t)i;
  }
  qsort(corner, scene->n_vertices, sizeof(Corner), compare_corners);
  for (size_t i = 0; i < scene->n_vertices; ++i) {
    const bool same =
      i && !memcmp(corner[i].cell, corner[i - 1].cell, sizeof corner[i].cell);
    first[corner[i].index] =
      same ? first[corner[i - 1].index] : corner[i].index;
  }
  free(corner);
  return true;
}

static int
compare_sides(const void* const a, const void* const b)
{
  const Side* const x = (const Side*)a;
  const Side* const y = (const Side*)b;
  if (x->a != y->a) {
    return x->a < y->a ? -1 : 1;
  }
  if (x->b != y->b) {
    return x->b < y->b ? -1 : 1;
  }
  return (x->opposite > y->opposite) - (x->opposite < y->opposite);
}

static size_t
make_sides(const FhScene* const scene,
           const uint32_t* const first,
           Side* const sides)
{
  size_t n = 0;
  for (size_t t = 0; t < scene->n_triangles; ++t) {
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t a = first[scene->triangle[t][k]];
      const uint32_t b = first[scene->triangle[t][(k + 1) % 3]];
      const uint32_t c = first[scene->triangle[t][(k + 2) % 3]];
      if (a != b && b != c && c != a) {
        sides[n++] = (Side){
          a < b ? a : b, a < b ? b : a, c, scene->kind[t] != FH_SURFACE_PLAIN};
      }
    }
  }
  qsort(sides, n, sizeof(Side), compare_sides);
  return n;
}

static void
position(const FhScene* const scene, const uint32_t i, double out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (double)scene->vertex[i][k];
  }
}

/// Add the face on the other side of an edge from `corner`
static void
add_face(Joint* const joint, const double corner[3])
{
  double along[3];
  double v[3];
  subtract(joint->to, joint->from, along);
  (void)normalise(along);
  subtract(corner, joint->from, v);
  const double z = dot(v, along);
  for (size_t k = 0; k < 3; ++k) {
    v[k] -= z * along[k];
  }
  if (joint->n_faces < MAX_FACES && normalise(v) > 0.0) {
    memcpy(joint->face[joint->n_faces++], v, sizeof v);
  }
}

static size_t
make_joints(const FhScene* const scene,
            const Side* const sides,
            const size_t n_sides,
            Joint* const joints)
{
  size_t n = 0;
  for (size_t i = 0; i < n_sides;) {
    Joint* const joint = &joints[n++];
    memset(joint, 0, sizeof *joint);
    position(scene, sides[i].a, joint->from);
    position(scene, sides[i].b, joint->to);
    size_t j = i;
    for (; j < n_sides && sides[j].a == sides[i].a && sides[j].b == sides[i].b;
         ++j) {
      double corner[3];
      position(scene, sides[j].opposite, corner);
      add_face(joint, corner);
      joint->crowd = joint->crowd || sides[j].crowd;
    }
    i = j;
    // Two triangles of one plane meet at most edges of a mesh: no edge at all
    if (joint->n_faces == 2 && dot(joint->face[0], joint->face[1]) < -0.99999) {
      --n;
    }
  }
  return n;
}

/// Angles of the faces about the edge, and the widest gap between them
typedef struct {
  size_t face; ///< Where the gap begins
  double n;    ///< Its width over pi
} Gap;

static Gap
widest_gap(const Joint* const joint, const double along[3])
{
  double angle[MAX_FACES];
  double side[3];
  cross(along, joint->face[0], side);
  for (size_t i = 0; i < joint->n_faces; ++i) {
    const double a =
      atan2(dot(joint->face[i], side), dot(joint->face[i], joint->face[0]));
    angle[i] = i && a < 0.0 ? a + 2.0 * FH_PI : a;
  }
  Gap best = {0, 0.0};
  for (size_t i = 0; i < joint->n_faces; ++i) {
    double next = 2.0 * FH_PI;
    for (size_t j = 0; j < joint->n_faces; ++j) {
      double step = angle[j] - angle[i];
      step = step < 0.0 ? step + 2.0 * FH_PI : step;
      // Faces on top of each other leave no gap between them
      if (j != i && step < next && (step > 1e-4 || j > i)) {
        next = step;
      }
    }
    if (next > best.n * FH_PI) {
      best = (Gap){i, next / FH_PI};
    }
  }
  return best;
}

static int
compare_joints(const void* const a, const void* const b)
{
  const Joint* const x = (const Joint*)a;
  const Joint* const y = (const Joint*)b;
  const double p = fmin(x->from[0], x->to[0]);
  const double q = fmin(y->from[0], y->to[0]);
  if (p != q) {
    return p < q ? -1 : 1;
  }
  for (size_t k = 0; k < 3; ++k) {
    if (x->from[k] != y->from[k]) {
      return x->from[k] < y->from[k] ? -1 : 1;
    }
    if (x->to[k] != y->to[k]) {
      return x->to[k] < y->to[k] ? -1 : 1;
    }
  }
  return 0;
}

/// Length that `b` covers of the line of `a`; 0 when it lies elsewhere
static double
overlap(const Joint* const a, const Joint* const b)
{
  double along[3];
  subtract(a->to, a->from, along);
  const double length = normalise(along);
  double z[2];
  for (size_t end = 0; end < 2; ++end) {
    double v[3];
    subtract(end ? b->to : b->from, a->from, v);
    z[end] = dot(v, along);
    const double off2 = dot(v, v) - z[end] * z[end];
    if (off2 > 4.0 * WELD_M * WELD_M) {
      return 0.0;
    }
  }
  const double low = fmax(0.0, fmin(z[0], z[1]));
  const double high = fmin(length, fmax(z[0], z[1]));
  return high > low ? high - low : 0.0;
}

static double
joint_length(const Joint* const joint)
{
  double v[3];
  subtract(joint->to, joint->from, v);
  return normalise(v);
}

/// Where a face lies against another, to choose one of two that share a line
static bool
comes_first(const double a[3], const double b[3])
{
  for (size_t k = 0; k < 3; ++k) {
    if (fabs(a[k] - b[k]) > 1e-6) {
      return a[k] < b[k];
    }
  }
  return true;
}

/**
   Rims that other rims cover are joints of differently cut faces.

   Of the rims on either side of a joint those of one face take over the other
   face, and the rest go.
*/
static FhStatus
join_rims(Joint* const joints, const size_t n)
{
  double* const covered = (double*)calloc(n + 1, sizeof(double));
  size_t* const partner = (size_t*)calloc(n + 1, sizeof(size_t));
  if (!covered || !partner) {
    free(covered);
    free(partner);
    return FH_ERR_NO_MEM;
  }
  qsort(joints, n, sizeof(Joint), compare_joints);
  for (size_t i = 0; i < n; ++i) {
    const Joint* const a = &joints[i];
    const double reach = fmax(a->from[0], a->to[0]) + WELD_M;
    for (size_t j = i + 1; a->n_faces == 1 && j < n; ++j) {
      const Joint* const b = &joints[j];
      if (fmin(b->from[0], b->to[0]) > reach) {
        break;
      }
      const double common = b->n_faces == 1 ? overlap(a, b) : 0.0;
      if (common > 0.01) {
        covered[i] += common;
        covered[j] += common;
        partner[i] = j;
        partner[j] = i;
      }
    }
  }
  for (size_t i = 0; i < n; ++i) {
    Joint* const joint = &joints[i];
    if (joint->n_faces != 1 || covered[i] < 0.9 * joint_length(joint)) {
      continue;
    }
    const Joint* const other = &joints[partner[i]];
    joint->dead = !comes_first(joint->face[0], other->face[0]);
    joint->crowd = joint->crowd || other->crowd;
    memcpy(joint->face[1], other->face[0], sizeof joint->face[1]);
  }
  // Faces are counted last: the loop above looks at partners' first ones
  for (size_t i = 0; i < n; ++i) {
    Joint* const joint = &joints[i];
    if (joint->n_faces == 1 && covered[i] >= 0.9 * joint_length(joint)) {
      joint->n_faces = 2;
    }
  }
  free(covered);
  free(partner);
  return FH_OK;
}

/// The edge that a joint makes; false when it bends nothing
static bool
make_edge(const Joint* const joint, FhEdge* const edge)
{
  double along[3];
  subtract(joint->to, joint->from, along);
  const double length = normalise(along);
  if (joint->crowd || joint->dead || !joint->n_faces || !(length > 0.0)) {
    return false;
  }
  const Gap gap = widest_gap(joint, along);
  if (gap.n < LEAST_N) {
    return false;
  }
  double normal[3];
  cross(along, joint->face[gap.face], normal);
  for (size_t k = 0; k < 3; ++k) {
    edge->from[k] = (float)joint->from[k];
    edge->along[k] = (float)along[k];
    edge->face[k] = (float)joint->face[gap.face][k];
    edge->normal[k] = (float)normal[k];
  }
  edge->length_m = (float)length;
  edge->n = (float)gap.n;
  return true;
}

static double
dotf(const float a[3], const float b[3])
{
  return (double)a[0] * (double)b[0] + (double)a[1] * (double)b[1] +
         (double)a[2] * (double)b[2];
}

static void
edge_end(const FhEdge* const edge, float out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = edge->from[k] + edge->length_m * edge->along[k];
  }
}

static bool
is_near(const float a[3], const float b[3])
{
  double d2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = (double)a[k] - (double)b[k];
    d2 += d * d;
  }
  return d2 < 4.0 * WELD_M * WELD_M;
}

/// Turn an edge about: the other end first, the other face first
static FhEdge
reversed(const FhEdge* const edge)
{
  FhEdge out = *edge;
  edge_end(edge, out.from);
  const double open = FH_PI * (double)edge->n;
  for (size_t k = 0; k < 3; ++k) {
    out.along[k] = -edge->along[k];
    const double f = (double)edge->face[k];
    const double g = (double)edge->normal[k];
    out.face[k] = (float)(cos(open) * f + sin(open) * g);
    out.normal[k] = (float)(sin(open) * f - cos(open) * g);
  }
  return out;
}

/// Lengthen `a` by `b` where they are one line with the same faces
static bool
merge(FhEdge* const a, const FhEdge* const b)
{
  FhEdge other = *b;
  if (dotf(a->along, b->along) < 0.0) {
    other = reversed(b);
  }
  if (dotf(a->along, other.along) < 0.99999 ||
      dotf(a->face, other.face) < 0.9995 ||
      fabs((double)a->n - (double)other.n) > 0.01) {
    return false;
  }
  float end[3];
  edge_end(a, end);
  if (is_near(end, other.from)) {
    a->length_m += other.length_m;
    return true;
  }
  edge_end(&other, end);
  if (is_near(end, a->from)) {
    memcpy(a->from, other.from, sizeof a->from);
    a->length_m += other.length_m;
    return true;
  }
  return false;
}

static int
compare_edges(const void* const a, const void* const b)
{
  const FhEdge* const x = (const FhEdge*)a;
  const FhEdge* const y = (const FhEdge*)b;
  for (size_t k = 0; k < 3; ++k) {
    if (x->from[k] != y->from[k]) {
      return x->from[k] < y->from[k] ? -1 : 1;
    }
  }
  for (size_t k = 0; k < 3; ++k) {
    if (x->along[k] != y->along[k]) {
      return x->along[k] < y->along[k] ? -1 : 1;
    }
    if (x->face[k] != y->face[k]) {
      return x->face[k] < y->face[k] ? -1 : 1;
    }
  }
  return (x->length_m > y->length_m) - (x->length_m < y->length_m);
}

/// Join edges that go on in one line; a few rounds settle chains
static size_t
merge_all(FhEdge* const edges, const size_t n_edges)
{
  size_t n = n_edges;
  bool changed = true;
  for (size_t round = 0; changed && round < 16; ++round) {
    changed = false;
    qsort(edges, n, sizeof(FhEdge), compare_edges);
    for (size_t i = 0; i < n; ++i) {
      FhEdge* const a = &edges[i];
      const float reach = a->from[0] + fmaxf(0.0f, a->along[0] * a->length_m);
      for (size_t j = i + 1; a->length_m > 0.0f && j < n; ++j) {
        FhEdge* const b = &edges[j];
        if (b->from[0] > reach + (float)WELD_M) {
          break;
        }
        if (b->length_m > 0.0f && merge(a, b)) {
          b->length_m = 0.0f;
          changed = true;
        }
      }
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; ++i) {
      if (edges[i].length_m > 0.0f) {
        edges[kept++] = edges[i];
      }
    }
    n = kept;
  }
  return n;
}

FhStatus
fh_edges_new(const FhScene* const scene, FhEdges** const out)
{
  *out = NULL;
  const size_t n_sides = 3 * scene->n_triangles;
  FhEdges* const edges = (FhEdges*)calloc(1, sizeof *edges);
  uint32_t* const first =
    (uint32_t*)calloc(scene->n_vertices + 1, sizeof(uint32_t));
  Side* const sides = (Side*)calloc(n_sides + 1, sizeof(Side));
  Joint* const joints = (Joint*)calloc(n_sides + 1, sizeof(Joint));
  FhStatus status = FH_ERR_NO_MEM;
  if (edges && first && sides && joints && weld(scene, first)) {
    const size_t n = make_sides(scene, first, sides);
    const size_t n_joints = make_joints(scene, sides, n, joints);
    edges->at = (FhEdge*)calloc(n_joints + 1, sizeof(FhEdge));
    if (edges->at && !join_rims(joints, n_joints)) {
      for (size_t i = 0; i < n_joints; ++i) {
        edges->n += make_edge(&joints[i], &edges->at[edges->n]);
      }
      edges->n = merge_all(edges->at, edges->n);
      size_t kept = 0;
      for (size_t i = 0; i < edges->n; ++i) {
        if (edges->at[i].length_m >= (float)SHORTEST_M) {
          edges->at[kept++] = edges->at[i];
        }
      }
      edges->n = kept;
      status = FH_OK;
    }
  }
  free(first);
  free(sides);
  free(joints);
  if (status) {
    fh_edges_free(edges);
  } else {
    *out = edges;
  }
  return status;
}

void
fh_edges_free(FhEdges* const edges)
{
  if (edges) {
    free(edges->at);
    free(edges);
  }
}

size_t
fh_edges_count(const FhEdges* const edges)
{
  return edges->n;
}

const FhEdge*
fh_edges_all(const FhEdges* const edges)
{
  return edges->at;
}
