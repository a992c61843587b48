// SPDX-License-Identifier: GPL-3.0-or-later
#include "osc.h"

#include <arpa/inet.h>
#include <lo/lo.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX          "/fullhouse/"
#define MAX_DATAGRAM    65536
#define MAX_SUBSCRIBERS 8
// Bundles within bundles
#define MAX_DEPTH 4

// liblo opens its own sockets on every interface; ours is bound to loopback
// unless told otherwise, so liblo only packs and unpacks
struct OscImpl {
  int descriptor;
  unsigned port;
  OscCalls calls;
  struct sockaddr_in subscriber[MAX_SUBSCRIBERS];
  unsigned n_subscribers;
  float sent[FH_PORT_COUNT]; ///< Inputs as last sent
  char* datagram;
  struct sockaddr_in sender;
};

FhStatus
osc_new(unsigned port, bool is_public, const OscCalls* calls, Osc** out)
{
  *out = NULL;
  Osc* const osc = calloc(1, sizeof(Osc));
  if (!osc) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = FH_ERR_NO_MEM;
  osc->calls = *calls;
  osc->descriptor = -1;
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    osc->sent[i] = NAN;
  }
  if (!(osc->datagram = malloc(MAX_DATAGRAM))) {
    goto fail;
  }
  status = FH_ERR_DEVICE;
  osc->descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons((uint16_t)port),
    .sin_addr.s_addr = htonl(is_public ? INADDR_ANY : INADDR_LOOPBACK)};
  socklen_t size = sizeof(address);
  if (port > 65535 || osc->descriptor < 0 ||
      bind(osc->descriptor, (struct sockaddr*)&address, size) ||
      getsockname(osc->descriptor, (struct sockaddr*)&address, &size)) {
    goto fail;
  }
  osc->port = ntohs(address.sin_port);
  *out = osc;
  return FH_OK;

fail:
  osc_free(osc);
  return status;
}

void
osc_free(Osc* osc)
{
  if (!osc) {
    return;
  }
  if (osc->descriptor >= 0) {
    close(osc->descriptor);
  }
  free(osc->datagram);
  free(osc);
}

unsigned
osc_port(const Osc* osc)
{
  return osc->port;
}

int
osc_descriptor(const Osc* osc)
{
  return osc->descriptor;
}

static void
send_to(const Osc* osc,
        const struct sockaddr_in* address,
        const char* name,
        lo_message message)
{
  char path[64];
  snprintf(path, sizeof(path), PREFIX "%s", name);
  size_t size = 0;
  void* const bytes = lo_message_serialise(message, path, NULL, &size);
  if (bytes) {
    // Nobody there, or a full buffer: the next one comes in 0.2 s
    (void)!sendto(osc->descriptor,
                  bytes,
                  size,
                  MSG_DONTWAIT,
                  (const struct sockaddr*)address,
                  sizeof(*address));
    free(bytes);
  }
}

static void
send_all(const Osc* osc, const char* name, lo_message message)
{
  for (unsigned i = 0; i < osc->n_subscribers; ++i) {
    send_to(osc, &osc->subscriber[i], name, message);
  }
  lo_message_free(message);
}

static bool
is_same(const struct sockaddr_in* a, const struct sockaddr_in* b)
{
  return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

static void
unsubscribe(Osc* osc, const struct sockaddr_in* address)
{
  for (unsigned i = 0; i < osc->n_subscribers; ++i) {
    if (is_same(&osc->subscriber[i], address)) {
      osc->subscriber[i] = osc->subscriber[--osc->n_subscribers];
      return;
    }
  }
}

// The oldest makes room for a new one
static void
subscribe(Osc* osc, const struct sockaddr_in* address)
{
  unsubscribe(osc, address);
  if (osc->n_subscribers == MAX_SUBSCRIBERS) {
    memmove(&osc->subscriber[0],
            &osc->subscriber[1],
            sizeof(osc->subscriber[0]) * (MAX_SUBSCRIBERS - 1));
    --osc->n_subscribers;
  }
  osc->subscriber[osc->n_subscribers++] = *address;
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    osc->sent[i] = NAN; // A new one wants to know all
  }
}

