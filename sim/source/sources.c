// SPDX-License-Identifier: GPL-3.0-or-later
#include "sources.h"

#include <fh/audio.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double
radians(const double degrees)
{
  return degrees * FH_PI / 180.0;
}

/// Axes of a box that looks along yaw, pitch, roll [degrees] as in fh/venue.h
static void
axes_from_angles(const double yaw_deg,
                 const double pitch_deg,
                 const double roll_deg,
                 Element* const element)
{
  const double sy = sin(radians(yaw_deg));
  const double cy = cos(radians(yaw_deg));
  const double sp = sin(radians(pitch_deg));
  const double cp = cos(radians(pitch_deg));
  const double sr = sin(radians(roll_deg));
  const double cr = cos(radians(roll_deg));
  const double forward[3] = {-sy * cp, cy * cp, sp};
  const double right[3] = {cy, sy, 0.0};
  const double up[3] = {sy * sp, -cy * sp, cp};
  for (size_t k = 0; k < 3; ++k) {
    element->forward[k] = (float)forward[k];
    // Clockwise from behind: up leans towards the right
    element->right[k] = (float)(cr * right[k] - sr * up[k]);
    element->up[k] = (float)(cr * up[k] + sr * right[k]);
  }
}

/// World to scene coordinates
static void
place(const FhScene* const scene, const double world[3], float out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (float)(world[k] - scene->origin[k]);
  }
}

static void
processing_clear(Processing* const processing)
{
  free(processing->eq);
  free(processing->fir);
  memset(processing, 0, sizeof *processing);
}

void
fh_sources_free(FhSources* const sources)
{
  if (!sources) {
    return;
  }
  if (sources->borrowed) {
    sources->models = NULL;
    sources->edges = NULL;
    sources->kind = NULL;
  }
  for (size_t i = 0; sources->models && i < sources->n_models; ++i) {
    model_clear(&sources->models[i]);
  }
  for (size_t i = 0; i < sources->n_emitters; ++i) {
    if (sources->processing) {
      processing_clear(&sources->processing[i]);
    }
    if (sources->far) {
      free(sources->far[i].w);
      free(sources->far[i].octave_w);
    }
  }
  free(sources->models);
  free(sources->elements);
  free(sources->emitters);
  free(sources->processing);
  free(sources->drives);
  free(sources->far);
  fh_edges_free(sources->edges);
  free(sources->kind);
  free(sources);
}

size_t
fh_sources_count(const FhSources* const sources)
{
  return sources->n_emitters;
}

const FhEmitter*
fh_sources_emitter(const FhSources* const sources, const size_t i)
{
  return &sources->emitters[i];
}

void
fh_sources_element(const FhSources* const sources,
                   const size_t emitter,
                   const size_t i,
                   FhElement* const out)
{
  const Element* const element =
    &sources->elements[sources->emitters[emitter].first_element + i];
  const Processing* const processing = &sources->processing[emitter];
  const Model* const model = &sources->models[element->model];
  const double gain = processing->gain * (double)element->gain;
  memcpy(out->model, model->name, sizeof out->model);
  memcpy(out->at, element->at, sizeof out->at);
  memcpy(out->forward, element->forward, sizeof out->forward);
  out->gain_db = 20.0 * log10(fabs(gain) + 1e-15);
  out->delay_s = processing->delay_s + element->delay_s;
  out->invert = gain < 0.0;
  out->mass_kg = model->mass_kg;
  out->splay_deg[0] = model->splay_low;
  out->splay_deg[1] = model->splay_high;
}

void
fh_arc_delays(const double* const offset_m,
              const size_t n,
              const double angle_deg,
              const double speed_m_s,
              double* const delay_s)
{
  double low = HUGE_VAL;
  double high = -HUGE_VAL;
  for (size_t i = 0; i < n; ++i) {
    low = fmin(low, offset_m[i]);
    high = fmax(high, offset_m[i]);
  }
  const double half = 0.5 * radians(fmax(angle_deg, 1e-6));
  const double radius = 0.5 * (high - low) / sin(half);
  for (size_t i = 0; i < n; ++i) {
    const double x = offset_m[i] - 0.5 * (low + high);
    const double back = radius - sqrt(fmax(0.0, radius * radius - x * x));
    delay_s[i] = back / speed_m_s;
  }
}

