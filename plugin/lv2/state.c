// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A soundcheck as text has some kilobytes
#define MAX_SOUNDCHECK_BYTES ((size_t)1 << 20)

static const uint32_t pod = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;

typedef struct {
  LV2_State_Map_Path* map;
  LV2_State_Make_Path* make;
  LV2_State_Free_Path* free;
} Paths;

static Paths
find_paths(const LV2_Feature* const* features)
{
  // clang-format off
  Paths paths = {
    fh_plugin_feature(features, LV2_STATE__mapPath),
    fh_plugin_feature(features, LV2_STATE__makePath),
    fh_plugin_feature(features, LV2_STATE__freePath)};
  // clang-format on
  return paths;
}

static void
free_path(const Paths* paths, char* path)
{
  if (paths->free) {
    paths->free->free_path(paths->free->handle, path);
  } else {
    free(path);
  }
}

static LV2_State_Status
store_path(const Plugin* self,
           LV2_URID key,
           const char* path,
           const Paths* paths,
           LV2_State_Store_Function store,
           LV2_State_Handle handle)
{
  char* const abstract =
    paths->map ? paths->map->abstract_path(paths->map->handle, path) : NULL;
  const char* const stored = abstract ? abstract : path;
  const LV2_State_Status status =
    store(handle, key, stored, strlen(stored) + 1, self->uris.atom_path, pod);
  if (abstract) {
    free_path(paths, abstract);
  }
  return status;
}

// The soundcheck goes to a file beside the session, or into the state itself
// where the host offers no folder
static LV2_State_Status
store_soundcheck(const Plugin* self,
                 const char* text,
                 const Paths* paths,
                 LV2_State_Store_Function store,
                 LV2_State_Handle handle)
{
  char* const path =
    paths->make && paths->map
      ? paths->make->path(paths->make->handle, "soundcheck.json")
      : NULL;
  LV2_State_Status status = LV2_STATE_ERR_UNKNOWN;
  if (path && !fh_shell_write_file(path, text)) {
    status =
      store_path(self, self->uris.soundcheck, path, paths, store, handle);
  } else {
    status = store(handle,
                   self->uris.soundcheck_text,
                   text,
                   strlen(text) + 1,
                   self->uris.atom_string,
                   pod);
  }
  if (path) {
    free_path(paths, path);
  }
  return status;
}

LV2_State_Status
fh_plugin_save(LV2_Handle instance,
               LV2_State_Store_Function store,
               LV2_State_Handle handle,
               uint32_t flags,
               const LV2_Feature* const* features)
{
  (void)flags;
  Plugin* const self = instance;
  const Paths paths = find_paths(features);
  LV2_State_Status status = LV2_STATE_SUCCESS;

  char profile[PATH_SIZE];
  pthread_mutex_lock(&self->mutex);
  memcpy(profile, self->profile, sizeof(profile));
  pthread_mutex_unlock(&self->mutex);
  if (profile[0]) {
    status =
      store_path(self, self->uris.profile, profile, &paths, store, handle);
  }

  struct {
    LV2_Atom_Vector_Body head;
    float db[FH_N_EQ_BANDS];
  } trim = {{sizeof(float), self->uris.atom_float}, {0}};
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    trim.db[i] = atomic_load(&self->trim_db[i]);
  }
  if (!status) {
    status = store(handle,
                   self->uris.trim,
                   &trim,
                   sizeof(trim),
                   self->uris.atom_vector,
                   pod);
  }

  FhLiveBaseline baseline;
  if (!status && fh_live_baseline(self->live, &baseline)) {
    char venue[FH_SHELL_VENUE];
    pthread_mutex_lock(&self->mutex);
    memcpy(venue,
           self->soundcheck_venue[0] ? self->soundcheck_venue : self->venue,
           sizeof(venue));
    pthread_mutex_unlock(&self->mutex);
    char* const text = fh_shell_baseline_text(&baseline, venue);
    status = text ? store_soundcheck(self, text, &paths, store, handle)
                  : LV2_STATE_ERR_NO_SPACE;
    free(text);
  }
  return status;
}

// The path a stored one stands for, owned by the caller (free_path)
static char*
absolute_path(const Paths* paths, const char* stored)
{
  return paths->map ? paths->map->absolute_path(paths->map->handle, stored)
                    : strdup(stored);
}

