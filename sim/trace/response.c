// SPDX-License-Identifier: GPL-3.0-or-later
#include "response.h"

#include "diffract.h"
#include "unseen.h"

#include <stdlib.h>

/// A growing list of arrivals
typedef struct {
  const Engine* engine; ///< Of the octet that is listed
  const Detector* mic;
  FhArrival* arrival;
  size_t n, n_room;
  bool failed;
} Arrivals;

static void
add_arrival(void* const user, const FhArrival* const arrival)
{
  Arrivals* const list = (Arrivals*)user;
  if (list->n == list->n_room) {
    const size_t n_room = list->n_room ? 2 * list->n_room : 64;
    FhArrival* const grown =
      (FhArrival*)realloc(list->arrival, n_room * sizeof(FhArrival));
    if (!grown) {
      list->failed = true;
      return;
    }
    list->arrival = grown;
    list->n_room = n_room;
  }
  FhArrival* const kept = &list->arrival[list->n++];
  *kept = arrival[list->engine->octet];
  f8_store(kept->intensity,
           f8_load(kept->intensity) *
             engine_graze(list->engine, list->mic, arrival->direction));
}

static int
by_time(const void* const a, const void* const b)
{
  const FhArrival* const x = (const FhArrival*)a;
  const FhArrival* const y = (const FhArrival*)b;
  if (x->time_s != y->time_s) {
    return x->time_s < y->time_s ? -1 : 1;
  }
  for (size_t k = 0; k < 3; ++k) {
    if (x->direction[k] != y->direction[k]) {
      return x->direction[k] < y->direction[k] ? -1 : 1;
    }
  }
  return 0;
}

static double
ray_count(const Tally* const tally)
{
  int64_t n = 0;
  for (unsigned b = 0; b < N_BLOCKS; ++b) {
    n += tally->n_rays[b];
  }
  return (double)n;
}

/// What one count of a tally is worth, per unit of the emitter's power
static double
unit_of(const double n_rays)
{
  return n_rays > 0.0 ? 1.0 / (n_rays * FIXED_ONE) : 0.0;
}

/// One block's estimate of a block bin, per unit of power, without air
static double
block_value(const Engine* const engine,
            const Tally* const tally,
            const unsigned block,
            const size_t mic,
            const size_t bin,
            const size_t band)
{
  const size_t at = (block * engine->n_mics + mic) * engine->n_block_bins + bin;
  return (double)tally->blocks[at][band] *
         unit_of((double)tally->n_rays[block]);
}

/// Air on the way of what arrives in a block bin
static double
block_air(const Engine* const engine,
          const size_t emitter,
          const Sight* const sight,
          const size_t bin,
          const size_t band)
{
  const double after =
    0.5 * (fh_trace_block_edge_s(bin) + fh_trace_block_edge_s(bin + 1));
  const double path = ((double)sight->direct_s + after -
                       engine->emitters[emitter].radiator.delay_s) *
                      (double)engine->speed_m_s;
  return exp(-(double)engine->air[band] * path);
}

/// Early and late energy of one pair in one block, per unit of power
typedef struct {
  double early, late;
} Split;

static void
add_sure(void* const user, const FhArrival* const arrival)
{
  add_arrival(user, arrival);
}

static double
level_of(const Split s)
{
  return 10.0 * log10(s.early + s.late + 1e-300);
}

/// Above 15 dB or so nobody hears how much clearer than clear it is
static double
c80_of(const Split s)
{
  return 10.0 * log10((s.early + 1e-300) / (s.late + 0.03 * s.early + 1e-300));
}

/// Squared error of a jackknife with what may be unseen, and the shift that it
/// would bring
static double
squared_error(const double left_out[N_BLOCKS],
              const double shift_early,
              const double shift_late)
{
  const double n = (double)N_BLOCKS;
  double mean = 0.0;
  for (unsigned k = 0; k < N_BLOCKS; ++k) {
    mean += left_out[k] / n;
  }
  double sum = 0.0;
  for (unsigned k = 0; k < N_BLOCKS; ++k) {
    sum += (n - 1.0) / n * (left_out[k] - mean) * (left_out[k] - mean);
  }
  const double shift = hypot(shift_early, shift_late);
  const double error = sqrt(sum + shift * shift) + shift / FH_TRACE_INTERVAL_95;
  return error * error;
}

