# The Debian package: `cmake --build BUILD --target package`. PACKAGING.md explains the choices.
find_program(AV1D_DPKG NAMES dpkg)
if(NOT AV1D_DPKG)
  return()
endif()

set(AV1D_PACKAGE_RELEASE 1 CACHE STRING "Debian revision of the package")
set(AV1D_PACKAGE_MAINTAINER "av1d contributors <av1d@packages.invalid>" CACHE STRING
  "Maintainer of the package, as NAME <ADDRESS>")

# Only the package has these; an installation without a package ends at packaging/CMakeLists.txt.
set(deb ${CMAKE_CURRENT_BINARY_DIR}/deb)
foreach(file changelog copyright)
  configure_file(deb/${file}.in ${deb}/${file} @ONLY)
endforeach()
# doc_file(SOURCE NAME): compressed without a time stamp.
function(doc_file source name)
  add_custom_command(OUTPUT ${deb}/${name}
    COMMAND ${AV1D_GZIP} -9nc ${source} > ${deb}/${name} DEPENDS ${source} VERBATIM)
endfunction()
doc_file(${deb}/changelog changelog.Debian.gz)
doc_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog.gz)
add_custom_target(package_documents ALL DEPENDS ${deb}/changelog.Debian.gz ${deb}/changelog.gz)
install(FILES ${deb}/copyright ${deb}/changelog.Debian.gz ${deb}/changelog.gz
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES deb/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
  RENAME av1d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME av1d)
set(CPACK_PACKAGE_VENDOR "av1d")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${AV1D_PACKAGE_RELEASE})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${AV1D_PACKAGE_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "re-encodes film libraries to AV1 and proves that nothing was lost")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"av1d walks film libraries, finds the videos worth re-encoding and encodes
them to AV1 with FFmpeg. Sound, subtitles, chapters, fonts and covers come
along as they were. The new file is read back, compared with the original
and only then swapped in, so that at every instant the path holds the whole
original or its proven replacement. What AV1 or the container can't carry is
a reason to leave a film alone.

av1top, a monitor for the terminal, shows what the daemon does. FFmpeg 8.0 or
later is needed; where Debian's own is older, av1d-install-ffmpeg installs a
private one.")
# From the libraries that the programs are linked with, in the release that it is built on.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
# Only recommended: the private FFmpeg serves as well.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ffmpeg (>= 7:8.0)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, jq, mmdebstrap")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${CMAKE_CURRENT_SOURCE_DIR}/deb/conffiles;${CMAKE_CURRENT_SOURCE_DIR}/deb/postinst"
  "${CMAKE_CURRENT_SOURCE_DIR}/deb/prerm;${CMAKE_CURRENT_SOURCE_DIR}/deb/postrm")
include(CPack)
