// SPDX-License-Identifier: GPL-3.0-or-later
#include "equalizer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
  Two sections of two channels share a vector, and four vectors run at once as a
  pipeline: section s works on frame t - s, so that no step waits for another.
  The pipeline is filled and drained within each call; latency stays 0 and the
  arithmetic of a frame does not depend on how the calls cut the signal.
*/

typedef double Lanes __attribute__((vector_size(32)));
typedef int64_t Mask __attribute__((vector_size(32)));

#define N_VECTORS 16
#define PER_GROUP 4
/// Frames by which the last section of a group trails the first
#define LAG (2 * PER_GROUP - 1)

/// Coefficients of two sections; see FhEqCurve
typedef struct {
  Lanes b0;
  Lanes a1;
  Lanes b2;
  Lanes a2;
} Coefficients;

struct FhEqImpl {
  Coefficients now[N_VECTORS];
  Coefficients step[N_VECTORS]; ///< Added after every frame of a glide
  Coefficients end[N_VECTORS];  ///< Where the glide ends
  Lanes z1[N_VECTORS];
  Lanes z2[N_VECTORS];
  size_t glide_left; ///< Frames
  double cos_w0[FH_EQ_SECTIONS];
};

static void
set_lane(Coefficients* const all,
         const size_t section,
         const double cos_w0,
         const double u,
         const double v)
{
  Coefficients* const c = &all[section / 2];
  for (size_t channel = 0; channel < 2; ++channel) {
    const size_t lane = 2 * (section % 2) + channel;
    c->b0[lane] = u + v;
    c->a1[lane] = -2.0 * cos_w0 * u;
    c->b2[lane] = u - v;
    c->a2[lane] = 2.0 * u - 1.0;
  }
}

FhEq*
fh_eq_new(const FhEqDesigner* const designer)
{
  FhEq* const eq = (FhEq*)aligned_alloc(64, (sizeof(FhEq) + 63) / 64 * 64);
  if (!eq) {
    return NULL;
  }
  memset(eq, 0, sizeof(*eq));
  memcpy(eq->cos_w0, designer->cos_w0, sizeof(eq->cos_w0));
  FhEqCurve flat;
  static const float zero[FH_LIVE_BANDS];
  fh_eq_design(designer, zero, &flat, NULL);
  for (size_t s = 0; s < FH_EQ_SECTIONS; ++s) {
    set_lane(eq->now, s, eq->cos_w0[s], flat.u[s], flat.v[s]);
  }
  memcpy(eq->end, eq->now, sizeof(eq->end));
  return eq;
}

void
fh_eq_free(FhEq* const eq)
{
  free(eq);
}

void
fh_eq_reset(FhEq* const eq)
{
  memset(eq->z1, 0, sizeof(eq->z1));
  memset(eq->z2, 0, sizeof(eq->z2));
  memcpy(eq->now, eq->end, sizeof(eq->now));
  eq->glide_left = 0;
}

void
fh_eq_glide(FhEq* const eq, const FhEqCurve* const curve, const size_t n_frames)
{
  for (size_t s = 0; s < FH_EQ_SECTIONS; ++s) {
    set_lane(eq->end, s, eq->cos_w0[s], curve->u[s], curve->v[s]);
  }
  const double scale = 1.0 / (double)n_frames;
  for (size_t i = 0; i < N_VECTORS; ++i) {
    eq->step[i].b0 = (eq->end[i].b0 - eq->now[i].b0) * scale;
    eq->step[i].a1 = (eq->end[i].a1 - eq->now[i].a1) * scale;
    eq->step[i].b2 = (eq->end[i].b2 - eq->now[i].b2) * scale;
    eq->step[i].a2 = (eq->end[i].a2 - eq->now[i].a2) * scale;
  }
  eq->glide_left = n_frames;
}

// Take `a` where the mask is set, else `b`; vectors have no ?: in C
#define SELECT(mask, a, b) \
  ((Lanes)(((Mask)(a) & (mask)) | ((Mask)(b) & ~(mask))))

