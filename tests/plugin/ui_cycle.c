// SPDX-License-Identifier: GPL-3.0-or-later
#include "ports.h"
#include "uris.h"

#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/options/options.h>
#include <lv2/ui/ui.h>
#include <lv2/urid/urid.h>

#include <X11/Xlib.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
  A host of the window alone: open, draw, click and close it many times on an
  X server, and look for X errors, for memory that grows and for idle cost.

    ui_cycle UI_BINARY [TIMES]
*/

typedef struct {
  float freeze;
  unsigned n_writes;
  unsigned n_atoms;
} Seen;

static char* uris[256];
static unsigned n_uris;
static unsigned n_errors;

static LV2_URID
map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  for (unsigned i = 0; i < n_uris; ++i) {
    if (!strcmp(uris[i], uri)) {
      return i + 1;
    }
  }
  uris[n_uris] = strdup(uri);
  return ++n_uris;
}

static void
on_write(LV2UI_Controller controller,
         uint32_t port,
         uint32_t size,
         uint32_t protocol,
         const void* buffer)
{
  Seen* const seen = controller;
  if (!protocol && size == sizeof(float) && port == FH_PORT_FREEZE) {
    seen->freeze = *(const float*)buffer;
    ++seen->n_writes;
  } else if (protocol && port == FH_PORT_CONTROL) {
    ++seen->n_atoms;
  }
}

static int
on_error(Display* display, XErrorEvent* event)
{
  char text[128];
  XGetErrorText(display, event->error_code, text, sizeof(text));
  fprintf(stderr, "X error: %s\n", text);
  ++n_errors;
  return 0;
}

static void
rest(void)
{
  const struct timespec step = {0, 2000000};
  nanosleep(&step, NULL);
}

static double
cpu_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void
click(Display* display, Window id, int x, int y)
{
  XEvent event = {0};
  event.xbutton.type = ButtonPress;
  event.xbutton.window = id;
  event.xbutton.button = Button1;
  event.xbutton.x = x;
  event.xbutton.y = y;
  event.xbutton.same_screen = True;
  XSendEvent(display, id, True, ButtonPressMask, &event);
  event.xbutton.type = ButtonRelease;
  event.xbutton.state = Button1Mask;
  XSendEvent(display, id, True, ButtonReleaseMask, &event);
  XSync(display, False);
}

typedef struct {
  Display* display;
  const LV2UI_Descriptor* descriptor;
  float scale;
  double idle_cpu; ///< Share of one core while nothing happens, last cycle
} Host;

// One life of the window; false if something is wrong
static bool
cycle(Host* host, bool is_last, bool destroy_parent_first)
{
  const Window parent = XCreateSimpleWindow(host->display,
                                            DefaultRootWindow(host->display),
                                            0,
                                            0,
                                            (unsigned)(1000 * host->scale),
                                            (unsigned)(600 * host->scale),
                                            0,
                                            0,
                                            0);
  XMapWindow(host->display, parent);
  XSync(host->display, False);
  LV2_URID_Map map = {NULL, map_uri};
  LV2_Options_Option options[] = {{0,
                                   0,
                                   map_uri(NULL, LV2_UI__scaleFactor),
                                   sizeof(float),
                                   map_uri(NULL, LV2_ATOM__Float),
                                   &host->scale},
                                  {0, 0, 0, 0, 0, NULL}};
  const LV2_Feature map_feature = {LV2_URID__map, &map};
  const LV2_Feature parent_feature = {LV2_UI__parent, (void*)parent};
  const LV2_Feature options_feature = {LV2_OPTIONS__options, options};
  const LV2_Feature* const features[] = {
    &map_feature, &parent_feature, &options_feature, NULL};
  Seen seen = {0};
  LV2UI_Widget widget = NULL;
  LV2UI_Handle const ui = host->descriptor->instantiate(
    host->descriptor, FULLHOUSE_URI, "", on_write, &seen, &widget, features);
  if (!ui || !widget) {
    fprintf(stderr, "ui_cycle: no window\n");
    return false;
  }
  const LV2UI_Idle_Interface* const idle =
    host->descriptor->extension_data(LV2_UI__idleInterface);
  for (int i = 0; i < 20; ++i) {
    const float value = (float)(i % 3);
    host->descriptor->port_event(ui, FH_PORT_MODE, sizeof(value), 0, &value);
    idle->idle(ui);
    rest();
  }
  // The middle of FREEZE
  click(host->display,
        (Window)widget,
        (int)(857.0f * host->scale),
        (int)(40.0f * host->scale));
  for (int i = 0; i < 100 && !seen.n_writes; ++i) {
    idle->idle(ui);
    rest();
  }
  if (is_last) {
    const double start_s = cpu_s();
    const struct timespec step = {0, 33000000}; // As hosts do: 30 Hz
    for (int i = 0; i < 60; ++i) {
      idle->idle(ui);
      nanosleep(&step, NULL);
    }
    host->idle_cpu = (cpu_s() - start_s) / 2.0;
  }
  if (destroy_parent_first) {
    XDestroyWindow(host->display, parent);
    XSync(host->display, False);
    idle->idle(ui);
  }
  host->descriptor->cleanup(ui);
  if (!destroy_parent_first) {
    XDestroyWindow(host->display, parent);
  }
  XSync(host->display, False);
  if (seen.n_writes != 1 || seen.freeze != 1.0f || !seen.n_atoms) {
    fprintf(stderr, "ui_cycle: the click on FREEZE did not arrive\n");
    return false;
  }
  return true;
}

int
main(int argc, char** argv)
{
  const int times = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100;
  void* const library =
    argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  Host host = {.display = XOpenDisplay(NULL), .scale = 1.0f};
  if (!library || !host.display) {
    fprintf(stderr, "Usage: ui_cycle UI_BINARY [TIMES], with DISPLAY set\n");
    return 2;
  }
  const LV2UI_Descriptor* (*entry)(uint32_t) = NULL;
  void* const symbol = dlsym(library, "lv2ui_descriptor");
  memcpy(&entry, &symbol, sizeof(entry));
  host.descriptor = entry ? entry(0) : NULL;
  if (!host.descriptor) {
    return 1;
  }
  XSetErrorHandler(on_error);
  size_t early = 0;
  for (int i = 0; i < times; ++i) {
    host.scale = i % 10 == 5 ? 2.0f : 1.0f;
    if (!cycle(&host, i == times - 1, i % 10 == 7)) {
      return 1;
    }
    if (i == 19) {
      early = mallinfo2().uordblks; // Fonts and caches are there by now
    }
  }
  const size_t late = mallinfo2().uordblks;
  const double grown = (double)late - (double)early;
  printf("%d times: %u X errors, %+.1f kB after the 20th, idle %.2f %% of a "
         "core\n",
         times,
         n_errors,
         grown / 1024.0,
         100.0 * host.idle_cpu);
  XCloseDisplay(host.display);
  for (unsigned i = 0; i < n_uris; ++i) {
    free(uris[i]);
  }
  // 80 leaks of the smallest of the window's objects would be 100 kB
  return n_errors || (times > 40 && grown > 64.0 * 1024.0) ||
             host.idle_cpu > 0.05
           ? 1
           : 0;
}
