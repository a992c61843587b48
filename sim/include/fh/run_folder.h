// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RUN_FOLDER_H
#define FH_RUN_FOLDER_H

#include <fh/diag.h>

#include <stdbool.h>
#include <stddef.h>

/*
  A folder of results that fills all at once: files are written into a hidden
  part inside it and renamed into place when everything is there, the index
  (run.json) last. What a killed program leaves is the hidden part, which the
  next run removes.
*/

typedef struct FhRunFolderImpl FhRunFolder; ///< A run folder being written

/**
   Start writing a run folder.

   Makes the folder where it does not exist. One that does must be empty or
   hold an earlier run (`index`, checkpoint/ or states/), which is kept until
   commit.

   @param path Folder; copied.
   @param index Name of the file that marks a complete run, e.g. "run.json".
   @param[out] out Owned by the caller.
   @param diag Says what is wrong with the folder.
   @return #FH_ERR_IO when it cannot be made or written, #FH_ERR_MISMATCH when
   it holds something else, #FH_ERR_NO_MEM.
*/
FhStatus
fh_run_folder_new(const char* path,
                  const char* index,
                  FhRunFolder** out,
                  FhDiag* diag);

/**
   Path to write a file to.

   @param name Relative, at most one folder deep ("ir/a.wav"), which is made.
   @return Borrowed until the next call; null when the folder cannot be made.
*/
const char*
fh_run_folder_path(FhRunFolder* folder, const char* name);

/// Add a finding that a file could not be written, with the system's reason
void
fh_run_folder_complain(const FhRunFolder* folder,
                       const char* name,
                       FhDiag* diag);

/// Keep states/NAME of the folder when it is committed
void
fh_run_folder_keep_state(FhRunFolder* folder, const char* name);

/**
   Put everything into place and free the folder.

   Files of an earlier run that this one did not write again are removed: those
   in its subfolders ir and maps, report.html and report.pdf, and states that
   are not to be kept.

   @param finished False keeps checkpoint/, from which a run can go on.

   @return #FH_ERR_IO with a finding; then the folder may hold files of both
   runs, but no index.
*/
FhStatus
fh_run_folder_commit(FhRunFolder* folder, bool finished, FhDiag* diag);

/// Remove what was written, unless committed; does nothing if it is null
void
fh_run_folder_free(FhRunFolder* folder);

#endif // FH_RUN_FOLDER_H
