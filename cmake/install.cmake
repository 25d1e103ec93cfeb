# cmake --install: the library, the headers that descent.h reaches, and a package for find_package(descent).
include(CMakePackageConfigHelpers)
set(descent_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/descent")

install(TARGETS descent EXPORT descentTargets)
install(EXPORT descentTargets NAMESPACE descent:: DESTINATION "${descent_package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/descentConfig.cmake.in" "${PROJECT_BINARY_DIR}/descentConfig.cmake"
  INSTALL_DESTINATION "${descent_package_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/descentConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/descentConfig.cmake" "${PROJECT_BINARY_DIR}/descentConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindOpenBLASOpenMP.cmake" DESTINATION "${descent_package_dir}")

# Which headers are public is read off the sources when installing, so the list never goes stale.
install(CODE "set(descent_root \"${PROJECT_SOURCE_DIR}\")\nset(descent_include \"${CMAKE_INSTALL_INCLUDEDIR}\")")
install(SCRIPT "${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake")