/// Squared standard errors of level and C80 in one octave [dB2]
static void
pair_variance(const Split block[N_BLOCKS],
              const Split sure,
              double* const level2,
              double* const c80_2)
{
  const double n = (double)N_BLOCKS;
  double early[N_BLOCKS] = {0.0};
  double late[N_BLOCKS] = {0.0};
  for (unsigned k = 0; k < N_BLOCKS; ++k) {
    early[k] = block[k].early;
    late[k] = block[k].late;
  }
  const BlockSum sum[2] = {block_sum(early, N_BLOCKS),
                           block_sum(late, N_BLOCKS)};
  *level2 = 0.0;
  *c80_2 = 0.0;
  if (!(sum[0].mean + sum[1].mean > 0.0)) {
    return;
  }
  // Jackknife: leave out one block at a time
  double level[N_BLOCKS];
  double c80[N_BLOCKS];
  for (unsigned k = 0; k < N_BLOCKS; ++k) {
    const Split left = {sure.early + (n * sum[0].mean - early[k]) / (n - 1.0),
                        sure.late + (n * sum[1].mean - late[k]) / (n - 1.0)};
    level[k] = level_of(left);
    c80[k] = c80_of(left);
  }
  const Split all = {sure.early + sum[0].mean, sure.late + sum[1].mean};
  const Split more[2] = {{all.early + block_unseen(sum[0], 0.0), all.late},
                         {all.early, all.late + block_unseen(sum[1], 0.0)}};
  *level2 = squared_error(level,
                          level_of(more[0]) - level_of(all),
                          level_of(more[1]) - level_of(all));
  *c80_2 = squared_error(
    c80, c80_of(more[0]) - c80_of(all), c80_of(more[1]) - c80_of(all));
}

/// What one emitter means to one microphone in one octave
typedef struct {
  double energy; ///< Direct sound included [W/m2]
  double level2; ///< Squared standard errors [dB2]
  double c80_2;
} PairError;

static PairError
pair_error(const Engine* const engine,
           const Arrivals* const sure,
           const Sight* const sight,
           const Tally* const mirrored,
           const Tally* const scattered,
           const size_t e,
           const size_t m,
           const size_t b)
{
  PairError error = {0.0, 0.0, 0.0};
  const double power = (double)engine->emitters[e].radiator.power_w[b];
  if (!(power > 0.0)) {
    return error;
  }
  // The listener's error is that of all the sound, the direct one too
  Split fixed = {(double)sight->direct[b], 0.0};
  for (size_t i = 0; i < sure->n; ++i) {
    const double w = (double)sure->arrival[i].intensity[b] / power;
    if (sure->arrival[i].time_s - sight->direct_s < 0.08f) {
      fixed.early += w;
    } else {
      fixed.late += w;
    }
  }
  Split block[N_BLOCKS];
  double mean = 0.0;
  for (unsigned k = 0; k < N_BLOCKS; ++k) {
    block[k].early = 0.0;
    block[k].late = 0.0;
    for (size_t bin = 0; bin < engine->n_block_bins; ++bin) {
      const double w = (block_value(engine, mirrored, k, m, bin, b) +
                        block_value(engine, scattered, k, m, bin, b)) *
                       block_air(engine, e, sight, bin, b);
      if (bin < FH_TRACE_EARLY_BINS) {
        block[k].early += w;
      } else {
        block[k].late += w;
      }
    }
    mean += (block[k].early + block[k].late) / (double)N_BLOCKS;
  }
  pair_variance(block, fixed, &error.level2, &error.c80_2);
  error.energy = power * (fixed.early + fixed.late + mean);
  return error;
}

