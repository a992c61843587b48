// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DECAY_H
#define FH_DECAY_H

#include <fh/parameters.h>

#include <stdbool.h>
#include <stddef.h>

/// Where a response begins
typedef struct {
  size_t frame;     ///< First frame within 20 dB of the greatest magnitude
  double time_s;    ///< The same in seconds
  double peak_s;    ///< Position of the greatest magnitude, interpolated [s]
  double peak;      ///< Its magnitude
  bool inverted;    ///< The peak is negative
  double noise_rms; ///< Of the quieter of the first and the last tenth
} FhOnset;

/**
   Find the onset of a response.

   @param h [n] samples.
   @return #FH_ERR_BAD_ARG for no samples or a bad rate, #FH_ERR_NOT_FINITE,
   #FH_ERR_NO_SIGNAL for a silent or constant signal or one whose peak does not
   stand 6 times over the rms of its end (white noise reaches 5),
   #FH_ERR_INVALID_DATA when the energy builds up towards the peak instead of
   decaying from it (a response turned round).

   Source: ISO 3382-1:2009, A.3.4: the level 20 dB below the maximum.
*/
FhStatus
fh_onset(const double* h, size_t n, double rate_hz, FhOnset* out);

/**
   Frames stuck at the greatest magnitude: clipping.

   Counted are runs of three or more equal frames at the greatest magnitude,
   entered or left by a step of more than 0.5 % of it: a slow sine has flat tops
   too, but comes to them gently.
*/
size_t
fh_count_clipped(const double* h, size_t n);

/**
   Place a peak between the frames, by sinc interpolation.

   @param peak Frame of the greatest magnitude, below `n`.
   @param[out] out Only `peak_s`, here in frames, `peak` and `inverted` are set.
   @return #FH_ERR_BAD_ARG when `peak` is not below `n`.
*/
FhStatus
fh_onset_peak(const double* h, size_t n, size_t peak, FhOnset* out);

/// What the band filters look like
typedef enum {
  /// Butterworth of order 3, time-reversed: class 1 of IEC 61260-1:2014
  FH_BANDS_CLASS_1 = 0,
  /// Zero phase; a half cosine of amplitude over log frequency from the
  /// midbands of the neighbours, so that the bands sum to the response. 6 dB
  /// down at the edges: narrower than class 1 allows. For comparison with
  /// programs that filter so.
  FH_BANDS_COSINE,
  /// Butterworth of order 8, forward in time, as speech transmission meters
  /// have: 52 dB down at the neighbours' midbands, but it rings for long
  FH_BANDS_STEEP,
} FhBandShape;

/// How to split a response
typedef struct {
  unsigned bands_per_octave; ///< 1 or 3
  FhBandShape shape;
  bool band_onset; ///< Find the onset in every band (cosine bands only)
} FhEnergiesDesc;

/**
   Energy of a response in short steps, by band; the last band is unfiltered.

   Energies are integrals of h^2 over time, in units^2 s. Step 0 begins at the
   onset and holds, too, what the band filters ring before it.
*/
typedef struct {
  size_t n_steps;
  size_t n_bands; ///< Octaves or thirds, and broadband as the last one
  double step_s;
  double* energy;       ///< [n_bands][n_steps]; owned
  size_t first_missing; ///< Bands from here on, broadband aside, do not exist
} FhEnergies;

/**
   Filter a response into bands and sum its squares over steps of 0.25 ms.

   Class-1 filters run over the time-reversed response: their own decay then
   lies before the sound and not after it, so that decays are true down to
   B T = 4 instead of 16 (F. Jacobsen, J. H. Rindel, J. Sound Vib. 117 (1987)
   187). What they shift, 2.25 / (pi B), is taken back. Rates below 80 kHz are
   doubled first. Linear in n.

   @param onset First frame of the response, below `n`.
   @param[out] out Owned by the caller, freed with fh_energies_clear().
   @return #FH_ERR_BAD_ARG, #FH_ERR_NO_MEM.
*/
FhStatus
fh_energies(const double* h,
            size_t n,
            double rate_hz,
            size_t onset,
            const FhEnergiesDesc* desc,
            FhEnergies* out);

/// Free what it owns and zero it
void
fh_energies_clear(FhEnergies* energies);

/// A decay of two slopes
typedef struct {
  bool found;
  double early_s; ///< Reverberation time of the early part alone [s]
  double late_s;  ///< Reverberation time of the late part alone [s]
  double knee_db; ///< Level where the parts are equal, re the onset [dB]
} FhDoubleSlope;

/// What is known of a decay besides its parameters
typedef struct {
  double noise_density; ///< Noise power in the band, units^2; 0 for none
  double knee_s;        ///< Decay and noise are equal here; the end if no noise
  double late_slope_db_s; ///< Of the decay before the knee [dB/s], negative
  double tail;            ///< Energy beyond the knee, by that slope
  size_t n_used;          ///< Steps before the knee
  FhDoubleSlope slopes;
} FhDecay;

/**
   Noise floor, truncation, tail and decay times of one band.

   The knee between decay and noise is found by iteration (A. Lundeby et al.,
   Acustica 81 (1995) 344); noise power is subtracted from the energies before
   the knee (W. T. Chu, J. Acoust. Soc. Am. 63 (1978) 1444), and what lies
   beyond is added from the slope before it. A value needs a noise floor 10 dB
   below the lower end of its range (ISO 3382-1:2009, 5.3.2): EDT 20 dB, T20
   35 dB, T30 45 dB.

   @param energy [n_steps] energies of one band.
   @param[out] decay May be null.
   @param[out] out Parameters of the band.
*/
void
fh_decay_parameters(const double* energy,
                    size_t n_steps,
                    double step_s,
                    FhDecay* decay,
                    FhBandParameters* out);

/**
   Look for two slopes in the decay of one band.

   Found when two lines, whose reverberation times differ by half or more and
   which fall 6 dB or more each, fit the decay curve ten times better (mean
   square) than one. The times are those of the two exponentials that add up to
   the curve. fh_decay_parameters() calls this.
*/
void
fh_double_slope(const double* energy,
                double step_s,
                const FhDecay* decay,
                double range_db,
                FhDoubleSlope* out);

/**
   Backward-integrated decay curve of one band [dB], 0 dB at the onset.

   @param decay From fh_decay_parameters() of the same energies.
   @param[out] level_db [n_steps]; -INFINITY after the knee.
*/
void
fh_decay_curve(const double* energy,
               size_t n_steps,
               double step_s,
               const FhDecay* decay,
               double* level_db);

#endif // FH_DECAY_H