static const char*
retrieve_text(LV2_State_Retrieve_Function retrieve,
              LV2_State_Handle handle,
              LV2_URID key,
              LV2_URID type)
{
  size_t size = 0;
  uint32_t got_type = 0;
  uint32_t got_flags = 0;
  const char* const text = retrieve(handle, key, &size, &got_type, &got_flags);
  return text && got_type == type && size && memchr(text, '\0', size) ? text
                                                                      : NULL;
}

static void
complain(Plugin* self, const char* words)
{
  lv2_log_error(&self->logger, "fullhouse: %s\n", words);
  pthread_mutex_lock(&self->mutex);
  snprintf(
    self->message, sizeof(self->message), "%.*s", FH_VIEW_TEXT - 1, words);
  pthread_mutex_unlock(&self->mutex);
}

static LV2_State_Status
use_soundcheck(Plugin* self, const char* text)
{
  char reason[FH_SHELL_REASON] = "";
  FhLiveBaseline baseline;
  char venue[FH_SHELL_VENUE] = "";
  FhStatus status = fh_shell_baseline_parse(text, &baseline, venue, reason);
  if (!status) {
    pthread_mutex_lock(&self->mutex);
    if (fh_shell_is_foreign(venue, self->venue)) {
      status = FH_ERR_MISMATCH;
      snprintf(reason, sizeof(reason), "%s", fh_shell_foreign_words);
    } else {
      status = fh_live_set_baseline(self->live, &baseline);
      memcpy(self->soundcheck_venue, venue, sizeof(venue));
    }
    pthread_mutex_unlock(&self->mutex);
    if (status && !reason[0]) {
      snprintf(reason, sizeof(reason), "soundcheck: %s", fh_strerror(status));
    }
  }
  if (status) {
    complain(self, reason);
    return LV2_STATE_ERR_UNKNOWN;
  }
  return LV2_STATE_SUCCESS;
}

static LV2_State_Status
restore_soundcheck(Plugin* self,
                   const Paths* paths,
                   LV2_State_Retrieve_Function retrieve,
                   LV2_State_Handle handle)
{
  const char* const inside = retrieve_text(
    retrieve, handle, self->uris.soundcheck_text, self->uris.atom_string);
  if (inside) {
    return use_soundcheck(self, inside);
  }
  const char* const stored = retrieve_text(
    retrieve, handle, self->uris.soundcheck, self->uris.atom_path);
  if (!stored) {
    return LV2_STATE_SUCCESS;
  }
  char* const path = absolute_path(paths, stored);
  char* text = NULL;
  LV2_State_Status status = LV2_STATE_ERR_UNKNOWN;
  if (!path || fh_shell_read_file(path, MAX_SOUNDCHECK_BYTES, &text, NULL)) {
    complain(self, "soundcheck: cannot read its file; capture again");
  } else {
    status = use_soundcheck(self, text);
  }
  free(text);
  if (path) {
    free_path(paths, path);
  }
  return status;
}

static void
restore_trim(Plugin* self,
             LV2_State_Retrieve_Function retrieve,
             LV2_State_Handle handle)
{
  size_t size = 0;
  uint32_t type = 0;
  uint32_t flags = 0;
  const char* const value =
    retrieve(handle, self->uris.trim, &size, &type, &flags);
  float db[FH_N_EQ_BANDS] = {0};
  LV2_Atom_Vector_Body head = {0};
  if (value && type == self->uris.atom_vector &&
      size == sizeof(head) + sizeof(db)) {
    memcpy(&head, value, sizeof(head));
    if (head.child_type == self->uris.atom_float) {
      memcpy(db, value + sizeof(head), sizeof(db));
    }
  }
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    atomic_store(&self->trim_db[i], isfinite(db[i]) ? db[i] : 0.0f);
  }
}

LV2_State_Status
fh_plugin_restore(LV2_Handle instance,
                  LV2_State_Retrieve_Function retrieve,
                  LV2_State_Handle handle,
                  uint32_t flags,
                  const LV2_Feature* const* features)
{
  (void)flags;
  Plugin* const self = instance;
  const Paths paths = find_paths(features);
  restore_trim(self, retrieve, handle);

  const char* const stored =
    retrieve_text(retrieve, handle, self->uris.profile, self->uris.atom_path);
  char* const path = stored ? absolute_path(&paths, stored) : NULL;
  const bool is_loaded = fh_plugin_load(self, path ? path : "");
  if (path) {
    free_path(&paths, path);
  }
  const LV2_State_Status status =
    restore_soundcheck(self, &paths, retrieve, handle);
  atomic_store(&self->profile_changed, true);
  return is_loaded ? status : LV2_STATE_ERR_UNKNOWN;
}
