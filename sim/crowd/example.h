// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_EXAMPLE_H
#define FULLHOUSE_CROWD_EXAMPLE_H

#include "generate.h"

#include <fh/profile.h>
#include <fh/trace.h>

/*
  One traced venue to learn from: its profile, made from the plans, and what
  the house really is and does, which no plan says: other surfaces, another
  microphone place, other people, areas that fill unevenly.
*/

/// Shows of a venue
#define CROWD_N_SHOWS 5u
/// Traced states of the real house: the soundcheck, then the shows
#define CROWD_N_REAL (CROWD_N_SHOWS + 1u)

/// How examples are traced
typedef struct {
  uint64_t seed;
  uint64_t n_rays;    ///< Per loudspeaker of a theatre; 2 to 32 times as many
                      ///< elsewhere
  size_t n_seats;     ///< That stand for the audience, at most
  unsigned n_threads; ///< 0 = all processors
} CrowdExampleDesc;

CrowdExampleDesc
crowd_example_desc_default(void);

/// A traced venue; free with crowd_example_clear()
typedef struct {
  uint32_t index;
  CrowdClass klass;
  bool held_out;                  ///< For the final score only
  FhProfile* profile;             ///< Of the plans, microphone 0
  double real_direct_s;           ///< First arrival at the real microphone [s]
  double occupancy[CROWD_N_REAL]; ///< Persons over capacity, 0 at first
  float*
    mic; ///< [CROWD_N_REAL][n_bins][octaves] at the real place [Pa2]; owned
  float* seats; ///< The same of the mean seat; owned
  float* early; ///< The same of its first 50 ms; owned
  float total_db[CROWD_N_REAL][FH_N_OCTAVES]; ///< Mean level at the seats
  float early_db[CROWD_N_REAL][FH_N_OCTAVES];
  float se_db[FH_N_OCTAVES]; ///< Largest standard error of a level change
  char made[96]; ///< Seed, rays and seats of the file that it was read from
} CrowdExample;

/// Class of the venue of an index: all six come round in turn
CrowdClass
crowd_example_class(uint32_t index);

/// Every sixth round of classes is held out for the final score
bool
crowd_example_held_out(uint32_t index);

/**
   Part of a cross-validation that the venue of an index is in.

   Rounds of classes come round the parts in turn, those held out for the final
   score not counted.

   @return 0 to `n_folds` - 1, or `n_folds` where it is held out.
*/
uint32_t
crowd_example_fold(uint32_t index, uint32_t n_folds);

/// Trace the venue of an index; the same bits on any number of threads
FhStatus
crowd_example_trace(const CrowdExampleDesc* desc,
                    uint32_t index,
                    FhProgressFn progress,
                    void* user,
                    CrowdExample* out,
                    FhDiag* diag);

/// Free what it owns and zero it
void
crowd_example_clear(CrowdExample* example);

/**
   The bytes of the file of the real house, of the form of fh/tensors.h. The
   profile is a file of its own (fh_profile_serialise()).

   @param[out] bytes Owned by the caller (free()).
*/
FhStatus
crowd_example_serialise(const CrowdExample* example,
                        const CrowdExampleDesc* desc,
                        void** bytes,
                        size_t* size);

/**
   Read the real house into an example that has its profile and index.

   @param desc What it has to be made with: another seed, number of rays or of
   seats is #FH_ERR_MISMATCH; null for any.
   @param[out] reason What is wrong, 128 characters.
*/
FhStatus
crowd_example_parse(const void* bytes,
                    size_t size,
                    const CrowdExampleDesc* desc,
                    CrowdExample* example,
                    char* reason);

#endif // FULLHOUSE_CROWD_EXAMPLE_H
