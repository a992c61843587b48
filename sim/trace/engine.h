// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_ENGINE_H
#define FH_TRACE_ENGINE_H

#include "simd.h"

#include <fh/trace.h>

/*
  What the parts of the transport engine share. Each path from an emitter to a
  receiver belongs to exactly one estimator:

  - no reflection and nothing passed through: the direct field (fh/source.h);
  - mirror reflections only, a sequence that image.c found: image sources;
  - mirror reflections only, or passages through thin surfaces, and no such
    sequence: mirror rays through a volume around the receiver (mirror.c);
  - at least one scattering: transport.c, by a line of sight to the receiver
    where the last event scatters, through the volume where it does not; for
    seats by patches (patch.c, gather.c).
*/

/*
  Eight bands share a vector register: an octet, with one band in each octave.
  Octaves are one octet. Third octaves are three, the lower, middle and upper
  thirds, and then three engines stand in a row: they share the scene, the
  receivers and all rays, and each has the materials, the air and the sums of
  its bands. `engine[o]` is that of octet `o`; the first holds what is shared.
*/

/// Octets of 24 third octaves
#define MAX_OCTETS ((unsigned)FH_TRACE_THIRDS)
/// Compiled into its callers, once for each number of octets: `n_octets` or `n`
/// is a constant there
#define FOR_EACH_N static inline __attribute__((always_inline))

/// Independent blocks of rays behind the standard errors
#define N_BLOCKS 16u
/// Rays that one thread takes at a time
#define CHUNK_RAYS 64u
/// Width of the microphones' bins [s]
#define FINE_BIN_S 1e-3f
/// Distance by which a ray starts off the surface that it leaves [m]
#define LIFT_M 5e-4f
/// Steps in which the loss in air is listed; within 2 % at 8 kHz in dry air [m]
#define AIR_STEP_M 0.5f
/// Far end of a ray that meets nothing [m]
#define FAR_M 1e30f

/// A material in the form that the tracer wants, per band of an octet
typedef struct {
  F8 keep;        ///< Energy that goes on: reflected and let through
  F8 diffuse;     ///< Reflected and scattered (Lambert)
  F8 mirror;      ///< Reflected as by a mirror
  F8 through;     ///< Let through
  F8 p_through;   ///< Share of `keep` that is let through
  F8 p_diffuse;   ///< Share of `keep` that is scattered
  F8 p_mirror;    ///< Share of `keep` that is mirrored
  bool scatters;  ///< In some band of any octet
  bool transmits; ///< The same
  bool mirrors;   ///< The same
  bool one_sided; ///< Its back absorbs everything
} Surface;

/// A radiator ready to be sampled
typedef struct {
  FhRadiator radiator;
  F8 inverse_power; ///< [1/W], 0 where it is silent
  float* cdf; ///< [cells + 1] of the direction's cell; null when even; owned
} Emitter;

/// Volume around a microphone or seat through which rays are counted
typedef struct {
  float at[3];
  float radius_m;
  float inverse_volume; ///< Of the part in sight of the centre [1/m3]
  bool clear;           ///< All of it is in sight
  int32_t crowd;        ///< Audience block among whose heads it is, -1 for none
  float up[3];          ///< Normal of that block's top
} Detector;

/// A plane with all triangles in it
typedef struct {
  double normal[3];
  double offset;          ///< dot(normal, x) on the plane [m]
  double low[3], high[3]; ///< Box around its triangles
  bool mirrors;           ///< Some of it reflects as a mirror
  int inside; ///< +1 or -1 when all the scene is on that side, else 0
} Plane;

typedef struct {
  size_t n_planes;
  Plane* planes;      ///< Owned
  uint32_t* plane_of; ///< [n_triangles]; owned
} Planes;

/// Reference of the weight window: the mean decay of the energy of a ray
typedef struct {
  float bin_s;
  size_t n_bins;
  F8* inverse;      ///< [n_bins] 1 / mean weight, 0 where it is unknown; owned
  float duration_s; ///< After it less than a millionth is left
  bool endless;     ///< The cap on the duration was met
  double escaped;   ///< Share of the energy that left through holes
} Window;

