// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAGIC     0x3130304b43484621u // "!FHCK001"
#define FILE_NAME "trace.state"
/// Zeros that end a run of words: fewer are written out
#define GAP 4u
/// Words that are read or written at a time
#define PART 65536u
/// Seconds between two checkpoints unless told
#define INTERVAL_S 30.0

/// Head of the file; all words are of this machine
typedef struct {
  uint64_t magic, input, n_rays, until, gather_rays, n_seen;
} Head;

/// A file with a running checksum
typedef struct {
  FILE* file;
  uint64_t sum;
  bool failed;
} Stream;

static uint64_t
hash_bytes(uint64_t h, const void* const data, const size_t n)
{
  const uint8_t* const p = (const uint8_t*)data;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t word;
    memcpy(&word, p + i, 8);
    h = mix64(h, word);
  }
  uint64_t rest = n;
  for (; i < n; ++i) {
    rest = rest << 8 | p[i];
  }
  return mix64(h, rest);
}

static uint64_t
hash_materials(uint64_t h, const FhScene* const scene)
{
  for (size_t i = 0; i < scene->n_materials; ++i) {
    const FhMaterial* const m = &scene->materials[i];
    h = hash_bytes(h, m->absorption, sizeof m->absorption);
    h = hash_bytes(h, m->scattering, sizeof m->scattering);
    h = hash_bytes(h, m->transmission, sizeof m->transmission);
    h = mix64(h, m->two_sided);
  }
  return h;
}

/// What only third octaves depend on
static uint64_t
hash_thirds(uint64_t h, const Engine* const engine)
{
  const FhScene* const scene = engine->scene;
  for (unsigned o = 1; o < engine->n_octets; ++o) {
    h = hash_bytes(h, &engine[o].air, sizeof engine[o].air);
  }
  for (size_t i = 0; i < scene->n_materials; ++i) {
    const FhMaterial* const m = &scene->materials[i];
    h = hash_bytes(h, m->absorption_third, sizeof m->absorption_third);
    h = hash_bytes(h, m->scattering_third, sizeof m->scattering_third);
    h = hash_bytes(h, m->transmission_third, sizeof m->transmission_third);
  }
  return h;
}

static uint64_t
hash_emitters(uint64_t h, const Engine* const engine)
{
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    const Emitter* const emitter = &engine->emitters[e];
    const FhRadiator* const r = &emitter->radiator;
    h = hash_bytes(h, r->at, sizeof r->at);
    h = hash_bytes(h, &r->delay_s, sizeof r->delay_s);
    h = hash_bytes(h, r->power_w, sizeof r->power_w);
    for (uint32_t i = 0; r->octaves && i < 64; ++i) {
      // Directions all over the sphere stand for its pattern
      float d[3];
      sphere_direction(((float)i + 0.5f) / 64.0f, (float)i * 0.618034f, d);
      const F8 gain = emitter_gain(emitter, d);
      h = hash_bytes(h, &gain, sizeof gain);
    }
  }
  return h;
}

uint64_t
checkpoint_input(const Run* const run)
{
  const Engine* const engine = run->engine;
  const FhScene* const scene = engine->scene;
  const FhTraceDesc* const d = &run->desc;
  uint64_t h = hash_bytes(MAGIC, FULLHOUSE_VERSION, sizeof FULLHOUSE_VERSION);
  h = hash_bytes(h, scene->vertex, scene->n_vertices * sizeof scene->vertex[0]);
  h = hash_bytes(
    h, scene->triangle, scene->n_triangles * sizeof scene->triangle[0]);
  h = hash_bytes(
    h, scene->material, scene->n_triangles * sizeof scene->material[0]);
  h = hash_materials(h, scene);
  h = hash_bytes(
    h, scene->microphone, scene->n_microphones * sizeof scene->microphone[0]);
  for (size_t s = 0; s < scene->n_seats; ++s) {
    h = hash_bytes(h, scene->seats[s].at, sizeof scene->seats[s].at);
  }
  h = hash_bytes(h, &engine->air, sizeof engine->air);
  if (run->n_octets > 1 || d->third) {
    h = mix64(hash_thirds(h, engine), run->n_octets);
  }
  h = hash_bytes(h, &engine->duration_s, sizeof engine->duration_s);
  h = hash_emitters(h, engine);
  const double settings[] = {(double)d->n_rays,
                             d->error_db,
                             (double)d->gather_rays,
                             (double)d->image_order,
                             d->duration_s,
                             (double)d->seats,
                             (double)d->per_emitter_seats,
                             (double)d->diffraction,
                             (double)d->third};
  h = hash_bytes(h, settings, sizeof settings);
  return mix64(h, d->seed);
}

static void
put(Stream* const s, const void* const data, const size_t n)
{
  s->sum = hash_bytes(s->sum, data, n);
  s->failed |= fwrite(data, 1, n, s->file) != n;
}

static void
get(Stream* const s, void* const data, const size_t n)
{
  if (s->failed || fread(data, 1, n, s->file) != n) {
    s->failed = true;
    memset(data, 0, n);
    return;
  }
  s->sum = hash_bytes(s->sum, data, n);
}

/// Words in runs: how many zeros are left out, how many words follow
static void
put_words(Stream* const s, const int64_t* const words, const size_t n)
{
  size_t at = 0;
  while (at < n && !s->failed) {
    size_t from = at;
    while (from < n && !words[from]) {
      ++from;
    }
    size_t to = from;
    size_t n_zeros = 0;
    while (to < n && n_zeros < GAP && to - from < PART) {
      n_zeros = words[to] ? 0 : n_zeros + 1;
      ++to;
    }
    const uint64_t run[2] = {from - at, to - from};
    put(s, run, sizeof run);
    put(s, words + from, (to - from) * sizeof *words);
    at = to;
  }
}

