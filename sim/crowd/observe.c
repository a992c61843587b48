// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Window of the transfer function [s]
#define WINDOW_S (65536.0 / 48000.0)
/// Independent averages of a minute of half-overlapped windows
#define MIN_AVERAGES 30.0
#define MAX_AVERAGES 80.0
/// Programme over noise at the microphone, empty house and mid bands [dB]
#define SNR_MEAN_DB  28.0
#define SNR_SD_DB    6.0
#define FULL_LOSS_DB 8.0    ///< Less with a full house
#define SNR_CURVE_DB 4.0    ///< Smooth over frequency
#define SNR_FALL_DB  (-2.0) ///< Per octave from 1 kHz up
/// What a subtraction leaves of the noise
#define NOISE_LEFT    0.3
#define GAIN_SD_DB    0.7
#define DRIFT_SD_DB   0.5 ///< Per two octaves
#define CURVE_SD_DB   0.3 ///< Of the microphone, smooth over frequency
#define MIN_LATE_DB   6.0
#define MIN_COHERENCE 0.5
/// Share of the microphone's field that an audience makes anew, per occupancy
#define NEW_FIELD 3.0
#define LEAST_NEW 0.1
/// Decay that stands for the reflections before the late energy [s]
#define EARLY_DECAY_S 0.3
/// Weather: sd of the soundcheck and of the change to the show; of the sensors
#define AIR0_SD_C         3.0
#define AIR0_SD_PERCENT   8.0
#define WARMER_C          2.0
#define WARMER_SD_C       2.0
#define MOISTER_PERCENT   4.0
#define MOISTER_SD        6.0
#define SENSOR_SD_C       0.7
#define SENSOR_SD_PERCENT 3.0
#define COUNT_SD          0.07

enum { PURPOSE_MEASURE = 200 };

/// Sums of the energies of one octave in one state
typedef struct {
  double direct, early, late, beyond, t_s;
} Sums;

static double
decibels(const double x)
{
  return 10.0 * log10(fmax(x, 1e-30));
}

static double
from_decibels(const double db)
{
  return pow(10.0, 0.1 * db);
}

/// Energies after another air than that of the tables
static void
use_air(const FhProfile* const p,
        const float* const energy,
        const double excess,
        float out[FH_PROFILE_MAX_BINS])
{
  for (size_t i = 0; i < p->n_bins; ++i) {
    const double t = 0.5 * ((double)p->edge_s[i] + (double)p->edge_s[i + 1]);
    out[i] = energy[i * FH_N_OCTAVES] * (float)exp(-excess * t);
  }
}

static double
sum_of(const float* const x, const size_t n, const size_t stride)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i * stride];
  }
  return sum;
}

/// Share of a bin after a time
static double
share_after(const FhProfile* const p, const size_t i, const double t)
{
  const double lo = (double)p->edge_s[i];
  const double hi = (double)p->edge_s[i + 1];
  return fmin(fmax((hi - t) / (hi - lo), 0.0), 1.0);
}

static Sums
add_up(const FhProfile* const p,
       const float* const energy,
       const double direct_s)
{
  Sums sums = {0.0, 0.0, 0.0, 0.0, 0.0};
  for (size_t i = 0; i < p->n_bins; ++i) {
    const double e = (double)energy[i];
    const double t = 0.5 * ((double)p->edge_s[i] + (double)p->edge_s[i + 1]);
    const double late = share_after(p, i, direct_s + FH_CROWD_LATE_S);
    const double beyond = share_after(p, i, direct_s + WINDOW_S);
    sums.beyond += beyond * e;
    sums.late += (late - beyond) * e;
    if (t - direct_s < FH_CROWD_DIRECT_S) {
      sums.direct += (1.0 - late) * e;
    } else {
      sums.early += (1.0 - late) * e;
    }
  }
  return sums;
}

/// Change of a mean level at the seats, from the soundcheck to a show, that
/// other air makes [dB]
static double
seats_air_db(const FhProfile* const p,
             const float* const energy,
             const size_t show,
             const double excess0,
             const double excess)
{
  const size_t n = p->n_bins * FH_N_OCTAVES;
  const double e[2] = {excess0, excess};
  double change[2];
  for (size_t k = 0; k < 2; ++k) {
    const float* const table = energy + (k ? show * n : 0);
    float bins[FH_PROFILE_MAX_BINS];
    use_air(p, table, e[k], bins);
    change[k] = decibels(sum_of(bins, p->n_bins, 1)) -
                decibels(sum_of(table, p->n_bins, FH_N_OCTAVES));
  }
  return change[1] - change[0];
}

