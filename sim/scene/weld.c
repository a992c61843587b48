// SPDX-License-Identifier: GPL-3.0-or-later
#include "weld.h"

#include <fh/mesh.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Lower than this over its longest side, a triangle is a line [m]
#define LEAST_HEIGHT_M 1e-5

static uint64_t
mix(uint64_t h, const uint64_t x)
{
  h ^= x + 0x9E3779B97F4A7C15U + (h << 6U) + (h >> 2U);
  h ^= h >> 31U;
  return h * 0xBF58476D1CE4E5B9U;
}

FhStatus
vertex_table_init(VertexTable* const table, const double tolerance_m)
{
  memset(table, 0, sizeof *table);
  table->tolerance_m = tolerance_m;
  table->room = 256;
  table->n_heads = 512;
  table->at = (double(*)[3])malloc(table->room * sizeof *table->at);
  table->next = (uint32_t*)malloc(table->room * sizeof *table->next);
  table->head = (uint32_t*)malloc(table->n_heads * sizeof(uint32_t));
  if (!table->at || !table->next || !table->head) {
    vertex_table_clear(table);
    return FH_ERR_NO_MEM;
  }
  memset(table->head, 0xFF, table->n_heads * sizeof(uint32_t));
  return FH_OK;
}

void
vertex_table_clear(VertexTable* const table)
{
  free(table->at);
  free(table->next);
  free(table->head);
  memset(table, 0, sizeof *table);
}

static size_t
cell_of(const VertexTable* const table, const int64_t cell[3])
{
  uint64_t h = 0;
  for (size_t k = 0; k < 3; ++k) {
    h = mix(h, (uint64_t)cell[k]);
  }
  return (size_t)(h & (table->n_heads - 1));
}

static void
grid_cell(const VertexTable* const table, const double at[3], int64_t cell[3])
{
  // Cells of four tolerances: most look-ups touch one cell only
  for (size_t k = 0; k < 3; ++k) {
    cell[k] = (int64_t)floor(at[k] / (4.0 * table->tolerance_m));
  }
}

static void
insert(VertexTable* const table, const uint32_t index)
{
  int64_t cell[3];
  grid_cell(table, table->at[index], cell);
  const size_t h = cell_of(table, cell);
  table->next[index] = table->head[h];
  table->head[h] = index;
}

static FhStatus
grow_table(VertexTable* const table)
{
  const size_t room = 2 * table->room;
  double(*const at)[3] = (double(*)[3])realloc(table->at, room * sizeof *at);
  if (!at) {
    return FH_ERR_NO_MEM;
  }
  table->at = at;
  uint32_t* const next = (uint32_t*)realloc(table->next, room * sizeof *next);
  if (!next) {
    return FH_ERR_NO_MEM;
  }
  table->next = next;
  table->room = room;
  if (room > table->n_heads) {
    uint32_t* const head = (uint32_t*)malloc(2 * room * sizeof *head);
    if (!head) {
      return FH_ERR_NO_MEM;
    }
    free(table->head);
    table->head = head;
    table->n_heads = 2 * room;
    memset(head, 0xFF, table->n_heads * sizeof *head);
    for (uint32_t i = 0; i < table->n; ++i) {
      insert(table, i);
    }
  }
  return FH_OK;
}

static uint32_t
look_up(const VertexTable* const table, const double at[3])
{
  const double tolerance = table->tolerance_m;
  int64_t low[3];
  int64_t high[3];
  double p[3];
  for (size_t k = 0; k < 3; ++k) {
    p[k] = at[k] - tolerance;
  }
  grid_cell(table, p, low);
  for (size_t k = 0; k < 3; ++k) {
    p[k] = at[k] + tolerance;
  }
  grid_cell(table, p, high);

  // The nearest, and the first of equals, so that the order of cells is none
  uint32_t best = UINT32_MAX;
  double best_d2 = tolerance * tolerance;
  int64_t c[3];
  for (c[0] = low[0]; c[0] <= high[0]; ++c[0]) {
    for (c[1] = low[1]; c[1] <= high[1]; ++c[1]) {
      for (c[2] = low[2]; c[2] <= high[2]; ++c[2]) {
        for (uint32_t i = table->head[cell_of(table, c)]; i != UINT32_MAX;
             i = table->next[i]) {
          double d2 = 0.0;
          for (size_t k = 0; k < 3; ++k) {
            const double d = table->at[i][k] - at[k];
            d2 += d * d;
          }
          if (d2 < best_d2 || (d2 == best_d2 && i < best)) {
            best_d2 = d2;
            best = i;
          }
        }
      }
    }
  }
  return best;
}

