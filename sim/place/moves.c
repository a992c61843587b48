// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Changes smaller than what anybody sets up: m, degrees, ms, dB
#define LEAST_M   0.02
#define LEAST_DEG 0.2
#define LEAST_MS  0.1
#define LEAST_DB  0.1
/// A sentence this long is ended [characters]
#define LONG_ENOUGH 150

/// A sentence being written
typedef struct {
  char text[256];
  size_t used;
  size_t n; ///< Parts so far
} Sentence;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
say(Sentence* const s, const char* const format, ...)
{
  va_list args;
  va_start(args, format);
  const int n =
    vsnprintf(s->text + s->used, sizeof s->text - s->used, format, args);
  va_end(args);
  s->used += n > 0 ? (size_t)n : 0;
  s->used = s->used < sizeof s->text ? s->used : sizeof s->text - 1;
}

/// A part after the first is joined by a comma
static const char*
joint(Sentence* const s)
{
  return s->n++ ? ", " : " ";
}

static double
turned(const double from_deg, const double to_deg)
{
  const double d = fmod(to_deg - from_deg + 540.0, 360.0) - 180.0;
  return d;
}

static void
say_place(Sentence* const s, const double from[3], const double to[3])
{
  static const char* const more[3] = {"+x", "+y", "up"};
  static const char* const less[3] = {"-x", "-y", "down"};
  for (size_t k = 0; k < 3; ++k) {
    const double d = to[k] - from[k];
    if (fabs(d) >= LEAST_M) {
      say(s, "%s%.2f m %s", joint(s), fabs(d), d > 0.0 ? more[k] : less[k]);
    }
  }
}

/// What hangs there now
static void
say_boxes(Sentence* const s,
          const FhVenue* const from,
          const size_t was,
          const FhVenue* const to,
          const size_t now)
{
  const char* const model = view_model(to, now);
  const size_t n = view_boxes(to, now);
  const size_t before = view_boxes(from, was);
  if (!n && before) {
    say(s, "%sleave at home: there is no %.80s for it", joint(s), model);
    return;
  }
  if (strcmp(view_model(from, was), model) != 0) {
    say(s,
        "%shang %.60s instead of %.60s",
        joint(s),
        model,
        view_model(from, was));
  }
  if (n != before) {
    say(s, "%s%zu boxes instead of %zu", joint(s), n, before);
  }
}

/// What to do with one that was there before
static void
say_change(Sentence* const s,
           const Handles* const from,
           const Handles* const to)
{
  say_place(s, from->at, to->at);
  if (fabs(turned(*from->yaw_deg, *to->yaw_deg)) >= LEAST_DEG) {
    say(s, "%sturn to yaw %.1f deg", joint(s), *to->yaw_deg);
  }
  if (fabs(*from->pitch_deg - *to->pitch_deg) >= LEAST_DEG) {
    say(s, "%stilt to %.1f deg", joint(s), *to->pitch_deg);
  }
  if (fabs(*from->delay_ms - *to->delay_ms) >= LEAST_MS) {
    say(s, "%sdelay %.1f ms", joint(s), *to->delay_ms);
  }
  if (fabs(*from->gain_db - *to->gain_db) >= LEAST_DB) {
    say(s, "%sgain %+.1f dB", joint(s), *to->gain_db);
  }
}

static FhStatus
append(FhPlaceOption* const option, const Sentence* const s)
{
  char(*const grown)[256] = (char(*)[256])realloc(
    option->move, (option->n_moves + 1) * sizeof *option->move);
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  option->move = grown;
  memcpy(option->move[option->n_moves++], s->text, sizeof s->text);
  return FH_OK;
}

/// Angles between boxes that change, equal ones together, in sentences that
/// are not too long
static FhStatus
say_splay(FhPlaceOption* const option,
          const char* const name,
          const Handles* const from,
          const Handles* const to)
{
  FhStatus status = FH_OK;
  Sentence s = {.used = 0};
  for (size_t i = 0; i < to->n_splay && !status; ++i) {
    size_t next = i;
    while (next < to->n_splay &&
           fabs(from->splay_deg[next] - to->splay_deg[next]) >= LEAST_DEG &&
           fabs(to->splay_deg[next] - to->splay_deg[i]) < LEAST_DEG) {
      ++next;
    }
    if (next == i) {
      continue;
    }
    if (s.used > LONG_ENOUGH) {
      status = append(option, &s);
      s = (Sentence){.used = 0};
    }
    if (!s.n) {
      say(&s, "%s: splay", name);
    }
    say(&s,
        next == i + 1 ? "%sbetween boxes %zu and %zu to %.3g deg"
                      : "%sbetween boxes %zu to %zu to %.3g deg",
        joint(&s),
        i + 1,
        next + 1,
        to->splay_deg[i]);
    i = next - 1;
  }
  return !status && s.n ? append(option, &s) : status;
}

FhStatus
moves_describe(const FhVenue* const from, FhPlaceOption* const option)
{
  const FhVenue* const to = &option->venue;
  FhStatus status = FH_OK;
  for (size_t e = 0; e < view_count(to) && !status; ++e) {
    // Those that were added stand between loudspeakers and arrays
    const bool added = e >= from->n_loudspeakers && e < to->n_loudspeakers;
    const size_t old = e < from->n_loudspeakers
                         ? e
                         : e - to->n_loudspeakers + from->n_loudspeakers;
    const Handles now = view_handles(to, e);
    Sentence s = {.used = 0};
    if (added) {
      say(&s,
          "%s: add a %.60s at (%.2f, %.2f, %.2f), yaw %.1f deg, pitch %.1f "
          "deg, delay %.1f ms, gain %+.1f dB",
          view_name(to, e),
          to->loudspeakers[e].model,
          now.at[0],
          now.at[1],
          now.at[2],
          *now.yaw_deg,
          *now.pitch_deg,
          *now.delay_ms,
          *now.gain_db);
      status = append(option, &s);
      continue;
    }
    const Handles was = view_handles(from, old);
    say(&s, "%s:", view_name(to, e));
    say_boxes(&s, from, old, to, e);
    if (view_boxes(to, e)) {
      say_change(&s, &was, &now);
    }
    status = s.n ? append(option, &s) : FH_OK;
    if (!status && view_boxes(to, e)) {
      status = say_splay(option, view_name(to, e), &was, &now);
    }
  }
  return status;
}