/*
  Root mean square over the microphones, each emitter weighed by what it means
  there: equal ones alike, and one that is 20 dB under the loudest hardly. What
  a subwoofer leaves at 4 kHz, or a front fill at the far end, needs no rays.
*/
double
response_excess_error(const Engine* const engine,
                      Images* const* const images,
                      const Sight* const sights,
                      const Tally* const mirrored,
                      const Tally* const scattered,
                      const double error_db)
{
  const size_t n = engine->n_emitters;
  PairError(*const pair)[FH_N_OCTAVES] =
    (PairError(*)[FH_N_OCTAVES])calloc(n + 1, sizeof *pair);
  if (!pair) {
    return 0.0;
  }
  const size_t first = 1;
  const size_t last = 6;
  double level2[FH_N_OCTAVES] = {0.0};
  double c80_2[FH_N_OCTAVES] = {0.0};
  double weight[FH_N_OCTAVES] = {0.0};
  for (size_t m = 0; m < engine->n_mics; ++m) {
    double loudest[FH_N_OCTAVES] = {0.0};
    for (size_t e = 0; e < n; ++e) {
      Arrivals sure = {engine, &engine->mics[m], NULL, 0, 0, false};
      images_arrivals(images[e], engine->mics[m].at, 0, add_sure, &sure);
      for (size_t b = first; b <= last; ++b) {
        pair[e][b] = pair_error(engine,
                                &sure,
                                &sights[e * engine->n_mics + m],
                                &mirrored[e],
                                &scattered[e],
                                e,
                                m,
                                b);
        loudest[b] = fmax(loudest[b], pair[e][b].energy);
      }
      free(sure.arrival);
    }
    for (size_t e = 0; e < n; ++e) {
      for (size_t b = first; b <= last; ++b) {
        const double share =
          loudest[b] > 0.0 ? pair[e][b].energy / loudest[b] : 0.0;
        const double w = fmin(1.0, 4.0 * share);
        level2[b] += w * pair[e][b].level2;
        c80_2[b] += w * pair[e][b].c80_2;
        weight[b] += w;
      }
    }
  }
  free(pair);
  double worst = 0.0;
  for (size_t b = first; b <= last; ++b) {
    if (weight[b] > 0.0) {
      worst = fmax(worst, sqrt(level2[b] / weight[b]) / error_db);
      worst = fmax(worst, 0.3 * sqrt(c80_2[b] / weight[b]) / error_db);
    }
  }
  return worst;
}

static FhStatus
fill_blocks(const Engine* const engine,
            const size_t e,
            const size_t m,
            const Sight* const sight,
            const Tally* const mirrored,
            const Tally* const scattered,
            FhPairResponse* const pair)
{
  pair->n_blocks = N_BLOCKS;
  pair->n_block_bins = engine->n_block_bins;
  pair->block_energy =
    (float(*)[3][FH_N_OCTAVES])calloc(N_BLOCKS, sizeof *pair->block_energy);
  pair->block_bins = (float(*)[FH_N_OCTAVES])calloc(
    N_BLOCKS * engine->n_block_bins, sizeof *pair->block_bins);
  pair->unseen =
    (float(*)[FH_N_OCTAVES])calloc(engine->n_block_bins, sizeof *pair->unseen);
  if (!pair->block_energy || !pair->block_bins || !pair->unseen) {
    return FH_ERR_NO_MEM;
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double power = (double)engine->emitters[e].radiator.power_w[b];
    for (size_t bin = 0; bin < engine->n_block_bins; ++bin) {
      const double air = block_air(engine, e, sight, bin, b);
      for (unsigned k = 0; k < N_BLOCKS; ++k) {
        const double w = power * air *
                         (block_value(engine, mirrored, k, m, bin, b) +
                          block_value(engine, scattered, k, m, bin, b));
        pair->block_bins[k * engine->n_block_bins + bin][b] = (float)w;
        for (size_t i = bin < 5 ? 0 : bin < 8 ? 1 : 2; i < 3; ++i) {
          pair->block_energy[k][i][b] += (float)w;
        }
      }
    }
  }
  return FH_OK;
}

