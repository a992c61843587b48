// SPDX-License-Identifier: GPL-3.0-or-later
#include "synth_filter.h"

#include <fh/synth.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Greatest density of pulses [1/s]: more sounds and measures the same
#define MAX_DENSITY_PER_S 16000.0
/// Room assumed where there is none, for the density of scattered sound [m3]
#define OPEN_VOLUME_M3 20000.0
/// Bins whose energy may wait for the next pulse
#define MAX_WAIT_BINS 2u
/// Half the length of the interpolator of pulses in the bank [frames]
#define SINC_HALF 16

/// What is needed to make one response
typedef struct {
  const FhSynthDesc* desc;
  const FhPairResponse* pair;
  double impedance; ///< rho c [Pa s/m]
  double speed_m_s;
  size_t n_frames;
  size_t n_fft;
  FhFft* fft;
  double* train[BANK_N_BANDS];  ///< [n_fft] pulses, then band signals
  double* weight[BANK_N_BANDS]; ///< [n_fft / 2 + 1] the bank
  double air_16k_db_m;          ///< What 16 kHz loses more than 8 kHz [dB/m]
  double* arrivals;             ///< [n_fft] direct and sharp arrivals
  double* work;                 ///< [n_fft]
  double complex* spectrum;     ///< [n_fft / 2 + 1]
} Synth;

FhSynthDesc
fh_synth_desc_default(void)
{
  return (FhSynthDesc){
    .rate_hz = 48000.0, .seed = 1, .air = fh_air_default(), .n_sharp = 48};
}

size_t
fh_synth_frames(const FhSynthDesc* const desc, const FhPairResponse* const pair)
{
  static const double tail_s = 0.05;
  double last_s = fmax(pair->bin_s * (double)pair->n_bins, pair->direct_s);
  if (pair->n_arrivals) {
    last_s = fmax(last_s, (double)pair->arrivals[pair->n_arrivals - 1].time_s);
  }
  return (size_t)ceil((last_s + tail_s) * desc->rate_hz);
}

// SplitMix64: G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014
static double
draw(const uint64_t seed, uint64_t* const counter)
{
  uint64_t z = seed + 0x9E3779B97F4A7C15U * ++*counter;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return (double)(z >> 11) * 0x1p-53;
}

static void
synth_free(Synth* const s)
{
  fh_fft_free(s->fft);
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    free(s->train[b]);
    free(s->weight[b]);
  }
  free(s->arrivals);
  free(s->work);
  free(s->spectrum);
}

static FhStatus
synth_init(Synth* const s)
{
  // Room for the ripple of the bank, so that it does not wrap around
  s->n_fft = fh_fft_size(s->n_frames + 8192);
  s->arrivals = (double*)calloc(s->n_fft, sizeof(double));
  s->work = (double*)calloc(s->n_fft, sizeof(double));
  s->spectrum =
    (double complex*)calloc(s->n_fft / 2 + 1, sizeof(double complex));
  bool whole = s->arrivals && s->work && s->spectrum;
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    s->train[b] = (double*)calloc(s->n_fft, sizeof(double));
    s->weight[b] = (double*)calloc(s->n_fft / 2 + 1, sizeof(double));
    whole = whole && s->train[b] && s->weight[b];
  }
  if (!whole) {
    return FH_ERR_NO_MEM;
  }
  const double step = s->desc->rate_hz / (double)s->n_fft;
  for (size_t k = 0; k <= s->n_fft / 2; ++k) {
    for (size_t b = 0; b < BANK_N_BANDS; ++b) {
      s->weight[b][k] = bank_weight(b, (double)k * step);
    }
  }
  s->air_16k_db_m =
    fh_air_attenuation_db_m(&s->desc->air, bank_hz(FH_N_OCTAVES)) -
    fh_air_attenuation_db_m(&s->desc->air, bank_hz(FH_N_OCTAVES - 1));
  return fh_fft_new(s->n_fft, &s->fft);
}

// Energy in 16 kHz follows from that in 8 kHz by the air on the way
static double
highest_band(const Synth* const s, const double in_8k, const double time_s)
{
  const double path_m = s->speed_m_s * fmax(time_s, 0.0);
  return in_8k * pow(10.0, -0.1 * s->air_16k_db_m * path_m);
}

