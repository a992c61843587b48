// SPDX-License-Identifier: GPL-3.0-or-later
#include "client.h"

#include "shell.h"

#include <jack/jack.h>
#include <jack/ringbuffer.h>

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Lines of the log that may wait to be read
#define N_MOVES 512
// The worker looks for work this often: the audio thread never wakes anybody
#define WORKER_STEP_NS 5000000
// Numbers for the view are handed over this often [s]
#define METERS_STEP_S 0.03

#define N_AUDIO (FH_PORT_OUT_R + 1)

/// Three copies, so that writer and reader never wait for each other
typedef struct {
  FhLiveMeters at[3];
  unsigned writing;
  unsigned reading;
  atomic_uint ready; ///< Index of the newest, with #FRESH until it is read
} Mailbox;

#define FRESH 4U

struct ClientImpl {
  jack_client_t* jack;
  jack_port_t* audio[N_AUDIO];
  double rate_hz;
  FhLive* live;
  const char* weights;

  // Main thread to audio thread
  _Atomic float port[FH_PORT_COUNT];
  atomic_bool fire[FH_PORT_COUNT];
  _Atomic float trim_db[FH_N_EQ_BANDS];

  // Audio thread to main thread
  Mailbox mailbox;
  jack_ringbuffer_t* moves;
  atomic_uint n_xruns;
  atomic_bool is_dead;
  atomic_bool is_freewheeling;

  // Audio thread
  uint32_t meters_due_frames;

  // Worker and main thread
  pthread_t worker;
  bool has_worker;
  atomic_bool stop;
  pthread_mutex_t mutex; ///< Models and the soundcheck

  // Main thread
  char profile[FH_VIEW_TEXT];
  char message[FH_VIEW_TEXT];
  char soundcheck[4096];
  char venue[FH_SHELL_VENUE];            ///< Hash of the profile's, or empty
  char soundcheck_venue[FH_SHELL_VENUE]; ///< Of a stored soundcheck
  FhLiveVerdict last_verdict;
  float last_progress;
  double history_due_s;
  FhHistory history;
  bool is_changed;
};

static void
post(Mailbox* mailbox, const FhLiveMeters* meters)
{
  mailbox->at[mailbox->writing] = *meters;
  mailbox->writing =
    atomic_exchange(&mailbox->ready, mailbox->writing | FRESH) & 3U;
}

// The newest numbers; false when they have been seen
static bool
collect(Mailbox* mailbox, const FhLiveMeters** meters)
{
  const bool is_fresh = atomic_load(&mailbox->ready) & FRESH;
  if (is_fresh) {
    mailbox->reading = atomic_exchange(&mailbox->ready, mailbox->reading) & 3U;
  }
  *meters = &mailbox->at[mailbox->reading];
  return is_fresh;
}

static FhLiveControls
read_controls(Client* client)
{
  float port[FH_PORT_COUNT];
  float trim_db[FH_N_EQ_BANDS];
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    port[i] = atomic_load_explicit(&client->port[i], memory_order_relaxed);
    if (fh_port_info((FhPort)i)->is_trigger) {
      // One block of 1, then 0: a rising edge
      port[i] = atomic_exchange(&client->fire[i], false) ? 1.0f : 0.0f;
    }
  }
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    trim_db[i] =
      atomic_load_explicit(&client->trim_db[i], memory_order_relaxed);
  }
  return fh_shell_controls(port, trim_db);
}

// Audio thread
static int
process(jack_nframes_t n_frames, void* arg)
{
  Client* const client = arg;
  const FhLiveControls controls = read_controls(client);
  float* buffer[N_AUDIO] = {NULL};
  for (unsigned i = 0; i < N_AUDIO; ++i) {
    buffer[i] = jack_port_get_buffer(client->audio[i], n_frames);
  }
  const float* const in[2] = {buffer[FH_PORT_IN_L], buffer[FH_PORT_IN_R]};
  const float* const mic[2] = {buffer[FH_PORT_MIC_1], buffer[FH_PORT_MIC_2]};
  float* const out[2] = {buffer[FH_PORT_OUT_L], buffer[FH_PORT_OUT_R]};
  fh_live_process(client->live, &controls, in, mic, out, n_frames);
  if (atomic_load(&client->is_freewheeling) && fh_live_has_work(client->live)) {
    // Nothing has to be in time now: analyse here, so that a render faster
    // than real time gives the same bits
    fh_live_work(client->live);
  }

  FhLiveMove move;
  while (jack_ringbuffer_write_space(client->moves) >= sizeof(move) &&
         fh_live_next_move(client->live, &move)) {
    jack_ringbuffer_write(client->moves, (const char*)&move, sizeof(move));
  }
  if (client->meters_due_frames > n_frames) {
    client->meters_due_frames -= n_frames;
  } else {
    client->meters_due_frames = (uint32_t)(METERS_STEP_S * client->rate_hz);
    post(&client->mailbox, fh_live_meters(client->live));
  }
  return 0;
}

