// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "lattice.h"
#include "place_private.h"
#include "rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Rays of a transfer and of each seat: about 0.4 dB under a narrow horn, less
/// under others, and the same for all candidates
#define TRANSFER_RAYS 12288
#define GATHER_RAYS   384

/// What is kept of an emitter between two candidates
typedef struct {
  bool known; ///< The rest holds for the view judged last
  Lattice* lattice;
  RateVoice rate;
  float (*reflected)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES]; ///< [n_seats]; owned
  /// [n_seats] direct sound before what heads take off; owned
  float (*bare)[FH_N_THIRDS];
  size_t n_eq;
  FhEqFilter* eq; ///< [n_eq] its filters: views share theirs; owned
} Voice;

struct EvaluatorImpl {
  const FhVenue* venue;
  const FhScene* scene;
  const FhRaycaster* caster;
  FhVenue models;  ///< A view with every model in it; owned
  FhSources* base; ///< Of that; owned
  unsigned n_threads;
  size_t n_seats;
  FhSeat* seats;        ///< [n_seats] each stands for its neighbours; owned
  float (*ear)[3];      ///< [n_seats]; owned
  FhGatherCache* cache; ///< Null where nothing reflects; owned
  /// [n_seats] scratch; owned
  float (*scratch)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES];
  float (*power_w)[FH_N_OCTAVES]; ///< [FH_TRANSFER_DIRECTIONS] so; owned
  double decay_s[FH_N_OCTAVES];
  size_t n_lattices;
  Lattice** lattices; ///< Owned
  size_t n_voices;
  Voice voice[MAX_VOICES];
  FhVenue last; ///< The view judged last; owned
  FhDirectField direct;
  FhDirectField each[MAX_VOICES];
  FhSeatMetrics* metrics; ///< [n_seats]; owned
  uint64_t n_judged;
};

void
evaluator_free(Evaluator* const e)
{
  if (!e) {
    return;
  }
  for (size_t i = 0; i < e->n_lattices; ++i) {
    lattice_clear(e->lattices[i]);
    free(e->lattices[i]);
  }
  for (size_t v = 0; v < MAX_VOICES; ++v) {
    free(e->voice[v].reflected);
    free(e->voice[v].bare);
    free(e->voice[v].eq);
    fh_direct_field_clear(&e->each[v]);
  }
  fh_direct_field_clear(&e->direct);
  free(e->lattices);
  free(e->metrics);
  free(e->scratch);
  free(e->power_w);
  free(e->seats);
  free(e->ear);
  fh_gather_cache_free(e->cache);
  fh_sources_free(e->base);
  view_clear(&e->models);
  view_clear(&e->last);
  free(e);
}

/// Evenly from the seats' spatial order; each stands for those up to the next
static FhStatus
choose_seats(Evaluator* const e, const size_t most, uint32_t* const index)
{
  const size_t n = e->scene->n_seats;
  e->n_seats = n < most ? n : most;
  e->seats = (FhSeat*)calloc(e->n_seats + 1, sizeof(FhSeat));
  e->ear = (float(*)[3])calloc(e->n_seats + 1, sizeof *e->ear);
  e->metrics = (FhSeatMetrics*)calloc(e->n_seats + 1, sizeof(FhSeatMetrics));
  e->scratch = (float(*)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])calloc(
    e->n_seats + 1, sizeof *e->scratch);
  e->power_w =
    (float(*)[FH_N_OCTAVES])calloc(FH_TRANSFER_DIRECTIONS, sizeof *e->power_w);
  if (!e->seats || !e->ear || !e->metrics || !e->scratch || !e->power_w) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < e->n_seats; ++i) {
    const size_t first = i * n / e->n_seats;
    const size_t next = (i + 1) * n / e->n_seats;
    const size_t middle = (first + next - 1) / 2;
    index[i] = (uint32_t)middle;
    e->seats[i] = e->scene->seats[middle];
    e->seats[i].area_m2 = 0.0f;
    for (size_t k = first; k < next; ++k) {
      e->seats[i].area_m2 += e->scene->seats[k].area_m2;
    }
    memcpy(e->ear[i], e->seats[i].at, sizeof e->ear[i]);
  }
  return FH_OK;
}

/// Line of the rule that names a model, for messages
static int
line_of(const FhVenue* const venue, const char* const model)
{
  for (size_t r = 0; r < venue->n_placement; ++r) {
    const FhPlacementRule* const rule = &venue->placement[r];
    bool named = rule->add_max && !strcmp(rule->add_model, model);
    for (size_t m = 0; m < rule->n_models; ++m) {
      named = named || !strcmp(rule->models[m], model);
    }
    if (named) {
      return rule->line;
    }
  }
  return 0;
}

