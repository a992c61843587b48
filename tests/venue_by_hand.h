// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_VENUE_BY_HAND_H
#define FULLHOUSE_TESTS_VENUE_BY_HAND_H

#include <fh/mesh.h>
#include <fh/scene.h>
#include <fh/venue.h>

#include <stdlib.h>
#include <string.h>

/*
  Venues made by hand for the tests of scenes: faces are added to a builder,
  every material gets the same absorption.
*/

/// Add a polygon of up to 8 corners by position; asserts on failure
static inline void
hand_face(FhMeshBuilder* const b,
          const double (*const corner)[3],
          const size_t n,
          const char* const material)
{
  uint32_t v[8];
  uint32_t m = 0;
  assert_true(n <= 8);
  for (size_t i = 0; i < n; ++i) {
    assert_int_equal(fh_mesh_builder_vertex(b, corner[i], &v[i]), FH_OK);
  }
  assert_int_equal(fh_mesh_builder_material(b, material, &m), FH_OK);
  assert_int_equal(fh_mesh_builder_polygon(b, v, n, m), FH_OK);
}

/// Axis-parallel rectangle: `axis` is normal to it, at `level`
static inline void
hand_rectangle(FhMeshBuilder* const b,
               const size_t axis,
               const double level,
               const double low[2],
               const double high[2],
               const bool flip,
               const char* const material)
{
  const size_t u = (axis + 1) % 3;
  const size_t v = (axis + 2) % 3;
  double c[4][3];
  for (size_t i = 0; i < 4; ++i) {
    const size_t k = flip ? 3 - i : i;
    c[i][axis] = level;
    c[i][u] = k == 1 || k == 2 ? high[0] : low[0];
    c[i][v] = k >= 2 ? high[1] : low[1];
  }
  hand_face(b, (const double(*)[3])c, 4, material);
}

/// Box with normals inward (or outward): walls "Wall", top "Ceiling", bottom
/// `floor`
static inline void
hand_box(FhMeshBuilder* const b,
         const double low[3],
         const double high[3],
         const bool inward,
         const char* const floor)
{
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t u = (axis + 1) % 3;
    const size_t v = (axis + 2) % 3;
    const double l[2] = {low[u], low[v]};
    const double h[2] = {high[u], high[v]};
    hand_rectangle(
      b, axis, low[axis], l, h, !inward, axis == 2 ? floor : "Wall");
    hand_rectangle(
      b, axis, high[axis], l, h, inward, axis == 2 ? "Ceiling" : "Wall");
  }
}

/// Take the mesh from the builder; absorption 0.1, scattering 0.1
static inline void
hand_venue(FhMeshBuilder* const b, FhVenue* const venue)
{
  memset(venue, 0, sizeof *venue);
  strcpy(venue->path, "hand.yaml");
  venue->air = fh_air_default();
  fh_mesh_builder_finish(b, &venue->mesh);
  venue->materials =
    (FhMaterial*)calloc(venue->mesh.n_materials, sizeof(FhMaterial));
  for (size_t i = 0; i < venue->mesh.n_materials; ++i) {
    FhMaterial* const m = &venue->materials[i];
    memcpy(m->name, venue->mesh.material_name[i], sizeof m->name);
    m->two_sided = true;
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      m->absorption[k] = 0.1f;
      m->scattering[k] = 0.1f;
    }
  }
}

/// Add an area on a surface of the model
static inline FhAudience*
hand_audience(FhVenue* const venue,
              const char* const surface,
              const FhPosture posture,
              const FhSeatClass seat,
              const double capacity,
              const double occupancy)
{
  venue->audience = (FhAudience*)realloc(
    venue->audience, (venue->n_audience + 1) * sizeof(FhAudience));
  FhAudience* const a = &venue->audience[venue->n_audience++];
  memset(a, 0, sizeof *a);
  strcpy(a->name, "area");
  strncpy(a->surface, surface, FH_NAME_SIZE - 1);
  a->posture = posture;
  a->seat = seat;
  a->capacity = capacity;
  a->occupancy = occupancy;
  a->spacing_m = 1.0;
  a->clothing = 1.0;
  return a;
}

/// Add a loudspeaker, of which scenes only know the place
static inline void
hand_loudspeaker(FhVenue* const venue,
                 const double x,
                 const double y,
                 const double z)
{
  venue->loudspeakers = (FhLoudspeaker*)realloc(
    venue->loudspeakers, (venue->n_loudspeakers + 1) * sizeof(FhLoudspeaker));
  FhLoudspeaker* const l = &venue->loudspeakers[venue->n_loudspeakers++];
  memset(l, 0, sizeof *l);
  l->at[0] = x;
  l->at[1] = y;
  l->at[2] = z;
}

static inline void
hand_clear(FhVenue* const venue)
{
  fh_mesh_clear(&venue->mesh);
  free(venue->materials);
  for (size_t i = 0; i < venue->n_audience; ++i) {
    free(venue->audience[i].polygon);
  }
  free(venue->audience);
  free(venue->loudspeakers);
  free(venue->microphones);
  memset(venue, 0, sizeof *venue);
}

/// A shoebox 20 x 12 x 6 m whose floor is "Floor"
static inline void
hand_shoebox(FhVenue* const venue, const bool inward)
{
  static const double low[3] = {100.0, -6.0, 2.0};
  static const double high[3] = {120.0, 6.0, 8.0};
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  hand_box(&b, low, high, inward, "Floor");
  hand_venue(&b, venue);
  hand_loudspeaker(venue, 101.0, 0.0, 5.0);
}

/// Build its scene; fails with what was found
static inline void
hand_build(const FhVenue* const venue, FhScene* const scene)
{
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = fh_scene_build(venue, scene, diag);
  for (size_t i = 0; status && i < fh_diag_size(diag); ++i) {
    print_error("%s\n", fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  fh_diag_free(diag);
}

#endif // FULLHOUSE_TESTS_VENUE_BY_HAND_H
