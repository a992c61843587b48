# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DOUT=page.c -DNAMES="script;style" -DFILES="a.js;b.css" -P EmbedText.cmake
# writes a C file with each file's bytes as `const char fh_page_NAME[]`, ended
# by a zero, and its length as `const size_t fh_page_NAME_size`.
set(text "// Made by the build\n#include \"page_text.h\"\n")
foreach(name file IN ZIP_LISTS NAMES FILES)
  file(READ "${file}" hex HEX)
  string(LENGTH "${hex}" n)
  math(EXPR n "${n} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text
    "\nconst char fh_page_${name}[] = {${bytes}0};\nconst size_t fh_page_${name}_size = ${n};\n")
endforeach()
file(WRITE "${OUT}" "${text}")
