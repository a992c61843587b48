// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_H
#define FH_TRACE_H

#include <fh/raycast.h>
#include <fh/source.h>

/*
  Energy transport: everything after the direct sound.

  Energies are "equivalent intensities": intensity of the wave [W/m2] as if
  from I = W / (4 pi r^2); mean square pressure is p^2 = I rho c. Times are
  from the electrical input of the system: they hold the emitter's delay.
  Air absorption is applied (by path length) in everything returned here.
*/

/**
   Ranks that share the work of one trace (processes of an MPI job).

   Every rank calls fh_trace() with the same input and gets the same result.
   The sums are of integers, so that the number of ranks does not change a bit.
*/
typedef struct {
  unsigned rank;    ///< Of this process, below `n_ranks`
  unsigned n_ranks; ///< At least 1
  /// Replace `words` by their sums over all ranks; false on failure
  bool (*sum)(void* user, int64_t* words, size_t n);
  void* user;
} FhTeam;

/// Something that radiates from one point; times and powers as in FhEmitter
typedef struct {
  float at[3];                 ///< Scene coordinates [m]
  double delay_s;              ///< Before it starts [s]
  float power_w[FH_N_OCTAVES]; ///< [W]
  /// Power of the omnidirectional source with the same intensity along a unit
  /// vector [W], as fh_emitter_octaves(); null for the same in all directions
  void (*octaves)(const void* user, const float direction[3], float w[8]);
  const void* user;
} FhRadiator;

/// Crossover at the Schroeder frequency of scenes that a wave solver knows
#define FH_CROSSOVER_AUTO (-1.0)

/// Everything that decides a trace; start from fh_trace_desc_default()
typedef struct {
  uint64_t seed;   ///< Same seed, same bits, on any number of threads
  uint64_t n_rays; ///< Rays per emitter in the transport pass; 0 = by error_db
  double
    error_db; ///< Standard error asked for [dB], used when n_rays is 0; 0.3
  unsigned gather_rays; ///< Rays per seat in the gather pass, 256
  unsigned image_order; ///< Image sources up to this order, 0 to 10; 3
  double duration_s;    ///< Length of the response [s]; 0 = from Eyring's T
  unsigned third; ///< 0: octaves. 1 to 3: sound in the lower, middle or upper
                  ///< third of each octave, of which materials and air are
                  ///< taken; powers stay those of octaves
  double crossover_hz;    ///< Below it a wave solver answers; 0: none.
                          ///< FH_CROSSOVER_AUTO: where one knows the scene and
                          ///< single modes matter. Of fh_run_compute()
  unsigned n_threads;     ///< 0 = all processors
  double time_limit_s;    ///< Stop and keep what is done; 0 = none
  bool seats;             ///< Gather at the seats
  bool per_emitter_seats; ///< Keep seats' echograms for each emitter, not only
                          ///< the sum
  bool diffraction;       ///< Edge diffraction of the early part
  bool proofs;        ///< Prove causes of dead zones by taking suspects away,
                      ///< true; of fh_run_compute()
  bool finite_faces;  ///< Faces scatter what they are too small to mirror, true
                      ///< (fh/finite_faces.h); fh_run_compute() sees to it
  const FhTeam* team; ///< Ranks that share the work; null for this one alone
  const char* checkpoint; ///< Folder for the state of a long trace, made when
                          ///< it is first written; null for none
  double checkpoint_s;    ///< Seconds between two states; 0 = 30
  bool resume;            ///< Go on from the state in that folder
} FhTraceDesc;

FhTraceDesc
fh_trace_desc_default(void);

/// One deterministic arrival (image source or diffracted path, never the direct
/// sound)
typedef struct {
  float time_s;
  float
    direction[3]; ///< Unit vector it comes from (towards the last reflection)
  float departure[3];            ///< Unit vector in which it leaves the emitter
  uint32_t order;                ///< Reflections on the way
  float intensity[FH_N_OCTAVES]; ///< [W/m2], air included
} FhArrival;

/// Block bins of the first 80 ms after the direct sound
#define FH_TRACE_EARLY_BINS 8u
/// Half of a 95 % interval over the standard error: Student's factor for the
/// blocks of rays behind it, 15 degrees of freedom
#define FH_TRACE_INTERVAL_95 2.131

/// Response of one microphone to one emitter, without the direct sound
typedef struct {
  size_t n_arrivals;
  FhArrival* arrivals; ///< Sorted by time; owned
  double bin_s;        ///< 0.001
  size_t n_bins;
  float (
    *late)[FH_N_OCTAVES]; ///< [n_bins] traced intensity per bin [W/m2]; owned
  float (
    *late_lateral)[2]; ///< [n_bins] shares of the late energy that are sin^2
                       ///< (LF) and |sin| (LFC), broadband 125-1000 Hz; owned
  double direct_s;     ///< When the direct sound arrives, hidden or not [s]
  size_t n_blocks;     ///< Independent ray blocks behind the standard errors
  /// [n_blocks] late energy 0-50, 0-80 ms after direct, total; the mean of the
  /// blocks is the estimate; owned
  float (*block_energy)[3][FH_N_OCTAVES];
  size_t n_block_bins;
  /// [n_blocks * n_block_bins] late energy by time after the direct sound (see
  /// fh_trace_block_edge_s()), for the error of any metric by jackknife; owned
  float (*block_bins)[FH_N_OCTAVES];
  /// [n_block_bins] what one more strong hit would add, by the time it would
  /// come: part of every standard error; those within #FH_TRACE_EARLY_BINS and
  /// those after are chances of their own. Owned
  float (*unseen)[FH_N_OCTAVES];
} FhPairResponse;