// Add a pulse at a fraction of a frame (Hann-windowed sinc)
static void
add_pulse(double* const out,
          const size_t n,
          const double at,
          const double height)
{
  const long whole = (long)floor(at);
  const double part = at - (double)whole;
  for (long i = -SINC_HALF + 1; i <= SINC_HALF; ++i) {
    const double x = (double)i - part;
    const double sinc = fabs(x) < 1e-9 ? 1.0 : sin(FH_PI * x) / (FH_PI * x);
    const double hann = 0.5 + 0.5 * cos(FH_PI * x / (SINC_HALF + 1));
    if (whole + i >= 0 && whole + i < (long)n) {
      out[whole + i] += height * sinc * hann;
    }
  }
}

static double
arrival_energy(const FhArrival* const a)
{
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    sum += (double)a->intensity[b];
  }
  return sum;
}

static int
by_value_down(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x < y) - (x > y);
}

// Energy from which an arrival is among the strongest
static FhStatus
sharp_limit(const Synth* const s, double* const limit)
{
  const size_t n = s->pair->n_arrivals;
  *limit = 0.0;
  if (n <= s->desc->n_sharp) {
    return FH_OK;
  }
  double* const energy = (double*)calloc(n, sizeof(double));
  if (!energy) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    energy[i] = arrival_energy(&s->pair->arrivals[i]);
  }
  qsort(energy, n, sizeof(double), by_value_down);
  *limit = s->desc->n_sharp ? energy[s->desc->n_sharp - 1] : INFINITY;
  free(energy);
  return FH_OK;
}

static void
add_sharp_arrival(const Synth* const s,
                  Sharp* const sharp,
                  const FhArrival* const a)
{
  double power[FH_N_THIRDS];
  sharp_octaves(a->intensity, s->impedance, power);
  sharp_add(sharp,
            power,
            (double)a->time_s * s->desc->rate_hz,
            s->arrivals,
            s->n_frames);
}

static FhStatus
add_arrivals(Synth* const s,
             const float direct_p2[FH_N_THIRDS],
             const double direct_s)
{
  double limit = 0.0;
  FhStatus status = sharp_limit(s, &limit);
  Sharp sharp;
  if (!status) {
    status = sharp_init(&sharp, s->desc->rate_hz);
  }
  if (status) {
    return status;
  }
  double power[FH_N_THIRDS];
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    // A third of pink noise has a third of the octave's mean square
    power[i] = 3.0 * (double)direct_p2[i];
  }
  sharp_add(
    &sharp, power, direct_s * s->desc->rate_hz, s->arrivals, s->n_frames);
  for (size_t i = 0; i < s->pair->n_arrivals; ++i) {
    const FhArrival* const a = &s->pair->arrivals[i];
    if (arrival_energy(a) >= limit) {
      add_sharp_arrival(s, &sharp, a);
      continue;
    }
    for (size_t b = 0; b < BANK_N_BANDS; ++b) {
      const double e = b < FH_N_OCTAVES
                         ? (double)a->intensity[b]
                         : highest_band(s,
                                        (double)a->intensity[FH_N_OCTAVES - 1],
                                        (double)a->time_s);
      add_pulse(s->train[b],
                s->n_frames,
                (double)a->time_s * s->desc->rate_hz,
                sqrt(e * s->impedance));
    }
  }
  sharp_clear(&sharp);
  return FH_OK;
}

// Reflections per second in a room after `t` seconds; H. Kuttruff, "Room
// acoustics", 4.1
static double
density_per_s(const Synth* const s, const double t)
{
  const double volume =
    s->desc->volume_m3 > 0.0 ? s->desc->volume_m3 : OPEN_VOLUME_M3;
  const double d = 4.0 * FH_PI * pow(s->speed_m_s, 3.0) * t * t / volume;
  return fmin(d, MAX_DENSITY_PER_S);
}