/// A model by name, loaded once
static FhStatus
find_model(FhSources* const sources,
           const FhVenue* const venue,
           const char* const name,
           const int line,
           uint32_t* const index,
           FhDiag* const diag)
{
  for (size_t i = 0; i < sources->n_models; ++i) {
    if (!strcmp(sources->models[i].key, name)) {
      *index = (uint32_t)i;
      return FH_OK;
    }
  }
  if (sources->borrowed) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                line,
                0,
                "'%.80s' is not among the models of the system that is varied; "
                "load it anew",
                name);
    return FH_ERR_NOT_FOUND;
  }
  Model* const model = &sources->models[sources->n_models];
  const FhStatus status =
    model_load(name, venue->folder, venue->path, line, model, diag);
  if (!status) {
    *index = (uint32_t)sources->n_models++;
  }
  return status;
}

static FhStatus
copy_eq(Processing* const processing,
        const FhEqFilter* const eq,
        const size_t n)
{
  if (!n) {
    return FH_OK;
  }
  processing->eq = (FhEqFilter*)calloc(n, sizeof *eq);
  if (!processing->eq) {
    return FH_ERR_NO_MEM;
  }
  memcpy(processing->eq, eq, n * sizeof *eq);
  processing->n_eq = n;
  return FH_OK;
}

/// Share each octave's power out to its thirds so that they add up to it
static void
spread_power(const float power_db[FH_N_OCTAVES],
             double power_third_w[FH_N_THIRDS])
{
  float third_db[FH_N_THIRDS];
  fh_octaves_to_thirds(power_db, third_db);
  for (size_t octave = 0; octave < FH_N_OCTAVES; ++octave) {
    const double whole = 1e-12 * pow(10.0, (double)power_db[octave] / 10.0);
    double share[3];
    double sum = 0.0;
    for (size_t i = 0; i < 3; ++i) {
      const double relative =
        (double)third_db[3 * octave + i] - (double)power_db[octave];
      share[i] = pow(10.0, relative / 10.0);
      sum += share[i];
    }
    for (size_t i = 0; i < 3; ++i) {
      power_third_w[3 * octave + i] = whole * share[i] / sum;
    }
  }
}

static void
set_processing(Processing* const processing,
               const double gain_db,
               const double delay_ms,
               const bool invert)
{
  processing->gain = pow(10.0, gain_db / 20.0) * (invert ? -1.0 : 1.0);
  processing->delay_s = 0.001 * delay_ms;
}

/// Longest FIR of a loudspeaker processor that makes sense [samples]
#define MAX_FIR 65536

static FhStatus
read_fir(const FhVenue* const venue,
         const FhLoudspeaker* const speaker,
         Processing* const processing,
         FhDiag* const diag)
{
  char path[1400];
  (void)snprintf(path,
                 sizeof path,
                 "%s%s%s",
                 speaker->fir[0] == '/' ? "" : venue->folder,
                 speaker->fir[0] == '/' || !venue->folder[0] ? "" : "/",
                 speaker->fir);
  FhAudio audio;
  FhStatus status = fh_audio_read(path, &audio);
  if (status) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                speaker->line,
                0,
                "FIR '%s' of '%s' cannot be used (%s); give a mono WAV beside "
                "the venue",
                speaker->fir,
                speaker->name,
                fh_strerror(status));
    return status;
  }
  if (audio.n_channels != 1 || audio.n_frames > MAX_FIR) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                speaker->line,
                0,
                "FIR '%s' of '%s' has %zu channels and %zu samples; one "
                "channel of at most %d samples is needed",
                speaker->fir,
                speaker->name,
                audio.n_channels,
                audio.n_frames,
                MAX_FIR);
    fh_audio_clear(&audio);
    return FH_ERR_INVALID_DATA;
  }
  // The samples change hands
  processing->fir = audio.data;
  processing->n_fir = audio.n_frames;
  processing->fir_rate_hz = audio.rate_hz;
  double energy = 1e-30;
  double moment = 0.0;
  for (size_t i = 0; i < processing->n_fir; ++i) {
    const double h = (double)processing->fir[i];
    energy += h * h;
    moment += h * h * (double)i;
  }
  processing->fir_delay_s = moment / energy / audio.rate_hz;
  processing->delay_s += processing->fir_delay_s;
  return FH_OK;
}

