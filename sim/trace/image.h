// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_IMAGE_H
#define FH_TRACE_IMAGE_H

#include "engine.h"
#include "seat_grid.h"

/// Longest sequence of mirrors
#define MAX_IMAGE_ORDER 60u

/// Sequences of mirrors between one emitter and the receivers
typedef struct ImagesImpl Images;

/// Called with each valid image source of a receiver: one arrival for each
/// octet of the engine, in a row, that differ in intensity only
typedef void (*ImageSink)(void* user, const FhArrival* arrival);

/**
   Find the sequences of planes that may mirror an emitter's sound.

   A box is solved in closed form at any order. Elsewhere all sequences are
   listed while they are few; longer ones come from mirrored rays.

   @param order Greatest number of reflections.
   @param grid Seats: where sequences are many, only those that a ray carried
   into a zone are tried at the seats of that zone; borrowed. Null for
   microphones, for which all known sequences are tried.
*/
FhStatus
images_new(const Engine* engine,
           const Emitter* emitter,
           uint64_t emitter_index,
           unsigned order,
           const SeatGrid* grid,
           Images** out);

void
images_free(Images* images);

/// True when the sequence with this hash is left to the image sources of the
/// receivers in a zone (0 for microphones)
bool
images_own(const Images* images,
           uint64_t sequence,
           unsigned order,
           uint32_t zone);

/// Hash of a sequence that goes on with one more plane
static inline uint64_t
image_sequence(const uint64_t sequence, const uint32_t plane)
{
  return mix64(sequence, (uint64_t)plane + 1);
}

/**
   All image sources of a receiver, each checked by exact geometry and lines of
   sight. Times hold the emitter's delay; intensities hold air, power and
   directivity.

   @param zone Of the receiver, 0 for microphones.
*/
void
images_arrivals(const Images* images,
                const float receiver[3],
                uint32_t zone,
                ImageSink sink,
                void* user);

#endif // FH_TRACE_IMAGE_H