// Give the energy of some bins to pulses drawn into the last of them
static void
add_late_pulses(Synth* const s,
                const size_t bin,
                const unsigned n_pulses,
                const double energy[BANK_N_BANDS],
                uint64_t* const counter)
{
  double height[BANK_N_BANDS];
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    height[b] = sqrt(energy[b] * s->impedance / (double)n_pulses);
  }
  for (unsigned k = 0; k < n_pulses; ++k) {
    const double u = draw(s->desc->seed, counter);
    const double sign = draw(s->desc->seed, counter) < 0.5 ? -1.0 : 1.0;
    const size_t frame =
      (size_t)(((double)bin + u) * s->pair->bin_s * s->desc->rate_hz);
    if (frame < s->n_frames) {
      for (size_t b = 0; b < BANK_N_BANDS; ++b) {
        s->train[b][frame] += sign * height[b];
      }
    }
  }
}

static void
add_late(Synth* const s)
{
  uint64_t counter = 0;
  double waiting[BANK_N_BANDS] = {0.0};
  unsigned n_waiting = 0;
  double next_s = 0.0; // Poisson process: when the next pulse is due
  for (size_t i = 0; i < s->pair->n_bins; ++i) {
    const double t = ((double)i + 0.5) * s->pair->bin_s;
    const double since_s = fmax(t - s->pair->direct_s, 0.0) + s->pair->bin_s;
    double sum = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      waiting[b] += (double)s->pair->late[i][b];
      sum += waiting[b];
    }
    waiting[FH_N_OCTAVES] +=
      highest_band(s, (double)s->pair->late[i][FH_N_OCTAVES - 1], t);
    unsigned n_pulses = 0;
    const double end_s = ((double)i + 1.0) * s->pair->bin_s;
    const double density = density_per_s(s, since_s);
    next_s = fmax(next_s, end_s - s->pair->bin_s);
    while (next_s < end_s) {
      ++n_pulses;
      next_s += -log1p(-draw(s->desc->seed, &counter)) / density;
    }
    if (!(sum > 0.0)) {
      n_waiting = 0;
      continue;
    }
    if (!n_pulses && n_waiting < MAX_WAIT_BINS) {
      ++n_waiting;
      continue;
    }
    add_late_pulses(s, i, n_pulses ? n_pulses : 1, waiting, &counter);
    memset(waiting, 0, sizeof(waiting));
    n_waiting = 0;
  }
}

// In place: what band `band` of the bank leaves of a signal
static void
filter_band(Synth* const s, const size_t band, const double* in, double* out)
{
  fh_fft_forward(s->fft, in, s->spectrum);
  for (size_t k = 0; k <= s->n_fft / 2; ++k) {
    s->spectrum[k] *= s->weight[band][k];
  }
  fh_fft_inverse(s->fft, s->spectrum, out);
}

// Share of white noise that a band of the bank lets through
static double
band_share(const Synth* const s, const size_t band)
{
  double sum = 0.0;
  for (size_t k = 0; k <= s->n_fft / 2; ++k) {
    sum += s->weight[band][k] * s->weight[band][k];
  }
  return sum / ((double)s->n_fft / 2.0);
}

/*
  Noise in a narrow band wanders about its envelope: gains from window to
  window bring the energy that it adds to the arrivals back to what was traced.
*/
static FhStatus
follow_envelope(Synth* const s,
                const size_t band,
                const double* const fixed,
                double* const noise)
{
  const double bandwidth_hz = 0.7 * bank_hz(band);
  const double window_s = fmax(0.005, 2.0 / bandwidth_hz);
  const size_t window = (size_t)(window_s * s->desc->rate_hz);
  const size_t n = s->n_frames / window + 2;
  double* const gain = (double*)calloc(n + 1, sizeof(double));
  double* const target = (double*)calloc(n + 1, sizeof(double));
  if (!gain || !target) {
    free(gain);
    free(target);
    return FH_ERR_NO_MEM;
  }
  const double share = band_share(s, band) * s->impedance;
  for (size_t i = 0; i < s->pair->n_bins; ++i) {
    const double t = ((double)i + 0.5) * s->pair->bin_s;
    const size_t w = (size_t)(t * s->desc->rate_hz) / window;
    const double e =
      band < FH_N_OCTAVES
        ? (double)s->pair->late[i][band]
        : highest_band(s, (double)s->pair->late[i][FH_N_OCTAVES - 1], t);
    if (w < n) {
      target[w] += share * e;
    }
  }
  for (size_t w = 0; w < n; ++w) {
    double own = 0.0;
    double cross = 0.0;
    for (size_t i = w * window; i < (w + 1) * window && i < s->n_frames; ++i) {
      own += noise[i] * noise[i];
      cross += noise[i] * fixed[i];
    }
    gain[w] = 1.0;
    if (own > 0.0) {
      const double g = (sqrt(cross * cross + own * target[w]) - cross) / own;
      gain[w] = fmin(fmax(g, 0.25), 4.0);
    }
  }
  for (size_t i = 0; i < s->n_frames; ++i) {
    const double p = fmax(((double)i + 0.5) / (double)window - 0.5, 0.0);
    const size_t w = (size_t)p < n - 1 ? (size_t)p : n - 2;
    const double x = fmin(p - (double)w, 1.0);
    noise[i] *= (1.0 - x) * gain[w] + x * gain[w + 1];
  }
  free(gain);
  free(target);
  return FH_OK;
}

