// SPDX-License-Identifier: GPL-3.0-or-later
#include "client.h"
#include "curve.h"
#include "options.h"
#include "osc.h"
#include "shell.h"
#include "terminal.h"

#ifdef FULLHOUSE_WINDOW
#  include "window.h"
#endif

#include <fh/processor.h>
#include <fh/share.h>

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The loop turns this often while nothing happens [ms]
#define STEP_MS 40
// OSC goes out, and the terminal is drawn, this often [s]
#define SEND_STEP_S 0.2
// A second wish to close the window within this time ends the program [s]
#define CLOSE_AGAIN_S 5.0
// The curve's files are looked after this often [s]
#define EXPORT_STEP_S 5.0
// A plain log gets a line at least this often [s]
#define LINE_STEP_S 60.0

static volatile sig_atomic_t stop_asked;

static void
ask_to_stop(int signal_number)
{
  (void)signal_number;
  stop_asked = 1;
}

static double
now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Everything the main thread has
typedef struct {
  Options options;
  Client* client;
  Osc* osc;
  FhView view;
  bool is_terminal;
  bool was_drawn;
  char last_state[FH_VIEW_TEXT];
  double send_due_s;
  double line_due_s;
  double export_due_s;
  float exported_db[FH_N_EQ_BANDS];
  bool has_exported;
#ifdef FULLHOUSE_WINDOW
  Panel panel;
  FhWindow* window;
  double close_asked_s; ///< When the window was asked to close, 0 never
#endif
} App;

static void
say(const App* app, const char* text)
{
  if (!app->options.quiet && !app->is_terminal) {
    printf("fullhouse-live: %s\n", text);
    fflush(stdout);
  }
}

static void
osc_set(void* data, FhPort port, float value)
{
  client_set(((App*)data)->client, port, value);
}

static void
osc_trim(void* data, unsigned band, float db)
{
  client_set_trim(((App*)data)->client, band, db);
}

static void
load_profile(void* data, const char* path)
{
  App* const app = data;
  char reason[FH_SHELL_REASON];
  if (client_load(app->client, path, reason)) {
    fprintf(stderr, "fullhouse-live: error: %s\n", reason);
  }
}

static bool
apply_settings(App* app)
{
  for (unsigned i = 0; i < app->options.n_set; ++i) {
    const char* const text = app->options.set[i];
    const char* const colon = strchr(text, ':');
    char symbol[64] = "";
    snprintf(symbol, sizeof(symbol), "%.*s", (int)(colon - text), text);
    char* end = NULL;
    const float value = strtof(colon + 1, &end);
    FhPort port = FH_PORT_COUNT;
    if (!fh_port_find(symbol, &port) ||
        fh_port_info(port)->kind != FH_PORT_CONTROL_IN) {
      fprintf(
        stderr, "fullhouse-live: error: no control `%s`; see --list\n", symbol);
      return false;
    }
    const FhPortInfo* const info = fh_port_info(port);
    if (end == colon + 1 || *end ||
        !(value >= info->minimum && value <= info->maximum)) {
      fprintf(stderr,
              "fullhouse-live: error: %s takes %g to %g, not `%s`\n",
              symbol,
              (double)info->minimum,
              (double)info->maximum,
              colon + 1);
      return false;
    }
    client_set(app->client, port, value);
  }
  return true;
}

static void
connect_ports(App* app)
{
  for (unsigned i = 0; i < app->options.n_connect; ++i) {
    const char* const text = app->options.connect[i];
    bool is_good = false;
    if (!strcmp(text, "auto")) {
      is_good = client_connect_physical(app->client);
    } else {
      char symbol[64] = "";
      const size_t n = strcspn(text, "=");
      snprintf(symbol, sizeof(symbol), "%.*s", (int)n, text);
      is_good = text[n] && client_connect(app->client, symbol, text + n + 1);
    }
    if (!is_good) {
      fprintf(stderr, "fullhouse-live: warning: cannot connect %s\n", text);
    }
  }
}

static bool
open_osc(App* app)
{
  if (app->options.osc_port < 0 && !app->options.n_send) {
    return true;
  }
  const OscCalls calls = {osc_set, osc_trim, load_profile, app};
  const int port = app->options.osc_port < 0 ? 0 : app->options.osc_port;
  if (osc_new((unsigned)port,
              app->options.osc_public || app->options.n_send > 0,
              &calls,
              &app->osc)) {
    fprintf(
      stderr,
      "fullhouse-live: error: UDP port %d is taken; choose another, or 0\n",
      port);
    return false;
  }
  for (unsigned i = 0; i < app->options.n_send; ++i) {
    if (!osc_subscribe(app->osc, app->options.send[i])) {
      fprintf(stderr,
              "fullhouse-live: error: --osc-send %s: no such HOST:PORT\n",
              app->options.send[i]);
      return false;
    }
  }
  char text[64];
  snprintf(text, sizeof(text), "OSC on port %u", osc_port(app->osc));
  say(app, text);
  return true;
}