/// Sources that know every model that a candidate may use
static FhStatus
load_models(Evaluator* const e,
            const char (*const spare)[256],
            const size_t n_spare,
            FhDiag* const diag)
{
  FhStatus status = view_new(e->venue, n_spare, &e->models);
  for (size_t i = 0; i < n_spare && !status; ++i) {
    FhLoudspeaker* const l =
      &e->models.loudspeakers[e->models.n_loudspeakers++];
    memset(l, 0, sizeof *l);
    memcpy(l->model, spare[i], sizeof l->model);
    l->muted = true;
    l->line = line_of(e->venue, spare[i]);
    // Somewhere in the room: it only lends its model
    fh_scene_to_world(e->scene, e->scene->seats[0].at, l->at);
    l->at[2] += 1.0;
  }
  // Those that only lend their models are no business of the user's
  FhDiag* const found = fh_diag_new();
  if (!status && !found) {
    status = FH_ERR_NO_MEM;
  }
  status =
    status ? status : fh_sources_new(&e->models, e->scene, &e->base, found);
  for (size_t i = 0; status && i < fh_diag_size(found); ++i) {
    const FhDiagEntry* const f = fh_diag_entry(found, i);
    fh_diag_add(diag, f->severity, f->file, f->line, f->column, "%s", f->text);
  }
  fh_diag_free(found);
  return status;
}

FhStatus
evaluator_new(const FhVenue* const venue,
              const FhScene* const scene,
              const FhRaycaster* const caster,
              const FhPlaceDesc* const desc,
              const char (*const spare)[256],
              const size_t n_spare,
              const double decay_s[FH_N_OCTAVES],
              const FhProgressFn progress,
              void* const user,
              Evaluator** const out,
              FhDiag* const diag)
{
  *out = NULL;
  Evaluator* const e = (Evaluator*)calloc(1, sizeof(Evaluator));
  if (!e) {
    return FH_ERR_NO_MEM;
  }
  e->venue = venue;
  e->scene = scene;
  e->caster = caster;
  e->n_threads = desc->n_threads ? desc->n_threads : pool_processors();
  memcpy(e->decay_s, decay_s, sizeof e->decay_s);
  uint32_t* const index =
    (uint32_t*)calloc(scene->n_seats + 1, sizeof(uint32_t));
  FhStatus status =
    index ? choose_seats(e, desc->max_seats, index) : FH_ERR_NO_MEM;
  status = status ? status : load_models(e, spare, n_spare, diag);
  if (!status && scene->n_triangles) {
    FhGatherCacheDesc cache = fh_gather_cache_desc_default();
    cache.seed = desc->seed;
    cache.gather_rays = GATHER_RAYS;
    cache.n_threads = e->n_threads;
    cache.seats = index;
    cache.n_seats = e->n_seats;
    status = fh_gather_cache_new(
      scene, caster, &cache, progress, user, &e->cache, diag);
  }
  free(index);
  if (status) {
    evaluator_free(e);
    return status;
  }
  *out = e;
  return FH_OK;
}

/// The lattice for a box, made where none is there yet
static FhStatus
find_lattice(Evaluator* const e,
             const float low[3],
             const float high[3],
             Lattice** const out)
{
  static const float same_m = 0.01f;
  for (size_t i = 0; i < e->n_lattices; ++i) {
    bool same = true;
    for (size_t k = 0; k < 3; ++k) {
      same = same && fabsf(e->lattices[i]->low[k] - low[k]) < same_m &&
             fabsf(e->lattices[i]->high[k] - high[k]) < same_m;
    }
    if (same) {
      *out = e->lattices[i];
      return FH_OK;
    }
  }
  Lattice** const grown =
    (Lattice**)realloc(e->lattices, (e->n_lattices + 1) * sizeof(Lattice*));
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  e->lattices = grown;
  Lattice* const lattice = (Lattice*)calloc(1, sizeof(Lattice));
  if (!lattice) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status = lattice_init(lattice, e->scene, e->caster, low, high);
  if (status) {
    free(lattice);
    return status;
  }
  e->lattices[e->n_lattices++] = lattice;
  *out = lattice;
  return FH_OK;
}

