// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/share.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// A file of its own name, so that data which are installed are not found
#define WANTED "test-share.wanted"

static char root[] = "/tmp/fh-share-XXXXXX";

/// ROOT/FOLDER
static const char*
under(const char* const folder)
{
  static char path[4][256];
  static unsigned turn;
  char* const out = path[turn++ % 4];
  snprintf(out, sizeof(path[0]), "%s/%s", root, folder);
  return out;
}

/// Put the file wanted into ROOT/FOLDER, with the folders above it
static void
put(const char* const folder)
{
  char path[512];
  snprintf(path, sizeof(path), "%s/", under(folder));
  for (char* slash = path + strlen(root); slash;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
  strcat(path, WANTED);
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
}

/// Expect it in ROOT/FOLDER
static void
check_found(const char* const bundle, const char* const folder)
{
  char path[512];
  char expected[512];
  snprintf(expected, sizeof(expected), "%s/%s", under(folder), WANTED);
  assert_true(fh_share_find(bundle, WANTED, path, sizeof(path)));
  assert_string_equal(path, expected);
}

static int
set_up(void** state)
{
  (void)state;
  assert_non_null(mkdtemp(root));
  put("said");
  put("bundle.lv2");
  put("own/fullhouse");
  put("home/.local/share/fullhouse");
  put("second/fullhouse");
  unsetenv("FULLHOUSE_SHARE");
  unsetenv("XDG_DATA_HOME");
  setenv("HOME", under("nobody"), 1);
  setenv("XDG_DATA_DIRS", "relative", 1);
  return 0;
}

static int
tear_down(void** state)
{
  (void)state;
  static const char* const folders[] = {"said",
                                        "bundle.lv2",
                                        "own/fullhouse",
                                        "own",
                                        "home/.local/share/fullhouse",
                                        "home/.local/share",
                                        "home/.local",
                                        "home",
                                        "second/fullhouse",
                                        "second"};
  for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); ++i) {
    char file[512];
    snprintf(file, sizeof(file), "%s/%s", under(folders[i]), WANTED);
    unlink(file);
    rmdir(under(folders[i]));
  }
  return rmdir(root);
}

// Each place hides those after it; what is asked for first is added last
static void
test_share_order(void** state)
{
  (void)state;
  char path[512];
  assert_false(fh_share_find(NULL, WANTED, path, sizeof(path)));

  char folders[600];
  snprintf(folders, sizeof(folders), "%s:%s", under("first"), under("second"));
  setenv("XDG_DATA_DIRS", folders, 1);
  check_found(NULL, "second/fullhouse");
  setenv("HOME", under("home"), 1);
  check_found(NULL, "home/.local/share/fullhouse");
  setenv("XDG_DATA_HOME", under("own"), 1);
  check_found(NULL, "own/fullhouse");
  check_found(under("bundle.lv2"), "bundle.lv2");
  check_found(under("no.lv2"), "own/fullhouse");
  setenv("FULLHOUSE_SHARE", under("said"), 1);
  check_found(under("bundle.lv2"), "said");

  // Who says where does not want another one
  setenv("FULLHOUSE_SHARE", under("nobody"), 1);
  assert_false(fh_share_find(under("bundle.lv2"), WANTED, path, sizeof(path)));
  unsetenv("FULLHOUSE_SHARE");
}

// A path that does not fit is not cut
static void
test_share_path_too_long(void** state)
{
  (void)state;
  char path[16];
  assert_false(fh_share_find(under("bundle.lv2"), WANTED, path, sizeof(path)));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_share_order),
    cmocka_unit_test(test_share_path_too_long),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
