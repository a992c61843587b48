// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_room.h"

#include <fh/profile.h>

#include <stdio.h>
#include <stdlib.h>

/*
  A venue profile of a room in closed form, for hosts to load:
  make_profile FILE.
*/

int
main(int argc, char** argv)
{
  if (argc != 2) {
    return 2;
  }
  FhProfile* const profile = room_profile();
  void* bytes = NULL;
  size_t size = 0;
  if (!profile || fh_profile_serialise(profile, &bytes, &size)) {
    return 1;
  }
  FILE* const file = fopen(argv[1], "wb");
  const bool is_written = file && fwrite(bytes, 1, size, file) == size;
  const bool is_closed = file && !fclose(file);
  free(bytes);
  fh_profile_free(profile);
  return is_written && is_closed ? 0 : 1;
}
