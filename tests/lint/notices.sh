#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every source file names its licence; every data folder names its sources.
set -euo pipefail
status=0
while IFS= read -r file; do
  head -5 "$file" | grep -q 'SPDX-License-Identifier:' ||
    { echo "$file: no SPDX line; add '// SPDX-License-Identifier: GPL-3.0-or-later'"; status=1; }
done < <(git ls-files '*.c' '*.h' '*.sh' '*.js' '*.cmake' '*CMakeLists.txt' '.ci/run')
exit $status
