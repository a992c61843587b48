// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/crowd_states.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Triangles smaller than this are not there [m2]
#define GONE_M2    1e-6
#define MAX_STATES FH_VARIANTS_MAX
/// Seats listen this much over their ears: close to the heads of a crowd the
/// sound that these scatter comes by rare and large terms [m]
#define LIFT_M 0.25f

/// One state: its own scene for the direct field, its table for the trace
typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  FhMaterial* table; ///< [full.n_materials]
  double area_m2[FH_N_OCTAVES];
} State;

struct FhCrowdStatesImpl {
  FhScene full;
  FhRaycaster* caster;
  FhSources* sources;
  size_t n_states;
  State state[MAX_STATES];
  size_t n_points;
  float (*points)[3];
};

static double
triangle_m2(const FhScene* const s, const size_t t)
{
  const uint32_t* const k = s->triangle[t];
  double e[2][3];
  for (size_t i = 0; i < 3; ++i) {
    e[0][i] = (double)s->vertex[k[1]][i] - (double)s->vertex[k[0]][i];
    e[1][i] = (double)s->vertex[k[2]][i] - (double)s->vertex[k[0]][i];
  }
  const double x = e[0][1] * e[1][2] - e[0][2] * e[1][1];
  const double y = e[0][2] * e[1][0] - e[0][0] * e[1][2];
  const double z = e[0][0] * e[1][1] - e[0][1] * e[1][0];
  return 0.5 * sqrt(x * x + y * y + z * z);
}

/// Area of each material that sound can reach [m2]
static double*
material_areas(const FhScene* const s)
{
  double* const area = (double*)calloc(s->n_materials + 1, sizeof *area);
  for (size_t t = 0; area && t < s->n_triangles; ++t) {
    area[s->material[t]] += triangle_m2(s, t);
  }
  for (size_t m = 0; area && s->hidden_m2 && m < s->n_materials; ++m) {
    area[m] = fmax(area[m] - s->hidden_m2[m], 0.0);
  }
  return area;
}

/// Lets everything through, as if it were not there
static void
make_clear(FhMaterial* const m)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m->absorption[b] = 1.0f;
    m->transmission[b] = 1.0f;
    m->scattering[b] = 0.0f;
  }
  m->two_sided = true;
}

/// A crowd whose absorption is another over frequency
static void
change_people(FhMaterial* const m, const FhCrowdState* const wanted)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double tilt = wanted->tilt * wanted->occupancy;
    const double people =
      wanted->people ? 1.0 + wanted->occupancy * (wanted->people[b] - 1.0)
                     : 1.0;
    const double factor = people * exp2(-tilt * ((double)b - 4.0));
    m->absorption[b] = (float)fmin((double)m->absorption[b] * factor, 1.3);
  }
}

static FhStatus
build_state(const FhVenue* const venue,
            const FhCrowdState* const wanted,
            const FhScene* const full,
            State* const out)
{
  FhVenue copy;
  FhStatus status = fh_venue_copy(wanted->as ? wanted->as : venue, &copy);
  if (status) {
    return status;
  }
  fh_venue_set_occupancy(&copy, wanted->occupancy);
  for (size_t a = 0; a < copy.n_audience; ++a) {
    copy.audience[a].clothing *= wanted->clothing;
    if (wanted->spread) {
      const double o = wanted->occupancy * wanted->spread[a];
      copy.audience[a].occupancy = fmin(fmax(o, 0.0), 1.0);
    }
  }
  status = fh_scene_build(&copy, &out->scene, NULL);
  status = status ? status : fh_raycaster_new(&out->scene, 1, &out->caster);
  fh_venue_clear(&copy);
  if (status) {
    return status;
  }
  const FhScene* const s = &out->scene;
  // The loudspeakers of the full house serve all states
  bool same = true;
  for (size_t k = 0; k < 3; ++k) {
    same = same && s->origin[k] == full->origin[k];
  }
  if (!same) {
    return FH_ERR_MISMATCH;
  }
  if (s->n_materials != full->n_materials) {
    return FH_ERR_MISMATCH;
  }
  double* const area = material_areas(s);
  out->table = (FhMaterial*)calloc(s->n_materials + 1, sizeof *out->table);
  if (!area || !out->table) {
    free(area);
    return FH_ERR_NO_MEM;
  }
  const size_t first_block = s->n_materials - 2 * s->n_blocks;
  for (size_t m = 0; m < s->n_materials; ++m) {
    out->table[m] = s->materials[m];
    if (m >= first_block) {
      const size_t top = first_block + (m - first_block) / 2 * 2;
      change_people(&out->table[m], wanted);
      if (area[top] < GONE_M2) {
        make_clear(&out->table[m]);
      }
    }
    for (size_t b = 0; b < FH_N_OCTAVES && area[m] >= GONE_M2; ++b) {
      out->area_m2[b] += area[m] * (double)out->table[m].absorption[b];
    }
  }
  free(area);
  return FH_OK;
}

