// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// A parameter of a band: its key, its name for people, where it is
typedef struct {
  const char* key;
  const char* name;
  size_t value;  // Offset in FhBandParameters
  size_t reason; // Offset in FhBandParameters
  int decimals;
} Parameter;

#define AT(member) offsetof(FhBandParameters, member)

static const Parameter parameters[] = {
  {"edt_s", "EDT [s]", AT(edt_s), AT(edt_reason), 2},
  {"t20_s", "T20 [s]", AT(t20_s), AT(t20_reason), 2},
  {"t30_s", "T30 [s]", AT(t30_s), AT(t30_reason), 2},
  {"c50_db", "C50 [dB]", AT(c50_db), AT(energy_reason), 1},
  {"c80_db", "C80 [dB]", AT(c80_db), AT(energy_reason), 1},
  {"d50", "D50", AT(d50), AT(energy_reason), 2},
  {"ts_s", "Ts [s]", AT(ts_s), AT(energy_reason), 3},
};

#define N_PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static double
value_of(const FhBandParameters* const p, const Parameter* const q)
{
  return *(const double*)((const char*)p + q->value);
}

static FhReason
reason_of(const FhBandParameters* const p, const Parameter* const q)
{
  return *(const FhReason*)((const char*)p + q->reason);
}

static const char*
band_name(const FhAnalysis* const a, const size_t b)
{
  if (b >= a->n_bands) {
    return "broadband";
  }
  return a->desc.bands_per_octave == 1 ? fh_octave_name(b) : fh_third_name(b);
}

static const FhBandParameters*
band(const FhAnalysis* const a, const size_t b)
{
  return b < a->n_bands ? &a->parameters.band[b] : &a->parameters.broadband;
}

static json_t*
number(const double x)
{
  return isfinite(x) ? json_real(x) : json_null();
}

static json_t*
numbers(const double* const x, const size_t n)
{
  json_t* const array = json_array();
  for (size_t i = 0; i < n; ++i) {
    json_array_append_new(array, number(x[i]));
  }
  return array;
}

static void
add_reason(json_t* const reasons,
           const char* const key,
           const char* const where,
           const char* const text)
{
  json_t* of_key = json_object_get(reasons, key);
  if (!of_key) {
    of_key = json_object();
    json_object_set_new(reasons, key, of_key);
  }
  json_object_set_new(of_key, where, json_string(text));
}

static json_t*
reasons_json(const IrResult* const r)
{
  const FhAnalysis* const a = &r->analysis;
  json_t* const reasons = json_object();
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    for (size_t b = 0; b <= a->n_bands; ++b) {
      const FhReason reason = reason_of(band(a, b), &parameters[q]);
      if (reason) {
        add_reason(
          reasons, parameters[q].key, band_name(a, b), fh_reason_text(reason));
      }
    }
  }
  if (r->sti_reason) {
    add_reason(reasons, "sti", "male", r->sti_reason);
  }
  return reasons;
}

static json_t*
broadband_json(const FhAnalysis* const a)
{
  json_t* const object = json_object();
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    json_object_set_new(
      object,
      parameters[q].key,
      number(value_of(&a->parameters.broadband, &parameters[q])));
  }
  json_object_set_new(
    object, "noise_floor_db", number(fh_analysis_noise_db(a, a->n_bands)));
  json_object_set_new(
    object, "usable_range_db", number(a->parameters.broadband.range_db));
  return object;
}

static json_t*
matrix_json(const double m[FH_N_STI_BANDS][FH_N_MODULATIONS])
{
  json_t* const rows = json_array();
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    json_array_append_new(rows, numbers(m[k], FH_N_MODULATIONS));
  }
  return rows;
}

static json_t*
slopes_json(const FhAnalysis* const a)
{
  json_t* const object = json_object();
  for (size_t b = 0; b <= a->n_bands; ++b) {
    const FhDoubleSlope* const s = &a->decay[b].slopes;
    if (s->found) {
      json_object_set_new(object,
                          band_name(a, b),
                          json_pack("{s:f,s:f,s:f}",
                                    "early_s",
                                    s->early_s,
                                    "late_s",
                                    s->late_s,
                                    "knee_db",
                                    s->knee_db));
    }
  }
  return object;
}

static json_t*
echo_json(const double value, const double at_s)
{
  json_t* const object = json_object();
  json_object_set_new(object, "value", number(value));
  json_object_set_new(object, "at_s", number(at_s));
  return object;
}

