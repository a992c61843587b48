// SPDX-License-Identifier: GPL-3.0-or-later
#include "lines.h"

#include <math.h>

void
lines_init(LineTable* const table)
{
  for (size_t i = 0; i < PISTON_SIZE; ++i) {
    table->piston[i] = (float)piston_pattern((double)i / (double)PISTON_STEPS);
  }
  for (size_t level = 0; level < N_LEVELS; ++level) {
    const size_t n = (size_t)N_LINES << level;
    for (size_t s = 0; s < n; ++s) {
      table->at[level][s] = ((float)s + 0.5f) / (float)n - 0.5f;
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        const double hz = line_hz(s, n, b);
        table->sixteenths[level][s][b / 8][b % 8] = (int32_t)rint(16.0 * hz);
        table->width_hz[level][s][b / 8][b % 8] =
          (float)(hz * 0.1 * log(10.0) / (double)n);
      }
    }
  }
}

uint32_t
lines_delay(const double delay_s)
{
  // 2^32 / 16 turns of fixed point in one second
  const double x = delay_s * 268435456.0;
  return (uint32_t)(int64_t)rint(fmod(x, 4294967296.0));
}

/// Sine and cosine of fixed-point turns, errors below 4e-7
static inline void
turn_sincos(const U8 turn, F8* const sine, F8* const cosine)
{
  // Quarter turns come off by bits; what is left is within an eighth
  const U8 quarter = (turn + (1u << 29)) >> 30;
  const I8 rest = (I8)(turn - (quarter << 30));
  const F8 x = __builtin_convertvector(rest, F8) * 1.46291807926715969e-9f;
  const F8 x2 = x * x;
  const F8 s =
    x + x * x2 * (-1.66666597e-1f + x2 * (8.33220780e-3f + x2 * -1.95036e-4f));
  const F8 c =
    1.0f + x2 * (-0.5f + x2 * (4.16666418e-2f +
                               x2 * (-1.38873162e-3f + x2 * 2.44331571e-5f)));
  const I8 odd = -(I8)(quarter & 1u);
  const I8 flip_s = (I8)((quarter & 2u) << 30);
  const I8 flip_c = (I8)(((quarter + 1u) & 2u) << 30);
  const I8 is = (I8)s;
  const I8 ic = (I8)c;
  *sine = (F8)(((is & ~odd) | (ic & odd)) ^ flip_s);
  *cosine = (F8)(((ic & ~odd) | (is & odd)) ^ flip_c);
}

/// Levels of a path about the midbands, and what changes towards the next ones
typedef struct {
  F8 mid, below, above;
} Slopes;

static Slopes
path_slopes(const Path* const path, const size_t group)
{
  Slopes s;
  for (size_t i = 0; i < 8; ++i) {
    const size_t b = 8 * group + i;
    const float mid = path->amp[b];
    s.mid[i] = mid;
    const float below = b ? mid - path->amp[b - 1] : path->amp[1] - mid;
    // Beyond the last band the slope goes on
    const float above =
      b + 1 < FH_N_THIRDS ? path->amp[b + 1] - mid : mid - path->amp[b - 1];
    s.below[i] = below;
    s.above[i] = above;
  }
  return s;
}

/// 2 J1(x) / x for eight values
static F8
piston8(const LineTable* const table, const F8 x)
{
  F8 d;
  for (size_t i = 0; i < 8; ++i) {
    const float at = x[i] * (float)PISTON_STEPS;
    if (at >= (float)(PISTON_SIZE - 2)) {
      d[i] = (float)piston_pattern((double)x[i]);
      continue;
    }
    const size_t k = (size_t)at;
    const float t = at - (float)k;
    d[i] = (1.0f - t) * table->piston[k] + t * table->piston[k + 1];
  }
  return d;
}