/// Energies that the bands of the bank should have, window by window
typedef struct {
  size_t n_windows, window; ///< Windows of so many frames
  double* at;               ///< [n_windows]; owned
} Targets;

/*
  Energy that band `band` of the bank leaves of a pulse whose octaves hold
  `p2`: its magnitude is interpolated by the bank itself, so the neighbours
  leak in.
*/
static double
pulse_energy(double overlap[3][3],
             const size_t band,
             const double p2[BANK_N_BANDS])
{
  double sum = 0.0;
  for (size_t j = 0; j < 3; ++j) {
    for (size_t k = 0; k < 3; ++k) {
      const size_t a = band + j;
      const size_t b = band + k;
      // Index 0 of the overlap is the band below
      if (a >= 1 && a <= BANK_N_BANDS && b >= 1 && b <= BANK_N_BANDS) {
        sum += overlap[j][k] * sqrt(p2[a - 1] * p2[b - 1]);
      }
    }
  }
  return sum;
}

static void
band_overlap(const Synth* const s, const size_t band, double overlap[3][3])
{
  memset(overlap, 0, 9 * sizeof(double));
  for (size_t k = 0; k <= s->n_fft / 2; ++k) {
    double w[3] = {0.0, s->weight[band][k], 0.0};
    if (w[1] > 0.0) {
      w[0] = band > 0 ? s->weight[band - 1][k] : 0.0;
      w[2] = band + 1 < BANK_N_BANDS ? s->weight[band + 1][k] : 0.0;
      for (size_t i = 0; i < 3; ++i) {
        for (size_t j = 0; j < 3; ++j) {
          overlap[i][j] += w[1] * w[1] * w[i] * w[j];
        }
      }
    }
  }
  for (size_t i = 0; i < 9; ++i) {
    overlap[i / 3][i % 3] /= (double)s->n_fft / 2.0;
  }
}

static void
add_target(const Synth* const s,
           Targets* const t,
           double overlap[3][3],
           const size_t band,
           const double time_s,
           const float octave[FH_N_OCTAVES],
           const double factor)
{
  double p2[BANK_N_BANDS];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    p2[b] = (double)octave[b] * factor;
  }
  p2[FH_N_OCTAVES] = highest_band(s, p2[FH_N_OCTAVES - 1], time_s);
  const size_t w = (size_t)(time_s * s->desc->rate_hz) / t->window;
  if (w < t->n_windows) {
    t->at[w] += pulse_energy(overlap, band, p2);
  }
}

static void
set_targets(const Synth* const s,
            const size_t band,
            const float direct_p2[FH_N_THIRDS],
            const double direct_s,
            Targets* const t)
{
  double overlap[3][3];
  band_overlap(s, band, overlap);
  float direct[FH_N_OCTAVES];
  fh_thirds_sum(direct_p2, direct);
  add_target(s, t, overlap, band, direct_s, direct, 1.0);
  for (size_t i = 0; i < s->pair->n_arrivals; ++i) {
    const FhArrival* const a = &s->pair->arrivals[i];
    add_target(
      s, t, overlap, band, (double)a->time_s, a->intensity, s->impedance);
  }
  for (size_t i = 0; i < s->pair->n_bins; ++i) {
    add_target(s,
               t,
               overlap,
               band,
               ((double)i + 0.5) * s->pair->bin_s,
               s->pair->late[i],
               s->impedance);
  }
}

