# SPDX-License-Identifier: GPL-3.0-or-later
# A man page for each command, from the same option tables as --help.
find_program(HELP2MAN help2man)
if(NOT HELP2MAN)
  message(STATUS "No help2man: no man pages are made")
  return()
endif()
set(man_dir "${PROJECT_BINARY_DIR}/man")
file(MAKE_DIRECTORY "${man_dir}")
set(man_pages)

# fullhouse_man_page(PROGRAM PAGE "summary" [words of the command...])
function(fullhouse_man_page program page summary)
  list(JOIN ARGN " " words)
  set(out "${man_dir}/${page}.1")
  add_custom_command(OUTPUT "${out}"
    COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=1
      ${HELP2MAN} --no-info "--name=${summary}"
      "--help-option=${words} --help"
      "--version-string=${page} ${PROJECT_VERSION}"
      "--output=${out}" $<TARGET_FILE:${program}>
    DEPENDS ${program} VERBATIM)
  set(man_pages ${man_pages} "${out}" PARENT_SCOPE)
endfunction()

fullhouse_man_page(fullhouse fullhouse "predict how a venue will sound")
fullhouse_man_page(fullhouse fullhouse-import "turn a model file into a venue folder" import)
fullhouse_man_page(fullhouse fullhouse-check "tell what is wrong or doubtful in a venue" check)
fullhouse_man_page(fullhouse fullhouse-simulate "simulate a venue at every seat and microphone" simulate)
fullhouse_man_page(fullhouse fullhouse-report "write the report of a run again" report)
fullhouse_man_page(fullhouse fullhouse-array "show what arrays and loudspeakers cover" array)
fullhouse_man_page(fullhouse fullhouse-ir "measure and analyse impulse responses" ir)
fullhouse_man_page(fullhouse fullhouse-ir-analyze "ISO 3382 parameters and STI of impulse responses" ir analyze)
fullhouse_man_page(fullhouse fullhouse-ir-sweep "make an exponential sweep" ir sweep)
fullhouse_man_page(fullhouse fullhouse-ir-deconvolve "turn a recorded sweep into an impulse response" ir deconvolve)
fullhouse_man_page(fullhouse fullhouse-profile "make the venue profile of the auto-EQ" profile)
fullhouse_man_page(fullhouse fullhouse-rehearse "play a show through the auto-EQ and report" rehearse)
fullhouse_man_page(fullhouse fullhouse-bench "measure speed" bench)
if(JACK_FOUND)
  fullhouse_man_page(fullhouse fullhouse-ir-capture "play a sweep and record the room through JACK" ir capture)
endif()
if(TARGET fullhouse-live)
  fullhouse_man_page(fullhouse-live fullhouse-live "the auto-EQ as a JACK client")
endif()
add_custom_target(man_pages ALL DEPENDS ${man_pages})
install(FILES ${man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
