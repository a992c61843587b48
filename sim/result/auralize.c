// SPDX-License-Identifier: GPL-3.0-or-later
#include "aural_job.h"

#include <fh/auralize.h>
#include <fh/synth.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Frames of a pulse before it is heard by ears
#define PULSE_FRAMES (SHARP_FRAMES + 64)
/// Frames added for the ringing of the bank at the end
#define RING_FRAMES 8192u

size_t
fh_aural_channels(const FhAuralFormat format)
{
  switch (format) {
  case FH_AURAL_MONO:
    return 1;
  case FH_AURAL_BINAURAL:
    return 2;
  case FH_AURAL_B_FORMAT:
    return 4;
  }
  return 0;
}

// World direction from a microphone to an emitter
static void
towards(const FhRun* const run,
        size_t microphone,
        size_t emitter,
        double out[3])
{
  const float* const from = run->scene.microphone[microphone];
  const float* const to = fh_sources_emitter(run->sources, emitter)->centre;
  double length = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (double)to[k] - (double)from[k];
    length += out[k] * out[k];
  }
  length = sqrt(length);
  for (size_t k = 0; k < 3; ++k) {
    out[k] = length > 0.0 ? out[k] / length : (double)(k == 1);
  }
}

double
fh_aural_yaw_to_sound(const FhRun* const run, const size_t microphone)
{
  double most = -1.0;
  double direction[3] = {0.0, 1.0, 0.0};
  for (size_t e = 0; e < run->n_emitters; ++e) {
    double p2 = 0.0;
    for (size_t i = 0; i < FH_N_THIRDS; ++i) {
      p2 += (double)run->mic_direct_by[e].p2[microphone][i] *
            pow(10.0, 0.1 * fh_a_weight_db(fh_third_hz(i)));
    }
    if (p2 > most) {
      most = p2;
      towards(run, microphone, e, direction);
    }
  }
  return atan2(-direction[0], direction[1]) * 180.0 / FH_PI;
}

static bool
is_heard(const AuralJob* const job, const size_t emitter)
{
  return job->desc->emitter == SIZE_MAX || job->desc->emitter == emitter;
}

static const FhPairResponse*
pair_of(const AuralJob* const job, const size_t emitter)
{
  return &job->run->trace
            .pairs[emitter * job->run->scene.n_microphones + job->microphone];
}

// A stream of random numbers of its own for each thing that is drawn
static FhSynthDesc
synth_desc(const AuralJob* const job, const size_t stream)
{
  FhSynthDesc desc = fh_synth_desc_default();
  desc.rate_hz = AURAL_RATE_HZ;
  desc.seed = job->run->desc.seed * 0x9E3779B97F4A7C15U + stream + 1;
  desc.air = job->run->scene.air;
  desc.volume_m3 = job->run->scene.volume_m3;
  return desc;
}

static void
job_clear(AuralJob* const job)
{
  for (size_t c = 0; c < AURAL_MAX_CHANNELS; ++c) {
    free(job->channel[c]);
  }
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    free(job->weight[b]);
  }
  free(job->omni);
  free(job->mono);
  free(job->ear[0]);
  free(job->ear[1]);
  free(job->heard);
  free(job->work[0]);
  free(job->work[1]);
  free(job->spectrum);
  fh_fft_free(job->fft);
  hrtf_free(job->hrtf);
  sharp_clear(&job->sharp);
}

