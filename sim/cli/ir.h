// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_IR_H
#define FULLHOUSE_IR_H

#include "cli.h"

#include <fh/analysis.h>
#include <fh/audio.h>
#include <fh/spatial.h>

#include <jansson.h>

extern const FhCommand fh_ir_command;
extern const FhCommand fh_ir_analyze_command;
extern const FhCommand fh_ir_capture_command;
extern const FhCommand fh_ir_deconvolve_command;
extern const FhCommand fh_ir_sweep_command;

/// Which channels of a file mean what
typedef enum {
  IR_CHANNELS_ONE,     ///< One of them counts
  IR_CHANNELS_FUMA,    ///< B-format W X Y Z
  IR_CHANNELS_AMBIX,   ///< B-format W Y Z X
  IR_CHANNELS_FIGURE8, ///< Omnidirectional, figure-of-eight
  IR_CHANNELS_EARS     ///< Left, right
} IrChannels;

/// Options of `ir analyze`
typedef struct {
  FhCommonOptions common;
  FhAnalysisDesc desc;
  IrChannels channels;
  size_t channel;     ///< Of IR_CHANNELS_ONE, from 0
  size_t measurement; ///< Of SOFA files, from 0
  bool all_channels;  ///< A row of the table for each
  bool all_measurements;
  double rate_hz; ///< Of text without a rate; 0 when not given
  bool allow_clipped;
  bool mtf;
  bool detail;
  bool csv;
  bool has_speech, has_noise, has_reference;
  double speech_db[FH_N_STI_BANDS];
  double noise_db[FH_N_STI_BANDS];
  const char* reference; ///< Response at a known distance, for G, or null
  double reference_m;    ///< That distance [m]
  const char* plot;      ///< Picture, or null
  const char* plot_what; ///< "decay,echogram,waterfall" or fewer
  const char* export_to; ///< Copy of the response, or null
  const char* output;    ///< CSV table, or null for stdout
  const char** files;    ///< Null-ended
  size_t n_files;
} IrOptions;

/// All that is known of one response
typedef struct {
  const char* path; ///< Borrowed
  size_t n_channels;
  size_t channel;     ///< Analysed, from 0
  size_t measurement; ///< Analysed, from 0
  double rate_hz;
  double duration_s;
  FhAnalysis analysis; ///< Owned
  bool has_lateral, has_iacc;
  FhLateral lateral;
  FhIacc iacc;
  bool has_mtf;
  float mtf[FH_N_STI_BANDS][FH_N_MODULATIONS];
  FhSti sti, stipa;
  const char* sti_reason;         ///< Why there is no STI, or null
  FhMidBand mid;                  ///< Of the octaves
  double echo_speech, echo_music; ///< Dietsch-Kraak, 1 kHz octave
  double echo_speech_s, echo_music_s;
  bool has_g;
  double g_db[FH_ANALYSIS_MAX_BANDS]; ///< Broadband last
} IrResult;

/**
   Read a response of any kind by its ending: .sofa, .txt .csv .dat, or sound.

   @return False after one message to stderr; `*code` is then the exit code.
*/
bool
ir_read(const char* path,
        size_t measurement,
        double rate_hz,
        FhAudio* out,
        FhExit* code);

/// Measurements in a file: 1 but for SOFA; 0 after a message
size_t
ir_count_measurements(const char* path, FhExit* code);

/// Print "PATH: error: ..." on stderr; always returns `code`
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
FhExit
ir_error(FhExit code, const char* path, const char* format, ...);

/// Print "PATH: warning: ..." on stderr
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void
ir_warning(const char* path, const char* format, ...);

/// Say what a status of reading or analysing means and how to mend it
FhExit
ir_status_error(const char* path, FhStatus status);

/// The object that `--json` prints; null when out of memory
json_t*
ir_result_json(const IrResult* result, const IrOptions* options);

/// A table for people on stdout
void
ir_result_print(const IrResult* result, const IrOptions* options);

/// Header and rows of the CSV table
void
ir_csv_header(FILE* out, const IrOptions* options);
void
ir_csv_row(FILE* out, const IrResult* result, const IrOptions* options);

/// Draw what `options->plot_what` names; false after a message
bool
ir_plot(const IrResult* result, const double* h, size_t n, const IrOptions* o);

/// Paths to analyse, folders opened up
typedef struct {
  char** path; ///< [n]; owned
  size_t n;
  bool bad; ///< Memory ran out
} IrList;

/// Add FOLDER/NAME, or NAME where `folder` is ""
void
ir_list_add(IrList* list, const char* folder, const char* name);

/// Add every response of a folder, by name; an exit code after a message
FhExit
ir_list_folder(IrList* list, const char* folder);

/// Free what it owns and zero it
void
ir_list_clear(IrList* list);

/// Options of `ir analyze`; the input is an IrOptions
extern const struct argp ir_analyze_argp;

/**
   Write a response by its ending: .txt as REW reads it (one channel), .csv,
   .sofa, or sound.
*/
FhExit
ir_export(const char* path, const FhAudio* audio, size_t channel);

/// Comma-separated numbers; false unless there are exactly `n`
bool
ir_parse_numbers(const char* text, size_t n, double* out);

#endif // FULLHOUSE_IR_H
