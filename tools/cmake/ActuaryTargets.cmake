# How a folder becomes a target: one call per CMakeLists.txt.

# Sources of a target that is said to be UNITY are compiled eight at a time where ACTUARY_UNITY is on (what they
# instantiate from the engine's headers is then instantiated once for all of them). Names in their unnamed
# namespaces must differ within a folder.
function(actuary_unity target)
  if(ACTUARY_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# actuary_library(NAME SOURCES ... LINK ... [PRIVATE_LINK ...] [PCH header ...] [UNITY])
# makes target actuary_NAME with the alias actuary::NAME.
function(actuary_library name)
  cmake_parse_arguments(ARG "UNITY" "" "SOURCES;LINK;PRIVATE_LINK;PCH" ${ARGN})
  add_library(actuary_${name} STATIC ${ARG_SOURCES})
  add_library(actuary::${name} ALIAS actuary_${name})
  target_link_libraries(actuary_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK} $<BUILD_INTERFACE:actuary_flags>)
  target_include_directories(actuary_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/actuary>)
  if(ACTUARY_PCH AND ARG_PCH)
    target_precompile_headers(actuary_${name} PRIVATE ${ARG_PCH})
  endif()
  if(ARG_UNITY)
    actuary_unity(actuary_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY ACTUARY_LIBRARIES actuary_${name})
endfunction()

# actuary_test(NAME SOURCES ... LINK ... [LABELS ...] [TIMEOUT seconds] [UNITY]): one GoogleTest program, one ctest entry.
function(actuary_test name)
  cmake_parse_arguments(ARG "UNITY" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main actuary_flags)
  if(ACTUARY_PCH)
    target_precompile_headers(test_${name} REUSE_FROM actuary_precompiled_tests)
  endif()
  if(ARG_UNITY)
    actuary_unity(test_${name})
  endif()
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
    SKIP_REGULAR_EXPRESSION "SKIPPED")
  if("containers" IN_LIST ARG_LABELS)
    # One at a time: they measure latencies on the host's cores. First, because they take longest.
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK containers COST 100)
  endif()
endfunction()

# actuary_flatbuffers(OUTPUT_VARIABLE schema.fbs ...): generated headers, with the schema's reflection embedded.
function(actuary_flatbuffers output)
  set(generated_dir ${CMAKE_CURRENT_BINARY_DIR}/generated)
  set(headers)
  foreach(schema ${ARGN})
    get_filename_component(stem ${schema} NAME_WE)
    set(header ${generated_dir}/${stem}_generated.h)
    add_custom_command(
      OUTPUT ${header} ${generated_dir}/${stem}.bfbs ${generated_dir}/${stem}_bfbs_generated.h
      COMMAND ${FLATC} --cpp --scoped-enums --bfbs-gen-embed --bfbs-comments -b --schema
              -o ${generated_dir} -I ${CMAKE_CURRENT_SOURCE_DIR}/schema ${CMAKE_CURRENT_SOURCE_DIR}/${schema}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${schema} VERBATIM)
    list(APPEND headers ${header})
  endforeach()
  set(${output} ${headers} PARENT_SCOPE)
  set(${output}_DIR ${generated_dir} PARENT_SCOPE)
endfunction()
