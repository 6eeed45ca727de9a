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

# native_fuzzer(NAME SOURCES file… [LIBRARIES lib…] [CORPUS folder]): a libFuzzer target, run briefly by ctest.
function(native_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;LIBRARIES")
  if(NOT FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} Threads::Threads)
  add_test(NAME ${name} COMMAND ${name} -max_total_time=20 -print_final_stats=1 ${arg_CORPUS})
  set_tests_properties(${name} PROPERTIES LABELS fuzz)
endfunction()
