// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_profile.h"

#include <fh/crowd.h>
#include <fh/echogram.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Bins of the profile: as traced until here, then four in one [s]
#define FINE_UNTIL_S 0.4
#define COARSE       4u
/// First number of rays, and the most, of each emitter: a standing crowd moves
/// the floor, and its differences get sharp slowly
#define FIRST_RAYS 8192u
#define MAX_RAYS   524288u
/// A round has this many times the rays of all before it, at most
#define MAX_GROWTH 8.0
/// No house decays more slowly [s]
#define MAX_DECAY_S 60.0

static const double occupancies[FH_PROFILE_STATES] = {0.0,
                                                      0.25,
                                                      0.5,
                                                      0.75,
                                                      1.0};

FhVenueProfileDesc
fh_venue_profile_desc_default(void)
{
  return (FhVenueProfileDesc){.seed = 1, .error_db = 0.1, .n_seats = 64};
}

static FhStatus
check(const FhVenue* const venue, FhDiag* const diag)
{
  const char* wrong = NULL;
  if (!venue->n_audience) {
    wrong = "no audience: a profile tells what people change; add 'audience:'";
  } else if (!venue->n_microphones) {
    wrong = "no microphone: add the place of the measurement microphone under "
            "'microphones:'";
  } else if (venue->n_microphones > FH_PROFILE_MAX_MICS) {
    wrong = "more than 8 microphones; keep those that may be measured at";
  } else if (!venue->n_loudspeakers && !venue->n_arrays) {
    wrong = "no loudspeaker; add 'system:'";
  }
  if (!wrong) {
    return FH_OK;
  }
  fh_diag_add(diag, FH_DIAG_ERROR, venue->path, 0, 0, "%s", wrong);
  return FH_ERR_INVALID_DATA;
}

/// Number of bins of the profile, and where they begin
static size_t
make_edges(const FhCrowdEchograms* const e, float* const edge_s)
{
  const size_t n_fine = (size_t)lround(FINE_UNTIL_S / e->bin_s);
  size_t n = 0;
  size_t at = 0;
  while (at < e->n_bins && n < FH_PROFILE_MAX_BINS) {
    if (edge_s) {
      edge_s[n] = (float)((double)at * e->bin_s);
    }
    at += at < n_fine ? 1 : COARSE;
    ++n;
  }
  if (edge_s) {
    edge_s[n] = (float)((double)at * e->bin_s);
  }
  return n;
}

/// Add [n_bins] of an echogram into the bins of the profile
static void
add_bins(const FhCrowdEchograms* const e,
         const float (*const p2)[FH_N_OCTAVES],
         const double until_s,
         const double scale,
         float* const out)
{
  const size_t n_fine = (size_t)lround(FINE_UNTIL_S / e->bin_s);
  for (size_t i = 0; i < e->n_bins; ++i) {
    if ((double)i * e->bin_s >= until_s) {
      break;
    }
    const size_t bin = i < n_fine ? i : n_fine + (i - n_fine) / COARSE;
    for (size_t b = 0; b < FH_N_OCTAVES && bin < FH_PROFILE_MAX_BINS; ++b) {
      out[bin * FH_N_OCTAVES + b] += (float)(scale * (double)p2[i][b]);
    }
  }
}

static const float (*receiver_p2(const FhCrowdEchograms* const e,
                                 const size_t state,
                                 const size_t point))[FH_N_OCTAVES]
{
  return (const float(*)[FH_N_OCTAVES])(e->p2 + (state * e->n_points + point) *
                                                  e->n_bins);
}

static double
decibels(const double x)
{
  return 10.0 * log10(fmax(x, 1e-30));
}

