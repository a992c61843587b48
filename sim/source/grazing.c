// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/source.h>

#include <math.h>

/// A listener no higher than this over the heads is among them [m]
#define AMONG_HEADS_M 0.5f
/// Elevation from which nothing is lost [degrees]
#define CLEAR_DEG 8.0

/// Block under a point, and the normal of its top; -1 where there is none
static int32_t
block_under(const FhScene* const scene,
            const FhRaycaster* const caster,
            const float at[3],
            float normal[3])
{
  const float down[3] = {0.0f, 0.0f, -1.0f};
  FhHit hit;
  fh_raycast(caster, at, down, 0.0f, AMONG_HEADS_M, &hit);
  if (hit.triangle == FH_NO_HIT ||
      scene->kind[hit.triangle] != FH_SURFACE_CROWD_TOP) {
    return -1;
  }
  const float sign = scene->normal[hit.triangle][2] < 0.0f ? -1.0f : 1.0f;
  for (size_t k = 0; k < 3; ++k) {
    normal[k] = sign * scene->normal[hit.triangle][k];
  }
  return scene->block[hit.triangle];
}

/// Loss over heads at an elevation [dB]; Mommertz 1993
static double
loss_db(const double elevation_deg)
{
  if (elevation_deg >= CLEAR_DEG) {
    return 0.0;
  }
  return -20.0 * log10(0.2 + 0.1 * fmax(elevation_deg, 0.0));
}

void
fh_direct_field_graze(const FhSources* const sources,
                      const FhScene* const scene,
                      const FhRaycaster* const caster,
                      const float (*const points)[3],
                      const uint64_t emitters,
                      FhDirectField* const field)
{
  const size_t n_emitters = fh_sources_count(sources);
  for (size_t p = 0; p < field->n_points; ++p) {
    float normal[3];
    const int32_t block = block_under(scene, caster, points[p], normal);
    if (block < 0) {
      continue;
    }
    // Share of the energy that each emitter brings, as if they were incoherent
    double all[FH_N_OCTAVES] = {0.0};
    double left[FH_N_OCTAVES] = {0.0};
    for (size_t e = 0; e < n_emitters; ++e) {
      const FhEmitter* const emitter = fh_sources_emitter(sources, e);
      if (emitter->muted || (e < 64 && !(emitters >> e & 1u)) ||
          (e < 32 && !(field->visible[p] >> e & 1u))) {
        continue;
      }
      float to[3];
      double r2 = 0.0;
      double along = 0.0;
      for (size_t k = 0; k < 3; ++k) {
        to[k] = emitter->centre[k] - points[p][k];
        r2 += (double)to[k] * (double)to[k];
        along += (double)to[k] * (double)normal[k];
      }
      const double r = sqrt(fmax(r2, 0.01));
      const double loss =
        loss_db(asin(fmin(fmax(along / r, -1.0), 1.0)) * 180.0 / FH_PI);
      const float away[3] = {(float)(-(double)to[0] / r),
                             (float)(-(double)to[1] / r),
                             (float)(-(double)to[2] / r)};
      float w[FH_N_OCTAVES];
      fh_emitter_octaves(sources, e, away, w);
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        const double energy = (double)w[b] / r2;
        const double scale = (double)scene->block_loss_db[block][b];
        all[b] += energy;
        left[b] += energy * pow(10.0, -0.1 * loss * scale);
      }
    }
    float octave[FH_N_OCTAVES];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      octave[b] = all[b] > 0.0 ? (float)(left[b] / all[b]) : 1.0f;
    }
    float third[FH_N_THIRDS];
    fh_octaves_to_thirds(octave, third);
    for (size_t i = 0; i < FH_N_THIRDS; ++i) {
      field->p2[p][i] *= third[i];
    }
  }
}
