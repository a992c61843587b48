# SPDX-License-Identifier: GPL-3.0-or-later
# Run by CPack on the trees that become Debian packages: what Debian wants other
# than the prefix of a user has it.
set(names tools:fullhouse plugin:fullhouse-lv2 development:fullhouse-dev)
find_program(GZIP gzip REQUIRED)

# Compress without name and time, as deep as it goes
function(compress)
  execute_process(COMMAND "${GZIP}" -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(pair IN LISTS names)
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 component)
  list(GET pair 1 package)
  set(usr "${CPACK_TEMPORARY_DIRECTORY}/${component}/usr")
  if(NOT EXISTS "${usr}")
    continue()
  endif()
  set(doc "${usr}/share/doc/${package}")
  set(source "${CMAKE_CURRENT_LIST_DIR}/..")
  file(MAKE_DIRECTORY "${doc}")
  file(COPY_FILE "${source}/cmake/packaging/copyright" "${doc}/copyright")
  file(COPY_FILE "${source}/NEWS.md" "${doc}/changelog")
  file(COPY_FILE "${CPACK_FULLHOUSE_BINARY_DIR}/cmake/packaging/changelog.Debian"
    "${doc}/changelog.Debian")
  compress("${doc}/changelog" "${doc}/changelog.Debian")
  file(GLOB pages "${usr}/share/man/man*/*")
  if(pages)
    compress(${pages})
  endif()
  if(EXISTS "${usr}/share/zsh/site-functions")
    file(RENAME "${usr}/share/zsh/site-functions" "${usr}/share/zsh/vendor-completions")
  endif()
endforeach()