/// Microphones, then seats evenly taken
static FhStatus
choose_points(FhCrowdStates* const self, const size_t n_seats)
{
  const FhScene* const s = &self->full;
  const size_t n = s->n_seats < n_seats ? s->n_seats : n_seats;
  self->points =
    (float(*)[3])calloc(s->n_microphones + n + 1, sizeof *self->points);
  if (!self->points) {
    return FH_ERR_NO_MEM;
  }
  for (size_t m = 0; m < s->n_microphones; ++m) {
    memcpy(self->points[m], s->microphone[m], sizeof *self->points);
  }
  for (size_t i = 0; i < n; ++i) {
    const size_t seat = (2 * i + 1) * s->n_seats / (2 * n);
    memcpy(self->points[s->n_microphones + i],
           s->seats[seat].at,
           sizeof *self->points);
    self->points[s->n_microphones + i][2] += LIFT_M;
  }
  self->n_points = s->n_microphones + n;
  return FH_OK;
}

FhStatus
fh_crowd_states_new(const FhVenue* const venue,
                    const FhCrowdState* const states,
                    const size_t n_states,
                    const size_t n_seats,
                    FhCrowdStates** const out,
                    FhDiag* const diag)
{
  *out = NULL;
  if (!n_states || n_states > MAX_STATES) {
    return FH_ERR_BAD_ARG;
  }
  FhCrowdStates* const self = (FhCrowdStates*)calloc(1, sizeof(FhCrowdStates));
  FhVenue copy;
  if (!self) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = fh_venue_copy(venue, &copy);
  if (!status) {
    fh_venue_set_occupancy(&copy, 1.0);
    status = fh_scene_build(&copy, &self->full, diag);
    status = status ? status : fh_raycaster_new(&self->full, 1, &self->caster);
    status = status ? status
                    : fh_sources_new(&copy, &self->full, &self->sources, diag);
    fh_venue_clear(&copy);
  }
  for (size_t i = 0; i < n_states && !status; ++i) {
    self->n_states = i + 1;
    status = build_state(venue, &states[i], &self->full, &self->state[i]);
  }
  status = status ? status : choose_points(self, n_seats);
  if (status) {
    fh_crowd_states_free(self);
    return status;
  }
  *out = self;
  return FH_OK;
}

void
fh_crowd_states_free(FhCrowdStates* const states)
{
  if (!states) {
    return;
  }
  for (size_t i = 0; i < states->n_states; ++i) {
    State* const s = &states->state[i];
    fh_raycaster_free(s->caster);
    fh_scene_clear(&s->scene);
    free(s->table);
  }
  fh_sources_free(states->sources);
  fh_raycaster_free(states->caster);
  fh_scene_clear(&states->full);
  free(states->points);
  free(states);
}

const FhScene*
fh_crowd_states_scene(const FhCrowdStates* const states)
{
  return &states->full;
}

void
fh_crowd_states_absorption_m2(const FhCrowdStates* const states,
                              const size_t state,
                              double area_m2[FH_N_OCTAVES])
{
  memcpy(area_m2, states->state[state].area_m2, FH_N_OCTAVES * sizeof(double));
}

void
fh_crowd_echograms_clear(FhCrowdEchograms* const echograms)
{
  free(echograms->p2);
  free(echograms->direct_p2);
  free(echograms->direct_s);
  free(echograms->arrival_s);
  free(echograms->distance_m);
  free(echograms->block_p2);
  memset(echograms, 0, sizeof *echograms);
}

static FhStatus
reserve(const FhCrowdStates* const states,
        const size_t n_bins,
        FhCrowdEchograms* const out)
{
  const size_t n = states->n_states * states->n_points;
  out->n_states = states->n_states;
  out->n_points = states->n_points;
  out->n_bins = n_bins;
  out->bin_s = FH_VARIANTS_BIN_S;
  out->p2 = (float(*)[8])calloc(n * n_bins + 1, sizeof *out->p2);
  out->direct_p2 = (float(*)[8])calloc(n + 1, sizeof *out->direct_p2);
  out->direct_s = (float*)calloc(states->n_points + 1, sizeof(float));
  out->arrival_s = (float*)calloc(states->n_points + 1, sizeof(float));
  out->distance_m = (float*)calloc(states->n_points + 1, sizeof(float));
  out->block_p2 =
    (float(*)[8])calloc(n * FH_VARIANTS_BLOCKS + 1, sizeof *out->block_p2);
  return out->p2 && out->direct_p2 && out->direct_s && out->arrival_s &&
             out->distance_m && out->block_p2
           ? FH_OK
           : FH_ERR_NO_MEM;
}

