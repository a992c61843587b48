// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases.h"
#include "uris.h"

#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/patch/patch.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Messages, states and pictures: what hosts hand over beside audio

typedef union {
  LV2_Atom atom;
  uint8_t bytes[131072];
} Message;

static LV2_URID
forge_map(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  return host_map(uri);
}

static void
begin(LV2_Atom_Forge* forge, Message* message)
{
  LV2_URID_Map map = {NULL, forge_map};
  lv2_atom_forge_init(forge, &map);
  lv2_atom_forge_set_buffer(forge, message->bytes, sizeof(message->bytes));
}

// An object of a type with nothing in it
static const LV2_Atom*
make_object(Message* message, const char* type)
{
  LV2_Atom_Forge forge;
  LV2_Atom_Forge_Frame frame;
  begin(&forge, message);
  lv2_atom_forge_object(&forge, &frame, 0, host_map(type));
  lv2_atom_forge_pop(&forge, &frame);
  return &message->atom;
}

// patch:Set of a property to a path
static const LV2_Atom*
make_set(Message* message, const char* property, const char* path, size_t size)
{
  LV2_Atom_Forge forge;
  LV2_Atom_Forge_Frame frame;
  begin(&forge, message);
  lv2_atom_forge_object(&forge, &frame, 0, host_map(LV2_PATCH__Set));
  lv2_atom_forge_key(&forge, host_map(LV2_PATCH__property));
  lv2_atom_forge_urid(&forge, host_map(property));
  lv2_atom_forge_key(&forge, host_map(LV2_PATCH__value));
  lv2_atom_forge_path(&forge, path, (uint32_t)size);
  lv2_atom_forge_pop(&forge, &frame);
  return &message->atom;
}

bool
case_notify(Torture* torture)
{
  static const uint32_t rooms[] = {16,
                                   17,
                                   24,
                                   40,
                                   64,
                                   100,
                                   160,
                                   256,
                                   400,
                                   700,
                                   1024,
                                   1500,
                                   2048,
                                   4096,
                                   8192,
                                   65536};
  Message* const message = malloc(sizeof(Message));
  Feed* const feed = malloc(sizeof(Feed));
  bool is_good = true;
  uint32_t largest = 0;
  for (size_t i = 0; is_good && i < sizeof(rooms) / sizeof(rooms[0]); ++i) {
    HostConfig config = host_config_default();
    config.notify_bytes = rooms[i];
    Host* const host = torture_host(torture, &config);
    if (!host) {
      is_good = false;
      break;
    }
    feed_init(feed, SIGNAL_NOISE, config.rate_hz);
    for (int k = 0; is_good && k < 30; ++k) {
      host_send(host, make_object(message, FULLHOUSE_WATCH_URI));
      host_send(host, make_object(message, LV2_PATCH__Get));
      is_good = torture_run(torture, host, feed, 1024, 256, 256, NULL);
    }
    if (host_largest_sequence(host) > largest) {
      largest = host_largest_sequence(host);
    }
    host_free(host);
  }
  snprintf(torture->note, sizeof(torture->note), "largest %u bytes", largest);
  free(feed);
  free(message);
  return is_good;
}

bool
case_messages(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return false;
  }
  Message* const message = malloc(sizeof(Message));
  Feed* const feed = malloc(sizeof(Feed));
  char* const text = malloc(70000);
  memset(text, 'x', 70000);
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = true;
  for (int i = 0; is_good && i < 40; ++i) {
    const LV2_Atom* atom = NULL;
    switch (i % 10) {
    case 0: // Nothing anyone knows
      atom = make_object(message, "urn:fullhouse:torture:unknown");
      break;
    case 1: // Set without property or value
      atom = make_object(message, LV2_PATCH__Set);
      break;
    case 2:
      atom = make_set(message, "urn:fullhouse:torture:no", "/nowhere", 8);
      break;
    case 3: // No such file
      atom = make_set(message, FULLHOUSE_PROFILE_URI, "/nowhere/at.fhp", 15);
      break;
    case 4: // A folder, then a file that is no profile
      atom = make_set(message, FULLHOUSE_PROFILE_URI, "/", 1);
      break;
    case 5:
      atom = make_set(message, FULLHOUSE_PROFILE_URI, "/proc/self/exe", 14);
      break;
    case 6: // Longer than any path
      atom = make_set(message, FULLHOUSE_PROFILE_URI, text, 66000);
      break;
    case 7: // A path without an end
      make_set(message, FULLHOUSE_PROFILE_URI, text, 16);
      message->bytes[message->atom.size + sizeof(LV2_Atom) - 1] = 'x';
      memset(
        message->bytes + message->atom.size + sizeof(LV2_Atom) - 8, 'x', 8);
      atom = &message->atom;
      break;
    case 8: // Too short to be an object
      message->atom = (LV2_Atom){.size = 4, .type = host_map(LV2_ATOM__Object)};
      atom = &message->atom;
      break;
    default: // The trim as a path
      atom = make_set(message, FULLHOUSE_TRIM_URI, "/", 1);
      break;
    }
    host_send(host, atom);
    is_good = torture_run(torture, host, feed, 512, 256, 256, NULL);
  }
  free(text);
  free(feed);
  free(message);
  host_free(host);
  return is_good;
}

