// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRANSFER_H
#define FH_TRANSFER_H

#include <fh/status.h>

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

/*
  Dual-channel measurement: transfer function and coherence between a reference
  x (what was played) and a measurement y (what a microphone heard), with any
  programme as the test signal.

  H1 = Gxy / Gxx is the least-squares answer when the noise is in y alone, which
  is where a crowd is. Averages of |Y| / |X| are not offered: noise adds to
  them, however long one waits.

  Source: Bendat and Piersol, "Random Data", 4th edition, chapters 6 and 9.
*/

/// Sums over frames from which everything follows, one for each bin
typedef struct {
  size_t n_fft;       ///< Frames of one transform
  size_t n_bins;      ///< n_fft / 2 + 1
  double rate_hz;     ///< Sample rate [Hz]
  float* gxx;         ///< Sum of |X|^2; owned
  float* gyy;         ///< Sum of |Y|^2; owned
  float complex* gxy; ///< Sum of conj(X) Y; owned
} FhTransfer;

/**
   Make room for sums, all zero.

   @param n_fft Frames of one transform, even, 16 to 2^24.
   @param rate_hz Sample rate [Hz], above zero.
   @param[out] out Owned by the caller; fh_transfer_clear() frees it.
   @return #FH_ERR_BAD_ARG, #FH_ERR_NO_MEM.
*/
FhStatus
fh_transfer_init(size_t n_fft, double rate_hz, FhTransfer* out);

/// Free the sums; does nothing to a zeroed struct
void
fh_transfer_clear(FhTransfer* transfer);

/// Forget all frames
void
fh_transfer_reset(FhTransfer* transfer);

/**
   Add one frame to the sums of some bins.

   @param first First bin.
   @param end One past the last bin, at most `n_bins`.
   @param x Spectrum of the windowed reference [n_bins]; borrowed.
   @param y The same of the measurement, same window and time.
   @param delay_frames Delay of y that is to be taken out [frames].
   @param keep What remains of the sums so far, 0 to 1; 1 for a plain sum.
   @param weight Weight of the frame; 1 for a plain sum.
*/
void
fh_transfer_add(FhTransfer* transfer,
                size_t first,
                size_t end,
                const float complex* x,
                const float complex* y,
                double delay_frames,
                double keep,
                double weight);

/**
   Power of a frame that the transfer function so far does not explain.

   Arguments as of fh_transfer_add(). Noise, where the room has not changed.

   @param[out] explained Power that it does explain; may be null.
*/
double
fh_transfer_residual(const FhTransfer* transfer,
                     size_t first,
                     size_t end,
                     const float complex* x,
                     const float complex* y,
                     double delay_frames,
                     double* explained);

/// Means over a band; each bin weighs 1 / f, as pink noise would
typedef struct {
  double level_db; ///< 10 lg of the mean of |H1|^2 [dB]
  /// The same less what noise adds to |H1|^2 [dB]; NaN where nothing is left
  double debiased_db;
  double coherence; ///< Mean squared coherence, less its bias; 0 to 1
  size_t n_bins;
} FhTransferBand;

/**
   Average a band.

   @param lo_hz, hi_hz Edges of the band [Hz].
   @param n_averages Independent frames in the sums; the bias of coherence and
   of |H1|^2 is 1 / n_averages of the noise. Under 2, nothing is taken off.
   @return #FH_ERR_BAD_ARG when no bin falls in the band, #FH_ERR_NO_SIGNAL
   when the reference has no energy there.
*/
FhStatus
fh_transfer_band(const FhTransfer* transfer,
                 double lo_hz,
                 double hi_hz,
                 double n_averages,
                 FhTransferBand* out);

/**
   Measure with two signals of the same length: Hann window, 50 % overlap.

   @param x Reference [n_frames]; borrowed.
   @param y Measurement [n_frames]; borrowed.
   @param delay_frames Delay of y against x to take out, 0 or more [frames].
   @param transfer Initialised; frames are added to it.
   @param[out] n_averages Independent frames that were added (with 50 % overlap
   a Hann window makes 2 / (1 + 2/36) of each pair); may be null.
   @return #FH_ERR_NO_SIGNAL when the signals are shorter than one transform,
   #FH_ERR_BAD_ARG, #FH_ERR_NO_MEM.
*/
FhStatus
fh_transfer_measure(const float* x,
                    const float* y,
                    size_t n_frames,
                    double delay_frames,
                    FhTransfer* transfer,
                    double* n_averages);

/// Where the measurement lies in time against the reference
typedef struct {
  double frames; ///< Delay, interpolated between frames [frames]
  bool inverted; ///< The correlation is negative there
  /// Height of the peak over that of the next one elsewhere, 1 or more
  double prominence;
  /// Height of the peak over the rms of the rest
  double clearance;
} FhDelay;

/**
   Whiten a cross-spectrum (GCC-PHAT) within a band, in place.

   Bins outside the band become 0; the edges fall off as half a cosine over an
   octave at the low and a quarter at the high end, so that a peak is narrow and
   rings little.

   Source: Knapp and Carter, IEEE Trans. ASSP 24(4), 1976.
*/
void
fh_phat_whiten(float complex* cross,
               size_t n_bins,
               double rate_hz,
               double lo_hz,
               double hi_hz);

/**
   Find the peak of a correlation within a range of lags.

   @param correlation [n] circular: negative lags at the end.
   @param first, end Range of lags to search, 0 <= first < end <= n.
   @return #FH_ERR_NO_SIGNAL when it is all zero.
*/
FhStatus
fh_delay_peak(const float* correlation,
              size_t n,
              size_t first,
              size_t end,
              FhDelay* out);

/**
   Find the delay of y against x.

   @param x Reference [n_frames]; borrowed.
   @param y Measurement [n_frames]; borrowed.
   @param max_delay_s Longest delay looked for [s].
   @return #FH_ERR_NO_SIGNAL when there is none, #FH_ERR_BAD_ARG,
   #FH_ERR_NO_MEM.
*/
FhStatus
fh_delay_find(const float* x,
              const float* y,
              size_t n_frames,
              double rate_hz,
              double max_delay_s,
              FhDelay* out);

#endif // FH_TRANSFER_H