bool
osc_subscribe(Osc* osc, const char* text)
{
  char host[256];
  const char* const colon = strrchr(text, ':');
  if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host)) {
    return false;
  }
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = '\0';
  const struct addrinfo hints = {.ai_family = AF_INET,
                                 .ai_socktype = SOCK_DGRAM};
  struct addrinfo* found = NULL;
  if (getaddrinfo(host, colon + 1, &hints, &found) || !found) {
    return false;
  }
  struct sockaddr_in address;
  memcpy(&address, found->ai_addr, sizeof(address));
  freeaddrinfo(found);
  subscribe(osc, &address);
  return true;
}

// A number of whatever type; NaN if it is none
static float
number(lo_type type, const lo_arg* arg)
{
  switch (type) {
  case LO_FLOAT:
    return arg->f;
  case LO_DOUBLE:
    return (float)arg->d;
  case LO_INT32:
    return (float)arg->i;
  case LO_INT64:
    return (float)arg->h;
  case LO_TRUE:
    return 1.0f;
  case LO_FALSE:
    return 0.0f;
  default:
    return NAN;
  }
}

static float
mode_by_name(const char* name)
{
  static const char* const names[] = {"off", "suggest", "auto"};
  for (int i = 0; i < 3; ++i) {
    if (!strcmp(name, names[i])) {
      return (float)i;
    }
  }
  return NAN;
}

static lo_message
one_float(float value)
{
  lo_message message = lo_message_new();
  lo_message_add_float(message, value);
  return message;
}

static void
send_inputs_to(const Osc* osc,
               const struct sockaddr_in* address,
               const FhView* view)
{
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    if (info->kind == FH_PORT_CONTROL_IN && !info->is_trigger) {
      lo_message message = one_float(view->port[i]);
      send_to(osc, address, info->symbol, message);
      lo_message_free(message);
    }
  }
}

static lo_message
state_message(const FhView* view)
{
  lo_message message = lo_message_new();
  lo_message_add_int32(message, (int32_t)lrintf(view->port[FH_PORT_STATE]));
  lo_message_add_string(message, view->state);
  return message;
}

static lo_message
occupancy_message(const FhView* view)
{
  lo_message message = one_float(view->port[FH_PORT_OCCUPANCY]);
  lo_message_add_float(message, view->port[FH_PORT_OCCUPANCY_SD]);
  return message;
}

static lo_message
eq_message(const FhView* view)
{
  lo_message message = lo_message_new();
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    lo_message_add_float(message, view->port[FH_PORT_EQ_FIRST + i]);
  }
  return message;
}

static void
send_everything(const Osc* osc,
                const struct sockaddr_in* address,
                const FhView* view)
{
  const struct {
    const char* name;
    lo_message message;
  } meters[] = {
    {"state", state_message(view)},
    {"occupancy", occupancy_message(view)},
    {"confidence", one_float(view->port[FH_PORT_CONFIDENCE])},
    {"eq", eq_message(view)},
  };
  for (size_t i = 0; i < sizeof(meters) / sizeof(meters[0]); ++i) {
    send_to(osc, address, meters[i].name, meters[i].message);
    lo_message_free(meters[i].message);
  }
  send_inputs_to(osc, address, view);
}

// The sender, at the port of the first argument if there is one
static struct sockaddr_in
reply_address(const Osc* osc, const char* types, lo_arg** args)
{
  struct sockaddr_in address = osc->sender;
  if (types[0] == LO_INT32 && args[0]->i > 0 && args[0]->i < 65536) {
    address.sin_port = htons((uint16_t)args[0]->i);
  }
  return address;
}

static void
dispatch_control(Osc* osc, const char* name, const char* types, lo_arg** args)
{
  FhPort port = FH_PORT_COUNT;
  if (!fh_port_find(name, &port)) {
    return;
  }
  const FhPortInfo* const info = fh_port_info(port);
  if (info->kind != FH_PORT_CONTROL_IN) {
    return;
  }
  float value = info->is_trigger ? 1.0f : NAN;
  if (types[0]) {
    value = port == FH_PORT_MODE && types[0] == LO_STRING
              ? mode_by_name(&args[0]->s)
              : number((lo_type)types[0], args[0]);
  }
  if (isfinite(value)) {
    osc->calls.set(osc->calls.data, port, value);
  }
}

