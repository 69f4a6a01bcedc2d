// The explorer page, web/index.html, as the build put it into the program.
#ifndef SEGUE_APPS_SERVER_PAGE_H_
#define SEGUE_APPS_SERVER_PAGE_H_

#include <string_view>

namespace segue::server {

std::string_view explorer_page();

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_PAGE_H_
