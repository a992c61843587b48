// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_SIMD_H
#define FH_TRACE_SIMD_H

#include <fh/bands.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
  Eight octave bands in one register, small vectors, random numbers keyed by
  what they are for, and fixed-point sums that do not depend on their order.
*/

/// One value for each octave band, in one vector register
typedef float F8 __attribute__((vector_size(32)));
typedef int32_t I8 __attribute__((vector_size(32)));
typedef float F4 __attribute__((vector_size(16)));
typedef double D4 __attribute__((vector_size(32)));
typedef int64_t L4 __attribute__((vector_size(32)));

static inline F8
f8_load(const float* const p)
{
  F8 v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void
f8_store(float* const p, const F8 v)
{
  memcpy(p, &v, sizeof v);
}

static inline F8
f8_all(const float x)
{
  return (F8){x, x, x, x, x, x, x, x};
}

/// Sum of the eight lanes, always in the same order
static inline float
f8_sum(const F8 v)
{
  const F4 a = {v[0], v[1], v[2], v[3]};
  const F4 b = {v[4], v[5], v[6], v[7]};
  const F4 s = a + b;
  return (s[0] + s[2]) + (s[1] + s[3]);
}

static inline float
f8_max(const F8 v)
{
  float m = v[0];
  for (size_t i = 1; i < 8; ++i) {
    m = v[i] > m ? v[i] : m;
  }
  return m;
}

/// Sum of all bands of some octets
static inline float
octets_sum(const F8* const x, const unsigned n_octets)
{
  F8 sum = x[0];
  for (unsigned o = 1; o < n_octets; ++o) {
    sum += x[o];
  }
  return f8_sum(sum);
}

/// Greatest of all bands of some octets
static inline float
octets_max(const F8* const x, const unsigned n_octets)
{
  F8 most = x[0];
  for (unsigned o = 1; o < n_octets; ++o) {
    const I8 above = x[o] > most;
    most = (F8)((above & (I8)x[o]) | (~above & (I8)most));
  }
  return f8_max(most);
}

/// Of two numbers; fminf() and fmaxf() are calls, for what they do with NaN
static inline float
lesser(const float a, const float b)
{
  return a < b ? a : b;
}

static inline float
greater(const float a, const float b)
{
  return a > b ? a : b;
}

static inline float
dot3(const float a[3], const float b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline double
dot3d(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Counts for one unit of energy in a fixed-point sum
#define FIXED_ONE 1099511627776.0 // 2^40

/**
   Add eight energies to a fixed-point sum.

   Rounded to multiples of 1 / FIXED_ONE, so that the sum is exact and does not
   depend on the order of the terms. Each term must be below 2048: adding
   1.5 * 2^52 leaves the integer in the low bits of the double.
*/
static inline void
fixed_add8(int64_t sum[8], const F8 x)
{
  const double magic = 6755399441055744.0; // 1.5 * 2^52
  const D4 offset = {magic, magic, magic, magic};
  const F4 half[2] = {{x[0], x[1], x[2], x[3]}, {x[4], x[5], x[6], x[7]}};
  for (size_t h = 0; h < 2; ++h) {
    const D4 d = __builtin_convertvector(half[h], D4) * FIXED_ONE + offset;
    L4 acc;
    memcpy(&acc, sum + 4 * h, sizeof acc);
    acc += (L4)d - (L4)offset;
    memcpy(sum + 4 * h, &acc, sizeof acc);
  }
}

/// As fixed_add8(), where other threads add to the same sum
static inline void
fixed_add8_shared(int64_t sum[8], const F8 x)
{
  int64_t term[8] = {0};
  fixed_add8(term, x);
  for (size_t i = 0; i < 8; ++i) {
    (void)__atomic_fetch_add(&sum[i], term[i], __ATOMIC_RELAXED);
  }
}

/// One energy in fixed point
static inline int64_t
fixed_of(const float x)
{
  return (int64_t)llrint((double)x * FIXED_ONE);
}

/// What a random number is for: part of its key
typedef enum {
  DRAW_BOUNCE,  ///< Choice of the reflection and its direction
  DRAW_EMIT,    ///< Direction in which a ray starts
  DRAW_CONNECT, ///< Which microphones are looked for
  DRAW_GATHER,
  DRAW_VOLUME
} Draw;

/// Four random numbers in [0, 1)
typedef struct {
  float u[4];
} Random4;

/**
   Philox4x32-10: four random numbers for a key and a counter.

   Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
*/
static inline Random4
random4(const uint64_t seed,
        const uint64_t ray,
        const uint32_t step,
        const uint32_t child,
        const Draw draw)
{
  uint32_t c[4] = {
    (uint32_t)ray, (uint32_t)(ray >> 32) ^ ((uint32_t)draw << 28), step, child};
  uint32_t k0 = (uint32_t)seed;
  uint32_t k1 = (uint32_t)(seed >> 32);
  for (size_t round = 0; round < 10; ++round) {
    const uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
    const uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
    c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
    c[3] = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  Random4 r;
  for (size_t i = 0; i < 4; ++i) {
    r.u[i] = (float)(c[i] >> 8) * 0x1p-24f;
  }
  return r;
}

/// Mix two words into one (a strong 64-bit finaliser)
static inline uint64_t
mix64(const uint64_t a, const uint64_t b)
{
  uint64_t z = a * 0x9E3779B97F4A7C15u + b + 0x632BE59BD9B4E019u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// Unit vector, uniform over the sphere
static inline void
sphere_direction(const float u, const float v, float d[3])
{
  const float z = 1.0f - 2.0f * u;
  const float r = sqrtf(greater(0.0f, 1.0f - z * z));
  const float phi = 2.0f * (float)FH_PI * v;
  d[0] = r * cosf(phi);
  d[1] = r * sinf(phi);
  d[2] = z;
}

/// Unit vector about `n`, density cos / pi; basis after Duff et al., 2017
static inline void
lambert_direction(const float n[3], const float u, const float v, float d[3])
{
  const float s = copysignf(1.0f, n[2]);
  const float a = -1.0f / (s + n[2]);
  const float b = n[0] * n[1] * a;
  const float t[3] = {1.0f + s * n[0] * n[0] * a, s * b, -s * n[0]};
  const float w[3] = {b, s + n[1] * n[1] * a, -n[1]};
  const float r = sqrtf(u);
  const float phi = 2.0f * (float)FH_PI * v;
  const float x = r * cosf(phi);
  const float y = r * sinf(phi);
  const float z = sqrtf(greater(0.0f, 1.0f - u));
  for (size_t i = 0; i < 3; ++i) {
    d[i] = x * t[i] + y * w[i] + z * n[i];
  }
}

#endif // FH_TRACE_SIMD_H