/// Block bins before (0) and after (1) 80 ms
static void
part_of(const FhPairResponse* const pair,
        const unsigned part,
        size_t* const first,
        size_t* const last)
{
  const size_t n = pair->n_block_bins;
  const size_t split = n < FH_TRACE_EARLY_BINS ? n : FH_TRACE_EARLY_BINS;
  *first = part ? split : 0;
  *last = part ? n : split;
}

static BlockSum
sum_of_part(const FhPairResponse* const pair,
            const unsigned part,
            const size_t band)
{
  double block[N_BLOCKS] = {0.0};
  size_t first = 0;
  size_t last = 0;
  part_of(pair, part, &first, &last);
  for (unsigned k = 0; k < N_BLOCKS; ++k) {
    for (size_t bin = first; bin < last; ++bin) {
      block[k] += (double)pair->block_bins[k * pair->n_block_bins + bin][band];
    }
  }
  return block_sum(block, N_BLOCKS);
}

/// Spread what may be unseen as the strongest block has it
static void
spread_unseen(FhPairResponse* const pair,
              const unsigned part,
              const size_t band,
              const BlockSum sum,
              const double unseen)
{
  size_t first = 0;
  size_t last = 0;
  part_of(pair, part, &first, &last);
  float(*const row)[FH_N_OCTAVES] =
    pair->block_bins + sum.strongest * pair->n_block_bins;
  const double all = sum.mean + (double)N_BLOCKS * sum.most;
  for (size_t bin = first; bin < last && all > 0.0; ++bin) {
    pair->unseen[bin][band] = (float)(unseen * (double)row[bin][band] / all);
  }
  if (!(all > 0.0) && first < last) {
    pair->unseen[first + (last - first) / 4][band] = (float)unseen;
  }
}

/// What the microphones may have missed of one emitter
static void
fill_unseen(FhPairResponse* const pairs, const size_t n_mics)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    for (unsigned part = 0; part < 2; ++part) {
      double pool = 0.0;
      for (size_t m = 0; m < n_mics; ++m) {
        pool = fmax(pool, sum_of_part(&pairs[m], part, b).most);
      }
      for (size_t m = 0; m < n_mics; ++m) {
        const BlockSum sum = sum_of_part(&pairs[m], part, b);
        spread_unseen(&pairs[m], part, b, sum, block_unseen(sum, pool));
      }
    }
  }
}

static FhStatus
fill_pair(const Engine* const engine,
          const size_t e,
          const size_t m,
          const Images* const images,
          const Sight* const sight,
          const Tally* const mirrored,
          const Tally* const scattered,
          FhPairResponse* const pair)
{
  const FhRadiator* const radiator = &engine->emitters[e].radiator;
  Arrivals list = {engine, &engine->mics[m], NULL, 0, 0, false};
  images_arrivals(images, engine->mics[m].at, 0, add_arrival, &list);
  diffraction_arrivals(engine - engine->octet,
                       &engine->emitters[e],
                       engine->mics[m].at,
                       add_arrival,
                       &list);
  pair->arrivals = list.arrival;
  pair->n_arrivals = list.n;
  if (list.n) {
    qsort(list.arrival, list.n, sizeof(FhArrival), by_time);
  }
  pair->bin_s = (double)FINE_BIN_S;
  pair->n_bins = engine->n_bins;
  pair->direct_s = (double)sight->direct_s;
  pair->late =
    (float(*)[FH_N_OCTAVES])calloc(engine->n_bins, sizeof *pair->late);
  pair->late_lateral =
    (float(*)[2])calloc(engine->n_bins, sizeof *pair->late_lateral);
  if (list.failed || !pair->late || !pair->late_lateral) {
    return FH_ERR_NO_MEM;
  }

  const double unit[2] = {unit_of(ray_count(mirrored)),
                          unit_of(ray_count(scattered))};
  const Tally* const tally[2] = {mirrored, scattered};
  for (size_t bin = 0; bin < engine->n_bins; ++bin) {
    const size_t at = m * engine->n_bins + bin;
    const double path =
      (((double)bin + 0.5) * (double)FINE_BIN_S - radiator->delay_s) *
      (double)engine->speed_m_s;
    double broad = 0.0;
    double lateral[2] = {0.0, 0.0};
    for (size_t t = 0; t < 2; ++t) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        const double w = (double)tally[t]->fine[at][b] * unit[t];
        broad += b >= 1 && b <= 4 ? w : 0.0;
        pair->late[bin][b] +=
          (float)(w * (double)radiator->power_w[b] *
                  exp(-(double)engine->air[b] * fmax(path, 0.0)));
      }
      for (size_t i = 0; i < 2; ++i) {
        lateral[i] += (double)tally[t]->lateral[at][i] * unit[t];
      }
    }
    for (size_t i = 0; i < 2; ++i) {
      pair->late_lateral[bin][i] =
        broad > 0.0 ? (float)fmin(1.0, lateral[i] / broad) : 0.0f;
    }
  }
  return fill_blocks(engine, e, m, sight, mirrored, scattered, pair);
}

