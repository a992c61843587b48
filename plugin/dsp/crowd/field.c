// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_internal.h"

#include <math.h>
#include <string.h>

/// Start of the energy that tells the decay, after the direct sound [s]
#define DECAY_START_S 0.04
/// The soundcheck moves decay and balance of the tables by no more than this
#define MAX_LOG_T_SHIFT 0.7
#define MAX_BALANCE_DB  6.0
/// Relative uncertainty of the simulated decay time
#define T_PRIOR_SD 0.18
/// Share of a difference in direct-to-reverberant ratio that is believed
#define BALANCE_SHARE 0.7
/// Levels at which the decay curve is read
#define N_LEVELS 17u
/// Least range of a decay curve that tells T [dB]
#define LEAST_RANGE_DB 14.0
/// What follows a record does not matter under this share of its lowest level
#define NO_TAIL      0.01
#define N_TAIL_STEPS 6u
/// Energy falls by 60 dB in so many time constants
#define NEPERS_60_DB 13.8155

static double
decibels(const double x)
{
  return 10.0 * log10(fmax(x, 1e-30));
}

/// Energies of one octave over time, read from a moment on
typedef struct {
  const float* energy;
  size_t stride;
  const float* edge_s;
  size_t n_bins;
  double start_s;
} Record;

/// Energy of a bin after a time
static double
energy_after(const Record* const r, const size_t bin, const double time_s)
{
  const double lo = (double)r->edge_s[bin];
  const double hi = (double)r->edge_s[bin + 1];
  const double part = fmin(fmax((hi - time_s) / (hi - lo), 0.0), 1.0);
  return part * (double)r->energy[bin * r->stride];
}

/// Energy after a time
static double
sum_after(const Record* const r, const double time_s)
{
  double sum = 0.0;
  for (size_t i = 0; i < r->n_bins; ++i) {
    sum += energy_after(r, i, time_s);
  }
  return sum;
}

/// Times at which the backward integral falls to each of `wanted`, from high to
/// low; `tail` follows the last bin
static void
times_of_levels(const Record* const r,
                const double tail,
                const double wanted[N_LEVELS],
                double time_s[N_LEVELS])
{
  double rest = tail;
  size_t n_left = N_LEVELS;
  for (size_t i = r->n_bins; i-- > 0 && n_left;) {
    const double lo = fmax((double)r->edge_s[i], r->start_s);
    const double hi = (double)r->edge_s[i + 1];
    if (hi <= r->start_s) {
      break;
    }
    const double part = energy_after(r, i, r->start_s);
    while (n_left && rest + part >= wanted[n_left - 1] && part > 0.0) {
      --n_left;
      if (rest > 0.0) {
        // Level falls linearly within the bin
        const double f = log(wanted[n_left] / rest) / log((rest + part) / rest);
        time_s[n_left] = hi - fmin(fmax(f, 0.0), 1.0) * (hi - lo);
      } else {
        time_s[n_left] = lo;
      }
    }
    rest += part;
  }
  while (n_left) {
    time_s[--n_left] = r->start_s;
  }
}

/// T of a straight line through time over level, -5 dB to the end of the range
static double
line_s(const Record* const r,
       const double total,
       const double tail,
       const double last_db)
{
  double level[N_LEVELS];
  double wanted[N_LEVELS];
  double time_s[N_LEVELS];
  for (size_t k = 0; k < N_LEVELS; ++k) {
    level[k] = 5.0 + (last_db - 5.0) * (double)k / (double)(N_LEVELS - 1);
    wanted[k] = total * pow(10.0, -0.1 * level[k]);
  }
  times_of_levels(r, tail, wanted, time_s);
  double sum_l = 0.0;
  double sum_t = 0.0;
  double sum_ll = 0.0;
  double sum_lt = 0.0;
  for (size_t k = 0; k < N_LEVELS; ++k) {
    sum_l += level[k];
    sum_t += time_s[k];
    sum_ll += level[k] * level[k];
    sum_lt += level[k] * time_s[k];
  }
  const double n = (double)N_LEVELS;
  return 60.0 * (n * sum_lt - sum_l * sum_t) / (n * sum_ll - sum_l * sum_l);
}

/// T of what is heard last, from the middle third to the last one; 0 where that
/// is noise or does not fall
static double
late_t_s(const Record* const r, const double noise)
{
  const double end_s = (double)r->edge_s[r->n_bins];
  const double third_s = (end_s - r->start_s) / 3.0;
  const double last = sum_after(r, end_s - third_s);
  const double middle = sum_after(r, end_s - 2.0 * third_s) - last;
  return last > noise && middle > last
           ? NEPERS_60_DB * third_s / log(middle / last)
           : 0.0;
}