static void
free_retired(Client* client)
{
  FhLiveModel* model = NULL;
  while ((model = fh_live_retired_model(client->live))) {
    fh_live_model_free(model);
  }
}

static void*
work(void* arg)
{
  Client* const client = arg;
  const struct timespec step = {0, WORKER_STEP_NS};
  while (!atomic_load(&client->stop)) {
    if (!atomic_load(&client->is_freewheeling) &&
        fh_live_has_work(client->live)) {
      fh_live_work(client->live);
      pthread_mutex_lock(&client->mutex);
      free_retired(client);
      pthread_mutex_unlock(&client->mutex);
    }
    nanosleep(&step, NULL);
  }
  return NULL;
}

static int
count_xrun(void* arg)
{
  atomic_fetch_add(&((Client*)arg)->n_xruns, 1);
  return 0;
}

static void
set_freewheel(int starting, void* arg)
{
  atomic_store(&((Client*)arg)->is_freewheeling, starting != 0);
}

static void
server_gone(void* arg)
{
  atomic_store(&((Client*)arg)->is_dead, true);
}

// The library's own talk on stderr; what matters is said by client_new()
static void
say_nothing(const char* text)
{
  (void)text;
}

static FhStatus
register_ports(Client* client)
{
  for (unsigned i = 0; i < N_AUDIO; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    client->audio[i] = jack_port_register(
      client->jack,
      info->symbol,
      JACK_DEFAULT_AUDIO_TYPE,
      info->kind == FH_PORT_AUDIO_IN ? JackPortIsInput : JackPortIsOutput,
      0);
    if (!client->audio[i]) {
      return FH_ERR_DEVICE;
    }
  }
  return FH_OK;
}

FhStatus
client_new(const char* name, const char* weights, Client** out, char* reason)
{
  *out = NULL;
  Client* const client = calloc(1, sizeof(Client));
  if (!client) {
    snprintf(reason, FH_SHELL_REASON, "out of memory");
    return FH_ERR_NO_MEM;
  }
  client->weights = weights;
  client->mailbox.writing = 1;
  client->mailbox.reading = 2;
  pthread_mutex_init(&client->mutex, NULL);
  fh_history_init(&client->history);
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    atomic_init(&client->port[i], fh_port_info((FhPort)i)->initial);
  }
  jack_set_error_function(say_nothing);
  jack_set_info_function(say_nothing);
  FhStatus status = FH_ERR_DEVICE;
  jack_status_t jack_status = 0;
  client->jack = jack_client_open(name, JackNoStartServer, &jack_status);
  if (!client->jack) {
    snprintf(reason,
             FH_SHELL_REASON,
             "no JACK server%s; start one, e.g. `jackd -d alsa` or PipeWire's",
             (jack_status & JackServerFailed) ? " is running" : " lets us in");
    goto fail;
  }
  client->rate_hz = (double)jack_get_sample_rate(client->jack);
  if ((status = fh_live_new(client->rate_hz, &client->live))) {
    snprintf(reason,
             FH_SHELL_REASON,
             "cannot run at %g Hz: %s",
             client->rate_hz,
             fh_strerror(status));
    goto fail;
  }
  client->moves = jack_ringbuffer_create(N_MOVES * sizeof(FhLiveMove));
  status = client->moves ? register_ports(client) : FH_ERR_NO_MEM;
  if (status) {
    snprintf(reason, FH_SHELL_REASON, "cannot make ports");
    goto fail;
  }
  jack_set_process_callback(client->jack, process, client);
  jack_set_xrun_callback(client->jack, count_xrun, client);
  jack_set_freewheel_callback(client->jack, set_freewheel, client);
  jack_on_shutdown(client->jack, server_gone, client);
  *out = client;
  return FH_OK;

fail:
  client_free(client);
  return status;
}

void
client_free(Client* client)
{
  if (!client) {
    return;
  }
  if (client->jack) {
    jack_client_close(client->jack);
  }
  if (client->has_worker) {
    atomic_store(&client->stop, true);
    pthread_join(client->worker, NULL);
  }
  fh_live_free(client->live);
  if (client->moves) {
    jack_ringbuffer_free(client->moves);
  }
  pthread_mutex_destroy(&client->mutex);
  free(client);
}

FhStatus
client_start(Client* client)
{
  client->has_worker = !pthread_create(&client->worker, NULL, work, client);
  return client->has_worker && !jack_activate(client->jack) ? FH_OK
                                                            : FH_ERR_DEVICE;
}