/// Distance from a point to the nearest loudspeaker that is not muted [m]
static float
nearest_m(const FhSources* const sources, const float at[3])
{
  float nearest = 1e9f;
  for (size_t e = 0; e < fh_sources_count(sources); ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(sources, e);
    float r2 = 0.0f;
    for (size_t k = 0; k < 3; ++k) {
      const float d = emitter->centre[k] - at[k];
      r2 += d * d;
    }
    nearest = emitter->muted ? nearest : fminf(nearest, sqrtf(r2));
  }
  return nearest;
}

/// Add the direct sound of a state to its echograms
static FhStatus
add_direct(const FhCrowdStates* const states,
           const size_t i,
           const unsigned n_threads,
           FhCrowdEchograms* const out)
{
  const State* const s = &states->state[i];
  const float(*const points)[3] = (const float(*)[3])states->points;
  FhDirectField field;
  memset(&field, 0, sizeof field);
  const FhStatus status = fh_direct_field(states->sources,
                                          s->caster,
                                          points,
                                          states->n_points,
                                          UINT64_MAX,
                                          true,
                                          n_threads ? n_threads : 1,
                                          &field);
  if (status) {
    return status;
  }
  fh_direct_field_graze(
    states->sources, &s->scene, s->caster, points, UINT64_MAX, &field);
  for (size_t p = 0; p < states->n_points; ++p) {
    const size_t receiver = i * states->n_points + p;
    float octave[FH_N_OCTAVES];
    fh_thirds_sum(field.p2[p], octave);
    const double at = (double)field.delay_energy_s[p] / out->bin_s;
    const size_t bin = at > 0.0 ? (size_t)at : 0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      out->direct_p2[receiver][b] = octave[b];
      if (bin < out->n_bins) {
        out->p2[receiver * out->n_bins + bin][b] += octave[b];
      }
      for (size_t k = 0; k < FH_VARIANTS_BLOCKS; ++k) {
        out->block_p2[receiver * FH_VARIANTS_BLOCKS + k][b] += octave[b];
      }
    }
    if (!i) {
      out->direct_s[p] = field.delay_s[p][0];
      out->arrival_s[p] = field.delay_energy_s[p];
      out->distance_m[p] = nearest_m(states->sources, points[p]);
    }
  }
  fh_direct_field_clear(&field);
  return FH_OK;
}

FhStatus
fh_crowd_states_trace(const FhCrowdStates* const states,
                      const uint64_t seed,
                      const uint64_t n_rays,
                      const unsigned n_threads,
                      const FhProgressFn progress,
                      void* const user,
                      FhCrowdEchograms* const out,
                      FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  const FhMaterial* tables[MAX_STATES];
  for (size_t i = 0; i < states->n_states; ++i) {
    tables[i] = states->state[i].table;
  }
  FhVariantsDesc desc = fh_variants_desc_default();
  desc.seed = seed;
  desc.n_rays = n_rays;
  desc.n_threads = n_threads;
  FhVariants v;
  FhStatus status = fh_trace_variants(&states->full,
                                      states->caster,
                                      states->sources,
                                      tables,
                                      states->n_states,
                                      (const float(*)[3])states->points,
                                      states->n_points,
                                      &desc,
                                      progress,
                                      user,
                                      &v,
                                      diag);
  if (status) {
    return status;
  }
  status = reserve(states, v.n_bins, out);
  const float rho_c = (float)(fh_air_density_kg_m3(&states->full.air) *
                              fh_air_speed_m_s(&states->full.air));
  const size_t n = states->n_states * states->n_points;
  for (size_t i = 0; i < n * v.n_bins && !status; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      out->p2[i][b] = v.energy[i][b] * rho_c;
    }
  }
  for (size_t i = 0; i < n * FH_VARIANTS_BLOCKS && !status; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      out->block_p2[i][b] = v.block_total[i][b] * rho_c;
    }
  }
  fh_variants_clear(&v);
  for (size_t i = 0; i < states->n_states && !status; ++i) {
    status = add_direct(states, i, n_threads, out);
  }
  if (status) {
    fh_crowd_echograms_clear(out);
  }
  return status;
}