static void
dispatch(Osc* osc, const char* path, lo_message message, const FhView* view)
{
  if (strncmp(path, PREFIX, strlen(PREFIX)) != 0) {
    return;
  }
  const char* const name = path + strlen(PREFIX);
  const char* const types = lo_message_get_types(message);
  lo_arg** const args = lo_message_get_argv(message);
  if (!strcmp(name, "subscribe")) {
    const struct sockaddr_in address = reply_address(osc, types, args);
    subscribe(osc, &address);
  } else if (!strcmp(name, "unsubscribe")) {
    const struct sockaddr_in address = reply_address(osc, types, args);
    unsubscribe(osc, &address);
  } else if (!strcmp(name, "get")) {
    const struct sockaddr_in address = reply_address(osc, types, args);
    send_everything(osc, &address, view);
  } else if (!strcmp(name, "profile")) {
    if (types[0] == LO_STRING) {
      osc->calls.profile(osc->calls.data, &args[0]->s);
    }
  } else if (!strcmp(name, "trim")) {
    if (types[0] == LO_INT32 && types[1] && args[0]->i >= 0) {
      const float db = number((lo_type)types[1], args[1]);
      if (isfinite(db)) {
        osc->calls.trim(osc->calls.data, (unsigned)args[0]->i, db);
      }
    }
  } else {
    dispatch_control(osc, name, types, args);
  }
}

// Messages, and bundles of them: OSC 1.0, "OSC Bundles"
static void
unpack(Osc* osc, char* bytes, size_t size, unsigned depth, const FhView* view)
{
  if (depth > MAX_DEPTH || size < 4) {
    return;
  }
  if (size >= 16 && !memcmp(bytes, "#bundle", 8)) {
    size_t at = 16;
    while (at + 4 <= size) {
      uint32_t length = 0;
      memcpy(&length, bytes + at, 4);
      length = ntohl(length);
      at += 4;
      if (length > size - at) {
        return;
      }
      unpack(osc, bytes + at, length, depth + 1, view);
      at += length;
    }
    return;
  }
  int result = 0;
  if (bytes[0] != '/' || !memchr(bytes, '\0', size)) {
    return;
  }
  lo_message message = lo_message_deserialise(bytes, size, &result);
  if (message) {
    dispatch(osc, bytes, message, view);
    lo_message_free(message);
  }
}

void
osc_receive(Osc* osc, const FhView* view)
{
  // A flood must not keep the rest of the program from its turn
  for (unsigned i = 0; i < 256; ++i) {
    socklen_t length = sizeof(osc->sender);
    const ssize_t n = recvfrom(osc->descriptor,
                               osc->datagram,
                               MAX_DATAGRAM,
                               MSG_DONTWAIT,
                               (struct sockaddr*)&osc->sender,
                               &length);
    if (n < 0) {
      return;
    }
    unpack(osc, osc->datagram, (size_t)n, 0, view);
  }
}

void
osc_send(Osc* osc, const FhView* view)
{
  if (!osc->n_subscribers) {
    return;
  }
  send_all(osc, "state", state_message(view));
  send_all(osc, "occupancy", occupancy_message(view));
  send_all(osc, "confidence", one_float(view->port[FH_PORT_CONFIDENCE]));
  send_all(osc, "eq", eq_message(view));
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    if (info->kind == FH_PORT_CONTROL_IN && !info->is_trigger &&
        osc->sent[i] != view->port[i]) {
      osc->sent[i] = view->port[i];
      send_all(osc, info->symbol, one_float(view->port[i]));
    }
  }
}

void
osc_send_line(Osc* osc, const char* text)
{
  if (osc->n_subscribers) {
    lo_message message = lo_message_new();
    lo_message_add_string(message, text);
    send_all(osc, "line", message);
  }
}
