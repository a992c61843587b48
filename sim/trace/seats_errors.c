// SPDX-License-Identifier: GPL-3.0-or-later
#include "seats_errors.h"

#include "unseen.h"

/// Error of patches over the change to four times as wide ones, where it goes
/// with the width, as at the edges of shadows (Richardson)
#define PATCH_SHARE (1.0 / 3.0)

/// Squared error of a mean of estimates, each from its own rays. Eight sets of
/// gather rays have 7 degrees of freedom, but with sixteen blocks beside them
/// their sum has 15 or so (Welch and Satterthwaite)
static float
squared_error(const double* const block, const unsigned n)
{
  const BlockSum sum = block_sum(block, n);
  const double error = widened_error(sum.error, block_odd(sum));
  return (float)(error * error);
}

/// Add the squared errors of blocks to cause `i`
static void
add_errors(Variance* const variance,
           const size_t i,
           const F8* const blocks,
           const unsigned n,
           const float scale)
{
  double all[N_BLOCKS] = {0.0};
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double block[N_BLOCKS] = {0.0};
    for (unsigned k = 0; k < n; ++k) {
      block[k] = (double)(blocks[k][b] * scale);
      all[k] += block[k];
    }
    variance->octave[i][b] += squared_error(block, n);
  }
  variance->sum[i] += squared_error(all, n);
}

void
seats_add_variance(Variance* const variance, const SeatEnergy* const energy)
{
  add_errors(variance, 0, energy->columns, N_BLOCKS, 1.0f);
  add_errors(variance, 1, energy->rows, GATHER_BLOCKS, (float)GATHER_BLOCKS);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    variance->octave[2][b] += energy->coarser[b] * energy->coarser[b];
  }
  const float coarser = f8_sum(energy->coarser);
  variance->sum[2] += coarser * coarser;
}

/// Direct sound of all emitters at an ear [W/m2], far field
static F8
direct_intensity(const Engine* const engine, const float at[3])
{
  F8 sum = f8_all(0.0f);
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    sum += direct_gain(engine, e, at) *
           f8_load(engine->emitters[e].radiator.power_w);
  }
  return sum;
}

void
seats_fill_sums(const Engine* const engine,
                const Seats* const seats,
                const SeatSums* const sums,
                SeatError* const error,
                FhTraceResult* const out)
{
  const size_t n = seats->grid.n_seats;
  const size_t n_values = n * seats->n_bins;
  if (out->seat_emitter_bins) {
    for (size_t g = 0; g < seats->n_groups; ++g) {
      for (size_t i = 0; i < n_values; ++i) {
        for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
          out->seat_bins[i][b] += out->seat_emitter_bins[g * n_values + i][b];
        }
      }
    }
  }
  const double per_neper = 10.0 / log(10.0);
  double sum[2][FH_N_OCTAVES] = {{0.0}};
  double n_heard[FH_N_OCTAVES] = {0.0};
  const double patches = PATCH_SHARE * PATCH_SHARE;
  for (size_t s = 0; s < n; ++s) {
    const F8 direct = direct_intensity(engine, seats->grid.seats[s].at);
    const Variance* const variance = &sums->variance[s];
    double together = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double total = (double)sums->total[s][b];
      if (!(total > 0.0)) {
        continue;
      }
      // How many rays it takes is decided by all that is heard, direct sound
      // too; what is returned is the error of the rest
      const double heard = total + (double)direct[b];
      double both = patches * (double)variance->octave[2][b] / (total * total);
      together += total;
      n_heard[b] += 1.0;
      for (size_t i = 0; i < 2; ++i) {
        const double v = (double)variance->octave[i][b];
        sum[i][b] += per_neper * per_neper * v / (heard * heard);
        both += v / (total * total);
      }
      out->seat_se_db[s][b] = (float)(per_neper * sqrt(both));
    }
    const double sum2 = (double)variance->sum[0] + (double)variance->sum[1] +
                        patches * (double)variance->sum[2];
    out->seat_level_se_db[s] =
      together > 0.0 ? (float)(per_neper * sqrt(sum2) / together) : 0.0f;
  }
  for (size_t b = 1; b < FH_N_OCTAVES - 1; ++b) {
    if (n_heard[b] > 0.0) {
      error->rays = fmax(error->rays, sqrt(sum[0][b] / n_heard[b]));
      error->gather = fmax(error->gather, sqrt(sum[1][b] / n_heard[b]));
    }
  }
}

void
seats_fill_bias(const Engine* const engine,
                const Seats* const seats,
                const SeatSums* const sums,
                const Tally* const scattered,
                FhTraceResult* const out)
{
  const size_t n = seats->grid.n_seats;
  const double per_neper = 10.0 / log(10.0);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double gathered = 0.0;
    double noise[2] = {0.0, 0.0};
    for (size_t s = 0; s < n; ++s) {
      gathered += (double)sums->gathered[s][b] / (double)n;
      // Seats share the rays that met the patches, not those of the gather
      noise[0] += sqrt((double)sums->variance[s].octave[0][b]) / (double)n;
      noise[1] +=
        (double)sums->variance[s].octave[1][b] / ((double)n * (double)n);
    }
    double control = 0.0;
    double variance = 0.0;
    for (size_t e = 0; e < engine->n_emitters; ++e) {
      const double power = (double)engine->emitters[e].radiator.power_w[b];
      double block[N_BLOCKS] = {0.0};
      double mean = 0.0;
      for (size_t k = 0; k < N_BLOCKS; ++k) {
        const double rays = (double)scattered[e].n_control[k];
        block[k] = rays > 0.0 ? power * (double)scattered[e].control[k][b] /
                                  (rays * FIXED_ONE)
                              : 0.0;
        mean += block[k] / N_BLOCKS;
      }
      for (size_t k = 0; k < N_BLOCKS; ++k) {
        variance +=
          (block[k] - mean) * (block[k] - mean) / (N_BLOCKS * (N_BLOCKS - 1.0));
      }
      control += mean;
    }
    if (gathered > 0.0 && control > 0.0) {
      out->seat_bias_db[b] = (float)(10.0 * log10(gathered / control));
      out->seat_bias_se_db[b] =
        (float)(per_neper *
                sqrt(variance / (control * control) +
                     (noise[0] * noise[0] + noise[1]) / (gathered * gathered)));
    }
  }
}
