// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel_states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
  Pictures of the window without a window: panel_paint FOLDER [SCALE] writes
  one PNG for each state, and says what one drawing costs [ms of a core].
*/

static double
now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static int
by_size(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

int
main(int argc, char** argv)
{
  if (argc < 2) {
    fprintf(stderr, "Usage: panel_paint FOLDER [SCALE]\n");
    return 2;
  }
  const double scale = argc > 2 ? strtod(argv[2], NULL) : 1.0;
  const PanelCalls calls = {0};
  Panel* const panel = malloc(sizeof(Panel));
  const int width = (int)(scale * PANEL_WIDTH);
  const int height = (int)(scale * PANEL_HEIGHT);
  for (size_t i = 0; i < N_PANEL_STATES; ++i) {
    panel_init(panel, &calls);
    panel_states[i].make(panel);
    cairo_surface_t* const surface =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t* const cr = cairo_create(surface);
    double ms[41];
    for (int k = 0; k < 41; ++k) {
      const double start_ms = now_ms();
      panel_draw(panel, cr, width, height);
      ms[k] = now_ms() - start_ms;
    }
    qsort(ms, 41, sizeof(ms[0]), by_size);
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.png", argv[1], panel_states[i].name);
    const int rc = (int)cairo_surface_write_to_png(surface, path);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    printf("%s %.2f ms\n", path, ms[20]);
    if (rc) {
      return 4;
    }
  }
  free(panel);
  return 0;
}