// What the standards know beyond the pinned keys
static json_t*
detail_json(const IrResult* const r)
{
  const FhAnalysis* const a = &r->analysis;
  double xi20[FH_ANALYSIS_MAX_BANDS];
  double xi30[FH_ANALYSIS_MAX_BANDS];
  double curvature[FH_ANALYSIS_MAX_BANDS];
  double knee[FH_ANALYSIS_MAX_BANDS];
  for (size_t b = 0; b < a->n_bands; ++b) {
    const FhBandParameters* const p = band(a, b);
    xi20[b] = p->t20_xi;
    xi30[b] = p->t30_xi;
    curvature[b] = p->curvature;
    knee[b] = a->decay[b].knee_s > 0.0 ? a->decay[b].knee_s : (double)NAN;
  }
  json_t* const d = json_object();
  json_object_set_new(
    d, "t20_nonlinearity_permille", numbers(xi20, a->n_bands));
  json_object_set_new(
    d, "t30_nonlinearity_permille", numbers(xi30, a->n_bands));
  json_object_set_new(d, "curvature_percent", numbers(curvature, a->n_bands));
  json_object_set_new(d, "knee_s", numbers(knee, a->n_bands));
  json_object_set_new(d, "double_slope", slopes_json(a));
  json_object_set_new(d, "mid_edt_s", number(r->mid.edt_s));
  json_object_set_new(d, "mid_t30_s", number(r->mid.t30_s));
  json_object_set_new(d, "mid_c80_db", number(r->mid.c80_db));
  json_object_set_new(d, "mid_d50", number(r->mid.d50));
  json_object_set_new(d, "mid_ts_s", number(r->mid.ts_s));
  json_object_set_new(d, "bass_ratio", number(r->mid.bass_ratio));
  json_object_set_new(
    d, "echo_speech", echo_json(r->echo_speech, r->echo_speech_s));
  json_object_set_new(
    d, "echo_music", echo_json(r->echo_music, r->echo_music_s));
  json_object_set_new(
    d, "stipa", number(r->has_mtf ? r->stipa.sti : (double)NAN));
  json_object_set_new(
    d,
    "alcons_percent",
    number(r->has_mtf ? fh_alcons_percent(r->sti.sti) : (double)NAN));
  json_object_set_new(d, "peak_s", number(a->onset.peak_s));
  json_object_set_new(d, "inverted", json_boolean(a->onset.inverted));
  json_object_set_new(d, "offset", number(a->offset));
  return d;
}

json_t*
ir_result_json(const IrResult* const r, const IrOptions* const o)
{
  const FhAnalysis* const a = &r->analysis;
  json_t* const root = json_object();
  double x[FH_ANALYSIS_MAX_BANDS];
  json_object_set_new(root, "rate_hz", number(r->rate_hz));
  json_object_set_new(
    root, "channels", json_integer((json_int_t)r->n_channels));
  json_t* const names = json_array();
  for (size_t b = 0; b < a->n_bands; ++b) {
    double hz = 0.0;
    ir_parse_numbers(band_name(a, b), 1, &hz);
    json_array_append_new(names, json_integer((json_int_t)hz));
  }
  json_object_set_new(root, "bands_hz", names);
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    for (size_t b = 0; b < a->n_bands; ++b) {
      x[b] = value_of(band(a, b), &parameters[q]);
    }
    json_object_set_new(root, parameters[q].key, numbers(x, a->n_bands));
  }
  if (r->has_lateral) {
    json_object_set_new(root, "lf", numbers(r->lateral.lf, FH_N_OCTAVES));
    json_object_set_new(root, "lfc", numbers(r->lateral.lfc, FH_N_OCTAVES));
  }
  if (r->has_iacc) {
    json_t* const iacc = json_object();
    json_object_set_new(iacc, "early", numbers(r->iacc.early, FH_N_OCTAVES));
    json_object_set_new(iacc, "late", numbers(r->iacc.late, FH_N_OCTAVES));
    json_object_set_new(iacc, "all", numbers(r->iacc.all, FH_N_OCTAVES));
    json_object_set_new(root, "iacc", iacc);
  }
  if (r->has_g) {
    json_object_set_new(root, "g_db", numbers(r->g_db, a->n_bands));
  }
  json_object_set_new(root, "reasons", reasons_json(r));
  json_object_set_new(root, "broadband", broadband_json(a));
  json_t* const sti = json_object();
  json_object_set_new(
    sti, "male", number(r->has_mtf ? r->sti.sti : (double)NAN));
  json_object_set_new(root, "sti", sti);
  for (size_t b = 0; b < a->n_bands; ++b) {
    x[b] = fh_analysis_noise_db(a, b);
  }
  json_object_set_new(root, "noise_floor_db", numbers(x, a->n_bands));
  for (size_t b = 0; b < a->n_bands; ++b) {
    x[b] = band(a, b)->range_db;
  }
  json_object_set_new(root, "usable_range_db", numbers(x, a->n_bands));
  json_object_set_new(root, "onset_s", number(a->onset.time_s));
  if (o->mtf) {
    json_object_set_new(
      root, "mtf", r->has_mtf ? matrix_json(r->sti.m) : json_null());
  }
  if (o->detail) {
    json_object_set_new(root, "detail", detail_json(r));
  }
  return root;
}

