// SPDX-License-Identifier: GPL-3.0-or-later
#include "window.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <cairo-xlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Smallest window that can still be read, in units of the panel
#define MIN_PART 0.5
// Drawing more often than this helps nobody [s]
#define DRAW_STEP_S 0.03

struct FhWindowImpl {
  Panel* panel;
  Display* display;
  Window id;
  Atom delete_window;
  int width, height;
  cairo_surface_t* front;
  cairo_surface_t* back; ///< Drawn here first: no flicker
  double drawn_s;
  bool is_gone;
  bool is_exposed;
  bool close_asked;
};

static double
now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool
make_back(FhWindow* window)
{
  if (window->back) {
    cairo_surface_destroy(window->back);
  }
  window->back = cairo_image_surface_create(
    CAIRO_FORMAT_RGB24, window->width, window->height);
  return cairo_surface_status(window->back) == CAIRO_STATUS_SUCCESS;
}

static void
set_hints(FhWindow* window, const char* title, bool is_top)
{
  XSizeHints* const hints = XAllocSizeHints();
  if (hints) {
    hints->flags = PMinSize | PBaseSize | PSize;
    hints->min_width = (int)(MIN_PART * PANEL_WIDTH);
    hints->min_height = (int)(MIN_PART * PANEL_HEIGHT);
    hints->base_width = window->width;
    hints->base_height = window->height;
    hints->width = window->width;
    hints->height = window->height;
    XSetWMNormalHints(window->display, window->id, hints);
    XFree(hints);
  }
  if (is_top) {
    XStoreName(window->display, window->id, title);
    window->delete_window =
      XInternAtom(window->display, "WM_DELETE_WINDOW", False);
    XSetWMProtocols(window->display, window->id, &window->delete_window, 1);
  }
}

FhWindow*
fh_window_new(Panel* panel, uintptr_t parent, double scale, const char* title)
{
  FhWindow* const window = calloc(1, sizeof(FhWindow));
  if (!window) {
    return NULL;
  }
  window->panel = panel;
  window->display = XOpenDisplay(NULL);
  if (!window->display) {
    free(window);
    return NULL;
  }
  const double s = scale >= 0.5 && scale <= 4.0 ? scale : 1.0;
  window->width = (int)lrint(s * PANEL_WIDTH);
  window->height = (int)lrint(s * PANEL_HEIGHT);
  const int screen = DefaultScreen(window->display);
  window->id = XCreateSimpleWindow(window->display,
                                   parent ? (Window)parent
                                          : RootWindow(window->display, screen),
                                   0,
                                   0,
                                   (unsigned)window->width,
                                   (unsigned)window->height,
                                   0,
                                   0,
                                   BlackPixel(window->display, screen));
  set_hints(window, title, !parent);
  XSelectInput(window->display,
               window->id,
               ExposureMask | StructureNotifyMask | ButtonPressMask |
                 ButtonReleaseMask | PointerMotionMask | LeaveWindowMask);
  window->front =
    cairo_xlib_surface_create(window->display,
                              window->id,
                              DefaultVisual(window->display, screen),
                              window->width,
                              window->height);
  if (!make_back(window)) {
    fh_window_free(window);
    return NULL;
  }
  XMapRaised(window->display, window->id);
  XFlush(window->display);
  panel->is_dirty = true;
  return window;
}

void
fh_window_free(FhWindow* window)
{
  if (!window) {
    return;
  }
  // In this order: what draws, what is drawn on, the connection
  if (window->back) {
    cairo_surface_destroy(window->back);
  }
  if (window->front) {
    cairo_surface_finish(window->front);
    cairo_surface_destroy(window->front);
  }
  if (!window->is_gone) {
    XDestroyWindow(window->display, window->id);
  }
  XCloseDisplay(window->display);
  free(window);
}

uintptr_t
fh_window_id(const FhWindow* window)
{
  return (uintptr_t)window->id;
}

