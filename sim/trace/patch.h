// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_PATCH_H
#define FH_TRACE_PATCH_H

#include "engine.h"

/*
  Surfaces cut into patches that remember what they scatter, and when.

  Each triangle is split into small congruent ones ("chips"); each side of a
  chip belongs to a patch by its place, dominant normal and material, on three
  nested levels: spots (sharp in space, no time), tiles (early, fine bins) and
  fields (late, coarse bins). The echogram of a place is that of its tile or
  field times how much its spot scatters, against the whole, over all time.

  Energies hold air absorption and the emitter's share of the power; times are
  from the electrical input. The area of a patch counts the chips that some ray
  met: hidden sides and unreachable floors do not dilute it.
*/

/// Sound scattered nearer to its source than this goes through the patches [m]
#define NEAR_SOURCE_M 2.0f
/// Bins of 10 ms early, of 40 ms late
#define SEAT_FINE_S   0.01f
#define COARSE_FACTOR 4u
/// No patch: a side that no ray met
#define NO_SPOT UINT32_MAX
/// Counts for one unit of energy in patches: room for 2^28 rays
#define PATCH_ONE 17179869184.0 // 2^34

/// The cut of the surfaces; the same for all emitters
typedef struct {
  uint32_t* base;  ///< [n_triangles] first chip; owned
  uint16_t* split; ///< [n_triangles] chips along an edge; owned
  size_t n_triangles;
  size_t n_chips;
  uint32_t (*spot)[2]; ///< [n_chips] of the front and the back; owned
  uint8_t* seen;       ///< [n_chips] bit 0 front, bit 1 back: met; owned
  float* chip_m2;      ///< [n_triangles] area of one chip; owned
  size_t n_spots, n_tiles, n_fields;
  uint32_t* tile_of;  ///< [n_spots]; owned
  uint32_t* field_of; ///< [n_tiles]; owned
  float* spot_m2;     ///< [n_spots] area met, set by patches_measure(); owned
  float* tile_m2;     ///< [n_tiles]; owned
  float* field_m2;    ///< [n_fields]; owned
  size_t n_fine;      ///< Early bins, a multiple of COARSE_FACTOR
  size_t n_coarse;    ///< Coarse bins from 0 to the end
  float per_m;        ///< Fine bins per metre of path [1/m]
} Patches;

/// Fixed-point sums
typedef struct {
  bool is_shared; ///< Several threads add to it
  size_t n_words;
  int64_t* words;       ///< All of the below; owned
  int64_t (*fine)[8];   ///< [tile][fine bin]
  int64_t (*late)[8];   ///< [field][coarse bin], after the fine bins only
  int64_t (*spots)[8];  ///< [spot] over all time
  int64_t (*blocks)[8]; ///< [tile][block] over all time
} PatchTally;

/// A deposit on its way: first its chip has to come near, then its sums
typedef struct {
  F8 energy[2];
  int64_t (*at[3])[8]; ///< Of the second
  size_t chip;         ///< Of the first
  float bin;
  unsigned block;
  uint8_t back;
  bool counts;     ///< The first has energy to add; else it was only met
  bool waiting[2]; ///< For its chip, for its sums
} PatchDeposit;

/**
   Cut the surfaces of the scene.

   @param fine_s Early bins last until here [s].
   @param end_s End of the responses [s].
*/
FhStatus
patches_new(const Engine* engine, float fine_s, float end_s, Patches* patches);

void
patches_clear(Patches* patches);

/// Areas from what was met
FhStatus
patches_measure(Patches* patches);

FhStatus
patch_tally_init(const Patches* patches, PatchTally* tally);

/// Move the sums of `from` to another
void
patch_tally_move(PatchTally* tally, PatchTally* from);

/// Bytes that a tally may come to hold
size_t
patch_tally_bytes(const Patches* patches);

void
patch_tally_clear(PatchTally* tally);

/// Chip of a hit
static inline size_t
patch_chip(const Patches* const patches, const FhHit* const hit)
{
  const int k = patches->split[hit->triangle];
  const float u = hit->u * (float)k;
  const float v = hit->v * (float)k;
  int i = (int)u < k - 1 ? (int)u : k - 1;
  const int j = (int)v < k - 1 ? (int)v : k - 1;
  i = i + j > k - 1 ? k - 1 - j : i;
  const int up = u - (float)i + (v - (float)j) > 1.0f && i + j < k - 1;
  return (size_t)patches->base[hit->triangle] +
         (size_t)(j * (2 * k - j) + 2 * i + up);
}

