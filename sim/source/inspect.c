// SPDX-License-Identifier: GPL-3.0-or-later
#include "sources.h"

#include <math.h>

/// Elements nearer to each other than this share of their size stand in each
/// other
#define TOO_NEAR 0.5
/// An element this near to a surface sits in it [m]
#define IN_SURFACE_M 0.003f

FhStatus
inspect_array(const FhVenue* const venue,
              const FhArray* const array,
              const Model* const model,
              FhDiag* const diag)
{
  if (array->count < 2 || model->pattern == PATTERN_OMNI) {
    return FH_OK;
  }
  if (!(model->size_m[1] > 0.0) || model->splay_high < model->splay_low) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                array->line,
                0,
                "'%s' is no array box: its file has no %s; add it there, or "
                "hang the boxes as loudspeakers",
                array->box,
                model->size_m[1] > 0.0 ? "splay_deg" : "size_m");
    return FH_ERR_INVALID_DATA;
  }
  for (size_t i = 0; i < array->n_splay; ++i) {
    const double splay = array->splay_deg[i];
    if (splay < model->splay_low - 1e-9 || splay > model->splay_high + 1e-9) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  venue->path,
                  array->line,
                  0,
                  "splay %zu of '%s' is %g degrees, but the rigging of '%s' "
                  "allows %g to %g; choose one in that range",
                  i + 1,
                  array->name,
                  splay,
                  array->box,
                  model->splay_low,
                  model->splay_high);
    }
  }
  return FH_OK;
}

static double
size_of(const Model* const model)
{
  const double* const s = model->size_m;
  return fmin(s[0], fmin(s[1], s[2]));
}

static double
distance(const float a[3], const float b[3])
{
  double d2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = (double)a[k] - (double)b[k];
    d2 += d * d;
  }
  return sqrt(d2);
}

static int
emitter_line(const FhVenue* const venue, const size_t e)
{
  return e < venue->n_loudspeakers
           ? venue->loudspeakers[e].line
           : venue->arrays[e - venue->n_loudspeakers].line;
}

/// Loudspeakers of different emitters that stand in each other
static void
inspect_neighbours(const FhSources* const sources,
                   const FhVenue* const venue,
                   FhDiag* const diag)
{
  for (size_t i = 0; i < sources->n_elements; ++i) {
    const Element* const a = &sources->elements[i];
    for (size_t j = 0; j < i; ++j) {
      const Element* const b = &sources->elements[j];
      const double least = TOO_NEAR * fmin(size_of(&sources->models[a->model]),
                                           size_of(&sources->models[b->model]));
      if (a->emitter != b->emitter && least > 0.0 &&
          distance(a->at, b->at) < least) {
        fh_diag_add(diag,
                    FH_DIAG_WARNING,
                    venue->path,
                    emitter_line(venue, a->emitter),
                    0,
                    "'%s' and '%s' stand within each other (%.2f m apart); "
                    "move one",
                    sources->emitters[a->emitter].name,
                    sources->emitters[b->emitter].name,
                    distance(a->at, b->at));
      }
    }
  }
}

/// Does a point lie in a triangle, within IN_SURFACE_M?
static bool
touches(const FhScene* const scene, const size_t t, const float at[3])
{
  // Slivers have no normal to speak of, and all the world lies in their plane
  for (size_t k = 0; k < 3; ++k) {
    const float a = scene->vertex[scene->triangle[t][0]][k];
    const float b = scene->vertex[scene->triangle[t][1]][k];
    const float c = scene->vertex[scene->triangle[t][2]][k];
    if (at[k] < fminf(a, fminf(b, c)) - IN_SURFACE_M ||
        at[k] > fmaxf(a, fmaxf(b, c)) + IN_SURFACE_M) {
      return false;
    }
  }
  const float* const n = scene->normal[t];
  const float* const p = scene->vertex[scene->triangle[t][0]];
  double off = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    off += (double)n[k] * ((double)at[k] - (double)p[k]);
  }
  if (fabs(off) > (double)IN_SURFACE_M) {
    return false;
  }
  // Inside when it lies on the same side of all three sides
  int sides = 0;
  for (size_t c = 0; c < 3; ++c) {
    const float* const a = scene->vertex[scene->triangle[t][c]];
    const float* const b = scene->vertex[scene->triangle[t][(c + 1) % 3]];
    double e[3];
    double v[3];
    for (size_t k = 0; k < 3; ++k) {
      e[k] = (double)b[k] - (double)a[k];
      v[k] = (double)at[k] - (double)a[k];
    }
    const double turn = (e[1] * v[2] - e[2] * v[1]) * (double)n[0] +
                        (e[2] * v[0] - e[0] * v[2]) * (double)n[1] +
                        (e[0] * v[1] - e[1] * v[0]) * (double)n[2];
    sides += turn >= 0.0 ? 1 : -1;
  }
  return sides == 3 || sides == -3;
}

static void
inspect_surfaces(const FhSources* const sources,
                 const FhVenue* const venue,
                 const FhScene* const scene,
                 FhDiag* const diag)
{
  for (size_t i = 0; i < sources->n_elements; ++i) {
    const Element* const element = &sources->elements[i];
    for (size_t t = 0; t < scene->n_triangles; ++t) {
      if (touches(scene, t, element->at)) {
        const FhEmitter* const emitter = &sources->emitters[element->emitter];
        double world[3];
        for (size_t k = 0; k < 3; ++k) {
          world[k] = (double)element->at[k] + scene->origin[k];
        }
        fh_diag_add(diag,
                    FH_DIAG_WARNING,
                    venue->path,
                    emitter_line(venue, element->emitter),
                    0,
                    "'%s' lies in a surface of '%s' at (%.2f, %.2f, %.2f), so "
                    "half of its sound is lost; move it a few centimetres off",
                    emitter->name,
                    scene->materials[scene->material[t]].name,
                    world[0],
                    world[1],
                    world[2]);
        break;
      }
    }
  }
}

void
inspect_sources(const FhSources* const sources,
                const FhVenue* const venue,
                const FhScene* const scene,
                FhDiag* const diag)
{
  if (diag) {
    inspect_neighbours(sources, venue, diag);
    inspect_surfaces(sources, venue, scene, diag);
  }
}
