# Finds the OpenMP build of OpenBLAS by its own path, whatever the system's default BLAS is: the serial build has no
# locks and the pthread build runs threads of its own. Defines OpenBLASOpenMP::OpenBLASOpenMP (cblas.h, libopenblas.so).
find_path(OpenBLASOpenMP_INCLUDE_DIR cblas.h NO_DEFAULT_PATH
  PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
find_library(OpenBLASOpenMP_LIBRARY libopenblas.so NO_DEFAULT_PATH
  PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
mark_as_advanced(OpenBLASOpenMP_INCLUDE_DIR OpenBLASOpenMP_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLASOpenMP
  REQUIRED_VARS OpenBLASOpenMP_LIBRARY OpenBLASOpenMP_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install the Debian package libopenblas-openmp-dev")

if(OpenBLASOpenMP_FOUND)
  get_filename_component(OpenBLASOpenMP_LIBRARY_DIR "${OpenBLASOpenMP_LIBRARY}" DIRECTORY)
  if(NOT TARGET OpenBLASOpenMP::OpenBLASOpenMP)
    add_library(OpenBLASOpenMP::OpenBLASOpenMP SHARED IMPORTED)
    # The run-time path makes a program load this very library, not the alternative of the same soname. CMake's own
    # entry for it is dropped when a program is installed; this one, spelled differently, stays.
    set_target_properties(OpenBLASOpenMP::OpenBLASOpenMP PROPERTIES
      IMPORTED_LOCATION "${OpenBLASOpenMP_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${OpenBLASOpenMP_INCLUDE_DIR}"
      INTERFACE_LINK_OPTIONS "-Wl,-rpath,${OpenBLASOpenMP_LIBRARY_DIR}/.")
  endif()
endif()
