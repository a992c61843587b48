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

/// Fixed-point sums of all bands; each with its octets in a row
typedef struct {
  bool is_shared; ///< Several threads add to it
  size_t n_octets;
  size_t n_words;
  int64_t* words; ///< [sum][octet][8]; owned
  size_t fine;    ///< First sum of [tile][fine bin]
  size_t late;    ///< Of [field][coarse bin], after the fine bins only
  size_t spots;   ///< Of [spot] over all time
  size_t blocks;  ///< Of [tile][block] over all time
} PatchTally;

/// Deposits under way: what each step wants is asked for a reflection before,
/// so that it is near by then
#define PATCH_STEPS 4u

/// A deposit on its way to its sums
typedef struct {
  bool waits;
  bool counts; ///< Has energy to add; else its chip was only met
  uint8_t back;
  unsigned block;
  float bin;
  uint32_t spot;
  size_t chip;
  int64_t* at[3];            ///< Sums, [octet][8]
  F8 energy[MAX_OCTETS];     ///< Without air
  const F8* air[MAX_OCTETS]; ///< What that leaves
} PatchDeposit;

/// The last deposits of a walk
typedef struct {
  size_t n; ///< All so far
  PatchDeposit deposit[PATCH_STEPS];
} PatchQueue;

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
patch_tally_init(const Patches* patches, size_t n_octets, PatchTally* tally);

/// Move the sums of `from` to another
void
patch_tally_move(PatchTally* tally, PatchTally* from);

/// Bytes that a tally may come to hold
size_t
patch_tally_bytes(const Patches* patches, size_t n_octets);

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

/// Add counts to a sum
static inline void
patch_add_counts(int64_t sum[8], const L4 n[2], const bool is_shared)
{
  if (is_shared) {
    for (size_t k = 0; k < 8; ++k) {
      (void)__atomic_fetch_add(&sum[k], n[k / 4][k % 4], __ATOMIC_RELAXED);
    }
    return;
  }
  for (size_t h = 0; h < 2; ++h) {
    L4 acc;
    memcpy(&acc, sum + 4 * h, sizeof acc);
    acc += n[h];
    memcpy(sum + 4 * h, &acc, sizeof acc);
  }
}

/// One sum, in counts
static inline const int64_t*
patch_sum(const PatchTally* const tally, const size_t at, const unsigned octet)
{
  return tally->words + 8 * (at * tally->n_octets + octet);
}

/// First step: find the spot of a chip that was met
static inline void
patch_find_spot(const Patches* const patches, PatchDeposit* const d)
{
  if (!d->waits) {
    return;
  }
  patch_see(patches, d->chip, d->back);
  d->waits = d->counts;
  d->spot = patches->spot[d->chip][d->back];
  if (d->counts) {
    __builtin_prefetch(&patches->tile_of[d->spot]);
  }
}

/// Second step: find the sums
static inline void
patch_find_sums(const Patches* const patches,
                const PatchTally* const tally,
                const unsigned n_octets,
                PatchDeposit* const d)
{
  if (!d->waits) {
    return;
  }
  const size_t tile = patches->tile_of[d->spot];
  const size_t fine = (size_t)d->bin;
  size_t coarse = fine / COARSE_FACTOR;
  coarse = coarse < patches->n_coarse ? coarse : patches->n_coarse - 1;
  const size_t at[3] = {
    fine < patches->n_fine
      ? tally->fine + tile * patches->n_fine + fine
      : tally->late + patches->field_of[tile] * patches->n_coarse + coarse,
    tally->spots + d->spot,
    tally->blocks + tile * N_BLOCKS + d->block};
  for (size_t i = 0; i < 3; ++i) {
    d->at[i] = tally->words + 8 * n_octets * at[i];
    for (unsigned o = 0; o < n_octets; ++o) {
      __builtin_prefetch(d->at[i] + (size_t)8 * o, 1);
    }
  }
}

/// Last step: add
static inline void
patch_add_deposit(const PatchTally* const tally,
                  const unsigned n_octets,
                  PatchDeposit* const d)
{
  if (!d->waits) {
    return;
  }
  d->waits = false;
  for (unsigned o = 0; o < n_octets; ++o) {
    L4 n[2];
    patch_counts(d->energy[o] * *d->air[o], n);
    for (size_t i = 0; i < 3; ++i) {
      patch_add_counts(d->at[i] + (size_t)8 * o, n, tally->is_shared);
    }
  }
}

/// Move all deposits on by one step; the place for the next
static inline PatchDeposit*
patch_step(const Patches* const patches,
           const PatchTally* const tally,
           const unsigned n_octets,
           PatchQueue* const queue)
{
  const size_t n = queue->n++;
  patch_add_deposit(tally, n_octets, &queue->deposit[(n - 3) % PATCH_STEPS]);
  patch_find_sums(
    patches, tally, n_octets, &queue->deposit[(n - 2) % PATCH_STEPS]);
  patch_find_spot(patches, &queue->deposit[(n - 1) % PATCH_STEPS]);
  return &queue->deposit[n % PATCH_STEPS];
}

/// Do what waits
static inline void
patch_flush(const Patches* const patches,
            const PatchTally* const tally,
            const unsigned n_octets,
            PatchQueue* const queue)
{
  for (unsigned i = 1; i < PATCH_STEPS; ++i) {
    (void)patch_step(patches, tally, n_octets, queue);
  }
}

/**
   Note a chip that was met, and scattered energy at a time from the electrical
   input [fine bins] where `counts`; it is added three deposits later.

   @return Its place, for `energy` and `air` of each octet.
*/
static inline PatchDeposit*
patch_deposit(const Patches* const patches,
              const PatchTally* const tally,
              const unsigned n_octets,
              PatchQueue* const queue,
              const size_t chip,
              const bool back,
              const unsigned block,
              const float bin,
              const bool counts)
{
  PatchDeposit* const d = patch_step(patches, tally, n_octets, queue);
  __builtin_prefetch(&patches->spot[chip]);
  __builtin_prefetch(&patches->seen[chip]);
  d->waits = true;
  d->counts = counts;
  d->back = back;
  d->block = block;
  d->bin = bin;
  d->chip = chip;
  return d;
}

#endif // FH_TRACE_PATCH_H
