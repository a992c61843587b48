#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every public header compiles alone.
set -euo pipefail
cc=${1:-cc}
status=0
while IFS= read -r header; do
  printf '#include <fh/%s>\n' "$(basename "$header")" |
    "$cc" -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c \
      -Iir/include -Isim/include -Iplugin/dsp/include - ||
    { echo "$header does not compile alone"; status=1; }
done < <(git ls-files '*/include/fh/*.h')
exit $status
