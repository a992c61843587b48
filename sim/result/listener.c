// SPDX-License-Identifier: GPL-3.0-or-later
#include "listener.h"

#include <fh/sti.h>

#include <math.h>
#include <string.h>

double
level_db(const double p2)
{
  return p2 > 0.0 ? 10.0 * log10(p2 / FH_P2_REF) : -INFINITY;
}

double
a_weighted(const double p2[FH_N_OCTAVES])
{
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    sum += p2[b] * pow(10.0, 0.1 * fh_a_weight_db(fh_octave_hz(b)));
  }
  return sum;
}

double
a_weighted_thirds(const float p2[FH_N_THIRDS])
{
  double sum = 0.0;
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    sum += (double)p2[i] * pow(10.0, 0.1 * fh_a_weight_db(fh_third_hz(i)));
  }
  return sum;
}

double
fh_speech_offset_db(const double mean_dba)
{
  return mean_dba > FH_SPEECH_MAX_DBA ? FH_SPEECH_MAX_DBA - mean_dba : 0.0;
}

static void
add_event(DirectEvents* const out,
          const size_t emitter,
          const double time_s,
          const float octave[FH_N_OCTAVES])
{
  size_t at = out->n++;
  while (at > 0 && out->time_s[at - 1] > time_s) {
    out->time_s[at] = out->time_s[at - 1];
    memcpy(out->p2[at], out->p2[at - 1], sizeof(out->p2[at]));
    out->emitter[at] = out->emitter[at - 1];
    --at;
  }
  out->time_s[at] = time_s;
  out->emitter[at] = emitter;
  memcpy(out->p2[at], octave, sizeof(out->p2[at]));
}

static double
sum_of(const float octave[FH_N_OCTAVES])
{
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    sum += (double)octave[b];
  }
  return sum;
}

void
direct_events(const FhDirectField* const direct,
              const FhDirectField* const by_emitter,
              const size_t n_emitters,
              const size_t i,
              DirectEvents* const out)
{
  out->n = 0;
  float whole[FH_N_OCTAVES];
  fh_thirds_sum(direct->p2[i], whole);
  if (!by_emitter) {
    add_event(out, 0, (double)direct->delay_s[i][0], whole);
  }
  double parts[FH_N_OCTAVES] = {0.0};
  for (size_t e = 0; by_emitter && e < n_emitters && e < MAX_EMITTERS; ++e) {
    float octave[FH_N_OCTAVES];
    fh_thirds_sum(by_emitter[e].p2[i], octave);
    if (sum_of(octave) > 0.0) {
      add_event(out, e, (double)by_emitter[e].delay_s[i][0], octave);
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        parts[b] += (double)octave[b];
      }
    }
  }
  double most = 0.0;
  for (size_t k = 0; k < out->n; ++k) {
    for (size_t b = 0; by_emitter && b < FH_N_OCTAVES; ++b) {
      if (parts[b] > 0.0) {
        out->p2[k][b] *= (float)((double)whole[b] / parts[b]);
      }
    }
    most = fmax(most, sum_of(out->p2[k]));
  }
  out->onset_s = out->n ? out->time_s[0] : (double)direct->delay_s[i][0];
  for (size_t k = 0; k < out->n; ++k) {
    if (sum_of(out->p2[k]) >= 0.01 * most) {
      out->onset_s = out->time_s[k];
      break;
    }
  }
}

double
speech_index(const FhEchogram* const echogram,
             const double octave_db[FH_N_OCTAVES],
             const double speech_db,
             const float noise_db[FH_N_OCTAVES])
{
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  return fh_echogram_mtf(echogram, m)
           ? NAN
           : speech_index_of((const float(*)[FH_N_MODULATIONS])m,
                             octave_db,
                             speech_db,
                             noise_db);
}

double
speech_index_of(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
                const double octave_db[FH_N_OCTAVES],
                const double speech_db,
                const float noise_db[FH_N_OCTAVES])
{
  // The system's transfer, applied to speech of the same A-weighted level as
  // the signal of equal octaves that it was simulated with
  double equal = 0.0;
  double spoken = 0.0;
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const double a = fh_a_weight_db(fh_octave_hz(k + 1));
    equal += pow(10.0, 0.1 * a);
    spoken += pow(10.0, 0.1 * (a + fh_sti_speech_db(k)));
  }
  const double shift_db = 10.0 * log10(equal / spoken) + speech_db;
  double level[FH_N_STI_BANDS];
  double noise[FH_N_STI_BANDS];
  bool heard = false;
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    level[k] = octave_db[k + 1] + fh_sti_speech_db(k) + shift_db;
    noise[k] = (double)noise_db[k + 1];
    heard = heard || isfinite(level[k]);
    if (!isfinite(level[k])) {
      level[k] = -200.0;
    }
  }
  FhSti sti;
  return heard && !fh_sti(m, level, noise, &sti) ? sti.sti : NAN;
}