static FhAir
move_air(const FhAir* const air, const double warmer, const double moister)
{
  FhAir out = *air;
  out.temperature_c = fmin(fmax(out.temperature_c + warmer, -10.0), 45.0);
  out.humidity_percent = fmin(fmax(out.humidity_percent + moister, 10.0), 95.0);
  return out;
}

/// Fluctuation of a reverberant level from place to place [dB]; Lubman 1968
static double
place_sd_db(const size_t band, const double t_s)
{
  return 5.57 / sqrt(1.0 + 0.238 * 0.707 * fh_octave_hz(band) * t_s);
}

/// The fluctuations of one place, without and with the audience
static void
draw_place(CrowdRandom* const random,
           const double sd_db,
           const double new_share,
           double factor[2])
{
  const double before = crowd_normal(random);
  const double other = crowd_normal(random);
  const double after = sqrt(1.0 - new_share) * before + sqrt(new_share) * other;
  factor[0] = from_decibels(sd_db * before);
  factor[1] = from_decibels(sd_db * after);
}

/// What the transfer function of a minute tells of one octave
typedef struct {
  double total_db, late_db, t_s, t_error, ratio_db, coherence;
  bool valid, late_valid;
} Measured;

static Measured
measure(CrowdRandom* const random,
        const FhProfile* const p,
        const float* const energy,
        const double direct_s,
        const size_t band,
        const double place[2],
        const double snr_db,
        const double averages)
{
  Sums s = add_up(p, energy, direct_s);
  s.early *= place[0];
  s.late *= place[1];
  s.beyond *= place[1];
  Measured m;
  memset(&m, 0, sizeof m);
  const double inside = s.direct + s.early + s.late;
  // What comes after the window is noise to it, like the crowd
  const double noise = s.beyond + (inside + s.beyond) * from_decibels(-snr_db);
  m.coherence = inside / fmax(inside + noise, 1e-30);
  const double error_db =
    8.686 * sqrt((1.0 - m.coherence) / (2.0 * m.coherence * averages));
  m.total_db = decibels(inside) + error_db * crowd_normal(random);
  m.valid = m.coherence >= MIN_COHERENCE;
  const double left = NOISE_LEFT * noise / averages;
  const double late_left = left * (1.0 - FH_CROWD_LATE_S / WINDOW_S);
  const double bias = late_left * crowd_normal(random);
  m.late_db = decibels(fmax(s.late + bias, 0.1 * s.late)) +
              error_db * crowd_normal(random);
  m.late_valid = m.valid && s.late > late_left * from_decibels(MIN_LATE_DB);
  m.ratio_db = decibels(s.direct / fmax(s.early + s.late, 1e-30));
  const double range_db = decibels(s.late / fmax(left, 1e-12 * s.late));
  const double t = fh_crowd_decay_s(
    energy, 1, p->edge_s, p->n_bins, direct_s, fmin(range_db, 60.0));
  const double luck = crowd_normal(random);
  m.t_error = 1.0;
  if (m.valid && t > 0.02 && t < 30.0) {
    m.t_error = sqrt(0.81 / (0.707 * fh_octave_hz(band) * t) + 0.03 * 0.03);
    m.t_s = t * exp(fmin(m.t_error, 0.5) * luck);
  }
  return m;
}

/// The hour of a show
typedef struct {
  double excess[2][FH_N_OCTAVES]; ///< Attenuation over the tables' [1/s]
  double snr_db[2][FH_N_OCTAVES];
  double nuisance_db[FH_N_OCTAVES];
  double averages;
} Hour;

