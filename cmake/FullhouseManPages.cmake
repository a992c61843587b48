# SPDX-License-Identifier: GPL-3.0-or-later
# A man page for each command, from the same option tables as --help. A command
# that is added to its table gets one by that alone.
find_program(HELP2MAN help2man)
if(NOT HELP2MAN)
  message(STATUS "No help2man: no man pages are made")
  return()
endif()
set(man_dir "${PROJECT_BINARY_DIR}/man")
set(programs fullhouse)
foreach(program fullhouse-mpi fullhouse-live)
  if(TARGET ${program})
    list(APPEND programs ${program})
  endif()
endforeach()
add_custom_command(OUTPUT "${man_dir}.stamp"
  COMMAND ${CMAKE_COMMAND} "-DOUT=${man_dir}" "-DHELP2MAN=${HELP2MAN}"
    "-DTABLES=$<TARGET_FILE:fullhouse-tables>" "-DBIN=$<TARGET_FILE_DIR:fullhouse>"
    "-DPROGRAMS=${programs}" "-DVERSION=${PROJECT_VERSION}" "-DDATE=${FULLHOUSE_DATE}"
    -P "${CMAKE_CURRENT_LIST_DIR}/MakeManPages.cmake"
  COMMAND ${CMAKE_COMMAND} -E touch "${man_dir}.stamp"
  DEPENDS ${programs} fullhouse-tables "${CMAKE_CURRENT_LIST_DIR}/MakeManPages.cmake"
  COMMENT "Writing man pages" VERBATIM)
add_custom_target(man_pages ALL DEPENDS "${man_dir}.stamp")
install(DIRECTORY "${man_dir}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT tools)