void
venue_profile_seats(const FhCrowdEchograms* const e,
                    const size_t n_mics,
                    const size_t state,
                    float* const energy,
                    float* const early_energy,
                    float total_db[FH_N_OCTAVES],
                    float early_db[FH_N_OCTAVES])
{
  const double share = 1.0 / (double)(e->n_points - n_mics);
  double total_sum[FH_N_OCTAVES] = {0.0};
  double early_sum[FH_N_OCTAVES] = {0.0};
  for (size_t i = n_mics; i < e->n_points; ++i) {
    const float(*const p2)[FH_N_OCTAVES] = receiver_p2(e, state, i);
    // The bin of the first arrival counts whole
    const double until =
      floor((double)e->direct_s[i] / e->bin_s) * e->bin_s + FH_CROWD_EARLY_S;
    add_bins(e, p2, INFINITY, share, energy);
    add_bins(e, p2, until, share, early_energy);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      double total = 0.0;
      double early = 0.0;
      for (size_t k = 0; k < e->n_bins; ++k) {
        total += (double)p2[k][b];
        early += (double)k * e->bin_s < until ? (double)p2[k][b] : 0.0;
      }
      total_sum[b] += share * decibels(total / 4e-10);
      early_sum[b] += share * decibels(early / 4e-10);
    }
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    total_db[b] = (float)total_sum[b];
    early_db[b] = (float)early_sum[b];
  }
}

void
venue_profile_microphone(const FhCrowdEchograms* const e,
                         const size_t mic,
                         const size_t state,
                         float* const energy)
{
  add_bins(e, receiver_p2(e, state, mic), INFINITY, 1.0, energy);
}

static void
fill_seats(const FhCrowdEchograms* const e,
           const size_t n_mics,
           FhProfile* const p)
{
  const size_t n = p->n_bins * FH_N_OCTAVES;
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    venue_profile_seats(e,
                        n_mics,
                        s,
                        p->audience_energy + s * n,
                        p->audience_early + s * n,
                        p->total_db[s],
                        p->early_db[s]);
  }
}

/// A decay time, 0 where it cannot be told: a few strong late arrivals make a
/// line that hardly falls
static double
known_decay(const double t_s)
{
  return t_s > 0.0 && t_s < MAX_DECAY_S ? t_s : 0.0;
}

static FhStatus
fill_microphones(const FhCrowdEchograms* const e, FhProfile* const p)
{
  double* const edge_s = (double*)calloc(p->n_bins + 1, sizeof *edge_s);
  if (!edge_s) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i <= p->n_bins; ++i) {
    edge_s[i] = (double)p->edge_s[i];
  }
  FhStatus status = FH_OK;
  for (size_t m = 0; m < p->n_mics; ++m) {
    // A search for the delay finds what is loudest, not a fill before it
    p->mic_direct_s[m] = e->arrival_s[m];
    p->mic_distance_m[m] = e->distance_m[m];
    for (size_t s = 0; s < FH_PROFILE_STATES && !status; ++s) {
      float* const h =
        p->mic_energy + (m * FH_PROFILE_STATES + s) * p->n_bins * FH_N_OCTAVES;
      venue_profile_microphone(e, m, s, h);
      FhParameters parameters;
      const FhEchogram echogram = {.n_bins = p->n_bins,
                                   .edge_s = edge_s,
                                   .bin = (const float(*)[FH_N_OCTAVES])h,
                                   .onset_s = (double)e->arrival_s[m]};
      status = fh_echogram_parameters(&echogram, &parameters);
      for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
        const FhBandParameters* const band = &parameters.band[b];
        const double share = 1.0 / (double)p->n_mics;
        p->t20_s[s][b] += (float)(share * known_decay(band->t20_s));
        p->edt_s[s][b] += (float)(share * known_decay(band->edt_s));
      }
    }
  }
  free(edge_s);
  return status;
}

/// Level change of all receivers in a group, from some blocks of rays [dB]
static double
change_db(const FhCrowdEchograms* const e,
          const size_t first,
          const size_t last,
          const size_t base,
          const size_t state,
          const size_t band,
          const size_t without)
{
  double sum = 0.0;
  for (size_t p = first; p < last; ++p) {
    double energy[2] = {0.0, 0.0};
    for (size_t k = 0; k < FH_VARIANTS_BLOCKS; ++k) {
      if (k == without) {
        continue;
      }
      for (size_t i = 0; i < 2; ++i) {
        const size_t receiver = (i ? state : base) * e->n_points + p;
        energy[i] +=
          (double)e->block_p2[receiver * FH_VARIANTS_BLOCKS + k][band];
      }
    }
    sum += decibels(energy[1]) - decibels(energy[0]);
  }
  return sum / (double)(last - first);
}

