// SPDX-License-Identifier: GPL-3.0-or-later
#include "page.h"
#include "report_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Bins of an echogram on the page
#define MAX_BINS 48u
/// Narrow bins of an echogram, and how many there are [s]
#define NARROW_S 0.015
#define N_NARROW 30u
/// Half a decibel is one step of an echogram's level
#define STEPS_PER_DB 2.0

/// A metric of the page and where it comes from
typedef struct {
  const char* key;
  const char* label;
  const char* unit;
  size_t at; ///< Offset in FhSeatMetrics of a float, or of 8
  bool bands;
  double step; ///< Of one count
  int decimals;
  double low, high; ///< Ends of the scale; equal: about the mean level
  double difference;
  double notice; ///< Smallest change that a listener notices (fh/diff.h)
  bool relative; ///< It is a share of the value
  const char* up;
  const char* down;
} Metric;

#define AT(member) offsetof(FhSeatMetrics, member)

#define LOUDER  "louder", "quieter"
#define CLEARER "clearer", "less clear"
#define LONGER  "longer", "shorter"

// clang-format off
static const Metric metrics[] = {
  {"spl_dba", "Level (A)", "dB(A)", AT(spl_dba), false, 0.01, 1, 0, 0, 6,
   1, false, LOUDER},
  {"spl", "Level per octave", "dB", AT(spl_octave_db), true, 0.01, 1, 0, 0, 6,
   1, false, LOUDER},
  {"sti", "STI", "", AT(sti), false, 0.0001, 2, 0.3, 0.8, 0.2,
   0.03, false, CLEARER},
  {"c80", "Clarity C80", "dB", AT(c80_db), true, 0.01, 1, -5, 15, 6,
   1, false, CLEARER},
  {"c50", "Clarity C50", "dB", AT(c50_db), true, 0.01, 1, -10, 10, 6,
   1.1, false, CLEARER},
  {"t30", "Reverberation T30", "s", AT(t30_s), true, 0.001, 2, 0, 4, 1,
   0.05, true, LONGER},
  {"edt", "Early decay EDT", "s", AT(edt_s), true, 0.001, 2, 0, 4, 1,
   0.05, true, LONGER},
  {"d_r_db", "Direct / reflected", "dB", AT(d_r_db), false, 0.01, 1, -10, 10,
   6, 1, false, "more direct", "less direct"},
  {"direct_dba", "Direct level (A)", "dB(A)", AT(direct_dba), false, 0.01, 1,
   0, 0, 6, 1, false, LOUDER},
  {"tilt_db", "Treble over mid", "dB", AT(tilt_db), false, 0.01, 1, -15, 5, 6,
   1, false, "brighter", "duller"},
  {"echo", "Echo criterion", "", AT(echo), false, 0.001, 2, 0, 1.5, 0.5,
   0.1, false, "more echo", "less echo"},
};
// clang-format on

#define N_METRICS (sizeof metrics / sizeof *metrics)

static const float*
metric_of(const FhSeatMetrics* const seat, const Metric* const m)
{
  return (const float*)(const void*)((const char*)seat + m->at);
}

json_t*
report_values(const FhRun* const run)
{
  const size_t n = run->scene.n_seats;
  int16_t* const counts =
    (int16_t*)calloc(n * FH_N_OCTAVES + 1, sizeof *counts);
  json_t* const out = json_object();
  for (size_t m = 0; counts && m < N_METRICS; ++m) {
    const size_t n_bands = metrics[m].bands ? FH_N_OCTAVES : 1;
    for (size_t i = 0; i < n; ++i) {
      const float* const value = metric_of(&run->seats[i], &metrics[m]);
      for (size_t b = 0; b < n_bands; ++b) {
        const double count = (double)value[b] / metrics[m].step;
        counts[i * n_bands + b] =
          isfinite(count)
            ? (int16_t)lround(fmin(fmax(count, -32767.0), 32767.0))
            : PAGE_NO_VALUE;
      }
    }
    json_object_set_new(
      out, metrics[m].key, page_pack(PAGE_I16, counts, n * n_bands));
  }
  free(counts);
  return out;
}

json_t*
report_metrics(const FhRun* const run)
{
  json_t* const out = json_array();
  const double middle = isfinite(run->mean_dba) ? run->mean_dba : 90.0;
  const double high = 5.0 * ceil((middle + 4.0) / 5.0);
  for (size_t m = 0; m < N_METRICS; ++m) {
    const Metric* const k = &metrics[m];
    const bool level = k->low == k->high;
    json_array_append_new(out,
                          json_pack("{s:s, s:s, s:s, s:b, s:f, s:i, s:f, s:f, "
                                    "s:f, s:f, s:b, s:s, s:s}",
                                    "key",
                                    k->key,
                                    "label",
                                    k->label,
                                    "unit",
                                    k->unit,
                                    "bands",
                                    k->bands,
                                    "step",
                                    k->step,
                                    "decimals",
                                    k->decimals,
                                    "low",
                                    level ? high - 20.0 : k->low,
                                    "high",
                                    level ? high : k->high,
                                    "difference",
                                    k->difference,
                                    "notice",
                                    k->notice,
                                    "relative",
                                    k->relative,
                                    "up",
                                    k->up,
                                    "down",
                                    k->down));
  }
  return out;
}