static void
get_words(Stream* const s, int64_t* const words, const size_t n)
{
  size_t at = 0;
  while (at < n && !s->failed) {
    uint64_t run[2];
    get(s, run, sizeof run);
    if (run[0] > n - at || run[1] > n - at - run[0] || !(run[0] + run[1])) {
      s->failed = true;
      return;
    }
    memset(words + at, 0, run[0] * sizeof *words);
    get(s, words + at + run[0], run[1] * sizeof *words);
    at += run[0] + run[1];
  }
}

/// All sums of a run, to or from a file
static void
walk_sums(Run* const run,
          Stream* const s,
          void (*const words)(Stream*, int64_t*, size_t))
{
  const size_t n_octets = run->n_octets;
  for (size_t i = 0; i < n_octets * run->engine->n_emitters; ++i) {
    words(s, run->scattered[i].words, run->scattered[i].n_words);
    words(s, run->mirrored[i].words, run->mirrored[i].n_words);
  }
  if (!run->has_seats) {
    return;
  }
  Seats* const seats = &run->seats;
  const size_t n = n_octets * seats->n_groups * seats->grid.n_seats;
  for (size_t g = 0; g < seats->n_groups; ++g) {
    PatchTally* const tally = &seats->scattered[g * seats->n_private];
    words(s, tally->words, tally->n_words);
  }
  if (seats->mirrored) {
    words(s, seats->mirrored[0], 8 * n * seats->n_bins);
    words(s, seats->mirrored_blocks[0], 8 * n * N_BLOCKS);
  }
}

static void
save_words(Stream* const s, int64_t* const words, const size_t n)
{
  put_words(s, words, n);
}

static void
complain(Run* const run, const char* const path, const char* const text)
{
  fh_diag_add(run->diag, FH_DIAG_ERROR, path, 0, 0, "%s", text);
}

static bool
make_path(const Run* const run, const char* const suffix, char path[1024])
{
  const int n =
    snprintf(path, 1024, "%s/" FILE_NAME "%s", run->desc.checkpoint, suffix);
  return n > 0 && n < 1024;
}

static FhStatus
save(Run* const run)
{
  char path[1024];
  char part[1024];
  if (!make_path(run, "", path) || !make_path(run, ".part", part)) {
    return FH_ERR_LIMIT;
  }
  (void)mkdir(run->desc.checkpoint, 0777);
  Stream s = {fopen(part, "wb"), MAGIC, false};
  if (!s.file) {
    complain(run, part, strerror(errno));
    return FH_ERR_IO;
  }
  const Patches* const patches = &run->seats.patches;
  const Head head = {MAGIC,
                     run->input,
                     run->n_rays,
                     run->until,
                     run->gather_rays,
                     run->has_seats ? patches->n_chips : 0};
  put(&s, &head, sizeof head);
  walk_sums(run, &s, save_words);
  if (head.n_seen) {
    put(&s, patches->seen, patches->n_chips);
  }
  const uint64_t sum = s.sum;
  put(&s, &sum, sizeof sum);
  s.failed |= fflush(s.file) != 0;
  s.failed |= fclose(s.file) != 0;
  if (s.failed || rename(part, path)) {
    complain(run, path, "the checkpoint could not be written; free some space");
    (void)remove(part);
    return FH_ERR_IO;
  }
  return FH_OK;
}

FhStatus
checkpoint_save(Run* const run, const bool now)
{
  if (!run->desc.checkpoint || (run->team && run->team->rank)) {
    return FH_OK;
  }
  const double time_s = rounds_clock_s(CLOCK_MONOTONIC);
  const double interval_s =
    run->desc.checkpoint_s > 0.0 ? run->desc.checkpoint_s : INTERVAL_S;
  const double since_s = run->saved_s > 0.0 ? run->saved_s : run->started_s;
  if (!now && time_s - since_s < interval_s) {
    return FH_OK;
  }
  const FhStatus status = save(run);
  run->saved_s = rounds_clock_s(CLOCK_MONOTONIC);
  return status;
}

static FhStatus
load(Run* const run, const char* const path, Stream* const s)
{
  Head head;
  get(s, &head, sizeof head);
  if (s->failed || head.magic != MAGIC) {
    complain(run, path, "this is no checkpoint; start again without --resume");
    return FH_ERR_FORMAT;
  }
  Patches* const patches = &run->seats.patches;
  if (head.input != run->input ||
      head.n_seen != (run->has_seats ? patches->n_chips : 0)) {
    complain(run,
             path,
             "the checkpoint belongs to another venue or other settings; give "
             "the same again, or start anew without --resume");
    return FH_ERR_MISMATCH;
  }
  walk_sums(run, s, get_words);
  if (head.n_seen) {
    get(s, patches->seen, patches->n_chips);
  }
  const uint64_t want = s->sum;
  uint64_t sum = 0;
  get(s, &sum, sizeof sum);
  if (s->failed || sum != want) {
    complain(
      run, path, "the checkpoint is damaged; start again without --resume");
    return FH_ERR_FORMAT;
  }
  run->n_rays = head.n_rays;
  run->until = head.until;
  run->gather_rays = (unsigned)head.gather_rays;
  return FH_OK;
}

FhStatus
checkpoint_load(Run* const run)
{
  char path[1024];
  if (!run->desc.checkpoint || !make_path(run, "", path)) {
    return FH_ERR_BAD_ARG;
  }
  Stream s = {fopen(path, "rb"), MAGIC, false};
  if (!s.file) {
    complain(run, path, "there is no checkpoint; start without --resume");
    return FH_ERR_IO;
  }
  const FhStatus status = load(run, path, &s);
  (void)fclose(s.file);
  return status;
}
