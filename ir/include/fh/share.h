// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SHARE_H
#define FH_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/*
  Where the data lies that comes with the programs: materials, loudspeakers,
  venues, the weights of the crowd model. The first of these that has it:

  1. $FULLHOUSE_SHARE; where it is set, nothing else is looked at
  2. the bundle of a plugin
  3. share/fullhouse in the folder of the running program and in the one above,
     as in a build and in PREFIX/bin
  4. $XDG_DATA_HOME/fullhouse, then `fullhouse` in each of $XDG_DATA_DIRS, with
     the defaults of the XDG base directory specification 0.8

  No folder of the build is asked for, so that an installed tree can be moved.
*/

/**
   Find a file that comes with the programs.

   @param bundle Folder of the running plugin; null for a program.
   @param file Name within the folder of the data, e.g. `materials.yaml`.
   @param[out] path Where it is, in `size` bytes; undefined when it is nowhere.
   @return False when there is none that can be read.
*/
bool
fh_share_find(const char* bundle, const char* file, char* path, size_t size);

/**
   The folder that fh_share_find() finds `materials.yaml` in for a program; the
   one to put it into where there is none, so that messages name it.

   @return Static storage, the same for the life of the process.
*/
const char*
fh_share_folder(void);

#endif // FH_SHARE_H