/// One step of a pipeline; `y` holds the outputs of the step before on entry
static inline __attribute__((always_inline)) void
advance(FhEq* const eq,
        const size_t base,
        const double* const in,
        Lanes y[PER_GROUP],
        const Mask* const active,
        const bool is_gliding)
{
  Lanes x[PER_GROUP];
  const Lanes first = {in[0], in[1], 0.0, 0.0};
  x[0] = __builtin_shufflevector(first, y[0], 0, 1, 4, 5);
  for (size_t i = 1; i < PER_GROUP; ++i) {
    x[i] = __builtin_shufflevector(y[i - 1], y[i], 2, 3, 4, 5);
  }
  for (size_t i = 0; i < PER_GROUP; ++i) {
    Coefficients* const c = &eq->now[base + i];
    Lanes* const z1 = &eq->z1[base + i];
    Lanes* const z2 = &eq->z2[base + i];
    const Lanes out = c->b0 * x[i] + *z1;
    const Lanes next1 = c->a1 * (x[i] - out) + *z2;
    const Lanes next2 = c->b2 * x[i] - c->a2 * out;
    y[i] = out;
    if (!active) {
      *z1 = next1;
      *z2 = next2;
    } else {
      *z1 = SELECT(active[i], next1, *z1);
      *z2 = SELECT(active[i], next2, *z2);
    }
    if (is_gliding) {
      const Coefficients* const d = &eq->step[base + i];
      const Lanes zero = {0.0, 0.0, 0.0, 0.0};
      c->b0 += active ? SELECT(active[i], d->b0, zero) : d->b0;
      c->a1 += active ? SELECT(active[i], d->a1, zero) : d->a1;
      c->b2 += active ? SELECT(active[i], d->b2, zero) : d->b2;
      c->a2 += active ? SELECT(active[i], d->a2, zero) : d->a2;
    }
  }
}

/// Which lanes hold a frame of this call at step `t`
static inline __attribute__((always_inline)) void
find_active(const size_t t, const size_t n_frames, Mask active[PER_GROUP])
{
  for (size_t i = 0; i < PER_GROUP; ++i) {
    const int64_t even = t >= 2 * i && t < n_frames + 2 * i ? -1 : 0;
    const int64_t odd = t > 2 * i && t < n_frames + 2 * i + 1 ? -1 : 0;
    const Mask mask = {even, even, odd, odd};
    active[i] = mask;
  }
}

/// Run eight sections over a block
static inline __attribute__((always_inline)) void
run_group(FhEq* const eq,
          const size_t base,
          double (*const x)[2],
          const size_t n_frames,
          const bool is_gliding)
{
  static const double silence[2] = {0.0, 0.0};
  Lanes y[PER_GROUP] = {{0.0}};
  Mask active[PER_GROUP] = {{0}};
  const size_t n_steps = n_frames + LAG;
  for (size_t t = 0; t < n_steps; ++t) {
    const double* const in = t < n_frames ? x[t] : silence;
    if (t >= LAG && t < n_frames) {
      advance(eq, base, in, y, NULL, is_gliding);
    } else {
      find_active(t, n_frames, active);
      advance(eq, base, in, y, active, is_gliding);
    }
    if (t >= LAG) {
      x[t - LAG][0] = y[PER_GROUP - 1][2];
      x[t - LAG][1] = y[PER_GROUP - 1][3];
    }
  }
}

static void
run_settled(FhEq* const eq, double (*const x)[2], const size_t n_frames)
{
  for (size_t base = 0; base < N_VECTORS; base += PER_GROUP) {
    run_group(eq, base, x, n_frames, false);
  }
}

static void
run_gliding(FhEq* const eq, double (*const x)[2], const size_t n_frames)
{
  for (size_t base = 0; base < N_VECTORS; base += PER_GROUP) {
    run_group(eq, base, x, n_frames, true);
  }
}

void
fh_eq_process(FhEq* const eq, double (*const x)[2], const size_t n_frames)
{
  size_t done = 0;
  if (eq->glide_left && n_frames) {
    done = n_frames < eq->glide_left ? n_frames : eq->glide_left;
    run_gliding(eq, x, done);
    eq->glide_left -= done;
    if (!eq->glide_left) {
      // Adding steps leaves rounding behind
      memcpy(eq->now, eq->end, sizeof(eq->now));
    }
  }
  if (done < n_frames) {
    run_settled(eq, x + done, n_frames - done);
  }
}
