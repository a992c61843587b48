// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLOT_H
#define FH_PLOT_H

#include <fh/status.h>

#include <stdbool.h>
#include <stddef.h>

/*
  Plots on a cairo context. Lengths on the page are points (1/72 inch), y
  downwards; every function draws and keeps no state, so that one picture goes
  to a file, a PDF page or a window alike. Non-finite values are gaps.
*/

// The same declaration as cairo's own, so that this header stands alone
typedef struct _cairo cairo_t;

typedef struct FhCanvasImpl FhCanvas; ///< A picture file being drawn

/**
   Start a picture; the kind is that of the name: .png, .svg or .pdf.

   PNG has two pixels to the point. Nothing appears under `path` before
   fh_canvas_finish().

   @param path Where the picture goes; copied.
   @param width_pt Width of the page [pt], 1 to 10 000.
   @param height_pt Height of the page [pt], 1 to 10 000.
   @param[out] out Canvas on white ground, owned by the caller.
   @return #FH_ERR_UNSUPPORTED for another ending, #FH_ERR_IO, #FH_ERR_NO_MEM.
*/
FhStatus
fh_canvas_new(const char* path,
              double width_pt,
              double height_pt,
              FhCanvas** out);

/// Context to draw on; borrowed
cairo_t*
fh_canvas_cairo(FhCanvas* canvas);

/// Next page of a PDF; elsewhere it does nothing
void
fh_canvas_next_page(FhCanvas* canvas);

/// Write the picture under its name and free the canvas, on error too
FhStatus
fh_canvas_finish(FhCanvas* canvas);

/// Drop a picture without writing it; does nothing if it is null
void
fh_canvas_free(FhCanvas* canvas);

/// Scales with even lightness, readable in grey and colour-blind
typedef enum {
  FH_COLOUR_VIRIDIS,   ///< Smith and van der Walt 2015 (CC0)
  FH_COLOUR_CIVIDIS,   ///< Nunez, Anderton and Renslow 2018
  FH_COLOUR_DIVERGING, ///< Blue, white, brown: for differences about zero
  FH_COLOUR_RISING     ///< White to brown: for how much of a bad thing
} FhColourMap;

/// Colour at `x`, 0 to 1 (clamped; grey where it is not finite)
void
fh_colour_at(FhColourMap map, double x, double rgb[3]);

/// A value's way to a colour; `low` and `high` are fixed by the caller
typedef struct {
  FhColourMap map;
  double low, high;  ///< In the unit of the label, low < high
  const char* label; ///< With unit, e.g. "Level [dB(A)]"; borrowed
} FhColourScale;

/// One axis; borrows its texts
typedef struct {
  const char* label; ///< With unit, e.g. "Frequency [Hz]"; null for none
  double low, high;  ///< Ends; low < high, above zero when logarithmic
  bool logarithmic;
  const double* ticks;           ///< [n_ticks] places, or null to choose
  const char* const* tick_names; ///< [n_ticks] texts, or null for the numbers
  size_t n_ticks;
} FhAxis;

/// A pair of axes and the rectangle inside them, on the page
typedef struct {
  FhAxis x, y;
  double left, top, width, height; ///< Inside of the axes [pt]
} FhPlot;

/// How a line is drawn
typedef struct {
  double rgb[3];
  double width_pt;
  double dash_pt; ///< Length of dash and gap [pt], 0 for a full line
} FhPen;

/// Axis of the octave bands: ticks at 63 ... 8000 Hz, half a band to spare
FhAxis
fh_axis_octaves(void);

/// Logarithmic axis of frequencies with the octaves as ticks
FhAxis
fh_axis_frequency(double low_hz, double high_hz);

/// Pen of series `i`: colours of Okabe and Ito, with a dash of their own
FhPen
fh_plot_pen(size_t i);

/// Set the inside of a plot so that it fits, labels and title included
void
fh_plot_fit(FhPlot* plot, double left, double top, double width, double height);

/// Page place of a value
double
fh_plot_x(const FhPlot* plot, double x);
double
fh_plot_y(const FhPlot* plot, double y);

/// Frame, grid, ticks, labels; `title` may be null. Draw it first
void
fh_plot_axes(cairo_t* cr, const FhPlot* plot, const char* title);

/// A line through [n] points, cut off at the frame
void
fh_plot_curve(cairo_t* cr,
              const FhPlot* plot,
              const double* x,
              const double* y,
              size_t n,
              const FhPen* pen);

/// The area between two curves over the same x, see-through
void
fh_plot_interval(cairo_t* cr,
                 const FhPlot* plot,
                 const double* x,
                 const double* low,
                 const double* high,
                 size_t n,
                 const double rgb[3]);

/// Round dots of this radius, with bars of `error` (null for none) up and down
void
fh_plot_dots(cairo_t* cr,
             const FhPlot* plot,
             const double* x,
             const double* y,
             const double* error,
             size_t n,
             double radius_pt,
             const double rgb[3]);

/// Bars from `base` to y, `share` (0 to 1) of the way to the next x wide
void
fh_plot_bars(cairo_t* cr,
             const FhPlot* plot,
             const double* x,
             const double* y,
             size_t n,
             double base,
             double share,
             const double rgb[3]);

/**
   A map on a grid that fills the inside of the axes.

   @param value [n_y * n_x], rows from the low end of y.
*/
void
fh_plot_heat(cairo_t* cr,
             const FhPlot* plot,
             const double* value,
             size_t n_x,
             size_t n_y,
             const FhColourScale* scale);

/// A map of scattered places: squares of `size` (in the unit of x) about them
void
fh_plot_cells(cairo_t* cr,
              const FhPlot* plot,
              const double* x,
              const double* y,
              const double* value,
              size_t n,
              double size,
              const FhColourScale* scale);

/// The scale as an upright bar with ticks, to the right of `left`
void
fh_plot_scale(cairo_t* cr,
              double left,
              double top,
              double height,
              const FhColourScale* scale);

/// Names of series in a corner: 0 top left, 1 top right, 2 bottom left, 3
/// bottom right
void
fh_plot_legend(cairo_t* cr,
               const FhPlot* plot,
               const char* const* names,
               const FhPen* pens,
               size_t n,
               int corner);

/**
   Write a line of text.

   @param align Where the text lies about x: 0 right of it, 0.5 centred, 1 left
   of it.
   @param valign Where it lies about y: 0 below, 0.5 centred, 1 above.
   @param size_pt Size of the font [pt].
   @param bold Bold face.
   @param rgb Colour, or null for black.
*/
void
fh_plot_text(cairo_t* cr,
             double x,
             double y,
             double align,
             double valign,
             double size_pt,
             bool bold,
             const double rgb[3],
             const char* text);

/**
   Choose round tick places.

   @param[out] ticks Receives at most `max` places within [low, high].
   @return How many.
*/
size_t
fh_plot_ticks(double low, double high, double* ticks, size_t max);

#endif // FH_PLOT_H