const char*
client_name(const Client* client)
{
  return jack_get_client_name(client->jack);
}

double
client_rate_hz(const Client* client)
{
  return client->rate_hz;
}

bool
client_is_dead(const Client* client)
{
  return atomic_load(&client->is_dead);
}

unsigned
client_n_xruns(const Client* client)
{
  return atomic_load(&client->n_xruns);
}

bool
client_is_freewheeling(const Client* client)
{
  return atomic_load(&client->is_freewheeling);
}

bool
client_connect(Client* client, const char* symbol, const char* other)
{
  FhPort port = FH_PORT_COUNT;
  if (!fh_port_find(symbol, &port) || port >= N_AUDIO ||
      !jack_port_by_name(client->jack, other)) {
    return false;
  }
  const char* const own = jack_port_name(client->audio[port]);
  const bool is_input = fh_port_info(port)->kind == FH_PORT_AUDIO_IN;
  const int rc = is_input ? jack_connect(client->jack, other, own)
                          : jack_connect(client->jack, own, other);
  return rc == 0 || rc == EEXIST;
}

bool
client_connect_physical(Client* client)
{
  static const FhPort inputs[] = {
    FH_PORT_IN_L, FH_PORT_IN_R, FH_PORT_MIC_1, FH_PORT_MIC_2};
  static const FhPort outputs[] = {FH_PORT_OUT_L, FH_PORT_OUT_R};
  const char** const from =
    jack_get_ports(client->jack,
                   NULL,
                   JACK_DEFAULT_AUDIO_TYPE,
                   JackPortIsPhysical | JackPortIsOutput);
  const char** const to = jack_get_ports(client->jack,
                                         NULL,
                                         JACK_DEFAULT_AUDIO_TYPE,
                                         JackPortIsPhysical | JackPortIsInput);
  bool is_good = from && to;
  for (size_t i = 0; from && i < 4 && from[i]; ++i) {
    is_good =
      client_connect(client, fh_port_info(inputs[i])->symbol, from[i]) &&
      is_good;
  }
  for (size_t i = 0; to && i < 2 && to[i]; ++i) {
    is_good = client_connect(client, fh_port_info(outputs[i])->symbol, to[i]) &&
              is_good;
  }
  jack_free((void*)from);
  jack_free((void*)to);
  return is_good;
}

void
client_set(Client* client, FhPort port, float value)
{
  const FhPortInfo* const info = fh_port_info(port);
  if (info->kind != FH_PORT_CONTROL_IN || isnan(value)) {
    return;
  }
  if (info->is_trigger) {
    if (value > 0.5f) {
      atomic_store(&client->fire[port], true);
    }
    return;
  }
  atomic_store(&client->port[port],
               fminf(fmaxf(value, info->minimum), info->maximum));
  client->is_changed = true;
}

float
client_get(const Client* client, FhPort port)
{
  return atomic_load(&client->port[port]);
}

void
client_set_trim(Client* client, unsigned band, float db)
{
  if (band < FH_N_EQ_BANDS && isfinite(db)) {
    atomic_store(&client->trim_db[band], fminf(fmaxf(db, -12.0f), 12.0f));
    client->is_changed = true;
  }
}

FhStatus
client_load(Client* client, const char* path, char* reason)
{
  reason[0] = '\0';
  FhLiveModel* model = NULL;
  FhStatus status = FH_OK;
  if (path[0]) {
    status = fh_shell_load_model(path, client->weights, &model, reason);
  }
  if (!status) {
    pthread_mutex_lock(&client->mutex);
    char venue[FH_SHELL_VENUE] = "";
    if (model) {
      snprintf(venue, sizeof(venue), "%s", fh_live_model_venue(model));
    }
    FhLiveBaseline baseline;
    const char* const of =
      client->soundcheck_venue[0] ? client->soundcheck_venue : client->venue;
    if (fh_shell_is_foreign(of, venue) &&
        fh_live_baseline(client->live, &baseline)) {
      // Without a soundcheck nothing moves
      const FhLiveBaseline none = {.version = FH_LIVE_BASELINE_VERSION};
      (void)fh_live_set_baseline(client->live, &none);
      client->soundcheck_venue[0] = '\0';
      snprintf(reason, FH_SHELL_REASON, "%s", fh_shell_foreign_words);
    }
    memcpy(client->venue, venue, sizeof(venue));
    fh_live_model_free(fh_live_set_model(client->live, model));
    free_retired(client);
    pthread_mutex_unlock(&client->mutex);
    const char* const slash = strrchr(path, '/');
    snprintf(
      client->profile, sizeof(client->profile), "%s", slash ? slash + 1 : path);
  }
  snprintf(
    client->message, sizeof(client->message), "%.*s", FH_VIEW_TEXT - 1, reason);
  client->is_changed = true;
  return status;
}

