# SPDX-License-Identifier: GPL-3.0-or-later
# One INTERFACE target carries warnings, the language and the instruction set.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_RELEASE "-O3")

add_library(fh_flags INTERFACE)
target_compile_options(fh_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wundef
  -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings -Wformat=2
  -Wstrict-prototypes -Wmissing-prototypes
  # Fused multiply-adds would make results depend on the processor
  -ffp-contract=off -fno-math-errno -fno-trapping-math
  # What an assertion prints does not depend on where the tree lies
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(FULLHOUSE_ARCH AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(fh_flags INTERFACE "-march=${FULLHOUSE_ARCH}")
endif()
if(FULLHOUSE_WERROR)
  target_compile_options(fh_flags INTERFACE -Werror)
endif()
if(FULLHOUSE_SANITIZE)
  target_compile_options(fh_flags INTERFACE
    "-fsanitize=${FULLHOUSE_SANITIZE}" -fno-omit-frame-pointer -g)
  target_link_options(fh_flags INTERFACE "-fsanitize=${FULLHOUSE_SANITIZE}")
endif()
