// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_PRIVATE_H
#define FH_PLACE_PRIVATE_H

#include <fh/gather_cache.h>
#include <fh/place.h>

/*
  A search has a *space* (what may change, from the rules) and an *evaluator*
  (what a system does at the seats). A system is a "view" of the venue: a
  shallow copy with loudspeakers and arrays of its own.
*/

/// Most loudspeakers that a rule moves, and variables of a search
#define MAX_MEMBERS   16
#define MAX_VARIABLES 128
/// Emitters that a direct field tells apart
#define MAX_VOICES 64
/// Peak over mean of the noise by which loudspeakers are limited [dB]; IEC
/// 60268-1
#define CREST_DB 6.0

// --- views ------------------------------------------------------------------

/**
   A view with its own system, and room for more loudspeakers.

   The rest belongs to the venue, which outlives it; free it with view_clear(),
   never with fh_venue_clear().
*/
FhStatus
view_new(const FhVenue* venue, size_t n_more, FhVenue* view);

void
view_clear(FhVenue* view);

/// Loudspeakers and arrays of a view, the former first
size_t
view_count(const FhVenue* view);

/// Name of one of them; borrowed
const char*
view_name(const FhVenue* view, size_t emitter);

/// Model of one of them; borrowed
const char*
view_model(const FhVenue* view, size_t emitter);

/// Hang another model there; `model` is of the venue or its rules
void
view_set_model(FhVenue* view, size_t emitter, const char model[256]);

/// Boxes of one of them that play
size_t
view_boxes(const FhVenue* view, size_t emitter);

/// The variables of one loudspeaker or array; null members where it has none
typedef struct {
  double* at; ///< [3]
  double* yaw_deg;
  double* pitch_deg;
  double* delay_ms;
  double* gain_db;
  size_t n_splay;
  double* splay_deg; ///< [n_splay]
} Handles;

Handles
view_handles(const FhVenue* view, size_t emitter);

/// Filters of one of them; borrowed, and shared by views
const FhEqFilter*
view_filters(const FhVenue* view, size_t emitter, size_t* n);

/// Whether the filters of one of them are as they were before
bool
view_same_filters(const FhVenue* view,
                  size_t emitter,
                  const FhEqFilter* before,
                  size_t n_before);

/// Whether an emitter hangs and plays as in another view, but for its filters;
/// within a space nothing else can differ
bool
view_same_emitter(const FhVenue* a, const FhVenue* b, size_t emitter);

/// A view of one emitter of another, sharing what it has
typedef struct {
  FhVenue view;
  FhLoudspeaker loudspeaker;
  FhArray array;
} Solo;

/// Make a view of one emitter; borrows from the view, nothing to free
void
view_solo(const FhVenue* view, size_t emitter, Solo* solo);

// --- spaces -----------------------------------------------------------------

typedef enum {
  VARY_X,
  VARY_Y,
  VARY_Z,
  VARY_YAW,
  VARY_PITCH,
  VARY_DELAY,
  VARY_GAIN,
  VARY_SPLAY_TOP, ///< Added to the angles; what is between is interpolated
  VARY_SPLAY_MIDDLE,
  VARY_SPLAY_BOTTOM
} VaryKind;

/// One number that the search may change
typedef struct {
  VaryKind kind;
  size_t group;
  double low, high;
} Variable;

/// Loudspeakers that move together
typedef struct {
  const FhPlacementRule* rule;
  size_t number; ///< Of the rule, from 1
  size_t n;
  size_t emitter[MAX_MEMBERS]; ///< Of the view; the first leads
  bool added;
  double splay_deg[2];    ///< Angles that rule and rigging allow
  double low[3], high[3]; ///< Where the first may be, world [m]
} Group;

/// What may change; `base` is the system that it starts from
typedef struct {
  FhVenue base; ///< A view; owned
  size_t n_added;
  size_t n_groups;
  Group* group; ///< Owned
  size_t n;
  Variable variable[MAX_VARIABLES];
} Space;

/// Loudspeakers that are added together
typedef struct {
  size_t rule;       ///< That allows them
  const char* model; ///< [256] borrowed from the rule
} Unit;

/// Loudspeakers that one addition by a rule makes: 2 where it mirrors
size_t
rule_unit(const FhPlacementRule* rule);

/**
   Find rules that contradict themselves or the system.

   @return #FH_ERR_INVALID_DATA with a finding for each.
*/
FhStatus
rules_check(const FhVenue* venue, FhDiag* diag);

/**
   Make a space.

   @param start Its system is where to start from: the venue's own, followed by
   the loudspeakers of the first units.
   @param unit [n_units] what is added; units that `start` lacks are put in the
   middle of their ranges.
   @param[out] out Owned by the caller, space_clear().
*/
FhStatus
space_new(const FhVenue* venue,
          const FhVenue* start,
          const Unit* unit,
          size_t n_units,
          Space* out);

void
space_clear(Space* space);

/// The values of the base system, within their ranges
void
space_start(const Space* space, double* x);

/// Set a view (a copy of the base's system) to values
void
space_apply(const Space* space, const double* x, FhVenue* view);

/// Bounds of where an emitter may be as its group's leader moves, world [m]
void
space_box(const Space* space, size_t emitter, double low[3], double high[3]);

