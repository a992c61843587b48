// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_WELD_H
#define FULLHOUSE_WELD_H

#include <fh/diag.h>
#include <fh/venue.h>

/// Vertices closer than this are one [m]
#define FH_WELD_M 1e-3

/// Vertices that grow, found again by position
typedef struct {
  size_t n;
  size_t room;
  double (*at)[3]; ///< [n] positions [m]; owned
  uint32_t* next;  ///< [n] next in the same cell; owned
  size_t n_heads;  ///< A power of two
  uint32_t* head;  ///< [n_heads] first vertex of a cell; owned
  double tolerance_m;
} VertexTable;

/// Start empty; #FH_ERR_NO_MEM
FhStatus
vertex_table_init(VertexTable* table, double tolerance_m);

void
vertex_table_clear(VertexTable* table);

/// Index of the vertex within the tolerance of `at`, added where there is none
FhStatus
vertex_table_find(VertexTable* table, const double at[3], uint32_t* index);

/// An edge of a triangle mesh and who has it
typedef struct {
  uint32_t low, high; ///< Vertices, low < high
  uint32_t triangle;  ///< First triangle that has it
  uint32_t other;     ///< Second, UINT32_MAX for none
  uint32_t n;         ///< Triangles that have it
  int balance;        ///< Times walked low to high minus high to low
} Edge;

/// Every edge of `triangle`, in the order of first use; owned by the caller
FhStatus
mesh_edges(const uint32_t (*triangle)[3],
           size_t n,
           Edge** edges,
           size_t* n_out);

/// A mesh made fit for tracing
typedef struct {
  FhMesh mesh;         ///< Welded; owned
  uint32_t* from;      ///< [mesh.n_triangles] triangle of the input; owned
  size_t n_degenerate; ///< Dropped: no area
  size_t n_duplicate;  ///< Dropped: a copy of another
  size_t n_conflict;   ///< Of these, with another material
  double degenerate_at[3];
  double duplicate_at[3];
  double conflict_at[3];
  uint32_t conflict[2];   ///< Materials of the first conflict
  size_t n_open_edges;    ///< Edges of one triangle only
  size_t n_crowded_edges; ///< Edges of three triangles or more
  bool oriented;          ///< Every edge is walked once each way
} Weld;

/// Weld vertices, drop triangles without area and copies of others
FhStatus
weld_mesh(const FhMesh* mesh, Weld* out);

/// Say on `diag` what welding did
void
weld_report(const Weld* weld, const char* file, FhDiag* diag);

void
weld_clear(Weld* weld);

#endif // FULLHOUSE_WELD_H
