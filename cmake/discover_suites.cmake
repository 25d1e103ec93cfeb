# Writes a CTest file with one test per top-level suite (and per case outside any suite) of a Boost.Test program.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${PROGRAM}" --list_content=HRF OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --list_content failed (${result}):\n${out}${err}")
endif()
# A name that is not indented, marked * as enabled; warnings of a sanitizer's runtime are not.
string(REGEX MATCHALL "(^|\n)[^ *\n]+\\*" suites "\n${out}\n${err}")
set(text "")
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "[\n*]" "" suite "${suite}")
  string(APPEND text "add_test([[${suite}]] [[${PROGRAM}]] --run_test=${suite})\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
