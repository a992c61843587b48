// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"

#include <fh/venue.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
  Writing keeps the author's text. The file that the venue came from is read
  again; a top-level key whose value is still the same keeps its bytes, with
  comments and layout, and only what differs is written anew. Whether two values
  are the same is decided by writing both.
*/

#define MAX_EDITS 40

/// Replace bytes [begin, end) of the old text
typedef struct {
  size_t begin, end;
  char* text; ///< Owned
} Edit;

typedef struct {
  const FhVenue* venue;
  const char* folder; ///< Of the new file
  FhVenue original;   ///< As read again; zero when there is none
  FhYaml* yaml;
  bool json; ///< The old text is one {...} map
  size_t n_edits;
  Edit edits[MAX_EDITS];
  char* added; ///< Keys that the old text lacks; owned
} Job;

// --- paths ----------------------------------------------------------------

/// `file`, relative to `from`, as seen from folder `to`
static void
rebase(const char* const file,
       const char* const from,
       const char* const to,
       char* const out,
       const size_t size)
{
  char path[2 * PATH_MAX];
  char real[PATH_MAX];
  char real_to[PATH_MAX];
  snprintf(path, sizeof(path), "%s/%s", from, file);
  if (file[0] == '/' || !realpath(path, real) || !realpath(to, real_to)) {
    snprintf(out, size, "%s", file);
    return;
  }
  // Both are absolute and free of "..": drop what they share
  size_t shared = 0;
  for (size_t i = 0;; ++i) {
    const bool end_to = real_to[i] == '/' || real_to[i] == '\0';
    const bool end_real = real[i] == '/' || real[i] == '\0';
    if (end_to && end_real) {
      shared = i;
    }
    if (real_to[i] != real[i] || real_to[i] == '\0') {
      break;
    }
  }
  size_t used = 0;
  out[0] = '\0';
  for (const char* c = real_to + shared; *c; ++c) {
    if (*c == '/' && c[1] && used + 4 < size) {
      used += (size_t)snprintf(out + used, size - used, "../");
    }
  }
  const char* const rest = real + shared + (real[shared] == '/');
  snprintf(out + used, size - used, "%s", rest);
}

/// Whether a venue's folder has a file of that name
static bool
is_beside(const FhVenue* const venue, const char* const file)
{
  char path[2 * PATH_MAX];
  snprintf(
    path, sizeof(path), "%s/%s", file[0] == '/' ? "" : venue->folder, file);
  return file[0] && access(path, F_OK) == 0;
}

/// Rewrite a model or FIR that lies beside the venue; library names stay
static void
rebase_member(const FhVenue* const venue,
              const char* const to,
              char* const member,
              const size_t size)
{
  if (is_beside(venue, member)) {
    char moved[PATH_MAX];
    rebase(member, venue->folder, to, moved, sizeof(moved));
    if (strlen(moved) < size) {
      snprintf(member, size, "%s", moved);
    }
  }
}

static void
rebase_system(FhVenue* const venue, const char* const to)
{
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    FhLoudspeaker* const l = &venue->loudspeakers[i];
    rebase_member(venue, to, l->model, sizeof(l->model));
    rebase_member(venue, to, l->fir, sizeof(l->fir));
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    FhArray* const a = &venue->arrays[i];
    rebase_member(venue, to, a->box, sizeof(a->box));
  }
  for (size_t i = 0; i < venue->n_placement; ++i) {
    FhPlacementRule* const rule = &venue->placement[i];
    rebase_member(venue, to, rule->add_model, sizeof(rule->add_model));
    for (size_t k = 0; k < rule->n_models; ++k) {
      rebase_member(venue, to, rule->models[k], sizeof(rule->models[k]));
    }
  }
  for (size_t i = 0; i < venue->n_stock; ++i) {
    FhStock* const stock = &venue->stock[i];
    rebase_member(venue, to, stock->model, sizeof(stock->model));
  }
}

// --- values ---------------------------------------------------------------

/// One item of a list to a line
static void
write_block_list(FhKeyWriter* const writer,
                 const FhKey* const key,
                 const FhVenue* const venue,
                 const char* const indent)
{
  const char* const base = (const char*)venue;
  const size_t n = *(const size_t*)(const void*)(base + key->count_at);
  const char* const items = *(const char* const*)(const void*)(base + key->at);
  fputs(writer->json ? "[" : "", writer->out);
  for (size_t i = 0; i < n; ++i) {
    fprintf(writer->out,
            writer->json ? "%s\n%s" : "%s\n%s- ",
            writer->json && i ? "," : "",
            indent);
    fh_keys_write(writer, key->section, items + i * key->section->size);
  }
  fputs(writer->json ? "]" : "", writer->out);
}