static bool
make_folder(char path[64])
{
  snprintf(path, 64, "/tmp/fullhouse-torture-XXXXXX");
  return mkdtemp(path) != NULL;
}

static void
remove_folder(const char* path)
{
  char command[128];
  snprintf(command, sizeof(command), "rm -rf '%s'", path);
  if (system(command)) { // NOLINT(cert-env33-c): a path made by mkdtemp()
    fprintf(stderr, "torture: cannot remove %s\n", path);
  }
}

// A host after two seconds with controls away from their defaults
static Host*
make_used(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return NULL;
  }
  bool is_input = false;
  float lo = 0.0f;
  float hi = 0.0f;
  float* port = NULL;
  for (unsigned k = 0; (port = host_nth_control(host, k, &is_input, &lo, &hi));
       ++k) {
    if (is_input) {
      *port = lo + 0.25f * (hi - lo);
    }
  }
  torture_set(torture, host);
  Message* const message = malloc(sizeof(Message));
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  if (torture->profile) {
    host_send(host,
              make_set(message,
                       FULLHOUSE_PROFILE_URI,
                       torture->profile,
                       strlen(torture->profile)));
  }
  torture_run(torture, host, feed, 96000, 512, 8192, NULL);
  free(feed);
  free(message);
  return host;
}