int
fh_window_descriptor(const FhWindow* window)
{
  return ConnectionNumber(window->display);
}

void
fh_window_size(const FhWindow* window, int* width, int* height)
{
  *width = window->width;
  *height = window->height;
}

bool
fh_window_close_asked(FhWindow* window)
{
  const bool asked = window->close_asked;
  window->close_asked = false;
  return asked;
}

static void
resize(FhWindow* window, int width, int height)
{
  if (width == window->width && height == window->height) {
    return;
  }
  window->width = width > 1 ? width : 1;
  window->height = height > 1 ? height : 1;
  cairo_xlib_surface_set_size(window->front, window->width, window->height);
  window->is_gone = !make_back(window) || window->is_gone;
  window->panel->is_dirty = true;
}

static Keys
keys_of(unsigned state)
{
  return (Keys){(state & ShiftMask) != 0, (state & ControlMask) != 0};
}

static void
button(FhWindow* window, const XButtonEvent* event, double x, double y)
{
  Panel* const panel = window->panel;
  const Keys keys = keys_of(event->state);
  const bool is_down = event->type == ButtonPress;
  switch (event->button) {
  case Button1:
    if (is_down) {
      panel_press(panel, x, y, keys, now_s());
    } else {
      panel_release(panel, x, y);
    }
    break;
  case Button3: // As x42's plugins: back to the default
    if (is_down) {
      panel_press(panel, x, y, (Keys){true, keys.ctrl}, now_s());
      panel_release(panel, x, y);
    }
    break;
  case Button4:
  case Button5:
    if (is_down) {
      panel_wheel(panel, x, y, event->button == Button4 ? 1 : -1, keys);
    }
    break;
  default:
    break;
  }
}

static void
handle(FhWindow* window, const XEvent* event)
{
  double scale = 1.0;
  double left = 0.0;
  double top = 0.0;
  panel_fit(window->width, window->height, &scale, &left, &top);
  switch (event->type) {
  case Expose:
    window->is_exposed = window->is_exposed || event->xexpose.count == 0;
    break;
  case ConfigureNotify:
    resize(window, event->xconfigure.width, event->xconfigure.height);
    break;
  case MotionNotify:
    panel_move(window->panel,
               (event->xmotion.x - left) / scale,
               (event->xmotion.y - top) / scale,
               keys_of(event->xmotion.state));
    break;
  case ButtonPress:
  case ButtonRelease:
    button(window,
           &event->xbutton,
           (event->xbutton.x - left) / scale,
           (event->xbutton.y - top) / scale);
    break;
  case LeaveNotify:
    panel_leave(window->panel);
    break;
  case DestroyNotify: // The host has taken the window away under us
    window->is_gone = event->xdestroywindow.window == window->id;
    break;
  case ClientMessage:
    window->close_asked =
      (Atom)event->xclient.data.l[0] == window->delete_window;
    break;
  default:
    break;
  }
}

static void
show(FhWindow* window)
{
  if (window->panel->is_dirty) {
    cairo_t* const cr = cairo_create(window->back);
    panel_draw(window->panel, cr, window->width, window->height);
    cairo_destroy(cr);
  }
  cairo_t* const cr = cairo_create(window->front);
  cairo_set_source_surface(cr, window->back, 0.0, 0.0);
  cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
  cairo_paint(cr);
  cairo_destroy(cr);
  cairo_surface_flush(window->front);
  XFlush(window->display);
  window->is_exposed = false;
}

bool
fh_window_idle(FhWindow* window)
{
  while (!window->is_gone && XPending(window->display)) {
    XEvent event;
    XNextEvent(window->display, &event);
    handle(window, &event);
  }
  const double time_s = now_s();
  panel_tick(window->panel, time_s);
  if (!window->is_gone && (window->panel->is_dirty || window->is_exposed) &&
      time_s - window->drawn_s >= DRAW_STEP_S) {
    window->drawn_s = time_s;
    show(window);
  }
  return !window->is_gone;
}