FhStatus
client_keep_soundcheck(Client* client, const char* path, char* reason)
{
  snprintf(client->soundcheck, sizeof(client->soundcheck), "%s", path);
  char* text = NULL;
  FhStatus status = fh_shell_read_file(path, (size_t)1 << 20, &text, NULL);
  if (status == FH_ERR_IO) {
    return FH_OK; // There is none yet
  }
  FhLiveBaseline baseline;
  if (!status) {
    char venue[FH_SHELL_VENUE] = "";
    status = fh_shell_baseline_parse(text, &baseline, venue, reason);
    if (!status && fh_shell_is_foreign(venue, client->venue)) {
      snprintf(reason, FH_SHELL_REASON, "%s", fh_shell_foreign_words);
      free(text);
      return FH_ERR_MISMATCH;
    }
    memcpy(client->soundcheck_venue, venue, sizeof(venue));
  }
  if (!status && (status = fh_live_set_baseline(client->live, &baseline))) {
    snprintf(reason, FH_SHELL_REASON, "%s", fh_strerror(status));
  }
  free(text);
  return status;
}

// Write the soundcheck when a capture has ended
static void
save_soundcheck(Client* client, const FhLiveMeters* meters)
{
  const bool has_ended = client->last_progress > 0.0f &&
                         meters->state != FH_LIVE_STATE_CAPTURING &&
                         meters->has_baseline;
  client->last_progress = meters->state == FH_LIVE_STATE_CAPTURING
                            ? fmaxf(meters->capture_progress, 1e-6f)
                            : 0.0f;
  FhLiveBaseline baseline;
  if (!has_ended || !client->soundcheck[0] ||
      !fh_live_baseline(client->live, &baseline)) {
    return;
  }
  // A capture of now belongs to the profile of now
  client->soundcheck_venue[0] = '\0';
  char* const text = fh_shell_baseline_text(&baseline, client->venue);
  if (!text || fh_shell_write_file(client->soundcheck, text)) {
    snprintf(client->message,
             sizeof(client->message),
             "cannot write %.120s",
             client->soundcheck);
  }
  free(text);
}

static void
remember(Client* client, const FhLiveMeters* meters)
{
  const double now_s = (double)meters->frame / client->rate_hz;
  if (now_s >= client->history_due_s && meters->has_profile &&
      meters->confidence > 0.0f) {
    fh_history_add(&client->history, meters->occupancy, meters->occupancy_sd);
    client->history_due_s = now_s + (double)client->history.step_s;
  }
}

static bool
read_moves(Client* client,
           FhView* view,
           void (*line)(void* data, const char* text),
           void* data)
{
  bool has_any = false;
  FhLiveMove move;
  while (jack_ringbuffer_read_space(client->moves) >= sizeof(move)) {
    jack_ringbuffer_read(client->moves, (char*)&move, sizeof(move));
    char text[FH_VIEW_TEXT] = "";
    fh_live_move_text(&move, text, sizeof(text));
    fh_view_add_line(view, text);
    if (line) {
      line(data, text);
    }
    has_any = true;
  }
  return has_any;
}

bool
client_update(Client* client,
              FhView* view,
              void (*line)(void* data, const char* text),
              void* data)
{
  bool is_changed = read_moves(client, view, line, data) || client->is_changed;
  const FhLiveMeters* meters = NULL;
  if (collect(&client->mailbox, &meters)) {
    save_soundcheck(client, meters);
    remember(client, meters);
    is_changed = true;
  }
  client->is_changed = false;
  if (!is_changed) {
    return false;
  }
  float trim_db[FH_N_EQ_BANDS];
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    trim_db[i] = atomic_load(&client->trim_db[i]);
  }
  fh_shell_output_ports(meters, view->port);
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    if (fh_port_info((FhPort)i)->kind == FH_PORT_CONTROL_IN) {
      view->port[i] = atomic_load(&client->port[i]);
    } else {
      atomic_store(&client->port[i], view->port[i]);
    }
  }
  fh_shell_curves(
    meters, trim_db, client->rate_hz, true, view->curve, view->fact);
  view->history = client->history;
  snprintf(
    view->state, sizeof(view->state), "%s", fh_live_state_text(meters->state));
  snprintf(view->verdict,
           sizeof(view->verdict),
           "%s",
           fh_live_verdict_text(meters->verdict));
  memcpy(view->profile, client->profile, sizeof(view->profile));
  memcpy(view->message, client->message, sizeof(view->message));
  return true;
}
