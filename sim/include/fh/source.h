// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_H
#define FH_SOURCE_H

#include <fh/raycast.h>
#include <fh/scene.h>

/*
  Loudspeakers as the physics sees them. Every loudspeaker and every box of an
  array is one or more coherent *elements* (points with a balloon and a complex
  drive). A loudspeaker or array as the user named it is an *emitter*: a range
  of elements. The direct field sums elements as pressures; the energy engine
  asks an emitter for its power and its directional intensity.
*/

typedef struct FhSourcesImpl FhSources; ///< All emitters of a venue

/// An emitter: what the user calls "a loudspeaker" or "an array"
typedef struct {
  char name[FH_NAME_SIZE];
  float centre[3]; ///< Acoustic centre, scene coordinates [m]
  float delay_s;   ///< Delay of its processing [s]
  uint32_t first_element;
  uint32_t n_elements;
  float power_w[FH_N_OCTAVES]; ///< Sound power per octave at the set gain [W]
  float power_third_w[FH_N_THIRDS];
  bool muted;
} FhEmitter;

/**
   Load the models, place the elements, apply gain, EQ, delay and polarity.

   @param venue Borrowed for the call; models are looked up beside the venue,
   then in fh_share_folder()/loudspeakers.
   @param scene Gives origin and air; borrowed for the call.
   @param[out] out Sources, owned by the caller.
*/
FhStatus
fh_sources_new(const FhVenue* venue,
               const FhScene* scene,
               FhSources** out,
               FhDiag* diag);

/**
   The same system with other positions, aims, gains, delays or filters.

   As fh_sources_new(), but fast: models and edges are those of `base`, so no
   model may be new and the geometry is the same. For searches.

   @param base Borrowed; outlives `out`.
   @param power Fill the emitters' powers and directional intensities; without
   them (all zero) only the direct field can be asked for.
*/
FhStatus
fh_sources_vary(const FhSources* base,
                const FhVenue* venue,
                const FhScene* scene,
                bool power,
                FhSources** out,
                FhDiag* diag);

/// Free sources; does nothing if it is null
void
fh_sources_free(FhSources* sources);

/// Number of emitters (loudspeakers first, then arrays, in the venue's order)
size_t
fh_sources_count(const FhSources* sources);

/// Emitter `i`; borrowed
const FhEmitter*
fh_sources_emitter(const FhSources* sources, size_t i);

/**
   Far-field intensity of an emitter in one direction.

   The coherent sum of its elements seen from far away, averaged over each
   octave band, as the sound power of the omnidirectional source that would
   give the same intensity there: I(r) = w / (4 pi r^2). Its mean over the
   sphere is the emitter's `power_w`. Table look-up; safe from any thread.

   @param direction Unit vector away from the emitter, scene axes.
   @param[out] w 8 values [W].
*/
void
fh_emitter_octaves(const FhSources* sources,
                   size_t emitter,
                   const float direction[3],
                   float w[FH_N_OCTAVES]);

/// As fh_emitter_octaves(), in 24 third octaves
void
fh_emitter_thirds(const FhSources* sources,
                  size_t emitter,
                  const float direction[3],
                  float w[FH_N_THIRDS]);

/// Direct field at a set of points
typedef struct {
  size_t n_points;
  float (*p2)[FH_N_THIRDS]; ///< [n_points] mean square pressure [Pa^2];
                            ///< coherent sum over all emitters; owned
  float (*delay_s)[1];   ///< [n_points] arrival of the earliest audible emitter
                         ///< [s]; owned
  float* delay_energy_s; ///< [n_points] energy-weighted arrival [s]; owned
  uint32_t*
    visible; ///< [n_points] bit i: emitter i (i < 32) is in sight; owned
} FhDirectField;

/**
   Direct field of some or all emitters, with obstacles.

   Pressures add as complex numbers over at least 5 frequencies per third
   octave (delay, polarity, gain, EQ, air, distance), then as energy within
   the band. Hidden paths go over the obstacle's edges (UTD) when
   `diffraction` is true, else they vanish.

   Audience is no wall: blocks are looked through, and what heads take is the
   business of fh_direct_field_graze().

   @param caster Line of sight in the scene of the sources; null for free field.
   @param points Scene coordinates [n_points].
   @param emitters Bit mask by index (64 at most), or UINT64_MAX for all.
   @param n_threads Threads, at least 1; results do not depend on it.
   @param[out] out Owned by the caller (fh_direct_field_clear()).
*/
FhStatus
fh_direct_field(const FhSources* sources,
                const FhRaycaster* caster,
                const float (*points)[3],
                size_t n_points,
                uint64_t emitters,
                bool diffraction,
                unsigned n_threads,
                FhDirectField* out);

