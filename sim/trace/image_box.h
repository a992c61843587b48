// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_IMAGE_BOX_H
#define FH_TRACE_IMAGE_BOX_H

#include "image.h"

/// An empty rectangular room along the axes
typedef struct {
  double low[3], high[3];      ///< [m]
  F8 mirror[MAX_OCTETS][3][2]; ///< What the wall at `low` and `high` mirrors
} ImageBox;

/// True when the scene is such a room, each wall of one material
bool
image_box_init(const Engine* engine, ImageBox* box);

/**
   All image sources up to an order, in closed form.

   Source: Allen and Berkley, J. Acoust. Soc. Am. 65 (1979) 943.
*/
void
image_box_arrivals(const ImageBox* box,
                   const Engine* engine,
                   const Emitter* emitter,
                   unsigned order,
                   const float receiver[3],
                   ImageSink sink,
                   void* user);

/// Hand an arrival to a sink: spreading, air, power, directivity; `reflected`
/// is what is left in each octet [n_octets]
void
image_emit(const Engine* engine,
           const Emitter* emitter,
           double length_m,
           const float towards[3],
           const float departure[3],
           unsigned order,
           const F8* reflected,
           ImageSink sink,
           void* user);

#endif // FH_TRACE_IMAGE_BOX_H
