// SPDX-License-Identifier: GPL-3.0-or-later
#include "example.h"

#include "venue_profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What plans do not know, as standard deviations
#define SURFACE_SD    0.12 ///< Log absorption of a surface, all bands
#define SURFACE_BY_HZ 0.15 ///< The same, smooth over frequency
#define ROUGHNESS_SD  0.3  ///< Log scattering
#define PEOPLE_SD     0.12 ///< Log absorption of people, smooth over frequency
#define PEOPLE_LOW_SD 0.2  ///< More at 63 and 125 Hz
#define CLOTHING_SD   0.25
#define TILT_SD       0.09
#define UNEVEN_SD     0.15 ///< Of the areas' occupancies
#define PLACE_SD_M    0.5  ///< Of the microphone, along and across
/// Streams of random numbers beside the venue's own
enum { PURPOSE_REAL = 100 };
/// Seed of venues that are held out, over the seed of the others
#define HELD_OUT_SEED 0x68656c64u

CrowdExampleDesc
crowd_example_desc_default(void)
{
  return (CrowdExampleDesc){.seed = 1, .n_rays = 1024, .n_seats = 24};
}

/// Rays that a class needs over those of a theatre for errors of the same size:
/// where most of a crowd's absorption is in reach of few reflections, or the
/// seats are far from each other, a ray says less
static uint64_t
rays_of(const CrowdExampleDesc* const desc, const CrowdClass klass)
{
  const uint64_t factor[] = {4, 1, 2, 8, 8, 32};
  return factor[klass] * desc->n_rays;
}

CrowdClass
crowd_example_class(const uint32_t index)
{
  return (CrowdClass)(index % 6u);
}

bool
crowd_example_held_out(const uint32_t index)
{
  return index / 6u % 6u == 5u;
}

uint32_t
crowd_example_fold(const uint32_t index, const uint32_t n_folds)
{
  const uint32_t round = index / 6u;
  return crowd_example_held_out(index) ? n_folds
                                       : (round - round / 6u) % n_folds;
}

/// The house as it is
typedef struct {
  FhVenue venue; ///< Surfaces as they are
  double people[FH_N_OCTAVES];
  double spread[CROWD_N_REAL][8];
  FhCrowdState state[FH_PROFILE_STATES + CROWD_N_REAL];
} House;

static void
change_surface(CrowdRandom* const random, FhMaterial* const m)
{
  double curve[FH_N_OCTAVES];
  crowd_smooth_curve(random, curve);
  const double all = SURFACE_SD * crowd_normal(random);
  const double rough = exp(ROUGHNESS_SD * crowd_normal(random));
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double a =
      (double)m->absorption[b] * exp(all + SURFACE_BY_HZ * curve[b]);
    m->absorption[b] = (float)fmin(fmax(a, 0.005), 0.98);
    m->scattering[b] = (float)fmin(rough * (double)m->scattering[b], 0.95);
  }
  fh_octaves_to_thirds(m->absorption, m->absorption_third);
  fh_octaves_to_thirds(m->scattering, m->scattering_third);
}

/// A second microphone, where it really stands
static FhStatus
add_real_microphone(CrowdRandom* const random, FhVenue* const v)
{
  FhMicrophone* const grown =
    (FhMicrophone*)realloc(v->microphones, 2 * sizeof *v->microphones);
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  v->microphones = grown;
  v->n_microphones = 2;
  grown[1] = grown[0];
  snprintf(grown[1].name, sizeof grown[1].name, "real");
  for (size_t k = 0; k < 2; ++k) {
    grown[1].at[k] += PLACE_SD_M * fmin(fmax(crowd_normal(random), -2.0), 2.0);
  }
  return FH_OK;
}

/// Share of all persons that are there
static double
total_occupancy(const FhVenue* const v, const FhCrowdState* const s)
{
  double persons = 0.0;
  double capacity = 0.0;
  for (size_t a = 0; a < v->n_audience; ++a) {
    const double spread = s->spread ? s->spread[a] : 1.0;
    persons += fmin(s->occupancy * spread, 1.0) * v->audience[a].capacity;
    capacity += v->audience[a].capacity;
  }
  return persons / capacity;
}