FhStatus
vertex_table_find(VertexTable* const table,
                  const double at[3],
                  uint32_t* const index)
{
  *index = look_up(table, at);
  if (*index != UINT32_MAX) {
    return FH_OK;
  }
  if (table->n == table->room) {
    const FhStatus status = grow_table(table);
    if (status) {
      return status;
    }
  }
  memcpy(table->at[table->n], at, 3 * sizeof(double));
  *index = (uint32_t)table->n++;
  insert(table, *index);
  return FH_OK;
}

FhStatus
mesh_edges(const uint32_t (*const triangle)[3],
           const size_t n,
           Edge** const edges,
           size_t* const n_out)
{
  size_t n_slots = 64;
  while (n_slots < 6 * n) {
    n_slots *= 2;
  }
  Edge* const list = (Edge*)malloc((3 * n + 1) * sizeof *list);
  uint32_t* const slots = (uint32_t*)malloc(n_slots * sizeof *slots);
  if (!list || !slots) {
    free(list);
    free(slots);
    return FH_ERR_NO_MEM;
  }
  memset(slots, 0xFF, n_slots * sizeof *slots);

  size_t n_edges = 0;
  for (size_t t = 0; t < n; ++t) {
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t a = triangle[t][k];
      const uint32_t b = triangle[t][(k + 1) % 3];
      const uint32_t low = a < b ? a : b;
      const uint32_t high = a < b ? b : a;
      size_t slot = (size_t)mix(mix(0, low), high) & (n_slots - 1);
      while (slots[slot] != UINT32_MAX &&
             (list[slots[slot]].low != low || list[slots[slot]].high != high)) {
        slot = (slot + 1) & (n_slots - 1);
      }
      if (slots[slot] == UINT32_MAX) {
        slots[slot] = (uint32_t)n_edges;
        const Edge fresh = {low, high, (uint32_t)t, UINT32_MAX, 0, 0};
        list[n_edges++] = fresh;
      } else if (list[slots[slot]].n == 1) {
        list[slots[slot]].other = (uint32_t)t;
      }
      Edge* const edge = &list[slots[slot]];
      ++edge->n;
      edge->balance += a < b ? 1 : -1;
    }
  }
  free(slots);
  *edges = list;
  *n_out = n_edges;
  return FH_OK;
}

/// Height over the longest side is next to nothing
static bool
is_line(const double (*const v)[3], const uint32_t t[3])
{
  if (t[0] == t[1] || t[1] == t[2] || t[2] == t[0]) {
    return true;
  }
  double e[3][3];
  double longest2 = 0.0;
  for (size_t i = 0; i < 3; ++i) {
    double l2 = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      e[i][k] = v[t[(i + 1) % 3]][k] - v[t[i]][k];
      l2 += e[i][k] * e[i][k];
    }
    longest2 = fmax(longest2, l2);
  }
  const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                       e[0][2] * e[1][0] - e[0][0] * e[1][2],
                       e[0][0] * e[1][1] - e[0][1] * e[1][0]};
  const double area2 = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  return !(area2 > LEAST_HEIGHT_M * sqrt(longest2));
}

static void
centroid(const double (*const v)[3], const uint32_t t[3], double at[3])
{
  for (size_t k = 0; k < 3; ++k) {
    at[k] = (v[t[0]][k] + v[t[1]][k] + v[t[2]][k]) / 3.0;
  }
}

static void
sort3(const uint32_t t[3], uint32_t sorted[3])
{
  memcpy(sorted, t, 3 * sizeof *t);
  for (size_t i = 0; i < 2; ++i) {
    for (size_t j = 0; j < 2 - i; ++j) {
      if (sorted[j] > sorted[j + 1]) {
        const uint32_t swap = sorted[j];
        sorted[j] = sorted[j + 1];
        sorted[j + 1] = swap;
      }
    }
  }
}

/// Keep the first of triangles with the same corners
static FhStatus
drop_copies(Weld* const w)
{
  FhMesh* const m = &w->mesh;
  size_t n_slots = 64;
  while (n_slots < 2 * m->n_triangles) {
    n_slots *= 2;
  }
  uint32_t* const slots = (uint32_t*)malloc(n_slots * sizeof *slots);
  if (!slots) {
    return FH_ERR_NO_MEM;
  }
  memset(slots, 0xFF, n_slots * sizeof *slots);
  size_t n = 0;
  for (size_t t = 0; t < m->n_triangles; ++t) {
    uint32_t key[3];
    sort3(m->triangle[t], key);
    size_t slot =
      (size_t)mix(mix(mix(0, key[0]), key[1]), key[2]) & (n_slots - 1);
    for (; slots[slot] != UINT32_MAX; slot = (slot + 1) & (n_slots - 1)) {
      uint32_t other[3];
      sort3(m->triangle[slots[slot]], other);
      if (!memcmp(other, key, sizeof key)) {
        break;
      }
    }
    if (slots[slot] != UINT32_MAX) {
      const uint32_t first = m->material[slots[slot]];
      if (!w->n_duplicate++) {
        centroid(
          (const double(*)[3])m->vertex, m->triangle[t], w->duplicate_at);
      }
      if (first != m->material[t] && !w->n_conflict++) {
        centroid((const double(*)[3])m->vertex, m->triangle[t], w->conflict_at);
        w->conflict[0] = first;
        w->conflict[1] = m->material[t];
      }
      continue;
    }
    slots[slot] = (uint32_t)n;
    memmove(m->triangle[n], m->triangle[t], sizeof m->triangle[n]);
    m->material[n] = m->material[t];
    w->from[n] = w->from[t];
    ++n;
  }
  m->n_triangles = n;
  free(slots);
  return FH_OK;
}

