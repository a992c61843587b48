// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TORTURE_CASES_H
#define FULLHOUSE_TORTURE_CASES_H

#include "host.h"
#include "signal.h"

#include <lilv/lilv.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_ONLY 16
#define MAX_SET  32

/// What is tortured, and what came of it
typedef struct {
  LilvWorld* world;
  const LilvPlugin* plugin;
  const char* only[MAX_ONLY];
  unsigned n_only;
  const char* set[MAX_SET]; ///< symbol=value
  unsigned n_set;
  const char* profile; ///< Path of a venue profile, may be null
  bool strict;
  unsigned long n_blocks;
  char reason[512]; ///< Why a case failed
  char note[128];   ///< A figure worth showing
} Torture;

/// One kind of torture
typedef struct {
  const char* name;
  const char* about;
  bool is_strict; ///< Only what promises it need stand it
  bool (*run)(Torture* torture);
} Case;

extern const Case cases[];
extern const size_t n_cases;

bool
case_is_wanted(const Torture* torture, const Case* one);

/// A new instance with the controls that were asked for; null with a reason
Host*
torture_host(Torture* torture, const HostConfig* config);

/// Set the controls that were asked for
void
torture_set(const Torture* torture, Host* host);

/// Remember why; returns false
bool
torture_fail(Torture* torture, const char* format, ...);

/// What goes into a plugin: programme at the main inputs, mics at the others
typedef struct {
  Signal programme[8];
  Signal mic[8];
  bool mic_is_programme; ///< The mics hear the programme, delayed and mixed
  float past[65536];     ///< For the delay
  size_t past_at;
  size_t delay_frames;
  float mic_gain;
  float mic_noise; ///< Part of the microphone's own noise
  uint64_t random;
} Feed;

/// Begin; mics hear the programme after 20 ms at half its level
void
feed_init(Feed* feed, SignalKind kind, double rate_hz);

/// Fill the inputs of the host
void
feed_fill(Feed* feed, Host* host, uint32_t n_frames);

/**
   Run for a number of frames in blocks.

   @param block Frames in a block; 0 for random lengths of 1 to `max_frames`.
   @param hash Continued with the bits of all outputs; may be null.
   @return False (with a reason) when an output is not finite.
*/
bool
torture_run(Torture* torture,
            Host* host,
            Feed* feed,
            uint64_t n_frames,
            uint32_t block,
            uint32_t max_frames,
            uint64_t* hash);

// Cases, by file
bool
case_blocks(Torture* torture);
bool
case_rates(Torture* torture);
bool
case_in_place(Torture* torture);
bool
case_activate(Torture* torture);
bool
case_signals(Torture* torture);
bool
case_controls(Torture* torture);
bool
case_unconnected(Torture* torture);
bool
case_bits(Torture* torture);
bool
case_bypass(Torture* torture);
bool
case_latency(Torture* torture);
bool
case_recovery(Torture* torture);
bool
case_denormals(Torture* torture);
bool
case_worker_prompt(Torture* torture);
bool
case_worker_late(Torture* torture);
bool
case_worker_twice(Torture* torture);
bool
case_worker_never(Torture* torture);
bool
case_worker_refuses(Torture* torture);
bool
case_worker_absent(Torture* torture);
bool
case_worker_thread(Torture* torture);
bool
case_notify(Torture* torture);
bool
case_messages(Torture* torture);
bool
case_state(Torture* torture);
bool
case_bad_state(Torture* torture);
bool
case_show(Torture* torture);
bool
case_display(Torture* torture);
bool
case_microphone(Torture* torture);

#endif // FULLHOUSE_TORTURE_CASES_H