static double
share_of(const int64_t part, const int64_t whole)
{
  return whole > 0 ? (double)part / (double)whole : 0.0;
}

static FhStatus
fill_books(const Engine* const engine,
           const Tally* const scattered,
           FhTraceResult* const out)
{
  out->n_materials = engine->n_surfaces;
  out->absorbed_by = (double(*)[FH_N_OCTAVES])calloc(engine->n_surfaces,
                                                     sizeof *out->absorbed_by);
  if (!out->absorbed_by) {
    return FH_ERR_NO_MEM;
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double total = 0.0;
    for (size_t e = 0; e < engine->n_emitters; ++e) {
      total += (double)engine->emitters[e].radiator.power_w[b];
    }
    for (size_t e = 0; e < engine->n_emitters && total > 0.0; ++e) {
      const Ledger* const ledger = scattered[e].ledger;
      const double power =
        (double)engine->emitters[e].radiator.power_w[b] / total;
      const int64_t emitted = ledger->emitted[b];
      FhEnergyBalance* const balance = &out->balance;
      balance->air[b] += power * share_of(ledger->air[b], emitted);
      balance->escaped[b] += power * share_of(ledger->escaped[b], emitted);
      balance->left[b] += power * share_of(ledger->left[b], emitted);
      balance->sampling[b] += power * share_of(-ledger->sampling[b], emitted);
      for (size_t i = 0; i < engine->n_surfaces; ++i) {
        const double share =
          power * share_of(scattered[e].absorbed[i][b], emitted);
        out->absorbed_by[i][b] += share;
        balance->absorbed[b] += share;
      }
    }
  }
  return FH_OK;
}

FhStatus
response_fill(const Engine* const engine,
              Images* const* const images,
              const Sight* const sights,
              const Tally* const mirrored,
              const Tally* const scattered,
              FhTraceResult* const out)
{
  out->n_emitters = engine->n_emitters;
  out->n_microphones = engine->n_mics;
  out->pairs = (FhPairResponse*)calloc(engine->n_emitters * engine->n_mics + 1,
                                       sizeof *out->pairs);
  if (!out->pairs) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = FH_OK;
  for (size_t e = 0; e < engine->n_emitters && !status; ++e) {
    for (size_t m = 0; m < engine->n_mics && !status; ++m) {
      const size_t i = e * engine->n_mics + m;
      status = fill_pair(engine,
                         e,
                         m,
                         images[e],
                         &sights[i],
                         &mirrored[e],
                         &scattered[e],
                         &out->pairs[i]);
    }
    if (!status) {
      fill_unseen(out->pairs + e * engine->n_mics, engine->n_mics);
    }
    const Ledger* const ledger = scattered[e].ledger;
    out->n_bounces +=
      (uint64_t)(ledger->n_bounces + mirrored[e].ledger->n_bounces);
    out->n_escaped += (uint64_t)ledger->n_escaped;
  }
  out->n_rays_done = (uint64_t)ray_count(&scattered[0]);
  return status ? status : fill_books(engine, scattered, out);
}
