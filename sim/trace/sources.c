// SPDX-License-Identifier: GPL-3.0-or-later
#include "sources.h"

#include <fh/variants.h>

#include <stdlib.h>
#include <string.h>

/// An emitter of the venue's system, for the call back
typedef struct {
  const FhSources* sources;
  size_t index;
} Voice;

static void
voice_octaves(const void* const user,
              const float direction[3],
              float w[FH_N_OCTAVES])
{
  const Voice* const voice = (const Voice*)user;
  fh_emitter_octaves(voice->sources, voice->index, direction, w);
}

FhStatus
choir_new(const FhSources* const sources, Choir* const out)
{
  const size_t n = fh_sources_count(sources);
  out->n = n;
  out->radiators = (FhRadiator*)calloc(n + 1, sizeof(FhRadiator));
  Voice* const voices = (Voice*)calloc(n + 1, sizeof(Voice));
  out->voices = voices;
  if (!out->radiators || !voices) {
    choir_clear(out);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    const FhEmitter* const emitter = fh_sources_emitter(sources, i);
    FhRadiator* const radiator = &out->radiators[i];
    voices[i].sources = sources;
    voices[i].index = i;
    radiator->octaves = voice_octaves;
    radiator->user = &voices[i];
    radiator->delay_s = (double)emitter->delay_s;
    memcpy(radiator->at, emitter->centre, sizeof radiator->at);
    if (!emitter->muted) {
      memcpy(radiator->power_w, emitter->power_w, sizeof radiator->power_w);
    }
  }
  return FH_OK;
}

void
choir_clear(Choir* const choir)
{
  free(choir->radiators);
  free(choir->voices);
  memset(choir, 0, sizeof *choir);
}

FhStatus
fh_trace(const FhScene* const scene,
         const FhRaycaster* const caster,
         const FhSources* const sources,
         const FhTraceDesc* const desc,
         const FhProgressFn progress,
         void* const user,
         FhTraceResult* const out,
         FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  Choir choir;
  FhStatus status = choir_new(sources, &choir);
  if (!status) {
    status = fh_trace_radiators(
      scene, caster, choir.radiators, choir.n, desc, progress, user, out, diag);
    choir_clear(&choir);
  }
  return status;
}

FhStatus
fh_trace_thirds(const FhScene* const scene,
                const FhRaycaster* const caster,
                const FhSources* const sources,
                const FhTraceDesc* const desc,
                const FhProgressFn progress,
                void* const user,
                FhTraceResult out[FH_TRACE_THIRDS],
                FhDiag* const diag)
{
  memset(out, 0, FH_TRACE_THIRDS * sizeof *out);
  Choir choir;
  FhStatus status = choir_new(sources, &choir);
  if (!status) {
    status = fh_trace_radiators_thirds(
      scene, caster, choir.radiators, choir.n, desc, progress, user, out, diag);
    choir_clear(&choir);
  }
  return status;
}

FhStatus
fh_trace_variants(const FhScene* const scene,
                  const FhRaycaster* const caster,
                  const FhSources* const sources,
                  const FhMaterial* const* const tables,
                  const size_t n_variants,
                  const float (*const points)[3],
                  const size_t n_points,
                  const FhVariantsDesc* const desc,
                  const FhProgressFn progress,
                  void* const user,
                  FhVariants* const out,
                  FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  Choir choir;
  FhStatus status = choir_new(sources, &choir);
  if (!status) {
    status = fh_trace_variants_radiators(scene,
                                         caster,
                                         choir.radiators,
                                         choir.n,
                                         tables,
                                         n_variants,
                                         points,
                                         n_points,
                                         desc,
                                         progress,
                                         user,
                                         out,
                                         diag);
    choir_clear(&choir);
  }
  return status;
}