/// All that stays the same during a trace
typedef struct {
  unsigned n_octets; ///< Engines in a row, this the first of them
  unsigned octet;    ///< Of these, its number
  unsigned third;    ///< As FhTraceDesc.third
  const FhScene* scene;
  const FhRaycaster* caster;
  const FhTraceDesc* desc;
  unsigned n_threads;
  unsigned n_search; ///< Rays that look for sequences of mirrors
  float speed_m_s;
  F8 air; ///< Energy attenuation [1/m]
  size_t n_surfaces;
  Surface* surfaces; ///< [n_materials]; owned
  bool any_scatter;
  bool any_mirror;
  bool any_through;
  size_t n_emitters;
  Emitter* emitters; ///< Owned
  size_t n_mics;
  Detector* mics; ///< Owned
  Detector* wide; ///< [n_mics] larger, for sound that was scattered; owned
  struct NearDiscsImpl* near; ///< [n_mics] surfaces under them; near.h; owned
  Planes planes;
  const struct DiffractionImpl* diffraction; ///< Null for none; diffract.h
  Window window;
  size_t n_air;     ///< Steps of AIR_STEP_M of `air_at`
  F8* air_at;       ///< [n_air] what air leaves of energy after a path; owned
  float duration_s; ///< Of the responses, delays included
  size_t n_bins;    ///< Of 1 ms
  size_t n_block_bins;
} Engine;

/// Where the energy of the traced rays went, fixed point
typedef struct {
  int64_t emitted[8], air[8], escaped[8], left[8], sampling[8];
  int64_t n_bounces, n_escaped, n_lost;
} Ledger;

/// Sums of one thread, or of all; integers, so that their order is free
typedef struct {
  size_t n_words;
  int64_t* words;         ///< All of the below; owned
  int64_t (*fine)[8];     ///< [mic][bin]
  int64_t (*lateral)[2];  ///< [mic][bin]
  int64_t (*blocks)[8];   ///< [block][mic][block bin]
  int64_t (*absorbed)[8]; ///< [material]
  int64_t* n_rays;        ///< [block] rays done
  int64_t (*control)[8];  ///< [block] scattered, mean of all seats
  int64_t* n_control;     ///< [block] rays that counted for it
  Ledger* ledger;
} Tally;

/// What one emitter means to one microphone
typedef struct {
  float direct_s;   ///< Arrival of the direct sound [s]
  float lateral[3]; ///< Horizontal, across the direction of the source
  F8 direct; ///< Direct sound per unit of power [1/m2], 0 where it is hidden
} Sight;

/// Allocate for vector access; zeroed; null when out of memory
void*
engine_alloc(size_t n, size_t size);

/// Prepare surfaces from the materials; #FH_ERR_NOT_FINITE when one is not
FhStatus
surfaces_new(Engine* engine, FhDiag* diag);

/// Note what each surface does in any of the octets
void
surfaces_join(Engine* engine);

/// Prepare an emitter
FhStatus
emitter_init(Emitter* emitter, const FhRadiator* radiator);

void
emitter_clear(Emitter* emitter);

/// Intensity along a direction over that of an even source, per octave
F8
emitter_gain(const Emitter* emitter, const float direction[3]);

/// Draw a direction; the weights are gain over density (mean 1)
F8
emitter_sample(const Emitter* emitter, const Random4* random, float d[3]);

/// Find the volume around a receiver: as large as `radius_m` where free; from
/// `n_points` directions of sight
void
detector_init(const Engine* engine,
              const float at[3],
              float radius_m,
              uint64_t key,
              uint32_t n_points,
              Detector* detector);

/// Midband frequency [Hz]
static inline double
engine_hz(const Engine* const engine, const size_t band)
{
  return engine->third ? fh_third_hz(3 * band + engine->third - 1)
                       : fh_octave_hz(band);
}

