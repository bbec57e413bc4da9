# `cmake --install`: headers, libraries, programs and a package, so that a host writes
#   find_package(actuary REQUIRED)
#   target_link_libraries(host PRIVATE actuary::actuary)
# and opens the engine with Options::init_binary = ACTUARY_INIT_BINARY, which the package defines.
# A library that is linked by one of ours without actuary_library() joins the export by
#   set_property(GLOBAL APPEND PROPERTY ACTUARY_LIBRARIES its_target)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/actuary)
get_property(libraries GLOBAL PROPERTY ACTUARY_LIBRARIES)

# Everything at once: what a host links.
add_library(actuary_all INTERFACE)
add_library(actuary::actuary ALIAS actuary_all)
target_link_libraries(actuary_all INTERFACE ${libraries})
set_target_properties(actuary_all PROPERTIES EXPORT_NAME actuary)

install(TARGETS actuary_all actuary_rocksdb ${libraries} EXPORT actuary
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT actuary NAMESPACE actuary:: FILE actuary-targets.cmake DESTINATION ${package_dir})
foreach(floor journal engine projections adapters)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${floor}
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/actuary FILES_MATCHING PATTERN "*.h")
endforeach()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/actuary-config.cmake.in
  ${PROJECT_BINARY_DIR}/actuary-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/actuary-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/actuary-config.cmake
  ${PROJECT_BINARY_DIR}/actuary-config-version.cmake DESTINATION ${package_dir})

# `actuary-init` is no program for people: adapters/init installs it into libexec.
if(TARGET actuary)
  install(TARGETS actuary RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
