// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_PAGE_TEXT_H
#define FULLHOUSE_PAGE_TEXT_H

#include <stddef.h>

/*
  The page of the report, bundled from page/ when the program is built.
*/

extern const char fh_page_template[]; ///< HTML with @STYLE@, @DATA@, @SCRIPT@
extern const size_t fh_page_template_size;
extern const char fh_page_style[];
extern const size_t fh_page_style_size;
extern const char fh_page_script[];
extern const size_t fh_page_script_size;

#endif // FULLHOUSE_PAGE_TEXT_H
