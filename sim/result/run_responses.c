// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "../trace/team.h"
#include "run_files.h"
#include "wave.h"

#include <fh/audio.h>
#include <fh/sofa.h>
#include <fh/synth.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Impulse responses of all pairs. Ranks make them a batch at a time, each its
  share, and the first one writes.
*/

/// Samples of all responses together that are held for the SOFA file
#define MAX_SAMPLES ((size_t)1 << 28)
/// Longest path of a file
#define PATH_SIZE 4096

/// Samples of a batch that ranks share
#define BATCH_SAMPLES ((size_t)1 << 24)

/// Making of all responses
typedef struct {
  const FhRun* run;
  FhProgressFn progress;
  void* user;
  char (*path)[PATH_SIZE]; ///< [pairs]; null for a rank that only helps; owned
  size_t n_pairs;
  size_t n_frames; ///< Of each
  float* all;      ///< [pairs * n_frames], or null when that is too much; owned
  size_t first;    ///< Pair of the batch
  size_t n_batch;
  float* batch; ///< [n_batch * n_frames] this rank's, and zeros; owned
  int failed;   ///< Atomic; FhStatus
  int reason;   ///< errno of the failure
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

/// Make the response of a pair
static FhStatus
make_response(const Job* const job, const size_t pair, float* const out)
{
  const FhRun* const run = job->run;
  const size_t n_mics = run->scene.n_microphones;
  const size_t e = pair / n_mics;
  const size_t m = pair % n_mics;
  const FhSynthDesc desc = synth_desc(run, pair);
  const FhDirectField* const direct = &run->mic_direct_by[e];
  const FhStatus status = fh_synth_pair(&desc,
                                        direct->p2[m],
                                        (double)direct->delay_s[m][0],
                                        &run->trace.pairs[pair],
                                        job->n_frames,
                                        out);
  return status ? status
                : wave_response(run, e, m, desc.rate_hz, job->n_frames, out);
}

/// Write the response of a pair, and keep it for the SOFA file
static FhStatus
write_response(const Job* const job, const size_t pair, float* const data)
{
  const double rate_hz = synth_desc(job->run, pair).rate_hz;
  const FhAudio audio = {job->n_frames, 1, rate_hz, data};
  const FhStatus status =
    fh_audio_write(job->path[pair], &audio, FH_AUDIO_FLOAT);
  if (!status && job->all) {
    memcpy(
      job->all + pair * job->n_frames, data, job->n_frames * sizeof(float));
  }
  return status;
}

static void
note_failure(Job* const job, const FhStatus status)
{
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

/// Make and write one response; a PoolWork
static void
write_chunk(void* const user, const unsigned worker, const uint64_t pair)
{
  (void)worker;
  Job* const job = (Job*)user;
  float* const data = (float*)calloc(job->n_frames + 1, sizeof(float));
  errno = 0;
  FhStatus status =
    data ? make_response(job, (size_t)pair, data) : FH_ERR_NO_MEM;
  status = status ? status : write_response(job, (size_t)pair, data);
  note_failure(job, status);
  free(data);
}

/// Rank that makes the response of a pair: the first one has the tables and
/// pictures to write as well, and takes half as many as the others
static unsigned
rank_of(const FhTeam* const team, const uint64_t pair)
{
  return (unsigned)((pair % (2 * (uint64_t)team->n_ranks - 1) + 1) / 2);
}

/// Make this rank's responses of a batch; a PoolWork
static void
make_chunk(void* const user, const unsigned worker, const uint64_t pair)
{
  (void)worker;
  Job* const job = (Job*)user;
  const FhTeam* const team = job->run->desc.team;
  if (rank_of(team, pair) == team->rank) {
    float* const data =
      job->batch + ((size_t)pair - job->first) * job->n_frames;
    errno = 0;
    note_failure(job, make_response(job, (size_t)pair, data));
  }
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

/// Frames of the longest response
static size_t
frames_of_all(const FhRun* const run)
{
  size_t most = 0;
  for (size_t pair = 0; pair < run->n_emitters * run->scene.n_microphones;
       ++pair) {
    const FhSynthDesc desc = synth_desc(run, pair);
    const size_t n = fh_synth_frames(&desc, &run->trace.pairs[pair]);
    most = n > most ? n : most;
  }
  return most;
}

static FhStatus
name_responses(Job* const job, FhRunFolder* const folder, FhDiag* const diag)
{
  const FhRun* const run = job->run;
  const size_t n_mics = run->scene.n_microphones;
  for (size_t pair = 0; pair < job->n_pairs; ++pair) {
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

/// Whether to go on, and how far it is
static bool
watch_batch(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  Job* const job = (Job*)user;
  (void)n_chunks;
  return watch(job, job->first + n_done, job->n_pairs);
}

static unsigned
threads_of(const FhRun* const run)
{
  return run->desc.n_threads ? run->desc.n_threads : pool_processors();
}

/// Make all responses with the other ranks; the first one writes them
static FhStatus
share_responses(Job* const job, FhStatus status)
{
  const FhTeam* const team = job->run->desc.team;
  const size_t most = job->n_frames ? BATCH_SAMPLES / job->n_frames : 1;
  const size_t n_batch = most ? most : 1;
  job->batch = (float*)calloc(n_batch * job->n_frames + 1, sizeof(float));
  status = status || job->batch ? status : FH_ERR_NO_MEM;
  for (job->first = 0; job->first < job->n_pairs; job->first += n_batch) {
    const size_t left = job->n_pairs - job->first;
    job->n_batch = left < n_batch ? left : n_batch;
    if (!status) {
      memset(job->batch, 0, job->n_batch * job->n_frames * sizeof(float));
      (void)pool_run(threads_of(job->run),
                     job->first,
                     job->first + job->n_batch,
                     make_chunk,
                     watch_batch,
                     job);
      status = (FhStatus)job->failed;
    }
    // One that failed to write tells it here, before the next batch
    const FhStatus met = team_meet(team, status);
    if (status || met) {
      return met;
    }
    if (!team_share_floats(team, job->batch, job->n_batch * job->n_frames)) {
      return FH_ERR_DEVICE;
    }
    for (size_t i = 0; i < job->n_batch && job->path && !status; ++i) {
      errno = 0;
      status =
        write_response(job, job->first + i, job->batch + i * job->n_frames);
      note_failure(job, status);
    }
  }
  return status;
}

FhStatus
help_responses(const FhRun* const run)
{
  Job job = {.run = run,
             .n_pairs = run->n_emitters * run->scene.n_microphones,
             .n_frames = frames_of_all(run)};
  const FhStatus status = share_responses(&job, FH_OK);
  free(job.batch);
  return status;
}

FhStatus
write_responses(const FhRun* const run,
                const FhStatus so_far,
                const FhProgressFn progress,
                void* const user,
                FhRunFolder* const folder,
                FhDiag* const diag)
{
  const size_t n = run->n_emitters * run->scene.n_microphones;
  Job job = {.run = run,
             .progress = progress,
             .user = user,
             .n_pairs = n,
             .n_frames = frames_of_all(run)};
  job.path = (char(*)[PATH_SIZE])calloc(n + 1, sizeof *job.path);
  FhStatus status = so_far || job.path ? so_far : FH_ERR_NO_MEM;
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
  if (run->desc.team) {
    status = share_responses(&job, status);
  } else if (!status) {
    (void)pool_run(threads_of(run), 0, n, write_chunk, watch, &job);
    status = (FhStatus)job.failed;
  }
  if (job.failed == FH_ERR_IO) {
    errno = job.reason;
    fh_run_folder_complain(folder, "ir", diag);
  }
  if (!status && job.all) {
    status = write_sofa(&job, folder, diag);
  }
  free(job.path);
  free(job.all);
  free(job.batch);
  return status;
}