/// Energy that follows the last bin when it goes on falling as T says
static double
tail_energy(const Record* const r, const double t_s)
{
  const double end_s = (double)r->edge_s[r->n_bins];
  const double half_s = 0.5 * (end_s - r->start_s);
  return sum_after(r, end_s - half_s) /
         expm1(fmin(NEPERS_60_DB * half_s / t_s, 300.0));
}

double
fh_crowd_decay_s(const float* const energy,
                 const size_t stride,
                 const float* const edge_s,
                 const size_t n_bins,
                 const double direct_s,
                 const double range_db)
{
  const Record r = {energy, stride, edge_s, n_bins, direct_s + DECAY_START_S};
  const double total = sum_after(&r, r.start_s);
  const double most_db = fmin(25.0, range_db);
  if (!(total > 0.0) || !(most_db >= LEAST_RANGE_DB)) {
    return 0.0;
  }
  // The tail that a record lacks makes T longer, and T the tail: a few steps
  // from the T of its end settle both
  double t = late_t_s(&r, total * pow(10.0, -0.1 * range_db));
  double tail = t > 0.0 ? tail_energy(&r, t) : 0.0;
  if (tail < NO_TAIL * total * pow(10.0, -0.1 * most_db)) {
    return line_s(&r, total, 0.0, most_db);
  }
  for (size_t step = 0; step < N_TAIL_STEPS && t > 0.0; ++step) {
    tail = tail_energy(&r, t);
    const double last_db = fmin(most_db, decibels((total + tail) / tail));
    if (!(last_db >= LEAST_RANGE_DB)) {
      return 0.0;
    }
    t = line_s(&r, total + tail, tail, last_db);
  }
  return t;
}

/// How the soundcheck changes the tables of one octave
typedef struct {
  double rate;    ///< Added to the decay rate of energy [1/s]
  double until_s; ///< After the direct sound: `rate` acts no longer [s]
  double balance; ///< Factor on all but the direct energy
} Correction;

/// Sums of one octave of one table
typedef struct {
  double direct, total, late;
} Sums;

/// What air and soundcheck make of the energy in each bin
static void
fill_weights(const FhProfile* const p,
             const double direct_s,
             const double excess,
             const Correction* const c,
             float weight[FH_PROFILE_MAX_BINS])
{
  for (size_t i = 0; i < p->n_bins; ++i) {
    const double t = 0.5 * ((double)p->edge_s[i] + (double)p->edge_s[i + 1]);
    const double after = t - direct_s;
    const double rated = c->rate * fmin(after, c->until_s);
    weight[i] = (float)(after < FH_CROWD_DIRECT_S
                          ? exp(-excess * t)
                          : c->balance * exp(-excess * t - rated));
  }
}

/// Sums of a weighed table; it is kept in `out` where that is not null
static Sums
weigh(const float* const energy,
      const FhProfile* const p,
      const float* const weight,
      const double direct_s,
      float* const out)
{
  Sums sums = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < p->n_bins; ++i) {
    const double lo = (double)p->edge_s[i];
    const double hi = (double)p->edge_s[i + 1];
    const double e = (double)energy[i * FH_N_OCTAVES] * (double)weight[i];
    sums.total += e;
    sums.direct += 0.5 * (lo + hi) - direct_s < FH_CROWD_DIRECT_S ? e : 0.0;
    const double late =
      fmin(fmax((hi - direct_s - FH_CROWD_LATE_S) / (hi - lo), 0.0), 1.0);
    sums.late += late * e;
    if (out) {
      out[i] = (float)e;
    }
  }
  return sums;
}

/// Level of a weighed table over that of the table itself [dB]
static double
weighed_change_db(const float* const energy,
                  const FhProfile* const p,
                  const float* const weight)
{
  double plain = 0.0;
  double weighed = 0.0;
  for (size_t i = 0; i < p->n_bins; ++i) {
    const double e = (double)energy[i * FH_N_OCTAVES];
    plain += e;
    weighed += e * (double)weight[i];
  }
  return decibels(weighed) - decibels(plain);
}

/// First time at which a tenth of the early energy has come [s]
static double
audience_direct_s(const FhProfile* const p)
{
  double total = 0.0;
  for (size_t i = 0; i < p->n_bins; ++i) {
    for (size_t b = 3; b < 6; ++b) {
      total += (double)p->audience_early[i * FH_N_OCTAVES + b];
    }
  }
  double sum = 0.0;
  for (size_t i = 0; i < p->n_bins; ++i) {
    for (size_t b = 3; b < 6; ++b) {
      sum += (double)p->audience_early[i * FH_N_OCTAVES + b];
    }
    if (sum >= 0.1 * total) {
      return (double)p->edge_s[i];
    }
  }
  return 0.0;
}

