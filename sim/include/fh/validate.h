// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_VALIDATE_H
#define FH_VALIDATE_H

#include <fh/diag.h>
#include <fh/result.h>

/*
  A simulation held against measurements: parameters of ISO 3382-1 by pair of
  source and microphone and by octave, differences in just noticeable ones.
*/

/// What is compared
typedef enum {
  FH_QUANTITY_T30, ///< [s]
  FH_QUANTITY_EDT, ///< [s]
  FH_QUANTITY_D50, ///< 0 to 1
  FH_QUANTITY_C80, ///< [dB]
  FH_QUANTITY_TS,  ///< [s]
  FH_QUANTITY_G,   ///< [dB]
  FH_QUANTITY_LF,  ///< 0 to 1; one value, mean of 125 Hz to 1 kHz
  FH_QUANTITY_T20, ///< [s]
  FH_QUANTITY_C50, ///< [dB]
  FH_QUANTITY_LFC, ///< 0 to 1; one value, mean of 125 Hz to 1 kHz
  FH_N_QUANTITIES
} FhQuantity;

/// Bit set of quantities: those of the round robins, one of each kind
#define FH_QUANTITIES_USUAL 0x7fu
/// Every quantity
#define FH_QUANTITIES_ALL ((1u << FH_N_QUANTITIES) - 1u)

/// Band index of a value that is no octave's but of 125 Hz to 1 kHz together
#define FH_BAND_MID FH_N_OCTAVES

/// Word in files and options, e.g. "t30"
const char*
fh_quantity_name(FhQuantity quantity);

/// Unit as printed, "" for a ratio
const char*
fh_quantity_unit(FhQuantity quantity);

/// Quantity of a word; false when there is none
bool
fh_quantity_find(const char* name, FhQuantity* out);

/// Just noticeable difference at `value`, in the quantity's unit; ISO
/// 3382-1:2009, table A.1 (5 % of a decay time, 1 dB, 0.05, 10 ms); C50 is
/// taken as C80, LFC as LF
double
fh_quantity_jnd(FhQuantity quantity, double value);

/// One quantity of one pair
typedef struct {
  size_t emitter;    ///< Index: loudspeakers, then arrays
  size_t microphone; ///< Index into FhVenue.microphones
  FhQuantity quantity;
  double at[FH_N_OCTAVES + 1]; ///< SI units; NaN: not measured. The last is
                               ///< that of FH_BAND_MID
  int line;                    ///< In the file, 0 for an impulse response
  char file[256];              ///< Response that it comes from, else empty
} FhMeasuredRow;

/// Measured values that belong to a venue
typedef struct {
  char path[1024];
  size_t n_rows;
  FhMeasuredRow* row; ///< [n_rows]; owned
} FhMeasured;

/**
   Read measured parameters, or measure them in impulse responses.

   @param path A CSV file, a SOFA file, or a folder of sound files.

   The CSV file begins with a line `source,microphone,parameter,BAND,...`, BAND
   being octaves "63" to "8000" [Hz]; `#` starts a comment line; an empty cell
   is no value. `parameter` is a quantity with its unit: t30_s edt_s t20_s d50
   d50_percent c80_db c50_db ts_s ts_ms g_db lf lf_percent lfc lfc_percent.
   Lateral fractions are averaged over the octaves 125 Hz to 1 kHz, as ISO
   3382-1 has it.

   Of a folder the sound files are read that have `_SOURCE_MICROPHONE.` or
   `_SOURCE_MICROPHONE_` in their names (as `simulate` writes them), first
   channel, analysed as `ir analyze` does. Their level is not calibrated: no G.
   Of a SOFA file (its name ends in .sofa) those measurements are taken, first
   receiver, whose source and listener are within 0.1 m of a loudspeaker and a
   microphone of the venue; arrays are not looked for.

   @param[out] out Owned by the caller, fh_measured_clear(); zeroed on error.
   @param diag Names what was skipped (pairs, bands and parameters that the
   venue or this program does not know, decays that are too short) and what is
   wrong.
   @return #FH_ERR_IO, #FH_ERR_FORMAT for no table, #FH_ERR_INVALID_DATA for
   values that cannot be, for two values of one thing, or for nothing left.
*/
FhStatus
fh_measured_read(const char* path,
                 const FhVenue* venue,
                 FhMeasured* out,
                 FhDiag* diag);

/// Free what it owns and zero it
void
fh_measured_clear(FhMeasured* measured);

/// One measured value and the simulated one
typedef struct {
  size_t emitter, microphone;
  FhQuantity quantity;
  size_t band; ///< Octave, or FH_BAND_MID
  double measured, simulated;
  double se;  ///< Standard error of `simulated` by sampling
  double jnd; ///< (simulated - measured) in just noticeable differences
} FhDeviation;

/// Means over pairs, or over pairs and octaves
typedef struct {
  size_t n;
  double measured, simulated; ///< Means
  double difference;          ///< Mean of simulated - measured
  double rms;                 ///< Of simulated - measured
  double jnd;                 ///< Mean of |jnd|
  double low[2], high[2];     ///< Least and greatest: measured, simulated
} FhDeviationMean;

/// All of a comparison
typedef struct {
  size_t n;
  FhDeviation* at;                                         ///< [n]; owned
  FhDeviationMean mean[FH_N_QUANTITIES][FH_N_OCTAVES + 1]; ///< Over pairs
  FhDeviationMean all[FH_N_QUANTITIES]; ///< Over pairs and octaves
  double jnd;       ///< Mean over the quantities of their mean |jnd|
  size_t n_missing; ///< Values without a simulated counterpart
} FhValidation;

/**
   Compare metrics of a run with measured values.

   @param pairs [n_emitters * n_microphones] of fh_run_compute().
   @param quantities Bit set of what counts.
   @param low_band,high_band First and last octave that count.
   @param[out] out Owned by the caller, fh_validation_clear(); zeroed on error.
   @return #FH_ERR_INVALID_DATA when nothing is left to compare, #FH_ERR_NO_MEM.
*/
FhStatus
fh_validate(const FhMeasured* measured,
            const FhMicrophoneMetrics* pairs,
            size_t n_microphones,
            unsigned quantities,
            size_t low_band,
            size_t high_band,
            FhValidation* out,
            FhDiag* diag);

/// Count one more value into a mean
void
fh_deviation_add(FhDeviationMean* mean, const FhDeviation* value);

/// Free what it owns and zero it
void
fh_validation_clear(FhValidation* validation);

/**
   Draw a comparison: for each quantity the means over pairs with their range,
   and every difference.

   @param title Over the picture.
   @param path Picture to write, .png, .svg or .pdf.
*/
FhStatus
fh_validation_plot(const FhValidation* validation,
                   const char* title,
                   const char* path);

#endif // FH_VALIDATE_H