/// Where it is listed what air leaves after a path, to the nearest step
static inline const F8*
engine_air_entry(const Engine* const engine, const float length_m)
{
  const size_t i = (size_t)(length_m * (1.0f / AIR_STEP_M) + 0.5f);
  return &engine->air_at[i < engine->n_air ? i : engine->n_air - 1];
}

/// What air leaves after a path, to the nearest step
static inline F8
engine_air(const Engine* const engine, const float length_m)
{
  return *engine_air_entry(engine, length_m);
}

/**
   What heads leave of sound that comes to a receiver among them.

   As for the direct sound: -20 lg(0.2 + 0.1 gamma) dB at an elevation of gamma
   degrees below 8, scaled by the block's occupancy and by octave.

   @param towards Unit vector to where the sound comes from.

   Source: E. Mommertz, 1993, by way of the scene's `block_loss_db`.
*/
F8
engine_graze(const Engine* engine, const Detector* at, const float towards[3]);

/// Length of a segment inside a detector, 0 when it misses [m]
float
detector_chord(const Engine* engine,
               const Detector* detector,
               const float origin[3],
               const float direction[3],
               float length_m);

FhStatus
planes_new(const Engine* engine, Planes* planes);

void
planes_clear(Planes* planes);

FhStatus
tally_init(const Engine* engine, Tally* tally);

void
tally_clear(Tally* tally);

/// Add the sums of `from`
void
tally_add(Tally* tally, const Tally* from);

/// Count intensities [n_octets] at a microphone, each in the sums of its octet;
/// `towards` is where they come from
void
tally_microphone(const Engine* engine,
                 Tally* tally,
                 unsigned n_octets,
                 unsigned block,
                 size_t mic,
                 const Sight* sight,
                 float time_s,
                 const float towards[3],
                 const F8* arriving);

/// exp(-m x) for eight bands
F8
engine_air_loss(const Engine* engine, float length_m);

/// Index of the block bin of a time after the direct sound
size_t
block_bin_of(float after_s);

/// Direct sound of an emitter at a point, per unit of its power [1/m2]; far
/// field, air included, 0 where it is hidden
F8
direct_gain(const Engine* engine, size_t emitter, const float at[3]);

/// Geometry between all emitters and microphones
/// [octet][n_emitters * n_mics]; owned by the caller
Sight*
sights_new(const Engine* engine);

/// Follow a few rays from all emitters and set the `window` of all octets
FhStatus
window_new(Engine* engine, FhTraceResult* result);

/// Weight of a ray [n_octets] against the mean at its time; 0 when it should
/// end
static inline float
window_ratio(const Engine* const engine,
             const float time_s,
             const F8* const weight,
             const unsigned n_octets)
{
  const size_t bin = (size_t)(time_s / engine->window.bin_s);
  if (bin >= engine->window.n_bins) {
    return 0.0f;
  }
  F8 ratio[MAX_OCTETS];
  for (unsigned o = 0; o < n_octets; ++o) {
    ratio[o] = weight[o] * engine[o].window.inverse[bin];
  }
  return octets_sum(ratio, n_octets);
}

/// Chance by which a ray of mirrors passes through a surface rather than being
/// mirrored
static inline float
surface_chance(const Engine* const engine,
               const uint32_t material,
               const unsigned n_octets)
{
  const Surface* const surface = &engine->surfaces[material];
  if (!surface->transmits || !surface->mirrors) {
    return surface->transmits ? 1.0f : 0.0f;
  }
  F8 through[MAX_OCTETS];
  F8 mirrored[MAX_OCTETS];
  for (unsigned o = 0; o < n_octets; ++o) {
    through[o] = engine[o].surfaces[material].through;
    mirrored[o] = engine[o].surfaces[material].mirror;
  }
  const float passing = octets_sum(through, n_octets);
  const float both = passing + octets_sum(mirrored, n_octets);
  return greater(0.05f, lesser(0.95f, passing / both));
}

/// Meet the next surface; in a closed scene a miss is tried again beside
bool
engine_cast(const Engine* engine,
            const float origin[3],
            float direction[3],
            FhHit* hit);

#endif // FH_TRACE_ENGINE_H
