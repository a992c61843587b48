// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOFA_H
#define FH_SOFA_H

#include <fh/status.h>

#include <stddef.h>

/*
  Room impulse responses as SOFA files (AES69-2022), convention SingleRoomSRIR
  1.0: one room, M measurements (a source and a listener each) on R receivers.
*/

/// Responses of one room; arrays are borrowed when written, owned when read
typedef struct {
  const char* title; ///< Or null
  const char* room;  ///< Short name of the room, or null
  const char* comment;
  const char* date; ///< "YYYY-MM-DD HH:MM:SS" UTC; null for now
  size_t n_measurements;
  size_t n_receivers; ///< Channels of the microphone: 1, 2, 4 ...
  size_t n_frames;
  double rate_hz;
  double (*source)[3];   ///< [n_measurements] positions, scene coordinates [m]
  double (*listener)[3]; ///< [n_measurements] positions [m]
  double (*receiver)[3]; ///< [n_receivers] relative to the listener [m]; null
                         ///< for all at its centre
  float* ir;             ///< [n_measurements * n_receivers * n_frames]
} FhSofa;

/**
   Write a SOFA file under a temporary name, then rename it.

   @return #FH_ERR_BAD_ARG for missing arrays or sizes of 0, #FH_ERR_IO.
*/
FhStatus
fh_sofa_write(const char* path, const FhSofa* sofa);

/**
   Read the responses of a SOFA file of any convention with data type FIR.

   Positions become cartesian; one that all measurements share is repeated.

   @param[out] out Freed with fh_sofa_clear(); zeroed on error.
   @return #FH_ERR_IO when there is no such file, #FH_ERR_FORMAT when it is no
   SOFA file or lacks a variable, #FH_ERR_UNSUPPORTED for another data type,
   #FH_ERR_NOT_FINITE, #FH_ERR_LIMIT beyond 2^31 samples, #FH_ERR_NO_MEM.
*/
FhStatus
fh_sofa_read(const char* path, FhSofa* out);

/// Free what fh_sofa_read() made and zero it
void
fh_sofa_clear(FhSofa* sofa);

#endif // FH_SOFA_H
