// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_private.h"
#include "watch.h"

#include <assert.h>
#include <string.h>

#define MAX_URIS 1024

static char* uris[MAX_URIS];
static unsigned n_uris;
static pthread_mutex_t uri_mutex = PTHREAD_MUTEX_INITIALIZER;

LV2_URID
host_map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  watch_note("urid:map"); // Not meant for the audio thread
  const bool was_on = watch_pause();
  pthread_mutex_lock(&uri_mutex);
  unsigned i = 0;
  while (i < n_uris && strcmp(uris[i], uri)) {
    ++i;
  }
  if (i == n_uris) {
    assert(n_uris < MAX_URIS);
    uris[n_uris++] = strdup(uri);
  }
  pthread_mutex_unlock(&uri_mutex);
  watch_resume(was_on);
  return i + 1;
}

const char*
host_unmap_uri(LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  (void)handle;
  return urid && urid <= n_uris ? uris[urid - 1] : NULL;
}

LV2_URID
host_map(const char* uri)
{
  return host_map_uri(NULL, uri);
}

const char*
host_unmap(LV2_URID urid)
{
  return host_unmap_uri(NULL, urid);
}
