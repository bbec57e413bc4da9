# Language, warnings, sanitizers, hardening and the compiler cache: what every target is built with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_DEV "-O1 -g1" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_RELEASE "-O2" CACHE STRING "" FORCE)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

# GCC collects its garbage when it has 128 MB of it; a file needs half a GB, and a tenth of its time goes there.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:--param=ggc-min-heapsize=1000000>)
endif()

add_library(actuary_flags INTERFACE)
target_include_directories(actuary_flags INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(actuary_flags INTERFACE
  -Wall -Wextra -Wswitch-enum -Werror -Wformat-security -Wno-missing-field-initializers
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  -fstack-protector-strong -fstack-clash-protection)
target_compile_definitions(actuary_flags INTERFACE _GLIBCXX_ASSERTIONS)
# GCC 12 sees overlaps, overruns and unset members in std::string and std::optional inside tl::expected that are not
# there (GCC bugs 105329, 105562): shown, but no error; optimised further there are too many to be read.
set(ACTUARY_FALSE_WARNINGS restrict array-bounds stringop-overread stringop-overflow maybe-uninitialized)
foreach(warning ${ACTUARY_FALSE_WARNINGS})
  target_compile_options(actuary_flags INTERFACE -Wno-$<IF:$<CONFIG:Release>,,error=>${warning})
endforeach()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(actuary_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(ACTUARY_SANITIZE)
  target_compile_options(actuary_flags INTERFACE -fsanitize=${ACTUARY_SANITIZE} -fno-omit-frame-pointer
    $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=vptr>)
  # Checked at every member access, these take nearly half of the compiler's time; AddressSanitizer reports what such
  # an access then does. Alignment is checked where bytes become records: journal/CMakeLists.txt.
  target_compile_options(actuary_flags INTERFACE -fno-sanitize=null,object-size,alignment)
  target_link_options(actuary_flags INTERFACE -fsanitize=${ACTUARY_SANITIZE})
endif()
target_link_options(actuary_flags INTERFACE -Wl,-z,relro,-z,now)