/// Where the acoustic centre of an emitter may be, from where it may hang
static FhStatus
enter_voice(Evaluator* const e,
            const FhSources* const sources,
            const FhVenue* const view,
            const Space* const space,
            const size_t v)
{
  const FhEmitter* const emitter = fh_sources_emitter(sources, v);
  float low[3];
  float high[3];
  memcpy(low, emitter->centre, sizeof low);
  memcpy(high, emitter->centre, sizeof high);
  if (space) {
    double box[2][3];
    float at[3];
    space_box(space, v, box[0], box[1]);
    fh_scene_from_world(e->scene, view_handles(view, v).at, at);
    for (size_t k = 0; k < 3; ++k) {
      // Arrays hang by their tops
      const double offset = (double)emitter->centre[k] - (double)at[k];
      low[k] = (float)(box[0][k] - e->scene->origin[k] + offset);
      high[k] = (float)(box[1][k] - e->scene->origin[k] + offset);
    }
  }
  Voice* const voice = &e->voice[v];
  voice->known = false;
  if (!voice->reflected) {
    voice->reflected = (float(*)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])calloc(
      e->n_seats + 1, sizeof *voice->reflected);
  }
  if (!voice->bare) {
    voice->bare =
      (float(*)[FH_N_THIRDS])calloc(e->n_seats + 1, sizeof *voice->bare);
  }
  voice->rate.reflected =
    (const float(*)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])voice->reflected;
  return voice->reflected && voice->bare
           ? find_lattice(e, low, high, &voice->lattice)
           : FH_ERR_NO_MEM;
}

FhStatus
evaluator_enter(Evaluator* const e,
                const FhVenue* const view,
                const Space* const space)
{
  if (view_count(view) > MAX_VOICES) {
    return FH_ERR_LIMIT;
  }
  FhSources* sources = NULL;
  FhStatus status =
    fh_sources_vary(e->base, view, e->scene, false, &sources, NULL);
  e->n_voices = view_count(view);
  for (size_t v = 0; v < e->n_voices && !status; ++v) {
    status = enter_voice(e, sources, view, space, v);
  }
  fh_sources_free(sources);
  view_clear(&e->last);
  return status ? status : view_new(view, 0, &e->last);
}

bool
evaluator_has_room(Evaluator* const e, const Space* const space, const size_t v)
{
  FhSources* sources = NULL;
  if (fh_sources_vary(e->base, &space->base, e->scene, false, &sources, NULL)) {
    return true;
  }
  const FhStatus status = enter_voice(e, sources, &space->base, space, v);
  fh_sources_free(sources);
  return status != FH_ERR_NOT_FOUND;
}

static FhStatus
keep_filters(Voice* const voice, const FhVenue* const view, const size_t v)
{
  size_t n = 0;
  const FhEqFilter* const eq = view_filters(view, v, &n);
  FhEqFilter* const kept = (FhEqFilter*)calloc(n + 1, sizeof(FhEqFilter));
  if (!kept) {
    return FH_ERR_NO_MEM;
  }
  if (n) {
    memcpy(kept, eq, n * sizeof(FhEqFilter));
  }
  free(voice->eq);
  voice->eq = kept;
  voice->n_eq = n;
  return FH_OK;
}

/// What the first emitter of some sources sends
static void
first_octaves(const void* const user, const float d[3], float w[FH_N_OCTAVES])
{
  fh_emitter_octaves((const FhSources*)user, 0, d, w);
}

/// Direct and reflected sound of an emitter that changed
static FhStatus
judge_voice(Evaluator* const e, const FhVenue* const view, const size_t v)
{
  Voice* const voice = &e->voice[v];
  Solo solo;
  view_solo(view, v, &solo);
  FhSources* sources = NULL;
  FhStatus status =
    fh_sources_vary(e->base, &solo.view, e->scene, true, &sources, NULL);
  if (status) {
    return status;
  }
  const FhEmitter* const emitter = fh_sources_emitter(sources, 0);
  memcpy(voice->rate.centre, emitter->centre, sizeof voice->rate.centre);
  voice->rate.delay_s = (double)emitter->delay_s;
  voice->rate.heard = !emitter->muted;
  fh_direct_field_clear(&e->each[v]);
  status = fh_direct_field(sources,
                           e->caster,
                           (const float(*)[3])e->ear,
                           e->n_seats,
                           1,
                           true,
                           e->n_threads,
                           &e->each[v]);
  if (!status) {
    memcpy(voice->bare, e->each[v].p2, e->n_seats * sizeof *voice->bare);
    fh_direct_field_graze(
      sources, e->scene, e->caster, (const float(*)[3])e->ear, 1, &e->each[v]);
  }
  if (!status && e->cache && voice->rate.heard) {
    const FhRadiator radiator = {.octaves = first_octaves, .user = sources};
    fh_transfer_powers(&radiator, e->power_w);
    status = lattice_weigh(voice->lattice,
                           e->cache,
                           TRANSFER_RAYS,
                           emitter->centre,
                           (const float(*)[FH_N_OCTAVES])e->power_w,
                           e->scratch,
                           voice->reflected);
  }
  fh_sources_free(sources);
  status = status ? status : keep_filters(voice, view, v);
  voice->known = !status;
  return status;
}

