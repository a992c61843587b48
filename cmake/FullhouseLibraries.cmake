# SPDX-License-Identifier: GPL-3.0-or-later
# Libraries for others: headers, archives, a CMake package and pkg-config files
include(CMakePackageConfigHelpers)

# fullhouse_install_library(TARGET NAME): as fullhouse::NAME, with its headers
function(fullhouse_install_library target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${target} EXPORT fullhouse-targets
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
  install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/include/fh"
          DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)
endfunction()

# fullhouse_pkgconfig(NAME "what it is" "-l flags" modules...)
function(fullhouse_pkgconfig name about libs)
  list(JOIN ARGN " " requires)
  # From the folder of the file to the prefix, wherever both are moved
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/packaging/fullhouse.pc.in"
    "${PROJECT_BINARY_DIR}/cmake/packaging/fullhouse-${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/cmake/packaging/fullhouse-${name}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
endfunction()

function(fullhouse_export_libraries)
  set(folder "${CMAKE_INSTALL_LIBDIR}/cmake/fullhouse")
  install(EXPORT fullhouse-targets NAMESPACE fullhouse:: DESTINATION "${folder}"
          COMPONENT development)
  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/packaging/fullhouse-config.cmake.in"
    "${PROJECT_BINARY_DIR}/cmake/packaging/fullhouse-config.cmake"
    INSTALL_DESTINATION "${folder}" NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/cmake/packaging/fullhouse-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/cmake/packaging/fullhouse-config.cmake"
    "${PROJECT_BINARY_DIR}/cmake/packaging/fullhouse-config-version.cmake"
    DESTINATION "${folder}" COMPONENT development)

  fullhouse_pkgconfig(ir "impulse responses and their room acoustic parameters"
    "-lfh_ir -lm" fftw3 fftw3f sndfile soxr)
  fullhouse_pkgconfig(live "the auto-EQ without a host"
    "-lfh_live -lfh_crowd -lm" fullhouse-ir jansson)
  fullhouse_pkgconfig(sim "the venue simulator"
    "-lfh_sim -lembree${embree_VERSION_MAJOR} -lm"
    fullhouse-live assimp yaml-0.1 jansson cairo pangocairo netcdf nlopt
    libmysofa lapacke openblas zlib)
endfunction()