static FhStatus
add_loudspeaker(FhSources* const sources,
                const FhVenue* const venue,
                const FhScene* const scene,
                const FhLoudspeaker* const speaker,
                FhDiag* const diag)
{
  const size_t e = sources->n_emitters;
  Element* const element = &sources->elements[sources->n_elements];
  FhEmitter* const emitter = &sources->emitters[e];
  Processing* const processing = &sources->processing[e];
  ++sources->n_emitters;
  FhStatus status = find_model(
    sources, venue, speaker->model, speaker->line, &element->model, diag);
  if (status) {
    return status;
  }
  place(scene, speaker->at, element->at);
  axes_from_angles(
    speaker->yaw_deg, speaker->pitch_deg, speaker->roll_deg, element);
  element->emitter = (uint32_t)e;
  element->gain = 1.0f;

  set_processing(
    processing, speaker->gain_db, speaker->delay_ms, speaker->invert);
  if (sources->models[element->model].pattern == PATTERN_OMNI &&
      !strcmp(sources->models[element->model].key, "omni")) {
    float power_db[FH_N_OCTAVES];
    for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
      power_db[i] = speaker->has_power ? speaker->power_db[i] : 100.0f;
    }
    spread_power(power_db, processing->power_third_w);
    processing->has_power = true;
  }
  status = copy_eq(processing, speaker->eq, speaker->n_eq);
  if (!status && speaker->fir[0]) {
    status = read_fir(venue, speaker, processing, diag);
  }

  memcpy(emitter->name, speaker->name, sizeof emitter->name);
  memcpy(emitter->centre, element->at, sizeof emitter->centre);
  emitter->delay_s = (float)processing->delay_s;
  emitter->first_element = (uint32_t)sources->n_elements;
  emitter->n_elements = 1;
  emitter->muted = speaker->muted;
  ++sources->n_elements;
  return status;
}

/// Put the boxes of an array under each other: fronts hinge at their edges
static void
place_boxes(const FhScene* const scene,
            const FhArray* const array,
            const double height_m,
            Element* const elements)
{
  double edge[3] = {array->top[0], array->top[1], array->top[2]};
  double pitch_deg = array->pitch_deg;
  for (size_t i = 0; i < array->count; ++i) {
    Element* const element = &elements[i];
    if (i && i <= array->n_splay) {
      pitch_deg -= array->splay_deg[i - 1];
    }
    axes_from_angles(array->yaw_deg, pitch_deg, 0.0, element);
    double centre[3];
    for (size_t k = 0; k < 3; ++k) {
      const double down = -height_m * (double)element->up[k];
      centre[k] = edge[k] + 0.5 * down;
      edge[k] += down;
    }
    place(scene, centre, element->at);
  }
}

static FhStatus
add_array(FhSources* const sources,
          const FhVenue* const venue,
          const FhScene* const scene,
          const FhArray* const array,
          FhDiag* const diag)
{
  const size_t e = sources->n_emitters;
  Element* const elements = &sources->elements[sources->n_elements];
  FhEmitter* const emitter = &sources->emitters[e];
  Processing* const processing = &sources->processing[e];
  ++sources->n_emitters;
  uint32_t model = 0;
  FhStatus status =
    find_model(sources, venue, array->box, array->line, &model, diag);
  if (status) {
    return status;
  }
  status = inspect_array(venue, array, &sources->models[model], diag);
  if (status) {
    return status;
  }
  place_boxes(scene, array, sources->models[model].size_m[1], elements);
  double centre[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < array->count; ++i) {
    Element* const element = &elements[i];
    element->model = model;
    element->emitter = (uint32_t)e;
    element->gain = 1.0f;
    if (array->box_gain_db) {
      element->gain = (float)pow(10.0, array->box_gain_db[i] / 20.0);
    }
    if (array->box_invert && array->box_invert[i]) {
      element->gain = -element->gain;
    }
    element->delay_s =
      array->box_delay_ms ? 0.001 * array->box_delay_ms[i] : 0.0;
    for (size_t k = 0; k < 3; ++k) {
      centre[k] += (double)element->at[k] / (double)array->count;
    }
  }
  set_processing(processing, array->gain_db, array->delay_ms, array->invert);
  if (sources->models[model].pattern == PATTERN_OMNI &&
      !strcmp(sources->models[model].key, "omni")) {
    float power_db[FH_N_OCTAVES];
    for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
      power_db[i] = 100.0f;
    }
    spread_power(power_db, processing->power_third_w);
    processing->has_power = true;
  }

  memcpy(emitter->name, array->name, sizeof emitter->name);
  for (size_t k = 0; k < 3; ++k) {
    emitter->centre[k] = (float)centre[k];
  }
  emitter->delay_s = (float)processing->delay_s;
  emitter->first_element = (uint32_t)sources->n_elements;
  emitter->n_elements = (uint32_t)array->count;
  emitter->muted = array->muted;
  sources->n_elements += array->count;
  return copy_eq(processing, array->eq, array->n_eq);
}