static FhStatus
count_edges(Weld* const w)
{
  Edge* edges = NULL;
  size_t n = 0;
  const FhStatus status = mesh_edges(
    (const uint32_t(*)[3])w->mesh.triangle, w->mesh.n_triangles, &edges, &n);
  w->oriented = n > 0;
  for (size_t i = 0; i < n; ++i) {
    w->n_open_edges += edges[i].n == 1;
    w->n_crowded_edges += edges[i].n > 2;
    w->oriented = w->oriented && edges[i].n == 2 && edges[i].balance == 0;
  }
  free(edges);
  return status;
}

FhStatus
weld_mesh(const FhMesh* const mesh, Weld* const out)
{
  memset(out, 0, sizeof *out);
  VertexTable table;
  memset(&table, 0, sizeof table);
  uint32_t* const place =
    (uint32_t*)malloc((mesh->n_vertices + 1) * sizeof *place);
  FhStatus status = place ? fh_mesh_copy(mesh, &out->mesh) : FH_ERR_NO_MEM;
  if (!status) {
    status = vertex_table_init(&table, FH_WELD_M);
  }
  out->from = (uint32_t*)malloc((mesh->n_triangles + 1) * sizeof *out->from);
  if (!status && !out->from) {
    status = FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < mesh->n_vertices && !status; ++i) {
    status = vertex_table_find(&table, mesh->vertex[i], &place[i]);
  }
  if (status) {
    goto fail;
  }

  FhMesh* const m = &out->mesh;
  free(m->vertex);
  m->vertex = table.at;
  m->n_vertices = table.n;
  table.at = NULL;
  const double(*const v)[3] = (const double(*)[3])m->vertex;
  size_t n = 0;
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    uint32_t corner[3];
    for (size_t k = 0; k < 3; ++k) {
      corner[k] = place[mesh->triangle[t][k]];
    }
    if (is_line(v, corner)) {
      if (!out->n_degenerate++) {
        centroid(v, corner, out->degenerate_at);
      }
      continue;
    }
    memcpy(m->triangle[n], corner, sizeof corner);
    m->material[n] = mesh->material[t];
    out->from[n++] = (uint32_t)t;
  }
  m->n_triangles = n;
  status = drop_copies(out);
  if (!status) {
    status = count_edges(out);
  }
  if (status) {
    goto fail;
  }
  vertex_table_clear(&table);
  free(place);
  return FH_OK;

fail:
  vertex_table_clear(&table);
  free(place);
  weld_clear(out);
  return status;
}

void
weld_report(const Weld* const weld, const char* const file, FhDiag* const diag)
{
  if (weld->n_degenerate) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                file,
                0,
                0,
                "%zu triangles without area are left out, the first at "
                "(%.2f, %.2f, %.2f)",
                weld->n_degenerate,
                weld->degenerate_at[0],
                weld->degenerate_at[1],
                weld->degenerate_at[2]);
  }
  if (weld->n_duplicate > weld->n_conflict) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                file,
                0,
                0,
                "%zu triangles are there twice; the copies are left out, the "
                "first at (%.2f, %.2f, %.2f)",
                weld->n_duplicate,
                weld->duplicate_at[0],
                weld->duplicate_at[1],
                weld->duplicate_at[2]);
  }
  if (weld->n_conflict) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                file,
                0,
                0,
                "%zu triangles are there twice with different materials, the "
                "first at (%.2f, %.2f, %.2f): \"%s\" counts, \"%s\" does not; "
                "delete one in the model",
                weld->n_conflict,
                weld->conflict_at[0],
                weld->conflict_at[1],
                weld->conflict_at[2],
                weld->mesh.material_name[weld->conflict[0]],
                weld->mesh.material_name[weld->conflict[1]]);
  }
}

void
weld_clear(Weld* const weld)
{
  fh_mesh_clear(&weld->mesh);
  free(weld->from);
  memset(weld, 0, sizeof *weld);
}
