# Installs BUILD into a PREFIX that holds nothing from an earlier run.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/run_or_fail.cmake")
file(REMOVE_RECURSE "${PREFIX}")
run_or_fail("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PREFIX}")