/*
  What is left are the few early reflections of a narrow band, which interfere
  as a whole: bring each band's energy back to the sum of energies over windows
  so wide that the comb within the band stays as it is.
*/
static FhStatus
settle_band(Synth* const s,
            const size_t band,
            const float direct_p2[FH_N_THIRDS],
            const double direct_s,
            double* const signal)
{
  const double window_s = fmax(0.02, 3.0 / (0.7 * bank_hz(band)));
  Targets t = {.window = (size_t)(window_s * s->desc->rate_hz)};
  t.n_windows = s->n_frames / t.window + 2;
  t.at = (double*)calloc(t.n_windows, sizeof(double));
  double* const gain = (double*)calloc(t.n_windows, sizeof(double));
  if (!t.at || !gain) {
    free(t.at);
    free(gain);
    return FH_ERR_NO_MEM;
  }
  set_targets(s, band, direct_p2, direct_s, &t);
  for (int pass = 0; pass < 3; ++pass) {
    for (size_t w = 0; w < t.n_windows; ++w) {
      double own = 0.0;
      for (size_t i = w * t.window; i < (w + 1) * t.window && i < s->n_frames;
           ++i) {
        own += signal[i] * signal[i];
      }
      const double g = own > 0.0 ? sqrt(t.at[w] / own) : 1.0;
      gain[w] = fmin(fmax(g, 0.5), 2.0);
    }
    for (size_t i = 0; i < s->n_frames; ++i) {
      const double p = fmax(((double)i + 0.5) / (double)t.window - 0.5, 0.0);
      const size_t w =
        (size_t)p < t.n_windows - 1 ? (size_t)p : t.n_windows - 2;
      const double x = fmin(p - (double)w, 1.0);
      signal[i] *= (1.0 - x) * gain[w] + x * gain[w + 1];
    }
  }
  free(t.at);
  free(gain);
  return FH_OK;
}

FhStatus
fh_synth_pair(const FhSynthDesc* const desc,
              const float direct_p2[FH_N_THIRDS],
              const double direct_s,
              const FhPairResponse* const pair,
              const size_t n_frames,
              float* const out)
{
  if (!(desc->rate_hz >= 8000.0 && desc->rate_hz <= 768000.0) || !n_frames ||
      n_frames > (size_t)1 << 28) {
    return FH_ERR_BAD_ARG;
  }
  Synth s = {.desc = desc,
             .pair = pair,
             .impedance =
               fh_air_density_kg_m3(&desc->air) * fh_air_speed_m_s(&desc->air),
             .speed_m_s = fh_air_speed_m_s(&desc->air),
             .n_frames = n_frames};
  FhStatus status = synth_init(&s);
  if (!status) {
    status = add_arrivals(&s, direct_p2, direct_s);
  }
  if (status) {
    goto done;
  }
  // Arrivals in the trains are fixed too: only the noise follows its envelope
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    filter_band(&s, b, s.train[b], s.train[b]);
  }
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    for (size_t i = 0; i < n_frames; ++i) {
      s.arrivals[i] += s.train[b][i];
    }
    memset(s.train[b], 0, s.n_fft * sizeof(double));
  }
  add_late(&s);
  for (size_t b = 0; b < BANK_N_BANDS && !status; ++b) {
    filter_band(&s, b, s.arrivals, s.work);
    filter_band(&s, b, s.train[b], s.train[b]);
    for (int pass = 0; pass < 2 && !status; ++pass) {
      status = follow_envelope(&s, b, s.work, s.train[b]);
    }
  }
  for (size_t b = 0; b < BANK_N_BANDS && !status; ++b) {
    for (size_t i = 0; i < n_frames; ++i) {
      s.arrivals[i] += s.train[b][i];
    }
  }
  memset(out, 0, n_frames * sizeof(float));
  for (size_t b = 0; b < BANK_N_BANDS && !status; ++b) {
    filter_band(&s, b, s.arrivals, s.work);
    status = settle_band(&s, b, direct_p2, direct_s, s.work);
    for (size_t i = 0; i < n_frames; ++i) {
      out[i] += (float)s.work[i];
    }
  }

done:
  synth_free(&s);
  return status;
}
