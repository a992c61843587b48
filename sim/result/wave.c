// SPDX-License-Identifier: GPL-3.0-or-later
#include "wave.h"

#include "../trace/pool.h"
#include "listener.h"

#include <fh/low_frequency.h>
#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Shortest reverberation for which losses may be spread over the air [s]
#define LEAST_T60_S 0.5
/// Nothing is known of loudspeakers below the lowest third octave; the
/// responses fade out over the half octave under its lower edge [Hz]
#define LOWEST_HZ 44.67
/// Width of that fade [octaves]
#define FADE_OCTAVES 0.5
/// Least frames that a response is transformed with, for the ringing of filters
#define LEAST_GRID ((size_t)65536)
/// Shares below this are taken for it: -80 dB
#define LEAST_SHARE 1e-4

/// Emitters [first, last) at one receiver, as a solver of their common field
typedef struct {
  const FhRun* run;
  const FhWaveSolver* solver;
  size_t first, last;
} System;

static double
impedance_of(const FhRun* const run)
{
  return fh_air_density_kg_m3(&run->scene.air) *
         fh_air_speed_m_s(&run->scene.air);
}

FhStatus
wave_choose(FhRun* const run, FhDiag* const diag)
{
  const double asked = run->desc.crossover_hz;
  run->desc.crossover_hz = 0.0;
  if (asked == 0.0) {
    return FH_OK;
  }
  const bool is_box = !fh_modal_box_init(&run->scene, &run->box);
  if (!is_box && asked > 0.0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                run->venue->path,
                0,
                0,
                "the solver of the wave equation knows empty boxes along the "
                "axes only, and this venue is none; leave the crossover out");
    return FH_ERR_INVALID_DATA;
  }
  if (!is_box) {
    return FH_OK;
  }
  if (asked > 0.0) {
    run->desc.crossover_hz = asked;
  } else {
    const double f = fh_scene_schroeder_hz(&run->scene);
    double wave = 0.0;
    double rays = 0.0;
    fh_crossover_shares(LOWEST_HZ, f, &wave, &rays);
    // 3 ln 10 / T
    const double t60_s = 3.0 * log(10.0) / run->box.damping_1_s[1];
    if (!(wave > 0.0) || !(t60_s >= LEAST_T60_S)) {
      return FH_OK;
    }
    run->desc.crossover_hz = f;
  }
  run->has_wave = true;
  fh_diag_add(diag,
              FH_DIAG_NOTE,
              run->venue->path,
              0,
              0,
              "an empty box: its modes answer for levels and responses about "
              "and below %.0f Hz ('--crossover 0' leaves them to the rays)",
              run->desc.crossover_hz);
  return FH_OK;
}

/// Power of an emitter at a frequency as if all of an octave had it [W]
static double
power_at(const FhEmitter* const emitter, const double frequency_hz)
{
  const double x = 10.0 * log10(frequency_hz / fh_third_hz(0));
  const double last = (double)(FH_N_THIRDS - 1);
  const size_t third = (size_t)fmin(fmax(round(x), 0.0), last);
  return 3.0 * (double)emitter->power_third_w[third];
}

/// Drive of an element with neither power nor distance
static double complex
drive_of(const FhElement* const element, const double frequency_hz)
{
  const double gain = pow(10.0, element->gain_db / 20.0);
  const double complex turn =
    cexp(-2.0 * FH_PI * frequency_hz * element->delay_s * I);
  return (element->invert ? -gain : gain) * turn;
}

/// What evenly radiating elements give in free air over one with a drive of 1;
/// sound power of coupled points, P. M. Morse, K. U. Ingard, 1968, 7.1
static double
free_power(const FhRun* const run,
           const size_t e,
           const double complex* const drive,
           const double frequency_hz)
{
  const size_t n = fh_sources_emitter(run->sources, e)->n_elements;
  const double k = 2.0 * FH_PI * frequency_hz / run->box.speed_m_s;
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    FhElement a;
    fh_sources_element(run->sources, e, i, &a);
    for (size_t j = 0; j < n; ++j) {
      FhElement b;
      fh_sources_element(run->sources, e, j, &b);
      double d2 = 0.0;
      for (size_t x = 0; x < 3; ++x) {
        const double d = (double)a.at[x] - (double)b.at[x];
        d2 += d * d;
      }
      const double kd = k * sqrt(d2);
      sum += creal(drive[i] * conj(drive[j])) * (kd > 0.0 ? sin(kd) / kd : 1.0);
    }
  }
  return sum;
}