double
venue_profile_change_se_db(const FhCrowdEchograms* const e,
                           const size_t first,
                           const size_t last,
                           const size_t base,
                           const size_t state,
                           const size_t band)
{
  const double n = FH_VARIANTS_BLOCKS;
  double mean = 0.0;
  double square = 0.0;
  for (size_t k = 0; k < FH_VARIANTS_BLOCKS; ++k) {
    const double x = change_db(e, first, last, base, state, band, k);
    mean += x / n;
    square += x * x / n;
  }
  return sqrt(fmax(square - mean * mean, 0.0) * (n - 1.0));
}

/// Errors of the mean of the seats and of the microphone that the auto-EQ
/// listens to, the first; the largest over occupancies
static double
fill_errors(const FhCrowdEchograms* const e,
            const size_t n_mics,
            float se_db[FH_N_OCTAVES])
{
  double worst = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double most = 0.0;
    for (size_t s = 1; s < FH_PROFILE_STATES; ++s) {
      most =
        fmax(most, venue_profile_change_se_db(e, n_mics, e->n_points, 0, s, b));
      most = fmax(most, venue_profile_change_se_db(e, 0, 1, 0, s, b));
    }
    se_db[b] = (float)most;
    worst = fmax(worst, most);
  }
  return worst;
}

static void
fill_about(const FhVenue* const venue,
           const FhCrowdStates* const states,
           FhProfile* const p)
{
  const FhScene* const scene = fh_crowd_states_scene(states);
  snprintf(p->venue, sizeof p->venue, "%s", venue->name);
  snprintf(p->hash, sizeof p->hash, "%016llx", (unsigned long long)venue->hash);
  p->air = venue->air;
  p->volume_m3 = scene->volume_m3;
  p->surface_m2 = scene->surface_m2;
  p->open_air = venue->open_air ? 1.0 : 0.0;
  double standing = 0.0;
  for (size_t a = 0; a < venue->n_audience; ++a) {
    p->capacity += venue->audience[a].capacity;
  }
  for (size_t i = 0; i < scene->n_seats; ++i) {
    const FhSeat* const seat = &scene->seats[i];
    p->audience_m2 += (double)seat->area_m2;
    if (venue->audience[seat->area].posture == FH_POSTURE_STANDING) {
      standing += (double)seat->area_m2;
    }
  }
  p->standing = p->audience_m2 > 0.0 ? standing / p->audience_m2 : 0.0;
  double m[FH_N_OCTAVES];
  double empty[FH_N_OCTAVES];
  fh_air_octaves(&p->air, m);
  fh_crowd_states_absorption_m2(states, 0, empty);
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    double area[FH_N_OCTAVES];
    fh_crowd_states_absorption_m2(states, s, area);
    p->occupancy[s] = (float)occupancies[s];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      p->added_m2[s][b] = (float)(area[b] - empty[b]);
      p->empty_m2[b] = (float)(empty[b] + 4.0 * m[b] * p->volume_m3);
    }
  }
  for (size_t i = 0; i < p->n_mics; ++i) {
    snprintf(p->mic[i], sizeof p->mic[i], "%s", venue->microphones[i].name);
  }
}

FhStatus
venue_profile_fill(const FhVenue* const venue,
                   const FhCrowdStates* const states,
                   const FhCrowdEchograms* const e,
                   FhProfile** const out)
{
  FhProfile* const p =
    fh_profile_new(venue->n_microphones, make_edges(e, NULL));
  if (!p) {
    return FH_ERR_NO_MEM;
  }
  make_edges(e, p->edge_s);
  fill_about(venue, states, p);
  fill_seats(e, p->n_mics, p);
  fill_errors(e, p->n_mics, p->difference_se_db);
  const FhStatus status = fill_microphones(e, p);
  if (status) {
    fh_profile_free(p);
    return status;
  }
  *out = p;
  return FH_OK;
}

/// Add to energies those of another round, whose rays are a share of all
static void
mix(float (*const to)[FH_N_OCTAVES],
    const float (*const from)[FH_N_OCTAVES],
    const size_t n,
    const float share)
{
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      to[i][b] += share * (from[i][b] - to[i][b]);
    }
  }
}