static void
add_path(const LineTable* const table,
         const Path* const path,
         const size_t group,
         const size_t level,
         LineSum* const sum)
{
  const size_t n = (size_t)N_LINES << level;
  const Slopes slopes = path_slopes(path, group);
  const U8 delay = (U8){0} + path->delay;
  U8 phase = {0};
  if (path->has_turn) {
    // Turns are few: 2^16 steps each keep the product within 32 bits
    const F8 t = f8_load(path->turn + 8 * group) * 65536.0f;
    phase = ((U8) __builtin_convertvector(t, I8)) << 16;
  }
  F8 factor[2] = {{0.0f}, {0.0f}};
  if (path->has_factor) {
    factor[0] = f8_load(path->re + 8 * group);
    factor[1] = f8_load(path->im + 8 * group);
  }
  F8* const re = sum->re[group];
  F8* const im = sum->im[group];
  for (size_t s = 0; s < n; ++s) {
    const U8 f = (U8)table->sixteenths[level][s][group];
    F8 sine;
    F8 cosine;
    turn_sincos(phase - delay * f, &sine, &cosine);
    const float at = table->at[level][s];
    F8 amp = slopes.mid + at * (at < 0.0f ? slopes.below : slopes.above);
    if (path->piston_s > 0.0f) {
      const F8 x =
        __builtin_convertvector(table->sixteenths[level][s][group], F8) *
        (path->piston_s * (float)(2.0 * FH_PI / 16.0));
      amp *= piston8(table, x);
    }
    if (path->has_factor) {
      const F8 x = cosine * factor[0] - sine * factor[1];
      sine = cosine * factor[1] + sine * factor[0];
      cosine = x;
    }
    re[s] += amp * cosine;
    im[s] += amp * sine;
  }
}

void
lines_add(const LineTable* const table,
          const Path* const paths,
          const size_t n_paths,
          const size_t group,
          const size_t level,
          LineSum* const sum)
{
  for (size_t i = 0; i < n_paths; ++i) {
    add_path(table, &paths[i], group, level, sum);
  }
}

void
lines_drive(const DriveLines* const drive,
            const size_t group,
            const size_t level,
            LineSum* const sum)
{
  const size_t n = (size_t)N_LINES << level;
  for (size_t s = 0; s < n; ++s) {
    U8 phase;
    memcpy(&phase, &drive->phase[s][8 * group], sizeof phase);
    F8 sine;
    F8 cosine;
    turn_sincos(phase, &sine, &cosine);
    const F8 amp = f8_load(&drive->amp[s][8 * group]);
    const F8 re = sum->re[group][s];
    const F8 im = sum->im[group][s];
    sum->re[group][s] = amp * (re * cosine - im * sine);
    sum->im[group][s] = amp * (re * sine + im * cosine);
  }
}

F8
lines_energy(const LineSum* const sum, const size_t group, const size_t level)
{
  const size_t n = (size_t)N_LINES << level;
  F8 e = f8_all(0.0f);
  for (size_t s = 0; s < n; ++s) {
    e += sum->re[group][s] * sum->re[group][s] +
         sum->im[group][s] * sum->im[group][s];
  }
  return e;
}

/// sin(pi x) / (pi x)
static F8
sinc8(const F8 x)
{
  // Whole turns fall away in the conversion; x is below 2^15 half turns
  const F8 scaled = x * 32768.0f;
  const U8 turn = ((U8) __builtin_convertvector(scaled, I8)) << 16;
  F8 sine;
  F8 cosine;
  turn_sincos(turn, &sine, &cosine);
  const F8 y = x * (float)FH_PI;
  const I8 small = y * y < 1e-2f;
  const F8 series = 1.0f - y * y * (1.0f / 6.0f) * (1.0f - y * y * 0.05f);
  const F8 ratio = sine / (y + (F8)((I8)f8_all(1.0f) & small));
  return (F8)(((I8)series & small) | ((I8)ratio & ~small));
}

F8
lines_cross(const LineTable* const table,
            const LineSum* const a,
            const LineSum* const b,
            const double delay_s,
            const size_t group,
            const size_t level)
{
  const size_t n = (size_t)N_LINES << level;
  const float delay = (float)fabs(delay_s);
  F8 e = f8_all(0.0f);
  for (size_t s = 0; s < n; ++s) {
    const F8 product =
      a->re[group][s] * b->re[group][s] + a->im[group][s] * b->im[group][s];
    e += product * sinc8(table->width_hz[level][s][group] * delay);
  }
  return 2.0f * e;
}

size_t
lines_level(const double spread_s, const size_t group)
{
  // A quarter turn between lines keeps the mean within 0.1 dB
  const double width_hz = fh_third_hz(8 * group + 7) * 0.1 * log(10.0);
  const double wanted = 4.0 * spread_s * width_hz;
  size_t level = 0;
  while (level + 1 < N_LEVELS && wanted > (double)(N_LINES << level)) {
    ++level;
  }
  return level;
}