/// Add the pressure of one emitter [Pa]
static FhStatus
add_emitter(const System* const system,
            const size_t e,
            const float receiver[3],
            const double* const frequency_hz,
            const size_t n,
            double (*const p)[2])
{
  const FhRun* const run = system->run;
  const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
  const size_t n_elements = emitter->n_elements;
  double(*const g)[2] = (double(*)[2])calloc(n_elements * n + 1, sizeof *g);
  double complex* const drive =
    (double complex*)calloc(n_elements + 1, sizeof *drive);
  FhStatus status = g && drive ? FH_OK : FH_ERR_NO_MEM;
  for (size_t i = 0; i < n_elements && !status; ++i) {
    FhElement element;
    fh_sources_element(run->sources, e, i, &element);
    status = system->solver->solve(
      system->solver->user, element.at, receiver, frequency_hz, n, g + i * n);
  }
  for (size_t f = 0; f < n && !status; ++f) {
    double complex sum = 0.0;
    for (size_t i = 0; i < n_elements; ++i) {
      FhElement element;
      fh_sources_element(run->sources, e, i, &element);
      drive[i] = drive_of(&element, frequency_hz[f]);
      sum += drive[i] * (g[i * n + f][0] + g[i * n + f][1] * I);
    }
    const double power = free_power(run, e, drive, frequency_hz[f]);
    if (power > 0.0) {
      // Intensity w / (4 pi r^2) in free air, where 4 pi g is 1 / r
      const double w = power_at(emitter, frequency_hz[f]);
      const double scale =
        4.0 * FH_PI * sqrt(w * impedance_of(run) / (4.0 * FH_PI * power));
      p[f][0] += scale * creal(sum);
      p[f][1] += scale * cimag(sum);
    }
  }
  free(g);
  free(drive);
  return status;
}

/// A solver whose |4 pi g|^2 is the mean square pressure of all emitters
static FhStatus
solve_system(void* const user,
             const float source[3],
             const float receiver[3],
             const double* const frequency_hz,
             const size_t n_frequencies,
             double (*const g)[2])
{
  (void)source;
  const System* const system = (const System*)user;
  memset(g, 0, n_frequencies * sizeof *g);
  FhStatus status = FH_OK;
  for (size_t e = system->first; e < system->last && !status; ++e) {
    if (!fh_sources_emitter(system->run->sources, e)->muted) {
      status = add_emitter(system, e, receiver, frequency_hz, n_frequencies, g);
    }
  }
  for (size_t f = 0; f < n_frequencies; ++f) {
    g[f][0] /= 4.0 * FH_PI;
    g[f][1] /= 4.0 * FH_PI;
  }
  return status;
}

/// Mean squares of octaves at a receiver, from levels by rays
static FhStatus
mix(const FhRun* const run,
    const size_t first,
    const size_t last,
    const float at[3],
    const double rays_db[FH_N_OCTAVES],
    double rays[FH_N_OCTAVES],
    double out[FH_N_OCTAVES])
{
  FhModalBox box = run->box;
  const FhWaveSolver solver = fh_modal_box_solver(&box);
  System system = {run, &solver, first, last};
  const FhWaveSolver all = {solver.name, &system, solve_system};
  float in[FH_N_OCTAVES];
  float mixed[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    rays[b] = FH_P2_REF * pow(10.0, 0.1 * rays_db[b]);
    in[b] = (float)rays[b];
  }
  const FhStatus status =
    fh_hybrid_octaves(&all, run->desc.crossover_hz, at, at, in, mixed);
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    // Octaves without a share stay as they were to the last bit
    out[b] = mixed[b] == in[b] ? rays[b] : (double)mixed[b];
  }
  return status;
}

/// A-weighted level after some octaves have changed
static double
changed_dba(const double dba,
            const double rays[FH_N_OCTAVES],
            const double now[FH_N_OCTAVES])
{
  const double before = a_weighted(rays);
  return before > 0.0 ? dba + 10.0 * log10(a_weighted(now) / before) : dba;
}

