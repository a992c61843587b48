// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/status.h>

const char*
fh_strerror(const FhStatus status)
{
  switch (status) {
  case FH_OK:
    return "Success";
  case FH_ERR_BAD_ARG:
    return "Argument out of range";
  case FH_ERR_NO_MEM:
    return "Out of memory";
  case FH_ERR_IO:
    return "File could not be read or written";
  case FH_ERR_FORMAT:
    return "Not of the expected format";
  case FH_ERR_VERSION:
    return "Version not understood";
  case FH_ERR_UNSUPPORTED:
    return "Not supported";
  case FH_ERR_NOT_FOUND:
    return "Not found";
  case FH_ERR_MISMATCH:
    return "Things that belong together do not fit";
  case FH_ERR_NO_SIGNAL:
    return "No signal found";
  case FH_ERR_DECAY_RANGE:
    return "Decay range too small";
  case FH_ERR_NOT_FINITE:
    return "Not a finite number";
  case FH_ERR_LIMIT:
    return "A limit was passed";
  case FH_ERR_DEVICE:
    return "A device or server failed";
  case FH_ERR_INTERRUPTED:
    return "Interrupted";
  case FH_ERR_INVALID_DATA:
    return "Invalid input";
  }
  return "Unknown error";
}
