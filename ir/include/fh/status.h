// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_STATUS_H
#define FH_STATUS_H

/// What a call can report; data, files and memory cause these, never bugs here
typedef enum {
  FH_OK = 0,           ///< Success
  FH_ERR_BAD_ARG,      ///< An argument is outside its documented range
  FH_ERR_NO_MEM,       ///< Memory could not be allocated
  FH_ERR_IO,           ///< A file could not be opened, read or written
  FH_ERR_FORMAT,       ///< A file or text is not of the expected form
  FH_ERR_VERSION,      ///< A file is of a version that is not understood
  FH_ERR_UNSUPPORTED,  ///< Understood, but not something that is handled
  FH_ERR_NOT_FOUND,    ///< A named thing does not exist
  FH_ERR_MISMATCH,     ///< Two things that belong together do not fit
  FH_ERR_NO_SIGNAL,    ///< The signal is silent, constant or has no onset
  FH_ERR_DECAY_RANGE,  ///< The decay is too short for the value asked for
  FH_ERR_NOT_FINITE,   ///< NaN or infinity where a number is needed
  FH_ERR_LIMIT,        ///< A size, depth or time limit was passed
  FH_ERR_DEVICE,       ///< A device or server (Embree, JACK) failed
  FH_ERR_INTERRUPTED,  ///< The user asked to stop; finished work is kept
  FH_ERR_INVALID_DATA, ///< Input was read but failed its checks (see messages)
} FhStatus;

/// Return one sentence without a period for `status`; static storage
const char*
fh_strerror(FhStatus status);

#endif // FH_STATUS_H