static FhStatus
mix_seat(const FhRun* const run, const size_t seat)
{
  FhSeatMetrics* const m = &run->seats[seat];
  double db[FH_N_OCTAVES];
  double rays[FH_N_OCTAVES];
  double now[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    db[b] = (double)m->spl_octave_db[b];
  }
  const FhStatus status =
    mix(run, 0, run->n_emitters, run->scene.seats[seat].at, db, rays, now);
  if (status) {
    return status;
  }
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m->spl_octave_db[b] = (float)level_db(now[b]);
    sum += now[b];
  }
  m->spl_db = (float)level_db(sum);
  m->spl_dba = (float)changed_dba((double)m->spl_dba, rays, now);
  const double low = now[2] + now[3] + now[4];
  const double high = now[5] + now[6] + now[7];
  m->tilt_db =
    low > 0.0 && high > 0.0 ? (float)(10.0 * log10(high / low)) : NAN;
  return FH_OK;
}

static FhStatus
mix_microphone(const FhRun* const run, FhMicrophoneMetrics* const m)
{
  const bool system = m->emitter == SIZE_MAX;
  double rays[FH_N_OCTAVES];
  double now[FH_N_OCTAVES];
  const FhStatus status = mix(run,
                              system ? 0 : m->emitter,
                              system ? run->n_emitters : m->emitter + 1,
                              run->scene.microphone[m->microphone],
                              m->spl_db.at,
                              rays,
                              now);
  if (status) {
    return status;
  }
  m->spl_dba = changed_dba(m->spl_dba, rays, now);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (now[b] == rays[b] || !(rays[b] > 0.0)) {
      continue;
    }
    const double db = level_db(now[b]);
    // What rays still have a share in keeps that share of their error
    double wave = 0.0;
    double share = 0.0;
    fh_crossover_shares(fh_octave_hz(b), run->desc.crossover_hz, &wave, &share);
    const double keeps = share * rays[b] / now[b];
    m->g_db.at[b] += db - m->spl_db.at[b];
    m->g_db.se[b] *= keeps;
    m->spl_db.at[b] = db;
    m->spl_db.se[b] *= keeps;
  }
  return FH_OK;
}

/// Receivers to do, seats or else pairs and system
typedef struct {
  const FhRun* run;
  bool seats;
  int failed; ///< Atomic
} Job;

static void
mix_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  Job* const job = (Job*)user;
  const FhRun* const run = job->run;
  const size_t i = (size_t)chunk;
  const size_t n_pairs = run->n_emitters * run->scene.n_microphones;
  const FhStatus status =
    job->seats
      ? mix_seat(run, i)
      : mix_microphone(
          run, i < n_pairs ? &run->pairs[i] : &run->system[i - n_pairs]);
  if (status) {
    __atomic_store_n(&job->failed, (int)status, __ATOMIC_RELAXED);
  }
}

static FhStatus
mix_all(const FhRun* const run, const bool seats, const size_t n)
{
  if (!run->has_wave || !n) {
    return FH_OK;
  }
  Job job = {run, seats, 0};
  const FhStatus status =
    pool_run(run->desc.n_threads ? run->desc.n_threads : pool_processors(),
             0,
             n,
             mix_chunk,
             NULL,
             &job);
  return status ? status : (FhStatus)job.failed;
}

FhStatus
wave_seats(FhRun* const run)
{
  const FhStatus status = mix_all(run, true, run->scene.n_seats);
  return !status && run->has_wave
           ? fh_seat_judge(
               run->venue, run->scene.seats, run->scene.n_seats, run->seats)
           : status;
}

FhStatus
wave_microphones(FhRun* const run)
{
  return mix_all(run, false, (run->n_emitters + 1) * run->scene.n_microphones);
}

/// What is left of the solver's spectrum where loudspeakers are unknown
static double
fade_at(const double frequency_hz)
{
  const double x = log2(frequency_hz / LOWEST_HZ) / FADE_OCTAVES + 1.0;
  const double s = sin(0.5 * FH_PI * fmin(fmax(x, 0.0), 1.0));
  return s * s;
}

/// A transform and what it works on
typedef struct {
  size_t n;
  double rate_hz, crossover_hz;
  FhFft* fft;
  double* x;                ///< [n]
  double complex* spectrum; ///< [n / 2 + 1] of the response
  double complex* filter;   ///< [n / 2 + 1] of what a share is weighed with
} Mixer;

static void
mixer_clear(Mixer* const mixer)
{
  fh_fft_free(mixer->fft);
  free(mixer->x);
  free(mixer->spectrum);
  free(mixer->filter);
}