static void
draw_hour(CrowdRandom* const random,
          const CrowdExample* const example,
          const size_t show,
          Hour* const h,
          FhCrowdObservation* const frame)
{
  const FhProfile* const p = example->profile;
  double table[FH_N_OCTAVES];
  fh_air_octaves(&p->air, table);
  const double speed = fh_air_speed_m_s(&p->air);
  FhAir air[2];
  const double t0 = AIR0_SD_C * crowd_normal(random);
  const double h0 = AIR0_SD_PERCENT * crowd_normal(random);
  air[0] = move_air(&p->air, t0, h0);
  // People warm the air and moisten it
  const double o = example->occupancy[show];
  const double t1 = WARMER_C * o + WARMER_SD_C * crowd_normal(random);
  const double h1 = MOISTER_PERCENT * o + MOISTER_SD * crowd_normal(random);
  air[1] = move_air(&air[0], t1, h1);
  FhAir* const sensed[2] = {&frame->air0, &frame->air};
  const double snr = SNR_MEAN_DB + SNR_SD_DB * crowd_normal(random);
  double curve[FH_N_OCTAVES];
  crowd_smooth_curve(random, curve);
  for (size_t k = 0; k < 2; ++k) {
    const double t = SENSOR_SD_C * crowd_normal(random);
    const double rh = SENSOR_SD_PERCENT * crowd_normal(random);
    *sensed[k] = move_air(&air[k], t, rh);
    double now[FH_N_OCTAVES];
    fh_air_octaves(&air[k], now);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      h->excess[k][b] = (now[b] - table[b]) * speed;
      h->snr_db[k][b] = snr + SNR_CURVE_DB * curve[b] +
                        SNR_FALL_DB * fmax((double)b - 4.0, 0.0) -
                        (k ? FULL_LOSS_DB * o : 0.0);
    }
  }
  const double gain = GAIN_SD_DB * crowd_normal(random);
  const double drift = DRIFT_SD_DB * crowd_normal(random);
  crowd_smooth_curve(random, curve);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    h->nuisance_db[b] =
      gain + drift * ((double)b - 4.0) / 4.0 + CURVE_SD_DB * curve[b];
  }
  h->averages = crowd_uniform(random, MIN_AVERAGES, MAX_AVERAGES);
}

static void
fill_octave(CrowdRandom* const random,
            const CrowdExample* const example,
            const size_t show,
            const size_t b,
            const Hour* const h,
            CrowdShow* const out)
{
  const FhProfile* const p = example->profile;
  FhCrowdObservation* const f = &out->frame;
  const size_t n = p->n_bins * FH_N_OCTAVES;
  float bins[2][FH_PROFILE_MAX_BINS];
  use_air(p, example->mic + b, h->excess[0][b], bins[0]);
  use_air(p, example->mic + show * n + b, h->excess[1][b], bins[1]);
  const double direct_s = example->real_direct_s;
  const double t =
    fh_crowd_decay_s(bins[0], 1, p->edge_s, p->n_bins, direct_s, 60.0);
  const double new_share =
    fmin(LEAST_NEW + NEW_FIELD * example->occupancy[show], 1.0);
  double early[2];
  double late[2];
  draw_place(random, place_sd_db(b, EARLY_DECAY_S), new_share, early);
  draw_place(random, place_sd_db(b, t), new_share, late);
  Measured m[2];
  for (size_t k = 0; k < 2; ++k) {
    const double place[2] = {early[k], late[k]};
    m[k] = measure(
      random, p, bins[k], direct_s, b, place, h->snr_db[k][b], h->averages);
  }
  f->tf_valid[b] = m[0].valid && m[1].valid;
  f->late_valid[b] = m[0].late_valid && m[1].late_valid;
  f->t_valid[b] = m[0].t_s > 0.0 && m[1].t_s > 0.0;
  f->tf_db[b] = (float)(m[1].total_db - m[0].total_db + h->nuisance_db[b]);
  f->late_db[b] = (float)(m[1].late_db - m[0].late_db + h->nuisance_db[b]);
  f->log_t[b] = f->t_valid[b] ? (float)log(m[1].t_s / m[0].t_s) : 0.0f;
  f->t0_s[b] = (float)m[0].t_s;
  f->t0_error[b] = (float)m[0].t_error;
  f->t_error[b] = (float)m[1].t_error;
  f->direct_ratio_db[b] = (float)m[0].ratio_db;
  f->coherence[b] = (float)m[1].coherence;
  f->n_averages[b] = (float)h->averages;

  out->total_db[b] =
    example->total_db[show][b] - example->total_db[0][b] +
    (float)seats_air_db(
      p, example->seats + b, show, h->excess[0][b], h->excess[1][b]);
  out->early_db[b] =
    example->early_db[show][b] - example->early_db[0][b] +
    (float)seats_air_db(
      p, example->early + b, show, h->excess[0][b], h->excess[1][b]);
}