static FhStatus
job_init(AuralJob* const job, FhDiag* const diag)
{
  const double yaw = job->desc->yaw_deg * FH_PI / 180.0;
  job->ahead[0] = -sin(yaw);
  job->ahead[1] = cos(yaw);
  job->n_channels = fh_aural_channels(job->desc->format);
  const FhSynthDesc desc = synth_desc(job, 0);
  for (size_t e = 0; e < job->run->n_emitters; ++e) {
    const size_t n =
      is_heard(job, e) ? fh_synth_frames(&desc, pair_of(job, e)) : 0;
    job->n_frames = n > job->n_frames ? n : job->n_frames;
  }
  FhStatus status = sharp_init(&job->sharp, AURAL_RATE_HZ);
  if (!status && job->desc->format == FH_AURAL_BINAURAL) {
    status = hrtf_new(job->desc->hrtf, AURAL_RATE_HZ, &job->hrtf, diag);
  }
  if (status) {
    return status;
  }
  const size_t n_ear = job->hrtf ? hrtf_frames(job->hrtf) : 1;
  job->n_frames += n_ear;
  job->n_fft = fh_fft_size(job->n_frames + RING_FRAMES);
  bool whole = true;
  for (size_t c = 0; c < job->n_channels; ++c) {
    job->channel[c] = (double*)calloc(job->n_frames, sizeof(double));
    whole = whole && job->channel[c];
  }
  for (size_t i = 0; i < 2; ++i) {
    job->ear[i] = (double*)calloc(n_ear, sizeof(double));
    job->work[i] = (double*)calloc(job->n_fft, sizeof(double));
    whole = whole && job->ear[i] && job->work[i];
  }
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    job->weight[b] = (float*)calloc(job->n_fft / 2 + 1, sizeof(float));
    whole = whole && job->weight[b];
    for (size_t k = 0; job->weight[b] && k <= job->n_fft / 2; ++k) {
      job->weight[b][k] =
        (float)bank_weight(b, (double)k * AURAL_RATE_HZ / (double)job->n_fft);
    }
  }
  job->omni = (double*)calloc(job->n_frames, sizeof(double));
  job->mono = (double*)calloc(job->n_frames, sizeof(double));
  job->heard =
    (double*)calloc(job->n_frames + PULSE_FRAMES + n_ear, sizeof(double));
  job->spectrum =
    (double complex*)calloc(job->n_fft / 2 + 1, sizeof(double complex));
  whole = whole && job->omni && job->mono && job->heard && job->spectrum;
  return whole ? fh_fft_new(job->n_fft, &job->fft) : FH_ERR_NO_MEM;
}

// Add a pressure that comes from a world direction to all channels
static FhStatus
deliver(const AuralJob* const job,
        const double* const signal,
        const size_t n,
        const long first,
        const double from[3])
{
  const double* const a = job->ahead;
  const double local[3] = {
    from[0] * a[0] + from[1] * a[1], from[1] * a[0] - from[0] * a[1], from[2]};
  const double gain[AURAL_MAX_CHANNELS] = {1.0, local[1], local[2], local[0]};
  const long n_frames = (long)job->n_frames;
  for (size_t i = 0; i < n; ++i) {
    const long at = first + (long)i;
    if (at >= 0 && at < n_frames) {
      job->omni[at] += signal[i];
      for (size_t c = 0; !job->hrtf && c < job->n_channels; ++c) {
        job->channel[c][at] += gain[c] * signal[i];
      }
    }
  }
  if (!job->hrtf) {
    return FH_OK;
  }
  double* ear[2] = {job->ear[0], job->ear[1]};
  hrtf_get(job->hrtf, local, ear);
  const size_t n_ear = hrtf_frames(job->hrtf);
  for (size_t e = 0; e < 2; ++e) {
    const FhStatus status = fh_convolve(signal, n, ear[e], n_ear, job->heard);
    if (status) {
      return status;
    }
    for (size_t i = 0; i < n + n_ear - 1; ++i) {
      const long at = first + (long)i;
      if (at >= 0 && at < n_frames) {
        job->channel[e][at] += job->heard[i];
      }
    }
  }
  return FH_OK;
}

// A pulse of this power at a time, from a direction
static FhStatus
add_pulse(AuralJob* const job,
          const double power[FH_N_THIRDS],
          const double time_s,
          const double from[3])
{
  double pulse[PULSE_FRAMES] = {0.0};
  const double frame = time_s * AURAL_RATE_HZ;
  const double whole = floor(frame);
  sharp_add(
    &job->sharp, power, frame - whole + SHARP_LEAD, pulse, PULSE_FRAMES);
  return deliver(job, pulse, PULSE_FRAMES, (long)whole - SHARP_LEAD, from);
}

