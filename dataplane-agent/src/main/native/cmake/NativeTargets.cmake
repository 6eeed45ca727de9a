get_filename_component(REPOSITORY_ROOT "${CMAKE_CURRENT_LIST_DIR}/../../../../.." ABSOLUTE)

# native_output(TARGET): the target's file is one of those the agent ships.
function(native_output target)
  set_target_properties(${target} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY "${NATIVE_OUTPUT_DIRECTORY}"
    RUNTIME_OUTPUT_DIRECTORY "${NATIVE_OUTPUT_DIRECTORY}")
endfunction()

# native_test(NAME SOURCES file… [LIBRARIES lib…] [TIER n] [LABELS label…] [ARGUMENTS arg…]): a test program for ctest.
# It skips with 77 and a reason where hack/probe says that tier n cannot run.
function(native_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIER" "SOURCES;LIBRARIES;LABELS;ARGUMENTS")
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} Threads::Threads)
  native_run(${name} ${name} TIER "${arg_TIER}" LABELS ${arg_LABELS} ARGUMENTS ${arg_ARGUMENTS})
endfunction()

# native_run(NAME TARGET [TIER n] [LABELS label…] [ARGUMENTS arg…]): a run of a test program that native_test made.
function(native_run name target)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIER" "LABELS;ARGUMENTS")
  if(arg_TIER)
    add_test(NAME ${name} COMMAND sh -c "\"$0\" require ${arg_TIER} && exec \"$@\"" "${REPOSITORY_ROOT}/hack/probe"
      $<TARGET_FILE:${target}> ${arg_ARGUMENTS})
  else()
    add_test(NAME ${name} COMMAND ${target} ${arg_ARGUMENTS})
  endif()
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120 LABELS "${arg_LABELS}"
    ENVIRONMENT "REPOSITORY_ROOT=${REPOSITORY_ROOT}")
endfunction()

# native_fuzzer(NAME SOURCES file… CORPUS folder): a libFuzzer target, built by clang beside whatever compiler builds the
# rest; without clang and its fuzzer there is none. ctest runs the corpus and so many mutations of it, always the same;
# with FUZZ_SECONDS in the environment, new ones for so long.
find_program(FUZZ_COMPILER clang)
if(FUZZ_COMPILER AND NOT DEFINED FUZZ_WORKS)
  file(WRITE "${CMAKE_BINARY_DIR}/fuzz_probe.c" "#include <stddef.h>\nint LLVMFuzzerTestOneInput(const char *d, size_t n) { return d && n > 9; }\n")
  execute_process(COMMAND ${FUZZ_COMPILER} -fsanitize=fuzzer,address,undefined fuzz_probe.c -o fuzz_probe
    WORKING_DIRECTORY "${CMAKE_BINARY_DIR}" RESULT_VARIABLE failure OUTPUT_QUIET ERROR_QUIET)
  if(failure)
    set(FUZZ_WORKS OFF CACHE INTERNAL "")
  else()
    set(FUZZ_WORKS ON CACHE INTERNAL "")
  endif()
endif()
file(GLOB_RECURSE NATIVE_HEADERS CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/../*.h")
function(native_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES")
  if(NOT FUZZ_WORKS OR SANITIZE OR NOT BUILD_TESTING)
    return()
  endif()
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_SOURCE_DIR}/")
  set(program "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  add_custom_command(OUTPUT "${program}" DEPENDS ${arg_SOURCES} ${NATIVE_HEADERS} VERBATIM
    COMMAND ${FUZZ_COMPILER} -std=c11 -D_GNU_SOURCE -I${CMAKE_SOURCE_DIR} -g -O1 -Wall -Wextra -Werror
      -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined ${arg_SOURCES} -o "${program}")
  add_custom_target(${name} ALL DEPENDS "${program}")
  add_test(NAME ${name} COMMAND "${CMAKE_SOURCE_DIR}/cmake/fuzz" "${program}" "${CMAKE_SOURCE_DIR}/${arg_CORPUS}")
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 600)
endfunction()
