// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/check.h>
#include <fh/places.h>

#include <stdlib.h>

/// A thing of the venue that has to be in the air
typedef struct {
  const char* what;
  const char* name;
  int line;
  const double* at;
  bool listens;
  bool sounds; ///< At this very place, and not muted
} Thing;

static size_t
list_things(const FhVenue* const venue, Thing* const things)
{
  size_t n = 0;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    const FhLoudspeaker* const l = &venue->loudspeakers[i];
    const Thing t = {"loudspeaker", l->name, l->line, l->at, false, !l->muted};
    things[n++] = t;
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    const FhArray* const a = &venue->arrays[i];
    const Thing t = {"array", a->name, a->line, a->top, false, false};
    things[n++] = t;
  }
  for (size_t i = 0; i < venue->n_microphones; ++i) {
    const FhMicrophone* const m = &venue->microphones[i];
    const Thing t = {"microphone", m->name, m->line, m->at, true, false};
    things[n++] = t;
  }
  return n;
}

static void
judge_thing(const FhVenue* const venue,
            const Thing* const t,
            const FhPlace place,
            FhDiag* const diag)
{
  static const char* const where[] = {
    [FH_PLACE_ROOM] = "",
    [FH_PLACE_SURFACE] = "is within 2 cm of a surface; move it away",
    [FH_PLACE_CROWD] = "is within the audience; raise it over their heads",
    [FH_PLACE_SOLID] = "is inside a wall or a solid; move it",
    [FH_PLACE_OUTSIDE] = "is outside the room; move it, or check `units`"};
  if (place == FH_PLACE_ROOM || (place == FH_PLACE_SURFACE && !t->listens)) {
    return;
  }
  const bool wrong = place == FH_PLACE_SOLID || place == FH_PLACE_OUTSIDE;
  fh_diag_add(diag,
              wrong ? FH_DIAG_ERROR : FH_DIAG_WARNING,
              venue->path,
              t->line,
              t->line ? 1 : 0,
              "%s \"%s\" at (%.2f, %.2f, %.2f) %s",
              t->what,
              t->name,
              t->at[0],
              t->at[1],
              t->at[2],
              where[place]);
}

/// True for what is on a surface; says so
static bool
refuse_surface(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               const Thing* const t,
               FhDiag* const diag)
{
  float at[3];
  fh_scene_from_world(scene, t->at, at);
  if (!(t->listens || t->sounds) || !fh_place_on_surface(caster, at)) {
    return false;
  }
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              venue->path,
              t->line,
              t->line ? 1 : 0,
              "%s \"%s\" at (%.3f, %.3f, %.3f) is on a surface; move it some "
              "centimetres off",
              t->what,
              t->name,
              t->at[0],
              t->at[1],
              t->at[2]);
  return true;
}

FhStatus
fh_check_surfaces(const FhVenue* const venue,
                  const FhScene* const scene,
                  const FhRaycaster* const caster,
                  FhDiag* const diag)
{
  const size_t room =
    venue->n_loudspeakers + venue->n_arrays + venue->n_microphones;
  Thing* const things = (Thing*)calloc(room + 1, sizeof *things);
  if (!things) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = FH_OK;
  const size_t n = list_things(venue, things);
  for (size_t i = 0; i < n; ++i) {
    if (refuse_surface(venue, scene, caster, &things[i], diag)) {
      status = FH_ERR_INVALID_DATA;
    }
  }
  free(things);
  return status;
}

FhStatus
fh_check_places(const FhVenue* const venue,
                const FhScene* const scene,
                const FhRaycaster* const caster,
                FhDiag* const diag)
{
  const size_t n =
    venue->n_loudspeakers + venue->n_arrays + venue->n_microphones;
  Thing* const things = (Thing*)calloc(n + 1, sizeof *things);
  float(*const at)[3] = (float(*)[3])calloc(n + 1, sizeof *at);
  FhPlace* const place = (FhPlace*)calloc(n + 1, sizeof *place);
  FhStatus status = things && at && place ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    list_things(venue, things);
    for (size_t i = 0; i < n; ++i) {
      fh_scene_from_world(scene, things[i].at, at[i]);
    }
    status = fh_scene_places(scene, caster, (const float(*)[3])at, n, place);
  }
  for (size_t i = 0; i < n && !status; ++i) {
    if (!refuse_surface(venue, scene, caster, &things[i], diag)) {
      judge_thing(venue, &things[i], place[i], diag);
    }
  }
  free(things);
  free(at);
  free(place);
  return status;
}