static FhStatus
add_early(AuralJob* const job, const size_t emitter)
{
  const FhRun* const run = job->run;
  const FhDirectField* const direct = &run->mic_direct_by[emitter];
  const FhPairResponse* const pair = pair_of(job, emitter);
  const double impedance =
    fh_air_density_kg_m3(&run->scene.air) * fh_air_speed_m_s(&run->scene.air);
  double power[FH_N_THIRDS];
  double from[3];
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    // A third of pink noise has a third of the octave's mean square
    power[i] = 3.0 * (double)direct->p2[job->microphone][i];
  }
  towards(run, job->microphone, emitter, from);
  FhStatus status =
    add_pulse(job, power, (double)direct->delay_s[job->microphone][0], from);
  for (size_t i = 0; i < pair->n_arrivals && !status; ++i) {
    const FhArrival* const a = &pair->arrivals[i];
    for (size_t k = 0; k < 3; ++k) {
      from[k] = (double)a->direction[k];
    }
    sharp_octaves(a->intensity, impedance, power);
    status = add_pulse(job, power, (double)a->time_s, from);
  }
  return status;
}

/*
  Share of the late energy that comes from direction `d`: even, but for the
  share s of it that is sin^2 of the angle to the vertical plane through the
  source: w = (1 + c (y^2 - 1/3)) / 20. The mean of y^4 on the directions is
  1/5, so that c = 45/4 (s - 1/3).
*/
static double
late_share(const double across[2], const double s, const size_t d)
{
  const double c = fmin(fmax(11.25 * (s - 1.0 / 3.0), -1.5), 3.0);
  const double y =
    across[0] * hrtf_diffuse[d][0] + across[1] * hrtf_diffuse[d][1];
  return (1.0 + c * (y * y - 1.0 / 3.0)) / (double)HRTF_N_DIFFUSE;
}

// Traced energy from direction `d` of the diffuse field, all emitters together
static void
gather_late(const AuralJob* const job,
            const size_t d,
            float (*const late)[FH_N_OCTAVES],
            const size_t n_bins)
{
  memset(late, 0, n_bins * sizeof *late);
  for (size_t e = 0; e < job->run->n_emitters; ++e) {
    if (!is_heard(job, e)) {
      continue;
    }
    const FhPairResponse* const pair = pair_of(job, e);
    double to[3];
    towards(job->run, job->microphone, e, to);
    const double flat = sqrt(to[0] * to[0] + to[1] * to[1]);
    const double across[2] = {flat > 1e-6 ? -to[1] / flat : 1.0,
                              flat > 1e-6 ? to[0] / flat : 0.0};
    for (size_t i = 0; i < pair->n_bins && i < n_bins; ++i) {
      const double w = late_share(across, (double)pair->late_lateral[i][0], d);
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        late[i][b] += (float)(w * (double)pair->late[i][b]);
      }
    }
  }
}