static void
print_number(const double x, const int decimals)
{
  if (isfinite(x)) {
    printf(" %7.*f", decimals, x);
  } else {
    printf(" %7s", "-");
  }
}

static void
print_row(const char* const name,
          const double* const x,
          const size_t n,
          const double broadband,
          const int decimals)
{
  printf("%-13s", name);
  for (size_t b = 0; b < n; ++b) {
    print_number(x[b], decimals);
  }
  print_number(broadband, decimals);
  putchar('\n');
}

// "No T30 at 63 125: why", for the bands with this reason
static void
print_reason(const FhAnalysis* const a,
             const Parameter* const q,
             const FhReason reason)
{
  size_t count = 0;
  for (size_t b = 0; b <= a->n_bands; ++b) {
    if (reason_of(band(a, b), q) != reason) {
      continue;
    }
    if (!count++) {
      const bool ratio = q->reason == AT(energy_reason);
      printf(
        "No %.*s at", ratio ? 17 : 3, ratio ? "C50, C80, D50, Ts" : q->name);
    }
    printf(" %s", band_name(a, b));
  }
  if (count) {
    printf(": %s\n", fh_reason_text(reason));
  }
}

static void
print_reasons(const FhAnalysis* const a)
{
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    const bool repeats =
      q > 0 && parameters[q].reason == parameters[q - 1].reason;
    for (int k = FH_REASON_BAND; k <= FH_REASON_FILTER && !repeats; ++k) {
      print_reason(a, &parameters[q], (FhReason)k);
    }
  }
}

static void
print_doubts(const FhAnalysis* const a)
{
  for (size_t b = 0; b <= a->n_bands; ++b) {
    const FhBandParameters* const p = band(a, b);
    const FhDoubleSlope* const s = &a->decay[b].slopes;
    if (s->found) {
      printf("%s: double slope, %.2f s then %.2f s from %.0f dB on\n",
             band_name(a, b),
             s->early_s,
             s->late_s,
             s->knee_db);
    } else if (p->t30_xi > 10.0) {
      printf("%s: doubtful T30, the decay is not straight (nonlinearity %.0f "
             "permille; 10 is the limit of ISO 3382-2)\n",
             band_name(a, b),
             p->t30_xi);
    } else if (fabs(p->curvature) > 10.0) {
      printf("%s: doubtful T30, the decay is curved by %.0f %%\n",
             band_name(a, b),
             p->curvature);
    }
  }
}

static void
print_single_numbers(const IrResult* const r)
{
  if (r->has_mtf) {
    printf("STI (male)    %.2f, band %s; STIPA %.2f; ALcons %.1f %%\n",
           r->sti.sti,
           fh_sti_rating(r->sti.sti),
           r->stipa.sti,
           fh_alcons_percent(r->sti.sti));
  } else {
    printf("STI           - (%s)\n", r->sti_reason);
  }
  if (isfinite(r->mid.t30_s)) {
    printf("Mid bands     T30 %.2f s, EDT %.2f s, C80 %.1f dB, D50 %.2f; bass "
           "ratio ",
           r->mid.t30_s,
           r->mid.edt_s,
           r->mid.c80_db,
           r->mid.d50);
    printf(isfinite(r->mid.bass_ratio) ? "%.2f\n" : "-\n", r->mid.bass_ratio);
  }
  if (isfinite(r->echo_speech)) {
    printf("Echo          speech %.2f (1.0 disturbs), music %.2f (1.8 "
           "disturbs)\n",
           r->echo_speech,
           r->echo_music);
  }
}