/// Echogram of one seat (all emitters), without the direct sound
typedef struct {
  float (*bins)[FH_N_OCTAVES]; ///< [FhTraceResult.n_seat_bins] intensity per
                               ///< bin [W/m2]
} FhSeatResponse;

/// Where the emitted energy went; shares of what was emitted, per octave
typedef struct {
  double absorbed[FH_N_OCTAVES]; ///< By surfaces
  double air[FH_N_OCTAVES];
  double escaped[FH_N_OCTAVES]; ///< Through holes
  double left[FH_N_OCTAVES];    ///< Still under way at the end
  /// Gained by chance where bands that scatter differently share rays, and by
  /// roulette (mean zero); all five add up to 1
  double sampling[FH_N_OCTAVES];
} FhEnergyBalance;

/// What a trace gives
typedef struct {
  size_t n_emitters, n_microphones, n_seats;
  FhPairResponse* pairs; ///< [n_emitters * n_microphones], emitter-major; owned
  size_t n_seat_bins;
  double* seat_bin_edge_s; ///< [n_seat_bins + 1] edges [s]: fine early, coarse
                           ///< late; owned
  float (*seat_bins)[FH_N_OCTAVES]; ///< [n_seats * n_seat_bins] all emitters
                                    ///< together; image sources included; owned
  float (*seat_emitter_bins)[FH_N_OCTAVES]; ///< [n_emitters * n_seats *
                                            ///< n_seat_bins] or null; owned
  /// [n_seats] standard error of the level of what is returned: of the rays, of
  /// the gather and of the size of patches, by a third of what four times wider
  /// ones change. With a direct sound added it shrinks in proportion to its
  /// share [dB]; owned
  float (*seat_se_db)[FH_N_OCTAVES];
  float* seat_level_se_db; ///< [n_seats] the same of all octaves together,
                           ///< which share their rays [dB]; owned
  float seat_bias_db[FH_N_OCTAVES]; ///< Scattered sound, mean of all seats:
                                    ///< the gather against rays counted in
                                    ///< small volumes around the ears [dB]
  float seat_bias_se_db[FH_N_OCTAVES];
  size_t n_materials;
  double (*absorbed_by)[FH_N_OCTAVES]; ///< [n_materials] share of the emitted
                                       ///< energy; owned
  FhEnergyBalance balance;
  bool errors_unknown; ///< Too few rays under the open sky: what they have not
                       ///< met cannot be told from their spread, and standard
                       ///< errors are NaN
  uint64_t n_rays_done;
  uint64_t n_bounces;
  uint64_t n_escaped; ///< Rays that left through holes
  size_t n_holes;
  float (
    *hole_at)[3]; ///< Up to 32 places where rays left, scene coordinates; owned
  bool out_of_time;    ///< The time limit ended it
  double memory_bytes; ///< Expected before the rays: the program's, at most
  double wall_s, cpu_s;
} FhTraceResult;

/// Results of third octaves: of the lower, middle and upper third of each
/// octave
#define FH_TRACE_THIRDS 3

/// Called from the calling thread now and then; return false to stop (work done
/// is kept)
typedef bool (*FhProgressFn)(void* user, const char* stage, double fraction);

/**
   Trace the scene.

   @return #FH_ERR_INTERRUPTED when `progress` asked to stop: `out` then holds
   what was finished, or is zeroed when nothing was.
*/
FhStatus
fh_trace(const FhScene* scene,
         const FhRaycaster* caster,
         const FhSources* sources,
         const FhTraceDesc* desc,
         FhProgressFn progress,
         void* user,
         FhTraceResult* out,
         FhDiag* diag);

/// As fh_trace(), in 24 third octaves; see fh_trace_radiators_thirds()
FhStatus
fh_trace_thirds(const FhScene* scene,
                const FhRaycaster* caster,
                const FhSources* sources,
                const FhTraceDesc* desc,
                FhProgressFn progress,
                void* user,
                FhTraceResult out[FH_TRACE_THIRDS],
                FhDiag* diag);

/// As fh_trace(), from points that radiate as told
FhStatus
fh_trace_radiators(const FhScene* scene,
                   const FhRaycaster* caster,
                   const FhRadiator* radiators,
                   size_t n_radiators,
                   const FhTraceDesc* desc,
                   FhProgressFn progress,
                   void* user,
                   FhTraceResult* out,
                   FhDiag* diag);

/**
   As fh_trace_radiators(), in 24 third octaves by one walk.

   All bands share rays, so that this costs about as much as octaves do, where
   three traces by FhTraceDesc.third, which it leaves out, would cost three
   times as much. Each result is what such a trace expects.

   @param[out] out The lower, middle and upper thirds of all octaves, each with
   the third of octave `b` as band `b`. Rays, bounces, holes and times are those
   of the whole walk in each.
*/
FhStatus
fh_trace_radiators_thirds(const FhScene* scene,
                          const FhRaycaster* caster,
                          const FhRadiator* radiators,
                          size_t n_radiators,
                          const FhTraceDesc* desc,
                          FhProgressFn progress,
                          void* user,
                          FhTraceResult out[FH_TRACE_THIRDS],
                          FhDiag* diag);

/// Lower edge of a block bin, after the direct sound [s]: 10 ms apart to 0.1 s,
/// then 40 ms
double
fh_trace_block_edge_s(size_t bin);

/// Free what a result owns and zero it
void
fh_trace_result_clear(FhTraceResult* result);

#endif // FH_TRACE_H
