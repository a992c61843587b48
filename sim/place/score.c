// SPDX-License-Identifier: GPL-3.0-or-later
#include "../result/listener.h"
#include "place_private.h"

#include <math.h>
#include <stdlib.h>

/// What one unit of cost is
#define DEAD_UNIT     0.05 ///< Share of the audience
#define STI_UNIT      0.1  ///< Mean shortfall
#define LEVEL_UNIT_DB 3.0
/// Standard deviations between 5 % and 95 % of a normal distribution
#define SPREAD_SIGMAS 3.2897
/// Over how much a seat turns from alive to dead in the cost: dB for quiet,
/// muffled and cancelled; STI; echo criterion
static const double soft_width[FH_N_DEAD_REASONS] = {1.5, 1.5, 0.03, 2.0, 0.15};

/// A level and what its seat stands for
typedef struct {
  double value, weight;
} Weighted;

static int
by_value(const void* const a, const void* const b)
{
  const double x = ((const Weighted*)a)->value;
  const double y = ((const Weighted*)b)->value;
  return (x > y) - (x < y);
}

/// The value below which `share` of the weight lies; `list` is sorted
static double
quantile(const Weighted* const list,
         const size_t n,
         const double total,
         const double share)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += list[i].weight;
    if (sum >= share * total) {
      return list[i].value;
    }
  }
  return n ? list[n - 1].value : 0.0;
}

/// How far a seat counts as dead: 0.5 at the threshold
static double
softly_dead(const float margin[FH_N_DEAD_REASONS])
{
  double worst = -HUGE_VAL;
  for (size_t k = 0; k < FH_N_DEAD_REASONS; ++k) {
    worst = fmax(worst, (double)margin[k] / soft_width[k]);
  }
  return 1.0 / (1.0 + exp(-2.0 * fmin(worst, 50.0)));
}

/// Sums over the audience
typedef struct {
  double weight, energy, level, level2, sti, short_of, dead, softly;
} Sums;

static Sums
sum_up(const FhVenue* const venue,
       const FhSeat* const seats,
       const size_t n_seats,
       const FhSeatMetrics* const metrics,
       const float (*const margin)[FH_N_DEAD_REASONS])
{
  Sums s = {0};
  for (size_t i = 0; i < n_seats; ++i) {
    const FhSeatMetrics* const m = &metrics[i];
    const double w = (double)seats[i].area_m2;
    // Silence must not make the sums infinite
    const double level = fmax((double)m->spl_dba, -40.0);
    const double sti = isfinite(m->sti) ? (double)m->sti : 0.0;
    s.weight += w;
    s.energy += w * pow(10.0, 0.1 * level);
    s.level += w * level;
    s.level2 += w * level * level;
    s.sti += w * sti;
    s.short_of += w * fmax(venue->goals.sti - sti, 0.0);
    s.dead += m->dead ? w : 0.0;
    s.softly += w * softly_dead(margin[i]);
  }
  return s;
}

/// Sum up seats; those over a threshold count as dead, or with `judged` those
/// whose `dead` says so
static FhStatus
score(const FhVenue* const venue,
      const FhSeat* const seats,
      const size_t n_seats,
      FhSeatMetrics* const metrics,
      const bool judged,
      const double headroom_db,
      FhPlaceScore* const out)
{
  float(*const margin)[FH_N_DEAD_REASONS] =
    (float(*)[FH_N_DEAD_REASONS])calloc(n_seats + 1, sizeof *margin);
  Weighted* const list = (Weighted*)calloc(n_seats + 1, sizeof(Weighted));
  if (!margin || !list) {
    free(margin);
    free(list);
    return FH_ERR_NO_MEM;
  }
  *out = (FhPlaceScore){.n_seats = n_seats, .headroom_db = headroom_db};
  seat_margins(venue, seats, n_seats, metrics, margin);
  for (size_t i = 0; i < n_seats; ++i) {
    unsigned dead = 0;
    for (size_t k = 0; k < FH_N_DEAD_REASONS; ++k) {
      dead |= margin[i][k] > 0.0f ? 1U << k : 0U;
    }
    if (!judged) {
      metrics[i].dead = (uint8_t)dead;
    }
    out->n_dead += metrics[i].dead != 0;
    list[i] = (Weighted){(double)metrics[i].spl_dba, (double)seats[i].area_m2};
  }
  const Sums s = sum_up(
    venue, seats, n_seats, metrics, (const float(*)[FH_N_DEAD_REASONS])margin);
  if (s.weight > 0.0) {
    qsort(list, n_seats, sizeof *list, by_value);
    out->spread_db = quantile(list, n_seats, s.weight, 0.95) -
                     quantile(list, n_seats, s.weight, 0.05);
    out->level_dba = 10.0 * log10(s.energy / s.weight);
    out->sti = s.sti / s.weight;
    out->dead_share = s.dead / s.weight;
    const double mean = s.level / s.weight;
    const double sigma = sqrt(fmax(s.level2 / s.weight - mean * mean, 0.0));
    const double off =
      (out->level_dba - venue->goals.level_dba) / LEVEL_UNIT_DB;
    const double over = fmin(headroom_db, 0.0);
    out->cost = venue->goals.weight_spread * SPREAD_SIGMAS * sigma /
                  venue->goals.spread_db +
                venue->goals.weight_dead * s.softly / s.weight / DEAD_UNIT +
                venue->goals.weight_sti * s.short_of / s.weight / STI_UNIT +
                venue->goals.weight_level * off * off + over * over;
  }
  free(margin);
  free(list);
  return FH_OK;
}

FhStatus
fh_place_score(const FhVenue* const venue,
               const FhSeat* const seats,
               const size_t n_seats,
               FhSeatMetrics* const metrics,
               const double headroom_db,
               FhPlaceScore* const out)
{
  return score(venue, seats, n_seats, metrics, false, headroom_db, out);
}

FhStatus
place_sum(const FhVenue* const venue,
          const FhSeat* const seats,
          const size_t n_seats,
          FhSeatMetrics* const metrics,
          const double headroom_db,
          FhPlaceScore* const out)
{
  return score(venue, seats, n_seats, metrics, true, headroom_db, out);
}
