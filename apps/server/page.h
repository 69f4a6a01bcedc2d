// The explorer page, built from web/, as the build put it into the program; web/without.html where Node.js was missing.
#ifndef SEGUE_APPS_SERVER_PAGE_H_
#define SEGUE_APPS_SERVER_PAGE_H_

#include <string_view>

namespace segue::server {

std::string_view explorer_page();

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_PAGE_H_