static void
log_line(void* data, const char* text)
{
  App* const app = data;
  say(app, text);
  if (app->osc) {
    osc_send_line(app->osc, text);
  }
}

static void
show(App* app, double time_s)
{
  const unsigned n_xruns = client_n_xruns(app->client);
  if (app->options.quiet) {
    return;
  }
  if (app->is_terminal) {
    terminal_draw(&app->view, n_xruns, !app->was_drawn);
    app->was_drawn = true;
    return;
  }
  const bool is_new = strcmp(app->view.state, app->last_state) != 0;
  if (is_new || time_s >= app->line_due_s) {
    char text[512];
    terminal_line(&app->view, n_xruns, text, sizeof(text));
    say(app, text);
    snprintf(app->last_state, sizeof(app->last_state), "%s", app->view.state);
    app->line_due_s = time_s + LINE_STEP_S;
  }
}

// Write the curve when it has moved by what can be heard
static void
export_curve(App* app, double time_s)
{
  if (!app->options.export_to || time_s < app->export_due_s) {
    return;
  }
  app->export_due_s = time_s + EXPORT_STEP_S;
  const bool is_suggesting = lrintf(app->view.port[FH_PORT_MODE]) == 1;
  float db[FH_N_EQ_BANDS];
  bool has_moved = !app->has_exported;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    const float target = app->view.curve[FH_CURVE_TARGET][i];
    db[i] = is_suggesting ? app->view.curve[FH_CURVE_TRIM][i] + target
                          : app->view.port[FH_PORT_EQ_FIRST + i];
    db[i] = isfinite(db[i]) ? db[i] : 0.0f;
    has_moved = has_moved || fabsf(db[i] - app->exported_db[i]) > 0.05f;
  }
  if (!has_moved) {
    return;
  }
  const FhStatus status = fh_curve_write_all(
    app->options.export_to,
    db,
    is_suggesting ? "Fullhouse suggestion" : "Fullhouse equaliser");
  if (status) {
    fprintf(stderr,
            "fullhouse-live: warning: %s: %s\n",
            app->options.export_to,
            fh_strerror(status));
    return;
  }
  memcpy(app->exported_db, db, sizeof(db));
  app->has_exported = true;
}

static int
convert(const Options* options)
{
  if (!options->export_to) {
    fprintf(stderr, "fullhouse-live: error: --convert wants --export FOLDER\n");
    return EXIT_USAGE;
  }
  FhTrace trace;
  char reason[FH_CURVE_REASON];
  if (fh_trace_read(options->convert, &trace, reason)) {
    fprintf(
      stderr, "fullhouse-live: error: %s: %s\n", options->convert, reason);
    return EXIT_BAD_INPUT;
  }
  float db[FH_N_EQ_BANDS];
  fh_trace_bands(&trace, db);
  fh_trace_clear(&trace);
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    db[i] = isfinite(db[i]) ? db[i] : 0.0f; // Nothing known, nothing done
  }
  const FhStatus status =
    fh_curve_write_all(options->export_to, db, options->convert);
  if (status) {
    fprintf(stderr,
            "fullhouse-live: error: %s: %s\n",
            options->export_to,
            fh_strerror(status));
    return EXIT_NO_RESOURCE;
  }
  for (unsigned f = 0; f < FH_N_FORMATS && !options->quiet; ++f) {
    printf("%s/%s\n", options->export_to, fh_curve_file_name((FhCurveFormat)f));
  }
  return 0;
}

#ifdef FULLHOUSE_WINDOW

static void
set_trim(void* data, const float db[FH_N_EQ_BANDS])
{
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    client_set_trim(((App*)data)->client, i, db[i]);
  }
}

static void
open_window(App* app)
{
  if (app->options.no_window || !getenv("DISPLAY")) {
    return;
  }
  const PanelCalls calls = {osc_set, set_trim, load_profile, app};
  panel_init(&app->panel, &calls);
  const char* const scale = getenv("FULLHOUSE_SCALE");
  app->window = fh_window_new(&app->panel,
                              0,
                              scale ? strtod(scale, NULL) : 1.0,
                              client_name(app->client));
  if (!app->window) {
    fprintf(stderr, "fullhouse-live: warning: cannot open a window\n");
  }
  if (app->options.trace &&
      !panel_load_trace(&app->panel, app->options.trace)) {
    fprintf(stderr, "fullhouse-live: warning: %s\n", app->panel.trace_name);
  }
}

