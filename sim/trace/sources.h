// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_SOURCES_H
#define FH_TRACE_SOURCES_H

#include <fh/trace.h>

/// The emitters of a venue's system as radiators
typedef struct {
  size_t n;
  FhRadiator* radiators; ///< [n]; owned
  void* voices;          ///< What they refer to; owned
} Choir;

FhStatus
choir_new(const FhSources* sources, Choir* out);

void
choir_clear(Choir* choir);

#endif // FH_TRACE_SOURCES_H
