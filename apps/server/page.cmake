# The explorer page, web/, as one HTML file in page_file. Node.js is needed to build it and for nothing else: where it is
# missing the program has a page that says so, and the service is the same.
option(SEGUE_BUILD_PAGE "Build the explorer page (needs Node.js 18 or newer and npm)" ON)
set(web ${PROJECT_SOURCE_DIR}/web)
set(page_file ${web}/without.html)
set(page_missing "")

if(SEGUE_BUILD_PAGE)
  find_program(SEGUE_NODE NAMES node nodejs)
  find_program(SEGUE_NPM NAMES npm)
  if(NOT SEGUE_NODE OR NOT SEGUE_NPM)
    set(page_missing "node or npm is not here (Debian: nodejs npm)")
  else()
    # npm writes this file last, so that it tells whether what the lock file names is there.
    set(installed ${web}/node_modules/.package-lock.json)
    if(NOT EXISTS ${installed} OR ${web}/package-lock.json IS_NEWER_THAN ${installed})
      execute_process(COMMAND ${SEGUE_NPM} ci --ignore-scripts WORKING_DIRECTORY ${web}
                      RESULT_VARIABLE npm_status OUTPUT_QUIET ERROR_VARIABLE npm_error)
      if(NOT npm_status EQUAL 0)
        set(page_missing "npm ci failed: ${npm_error}")
      endif()
    endif()
  endif()
else()
  set(page_missing "SEGUE_BUILD_PAGE is off")
endif()

if(page_missing)
  message(STATUS "segue: built without the explorer page, the service alone: ${page_missing}")
else()
  set(page_file ${CMAKE_CURRENT_BINARY_DIR}/page/index.html)
  file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${web}/src/*)
  add_custom_command(OUTPUT ${page_file} ${CMAKE_CURRENT_BINARY_DIR}/page/notices.txt
                     COMMAND ${SEGUE_NODE} ${web}/build.mjs ${CMAKE_CURRENT_BINARY_DIR}/page
                     DEPENDS ${page_sources} ${web}/build.mjs ${web}/package-lock.json
                     COMMENT "Bundling the explorer page")
  # What others ask to be said of their work in it.
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/page/notices.txt DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME notices-explorer.txt)
endif()

if(SEGUE_BUILD_TESTS AND NOT page_missing AND NOT SEGUE_SANITIZE)  # a sanitizer shows nothing of a page
  add_test(NAME explorer.types COMMAND ${SEGUE_NODE} ${web}/node_modules/typescript/bin/tsc --noEmit -p ${web})
  # Real Chromium; skipped where it is not there. Screenshots stay in build/…/explorer. It waits most of its time:
  # begun first, others run beside it.
  add_test(NAME explorer.journeys
           COMMAND ${SEGUE_NODE} ${web}/test/journeys.mjs $<TARGET_FILE:segue_program> ${PROJECT_BINARY_DIR}/explorer)
  set_tests_properties(explorer.journeys PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 COST 900)
endif()