static void
print_bands(const IrResult* const r)
{
  const FhAnalysis* const a = &r->analysis;
  const size_t n = a->n_bands;
  double x[FH_ANALYSIS_MAX_BANDS];
  printf("%-13s", "Band [Hz]");
  for (size_t b = 0; b < n; ++b) {
    printf(" %7s", band_name(a, b));
  }
  puts("     all");
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    for (size_t b = 0; b <= n; ++b) {
      x[b] = value_of(band(a, b), &parameters[q]);
    }
    print_row(parameters[q].name, x, n, x[n], parameters[q].decimals);
  }
  if (r->has_g) {
    print_row("G [dB]", r->g_db, n, r->g_db[n], 1);
  }
  for (size_t b = 0; b <= n; ++b) {
    x[b] = band(a, b)->range_db;
  }
  print_row("Range [dB]", x, n, x[n], 0);
  for (size_t b = 0; b <= n; ++b) {
    x[b] = fh_analysis_noise_db(a, b);
  }
  print_row("Noise [dBFS]", x, n, x[n], 0);
  if (r->has_lateral && n == FH_N_OCTAVES) {
    print_row("J_LF", r->lateral.lf, n, r->lateral.lf[n], 2);
    print_row("J_LFC", r->lateral.lfc, n, r->lateral.lfc[n], 2);
  }
  if (r->has_iacc && n == FH_N_OCTAVES) {
    print_row("IACC early", r->iacc.early, n, r->iacc.early[n], 2);
    print_row("IACC late", r->iacc.late, n, r->iacc.late[n], 2);
  }
}

static void
print_mtf(const FhSti* const sti)
{
  printf("%-13s", "MTF");
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    printf(" %7s", fh_octave_name(k + 1));
  }
  putchar('\n');
  for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
    printf("%5.2f Hz     ", fh_sti_modulation_hz(i));
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      printf(" %7.3f", sti->m[k][i]);
    }
    putchar('\n');
  }
}

void
ir_result_print(const IrResult* const r, const IrOptions* const o)
{
  const FhAnalysis* const a = &r->analysis;
  printf("%s: %g Hz, %zu channel%s, %.2f s, onset at %.4f s\n",
         r->path,
         r->rate_hz,
         r->n_channels,
         r->n_channels == 1 ? "" : "s",
         r->duration_s,
         a->onset.time_s);
  print_bands(r);
  print_single_numbers(r);
  if (o->mtf && r->has_mtf) {
    print_mtf(&r->sti);
  }
  print_reasons(a);
  print_doubts(a);
}

static void
csv_text(FILE* const out, const char* const text)
{
  if (!strpbrk(text, ",\"\n")) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (const char* c = text; *c; ++c) {
    if (*c == '"') {
      fputc('"', out);
    }
    fputc(*c, out);
  }
  fputc('"', out);
}

void
ir_csv_header(FILE* const out, const IrOptions* const o)
{
  const bool octaves = o->desc.bands_per_octave == 1;
  fputs("file,measurement,channel,rate_hz,channels,onset_s,sti_male", out);
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    fprintf(out, ",%s_broadband", parameters[q].key);
    for (size_t b = 0; b < (octaves ? FH_N_OCTAVES : FH_N_THIRDS); ++b) {
      fprintf(out,
              ",%s_%s",
              parameters[q].key,
              octaves ? fh_octave_name(b) : fh_third_name(b));
    }
  }
  fputc('\n', out);
}

static void
csv_number(FILE* const out, const double x)
{
  fputc(',', out);
  if (isfinite(x)) {
    fprintf(out, "%.6g", x);
  }
}

void
ir_csv_row(FILE* const out, const IrResult* const r, const IrOptions* const o)
{
  const FhAnalysis* const a = &r->analysis;
  (void)o;
  csv_text(out, r->path);
  fprintf(out,
          ",%zu,%zu,%g,%zu,%.6f",
          r->measurement + 1,
          r->channel + 1,
          r->rate_hz,
          r->n_channels,
          a->onset.time_s);
  csv_number(out, r->has_mtf ? r->sti.sti : (double)NAN);
  for (size_t q = 0; q < N_PARAMETERS; ++q) {
    csv_number(out, value_of(&a->parameters.broadband, &parameters[q]));
    for (size_t b = 0; b < a->n_bands; ++b) {
      csv_number(out, value_of(band(a, b), &parameters[q]));
    }
  }
  fputc('\n', out);
}
