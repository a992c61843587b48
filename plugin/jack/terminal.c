// SPDX-License-Identifier: GPL-3.0-or-later
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Bars of the equaliser reach from -this to +this [dB]
#define RANGE_DB 6.0f

static const char* const mode_names[] = {"off", "suggest", "auto"};

static const char*
alarm_word(const FhView* view)
{
  switch ((FhAlarm)lrintf(view->fact[FH_FACT_ALARM])) {
  case FH_ALARM_NONE:
    return "ok";
  case FH_ALARM_BUSY:
    return "busy";
  case FH_ALARM_HOLD:
    return "HOLD";
  case FH_ALARM_FAULT:
    return "FAULT";
  case FH_ALARM_STOPPED:
    return "STOPPED";
  }
  return "?";
}

static const char*
mode_word(const FhView* view)
{
  const long mode = lrintf(view->port[FH_PORT_MODE]);
  return mode_names[mode < 0 ? 0 : mode > 2 ? 2 : mode];
}

static void
occupancy_words(const FhView* view, char* text, size_t size)
{
  if (view->fact[FH_FACT_HAS_PROFILE] > 0.5f &&
      view->port[FH_PORT_CONFIDENCE] > 0.0f) {
    // 1.645 standard deviations to both sides hold 90 %
    snprintf(text,
             size,
             "occupancy %3.0f %% +-%.0f, confidence %3.0f %%",
             100.0 * (double)view->port[FH_PORT_OCCUPANCY],
             164.5 * (double)view->port[FH_PORT_OCCUPANCY_SD],
             100.0 * (double)view->port[FH_PORT_CONFIDENCE]);
  } else {
    snprintf(text,
             size,
             "occupancy unknown%s",
             view->fact[FH_FACT_HAS_PROFILE] > 0.5f ? "" : " (no profile)");
  }
}

// A level, or a dash where there is none
static const char*
level(float db, char text[16])
{
  if (isfinite(db) && db > -120.0f) {
    snprintf(text, 16, "%.0f dB", (double)db);
  } else {
    snprintf(text, 16, "-");
  }
  return text;
}

// One character a band: a bar below or above the middle
static void
eq_bars(const FhView* view, char* text, size_t size)
{
  static const char* const up[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  size_t used = 0;
  text[0] = '\0';
  for (unsigned i = 0; i < FH_N_EQ_BANDS && used + 4 < size; ++i) {
    const float db = view->port[FH_PORT_EQ_FIRST + i];
    const float part = (db + RANGE_DB) / (2.0f * RANGE_DB);
    const long step =
      isfinite(part) ? lrintf(fminf(fmaxf(part, 0.0f), 1.0f) * 7.0f) : 0;
    used += (size_t)snprintf(text + used, size - used, "%s", up[step]);
  }
}

void
terminal_text(const FhView* view,
              unsigned width,
              unsigned n_xruns,
              char* text,
              size_t size)
{
  char occupancy[96];
  char programme[16];
  char mic_1[16];
  char mic_2[16];
  char bars[FH_N_EQ_BANDS * 4 + 1];
  occupancy_words(view, occupancy, sizeof(occupancy));
  eq_bars(view, bars, sizeof(bars));
  const int columns = width < 40 ? 40 : (int)width - 1;
  char first[320];
  snprintf(first,
           sizeof(first),
           "[%s] %s: %s",
           mode_word(view),
           alarm_word(view),
           view->message[0] ? view->message : view->state);
  char third[320];
  snprintf(third,
           sizeof(third),
           "programme %s, mics %s %s, coherence %.2f, delay %.1f ms, level "
           "%+.1f dB, xruns %u",
           level(view->fact[FH_FACT_PROGRAMME_DB], programme),
           level(view->fact[FH_FACT_MIC_1_DB], mic_1),
           level(view->fact[FH_FACT_MIC_2_DB], mic_2),
           (double)view->port[FH_PORT_COHERENCE],
           (double)view->port[FH_PORT_DELAY_MS],
           (double)view->port[FH_PORT_LEVEL_CHANGE_DB],
           n_xruns);
  snprintf(text,
           size,
           "%.*s\n%.*s\n%.*s\nEQ 20 Hz %s 20 kHz\n",
           columns,
           first,
           columns,
           occupancy,
           columns,
           third,
           bars);
}

void
terminal_line(const FhView* view, unsigned n_xruns, char* text, size_t size)
{
  char occupancy[96];
  occupancy_words(view, occupancy, sizeof(occupancy));
  snprintf(text,
           size,
           "mode %s, %s: %s; %s; coherence %.2f, delay %.1f ms, xruns %u",
           mode_word(view),
           alarm_word(view),
           view->state,
           occupancy,
           (double)view->port[FH_PORT_COHERENCE],
           (double)view->port[FH_PORT_DELAY_MS],
           n_xruns);
}

void
terminal_draw(const FhView* view, unsigned n_xruns, bool is_first)
{
  struct winsize window = {0};
  ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
  char text[1024];
  terminal_text(
    view, window.ws_col ? window.ws_col : 80, n_xruns, text, sizeof(text));
  if (!is_first) {
    printf("\033[%dA", TERMINAL_LINES);
  }
  for (const char* line = text; *line;) {
    const size_t n = strcspn(line, "\n");
    printf("\r\033[K%.*s\n", (int)n, line);
    line += n + (line[n] ? 1 : 0);
  }
  fflush(stdout);
}