static Correction
soundcheck_correction(const FhProfile* const p,
                      const FhCrowdObservation* const frame,
                      const size_t band,
                      const double excess0)
{
  Correction c = {0.0, 0.0, 1.0};
  const size_t mic = frame->mic;
  const double direct_s = (double)p->mic_direct_s[mic];
  const float* const empty = fh_profile_mic(p, mic, 0) + band;
  float weight[FH_PROFILE_MAX_BINS];
  float decay[FH_PROFILE_MAX_BINS];
  fill_weights(p, direct_s, excess0, &c, weight);
  weigh(empty, p, weight, direct_s, decay);
  const double t_table =
    fh_crowd_decay_s(decay, 1, p->edge_s, p->n_bins, direct_s, 60.0);
  const double t0 = (double)frame->t0_s[band];
  if (t0 > 0.0 && t_table > 0.0) {
    const double e = (double)frame->t0_error[band];
    const double share =
      T_PRIOR_SD * T_PRIOR_SD / (T_PRIOR_SD * T_PRIOR_SD + e * e);
    const double shift =
      fmin(fmax(share * log(t0 / t_table), -MAX_LOG_T_SHIFT), MAX_LOG_T_SHIFT);
    c.rate = NEPERS_60_DB / t_table * (exp(-shift) - 1.0);
    // A tail that decays more slowly than the first 30 dB must not be raised
    // without end
    c.until_s = 0.5 * t_table;
    fill_weights(p, direct_s, excess0, &c, weight);
  }
  const Sums now = weigh(empty, p, weight, direct_s, NULL);
  const double ratio = (double)frame->direct_ratio_db[band];
  const double rest = now.total - now.direct;
  if (isfinite(ratio) && now.direct > 0.0 && rest > 0.0) {
    const double table_db = decibels(now.direct / rest);
    const double step =
      fmin(fmax(BALANCE_SHARE * (table_db - ratio), -MAX_BALANCE_DB),
           MAX_BALANCE_DB);
    c.balance = pow(10.0, 0.1 * step);
  }
  return c;
}

/// Rising nodes of added absorption, in units of that of the full venue
static void
fill_nodes(const FhProfile* const p, const size_t b, CrowdField* const out)
{
  const size_t last = CROWD_N_STATES - 1;
  const float full = p->added_m2[last][b];
  const float least = 0.01f * p->empty_m2[b];
  out->full_m2[b] = full;
  for (size_t s = 0; s < CROWD_N_STATES; ++s) {
    // Where the crowd adds next to nothing the occupancy itself must do
    out->node[s][b] = full > least ? p->added_m2[s][b] / full : p->occupancy[s];
  }
  out->node[0][b] = 0.0f;
  for (size_t s = 1; s < CROWD_N_STATES; ++s) {
    out->node[s][b] = fmaxf(out->node[s][b], out->node[s - 1][b] + 1e-3f);
  }
}

/// Changes at the microphone in one octave
static void
fill_microphone(const FhProfile* const p,
                const size_t mic,
                const size_t b,
                const float* const weight0,
                const float* const weight,
                CrowdField* const out)
{
  const double direct_s = (double)p->mic_direct_s[mic];
  float decay[FH_PROFILE_MAX_BINS];
  const Sums zero =
    weigh(fh_profile_mic(p, mic, 0) + b, p, weight0, direct_s, decay);
  const double t0 =
    fh_crowd_decay_s(decay, 1, p->edge_s, p->n_bins, direct_s, 60.0);
  out->t0_s[b] = (float)t0;
  out->direct_ratio_db[b] =
    (float)decibels(zero.direct / fmax(zero.total - zero.direct, 1e-30));
  for (size_t s = 0; s < CROWD_N_STATES; ++s) {
    const Sums sums =
      weigh(fh_profile_mic(p, mic, s) + b, p, weight, direct_s, decay);
    const double t =
      fh_crowd_decay_s(decay, 1, p->edge_s, p->n_bins, direct_s, 60.0);
    out->tf_db[s][b] = (float)(decibels(sums.total) - decibels(zero.total));
    out->late_db[s][b] = (float)(decibels(sums.late) - decibels(zero.late));
    out->log_t[s][b] = t > 0.0 && t0 > 0.0 ? (float)log(t / t0) : 0.0f;
  }
}

/// Changes of a mean level at the seats in one octave
static void
fill_seats(const FhProfile* const p,
           const float* const energy,
           const float* const level_db,
           const size_t b,
           const float* const weight0,
           const float* const weight,
           float (*const out)[FH_N_OCTAVES])
{
  const size_t n = p->n_bins * FH_N_OCTAVES;
  const double zero = weighed_change_db(energy + b, p, weight0);
  for (size_t s = 0; s < CROWD_N_STATES; ++s) {
    const double table_db =
      (double)level_db[s * FH_N_OCTAVES + b] - (double)level_db[b];
    out[s][b] =
      (float)(table_db + weighed_change_db(energy + s * n + b, p, weight) -
              zero);
  }
}

