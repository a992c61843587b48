// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_LINES_H
#define FH_SOURCE_LINES_H

#include "../trace/simd.h"
#include "sources.h"

#include <stdlib.h>

/*
  The inner loop of the complex sum. Phases are fixed-point turns: a delay is
  held in 2^-32 turns per 1/16 Hz and multiplied by a whole number of sixteenths
  of a hertz, so that wrapping is the reduction to one turn, exact at any delay.
*/

/// Register groups of eight third octaves
#define N_GROUPS (FH_N_THIRDS / 8)

typedef int32_t I8 __attribute__((vector_size(32)));
typedef uint32_t U8 __attribute__((vector_size(32)));

/// One way from an element to a point, everything but the emitter's drive
typedef struct {
  float amp[FH_N_THIRDS];  ///< Pressure factor, 1 / length and air included
  float turn[FH_N_THIRDS]; ///< Phase [turns]
  bool has_turn;
  bool has_factor;
  float re[FH_N_THIRDS]; ///< Complex factor, where there is one
  float im[FH_N_THIRDS];
  uint32_t delay;   ///< [2^-32 turns per 1/16 Hz], wrapped
  double delay_s;   ///< The same in seconds
  float piston_s;   ///< Radius times sine over speed [s]; 0 for none
  uint32_t emitter; ///< Paths come in the order of their emitters
} Path;

/// Pressures of one emitter at one point, per line and third octave
typedef struct {
  F8 re[N_GROUPS][MAX_LINES];
  F8 im[N_GROUPS][MAX_LINES];
} LineSum;

/// Table of a piston's pattern: 64 steps to one, errors below 1e-5
#define PISTON_STEPS 64
#define PISTON_SIZE  (64 * PISTON_STEPS + 2)

/// Frequencies as the inner loop wants them
typedef struct {
  I8 sixteenths[N_LEVELS][MAX_LINES][N_GROUPS]; ///< 16 f
  F8 width_hz[N_LEVELS][MAX_LINES][N_GROUPS];   ///< Width of a line's share
  float piston[PISTON_SIZE];     ///< 2 J1(x) / x in steps of 1 / PISTON_STEPS
  float at[N_LEVELS][MAX_LINES]; ///< Place of a line in its third, -0.5 to 0.5
} LineTable;

/// Memory for vectors, a multiple of a cache line; free() it
static inline void*
aligned_new(const size_t size)
{
  return aligned_alloc(64, (size + 63) / 64 * 64);
}

/// Fill the table of frequencies
void
lines_init(LineTable* table);

/// Delay in fixed point
uint32_t
lines_delay(double delay_s);

/**
   Add paths to the lines of one group.

   @param level Number of lines: N_LINES << level.
   @param[in,out] sum Pressures without the drive.
*/
void
lines_add(const LineTable* table,
          const Path* paths,
          size_t n_paths,
          size_t group,
          size_t level,
          LineSum* sum);

/// Multiply the lines of one group by an emitter's drive
void
lines_drive(const DriveLines* drive, size_t group, size_t level, LineSum* sum);

/// Mean square pressure of one group
F8
lines_energy(const LineSum* sum, size_t group, size_t level);

/**
   Twice the mean product of two emitters' pressures in one group.

   Within a line's share of the band the phase between the two turns with the
   difference of their delays: each product carries the mean of that turning.
*/
F8
lines_cross(const LineTable* table,
            const LineSum* a,
            const LineSum* b,
            double delay_s,
            size_t group,
            size_t level);

/// Lines that a spread of delays within an emitter asks for
size_t
lines_level(double spread_s, size_t group);

#endif // FH_SOURCE_LINES_H