// --- evaluator --------------------------------------------------------------

typedef struct EvaluatorImpl Evaluator;

/**
   Prepare to judge systems of a venue.

   @param spare Models that systems may use besides the venue's own.
   @param decay_s T per octave, for the part of the response after 80 ms.
*/
FhStatus
evaluator_new(const FhVenue* venue,
              const FhScene* scene,
              const FhRaycaster* caster,
              const FhPlaceDesc* desc,
              const char (*spare)[256],
              size_t n_spare,
              const double decay_s[FH_N_OCTAVES],
              FhProgressFn progress,
              void* user,
              Evaluator** out,
              FhDiag* diag);

void
evaluator_free(Evaluator* evaluator);

/**
   Say which systems come next.

   @param space Where its emitters may be: transfers are traced on a lattice
   there when they are first needed; null: at the very places of the view.
*/
FhStatus
evaluator_enter(Evaluator* evaluator, const FhVenue* view, const Space* space);

/// Whether some of where an emitter of a space may be is in the room
bool
evaluator_has_room(Evaluator* evaluator, const Space* space, size_t emitter);

/// Judge a system of the space entered
FhStatus
evaluator_judge(Evaluator* evaluator, const FhVenue* view, FhPlaceScore* out);

/// Seats looked at, and what they got from the system judged last; borrowed
size_t
evaluator_seats(const Evaluator* evaluator,
                const FhSeat** seats,
                const FhSeatMetrics** metrics);

/// Arrival of the direct sound at the seats, of the system judged last [s]
const float (*evaluator_arrivals(const Evaluator* evaluator))[1];

/// Sources of one emitter of a view, without spectra of directions; owned by
/// the caller, null when out of memory
FhSources*
evaluator_solo(const Evaluator* evaluator, const FhVenue* view, size_t emitter);

/// Scene of the venue; borrowed
const FhScene*
evaluator_scene(const Evaluator* evaluator);

/// Largest gain at which an emitter of a view still has headroom [dB]
double
evaluator_gain_limit(const Evaluator* evaluator,
                     const FhVenue* view,
                     size_t emitter);

/// Angles between the boxes of an array that its rigging allows [degrees];
/// false for what is no array
bool
evaluator_rigging(const Evaluator* evaluator,
                  const FhVenue* view,
                  size_t emitter,
                  double splay_deg[2]);

/// Mass of the heaviest thing that hangs at one point for an emitter [kg]
double
evaluator_mass_kg(const Evaluator* evaluator,
                  const FhVenue* view,
                  size_t emitter);

/// Whether a place is in the air of the venue, in sight of what is
bool
evaluator_is_free(const Evaluator* evaluator, const double at[3]);

/// Whether the middle of an emitter of a view is: arrays hang by their tops
bool
evaluator_hangs_free(const Evaluator* evaluator,
                     const FhVenue* view,
                     size_t emitter);

/**
   World places of the boxes of an emitter of a view [m].

   @return How many there are; at most `max` are given.
*/
size_t
evaluator_boxes(const Evaluator* evaluator,
                const FhVenue* view,
                size_t emitter,
                size_t max,
                double (*at)[3]);

/// Whether a seat (of those looked at) sees a place
bool
evaluator_sees(const Evaluator* evaluator, size_t seat, const double at[3]);

/// World place of a seat of those looked at [m]
void
evaluator_ear(const Evaluator* evaluator, size_t seat, double at[3]);

double
evaluator_speed_m_s(const Evaluator* evaluator);

// --- sightlines -------------------------------------------------------------

/// Whether a group of a view's loudspeakers leaves the seats the view that its
/// rule keeps
bool
sight_is_kept(const Evaluator* evaluator,
              const Group* group,
              const FhVenue* view);

/// Whether there is a place where a group leaves the seats their view
bool
sight_can_be_kept(const Evaluator* evaluator, const Space* space, size_t group);

// --- guesses ----------------------------------------------------------------

/// Guesses of what an added unit should do
#define MAX_GUESSES 12

/**
   Guess where a unit added to a system helps: near the seats that need it, in
   their sight, aimed at them, just after what they hear already.

   The evaluator has judged the system without the unit last.

   @param x Values of the space; those of the group are replaced.
   @param[out] guess [MAX_GUESSES] values each.
   @return How many; 0 when every seat is served.
*/
size_t
guess_unit(const Evaluator* evaluator,
           const Space* space,
           size_t group,
           const double* x,
           double guess[MAX_GUESSES][MAX_VARIABLES]);

// --- scores -----------------------------------------------------------------

/// As fh_place_score(), of seats that a run has judged already: those that it
/// let live as chance are not dead
FhStatus
place_sum(const FhVenue* venue,
          const FhSeat* seats,
          size_t n_seats,
          FhSeatMetrics* metrics,
          double headroom_db,
          FhPlaceScore* out);

// --- results ----------------------------------------------------------------

/// Say in words what turns one system into another; fills `n_moves`, `move`
FhStatus
moves_describe(const FhVenue* from, FhPlaceOption* option);

uint64_t
evaluator_count(const Evaluator* evaluator);

size_t
evaluator_positions(const Evaluator* evaluator);

#endif // FH_PLACE_PRIVATE_H
