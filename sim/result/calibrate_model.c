// SPDX-License-Identifier: GPL-3.0-or-later
// The room of a calibration: traced once, weighed anew for other absorption
#include "../trace/pool.h"
#include "calibrate.h"

#include <fh/finite_faces.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Step of the differences, in u
#define STEP 0.01

double
absorption_of(const double u)
{
  return 1.0 / (1.0 + exp(-u));
}

double
unknown_of(const double absorption)
{
  const double a = fmin(fmax(absorption, CALIBRATE_LEAST), CALIBRATE_GREATEST);
  return log(a / (1.0 - a));
}

// The pair of a row, made where it is new
static Pair*
pair_of(FitRoom* const m, const FhMeasuredRow* const row)
{
  for (size_t i = 0; i < m->n_pairs; ++i) {
    if (m->pairs[i].emitter == row->emitter &&
        m->pairs[i].microphone == row->microphone) {
      return &m->pairs[i];
    }
  }
  Pair* const pair = &m->pairs[m->n_pairs++];
  pair->emitter = row->emitter;
  pair->microphone = row->microphone;
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      pair->measured.at[q][b] = NAN;
    }
  }
  return pair;
}

static FhStatus
collect_pairs(FitRoom* const m, const FhMeasured* const measured, FhDiag* diag)
{
  m->pairs = (Pair*)calloc(measured->n_rows + 1, sizeof(Pair));
  if (!m->pairs) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < measured->n_rows; ++i) {
    const FhMeasuredRow* const row = &measured->row[i];
    if (fh_sources_emitter(m->sources, row->emitter)->muted) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  measured->path,
                  row->line,
                  0,
                  "skipped: the loudspeaker is muted in the venue");
      continue;
    }
    Pair* const pair = pair_of(m, row);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      pair->measured.at[row->quantity][b] = row->at[b];
    }
  }
  return FH_OK;
}

static FhStatus
add_direct(FitRoom* const m)
{
  const unsigned n_threads =
    m->desc->n_threads ? m->desc->n_threads : pool_processors();
  FhStatus status = FH_OK;
  for (size_t e = 0; e < m->n_emitters && !status; ++e) {
    const float(*const at)[3] = (const float(*)[3])m->scene.microphone;
    const uint64_t mask = (uint64_t)1 << e;
    FhDirectField field;
    status = fh_direct_field(m->sources,
                             m->caster,
                             at,
                             m->scene.n_microphones,
                             mask,
                             true,
                             n_threads,
                             &field);
    if (status) {
      break;
    }
    fh_direct_field_graze(m->sources, &m->scene, m->caster, at, mask, &field);
    for (size_t i = 0; i < m->n_pairs; ++i) {
      if (m->pairs[i].emitter == e) {
        direct_events(
          &field, NULL, 0, m->pairs[i].microphone, &m->pairs[i].direct);
      }
    }
    fh_direct_field_clear(&field);
  }
  return status;
}

FhStatus
room_init(FitRoom* const m,
          const FhMeasured* const measured,
          FhDiag* const diag)
{
  FhStatus status = fh_scene_build(m->venue, &m->scene, diag);
  status = status ? status
                  : fh_raycaster_new(&m->scene, m->desc->n_threads, &m->caster);
  // As fh_run_compute() has it, but for the number of materials
  status =
    status
      ? status
      : fh_scene_scatter_materials(&m->scene, m->caster, m->desc->n_threads);
  status =
    status ? status : fh_sources_new(m->venue, &m->scene, &m->sources, diag);
  if (status) {
    return status;
  }
  m->n_emitters = fh_sources_count(m->sources);
  m->impedance =
    fh_air_density_kg_m3(&m->scene.air) * fh_air_speed_m_s(&m->scene.air);
  if (m->n_emitters > MAX_EMITTERS) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                m->venue->path,
                0,
                0,
                "%zu loudspeakers are more than %d; take some out",
                m->n_emitters,
                MAX_EMITTERS);
    return FH_ERR_LIMIT;
  }
  const size_t n = m->scene.n_materials + 1;
  m->trace = (FhVariants*)calloc(m->n_emitters + 1, sizeof(FhVariants));
  m->table = (FhMaterial*)calloc(n, sizeof(FhMaterial));
  m->fit = (size_t*)calloc(n, sizeof(size_t));
  m->prior = (Unknowns*)calloc(n, sizeof(Unknowns));
  m->traced = (Unknowns*)calloc(n, sizeof(Unknowns));
  m->scatter = (Scatter*)calloc(n, sizeof(Scatter));
  if (!m->trace || !m->table || !m->fit || !m->prior || !m->traced ||
      !m->scatter) {
    return FH_ERR_NO_MEM;
  }
  memcpy(
    m->table, m->scene.materials, m->scene.n_materials * sizeof(FhMaterial));
  status = collect_pairs(m, measured, diag);
  return status ? status : add_direct(m);
}

