// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/trace.h>

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
  const size_t n = fh_sources_count(sources);
  FhRadiator* const radiators = (FhRadiator*)calloc(n + 1, sizeof(FhRadiator));
  Voice* const voices = (Voice*)calloc(n + 1, sizeof(Voice));
  FhStatus status = FH_ERR_NO_MEM;
  if (radiators && voices) {
    for (size_t i = 0; i < n; ++i) {
      const FhEmitter* const emitter = fh_sources_emitter(sources, i);
      voices[i].sources = sources;
      voices[i].index = i;
      radiators[i].octaves = voice_octaves;
      radiators[i].user = &voices[i];
      radiators[i].delay_s = (double)emitter->delay_s;
      memcpy(radiators[i].at, emitter->centre, sizeof radiators[i].at);
      if (!emitter->muted) {
        memcpy(
          radiators[i].power_w, emitter->power_w, sizeof radiators[i].power_w);
      }
    }
    status = fh_trace_radiators(
      scene, caster, radiators, n, desc, progress, user, out, diag);
  }
  free(radiators);
  free(voices);
  return status;
}
