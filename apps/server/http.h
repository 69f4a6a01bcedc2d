// What a question and an answer are, apart from how they travel: routes are written and tested without a network.
#ifndef SEGUE_APPS_SERVER_HTTP_H_
#define SEGUE_APPS_SERVER_HTTP_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::server {

struct Request {
  std::string method;  // "GET"; HEAD is asked as GET
  std::string target;  // as it stood in the request line
  std::string content_type;
  std::string if_none_match;
  std::string authorization;
  std::string body;
};

struct Reply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;
};

/// An error as RFC 7807 writes it, "application/problem+json": what is wrong and how to mend it.
/// @param code  of segue's table of errors, or a word like it
Reply problem(unsigned status, std::string_view code, std::string_view detail, std::string_view fix);

/// The words that belong to a status: 404 is "Not Found".
std::string_view reason_of(unsigned status);

/// Whether two secrets are the same, in a time that tells nothing but their lengths.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_HTTP_H_