static FhStatus
mixer_init(Mixer* const mixer,
           const size_t n_frames,
           const double rate_hz,
           const double crossover_hz)
{
  memset(mixer, 0, sizeof *mixer);
  const size_t n = n_frames + LEAST_GRID / 2;
  mixer->n = fh_fft_size(n < LEAST_GRID ? LEAST_GRID : n);
  mixer->rate_hz = rate_hz;
  mixer->crossover_hz = crossover_hz;
  mixer->x = (double*)calloc(mixer->n, sizeof(double));
  mixer->spectrum =
    (double complex*)calloc(mixer->n / 2 + 1, sizeof(double complex));
  mixer->filter =
    (double complex*)calloc(mixer->n / 2 + 1, sizeof(double complex));
  const FhStatus status = mixer->x && mixer->spectrum && mixer->filter
                            ? fh_fft_new(mixer->n, &mixer->fft)
                            : FH_ERR_NO_MEM;
  if (status) {
    mixer_clear(mixer);
  }
  return status;
}

/*
  The filter of one share: of minimum phase, for what rings before the sound
  arrives would be heard. Real cepstrum, folded; A. V. Oppenheim, R. W. Schafer,
  "Discrete-time signal processing", 12.1.
*/
static void
mixer_share(Mixer* const mixer, const bool of_wave)
{
  const size_t half = mixer->n / 2;
  for (size_t i = 0; i <= half; ++i) {
    // Not zero, where a point's power has no meaning
    const double f = (double)(i ? i : 1) * mixer->rate_hz / (double)mixer->n;
    double wave = 0.0;
    double rays = 0.0;
    fh_crossover_shares(f, mixer->crossover_hz, &wave, &rays);
    const double share = of_wave ? sqrt(wave) * fade_at(f) : sqrt(rays);
    mixer->filter[i] = log(fmax(share, LEAST_SHARE));
  }
  fh_fft_inverse(mixer->fft, mixer->filter, mixer->x);
  for (size_t i = 1; i < half; ++i) {
    mixer->x[i] *= 2.0;
    mixer->x[mixer->n - i] = 0.0;
  }
  fh_fft_forward(mixer->fft, mixer->x, mixer->filter);
  for (size_t i = 0; i <= half; ++i) {
    mixer->filter[i] = cexp(mixer->filter[i]);
  }
}

/// Add the solver's share to the spectrum
static FhStatus
mixer_add_wave(Mixer* const mixer, System* const system, const float at[3])
{
  // Half an octave over the crossover the hand-over is done
  const double top = sqrt(2.0) * mixer->crossover_hz / mixer->rate_hz;
  const size_t n = (size_t)(top * (double)mixer->n);
  double* const frequency_hz = (double*)calloc(n + 1, sizeof(double));
  double(*const g)[2] = (double(*)[2])calloc(n + 1, sizeof *g);
  FhStatus status = frequency_hz && g ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    for (size_t i = 0; i < n; ++i) {
      frequency_hz[i] = (double)(i + 1) * mixer->rate_hz / (double)mixer->n;
    }
    status = solve_system(system, at, at, frequency_hz, n, g);
  }
  for (size_t i = 0; i < n && !status; ++i) {
    mixer->spectrum[i + 1] +=
      mixer->filter[i + 1] * 4.0 * FH_PI * (g[i][0] + g[i][1] * I);
  }
  free(frequency_hz);
  free(g);
  return status;
}

FhStatus
wave_response(const FhRun* const run,
              const size_t emitter,
              const size_t microphone,
              const double rate_hz,
              const size_t n_frames,
              float* const ir)
{
  if (!run->has_wave) {
    return FH_OK;
  }
  FhModalBox box = run->box;
  const FhWaveSolver solver = fh_modal_box_solver(&box);
  System system = {run, &solver, emitter, emitter + 1};
  Mixer mixer;
  FhStatus status =
    mixer_init(&mixer, n_frames, rate_hz, run->desc.crossover_hz);
  if (status) {
    return status;
  }
  mixer_share(&mixer, false);
  memset(mixer.x, 0, mixer.n * sizeof(double));
  for (size_t i = 0; i < n_frames; ++i) {
    mixer.x[i] = (double)ir[i];
  }
  fh_fft_forward(mixer.fft, mixer.x, mixer.spectrum);
  for (size_t i = 0; i <= mixer.n / 2; ++i) {
    mixer.spectrum[i] *= mixer.filter[i];
  }
  mixer_share(&mixer, true);
  status = mixer_add_wave(&mixer, &system, run->scene.microphone[microphone]);
  if (!status) {
    fh_fft_inverse(mixer.fft, mixer.spectrum, mixer.x);
    for (size_t i = 0; i < n_frames; ++i) {
      ir[i] = (float)mixer.x[i];
    }
  }
  mixer_clear(&mixer);
  return status;
}
