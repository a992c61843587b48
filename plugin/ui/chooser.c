// SPDX-License-Identifier: GPL-3.0-or-later
#include "paint.h"
#include "panel.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROW_HEIGHT 22.0

Box
chooser_row(unsigned row)
{
  const Box box = panel_box(ITEM_CHOOSER);
  return (Box){
    box.x + 10.0, box.y + 42.0 + row * ROW_HEIGHT, box.w - 20.0, ROW_HEIGHT};
}

Box
chooser_close(void)
{
  const Box box = panel_box(ITEM_CHOOSER);
  return (Box){box.x + box.w - 90.0, box.y + 8.0, 80.0, 28.0};
}

Box
chooser_none(void)
{
  const Box box = panel_box(ITEM_CHOOSER);
  return (Box){box.x + box.w - 200.0, box.y + 8.0, 104.0, 28.0};
}

static bool
ends_with(const char* name, const char* end)
{
  const size_t n = strlen(name);
  const size_t m = strlen(end);
  return n > m && !strcmp(name + n - m, end);
}

// Profiles, and measurements of other programs to compare with
static bool
is_known(const char* name)
{
  return ends_with(name, ".fhp") || ends_with(name, ".frd") ||
         ends_with(name, ".txt") || ends_with(name, ".csv");
}

static int
by_kind_and_name(const void* a, const void* b)
{
  const ChooserEntry* const one = a;
  const ChooserEntry* const two = b;
  if (one->is_folder != two->is_folder) {
    return one->is_folder ? -1 : 1;
  }
  return strcmp(one->name, two->name);
}

static void
add(Chooser* chooser, const char* name, bool is_folder)
{
  if (chooser->n_entries < CHOOSER_MAX &&
      strlen(name) < sizeof(chooser->entry[0].name)) {
    ChooserEntry* const entry = &chooser->entry[chooser->n_entries++];
    snprintf(entry->name, sizeof(entry->name), "%s", name);
    entry->is_folder = is_folder;
  }
}

void
chooser_open(Chooser* chooser, const char* folder)
{
  char wanted[sizeof(chooser->folder)];
  snprintf(wanted, sizeof(wanted), "%s", folder); // May be our own text
  memcpy(chooser->folder, wanted, sizeof(wanted));
  chooser->is_open = true;
  chooser->n_entries = 0;
  chooser->first = 0;
  chooser->pointed = -1;
  DIR* const dir = opendir(wanted);
  chooser->has_trouble = !dir;
  struct dirent* entry = NULL;
  while (dir && (entry = readdir(dir))) {
    char path[sizeof(wanted) + sizeof(entry->d_name) + 1];
    struct stat info;
    snprintf(path, sizeof(path), "%s/%s", wanted, entry->d_name);
    if (entry->d_name[0] == '.' || stat(path, &info)) {
      continue;
    }
    if (S_ISDIR(info.st_mode) || is_known(entry->d_name)) {
      add(chooser, entry->d_name, S_ISDIR(info.st_mode));
    }
  }
  if (dir) {
    closedir(dir);
  }
  qsort(chooser->entry,
        chooser->n_entries,
        sizeof(chooser->entry[0]),
        by_kind_and_name);
  // The way up comes first
  if (strcmp(wanted, "/") != 0) {
    if (chooser->n_entries == CHOOSER_MAX) {
      --chooser->n_entries;
    }
    memmove(chooser->entry + 1,
            chooser->entry,
            sizeof(chooser->entry[0]) * chooser->n_entries);
    chooser->entry[0] = (ChooserEntry){"..", true};
    ++chooser->n_entries;
  }
}

bool
chooser_pick(Chooser* chooser, unsigned row, char* path, size_t size)
{
  const unsigned i = chooser->first + row;
  if (i >= chooser->n_entries) {
    return false;
  }
  const ChooserEntry entry = chooser->entry[i];
  const char* const folder =
    strcmp(chooser->folder, "/") != 0 ? chooser->folder : "";
  if (!strcmp(entry.name, "..")) {
    char up[sizeof(chooser->folder)];
    snprintf(up, sizeof(up), "%s", chooser->folder);
    char* const slash = strrchr(up, '/');
    if (slash) {
      slash[slash == up ? 1 : 0] = '\0';
    }
    chooser_open(chooser, up);
    return false;
  }
  snprintf(path, size, "%s/%s", folder, entry.name);
  if (entry.is_folder) {
    chooser_open(chooser, path);
    return false;
  }
  return true;
}

void
draw_chooser(const Panel* panel, cairo_t* cr)
{
  const Chooser* const chooser = &panel->chooser;
  const Box box = panel_box(ITEM_CHOOSER);
  paint_box(cr, box, INK_GROUND, INK_TEXT);
  paint_ink(cr, INK_DIM, 1.0);
  paint_weight(cr, false);
  const size_t n = strlen(chooser->folder);
  paint_text_in(cr,
                box.x + 12.0,
                box.y + 22.0,
                13.0,
                box.w - 224.0,
                n > 60 ? chooser->folder + n - 60 : chooser->folder);
  paint_box(cr, chooser_none(), INK_FIELD, INK_EDGE);
  paint_box(cr, chooser_close(), INK_FIELD, INK_EDGE);
  paint_ink(cr, INK_TEXT, 1.0);
  const Box none = chooser_none();
  const Box close = chooser_close();
  paint_text(cr, none.x + 0.5 * none.w, none.y + 14.0, 13.0, 0.5, "None");
  paint_text(cr, close.x + 0.5 * close.w, close.y + 14.0, 13.0, 0.5, "Close");
  if (chooser->has_trouble || chooser->n_entries <= 1) {
    paint_text(cr,
               box.x + 14.0,
               box.y + box.h - 20.0,
               13.0,
               0.0,
               chooser->has_trouble
                 ? "This folder cannot be read"
                 : "No profiles (.fhp) or traces (.frd .txt .csv) here");
  }
  for (unsigned i = 0;
       i < CHOOSER_ROWS && chooser->first + i < chooser->n_entries;
       ++i) {
    const ChooserEntry* const entry = &chooser->entry[chooser->first + i];
    const Box row = chooser_row(i);
    if ((int)i == chooser->pointed) {
      paint_box(cr, row, INK_FIELD, INK_EDGE);
    }
    paint_ink(cr, entry->is_folder ? INK_BLUE : INK_TEXT, 1.0);
    char name[160];
    snprintf(
      name, sizeof(name), "%s%s", entry->name, entry->is_folder ? "/" : "");
    paint_text_in(
      cr, row.x + 8.0, row.y + 0.5 * row.h, 14.0, row.w - 16.0, name);
  }
}
