# Writes OUTPUT, a C file with every configs/<kind>/*.yaml as bytes. ROOT: the source tree.
cmake_minimum_required(VERSION 3.25)
set(table "")
set(arrays "")
set(number 0)
foreach(kind IN ITEMS workloads studies strategies costs)
  file(GLOB paths ${ROOT}/configs/${kind}/*.yaml)
  list(TRANSFORM paths REPLACE "\\.yaml$" "") # so that freeze comes before freeze-idle
  list(SORT paths)
  foreach(path IN LISTS paths)
    get_filename_component(name "${path}" NAME)
    file(READ ${path}.yaml hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND arrays "static const unsigned char file_${number}[] = {\n${hex}0};\n")
    string(APPEND table
           "    {\"${kind}\", \"${name}\", file_${number}, sizeof file_${number} - 1},\n")
    math(EXPR number "${number} + 1")
  endforeach()
endforeach()
file(WRITE ${OUTPUT} "/* Made from configs/ by sim/cli/embed.cmake. */
#include \"cli.h\"

${arrays}
const struct embedded embedded_files[] = {
${table}};
const size_t embedded_count = sizeof embedded_files / sizeof embedded_files[0];
")
