// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_CROWD_H
#define FULLHOUSE_CLI_CROWD_H

#include "cli.h"
#include "crowd/evaluate.h"

/// `fullhouse crowd examples`
extern const FhCommand fh_crowd_examples_command;

/// `fullhouse crowd train`
extern const FhCommand fh_crowd_train_command;

/// `fullhouse crowd evaluate`
extern const FhCommand fh_crowd_evaluate_command;

/// A part of a cross-validation
typedef struct {
  uint32_t n_folds;
  uint32_t fold; ///< Below `n_folds`
} FhCrowdPart;

/**
   Read the frames that models are scored on; says on stderr what is wrong.

   @param part Of the venues to learn from, or null for the venues held out.
   @param[in,out] frames Added to, owned by the caller (crowd_frames_clear()).
*/
FhStatus
fh_crowd_read_frames(const char* folder,
                     const FhCrowdPart* part,
                     uint64_t seed,
                     CrowdFrames* frames);

/**
   Train on all but one part of the venues in turn, score each on that part, and
   print the scores: what choices of a recipe are made by. The venues held out
   take no part.

   @param rows Of all venues that are not held out; unchanged.
*/
FhStatus
fh_crowd_cross_validate(const char* folder,
                        const CrowdRows* rows,
                        const CrowdRecipe* recipe,
                        uint32_t n_folds,
                        FhProgress* progress);

/// What differs from the weights in a comparison
typedef enum {
  FH_CROWD_BASE,          ///< Nothing but the recipe
  FH_CROWD_CLASS,         ///< A class was not learned, and is scored on
  FH_CROWD_CLASS_UNGATED, ///< The same without the gate
  FH_CROWD_SIZE,          ///< Fewer venues
  FH_CROWD_ABLATION       ///< Something is left out
} FhCrowdVariantKind;

/// Something trained in place of the weights, and its score
typedef struct {
  FhCrowdVariantKind kind;
  char name[64];
  uint32_t n_venues; ///< That it learned from
  CrowdScore score;
} FhCrowdVariant;

#define FH_CROWD_MAX_VARIANTS 48u

/// A comparison; zero before
typedef struct {
  FhCrowdVariant variant[FH_CROWD_MAX_VARIANTS];
  size_t n;
} FhCrowdComparison;

/**
   Train others in place of a model and score them.

   @param recipe Of all of them.
   @param model Its factors of the intervals are theirs; or null.
   @param frames To score on.
*/
FhStatus
fh_crowd_compare(const char* folder,
                 const CrowdRecipe* recipe,
                 const FhCrowdModel* model,
                 const CrowdFrames* frames,
                 FhProgress* progress,
                 FhCrowdComparison* out);

/// Scores that a page shows
typedef struct {
  CrowdScore classes[CROWD_N_CLASSES];
  CrowdScore all;
  const FhCrowdComparison* comparison;
} FhCrowdScores;

/**
   Write `results.md` and its pictures into a folder.

   @return #FH_ERR_IO with the file that could not be written said on stderr.
*/
FhStatus
fh_crowd_write_page(const char* folder, const FhCrowdScores* scores);

/// Draw the pictures of the page into a folder
FhStatus
fh_crowd_draw_page(const char* folder, const FhCrowdScores* scores);

/// Share of the 90 % intervals that hold
double
fh_crowd_coverage(const CrowdScore* score);

/// Share of shows that a method makes worse than nothing by over 0.1 dB
double
fh_crowd_worse(const CrowdScore* score, CrowdMethod method, bool tonally);

/// Root mean square of one octave's errors [dB]
double
fh_crowd_octave_rms(const CrowdScore* score,
                    CrowdMethod method,
                    size_t octave,
                    bool tonal);

/// Root mean square of a method's errors [dB]
double
fh_crowd_rms(const CrowdScore* score, CrowdMethod method);

/// The same without the octaves' mean
double
fh_crowd_tonal_rms(const CrowdScore* score, CrowdMethod method);

/// Mean absolute error of the occupancy, with or without a count
double
fh_crowd_occupancy_error(const CrowdScore* score, bool counted);

#endif // FULLHOUSE_CLI_CROWD_H