static FhStatus
add_late(AuralJob* const job, const FhProgressFn progress, void* const user)
{
  static const float no_direct[FH_N_THIRDS] = {0.0f};
  FhPairResponse sum = {.direct_s = INFINITY};
  for (size_t e = 0; e < job->run->n_emitters; ++e) {
    if (is_heard(job, e)) {
      const FhPairResponse* const pair = pair_of(job, e);
      sum.bin_s = pair->bin_s;
      sum.n_bins = pair->n_bins > sum.n_bins ? pair->n_bins : sum.n_bins;
      sum.direct_s = fmin(sum.direct_s, pair->direct_s);
    }
  }
  float* const noise = (float*)calloc(job->n_frames, sizeof(float));
  double* const signal = (double*)calloc(job->n_frames, sizeof(double));
  sum.late = (float(*)[FH_N_OCTAVES])calloc(sum.n_bins + 1, sizeof *sum.late);
  FhStatus status = noise && signal && sum.late ? FH_OK : FH_ERR_NO_MEM;
  for (size_t d = 0; d < HRTF_N_DIFFUSE && !status; ++d) {
    if (progress &&
        !progress(user, "Reverberation", (double)d / (double)HRTF_N_DIFFUSE)) {
      status = FH_ERR_INTERRUPTED;
      break;
    }
    gather_late(job, d, sum.late, sum.n_bins);
    const FhSynthDesc desc = synth_desc(job, 1000 + d);
    status =
      fh_synth_pair(&desc, no_direct, sum.direct_s, &sum, job->n_frames, noise);
    for (size_t i = 0; i < job->n_frames; ++i) {
      signal[i] = (double)noise[i];
    }
    if (!status) {
      status = deliver(job, signal, job->n_frames, 0, hrtf_diffuse[d]);
    }
  }
  free(noise);
  free(signal);
  free(sum.late);
  return status;
}

/*
  The response in mono: that of each pair, their sum brought to the levels of
  the simulation octave by octave (reflections of several loudspeakers would
  interfere as a whole where the simulation adds energies).
*/
static FhStatus
make_mono(AuralJob* const job)
{
  const FhRun* const run = job->run;
  float* const one = (float*)calloc(job->n_frames, sizeof(float));
  FhStatus status = one ? FH_OK : FH_ERR_NO_MEM;
  for (size_t e = 0; e < run->n_emitters && !status; ++e) {
    if (!is_heard(job, e)) {
      continue;
    }
    const FhDirectField* const direct = &run->mic_direct_by[e];
    const FhSynthDesc desc =
      synth_desc(job, e * run->scene.n_microphones + job->microphone);
    status = fh_synth_pair(&desc,
                           direct->p2[job->microphone],
                           (double)direct->delay_s[job->microphone][0],
                           pair_of(job, e),
                           job->n_frames,
                           one);
    for (size_t i = 0; i < job->n_frames; ++i) {
      job->mono[i] += (double)one[i];
    }
  }
  free(one);
  if (!status) {
    double gain[BANK_N_BANDS];
    aural_level_gains(job, job->mono, gain);
    aural_apply_gains(job, gain, job->mono);
  }
  return status;
}

static FhStatus
make_channels(AuralJob* const job,
              const FhProgressFn progress,
              void* const user)
{
  FhStatus status = make_mono(job);
  if (job->desc->format == FH_AURAL_MONO) {
    memcpy(job->channel[0], job->mono, job->n_frames * sizeof(double));
    return status;
  }
  for (size_t e = 0; e < job->run->n_emitters && !status; ++e) {
    status = is_heard(job, e) ? add_early(job, e) : FH_OK;
  }
  status = status ? status : add_late(job, progress, user);
  return status ? status : aural_match_mono(job);
}

FhStatus
fh_aural_response(const FhRun* const run,
                  const size_t microphone,
                  const FhAuralDesc* const desc,
                  const FhProgressFn progress,
                  void* const user,
                  FhAudio* const out,
                  FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  if (microphone >= run->scene.n_microphones || !run->system ||
      (desc->emitter != SIZE_MAX && desc->emitter >= run->n_emitters)) {
    return FH_ERR_BAD_ARG;
  }
  AuralJob job = {.run = run, .microphone = microphone, .desc = desc};
  FhStatus status = job_init(&job, diag);
  if (!status) {
    status = make_channels(&job, progress, user);
  }
  if (!status) {
    status = fh_audio_init(job.n_frames, job.n_channels, AURAL_RATE_HZ, out);
  }
  for (size_t i = 0; i < job.n_frames && !status; ++i) {
    for (size_t c = 0; c < job.n_channels; ++c) {
      out->data[i * job.n_channels + c] = (float)job.channel[c][i];
    }
  }
  job_clear(&job);
  if (status) {
    fh_audio_clear(out);
  }
  return status;
}