void
crowd_observe(const CrowdExample* const example,
              const size_t show,
              const uint64_t seed,
              const uint32_t draw,
              CrowdShow* const out)
{
  memset(out, 0, sizeof *out);
  CrowdRandom random =
    crowd_random(seed,
                 example->index,
                 PURPOSE_MEASURE + (uint64_t)draw * CROWD_N_REAL + show);
  Hour hour;
  draw_hour(&random, example, show, &hour, &out->frame);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    fill_octave(&random, example, show, b, &hour, out);
  }
  out->occupancy = (float)example->occupancy[show];
  out->frame.minutes = 1.0;
  out->frame.show_minute = 60.0;
  const double count = 1.0 + COUNT_SD * crowd_normal(&random);
  if (draw % 2) {
    // Never 0, which means unknown
    out->frame.attendance =
      fmax(example->occupancy[show] * example->profile->capacity * count, 1.0);
  }
}

void
crowd_explain(const FhProfile* const profile,
              const FhCrowdObservation* const frame,
              CrowdExplained* const out)
{
  crowd_field(profile, frame, &out->field);
  crowd_fit(&out->field, frame, profile->capacity, &out->fit);
  crowd_features(&out->field, &out->fit, out->inputs);
}

/// Room for more rows
static bool
grow(CrowdRows* const rows, const size_t n)
{
  const size_t all = rows->n_rows + n;
  void* const inputs = realloc(rows->inputs, all * sizeof *rows->inputs);
  rows->inputs = inputs ? (float(*)[CROWD_N_INPUTS])inputs : rows->inputs;
  void* const targets = realloc(rows->targets, all * sizeof *rows->targets);
  rows->targets = targets ? (float(*)[CROWD_N_TARGETS])targets : rows->targets;
  void* const venue = realloc(rows->venue, all * sizeof *rows->venue);
  rows->venue = venue ? (uint32_t*)venue : rows->venue;
  void* const klass = realloc(rows->klass, all * sizeof *rows->klass);
  rows->klass = klass ? (uint32_t*)klass : rows->klass;
  return inputs && targets && venue && klass;
}

FhStatus
crowd_rows_add(CrowdRows* const rows,
               const CrowdExample* const example,
               const uint64_t seed,
               const uint32_t n_draws)
{
  if (!grow(rows, (size_t)CROWD_N_SHOWS * n_draws)) {
    return FH_ERR_NO_MEM;
  }
  for (size_t s = 1; s < CROWD_N_REAL; ++s) {
    for (uint32_t d = 0; d < n_draws; ++d) {
      CrowdShow show;
      crowd_observe(example, s, seed, d, &show);
      if (crowd_valid_bands(&show.frame) < 4) {
        continue;
      }
      CrowdExplained x;
      crowd_explain(example->profile, &show.frame, &x);
      const size_t r = rows->n_rows++;
      memcpy(rows->inputs[r], x.inputs, sizeof x.inputs);
      float* const target = rows->targets[r];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        target[b] = show.total_db[b] - x.fit.state.total_db[b];
        target[FH_N_OCTAVES + b] = show.early_db[b] - x.fit.state.early_db[b];
      }
      target[CROWD_N_TARGETS - 1] =
        show.occupancy - (float)x.fit.theta[THETA_OCCUPANCY];
      rows->venue[r] = example->index;
      rows->klass[r] = (uint32_t)example->klass;
    }
  }
  return FH_OK;
}

static uint64_t
hash_bytes(uint64_t hash, const void* const bytes, const size_t size)
{
  const unsigned char* const b = (const unsigned char*)bytes;
  for (size_t i = 0; i < size; ++i) {
    hash = (hash ^ b[i]) * 0x100000001b3u;
  }
  return hash;
}

uint64_t
crowd_rows_hash(const CrowdRows* const rows)
{
  const size_t n = rows->n_rows;
  uint64_t hash = 0xcbf29ce484222325u;
  if (n) {
    hash = hash_bytes(hash, rows->inputs, n * sizeof *rows->inputs);
    hash = hash_bytes(hash, rows->targets, n * sizeof *rows->targets);
    hash = hash_bytes(hash, rows->venue, n * sizeof *rows->venue);
    hash = hash_bytes(hash, rows->klass, n * sizeof *rows->klass);
  }
  return hash;
}

void
crowd_rows_clear(CrowdRows* const rows)
{
  free(rows->inputs);
  free(rows->targets);
  free(rows->venue);
  free(rows->klass);
  memset(rows, 0, sizeof *rows);
}
