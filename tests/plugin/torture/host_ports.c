// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_private.h"
#include "watch.h"

#include <lv2/atom/util.h>
#include <lv2/core/lv2.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ATOM_BYTES   131072
#define GUARD_FRAMES 64
#define GUARD_VALUE  -12345.678f

static bool
port_is(const Host* host, const LilvPort* port, const char* uri)
{
  LilvNode* const node = lilv_new_uri(host->world, uri);
  const bool is = lilv_port_is_a(host->plugin, port, node);
  lilv_node_free(node);
  return is;
}

static bool
port_has(const Host* host, const LilvPort* port, const char* uri)
{
  LilvNode* const node = lilv_new_uri(host->world, uri);
  const bool has = lilv_port_has_property(host->plugin, port, node);
  lilv_node_free(node);
  return has;
}

static void
add_audio(Host* host, unsigned i)
{
  Port* const port = &host->ports[i];
  const size_t n = host->config.max_frames;
  port->kind = KIND_AUDIO;
  port->memory = calloc(n + 2 * GUARD_FRAMES, sizeof(float));
  port->buffer = port->memory + GUARD_FRAMES;
  for (unsigned k = 0; k < GUARD_FRAMES; ++k) {
    port->memory[k] = GUARD_VALUE;
    port->buffer[n + k] = GUARD_VALUE;
  }
  if (port->is_input) {
    host->in[host->n_in++] = i;
  } else {
    host->out[host->n_out++] = i;
  }
}

void
host_add_ports(Host* host)
{
  host->n_ports = lilv_plugin_get_num_ports(host->plugin);
  host->ports = calloc(host->n_ports, sizeof(Port));
  float* const range = calloc(3 * (size_t)host->n_ports, sizeof(float));
  float* const lo = range;
  float* const hi = range + host->n_ports;
  float* const initial = range + 2 * (size_t)host->n_ports;
  lilv_plugin_get_port_ranges_float(host->plugin, lo, hi, initial);
  for (unsigned i = 0; i < host->n_ports; ++i) {
    const LilvPort* const lilv = lilv_plugin_get_port_by_index(host->plugin, i);
    Port* const port = &host->ports[i];
    port->is_input = port_is(host, lilv, LV2_CORE__InputPort);
    port->is_optional = port_has(host, lilv, LV2_CORE__connectionOptional);
    port->is_side = port_has(host, lilv, LV2_CORE_PREFIX "isSideChain");
    port->symbol =
      strdup(lilv_node_as_string(lilv_port_get_symbol(host->plugin, lilv)));
    if (port_is(host, lilv, LV2_CORE__ControlPort)) {
      port->kind = KIND_CONTROL;
      port->lo = lo[i];
      port->hi = hi[i];
      port->value = isnan(initial[i]) ? 0.0f : initial[i];
    } else if (port_is(host, lilv, LV2_CORE__AudioPort)) {
      add_audio(host, i);
    } else if (port_is(host, lilv, LV2_ATOM__AtomPort)) {
      port->kind = KIND_ATOM;
      port->atoms = calloc(1, ATOM_BYTES);
      port->atoms->atom.type = host_map(LV2_ATOM__Sequence);
      port->atoms->atom.size = sizeof(LV2_Atom_Sequence_Body);
    }
  }
  free(range);
  LilvNode* const designation = lilv_new_uri(host->world, LV2_CORE__latency);
  const LilvPort* const latency =
    lilv_plugin_get_port_by_designation(host->plugin, NULL, designation);
  host->latency_port =
    latency ? (int)lilv_port_get_index(host->plugin, latency) : -1;
  lilv_node_free(designation);
}

void
host_connect_ports(Host* host)
{
  unsigned n_out = 0;
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    void* data = NULL;
    if (port->kind == KIND_CONTROL) {
      data =
        host->config.no_optional && port->is_optional ? NULL : &port->value;
    } else if (port->kind == KIND_ATOM) {
      data = host->config.no_atoms && port->is_optional ? NULL : port->atoms;
    } else if (port->kind == KIND_AUDIO) {
      data = port->buffer;
      if (!port->is_input && host->config.in_place && n_out < host->n_in) {
        data = host->ports[host->in[n_out]].buffer;
      }
      n_out += port->is_input ? 0 : 1;
      if (host->config.no_sidechain && port->is_input && port->is_optional) {
        data = NULL;
      }
    }
    lilv_instance_connect_port(host->instance, i, data);
  }
}

void
host_free_ports(Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    free(host->ports[i].symbol);
    free(host->ports[i].memory);
    free(host->ports[i].atoms);
  }
  free(host->ports);
}

unsigned
host_n_inputs(const Host* host)
{
  return host->n_in;
}