/// Make one of two rounds; `more` is cleared. Blocks go with blocks, and stay
/// independent
static void
add_round(FhCrowdEchograms* const all,
          FhCrowdEchograms* const more,
          const double share)
{
  double part = share;
  if (more->n_bins > all->n_bins) {
    const FhCrowdEchograms longer = *more;
    *more = *all;
    *all = longer;
    part = 1.0 - share;
  }
  const size_t n = all->n_states * all->n_points;
  const float f = (float)part;
  for (size_t i = 0; i < n; ++i) {
    float(*const to)[FH_N_OCTAVES] = all->p2 + i * all->n_bins;
    mix(to,
        (const float(*)[FH_N_OCTAVES])(more->p2 + i * more->n_bins),
        more->n_bins,
        f);
    // The shorter one has nothing there
    for (size_t k = more->n_bins; k < all->n_bins; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        to[k][b] *= 1.0f - f;
      }
    }
  }
  mix(all->block_p2,
      (const float(*)[FH_N_OCTAVES])more->block_p2,
      n * FH_VARIANTS_BLOCKS,
      f);
  fh_crowd_echograms_clear(more);
}

/// Trace until differences are as sharp as asked for, or rays as many as
/// allowed
static FhStatus
trace_rounds(const FhCrowdStates* const states,
             const FhVenueProfileDesc* const desc,
             const size_t n_mics,
             const FhProgressFn progress,
             void* const user,
             FhCrowdEchograms* const out,
             FhDiag* const diag)
{
  uint64_t n_rays = desc->n_rays ? desc->n_rays : FIRST_RAYS;
  FhStatus status = fh_crowd_states_trace(
    states, desc->seed, n_rays, desc->n_threads, progress, user, out, diag);
  for (uint64_t round = 1; !status && !desc->n_rays; ++round) {
    float se_db[FH_N_OCTAVES];
    const double excess = fill_errors(out, n_mics, se_db) / desc->error_db;
    if (excess <= 1.0 || n_rays >= MAX_RAYS) {
      if (excess > 1.0) {
        fh_diag_add(diag,
                    FH_DIAG_WARNING,
                    NULL,
                    0,
                    0,
                    "differences have a standard error of %.2f dB, not the "
                    "%.2f dB asked for; give --rays for more",
                    excess * desc->error_db,
                    desc->error_db);
      }
      break;
    }
    const double growth =
      fmin(fmax(1.2 * excess * excess - 1.0, 0.5), MAX_GROWTH);
    const uint64_t wanted = (uint64_t)(growth * (double)n_rays);
    const uint64_t n_more =
      wanted < MAX_RAYS - n_rays ? wanted : MAX_RAYS - n_rays;
    FhCrowdEchograms more;
    status = fh_crowd_states_trace(states,
                                   desc->seed + (round << 32),
                                   n_more,
                                   desc->n_threads,
                                   progress,
                                   user,
                                   &more,
                                   diag);
    if (!status) {
      n_rays += n_more;
      add_round(out, &more, (double)n_more / (double)n_rays);
    }
  }
  if (status) {
    fh_crowd_echograms_clear(out);
  }
  return status;
}

FhStatus
fh_venue_profile_make(const FhVenue* const venue,
                      const FhVenueProfileDesc* const desc,
                      const FhProgressFn progress,
                      void* const user,
                      FhProfile** const out,
                      FhDiag* const diag)
{
  *out = NULL;
  FhStatus status = check(venue, diag);
  if (status) {
    return status;
  }
  FhCrowdState wanted[FH_PROFILE_STATES];
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    wanted[s] = (FhCrowdState){.occupancy = occupancies[s], .clothing = 1.0};
  }
  FhCrowdStates* states = NULL;
  status = fh_crowd_states_new(
    venue, wanted, FH_PROFILE_STATES, desc->n_seats, &states, diag);
  FhCrowdEchograms e;
  memset(&e, 0, sizeof e);
  if (!status) {
    status = trace_rounds(
      states, desc, venue->n_microphones, progress, user, &e, diag);
  }
  status = status ? status : venue_profile_fill(venue, states, &e, out);
  fh_crowd_echograms_clear(&e);
  fh_crowd_states_free(states);
  return status;
}
