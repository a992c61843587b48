// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_ANALYSIS_H
#define FH_ANALYSIS_H

#include <fh/decay.h>
#include <fh/sti.h>

/// Greatest number of bands and broadband
#define FH_ANALYSIS_MAX_BANDS (FH_N_THIRDS + 1)

/// How to analyse; start from fh_analysis_desc_default()
typedef struct {
  unsigned bands_per_octave; ///< 1 or 3
  FhBandShape shape;         ///< Of the filters
  bool band_onset; ///< Time each band from its own onset, not from broadband's
} FhAnalysisDesc;

/// Octaves, class 1, one onset
FhAnalysisDesc
fh_analysis_desc_default(void);

/// A response analysed in every band; broadband is index `n_bands` of arrays
typedef struct {
  FhAnalysisDesc desc;
  double rate_hz;
  FhOnset onset;
  double offset;  ///< Constant part that was found and taken away
  size_t n_bands; ///< Octaves or thirds
  FhParameters parameters;
  FhDecay decay[FH_ANALYSIS_MAX_BANDS];
  FhEnergies energies; ///< Owned
} FhAnalysis;

/**
   Analyse a response: onset, bands, noise, decay and ISO 3382-1 parameters.

   @param h [n] samples of one channel; borrowed for the call.
   @param[out] out Owned by the caller, freed with fh_analysis_clear(); zeroed
   on error.
   @return What fh_onset() and fh_energies() return.
*/
FhStatus
fh_analyse(const double* h,
           size_t n,
           double rate_hz,
           const FhAnalysisDesc* desc,
           FhAnalysis* out);

/// Free what it owns and zero it
void
fh_analysis_clear(FhAnalysis* analysis);

/// Noise in band `b` (or `n_bands`) [dB re 1]; -INFINITY where none was found
double
fh_analysis_noise_db(const FhAnalysis* analysis, size_t b);

/**
   Modulation transfer of the octaves 125 Hz to 8 kHz, of the decay alone:
   noise is subtracted, the tail beyond the knee added.

   @return #FH_ERR_UNSUPPORTED unless analysed in octaves,
   #FH_ERR_DECAY_RANGE when a band is missing or drowns in noise.

   Source: M. R. Schroeder, Acustica 49 (1981) 179; IEC 60268-16:2020.
*/
FhStatus
fh_analysis_mtf(const FhAnalysis* analysis,
                float m[FH_N_STI_BANDS][FH_N_MODULATIONS]);

/**
   Modulation transfer of the response as it is, noise and all to its end.

   What programs give that know no noise floor; for comparison.
*/
FhStatus
fh_analysis_mtf_raw(const FhAnalysis* analysis,
                    float m[FH_N_STI_BANDS][FH_N_MODULATIONS]);

/// Dietsch-Kraak echo criterion of an octave; see fh_echogram_echo()
double
fh_analysis_echo(const FhAnalysis* analysis,
                 size_t band,
                 bool speech,
                 double* at_s);

/// Values averaged over octaves as ISO 3382-1, annex A, lists them; NaN where a
/// part is missing
typedef struct {
  double edt_s;      ///< 500 Hz and 1 kHz
  double t30_s;      ///< 500 Hz and 1 kHz
  double c80_db;     ///< 500 Hz and 1 kHz
  double d50;        ///< 500 Hz and 1 kHz
  double ts_s;       ///< 500 Hz and 1 kHz
  double bass_ratio; ///< T30 of 125 and 250 Hz over that of 500 Hz and 1 kHz
} FhMidBand;

/// Mid-band means of an analysis in octaves (all NaN in thirds)
void
fh_analysis_mid(const FhAnalysis* analysis, FhMidBand* out);

/**
   Sound strength G of a band [dB].

   @param reference_energy Energy of the same source at 10 m in a free field,
   measured by the same chain, in the units of FhBandParameters.energy.
*/
double
fh_strength_db(double energy, double reference_energy);

#endif // FH_ANALYSIS_H
