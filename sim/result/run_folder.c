// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/run_folder.h>
#include <fh/run_states.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_PREFIX ".part-"
#define PATH_SIZE   4096

struct FhRunFolderImpl {
  char path[PATH_SIZE / 2];
  char index[256];
  char part[PATH_SIZE / 2 + 64]; ///< Hidden folder inside
  char file[PATH_SIZE];          ///< Last one handed out
  size_t n_kept;
  char kept[FH_MAX_STATES][32]; ///< States that stay
  bool made;                    ///< The folder is ours
};

static bool
is_dot(const char* const name)
{
  return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool
join(char out[PATH_SIZE], const char* const folder, const char* const name)
{
  const int n = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
  return n > 0 && n < PATH_SIZE;
}

static bool
is_folder(const char* const path)
{
  struct stat info;
  return !lstat(path, &info) && S_ISDIR(info.st_mode);
}

// Remove a folder of ours with what is in it; links are removed, not followed
static void
remove_tree(const char* const path)
{
  DIR* const dir = opendir(path);
  if (dir) {
    char child[PATH_SIZE];
    for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
      if (is_dot(e->d_name) || !join(child, path, e->d_name)) {
        continue;
      }
      if (is_folder(child)) {
        remove_tree(child);
      } else {
        (void)unlink(child);
      }
    }
    (void)closedir(dir);
  }
  (void)rmdir(path);
}

// Hidden parts of runs whose process is gone
static void
remove_stale_parts(const char* const path)
{
  DIR* const dir = opendir(path);
  if (!dir) {
    return;
  }
  char child[PATH_SIZE];
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    if (strncmp(e->d_name, PART_PREFIX, strlen(PART_PREFIX)) != 0) {
      continue;
    }
    char* end = NULL;
    const long pid = strtol(e->d_name + strlen(PART_PREFIX), &end, 10);
    if (pid > 0 && *end == '\0' && kill((pid_t)pid, 0) && errno == ESRCH &&
        join(child, path, e->d_name)) {
      remove_tree(child);
    }
  }
  (void)closedir(dir);
}

// Whether a folder is a state that we wrote, or began to
static bool
is_state(const char* const path)
{
  DIR* const dir = opendir(path);
  if (!dir) {
    return false;
  }
  bool ours = false;
  bool foreign = false;
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    ours = ours || !strcmp(e->d_name, "run.json") ||
           !strcmp(e->d_name, "checkpoint") ||
           !strncmp(e->d_name, PART_PREFIX, strlen(PART_PREFIX));
    foreign = foreign || e->d_name[0] != '.';
  }
  (void)closedir(dir);
  return ours || !foreign;
}

// Whether states/ holds nothing but states
static bool
has_states(const FhRunFolder* const f)
{
  char folder[PATH_SIZE];
  char path[PATH_SIZE];
  DIR* const dir = join(folder, f->path, "states") ? opendir(folder) : NULL;
  if (!dir) {
    return false;
  }
  bool all = true;
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    all = all && (e->d_name[0] == '.' ||
                  (join(path, folder, e->d_name) && is_state(path)));
  }
  (void)closedir(dir);
  return all;
}

static FhStatus
check_content(const FhRunFolder* const f, FhDiag* const diag)
{
  DIR* const dir = opendir(f->path);
  if (!dir) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                f->path,
                0,
                0,
                "cannot be used as the output folder (%s); give another one",
                strerror(errno));
    return FH_ERR_IO;
  }
  bool foreign = false;
  bool ours = false;
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    ours = ours || !strcmp(e->d_name, f->index) ||
           !strcmp(e->d_name, "checkpoint") ||
           (!strcmp(e->d_name, "states") && has_states(f));
    foreign = foreign || e->d_name[0] != '.';
  }
  (void)closedir(dir);
  if (foreign && !ours) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                f->path,
                0,
                0,
                "is not empty and holds no earlier run (no %s); give a new "
                "folder",
                f->index);
    return FH_ERR_MISMATCH;
  }
  return FH_OK;
}

// Make the folder and those above it
static bool
make_folders(const char* const path)
{
  char part[PATH_SIZE];
  if (strlen(path) >= sizeof(part)) {
    errno = ENAMETOOLONG;
    return false;
  }
  for (size_t i = 1; path[i]; ++i) {
    if (path[i] == '/') {
      memcpy(part, path, i);
      part[i] = '\0';
      if (mkdir(part, 0777) && errno != EEXIST) {
        return false;
      }
    }
  }
  return !mkdir(path, 0777) || errno == EEXIST;
}

FhStatus
fh_run_folder_new(const char* const path,
                  const char* const index,
                  FhRunFolder** const out,
                  FhDiag* const diag)
{
  *out = NULL;
  FhRunFolder* const f = (FhRunFolder*)calloc(1, sizeof(FhRunFolder));
  if (!f) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = FH_ERR_IO;
  const int n = snprintf(f->path, sizeof(f->path), "%s", path);
  if (n <= 0 || (size_t)n >= sizeof(f->path)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                NULL,
                0,
                0,
                "the name of the output folder is empty or too long; give "
                "another one");
    goto fail;
  }
  snprintf(f->index, sizeof(f->index), "%s", index);
  struct stat info;
  f->made = stat(path, &info) != 0;
  if (f->made && !make_folders(path)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "the output folder cannot be made (%s); give another one",
                strerror(errno));
    f->made = false;
    goto fail;
  }
  status = check_content(f, diag);
  if (status) {
    goto fail;
  }
  remove_stale_parts(f->path);
  snprintf(
    f->part, sizeof(f->part), "%s/" PART_PREFIX "%ld", path, (long)getpid());
  remove_tree(f->part);
  if (mkdir(f->part, 0777)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "nothing can be written into the output folder (%s); give "
                "another one",
                strerror(errno));
    f->part[0] = '\0';
    status = FH_ERR_IO;
    goto fail;
  }
  *out = f;
  return FH_OK;

