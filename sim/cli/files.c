// SPDX-License-Identifier: GPL-3.0-or-later
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
fh_cli_write_file(const char* const path,
                  const void* const bytes,
                  const size_t size)
{
  char* temporary = NULL;
  if (asprintf(&temporary, "%s.part-%ld", path, (long)getpid()) < 0) {
    errno = ENOMEM;
    return false;
  }
  FILE* const file = fopen(temporary, "wb");
  bool done = file != NULL;
  int code = errno;
  if (file) {
    done = fwrite(bytes, 1, size, file) == size;
    code = errno;
    if (fclose(file)) {
      code = done ? errno : code;
      done = false;
    }
    if (done && rename(temporary, path)) {
      code = errno;
      done = false;
    }
    if (!done) {
      (void)remove(temporary);
    }
  }
  free(temporary);
  errno = done ? 0 : code;
  return done;
}

void*
fh_cli_read_file(const char* const path, const size_t max, size_t* const size)
{
  *size = 0;
  FILE* const file = fopen(path, "rb");
  if (!file) {
    return NULL;
  }
  size_t room = 65536;
  size_t n = 0;
  char* bytes = (char*)malloc(room);
  int code = bytes ? 0 : ENOMEM;
  while (!code) {
    n += fread(bytes + n, 1, room - n, file);
    if (ferror(file)) {
      code = errno ? errno : EIO;
    } else if (n > max) {
      code = EFBIG;
    } else if (n < room) {
      break;
    } else {
      char* const grown = (char*)realloc(bytes, 2 * room);
      code = grown ? 0 : ENOMEM;
      bytes = grown ? grown : bytes;
      room *= 2;
    }
  }
  fclose(file);
  if (code) {
    free(bytes);
    errno = code;
    return NULL;
  }
  *size = n;
  return bytes;
}