/// Remember which triangles are audience
static FhStatus
copy_kinds(FhSources* const sources, const FhScene* const scene)
{
  sources->kind = (uint8_t*)calloc(scene->n_triangles + 1, 1);
  if (!sources->kind) {
    return FH_ERR_NO_MEM;
  }
  sources->n_kinds = scene->n_triangles;
  for (size_t i = 0; i < scene->n_triangles; ++i) {
    sources->kind[i] = scene->kind[i];
    sources->has_audience =
      sources->has_audience || scene->kind[i] != FH_SURFACE_PLAIN;
  }
  return FH_OK;
}

/// Place, drive and weigh everything; models and edges are there or are loaded
static FhStatus
fill_sources(FhSources* const sources,
             const FhVenue* const venue,
             const FhScene* const scene,
             const bool power,
             FhDiag* const diag)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; !status && i < venue->n_loudspeakers; ++i) {
    status =
      add_loudspeaker(sources, venue, scene, &venue->loudspeakers[i], diag);
  }
  for (size_t i = 0; !status && i < venue->n_arrays; ++i) {
    status = add_array(sources, venue, scene, &venue->arrays[i], diag);
  }
  if (!status && !sources->borrowed) {
    inspect_sources(sources, venue, scene, diag);
    status = fh_edges_new(scene, &sources->edges);
    status = status ? status : copy_kinds(sources, scene);
  }
  if (!status) {
    status = drives_build(sources);
  }
  if (!status && power) {
    status = far_build(sources);
  }
  return status;
}

static FhStatus
make_sources(const FhVenue* const venue,
             const FhScene* const scene,
             const FhSources* const base,
             const bool power,
             FhSources** const out,
             FhDiag* const diag)
{
  *out = NULL;
  const size_t n_emitters = venue->n_loudspeakers + venue->n_arrays;
  size_t n_elements = venue->n_loudspeakers;
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    n_elements += venue->arrays[i].count;
  }
  FhSources* const sources = (FhSources*)calloc(1, sizeof *sources);
  if (!sources) {
    return FH_ERR_NO_MEM;
  }
  sources->air = scene->air;
  sources->speed_m_s = fh_air_speed_m_s(&scene->air);
  sources->rho_c = sources->speed_m_s * fh_air_density_kg_m3(&scene->air);
  if (base) {
    sources->borrowed = true;
    sources->models = base->models;
    sources->n_models = base->n_models;
    sources->edges = base->edges;
    sources->kind = base->kind;
    sources->n_kinds = base->n_kinds;
    sources->has_audience = base->has_audience;
  } else {
    sources->models = (Model*)calloc(n_emitters + 1, sizeof(Model));
  }
  sources->elements = (Element*)calloc(n_elements + 1, sizeof(Element));
  sources->emitters = (FhEmitter*)calloc(n_emitters + 1, sizeof(FhEmitter));
  sources->processing = (Processing*)calloc(n_emitters + 1, sizeof(Processing));
  sources->drives = (Drive*)calloc(n_emitters + 1, sizeof(Drive));
  sources->far = (FarField*)calloc(n_emitters + 1, sizeof(FarField));
  const bool ready = sources->models && sources->elements &&
                     sources->emitters && sources->processing &&
                     sources->drives && sources->far;
  const FhStatus status =
    ready ? fill_sources(sources, venue, scene, power, diag) : FH_ERR_NO_MEM;
  if (status) {
    fh_sources_free(sources);
  } else {
    *out = sources;
  }
  return status;
}

FhStatus
fh_sources_new(const FhVenue* const venue,
               const FhScene* const scene,
               FhSources** const out,
               FhDiag* const diag)
{
  return make_sources(venue, scene, NULL, true, out, diag);
}

FhStatus
fh_sources_vary(const FhSources* const base,
                const FhVenue* const venue,
                const FhScene* const scene,
                const bool power,
                FhSources** const out,
                FhDiag* const diag)
{
  return make_sources(venue, scene, base, power, out, diag);
}
