// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_FILES_H
#define FULLHOUSE_CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>

/**
   Write a whole file through a temporary name.

   @return False, with `errno` set and nothing left behind, on failure.
*/
bool
fh_cli_write_file(const char* path, const void* bytes, size_t size);

/**
   Read a whole file.

   @param max Largest size [bytes]; a larger file is EFBIG.
   @param[out] size [bytes].
   @return Owned by the caller (free()), or null with `errno` set.
*/
void*
fh_cli_read_file(const char* path, size_t max, size_t* size);

#endif // FULLHOUSE_CLI_FILES_H
