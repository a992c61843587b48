// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SWEEP_H
#define FH_SWEEP_H

#include <fh/audio.h>
#include <fh/status.h>

#include <stddef.h>

/// An exponential sweep; start from fh_sweep_desc_default()
typedef struct {
  double from_hz;    ///< First frequency [Hz], above zero; 20
  double to_hz;      ///< Last one [Hz], above `from_hz`, below rate / 2; 20 000
  double duration_s; ///< Of the sweep alone [s]; 10
  double rate_hz;    ///< Sample rate [Hz]; 48 000
  double amplitude;  ///< Peak, 0 to 1; 0.5
  double fade_in_s;  ///< Raised-cosine fade [s]; 0.02
  double fade_out_s; ///< Raised-cosine fade [s]; 0.004
  double before_s;   ///< Silence before the first sweep [s]; 0.5
  double after_s;    ///< Silence after each sweep [s]; 3
  unsigned repeats;  ///< Sweeps in a row, 1 to 100; 1
} FhSweepDesc;

/// The defaults named above
FhSweepDesc
fh_sweep_desc_default(void);

/// #FH_ERR_BAD_ARG unless everything is in its range
FhStatus
fh_sweep_check(const FhSweepDesc* desc);

/// Rate of the sweep: its frequency grows by e in L = T / ln(f2 / f1) [s]
double
fh_sweep_rate_s(const FhSweepDesc* desc);

/// Frames of one sweep without the silences
size_t
fh_sweep_frames(const FhSweepDesc* desc);

/// Frames from the start of one sweep to the start of the next
size_t
fh_sweep_period(const FhSweepDesc* desc);

/**
   Make the signal to be played, mono.

   x(t) = A sin(2 pi f1 L (exp(t / L) - 1)); A. Farina, AES 108 (2000) 5093.
*/
FhStatus
fh_sweep_make(const FhSweepDesc* desc, FhAudio* out);

/**
   Make the inverse filter: the sweep turned round and weighted with f, so that
   sweep * inverse is a band-limited pulse of height 1, one sweep length late.
*/
FhStatus
fh_sweep_inverse(const FhSweepDesc* desc, FhAudio* out);

/// Responses of a system that need not be linear, by circular deconvolution
typedef struct {
  size_t n;              ///< Frames of the circle
  double rate_hz;        ///< [Hz]
  double from_hz, to_hz; ///< Band in which the response is true [Hz]
  double sweep_rate_s;   ///< L of the sweep [s]; 0 when unknown
  double* h; ///< [n] linear response from frame 0 on; distortion before it, at
             ///< the end of the circle; owned
} FhDeconvolution;

/**
   Divide the spectrum of a recording by that of what was played.

   H = Y X* / |X|^2 within the band; a raised cosine takes it to zero beyond the
   edges, a third octave wide, where the division would only raise noise.

   @param recording [n_recording] one channel, borrowed.
   @param sweep [n_sweep] what was played, one sweep, borrowed.
   @param from_hz,to_hz Band of the sweep [Hz]; 0 and 0: found from the sweep.
   @param sweep_rate_s See fh_sweep_rate_s(); 0 when unknown.
   @param[out] out Freed with fh_deconvolution_clear(); zeroed on error.
   @return #FH_ERR_BAD_ARG, #FH_ERR_NO_SIGNAL for a silent sweep or recording,
   #FH_ERR_NOT_FINITE, #FH_ERR_NO_MEM, #FH_ERR_MISMATCH when no response stands
   out of the result: the recording is of another sweep.
*/
FhStatus
fh_deconvolve(const double* recording,
              size_t n_recording,
              const double* sweep,
              size_t n_sweep,
              double rate_hz,
              double from_hz,
              double to_hz,
              double sweep_rate_s,
              FhDeconvolution* out);

/// Free what it owns and zero it
void
fh_deconvolution_clear(FhDeconvolution* deconvolution);

/// Copy `n` frames from frame `from` on; negative frames are before time zero
void
fh_deconvolution_copy(const FhDeconvolution* deconvolution,
                      long from,
                      size_t n,
                      double* out);

/// Frame of the greatest magnitude of the linear response, interpolated
double
fh_deconvolution_peak(const FhDeconvolution* deconvolution);

/// A harmonic distortion response
typedef struct {
  unsigned order;
  double lead_s;   ///< Found this long before the linear response [s]
  double level_db; ///< Mean power re the linear response, in the band [dB]
} FhHarmonic;

/**
   Level of a harmonic: its response comes L ln(order) before the linear one.

   @param order 2 to 8.
   @param band_from_hz,band_to_hz Frequencies compared, those at which the
   distortion comes out [Hz].
   @return #FH_ERR_BAD_ARG, #FH_ERR_UNSUPPORTED when the sweep's rate is not
   known, #FH_ERR_NO_MEM.
*/
FhStatus
fh_deconvolution_harmonic(const FhDeconvolution* deconvolution,
                          unsigned order,
                          double band_from_hz,
                          double band_to_hz,
                          FhHarmonic* out);

/// What a recording of repeats tells
typedef struct {
  size_t n_used;        ///< Repeats averaged
  size_t n_left_out;    ///< Repeats with disturbances, left out
  double drift_ppm;     ///< Recorder's clock re the player's, + is fast
  double repeatable_db; ///< Power of the mean re the spread between repeats
} FhRepeats;

/**
   Average the repeats of a recording in time.

   A repeat whose difference from the median power of all differences is above
   6 dB is left out (a door, a cough).

   @param recording [n] one channel.
   @param first Frame where the first sweep was played.
   @param period Frames from sweep to sweep.
   @param n_repeats At least 1.
   @param[out] mean [period] mean of the repeats, owned by the caller.
   @return #FH_ERR_BAD_ARG when the recording is shorter than the repeats.
*/
FhStatus
fh_sweep_average(const double* recording,
                 size_t n,
                 size_t first,
                 size_t period,
                 size_t n_repeats,
                 double* mean,
                 FhRepeats* out);

/**
   Drift of the clock from one sweep: the direct sound of high frequencies,
   played later, comes too early or too late.

   @return Recorder's clock re the player's [ppm]; 0 where the response does
   not tell.
*/
double
fh_deconvolution_drift_ppm(const FhDeconvolution* deconvolution);

#endif // FH_SWEEP_H