unsigned
host_n_outputs(const Host* host)
{
  return host->n_out;
}

float*
host_input(Host* host, unsigned i)
{
  return host->ports[host->in[i]].buffer;
}

const float*
host_output(const Host* host, unsigned i)
{
  const unsigned port =
    host->config.in_place && i < host->n_in ? host->in[i] : host->out[i];
  return host->ports[port].buffer;
}

bool
host_input_is_side(const Host* host, unsigned i)
{
  const Port* const port = &host->ports[host->in[i]];
  return port->is_side || port->is_optional;
}

float*
host_control(Host* host, const char* symbol)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    if (host->ports[i].kind == KIND_CONTROL &&
        !strcmp(host->ports[i].symbol, symbol)) {
      return &host->ports[i].value;
    }
  }
  return NULL;
}

float*
host_nth_control(Host* host, unsigned i, bool* is_input, float* lo, float* hi)
{
  for (unsigned k = 0; k < host->n_ports; ++k) {
    Port* const port = &host->ports[k];
    if (port->kind == KIND_CONTROL && !i--) {
      *is_input = port->is_input;
      *lo = port->lo;
      *hi = port->hi;
      return &port->value;
    }
  }
  return NULL;
}

float
host_latency(const Host* host)
{
  return host->latency_port < 0 ? 0.0f : host->ports[host->latency_port].value;
}

bool
host_send(Host* host, const LV2_Atom* atom)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    if (port->kind != KIND_ATOM || !port->is_input) {
      continue;
    }
    LV2_Atom_Event* const event =
      lv2_atom_sequence_end(&port->atoms->body, port->atoms->atom.size);
    const size_t size = sizeof(LV2_Atom_Event) + lv2_atom_pad_size(atom->size);
    if (port->atoms->atom.size + size + 64 > ATOM_BYTES) {
      return false;
    }
    event->time.frames = 0;
    memcpy(&event->body, atom, sizeof(LV2_Atom) + atom->size);
    port->atoms->atom.size += (uint32_t)size;
    return true;
  }
  return false;
}

static void
note_after(const char* what)
{
  watch_begin();
  watch_note(what);
  watch_end();
}

static void
check_guards(const Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    const Port* const port = &host->ports[i];
    if (port->kind != KIND_AUDIO) {
      continue;
    }
    for (unsigned k = 0; k < GUARD_FRAMES; ++k) {
      if (port->memory[k] != GUARD_VALUE ||
          port->buffer[host->config.max_frames + k] != GUARD_VALUE) {
        note_after("write outside of an audio buffer");
        return;
      }
    }
  }
}

void
host_prepare_atoms(Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    if (port->kind == KIND_ATOM && !port->is_input) {
      memset(port->atoms, 0x5a, ATOM_BYTES / 2);
      port->atoms->atom.type = host_map(LV2_ATOM__Chunk);
      port->atoms->atom.size =
        host->config.notify_bytes - (uint32_t)sizeof(LV2_Atom);
    }
  }
}

static void
check_sequence(Host* host, const LV2_Atom_Sequence* sequence)
{
  const uint32_t room = host->config.notify_bytes;
  const unsigned char* const end = (const unsigned char*)sequence + room;
  for (unsigned k = 0; k < 256 && room + k < ATOM_BYTES / 2; ++k) {
    if (end[k] != 0x5a) {
      note_after("write outside of the notify buffer");
      break;
    }
  }
  if (sequence->atom.type != host_map(LV2_ATOM__Sequence)) {
    return; // Nothing written: fine where there is no room for a header
  }
  if (sequence->atom.size + sizeof(LV2_Atom) > room) {
    note_after("notify sequence longer than its room");
    return;
  }
  if (sequence->atom.size > host->largest_sequence) {
    host->largest_sequence = sequence->atom.size;
  }
  uint32_t used = sizeof(LV2_Atom_Sequence_Body);
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    used +=
      (uint32_t)(sizeof(LV2_Atom_Event) + lv2_atom_pad_size(event->body.size));
    if (used > sequence->atom.size + 8) {
      note_after("broken event in the notify sequence");
      return;
    }
    ++host->n_events;
  }
}

static void
check_atoms(Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    if (port->kind != KIND_ATOM) {
      continue;
    }
    if (port->is_input) {
      port->atoms->atom.size = sizeof(LV2_Atom_Sequence_Body);
    } else if (!host->config.no_atoms) {
      check_sequence(host, port->atoms);
    }
  }
}

void
host_check_ports(Host* host)
{
  check_atoms(host);
  check_guards(host);
}

unsigned long
host_n_events(const Host* host)
{
  return host->n_events;
}

uint32_t
host_largest_sequence(const Host* host)
{
  return host->largest_sequence;
}