/// The coherent sum of all emitters; heads take off as much as of their
/// energies
static FhStatus
judge_together(Evaluator* const e, const FhSources* const sources)
{
  fh_direct_field_clear(&e->direct);
  const FhStatus status = fh_direct_field(sources,
                                          e->caster,
                                          (const float(*)[3])e->ear,
                                          e->n_seats,
                                          UINT64_MAX,
                                          true,
                                          e->n_threads,
                                          &e->direct);
  for (size_t s = 0; s < e->n_seats && !status; ++s) {
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      float bare = 0.0f;
      float left = 0.0f;
      for (size_t v = 0; v < e->n_voices; ++v) {
        bare += e->voice[v].bare[s][b];
        left += e->each[v].p2[s][b];
      }
      e->direct.p2[s][b] *= bare > 0.0f ? left / bare : 1.0f;
    }
  }
  return status;
}

FhStatus
evaluator_judge(Evaluator* const e,
                const FhVenue* const view,
                FhPlaceScore* const out)
{
  FhStatus status = FH_OK;
  for (size_t v = 0; v < e->n_voices && !status; ++v) {
    if (!e->voice[v].known || !view_same_emitter(view, &e->last, v) ||
        !view_same_filters(view, v, e->voice[v].eq, e->voice[v].n_eq)) {
      e->voice[v].known = false;
      status = judge_voice(e, view, v);
    }
  }
  FhSources* sources = NULL;
  status = status
             ? status
             : fh_sources_vary(e->base, view, e->scene, false, &sources, NULL);
  status = status ? status : judge_together(e, sources);
  RateJob job = {.venue = e->venue,
                 .seats = e->seats,
                 .n_seats = e->n_seats,
                 .direct = &e->direct,
                 .each = e->each,
                 .n_voices = e->n_voices,
                 .speed_m_s = fh_air_speed_m_s(&e->scene->air),
                 .impedance = fh_air_speed_m_s(&e->scene->air) *
                              fh_air_density_kg_m3(&e->scene->air)};
  RateVoice voice[MAX_VOICES];
  for (size_t v = 0; v < e->n_voices; ++v) {
    voice[v] = e->voice[v].rate;
  }
  job.voice = voice;
  memcpy(job.decay_s, e->decay_s, sizeof job.decay_s);
  status = status ? status : rate_seats(&job, e->n_threads, e->metrics);
  if (!status) {
    FhHeadroom headroom;
    fh_sources_headroom(
      sources, UINT64_MAX, FH_INPUT_PINK, CREST_DB, &headroom);
    status = fh_place_score(
      e->venue, e->seats, e->n_seats, e->metrics, headroom.headroom_db, out);
  }
  fh_sources_free(sources);
  view_clear(&e->last);
  status = status ? status : view_new(view, 0, &e->last);
  ++e->n_judged;
  return status;
}

size_t
evaluator_seats(const Evaluator* const e,
                const FhSeat** const seats,
                const FhSeatMetrics** const metrics)
{
  *seats = e->seats;
  *metrics = e->metrics;
  return e->n_seats;
}

const float (*evaluator_arrivals(const Evaluator* const e))[1]
{
  return (const float(*)[1])e->direct.delay_s;
}

FhSources*
evaluator_solo(const Evaluator* const e,
               const FhVenue* const view,
               const size_t emitter)
{
  Solo solo;
  view_solo(view, emitter, &solo);
  FhSources* sources = NULL;
  (void)fh_sources_vary(e->base, &solo.view, e->scene, false, &sources, NULL);
  return sources;
}

const FhScene*
evaluator_scene(const Evaluator* const e)
{
  return e->scene;
}

bool
evaluator_is_free(const Evaluator* const e, const double at[3])
{
  float here[3];
  fh_scene_from_world(e->scene, at, here);
  for (size_t i = 0; i < e->n_lattices; ++i) {
    const Lattice* const l = e->lattices[i];
    bool inside = true;
    for (size_t k = 0; k < 3; ++k) {
      inside =
        inside && here[k] >= l->low[k] - 0.01f && here[k] <= l->high[k] + 0.01f;
    }
    if (inside && lattice_sees(l, e->caster, here)) {
      return true;
    }
  }
  return !e->scene->n_triangles;
}

bool
evaluator_sees(const Evaluator* const e, const size_t seat, const double at[3])
{
  float here[3];
  fh_scene_from_world(e->scene, at, here);
  return fh_visible(e->caster, here, e->ear[seat]);
}

void
evaluator_ear(const Evaluator* const e, const size_t seat, double at[3])
{
  fh_scene_to_world(e->scene, e->ear[seat], at);
}

double
evaluator_speed_m_s(const Evaluator* const e)
{
  return fh_air_speed_m_s(&e->scene->air);
}

uint64_t
evaluator_count(const Evaluator* const e)
{
  return e->n_judged;
}

size_t
evaluator_positions(const Evaluator* const e)
{
  size_t n = 0;
  for (size_t i = 0; i < e->n_lattices; ++i) {
    n += lattice_traced(e->lattices[i]);
  }
  return n;
}
