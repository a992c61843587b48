// SPDX-License-Identifier: GPL-3.0-or-later
#include "view.h"

#include <stdio.h>
#include <string.h>

void
fh_view_init(FhView* view)
{
  *view = (FhView){0};
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    view->port[i] = fh_port_info((FhPort)i)->initial;
  }
  view->fact[FH_FACT_HAS_WORKER] = 1.0f;
  fh_history_init(&view->history);
}

void
fh_view_add_line(FhView* view, const char* text)
{
  memmove(
    view->line[1], view->line[0], sizeof(view->line[0]) * (FH_VIEW_LINES - 1));
  snprintf(view->line[0], sizeof(view->line[0]), "%s", text);
  if (view->n_lines < FH_VIEW_LINES) {
    ++view->n_lines;
  }
}

void
fh_history_init(FhHistory* history)
{
  *history = (FhHistory){.step_s = 10.0f};
}

void
fh_history_add(FhHistory* history, float occupancy, float occupancy_sd)
{
  if (history->n == FH_VIEW_HISTORY) {
    for (unsigned i = 0; i < FH_VIEW_HISTORY / 2; ++i) {
      history->occupancy[i] = history->occupancy[2 * i + 1];
      history->occupancy_sd[i] = history->occupancy_sd[2 * i + 1];
    }
    history->n = FH_VIEW_HISTORY / 2;
    history->step_s *= 2.0f;
  }
  history->occupancy[history->n] = occupancy;
  history->occupancy_sd[history->n++] = occupancy_sd;
}

float
fh_view_band_hz(unsigned band)
{
  static const float nominal_hz[FH_N_EQ_BANDS] = {
    20,   25,   31.5f, 40,   50,   63,    80,    100,   125,  160,  200,
    250,  315,  400,   500,  630,  800,   1000,  1250,  1600, 2000, 2500,
    3150, 4000, 5000,  6300, 8000, 10000, 12500, 16000, 20000};
  return band < FH_N_EQ_BANDS ? nominal_hz[band] : 0.0f;
}