/// Bin of a time on the page's grid
static size_t
bin_of(const double s, const size_t n_bins, const double wide_s)
{
  const double narrow = NARROW_S * (double)N_NARROW;
  const size_t bin = s < narrow ? (size_t)(fmax(s, 0.0) / NARROW_S)
                                : N_NARROW + (size_t)((s - narrow) / wide_s);
  return bin < n_bins ? bin : n_bins - 1;
}

/// Energies of one seat on the page's grid
typedef struct {
  double at[MAX_BINS][FH_N_OCTAVES];
} Energies;

/// Lower edge of a bin of the page [s]
static double
edge_of(const size_t bin, const double wide_s)
{
  return bin <= N_NARROW
           ? NARROW_S * (double)bin
           : NARROW_S * (double)N_NARROW + wide_s * (double)(bin - N_NARROW);
}

/// Spread the energy of a time evenly over the bins that it touches
static void
spread(Energies* const to,
       const float energy[FH_N_OCTAVES],
       const double from_s,
       const double until_s,
       const size_t n_bins,
       const double wide_s)
{
  const size_t last = bin_of(until_s, n_bins, wide_s);
  for (size_t i = bin_of(from_s, n_bins, wide_s); i <= last; ++i) {
    const double low = fmax(from_s, edge_of(i, wide_s));
    const double high =
      i + 1 < n_bins ? fmin(until_s, edge_of(i + 1, wide_s)) : until_s;
    const double share = fmax(high - low, 0.0) / (until_s - from_s);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      to->at[i][b] += share * (double)energy[b];
    }
  }
}

/// Levels of all seats' echograms, half decibels under the loudest of each
json_t*
report_echograms(const FhRun* const run)
{
  const FhTraceResult* const t = &run->trace;
  const size_t n = run->scene.n_seats;
  if (!t->n_seat_bins || !t->seat_bins || t->n_seats != n) {
    return json_null();
  }
  const double start = t->seat_bin_edge_s[0];
  const double length = t->seat_bin_edge_s[t->n_seat_bins] - start;
  const double narrow = NARROW_S * (double)N_NARROW;
  const size_t n_bins = length > narrow ? MAX_BINS : N_NARROW;
  const double wide_s =
    length > narrow ? (length - narrow) / (double)(MAX_BINS - N_NARROW) : 1.0;
  const double rho_c =
    fh_air_density_kg_m3(&run->scene.air) * fh_air_speed_m_s(&run->scene.air);
  const size_t per_seat = n_bins * FH_N_OCTAVES;
  uint8_t* const level = (uint8_t*)calloc(n * per_seat + 1, 1);
  json_t* const edges = json_array();
  for (size_t i = 0; i <= n_bins; ++i) {
    json_array_append_new(edges, json_real(start + edge_of(i, wide_s)));
  }
  for (size_t s = 0; level && s < n; ++s) {
    Energies energy;
    memset(&energy, 0, sizeof energy);
    for (size_t i = 0; i < t->n_seat_bins; ++i) {
      spread(&energy,
             t->seat_bins[s * t->n_seat_bins + i],
             t->seat_bin_edge_s[i] - start,
             t->seat_bin_edge_s[i + 1] - start,
             n_bins,
             wide_s);
    }
    float direct[FH_N_OCTAVES];
    fh_thirds_sum(run->seat_direct.p2[s], direct);
    double* const first = energy.at[bin_of(
      (double)run->seat_direct.delay_energy_s[s] - start, n_bins, wide_s)];
    double most = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      first[b] += (double)direct[b] / rho_c;
    }
    for (size_t i = 0; i < n_bins; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        most = fmax(most, energy.at[i][b]);
      }
    }
    for (size_t i = 0; i < n_bins && most > 0.0; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        const double db = 10.0 * log10(energy.at[i][b] / most + 1e-30);
        const double steps = 255.0 + STEPS_PER_DB * db;
        level[s * per_seat + i * FH_N_OCTAVES + b] =
          steps > 1.0 ? (uint8_t)lround(steps) : 0;
      }
    }
  }
  json_t* const out = json_pack("{s:o, s:o}",
                                "edge_s",
                                edges,
                                "level",
                                page_pack(PAGE_U8, level, n * per_seat));
  free(level);
  return out;
}
