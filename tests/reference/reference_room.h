// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_REFERENCE_ROOM_H
#define FULLHOUSE_TESTS_REFERENCE_ROOM_H

#include "box_scene.h"

#include <fh/trace.h>

#include <jansson.h>
#include <stdio.h>

/*
  The boxes of the reference data (ism_rooms.json, diffuse_rooms.json) as
  scenes, and room-acoustic quantities of an energy response.
*/

#define ROOM_PLACES 4
#define POWER_W     0.01 // 100 dB re 1 pW

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  float source[ROOM_PLACES][3];
  float receiver[ROOM_PLACES][3];
  size_t n_sources, n_receivers;
} ReferenceRoom;

/// Path of a file of the reference data
static inline const char*
reference_path(char* const path, const size_t size, const char* const name)
{
  (void)snprintf(path, size, "%s/%s", FULLHOUSE_REFERENCE_DIR, name);
  return path;
}

static inline void
read_places(const json_t* const list, float (*const at)[3], size_t* const n)
{
  *n = json_array_size(list);
  for (size_t i = 0; i < *n && i < ROOM_PLACES; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      at[i][k] =
        (float)json_number_value(json_array_get(json_array_get(list, i), k));
    }
  }
}

static inline double
number_of(const json_t* const object, const char* const key)
{
  return json_number_value(json_object_get(object, key));
}

/// Build a room with the same scattering on all walls; false when not found
static inline bool
reference_room_init(ReferenceRoom* const room,
                    const char* const file,
                    const char* const id,
                    const float scattering)
{
  memset(room, 0, sizeof *room);
  char path[1024];
  json_t* const root =
    json_load_file(reference_path(path, sizeof path, file), 0, NULL);
  const json_t* found = NULL;
  const json_t* const rooms = json_object_get(root, "rooms");
  for (size_t i = 0; i < json_array_size(rooms); ++i) {
    const json_t* const r = json_array_get(rooms, i);
    if (!strcmp(json_string_value(json_object_get(r, "id")), id)) {
      found = r;
    }
  }
  if (!found || !test_scene_init(&room->scene)) {
    json_decref(root);
    return false;
  }

  static const char* const walls[6] = {"x0", "x1", "y0", "y1", "z0", "z1"};
  const json_t* const alpha = json_object_get(found, "alpha");
  uint32_t material[6];
  float size[3];
  for (size_t w = 0; w < 6; ++w) {
    const json_t* const row = json_is_object(alpha)
                                ? json_object_get(alpha, walls[w])
                                : json_array_get(alpha, w);
    FhMaterial m = test_material(0.0f, scattering);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      m.absorption[b] = (float)json_number_value(json_array_get(row, b));
    }
    material[w] = test_scene_add_material(&room->scene, m);
  }
  for (size_t k = 0; k < 3; ++k) {
    size[k] = (float)json_number_value(
      json_array_get(json_object_get(found, "dim_m"), k));
  }
  test_scene_add_box(&room->scene, size, material);
  room->scene.air.temperature_c = number_of(found, "temp_C");
  room->scene.air.humidity_percent = number_of(found, "rh_pct");
  room->scene.air.pressure_kpa = number_of(found, "p_kPa");
  read_places(
    json_object_get(found, "sources_m"), room->source, &room->n_sources);
  read_places(
    json_object_get(found, "receivers_m"), room->receiver, &room->n_receivers);
  json_decref(root);
  return test_scene_set_microphones(&room->scene,
                                    (const float(*)[3])room->receiver,
                                    room->n_receivers) &&
         !fh_raycaster_new(&room->scene, 1, &room->caster);
}

static inline void
reference_room_free(ReferenceRoom* const room)
{
  fh_raycaster_free(room->caster);
  test_scene_free(&room->scene);
}

/// An omnidirectional source of 100 dB in each octave
static inline FhRadiator
omni_at(const float at[3])
{
  FhRadiator radiator;
  memset(&radiator, 0, sizeof radiator);
  memcpy(radiator.at, at, sizeof radiator.at);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    radiator.power_w[b] = (float)POWER_W;
  }
  return radiator;
}

/// Level of a mean square pressure of intensity times rho c
static inline double
level_db(const FhScene* const scene, const double intensity)
{
  const double z =
    fh_air_density_kg_m3(&scene->air) * fh_air_speed_m_s(&scene->air);
  return 10.0 * log10(intensity * z / 4e-10 + 1e-30);
}

/// One octave of a pair as energies per bin of 0.1 ms, direct sound included
#define RESPONSE_BIN_S 1e-4
#define RESPONSE_BINS  90000

static inline void
response_of_pair(const ReferenceRoom* const room,
                 const FhPairResponse* const pair,
                 const float source[3],
                 const float receiver[3],
                 const size_t band,
                 double* const energy)
{
  memset(energy, 0, RESPONSE_BINS * sizeof *energy);
  double r2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = (double)receiver[k] - (double)source[k];
    r2 += d * d;
  }
  double m[FH_N_OCTAVES];
  fh_air_octaves(&room->scene.air, m);
  const double c = fh_air_speed_m_s(&room->scene.air);
  const double direct = POWER_W / (4.0 * FH_PI * r2) * exp(-m[band] * sqrt(r2));
  energy[(size_t)(sqrt(r2) / c / RESPONSE_BIN_S)] += direct;
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    const FhArrival* const a = &pair->arrivals[i];
    const size_t bin = (size_t)((double)a->time_s / RESPONSE_BIN_S);
    if (bin < RESPONSE_BINS) {
      energy[bin] += (double)a->intensity[band];
    }
  }
  for (size_t i = 0; i < pair->n_bins; ++i) {
    for (size_t j = 0; j < 10 && 10 * i + j < RESPONSE_BINS; ++j) {
      energy[10 * i + j] += 0.1 * (double)pair->late[i][band];
    }
  }
}

typedef struct {
  double total, c80_db, t30_s;
} RoomMetrics;

/// Level, C80 and T30 by the definitions of ISO 3382-1
static inline RoomMetrics
room_metrics(double* const energy, const double direct_s)
{
  RoomMetrics result = {0.0, 0.0, 0.0};
  const size_t split = (size_t)((direct_s + 0.08) / RESPONSE_BIN_S);
  double early = 0.0;
  for (size_t i = 0; i < RESPONSE_BINS; ++i) {
    result.total += energy[i];
    early += i < split ? energy[i] : 0.0;
  }
  result.c80_db = 10.0 * log10(early / (result.total - early));

  // Backward integral, in place
  for (size_t i = RESPONSE_BINS - 1; i > 0; --i) {
    energy[i - 1] += energy[i];
  }
  double s[5] = {0.0};
  for (size_t i = 0; i < RESPONSE_BINS; ++i) {
    const double l = 10.0 * log10(energy[i] / result.total + 1e-30);
    if (l <= -5.0 && l >= -35.0) {
      const double t = (double)i * RESPONSE_BIN_S;
      s[0] += 1.0;
      s[1] += t;
      s[2] += l;
      s[3] += t * t;
      s[4] += t * l;
    }
  }
  const double slope =
    (s[0] * s[4] - s[1] * s[2]) / (s[0] * s[3] - s[1] * s[1]);
  result.t30_s = -60.0 / slope;
  return result;
}

#endif // FULLHOUSE_TESTS_REFERENCE_ROOM_H
