// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_SHELL_H
#define FULLHOUSE_SHELL_H

#include "view.h"

#include <fh/live.h>

/*
  What the LV2 plugin and the JACK client share: files, and the translation
  between ports, the DSP object and what is shown.
*/

/// Room for a reason in words, with its end
#define FH_SHELL_REASON 256

/**
   Build a crowd model from files; not for the audio thread.

   @param profile_path Venue profile (.fhp).
   @param weights_path Weights of the network, null for the physics alone.
   @param[out] out Model, owned by the caller; null on error.
   @param[out] reason Words about an error, #FH_SHELL_REASON characters.
   @return As fh_profile_parse() and fh_crowd_model_parse(); #FH_ERR_IO,
   #FH_ERR_LIMIT for a file that is too large.
*/
FhStatus
fh_shell_load_model(const char* profile_path,
                    const char* weights_path,
                    FhLiveModel** out,
                    char* reason);

/// The network of the crowd that comes with the programs: fh_share_find()
#define FH_SHELL_WEIGHTS "crowd.safetensors"

/// Room for the hash of a venue, with its end
#define FH_SHELL_VENUE 32

/// True when both hashes are known and differ
bool
fh_shell_is_foreign(const char* venue, const char* other);

/// What to say then
extern const char fh_shell_foreign_words[];

/**
   A stored soundcheck as JSON text.

   @param venue Hash of the venue it was captured in, empty where unknown.

   @return Text owned by the caller (free()), null when out of memory.
*/
char*
fh_shell_baseline_text(const FhLiveBaseline* baseline, const char* venue);

/**
   Read what fh_shell_baseline_text() wrote.

   @param[out] venue Hash of its venue, #FH_SHELL_VENUE characters, empty where
   unknown.

   @param[out] reason Words about an error, #FH_SHELL_REASON characters.
   @return #FH_ERR_FORMAT, #FH_ERR_VERSION.
*/
FhStatus
fh_shell_baseline_parse(const char* text,
                        FhLiveBaseline* out,
                        char* venue,
                        char* reason);

/**
   Read a small text file; not for the audio thread.

   @param[out] text Contents with an end, owned by the caller (free()).
   @param[out] size Length without the end [bytes]; may be null.
   @param limit Largest size that is read [bytes].
   @return #FH_ERR_IO, #FH_ERR_LIMIT, #FH_ERR_NO_MEM.
*/
FhStatus
fh_shell_read_file(const char* path, size_t limit, char** text, size_t* size);

/// Write a file under a temporary name, then rename; #FH_ERR_IO
FhStatus
fh_shell_write_file(const char* path, const char* text);

/// Settings from port values: into range, NaN as the default
FhLiveControls
fh_shell_controls(const float port[FH_PORT_COUNT],
                  const float trim_db[FH_N_EQ_BANDS]);

/// Values of the output ports; safe in the audio thread
void
fh_shell_output_ports(const FhLiveMeters* meters, float port[FH_PORT_COUNT]);

/// Curves and facts of a view; `trim_db` is copied; safe in the audio thread
void
fh_shell_curves(const FhLiveMeters* meters,
                const float trim_db[FH_N_EQ_BANDS],
                double rate_hz,
                bool has_worker,
                float curve[FH_N_CURVES][FH_N_EQ_BANDS],
                float fact[FH_N_FACTS]);

#endif // FULLHOUSE_SHELL_H