/// The system, one box or array to a line
static void
write_system(FhKeyWriter* const writer, const FhKey* key, const FhVenue* venue)
{
  const char* before = writer->json ? "{" : "";
  for (size_t i = 0; i < key->section->n_keys; ++i) {
    const FhKey* const list = &key->section->keys[i];
    const size_t n =
      *(const size_t*)(const void*)((const char*)venue + list->count_at);
    if (n) {
      fprintf(writer->out,
              writer->json ? "%s\n  \"%s\": " : "%s\n  %s:",
              before,
              list->name);
      write_block_list(writer, list, venue, "    ");
      before = writer->json ? "," : "";
    }
  }
  if (!venue->n_loudspeakers && !venue->n_arrays) {
    fputs(writer->json ? "{" : " {}", writer->out);
  }
  fputs(writer->json ? "}" : "", writer->out);
}

/// Text of a top-level value, with the blank before it; empty for a default
static char*
value_text(const FhKey* const key, const FhVenue* const venue, const bool json)
{
  char* text = NULL;
  size_t size = 0;
  FhKeyWriter writer = {open_memstream(&text, &size), json};
  if (!writer.out) {
    return NULL;
  }
  if (strcmp(key->name, "system") == 0) {
    write_system(&writer, key, venue);
  } else if (key->type == FH_KEY_LIST) {
    const size_t n =
      *(const size_t*)(const void*)((const char*)venue + key->count_at);
    if (n) {
      write_block_list(&writer, key, venue, "  ");
    }
  } else {
    // Materials begin a block on the next line
    if (json || strcmp(key->name, "materials") != 0) {
      fputc(' ', writer.out);
    }
    fh_keys_write_value(&writer, key, venue);
  }
  fclose(writer.out);
  if (text && (strcmp(text, " ") == 0 || strcmp(text, " {}") == 0)) {
    text[0] = '\0';
  }
  return text;
}

// --- edits ----------------------------------------------------------------

static FhStatus
add_edit(Job* const job, const size_t begin, const size_t end, char* const text)
{
  if (!text) {
    return FH_ERR_NO_MEM;
  }
  if (job->n_edits == MAX_EDITS) {
    free(text);
    return FH_ERR_LIMIT;
  }
  job->edits[job->n_edits++] = (Edit){begin, end, text};
  return FH_OK;
}

/// Point the geometry's file name to the same file from the new folder
static FhStatus
edit_geometry_file(Job* const job)
{
  const FhYamlNode* const file =
    fh_yaml_get(fh_yaml_get(fh_yaml_root(job->yaml), "geometry"), "file");
  if (!file) {
    return FH_OK;
  }
  char moved[PATH_MAX];
  rebase(file->text, job->original.folder, job->folder, moved, sizeof(moved));
  if (strcmp(moved, file->text) == 0) {
    return FH_OK;
  }
  char* text = NULL;
  size_t size = 0;
  FhKeyWriter writer = {open_memstream(&text, &size), job->json};
  if (!writer.out) {
    return FH_ERR_NO_MEM;
  }
  fh_keys_write_text(&writer, moved);
  fclose(writer.out);
  return add_edit(job, file->begin, file->end, text);
}

/// Add `key: value` to what the old text lacks
static FhStatus
append_key(Job* const job, const FhKey* const key, const char* const value)
{
  const size_t old = job->added ? strlen(job->added) : 0;
  const size_t size = old + strlen(key->name) + strlen(value) + 16;
  char* const grown = (char*)realloc(job->added, size);
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  job->added = grown;
  snprintf(grown + old,
           size - old,
           job->json ? ",\n\"%s\":%s" : "%s:%s\n",
           key->name,
           value);
  return FH_OK;
}

static char*
copy_text(const char* const text)
{
  const size_t size = strlen(text) + 1;
  char* const copy = (char*)malloc(size);
  return copy ? (char*)memcpy(copy, text, size) : NULL;
}

/// A default spelt out, to stand where another value stood
static char*
default_text(const FhKey* const key,
             const FhVenue* const venue,
             const bool json)
{
  FhKey spelt = *key;
  spelt.required = true;
  switch (key->type) {
  case FH_KEY_LIST:
    return copy_text(" []");
  case FH_KEY_SECTION:
    return copy_text(" {}");
  default:
    return value_text(&spelt, venue, json);
  }
}

