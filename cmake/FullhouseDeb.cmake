# SPDX-License-Identifier: GPL-3.0-or-later
# Debian packages: `cpack -G DEB` in the build folder makes three of them,
# programs with their data, the plugin, and what is needed to build on the
# libraries. They hold what this machine's compiler made: build on Debian 12 for
# Debian 12.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fullhouse)
set(CPACK_PACKAGE_VENDOR "The fullhouse authors")
set(CPACK_PACKAGE_CONTACT "${FULLHOUSE_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_FULLHOUSE_BINARY_DIR "${PROJECT_BINARY_DIR}")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL tools)
if(TARGET fullhouse_lv2)
  list(APPEND CPACK_COMPONENTS_ALL plugin)
endif()
list(APPEND CPACK_COMPONENTS_ALL development)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/DebianTree.cmake")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME fullhouse)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS fullhouse-lv2)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "openmpi-bin, jackd")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION
"predict how a venue will sound, and keep it sounding right
From the model of a venue and the loudspeakers in it: level, intelligibility
and the parameters of ISO 3382 at every seat, dead zones and their causes,
impulse responses, and a report. Also measures and analyses impulse responses.

fullhouse-live is an automatic equaliser for JACK: it compares what is sent to
the PA with what arrives at a microphone, infers what the crowd has changed,
and undoes it slowly, inside given limits.")

set(CPACK_DEBIAN_PLUGIN_PACKAGE_NAME fullhouse-lv2)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_PROVIDES lv2-plugin)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_RECOMMENDS "fullhouse, ardour | lv2-host")
set(CPACK_COMPONENT_PLUGIN_DESCRIPTION
"LV2 plugin that undoes what the crowd does to the sound
Fullhouse Auto-EQ compares what is sent to the PA with what arrives at a
measurement microphone, infers what the crowd has changed since the
soundcheck, and moves its equaliser slowly, inside given limits.

Profiles of venues are made by the program of the package fullhouse.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME fullhouse-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libfftw3-dev, libsndfile1-dev, libsoxr-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "libembree-dev, libassimp-dev, \
libyaml-dev, libjansson-dev, libcairo2-dev, libpango1.0-dev, libnetcdf-dev, \
libnlopt-dev, libmysofa-dev, liblapacke-dev, libopenblas-dev, zlib1g-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"room acoustics in C: libraries of fullhouse
Static libraries and headers for impulse responses and their parameters
(fullhouse::ir), the automatic equaliser without a host (fullhouse::live) and
the simulator (fullhouse::sim), found by CMake and pkg-config. What the last
two need to link is suggested.")
include(CPack)
