# Configures, builds, installs and runs the consumer in WORK, against the package in PREFIX or the sources in SOURCE.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../checks/run_or_fail.cmake")

if(SOURCE)
  # Unoptimised: what is tested is that it builds and links as a subproject.
  set(how "-DDESCENT_SOURCE=${SOURCE}" -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0")
else()
  set(how "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DCMAKE_INSTALL_RPATH=${PREFIX}/lib" -DCMAKE_BUILD_TYPE=Release)
endif()
run_or_fail("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_INSTALL_PREFIX=${WORK}/prefix" ${how})
run_or_fail("${CMAKE_COMMAND}" --build "${WORK}" --target consumer)
run_or_fail("${WORK}/consumer")

# Installing strips run-time paths; the OpenMP build of OpenBLAS has to be found even then.
file(REMOVE_RECURSE "${WORK}/prefix")
run_or_fail("${CMAKE_COMMAND}" -DCMAKE_INSTALL_LOCAL_ONLY=ON -P "${WORK}/cmake_install.cmake")
run_or_fail("${WORK}/prefix/bin/consumer")
run_or_fail(ldd "${WORK}/prefix/bin/consumer")
if(NOT run_output MATCHES "libopenblas[^\n]*=>[^\n]*/openblas-openmp/")
  message(FATAL_ERROR "the installed program loads another OpenBLAS than the OpenMP build:\n${run_output}")
endif()