fail:
  fh_run_folder_free(f);
  return status;
}

const char*
fh_run_folder_path(FhRunFolder* const f, const char* const name)
{
  const char* const slash = strchr(name, '/');
  if (slash) {
    char folder[256];
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
    if (!join(f->file, f->part, folder) ||
        (mkdir(f->file, 0777) && errno != EEXIST)) {
      return NULL;
    }
  }
  return join(f->file, f->part, name) ? f->file : NULL;
}

void
fh_run_folder_complain(const FhRunFolder* const f,
                       const char* const name,
                       FhDiag* const diag)
{
  const int reason = errno;
  char path[PATH_SIZE];
  if (join(path, f->path, name)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be written (%s); free some space or give another "
                "output folder",
                reason ? strerror(reason) : "unknown reason");
  }
}

static bool
wanted(const FhRunFolder* const f,
       const char* const sub,
       const char* const name)
{
  char folder[PATH_SIZE];
  char path[PATH_SIZE];
  return join(folder, f->part, sub) && join(path, folder, name) &&
         !access(path, F_OK);
}

// Remove what an earlier run left in one of its subfolders
static void
remove_old(const FhRunFolder* const f, const char* const sub)
{
  char folder[PATH_SIZE];
  char path[PATH_SIZE];
  DIR* const dir = join(folder, f->path, sub) ? opendir(folder) : NULL;
  if (!dir) {
    return;
  }
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    if (e->d_name[0] != '.' && !wanted(f, sub, e->d_name) &&
        join(path, folder, e->d_name) && !is_folder(path)) {
      (void)unlink(path);
    }
  }
  (void)closedir(dir);
  (void)rmdir(folder); // Stays unless it is empty
}

void
fh_run_folder_keep_state(FhRunFolder* const f, const char* const name)
{
  if (f->n_kept < FH_MAX_STATES) {
    snprintf(f->kept[f->n_kept], sizeof(f->kept[0]), "%s", name);
    ++f->n_kept;
  }
}

// Remove states of an earlier run
static void
remove_old_states(const FhRunFolder* const f)
{
  char folder[PATH_SIZE];
  char path[PATH_SIZE];
  DIR* const dir = join(folder, f->path, "states") ? opendir(folder) : NULL;
  if (!dir) {
    return;
  }
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    bool keep = e->d_name[0] == '.';
    for (size_t i = 0; i < f->n_kept; ++i) {
      keep = keep || !strcmp(e->d_name, f->kept[i]);
    }
    if (!keep && join(path, folder, e->d_name) && is_state(path)) {
      remove_tree(path);
    }
  }
  (void)closedir(dir);
  (void)rmdir(folder); // Stays unless it is empty
}

static bool
move_file(const char* const from_folder,
          const char* const to_folder,
          const char* const name)
{
  char from[PATH_SIZE];
  char to[PATH_SIZE];
  return join(from, from_folder, name) && join(to, to_folder, name) &&
         !rename(from, to);
}

// Move the files of a folder, all but `last`; subfolders one level down
static bool
move_all(const FhRunFolder* const f,
         const char* const from,
         const char* const to,
         const bool deeper)
{
  DIR* const dir = opendir(from);
  if (!dir) {
    return false;
  }
  bool ok = true;
  char sub_from[PATH_SIZE];
  char sub_to[PATH_SIZE];
  for (const struct dirent* e = readdir(dir); ok && e; e = readdir(dir)) {
    if (is_dot(e->d_name) || (deeper && !strcmp(e->d_name, f->index))) {
      continue;
    }
    ok = join(sub_from, from, e->d_name) && join(sub_to, to, e->d_name);
    if (ok && deeper && is_folder(sub_from)) {
      ok = (!mkdir(sub_to, 0777) || errno == EEXIST) &&
           move_all(f, sub_from, sub_to, false);
    } else if (ok) {
      ok = move_file(from, to, e->d_name);
    }
  }
  const int reason = errno;
  (void)closedir(dir);
  errno = reason;
  return ok;
}

FhStatus
fh_run_folder_commit(FhRunFolder* const f,
                     const bool finished,
                     FhDiag* const diag)
{
  static const char* const files[] = {"page.json", "report.html", "report.pdf"};
  char path[PATH_SIZE];
  // Without its index an earlier run is no run while files change
  if (join(path, f->path, f->index)) {
    (void)unlink(path);
  }
  remove_old(f, "ir");
  remove_old(f, "maps");
  remove_old_states(f);
  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
    if (join(path, f->path, files[i])) {
      (void)unlink(path);
    }
  }
  errno = 0;
  const bool ok = move_all(f, f->part, f->path, true) &&
                  move_file(f->part, f->path, f->index);
  if (!ok) {
    fh_run_folder_complain(f, f->index, diag);
  } else if (finished && join(path, f->path, "checkpoint")) {
    remove_tree(path);
  }
  f->made = f->made && !ok;
  fh_run_folder_free(f);
  return ok ? FH_OK : FH_ERR_IO;
}

void
fh_run_folder_free(FhRunFolder* const f)
{
  if (f) {
    if (f->part[0]) {
      remove_tree(f->part);
    }
    if (f->made) {
      (void)rmdir(f->path); // Stays where something else got into it
    }
    free(f);
  }
}
