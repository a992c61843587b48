// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_INLINE_DISPLAY_H
#define FULLHOUSE_INLINE_DISPLAY_H

/*
  The inline display extension of Ardour and Mixbus: a picture of a plugin in
  the mixer strip. Not among the headers that lv2 installs, so its interface
  is declared here.
*/

#include <lv2/core/lv2.h>

#include <stdint.h>

#define LV2_INLINEDISPLAY_URI         "http://harrisonconsoles.com/lv2/inlinedisplay"
#define LV2_INLINEDISPLAY_PREFIX      LV2_INLINEDISPLAY_URI "#"
#define LV2_INLINEDISPLAY__interface  LV2_INLINEDISPLAY_PREFIX "interface"
#define LV2_INLINEDISPLAY__queue_draw LV2_INLINEDISPLAY_PREFIX "queue_draw"

typedef void* LV2_Inline_Display_Handle;

/// A cairo ARGB32 image
typedef struct {
  unsigned char* data; ///< Owned by the plugin until the next render
  int width;           ///< [pixel]
  int height;          ///< [pixel]
  int stride;          ///< Bytes from row to row
} LV2_Inline_Display_Image_Surface;

/// What a plugin offers as extension data
typedef struct {
  /// Draw at most `max_h` rows of `w` pixels; not in the audio thread
  LV2_Inline_Display_Image_Surface* (*render)(LV2_Handle instance,
                                              uint32_t w,
                                              uint32_t max_h);
} LV2_Inline_Display_Interface;

/// Feature: how a plugin asks to be drawn; safe in the audio thread
typedef struct {
  LV2_Inline_Display_Handle handle;
  void (*queue_draw)(LV2_Inline_Display_Handle handle);
} LV2_Inline_Display;

#endif // FULLHOUSE_INLINE_DISPLAY_H
