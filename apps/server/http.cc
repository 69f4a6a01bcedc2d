#include "http.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "json.h"

namespace segue::server {
namespace {

struct Reason {
  unsigned status;
  std::string_view words;
};

constexpr std::array kReasons = {Reason{200, "OK"},
                                 Reason{204, "No Content"},
                                 Reason{304, "Not Modified"},
                                 Reason{400, "Bad Request"},
                                 Reason{401, "Unauthorized"},
                                 Reason{403, "Forbidden"},
                                 Reason{404, "Not Found"},
                                 Reason{405, "Method Not Allowed"},
                                 Reason{408, "Request Timeout"},
                                 Reason{409, "Conflict"},
                                 Reason{413, "Payload Too Large"},
                                 Reason{415, "Unsupported Media Type"},
                                 Reason{422, "Unprocessable Entity"},
                                 Reason{429, "Too Many Requests"},
                                 Reason{431, "Request Header Fields Too Large"},
                                 Reason{500, "Internal Server Error"},
                                 Reason{503, "Service Unavailable"},
                                 Reason{507, "Insufficient Storage"}};

}  // namespace

std::string_view reason_of(unsigned status) {
  const auto* const row = std::ranges::find(kReasons, status, &Reason::status);
  return row == kReasons.end() ? "Error" : row->words;
}

Reply problem(unsigned status, std::string_view code, std::string_view detail, std::string_view fix) {
  const Json body{{"type", "about:blank"}, {"title", reason_of(status)}, {"status", status},
                  {"code", code},          {"detail", detail},           {"fix", fix}};
  return {status, "application/problem+json", dump(body), {}};
}

bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other));
  }
  return difference == 0;
}

}  // namespace segue::server
