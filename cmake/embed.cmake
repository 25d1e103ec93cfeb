# descent_embed(file name out): the bytes of a file as `const unsigned char name[]` and `const std::size_t nameSize`
# of namespace descent::plot, in a generated source whose path is put into `out`.
# Run as a script (cmake -P) this file writes that source.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  file(READ "${INPUT}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(................................................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE "${OUTPUT}" "// Generated from ${INPUT}.
#include <cstddef>

namespace descent::plot {
extern const unsigned char ${NAME}[];
extern const std::size_t ${NAME}Size;
const unsigned char ${NAME}[] = {
${bytes}};
const std::size_t ${NAME}Size = ${size};
}  // namespace descent::plot
")
  return()
endif()

set(descent_embed_script "${CMAKE_CURRENT_LIST_FILE}")
function(descent_embed file name out)
  set(source "${PROJECT_BINARY_DIR}/generated/${name}.cpp")
  add_custom_command(OUTPUT "${source}" VERBATIM DEPENDS "${file}" "${descent_embed_script}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${file}" "-DOUTPUT=${source}" "-DNAME=${name}" -P "${descent_embed_script}"
    COMMENT "Embedding ${file}")
  set(${out} "${source}" PARENT_SCOPE)
endfunction()