/// An emitter among others
typedef struct {
  const FhSources* sources;
  size_t emitter;
} Voice;

static void
voice_octaves(const void* const user, const float direction[3], float w[8])
{
  const Voice* const voice = (const Voice*)user;
  fh_emitter_octaves(voice->sources, voice->emitter, direction, w);
}

static bool
is_heard(const FitRoom* const m, const size_t emitter)
{
  for (size_t i = 0; i < m->n_pairs; ++i) {
    if (m->pairs[i].emitter == emitter) {
      return true;
    }
  }
  return false;
}

FhStatus
room_trace_tables(const FitRoom* const m,
                  const FhMaterial* const* const tables,
                  const size_t n_tables,
                  FhVariants* const out,
                  const FhProgressFn progress,
                  void* const user,
                  FhDiag* const diag)
{
  FhVariantsDesc desc = fh_variants_desc_default();
  desc.seed = m->desc->seed;
  desc.n_rays = m->desc->n_rays;
  desc.n_threads = m->desc->n_threads;
  desc.duration_s = m->venue->duration_s;
  desc.material_hits = n_tables == 1;
  FhStatus status = FH_OK;
  for (size_t e = 0; e < m->n_emitters && !status; ++e) {
    const Voice voice = {m->sources, e};
    const FhEmitter* const emitter = fh_sources_emitter(m->sources, e);
    FhRadiator radiator = {.delay_s = (double)emitter->delay_s,
                           .octaves = voice_octaves,
                           .user = &voice};
    memcpy(radiator.at, emitter->centre, sizeof radiator.at);
    memcpy(radiator.power_w, emitter->power_w, sizeof radiator.power_w);
    fh_variants_clear(&out[e]);
    if (!is_heard(m, e)) {
      continue;
    }
    status = fh_trace_variants_radiators(&m->scene,
                                         m->caster,
                                         &radiator,
                                         1,
                                         tables,
                                         n_tables,
                                         (const float(*)[3])m->scene.microphone,
                                         m->scene.n_microphones,
                                         &desc,
                                         progress,
                                         user,
                                         &out[e],
                                         diag);
  }
  return status;
}

FhStatus
room_trace(FitRoom* const m,
           const FhProgressFn progress,
           void* const user,
           FhDiag* const diag)
{
  const FhMaterial* const tables[1] = {m->table};
  const FhStatus status =
    room_trace_tables(m, tables, 1, m->trace, progress, user, diag);
  for (size_t k = 0; k < m->n_fit; ++k) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      m->traced[k][b] = unknown_of((double)m->table[m->fit[k]].absorption[b]);
    }
  }
  return status;
}

// Whether sound meets a material on the way to any microphone
static bool
is_met(const FitRoom* const m, const size_t material)
{
  for (size_t e = 0; e < m->n_emitters; ++e) {
    const FhVariants* const t = &m->trace[e];
    for (size_t i = 0; t->hits && i < t->n_points * t->n_bins; ++i) {
      if (t->hits[i * t->n_materials + material][4] > 0.0f) {
        return true;
      }
    }
  }
  return false;
}

static bool
is_solid(const FhMaterial* const material)
{
  bool solid = true;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    solid = solid && material->absorption[b] <= (float)CALIBRATE_GREATEST &&
            material->transmission[b] < 0.5f;
  }
  return solid;
}

