// SPDX-License-Identifier: GPL-3.0-or-later
#include "../report/report_data.h"
#include "../trace/pool.h"
#include "run_files.h"
#include "wave.h"

#include <fh/audio.h>
#include <fh/report.h>
#include <fh/sofa.h>
#include <fh/synth.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Room for a plain name with its number
#define PLAIN_SIZE 80

// Letters, digits, '-' and '.': what every file system and shell takes
static void
make_plain(const char* const name, char out[PLAIN_SIZE])
{
  size_t n = 0;
  for (const char* c = name; *c && n < FH_NAME_SIZE; ++c) {
    const bool plain = isalnum((unsigned char)*c) || *c == '-' || *c == '.';
    out[n++] = plain ? *c : '-';
  }
  out[n] = '\0';
}

typedef const char* (*NameOf)(const FhRun* run, size_t i);

static const char*
emitter_name(const FhRun* const run, const size_t i)
{
  return fh_sources_emitter(run->sources, i)->name;
}

static const char*
microphone_name(const FhRun* const run, const size_t i)
{
  return run->venue->microphones[i].name;
}

// Plain name of thing `i`; with a number where an earlier one has the same
static void
plain_name(const FhRun* const run,
           const NameOf name_of,
           const size_t i,
           char out[PLAIN_SIZE])
{
  make_plain(name_of(run, i), out);
  size_t n_same = 0;
  for (size_t k = 0; k < i; ++k) {
    char other[PLAIN_SIZE];
    make_plain(name_of(run, k), other);
    n_same += !strcmp(out, other);
  }
  if (n_same) {
    const size_t n = strlen(out);
    snprintf(out + n, PLAIN_SIZE - n, "-%zu", n_same + 1);
  }
}

void
fh_run_response_name(const FhRun* const run,
                     const size_t emitter,
                     const size_t microphone,
                     char out[256])
{
  char venue[PLAIN_SIZE];
  char source[PLAIN_SIZE];
  char receiver[PLAIN_SIZE];
  make_plain(run->venue->name, venue);
  plain_name(run, emitter_name, emitter, source);
  plain_name(run, microphone_name, microphone, receiver);
  snprintf(out, 256, "ir/RIR_%s_%s_%s.wav", venue, source, receiver);
}

/// Samples of all responses together that are held for the SOFA file
#define MAX_SAMPLES ((size_t)1 << 28)
/// Longest path of a file
#define PATH_SIZE 4096

/// Making of all responses
typedef struct {
  const FhRun* run;
  FhProgressFn progress;
  void* user;
  char (*path)[PATH_SIZE]; ///< [pairs]; owned
  size_t n_frames;         ///< Of each
  float* all; ///< [pairs * n_frames], or null when that is too much; owned
  int failed; ///< Atomic; FhStatus
  int reason; ///< errno of the failure
} Job;

static FhSynthDesc
synth_desc(const FhRun* const run, const size_t pair)
{
  FhSynthDesc desc = fh_synth_desc_default();
  // A stream of its own for each pair
  desc.seed = run->desc.seed * 0x9E3779B97F4A7C15U + pair + 1;
  desc.air = run->scene.air;
  desc.volume_m3 = run->scene.volume_m3;
  return desc;
}

static FhStatus
write_response(const Job* const job, const size_t pair)
{
  const FhRun* const run = job->run;
  const size_t n_mics = run->scene.n_microphones;
  const size_t e = pair / n_mics;
  const size_t m = pair % n_mics;
  const FhSynthDesc desc = synth_desc(run, pair);
  FhAudio audio;
  FhStatus status = fh_audio_init(job->n_frames, 1, desc.rate_hz, &audio);
  if (status) {
    return status;
  }
  const FhDirectField* const direct = &run->mic_direct_by[e];
  status = fh_synth_pair(&desc,
                         direct->p2[m],
                         (double)direct->delay_s[m][0],
                         &run->trace.pairs[pair],
                         audio.n_frames,
                         audio.data);
  if (!status) {
    status = wave_response(run, e, m, desc.rate_hz, audio.n_frames, audio.data);
  }
  if (!status) {
    status = fh_audio_write(job->path[pair], &audio, FH_AUDIO_FLOAT);
  }
  if (!status && job->all) {
    memcpy(job->all + pair * job->n_frames,
           audio.data,
           job->n_frames * sizeof(float));
  }
  fh_audio_clear(&audio);
  return status;
}

static void
write_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  Job* const job = (Job*)user;
  errno = 0;
  const FhStatus status = write_response(job, (size_t)chunk);
  if (status) {
    job->reason = errno;
    __atomic_store_n(&job->failed, (int)status, __ATOMIC_RELAXED);
  }
}

static bool
watch(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  Job* const job = (Job*)user;
  if (job->progress) {
    // Ctrl-C does not end the writing of what is finished
    (void)job->progress(
      job->user, "Impulse responses", (double)n_done / (double)n_chunks);
  }
  return !__atomic_load_n(&job->failed, __ATOMIC_RELAXED);
}

