// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_DIFFRACT_H
#define FH_TRACE_DIFFRACT_H

#include "image.h"

#include <fh/edges.h>

/*
  Image sources of the first order that an obstacle hides: sound then comes over
  the obstacle's edges, before or after its reflection. What is hidden of the
  direct sound is the direct field's (fh/source.h).
*/

/// Edges and mirrors that matter in a scene
typedef struct DiffractionImpl {
  FhEdges* edges; ///< Owned
  size_t n_edges;
  const FhEdge** longest; ///< [n_edges] into `edges`; owned
  size_t n_mirrors;
  uint32_t* mirrors; ///< [n_mirrors] planes, largest first; owned
} Diffraction;

FhStatus
diffraction_new(const Engine* engine, Diffraction* diffraction);

void
diffraction_clear(Diffraction* diffraction);

/// Hand each way over an edge to a sink, as an arrival of one reflection; none
/// when the engine has no diffraction
void
diffraction_arrivals(const Engine* engine,
                     const Emitter* emitter,
                     const float receiver[3],
                     ImageSink sink,
                     void* user);

#endif // FH_TRACE_DIFFRACT_H
