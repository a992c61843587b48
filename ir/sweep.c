// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>
#include <fh/sweep.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

FhSweepDesc
fh_sweep_desc_default(void)
{
  return (FhSweepDesc){.from_hz = 20.0,
                       .to_hz = 20000.0,
                       .duration_s = 10.0,
                       .rate_hz = 48000.0,
                       .amplitude = 0.5,
                       .fade_in_s = 0.02,
                       .fade_out_s = 0.004,
                       .before_s = 0.5,
                       .after_s = 3.0,
                       .repeats = 1};
}

static bool
within(const double x, const double least, const double most)
{
  return x >= least && x <= most;
}

FhStatus
fh_sweep_check(const FhSweepDesc* const d)
{
  const bool good =
    within(d->rate_hz, 1000.0, 1e6) && within(d->from_hz, 0.1, 1e6) &&
    d->to_hz > d->from_hz && d->to_hz < 0.5 * d->rate_hz &&
    within(d->duration_s, 0.05, 600.0) && d->amplitude > 0.0 &&
    d->amplitude <= 1.0 && within(d->fade_in_s, 0.0, 0.5 * d->duration_s) &&
    within(d->fade_out_s, 0.0, 0.5 * d->duration_s) &&
    within(d->before_s, 0.0, 600.0) && within(d->after_s, 0.0, 600.0) &&
    d->repeats >= 1 && d->repeats <= 100;
  return good ? FH_OK : FH_ERR_BAD_ARG;
}

double
fh_sweep_rate_s(const FhSweepDesc* const desc)
{
  return desc->duration_s / log(desc->to_hz / desc->from_hz);
}

size_t
fh_sweep_frames(const FhSweepDesc* const desc)
{
  return (size_t)(desc->duration_s * desc->rate_hz + 0.5);
}

size_t
fh_sweep_period(const FhSweepDesc* const desc)
{
  return fh_sweep_frames(desc) + (size_t)(desc->after_s * desc->rate_hz + 0.5);
}

// Raised cosine from 0 to 1 over `fade_s`
static double
fade(const double t, const double fade_s)
{
  return t >= fade_s ? 1.0 : 0.5 - 0.5 * cos(FH_PI * fmax(t, 0.0) / fade_s);
}

static double
sweep_at(const FhSweepDesc* const d, const double t)
{
  const double rate_s = fh_sweep_rate_s(d);
  const double phase = 2.0 * FH_PI * d->from_hz * rate_s * expm1(t / rate_s);
  const double end_s = (double)fh_sweep_frames(d) / d->rate_hz;
  return d->amplitude * sin(phase) * fade(t, d->fade_in_s) *
         fade(end_s - t, d->fade_out_s);
}

FhStatus
fh_sweep_make(const FhSweepDesc* const desc, FhAudio* const out)
{
  memset(out, 0, sizeof(*out));
  if (fh_sweep_check(desc)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t n = fh_sweep_frames(desc);
  const size_t period = fh_sweep_period(desc);
  const size_t first = (size_t)(desc->before_s * desc->rate_hz + 0.5);
  const FhStatus status =
    fh_audio_init(first + desc->repeats * period, 1, desc->rate_hz, out);
  if (status) {
    return status;
  }
  for (size_t i = 0; i < n; ++i) {
    const float x = (float)sweep_at(desc, (double)i / desc->rate_hz);
    for (size_t k = 0; k < desc->repeats; ++k) {
      out->data[first + k * period + i] = x;
    }
  }
  return FH_OK;
}

FhStatus
fh_sweep_inverse(const FhSweepDesc* const desc, FhAudio* const out)
{
  memset(out, 0, sizeof(*out));
  if (fh_sweep_check(desc)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t n = fh_sweep_frames(desc);
  const FhStatus status = fh_audio_init(n, 1, desc->rate_hz, out);
  if (status) {
    return status;
  }
  // |X(f)|^2 = A^2 L / (4 f) (stationary phase, in s^2): f weights the mirror
  // sweep to a flat product, and the pulse of the band f1..f2 has the height
  // 2 (f2 - f1) / rate
  const double rate_s = fh_sweep_rate_s(desc);
  const double pulse = 2.0 * (desc->to_hz - desc->from_hz) / desc->rate_hz;
  const double flat = desc->amplitude * desc->amplitude * rate_s *
                      desc->rate_hz * desc->rate_hz / 4.0;
  for (size_t i = 0; i < n; ++i) {
    const double t = (double)(n - 1 - i) / desc->rate_hz;
    const double f = desc->from_hz * exp(t / rate_s);
    out->data[i] = (float)(sweep_at(desc, t) * f / (flat * pulse));
  }
  return FH_OK;
}