// ir/rirs.sofa: all responses, one measurement for each pair
static FhStatus
write_sofa(const Job* const job, FhRunFolder* const folder, FhDiag* const diag)
{
  static const char name[] = "ir/rirs.sofa";
  const FhRun* const run = job->run;
  const size_t n_mics = run->scene.n_microphones;
  const size_t n = run->n_emitters * n_mics;
  double(*const source)[3] = (double(*)[3])calloc(n + 1, sizeof *source);
  double(*const listener)[3] = (double(*)[3])calloc(n + 1, sizeof *listener);
  FhStatus status = source && listener ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    for (size_t pair = 0; pair < n; ++pair) {
      fh_scene_to_world(&run->scene,
                        fh_sources_emitter(run->sources, pair / n_mics)->centre,
                        source[pair]);
      fh_scene_to_world(
        &run->scene, run->scene.microphone[pair % n_mics], listener[pair]);
    }
    const FhSofa sofa = {
      .title = run->venue->name,
      .room = run->venue->name,
      .comment = "Simulated by fullhouse. A sample of 1 is 1 Pa at the stated "
                 "power of the source, see run.json; measurements are pairs of "
                 "source and microphone, microphones running fastest.",
      .n_measurements = n,
      .n_receivers = 1,
      .n_frames = job->n_frames,
      .rate_hz = 48000.0,
      .source = source,
      .listener = listener,
      .ir = job->all};
    errno = 0;
    const char* const path = fh_run_folder_path(folder, name);
    status = path ? fh_sofa_write(path, &sofa) : FH_ERR_IO;
  }
  if (status == FH_ERR_IO) {
    fh_run_folder_complain(folder, name, diag);
  }
  free(source);
  free(listener);
  return status;
}

static FhStatus
name_responses(Job* const job, FhRunFolder* const folder, FhDiag* const diag)
{
  const FhRun* const run = job->run;
  const size_t n_mics = run->scene.n_microphones;
  const size_t n = run->n_emitters * n_mics;
  for (size_t pair = 0; pair < n; ++pair) {
    const FhSynthDesc desc = synth_desc(run, pair);
    const size_t n_frames = fh_synth_frames(&desc, &run->trace.pairs[pair]);
    job->n_frames = n_frames > job->n_frames ? n_frames : job->n_frames;
    char name[256];
    fh_run_response_name(run, pair / n_mics, pair % n_mics, name);
    const char* const path = fh_run_folder_path(folder, name);
    if (!path) {
      fh_run_folder_complain(folder, name, diag);
      return FH_ERR_IO;
    }
    snprintf(job->path[pair], sizeof job->path[pair], "%s", path);
  }
  return FH_OK;
}

/// Write the impulse responses: a WAV for each pair and ir/rirs.sofa
static FhStatus
write_responses(const FhRun* const run,
                const FhProgressFn progress,
                void* const user,
                FhRunFolder* const folder,
                FhDiag* const diag)
{
  const size_t n = run->n_emitters * run->scene.n_microphones;
  Job job = {.run = run, .progress = progress, .user = user};
  job.path = (char(*)[PATH_SIZE])calloc(n + 1, sizeof *job.path);
  FhStatus status = job.path ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    status = name_responses(&job, folder, diag);
  }
  if (!status && n * job.n_frames <= MAX_SAMPLES) {
    job.all = (float*)calloc(n * job.n_frames + 1, sizeof(float));
    status = job.all ? FH_OK : FH_ERR_NO_MEM;
  } else if (!status) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                NULL,
                0,
                0,
                "%zu responses are too many for one SOFA file; only WAV files "
                "were written",
                n);
  }
  if (!status) {
    (void)pool_run(run->desc.n_threads ? run->desc.n_threads
                                       : pool_processors(),
                   0,
                   n,
                   write_chunk,
                   watch,
                   &job);
    status = (FhStatus)job.failed;
    if (status == FH_ERR_IO) {
      errno = job.reason;
      fh_run_folder_complain(folder, "ir", diag);
    }
  }
  if (!status && job.all) {
    status = write_sofa(&job, folder, diag);
  }
  free(job.path);
  free(job.all);
  return status;
}

// The folder that the files of this run lie in so far
static FhStatus
write_pdf(FhRunFolder* const folder, FhDiag* const diag)
{
  char part[PATH_SIZE];
  const char* const path = fh_run_folder_path(folder, "report.pdf");
  snprintf(part, sizeof part, "%s", path ? path : "");
  char* const slash = strrchr(part, '/');
  if (!slash) {
    fh_run_folder_complain(folder, "report.pdf", diag);
    return FH_ERR_IO;
  }
  *slash = '\0';
  return fh_report_write_pdf(part, diag);
}

FhStatus
fh_run_write(const FhRun* const run,
             const FhRunWriteDesc* const desc,
             const FhProgressFn progress,
             void* const user,
             FhRunFolder* const folder,
             FhDiag* const diag)
{
  FhStatus status = write_seats(run, folder, diag);
  if (!status) {
    status = write_microphones(run, folder, diag);
  }
  if (!status) {
    status = write_dead_zones(run, folder, diag);
  }
  if (!status && desc->responses && run->pairs) {
    status = write_responses(run, progress, user, folder, diag);
  }
  if (!status && desc->maps) {
    status = fh_run_write_maps(run, progress, user, folder, diag);
  }
  if (!status && run->seats) {
    status = report_write(run, folder, diag);
  }
  if (!status) {
    status = write_run_index(run, desc, folder, diag);
  }
  if (!status && run->seats && desc->maps) {
    // From the tables themselves, so that paper and tables cannot differ
    status = write_pdf(folder, diag);
  }
  return status;
}