FhStatus
room_choose(FitRoom* const m, FhDiag* const diag)
{
  m->n_fit = 0;
  for (size_t i = 0; i < m->venue->mesh.n_materials; ++i) {
    if (!is_solid(&m->table[i]) || !is_met(m, i)) {
      continue;
    }
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double u = unknown_of((double)m->table[i].absorption[b]);
      m->prior[m->n_fit][b] = u;
      m->traced[m->n_fit][b] = u;
    }
    m->fit[m->n_fit++] = i;
  }
  if (!m->n_fit) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                m->venue->path,
                0,
                0,
                "no surface can be fitted: no sound meets one on its way to "
                "the microphones, or they let all through");
    return FH_ERR_INVALID_DATA;
  }
  return FH_OK;
}

void
room_set(FitRoom* const m, const Unknowns* const u)
{
  for (size_t k = 0; k < m->n_fit; ++k) {
    FhMaterial* const material = &m->table[m->fit[k]];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      material->absorption[b] =
        (float)fmax(absorption_of(u[k][b]), (double)material->transmission[b]);
    }
  }
}

static void
fill_values(const FitRoom* const m,
            const Pair* const pair,
            const FhParameters* const p,
            PairValues* const out)
{
  const FhEmitter* const emitter =
    fh_sources_emitter(m->sources, pair->emitter);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const FhBandParameters* const v = &p->band[b];
    const double free_p2 =
      (double)emitter->power_w[b] * m->impedance / (4.0 * FH_PI * 10.0 * 10.0);
    out->at[FH_QUANTITY_T30][b] = v->t30_s;
    out->at[FH_QUANTITY_T20][b] = v->t20_s;
    out->at[FH_QUANTITY_EDT][b] = v->edt_s;
    out->at[FH_QUANTITY_D50][b] = v->d50;
    out->at[FH_QUANTITY_C80][b] = v->c80_db;
    out->at[FH_QUANTITY_C50][b] = v->c50_db;
    out->at[FH_QUANTITY_TS][b] = v->ts_s;
    out->at[FH_QUANTITY_G][b] = 10.0 * log10(v->energy / free_p2);
    out->at[FH_QUANTITY_LF][b] = NAN;
    out->at[FH_QUANTITY_LFC][b] = NAN;
  }
}

/// One pair being weighed
typedef struct {
  const FhVariants* trace;
  const float (*energy)[FH_N_OCTAVES];
  const float (*hits)[FH_N_OCTAVES]; ///< [n_bins][n_materials]
  float (*bin)[FH_N_OCTAVES];        ///< [n_bins] weighed energies [Pa2]
  float (*moved)[FH_N_OCTAVES];      ///< [n_bins] and with one unknown moved
  double* edge_s;                    ///< [n_bins + 1]
} Weighed;

// d ln(1 - a) between two unknowns
static double
log_change(const double to, const double from)
{
  return log1p(exp(from)) - log1p(exp(to));
}

static void
weigh(const FitRoom* const m, const Unknowns* const u, const Weighed* const w)
{
  const size_t n_materials = w->trace->n_materials;
  for (size_t i = 0; i < w->trace->n_bins; ++i) {
    double sum[FH_N_OCTAVES] = {0.0};
    for (size_t k = 0; k < m->n_fit; ++k) {
      const float* const hits = w->hits[i * n_materials + m->fit[k]];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        sum[b] += (double)hits[b] * log_change(u[k][b], m->traced[k][b]);
      }
    }
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double e = (double)w->energy[i][b];
      w->bin[i][b] =
        e > 0.0 ? (float)(m->impedance * e * exp(sum[b] / e)) : 0.0f;
    }
  }
}

static void
move(const FitRoom* const m,
     const Unknowns* const u,
     size_t k,
     const Weighed* w)
{
  double change[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    change[b] = log_change(u[k][b] + STEP, u[k][b]);
  }
  for (size_t i = 0; i < w->trace->n_bins; ++i) {
    const float* const hits = w->hits[i * w->trace->n_materials + m->fit[k]];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double e = (double)w->energy[i][b];
      const double by = e > 0.0 ? change[b] * (double)hits[b] / e : 0.0;
      w->moved[i][b] = (float)((double)w->bin[i][b] * exp(by));
    }
  }
}