/// Compare one top-level key with the old text and note what has to change
static FhStatus
edit_key(Job* const job, const FhKey* const key, const FhVenue* const moved)
{
  const FhYamlNode* const node =
    job->yaml ? fh_yaml_get(fh_yaml_root(job->yaml), key->name) : NULL;
  if (node && strcmp(key->name, "geometry") == 0) {
    return edit_geometry_file(job);
  }
  char* const was =
    job->yaml ? value_text(key, &job->original, job->json) : NULL;
  char* const is = value_text(key, moved, job->json);
  FhStatus status = is && (was || !job->yaml) ? FH_OK : FH_ERR_NO_MEM;
  const bool same = !status && was && strcmp(was, is) == 0;
  if (!status && !same && node) {
    // From behind the key's colon to the value's last byte
    size_t size = 0;
    const char* const text = fh_yaml_text(job->yaml, &size);
    size_t begin = node->key->end;
    while (begin < node->begin && text[begin] != ':') {
      ++begin;
    }
    status =
      add_edit(job,
               begin + 1,
               node->end,
               *is ? copy_text(is) : default_text(key, moved, job->json));
  } else if (!status && !same && *is) {
    status = append_key(job, key, is);
  }
  free(was);
  free(is);
  return status;
}

static int
compare_edits(const void* const a, const void* const b)
{
  const Edit* const x = (const Edit*)a;
  const Edit* const y = (const Edit*)b;
  return (x->begin > y->begin) - (x->begin < y->begin);
}

static void
print_result(Job* const job, FILE* const out)
{
  size_t size = 0;
  const char* const text = job->yaml ? fh_yaml_text(job->yaml, &size) : "";
  size_t at = 0;
  qsort(job->edits, job->n_edits, sizeof(Edit), compare_edits);
  for (size_t i = 0; i < job->n_edits; ++i) {
    const Edit* const e = &job->edits[i];
    fwrite(text + at, 1, e->begin - at, out);
    fputs(e->text, out);
    at = e->end;
  }
  if (!job->added) {
    fwrite(text + at, 1, size - at, out);
    return;
  }
  // New keys go to the end of the map
  const size_t end =
    job->yaml && job->json ? fh_yaml_root(job->yaml)->end - 1 : size;
  fwrite(text + at, 1, end - at, out);
  if (!job->json && end && text[end - 1] != '\n') {
    fputc('\n', out);
  }
  fputs(job->added, out);
  fwrite(text + end, 1, size - end, out);
}

/// Read the file that the venue came from again, if it is still the same
static void
open_original(Job* const job)
{
  const FhVenue* const venue = job->venue;
  if (!venue->path[0] || fh_venue_read(venue->path, &job->original, NULL)) {
    return;
  }
  if (job->original.hash != venue->hash ||
      fh_yaml_read(venue->path, &job->yaml, NULL)) {
    fh_venue_clear(&job->original);
    return;
  }
  job->json = fh_yaml_root(job->yaml)->flow;
}

static FhStatus
save(Job* const job, const char* const path, FhDiag* const diag)
{
  char temporary[PATH_MAX];
  const int n =
    snprintf(temporary, sizeof(temporary), "%s.%ld.part", path, (long)getpid());
  FILE* const out =
    n > 0 && (size_t)n < sizeof(temporary) ? fopen(temporary, "wb") : NULL;
  bool good = out != NULL;
  if (out) {
    print_result(job, out);
    good = !ferror(out);
    good = fclose(out) == 0 && good;
    good = good && rename(temporary, path) == 0;
  }
  if (!good) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be written: %s; choose another place or make room",
                strerror(errno));
    if (out) {
      remove(temporary);
    }
    return FH_ERR_IO;
  }
  return FH_OK;
}

FhStatus
fh_venue_write(const FhVenue* const venue,
               const char* const path,
               FhDiag* const diag)
{
  char folder[PATH_MAX];
  if (strlen(path) >= sizeof(folder)) {
    return FH_ERR_BAD_ARG;
  }
  const char* const slash = strrchr(path, '/');
  snprintf(folder,
           sizeof(folder),
           "%.*s",
           slash ? (int)(slash == path ? 1 : slash - path) : 1,
           slash ? path : ".");

  Job* const job = (Job*)calloc(1, sizeof(Job));
  FhVenue moved = {0};
  FhStatus status = job ? fh_venue_copy(venue, &moved) : FH_ERR_NO_MEM;
  if (!status) {
    job->venue = venue;
    job->folder = folder;
    open_original(job);
    rebase_system(&moved, folder);
    for (size_t i = 0; i < fh_venue_section.n_keys && !status; ++i) {
      status = edit_key(job, &fh_venue_section.keys[i], &moved);
    }
  }
  if (!status) {
    status = save(job, path, diag);
  }
  if (job) {
    for (size_t i = 0; i < job->n_edits; ++i) {
      free(job->edits[i].text);
    }
    free(job->added);
    fh_yaml_free(job->yaml);
    fh_venue_clear(&job->original);
    free(job);
  }
  fh_venue_clear(&moved);
  return status;
}