bool
case_state(Torture* torture)
{
  char folder[64];
  if (!make_folder(folder)) {
    return torture_fail(torture, "no temporary folder");
  }
  const HostConfig config = host_config_default();
  bool is_good = true;
  Host* const first = make_used(torture);
  Host* const second = torture_host(torture, &config);
  char* one = NULL;
  char* two = NULL;
  if (!first || !second) {
    is_good = false;
    goto done;
  }
  one = host_save(first, folder);
  if (!one || !host_restore(second, one)) {
    is_good = torture_fail(torture, "the state cannot be restored");
    goto done;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  is_good = torture_run(torture, second, feed, 9600, 512, 8192, NULL);
  free(feed);
  two = host_save(second, folder);
  if (is_good && (!two || strcmp(one, two) != 0)) {
    is_good = torture_fail(torture, "the state differs after a round trip");
    if (getenv("TORTURE_LOG")) {
      fprintf(stderr, "%s\n----\n%s\n", one, two ? two : "");
    }
  }
  snprintf(torture->note, sizeof(torture->note), "%zu bytes", strlen(one));

done:
  free(one);
  free(two);
  host_free(first);
  host_free(second);
  remove_folder(folder);
  return is_good;
}

// Run in stretches until an output control has a value, for at most n_seconds
static bool
run_until(Torture* torture,
          Host* host,
          Feed* feed,
          const float* control,
          float lo,
          float hi,
          unsigned n_seconds)
{
  for (unsigned i = 0; i < 4 * n_seconds; ++i) {
    if (*control >= lo && *control <= hi) {
      return true;
    }
    if (!torture_run(torture, host, feed, 12000, 256, 256, NULL)) {
      return false;
    }
  }
  return torture_fail(
    torture, "state stays at %g for %u s", (double)*control, n_seconds);
}

// Read a whole file; null if there is none
static char*
slurp(const char* path)
{
  FILE* const file = fopen(path, "rb");
  char* const text = file ? calloc(1, 65536) : NULL;
  if (text && fread(text, 1, 65535, file) == 0) {
    text[0] = '\0';
  }
  if (file) {
    fclose(file);
  }
  return text;
}

/*
  A show: load a profile, capture the soundcheck, let it measure, save, and go
  on in another instance from what was saved. The numbers are FhLiveState's.
*/
bool
case_show(Torture* torture)
{
  enum { STATE_NO_PROFILE = 2, STATE_NO_BASELINE = 3, STATE_CAPTURING = 4 };
  if (!torture->profile) {
    snprintf(torture->note, sizeof(torture->note), "not run: no profile (-p)");
    return true;
  }
  char folder[64];
  if (!make_folder(folder)) {
    return torture_fail(torture, "no temporary folder");
  }
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  Host* const other = torture_host(torture, &config);
  Message* const message = malloc(sizeof(Message));
  Feed* const feed = malloc(sizeof(Feed));
  char* text = NULL;
  float* const state = host ? host_control(host, "state") : NULL;
  float* const baseline = host ? host_control(host, "baseline") : NULL;
  bool is_good = other && state && baseline;
  if (!is_good) {
    torture_fail(torture, "no controls `state` and `baseline`");
    goto done;
  }
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  feed->mic_noise = 0.01f;
  host_send(host,
            make_set(message,
                     FULLHOUSE_PROFILE_URI,
                     torture->profile,
                     strlen(torture->profile)));
  is_good = run_until(
    torture, host, feed, state, STATE_NO_BASELINE, STATE_NO_BASELINE, 20);
  *baseline = 1.0f;
  is_good =
    is_good &&
    run_until(torture, host, feed, state, STATE_CAPTURING, STATE_CAPTURING, 5);
  *baseline = 0.0f;
  is_good =
    is_good &&
    run_until(torture, host, feed, state, STATE_CAPTURING + 1, 99.0f, 180);
  text = is_good ? host_save(host, folder) : NULL;
  if (is_good && (!text || !strstr(text, "soundcheck.json"))) {
    is_good = torture_fail(torture, "no soundcheck in the state");
  }
  // Another instance takes it up where the first one was: no capture needed
  if (is_good && !host_restore(other, text)) {
    is_good = torture_fail(torture, "the state cannot be restored");
  }
  const float* const other_state = host_control(other, "state");
  is_good =
    is_good &&
    run_until(
      torture, other, feed, other_state, STATE_CAPTURING + 1, 99.0f, 20);
  if (is_good) {
    char path[96];
    snprintf(path, sizeof(path), "%s/soundcheck.json", folder);
    char* const soundcheck = slurp(path);
    if (!soundcheck || !strstr(soundcheck, "fullhouse soundcheck")) {
      is_good = torture_fail(torture, "the soundcheck's file is missing");
    } else {
      snprintf(torture->note,
               sizeof(torture->note),
               "soundcheck of %zu bytes, then state %g",
               strlen(soundcheck),
               (double)*other_state);
    }
    free(soundcheck);
  }

done:
  free(text);
  free(feed);
  free(message);
  host_free(other);
  host_free(host);
  remove_folder(folder);
  return is_good;
}

bool
case_bad_state(Torture* torture)
{
  char folder[64];
  if (!make_folder(folder)) {
    return torture_fail(torture, "no temporary folder");
  }
  Host* const first = make_used(torture);
  char* const text = first ? host_save(first, folder) : NULL;
  bool is_good = text != NULL;
  const HostConfig config = host_config_default();
  Feed* const feed = malloc(sizeof(Feed));
  uint64_t random = 3;
  for (int i = 0; is_good && i < 12; ++i) {
    // Digits and letters change; what is no Turtle any more is not restored
    char* const damaged = strdup(text);
    for (int k = 0; k < 1 + i * 4; ++k) {
      const size_t at =
        (size_t)(signal_random(&random) * (double)(strlen(text) - 1));
      // Not those of a prefix: what is no Turtle at all is lilv's business
      if (damaged[at] >= '0' && damaged[at] <= '9' &&
          (!at || damaged[at - 1] != 'v')) {
        damaged[at] = (char)('0' + (int)(signal_random(&random) * 10.0));
      }
    }
    Host* const host = torture_host(torture, &config);
    is_good = host != NULL;
    if (host) {
      host_restore(host, damaged);
      feed_init(feed, SIGNAL_NOISE, config.rate_hz);
      is_good = torture_run(torture, host, feed, 9600, 512, 8192, NULL);
      host_free(host);
    }
    free(damaged);
  }
  free(feed);
  free(text);
  host_free(first);
  remove_folder(folder);
  return is_good;
}

bool
case_display(Torture* torture)
{
  static const uint32_t widths[] = {1, 8, 40, 80, 160, 300, 1000};
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return false;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = true;
  for (size_t i = 0; is_good && i < sizeof(widths) / sizeof(widths[0]); ++i) {
    is_good = torture_run(torture, host, feed, 9600, 512, 8192, NULL);
    if (is_good && !host_render(host, widths[i], 200)) {
      is_good = torture_fail(torture, "no picture %u pixels wide", widths[i]);
    }
  }
  free(feed);
  host_free(host);
  return is_good;
}