// The PA hears what comes out of this program: a slip of the hand on the
// window's cross must not silence it
static void
mind_closing(App* app)
{
  if (!fh_window_close_asked(app->window)) {
    return;
  }
  const double time_s = now_s();
  if (app->close_asked_s > 0.0 && time_s - app->close_asked_s < CLOSE_AGAIN_S) {
    stop_asked = 1;
  }
  app->close_asked_s = time_s;
}

static void
show_window(App* app)
{
  if (!app->window) {
    return;
  }
  if (app->close_asked_s > 0.0 &&
      now_s() - app->close_asked_s < CLOSE_AGAIN_S) {
    FhView view = app->view;
    snprintf(view.message,
             sizeof(view.message),
             "Close again to end: the programme then stops here");
    panel_set_view(&app->panel, &view);
  } else {
    panel_set_view(&app->panel, &app->view);
  }
  if (!fh_window_idle(app->window)) {
    fh_window_free(app->window);
    app->window = NULL;
    return;
  }
  mind_closing(app);
}

#endif // FULLHOUSE_WINDOW

static void
turn(App* app)
{
  struct pollfd wait[2] = {
    {app->osc ? osc_descriptor(app->osc) : -1, POLLIN, 0}, {-1, POLLIN, 0}};
#ifdef FULLHOUSE_WINDOW
  wait[1].fd = app->window ? fh_window_descriptor(app->window) : -1;
#endif
  if (poll(wait, 2, STEP_MS) > 0 && app->osc) {
    osc_receive(app->osc, &app->view);
  }
  client_update(app->client, &app->view, log_line, app);
#ifdef FULLHOUSE_WINDOW
  show_window(app);
#endif
  const double time_s = now_s();
  if (time_s >= app->send_due_s) {
    app->send_due_s = time_s + SEND_STEP_S;
    if (app->osc) {
      osc_send(app->osc, &app->view);
    }
    show(app, time_s);
    export_curve(app, time_s);
  }
}

// Where the network's weights are, null for none
static const char*
find_weights(const char* wanted, char* path, size_t size)
{
  if (wanted) {
    return strcmp(wanted, "none") != 0 ? wanted : NULL;
  }
  return fh_share_find(NULL, FH_SHELL_WEIGHTS, path, size) ? path : NULL;
}

static int
start(App* app, const char* weights)
{
  char reason[FH_SHELL_REASON] = "";
  const FhStatus status =
    client_new(app->options.name, weights, &app->client, reason);
  if (status) {
    fprintf(stderr, "fullhouse-live: error: %s\n", reason);
    return EXIT_NO_RESOURCE;
  }
  if (app->options.profile &&
      client_load(app->client, app->options.profile, reason)) {
    fprintf(stderr, "fullhouse-live: error: %s\n", reason);
    return EXIT_BAD_INPUT;
  }
  if (app->options.soundcheck &&
      client_keep_soundcheck(app->client, app->options.soundcheck, reason)) {
    fprintf(stderr,
            "fullhouse-live: error: %s: %s\n",
            app->options.soundcheck,
            reason);
    return EXIT_BAD_INPUT;
  }
  if (!apply_settings(app)) {
    return EXIT_USAGE;
  }
  if (!open_osc(app) || client_start(app->client)) {
    return EXIT_NO_RESOURCE;
  }
  connect_ports(app);
  char text[320];
  snprintf(text,
           sizeof(text),
           "JACK client `%s` at %g Hz, latency 0 frames%s%s",
           client_name(app->client),
           client_rate_hz(app->client),
           app->options.profile ? ", profile " : "",
           app->options.profile ? app->options.profile : "");
  say(app, text);
  return 0;
}

int
main(int argc, char** argv)
{
  static App app;
  if (!fh_processor_fits()) {
    fprintf(stderr, "fullhouse-live: error: %s\n", FH_PROCESSOR_WORDS);
    return EXIT_NO_RESOURCE;
  }
  options_parse(argc, argv, &app.options);

  if (app.options.convert) {
    return convert(&app.options);
  }
  fh_view_init(&app.view);
  app.is_terminal = isatty(STDOUT_FILENO) != 0;
  const struct sigaction action = {.sa_handler = ask_to_stop};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);

  char path[4096];
  int rc = start(&app, find_weights(app.options.weights, path, sizeof(path)));
#ifdef FULLHOUSE_WINDOW
  if (!rc) {
    open_window(&app);
  }
#endif
  while (!rc && !stop_asked) {
    if (client_is_dead(app.client)) {
      fprintf(stderr, "fullhouse-live: error: the JACK server has gone\n");
      rc = EXIT_NO_RESOURCE;
      break;
    }
    turn(&app);
  }
  if (!rc) {
    say(&app, "ended as told");
  }
#ifdef FULLHOUSE_WINDOW
  fh_window_free(app.window);
#endif
  osc_free(app.osc);
  client_free(app.client);
  return rc;
}