/// Eight energies as counts
static inline void
patch_counts(const F8 x, L4 n[2])
{
  const double magic = 6755399441055744.0; // 1.5 * 2^52
  const D4 offset = {magic, magic, magic, magic};
  const F4 half[2] = {{x[0], x[1], x[2], x[3]}, {x[4], x[5], x[6], x[7]}};
  for (size_t h = 0; h < 2; ++h) {
    const D4 d = __builtin_convertvector(half[h], D4) * PATCH_ONE + offset;
    n[h] = (L4)d - (L4)offset;
  }
}

/// Add to a sum that other threads add to
static inline void
patch_add(int64_t sum[8], const F8 x)
{
  L4 n[2];
  patch_counts(x, n);
  for (size_t i = 0; i < 8; ++i) {
    (void)__atomic_fetch_add(&sum[i], n[i / 4][i % 4], __ATOMIC_RELAXED);
  }
}

/// A ray met this chip
static inline void
patch_see(const Patches* const patches, const size_t chip, const bool back)
{
  const uint8_t bit = back ? 2 : 1;
  if (!(__atomic_load_n(&patches->seen[chip], __ATOMIC_RELAXED) & bit)) {
    (void)__atomic_fetch_or(&patches->seen[chip], bit, __ATOMIC_RELAXED);
  }
}

/// Add what waits for its sums
static inline void
patch_add_waiting(const PatchTally* const tally, PatchDeposit* const deposit)
{
  if (!deposit->waiting[1]) {
    return;
  }
  deposit->waiting[1] = false;
  L4 n[2];
  patch_counts(deposit->energy[1], n);
  for (size_t i = 0; i < 3; ++i) {
    int64_t* const sum = *deposit->at[i];
    if (tally->is_shared) {
      for (size_t k = 0; k < 8; ++k) {
        (void)__atomic_fetch_add(&sum[k], n[k / 4][k % 4], __ATOMIC_RELAXED);
      }
    } else {
      for (size_t h = 0; h < 2; ++h) {
        L4 acc;
        memcpy(&acc, sum + 4 * h, sizeof acc);
        acc += n[h];
        memcpy(sum + 4 * h, &acc, sizeof acc);
      }
    }
  }
}

/// Find the sums of what waits for its chip
static inline void
patch_find_sums(const Patches* const patches,
                const PatchTally* const tally,
                PatchDeposit* const deposit)
{
  if (!deposit->waiting[0]) {
    return;
  }
  deposit->waiting[0] = false;
  patch_see(patches, deposit->chip, deposit->back);
  if (!deposit->counts) {
    return;
  }
  const size_t spot = patches->spot[deposit->chip][deposit->back];
  const size_t tile = patches->tile_of[spot];
  const size_t fine = (size_t)deposit->bin;
  size_t coarse = fine / COARSE_FACTOR;
  coarse = coarse < patches->n_coarse ? coarse : patches->n_coarse - 1;
  deposit->at[0] =
    fine < patches->n_fine
      ? &tally->fine[tile * patches->n_fine + fine]
      : &tally->late[patches->field_of[tile] * patches->n_coarse + coarse];
  deposit->at[1] = &tally->spots[spot];
  deposit->at[2] = &tally->blocks[tile * N_BLOCKS + deposit->block];
  for (size_t i = 0; i < 3; ++i) {
    __builtin_prefetch(deposit->at[i], 1);
  }
  deposit->energy[1] = deposit->energy[0];
  deposit->waiting[1] = true;
}

/// Do what waits
static inline void
patch_flush(const Patches* const patches,
            const PatchTally* const tally,
            PatchDeposit* const deposit)
{
  patch_add_waiting(tally, deposit);
  patch_find_sums(patches, tally, deposit);
  patch_add_waiting(tally, deposit);
}

/// Note a chip that was met, and scattered energy at a time from the electrical
/// input [fine bins] where `counts`; it is added two deposits later
static inline void
patch_deposit(const Patches* const patches,
              const PatchTally* const tally,
              PatchDeposit* const deposit,
              const size_t chip,
              const bool back,
              const unsigned block,
              const float bin,
              const bool counts,
              const F8 energy)
{
  patch_add_waiting(tally, deposit);
  patch_find_sums(patches, tally, deposit);
  __builtin_prefetch(&patches->spot[chip]);
  __builtin_prefetch(&patches->seen[chip]);
  deposit->chip = chip;
  deposit->back = back;
  deposit->block = block;
  deposit->bin = bin;
  deposit->counts = counts;
  deposit->energy[0] = energy;
  deposit->waiting[0] = true;
}

#endif // FH_TRACE_PATCH_H
