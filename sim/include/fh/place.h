// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_H
#define FH_PLACE_H

#include <fh/run.h>

/*
  Where loudspeakers should hang, look, and how they should be driven, within
  what a venue's `placement` allows. Candidates are judged without tracing
  again: the direct field is exact for each, and what the room adds is a
  weighted sum over transfers traced once per place (fh/gather_cache.h), even
  within windows of time: the search hears echoes of loudspeakers, not those of
  single walls. The best are simulated in full.
*/

/// What a system does for its audience, in the quantities of the goals
typedef struct {
  double cost;        ///< What the search makes small: see fh_place_score()
  double spread_db;   ///< A-weighted level: 95 % of the audience over 5 % [dB]
  double level_dba;   ///< Energy mean of the level over the audience [dB(A)]
  double sti;         ///< Mean over the audience
  double dead_share;  ///< Share of the audience, by area, in dead seats
  size_t n_dead;      ///< Dead seats
  size_t n_seats;     ///< Seats looked at
  double headroom_db; ///< What the loudspeaker that limits first has to spare
                      ///< for pink noise [dB]; negative: it is asked too much
} FhPlaceScore;

/**
   Rate the seats of a system against the venue's goals.

   The cost is the sum of, each times its weight in `goals`: the spread of the
   A-weighted level (3.29 standard deviations: what holds 90 % of a normal
   distribution) over that allowed; the dead share over 5 %, with seats near a
   threshold counted in part; the mean shortfall of STI over 0.1; and the square
   of the level's distance from the goal over 3 dB.

   @param seats [n_seats] places and areas.
   @param metrics [n_seats] levels, STI and what fh_seat_judge() needs; `dead`
   is set here.
   @param headroom_db Copied to the result; where negative, its square is added
   to the cost.
   @return #FH_ERR_NO_MEM.
*/
FhStatus
fh_place_score(const FhVenue* venue,
               const FhSeat* seats,
               size_t n_seats,
               FhSeatMetrics* metrics,
               double headroom_db,
               FhPlaceScore* out);

/// Everything that decides a search; start from fh_place_desc_default()
typedef struct {
  uint64_t seed;      ///< Same seed, same result, on any number of threads
  unsigned n_threads; ///< 0 = all processors
  double budget_s; ///< Wall time after which the search ends with the best so
                   ///< far [s], which then depends on the machine; 0 = none
  uint64_t n_evaluations; ///< Candidates looked at, at most; 0 = by variables
  size_t n_simulated;     ///< Best systems that are simulated in full, 1 to 8;
                          ///< 3
  size_t max_seats;       ///< Seats that stand for all in the search, 320
  FhTraceDesc trace;      ///< Of the full simulations
  const FhStock* stock;   ///< [n_stock] all the boxes there are, those of the
                          ///< venue's own system included; null: as the venue
                          ///< says; borrowed for the call
  size_t n_stock;
  double max_mass_kg; ///< Limit of every rigging point whose rule has none
                      ///< [kg]; 0 = none
} FhPlaceDesc;

FhPlaceDesc
fh_place_desc_default(void);

/// Boxes to hire in
typedef struct {
  FhStock boxes;
  char why[256]; ///< What for, in words
} FhPlaceLack;

/// One proposal
typedef struct {
  FhVenue venue;       ///< With the system proposed; owned
  size_t n_boxes;      ///< Loudspeakers and array boxes that play
  size_t n_added;      ///< Of those, added to the venue's own
  FhPlaceScore search; ///< As the search saw it, on the seats it looked at
  bool simulated;
  FhPlaceScore full; ///< By a full simulation, all seats; zero without one
  bool front;        ///< No other has fewer boxes and a smaller spread
  size_t n_moves;
  char (*move)[256]; ///< [n_moves] what to do, in words; owned
} FhPlaceOption;

/// Result of a search
typedef struct {
  const FhVenue* venue; ///< As given; borrowed
  FhPlaceScore search;  ///< The venue's own system as the search sees it
  FhPlaceScore full;    ///< The same by a full simulation
  FhRun before;         ///< That simulation; borrows `venue`
  FhRun after;          ///< Of option[0]; zero where there was no time for it
  size_t n;
  FhPlaceOption* option; ///< [n] best first; owned
  size_t n_lacking;
  FhPlaceLack* lacking;   ///< [n_lacking] what the stock lacks: for places of
                          ///< the venue that stay empty, and for fills that the
                          ///< rules allow and that would help; owned
  uint64_t n_evaluations; ///< Candidates looked at
  size_t n_positions;     ///< Places traced for them
  double search_s;        ///< Wall time of the search [s]
  bool out_of_time;       ///< `budget_s` ended it
  bool interrupted;       ///< `progress` ended it
} FhPlace;

/// Told when a better candidate was found; may be null
typedef void (*FhPlaceBestFn)(void* user, const FhPlaceScore* best);

/**
   Search.

   Where a stock is given, what it does not hold stays at home: places whose
   rule names other `models` get one of those; else arrays lose boxes at their
   lower ends, those with the most first and equal ones together, so that pairs
   stay pairs; then single loudspeakers are muted, the last of the venue first,
   with those that move with them. Sources of model "omni" are ideal and not
   counted.

   @param venue With `placement` rules and an audience; borrowed, must outlive
   the result.
   @param progress May be null. When it says stop, the best so far is kept and
   #FH_OK returned with `interrupted` set.
   @param[out] out Owned by the caller, fh_place_clear(); zeroed on error.
   @param diag Says which rule cannot be met and why.
   @return #FH_ERR_INVALID_DATA for a venue without audience or rules, with a
   rule that nothing can meet or a stock that nothing is in; #FH_ERR_INTERRUPTED
   when `progress` stopped it before anything was known.
*/
FhStatus
fh_place(const FhVenue* venue,
         const FhPlaceDesc* desc,
         FhProgressFn progress,
         FhPlaceBestFn best,
         void* user,
         FhPlace* out,
         FhDiag* diag);

/**
   Count the boxes of a system that play, by model.

   @param[out] boxes [n] owned by the caller.
*/
FhStatus
fh_place_count_boxes(const FhVenue* venue, FhStock** boxes, size_t* n);

/// Free what a result owns and zero it
void
fh_place_clear(FhPlace* place);

/**
   Write a result folder: place.json, moves.txt, venue.yaml of the winner,
   option-2.yaml and on of the others, maps/ before and after.

   @param folder Must not exist, be empty or hold an earlier result.
   @param diag Says which file could not be written and why.
*/
FhStatus
fh_place_write(const FhPlace* place, const char* folder, FhDiag* diag);

#endif // FH_PLACE_H
