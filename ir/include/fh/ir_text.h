// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_IR_TEXT_H
#define FH_IR_TEXT_H

#include <fh/audio.h>

#include <stddef.h>

/**
   Read a response from text: REW's export of an impulse response, or numbers.

   REW's lines `2.08E-5 // Sample interval (seconds)` give the rate; lines that
   begin with `*`, `#` or `;` are comments. Otherwise every line has one number,
   or two: a time [s], from which the rate follows, and the value. Columns are
   apart by blanks, tabs, commas or semicolons.

   @param rate_hz Rate when the text has none [Hz]; 0 when it is not known.
   @param[out] line Line of an error, from 1; may be null.
   @param[out] out One channel, freed with fh_audio_clear(); zeroed on error.
   @return #FH_ERR_IO, #FH_ERR_FORMAT for anything else than numbers,
   #FH_ERR_NOT_FINITE, #FH_ERR_NO_SIGNAL without numbers, #FH_ERR_NOT_FOUND when
   the rate is not known, #FH_ERR_LIMIT, #FH_ERR_NO_MEM.
*/
FhStatus
fh_ir_text_read(const char* path, double rate_hz, size_t* line, FhAudio* out);

/**
   Write one channel as REW reads it, under a temporary name, then rename.

   @return #FH_ERR_BAD_ARG for no such channel, #FH_ERR_IO, #FH_ERR_NO_MEM.
*/
FhStatus
fh_ir_text_write(const char* path, const FhAudio* audio, size_t channel);

#endif // FH_IR_TEXT_H
