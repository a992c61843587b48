// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Microphones miss the plane wave's balance of X, Y, Z and W by less [dB]
static const double plane_wave_db = 4.0;

// One channel as doubles, or null
static double*
channel_of(const FhAudio* const audio, const size_t channel)
{
  double* const h = (double*)malloc(audio->n_frames * sizeof(double));
  if (h) {
    fh_audio_channel(audio, channel, h);
  }
  return h;
}

// How many channels an arrangement needs, and its name
static size_t
needed(const IrOptions* const o, const char** const name)
{
  switch (o->channels) {
  case IR_CHANNELS_FUMA:
    *name = "B-format (FuMa)";
    return 4;
  case IR_CHANNELS_AMBIX:
    *name = "AmbiX";
    return 4;
  case IR_CHANNELS_FIGURE8:
    *name = "omni-figure8";
    return 2;
  case IR_CHANNELS_EARS:
    *name = "binaural";
    return 2;
  case IR_CHANNELS_ONE:
    break;
  }
  *name = "the channel asked for";
  return o->channel + 1;
}

// Responses of pressure and of the figure-of-eight or second ear
static FhStatus
split(const FhAudio* const audio,
      const IrOptions* const o,
      const char* const path,
      double** const h,
      double** const second)
{
  const bool b_format =
    o->channels == IR_CHANNELS_FUMA || o->channels == IR_CHANNELS_AMBIX;
  *h = channel_of(audio, o->channel);
  *second = o->channels == IR_CHANNELS_ONE ? NULL : channel_of(audio, 1);
  if (!*h || (o->channels != IR_CHANNELS_ONE && !*second)) {
    return FH_ERR_NO_MEM;
  }
  if (b_format) {
    double fit_db = 0.0;
    fh_b_format_split(audio->data,
                      audio->n_frames,
                      audio->n_channels,
                      audio->rate_hz,
                      o->channels == IR_CHANNELS_FUMA ? FH_B_FORMAT_FUMA
                                                      : FH_B_FORMAT_AMBIX,
                      *h,
                      *second,
                      &fit_db);
    if (fabs(fit_db) > plane_wave_db) {
      ir_warning(path,
                 "the direct sound has %+.0f dB on X, Y, Z against W where a "
                 "plane wave has 0: is this really B-format?",
                 fit_db);
    }
  }
  return FH_OK;
}

static void
add_speech(const FhAnalysis* const octaves,
           const IrOptions* const o,
           IrResult* const r)
{
  const FhStatus status = fh_analysis_mtf(octaves, r->mtf);
  if (status) {
    r->sti_reason = "an octave from 125 Hz to 8 kHz has no usable decay";
    return;
  }
  const double* const speech = o->has_speech ? o->speech_db : NULL;
  const double* const noise = o->has_noise ? o->noise_db : NULL;
  const float(*const m)[FH_N_MODULATIONS] =
    (const float(*)[FH_N_MODULATIONS])r->mtf;
  r->has_mtf = !fh_sti(m, speech, noise, &r->sti) &&
               !fh_stipa(m, speech, noise, &r->stipa);
  r->sti_reason = r->has_mtf ? NULL : "the levels are out of range";
}

// STI, mid bands and echoes are of octaves, whatever bands are shown
static FhStatus
add_octave_values(const double* const h,
                  const size_t n,
                  const IrOptions* const o,
                  IrResult* const r)
{
  FhAnalysis octaves = {0};
  const FhAnalysis* a = &r->analysis;
  if (o->desc.bands_per_octave != 1) {
    FhAnalysisDesc desc = o->desc;
    desc.bands_per_octave = 1;
    const FhStatus status = fh_analyse(h, n, r->rate_hz, &desc, &octaves);
    if (status) {
      return status;
    }
    a = &octaves;
  }
  add_speech(a, o, r);
  fh_analysis_mid(a, &r->mid);
  r->echo_speech = fh_analysis_echo(a, 4, true, &r->echo_speech_s);
  r->echo_music = fh_analysis_echo(a, 4, false, &r->echo_music_s);
  fh_analysis_clear(&octaves);
  return FH_OK;
}

static FhStatus
add_second(const double* const h,
           const double* const second,
           const size_t n,
           const IrOptions* const o,
           IrResult* const r)
{
  if (!second) {
    return FH_OK;
  }
  size_t onset = r->analysis.onset.frame;
  if (o->channels != IR_CHANNELS_EARS) {
    r->has_lateral = true;
    return fh_lateral(h, second, n, r->rate_hz, onset, &r->lateral);
  }
  FhOnset other;
  if (!fh_onset(second, n, r->rate_hz, &other) && other.frame < onset) {
    onset = other.frame;
  }
  r->has_iacc = true;
  return fh_iacc(h, second, n, r->rate_hz, onset, &r->iacc);
}

