// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_LOW_FREQUENCY_H
#define FH_LOW_FREQUENCY_H

#include <fh/scene.h>

/*
  Where geometry is not enough: below the Schroeder frequency single modes stand
  out of a room's response, and rays know none. This is the seam for solvers of
  the wave equation, the weights by which their answer and that of the rays meet
  about a crossover frequency, and one such solver, for boxes.
*/

/**
   Frequency above which modes overlap threefold, 2000 sqrt(T / V) [Hz].

   @param t60_s Reverberation time there [s], above 0.
   @param volume_m3 [m3], above 0.
   @return 0 where either is not above 0: the open air has no modes.

   Source: M. R. Schroeder, J. Acoust. Soc. Am. 99 (1996) 3240.
*/
double
fh_schroeder_hz(double t60_s, double volume_m3);

/// Schroeder frequency of a scene, by Eyring's T of the octave it falls into
/// [Hz]; 0 in the open air
double
fh_scene_schroeder_hz(const FhScene* scene);

/// A solver of the wave equation in one scene
typedef struct {
  const char* name;
  void* user; ///< Borrowed
  /**
     Pressure for a point source, as a Green's function [1/m]: exp(-jkr) / (4
     pi r) in the free field, time as exp(+jwt).

     @param frequency_hz [n_frequencies].
     @param[out] g [n_frequencies] real and imaginary part.
  */
  FhStatus (*solve)(void* user,
                    const float source[3],
                    const float receiver[3],
                    const double* frequency_hz,
                    size_t n_frequencies,
                    double (*g)[2]);
} FhWaveSolver;

/**
   Shares of energy about a crossover.

   Half an octave to either side the hand-over is over; in between it follows a
   squared cosine over the logarithm of frequency, so that both add up to 1.

   @param crossover_hz 0 or below: all is left to the rays.
   @param[out] wave, rays 0 to 1.
*/
void
fh_crossover_shares(double frequency_hz,
                    double crossover_hz,
                    double* wave,
                    double* rays);

/**
   Response with both answers, per octave.

   Averages the solver's |4 pi g|^2 over 24 frequencies in each octave that it
   has a share in, and mixes it with what the rays say.

   @param rays Energy at the receiver by rays, direct sound included, relative
   to the free field at 1 m.
   @param[out] out The same with the solver's share.
*/
FhStatus
fh_hybrid_octaves(const FhWaveSolver* solver,
                  double crossover_hz,
                  const float source[3],
                  const float receiver[3],
                  const float rays[FH_N_OCTAVES],
                  float out[FH_N_OCTAVES]);

/// An empty box with rigid walls in air that damps
typedef struct {
  double low[3], high[3]; ///< Scene coordinates [m]
  double speed_m_s;
  double damping_1_s[FH_N_OCTAVES]; ///< Of amplitudes, 6.908 / T [1/s]
} FhModalBox;

/**
   The box that a scene is.

   Losses of the walls are spread over the air, so that modes decay with
   Eyring's T: fair for T above half a second.

   @return #FH_ERR_INVALID_DATA when the scene is no empty box along the axes.
*/
FhStatus
fh_modal_box_init(const FhScene* scene, FhModalBox* out);

/// The modal sum as a solver; exact for rigid walls, to the frequencies where
/// rays take over. `box` is borrowed
FhWaveSolver
fh_modal_box_solver(FhModalBox* box);

#endif // FH_LOW_FREQUENCY_H