static FhStatus
draw_house(CrowdRandom* const random,
           const FhVenue* const plans,
           House* const h)
{
  memset(h, 0, sizeof *h);
  FhStatus status = fh_venue_copy(plans, &h->venue);
  for (size_t m = 0; m < plans->mesh.n_materials && !status; ++m) {
    change_surface(random, &h->venue.materials[m]);
  }
  double curve[FH_N_OCTAVES];
  crowd_smooth_curve(random, curve);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    h->people[b] = exp((b < 2 ? PEOPLE_LOW_SD : PEOPLE_SD) * curve[b]);
  }
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    h->state[s] =
      (FhCrowdState){.occupancy = 0.25 * (double)s, .clothing = 1.0};
  }
  for (size_t s = 0; s < CROWD_N_REAL; ++s) {
    FhCrowdState* const state = &h->state[FH_PROFILE_STATES + s];
    *state = (FhCrowdState){.clothing = 1.0, .as = &h->venue};
    if (!s) {
      continue;
    }
    // Fifths of the occupancy, and often an empty house
    const double u = crowd_uniform(random, 0.0, 1.0);
    const double o = ((double)(s - 1) + u) / (double)CROWD_N_SHOWS;
    state->occupancy = s == 1 ? fmax(2.0 * o - 0.15, 0.0) : o;
    state->clothing = exp(CLOTHING_SD * crowd_normal(random));
    state->tilt = TILT_SD * crowd_normal(random);
    for (size_t a = 0; a < 8; ++a) {
      h->spread[s][a] = fmax(1.0 + UNEVEN_SD * crowd_normal(random), 0.0);
    }
    state->people = h->people;
    state->spread = plans->n_audience <= 8 ? h->spread[s] : NULL;
  }
  return status;
}

static FhStatus
keep_real(const FhCrowdEchograms* const e, CrowdExample* const out)
{
  const size_t n = out->profile->n_bins * FH_N_OCTAVES;
  out->mic = (float*)calloc(CROWD_N_REAL * n, sizeof(float));
  out->seats = (float*)calloc(CROWD_N_REAL * n, sizeof(float));
  out->early = (float*)calloc(CROWD_N_REAL * n, sizeof(float));
  if (!out->mic || !out->seats || !out->early) {
    return FH_ERR_NO_MEM;
  }
  out->real_direct_s = (double)e->direct_s[1];
  for (size_t s = 0; s < CROWD_N_REAL; ++s) {
    const size_t state = FH_PROFILE_STATES + s;
    venue_profile_microphone(e, 1, state, out->mic + s * n);
    venue_profile_seats(e,
                        2,
                        state,
                        out->seats + s * n,
                        out->early + s * n,
                        out->total_db[s],
                        out->early_db[s]);
    for (size_t b = 0; b < FH_N_OCTAVES && s; ++b) {
      const double se = venue_profile_change_se_db(
        e, 2, e->n_points, FH_PROFILE_STATES, state, b);
      out->se_db[b] = fmaxf(out->se_db[b], (float)se);
    }
  }
  return FH_OK;
}

FhStatus
crowd_example_trace(const CrowdExampleDesc* const desc,
                    const uint32_t index,
                    const FhProgressFn progress,
                    void* const user,
                    CrowdExample* const out,
                    FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  out->index = index;
  out->klass = crowd_example_class(index);
  out->held_out = crowd_example_held_out(index);
  const uint64_t seed = out->held_out ? desc->seed ^ HELD_OUT_SEED : desc->seed;
  FhVenue plans;
  FhStatus status = crowd_generate(out->klass, seed, index, &plans);
  if (status) {
    return status;
  }
  CrowdRandom random = crowd_random(seed, index, PURPOSE_REAL);
  House* const house = (House*)calloc(1, sizeof *house);
  FhCrowdStates* states = NULL;
  FhCrowdEchograms e;
  memset(&e, 0, sizeof e);
  status = house ? add_real_microphone(&random, &plans) : FH_ERR_NO_MEM;
  status = status ? status : draw_house(&random, &plans, house);
  if (!status) {
    status = fh_crowd_states_new(&plans,
                                 house->state,
                                 FH_PROFILE_STATES + CROWD_N_REAL,
                                 desc->n_seats,
                                 &states,
                                 diag);
  }
  if (!status) {
    status = fh_crowd_states_trace(states,
                                   seed + index,
                                   rays_of(desc, out->klass),
                                   desc->n_threads,
                                   progress,
                                   user,
                                   &e,
                                   diag);
  }
  status =
    status ? status : venue_profile_fill(&plans, states, &e, &out->profile);
  status = status ? status : keep_real(&e, out);
  for (size_t s = 1; s < CROWD_N_REAL && !status; ++s) {
    out->occupancy[s] =
      total_occupancy(&plans, &house->state[FH_PROFILE_STATES + s]);
  }
  fh_crowd_echograms_clear(&e);
  fh_crowd_states_free(states);
  if (house) {
    fh_venue_clear(&house->venue);
  }
  free(house);
  fh_venue_clear(&plans);
  if (status) {
    crowd_example_clear(out);
  }
  return status;
}

void
crowd_example_clear(CrowdExample* const example)
{
  fh_profile_free(example->profile);
  free(example->mic);
  free(example->seats);
  free(example->early);
  memset(example, 0, sizeof *example);
}