/**
   Take off what the direct sound loses over the heads of an audience.

   A listener within 0.5 m over the top of a block loses
   -20 lg(0.2 + 0.1 g) dB of what comes in at g degrees over the top, g < 8,
   times the block's scale per octave (`block_loss_db`, 0 when empty).

   @param points,emitters,field As for fh_direct_field(), done before.

   Source: Mommertz, Acustica 79 (1993) 42.
*/
void
fh_direct_field_graze(const FhSources* sources,
                      const FhScene* scene,
                      const FhRaycaster* caster,
                      const float (*points)[3],
                      uint64_t emitters,
                      FhDirectField* field);

/**
   Direct field at one frequency, for maps of interference.

   As fh_direct_field(), but a pure tone in double precision.

   @param frequency_hz Above zero.
   @param[out] out [n_points] real and imaginary part [Pa rms], scaled as if the
   whole third octave about the frequency stood in this one line; waves run as
   exp(j w t - j k r).
*/
FhStatus
fh_direct_pressure(const FhSources* sources,
                   const FhRaycaster* caster,
                   const float (*points)[3],
                   size_t n_points,
                   uint64_t emitters,
                   bool diffraction,
                   double frequency_hz,
                   unsigned n_threads,
                   double (*out)[2]);

/// Where an element of an emitter is and how it is driven
typedef struct {
  char model[FH_NAME_SIZE]; ///< Name of its model
  float at[3];              ///< Scene coordinates [m]
  float forward[3];         ///< Unit vector along its axis
  double gain_db;           ///< Emitter's gain and its own
  double delay_s;           ///< Emitter's delay and its own
  bool invert;              ///< Polarity, of both together
  double mass_kg;           ///< 0 where unknown
  double splay_deg[2];      ///< Angles that its rigging allows to the next box;
                            ///< the second below the first: none, no arrays
} FhElement;

/// Describe element `i` of an emitter
void
fh_sources_element(const FhSources* sources,
                   size_t emitter,
                   size_t i,
                   FhElement* out);

/**
   Delays that bend a straight line of subwoofers into an arc.

   Each source is delayed as if it stood on the circle of `angle` whose chord is
   the line: the farther out, the later.

   @param offset_m [n] places along the line, any origin.
   @param angle_deg Opening of the arc, 0 to 180.
   @param[out] delay_s [n]; the middle of the line has 0.
*/
void
fh_arc_delays(const double* offset_m,
              size_t n,
              double angle_deg,
              double speed_m_s,
              double* delay_s);

/// Spectrum of what is played; powers add up to those of pink noise
typedef enum {
  FH_INPUT_PINK,
  FH_INPUT_PROGRAMME ///< Music-like: noise shaped as in IEC 60268-1
} FhInput;

/**
   Weight of an input per third octave relative to pink noise of the same power.

   The programme falls below 100 Hz as IEC 60268-1 prints it (3.3 dB at 50 Hz)
   and above as its first-order low-pass at 3 kHz (within about a decibel of the
   standard's curve).

   @param[out] weight_db 24 values [dB].
*/
void
fh_input_weights(FhInput input, double weight_db[FH_N_THIRDS]);

/// How much louder a system can play before something limits
typedef struct {
  double headroom_db; ///< Gain to spare over the set gains; negative when the
                      ///< set gains are too much; infinite without data
  size_t emitter;     ///< Whose element limits first
  size_t element;     ///< Which of its elements
  int third;          ///< Third octave that limits, or -1 for the peak
} FhHeadroom;

/**
   Find what limits first, from the models' `max_spl_db` and `max_third_db`.

   Pink noise at gain 0 is what the model files define (`input_dbw`).

   @param emitters Bit mask as in fh_direct_field(); muted ones play nothing.
   @param crest_db Peak over rms of the input [dB]: 6 for IEC 60268-1 noise, 12
   and more for music.
*/
void
fh_sources_headroom(const FhSources* sources,
                    uint64_t emitters,
                    FhInput input,
                    double crest_db,
                    FhHeadroom* out);

/// Level of a point from its third octaves for an input at the set gains
typedef struct {
  double peak_db; ///< Broadband peak (rms plus crest) [dB]
  double leq_dba; ///< A-weighted average [dB(A)]
} FhInputLevel;

/// Levels of a spectrum of mean square pressures made with pink noise
FhInputLevel
fh_input_level(const float p2[FH_N_THIRDS], FhInput input, double crest_db);

/// Free what a direct field owns and zero it
void
fh_direct_field_clear(FhDirectField* field);

#endif // FH_SOURCE_H