void
crowd_field(const FhProfile* const profile,
            const FhCrowdObservation* const frame,
            CrowdField* const out)
{
  memset(out, 0, sizeof *out);
  const FhProfile* const p = profile;
  double table[FH_N_OCTAVES];
  double before[FH_N_OCTAVES];
  double now[FH_N_OCTAVES];
  fh_air_octaves(&p->air, table);
  fh_air_octaves(&frame->air0, before);
  fh_air_octaves(&frame->air, now);
  const double speed = fh_air_speed_m_s(&p->air);
  const double mic_s = (double)p->mic_direct_s[frame->mic];
  const double seats_s = audience_direct_s(p);
  memcpy(out->occupancy, p->occupancy, sizeof out->occupancy);
  out->open_air = p->open_air > 0.5;
  out->distance_m = p->mic_distance_m[frame->mic];
  out->standing = (float)p->standing;

  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    fill_nodes(p, b, out);
    out->empty_m2[b] = fmaxf(p->empty_m2[b], 1e-3f);
    out->person_m2[b] =
      (float)((double)out->full_m2[b] / fmax(p->capacity, 1.0));
    const double excess0 = (before[b] - table[b]) * speed;
    const double excess = (now[b] - table[b]) * speed;
    const Correction c = soundcheck_correction(p, frame, b, excess0);
    float weight0[FH_PROFILE_MAX_BINS];
    float weight[FH_PROFILE_MAX_BINS];
    fill_weights(p, mic_s, excess0, &c, weight0);
    fill_weights(p, mic_s, excess, &c, weight);
    fill_microphone(p, frame->mic, b, weight0, weight, out);
    fill_weights(p, seats_s, excess0, &c, weight0);
    fill_weights(p, seats_s, excess, &c, weight);
    fill_seats(p,
               p->audience_energy,
               &p->total_db[0][0],
               b,
               weight0,
               weight,
               out->total_db);
    fill_seats(p,
               p->audience_early,
               &p->early_db[0][0],
               b,
               weight0,
               weight,
               out->early_db);
  }
}

/// A place among rising nodes
typedef struct {
  size_t first; ///< Node before it, or that before the last
  double part;  ///< Of the way to the next; over 1 beyond the last
} Place;

static Place
find_place(const float* const node, const size_t stride, const double x)
{
  size_t s = 1;
  while (s + 1 < CROWD_N_STATES && x > (double)node[s * stride]) {
    ++s;
  }
  const double x0 = (double)node[(s - 1) * stride];
  const double x1 = (double)node[s * stride];
  return (Place){s - 1, (x - x0) / (x1 - x0)};
}

/// Straight between the nodes, and on beyond the last
static double
value_at(const Place place,
         const float value[FH_PROFILE_STATES][FH_N_OCTAVES],
         const size_t b)
{
  const double y0 = (double)value[place.first][b];
  const double y1 = (double)value[place.first + 1][b];
  return y0 + place.part * (y1 - y0);
}

void
crowd_state(const CrowdField* const field,
            const double theta[CROWD_N_THETA],
            CrowdState* const out)
{
  const double occupancy = fmin(fmax(theta[THETA_OCCUPANCY], 0.0), 1.3);
  const Place crowd = find_place(field->occupancy, 1, occupancy);
  const double per_octave = exp2(-theta[THETA_TILT]);
  // At 63 Hz, four octaves under 1 kHz
  double people =
    exp(theta[THETA_LOG_CLOTHING]) * exp2(4.0 * theta[THETA_TILT]);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double octaves_from_1k = (double)b - 4.0;
    const double x = fmin(value_at(crowd, field->node, b) * people, 1.8);
    people *= per_octave;
    const Place place = find_place(&field->node[0][b], FH_N_OCTAVES, x);
    const double nuisance =
      theta[THETA_GAIN_DB] + theta[THETA_DRIFT_DB] * octaves_from_1k / 4.0;
    out->tf_db[b] = (float)(value_at(place, field->tf_db, b) + nuisance);
    out->late_db[b] = (float)(value_at(place, field->late_db, b) + nuisance);
    out->log_t[b] = (float)value_at(place, field->log_t, b);
    out->total_db[b] = (float)value_at(place, field->total_db, b);
    out->early_db[b] = (float)value_at(place, field->early_db, b);
    out->added_m2[b] = (float)x * field->full_m2[b];
  }
}