static FhStatus
rate(const FitRoom* const m,
     const Pair* const pair,
     const Weighed* const w,
     const float (*const bin)[FH_N_OCTAVES],
     PairValues* const out)
{
  const FhEchogram echogram = {.n_events = pair->direct.n,
                               .event_s = pair->direct.time_s,
                               .event = (const float(*)[8])pair->direct.p2,
                               .n_bins = w->trace->n_bins,
                               .edge_s = w->edge_s,
                               .bin = bin,
                               .onset_s = pair->direct.onset_s};
  FhParameters p;
  const FhStatus status = fh_echogram_parameters(&echogram, &p);
  if (!status) {
    fill_values(m, pair, &p, out);
  }
  return status;
}

static void
difference(PairValues* const slope, const PairValues* const from)
{
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      slope->at[q][b] = (slope->at[q][b] - from->at[q][b]) / STEP;
    }
  }
}

FhStatus
room_values(const FitRoom* const m,
            const size_t index,
            const Unknowns* const u,
            PairValues* const out,
            PairValues* const slope)
{
  const Pair* const pair = &m->pairs[index];
  const FhVariants* const t = &m->trace[pair->emitter];
  const size_t first = pair->microphone * t->n_bins;
  Weighed w = {
    .trace = t,
    .energy = (const float(*)[FH_N_OCTAVES])t->energy + first,
    .hits = (const float(*)[FH_N_OCTAVES])t->hits + first * t->n_materials,
    .bin = (float(*)[FH_N_OCTAVES])calloc(t->n_bins + 1, sizeof *w.bin),
    .moved = (float(*)[FH_N_OCTAVES])calloc(t->n_bins + 1, sizeof *w.moved),
    .edge_s = (double*)calloc(t->n_bins + 1, sizeof(double))};
  FhStatus status = w.bin && w.moved && w.edge_s ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    for (size_t i = 0; i <= t->n_bins; ++i) {
      w.edge_s[i] = (double)i * FH_VARIANTS_BIN_S;
    }
    weigh(m, u, &w);
    status = rate(m, pair, &w, (const float(*)[8])w.bin, out);
  }
  for (size_t k = 0; slope && k < m->n_fit && !status; ++k) {
    move(m, u, k, &w);
    status = rate(m, pair, &w, (const float(*)[8])w.moved, &slope[k]);
    difference(&slope[k], out);
  }
  free(w.bin);
  free(w.moved);
  free(w.edge_s);
  return status;
}

FhStatus
room_values_traced(const FitRoom* const m,
                   const size_t index,
                   const FhVariants* const trace,
                   const size_t variant,
                   PairValues* const out)
{
  const Pair* const pair = &m->pairs[index];
  const FhVariants* const t = &trace[pair->emitter];
  const float(*const energy)[FH_N_OCTAVES] =
    (const float(*)[FH_N_OCTAVES])t->energy +
    (variant * t->n_points + pair->microphone) * t->n_bins;
  Weighed w = {.trace = t,
               .bin =
                 (float(*)[FH_N_OCTAVES])calloc(t->n_bins + 1, sizeof *w.bin),
               .edge_s = (double*)calloc(t->n_bins + 1, sizeof(double))};
  FhStatus status = w.bin && w.edge_s ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    for (size_t i = 0; i <= t->n_bins; ++i) {
      w.edge_s[i] = (double)i * FH_VARIANTS_BIN_S;
    }
    for (size_t i = 0; i < t->n_bins; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        w.bin[i][b] = (float)(m->impedance * (double)energy[i][b]);
      }
    }
    status = rate(m, pair, &w, (const float(*)[8])w.bin, out);
  }
  free(w.bin);
  free(w.edge_s);
  return status;
}

void
room_clear(FitRoom* const m)
{
  for (size_t e = 0; m->trace && e < m->n_emitters; ++e) {
    fh_variants_clear(&m->trace[e]);
  }
  free(m->trace);
  free(m->table);
  free(m->scatter);
  free(m->points.value);
  free(m->points.slope);
  free(m->fit);
  free(m->prior);
  free(m->traced);
  free(m->pairs);
  fh_sources_free(m->sources);
  fh_raycaster_free(m->caster);
  fh_scene_clear(&m->scene);
}
