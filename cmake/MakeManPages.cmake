# SPDX-License-Identifier: GPL-3.0-or-later
# Man pages of every command: cmake -DOUT= -DHELP2MAN= -DTABLES= -DBIN=
# -DPROGRAMS= -DVERSION= -DDATE= -P MakeManPages.cmake
file(REMOVE_RECURSE "${OUT}")
file(MAKE_DIRECTORY "${OUT}")
set(ENV{SOURCE_DATE_EPOCH} "${DATE}")
foreach(program IN LISTS PROGRAMS)
  execute_process(COMMAND "${TABLES}" pages ${program}
    OUTPUT_VARIABLE pages COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" pages "${pages}")
  foreach(page IN LISTS pages)
    if(NOT page MATCHES "^([^|]+)[|](.*)$")
      continue()
    endif()
    set(command "${CMAKE_MATCH_1}")
    set(summary "${CMAKE_MATCH_2}")
    string(REPLACE " " "-" name "${command}")
    string(REGEX REPLACE "^[^ ]+" "" words "${command}")
    set(include)
    if(program STREQUAL "fullhouse-live")
      execute_process(COMMAND "${TABLES}" osc ${program}
        OUTPUT_FILE "${OUT}/osc.h2m" COMMAND_ERROR_IS_FATAL ANY)
      set(include "--include=${OUT}/osc.h2m")
    endif()
    # fullhouse-mpi starts MPI before it reads; its commands have the words of
    # fullhouse, and the page of those
    if(program STREQUAL "fullhouse-mpi" AND words)
      continue()
    endif()
    execute_process(
      COMMAND "${HELP2MAN}" --no-info "--name=${summary}" "--help-option=${words} --help"
        "--version-string=${name} ${VERSION}" ${include}
        "--output=${OUT}/${name}.1" "${BIN}/${program}"
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endforeach()
file(REMOVE "${OUT}/osc.h2m")