static FhStatus
add_strength(const FhAnalysis* const reference,
             const IrOptions* const o,
             IrResult* const r)
{
  if (!reference) {
    return FH_OK;
  }
  const FhAnalysis* const a = &r->analysis;
  r->has_g = true;
  for (size_t b = 0; b <= a->n_bands; ++b) {
    const FhBandParameters* const p =
      b < a->n_bands ? &a->parameters.band[b] : &a->parameters.broadband;
    const FhBandParameters* const q = b < a->n_bands
                                        ? &reference->parameters.band[b]
                                        : &reference->parameters.broadband;
    const bool both = p->energy > 0.0 && q->energy > 0.0;
    // From the reference's distance to 10 m by the inverse square law
    const double scale = (o->reference_m / 10.0) * (o->reference_m / 10.0);
    r->g_db[b] =
      both ? fh_strength_db(p->energy, q->energy * scale) : (double)NAN;
  }
  return FH_OK;
}

static FhExit
check_clipping(const char* const path,
               const double* const h,
               const size_t n,
               const IrOptions* const o)
{
  const size_t clipped = fh_count_clipped(h, n);
  if (!clipped) {
    return FH_EXIT_OK;
  }
  if (o->allow_clipped) {
    ir_warning(path, "%zu samples are clipped; the values are wrong", clipped);
    return FH_EXIT_OK;
  }
  return ir_error(FH_EXIT_BAD_INPUT,
                  path,
                  "%zu samples are clipped; measure again with less gain (or "
                  "--allow-clipped)",
                  clipped);
}

static FhExit
analyse_channels(const double* const h,
                 const double* const second,
                 const size_t n,
                 const IrOptions* const o,
                 const FhAnalysis* const reference,
                 IrResult* const r)
{
  const FhExit code = check_clipping(r->path, h, n, o);
  if (code) {
    return code;
  }
  FhStatus status = fh_analyse(h, n, r->rate_hz, &o->desc, &r->analysis);
  status = status ? status : add_octave_values(h, n, o, r);
  status = status ? status : add_second(h, second, n, o, r);
  status = status ? status : add_strength(reference, o, r);
  if (status) {
    return ir_status_error(r->path, status);
  }
  if (r->analysis.offset != 0.0 && !o->common.quiet) {
    ir_warning(
      r->path, "a constant offset of %.3g was taken away", r->analysis.offset);
  }
  if (o->plot && !ir_plot(r, h, n, o)) {
    return FH_EXIT_BAD_INPUT;
  }
  return FH_EXIT_OK;
}

static FhExit
analyse_file(const char* const path,
             const IrOptions* const o,
             const FhAnalysis* const reference,
             IrResult* const r)
{
  FhAudio audio;
  FhExit code = FH_EXIT_OK;
  const char* name = "";
  double* h = NULL;
  double* second = NULL;
  memset(r, 0, sizeof(*r));
  r->path = path;
  r->channel = o->channel;
  r->measurement = o->measurement;
  if (!ir_read(path, o->measurement, o->rate_hz, &audio, &code)) {
    return code;
  }
  r->n_channels = audio.n_channels;
  r->rate_hz = audio.rate_hz;
  r->duration_s = (double)audio.n_frames / audio.rate_hz;
  const size_t n_needed = needed(o, &name);
  if (audio.n_channels < n_needed) {
    code = ir_error(FH_EXIT_BAD_INPUT,
                    path,
                    "has %zu channel%s, but %s needs %zu; change --channels",
                    audio.n_channels,
                    audio.n_channels == 1 ? "" : "s",
                    name,
                    n_needed);
  } else {
    const FhStatus status = split(&audio, o, path, &h, &second);
    code = status
             ? ir_status_error(path, status)
             : analyse_channels(h, second, audio.n_frames, o, reference, r);
  }
  if (!code && o->export_to) {
    code = ir_export(o->export_to, &audio, o->channel);
  }
  free(h);
  free(second);
  fh_audio_clear(&audio);
  return code;
}

static void
result_clear(IrResult* const r)
{
  fh_analysis_clear(&r->analysis);
}

static FhExit
show(const IrResult* const r, const IrOptions* const o)
{
  if (!o->common.json) {
    ir_result_print(r, o);
    return FH_EXIT_OK;
  }
  fh_cli_print_json(ir_result_json(r, o), 7);
  return FH_EXIT_OK;
}

// Rows of one file; the first error ends them
static FhExit
add_rows(const char* const path,
         const IrOptions* const options,
         const FhAnalysis* const reference,
         FILE* const out)
{
  IrOptions o = *options;
  FhExit code = FH_EXIT_OK;
  size_t n_measurements = 1;
  size_t n_channels = 1;
  if (o.all_measurements) {
    n_measurements = ir_count_measurements(path, &code);
  }
  for (size_t m = 0; m < n_measurements && !code; ++m) {
    o.measurement = o.all_measurements ? m : o.measurement;
    for (size_t c = 0; c < n_channels && !code; ++c) {
      IrResult r;
      o.channel = o.all_channels ? c : o.channel;
      code = analyse_file(path, &o, reference, &r);
      n_channels = o.all_channels ? r.n_channels : 1;
      if (!code) {
        ir_csv_row(out, &r, &o);
      }
      result_clear(&r);
    }
  }
  return code;
}

