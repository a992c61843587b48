// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TORTURE_WATCH_H
#define FULLHOUSE_TORTURE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

/*
  Watch what code does that must not be done in an audio thread. The program
  defines malloc, pthread_mutex_lock, write and the like itself; plugins it
  loads then call these, which count the call if the thread is being watched
  and go on to the C library. Calls the C library makes inside itself are not
  seen, so its front doors (printf, fopen, usleep) are watched too.
*/

/// Start to count calls made by this thread
void
watch_begin(void);

/// Stop counting
void
watch_end(void);

/// Stop counting for a callback of the host; returns what to give resume
bool
watch_pause(void);

/// Go on as before watch_pause()
void
watch_resume(bool was_on);

/// Count a breach of the rules that is not a library call
void
watch_note(const char* what);

/// Calls counted since the last watch_reset()
unsigned long
watch_total(void);

/// Forget what was counted
void
watch_reset(void);

/// Write "malloc=3 write=1" into `text`, or "none"
void
watch_describe(char* text, size_t size);

/// False in a build whose sanitizer owns the allocator: nothing is seen then
bool
watch_works(void);

#endif // FULLHOUSE_TORTURE_WATCH_H
