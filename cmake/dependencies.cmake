# What the library links. Everything is a Debian package; a missing one stops here with its name.
set(THREADS_PREFER_PTHREAD_FLAG ON)
macro(descent_require package debian)  # a macro: what a find module sets is used below
  find_package(${package} QUIET ${ARGN})
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "descent needs ${package}: install the Debian package ${debian} (scripts/setup does it)")
  endif()
endmacro()

descent_require(OpenBLASOpenMP libopenblas-openmp-dev)
descent_require(OpenMP "g++, or libomp-14-dev with clang" COMPONENTS CXX)
descent_require(Threads libc6-dev)
descent_require(hwy libhwy-dev CONFIG)
descent_require(ZLIB zlib1g-dev)
descent_require(fmt libfmt-dev CONFIG)
descent_require(boost_stacktrace_backtrace libboost-stacktrace-dev CONFIG)
descent_require(nlohmann_json nlohmann-json3-dev CONFIG)

find_path(DESCENT_STB_DIR stb_truetype.h PATH_SUFFIXES stb)
find_file(DESCENT_FONT DejaVuSans.ttf PATHS /usr/share/fonts/truetype/dejavu NO_DEFAULT_PATH)
mark_as_advanced(DESCENT_STB_DIR DESCENT_FONT)
if(NOT DESCENT_STB_DIR)
  message(FATAL_ERROR "descent needs stb_truetype.h: install the Debian package libstb-dev (scripts/setup does it)")
elseif(NOT DESCENT_FONT)
  message(FATAL_ERROR "descent needs DejaVuSans.ttf: install the Debian package fonts-dejavu-core (scripts/setup does it)")
endif()

# Headers alone, needed to build the library and never to link it: <nlohmann/json.hpp>, <stb_truetype.h>.
get_target_property(DESCENT_HEADER_ONLY_DIRS nlohmann_json::nlohmann_json INTERFACE_INCLUDE_DIRECTORIES)
list(APPEND DESCENT_HEADER_ONLY_DIRS "${DESCENT_STB_DIR}")