static FhExit
run_table(const IrList* const list,
          const IrOptions* const o,
          const FhAnalysis* const reference,
          FILE* const out)
{
  FhExit code = FH_EXIT_OK;
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  ir_csv_header(out, o);
  for (size_t i = 0; i < list->n; ++i) {
    if (!fh_progress_step(
          &progress, "analysing", (double)i / (double)list->n)) {
      code = FH_EXIT_INTERRUPTED;
      break;
    }
    const FhExit one = add_rows(list->path[i], o, reference, out);
    code = one ? one : code;
  }
  fh_progress_end(&progress);
  return code;
}

// Into a temporary file, then renamed; interrupted tables keep what is done
static FhExit
run_table_to_file(const IrList* const list,
                  const IrOptions* const o,
                  const FhAnalysis* const reference)
{
  char temporary[4096];
  if ((size_t)snprintf(temporary, sizeof(temporary), "%s.part", o->output) >=
      sizeof(temporary)) {
    return ir_error(FH_EXIT_BAD_INPUT, o->output, "the name is too long");
  }
  FILE* const out = fopen(temporary, "w");
  if (!out) {
    return ir_error(
      FH_EXIT_BAD_INPUT, o->output, "cannot be written: %s", strerror(errno));
  }
  const FhExit code = run_table(list, o, reference, out);
  const bool bad = ferror(out) != 0;
  if (fclose(out) || bad || rename(temporary, o->output)) {
    remove(temporary);
    return ir_error(
      FH_EXIT_NO_RESOURCE, o->output, "cannot be written; is the disk full?");
  }
  return code;
}

static FhExit
run_files(const IrOptions* const o,
          const IrList* const list,
          const bool folder,
          const FhAnalysis* const reference)
{
  const bool table =
    o->csv || folder || list->n > 1 || o->all_channels || o->all_measurements;
  if (table && (o->plot || o->export_to)) {
    fh_cli_error("--plot and --export take one file at a time");
    return FH_EXIT_USAGE;
  }
  if (table && o->common.json) {
    fh_cli_error("--json takes one file at a time; several make a CSV table");
    return FH_EXIT_USAGE;
  }
  if (table) {
    return o->output ? run_table_to_file(list, o, reference)
                     : run_table(list, o, reference, stdout);
  }
  IrResult r;
  FhExit code = analyse_file(list->path[0], o, reference, &r);
  code = code ? code : show(&r, o);
  result_clear(&r);
  return code;
}

// The reference's decay is none: only the energies of its direct sound count
static FhExit
read_reference(const IrOptions* const o, FhAnalysis* const out)
{
  FhAudio audio;
  FhExit code = FH_EXIT_OK;
  memset(out, 0, sizeof(*out));
  if (!o->reference) {
    return FH_EXIT_OK;
  }
  if (!ir_read(o->reference, 0, o->rate_hz, &audio, &code)) {
    return code;
  }
  double* const h = channel_of(&audio, 0);
  const FhStatus status =
    h ? fh_analyse(h, audio.n_frames, audio.rate_hz, &o->desc, out)
      : FH_ERR_NO_MEM;
  const FhEnergies* const e = &out->energies;
  for (size_t b = 0; b <= out->n_bands && !status; ++b) {
    FhBandParameters* const p =
      b < out->n_bands ? &out->parameters.band[b] : &out->parameters.broadband;
    p->energy = 0.0;
    for (size_t i = 0; i < e->n_steps; ++i) {
      p->energy += e->energy[b * e->n_steps + i];
    }
  }
  free(h);
  fh_audio_clear(&audio);
  return status ? ir_status_error(o->reference, status) : FH_EXIT_OK;
}

static int
run(int argc, char** argv)
{
  IrOptions o = {.common = fh_common_options_default(),
                 .desc = fh_analysis_desc_default(),
                 .reference_m = 10.0,
                 .plot_what = "decay,echogram,waterfall"};
  FhAnalysis reference = {0};
  IrList list = {0};
  bool folder = false;
  fh_cli_parse(&ir_analyze_argp, argc, argv, &o);
  FhExit code = read_reference(&o, &reference);
  for (size_t i = 0; i < o.n_files && !code; ++i) {
    struct stat info;
    if (!stat(o.files[i], &info) && S_ISDIR(info.st_mode)) {
      folder = true;
      code = ir_list_folder(&list, o.files[i]);
    } else {
      ir_list_add(&list, "", o.files[i]);
    }
  }
  if (list.bad || (!code && !list.path)) {
    fh_cli_error("out of memory");
    code = FH_EXIT_NO_RESOURCE;
  }
  code =
    code ? code : run_files(&o, &list, folder, o.reference ? &reference : NULL);
  ir_list_clear(&list);
  free(o.files);
  fh_analysis_clear(&reference);
  return code;
}

const FhCommand fh_ir_analyze_command = {
  .name = "analyze",
  .summary = "ISO 3382 parameters and STI of impulse responses",
  .argp = &ir_analyze_argp,
  .run = run};
